//! Every invariant can fail: an engine that is broken in the right way makes it fire, and the sound one does not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::net::Family;
use keepalived_core::vrrp::Vrrp;
use keepalived_sim::fault::Action;
use keepalived_sim::invariants::Invariants;
use keepalived_sim::mutant::{Mutant, Mutation};
use keepalived_sim::run::{Wanted, run};
use keepalived_sim::scenario::Scenario;
use std::collections::BTreeSet;

/// Two nodes and a day in their life: a crash, a partition, a pause, a link without carrier, reloads.
fn eventful() -> Scenario {
    let at = |seconds| Time::from_secs(seconds);
    let mut scenario = Scenario::new(7, 2, 1)
        .router(0, Family::V4, 51)
        .at(at(20), Action::Crash(0))
        .at(at(30), Action::Start(0))
        .at(at(50), Action::Partition(0, 0b10))
        .at(at(70), Action::Heal(0))
        .at(at(90), Action::Carrier(0, 0, false))
        .at(at(100), Action::Carrier(0, 0, true))
        .at(at(120), Action::ReloadSame(0))
        .at(at(121), Action::RoundTrip(1))
        .at(at(122), Action::Stop(1))
        .at(at(130), Action::Start(1));
    scenario.calm = at(140);
    scenario
}

/// Two masters for a while.
fn parted() -> Scenario {
    let mut scenario = Scenario::new(7, 2, 1)
        .router(0, Family::V4, 51)
        .at(Time::from_secs(20), Action::Partition(0, 0b10))
        .at(Time::from_secs(40), Action::Heal(0));
    scenario.calm = Time::from_secs(50);
    scenario
}

/// The higher one is away for a while.
fn rejoining() -> Scenario {
    let mut scenario = Scenario::new(7, 2, 1)
        .router(0, Family::V4, 51)
        .at(Time::from_secs(20), Action::Crash(0))
        .at(Time::from_secs(40), Action::Start(0));
    scenario.calm = Time::from_secs(50);
    scenario
}

/// The same on two segments, with one virtual router on each, bound together; one segment is cut for a while.
fn grouped() -> Scenario {
    let mut scenario = Scenario::new(7, 2, 2).router(0, Family::V4, 51).router(1, Family::V4, 52).grouped("G");
    scenario = scenario.at(Time::from_secs(20), Action::Partition(1, 0b10));
    scenario.calm = Time::from_secs(60);
    scenario
}

fn nopreempt() -> Scenario {
    eventful().each(|_, instance| instance.preempt = false)
}

/// What must be noticed, of which engine, in which scenario.
type Case = (&'static str, Mutation, fn() -> Scenario);

const TABLE: &[Case] = &[
    ("adverts", Mutation::AdvertsAsBackup, eventful),
    ("announces", Mutation::NeverAnnounces, eventful),
    ("announces", Mutation::AnnouncesEarly, eventful),
    ("announces", Mutation::AnnouncesOnce, eventful),
    ("bounded", Mutation::Babbles, eventful),
    ("cadence", Mutation::SkipsAdverts, eventful),
    ("cadence", Mutation::StuttersAdverts, eventful),
    ("clean_stop", Mutation::KeepsAddresses, stopping),
    ("faults", Mutation::HidesRecovery, eventful),
    ("holders", Mutation::KeepsAddresses, eventful),
    ("holders", Mutation::AddsNothing, eventful),
    ("last_word", Mutation::SilentSurvivor, parted),
    ("nopreempt", Mutation::AlwaysPreempts, nopreempt),
    ("one_master", Mutation::NeverWakes, eventful),
    ("one_master", Mutation::NeverPreempts, rejoining),
    ("overlap", Mutation::IgnoresRivals, eventful),
    ("overlap", Mutation::Deaf, eventful),
    ("reload", Mutation::RestartsAtReload, eventful),
    ("states", Mutation::RepeatsStates, eventful),
    ("sync_groups", Mutation::Ungrouped, grouped),
    ("replay", Mutation::Undetermined, eventful),
    ("round_trip", Mutation::Unsaveable, eventful),
];

/// A master that is told to stop before anything else happens.
fn stopping() -> Scenario {
    let mut scenario = Scenario::new(7, 1, 1).router(0, Family::V4, 51).at(Time::from_secs(20), Action::Stop(0));
    scenario.calm = Time::from_secs(30);
    scenario
}

#[test]
fn every_mutant_is_caught_by_the_invariant_that_is_meant_for_it() {
    let mut wrong = Vec::new();
    for (invariant, mutation, scenario) in TABLE {
        let (mutation, wanted) = (*mutation, Wanted { record: false, replay: true });
        let verdict = run(scenario(), wanted, move |seed| Mutant::new(seed, mutation));
        if verdict.violation.as_ref().map(|violation| violation.invariant) != Some(*invariant) {
            wrong.push(format!("{mutation:?} should fail {invariant}: {verdict}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_invariant_has_a_mutant() {
    let watched: BTreeSet<&str> = TABLE.iter().map(|(invariant, ..)| *invariant).collect();
    let missing: Vec<&str> = Invariants::all().names().into_iter().filter(|name| !watched.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_sound_engine_passes_the_same_scenarios() {
    for scenario in [eventful, parted, rejoining, grouped, nopreempt, stopping] {
        for mutant in [false, true] {
            let wanted = Wanted { record: false, replay: true };
            let verdict = if mutant {
                run(scenario(), wanted, |seed| Mutant::new(seed, Mutation::None))
            } else {
                run(scenario(), wanted, Vrrp::new)
            };
            assert!(verdict.violation.is_none(), "{verdict}");
            assert!(verdict.length > Duration::from_secs(30));
        }
    }
}
