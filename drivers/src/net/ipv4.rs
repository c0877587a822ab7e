//! The IPv4 header (RFC 791) of adverts: ours to make, because the source need not be an address of this machine.

use super::{PROTOCOL_VRRP, TRAFFIC_CLASS};
use std::net::Ipv4Addr;

/// Its length without options.
pub(crate) const HEADER_LEN: usize = 20;

/// The header of an advert. Total length, identification and checksum are zero: the kernel fills them in
/// (raw(7), `IP_HDRINCL`). DF is clear.
pub(crate) fn header(source: Ipv4Addr, destination: Ipv4Addr, ttl: u8) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[0] = 0x45;
    header[1] = TRAFFIC_CLASS;
    header[8] = ttl;
    header[9] = PROTOCOL_VRRP;
    header[12..16].copy_from_slice(&source.octets());
    header[16..20].copy_from_slice(&destination.octets());
    header
}

/// What a received header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// Where the payload begins.
    pub(crate) payload: usize,
    /// Where it ends: as the header says, or where the bytes end.
    pub(crate) end: usize,
    pub(crate) ttl: u8,
    pub(crate) source: Ipv4Addr,
    pub(crate) destination: Ipv4Addr,
}

/// Reads the header at the beginning of `packet`. `None` where that is no IPv4 header.
pub(crate) fn parse(packet: &[u8]) -> Option<Parsed> {
    let fixed: &[u8; HEADER_LEN] = packet.first_chunk()?;
    let payload = usize::from(fixed[0] & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    if fixed[0] >> 4 != 4 || payload < HEADER_LEN || payload > packet.len() || payload > total {
        return None;
    }
    let [.., a, b, c, d, e, f, g, h] = *fixed;
    Some(Parsed {
        payload,
        end: total.min(packet.len()),
        ttl: fixed[8],
        source: Ipv4Addr::new(a, b, c, d),
        destination: Ipv4Addr::new(e, f, g, h),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

    #[test]
    fn header_bytes() {
        let want = [0x45, 0xc0, 0, 0, 0, 0, 0, 0, 255, 112, 0, 0, 192, 0, 2, 1, 224, 0, 0, 18];
        assert_eq!(header(SOURCE, GROUP, 255), want);
    }

    #[test]
    fn options_and_padding_are_no_payload() {
        let mut packet = header(SOURCE, GROUP, 255).to_vec();
        packet[0] = 0x46;
        packet[2..4].copy_from_slice(&32u16.to_be_bytes());
        packet.extend([1; 4 + 8 + 6]);
        let parsed = parse(&packet).expect("a header");
        assert_eq!((parsed.payload, parsed.end), (24, 32));
        assert_eq!((parsed.source, parsed.destination, parsed.ttl), (SOURCE, GROUP, 255));
    }

    quickcheck! {
        fn parsing_is_total(packet: Vec<u8>, like_ipv4: bool) -> bool {
            let mut packet = packet;
            if let (true, Some(first)) = (like_ipv4, packet.first_mut()) {
                *first = 0x40 | (*first & 0x0f);
            }
            parse(&packet).is_none_or(|p| p.payload <= p.end && p.end <= packet.len())
        }
    }
}
