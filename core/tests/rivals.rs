//! Duels, groups and sleeps: what an election must not forget.

#![allow(clippy::expect_used)] // A test says what it expects.

mod common;
use common::*;
use keepalived_core::config::model::{InstanceConfig, Transport, UnicastPeer};
use keepalived_core::event::{Event, Why};
use keepalived_core::net::{AdvertInterval, Priority, Version, Vrid};
use keepalived_core::vrrp::{Input, State};
use std::time::Duration;

const MASTER_DOWN: Duration = Duration::from_nanos(3_609_375_000);

fn v3(centis: u16) -> InstanceConfig {
    let advert_interval = AdvertInterval::from_centis(centis).expect("not zero");
    instance("VI_1").with(|vi| {
        vi.version = Version::V3;
        vi.advert_interval = advert_interval;
    })
}

fn second() -> InstanceConfig {
    instance("VI_2").with(|vi| {
        vi.vrid = Vrid::new(52).expect("not zero");
        vi.addresses = vec![vip("10.0.0.101")];
    })
}

/// Was: two unicast instances with one VRID and disjoint peers (valid in C): without check_unicast_src (the default) the first takes
/// every packet, the second never hears its master and becomes a second MASTER.
#[test]
fn a_unicast_advert_goes_to_the_instance_whose_peer_sent_it() {
    let unicast = |name, peer: &str, address: &str| {
        instance(name).with(|vi| {
            vi.transport =
                Transport::Unicast { peers: vec![UnicastPeer { ip: ip(peer), min_ttl: 0, max_ttl: 255 }], ttl: 255 };
            vi.addresses = vec![vip(address)];
        })
    };
    let (first, second) = (unicast("VI_1", "10.0.0.2", "10.0.0.100"), unicast("VI_2", "10.0.0.3", "10.0.0.101"));
    let mut node = Node::new(config([first.clone(), second.clone()]));
    for _ in 0..10 {
        node.pass(Duration::from_secs(1));
        for (like, from) in [(&first, "10.0.0.2"), (&second, "10.0.0.3")] {
            node.packet(from, OURS, Some(255), &advert(like, from, 200));
        }
    }
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Backup, State::Backup));
}

/// Was: a priority 0 from a master that we, MASTER, had never heard (a healed partition whose other half stops, or a sync group
/// that is dragged down) is the end of a duel, and nothing is announced.
#[test]
fn a_resignation_of_an_unknown_second_master_is_announced_over() {
    let mut node = Node::new(config([instance("VI_1")]));
    node.pass(MASTER_DOWN + Duration::from_secs(20));
    node.frames.clear();
    node.advert(&instance("VI_1"), "10.0.0.2", 0);
    node.pass(Duration::from_secs(10));
    assert!(!node.frames.is_empty());
}

/// Was: when the survivor of a duel speaks first, the loser yields without a word, the survivor learns of no duel and announces
/// nothing: hosts on the loser's side keep its MAC (law 6, issue: "the survivor announces again").
#[test]
fn the_survivor_announces_again_though_it_spoke_first() {
    let high = instance("VI_1").with(|vi| vi.priority = Priority(150));
    let low = instance("VI_1");
    let mut survivor = Node::new(config([high.clone()]));
    let mut loser = Node::new(config([low]));
    survivor.pass(Duration::from_secs(20));
    loser.pass(Duration::from_secs(20));
    survivor.frames.clear();
    loser.take_sent();
    // The partition heals; the survivor's advert is the first to pass.
    loser.advert(&high, "10.0.0.2", 150);
    assert_eq!(loser.state("VI_1"), State::Backup);
    for (_, sent) in std::mem::take(&mut loser.sent) {
        survivor.packet("10.0.0.9", GROUP, Some(255), &sent.payload);
    }
    survivor.pass(Duration::from_secs(30));
    assert!(!survivor.frames.is_empty(), "nobody told the link");
}

/// Was: a discarded advert of a lower master makes a member of a sync group forget that it wants to be MASTER (C: only an accepted
/// one does). Members with different timers miss each other round after round. Here: 3.6 s late.
#[test]
fn a_discarded_advert_does_not_make_a_member_forget_its_wish() {
    let first = instance("VI_1").with(|vi| vi.priority = Priority(150));
    let mut node = Node::new(grouped([first.clone(), second()]));
    node.pass(ms(3500));
    node.advert(&first, "10.0.0.2", 50);
    node.pass(MASTER_DOWN - ms(3500));
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Master, State::Master));
}

/// Was: the same for good: with different intervals, each round's wish is forgotten before the other member's comes.
#[test]
fn members_with_different_intervals_preempt_together_in_time() {
    let first = instance("VI_1");
    let slow = second().with(|vi| vi.advert_interval = AdvertInterval::from_secs(5).expect("not zero"));
    let mut node = Node::new(grouped([first.clone(), slow.clone()]));
    for tick in 1..=300 {
        node.pass(ms(100));
        if tick % 10 == 7 {
            node.advert(&first, "10.0.0.2", 50);
        }
        if tick % 50 == 7 {
            node.advert(&slow, "10.0.0.2", 50);
        }
    }
    // VI_1 wants at 3.6 s, VI_2 at 15.6 s; it is 30 s now.
    assert_eq!((node.state("VI_1"), node.state("VI_2")), (State::Master, State::Master));
}

/// Was: a BACKUP that slept listens one interval of its own, not of the master it had learnt: it takes over from a live master.
#[test]
fn a_backup_that_slept_listens_for_the_masters_interval() {
    let vi = v3(100);
    let mut node = Node::new(config([vi]));
    node.advert(&v3(1000), "10.0.0.2", 150);
    node.sleep(Duration::from_secs(60));
    node.input(Input::Timeout);
    node.pass(ms(9900));
    assert_eq!(node.state("VI_1"), State::Backup, "the master's next advert is 100 ms away");
}

/// Was: after a long sleep the first input may be a packet. The stall is noticed only by the advert timer, so a nopreempt router
/// fights the rightful master.
#[test]
fn a_stall_is_noticed_whatever_input_comes_first() {
    let vi = instance("VI_1").with(|vi| vi.preempt = false);
    let mut node = Node::new(config([vi.clone()]));
    node.pass(MASTER_DOWN);
    node.sleep(Duration::from_secs(60));
    node.advert(&vi, "10.0.0.2", 50);
    assert_eq!(node.state("VI_1"), State::Backup);
}

/// Was: `collision_told` knows one sender: two that alternate (or a flood of forged ones) give one event for each packet.
#[test]
fn collisions_are_not_told_for_each_packet() {
    let vi = instance("VI_1");
    let theirs = vi.clone().with(|vi| vi.addresses = vec![vip("10.0.0.77")]);
    let mut node = Node::new(config([vi]));
    for n in 0..100 {
        node.advert(&theirs, &format!("10.0.1.{n}"), 150);
    }
    let told = node.events.iter().filter(|e| matches!(e, Event::Collision { .. })).count();
    assert!(told <= 16, "{told} events for 100 packets at one moment");
}

/// Was: `duel` knows one rival: with two that alternate every packet is told and answered by a whole burst of announcements.
#[test]
fn two_rivals_do_not_make_a_burst_for_each_packet() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.pass(MASTER_DOWN + Duration::from_secs(20));
    node.frames.clear();
    for n in 0..100 {
        node.advert(&vi, if n % 2 == 0 { "10.0.0.2" } else { "10.0.0.3" }, 50);
    }
    assert!(node.frames.len() <= 20, "{} frames at one moment", node.frames.len());
}

/// After a sleep a whole heap of stale adverts may be heard at once.
#[test]
fn a_heap_of_adverts_is_answered_once() {
    let vi = instance("VI_1");
    let mut node = Node::new(config([vi.clone()]));
    node.pass(MASTER_DOWN + Duration::from_millis(500));
    node.take_sent();
    for _ in 0..10 {
        node.advert(&vi, "10.0.0.2", 50);
    }
    assert_eq!(node.take_sent(), [100]);
    node.pass(Duration::from_millis(100));
    node.advert(&vi, "10.0.0.2", 50);
    assert_eq!(node.take_sent(), [100]);
}

/// Was: a backup of higher priority that heard the lower master every second said "no advert from anybody" when it took over.
#[test]
fn a_takeover_from_a_lower_master_is_told_as_what_it_is() {
    let like = instance("VI_1");
    let mut node = Node::new(config([like.clone()]));
    for _ in 0..3 {
        node.pass(Duration::from_secs(1));
        node.packet("10.0.0.2", GROUP, Some(255), &advert(&like, "10.0.0.2", 50));
    }
    node.pass(Duration::from_secs(1));
    assert_eq!(node.state("VI_1"), State::Master);
    let mut whys =
        node.events.iter().filter_map(|event| if let Event::State { why, .. } = event { Some(why) } else { None });
    assert!(
        matches!(whys.next_back(), Some(Why::Preempted { lower, priority: Priority(50) }) if lower == &ip("10.0.0.2")),
        "{:?}",
        node.events
    );
}
