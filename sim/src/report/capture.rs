//! Adverts as Ethernet frames, and frames as a pcapng.

use core::net::IpAddr;
use core::time::Duration;
use etherparse::{EtherType, Ethernet2Header, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header};
use keepalived_core::Time;
use keepalived_core::net::MacAddr;
use keepalived_core::vrrp::Transmit;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::{DataLink, PcapError};
use std::borrow::Cow;
use std::io::{self, Write};

/// `IPPROTO_VRRP`
const VRRP: IpNumber = IpNumber(112);
/// DSCP CS6, "internetwork control".
const CS6: u8 = 0xc0;

/// The frame that carries an advert. `None` where its addresses are of two families.
pub(super) fn ethernet(source: Option<MacAddr>, transmit: &Transmit) -> Option<Vec<u8>> {
    let payload = &transmit.payload;
    let length = u16::try_from(payload.len()).ok()?;
    let (ether_type, header, destination) = match (transmit.source, transmit.destination) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let mut header = Ipv4Header::new(length, transmit.ttl, VRRP, from.octets(), to.octets()).ok()?;
            header.dscp = (CS6 >> 2).try_into().ok()?;
            header.header_checksum = header.calc_header_checksum();
            let [_, b, c, d] = to.octets();
            let group = [1, 0, 0x5e, b & 0x7f, c, d];
            (EtherType::IPV4, header.to_bytes().to_vec(), to.is_multicast().then_some(group))
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let header = Ipv6Header {
                traffic_class: CS6,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: length,
                next_header: VRRP,
                hop_limit: transmit.ttl,
                source: from.octets(),
                destination: to.octets(),
            };
            let [.., a, b, c, d] = to.octets();
            (EtherType::IPV6, header.to_bytes().to_vec(), to.is_multicast().then_some([0x33, 0x33, a, b, c, d]))
        }
        _ => return None,
    };
    let ethernet = Ethernet2Header {
        source: source.map_or([2, 0xff, 0, 0, 0, 0], |mac| mac.0),
        // Whose hardware address a unicast neighbour has does not matter here.
        destination: destination.unwrap_or([2, 0xfe, 0, 0, 0, 0]),
        ether_type,
    };
    let mut frame = ethernet.to_bytes().to_vec();
    frame.extend_from_slice(&header);
    frame.extend_from_slice(payload);
    Some(frame)
}

/// Writes frames (time, segment, bytes) as a pcapng.
pub(super) fn write(to: impl Write, segments: usize, frames: &[(Time, usize, Vec<u8>)]) -> io::Result<()> {
    let mut writer = PcapNgWriter::new(to).map_err(other)?;
    for segment in 0..segments {
        let interface = InterfaceDescriptionBlock {
            linktype: DataLink::ETHERNET,
            snaplen: 0xffff,
            // pcap-file writes nanoseconds whatever the resolution says, so it has to say 10^-9.
            options: vec![
                InterfaceDescriptionOption::IfName(Cow::Owned(format!("segment{segment}"))),
                InterfaceDescriptionOption::IfTsResol(9),
            ],
        };
        writer.write_pcapng_block(interface).map_err(other)?;
    }
    for (at, segment, frame) in frames {
        let packet = EnhancedPacketBlock {
            interface_id: *segment as u32,
            timestamp: Duration::from_nanos(at.as_nanos()),
            original_len: frame.len() as u32,
            data: Cow::Borrowed(frame),
            options: Vec::new(),
        };
        writer.write_pcapng_block(packet).map_err(other)?;
    }
    Ok(())
}

fn other(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        error => io::Error::other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{NetSlice, SlicedPacket};
    use keepalived_core::net::{Family, IfIndex};
    use keepalived_core::vrrp::SocketKey;
    use pcap_file::pcapng::{Block, PcapNgReader};

    fn advert(source: &str, destination: &str) -> Transmit {
        let (source, destination): (IpAddr, IpAddr) = (source.parse().unwrap(), destination.parse().unwrap());
        let socket = SocketKey { index: IfIndex(2), family: Family::of(source) };
        Transmit { socket, source, destination, ttl: 255, payload: vec![0x31, 7, 100, 1].into() }
    }

    #[test]
    fn a_capture_is_read_back() {
        let mut frames = Vec::new();
        for (at, (source, destination)) in
            [("10.0.0.1", "224.0.0.18"), ("fe80::1", "ff02::12"), ("10.0.0.1", "10.0.0.2")].iter().enumerate()
        {
            let frame = ethernet(Some(MacAddr([2, 0, 0, 0, 0, 1])), &advert(source, destination)).unwrap();
            frames.push((Time::from_nanos(1_234_567_891 + at as u64), at % 2, frame));
        }
        let mut file = Vec::new();
        write(&mut file, 2, &frames).unwrap();
        let mut reader = PcapNgReader::new(&file[..]).unwrap();
        let (mut packets, mut interfaces) = (Vec::new(), 0);
        while let Some(block) = reader.next_block() {
            match block.unwrap() {
                Block::EnhancedPacket(p) => packets.push((p.timestamp, p.interface_id as usize, p.data.to_vec())),
                Block::InterfaceDescription(i) => {
                    assert!(i.options.contains(&InterfaceDescriptionOption::IfTsResol(9)));
                    interfaces += 1;
                }
                _ => {}
            }
        }
        assert_eq!(interfaces, 2);
        let want: Vec<_> =
            frames.iter().map(|(at, s, frame)| (Duration::from_nanos(at.as_nanos()), *s, frame.clone())).collect();
        assert_eq!(packets, want);
        for (_, _, frame) in &frames {
            let sliced = SlicedPacket::from_ethernet(frame).unwrap();
            let payload = match sliced.net {
                Some(NetSlice::Ipv4(ip)) => {
                    assert_eq!(ip.header().to_header().calc_header_checksum(), ip.header().header_checksum());
                    ip.payload().clone()
                }
                Some(NetSlice::Ipv6(ip)) => ip.payload().clone(),
                _ => panic!("no IP in {frame:02x?}"),
            };
            assert_eq!((payload.ip_number, payload.payload), (VRRP, &[0x31, 7, 100, 1][..]));
        }
    }

    #[test]
    fn families_are_not_mixed() {
        assert_eq!(ethernet(None, &advert("10.0.0.1", "ff02::12")), None);
    }
}
