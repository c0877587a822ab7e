//! Who becomes master, and what the others see of it.

use keepalived_netns_tests::prelude::*;

const VIP: &str = "10.0.0.100";

fn instance() -> Instance {
    Instance::new(51).vip("10.0.0.100/24")
}

fn under_test() -> Implementation {
    Implementation::under_test()
}

#[test]
fn of_two_the_higher_priority_is_master() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let _a = Daemon::start(&world, "a", under_test(), &instance().priority(100).config());
        let _b = Daemon::start(&world, "b", under_test(), &instance().priority(150).config());
        world.await_master("b", VIP);
        holds("b stays the only master", Duration::from_secs(2), || world.holders(VIP) == ["b"]);
    });
}

#[test]
fn of_five_the_highest_priority_is_master() {
    in_sandbox(|| {
        let names = ["a", "b", "c", "d", "e"];
        let world = World::lan(&names);
        let priorities = [100, 120, 200, 110, 150];
        let daemons: Vec<Daemon> = names
            .iter()
            .zip(priorities)
            .map(|(name, priority)| Daemon::start(&world, name, under_test(), &instance().priority(priority).config()))
            .collect();
        world.await_master("c", VIP);
        let since = now();
        holds("c stays the only master", Duration::from_secs(2), || world.holders(VIP) == ["c"]);
        assert!(world.sniffer.adverts(since).iter().all(|(f, _)| f.node == "c"), "only the master sends adverts");
        drop(daemons);
    });
}

#[test]
fn equal_priority_is_decided_by_address_when_both_are_master() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        world.partition("lan", &["a"]);
        let _a = Daemon::start(&world, "a", under_test(), &instance().config());
        let _b = Daemon::start(&world, "b", under_test(), &instance().config());
        wait_until("both are master, unheard", Duration::from_secs(8), || world.holders(VIP) == ["a", "b"]);
        world.heal("lan");
        world.await_master_within("b", VIP, instance().interval());
    });
}
