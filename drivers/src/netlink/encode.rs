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
use std::num::NonZeroU32;

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
    let preferred = if spec.flags.deprecated { Some(0) } else { spec.flags.preferred.map(NonZeroU32::get) };
    if let Some(preferred) = preferred.filter(|_| spec.family() == Family::V6) {
        let mut life = CacheInfo::default();
        (life.ifa_preferred, life.ifa_valid) = (preferred, FOREVER);
        attributes.push(AddressAttribute::CacheInfo(life));
    }
    attributes.push(AddressAttribute::Protocol(PROTO_KEEPALIVED.into()));
    message
}

/// The flags of the address's family: IPv4 knows only two of them, but stores what it does not know.
fn flags(spec: &AddressSpec) -> AddressFlags {
    let mut flags = AddressFlags::empty();
    flags.set(AddressFlags::Noprefixroute, spec.flags.noprefixroute);
    flags.set(AddressFlags::Mcautojoin, spec.flags.autojoin);
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

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::kernel::AddressFlags as Flags;
    use std::net::Ipv4Addr;

    fn spec(ip: IpAddr, prefix: u8) -> AddressSpec {
        AddressSpec {
            index: IfIndex(3),
            ip,
            prefix,
            scope: 0,
            broadcast: None,
            label: None,
            peer: None,
            flags: Flags::default(),
        }
    }

    fn bytes(op: &KernelOp, peers: &Peers) -> Vec<u8> {
        let mut buffer = Vec::new();
        command(&mut buffer, 0x0102_0304, op, peers);
        buffer
    }

    /// A header and attributes, as the kernel's headers lay them out.
    fn message(kind: u16, flags: u16, address: [u8; 4], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = address.to_vec();
        body.extend(3u32.to_ne_bytes());
        for (kind, value) in attributes {
            body.extend((value.len() as u16 + 4).to_ne_bytes());
            body.extend(kind.to_ne_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let mut message = (body.len() as u32 + 16).to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.extend(flags.to_ne_bytes());
        message.extend(0x0102_0304u32.to_ne_bytes());
        message.extend([0; 4]);
        message.extend(body);
        message
    }

    const ADD: u16 = 0x1 | 0x4 | 0x200 | 0x400;
    const DELETE: u16 = 0x1 | 0x4;

    /// All that IPv4 addresses have as well.
    const FLAGS: Flags = Flags {
        nodad: true,
        noprefixroute: true,
        home: true,
        mngtmpaddr: true,
        autojoin: false,
        deprecated: true,
        preferred: None,
    };

    #[test]
    fn a_plain_address_is_local_and_ours_and_nothing_else() {
        let op = KernelOp::AddAddress(spec([192, 0, 2, 1].into(), 24));
        let want = message(20, ADD, [2, 24, 0, 0], &[(2, &[192, 0, 2, 1]), (11, &[18])]);
        assert_eq!(bytes(&op, &Peers::new()), want);
    }

    #[test]
    fn every_attribute_that_is_asked_for() {
        let op = KernelOp::AddAddress(AddressSpec {
            scope: 253,
            broadcast: Some(Ipv4Addr::new(192, 0, 2, 255)),
            label: Some("eth0:1".into()),
            peer: Some([192, 0, 2, 2].into()),
            flags: FLAGS,
            ..spec([192, 0, 2, 1].into(), 24)
        });
        let want = message(
            20,
            ADD,
            [2, 24, 0, 253],
            &[
                (2, &[192, 0, 2, 1]),
                (1, &[192, 0, 2, 2]),
                (4, &[192, 0, 2, 255]),
                (3, b"eth0:1\0"),
                (8, &0x200u32.to_ne_bytes()),
                (11, &[18]),
            ],
        );
        assert_eq!(bytes(&op, &Peers::new()), want);
    }

    #[test]
    fn ipv6_has_flags_and_life_times() {
        let ip: IpAddr = "2001:db8::1".parse().unwrap();
        let IpAddr::V6(octets) = ip else { unreachable!() };
        let op = KernelOp::AddAddress(AddressSpec { flags: FLAGS, ..spec(ip, 64) });
        let mut life = [0; 16];
        life[4..8].fill(0xff);
        let attributes: &[(u16, &[u8])] =
            &[(2, &octets.octets()), (8, &0x312u32.to_ne_bytes()), (6, &life), (11, &[18])];
        assert_eq!(bytes(&op, &Peers::new()), message(20, ADD, [10, 64, 0, 0], attributes));
    }

    #[test]
    fn a_delete_names_the_prefix_or_the_far_end() {
        let ip = IpAddr::from([192, 0, 2, 1]);
        let op = KernelOp::DeleteAddress { index: IfIndex(3), ip, prefix: 24 };
        let plain = message(21, DELETE, [2, 24, 0, 0], &[(2, &[192, 0, 2, 1]), (1, &[192, 0, 2, 1])]);
        assert_eq!(bytes(&op, &Peers::new()), plain);
        let peers = Peers::from([((IfIndex(3), ip, 24), IpAddr::from([10, 0, 0, 1]))]);
        let far = message(21, DELETE, [2, 24, 0, 0], &[(2, &[192, 0, 2, 1]), (1, &[10, 0, 0, 1])]);
        assert_eq!(bytes(&op, &peers), far);
    }
}
