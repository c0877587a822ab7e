//! Frames that tell a link where an address lives now: gratuitous ARP and unsolicited neighbour advertisement.

use super::checksum::Sum;
use crate::net::MacAddr;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Length of a gratuitous ARP frame without padding.
pub const ARP_FRAME_LEN: usize = 42;
/// Length of an unsolicited neighbour advertisement frame.
pub const NA_FRAME_LEN: usize = 86;

const ETHERTYPE_ARP: u16 = 0x0806;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ICMPV6: u8 = 58;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
/// Router and Override (RFC 9568 section 6.4.1: R and O set, S clear).
const FLAGS_ROUTER_OVERRIDE: u8 = 0b1010_0000;
const OPTION_TARGET_LINK_LAYER: u8 = 2;

/// The frame that announces `ip` at `mac`.
#[must_use]
pub fn frame(ip: IpAddr, mac: MacAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => gratuitous_arp(ip, mac).to_vec(),
        IpAddr::V6(ip) => unsolicited_na(ip, mac).to_vec(),
    }
}

/// An ARP request (RFC 5227 section 3: the form that every neighbour takes in) for `ip` by itself, to everybody. The target hardware
/// address is the broadcast address, as the C version sends.
#[must_use]
pub fn gratuitous_arp(ip: Ipv4Addr, mac: MacAddr) -> [u8; ARP_FRAME_LEN] {
    let mut f = [0u8; ARP_FRAME_LEN];
    f[..6].copy_from_slice(&MacAddr::BROADCAST.0);
    f[6..12].copy_from_slice(&mac.0);
    f[12..14].copy_from_slice(&ETHERTYPE_ARP.to_be_bytes());
    f[14..22].copy_from_slice(&[0, 1, 8, 0, 6, 4, 0, 1]);
    f[22..28].copy_from_slice(&mac.0);
    f[28..32].copy_from_slice(&ip.octets());
    f[32..38].copy_from_slice(&MacAddr::BROADCAST.0);
    f[38..42].copy_from_slice(&ip.octets());
    f
}

/// A neighbour advertisement (RFC 4861 section 4.4) for `ip` from `ip` to all nodes of the link, with the link-layer address.
#[must_use]
pub fn unsolicited_na(ip: Ipv6Addr, mac: MacAddr) -> [u8; NA_FRAME_LEN] {
    const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    const LEN: u8 = 32;
    let mut f = [0u8; NA_FRAME_LEN];
    f[..6].copy_from_slice(&[0x33, 0x33, 0, 0, 0, 1]);
    f[6..12].copy_from_slice(&mac.0);
    f[12..14].copy_from_slice(&ETHERTYPE_IPV6.to_be_bytes());
    f[14] = 0x60;
    f[19] = LEN;
    f[20] = ICMPV6;
    f[21] = 255;
    f[22..38].copy_from_slice(&ip.octets());
    f[38..54].copy_from_slice(&ALL_NODES.octets());
    f[54] = NEIGHBOUR_ADVERTISEMENT;
    f[58] = FLAGS_ROUTER_OVERRIDE;
    f[62..78].copy_from_slice(&ip.octets());
    f[78] = OPTION_TARGET_LINK_LAYER;
    f[79] = 1;
    f[80..86].copy_from_slice(&mac.0);
    let sum = Sum::default().pseudo_v6(ip, ALL_NODES, ICMPV6, usize::from(LEN)).bytes(&f[54..]).finish();
    f[56..58].copy_from_slice(&sum.to_be_bytes());
    f
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 0x0a]);

    #[test]
    fn arp_bytes() {
        let want = [
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x0a, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x0a,
            10, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 10, 0, 0, 1,
        ];
        assert_eq!(gratuitous_arp(Ipv4Addr::new(10, 0, 0, 1), MAC), want);
    }

    quickcheck! {
        fn the_checksum_of_an_advertisement_is_right(ip: u128) -> bool {
            let ip = Ipv6Addr::from(ip);
            let frame = unsolicited_na(ip, MAC);
            let to = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
            Sum::default().pseudo_v6(ip, to, 58, 32).bytes(&frame[54..]).is_valid()
        }
    }
}
