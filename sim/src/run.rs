//! One seed from its start to its verdict: a faulty phase, a quiet phase, and an orderly end.

use crate::fault::Action;
use crate::invariants::{Invariants, Violation};
use crate::report::Recorder;
use crate::scenario::{RETRY, Scenario};
use crate::subject::Subject;
use crate::world::World;
use core::fmt;
use core::time::Duration;
use keepalived_core::Time;

/// How a run ended.
#[derive(Debug)]
pub struct Verdict {
    /// Its seed.
    pub seed: u64,
    /// What did not hold, if anything.
    pub violation: Option<Violation>,
    /// Sums up all that was said: equal for equal runs.
    pub hash: u64,
    /// How long it took in the world.
    pub length: Duration,
    /// How often engines were called.
    pub steps: u64,
    /// Packets, events and commands, where they were asked for.
    pub recorder: Option<Recorder>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.violation {
            None => {
                write!(f, "seed {}: ok, {:?}, {} steps, hash {:016x}", self.seed, self.length, self.steps, self.hash)
            }
            Some(violation) => write!(f, "seed {}: {violation}", self.seed),
        }
    }
}

/// What is wanted of a run beyond its verdict.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Keep packets, events and commands.
    pub record: bool,
    /// Replay every life of every daemon on a fresh engine.
    pub replay: bool,
}

/// Runs a scenario. `make` makes an engine from a seed.
pub fn run<E: Subject>(scenario: Scenario, wanted: Wanted, make: impl Fn(u64) -> E + Clone + 'static) -> Verdict {
    let seed = scenario.seed;
    let mut world = World::new(scenario, Invariants::all(), make.clone());
    if wanted.record {
        world.record();
    }
    if wanted.replay {
        world.tape();
    }
    phases(&mut world);
    let mut violation = world.violation().cloned();
    if wanted.replay && violation.is_none() {
        let wrong = world.take_tapes().iter().find_map(|tape| tape.replay(make(tape.seed)).err());
        violation = wrong.map(|text| Violation { invariant: "replay", at: world.now(), text });
    }
    Verdict {
        seed,
        violation,
        hash: world.hash(),
        length: world.now().since(Time::ZERO),
        steps: world.steps(),
        recorder: world.take_recorder(),
    }
}

/// Lets the world come to rest: elections end, and kernels that were in trouble have been asked again.
fn settle<E: Subject>(world: &mut World<E>, settling: Duration) {
    world.run_for(settling + RETRY);
    for _ in 0..3 {
        let excused = world.bodies().iter().map(|body| body.excused_until).max().unwrap_or_default();
        if excused > world.now() {
            world.run_until(excused + Duration::from_millis(100));
        }
    }
}

fn phases<E: Subject>(world: &mut World<E>) {
    let calm = world.scenario().calm;
    let settling = world.scenario().settling();
    let rest = world.scenario().master_down() * 3;
    world.start_all();
    world.run_until(calm);
    world.apply(Action::Calm);
    settle(world, settling);
    world.inspect();
    world.run_for(rest);
    world.inspect();
    // The masters stop in good order, one after the other, then everybody.
    for router in 0..world.scenario().routers.len().min(2) {
        if let [master] = world.masters(router)[..]
            && world.bodies().len() > 2
        {
            world.apply(Action::Stop(master as u8));
            world.calm_from_now();
            settle(world, settling);
            world.inspect();
        }
    }
    for node in 0..world.bodies().len() {
        world.apply(Action::Stop(node as u8));
    }
    world.run_for(Duration::from_secs(15));
    world.calm_from_now();
    world.inspect();
}
