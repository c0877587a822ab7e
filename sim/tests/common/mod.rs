//! Worlds for tests that are read like stories.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use core::time::Duration;
use keepalived_core::net::Family;
use keepalived_core::vrrp::Vrrp;
use keepalived_sim::fault::Action;
use keepalived_sim::invariants::Invariants;
use keepalived_sim::scenario::Scenario;
use keepalived_sim::world::World;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// `nodes` on one segment with one virtual router of one address; priorities 200, 190, ... and adverts every second.
pub(crate) fn cluster(nodes: u8) -> Scenario {
    Scenario::new(1, nodes, 1).router(0, Family::V4, 51)
}

/// The scenario, started, 20 seconds old, with all invariants watching.
pub(crate) fn started(scenario: Scenario) -> World<Vrrp> {
    let mut world = World::new(scenario, Invariants::all(), Vrrp::new);
    world.start_all();
    world.run_for(20 * SECOND);
    healthy(&world);
    world
}

/// Fails if an invariant did not hold.
pub(crate) fn healthy(world: &World<Vrrp>) {
    assert!(world.violation().is_none(), "{}", world.violation().unwrap());
}

/// Lets time pass, and looks.
pub(crate) fn pass(world: &mut World<Vrrp>, span: Duration) {
    world.run_for(span);
    healthy(world);
}

/// Does something, and looks.
pub(crate) fn act(world: &mut World<Vrrp>, action: Action) {
    world.apply(action);
    healthy(world);
}

/// How long it takes until exactly `masters` are MASTER of a virtual router, to the millisecond.
pub(crate) fn until(world: &mut World<Vrrp>, router: usize, masters: &[usize], limit: Duration) -> Duration {
    let begin = world.now();
    while world.masters(router) != masters {
        let passed = world.now().since(begin);
        assert!(passed < limit, "after {passed:?} the masters are {:?}, not {masters:?}", world.masters(router));
        pass(world, ms(1));
    }
    world.now().since(begin)
}

/// The end of a story: no faults from here on, and everything in order soon.
pub(crate) fn ends_well(world: &mut World<Vrrp>) {
    world.calm_from_now();
    let settling = world.scenario().settling();
    pass(world, settling);
    world.inspect();
    healthy(world);
}

/// Every virtual address in a node's kernel.
pub(crate) fn held(world: &World<Vrrp>, node: usize) -> Vec<core::net::IpAddr> {
    let kernel = &world.bodies()[node].kernel;
    let home = |ip| kernel.links.iter().any(|l| l.home.iter().any(|(own, _)| *own == ip));
    let mut held: Vec<_> = kernel.addresses.iter().map(|a| a.ip).filter(|ip| !home(*ip)).collect();
    held.sort();
    held
}
