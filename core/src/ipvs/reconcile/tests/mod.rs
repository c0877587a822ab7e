mod commands;
mod ending;
mod telling;

use super::*;
use crate::ipvs::diff::apply;
use crate::ipvs::{ServiceFlags, Table};
use crate::kernel::Errno;
use crate::net::Family;
use core::net::IpAddr;
use quickcheck::{Arbitrary, Gen, quickcheck};

/// What may happen.
#[derive(Clone, Debug)]
enum Op {
    Service(u8, Option<u8>),
    Destination(u8, u8, Option<u8>),
    Destinations(u8, [u8; 3]),
    Timeouts(u8),
    Sync(bool, Option<u8>),
    /// Somebody else changes the kernel's table.
    Meddle(u8, u8, u8),
    /// The kernel carries out so many commands.
    Work(u8),
    /// It refuses the next one, with one of these errors.
    Refuse(u8),
    /// It carries out the next one, but nobody is told how it went.
    Lose,
    /// It has no scheduler of this number from now on, or has it again.
    Scheduler(u8, bool),
    Pass(u8),
}

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Op {
        let mut byte = |of: u8| u8::arbitrary(g) % of;
        let (a, b, c, some) = (byte(3), byte(3), byte(3), byte(3) > 0);
        match byte(20) {
            0..4 => Op::Service(a, some.then_some(b)),
            4..8 => Op::Destination(a, b, some.then_some(c)),
            8..10 => Op::Destinations(a, [b, c, byte(3)]),
            10 => Op::Timeouts(a),
            11 => Op::Sync(a == 0, some.then_some(b)),
            12 => Op::Meddle(a, b, byte(6)),
            13..16 => Op::Work(byte(8)),
            16 => Op::Refuse(a),
            17 => Op::Lose,
            18 => Op::Scheduler(a, b == 0),
            _ => Op::Pass(byte(90)),
        }
    }
}

fn service_key(which: u8) -> ServiceKey {
    ServiceKey::Mark { family: Family::V4, mark: u32::from(which) + 1 }
}

fn to(which: u8) -> DestinationKey {
    DestinationKey { ip: IpAddr::from([10, 0, 0, which]), port: 80 }
}

fn settings(which: u8) -> ServiceSettings {
    let scheduler = format!("s{which}");
    ServiceSettings { scheduler, flags: ServiceFlags::default(), timeout: 0, netmask: u32::MAX, engine: None }
}

fn weighs(weight: u8) -> Destination {
    let forwarding = crate::ipvs::Forward::Masquerade;
    Destination { forwarding, weight: weight.into(), upper_threshold: 0, lower_threshold: 0 }
}

fn daemon(role: SyncRole, id: u8) -> SyncDaemon {
    SyncDaemon { role, interface: "eth0".to_owned(), id, max_length: 0, group: None, port: 0, ttl: 0 }
}

/// A kernel, the reconciler, and time.
struct World {
    reconciler: Reconciler,
    now: Time,
    kernel: Table,
    /// Commands and readings that are on their way.
    waiting: VecDeque<Action>,
    broken: BTreeSet<String>,
    events: Vec<LvsEvent>,
    commands: usize,
    want: Table,
}

impl World {
    fn new(kernel: Table, flush: bool) -> World {
        World {
            reconciler: Reconciler::new(flush),
            now: Time::from_secs(1000),
            kernel,
            waiting: VecDeque::new(),
            broken: BTreeSet::new(),
            events: Vec::new(),
            commands: 0,
            want: Table::default(),
        }
    }

    fn drain(&mut self) {
        while let Some(action) = self.reconciler.poll() {
            match action {
                Action::Event(event) => self.events.push(event),
                other => self.waiting.push_back(other),
            }
        }
        assert!(self.waiting.len() <= IN_FLIGHT + 1);
    }

    fn refuses(&self, command: &IpvsCommand) -> bool {
        let (IpvsCommand::AddService(_, settings) | IpvsCommand::SetService(_, settings)) = command else {
            return false;
        };
        self.broken.contains(&settings.scheduler)
    }

    fn carry_out(&mut self, command: &IpvsCommand) -> Result<(), Errno> {
        self.commands += 1;
        if self.refuses(command) { Err(Errno::ENOENT) } else { apply(&mut self.kernel, command) }
    }

    /// The kernel does the next thing; `instead` is what it says to a command rather than doing it.
    fn step(&mut self, instead: Option<Errno>) -> bool {
        let Some(action) = self.waiting.pop_front() else { return false };
        match action {
            Action::Command(id, command) => {
                let result = instead.map_or_else(|| self.carry_out(&command), Err);
                self.reconciler.done(self.now, id, result);
            }
            Action::Read => {
                let table = instead.map_or_else(|| Ok(Box::new(self.kernel.clone())), Err);
                self.reconciler.read(self.now, table);
            }
            Action::Event(_) => {}
        }
        self.drain();
        true
    }

    /// So long; the kernel answers all the while.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            while self.step(None) {}
            match self.reconciler.deadline() {
                Some(at) if at <= end => {
                    assert!(at > self.now || self.reconciler.deadline() == Some(at));
                    self.now = self.now.max(at);
                    self.reconciler.timeout(self.now);
                    self.drain();
                }
                _ => break,
            }
        }
        self.now = end;
    }

    fn service(&mut self, which: u8, how: Option<u8>) {
        let key = service_key(which);
        self.reconciler.set_service(key, how.map(settings));
        match how {
            Some(how) => {
                let service = Service { settings: settings(how), destinations: BTreeMap::new() };
                self.want.services.entry(key).or_insert(service).settings = settings(how);
            }
            None => drop(self.want.services.remove(&key)),
        }
    }

    fn destination(&mut self, which: u8, whom: u8, how: Option<u8>) {
        self.reconciler.set_destination(service_key(which), to(whom), how.map(weighs));
        if let Some(service) = self.want.services.get_mut(&service_key(which)) {
            match how {
                Some(how) => service.destinations.insert(to(whom), weighs(how)),
                None => service.destinations.remove(&to(whom)),
            };
        }
    }

    fn run(&mut self, op: &Op) {
        match *op {
            Op::Service(which, how) => self.service(which, how),
            Op::Destination(which, whom, how) => self.destination(which, whom, how),
            Op::Destinations(which, weights) => {
                let all = (0..).zip(weights).filter(|w| w.1 > 0).map(|(n, weight)| (to(n), weighs(weight)));
                self.reconciler.set_destinations(service_key(which), all.clone().collect());
                if let Some(service) = self.want.services.get_mut(&service_key(which)) {
                    service.destinations = all.collect();
                }
            }
            Op::Timeouts(seconds) => {
                let timeouts = Timeouts { tcp: seconds.into(), tcp_fin: 0, udp: u32::from(seconds) * 2 };
                self.reconciler.timeouts(timeouts);
                self.want.timeouts = timeouts;
            }
            Op::Sync(master, id) => {
                let role = if master { SyncRole::Master } else { SyncRole::Backup };
                let daemon = id.map(|id| daemon(role, id));
                self.reconciler.sync(role, daemon.clone());
                match daemon {
                    Some(daemon) => self.want.daemons.insert(role, daemon),
                    None => self.want.daemons.remove(&role),
                };
            }
            Op::Meddle(which, whom, what) => self.meddle(which, whom, what),
            Op::Work(steps) => (0..steps).for_each(|_| _ = self.step(None)),
            Op::Refuse(how) => {
                let errno = [Errno::ENETDOWN, Errno::ENOBUFS, Errno::EACCES][usize::from(how % 3)];
                let _ = self.step(Some(errno));
            }
            Op::Lose => {
                if let Some(Action::Command(_, command)) = self.waiting.front().cloned() {
                    let _ = self.carry_out(&command);
                    self.step(Some(Errno::ENOBUFS));
                }
            }
            Op::Scheduler(which, there) => {
                let name = settings(which).scheduler;
                if there {
                    self.broken.remove(&name)
                } else {
                    self.broken.insert(name)
                };
            }
            Op::Pass(seconds) => self.pass(Duration::from_secs(seconds.into())),
        }
        self.drain();
    }

    fn meddle(&mut self, which: u8, whom: u8, what: u8) {
        let key = service_key(which);
        let command = match what {
            0 => IpvsCommand::DeleteService(key),
            1 => IpvsCommand::DeleteDestination(key, to(whom)),
            2 => IpvsCommand::SetDestination(key, to(whom), weighs(77)),
            3 => IpvsCommand::AddDestination(key, to(whom + 10), weighs(1)),
            4 => IpvsCommand::SetService(key, settings(9)),
            _ => IpvsCommand::Flush,
        };
        let _ = apply(&mut self.kernel, &command);
    }
}

/// A table with services that the tests also use, and one of another program.
fn before(foreign: bool) -> Table {
    let mut table = Table { timeouts: Timeouts { tcp: 900, tcp_fin: 120, udp: 300 }, ..Table::default() };
    let mut add = |which: u8| {
        let destinations = [(to(0), weighs(1)), (to(7), weighs(1))].into();
        table.services.insert(service_key(which), Service { settings: settings(which), destinations });
    };
    add(0);
    if foreign {
        add(200);
    }
    table
}

quickcheck! {
    /// Whatever happened: when nothing hinders any more, the kernel has what is wanted, others keep what is theirs, and then it is quiet.
    fn ends_as_it_is_wanted(ops: Vec<Op>, adopted: bool) -> bool {
        let mut world = World::new(if adopted { before(true) } else { Table::default() }, false);
        if adopted {
            world.service(0, Some(0));
        }
        world.drain();
        for op in &ops {
            world.run(op);
        }
        world.broken.clear();
        world.pass(Duration::from_secs(300));
        let (commands, events) = (world.commands, world.events.len());
        world.pass(Duration::from_secs(300));
        let ours = world.kernel.services.iter().filter(|(key, _)| world.want.services.contains_key(key) );
        let mut rest = world.kernel.services.keys().filter(|key| !world.want.services.contains_key(key));
        let flushed = ops.iter().any(|op| matches!(op, Op::Meddle(_, _, 5)));
        let same = ours.eq(world.want.services.iter())
            && rest.all(|key| adopted && (*key == service_key(0) || *key == service_key(200)))
            && (!adopted || flushed || world.kernel.services.contains_key(&service_key(200)));
        let Timeouts { tcp, udp, .. } = world.want.timeouts;
        let timed = (tcp == 0 || world.kernel.timeouts.tcp == tcp) && (udp == 0 || world.kernel.timeouts.udp == udp);
        let synced = world.kernel.daemons == world.want.daemons;
        let quiet = world.commands == commands && world.events.len() == events && world.reconciler.is_idle();
        let settled = world.reconciler.faults.is_empty();
        if !(same && timed && synced && quiet && settled) {
            eprintln!("same {same}, timed {timed}, synced {synced}, quiet {quiet}, settled {settled}");
            eprintln!("{:?}\n{:?}", world.kernel, world.want);
        }
        same && timed && synced && quiet && settled
    }

    /// At the end nothing of ours is there, however it was reached, and all of others.
    fn leaves_what_is_of_others(ops: Vec<Op>) -> bool {
        let mut world = World::new(before(true), false);
        world.drain();
        // Others do not change what is ours here: what they make of it would be theirs.
        for op in ops.iter().filter(|op| !matches!(op, Op::Meddle(..) | Op::Refuse(_) | Op::Lose | Op::Scheduler(..))) {
            world.run(op);
        }
        let known = world.reconciler.reading.known;
        let key = service_key(0);
        let ours = world.reconciler.have.contains_key(&key) || world.reconciler.leaving.contains(&Spot::Service(key));
        let adopted = ours || known && !world.kernel.services.contains_key(&key);
        world.reconciler.stop(Leave::Others);
        world.drain();
        world.pass(Duration::from_secs(10));
        let mut expected = before(true);
        if adopted {
            expected.services.remove(&service_key(0));
        }
        world.reconciler.is_idle() && world.kernel.services == expected.services && world.kernel.daemons.is_empty()
            && world.kernel.timeouts == expected.timeouts
    }

    /// Nothing of ours stays, whatever was refused or lost before the end, and if everything that is out at the end fails once.
    fn leaves_nothing_though_it_is_refused(ops: Vec<Op>, how: u8) -> bool {
        let timeouts = Timeouts { tcp: 900, tcp_fin: 120, udp: 300 };
        let before = Table { timeouts, ..Table::default() };
        let mut world = World::new(before.clone(), false);
        world.drain();
        for op in ops.iter().filter(|op| !matches!(op, Op::Meddle(..) | Op::Scheduler(..))) {
            world.run(op);
        }
        world.reconciler.stop(Leave::Others);
        world.drain();
        (0..world.waiting.len()).for_each(|_| world.run(&Op::Refuse(how)));
        world.pass(Duration::from_secs(10));
        world.reconciler.is_idle() && world.kernel == before
    }

    /// The state can be put away and taken up again at any moment.
    fn survives_a_snapshot(ops: Vec<Op>) -> bool {
        let mut world = World::new(before(false), false);
        world.drain();
        ops.iter().all(|op| {
            world.run(op);
            let bytes = postcard::to_stdvec(&world.reconciler).expect("written");
            postcard::from_bytes::<Reconciler>(&bytes).expect("read") == world.reconciler
        })
    }
}

/// A service that is refused while it is already given out anew, otherwise, is still ours.
#[test]
fn what_is_made_anew_after_a_refusal_is_not_forgotten() {
    let mut world = World::new(Table::default(), false);
    let ops = [
        Op::Service(2, Some(1)),
        Op::Service(2, None),
        Op::Pass(85),
        Op::Service(2, Some(0)),
        Op::Service(2, None),
        Op::Service(2, Some(1)),
        Op::Scheduler(0, false),
        Op::Work(6),
        Op::Service(2, None),
    ];
    ops.iter().for_each(|op| world.run(op));
    world.pass(Duration::from_secs(300));
    assert_eq!(world.kernel, Table::default());
}

/// A service that is removed twice is ours until the second removal was answered, not the first.
#[test]
fn what_is_removed_again_is_not_forgotten_with_the_first_removal() {
    let mut world = World::new(before(true), false);
    let ops = [
        Op::Service(0, Some(1)),
        Op::Work(7),
        Op::Service(0, None),
        Op::Service(0, Some(1)),
        Op::Destination(0, 0, Some(2)),
        Op::Service(0, None),
        Op::Work(3),
        Op::Refuse(0),
    ];
    ops.iter().for_each(|op| world.run(op));
    world.pass(Duration::from_secs(300));
    assert_eq!(Vec::from_iter(world.kernel.services.into_keys()), [service_key(200)]);
}

#[test]
fn a_service_that_is_wanted_again_is_made_when_its_removal_was_answered() {
    let mut world = settled();
    world.service(0, None);
    world.drain();
    world.service(0, Some(1));
    world.destination(0, 1, Some(2));
    world.service(1, Some(1));
    world.drain();
    assert_eq!(world.waiting.len(), 2, "others do not wait: {:?}", world.waiting);
    while world.step(None) {}
    assert_eq!(world.kernel.services, world.want.services);
    assert_eq!((world.commands, &world.events[..]), (4, &[][..]));
}

/// As with services: the refusal of the first start says nothing of the second.
#[test]
fn a_daemon_that_is_started_anew_after_a_refusal_is_not_forgotten() {
    let mut world = World::new(Table::default(), false);
    let ops = [
        Op::Sync(true, Some(0)),
        Op::Work(1),
        Op::Sync(true, None),
        Op::Sync(true, Some(1)),
        Op::Refuse(0),
        Op::Work(9),
    ];
    ops.iter().for_each(|op| world.run(op));
    world.reconciler.stop(Leave::Others);
    world.drain();
    world.pass(Duration::from_secs(10));
    assert_eq!(world.kernel, Table::default());
}

/// A world with a service of three destinations in the kernel.
fn settled() -> World {
    let mut world = World::new(Table::default(), false);
    world.service(0, Some(0));
    (0..3).for_each(|whom| world.destination(0, whom, Some(1)));
    world.drain();
    world.pass(Duration::from_secs(5));
    assert_eq!(world.kernel.services, world.want.services);
    world.events.clear();
    world.commands = 0;
    world
}

#[test]
fn what_a_predecessor_left_is_not_touched() {
    let mut world = World::new(settled().kernel, false);
    world.service(0, Some(0));
    (0..3).for_each(|whom| world.destination(0, whom, Some(1)));
    world.drain();
    world.pass(Duration::from_secs(200));
    assert_eq!((world.commands, &world.events[..]), (0, &[][..]));
}

#[test]
fn nothing_is_done_before_the_table_is_known() {
    let mut world = World::new(Table::default(), false);
    world.service(0, Some(0));
    world.drain();
    assert_eq!(Vec::from_iter(world.waiting.clone()), [Action::Read]);
    world.step(Some(Errno::EPROTONOSUPPORT));
    assert!(matches!(&world.events[..], [LvsEvent::IpvsFailed { .. }]));
    world.pass(Duration::from_secs(5));
    assert_eq!(world.kernel.services, world.want.services);
    assert_eq!(world.events.len(), 1, "told once");
}

#[test]
fn where_nothing_is_wanted_the_kernel_is_not_asked() {
    let mut world = World::new(before(true), false);
    world.drain();
    assert!(world.waiting.is_empty() && world.reconciler.deadline().is_none() && world.reconciler.is_idle());
    world.service(0, Some(0));
    world.drain();
    assert_eq!(Vec::from_iter(world.waiting.clone()), [Action::Read]);
}

#[test]
fn a_flush_at_the_start_leaves_what_is_wanted() {
    let mut world = World::new(before(true), true);
    world.service(0, Some(0));
    world.destination(0, 0, Some(1));
    world.drain();
    world.pass(Duration::from_secs(5));
    assert_eq!(world.kernel.services, world.want.services);
    assert_eq!(world.commands, 2, "one service and one destination go");
}

#[test]
fn drift_is_counted_once_and_repaired() {
    let mut world = settled();
    let key = service_key(0);
    for command in [
        IpvsCommand::DeleteDestination(key, to(0)),
        IpvsCommand::SetDestination(key, to(1), weighs(9)),
        IpvsCommand::AddDestination(key, to(8), weighs(9)),
        IpvsCommand::AddDestination(key, to(9), weighs(9)),
        IpvsCommand::AddService(service_key(9), settings(9)),
    ] {
        apply(&mut world.kernel, &command).expect("possible");
    }
    world.pass(AUDIT * 3);
    let example = "10.0.0.0:80 of service fwmark 1 was missing".to_owned();
    assert_eq!(world.events, [LvsEvent::Drift { missing: 1, changed: 1, extra: 2, example }]);
    assert!(world.kernel.services.remove(&service_key(9)).is_some(), "that of another program stays");
    assert_eq!(world.kernel.services, world.want.services);
}

#[test]
fn what_was_changed_during_a_reading_is_not_judged_by_it() {
    let mut world = settled();
    world.now = world.now + AUDIT * 2;
    world.reconciler.timeout(world.now);
    world.drain();
    assert_eq!(world.waiting.front(), Some(&Action::Read));
    let old = Box::new(world.kernel.clone());
    world.waiting.clear();
    world.destination(0, 0, Some(5));
    world.service(1, Some(1));
    world.drain();
    while world.step(None) {}
    world.reconciler.read(world.now, Ok(old));
    world.drain();
    assert_eq!((&world.events[..], world.waiting.len()), (&[][..], 0));
}

#[test]
fn a_refused_destination_does_not_hold_up_the_others() {
    let mut world = settled();
    world.destination(0, 1, Some(7));
    world.drain();
    world.step(Some(Errno(34)));
    assert!(matches!(&world.events[..], [LvsEvent::IpvsFailed { errno: Errno(34), .. }]), "{:?}", world.events);
    world.destination(0, 2, Some(8));
    world.drain();
    world.step(None);
    assert_eq!(world.kernel.services[&service_key(0)].destinations[&to(2)], weighs(8));
    world.pass(Duration::from_secs(5));
    assert_eq!(world.kernel.services, world.want.services);
    assert_eq!(world.events.len(), 1, "neither told twice nor taken for drift");
}

#[test]
fn a_scheduler_that_is_missing_is_told_once_and_asked_for_less_and_less() {
    let mut world = World::new(Table::default(), false);
    world.broken.insert(settings(0).scheduler);
    world.service(0, Some(0));
    (0..3).for_each(|whom| world.destination(0, whom, Some(1)));
    world.drain();
    world.pass(Duration::from_secs(3600));
    assert_eq!(world.events.len(), 1, "{:?}", world.events);
    // 1, 2, 4 ... 60 seconds, and a service with three destinations each time.
    assert!(world.commands < 4 * 70, "{}", world.commands);
    world.broken.clear();
    world.pass(LONGEST + SOON);
    assert_eq!(world.kernel.services, world.want.services);
}

#[test]
fn a_storm_is_no_more_than_its_last_state() {
    let mut world = settled();
    for round in 0..10_000u32 {
        world.destination(0, 1, Some((round % 200) as u8));
        if round == 0 {
            world.drain();
        }
    }
    world.drain();
    while world.step(None) {}
    assert!(world.commands <= 2);
    assert_eq!(world.kernel.services, world.want.services);
}

#[test]
fn only_so_many_commands_are_out_at_a_time() {
    let mut world = settled();
    let keys: Vec<_> = (1..4000).map(|mark| ServiceKey::Mark { family: Family::V6, mark }).collect();
    for key in &keys {
        world.reconciler.set_service(*key, Some(settings(0)));
    }
    world.drain();
    assert_eq!(world.waiting.len(), IN_FLIGHT);
    while world.step(None) {}
    assert!(keys.iter().all(|key| world.kernel.services.contains_key(key)));
}

#[test]
fn daemons_are_what_the_kernel_made_of_them() {
    let mut world = World::new(Table::default(), false);
    let asked = SyncDaemon { max_length: 600, ..daemon(SyncRole::Backup, 3) };
    world.reconciler.sync(SyncRole::Backup, Some(asked.clone()));
    world.drain();
    while world.step(None) {}
    let group = Some(IpAddr::from([224, 0, 0, 81]));
    let read = SyncDaemon { max_length: 1024, port: 8848, ttl: 1, group, ..asked };
    world.kernel.daemons.insert(SyncRole::Backup, read);
    world.pass(AUDIT * 3);
    assert_eq!(world.commands, 1, "{:?}", world.events);
    world.reconciler.sync(SyncRole::Backup, None);
    world.reconciler.sync(SyncRole::Master, Some(daemon(SyncRole::Master, 3)));
    world.drain();
    while world.step(None) {}
    let told: Vec<_> = world.events.iter().map(|event| matches!(event, LvsEvent::Sync { running: true, .. })).collect();
    assert_eq!(told, [true, false, true]);
}
