//! Requests as bytes. Exactly the attributes that are asked for: libraries that know better invent broadcast addresses.

use super::Peers;
use keepalived_core::kernel::{AddressSpec, KernelOp, PROTO_KEEPALIVED};
use keepalived_core::net::{Family, IfIndex};
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage, CacheInfo};
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use std::net::IpAddr;

/// `INFINITY_LIFE_TIME` of `net/addrconf.h`.
const FOREVER: u32 = u32::MAX;

/// Appends the request for `op` with this sequence number to `buffer`.
pub(super) fn command(buffer: &mut Vec<u8>, sequence: u32, op: &KernelOp, peers: &Peers) {
    let (message, flags) = match op {
        KernelOp::AddAddress(spec) => {
            (RouteNetlinkMessage::NewAddress(new_address(spec)), NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
        }
        KernelOp::DeleteAddress { index, ip, prefix } => {
            let peer = peers.get(&(*index, *ip, *prefix)).copied();
            let message = delete_address(*index, *ip, *prefix, peer);
            (RouteNetlinkMessage::DelAddress(message), NLM_F_REQUEST | NLM_F_ACK)
        }
    };
    append(buffer, sequence, message, flags);
}

/// Appends the request for a dump of all links, without their counters.
pub(super) fn dump_links(buffer: &mut Vec<u8>, sequence: u32) {
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    append(buffer, sequence, RouteNetlinkMessage::GetLink(message), NLM_F_REQUEST | NLM_F_DUMP);
}

/// Appends the request for a dump of all addresses of both families.
pub(super) fn dump_addresses(buffer: &mut Vec<u8>, sequence: u32) {
    let message = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    append(buffer, sequence, message, NLM_F_REQUEST | NLM_F_DUMP);
}

fn append(buffer: &mut Vec<u8>, sequence: u32, message: RouteNetlinkMessage, flags: u16) {
    let mut message = NetlinkMessage::from(message);
    message.header.flags = flags;
    message.header.sequence_number = sequence;
    message.finalize();
    debug_assert!(matches!(message.payload, NetlinkPayload::InnerMessage(_)));
    let begin = buffer.len();
    // Messages begin at multiples of four (NLMSG_ALIGN).
    buffer.resize(begin + message.buffer_len().next_multiple_of(4), 0);
    message.serialize(&mut buffer[begin..begin + message.buffer_len()]);
}

fn address_message(index: IfIndex, ip: IpAddr, prefix: u8) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = match ip {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.header.prefix_len = prefix;
    message.header.index = index.0;
    message.attributes.push(AddressAttribute::Local(ip));
    message
}

fn new_address(spec: &AddressSpec) -> AddressMessage {
    let mut message = address_message(spec.index, spec.ip, spec.prefix);
    message.header.scope = spec.scope.into();
    let attributes = &mut message.attributes;
    if let Some(peer) = spec.peer {
        attributes.push(AddressAttribute::Address(peer));
    }
    if let Some(broadcast) = spec.broadcast {
        attributes.push(AddressAttribute::Broadcast(broadcast));
    }
    if let Some(label) = &spec.label {
        attributes.push(AddressAttribute::Label(label.clone()));
    }
    let flags = flags(spec);
    if !flags.is_empty() {
        attributes.push(AddressAttribute::Flags(flags));
    }
    if spec.flags.deprecated && spec.family() == Family::V6 {
        let mut life = CacheInfo::default();
        (life.ifa_preferred, life.ifa_valid) = (0, FOREVER);
        attributes.push(AddressAttribute::CacheInfo(life));
    }
    attributes.push(AddressAttribute::Protocol(PROTO_KEEPALIVED.into()));
    message
}

/// The flags of the address's family: IPv4 knows only `IFA_F_NOPREFIXROUTE`, but stores what it does not know.
fn flags(spec: &AddressSpec) -> AddressFlags {
    let mut flags = AddressFlags::empty();
    flags.set(AddressFlags::Noprefixroute, spec.flags.noprefixroute);
    if spec.family() == Family::V6 {
        flags.set(AddressFlags::Nodad, spec.flags.nodad);
        flags.set(AddressFlags::Homeaddress, spec.flags.home);
        flags.set(AddressFlags::Managetempaddr, spec.flags.mngtmpaddr);
    }
    flags
}

fn delete_address(index: IfIndex, ip: IpAddr, prefix: u8, peer: Option<IpAddr>) -> AddressMessage {
    let mut message = address_message(index, ip, prefix);
    if ip.is_ipv4() {
        // Without it, the kernel takes the first address that is `ip`, whatever its prefix length.
        message.attributes.push(AddressAttribute::Address(peer.unwrap_or(ip)));
    }
    message
}
