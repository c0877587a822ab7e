//! Notify scripts: which, in what order, with what arguments.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;

#[test]
fn order_and_arguments() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let recorder = Recorder::new("a");
        let base = Instance::new(51).vip("10.0.0.100/24");
        let mut instance = base.clone().priority(150);
        for keyword in ["notify_master", "notify_backup", "notify_fault", "notify_stop", "notify"] {
            instance = instance.line(&recorder.line(keyword));
        }
        let mut a = Daemon::start(&world, "a", Implementation::under_test(), &instance.config());
        world.await_master("a", "10.0.0.100");
        let calls = |n: usize| wait_until(&format!("{n} calls"), SLACK, || recorder.calls().len() >= n);
        calls(4);
        world.unplug("a", "eth0");
        calls(6);
        world.plug("a", "eth0");
        world.await_master_within("a", "10.0.0.100", base.master_down() + SLACK);
        calls(10);
        assert!(a.stop().success());
        calls(12);
        let expected = ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "STOP"];
        let recorded = recorder.calls();
        assert_eq!(recorded.len(), 2 * expected.len(), "{recorded:#?}");
        for (state, pair) in expected.iter().zip(recorded.chunks(2)) {
            // The two scripts of one transition start one after the other and may end in any order.
            let mut pair = pair.to_vec();
            pair.sort();
            let general = format!("notify INSTANCE VI_51 {state} 150");
            assert_eq!(pair, [general, format!("notify_{}", state.to_lowercase())], "{recorded:#?}");
        }
    });
}
