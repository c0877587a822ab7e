//! Real requests through a director: who answers them, by every method and in both families.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::lvs::prelude::*;

/// Requests are spread by weight, exactly: wrr counts.
fn spread_by_weight(method: Method, family: Family) {
    if !needs_ipvs() || !Implementation::under_test().is_here() {
        return;
    }
    let farm = Farm::new(method, family).held_by("d1");
    let service = farm.virtual_server(&[3, 2, 1]);
    let _d1 = farm.balance("d1", Implementation::under_test(), &service.config());
    farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
    let spread = farm.spread(30);
    assert_eq!(spread.values().copied().collect::<Vec<_>>(), [15, 10, 5], "{spread:?}");
}

#[test]
fn nat_v4() {
    in_sandbox(|| spread_by_weight(Method::Nat, Family::V4));
}

#[test]
fn nat_v6() {
    in_sandbox(|| spread_by_weight(Method::Nat, Family::V6));
}

#[test]
fn direct_v4() {
    in_sandbox(|| spread_by_weight(Method::Direct, Family::V4));
}

#[test]
fn direct_v6() {
    in_sandbox(|| spread_by_weight(Method::Direct, Family::V6));
}

#[test]
fn tunnel_v4() {
    in_sandbox(|| spread_by_weight(Method::Tunnel, Family::V4));
}

#[test]
fn tunnel_v6() {
    in_sandbox(|| spread_by_weight(Method::Tunnel, Family::V6));
}
