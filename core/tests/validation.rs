//! What is not accepted, and that each refusal is counted by its reason and changes nothing.
#![allow(clippy::expect_used)] // A test says what it expects.

mod common;
use common::*;
use keepalived_core::config::model::{AuthPass, InstanceConfig, Transport, UnicastPeer};
use keepalived_core::event::Event;
use keepalived_core::net::{AdvertInterval, Version, Vrid};
use keepalived_core::vrrp::{DropReason, State};
use std::time::Duration;

fn with_auth(pass: &[u8; 8]) -> InstanceConfig {
    instance("VI_1").with(|vi| vi.auth = Some(AuthPass(*pass)))
}

/// A backup configured as `ours` hears `payload`; returns whether it counts as an advert, and the counted reason.
fn hear(ours: &InstanceConfig, source: &str, to: &str, ttl: Option<u8>, payload: &[u8]) -> (bool, Option<DropReason>) {
    let mut node = Node::new(config([ours.clone()]));
    node.pass(Duration::from_secs(3));
    node.packet(source, to, ttl, payload);
    node.pass(Duration::from_secs(1));
    let heard = node.state("VI_1") == State::Backup;
    let reason = node.events.iter().find_map(|e| match e {
        Event::Dropped { reason, count: 1, .. } => Some(*reason),
        _ => None,
    });
    let counted = node.engine.status()[0].counters.dropped.clone();
    let ownerless = matches!(
        reason,
        None | Some(
            DropReason::TooShort
                | DropReason::TrailingBytes
                | DropReason::UnknownVersion
                | DropReason::UnknownType
                | DropReason::UnknownVrid
        )
    );
    assert!(ownerless || counted.values().sum::<u64>() == 1, "{reason:?} {counted:?}");
    (heard, reason)
}

#[test]
fn every_reason() {
    let ours = with_auth(b"secret\0\0");
    let good = advert(&ours, "10.0.0.2", 150);
    let edit = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let like = |f: &dyn Fn(&mut InstanceConfig)| {
        let mut theirs = ours.clone();
        f(&mut theirs);
        advert(&theirs, "10.0.0.2", 150)
    };
    let two_secs = AdvertInterval::from_secs(2).expect("not zero");
    let cases: Vec<(&str, Vec<u8>, Option<DropReason>)> = vec![
        ("good", good.clone(), None),
        ("short", good[..good.len() - 1].to_vec(), Some(DropReason::TooShort)),
        ("empty", Vec::new(), Some(DropReason::TooShort)),
        ("long", [&good[..], &[0]].concat(), Some(DropReason::TrailingBytes)),
        ("version 4", edit(0, 0x41), Some(DropReason::UnknownVersion)),
        ("type 2", edit(0, 0x22), Some(DropReason::UnknownType)),
        ("vrid 0", edit(1, 0), Some(DropReason::UnknownVrid)),
        ("foreign vrid", like(&|c| c.vrid = Vrid::new(52).expect("not zero")), Some(DropReason::UnknownVrid)),
        ("checksum", edit(6, good[6] ^ 1), Some(DropReason::Checksum)),
        ("password", like(&|c| c.auth = Some(AuthPass(*b"Secret\0\0"))), Some(DropReason::AuthData)),
        ("no password", like(&|c| c.auth = None), Some(DropReason::AuthType)),
        ("interval", like(&|c| c.advert_interval = two_secs), Some(DropReason::Interval)),
        ("no addresses", like(&|c| c.addresses.clear()), Some(DropReason::NoAddresses)),
        ("version 3", like(&|c| (c.version, c.auth) = (Version::V3, None)), Some(DropReason::WrongVersion)),
    ];
    for (name, payload, want) in cases {
        assert_eq!(hear(&ours, "10.0.0.2", GROUP, Some(255), &payload), (want.is_none(), want), "{name}");
    }
    assert_eq!(hear(&ours, "10.0.0.2", GROUP, Some(254), &good), (false, Some(DropReason::Ttl)));
    assert_eq!(hear(&ours, "10.0.0.2", GROUP, None, &good), (false, Some(DropReason::Ttl)));
    assert_eq!(hear(&ours, OURS, GROUP, Some(255), &good), (false, Some(DropReason::OwnAddress)));
    assert_eq!(hear(&ours, "10.0.0.2", OURS, Some(255), &good), (false, Some(DropReason::Destination)));
}

#[test]
fn another_list_of_addresses_is_told_but_not_refused() {
    let ours = instance("VI_1");
    let mut theirs = ours.clone();
    theirs.addresses.push(vip("10.0.0.101"));
    let payload = advert(&theirs, "10.0.0.2", 150);
    assert_eq!(hear(&ours, "10.0.0.2", GROUP, Some(255), &payload), (true, Some(DropReason::AddressList)));
    let mut node = Node::new(config([ours]));
    node.packet("10.0.0.2", GROUP, Some(255), &payload);
    assert!(node.events.iter().any(|e| matches!(e, Event::Collision { from, .. } if *from == ip("10.0.0.2"))));
}

#[test]
fn the_order_of_addresses_does_not_matter() {
    let mut ours = instance("VI_1");
    ours.addresses.push(vip("10.0.0.101"));
    let mut theirs = ours.clone();
    theirs.addresses.reverse();
    assert_eq!(hear(&ours, "10.0.0.2", GROUP, Some(255), &advert(&theirs, "10.0.0.2", 150)), (true, None));
}

#[test]
fn unicast_checks_peers_and_their_ttl_where_asked() {
    let peer = UnicastPeer { ip: ip("10.0.0.2"), min_ttl: 250, max_ttl: 255 };
    let transport = Transport::Unicast { peers: vec![peer], ttl: 255 };
    let ours = instance("VI_1").with(|vi| {
        vi.transport = transport;
        vi.check_unicast_src = true;
    });
    let payload = advert(&ours, "10.0.0.2", 150);
    assert_eq!(hear(&ours, "10.0.0.2", OURS, Some(252), &payload), (true, None));
    assert_eq!(hear(&ours, "10.0.0.2", OURS, Some(249), &payload), (false, Some(DropReason::Ttl)));
    assert_eq!(hear(&ours, "10.0.0.3", OURS, Some(255), &payload), (false, Some(DropReason::UnknownPeer)));
    assert_eq!(hear(&ours, "10.0.0.2", GROUP, Some(255), &payload), (false, Some(DropReason::Destination)));
}

#[test]
fn a_flood_is_told_once_and_counted() {
    let ours = instance("VI_1");
    let mut node = Node::new(config([ours.clone()]));
    let mut bad = advert(&ours, "10.0.0.2", 150);
    bad[6] ^= 0xff;
    for _ in 0..10_000 {
        node.packet("10.0.0.2", GROUP, Some(255), &bad);
    }
    let told = |node: &Node| node.events.iter().filter(|e| matches!(e, Event::Dropped { .. })).count();
    assert_eq!(told(&node), 1);
    assert_eq!(node.engine.status()[0].counters.dropped[&DropReason::Checksum], 10_000);
    node.pass(Duration::from_secs(60));
    node.packet("10.0.0.2", GROUP, Some(255), &bad);
    assert!(node.events.iter().any(|e| matches!(e, Event::Dropped { count: 10_000, .. })));
}
