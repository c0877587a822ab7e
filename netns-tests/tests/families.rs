//! IPv6, unicast, and what the adverts look like on the wire.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;
use std::net::IpAddr;

fn pair(world: &World, of: impl Fn(&str, u8) -> String) -> (Daemon, Daemon) {
    let a = Daemon::start(world, "a", Implementation::under_test(), &of("a", 150));
    let b = Daemon::start(world, "b", Implementation::under_test(), &of("b", 100));
    (a, b)
}

/// `a` is master, dies, and `b` takes over; every advert had a right checksum. Returns the adverts.
fn takeover(world: &World, vip: &str, a: &mut Daemon, limit: Duration) -> Vec<(Frame, Advert)> {
    world.await_master("a", vip);
    std::thread::sleep(limit);
    assert_eq!(world.holders(vip), ["a"], "the backup hears the master");
    let since = now();
    a.kill();
    world.await_takeover("b", vip, limit);
    let ip: IpAddr = vip.parse().expect("an address");
    world.sniffer.wait("the new master announces", since, SLACK, |f| f.node == "b" && f.announces(ip));
    let adverts = world.sniffer.adverts(Duration::ZERO);
    for (frame, advert) in &adverts {
        assert!(advert.checksum_ok, "checksum of {advert:?} from {}", frame.node);
        assert_eq!(advert.ttl, 255, "{advert:?}");
    }
    adverts
}

#[test]
fn ipv6() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let instance = Instance::new(61).vip("fe80::61/64").vip("fd00::100/64");
        let (mut a, _b) = pair(&world, |_, priority| instance.clone().priority(priority).config());
        let adverts = takeover(&world, "fd00::100", &mut a, instance.master_down());
        let group: IpAddr = "ff02::12".parse().expect("an address");
        assert!(adverts.iter().all(|(_, a)| a.to == group && a.version == 3));
        assert!(world.address("b", "fe80::61").is_some(), "the link-local address moves as well");
    });
}

#[test]
fn unicast() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let instance = Instance::new(62).vip("10.0.0.100/24");
        let (mut a, _b) = pair(&world, |node, priority| {
            let (own, peer) = if node == "a" { ("10.0.0.1", "10.0.0.2") } else { ("10.0.0.2", "10.0.0.1") };
            instance.clone().unicast(own, &[peer]).priority(priority).config()
        });
        let adverts = takeover(&world, "10.0.0.100", &mut a, instance.master_down());
        assert!(adverts.iter().all(|(_, a)| a.to.to_string().starts_with("10.0.0.")), "nothing to the group");
    });
}

#[test]
fn unicast_ipv6() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let instance = Instance::new(63).vip("fd00::100/64").line("unicast_ttl 255");
        let (mut a, _b) = pair(&world, |node, priority| {
            let (own, peer) = if node == "a" { ("fd00::1", "fd00::2") } else { ("fd00::2", "fd00::1") };
            instance.clone().unicast(own, &[peer]).priority(priority).config()
        });
        let adverts = takeover(&world, "fd00::100", &mut a, instance.master_down());
        assert!(adverts.iter().all(|(_, a)| !a.to.is_multicast()), "nothing to the group");
    });
}

#[test]
fn version_2() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let instance = Instance::new(64).v2().vip("10.0.0.100/24").pass("secret");
        let (mut a, _b) = pair(&world, |_, priority| instance.clone().priority(priority).config());
        let adverts = takeover(&world, "10.0.0.100", &mut a, instance.master_down());
        let expected = Some((1, *b"secret\0\0"));
        assert!(
            adverts.iter().all(|(_, a)| a.version == 2 && a.auth == expected && a.interval == Duration::from_secs(1))
        );
    });
}

#[test]
fn a_backup_learns_the_interval_of_a_version_3_master() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let slow = Instance::new(65).vip("10.0.0.100/24").centis(150).priority(150);
        let fast = Instance::new(65).vip("10.0.0.100/24").centis(20);
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &slow.config());
        world.await_master("a", "10.0.0.100");
        // b is master for less than an interval of a at most; then it must not think a dead between two adverts.
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &fast.config());
        std::thread::sleep(Duration::from_millis(1600));
        wait_until("a is the master", Duration::from_secs(2), || world.holders("10.0.0.100") == ["a"]);
        holds("b waits for the slow master", Duration::from_secs(5), || world.holders("10.0.0.100") == ["a"]);
    });
}
