//! An advert never asks for more than its link carries: beyond that, nothing would leave, or fragments that the C version
//! does not read whole; either way there would be two masters.
#![allow(clippy::expect_used)] // A test says what it expects.

mod common;
use common::*;
use keepalived_core::config::model::{InstanceConfig, Transport};
use keepalived_core::event::Event;
use keepalived_core::kernel::{KernelEvent, Link};
use keepalived_core::net::{Family, Version};
use keepalived_core::vrrp::{DropReason, Input, Output, SocketKey, State, Vrrp};
use keepalived_core::wire::vrrp::room;
use keepalived_core::{Engine, Time};
use std::time::Duration;

fn many(count: u8) -> InstanceConfig {
    instance("VI_1").with(|vi| vi.addresses = (1..=count).map(|n| vip(&format!("10.0.1.{n}"))).collect())
}

fn with_mtu(node: &mut Node, mtu: u32) {
    node.input(Input::Kernel(KernelEvent::Link(Link { mtu, ..link(2, "eth0") })));
}

/// How many addresses the last advert says it has, and how long it is.
fn last(node: &Node) -> (u8, usize) {
    let (_, advert) = node.sent.last().expect("an advert");
    (advert.payload[3], advert.payload.len())
}

fn told(node: &Node) -> usize {
    node.events.iter().filter(|event| matches!(event, Event::AdvertFull { .. })).count()
}

#[test]
fn as_many_as_in_the_c_version() {
    // What keepalived 2.2.7 says: "max 89 addresses" at 1500 for IPv6, "max 133" at 576 for version 3 over IPv4.
    assert_eq!(room(Version::V3, Family::V6, 1500), 89);
    assert_eq!(room(Version::V3, Family::V4, 576), 133);
    assert_eq!(room(Version::V2, Family::V4, 576), 131);
    assert_eq!(room(Version::V2, Family::V4, 1500), 255);
    assert_eq!(room(Version::V3, Family::V6, 0), 255, "not known");
    assert_eq!(room(Version::V3, Family::V6, 1), 1);
    assert_eq!(room(Version::V3, Family::V6, u32::MAX), 255);
}

#[test]
fn a_master_names_what_there_is_room_for_and_keeps_the_rest() {
    let mut node = Node::new(config([many(200)]));
    node.pass(Duration::from_secs(5));
    assert_eq!(last(&node), (200, 8 + 200 * 4 + 8));
    assert_eq!(told(&node), 0);
    with_mtu(&mut node, 576);
    node.pass(Duration::from_secs(1));
    assert_eq!(last(&node), (131, 8 + 131 * 4 + 8));
    assert!(node.holds("10.0.1.200"));
    assert_eq!(told(&node), 1);
    with_mtu(&mut node, 1500);
    node.pass(Duration::from_secs(1));
    assert_eq!(last(&node).0, 200);
    assert_eq!((told(&node), node.state("VI_1")), (1, State::Master));
}

#[test]
fn a_backup_expects_what_there_is_room_for() {
    let mut node = Node::new(config([many(200)]));
    with_mtu(&mut node, 576);
    node.pass(Duration::from_secs(1));
    let first = many(200).with(|vi| vi.addresses = many(200).addresses[..131].to_vec());
    node.advert(&first, "10.0.0.222", 150);
    let refused = |node: &Node| node.engine.status()[0].counters.dropped.contains_key(&DropReason::AddressList);
    assert!(!refused(&node));
    node.advert(&many(200), "10.0.0.222", 150);
    assert!(refused(&node), "noticed");
    assert_eq!(node.state("VI_1"), State::Backup);
}

/// Below this MTU the kernel takes IPv6 off the interface, and with it the sockets' memberships in groups. They do not come back by
/// themselves: a backup would be deaf, and become a second master.
#[test]
fn a_link_that_was_too_narrow_for_ipv6_is_listened_on_anew() {
    let six = instance("VI_6").with(|vi| {
        vi.family = Family::V6;
        vi.version = Version::V3;
        vi.addresses = vec![vip("fe80::100")];
        vi.transport = Transport::Multicast { group: ip("ff02::12") };
    });
    let mut engine = Vrrp::new(0);
    let tell = |engine: &mut Vrrp, input: Input<'_>| {
        engine.handle(Time::from_secs(1), input);
        let outputs = std::iter::from_fn(|| engine.poll());
        outputs
            .filter(|output| matches!(output, Output::OpenSocket { .. } | Output::CloseSocket(_)))
            .collect::<Vec<_>>()
    };
    let with_mtu = |mtu| Input::Kernel(KernelEvent::Link(Link { mtu, ..link(2, "eth0") }));
    tell(&mut engine, Input::Kernel(KernelEvent::Snapshot { links: vec![link(2, "eth0")], addresses: vec![] }));
    let opened = tell(&mut engine, Input::Configure(Box::new(config([six, instance("VI_4")]))));
    assert_eq!(opened.len(), 2, "{opened:?}");
    assert_eq!(tell(&mut engine, with_mtu(1280)), []);
    assert_eq!(tell(&mut engine, with_mtu(1279)), []);
    assert_eq!(tell(&mut engine, with_mtu(1200)), []);
    let key = SocketKey { index: ETH0, family: Family::V6 };
    let open = Output::OpenSocket { key, groups: [ip("ff02::12")].into() };
    assert_eq!(tell(&mut engine, with_mtu(1280)), [Output::CloseSocket(key), open]);
    assert_eq!(tell(&mut engine, with_mtu(9000)), []);
}
