//! A reload changes what it says and nothing else.
#![allow(clippy::expect_used)] // A test says what it expects.

mod common;
use common::*;
use keepalived_core::config::model::{Config, InitialState, Script};
use keepalived_core::event::Event;
use keepalived_core::net::{AdvertInterval, Priority, Vrid};
use keepalived_core::vrrp::State;
use quickcheck::{Arbitrary, Gen, quickcheck};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

const MASTER_DOWN: Duration = Duration::from_nanos(3_609_375_000);

#[test]
fn the_same_configuration_changes_nothing_at_all() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.pass(MASTER_DOWN + ms(300));
    let (sent, frames, events, commands) = (node.sent.len(), node.frames.len(), node.events.len(), node.commands.len());
    let deadline = keepalived_core::Engine::deadline(&node.engine);
    node.configure(config([vi]));
    assert_eq!((node.sent.len(), node.frames.len(), node.commands.len()), (sent, frames, commands));
    assert_eq!(keepalived_core::Engine::deadline(&node.engine), deadline, "no advert is late or early");
    assert_eq!(node.events.len(), events + 1);
    assert!(matches!(&node.events[events], Event::Configured { added, kept: 1, .. } if added.is_empty()));
}

#[test]
fn a_master_absorbs_addresses_priority_and_interval() {
    let mut vi = instance("VI_1");
    vi.addresses.push(vip("10.0.0.101"));
    let mut node = Node::new(config([vi.clone()]));
    node.pass(MASTER_DOWN);
    node.take_sent();
    let kept = node.commands.len();
    vi.addresses = vec![vip("10.0.0.100"), vip("10.0.0.102")];
    vi.priority = Priority(90);
    vi.advert_interval = AdvertInterval::from_secs(2).expect("not zero");
    node.configure(config([vi]));
    assert_eq!(node.state("VI_1"), State::Master);
    assert_eq!(node.commands.len() - kept, 2, "one added, one removed");
    assert!(node.holds("10.0.0.100") && node.holds("10.0.0.102") && !node.holds("10.0.0.101"));
    node.pass(Duration::from_secs(3));
    assert_eq!(node.take_sent(), [90, 90], "the next one on time, then in the new interval");
}

#[test]
fn an_address_that_moves_between_instances_never_leaves() {
    let second = |addresses| {
        instance("VI_2").with(|vi| {
            vi.vrid = Vrid::new(52).expect("not zero");
            vi.addresses = addresses;
        })
    };
    let first = |addresses| instance("VI_1").with(|vi| vi.addresses = addresses);
    let (a, b, c) = (vip("10.0.0.100"), vip("10.0.0.101"), vip("10.0.0.102"));
    let mut node = Node::new(config([first(vec![a.clone(), c.clone()]), second(vec![b.clone()])]));
    node.pass(MASTER_DOWN);
    let before = node.commands.len();
    node.configure(config([first(vec![a]), second(vec![b, c])]));
    assert_eq!(node.commands.len(), before);
    assert!(node.holds("10.0.0.102"));
}

#[test]
fn a_new_member_of_a_group_of_masters_does_not_pull_it_down() {
    let second = instance("VI_2").with(|vi| {
        vi.vrid = Vrid::new(52).expect("not zero");
        vi.addresses = vec![vip("10.0.0.101")];
    });
    let mut node = Node::new(grouped([instance("VI_1")]));
    node.pass(MASTER_DOWN);
    node.configure(grouped([instance("VI_1"), second]));
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Master, State::Master));
    assert!(!node.events.iter().any(|e| matches!(e, Event::State { from: State::Master, .. })));
}

#[test]
fn another_vrid_begins_anew_and_a_removed_instance_leaves_nothing() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.pass(MASTER_DOWN);
    node.take_sent();
    node.configure(config([vi.with(|vi| vi.vrid = Vrid::new(60).expect("not zero"))]));
    assert_eq!((node.state("VI_1"), node.take_sent()), (State::Backup, vec![0]));
    node.configure(config([]));
    assert!(!node.holds("10.0.0.100"));
    assert_eq!(node.engine.status(), []);
}

#[test]
fn a_renamed_instance_is_the_same_router() {
    let mut node = Node::new(config([instance("VI_1")]));
    node.pass(MASTER_DOWN);
    node.configure(config([instance("web")]));
    assert_eq!(node.state("web"), State::Master);
}

#[test]
fn the_instances_scripts_run_in_order_one_at_a_time() {
    let mut vi = instance("VI_1");
    vi.notify.master = Some(Box::new(Script::new(["/m"])));
    vi.notify.backup = Some(Box::new(Script::new(["/b"])));
    vi.notify.any = Some(Box::new(Script::new(["/n", "x"])));
    let mut node = Node::bare();
    node.slow_scripts = true;
    node.snapshot();
    node.configure(config([vi]));
    node.pass(MASTER_DOWN);
    let mut seen = Vec::new();
    while let Some(run) = node.scripts.pop() {
        assert!(node.scripts.is_empty(), "one at a time");
        seen.push(run.argv.join(" "));
        node.input(keepalived_core::vrrp::Input::ScriptEnded {
            id: run.id,
            status: keepalived_core::vrrp::ScriptStatus::Exited(0),
        });
    }
    assert_eq!(seen, ["/b", "/n x INSTANCE VI_1 BACKUP 100", "/m", "/n x INSTANCE VI_1 MASTER 100"]);
}

/// A configuration of up to four instances, some of them alike.
#[derive(Clone, Debug)]
struct Any(Config);

impl Arbitrary for Any {
    fn arbitrary(g: &mut Gen) -> Any {
        let count = u8::arbitrary(g) % 5;
        let mut names: BTreeSet<u8> = BTreeSet::new();
        let mut instances = Vec::new();
        for _ in 0..count {
            let n = u8::arbitrary(g) % 4;
            if !names.insert(n) {
                continue;
            }
            let addresses = (0..u8::arbitrary(g) % 3)
                .map(|_| vip(&format!("10.0.0.{}", 100 + u8::arbitrary(g) % 6)))
                .collect::<Vec<_>>();
            let mut distinct = addresses;
            distinct.sort_by_key(|a| a.ip);
            distinct.dedup();
            instances.push(instance(&format!("VI_{n}")).with(|vi| {
                vi.vrid = Vrid::new(50 + n * 2 + u8::arbitrary(g) % 2).expect("not zero");
                vi.priority = Priority(*g.choose(&[100, 150, 255]).expect("some"));
                vi.state = *g.choose(&[InitialState::Master, InitialState::Backup]).expect("some");
                vi.addresses = distinct;
                vi.preempt = bool::arbitrary(g);
                vi.interface = (*g.choose(&["eth0", "eth1"]).expect("some")).to_owned();
            }));
        }
        let mut config = config(instances);
        if bool::arbitrary(g) && config.instances.len() > 1 {
            config.sync_groups.push(sync_group(config.instances.iter().take(2).map(|i| i.name.clone())));
        }
        Any(config)
    }
}

fn kernel(node: &Node) -> BTreeSet<(u32, IpAddr)> {
    node.kernel.keys().map(|(index, ip, _)| (index.0, *ip)).collect()
}

quickcheck! {
    /// Law 2: start(a); reload(b) ends in the same kernel state and the same states as start(b).
    fn a_reload_ends_where_a_start_would(a: Any, b: Any, between: u16) -> bool {
        let mut reloaded = Node::new(a.0);
        reloaded.pass(ms(u64::from(between) % 8000));
        reloaded.configure(b.0.clone());
        reloaded.pass(Duration::from_secs(20));
        let mut started = Node::new(b.0);
        started.pass(Duration::from_secs(20));
        let states = |n: &Node| n.engine.status().iter().map(|i| (i.name.clone(), i.state)).collect::<BTreeSet<_>>();
        kernel(&reloaded) == kernel(&started) && states(&reloaded) == states(&started)
    }

    /// Law 10: after a stop nothing of ours is left, whatever was configured before.
    fn nothing_is_left_after_a_stop(a: Any, b: Any, between: u16) -> bool {
        let mut node = Node::new(a.0);
        let before = [(2, ip(OURS)), (3, ip("10.1.0.1"))].into();
        node.pass(ms(u64::from(between) % 8000));
        node.configure(b.0);
        node.pass(ms(u64::from(between) % 5000));
        node.input(keepalived_core::vrrp::Input::Stop { keep_addresses: false });
        node.stopped && kernel(&node) == before
    }

    /// Law 9: a snapshot of the engine goes on exactly as the engine itself.
    fn a_snapshot_goes_on_alike(a: Any, first: u16, second: u16) -> bool {
        let mut node = Node::new(a.0);
        node.pass(ms(u64::from(first) % 8000));
        let bytes = postcard::to_stdvec(&node.engine).expect("serialisable");
        let copy: keepalived_core::vrrp::Vrrp = postcard::from_bytes(&bytes).expect("its own bytes");
        let mut other = Node { engine: copy, kernel: node.kernel.clone(), now: node.now, ..Node::bare() };
        node.sent.clear();
        node.pass(ms(u64::from(second) % 8000));
        other.pass(ms(u64::from(second) % 8000));
        node.sent == other.sent && kernel(&node) == kernel(&other)
    }
}
