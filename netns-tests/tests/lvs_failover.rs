//! A director dies while clients are being served.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::daemon::Part;
use keepalived_netns_tests::lvs::prelude::*;

/// The service's address and the servers' way back, together.
fn routers(priority: u8) -> String {
    let front = Instance::new(51).priority(priority).vip("10.1.0.100/32");
    let back = Instance::new(52).priority(priority).interface("eth1").vip("10.2.0.254/24");
    let group = "vrrp_sync_group G {\n    group {\n        VI_51\n        VI_52\n    }\n}\n";
    format!("{}{}{group}", front.block(), back.block())
}

#[test]
fn connections_survive_a_director() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        let service = farm.virtual_server(&[1, 1, 1]);
        let start = |director: &str, routers: &str, sync: &str| {
            let global = format!("global_defs {{\n    router_id test\n    script_user root\n{sync}}}\n");
            let config = format!("{global}{routers}{}", service.block());
            Daemon::launch(&farm.world, director, Implementation::under_test(), Part::Both, &config, &[])
        };
        let _d1 = start("d1", &routers(150), "    lvs_sync_daemon eth1 VI_51 id 51\n");
        // The other says it in the old way, whose id is that of the virtual router.
        let old = routers(100).replacen("interface", "lvs_sync_daemon_interface eth1\n    interface", 1);
        let _d2 = start("d2", &old, "");
        farm.world.await_master("d1", "10.1.0.100");
        farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
        farm.await_table("d2", &service.saved_whole(), Duration::from_secs(5));
        let patience = Duration::from_secs(10);
        let mut kept = Kept::connect(&farm.world, "client", farm.service(), patience).expect("a connection");
        let name = kept.ask().expect("an answer");
        // The kernel tells the other director of a connection after its third packet.
        for _ in 0..5 {
            assert_eq!(kept.ask().expect("an answer"), name);
        }
        let asker =
            Asker::start(&farm.world, "client", farm.service(), Duration::from_millis(50), Duration::from_secs(1));
        // What is worth telling waits for company, for two seconds at most.
        std::thread::sleep(Duration::from_millis(2500));
        // The machine is gone, not only its daemon: a kernel whose daemon died would still hold the address.
        let since = now();
        for interface in ["eth0", "eth1"] {
            farm.world.unplug("d1", interface);
        }
        farm.world.await_takeover("d2", "10.1.0.100", Instance::new(51).master_down());
        assert_eq!(kept.ask().expect("the connection of before goes on"), name);
        std::thread::sleep(Duration::from_secs(2));
        let asked = asker.since(since);
        let last = asked.iter().filter(|a| a.answer.is_err()).map(|a| a.at - since).max();
        // A question that began just before the takeover is repeated by TCP after a second.
        let bound = Instance::new(51).master_down() + Duration::from_secs(1) + SLACK;
        assert!(last.is_none_or(|last| last < bound), "still failing after {last:?}: {asked:?}");
        assert!(asked.last().is_some_and(|a| a.answer.is_ok()));
    });
}
