//! Side by side with Debian's C keepalived, in both roles.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;
use std::net::IpAddr;

/// How one pair talks.
struct Talk {
    instance: Instance,
    vip: &'static str,
    unicast: Option<[&'static str; 2]>,
}

impl Talk {
    fn config(&self, node: usize, priority: u8) -> String {
        let instance = self.instance.clone().priority(priority);
        match self.unicast {
            None => instance.config(),
            Some(addresses) => instance.unicast(addresses[node], &[addresses[1 - node]]).config(),
        }
    }
}

/// `master` on a, `backup` on b: elected, killed, taken over, back again, stopped. Neither may refuse a packet of the other.
fn story(talk: &Talk, master: Implementation, backup: Implementation) {
    if !Implementation::C.is_here() {
        return;
    }
    let world = World::lan(&["a", "b"]);
    let mut a = Daemon::start(&world, "a", master, &talk.config(0, 150));
    let b = Daemon::start(&world, "b", backup, &talk.config(1, 100));
    world.await_master("a", talk.vip);
    let limit = talk.instance.master_down();
    std::thread::sleep(limit);
    assert_eq!(world.holders(talk.vip), ["a"], "the backup hears the master");

    a.kill();
    let dead = world.sniffer.last(|f| f.node == "a" && f.advert().is_some()).expect("an advert of a").at;
    let from_b = |f: &Frame| f.node == "b" && f.advert().is_some();
    let first = world.sniffer.wait("the backup takes over", dead, limit, from_b);
    assert!(first.at - dead >= limit - talk.instance.interval() / 2, "too early: {:?}", first.at - dead);
    let ip: IpAddr = talk.vip.parse().expect("an address");
    world.sniffer.wait("and announces", first.at, SLACK, |f| f.node == "b" && f.announces(ip));

    let mut a_again = Daemon::start(&world, "a", master, &talk.config(0, 150));
    world.await_master_within("a", talk.vip, limit + SLACK);
    assert!(a_again.stop().success());
    world.await_master_within("b", talk.vip, talk.instance.skew());

    for daemon in [&a, &b, &a_again] {
        assert_eq!(daemon.rejections(), Vec::<String>::new(), "a packet was refused");
    }
    for (frame, advert) in world.sniffer.adverts(Duration::ZERO) {
        assert!(advert.checksum_ok, "checksum of {advert:?} from {}", frame.node);
    }
}

macro_rules! both_roles {
    ($($name:ident: $talk:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn ours_is_master() {
                in_sandbox(|| story(&$talk, Implementation::under_test(), Implementation::C));
            }

            #[test]
            fn ours_is_backup() {
                in_sandbox(|| story(&$talk, Implementation::C, Implementation::under_test()));
            }
        }
    )*};
}

fn v4(instance: Instance) -> Talk {
    Talk { instance: instance.vip("10.0.0.100/24").vip("10.0.0.101/24"), vip: "10.0.0.100", unicast: None }
}

both_roles! {
    v2: v4(Instance::new(71).v2());
    v2_pass: v4(Instance::new(72).v2().pass("geheim"));
    v2_pass_of_eight: v4(Instance::new(73).v2().pass("8letters"));
    v2_unicast: Talk { unicast: Some(["10.0.0.1", "10.0.0.2"]), ..v4(Instance::new(74).v2()) };
    v3: v4(Instance::new(75));
    v3_unicast: Talk { unicast: Some(["10.0.0.1", "10.0.0.2"]), ..v4(Instance::new(76)) };
    v3_ipv6: Talk { instance: Instance::new(77).vip("fe80::77/64").vip("fd00::100/64"), vip: "fd00::100", unicast: None };
    v3_ipv6_unicast: Talk {
        instance: Instance::new(78).vip("fd00::100/64"),
        vip: "fd00::100",
        unicast: Some(["fd00::1", "fd00::2"]),
    };
}

#[test]
fn five_mixed_routers_elect_one() {
    in_sandbox(|| {
        if !Implementation::C.is_here() {
            return;
        }
        let names = ["a", "b", "c", "d", "e"];
        let world = World::lan(&names);
        let instance = Instance::new(79).vip("10.0.0.100/24");
        let mut daemons: Vec<Daemon> = Vec::new();
        for (n, name) in (0u8..).zip(names) {
            let whose = if n % 2 == 0 { Implementation::under_test() } else { Implementation::C };
            daemons.push(Daemon::start(&world, name, whose, &instance.clone().priority(100 + 10 * n).config()));
        }
        // The strongest is stopped, and then the next one, until one is left.
        for name in names.iter().rev() {
            world.await_master(name, "10.0.0.100");
            assert!(daemons.pop().expect("one for each name").stop().success());
        }
    });
}
