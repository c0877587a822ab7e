//! How fast engines step and how fast the world turns. `cargo bench -p keepalived-sim`

use core::time::Duration;
use divan::{Bencher, counter::ItemsCount};
use keepalived_core::net::Family;
use keepalived_core::vrrp::Vrrp;
use keepalived_sim::invariants::Invariants;
use keepalived_sim::run::{Wanted, run};
use keepalived_sim::scenario::Scenario;
use keepalived_sim::speed::quiet;
use keepalived_sim::world::World;

fn main() {
    divan::main();
}

const HOUR: Duration = Duration::from_secs(3600);

/// A quiet hour of a cluster; items are node-seconds.
#[divan::bench(args = [2, 3, 5, 7])]
fn quiet_hour_with_invariants(bencher: Bencher<'_, '_>, nodes: u8) {
    bencher
        .counter(ItemsCount::new(u64::from(nodes) * HOUR.as_secs()))
        .with_inputs(|| quiet(nodes, Invariants::all()))
        .bench_local_refs(|world| world.run_for(HOUR));
}

/// The same with nobody watching.
#[divan::bench(args = [2, 3, 5, 7])]
fn quiet_hour(bencher: Bencher<'_, '_>, nodes: u8) {
    bencher
        .counter(ItemsCount::new(u64::from(nodes) * HOUR.as_secs()))
        .with_inputs(|| quiet(nodes, Invariants::none()))
        .bench_local_refs(|world| world.run_for(HOUR));
}

/// Adverts of one master with so many virtual routers, heard by nobody; items are adverts.
#[divan::bench(args = [1, 16, 255])]
fn master_sends(bencher: Bencher<'_, '_>, routers: u8) {
    let minute = Duration::from_secs(60);
    bencher
        .counter(ItemsCount::new(u64::from(routers) * minute.as_secs()))
        .with_inputs(|| {
            let mut scenario = Scenario::new(1, 1, 1);
            for vrid in 1..=routers {
                scenario = scenario.router(0, Family::V4, vrid);
            }
            let mut world = World::new(scenario, Invariants::none(), Vrrp::new);
            world.start_all();
            world.run_for(Duration::from_secs(20));
            world
        })
        .bench_local_refs(|world| world.run_for(minute));
}

/// Whole random histories, faults and all.
#[divan::bench(sample_count = 5)]
fn twenty_histories() -> u64 {
    (0..20).map(|seed| run(Scenario::random(seed), Wanted::default(), Vrrp::new).steps).sum()
}
