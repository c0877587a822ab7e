//! Reloads in the middle of things: groups made anew, addresses handed over, timers that run.

#![allow(clippy::expect_used)] // A test says what it expects.

mod common;
use common::*;
use keepalived_core::config::model::{Config, InstanceConfig, Script};
use keepalived_core::event::Event;
use keepalived_core::kernel::KernelOp;
use keepalived_core::net::{AdvertInterval, Version, Vrid};
use keepalived_core::vrrp::{Input, State};
use std::time::Duration;

const MASTER_DOWN: Duration = Duration::from_nanos(3_609_375_000);

fn second() -> InstanceConfig {
    instance("VI_2").with(|vi| {
        vi.vrid = Vrid::new(52).expect("not zero");
        vi.addresses = vec![vip("10.0.0.101")];
    })
}

fn grouped(instances: impl IntoIterator<Item = InstanceConfig>) -> Config {
    let mut config = common::grouped(instances);
    config.sync_groups[0].notify.master = Some(Box::new(Script::new(["/group-master"])));
    config
}

/// Was: a reload that puts a MASTER and a BACKUP (of a live higher master) into one sync group leaves them apart for ever (law 7;
/// law 2: a start with the same file ends with both BACKUP).
#[test]
fn members_of_a_new_group_do_not_stay_apart() {
    let (a, b) = (instance("VI_1"), second());
    let mut node = Node::new(config([a.clone(), b.clone()]));
    for second in 0..60 {
        if second == 20 {
            assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Master, State::Backup));
            node.configure(grouped([a.clone(), b.clone()]));
        }
        node.advert(&b, "10.0.0.2", 200);
        node.pass(Duration::from_secs(1));
    }
    assert_eq!(node.state("VI_1"), node.state("VI_2"));
}

/// Was: a group made by a reload out of two MASTERs is never told nor its notify_master run (`regroup` does not settle).
#[test]
fn a_new_group_of_masters_is_told() {
    let mut node = Node::new(config([instance("VI_1"), second()]));
    node.pass(MASTER_DOWN);
    node.configure(grouped([instance("VI_1"), second()]));
    node.pass(Duration::from_secs(20));
    assert!(node.events.iter().any(|e| matches!(e, Event::GroupState { to: State::Master, .. })));
    assert!(node.scripts.iter().any(|s| s.argv == ["/group-master"]));
}

/// Was: a reload between a group's takeover and its addresses loses the group's notify_master (`regroup` clears notify_pending).
#[test]
fn a_reload_does_not_lose_a_groups_script() {
    let mut node = Node::new(grouped([instance("VI_1"), second()]));
    node.slow = true;
    node.pass(MASTER_DOWN);
    assert_eq!(node.state("VI_2"), State::Master);
    node.configure(grouped([instance("VI_1").with(|vi| vi.skip_check_adv_addr = true), second()]));
    node.slow = false;
    node.answer();
    node.pass(Duration::from_secs(20));
    assert!(node.scripts.iter().any(|s| s.argv == ["/group-master"]));
}

/// Was: preempt_delay taken out by a reload goes on running with its old length.
#[test]
fn a_removed_preempt_delay_delays_no_more() {
    let vi = instance("VI_1").with(|vi| vi.preempt_delay = Duration::from_secs(900));
    let mut node = Node::new(config([vi.clone()]));
    node.advert(&vi, "10.0.0.2", 50);
    node.configure(config([instance("VI_1")]));
    for _ in 0..30 {
        node.pass(Duration::from_secs(1));
        node.advert(&vi, "10.0.0.2", 50);
    }
    assert_eq!(node.state("VI_1"), State::Master);
}

/// Was: `learnt: None` means "as ours", so a shorter advert_int makes a BACKUP forget the interval of the live master: it takes over at
/// the moment of the reload.
#[test]
fn a_shorter_interval_does_not_depose_a_live_master() {
    let v3 = |centis| {
        instance("VI_1").with(|vi| {
            vi.version = Version::V3;
            vi.advert_interval = AdvertInterval::from_centis(centis).expect("not zero");
        })
    };
    let mut node = Node::new(config([v3(500)]));
    node.advert(&v3(500), "10.0.0.2", 200);
    node.pass(ms(2000));
    node.configure(config([v3(10)]));
    node.pass(ms(2900));
    assert_eq!(node.state("VI_1"), State::Backup, "the master's next advert is 100 ms away");
}

/// Was: after a priority 0 the timer is the skew time; any absorbed change puts it back to the master down interval.
#[test]
fn a_reload_after_a_resignation_does_not_wait_longer() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.advert(&vi, "10.0.0.2", 200);
    node.advert(&vi, "10.0.0.2", 0);
    node.pass(ms(100));
    node.configure(config([vi.with(|vi| vi.skip_check_adv_addr = true)]));
    node.pass(ms(600));
    assert_eq!(node.state("VI_1"), State::Master, "skew is 609 ms");
}

/// Was: a BACKUP that slept is listening once more; a reload in that time makes it MASTER on the spot.
#[test]
fn a_reload_after_a_sleep_does_not_end_the_listening() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.sleep(Duration::from_secs(60));
    node.input(Input::Timeout);
    assert_eq!(node.state("VI_1"), State::Backup);
    node.configure(config([vi.with(|vi| vi.skip_check_adv_addr = true)]));
    node.pass(ms(10));
    assert_eq!(node.state("VI_1"), State::Backup);
}

/// Was: an address that moves from a removed instance to a MASTER that stays is removed from the kernel and added again.
#[test]
fn an_address_that_moves_from_a_removed_instance_never_leaves() {
    let mut node = Node::new(config([instance("VI_1"), second()]));
    node.pass(MASTER_DOWN);
    let before = node.commands.len();
    let heir = second().with(|vi| vi.addresses = vec![vip("10.0.0.101"), vip("10.0.0.100")]);
    node.configure(config([heir]));
    let removed = |op: &KernelOp| matches!(op, KernelOp::DeleteAddress { .. });
    assert!(!node.commands[before..].iter().any(removed), "{:?}", &node.commands[before..]);
}
