//! The master goes: unplugged, cut off, asleep. Killed and stopped: `timing.rs`.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;
use nix::sys::signal::Signal;
use std::net::IpAddr;

const VIP: &str = "10.0.0.100";

fn vip() -> IpAddr {
    VIP.parse().expect("an address")
}

fn instance() -> Instance {
    Instance::new(51).vip("10.0.0.100/24")
}

/// `a` is master, `b` its backup.
fn pair(world: &World) -> (Daemon, Daemon) {
    let a = Daemon::start(world, "a", Implementation::under_test(), &instance().priority(150).config());
    let b = Daemon::start(world, "b", Implementation::under_test(), &instance().config());
    world.await_master("a", VIP);
    // The backup must have heard the master, or its own timer runs from its start.
    wait_until("b knows its state", Duration::from_secs(2), || b.log().contains("BACKUP"));
    std::thread::sleep(instance().interval() * 2);
    (a, b)
}

#[test]
fn unplugged_and_plugged_in_again() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let (_a, _b) = pair(&world);
        world.unplug("a", "eth0");
        world.await_master_within("b", VIP, instance().master_down());
        let since = now();
        world.plug("a", "eth0");
        world.await_master_within("a", VIP, instance().master_down() + Duration::from_secs(1));
        world.sniffer.wait("a announces again", since, Duration::from_secs(1), |f| f.node == "a" && f.announces(vip()));
    });
}

#[test]
fn cut_off_and_healed() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b", "c"]);
        let (_a, _b) = pair(&world);
        let _c = Daemon::start(&world, "c", Implementation::under_test(), &instance().priority(50).config());
        std::thread::sleep(instance().interval() * 2);
        world.partition("lan", &["b", "c"]);
        wait_until("a and b are masters of their parts", instance().master_down(), || world.holders(VIP) == ["a", "b"]);
        // Healed right after an advert of a, so that a hears b before b hears a: only then can a know of the duel.
        let since = now();
        world.sniffer.wait("an advert of a", since, SLACK, |f| f.node == "a" && f.advert().is_some());
        let since = now();
        world.heal("lan");
        world.await_master_within("a", VIP, instance().interval());
        world.sniffer.wait("the survivor announces again", since, instance().master_down(), |f| {
            f.node == "a" && f.announces(vip())
        });
        holds("one master after the duel", Duration::from_secs(1), || world.holders(VIP) == ["a"]);
    });
}

#[test]
fn a_master_that_slept_settles_with_its_successor() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let (a, _b) = pair(&world);
        a.signal(Signal::SIGSTOP);
        world.await_takeover("b", VIP, instance().master_down());
        std::thread::sleep(SLACK);
        let since = now();
        a.signal(Signal::SIGCONT);
        world.await_master_within("a", VIP, instance().master_down() + SLACK);
        world.sniffer.wait("the survivor announces again", since, instance().master_down(), |f| {
            f.node == "a" && f.announces(vip())
        });
    });
}

#[test]
fn late_adverts_are_not_made_up_for() {
    in_sandbox(|| {
        let world = World::lan(&["a"]);
        let owner = instance().centis(300).priority(255).config().replace("state BACKUP", "state MASTER");
        let a = Daemon::start(&world, "a", Implementation::under_test(), &owner);
        world.await_master("a", VIP);
        a.signal(Signal::SIGSTOP);
        std::thread::sleep(Duration::from_secs(7));
        let since = now();
        a.signal(Signal::SIGCONT);
        std::thread::sleep(Duration::from_millis(1500));
        // One that was due, and none for each of those missed.
        assert_eq!(world.sniffer.adverts(since).len(), 1);
    });
}
