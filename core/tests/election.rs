//! RFC 9568 section 6.4 and RFC 3768 section 6.4, with the C version's options: one router's part in an election.
#![allow(clippy::expect_used)] // A test says what it expects.

mod common;
use common::*;
use keepalived_core::Engine;
use keepalived_core::config::model::{InitialState, InstanceConfig, Script};
use keepalived_core::event::{Event, Why};
use keepalived_core::net::{AdvertInterval, Priority, Version};
use keepalived_core::vrrp::State;
use std::time::Duration;

const MASTER_DOWN: Duration = Duration::from_nanos(3_609_375_000);
const NANO: Duration = Duration::from_nanos(1);

fn v3(centis: u16) -> InstanceConfig {
    let advert_interval = AdvertInterval::from_centis(centis).expect("not zero");
    instance("VI_1").with(|vi| {
        vi.version = Version::V3;
        vi.advert_interval = advert_interval;
    })
}

fn master() -> Node {
    let mut node = Node::new(config([instance("VI_1")]));
    node.pass(MASTER_DOWN);
    assert_eq!(node.state("VI_1"), State::Master);
    node.take_sent();
    node.frames.clear();
    node.events.clear();
    node
}

#[test]
fn silence_makes_a_master_exactly_after_the_master_down_interval() {
    let mut node = Node::new(config([instance("VI_1")]));
    assert_eq!(node.state("VI_1"), State::Backup);
    node.pass(MASTER_DOWN - NANO);
    assert_eq!((node.state("VI_1"), node.sent.len()), (State::Backup, 0));
    assert!(!node.holds("10.0.0.100"));
    node.pass(NANO);
    assert_eq!((node.state("VI_1"), node.take_sent()), (State::Master, vec![100]));
    assert!(node.holds("10.0.0.100"));
}

#[test]
fn silence_begins_when_the_last_advert_came_in_not_when_it_was_read() {
    let later = |age: Duration| {
        let mut node = Node::new(config([instance("VI_1")]));
        node.pass(Duration::from_secs(1));
        let payload = advert(&instance("VI_1"), "10.0.0.2", 200);
        node.aged_packet("10.0.0.2", GROUP, Some(255), &payload, age);
        node.engine.deadline().expect("a master down timer") - node.now
    };
    let age = Duration::from_micros(150);
    assert_eq!(later(age), MASTER_DOWN - age);
    // A full socket keeps the oldest adverts: an hour says nothing of when the master spoke last.
    assert_eq!(later(Duration::from_secs(3600)), MASTER_DOWN - Duration::from_millis(1));
}

#[test]
fn state_master_below_255_has_no_head_start() {
    let mut node = Node::new(config([instance("VI_1").with(|vi| vi.state = InitialState::Master)]));
    node.pass(MASTER_DOWN - NANO);
    assert_eq!(node.state("VI_1"), State::Backup);
}

#[test]
fn the_owner_is_master_at_once() {
    let owner = instance("VI_1").with(|vi| {
        vi.state = InitialState::Master;
        vi.priority = Priority::OWNER;
    });
    let mut node = Node::new(config([owner]));
    assert_eq!((node.state("VI_1"), node.take_sent()), (State::Master, vec![255]));
}

#[test]
fn adverts_go_out_every_interval_without_drift() {
    let mut node = master();
    let begin = node.now;
    node.pass(Duration::from_secs(10));
    let at: Vec<_> = node.sent.iter().map(|(at, _)| at.since(begin)).collect();
    assert_eq!(at, (1..=10).map(Duration::from_secs).collect::<Vec<_>>());
}

#[test]
fn a_late_timer_does_not_burst() {
    let mut node = master();
    node.sleep(Duration::from_millis(3500));
    node.pass(Duration::ZERO);
    assert_eq!(node.take_sent(), [100]);
    node.pass(ms(999));
    assert_eq!(node.take_sent(), [] as [u8; 0]);
}

#[test]
fn a_heard_master_keeps_a_backup_waiting() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    for _ in 0..20 {
        node.pass(Duration::from_secs(1));
        node.advert(&vi, "10.0.0.2", 150);
    }
    assert_eq!((node.state("VI_1"), node.sent.len()), (State::Backup, 0));
    node.pass(MASTER_DOWN);
    assert_eq!(node.state("VI_1"), State::Master);
    let last = node.events.iter().rev().find_map(|e| match e {
        Event::State { why, .. } => Some(why.clone()),
        _ => None,
    });
    assert_eq!(last, Some(Why::MasterSilent { last: Some(ip("10.0.0.2")), silence: MASTER_DOWN }));
}

#[test]
fn a_resignation_is_followed_after_the_skew_time() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.advert(&vi, "10.0.0.2", 150);
    node.advert(&vi, "10.0.0.2", 0);
    let skew = Duration::from_nanos(609_375_000);
    node.pass(skew - NANO);
    assert_eq!(node.state("VI_1"), State::Backup);
    node.pass(NANO);
    assert_eq!(node.state("VI_1"), State::Master);
}

#[test]
fn a_lower_master_is_preempted_unless_nopreempt() {
    let preempting = instance("VI_1");
    let patient = instance("VI_1").with(|vi| vi.preempt = false);
    for (vi, want) in [(preempting, State::Master), (patient, State::Backup)] {
        let mut node = Node::new(config([vi.clone()]));
        for _ in 0..8 {
            node.pass(ms(500));
            node.advert(&vi, "10.0.0.2", 50);
        }
        assert_eq!(node.state("VI_1"), want, "preempt {}", vi.preempt);
    }
}

#[test]
fn preempt_delay_tolerates_a_lower_master_for_so_long_and_no_longer() {
    let vi = instance("VI_1").with(|vi| vi.preempt_delay = Duration::from_secs(30));
    let mut node = Node::new(config([vi.clone()]));
    for second in 1..=40 {
        node.pass(Duration::from_secs(1));
        node.advert(&vi, "10.0.0.2", 50);
        if second <= 31 {
            assert_eq!(node.state("VI_1"), State::Backup, "second {second}");
        }
    }
    assert_eq!(node.state("VI_1"), State::Master);
}

#[test]
fn preempt_delay_does_not_hold_when_the_master_is_silent() {
    let vi = instance("VI_1").with(|vi| vi.preempt_delay = Duration::from_secs(300));
    let mut node = Node::new(config([vi.clone()]));
    node.advert(&vi, "10.0.0.2", 50);
    node.pass(MASTER_DOWN);
    assert_eq!(node.state("VI_1"), State::Master);
}

#[test]
fn of_two_masters_priority_and_then_address_decide() {
    for (source, priority, want) in [
        ("10.0.0.2", 101, State::Backup),
        ("10.0.0.2", 100, State::Backup),
        ("9.255.255.255", 100, State::Master),
        ("10.0.0.2", 99, State::Master),
    ] {
        let mut node = master();
        node.pass(ms(100));
        node.advert(&instance("VI_1"), source, priority);
        assert_eq!(node.state("VI_1"), want, "{source} {priority}");
        assert_eq!(node.holds("10.0.0.100"), want == State::Master);
        // Whoever stays answers at once; whoever yields says a last word, so that the other knows and announces again.
        assert_eq!(node.take_sent(), [100]);
    }
}

#[test]
fn the_survivor_of_a_duel_announces_again() {
    let mut node = master();
    node.pass(Duration::from_secs(20));
    node.frames.clear();
    node.advert(&instance("VI_1"), "10.0.0.2", 50);
    assert_eq!(node.frames.len(), 5, "at once");
    node.frames.clear();
    node.pass(Duration::from_secs(2));
    assert_eq!(node.frames.len(), 5, "when the rival is silent");
    assert!(node.events.iter().any(|e| matches!(e, Event::DuelWon { .. })));
}

#[test]
fn announcements_wait_for_the_kernel() {
    let mut node = Node::new(config([instance("VI_1")]));
    node.slow = true;
    node.pass(MASTER_DOWN);
    assert_eq!((node.state("VI_1"), node.frames.len()), (State::Master, 0));
    node.answer();
    assert_eq!(node.frames.len(), 5);
    node.pass(Duration::from_secs(5));
    assert_eq!(node.frames.len(), 10, "garp_master_delay");
}

#[test]
fn the_interval_of_a_version_3_master_is_learnt() {
    let vi = v3(100);
    let mut node = Node::new(config([vi.clone()]));
    node.advert(&v3(500), "10.0.0.2", 150);
    node.pass(Duration::from_secs(15));
    assert_eq!(node.state("VI_1"), State::Backup);
    node.pass(Duration::from_secs(4));
    assert_eq!(node.state("VI_1"), State::Master);
    assert!(node.events.contains(&Event::IntervalLearned { instance: "VI_1".into(), centis: 500 }));
}

#[test]
fn both_kinds_of_version_3_checksum_are_accepted_and_answered_in_kind() {
    use keepalived_core::wire::vrrp::{Advert, AdvertOut, ChecksumStyle};
    let vi = v3(100);
    for style in [ChecksumStyle::PseudoHeader, ChecksumStyle::Message] {
        let mut node = Node::new(config([vi.clone()]));
        node.pass(MASTER_DOWN + ms(100));
        node.take_sent();
        let out = AdvertOut {
            version: Version::V3,
            vrid: vi.vrid,
            priority: Priority(50),
            interval: vi.advert_interval,
            auth: None,
            source: ip("10.0.0.2"),
            destination: ip(GROUP),
            style,
        };
        node.packet("10.0.0.2", GROUP, Some(255), &out.emit([ip("10.0.0.100")].into_iter()));
        let (_, answer) = node.sent.last().expect("a lower master is answered");
        let parsed = Advert::parse(&answer.payload, keepalived_core::net::Family::V4).expect("an advert");
        assert_eq!(parsed.checksum_style(ip(OURS), ip(GROUP)), Some(style));
    }
}

#[test]
fn after_a_long_sleep_nopreempt_yields_to_a_live_master_and_preempt_does_not() {
    for (preempt, want) in [(false, State::Backup), (true, State::Master)] {
        let vi = instance("VI_1").with(|vi| vi.preempt = preempt);
        let mut node = Node::new(config([vi.clone()]));
        node.pass(MASTER_DOWN);
        node.sleep(Duration::from_secs(60));
        node.input(keepalived_core::vrrp::Input::Timeout);
        assert!(node.events.iter().any(|e| matches!(e, Event::Stalled { .. })));
        node.pass(ms(500));
        node.advert(&vi, "10.0.0.2", 50);
        assert_eq!(node.state("VI_1"), want);
    }
}

#[test]
fn a_backup_that_slept_listens_before_it_takes_over() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.sleep(Duration::from_secs(60));
    node.input(keepalived_core::vrrp::Input::Timeout);
    assert_eq!(node.state("VI_1"), State::Backup);
    node.advert(&vi, "10.0.0.2", 150);
    node.pass(Duration::from_secs(3));
    assert_eq!(node.state("VI_1"), State::Backup);
}

#[test]
fn stopping_resigns_releases_and_runs_the_script() {
    let mut vi = instance("VI_1");
    vi.notify.stop = Some(Box::new(Script::new(["/bin/stop"])));
    let mut node = Node::new(config([vi]));
    node.pass(MASTER_DOWN);
    node.take_sent();
    node.input(keepalived_core::vrrp::Input::Stop { keep_addresses: false });
    assert_eq!(node.take_sent(), [0]);
    assert!(!node.holds("10.0.0.100") && node.stopped);
    assert_eq!(node.scripts.last().map(|s| s.argv.clone()), Some(vec!["/bin/stop".to_owned()]));
}

#[test]
fn stopping_with_kept_addresses_is_silent() {
    let mut node = master();
    node.input(keepalived_core::vrrp::Input::Stop { keep_addresses: true });
    assert_eq!(node.take_sent(), [] as [u8; 0]);
    assert!(node.holds("10.0.0.100") && node.stopped);
}
