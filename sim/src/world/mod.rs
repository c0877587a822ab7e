//! The world: nodes, segments and one queue of what will happen. It jumps from each moment to the next.

mod act;
mod io;
mod packets;

use crate::clock::Clock;
use crate::invariants::{Invariants, Seen, View, Violation};
use crate::kernel::{Kernel, Tick};
use crate::node::{Body, Pause};
use crate::queue::{Happening, Queue};
use crate::replay::Tape;
use crate::report::Recorder;
use crate::rng::{Rng, splitmix};
use crate::scenario::Scenario;
use crate::segment::Segment;
use crate::subject::Subject;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::vrrp::{Input, ScriptId, ScriptStatus, State};
use packets::Packets;
use std::sync::Arc;

/// A scenario in motion.
pub struct World<E> {
    scenario: Arc<Scenario>,
    now: Time,
    queue: Queue,
    /// When each node's engine wants to be called, in the world's time.
    alarms: Vec<Time>,
    engines: Vec<Option<E>>,
    bodies: Vec<Body>,
    segments: Vec<Segment>,
    packets: Packets,
    net: Rng,
    chance: Rng,
    invariants: Invariants,
    violation: Option<Violation>,
    hash: u64,
    make: Box<dyn Fn(u64) -> E>,
    recorder: Option<Recorder>,
    tapes: Option<Vec<Tape>>,
    /// For each node, which of its configurations is on its disk.
    other: Vec<bool>,
    calm_since: Option<Time>,
    steps: u64,
}

impl<E: Subject> World<E> {
    /// A world before anything has happened. `make` makes an engine from a seed.
    #[must_use]
    pub fn new(scenario: Scenario, invariants: Invariants, make: impl Fn(u64) -> E + 'static) -> World<E> {
        let mut chance = Rng::new(splitmix(scenario.seed));
        let mut segments: Vec<Segment> = scenario.segments.iter().map(|fair| Segment::new(*fair)).collect();
        let mut bodies = Vec::new();
        for (id, plan) in scenario.nodes.iter().enumerate() {
            let mut kernel = Kernel::new(chance.fork(id as u64), plan.knows_proto);
            for link in &plan.links {
                let slot = kernel.add_link(&link.name, link.mac, link.segment, link.home.clone());
                segments[link.segment].plug(id as u8, slot);
            }
            kernel.power_cycle();
            bodies.push(Body::new(id as u8, Clock::new(plan.offset, plan.drift), kernel));
        }
        let mut queue = Queue::default();
        for (at, (when, _)) in scenario.schedule.iter().enumerate() {
            queue.push(*when, Happening::Act(at as u32));
        }
        let count = bodies.len();
        World {
            now: Time::ZERO,
            queue,
            alarms: vec![Time::MAX; count],
            engines: core::iter::repeat_with(|| None).take(count).collect(),
            bodies,
            segments,
            packets: Packets::default(),
            net: chance.fork(1000),
            chance,
            invariants,
            violation: None,
            hash: 0xcbf2_9ce4_8422_2325,
            make: Box::new(make),
            recorder: None,
            tapes: None,
            other: vec![false; count],
            calm_since: None,
            steps: 0,
            scenario: Arc::new(scenario),
        }
    }

    /// Keeps every packet and every event for a report.
    pub fn record(&mut self) {
        self.recorder = Some(Recorder::new(self.scenario.segments.len()));
    }

    /// Keeps every input and output of the engines, to be replayed.
    pub fn tape(&mut self) {
        self.tapes = Some(Vec::new());
    }

    /// Plans the start of every daemon at its time.
    pub fn start_all(&mut self) {
        let scenario = Arc::clone(&self.scenario);
        let mut starts: Vec<(Time, usize)> =
            scenario.nodes.iter().enumerate().map(|(n, plan)| (plan.start, n)).collect();
        starts.sort();
        for (at, node) in starts {
            self.run_until(at);
            self.apply(crate::fault::Action::Start(node as u8));
        }
    }

    /// The world's time.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The plan.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The machines.
    #[must_use]
    pub fn bodies(&self) -> &[Body] {
        &self.bodies
    }

    /// The LANs.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What did not hold, if anything.
    #[must_use]
    pub const fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// Sums up all that engines said and when. Equal runs have equal hashes.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// How often engines were called.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// What was recorded.
    pub fn take_recorder(&mut self) -> Option<Recorder> {
        self.recorder.take()
    }

    /// What went into the engines and came out, one tape for each life of each daemon.
    pub fn take_tapes(&mut self) -> Vec<Tape> {
        self.tapes.take().unwrap_or_default()
    }

    /// The nodes that are MASTER of a virtual router, by number.
    #[must_use]
    pub fn masters(&self, router: usize) -> Vec<usize> {
        (0..self.bodies.len()).filter(|&node| self.bodies[node].state_of(router) == State::Master).collect()
    }

    /// Says that there are no faults from now on: bounds count from here.
    pub fn calm_from_now(&mut self) {
        self.calm_since = Some(self.now);
    }

    /// Asks all invariants whether everything is in order now that the dust has settled.
    pub fn inspect(&mut self) {
        self.see(&Seen::Inspect);
    }

    /// Shows something to the invariants. The first violation ends the run.
    fn see(&mut self, seen: &Seen<'_>) {
        if self.violation.is_some() {
            return;
        }
        let view = View {
            now: self.now,
            bodies: &self.bodies,
            segments: &self.segments,
            scenario: &self.scenario,
            calm_since: self.calm_since,
        };
        self.violation = self.invariants.see(&view, seen);
        if let (Some(violation), Some(recorder)) = (&self.violation, &mut self.recorder) {
            recorder.line(self.now, format!("VIOLATION {violation}"));
        }
    }

    /// Lets the world run for `span`.
    pub fn run_for(&mut self, span: Duration) {
        self.run_until(self.now + span);
    }

    /// Lets the world run until `end`, or until an invariant does not hold.
    pub fn run_until(&mut self, end: Time) {
        while self.violation.is_none() {
            let (mut node, mut alarm) = (0, Time::MAX);
            for (at, &when) in self.alarms.iter().enumerate() {
                if when < alarm {
                    (node, alarm) = (at, when);
                }
            }
            match self.queue.next() {
                Some(next) if next <= alarm => {
                    if next > end {
                        break;
                    }
                    if let Some((at, what)) = self.queue.pop() {
                        self.now = self.now.max(at);
                        self.happen(what);
                    }
                }
                _ => {
                    if alarm > end || alarm == Time::MAX {
                        break;
                    }
                    self.now = self.now.max(alarm);
                    self.hand(node, Input::Timeout);
                }
            }
        }
        if self.violation.is_none() && end != Time::MAX {
            self.now = self.now.max(end);
        }
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Deliver { slot, ports } => self.deliver(slot, ports),
            Happening::Kernel(node) => self.run_kernel(usize::from(node)),
            Happening::Script { node, life, id } => {
                let node = usize::from(node);
                if self.bodies[node].life == life && self.bodies[node].scripts.remove(&id).is_some() {
                    let status = match self.chance.below(10) {
                        0 => ScriptStatus::Exited(1),
                        1 => ScriptStatus::Signalled(9),
                        _ => ScriptStatus::Exited(0),
                    };
                    self.hand(node, Input::ScriptEnded { id: ScriptId(id), status });
                }
            }
            Happening::Act(at) => {
                if let Some((_, action)) = self.scenario.schedule.get(at as usize) {
                    self.apply(*action);
                }
            }
        }
    }

    /// Carries out what is due in a node's kernel.
    fn run_kernel(&mut self, node: usize) {
        self.bodies[node].kernel_wake = Time::MAX;
        if matches!(self.bodies[node].pause, Some(Pause::Machine | Pause::Sleep)) {
            return;
        }
        while let Some(tick) = self.bodies[node].kernel.pop(self.now) {
            match tick {
                Tick::Tell(input) => self.hand(node, input),
                Tick::Executed(command, result) => {
                    if let Some(recorder) = &mut self.recorder {
                        recorder.line(self.now, format!("node {node} kernel {:?} {result:?}", command.op));
                    }
                    self.see(&Seen::Changed { node });
                }
            }
            if self.violation.is_some() {
                return;
            }
        }
        self.wake_kernel(node);
    }

    /// Sees to it that the world comes back when a node's kernel has something due.
    fn wake_kernel(&mut self, node: usize) {
        let body = &mut self.bodies[node];
        if let Some(due) = body.kernel.next_due()
            && due < body.kernel_wake
            && !matches!(body.pause, Some(Pause::Machine | Pause::Sleep))
        {
            body.kernel_wake = due;
            self.queue.push(due.max(self.now), Happening::Kernel(body.id));
        }
    }
}
