//! FAULT is a set of reasons: it is there exactly while the set is not empty, in whatever order events come.
#![allow(clippy::expect_used)] // A test says what it expects.

mod common;
use common::*;
use keepalived_core::config::model::TrackInterface;
use keepalived_core::event::Event;
use keepalived_core::kernel::{Errno, KernelEvent, Link};
use keepalived_core::net::{Family, IfIndex, Name, Priority, Vrid};
use keepalived_core::vrrp::{FaultReason, Input, SocketKey, State};
use quickcheck::{Arbitrary, Gen, quickcheck};
use std::time::Duration;

const MASTER_DOWN: Duration = Duration::from_nanos(3_609_375_000);

fn change(node: &mut Node, index: u32, name: &str, change: impl Fn(&mut Link)) {
    let mut link = link(index, name);
    change(&mut link);
    node.input(Input::Kernel(KernelEvent::Link(link)));
}

#[test]
fn a_master_that_loses_its_link_resigns_and_lets_go() {
    let mut node = Node::new(config([instance("VI_1")]));
    node.pass(MASTER_DOWN);
    node.take_sent();
    change(&mut node, 2, "eth0", |l| l.running = false);
    assert_eq!((node.state("VI_1"), node.take_sent()), (State::Fault, vec![0]));
    assert!(!node.holds("10.0.0.100"));
    assert_eq!(node.engine.status()[0].faults, [FaultReason::NoCarrier("eth0".into())]);
    change(&mut node, 2, "eth0", |_| {});
    assert_eq!(node.state("VI_1"), State::Backup);
    node.pass(MASTER_DOWN);
    assert_eq!(node.state("VI_1"), State::Master);
}

#[test]
fn an_interface_that_is_deleted_recreated_and_renamed_is_followed() {
    let mut node = Node::new(config([instance("VI_1")]));
    node.pass(MASTER_DOWN);
    node.kernel.retain(|(index, _, _), _| *index != ETH0);
    node.input(Input::Kernel(KernelEvent::LinkGone(ETH0)));
    assert_eq!(node.state("VI_1"), State::Fault);
    // Back under another index and another name.
    change(&mut node, 9, "tmp0", |_| {});
    node.kernel.insert((IfIndex(9), ip(OURS), 24), address(9, OURS, 24));
    node.input(Input::Kernel(KernelEvent::Address(address(9, OURS, 24))));
    assert_eq!(node.state("VI_1"), State::Fault);
    change(&mut node, 9, "eth0", |_| {});
    assert_eq!(node.state("VI_1"), State::Backup);
    node.pass(MASTER_DOWN);
    assert_eq!(node.state("VI_1"), State::Master);
    assert!(node.kernel.contains_key(&(IfIndex(9), ip("10.0.0.100"), 24)));
    assert_eq!(node.sent.last().map(|(_, t)| t.socket.index), Some(IfIndex(9)));
}

#[test]
fn without_an_address_to_send_from_it_waits_and_says_so() {
    let mut node = Node::bare();
    node.kernel.clear();
    node.snapshot();
    node.configure(config([instance("VI_1")]));
    assert_eq!(node.engine.status()[0].faults, [FaultReason::NoAddress("eth0".into(), Family::V4)]);
    node.input(Input::Kernel(KernelEvent::Address(address(2, OURS, 24))));
    assert_eq!(node.state("VI_1"), State::Backup);
}

#[test]
fn a_virtual_address_is_never_a_source() {
    let mut node = Node::bare();
    node.kernel.clear();
    node.kernel.insert((ETH0, ip("10.0.0.100"), 24), address(2, "10.0.0.100", 24));
    node.snapshot();
    node.configure(config([instance("VI_1")]));
    assert_eq!(node.state("VI_1"), State::Fault);
    assert!(!node.holds("10.0.0.100"), "what a predecessor left is removed");
}

#[test]
fn a_socket_that_fails_is_a_fault_and_is_tried_again() {
    let mut node = Node::new(config([instance("VI_1")]));
    let key = SocketKey { index: ETH0, family: Family::V4 };
    node.input(Input::Socket { key, result: Err(Errno::ENODEV) });
    assert_eq!(node.state("VI_1"), State::Fault);
    node.pass(Duration::from_secs(1));
    assert_eq!(node.state("VI_1"), State::Backup);
}

#[test]
fn weights_move_the_priority_and_never_fault() {
    let track = |weight, reverse| TrackInterface { name: "eth1".into(), weight, reverse };
    for (weight, reverse, up, down) in
        [(20, false, 120, 100), (-20, false, 100, 80), (20, true, 100, 120), (-20, true, 80, 100)]
    {
        let vi = instance("VI_1").with(|vi| vi.track_interfaces = vec![track(weight, reverse)]);
        let mut node = Node::new(config([vi]));
        assert_eq!(node.engine.status()[0].priority, Priority(up), "{weight} {reverse} up");
        change(&mut node, 3, "eth1", |l| l.up = false);
        assert_eq!((node.state("VI_1"), node.engine.status()[0].priority), (State::Backup, Priority(down)));
    }
}

fn group() -> keepalived_core::config::model::Config {
    let other = instance("VI_2").with(|vi| {
        vi.interface = "eth1".into();
        vi.vrid = Vrid::new(52).expect("not zero");
        vi.addresses = vec![vip("10.1.0.100")];
    });
    grouped([instance("VI_1"), other])
}

#[test]
fn weights_of_a_group_move_the_priorities_of_all_members() {
    let mut config = group();
    config.sync_groups[0].track_interfaces = vec![TrackInterface { name: "eth2".into(), weight: 20, reverse: false }];
    let mut node = Node::new(config);
    let priorities = |node: &Node| node.engine.status().iter().map(|i| i.priority.0).collect::<Vec<_>>();
    change(&mut node, 4, "eth2", |_| {});
    assert_eq!(priorities(&node), [120, 120]);
    change(&mut node, 4, "eth2", |l| l.up = false);
    assert_eq!(priorities(&node), [100, 100]);
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Backup, State::Backup));
}

#[test]
fn a_group_faults_and_recovers_together() {
    let mut node = Node::new(group());
    node.pass(MASTER_DOWN);
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Master, State::Master));
    change(&mut node, 3, "eth1", |l| l.running = false);
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Fault, State::Fault));
    let group: Name = "G".into();
    assert_eq!(node.engine.status()[0].faults, [FaultReason::Group(group)]);
    change(&mut node, 3, "eth1", |_| {});
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Backup, State::Backup));
    node.pass(MASTER_DOWN);
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Master, State::Master));
}

#[test]
fn a_group_waits_until_every_member_may_be_master() {
    let config = group();
    let mut node = Node::new(config.clone());
    // A master is heard on the first segment only.
    for _ in 0..10 {
        node.pass(Duration::from_secs(1));
        node.advert(&config.instances[0], "10.0.0.2", 150);
        assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Backup, State::Backup));
    }
    node.pass(MASTER_DOWN + MASTER_DOWN);
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Master, State::Master));
    // And when one has to give way, both do.
    node.advert(&config.instances[0], "10.0.0.2", 150);
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Backup, State::Backup));
}

#[derive(Clone, Debug)]
enum Op {
    Link { eth1: bool, up: bool, running: bool },
    Gone { eth1: bool },
    Address { there: bool },
    Socket { ok: bool },
    Pass(u16),
    Advert(u8),
}

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Op {
        let (a, b, c) = (bool::arbitrary(g), bool::arbitrary(g), bool::arbitrary(g));
        match u8::arbitrary(g) % 6 {
            0 => Op::Link { eth1: a, up: b, running: c },
            1 => Op::Gone { eth1: a },
            2 => Op::Address { there: a },
            3 => Op::Socket { ok: a },
            4 => Op::Pass(u16::arbitrary(g) % 5000),
            _ => Op::Advert(u8::arbitrary(g)),
        }
    }
}

quickcheck! {
    /// Law 8, and law 5's first half: only a MASTER holds the addresses.
    fn fault_is_exactly_a_set_that_is_not_empty(ops: Vec<Op>) -> bool {
        let config = group();
        let mut node = Node::new(config.clone());
        for op in ops {
            match op {
                Op::Link { eth1, up, running } => {
                    let (index, name) = if eth1 { (3, "eth1") } else { (2, "eth0") };
                    change(&mut node, index, name, |l| (l.up, l.running) = (up, running));
                }
                Op::Gone { eth1 } => {
                    let index = IfIndex(if eth1 { 3 } else { 2 });
                    node.kernel.retain(|(i, _, _), _| *i != index);
                    node.input(Input::Kernel(KernelEvent::LinkGone(index)));
                }
                Op::Address { there: true } => {
                    node.kernel.insert((ETH0, ip(OURS), 24), address(2, OURS, 24));
                    node.input(Input::Kernel(KernelEvent::Address(address(2, OURS, 24))));
                }
                Op::Address { there: false } => {
                    node.kernel.remove(&(ETH0, ip(OURS), 24));
                    node.input(Input::Kernel(KernelEvent::AddressGone { index: ETH0, ip: ip(OURS), prefix: 24 }));
                }
                Op::Socket { ok } => {
                    let result = if ok { Ok(()) } else { Err(Errno(1)) };
                    node.input(Input::Socket { key: SocketKey { index: ETH0, family: Family::V4 }, result });
                }
                Op::Pass(millis) => node.pass(ms(u64::from(millis))),
                Op::Advert(priority) => node.advert(&config.instances[0], "10.0.0.2", priority),
            }
            for (instance, vip) in node.engine.status().iter().zip(["10.0.0.100", "10.1.0.100"]) {
                if (instance.state == State::Fault) == instance.faults.is_empty() { return false; }
                if (instance.state == State::Master) != node.holds(vip) { return false; }
            }
        }
        // All is well again: the faults are gone, and there is a master in the end.
        for index in [2u32, 3] {
            let name = if index == 2 { "eth0" } else { "eth1" };
            change(&mut node, index, name, |_| {});
        }
        for (index, text) in [(2, OURS), (3, "10.1.0.1")] {
            node.input(Input::Kernel(KernelEvent::Address(address(index, text, 24))));
        }
        node.input(Input::Socket { key: SocketKey { index: ETH0, family: Family::V4 }, result: Ok(()) });
        node.pass(MASTER_DOWN + MASTER_DOWN);
        node.engine.status().iter().all(|i| i.state == State::Master && i.faults.is_empty())
    }
}

#[test]
fn an_address_that_somebody_removes_comes_back_and_is_announced() {
    let mut node = Node::new(config([instance("VI_1")]));
    node.pass(MASTER_DOWN + Duration::from_secs(10));
    node.frames.clear();
    node.kernel.remove(&(ETH0, ip("10.0.0.100"), 24));
    node.input(Input::Kernel(KernelEvent::AddressGone { index: ETH0, ip: ip("10.0.0.100"), prefix: 24 }));
    assert!(node.holds("10.0.0.100"));
    assert_eq!((node.state("VI_1"), node.frames.len()), (State::Master, 5));
    use keepalived_core::event::AddressNews;
    assert!(node.events.iter().any(|e| matches!(e, Event::Address { news: AddressNews::PutBack, .. })));
}

#[test]
fn a_refused_address_is_tried_again_and_the_scripts_do_not_wait_for_it() {
    let mut vi = instance("VI_1");
    vi.notify.master = Some(Box::new(keepalived_core::config::model::Script::new(["/m"])));
    let mut node = Node::new(config([vi]));
    node.refusals.push_back(Errno(12));
    node.pass(MASTER_DOWN);
    assert_eq!((node.holds("10.0.0.100"), node.scripts.len()), (false, 1));
    node.pass(Duration::from_secs(1));
    assert!(node.holds("10.0.0.100"));
    assert_eq!(node.frames.len(), 5);
}
