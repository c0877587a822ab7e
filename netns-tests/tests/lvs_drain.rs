//! Weight 0: no new connections, those that are there go on.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::lvs::prelude::*;

#[test]
fn a_drained_server_breaks_no_request() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        let farm = Farm::new(Method::Nat, Family::V4).held_by("d1");
        let before = farm.virtual_server(&[1, 1, 1]);
        let d1 = farm.balance("d1", Implementation::under_test(), &before.config());
        farm.await_table("d1", &before.saved_whole(), Duration::from_secs(5));
        let mut kept: Vec<(String, Kept)> = (0..6)
            .map(|_| {
                let mut kept = Kept::connect(&farm.world, "client", farm.service(), SLACK).expect("a connection");
                (kept.ask().expect("an answer"), kept)
            })
            .collect();
        let asker = Asker::start(&farm.world, "client", farm.service(), Duration::from_millis(20), SLACK);
        let after = farm.virtual_server(&[1, 0, 1]);
        d1.rewrite(&after.config());
        d1.reload();
        farm.await_table("d1", &after.saved_whole(), Duration::from_secs(3));
        let since = now();
        std::thread::sleep(SLACK);
        for (name, connection) in &mut kept {
            assert_eq!(connection.ask().expect("a connection from before goes on"), *name);
        }
        let asked = asker.asked();
        drop(asker);
        assert!(asked.len() > 20, "only {} questions", asked.len());
        assert!(asked.iter().all(|a| a.answer.is_ok()), "a request broke: {asked:?}");
        let late = asked.iter().filter(|a| a.at >= since);
        assert!(late.clone().count() > 5 && late.clone().all(|a| a.answer.as_deref() != Ok("r2")));
    });
}
