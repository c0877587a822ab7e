//! The world itself, with an engine so simple that everything it says can be foretold.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use core::net::IpAddr;
use core::time::Duration;
use keepalived_core::kernel::{Errno, KernelEvent};
use keepalived_core::net::{Family, IfIndex};
use keepalived_core::vrrp::{Input, Output, SocketKey, Transmit};
use keepalived_core::{Engine, Time};
use keepalived_sim::fault::Action;
use keepalived_sim::invariants::Invariants;
use keepalived_sim::scenario::Scenario;
use keepalived_sim::subject::Subject;
use keepalived_sim::world::World;
use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

/// What a beacon was told, with its own time.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Timeout,
    Packet(IpAddr, Vec<u8>),
    Links(usize),
    Socket(bool),
    SendFailed(Errno),
    Other,
}

type Diary = Rc<RefCell<Vec<(u64, Time, Told)>>>;

/// Sends its number every second and writes down what it is told.
struct Beacon {
    number: u64,
    diary: Diary,
    index: Option<IfIndex>,
    next: Option<Time>,
    out: VecDeque<Output>,
}

impl Beacon {
    fn send(&mut self) {
        let Some(index) = self.index else { return };
        self.out.push_back(Output::Send(Transmit {
            socket: SocketKey { index, family: Family::V4 },
            source: IpAddr::from([10, 1, 0, self.number as u8]),
            destination: Family::V4.vrrp_group(),
            ttl: 255,
            payload: vec![0x31, 9, self.number as u8, 0, 0, 0, 0, 0].into(),
        }));
    }
}

impl Engine for Beacon {
    type Input<'a> = Input<'a>;
    type Output = Output;

    fn handle(&mut self, now: Time, input: Input<'_>) {
        let told = match input {
            Input::Timeout => {
                if self.next.is_some_and(|at| at <= now) {
                    self.send();
                    self.next = Some(now + Duration::from_secs(1));
                }
                Told::Timeout
            }
            Input::Packet(packet) => Told::Packet(packet.source, packet.payload.to_vec()),
            Input::Kernel(KernelEvent::Snapshot { links, .. }) => {
                self.index = links.first().map(|link| link.index);
                self.next = Some(now + Duration::from_secs(1));
                if let Some(index) = self.index {
                    let key = SocketKey { index, family: Family::V4 };
                    self.out.push_back(Output::OpenSocket { key, groups: BTreeSet::from([Family::V4.vrrp_group()]) });
                }
                Told::Links(links.len())
            }
            Input::Socket { result, .. } => Told::Socket(result.is_ok()),
            Input::SendFailed { errno, .. } => Told::SendFailed(errno),
            _ => Told::Other,
        };
        self.diary.borrow_mut().push((self.number, now, told));
    }

    fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        self.next
    }
}

impl Subject for Beacon {
    fn save(&self) -> Result<Vec<u8>, String> {
        Err("a beacon keeps nothing".to_owned())
    }

    fn restore(_: &[u8]) -> Result<Beacon, String> {
        Err("a beacon keeps nothing".to_owned())
    }
}

/// Beacons numbered from 1 in the order in which they are started.
fn beacons(scenario: Scenario) -> (World<Beacon>, Diary) {
    let diary = Diary::default();
    let (pages, count) = (diary.clone(), Rc::new(RefCell::new(0)));
    let make = move |_| {
        *count.borrow_mut() += 1;
        Beacon { number: *count.borrow(), diary: pages.clone(), index: None, next: None, out: VecDeque::new() }
    };
    (World::new(scenario, Invariants::none(), make), diary)
}

fn packets(diary: &Diary, to: u64) -> Vec<(Time, u8)> {
    let of = |(number, at, told): &(u64, Time, Told)| match told {
        Told::Packet(_, payload) if *number == to => Some((*at, payload[2])),
        _ => None,
    };
    diary.borrow().iter().filter_map(of).collect()
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_packet_arrives_after_the_segments_delay_in_the_receivers_own_time() {
    let mut scenario = Scenario::new(1, 2, 1);
    scenario.nodes[1].offset = Duration::from_secs(5000);
    let (mut world, diary) = beacons(scenario);
    world.start_all();
    world.run_for(Duration::from_millis(1500));
    assert_eq!(packets(&diary, 2), [(Time::from_nanos(5_001_000_100_000), 1)]);
    assert_eq!(packets(&diary, 1), [(Time::from_nanos(1_001_000_100_000), 2)]);
}

#[test]
fn a_clock_that_runs_fast_rings_early() {
    let mut scenario = Scenario::new(1, 2, 1);
    scenario.nodes[0].drift = 100_000;
    let (mut world, diary) = beacons(scenario);
    world.start_all();
    world.run_for(100 * SECOND + Duration::from_millis(100));
    assert_eq!((packets(&diary, 2).len(), packets(&diary, 1).len()), (110, 100));
}

#[test]
fn who_is_down_deaf_or_cut_off_hears_nothing() {
    for (begin, end) in [
        (Action::Carrier(1, 0, false), Action::Carrier(1, 0, true)),
        (Action::Admin(1, 0, false), Action::Admin(1, 0, true)),
        (Action::Deaf(0, 1, true), Action::Deaf(0, 1, false)),
        (Action::Mute(0, 0, true), Action::Mute(0, 0, false)),
        (Action::Partition(0, 0b10), Action::Heal(0)),
        (Action::Loss(0, 1_000_000), Action::Loss(0, 0)),
        (Action::Freeze(1), Action::Resume(1)),
        (Action::Sleep(1), Action::Resume(1)),
    ] {
        let (mut world, diary) = beacons(Scenario::new(1, 2, 1));
        world.start_all();
        world.run_for(Duration::from_millis(5500));
        world.apply(begin);
        world.run_for(10 * SECOND);
        world.apply(end);
        world.run_for(5 * SECOND);
        assert_eq!(packets(&diary, 2).len(), 10, "{begin:?}");
    }
}

#[test]
fn a_paused_process_finds_what_its_socket_holds_and_no_more() {
    let (mut world, diary) = beacons(Scenario::new(1, 2, 1));
    world.start_all();
    world.run_for(Duration::from_millis(5500));
    world.apply(Action::Pause(1));
    world.run_for(200 * SECOND);
    assert_eq!(packets(&diary, 2).len(), 5);
    world.apply(Action::Resume(1));
    let heard = packets(&diary, 2);
    assert_eq!(heard.len(), 5 + keepalived_sim::node::SOCKET_BUFFER);
    assert_eq!(heard[68].0, Time::from_nanos(1_205_500_000_000), "all at the moment of waking");
}

#[test]
fn packets_are_lost_doubled_and_overtaken_as_often_as_asked() {
    let (mut world, diary) = beacons(Scenario::new(1, 2, 1));
    world.start_all();
    for action in [Action::Loss(0, 200_000), Action::Duplicate(0, 300_000), Action::Reorder(0, 100_000)] {
        world.apply(action);
    }
    world.run_for(10_000 * SECOND);
    let heard = packets(&diary, 2).len();
    assert!((10_200..10_600).contains(&heard), "{heard} of 10000, and about 10000 * 0.8 * 1.3 were expected");
}

#[test]
fn a_send_without_a_link_fails_and_says_so() {
    let (mut world, diary) = beacons(Scenario::new(1, 1, 1));
    world.start_all();
    world.apply(Action::Carrier(0, 0, false));
    world.run_for(Duration::from_millis(1500));
    world.apply(Action::DeleteLink(0, 0));
    world.run_for(SECOND);
    let failed: Vec<Errno> = diary
        .borrow()
        .iter()
        .filter_map(|(_, _, told)| match told {
            Told::SendFailed(errno) => Some(*errno),
            _ => None,
        })
        .collect();
    assert_eq!(failed, [Errno::ENETDOWN, Errno::ENODEV]);
}

#[test]
fn a_crashed_daemon_says_nothing_and_another_life_begins_with_what_is_there() {
    let (mut world, diary) = beacons(Scenario::new(1, 2, 1));
    world.start_all();
    world.run_for(Duration::from_millis(2500));
    world.apply(Action::Crash(0));
    world.run_for(10 * SECOND);
    assert_eq!(packets(&diary, 2).len(), 2);
    world.apply(Action::Start(0));
    world.run_for(Duration::from_millis(1500));
    assert_eq!(packets(&diary, 2).iter().map(|(_, from)| *from).collect::<Vec<_>>(), [1, 1, 3]);
    let links = diary.borrow().iter().filter(|(number, _, told)| *number == 3 && *told == Told::Links(1)).count();
    assert_eq!(links, 1);
}

#[test]
fn the_same_seed_gives_the_same_hash_and_another_seed_another() {
    let hash = |seed| {
        let (mut world, _) = beacons(Scenario::new(seed, 3, 1));
        world.start_all();
        world.apply(Action::Delay(0, Duration::from_millis(1), Duration::from_millis(500)));
        world.apply(Action::Late(1, Duration::from_millis(300)));
        world.run_for(50 * SECOND);
        world.hash()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}
