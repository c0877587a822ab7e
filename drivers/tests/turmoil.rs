//! The daemon's own loop in a simulated network of turmoil: ordering, cancellation, shutdown.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod turmoil_world;

use keepalived::run::run;
use keepalived_core::Time;
use keepalived_core::vrrp::{State, Vrrp};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, SystemTime};
use turmoil::Sim;
use turmoil_world::{Diary, Shared, TurmoilWorld, VIP, config, now};

/// Three intervals and the longest skew, and what the simulation's clock and links add.
const MASTER_DOWN: Duration = Duration::from_millis(4_100);

/// A cluster of routers named after their priorities.
struct Cluster {
    sim: Sim<'static>,
    routers: Vec<(&'static str, Shared)>,
}

impl Cluster {
    /// `cancel`: the loop is interrupted this often, and begun again with the same engine and world.
    fn new(seed: u64, names: &[&'static str], cancel: Option<Duration>) -> Cluster {
        let mut sim = turmoil::Builder::new()
            .rng_seed(seed)
            .epoch(SystemTime::UNIX_EPOCH)
            .simulation_duration(Duration::from_secs(600))
            .min_message_latency(Duration::from_millis(1))
            .max_message_latency(Duration::from_millis(20))
            .build();
        let addresses: Vec<IpAddr> = names.iter().map(|name| sim.lookup(*name)).collect();
        let mut routers = Vec::new();
        for (&name, &me) in names.iter().zip(&addresses) {
            let machine = Shared::default();
            routers.push((name, Rc::clone(&machine)));
            let peers: Vec<IpAddr> = addresses.iter().copied().filter(|&peer| peer != me).collect();
            let priority = name.trim_start_matches("router-").parse().unwrap();
            sim.host(name, move || router(Rc::clone(&machine), me, peers.clone(), priority, cancel));
        }
        Cluster { sim, routers }
    }

    fn run_for(&mut self, time: Duration) {
        let end = self.sim.elapsed() + time;
        while self.sim.elapsed() < end {
            self.sim.step().unwrap();
        }
    }

    /// Runs until a router is alone to be MASTER, but no longer than `limit`.
    #[track_caller]
    fn run_until_master(&mut self, name: &str, limit: Duration) {
        let end = self.sim.elapsed() + limit;
        while self.masters() != [name] {
            assert!(self.sim.elapsed() < end, "{name} is not the one master after {limit:?}: {:?}", self.masters());
            self.sim.step().unwrap();
        }
    }

    fn masters(&self) -> Vec<&'static str> {
        let is_master = |shared: &Shared| shared.borrow().state() == Some(State::Master);
        self.routers.iter().filter(|(_, shared)| is_master(shared)).map(|&(name, _)| name).collect()
    }

    /// Who has the virtual address.
    fn holders(&self) -> Vec<&'static str> {
        let holds = |shared: &Shared| shared.borrow().addresses.contains(&VIP);
        self.routers.iter().filter(|(_, shared)| holds(shared)).map(|&(name, _)| name).collect()
    }

    fn machine(&self, name: &str) -> &Shared {
        &self.routers.iter().find(|(other, _)| *other == name).unwrap().1
    }

    fn diaries(&self) -> Vec<Vec<(Time, State)>> {
        self.routers.iter().map(|(_, shared)| shared.borrow().states.clone()).collect()
    }

    fn crash(&mut self, name: &'static str) {
        self.sim.crash(name);
        // The machine is gone, with all that its kernel knew.
        let mut machine = self.machine(name).borrow_mut();
        let at = machine.states.last().unwrap().0;
        machine.states.push((at, State::Init));
        machine.addresses.clear();
    }
}

async fn router(
    machine: Shared,
    me: IpAddr,
    peers: Vec<IpAddr>,
    priority: u8,
    cancel: Option<Duration>,
) -> turmoil::Result {
    let IpAddr::V4(me) = me else { panic!("no IPv6 here") };
    let mut world = TurmoilWorld::start(Rc::clone(&machine), me, peers, config(priority)).await?;
    let mut engine = Vrrp::new(1);
    let mut diary = Diary(Rc::clone(&machine));
    loop {
        let pause = cancel.unwrap_or(Duration::MAX);
        tokio::select! {
            ended = run(&mut engine, &mut world, &mut diary) => {
                ended?;
                machine.borrow_mut().ended = Some(now());
                return Ok(());
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
}

const THREE: [&str; 3] = ["router-100", "router-150", "router-200"];

#[test]
fn the_highest_priority_is_elected() {
    for seed in 0..10 {
        let mut cluster = Cluster::new(seed, &THREE, None);
        cluster.run_until_master("router-200", Duration::from_secs(5));
        cluster.run_for(Duration::from_secs(60));
        assert_eq!(cluster.masters(), ["router-200"], "seed {seed}");
        assert_eq!(cluster.holders(), ["router-200"], "seed {seed}");
        // Elected once: nobody else was master for a moment, nobody changed his mind.
        let machine = cluster.machine("router-200").borrow();
        assert_eq!(machine.states.iter().filter(|(_, state)| *state == State::Master).count(), 1);
        // A burst at once and one after garp_master_delay.
        assert_eq!(machine.announcements.len(), 10, "seed {seed}");
    }
}

#[test]
fn a_crashed_master_is_replaced_and_comes_back() {
    for seed in 0..10 {
        let mut cluster = Cluster::new(seed, &THREE, None);
        cluster.run_until_master("router-200", Duration::from_secs(5));
        cluster.run_for(Duration::from_secs(3));
        cluster.crash("router-200");
        cluster.run_until_master("router-150", MASTER_DOWN);
        cluster.run_for(Duration::from_secs(1));
        assert_eq!(cluster.holders(), ["router-150"], "seed {seed}");
        cluster.sim.bounce("router-200");
        cluster.run_until_master("router-200", MASTER_DOWN + Duration::from_secs(1));
        cluster.run_for(Duration::from_secs(1));
        assert_eq!(cluster.holders(), ["router-200"], "seed {seed}");
    }
}

#[test]
fn a_partition_heals_with_one_master_who_announces_again() {
    for seed in 0..10 {
        let mut cluster = Cluster::new(seed, &THREE, None);
        cluster.run_until_master("router-200", Duration::from_secs(5));
        cluster.run_for(Duration::from_secs(10));
        cluster.sim.partition("router-200", "router-150");
        cluster.sim.partition("router-200", "router-100");
        cluster.run_for(MASTER_DOWN);
        assert_eq!(cluster.masters(), ["router-150", "router-200"], "seed {seed}: one on each side");
        cluster.run_for(Duration::from_secs(20));
        let before = cluster.machine("router-200").borrow().announcements.len();
        cluster.sim.repair("router-200", "router-150");
        cluster.sim.repair("router-200", "router-100");
        // An interval until one hears the other.
        cluster.run_until_master("router-200", Duration::from_millis(1_200));
        cluster.run_for(Duration::from_secs(10));
        assert_eq!((cluster.masters(), cluster.holders()), (vec!["router-200"], vec!["router-200"]), "seed {seed}");
        let after = cluster.machine("router-200").borrow().announcements.len();
        assert!(after > before, "seed {seed}: the survivor of a duel announces again");
    }
}

#[test]
fn an_ordered_stop_hands_over_at_once_and_leaves_nothing() {
    for seed in 0..10 {
        let mut cluster = Cluster::new(seed, &THREE, None);
        cluster.run_until_master("router-200", Duration::from_secs(5));
        cluster.run_for(Duration::from_secs(3));
        cluster.machine("router-200").borrow_mut().stop = true;
        // The skew of 150 is 106/256 s.
        cluster.run_until_master("router-150", Duration::from_millis(600));
        cluster.run_for(Duration::from_secs(5));
        assert!(cluster.machine("router-200").borrow().ended.is_some(), "seed {seed}: the loop has ended");
        assert_eq!(cluster.holders(), ["router-150"], "seed {seed}");
        for name in ["router-100", "router-150"] {
            cluster.machine(name).borrow_mut().stop = true;
            cluster.run_for(Duration::from_secs(6));
        }
        assert!(cluster.routers.iter().all(|(_, machine)| machine.borrow().ended.is_some()), "seed {seed}");
        assert!(cluster.holders().is_empty(), "seed {seed}");
    }
}

/// A loop that is dropped at a wait and begun again goes on as if nothing had happened: no packet, answer or deadline is
/// lost.
#[test]
fn cancellation_loses_nothing() {
    let story = |cancel| {
        let mut cluster = Cluster::new(7, &THREE, cancel);
        cluster.run_for(Duration::from_secs(10));
        cluster.crash("router-200");
        cluster.run_for(Duration::from_secs(10));
        cluster.machine("router-150").borrow_mut().stop = true;
        cluster.run_for(Duration::from_secs(10));
        let told: Vec<Vec<State>> =
            cluster.diaries().iter().map(|diary| diary.iter().map(|&(_, state)| state).collect()).collect();
        let heard: Vec<u64> = cluster.routers.iter().map(|(_, machine)| machine.borrow().heard).collect();
        (told, heard, cluster.holders())
    };
    let whole = story(None);
    assert_eq!(whole.2, ["router-100"]);
    for millis in [1, 7, 130] {
        let (told, heard, holders) = story(Some(Duration::from_millis(millis)));
        assert_eq!((&told, &holders), (&whole.0, &whole.2), "interrupted every {millis} ms");
        // An advert more or less where a router goes: its last one may be on its way.
        for (heard, whole) in heard.iter().zip(&whole.1) {
            assert!(heard.abs_diff(*whole) <= 2, "interrupted every {millis} ms: {heard} heard instead of {whole}");
        }
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let story = |seed| {
        let mut cluster = Cluster::new(seed, &THREE, None);
        cluster.run_for(Duration::from_secs(10));
        cluster.sim.partition("router-200", "router-150");
        cluster.run_for(Duration::from_secs(10));
        cluster.sim.repair("router-200", "router-150");
        cluster.run_for(Duration::from_secs(10));
        cluster.diaries()
    };
    assert_eq!(story(3), story(3));
}
