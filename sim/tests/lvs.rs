//! Thousands of checks against servers that flap, drag, drip and lie; and engines that are broken on purpose.

use keepalived_sim::lvs::watch::INVARIANTS;
use keepalived_sim::lvs::{Mutation, Plan, run};
use std::collections::BTreeSet;

fn sound(plan: &Plan) {
    let (violations, figures) = run(plan, Mutation::None);
    let said: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "seed {}: {said:#?}\n{figures:?}", plan.seed);
}

#[test]
fn small_pools_of_many_seeds() {
    (0..60).for_each(|seed| sound(&Plan::draw(seed, 6, 12)));
}

#[test]
fn thousands_of_checks() {
    sound(&Plan::draw(100, 1000, 3000));
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let of = |seed| run(&Plan::draw(seed, 6, 12), Mutation::None).1;
    assert_eq!(of(3), of(3));
    assert_ne!(of(3), of(4));
}

/// Every invariant is broken by some engine, and every broken engine breaks one.
#[test]
fn broken_engines_are_found_out() {
    let expected = [
        (Mutation::Oversleeps, "deadline"),
        (Mutation::Believes, "decision"),
        (Mutation::Suspects, "decision"),
        (Mutation::NeverCloses, "bounded"),
        (Mutation::Stutters, "rhythm"),
        (Mutation::LosesCommands, "table"),
        (Mutation::Mumbles, "alternate"),
        (Mutation::Overlaps, "in order"),
        (Mutation::Levels, "weight"),
    ];
    let mut broken = BTreeSet::new();
    for (mutation, invariant) in expected {
        let found: BTreeSet<&str> = (0..8)
            .flat_map(|seed| run(&Plan::draw(seed, 6, 12), mutation).0)
            .map(|violation| violation.invariant)
            .collect();
        assert!(found.contains(invariant), "{mutation:?}: {found:?}");
        broken.insert(invariant);
    }
    assert_eq!(broken, INVARIANTS.into());
}
