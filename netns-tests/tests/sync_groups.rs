//! Instances that move together.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;

const LAN_VIP: &str = "10.0.0.100";
const WAN_VIP: &str = "10.1.0.100";

fn router(priority: u8, group_lines: &str) -> String {
    let lan = Instance::new(51).named("LAN").vip("10.0.0.100/24").priority(priority);
    let wan = Instance::new(52).named("WAN").vip("10.1.0.100/24").interface("eth1").priority(priority);
    let group = format!("vrrp_sync_group G {{\n    group {{\n        LAN\n        WAN\n    }}\n{group_lines}\n}}\n");
    format!("{}{group}", file("", &[&lan, &wan]))
}

fn two_segments() -> World {
    let mut world = World::lan(&["a", "b"]);
    world.segment("wan");
    for (n, node) in [(1, "a"), (2, "b")] {
        world.cable(node, "eth1", "wan", &[&format!("10.1.0.{n}/24")]);
    }
    world
}

#[test]
fn one_cable_moves_both() {
    in_sandbox(|| {
        let world = two_segments();
        let (group, peers) = (Recorder::new("group"), Recorder::new("group-b"));
        let lines =
            |r: &Recorder| format!("{}\n{}\n{}", r.line("notify_master"), r.line("notify_fault"), r.line("notify"));
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &router(150, &lines(&group)));
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &router(100, &lines(&peers)));
        for vip in [LAN_VIP, WAN_VIP] {
            world.await_master("a", vip);
        }
        let limit = Instance::new(51).master_down() * 2;
        world.unplug("a", "eth1");
        for vip in [LAN_VIP, WAN_VIP] {
            world.await_master_within("b", vip, limit);
        }
        wait_until("the group on a is told of FAULT", SLACK, || {
            group.calls().iter().any(|c| c == "notify GROUP G FAULT 0")
        });
        wait_until("the group on b is told of MASTER", SLACK, || {
            peers.calls().iter().any(|c| c == "notify GROUP G MASTER 0")
        });
        world.plug("a", "eth1");
        for vip in [LAN_VIP, WAN_VIP] {
            world.await_master_within("a", vip, limit * 2);
        }
        wait_until("the group on a is told of MASTER again", SLACK, || {
            group.calls().iter().filter(|c| *c == "notify_master").count() == 2
        });
    });
}

#[test]
fn one_segment_cut_off_never_splits_a_group_for_long() {
    in_sandbox(|| {
        let world = two_segments();
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &router(150, ""));
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &router(100, ""));
        for vip in [LAN_VIP, WAN_VIP] {
            world.await_master("a", vip);
        }
        // b hears nothing of a on the wan, but still does on the lan: its group may not become master.
        world.partition("wan", &["b"]);
        holds("a holds the lan", Duration::from_secs(4), || world.holders(LAN_VIP).contains(&"a".to_owned()));
        let split = || world.address("b", LAN_VIP).is_some() != world.address("b", WAN_VIP).is_some();
        wait_until("the group on b is of one mind", Duration::from_secs(2), || !split());
        world.heal("wan");
        for vip in [LAN_VIP, WAN_VIP] {
            world.await_master("a", vip);
        }
    });
}
