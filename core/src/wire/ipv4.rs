//! The IPv4 header of an advert.

use core::net::Ipv4Addr;

/// IP protocol number of VRRP (RFC 9568 section 5.1.1.4).
pub const PROTO_VRRP: u8 = 112;
/// Length of a header without options.
pub const HEADER_LEN: usize = 20;
/// Type of service of adverts: precedence "internetwork control", as the C version sends.
pub const TOS_CONTROL: u8 = 0xc0;

/// A header for `payload_len` bytes of VRRP. Identification and checksum are zero: the kernel fills them in on a raw
/// socket (raw(7), `IP_HDRINCL`). Fragmentation is allowed.
#[must_use]
pub fn header(source: Ipv4Addr, destination: Ipv4Addr, ttl: u8, payload_len: usize) -> [u8; HEADER_LEN] {
    let mut h = [0u8; HEADER_LEN];
    h[0] = 0x45;
    h[1] = TOS_CONTROL;
    let total = u16::try_from(HEADER_LEN + payload_len).unwrap_or(u16::MAX);
    h[2..4].copy_from_slice(&total.to_be_bytes());
    h[8] = ttl;
    h[9] = PROTO_VRRP;
    h[12..16].copy_from_slice(&source.octets());
    h[16..20].copy_from_slice(&destination.octets());
    h
}

/// A received IPv4 packet, split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Packet<'a> {
    /// Its source.
    pub source: Ipv4Addr,
    /// Its destination.
    pub destination: Ipv4Addr,
    /// Its time to live.
    pub ttl: u8,
    /// Its protocol.
    pub protocol: u8,
    /// What follows the header, at most as long as the header says.
    pub payload: &'a [u8],
}

/// Splits a packet as a raw IPv4 socket delivers it. `None` where it is no IPv4 packet with a whole header.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Ipv4Packet<'_>> {
    let head = bytes.first_chunk::<HEADER_LEN>()?;
    let header_len = usize::from(head[0] & 0x0f) * 4;
    if head[0] >> 4 != 4 || header_len < HEADER_LEN {
        return None;
    }
    let total = usize::from(u16::from_be_bytes([head[2], head[3]])).min(bytes.len());
    Some(Ipv4Packet {
        source: Ipv4Addr::new(head[12], head[13], head[14], head[15]),
        destination: Ipv4Addr::new(head[16], head[17], head[18], head[19]),
        ttl: head[8],
        protocol: head[9],
        payload: bytes.get(header_len..total)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    quickcheck! {
        fn any_bytes_are_survived(bytes: Vec<u8>) -> bool {
            parse(&bytes).is_none_or(|p| p.payload.len() + HEADER_LEN <= bytes.len())
        }

        fn what_is_built_is_parsed(source: u32, destination: u32, ttl: u8, payload: Vec<u8>) -> bool {
            let (source, destination) = (Ipv4Addr::from(source), Ipv4Addr::from(destination));
            let mut bytes = header(source, destination, ttl, payload.len()).to_vec();
            bytes.extend_from_slice(&payload);
            parse(&bytes) == Some(Ipv4Packet { source, destination, ttl, protocol: PROTO_VRRP, payload: &payload })
        }
    }
}
