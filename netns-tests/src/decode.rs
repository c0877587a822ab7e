//! What a frame says, as far as these tests care: adverts, announcements, echoes.
//!
//! Written apart from the codec in `core`, so that one mistake cannot hide in both.

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// The IP protocol number of VRRP.
pub const VRRP: u8 = 112;

/// A frame that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A VRRP advert.
    Advert(Advert),
    /// A gratuitous ARP (request or reply) or an unsolicited neighbour advertisement for `ip`.
    Announce {
        /// The address announced.
        ip: IpAddr,
        /// Where it is said to be.
        mac: [u8; 6],
    },
    /// An ICMP echo.
    Echo {
        /// Whether it is the answer.
        reply: bool,
        /// Sender.
        from: IpAddr,
        /// Receiver.
        to: IpAddr,
        /// Sequence number.
        seq: u16,
    },
}

/// A VRRP advert, version 2 or 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advert {
    /// Sender.
    pub from: IpAddr,
    /// The group, or the peer.
    pub to: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// 2 or 3.
    pub version: u8,
    /// Virtual router.
    pub vrid: u8,
    /// 0: the master resigns.
    pub priority: u8,
    /// The interval of adverts.
    pub interval: Duration,
    /// The virtual addresses in it.
    pub addresses: Vec<IpAddr>,
    /// Version 2: type and the eight bytes of data.
    pub auth: Option<(u8, [u8; 8])>,
    /// Whether the checksum is right (for version 3 on IPv4: with pseudo-header).
    pub checksum_ok: bool,
}

/// Reads an Ethernet frame; `None` where it is nothing of the above.
#[must_use]
pub fn decode(frame: &[u8]) -> Option<Seen> {
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    match packet.net.as_ref()? {
        NetSlice::Arp(arp) => {
            let (sender, target) = (arp.sender_protocol_addr(), arp.target_protocol_addr());
            let ip: [u8; 4] = sender.try_into().ok()?;
            let mac = arp.sender_hw_addr().try_into().ok()?;
            (sender == target).then_some(Seen::Announce { ip: IpAddr::from(ip), mac })
        }
        NetSlice::Ipv4(v4) => {
            let header = v4.header();
            let (from, to) = (header.source_addr(), header.destination_addr());
            if header.protocol().0 == VRRP {
                return advert(from.into(), to.into(), header.ttl(), v4.payload().payload).map(Seen::Advert);
            }
            let Some(TransportSlice::Icmpv4(icmp)) = &packet.transport else { return None };
            echo(icmp.slice(), 0, 8, from.into(), to.into())
        }
        NetSlice::Ipv6(v6) => {
            let header = v6.header();
            let (from, to) = (header.source_addr(), header.destination_addr());
            if v6.payload().ip_number.0 == VRRP {
                return advert(from.into(), to.into(), header.hop_limit(), v6.payload().payload).map(Seen::Advert);
            }
            let Some(TransportSlice::Icmpv6(icmp)) = &packet.transport else { return None };
            neighbour(icmp.slice(), to).or_else(|| echo(icmp.slice(), 129, 128, from.into(), to.into()))
        }
    }
}

fn echo(icmp: &[u8], reply: u8, request: u8, from: IpAddr, to: IpAddr) -> Option<Seen> {
    let [kind, 0, _, _, _, _, high, low, ..] = *icmp else { return None };
    (kind == reply || kind == request).then_some(Seen::Echo {
        reply: kind == reply,
        from,
        to,
        seq: u16::from_be_bytes([high, low]),
    })
}

/// RFC 4861 section 4.4: type 136, flags with Solicited clear, to all nodes, with the target's link-layer address (option 2).
fn neighbour(icmp: &[u8], to: Ipv6Addr) -> Option<Seen> {
    let solicited = icmp.get(4)? & 0x40 != 0;
    if *icmp.first()? != 136 || solicited || to != Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1) {
        return None;
    }
    let target: [u8; 16] = icmp.get(8..24)?.try_into().ok()?;
    let mac = match icmp.get(24..32)? {
        [2, 1, mac @ ..] => mac.try_into().ok()?,
        _ => return None,
    };
    Some(Seen::Announce { ip: IpAddr::from(target), mac })
}

fn advert(from: IpAddr, to: IpAddr, ttl: u8, bytes: &[u8]) -> Option<Advert> {
    let [first, vrid, priority, count, fifth, sixth, _, _, rest @ ..] = bytes else { return None };
    let (version, kind) = (first >> 4, first & 0x0f);
    if kind != 1 || !(version == 2 || version == 3) {
        return None;
    }
    let width = if from.is_ipv4() { 4 } else { 16 };
    let length = usize::from(*count) * width;
    let mut addresses = Vec::new();
    for chunk in rest.get(..length)?.chunks_exact(width) {
        addresses.push(match <[u8; 4]>::try_from(chunk) {
            Ok(v4) => IpAddr::V4(Ipv4Addr::from(v4)),
            Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(chunk).ok()?)),
        });
    }
    let data = rest.get(length..length + 8).and_then(|data| data.try_into().ok());
    let auth = if version == 2 { Some((*fifth, data?)) } else { None };
    let interval = match version {
        2 => Duration::from_secs(u64::from(*sixth)),
        _ => Duration::from_millis(10 * u64::from(u16::from_be_bytes([fifth & 0x0f, *sixth]))),
    };
    let end = 8 + length + if version == 2 { 8 } else { 0 };
    let sum = if version == 2 { 0 } else { pseudo_header(from, to, end) };
    let checksum_ok = fold(sum + add_up(bytes.get(..end)?)) == 0xffff;
    Some(Advert { from, to, ttl, version, vrid: *vrid, priority: *priority, interval, addresses, auth, checksum_ok })
}

/// The sum over the pseudo-header of RFC 9568 section 5.2.8.
#[must_use]
pub fn pseudo_header(from: IpAddr, to: IpAddr, length: usize) -> u32 {
    let of = |ip: IpAddr| match ip {
        IpAddr::V4(v4) => add_up(&v4.octets()),
        IpAddr::V6(v6) => add_up(&v6.octets()),
    };
    of(from) + of(to) + u32::from(VRRP) + u32::try_from(length).unwrap_or(0)
}

/// The sum of 16-bit words, not folded.
#[must_use]
pub fn add_up(bytes: &[u8]) -> u32 {
    bytes.chunks(2).map(|pair| (u32::from(pair[0]) << 8) + pair.get(1).map_or(0, |low| u32::from(*low))).sum()
}

/// Folds a sum to 16 bits (RFC 1071).
#[must_use]
pub fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(0)
}
