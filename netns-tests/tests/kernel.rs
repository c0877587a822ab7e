//! What the addresses look like in the kernel, and when they are announced.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;
use std::net::IpAddr;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn label_scope_broadcast_and_owner() {
    in_sandbox(|| {
        let world = World::lan(&["a"]);
        let instance = Instance::new(51)
            .vip("10.0.0.100/24")
            .vip("10.0.0.101/24 label eth0:vip")
            .vip("10.0.0.102/32 scope link")
            .vip("10.0.0.103/24 brd 10.0.0.255")
            .vip("10.0.0.104/24 brd +")
            .vip("10.0.0.105")
            .line("virtual_ipaddress_excluded {\n        fd00::105/64\n        10.9.0.1/24 dev lo\n    }");
        let mut a = Daemon::start(&world, "a", Implementation::under_test(), &instance.config());
        world.await_master("a", "10.0.0.100");
        wait_until("all addresses are there", SLACK, || world.address("a", "10.9.0.1").is_some());
        let of = |text: &str| world.address("a", text).unwrap_or_else(|| panic!("{text} is missing"));

        let plain = of("10.0.0.100");
        assert_eq!((plain.prefix, plain.scope, plain.broadcast), (24, 0, None));
        assert_eq!(plain.label.as_deref(), Some("eth0"));
        assert_eq!(of("10.0.0.101").label.as_deref(), Some("eth0:vip"));
        assert_eq!((of("10.0.0.102").scope, of("10.0.0.102").prefix), (253, 32));
        assert_eq!(of("10.0.0.103").broadcast, Some(ip("10.0.0.255")));
        assert_eq!(of("10.0.0.104").broadcast, Some(ip("10.0.0.255")));
        assert_eq!(of("10.0.0.105").prefix, 32);
        assert_eq!(of("10.9.0.1").interface, "lo");
        assert_eq!(of("fd00::105").prefix, 64);
        if Implementation::under_test().is_ours() {
            for address in ["10.0.0.100", "fd00::105"] {
                let shown = of(address);
                assert_eq!(shown.proto, 18, "RTPROT_KEEPALIVED: {shown:?}");
            }
            assert_eq!(of("10.0.0.1").proto, 0, "the administrator's address carries none");
        }
        let adverts = world.sniffer.adverts(Duration::ZERO);
        let listed = &adverts.first().expect("an advert").1.addresses;
        let expected: Vec<IpAddr> = (100..=105).map(|n| ip(&format!("10.0.0.{n}"))).collect();
        assert_eq!(listed, &expected, "in the order of the file, without the excluded");
        for address in ["10.0.0.100", "10.0.0.105", "fd00::105"] {
            world.sniffer.wait(address, Duration::ZERO, SLACK, |f| f.announces(ip(address)));
        }

        assert!(a.stop().success());
        let left = world.addresses("a");
        let mut ours =
            left.iter().filter(|l| expected.contains(&l.ip) || l.ip == ip("fd00::105") || l.ip == ip("10.9.0.1"));
        assert_eq!(ours.next(), None, "nothing stays behind");
    });
}

#[test]
fn an_address_that_the_kernel_refuses_is_not_announced_until_it_is_there() {
    in_sandbox(|| {
        if !Implementation::under_test().is_ours() {
            return;
        }
        let world = World::lan(&["a"]);
        let switch_ipv6 = |off: &str| {
            world
                .namespace("a")
                .enter(|| std::fs::write("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", off))
                .expect("sysctl");
        };
        switch_ipv6("1");
        let instance =
            Instance::new(51).vip("10.0.0.100/24").line("virtual_ipaddress_excluded {\n        fd00::105/64\n    }");
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &instance.config());
        world.await_master("a", "10.0.0.100");
        world.sniffer.wait("the address that works", Duration::ZERO, SLACK, |f| f.announces(ip("10.0.0.100")));
        std::thread::sleep(Duration::from_secs(1));
        let early = world.sniffer.last(|f| f.announces(ip("fd00::105")));
        assert_eq!(early, None, "announced an address that is not there");
        switch_ipv6("0");
        // The kernel's refusal is tried again with growing pauses.
        let there = Duration::from_secs(15);
        world.await_takeover("a", "fd00::105", there);
        world.sniffer.wait("the address that came late", Duration::ZERO, Duration::from_secs(2), |f| {
            f.announces(ip("fd00::105"))
        });
    });
}

#[test]
fn refreshed_announcements() {
    in_sandbox(|| {
        let world = World::lan(&["a"]);
        let instance = Instance::new(51)
            .vip("10.0.0.100/24")
            .line("garp_master_repeat 2")
            .line("garp_master_delay 1")
            .line("garp_master_refresh 2")
            .line("garp_master_refresh_repeat 1");
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &instance.config());
        world.await_master("a", "10.0.0.100");
        let announced = || world.sniffer.all().iter().filter(|f| f.announces(ip("10.0.0.100"))).count();
        wait_until("two at once", SLACK, || announced() >= 2);
        wait_until("two more after the delay", SLACK + SLACK, || announced() >= 4);
        wait_until("then one every two seconds", Duration::from_secs(5), || announced() >= 6);
        assert!(announced() <= 7, "{} announcements", announced());
    });
}
