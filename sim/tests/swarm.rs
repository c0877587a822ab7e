//! A few hundred histories in the ordinary suite. A failure names its seed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use core::time::Duration;
use keepalived_core::vrrp::Vrrp;
use keepalived_sim::run::{Wanted, run};
use keepalived_sim::scenario::Scenario;
use std::time::Instant;

const SEEDS: u64 = 300;
const THREADS: u64 = 2;
/// Enough for all of them on a machine that does something else as well; what is left then is left out, and that is said.
const BUDGET: Duration = Duration::from_secs(40);

fn histories(share: u64) -> Vec<String> {
    let begin = Instant::now();
    let mut wrong = Vec::new();
    for seed in (0..SEEDS).filter(|seed| seed % THREADS == share) {
        if begin.elapsed() > BUDGET {
            eprintln!("out of time at seed {seed}");
            break;
        }
        let verdict = run(Scenario::random(seed), Wanted { record: false, replay: seed % 3 == 0 }, Vrrp::new);
        if verdict.violation.is_some() {
            wrong.push(format!("{verdict} (cargo run -p keepalived-sim -- --seed {seed} --timeline)"));
        }
    }
    wrong
}

#[test]
fn the_invariants_hold_in_random_histories() {
    let threads: Vec<_> = (0..THREADS).map(|share| std::thread::spawn(move || histories(share))).collect();
    let wrong: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in (0..SEEDS).step_by(20) {
        let first = run(Scenario::random(seed), Wanted::default(), Vrrp::new);
        let again = run(Scenario::random(seed), Wanted { record: true, replay: true }, Vrrp::new);
        assert_eq!((first.hash, first.steps, first.length), (again.hash, again.steps, again.length), "seed {seed}");
    }
}

#[test]
fn different_seeds_are_different_histories() {
    let hashes: std::collections::BTreeSet<u64> =
        (0..20).map(|seed| run(Scenario::random(seed), Wanted::default(), Vrrp::new).hash).collect();
    assert_eq!(hashes.len(), 20);
}
