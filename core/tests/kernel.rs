//! The engine beside a kernel that is slow, meddled with, or changes while the engine stops.

#![allow(clippy::expect_used)] // A test says what it expects.

mod common;
use common::*;
use keepalived_core::config::model::{InitialState, InstanceConfig, NotifyScripts, Script, SyncGroupConfig};
use keepalived_core::event::{AddressNews, Event};
use keepalived_core::kernel::{Errno, KernelEvent, KernelOp, Link, PROTO_KEEPALIVED};
use keepalived_core::net::{Family, Priority, Version, Vrid};
use keepalived_core::vrrp::{Input, SocketKey, State};
use std::time::Duration;

const MASTER_DOWN: Duration = Duration::from_nanos(3_609_375_000);

fn script(name: &str) -> Option<Box<Script>> {
    Some(Box::new(Script::new([name])))
}

fn owner() -> InstanceConfig {
    instance("VI_1").with(|vi| {
        vi.state = InitialState::Master;
        vi.priority = Priority::OWNER;
    })
}

fn relink(node: &mut Node, index: u32, name: &str, change: impl Fn(&mut Link)) {
    let mut link = link(index, name);
    change(&mut link);
    node.input(Input::Kernel(KernelEvent::Link(link)));
}

/// Was: `move_by_faults` starts an instance again that a stop has put into INIT. While notify_stop still runs, any change of the
/// interface or of an unrelated address makes an owner MASTER again: adverts after the resignation, address left behind.
#[test]
fn a_kernel_event_during_the_stop_does_not_start_anything_again() {
    let mut vi = owner();
    vi.notify.stop = script("/stop");
    let mut node = Node::new(config([vi]));
    assert_eq!(node.state("VI_1"), State::Master);
    node.slow_scripts = true;
    node.take_sent();
    node.input(Input::Stop { keep_addresses: false });
    assert_eq!((node.take_sent(), node.holds("10.0.0.100")), (vec![0], false));
    node.input(Input::Kernel(KernelEvent::Address(address(2, "192.0.2.7", 24))));
    assert_eq!(node.take_sent(), [] as [u8; 0], "adverts after the resignation");
    node.pass(Duration::from_secs(6));
    assert!(node.stopped);
    assert!(!node.holds("10.0.0.100"), "left behind");
}

/// Was: the same through the end of `vrrp_startup_delay` while stopping (owner: MASTER, address left behind).
#[test]
fn the_startup_delay_does_not_end_in_a_stop() {
    let mut c = config([owner()]);
    let notify = NotifyScripts { stop: script("/stop"), ..NotifyScripts::default() };
    c.sync_groups.push(SyncGroupConfig { notify, ..sync_group(["VI_1"]) });
    c.global.startup_delay = Duration::from_secs(10);
    let mut node = Node::new(c);
    node.slow_scripts = true;
    node.pass(Duration::from_secs(8));
    node.input(Input::Stop { keep_addresses: false });
    node.pass(Duration::from_secs(6));
    assert!(node.stopped);
    assert!(node.take_sent().iter().all(|p| *p == 0) && !node.holds("10.0.0.100"));
}

/// Was: notify_stop waits behind a notify_master that still runs; after STOP_LIMIT it is forgotten without a word.
#[test]
fn notify_stop_runs_though_notify_master_still_does() {
    let notify = NotifyScripts { master: script("/master"), stop: script("/stop"), ..NotifyScripts::default() };
    let mut node = Node::new(config([instance("VI_1").with(|vi| vi.notify = notify.into())]));
    node.slow_scripts = true;
    node.pass(MASTER_DOWN);
    node.input(Input::Stop { keep_addresses: false });
    node.pass(Duration::from_secs(6));
    assert!(node.stopped);
    assert!(node.scripts.iter().any(|s| s.argv == ["/stop"]), "{:?}", node.scripts);
}

/// Was: `vrrp_startup_delay` is void for an instance that begins in FAULT (no carrier yet at boot): `(Fault, None)` does not ask
/// `may_start`.
#[test]
fn the_startup_delay_holds_for_an_instance_that_began_in_fault() {
    let mut c = config([instance("VI_1")]);
    c.global.startup_delay = Duration::from_secs(60);
    let mut node = Node::bare();
    node.snapshot();
    relink(&mut node, 2, "eth0", |l| l.running = false);
    node.configure(c);
    node.pass(Duration::from_secs(1));
    relink(&mut node, 2, "eth0", |_| {});
    node.pass(Duration::from_secs(20));
    assert_ne!(node.state("VI_1"), State::Master, "39 s too early");
}

fn v6(prefix: u8) -> InstanceConfig {
    let mut address = vip("2001:db8::100");
    address.prefix = prefix;
    instance("VI_1").with(|vi| {
        vi.version = Version::V3;
        vi.family = Family::V6;
        vi.addresses = vec![address];
        vi.source = Some(ip("fe80::1"));
        vi.transport = keepalived_core::config::model::Transport::Multicast { group: ip("ff02::12") };
    })
}

/// Answers like Linux: an IPv6 address exists once on an interface, whatever its prefix length (`ipv6_add_addr`: EEXIST).
fn answer_like_linux(node: &mut Node) {
    while let Some((id, op)) = node.unanswered.pop_front() {
        let result = match op {
            KernelOp::AddAddress(spec) => {
                let there = node.kernel.keys().any(|(i, a, _)| *i == spec.index && *a == spec.ip && a.is_ipv6());
                if there {
                    Err(Errno::EEXIST)
                } else {
                    let mut a = address(spec.index.0, &spec.ip.to_string(), spec.prefix);
                    a.proto = Some(PROTO_KEEPALIVED);
                    node.kernel.insert((spec.index, spec.ip, spec.prefix), a);
                    Ok(())
                }
            }
            KernelOp::DeleteAddress { index, ip, prefix } => {
                let was = node.kernel.remove(&(index, ip, prefix)).map(|_| ()).ok_or(Errno::EADDRNOTAVAIL);
                if was.is_ok() {
                    node.input(Input::Kernel(KernelEvent::AddressGone { index, ip, prefix }));
                }
                was
            }
        };
        node.input(Input::KernelDone { id, result });
    }
}

/// Was: another prefix length of an IPv6 address: the add is answered EEXIST, which counts as success, then the old one is removed:
/// a MASTER without its address, for ever.
#[test]
fn another_prefix_length_of_an_ipv6_address_does_not_lose_it() {
    let mut node = Node::bare();
    node.slow = true;
    node.snapshot();
    node.configure(config([v6(64)]));
    node.pass(MASTER_DOWN);
    answer_like_linux(&mut node);
    assert!(node.state("VI_1") == State::Master && node.holds("2001:db8::100"));
    node.configure(config([v6(128)]));
    for _ in 0..60 {
        answer_like_linux(&mut node);
        node.pass(Duration::from_secs(1));
    }
    assert_eq!(node.state("VI_1"), State::Master);
    assert!(node.holds("2001:db8::100"), "status says {:?}", node.engine.status()[0].addresses);
}

/// Was: a changed label (or brd, scope, peer, flags) of an address is told as absorbed, and never reaches the kernel.
#[test]
fn a_changed_label_reaches_the_kernel() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.pass(MASTER_DOWN);
    let before = node.commands.len();
    let mut labelled = vip("10.0.0.100");
    labelled.label = Some("eth0:1".into());
    node.configure(config([vi.with(|vi| vi.addresses = vec![labelled])]));
    let added = node.commands[before..].iter().any(|op| matches!(op, KernelOp::AddAddress(s) if s.label.is_some()));
    assert!(added && node.holds("10.0.0.100"), "{:?}", &node.commands[before..]);
}

/// Was: the monitor is a connection of its own, so its news may come before the acknowledgement. Added, deleted by somebody, and
/// only then acknowledged: `done` invents the address again, and it never comes back.
#[test]
fn an_address_deleted_before_its_acknowledgement_comes_back() {
    let mut node = Node::new(config([instance("VI_1")]));
    node.slow = true;
    node.pass(MASTER_DOWN);
    let (id, op) = node.unanswered.pop_front().expect("an add");
    assert!(matches!(op, KernelOp::AddAddress(_)));
    let mut ours = address(2, "10.0.0.100", 24);
    ours.proto = Some(PROTO_KEEPALIVED);
    node.input(Input::Kernel(KernelEvent::Address(ours)));
    node.input(Input::Kernel(KernelEvent::AddressGone { index: ETH0, ip: ip("10.0.0.100"), prefix: 24 }));
    node.input(Input::KernelDone { id, result: Ok(()) });
    node.slow = false;
    node.pass(Duration::from_secs(60));
    assert!(node.holds("10.0.0.100"), "MASTER without its address");
}

/// Was: the same the other way round: removed, added again by somebody, then acknowledged: a BACKUP keeps it.
#[test]
fn an_address_added_before_the_acknowledgement_of_its_removal_goes() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.pass(MASTER_DOWN);
    node.slow = true;
    node.advert(&vi, "10.0.0.2", 200);
    let (id, op) = node.unanswered.pop_front().expect("a removal");
    assert!(matches!(op, KernelOp::DeleteAddress { .. }));
    node.input(Input::Kernel(KernelEvent::AddressGone { index: ETH0, ip: ip("10.0.0.100"), prefix: 24 }));
    node.input(Input::Kernel(KernelEvent::Address(address(2, "10.0.0.100", 24))));
    node.input(Input::KernelDone { id, result: Ok(()) });
    node.slow = false;
    for _ in 0..30 {
        node.pass(Duration::from_secs(1));
        node.advert(&vi, "10.0.0.2", 200);
    }
    assert!(!node.holds("10.0.0.100"), "BACKUP with an address");
}

/// Was: `cleaned_at` (not to fight a stranger) also delays the removal of what is ours: an owner that found a leftover, became
/// MASTER and yields within a second keeps the address for up to a second beside the new master.
#[test]
fn what_is_ours_is_removed_at_once() {
    let mut node = Node::bare();
    node.kernel.insert((ETH0, ip("10.0.0.100"), 24), address(2, "10.0.0.100", 24));
    node.snapshot();
    node.configure(config([owner()]));
    assert!(node.state("VI_1") == State::Master && node.holds("10.0.0.100"));
    node.pass(ms(300));
    node.advert(&owner(), "10.0.0.2", 255);
    assert_eq!(node.state("VI_1"), State::Backup);
    assert!(!node.holds("10.0.0.100"), "BACKUP with an address");
}

/// Was: after a reload that changes a failed socket's groups, `failed` is forgotten before the answer, so the answer is no news
/// and nobody looks again: FAULT for ever with a working socket.
#[test]
fn a_socket_fault_clears_when_the_socket_is_opened_with_other_groups() {
    let other = instance("VI_2").with(|vi| {
        vi.vrid = Vrid::new(52).expect("not zero");
        vi.addresses = vec![vip("10.0.0.101")];
        vi.transport = keepalived_core::config::model::Transport::Multicast { group: ip("224.0.0.99") };
    });
    let mut node = Node::new(config([instance("VI_1"), other]));
    let key = SocketKey { index: ETH0, family: Family::V4 };
    node.input(Input::Socket { key, result: Err(Errno::ENOBUFS) });
    assert_eq!(node.state("VI_1"), State::Fault);
    node.configure(config([instance("VI_1")]));
    node.pass(Duration::from_secs(30));
    assert_ne!(node.state("VI_1"), State::Fault, "{:?}", node.engine.status()[0].faults);
}

/// Was: when a MASTER's interface is deleted, the table first asks the kernel to put the addresses back on it (`link_gone` drains
/// before the instances are evaluated): one doomed command and one error in the log for each address.
#[test]
fn nothing_is_added_to_an_interface_that_is_gone() {
    let mut node = Node::new(config([instance("VI_1")]));
    node.pass(MASTER_DOWN);
    node.kernel.retain(|(index, _, _), _| *index != ETH0);
    node.refusals.push_back(Errno::ENODEV);
    let before = node.commands.len();
    node.input(Input::Kernel(KernelEvent::LinkGone(ETH0)));
    let told = node.events.iter().any(|e| matches!(e, Event::Address { news: AddressNews::AddFailed { .. }, .. }));
    assert!(!told, "{:?}", &node.commands[before..]);
}
