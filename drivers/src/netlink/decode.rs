//! Messages of the kernel as values.
//!
//! Only the attributes that matter are looked at, so that a new kernel's new ones can spoil nothing.

use keepalived_core::kernel::{Address, Link};
use keepalived_core::net::{IfIndex, MacAddr};
use netlink_packet_core::{NetlinkBuffer, NlasIterator, parse_u8, parse_u32};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{AddressFlags, AddressHeader};
use netlink_packet_route::link::{LinkFlags, LinkHeader};
use std::net::IpAddr;

// linux/netlink.h
pub(super) const NLMSG_ERROR: u16 = 2;
pub(super) const NLMSG_DONE: u16 = 3;
// linux/rtnetlink.h
const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
// linux/if_link.h
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_WIRELESS: u16 = 11;
const IFLA_OPERSTATE: u16 = 16;
// linux/if_addr.h
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_FLAGS: u16 = 8;
const IFA_PROTO: u16 = 11;
// linux/if.h
const IF_OPER_UNKNOWN: u8 = 0;
const IF_OPER_UP: u8 = 6;

const HEADER_LEN: usize = 16;
const LINK_HEADER_LEN: usize = 16;
const ADDRESS_HEADER_LEN: usize = 8;

/// A netlink message without its payload's meaning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    pub(super) payload: &'a [u8],
}

/// The messages of one datagram. Ends at the first that is not whole.
pub(super) fn messages(datagram: &[u8]) -> impl Iterator<Item = Raw<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let buffer = NetlinkBuffer::new_checked(rest).ok()?;
        let length = buffer.length() as usize;
        let message = Raw {
            kind: buffer.message_type(),
            flags: buffer.flags(),
            sequence: buffer.sequence_number(),
            payload: rest.get(HEADER_LEN..length)?,
        };
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(message)
    })
}

/// The code of `NLMSG_ERROR` or `NLMSG_DONE`: zero, or an error number.
pub(super) fn error_code(payload: &[u8]) -> i32 {
    payload.first_chunk().map_or(0, |code| i32::from_ne_bytes(*code).saturating_neg())
}

/// What a message tells of links and addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    Link(Link),
    LinkGone(IfIndex),
    /// The address, and the far end of a point-to-point link.
    Address(Address, Option<IpAddr>),
    AddressGone {
        index: IfIndex,
        ip: IpAddr,
        prefix: u8,
    },
}

/// `None` for what is of no interest or malformed.
pub(super) fn news(message: Raw<'_>) -> Option<News> {
    match message.kind {
        RTM_NEWLINK => link(message.payload).map(News::Link),
        RTM_DELLINK => link_gone(message.payload),
        RTM_NEWADDR => address(message.payload).map(|(address, peer)| News::Address(address, peer)),
        RTM_DELADDR => address(message.payload).map(|(gone, _)| News::AddressGone {
            index: gone.index,
            ip: gone.ip,
            prefix: gone.prefix,
        }),
        _ => None,
    }
}

/// A bridge tells of its ports with messages of its own family: a port that leaves is no interface that goes.
fn is_about_the_link(header: &LinkHeader) -> bool {
    header.interface_family == AddressFamily::Unspec
}

fn link_gone(payload: &[u8]) -> Option<News> {
    let header = LinkHeader::parse(payload).ok()?;
    is_about_the_link(&header).then_some(News::LinkGone(IfIndex(header.index)))
}

fn link(payload: &[u8]) -> Option<Link> {
    let header = LinkHeader::parse(payload).ok()?;
    if !is_about_the_link(&header) {
        return None;
    }
    let (mut name, mut mac, mut mtu, mut operstate) = (None, None, 0, IF_OPER_UNKNOWN);
    for attribute in NlasIterator::new(payload.get(LINK_HEADER_LEN..)?) {
        let attribute = attribute.ok()?;
        let value = attribute.value();
        match attribute.kind() {
            IFLA_IFNAME => name = Some(text(value)),
            IFLA_ADDRESS => mac = <[u8; 6]>::try_from(value).ok().map(MacAddr),
            IFLA_MTU => mtu = parse_u32(value).unwrap_or(0),
            IFLA_OPERSTATE => operstate = parse_u8(value).unwrap_or(IF_OPER_UNKNOWN),
            // Scan results of a wireless card, not a description of the link.
            IFLA_WIRELESS => return None,
            _ => {}
        }
    }
    Some(Link {
        index: IfIndex(header.index),
        name: name?,
        up: header.flags.contains(LinkFlags::Up),
        running: header.flags.contains(LinkFlags::Running) && matches!(operstate, IF_OPER_UNKNOWN | IF_OPER_UP),
        mac,
        arp_type: header.link_layer_type.into(),
        no_arp: header.flags.contains(LinkFlags::Noarp),
        mtu,
    })
}

/// A string with or without its final zero. Names need not be UTF-8.
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value.strip_suffix(&[0]).unwrap_or(value)).into_owned()
}

fn ip(family: AddressFamily, value: &[u8]) -> Option<IpAddr> {
    match family {
        AddressFamily::Inet => <[u8; 4]>::try_from(value).ok().map(IpAddr::from),
        AddressFamily::Inet6 => <[u8; 16]>::try_from(value).ok().map(IpAddr::from),
        _ => None,
    }
}

fn address(payload: &[u8]) -> Option<(Address, Option<IpAddr>)> {
    let header = AddressHeader::parse(payload).ok()?;
    let (mut local, mut far, mut proto) = (None, None, None);
    let mut flags = AddressFlags::from_bits_retain(u32::from(header.flags.bits()));
    for attribute in NlasIterator::new(payload.get(ADDRESS_HEADER_LEN..)?) {
        let attribute = attribute.ok()?;
        let value = attribute.value();
        match attribute.kind() {
            IFA_LOCAL => local = ip(header.family, value),
            IFA_ADDRESS => far = ip(header.family, value),
            IFA_FLAGS => flags = AddressFlags::from_bits_retain(parse_u32(value).ok()?),
            IFA_PROTO => proto = parse_u8(value).ok().filter(|&proto| proto != 0),
            _ => {}
        }
    }
    // IFA_ADDRESS is the address itself, or the far end where there is an IFA_LOCAL too that differs.
    let ip = local.or(far)?;
    let address = Address {
        index: IfIndex(header.index),
        ip,
        prefix: header.prefix_len,
        scope: header.scope.into(),
        proto,
        tentative: flags.contains(AddressFlags::Tentative),
        dad_failed: flags.contains(AddressFlags::Dadfailed),
        // IFA_F_SECONDARY is IFA_F_TEMPORARY for IPv6.
        secondary: ip.is_ipv4() && flags.contains(AddressFlags::Secondary),
    };
    Some((address, far.filter(|&far| far != ip)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = (value.len() as u16 + 4).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn link_payload(family: u8, flags: u32, attributes: &[Vec<u8>]) -> Vec<u8> {
        let mut payload = vec![family, 0, 1, 0];
        payload.extend(7u32.to_ne_bytes());
        payload.extend(flags.to_ne_bytes());
        payload.extend([0; 4]);
        payload.extend(attributes.concat());
        payload
    }

    const IFF_UP: u32 = 0x1;
    const IFF_RUNNING: u32 = 0x40;

    fn raw(kind: u16, payload: &[u8]) -> Raw<'_> {
        Raw { kind, flags: 0, sequence: 0, payload }
    }

    #[test]
    fn running_needs_an_operational_state_that_carries_traffic() {
        for (state, want) in [(0, true), (6, true), (2, false), (3, false), (5, false)] {
            let payload = link_payload(
                0,
                IFF_UP | IFF_RUNNING,
                &[attribute(IFLA_IFNAME, b"eth0\0"), attribute(IFLA_OPERSTATE, &[state])],
            );
            let Some(News::Link(link)) = news(raw(RTM_NEWLINK, &payload)) else { panic!("a link") };
            assert_eq!((link.running, link.up, link.name.as_str()), (want, true, "eth0"), "operstate {state}");
        }
    }

    #[test]
    fn bridge_ports_and_wireless_scans_are_no_news() {
        const AF_BRIDGE: u8 = 7;
        let name = attribute(IFLA_IFNAME, b"eth0\0");
        let port = link_payload(AF_BRIDGE, IFF_UP, std::slice::from_ref(&name));
        assert_eq!(news(raw(RTM_DELLINK, &port)), None);
        assert_eq!(news(raw(RTM_NEWLINK, &port)), None);
        let scan = link_payload(0, IFF_UP, &[name, attribute(IFLA_WIRELESS, &[0; 8])]);
        assert_eq!(news(raw(RTM_NEWLINK, &scan)), None);
    }

    #[test]
    fn the_local_end_is_the_address() {
        let mut payload = vec![2, 32, 0x80, 0];
        payload.extend(7u32.to_ne_bytes());
        payload.extend(attribute(IFA_ADDRESS, &[10, 2, 0, 2]));
        payload.extend(attribute(IFA_LOCAL, &[10, 1, 0, 1]));
        payload.extend(attribute(IFA_PROTO, &[18]));
        let Some(News::Address(address, peer)) = news(raw(RTM_NEWADDR, &payload)) else { panic!("an address") };
        assert_eq!((address.ip, address.proto), (IpAddr::from([10, 1, 0, 1]), Some(18)));
        assert_eq!(peer, Some(IpAddr::from([10, 2, 0, 2])));
    }

    quickcheck! {
        fn decoding_is_total(datagram: Vec<u8>, kind: u16, lie: u8) -> bool {
            // A header that is believable, so that more than the first check is reached.
            let mut whole = (datagram.len() as u32 + 16).saturating_sub(u32::from(lie % 4)).to_ne_bytes().to_vec();
            whole.extend((16 + kind % 6).to_ne_bytes());
            whole.extend([0; 10]);
            whole.extend(&datagram);
            for bytes in [&whole, &datagram] {
                for message in messages(bytes) {
                    let _ = (news(message), error_code(message.payload));
                }
            }
            true
        }
    }
}
