//! Weights that scripts and files decide.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::lvs::config::GLOBAL;
use keepalived_netns_tests::lvs::prelude::*;
use std::os::unix::fs::PermissionsExt;

const LIMIT: Duration = Duration::from_secs(2);

#[test]
fn misc_check_sets_the_weight() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        std::fs::write("/run/verdict", "0").expect("a verdict");
        std::fs::write("/run/judge", "#!/bin/sh\nread verdict </run/verdict\nexit $verdict\n").expect("a script");
        std::fs::set_permissions("/run/judge", std::fs::Permissions::from_mode(0o755)).expect("executable");
        let check = "MISC_CHECK {\n            misc_path /run/judge\n            misc_timeout 1\n            misc_dynamic\n        }";
        let service = Virtual::new(farm.service(), Method::Nat)
            .real(Real::new(farm.real(0)).weight(10).line(check))
            .real(Real::new(farm.real(1)).weight(3));
        let _d1 = farm.balance("d1", Implementation::under_test(), &service.config());
        farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
        // From 2 on the status is a weight and 2; 1 is a failure, 0 what is configured.
        for (verdict, weight) in
            [(2, Some(0)), (52, Some(50)), (255, Some(253)), (1, None), (7, Some(5)), (0, Some(10))]
        {
            std::fs::write("/run/verdict", verdict.to_string()).expect("a verdict");
            let judged = weight.map(|weight| (farm.real(0), weight));
            let want = service.saved_with(judged.into_iter().chain([(farm.real(1), 3)]));
            farm.await_table("d1", &want, LIMIT);
        }
    });
}

#[test]
fn file_check_adds_to_the_weight() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        std::fs::write("/run/load", "0").expect("a file");
        let check = "FILE_CHECK {\n            track_file load\n            weight 2\n        }";
        let service = Virtual::new(farm.service(), Method::Nat)
            .real(Real::new(farm.real(0)).weight(10).line(check))
            .real(Real::new(farm.real(1)).weight(3));
        let config = format!("{GLOBAL}track_file load {{\n    file /run/load\n}}\n{}", service.block());
        let _d1 = farm.balance("d1", Implementation::under_test(), &config);
        farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
        for (value, weight) in [("5", Some(20)), ("-3", Some(4)), ("-100", Some(0)), ("1", Some(12)), ("0", Some(10))] {
            std::fs::write("/run/load", value).expect("a value");
            let judged = weight.map(|weight| (farm.real(0), weight));
            let want = service.saved_with(judged.into_iter().chain([(farm.real(1), 3)]));
            farm.await_table("d1", &want, LIMIT);
        }
    });
}

#[test]
fn ping_check_notices_a_pulled_cable() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        for family in [Family::V4, Family::V6] {
            let farm = Farm::new(Method::Nat, family);
            let check = "PING_CHECK {\n            connect_timeout 1\n            retry 0\n        }";
            let service = (0..2).fold(Virtual::new(farm.service(), Method::Nat), |service, n| {
                service.real(Real::new(farm.real(n)).line(check))
            });
            let _d1 = farm.balance("d1", Implementation::under_test(), &service.config());
            farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
            farm.world.unplug("r1", "eth0");
            farm.await_table("d1", &service.saved(&[1]), LIMIT);
            farm.world.plug("r1", "eth0");
            // The neighbour may have to be found again.
            farm.await_table("d1", &service.saved_whole(), LIMIT * 3);
        }
    });
}
