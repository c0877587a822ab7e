//! Quorum, hysteresis, their scripts, and the sorry server.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::lvs::prelude::*;
use nix::sys::signal::Signal;

const LIMIT: Duration = Duration::from_secs(2);

#[test]
fn lost_and_won_with_its_scripts_in_order_and_a_sorry_server_between() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        let mut farm = Farm::new(Method::Nat, Family::V4).held_by("d1");
        let sorry = Server::start(&farm.world, "r3", 81);
        let mut at = farm.real(2);
        at.set_port(81);
        let recorder = Recorder::new("quorum");
        // Up again at 3 + 1, down below 3 - 1.
        let service = farm
            .virtual_server(&[2, 1, 1])
            .line("quorum 3")
            .line("hysteresis 1")
            .line(&recorder.line("quorum_up"))
            .line(&recorder.line("quorum_down"))
            .sorry(at);
        let mut d1 = farm.balance("d1", Implementation::under_test(), &service.config());
        farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
        let scripts = |want: &[&str]| {
            wait_until(&format!("the scripts ran: {want:?}"), LIMIT, || recorder.calls() == want);
        };
        scripts(&["quorum_up"]);
        farm.servers[0].kill();
        farm.await_table("d1", &service.saved(&[1, 2]), LIMIT);
        holds("2 is not less than 3 - 1", Duration::from_millis(500), || recorder.calls() == ["quorum_up"]);
        farm.servers[1].kill();
        farm.await_table("d1", &service.saved_sorry(), LIMIT);
        scripts(&["quorum_up", "quorum_down"]);
        assert_eq!(farm.ask().expect("an answer"), "r3:81");
        farm.servers[0].revive(&farm.world);
        // r1 and r3 weigh 3: less than 3 + 1.
        std::thread::sleep(LIMIT);
        assert_eq!(farm.table("d1"), service.saved_sorry());
        assert_eq!(recorder.calls(), ["quorum_up", "quorum_down"]);
        farm.servers[1].revive(&farm.world);
        farm.await_table("d1", &service.saved_whole(), LIMIT);
        scripts(&["quorum_up", "quorum_down", "quorum_up"]);
        assert_ne!(farm.ask().expect("an answer"), "r3:81");
        let asked = sorry.asked();
        assert_eq!(asked, 1, "a sorry server is not checked");
        assert!(d1.stop().success());
        assert_eq!(farm.table("d1").size(), (0, 0), "nothing stays behind");
        // omega is off: nothing is said on the way out.
        assert_eq!(recorder.calls().len(), 3);
    });
}

#[test]
fn real_servers_scripts_alternate() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        let mut farm = Farm::new(Method::Nat, Family::V4);
        let recorder = Recorder::new("real");
        let real = Real::new(farm.real(0)).line(&recorder.line("notify_up")).line(&recorder.line("notify_down"));
        let service = Virtual::new(farm.service(), Method::Nat).real(real.tcp_check());
        let _d1 = farm.balance("d1", Implementation::under_test(), &service.config());
        farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
        let start = recorder.calls();
        let mut want = start.clone();
        for _ in 0..3 {
            farm.servers[0].kill();
            farm.await_table("d1", &service.saved(&[]), LIMIT);
            want.push("notify_down".into());
            farm.servers[0].revive(&farm.world);
            farm.await_table("d1", &service.saved_whole(), LIMIT);
            want.push("notify_up".into());
        }
        wait_until("all scripts have run", LIMIT, || recorder.calls().len() >= want.len());
        assert_eq!(recorder.calls(), want);
    });
}

/// Also when VRRP, which has nothing to do here, has stopped already.
#[test]
fn a_second_wish_to_stop_does_not_wait_for_the_scripts_of_the_end() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_ours() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4);
        let service = Virtual::new(farm.service(), Method::Nat).real(Real::new(farm.real(0)));
        let service = service.line("omega").line("quorum_down \"/bin/sleep 1000\"");
        let mut d1 = farm.balance("d1", Implementation::under_test(), &service.config());
        farm.await_table("d1", &service.saved_whole(), Duration::from_secs(5));
        d1.signal(Signal::SIGTERM);
        wait_until("the script of the end runs", LIMIT, || d1.processes().len() > 1);
        d1.signal(Signal::SIGTERM);
        assert!(d1.await_exit(LIMIT).success());
        let log = d1.log();
        assert!(log.contains("asked to stop again") && log.contains("was killed by signal 9"), "{log}");
        assert_eq!(farm.table("d1").size(), (0, 0), "nothing stays behind");
    });
}
