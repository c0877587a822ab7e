//! What others do to our addresses and interfaces, and what a crash leaves behind.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;
use nix::sys::signal::Signal;

const VIP: &str = "10.0.0.100";

fn instance() -> Instance {
    Instance::new(51).vip("10.0.0.100/24")
}

#[test]
fn an_address_deleted_by_hand_comes_back() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &instance().priority(150).config());
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &instance().config());
        world.await_master("a", VIP);
        let ip = VIP.parse().expect("an address");
        for _ in 0..3 {
            // Not within the announcements of the takeover.
            std::thread::sleep(Duration::from_millis(1500));
            let since = now();
            world.ip_on("a", "address del 10.0.0.100/24 dev eth0");
            world.await_master_within("a", VIP, Duration::from_secs(1));
            world.sniffer.wait("it is announced again", since, SLACK, |f| f.node == "a" && f.announces(ip));
        }
    });
}

#[test]
fn an_interface_deleted_and_made_again_is_followed() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let mut a = Daemon::start(&world, "a", Implementation::under_test(), &instance().priority(150).config());
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &instance().config());
        world.await_master("a", VIP);
        world.ip_on("a", "link del eth0");
        world.await_master_within("b", VIP, instance().master_down());
        assert!(a.runs());
        if !Implementation::under_test().is_ours() {
            return;
        }
        world.cable("a", "eth0", "lan", &["10.0.0.1/24", "fd00::1/64"]);
        world.await_master_within("a", VIP, instance().master_down() + SLACK);
    });
}

#[test]
fn an_interface_missing_at_start_is_waited_for() {
    in_sandbox(|| {
        if !Implementation::under_test().is_ours() {
            return;
        }
        let mut world = World::new();
        world.segment("lan");
        world.node("a");
        let mut a = Daemon::start(&world, "a", Implementation::under_test(), &instance().config());
        std::thread::sleep(Duration::from_secs(1));
        assert!(a.runs(), "a missing interface is a fault, not the end:\n{}", a.log());
        world.cable("a", "eth0", "lan", &["10.0.0.1/24"]);
        world.await_master_within("a", VIP, instance().master_down() + SLACK);
    });
}

#[test]
fn an_interface_renamed_away_and_back_is_followed() {
    in_sandbox(|| {
        if !Implementation::under_test().is_ours() {
            return;
        }
        let world = World::lan(&["a", "b"]);
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &instance().priority(150).config());
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &instance().config());
        world.await_master("a", VIP);
        world.ip_on("a", "link set eth0 down\nlink set eth0 name other\nlink set other up");
        world.await_master_within("b", VIP, instance().master_down() + SLACK);
        holds("b alone, while a's eth0 has another name", Duration::from_secs(1), || world.holders(VIP) == ["b"]);
        world.ip_on("a", "link set other down\nlink set other name eth0\nlink set eth0 up");
        world.await_master_within("a", VIP, instance().master_down() + SLACK);
    });
}

#[test]
fn leftovers_of_a_killed_predecessor_are_cleaned() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let both = instance().vip("10.0.0.101/24").priority(150);
        let mut a = Daemon::start(&world, "a", Implementation::under_test(), &both.config());
        world.await_master("a", VIP);
        wait_until("both addresses are there", SLACK, || world.address("a", "10.0.0.101").is_some());
        a.kill();
        assert!(world.address("a", VIP).is_some(), "a killed daemon leaves its addresses");
        let other = instance().priority(200).vip("10.0.0.101/24");
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &other.config());
        world.await_takeover("b", VIP, instance().master_down() + SLACK);
        // Its successor is only a backup: it may not keep what it finds.
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &both.config());
        world.await_master_within("b", VIP, SLACK);
        world.await_master_within("b", "10.0.0.101", SLACK);
    });
}

#[test]
fn leftovers_that_are_not_configured_any_more_are_cleaned() {
    in_sandbox(|| {
        if !Implementation::under_test().is_ours() {
            return;
        }
        let world = World::lan(&["a"]);
        world.ip_on("a", "address add 10.0.0.50/24 dev eth0");
        let mut a = Daemon::start(&world, "a", Implementation::under_test(), &instance().config());
        world.await_master("a", VIP);
        a.kill();
        let moved = Instance::new(51).vip("10.0.0.200/24");
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &moved.config());
        world.await_master("a", "10.0.0.200");
        assert_eq!(world.address("a", VIP), None, "the predecessor's address");
        assert!(world.address("a", "10.0.0.50").is_some(), "an administrator's address is not ours to remove");
    });
}

#[test]
fn a_deletion_lost_in_a_storm_of_news_is_found_again() {
    in_sandbox(|| {
        if !Implementation::under_test().is_ours() {
            return;
        }
        let world = World::lan(&["a"]);
        let a = Daemon::start(&world, "a", Implementation::under_test(), &instance().config());
        world.await_master("a", VIP);
        // While the daemon cannot read, far more happens than its netlink socket can hold, and the deletion comes last.
        a.signal(Signal::SIGSTOP);
        let mut storm = String::new();
        for n in 0..10_000 {
            let address = format!("10.8.{}.{}/32", n / 250, 1 + n % 250);
            storm.push_str(&format!("address add {address} dev lo\naddress del {address} dev lo\n"));
        }
        world.ip_on("a", &storm);
        world.ip_on("a", "address del 10.0.0.100/24 dev eth0");
        a.signal(Signal::SIGCONT);
        world.await_master_within("a", VIP, Duration::from_secs(2));
    });
}
