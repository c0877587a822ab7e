//! Others change our table: it is put right at the next audit, and what is theirs is left alone.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::lvs::config::file;
use keepalived_netns_tests::lvs::prelude::*;
use keepalived_netns_tests::lvs::table::ipvsadm;

/// How often the daemon reads its table back.
const AUDIT: Duration = Duration::from_secs(60);

#[test]
fn a_table_changed_behind_our_back_is_repaired() {
    in_sandbox(|| {
        // The C version never looks.
        if !needs_ipvs() || !Implementation::under_test().is_ours() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        let services: Vec<Virtual> = (0..4)
            .map(|n| {
                let mut at = farm.service();
                at.set_port(80 + n);
                (0..3).fold(Virtual::new(at, Method::Nat), |all, n| all.real(Real::new(farm.real(n)).weight(2)))
            })
            .collect();
        let ours = services.iter().fold(Saved::default(), |saved, one| saved.with(one.saved_whole()));
        // There before us, and not in our configuration.
        let d1 = |arguments: &str| ipvsadm(&farm.world, "d1", &arguments.split(' ').collect::<Vec<_>>());
        d1("-A -t 10.1.0.200:443 -s rr");
        d1("-a -t 10.1.0.200:443 -r 10.2.0.11:443 -m -w 9");
        let theirs = farm.table("d1");
        let want = ours.with(theirs.clone());
        let mut daemon = farm.balance("d1", Implementation::under_test(), &file(&services));
        farm.await_table("d1", &want, Duration::from_secs(5));
        d1("-d -t 10.1.0.100:80 -r 10.2.0.11:80");
        d1("-e -t 10.1.0.100:81 -r 10.2.0.12:80 -m -w 77");
        d1("-D -t 10.1.0.100:82");
        d1("-E -t 10.1.0.100:83 -s lc");
        d1("-a -t 10.1.0.100:83 -r 10.2.0.99:80 -m");
        assert_ne!(farm.table("d1"), want);
        farm.await_table("d1", &want, AUDIT + SLACK);
        assert!(daemon.stop().success());
        assert_eq!(farm.table("d1"), theirs, "what is ours goes, what is theirs stays");
    });
}
