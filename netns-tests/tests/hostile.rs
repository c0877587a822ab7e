//! Packets that must not matter.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::frames::ipv4_frame;
use keepalived_netns_tests::prelude::*;
use std::net::Ipv4Addr;

const VIP: &str = "10.0.0.100";

/// `a` is the only master; `evil` sends `frame` often; `a` must stay what it is. Then the same without the flaw makes `a` yield,
/// so that the test cannot pass because nothing arrives.
fn unimpressed(instance: &Instance, flawed: &[Forged], honest: &Forged) {
    let world = World::lan(&["a", "evil"]);
    let a = Daemon::start(&world, "a", Implementation::under_test(), &instance.config());
    world.await_master("a", VIP);
    let injector = Injector::new(world.namespace("evil"), "eth0");
    for forged in flawed {
        let since = now();
        for _ in 0..20 {
            injector.send(&forged.frame());
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(world.holders(VIP), ["a"], "{forged:?} impressed the master:\n{}", a.log());
        assert!(
            !world.sniffer.adverts(since).iter().any(|(f, advert)| f.node == "a" && advert.priority == 0),
            "{forged:?} made the master resign"
        );
    }
    wait_until("an honest advert of higher priority is obeyed", Duration::from_secs(1), || {
        injector.send(&honest.frame());
        world.holders(VIP).is_empty()
    });
}

fn strong() -> Forged {
    Forged::v3("10.0.0.2", 51, 254, 30, VIP)
}

#[test]
fn wrong_checksum_ttl_vrid_version_or_type() {
    in_sandbox(|| {
        let flawed = [
            Forged { checksum_error: 1, ..strong() },
            Forged { checksum_error: 0x0100, ..strong() },
            Forged { ttl: 254, ..strong() },
            Forged { ttl: 1, ..strong() },
            Forged { vrid: 52, ..strong() },
            Forged { version: 2, ..strong() },
            Forged { version: 4, ..strong() },
        ];
        unimpressed(&Instance::new(51).vip("10.0.0.100/24"), &flawed, &strong());
    });
}

#[test]
fn wrong_authentication() {
    in_sandbox(|| {
        let honest = Forged { version: 2, interval: 1, auth: (1, *b"secret\0\0"), ..strong() };
        let flawed = [
            Forged { auth: (1, *b"Secret\0\0"), ..honest.clone() },
            Forged { auth: (1, [0; 8]), ..honest.clone() },
            Forged { auth: (0, [0; 8]), ..honest.clone() },
            Forged { auth: (0, *b"secret\0\0"), ..honest.clone() },
            Forged { auth: (7, *b"secret\0\0"), ..honest.clone() },
        ];
        unimpressed(&Instance::new(51).v2().pass("secret").vip("10.0.0.100/24"), &flawed, &honest);
    });
}

#[test]
fn wrong_password_makes_two_masters_and_both_say_so() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let of = |password: &str| Instance::new(51).v2().pass(password).vip("10.0.0.100/24").config();
        let a = Daemon::start(&world, "a", Implementation::under_test(), &of("one"));
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &of("two"));
        wait_until("both are masters", Duration::from_secs(8), || world.holders(VIP) == ["a", "b"]);
        wait_until("the log says that passwords differ", Duration::from_secs(2), || {
            let log = a.log().to_lowercase();
            log.contains("passw") || log.contains("auth_pass")
        });
    });
}

#[test]
fn ten_thousand_garbage_packets_while_electing() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b", "evil"]);
        let instance = Instance::new(51).vip("10.0.0.100/24");
        let mut a = Daemon::start(&world, "a", Implementation::under_test(), &instance.clone().priority(150).config());
        let mut b = Daemon::start(&world, "b", Implementation::under_test(), &instance.config());
        let injector = Injector::new(world.namespace("evil"), "eth0");
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for n in 0..10_000u32 {
            injector.send(&garbage(&mut random));
            if n % 10 == 0 {
                // About 10,000 a second for the second in which the election happens.
                std::thread::sleep(Duration::from_micros(900));
            }
        }
        world.await_master_within("a", VIP, instance.master_down() + SLACK);
        holds("a stays the only master", Duration::from_secs(1), || world.holders(VIP) == ["a"]);
        assert!(a.runs() && b.runs(), "nobody fell over");
        let lines = a.log().lines().count() + b.log().lines().count();
        assert!(
            !Implementation::under_test().is_ours() || lines < 300,
            "a flood of packets became a flood of {lines} lines"
        );
    });
}

/// Sometimes noise, sometimes an advert with one thing wrong.
fn garbage(random: &mut Random) -> Vec<u8> {
    let from = Ipv4Addr::new(10, 0, 0, 3);
    let group = Ipv4Addr::new(224, 0, 0, 18);
    if random.below(2) == 0 {
        let length = random.below(64);
        let noise: Vec<u8> = (0..length).map(|_| random.byte()).collect();
        return ipv4_frame(from, group, 255, &noise);
    }
    // Priority below both routers': one that by chance is valid in all else may not decide the election.
    let mut payload = Forged::v3("10.0.0.3", 51, 1 + random.byte() % 50, 30, VIP).payload();
    let place = random.below(payload.len());
    payload[place] ^= 1 << random.below(8);
    payload.truncate(payload.len() - random.below(3));
    ipv4_frame(from, group, if random.below(4) == 0 { random.byte() } else { 255 }, &payload)
}

/// xorshift64: the same garbage each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[3]
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() >> 16).expect("64 bits") % n
    }
}
