//! Adverts and announcements over a veth pair, in a namespace of their own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Lab, in_namespace, index_of, ip, next_door, veth_pair, wait_until_up};
use keepalived_core::kernel::Errno;
use keepalived_core::net::{Family, IfIndex};
use keepalived_core::vrrp::{Input, Output, Packet, SocketKey, Transmit};
use socket2::{Domain, Protocol, Socket, Type};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

const GROUP4: &str = "224.0.0.18";
const GROUP6: &str = "ff02::12";

fn key(index: IfIndex, family: Family) -> SocketKey {
    SocketKey { index, family }
}

fn open(key: SocketKey, groups: &[&str]) -> Output {
    Output::OpenSocket { key, groups: groups.iter().map(|group| group.parse().unwrap()).collect() }
}

fn advert(socket: SocketKey, source: &str, destination: &str, payload: &[u8]) -> Output {
    Output::Send(Transmit {
        socket,
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        ttl: 255,
        payload: payload.into(),
    })
}

fn owned(packet: &Packet<'_>) -> Packet<'static> {
    let now = packet.age < Duration::from_secs(60);
    assert!(now, "{:?} old", packet.age);
    // Nobody knows it beforehand.
    Packet { payload: Cow::Owned(packet.payload.to_vec()), age: Duration::ZERO, ..packet.clone() }
}

impl Lab {
    #[track_caller]
    fn opened(&mut self, key: SocketKey, groups: &[&str]) -> Result<(), Errno> {
        self.perform([open(key, groups)]);
        self.until("the socket", |input| match input {
            Input::Socket { key: done, result } if *done == key => Some(*result),
            _ => None,
        })
    }

    #[track_caller]
    fn packet(&mut self) -> Packet<'static> {
        self.until("a packet", |input| match input {
            Input::Packet(packet) => Some(owned(packet)),
            _ => None,
        })
    }

    fn packets_during(&mut self, time: Duration) -> Vec<Packet<'static>> {
        self.during(time, |input| match input {
            Input::Packet(packet) => Some(owned(packet)),
            _ => None,
        })
    }
}

/// The packet that a receiver on v1 must see; the sources are addresses that no machine here has.
fn expected(index: IfIndex, source: &str, destination: &str, payload: &[u8]) -> Packet<'static> {
    Packet {
        index,
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        ttl: Some(255),
        age: Duration::ZERO,
        payload: Cow::Owned(payload.to_vec()),
    }
}

#[test]
fn adverts_arrive_as_they_were_sent() {
    in_namespace("adverts_arrive_as_they_were_sent", || {
        let (v0, v1) = veth_pair();
        let mut lab = Lab::new();
        let all = [(Family::V4, "192.0.2.77", GROUP4), (Family::V6, "fe80::77", GROUP6)];
        for (family, source, group) in all {
            for index in [v0, v1] {
                assert_eq!(lab.opened(key(index, family), &[group]), Ok(()));
            }
            let payload: Vec<u8> = (0..40).collect();
            lab.perform([advert(key(v0, family), source, group, &payload)]);
            assert_eq!(lab.packet(), expected(v1, source, group, &payload));
        }
        // None of our own came back on v0.
        assert_eq!(lab.packets_during(Duration::from_millis(100)), []);
    });
}

#[test]
fn the_ipv4_header_is_that_of_the_rfc() {
    in_namespace("the_ipv4_header_is_that_of_the_rfc", || {
        let (v0, v1) = veth_pair();
        let mut lab = Lab::new();
        let capture = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(112))).unwrap();
        capture.bind_device_by_index_v4(std::num::NonZeroU32::new(v1.0)).unwrap();
        let group = socket2::InterfaceIndexOrAddress::Index(v1.0);
        capture.join_multicast_v4_n(&GROUP4.parse().unwrap(), &group).unwrap();
        capture.set_read_timeout(Some(common::PATIENCE)).unwrap();
        lab.opened(key(v0, Family::V4), &[GROUP4]).unwrap();
        lab.perform([advert(key(v0, Family::V4), "192.0.2.77", GROUP4, &[7; 20])]);
        let mut bytes = [0; 128];
        let len = std::io::Read::read(&mut &capture, &mut bytes).unwrap();
        let header = &bytes[..20];
        assert_eq!((len, header[0], header[1]), (40, 0x45, 0xc0));
        assert_eq!(header[2..4], [0, 40]);
        assert_eq!(header[6..8], [0, 0], "neither DF nor a fragment");
        assert_eq!(header[8..10], [255, 112]);
        let sum: u32 = header.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff, "the kernel's checksum");
    });
}

#[test]
fn only_joined_groups_arrive() {
    in_namespace("only_joined_groups_arrive", || {
        let (v0, v1) = veth_pair();
        let mut lab = Lab::new();
        for (family, source, one, other) in
            [(Family::V4, "192.0.2.77", GROUP4, "224.0.0.99"), (Family::V6, "fe80::77", GROUP6, "ff02::99")]
        {
            let (from, to) = (key(v0, family), key(v1, family));
            lab.opened(from, &[]).unwrap();
            lab.opened(to, &[one]).unwrap();
            // Somebody else on this machine has joined both.
            let mut neighbour = Lab::new();
            neighbour.opened(to, &[one, other]).unwrap();
            let both = || [advert(from, source, other, b"other"), advert(from, source, one, b"one")];
            let destinations = |lab: &mut Lab| -> Vec<IpAddr> {
                lab.packets_during(Duration::from_millis(200)).iter().map(|packet| packet.destination).collect()
            };
            let (one, other): (IpAddr, IpAddr) = (one.parse().unwrap(), other.parse().unwrap());
            lab.perform(both());
            assert_eq!(destinations(&mut lab), [one]);
            lab.opened(to, &[&other.to_string()]).unwrap();
            lab.perform(both());
            assert_eq!(destinations(&mut lab), [other]);
            lab.perform([Output::CloseSocket(to)]);
            lab.perform(both());
            assert_eq!(destinations(&mut lab), [] as [IpAddr; 0]);
        }
    });
}

#[test]
fn unicast_adverts_arrive_without_a_group() {
    in_namespace("unicast_adverts_arrive_without_a_group", || {
        let (v0, _) = veth_pair();
        ip("addr add 192.0.2.1/24 dev v0");
        ip("addr add 2001:db8::1/64 dev v0 nodad");
        let families = [(Family::V4, "192.0.2.1", "192.0.2.2"), (Family::V6, "2001:db8::1", "2001:db8::2")];
        let (ready, wait) = std::sync::mpsc::channel();
        let there = next_door("v1", move || {
            ip("link set v1 up");
            wait_until_up("v1");
            ip("addr add 192.0.2.2/24 dev v1");
            ip("addr add 2001:db8::2/64 dev v1 nodad");
            let v1 = index_of("v1");
            let mut lab = Lab::new();
            for (family, ..) in families {
                lab.opened(key(v1, family), &[]).unwrap();
            }
            ready.send(()).unwrap();
            for (_, source, destination) in families {
                assert_eq!(lab.packet(), expected(v1, source, destination, b"unicast"));
            }
        });
        wait.recv().unwrap();
        wait_until_up("v0");
        let mut lab = Lab::new();
        for (family, source, destination) in families {
            lab.opened(key(v0, family), &[]).unwrap();
            lab.perform([advert(key(v0, family), source, destination, b"unicast")]);
        }
        there.join().unwrap();
    });
}

#[test]
fn many_adverts_keep_their_order() {
    in_namespace("many_adverts_keep_their_order", || {
        let (v0, v1) = veth_pair();
        let mut lab = Lab::new();
        for (family, source, group) in [(Family::V4, "192.0.2.77", GROUP4), (Family::V6, "fe80::77", GROUP6)] {
            lab.opened(key(v0, family), &[group]).unwrap();
            lab.opened(key(v1, family), &[group]).unwrap();
            // Several system calls' worth, both ways.
            lab.perform((0..100u8).map(|i| advert(key(v0, family), source, group, &[i; 20])));
            let mut seen = Vec::new();
            lab.until("all of them", |input| {
                if let Input::Packet(packet) = input {
                    seen.push(packet.payload[0]);
                }
                (seen.len() == 100).then_some(())
            });
            assert_eq!(seen, (0..100).collect::<Vec<u8>>());
        }
    });
}

/// A full queue in the kernel costs packets, not turns: each turn ends after a bounded number of them.
#[test]
fn a_flood_does_not_hold_up_a_turn() {
    in_namespace("a_flood_does_not_hold_up_a_turn", || {
        let (v0, v1) = veth_pair();
        let mut lab = Lab::new();
        let socket = key(v0, Family::V4);
        lab.opened(socket, &[]).unwrap();
        lab.opened(key(v1, Family::V4), &[GROUP4]).unwrap();
        // Nobody reads meanwhile.
        for _ in 0..10 {
            lab.perform((0..100u8).map(|i| advert(socket, "192.0.2.77", GROUP4, &[i; 20])));
        }
        let (mut total, mut most) = (0, 0);
        for _ in 0..100 {
            let mut packets = 0;
            let deadline = keepalived::clock::now() + Duration::from_millis(20);
            lab.turn(deadline, |input| packets += u32::from(matches!(input, Input::Packet(_))));
            total += packets;
            most = most.max(packets);
        }
        assert!(most <= 64, "{most} packets in one turn");
        assert!(total > most, "{total} packets in all");
    });
}

#[test]
fn what_cannot_be_sent_is_told() {
    in_namespace("what_cannot_be_sent_is_told", || {
        let (v0, _) = veth_pair();
        let mut lab = Lab::new();
        let socket = key(v0, Family::V4);
        let failure = |lab: &mut Lab, output: Output| {
            lab.perform([output]);
            lab.until("the failure", |input| match input {
                Input::SendFailed { index, errno } => Some((*index, *errno)),
                _ => None,
            })
        };
        let send = || advert(socket, "192.0.2.77", GROUP4, b"x");
        assert_eq!(failure(&mut lab, send()), (v0, Errno::ENODEV), "no socket");
        lab.opened(socket, &[GROUP4]).unwrap();
        assert_eq!(lab.opened(key(IfIndex(4711), Family::V4), &[GROUP4]), Err(Errno::ENODEV));
        ip("link set v0 down");
        let (index, errno) = failure(&mut lab, send());
        assert_eq!(index, v0);
        assert!(matches!(errno, Errno::ENETDOWN | Errno(libc::ENETUNREACH | libc::ENODEV)), "{errno}");
        let (_, errno) = failure(&mut lab, Output::Announce { index: v0, frame: Arc::from([0xff; 42]) });
        assert_eq!(errno, Errno::ENETDOWN);
        let (_, errno) = failure(&mut lab, Output::Announce { index: v0, frame: Arc::from([0xff; 3]) });
        assert_eq!(errno, Errno(libc::EINVAL));
        ip("link set v0 up");
        ip("link set v0 mtu 600");
        let (_, errno) = failure(&mut lab, advert(socket, "192.0.2.77", GROUP4, &[0; 700]));
        assert_eq!(errno, Errno(libc::EMSGSIZE));
    });
}

/// However much fails in a turn, the engine hears of a bounded number of failures; and of new ones in the next.
#[test]
fn failures_are_told_in_bounded_numbers() {
    in_namespace("failures_are_told_in_bounded_numbers", || {
        let mut lab = Lab::new();
        let nowhere = key(IfIndex(4711), Family::V4);
        for _ in 0..2 {
            lab.perform((0..1000).map(|_| advert(nowhere, "192.0.2.77", GROUP4, b"x")));
            let failures = lab.during(Duration::from_millis(50), |input| match input {
                Input::SendFailed { errno, .. } => Some(*errno),
                _ => None,
            });
            assert_eq!(failures, [Errno::ENODEV; 64]);
        }
    });
}

#[test]
fn announcements_leave_as_they_are() {
    in_namespace("announcements_leave_as_they_are", || {
        let (v0, v1) = veth_pair();
        let mut lab = Lab::new();
        const ETH_P_ARP: u16 = 0x0806;
        let capture =
            Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(i32::from(ETH_P_ARP.to_be())))).unwrap();
        capture.set_read_timeout(Some(common::PATIENCE)).unwrap();
        let mut frame = vec![0xff; 6];
        frame.extend([2, 0, 0, 0, 0, 1, 8, 6]);
        frame.extend([5; 28]);
        let frame: Arc<[u8]> = frame.into();
        lab.perform([Output::Announce { index: v0, frame: frame.clone() }]);
        let mut bytes = [0; 128];
        let len = std::io::Read::read(&mut &capture, &mut bytes).unwrap();
        assert_eq!(bytes[..len], frame[..]);
        let _ = v1;
    });
}

#[test]
fn a_socket_follows_a_rename() {
    in_namespace("a_socket_follows_a_rename", || {
        let (v0, v1) = veth_pair();
        let mut lab = Lab::new();
        lab.opened(key(v0, Family::V4), &[GROUP4]).unwrap();
        lab.opened(key(v1, Family::V4), &[GROUP4]).unwrap();
        ip("link set v1 down");
        ip("link set v1 name renamed");
        ip("link set renamed up");
        wait_until_up("v0");
        wait_until_up("renamed");
        lab.perform([advert(key(v0, Family::V4), "192.0.2.77", GROUP4, b"still")]);
        assert_eq!(lab.packet().index, v1);
    });
}
