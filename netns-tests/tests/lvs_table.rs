//! One of everything that a table can hold: the C version is the oracle.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::lvs::config::GLOBAL;
use keepalived_netns_tests::lvs::prelude::*;
use keepalived_netns_tests::lvs::table::ipvsadm;

const SCHEDULERS: [&str; 13] = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq"];

/// Blocks that differ in one thing each.
fn everything() -> String {
    let real = |lines: &str| format!("    real_server 10.2.0.11 80 {{\n        weight 2\n{lines}    }}\n");
    let block = |head: &str, lines: &str, reals: &str| {
        format!("virtual_server {head} {{\n    lvs_sched wrr\n    lvs_method NAT\n    protocol TCP\n{lines}{reals}}}\n")
    };
    let mut text = GLOBAL.to_owned();
    for (n, scheduler) in SCHEDULERS.iter().enumerate() {
        text += &block(&format!("10.1.0.100 {}", 100 + n), &format!("    lvs_sched {scheduler}\n"), &real(""));
    }
    for (n, lines) in [
        "lvs_sched sh\n    sh-port\n    sh-fallback",
        "lvs_sched mh\n    mh-port\n    mh-fallback",
        "protocol UDP\n    ops",
        "protocol SCTP",
        "persistence_timeout 300",
        "persistence_timeout 300\n    persistence_granularity 255.255.255.0",
        "lvs_method DR",
        "lvs_method TUN",
    ]
    .iter()
    .enumerate()
    {
        text += &block(&format!("10.1.0.100 {}", 200 + n), &format!("    {lines}\n"), &real(""));
    }
    text += &block("10.1.0.100 300", "", &real("        uthreshold 100\n        lthreshold 50\n"));
    text += &block("10.1.0.100 301", "", &real("        lvs_method TUN type gue port 6080\n"));
    text += &block("10.1.0.100 302", "", &real("        lvs_method TUN type gre\n"));
    text += &block("10.1.0.100 303", "", &real("        lvs_method DR\n"));
    let v6 = "    real_server fd02::11 80 {\n        weight 2\n    }\n";
    text += &block("fd01::100 80", "    persistence_timeout 60\n    persistence_granularity 64\n", v6);
    text += &block("fwmark 7", "", &real(""));
    text += &block("fwmark 8", "    ip_family inet6\n", v6);
    text += "virtual_server_group MANY {\n    10.1.0.110 80\n    10.1.0.120-122 80\n    fwmark 9\n}\n";
    text += &block("group MANY", "", &format!("{}    real_server 10.2.0.12 80 {{\n    }}\n", real("")));
    text
}

#[test]
fn ours_is_the_same_as_the_c_versions() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() || !Implementation::C.is_here() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        let config = everything();
        let _d1 = farm.balance("d1", Implementation::under_test(), &config);
        let _d2 = farm.balance("d2", Implementation::C, &config);
        // Blocks of one thing each, and five of the group, which have two real servers.
        let services = SCHEDULERS.len() + 8 + 4 + 3 + 5;
        wait_until("the C version's table is complete", Duration::from_secs(10), || {
            farm.table("d2").size() == (services, services + 5)
        });
        let want = farm.table("d2");
        eprintln!("{want}");
        farm.await_table("d1", &want, Duration::from_secs(5));
        for what in ["--thresholds", "--persistent-conn"] {
            let [ours, c] = ["d1", "d2"].map(|director| {
                let text = ipvsadm(&farm.world, director, &["-L", "-n", what]);
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                lines.sort();
                lines
            });
            assert_eq!(ours, c, "ipvsadm -Ln {what}");
        }
    });
}
