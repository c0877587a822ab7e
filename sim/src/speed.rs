//! How fast the world turns.

use crate::invariants::Invariants;
use crate::scenario::Scenario;
use crate::world::World;
use core::time::Duration;
use keepalived_core::net::Family;
use keepalived_core::vrrp::{State, Vrrp};
use std::time::Instant;

/// A quiet cluster of `nodes`: one virtual router with adverts every second.
#[must_use]
pub fn quiet(nodes: u8, invariants: Invariants) -> World<Vrrp> {
    let mut world = World::new(Scenario::new(1, nodes, 1).router(0, Family::V4, 51), invariants, Vrrp::new);
    world.start_all();
    world.run_for(Duration::from_secs(20));
    world
}

/// Simulated node-seconds for each second of one core, in a quiet cluster of `nodes` that is simulated for `span`.
/// `None` where the cluster has no master, so that there is nothing to measure.
#[must_use]
pub fn node_seconds_per_second(nodes: u8, span: Duration, invariants: Invariants) -> Option<f64> {
    let mut world = quiet(nodes, invariants);
    let masters = world.bodies().iter().filter(|body| body.state_of(0) == State::Master).count();
    if masters != 1 {
        return None;
    }
    let begin = Instant::now();
    world.run_for(span);
    Some(f64::from(nodes) * span.as_secs_f64() / begin.elapsed().as_secs_f64())
}
