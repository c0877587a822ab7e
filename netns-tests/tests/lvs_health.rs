//! Servers that die, return, or only pretend to live.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::lvs::prelude::*;

const RETRIES: u32 = 2;
const DELAY: Duration = Duration::from_millis(300);
const RETRY: Duration = Duration::from_millis(200);

fn ready() -> bool {
    needs_ipvs() && Implementation::under_test().is_here()
}

#[test]
fn a_killed_server_leaves_within_its_retries_and_comes_back() {
    in_sandbox(|| {
        if !ready() {
            return;
        }
        let mut farm = Farm::new(Method::Nat, Family::V4).held_by("d1");
        let check = format!("retry {RETRIES}\n            delay_before_retry {:.1}", RETRY.as_secs_f64());
        let service = (0..3).fold(Virtual::new(farm.service(), Method::Nat).delay(DELAY), |service, n| {
            service.real(Real::new(farm.real(n)).tcp_check_with(&check))
        });
        let _d1 = farm.balance("d1", Implementation::under_test(), &service.config());
        farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
        // A TCP check is not seen by the server's program.
        std::thread::sleep(DELAY * 2);
        let asker = Asker::start(&farm.world, "client", farm.service(), Duration::from_millis(50), SLACK);
        std::thread::sleep(Duration::from_millis(500));
        farm.servers[1].kill();
        // Refused at once, so the longest way is: just checked, one delay, and the retries.
        let gone = farm.await_table("d1", &service.saved(&[0, 2]), DELAY + RETRY * RETRIES);
        assert!(gone >= RETRY * RETRIES, "it was forgiven nothing: out after {gone:?}");
        let since = now();
        std::thread::sleep(Duration::from_secs(1));
        let after = asker.since(since);
        assert!(after.iter().all(|asked| asked.answer.as_ref().is_ok_and(|who| who != "r2")), "{after:?}");
        farm.servers[1].revive(&farm.world);
        farm.await_table("d1", &service.saved_whole(), DELAY);
        let since = now();
        wait_until("it is asked again", Duration::from_secs(2), || {
            asker.since(since).iter().any(|asked| asked.answer.as_deref() == Ok("r2"))
        });
    });
}

#[test]
fn a_server_that_does_not_answer_well_is_not_healthy() {
    in_sandbox(|| {
        if !ready() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        let check = "retry 0\n            delay_before_retry 0.1";
        let service = (0..2).fold(Virtual::new(farm.service(), Method::Nat).delay(DELAY), |service, n| {
            service.real(Real::new(farm.real(n)).http_check_with(check))
        });
        let _d1 = farm.balance("d1", Implementation::under_test(), &service.config());
        farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
        let mut manners = vec![Manner::Status(503), Manner::Slow(Duration::from_secs(5)), Manner::Mute];
        if Implementation::under_test().is_ours() {
            // The C version's time limit begins anew with each byte.
            manners.push(Manner::Drip(Duration::from_millis(300)));
        }
        for manner in manners {
            farm.servers[1].behave(manner);
            // A check every 0.3 s, and connect_timeout 1 is the limit of each.
            farm.await_table("d1", &service.saved(&[0]), DELAY + Duration::from_secs(2));
            eprintln!("{manner:?}: out");
            farm.servers[1].behave(Manner::Well);
            farm.await_table("d1", &service.saved_whole(), DELAY + Duration::from_secs(2));
        }
    });
}

#[test]
fn inhibited_servers_stay_with_weight_0() {
    in_sandbox(|| {
        if !ready() {
            return;
        }
        let mut farm = Farm::new(Method::Direct, Family::V6);
        let service = (0..2).fold(Virtual::new(farm.service(), Method::Direct).delay(DELAY), |service, n| {
            service.real(Real::new(farm.real(n)).weight(5).line("inhibit_on_failure").tcp_check())
        });
        let _d1 = farm.balance("d1", Implementation::under_test(), &service.config());
        farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
        farm.servers[0].kill();
        let want = service.saved_with([(farm.real(0), 0), (farm.real(1), 5)]);
        farm.await_table("d1", &want, DELAY + SLACK);
        farm.servers[0].revive(&farm.world);
        farm.await_table("d1", &service.saved_whole(), DELAY + SLACK);
    });
}
