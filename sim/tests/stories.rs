//! What happens to a cluster, told one story at a time. The invariants watch all of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{SECOND, act, cluster, ends_well, healthy, held, ms, pass, started, until};
use core::time::Duration;
use keepalived_core::config::model::Config;
use keepalived_core::net::{AdvertInterval, Family, Priority, Version, Vrid};
use keepalived_core::vrrp::{State, Vrrp};
use keepalived_sim::fault::Action;
use keepalived_sim::invariants::Invariants;
use keepalived_sim::scenario::{Scenario, nth_address};
use keepalived_sim::world::World;
use std::sync::Arc;

/// Three intervals of a second and the skew of a priority.
fn master_down(priority: u8) -> Duration {
    AdvertInterval::DEFAULT.master_down(Priority(priority), Version::V3)
}

fn near(measured: Duration, expected: Duration) {
    assert!(measured.abs_diff(expected) <= ms(3), "measured {measured:?}, expected {expected:?}");
}

#[test]
fn the_highest_priority_is_elected_first() {
    let mut world = World::new(cluster(3), Invariants::all(), Vrrp::new);
    world.start_all();
    let took = until(&mut world, 0, &[0], 10 * SECOND);
    near(took, master_down(200));
    ends_well(&mut world);
    assert_eq!((held(&world, 0).len(), held(&world, 1).len(), held(&world, 2).len()), (1, 0, 0));
}

#[test]
fn a_crashed_master_is_replaced_and_takes_over_again() {
    let mut world = started(cluster(3));
    let last_advert = world.now();
    act(&mut world, Action::Crash(0));
    let took = until(&mut world, 0, &[1], 10 * SECOND);
    // The last advert was sent at most one interval before the crash.
    assert!(took <= master_down(190) + ms(3) && took > master_down(190) - SECOND, "{took:?} after {last_advert}");
    assert_eq!(held(&world, 0).len(), 1, "what a killed daemon had stays in the kernel");
    act(&mut world, Action::Start(0));
    pass(&mut world, ms(50));
    assert_eq!(held(&world, 0).len(), 0, "its successor cleans up");
    near(until(&mut world, 0, &[0], 10 * SECOND), master_down(200) - ms(50));
    ends_well(&mut world);
}

#[test]
fn a_master_that_stops_is_replaced_after_the_skew() {
    let mut world = started(cluster(3));
    act(&mut world, Action::Stop(0));
    let skew = AdvertInterval::DEFAULT.skew(Priority(190), Version::V3);
    near(until(&mut world, 0, &[1], SECOND), skew);
    assert_eq!(held(&world, 0).len(), 0);
    ends_well(&mut world);
}

#[test]
fn a_partition_has_two_masters_and_healing_one() {
    let mut world = started(cluster(4));
    act(&mut world, Action::Partition(0, 0b1100));
    let took = until(&mut world, 0, &[0, 2], 10 * SECOND);
    assert!(took <= master_down(180) + ms(3), "{took:?}");
    pass(&mut world, 30 * SECOND);
    act(&mut world, Action::Heal(0));
    let took = until(&mut world, 0, &[0], 10 * SECOND);
    assert!(took <= SECOND + ms(3), "{took:?}");
    ends_well(&mut world);
}

#[test]
fn healing_is_announced_whoever_speaks_first() {
    // The survivor must announce again even when the loser heard it first.
    for offset in 0..20 {
        let mut world = started(cluster(2));
        act(&mut world, Action::Partition(0, 0b10));
        pass(&mut world, 20 * SECOND + ms(50 * offset));
        act(&mut world, Action::Heal(0));
        ends_well(&mut world);
    }
}

#[test]
fn a_deaf_backup_takes_over_and_gives_way_when_it_hears_again() {
    let mut world = started(cluster(2));
    act(&mut world, Action::Deaf(0, 1, true));
    until(&mut world, 0, &[0, 1], 10 * SECOND);
    pass(&mut world, 10 * SECOND);
    assert_eq!(world.masters(0), [0, 1], "the deaf one cannot know, and the other one is right");
    act(&mut world, Action::Deaf(0, 1, false));
    let took = until(&mut world, 0, &[0], 10 * SECOND);
    assert!(took <= SECOND + ms(3), "{took:?}");
    ends_well(&mut world);
}

#[test]
fn a_mute_master_is_deposed_and_comes_back() {
    let mut world = started(cluster(2));
    act(&mut world, Action::Mute(0, 0, true));
    until(&mut world, 0, &[0, 1], 10 * SECOND);
    act(&mut world, Action::Mute(0, 0, false));
    let took = until(&mut world, 0, &[0], 10 * SECOND);
    assert!(took <= SECOND + ms(3), "{took:?}");
    ends_well(&mut world);
}

/// What a pause of the master for ten seconds leads to, in its three kinds and with either order of events after it.
fn paused(pause: fn(u8) -> Action, timeout_first: bool, preempt: bool) -> World<Vrrp> {
    let mut scenario = cluster(2).each(|_, instance| instance.preempt = preempt);
    scenario.timeout_first = timeout_first;
    let mut world = started(scenario);
    act(&mut world, pause(0));
    pass(&mut world, 10 * SECOND);
    assert_eq!(world.masters(0), [0, 1], "the paused master cannot say that it is none");
    act(&mut world, Action::Resume(0));
    world
}

#[test]
fn a_paused_master_meets_its_successor_and_one_remains() {
    for pause in [Action::Pause, Action::Freeze, Action::Sleep] {
        for timeout_first in [false, true] {
            let mut world = paused(pause, timeout_first, true);
            let took = until(&mut world, 0, &[0], 10 * SECOND);
            assert!(took <= SECOND + ms(3), "{took:?}");
            ends_well(&mut world);
        }
    }
}

#[test]
fn a_paused_nopreempt_master_does_not_take_over_again() {
    for timeout_first in [false, true] {
        let mut world = paused(Action::Sleep, timeout_first, false);
        let took = until(&mut world, 0, &[1], 10 * SECOND);
        assert!(took <= 2 * SECOND, "{took:?}");
        ends_well(&mut world);
    }
}

#[test]
fn a_link_without_carrier_is_a_fault_and_its_return_is_not() {
    let mut world = started(cluster(2));
    act(&mut world, Action::Carrier(0, 0, false));
    pass(&mut world, ms(10));
    assert_eq!(world.bodies()[0].state_of(0), State::Fault);
    assert_eq!(held(&world, 0).len(), 0);
    until(&mut world, 0, &[1], 10 * SECOND);
    act(&mut world, Action::Carrier(0, 0, true));
    until(&mut world, 0, &[0], 10 * SECOND);
    for _ in 0..20 {
        act(&mut world, Action::Carrier(0, 0, false));
        pass(&mut world, ms(3));
        act(&mut world, Action::Carrier(0, 0, true));
        pass(&mut world, ms(3));
    }
    ends_well(&mut world);
    assert_eq!(world.masters(0), [0]);
}

#[test]
fn a_link_that_is_deleted_and_made_again_is_followed() {
    let mut world = started(cluster(2));
    act(&mut world, Action::DeleteLink(0, 0));
    pass(&mut world, 5 * SECOND);
    assert_eq!(world.masters(0), [1]);
    act(&mut world, Action::RecreateLink(0, 0));
    ends_well(&mut world);
    assert_eq!(world.masters(0), [0]);
    assert_eq!(held(&world, 0).len(), 1);
}

#[test]
fn a_link_that_is_renamed_away_is_missing_until_it_is_renamed_back() {
    let mut world = started(cluster(2));
    act(&mut world, Action::Rename(0, 0, true));
    pass(&mut world, 5 * SECOND);
    assert_eq!(world.masters(0), [1]);
    act(&mut world, Action::Rename(0, 0, false));
    ends_well(&mut world);
    assert_eq!(world.masters(0), [0]);
}

#[test]
fn a_slow_kernel_delays_announcements_not_adverts() {
    let mut world = started(cluster(2));
    act(&mut world, Action::KernelSpeed(1, 2 * SECOND, 2 * SECOND));
    act(&mut world, Action::Crash(0));
    act(&mut world, Action::PowerOff(0));
    until(&mut world, 0, &[1], 10 * SECOND);
    pass(&mut world, SECOND);
    assert_eq!(held(&world, 1).len(), 0, "the kernel has not got round to it");
    pass(&mut world, 10 * SECOND);
    assert_eq!(held(&world, 1).len(), 1);
    ends_well(&mut world);
}

#[test]
fn an_address_that_somebody_deletes_comes_back() {
    let mut world = started(cluster(2));
    for _ in 0..5 {
        act(&mut world, Action::DeleteAddress(0, 0));
        assert_eq!(held(&world, 0).len(), 0);
        pass(&mut world, ms(10));
        assert_eq!(held(&world, 0).len(), 1);
        assert_eq!(world.masters(0), [0]);
    }
    ends_well(&mut world);
}

#[test]
fn an_address_that_is_deleted_while_the_monitor_overruns_comes_back() {
    let mut world = started(cluster(2));
    act(&mut world, Action::DeleteAddress(0, 0));
    act(&mut world, Action::Overrun(0));
    pass(&mut world, ms(20));
    assert_eq!(held(&world, 0).len(), 1);
    ends_well(&mut world);
}

#[test]
fn nopreempt_leaves_a_lower_master_alone() {
    let mut world = started(cluster(2).each(|_, instance| instance.preempt = false));
    assert_eq!(world.masters(0), [0]);
    act(&mut world, Action::Stop(0));
    until(&mut world, 0, &[1], 10 * SECOND);
    act(&mut world, Action::Start(0));
    pass(&mut world, 60 * SECOND);
    assert_eq!(world.masters(0), [1]);
    act(&mut world, Action::Crash(1));
    until(&mut world, 0, &[0], 10 * SECOND);
    act(&mut world, Action::Start(1));
    ends_well(&mut world);
}

#[test]
fn preempt_delay_tolerates_a_lower_master_for_that_long() {
    let mut world = started(cluster(2).each(|_, instance| instance.preempt_delay = 30 * SECOND));
    act(&mut world, Action::Stop(0));
    until(&mut world, 0, &[1], 10 * SECOND);
    act(&mut world, Action::Start(0));
    let took = until(&mut world, 0, &[0], 60 * SECOND);
    assert!(took >= 30 * SECOND && took <= 30 * SECOND + master_down(200) + SECOND, "{took:?}");
    // A master that dies is not waited for.
    act(&mut world, Action::Stop(0));
    until(&mut world, 0, &[1], 10 * SECOND);
    act(&mut world, Action::Start(0));
    pass(&mut world, 5 * SECOND);
    act(&mut world, Action::Crash(1));
    let took = until(&mut world, 0, &[0], 60 * SECOND);
    assert!(took <= master_down(200) + ms(3), "{took:?}");
    act(&mut world, Action::Start(1));
    ends_well(&mut world);
}

#[test]
fn of_equal_priorities_the_higher_address_wins_a_duel_and_nobody_preempts() {
    let mut world = started(cluster(3).each(|_, instance| instance.priority = Priority(100)));
    // All waited equally long, so there was a duel, and the last of the three has the highest address.
    assert_eq!(world.masters(0), [2]);
    act(&mut world, Action::Crash(2));
    until(&mut world, 0, &[1], 10 * SECOND);
    act(&mut world, Action::Start(2));
    pass(&mut world, 30 * SECOND);
    assert_eq!(world.masters(0), [1], "an equal master is left alone");
    ends_well(&mut world);
}

#[test]
fn an_owner_is_master_at_once() {
    let mut world = World::new(
        cluster(2).each(|node, instance| {
            if node == 0 {
                instance.priority = Priority::OWNER;
                instance.state = keepalived_core::config::model::InitialState::Master;
            }
        }),
        Invariants::all(),
        Vrrp::new,
    );
    world.start_all();
    assert!(until(&mut world, 0, &[0], SECOND) <= ms(5));
    ends_well(&mut world);
}

/// Two nodes, two segments, one virtual router on each, bound together.
fn grouped() -> Scenario {
    Scenario::new(1, 2, 2).router(0, Family::V4, 51).router(1, Family::V6, 52).grouped("G")
}

#[test]
fn a_sync_group_moves_as_one_when_one_link_fails() {
    let mut world = started(grouped());
    assert_eq!((world.masters(0), world.masters(1)), (vec![0], vec![0]));
    act(&mut world, Action::Carrier(0, 1, false));
    pass(&mut world, 10 * SECOND);
    assert_eq!((world.masters(0), world.masters(1)), (vec![1], vec![1]));
    act(&mut world, Action::Carrier(0, 1, true));
    ends_well(&mut world);
    assert_eq!((world.masters(0), world.masters(1)), (vec![0], vec![0]));
}

#[test]
fn a_sync_group_with_one_segment_cut_stays_together() {
    let mut world = started(grouped());
    act(&mut world, Action::Partition(1, 0b10));
    pass(&mut world, 60 * SECOND);
    // The second node hears the master on the other segment, and a group that is master only in part is none.
    assert_eq!((world.masters(0), world.masters(1)), (vec![0], vec![0]));
    act(&mut world, Action::Heal(1));
    ends_well(&mut world);
}

#[test]
fn a_sync_group_preempts_though_its_members_are_ready_at_different_times() {
    // The first member waits for several adverts of the lower master until the second is ready.
    let delays = [ms(2000), ms(5500)];
    let mut world = started(grouped().each(|_, instance| {
        instance.preempt_delay = delays[usize::from(instance.family == Family::V6)];
    }));
    act(&mut world, Action::Stop(0));
    pass(&mut world, 10 * SECOND);
    assert_eq!((world.masters(0), world.masters(1)), (vec![1], vec![1]));
    act(&mut world, Action::Start(0));
    ends_well(&mut world);
    assert_eq!((world.masters(0), world.masters(1)), (vec![0], vec![0]));
}

#[test]
fn a_node_that_restarts_in_the_middle_of_an_election_does_no_harm() {
    let mut world = started(cluster(3));
    act(&mut world, Action::Crash(0));
    pass(&mut world, ms(3000));
    act(&mut world, Action::Start(0));
    pass(&mut world, ms(200));
    act(&mut world, Action::Crash(1));
    act(&mut world, Action::Start(1));
    pass(&mut world, ms(700));
    act(&mut world, Action::Crash(0));
    act(&mut world, Action::Start(0));
    ends_well(&mut world);
    assert_eq!(world.masters(0), [0]);
}

#[test]
fn the_same_configuration_again_changes_nothing() {
    let mut world = started(cluster(2));
    for _ in 0..10 {
        act(&mut world, Action::ReloadSame(0));
        act(&mut world, Action::ReloadSame(1));
        pass(&mut world, ms(330));
    }
    ends_well(&mut world);
}

/// Configurations that differ in one thing each.
fn variants(base: &Config, family: Family) -> Vec<(&'static str, Config)> {
    let vary = |what, change: &dyn Fn(&mut Config)| {
        let mut config = base.clone();
        change(&mut config);
        (what, config)
    };
    let vrid = Vrid::new(51).unwrap();
    let mut all = vec![
        vary("nothing", &|_| ()),
        vary("priority", &|c| c.instances[0].priority = Priority(50)),
        vary("interval", &|c| c.instances[0].advert_interval = AdvertInterval::from_centis(50).unwrap()),
        vary("another address", &|c| c.instances[0].addresses.push(nth_address(0, family, vrid, 1))),
        vary("an address less", &|c| _ = c.instances[0].addresses.remove(0)),
        vary("excluded", &|c| c.instances[0].excluded.push(nth_address(0, family, vrid, 5))),
        vary("prefix length", &|c| c.instances[0].addresses[0].prefix = 24),
        vary("nopreempt", &|c| c.instances[0].preempt = false),
        vary("vrid", &|c| c.instances[0].vrid = Vrid::new(99).unwrap()),
        vary("no instance", &|c| c.instances.clear()),
        vary("order", &|c| c.instances[0].addresses.reverse()),
        vary("name", &|c| c.instances[0].name = "V1".into()),
    ];
    if family == Family::V4 {
        all.push(vary("version", &|c| c.instances[0].version = Version::V2));
    }
    all
}

/// A single node, so that who is master depends on nothing else.
fn alone(family: Family) -> Scenario {
    let mut scenario = Scenario::new(1, 1, 1).router(0, family, 51);
    let config = Arc::make_mut(&mut scenario.nodes[0].config);
    config.instances[0].addresses.push(nth_address(0, family, Vrid::new(51).unwrap(), 2));
    scenario
}

#[test]
fn starting_and_reloading_ends_as_starting_with_the_new_configuration() {
    let mut wrong = Vec::new();
    for family in [Family::V4, Family::V6] {
        let base = alone(family);
        let all = variants(&base.nodes[0].config, family);
        for (from, a) in &all {
            for (to, b) in &all {
                let fresh = reloaded_from(base.clone(), b, b);
                let reloaded = reloaded_from(base.clone(), a, b);
                if fresh != reloaded {
                    wrong.push(format!("{family} from {from} to {to}: {reloaded:?}, and not {fresh:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a node ends with that is started with `a` and reloaded with `b`; or what did not hold on the way.
fn reloaded_from(mut scenario: Scenario, a: &Config, b: &Config) -> Result<Vec<String>, String> {
    scenario.nodes[0].config = Arc::new(a.clone());
    scenario.nodes[0].other = Arc::new(b.clone());
    let mut world = World::new(scenario, Invariants::all(), Vrrp::new);
    world.start_all();
    world.run_for(20 * SECOND);
    world.apply(Action::Reload(0, true));
    world.run_for(20 * SECOND);
    world.calm_from_now();
    world.run_for(10 * SECOND);
    world.inspect();
    let mut end: Vec<String> =
        world.bodies()[0].kernel.addresses.iter().map(|a| format!("{}/{}", a.ip, a.prefix)).collect();
    end.sort();
    end.push(world.bodies()[0].state_of(0).to_string());
    world.apply(Action::Stop(0));
    world.run_for(10 * SECOND);
    match world.violation() {
        Some(violation) => Err(violation.to_string()),
        None if !held(&world, 0).is_empty() => Err(format!("left {:?} behind", held(&world, 0))),
        None => Ok(end),
    }
}

#[test]
fn an_object_that_stays_the_same_is_not_late_because_another_changed() {
    // Two virtual routers; the second is changed to and fro. The cadence invariant watches the first.
    let mut scenario = Scenario::new(1, 2, 1).router(0, Family::V4, 51).router(0, Family::V6, 51);
    for node in &mut scenario.nodes {
        let mut other = Config::clone(&node.config);
        other.instances[1].priority = Priority(20);
        other.instances[1].addresses.push(nth_address(0, Family::V6, Vrid::new(51).unwrap(), 1));
        node.other = Arc::new(other);
    }
    let mut world = started(scenario);
    let since = |world: &World<Vrrp>| world.bodies()[0].instances[0].since;
    let before = since(&world);
    for round in 0..20 {
        act(&mut world, Action::Reload(0, round % 2 == 0));
        act(&mut world, Action::Reload(1, round % 2 == 0));
        pass(&mut world, ms(770));
    }
    assert_eq!(since(&world), before);
    ends_well(&mut world);
}

#[test]
fn version_2_with_a_password_works_as_well() {
    let mut world = started(cluster(3).each(|_, instance| {
        instance.version = Version::V2;
        instance.auth = Some(keepalived_core::config::model::AuthPass(*b"secret\0\0"));
    }));
    assert_eq!(world.masters(0), [0]);
    act(&mut world, Action::Crash(0));
    until(&mut world, 0, &[1], 10 * SECOND);
    act(&mut world, Action::Start(0));
    ends_well(&mut world);
}

#[test]
fn a_wrong_password_makes_two_masters_and_everybody_is_told() {
    let mut world = World::new(
        cluster(2).each(|node, instance| {
            instance.version = Version::V2;
            let password = if node == 0 { *b"secret\0\0" } else { *b"sesame\0\0" };
            instance.auth = Some(keepalived_core::config::model::AuthPass(password));
        }),
        Invariants::none(),
        Vrrp::new,
    );
    world.record();
    world.start_all();
    world.run_for(30 * SECOND);
    assert_eq!(world.masters(0), [0, 1]);
    let mut timeline = Vec::new();
    world.take_recorder().unwrap().timeline(&mut timeline).unwrap();
    let timeline = String::from_utf8(timeline).unwrap();
    for node in 0..2 {
        let told = timeline.lines().filter(|l| l.contains(&format!("node {node} Dropped")) && l.contains("AuthData"));
        assert_eq!(told.count(), 1, "once, not for each packet");
    }
}

#[test]
fn unicast_peers_elect_one_master() {
    let mut world = started(Scenario::new(1, 3, 1).router(0, Family::V6, 51).each(|node, instance| {
        let peers = (0..3u8).filter(|other| *other != node).map(|other| keepalived_core::config::model::UnicastPeer {
            ip: keepalived_sim::scenario::home(0, other + 1, Family::V6),
            min_ttl: 255,
            max_ttl: 255,
        });
        let peers = peers.collect();
        instance.transport = keepalived_core::config::model::Transport::Unicast { peers, ttl: 255 };
    }));
    assert_eq!(world.masters(0), [0]);
    act(&mut world, Action::Crash(0));
    until(&mut world, 0, &[1], 10 * SECOND);
    act(&mut world, Action::Start(0));
    ends_well(&mut world);
    healthy(&world);
}

#[test]
fn a_master_that_speaks_seldom_is_not_replaced_by_backups_that_speak_often() {
    // Version 3: the backups follow the master's interval, also right after they heard the last word of a faster one.
    let scenario = cluster(3).each(|node, instance| {
        let centis = if node == 0 { 50 } else { 10 };
        instance.advert_interval = AdvertInterval::from_centis(centis).unwrap();
    });
    for offset in 0..10 {
        let mut world = started(scenario.clone());
        act(&mut world, Action::Crash(0));
        until(&mut world, 0, &[1], 10 * SECOND);
        pass(&mut world, ms(10 * offset));
        act(&mut world, Action::Start(0));
        ends_well(&mut world);
        let since = world.bodies()[0].instances[0].since;
        pass(&mut world, 30 * SECOND);
        assert_eq!((world.masters(0), world.bodies()[0].instances[0].since), (vec![0], since));
        ends_well(&mut world);
    }
}

#[test]
fn a_stop_that_waits_for_a_script_does_not_start_anything() {
    let script = keepalived_core::config::model::Script::new(["/bin/stop"]);
    for seed in 0..200 {
        // Some of the scripts hang for long.
        let mut scenario = cluster(1).each(|_, instance| instance.notify.stop = Some(Box::new(script.clone())));
        scenario.seed = seed;
        let mut world = started(scenario);
        act(&mut world, Action::Carrier(0, 0, false));
        pass(&mut world, SECOND);
        act(&mut world, Action::Stop(0));
        act(&mut world, Action::Carrier(0, 0, true));
        pass(&mut world, 10 * SECOND);
        assert_eq!(held(&world, 0).len(), 0);
        ends_well(&mut world);
    }
}

#[test]
fn a_nopreempt_master_that_is_not_sure_announces_nothing() {
    // It sleeps at every moment of its first seconds as master, when bursts and kernel answers are due.
    for offset in 0..40 {
        let mut scenario = cluster(2).each(|_, instance| {
            instance.preempt = false;
            instance.garp.refresh = SECOND;
        });
        scenario.timeout_first = offset % 2 == 0;
        let mut world = World::new(scenario, Invariants::all(), Vrrp::new);
        world.start_all();
        until(&mut world, 0, &[0], 10 * SECOND);
        act(&mut world, Action::DeleteAddress(0, 0));
        pass(&mut world, ms(200 * offset));
        act(&mut world, Action::DeleteAddress(0, 0));
        act(&mut world, Action::Sleep(0));
        pass(&mut world, 10 * SECOND);
        act(&mut world, Action::Resume(0));
        ends_well(&mut world);
    }
}
