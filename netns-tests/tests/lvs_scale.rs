//! Many services.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::daemon::Part;
use keepalived_netns_tests::lvs::config::{file, many};
use keepalived_netns_tests::lvs::prelude::*;
use std::os::unix::net::UnixDatagram;

fn saved(all: &[Virtual]) -> Saved {
    all.iter().fold(Saved::default(), |saved, one| saved.with(one.saved_whole()))
}

#[test]
fn it_is_ready_when_the_table_is_whole() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_ours() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        let services = many(200, 10, 1);
        let dir = Daemon::prepare("d1", &file(&services));
        let manager = UnixDatagram::bind(dir.join("notify")).expect("a socket");
        manager.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
        let ours = Implementation::under_test();
        let _d1 = Daemon::launch_in(dir, &farm.world, "d1", ours, Part::Checkers, &[]);
        let mut told = [0; 1024];
        let count = manager.recv(&mut told).expect("something is told");
        let table = farm.table("d1");
        assert!(told[..count].starts_with(b"READY=1"), "{}", String::from_utf8_lossy(&told[..count]));
        assert_eq!(table.size(), (200, 2000));
        assert_eq!(table, saved(&services));
    });
}

#[test]
fn a_thousand_services_of_ten() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        let before = many(1000, 10, 1);
        let mut d1 = farm.balance("d1", Implementation::under_test(), &file(&before));
        let took = farm.await_table("d1", &saved(&before), Duration::from_secs(60));
        eprintln!("{:?} after {took:?}", farm.table("d1").size());
        let after = many(1000, 10, 7);
        d1.rewrite(&file(&after));
        d1.reload();
        let took = farm.await_table("d1", &saved(&after), Duration::from_secs(60));
        eprintln!("one weight changed after {took:?}");
        d1.signal(nix::sys::signal::Signal::SIGTERM);
        assert_eq!(d1.await_exit(Duration::from_secs(60)).code(), Some(0));
        assert_eq!(farm.table("d1").size(), (0, 0), "nothing stays behind");
    });
}
