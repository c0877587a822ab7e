//! When things happen. `scripts/test` runs these under virtual time, where they hold to 10 ms; elsewhere to a second.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::lvs::prelude::*;
use keepalived_netns_tests::lvs::table::destinations;
use std::net::Ipv4Addr;

const VIP: &str = "10.0.0.100";

fn intervals() -> [Instance; 3] {
    let vi = Instance::new(51).vip("10.0.0.100/24");
    [vi.clone().v2(), vi.clone().centis(30), vi.centis(10)]
}

/// `a` is master, `b` its backup.
fn pair(world: &World, vi: &Instance, line: &str) -> (Daemon, Daemon) {
    let a = Daemon::start(world, "a", Implementation::under_test(), &vi.clone().priority(150).line(line).config());
    let b = Daemon::start(world, "b", Implementation::under_test(), &vi.config());
    world.await_master("a", VIP);
    // The backup must have heard the master, or its own timer runs from its start.
    wait_until("b knows its state", Duration::from_secs(2), || b.log().contains("BACKUP"));
    std::thread::sleep(vi.interval() * 2);
    (a, b)
}

fn advert_of(node: &'static str) -> impl Fn(&Frame) -> bool {
    move |f| f.node == node && f.advert().is_some()
}

#[test]
fn a_dead_master_is_followed_after_the_master_down_interval() {
    in_sandbox(|| {
        for vi in intervals() {
            let world = World::lan(&["a", "b"]);
            let (mut a, _b) = pair(&world, &vi, "");
            a.kill();
            let last = world.sniffer.last(advert_of("a")).expect("an advert of a").at;
            let first = world.sniffer.wait("b's advert", last, vi.master_down(), advert_of("b"));
            assert_took("b waits for a", first.at - last, vi.master_down());
            let announces = |f: &Frame| f.node == "b" && f.announces(VIP.parse().expect("an address"));
            let announced = world.sniffer.wait("b's gratuitous ARP", last, Duration::from_secs(1), announces);
            assert_took("b announces the address", announced.at - last, vi.master_down());
            world.await_takeover("b", VIP, Duration::from_secs(1));
        }
    });
}

#[test]
fn a_stopped_master_is_followed_after_the_skew() {
    in_sandbox(|| {
        for (n, vi) in intervals().iter().enumerate() {
            let world = World::lan(&["a", "b"]);
            let recorder = Recorder::new(&format!("stop{n}"));
            let (mut a, _b) = pair(&world, vi, &recorder.line("notify_stop"));
            let since = now();
            assert_eq!(a.stop().code(), Some(0), "exit status of a stopped daemon");
            assert_eq!(world.address("a", VIP), None, "nothing stays behind");
            assert_eq!(recorder.calls(), ["notify_stop"]);
            let resigned = |f: &Frame| f.node == "a" && f.advert().is_some_and(|a| a.priority == 0);
            let resigned = world.sniffer.wait("priority 0", since, Duration::ZERO, resigned);
            let first = world.sniffer.wait("b's advert", resigned.at, vi.skew(), advert_of("b"));
            assert_took("b follows", first.at - resigned.at, vi.skew());
            world.await_master_within("b", VIP, Duration::from_secs(1));
        }
    });
}

#[test]
fn adverts_keep_their_interval() {
    in_sandbox(|| {
        for vi in intervals() {
            let world = World::lan(&["a"]);
            let owner = vi.clone().priority(255).config().replace("state BACKUP", "state MASTER");
            let _a = Daemon::start(&world, "a", Implementation::under_test(), &owner);
            world.await_master("a", VIP);
            let since = now();
            std::thread::sleep(vi.interval() * 12);
            let times: Vec<Stamp> = world.sniffer.adverts(since).iter().map(|(f, _)| f.at).collect();
            assert!(times.len() >= 11, "{} adverts in 12 intervals", times.len());
            assert_apart("adverts", &times, vi.interval());
        }
    });
}

#[test]
fn preempt_delay_tolerates_the_lower_master_for_so_long() {
    in_sandbox(|| {
        let vi = Instance::new(51).vip("10.0.0.100/24");
        let world = World::lan(&["a", "b"]);
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &vi.config());
        world.await_master("b", VIP);
        // Not a whole number of adverts.
        let delay = Duration::from_secs(2);
        let higher = vi.clone().priority(150).line("preempt_delay 2");
        let a = Daemon::start(&world, "a", Implementation::under_test(), &higher.config());
        wait_until("a knows its state", Duration::from_secs(2), || a.log().contains("BACKUP"));
        let listening = now();
        let own = world.sniffer.wait("a's advert", listening, Duration::from_secs(5), advert_of("a"));
        if Implementation::under_test().is_ours() {
            // The delay runs from the first advert heard; after it, a waits for its own timer, which later adverts do not move.
            let all = world.sniffer.all();
            let mut heard = all.iter().filter(|f| f.at >= listening && advert_of("b")(f)).map(|f| f.at);
            let first = heard.next().expect("an advert of b");
            let tolerated = heard.take_while(|at| *at < first + delay).last().expect("another one");
            assert_took("a took over", own.at - tolerated, higher.master_down());
        } else {
            assert!(own.at - listening >= delay, "after {:?} already", own.at - listening);
        }
        world.await_master_within("a", VIP, SLACK);
    });
}

/// One service over r1, whose check has these lines.
fn checked(real: impl FnOnce(Real) -> Real, then: impl FnOnce(&mut Farm, Daemon)) {
    if !needs_ipvs() || !Implementation::under_test().is_here() {
        return;
    }
    let mut farm = Farm::new(Method::Nat, Family::V4);
    let service = Virtual::new(farm.service(), Method::Nat).delay(DELAY).real(real(Real::new(farm.real(0))));
    let d1 = farm.balance("d1", Implementation::under_test(), &service.config());
    let checks = || farm.servers[0].connected();
    wait_until("four checks", DELAY * 6, || checks().len() >= 4);
    // The first may be anywhere in the first interval.
    assert_apart("checks", &checks(), DELAY);
    then(&mut farm, d1);
}

const DELAY: Duration = Duration::from_secs(1);
const R1: Ipv4Addr = Ipv4Addr::new(10, 2, 0, 11);

/// When r1 left the table, after the last check that succeeded.
fn out_after(farm: &Farm) -> Duration {
    let last = *farm.servers[0].connected().last().expect("a check");
    let start = std::time::Instant::now();
    while destinations(&farm.world, "d1").iter().any(|(ip, ..)| *ip == R1) {
        assert!(start.elapsed() < Duration::from_secs(10), "r1 is still in the table");
        std::thread::sleep(Duration::from_millis(1));
    }
    now() - last
}

#[test]
fn a_server_that_refuses_is_out_after_its_retries() {
    in_sandbox(|| {
        // A TCP check is not seen by the server's program.
        let retry = |real: Real| real.http_check_with("retry 2\n            delay_before_retry 0.5");
        checked(retry, |farm, _d1| {
            farm.servers[0].kill();
            assert_took("refused", out_after(farm), DELAY + Duration::from_millis(500) * 2);
        });
    });
}

#[test]
fn a_server_that_never_answers_is_out_at_the_deadline() {
    in_sandbox(|| {
        let check = |real: Real| real.http_check_with("retry 0");
        let mut manners = vec![Manner::Mute];
        if Implementation::under_test().is_ours() {
            // The C version's time limit begins anew with each byte.
            manners.push(Manner::Drip(Duration::from_millis(300)));
        }
        for manner in manners {
            checked(check, |farm, _d1| {
                farm.servers[0].behave(manner);
                // connect_timeout is 1 s.
                assert_took(&format!("{manner:?}"), out_after(farm), DELAY + Duration::from_secs(1));
            });
        }
    });
}
