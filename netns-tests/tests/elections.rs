//! Who becomes master, and what the others see of it.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;

const VIP: &str = "10.0.0.100";

fn instance() -> Instance {
    Instance::new(51).vip("10.0.0.100/24")
}

#[test]
fn of_two_the_higher_priority_is_master() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &instance().priority(100).config());
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &instance().priority(150).config());
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
            .map(|(name, priority)| {
                Daemon::start(&world, name, Implementation::under_test(), &instance().priority(priority).config())
            })
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
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &instance().config());
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &instance().config());
        wait_until("both are master, unheard", Duration::from_secs(8), || world.holders(VIP) == ["a", "b"]);
        world.heal("lan");
        world.await_master_within("b", VIP, instance().interval());
    });
}

#[test]
fn the_owner_does_not_wait() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        // With adverts every 4 s a backup would wait more than 12 s.
        let slow = instance().centis(400);
        let owner = slow.clone().priority(255).config().replace("state BACKUP", "state MASTER");
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &slow.priority(100).config());
        let since = now();
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &owner);
        world.await_master_within("a", VIP, Duration::from_secs(2));
        let advert = world.sniffer.wait("the owner's advert", since, Duration::from_secs(1), |f| f.advert().is_some());
        assert_eq!((advert.node.as_str(), advert.advert().expect("an advert").priority), ("a", 255));
    });
}
