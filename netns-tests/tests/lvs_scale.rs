//! Many services.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::lvs::config::file;
use keepalived_netns_tests::lvs::prelude::*;
use keepalived_netns_tests::lvs::table::Saved;
use std::net::{Ipv4Addr, SocketAddr};

fn many(services: u16, reals: u8, weight_of_the_last: u32) -> Vec<Virtual> {
    let real = |service: u16, n: u8| {
        let weight = if service + 1 == services && n + 1 == reals { weight_of_the_last } else { 1 };
        Real::new(SocketAddr::from((Ipv4Addr::new(10, 2, 0, 11 + n), 1000 + service))).weight(weight)
    };
    (0..services)
        .map(|service| {
            let at = SocketAddr::from((Ipv4Addr::new(10, 1, 0, 100), 1000 + service));
            (0..reals).fold(Virtual::new(at, Method::Nat), |all, n| all.real(real(service, n)))
        })
        .collect()
}

fn saved(all: &[Virtual]) -> Saved {
    all.iter().fold(Saved::default(), |saved, one| saved.with(one.saved_whole()))
}

#[test]
fn a_thousand_services_of_ten() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        let before = many(1000, 10, 1);
        let mut d1 = farm.balance("d1", Implementation::under_test(), &file(&before.iter().collect::<Vec<_>>()));
        let took = farm.await_table("d1", &saved(&before), Duration::from_secs(60));
        eprintln!("{:?} after {took:?}", farm.table("d1").size());
        let after = many(1000, 10, 7);
        d1.rewrite(&file(&after.iter().collect::<Vec<_>>()));
        d1.reload();
        let took = farm.await_table("d1", &saved(&after), Duration::from_secs(60));
        eprintln!("one weight changed after {took:?}");
        d1.signal(nix::sys::signal::Signal::SIGTERM);
        assert_eq!(d1.await_exit(Duration::from_secs(60)).code(), Some(0));
        assert_eq!(farm.table("d1").size(), (0, 0), "nothing stays behind");
    });
}
