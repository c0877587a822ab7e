//! Reasons to be in FAULT that are not the cable of the instance's own interface.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;

const VIP: &str = "10.0.0.100";

fn instance() -> Instance {
    Instance::new(51).vip("10.0.0.100/24")
}

/// `a` (with `line`) is master, `b` its backup; both have `eth1` on another segment.
fn pair(line: &str) -> (World, Daemon, Daemon) {
    let mut world = World::lan(&["a", "b"]);
    world.segment("wan");
    for node in ["a", "b"] {
        world.cable(node, "eth1", "wan", &[]);
    }
    let a = instance().priority(150).line(line).config();
    let a = Daemon::start(&world, "a", Implementation::under_test(), &a);
    let b = Daemon::start(&world, "b", Implementation::under_test(), &instance().config());
    world.await_master("a", VIP);
    (world, a, b)
}

#[test]
fn a_tracked_interface_that_goes_down_gives_mastership_away() {
    in_sandbox(|| {
        let (world, _a, _b) = pair("track_interface {\n        eth1\n    }");
        let since = now();
        world.unplug("a", "eth1");
        // The wire to b still works, so a can say goodbye.
        world.await_master_within("b", VIP, instance().skew());
        world.sniffer.wait("a resigns", since, SLACK, |f| {
            f.node == "a" && f.segment == "lan" && f.advert().is_some_and(|a| a.priority == 0)
        });
        world.plug("a", "eth1");
        world.await_master_within("a", VIP, instance().master_down() + SLACK);
    });
}

#[test]
fn dont_track_primary_keeps_a_master_without_carrier() {
    in_sandbox(|| {
        let (world, a, _b) = pair("dont_track_primary");
        world.unplug("a", "eth0");
        world.await_takeover("b", VIP, instance().master_down());
        std::thread::sleep(SLACK);
        assert!(world.address("a", VIP).is_some(), "a goes on by order:\n{}", a.log());
        world.plug("a", "eth0");
        world.await_master_within("a", VIP, instance().interval() + SLACK);
    });
}

#[test]
fn without_an_address_to_send_from_nobody_is_master() {
    in_sandbox(|| {
        let (world, _a, _b) = pair("");
        // The kernel takes the virtual address in the same network away together with the primary.
        world.ip_on("a", "address del 10.0.0.1/24 dev eth0");
        world.await_master_within("b", VIP, instance().master_down());
        holds("b stays", Duration::from_secs(1), || world.holders(VIP) == ["b"]);
        world.ip_on("a", "address add 10.0.0.1/24 dev eth0");
        world.await_master_within("a", VIP, instance().master_down() + SLACK);
    });
}
