//! What a daemon recorded on a real network runs through the same core again, with the same result.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;
use std::process::Command;

const VIP: &str = "10.0.0.100";

#[test]
fn a_recording_of_a_day_at_work_replays() {
    in_sandbox(|| {
        if !Implementation::under_test().is_ours() {
            return;
        }
        let world = World::lan(&["a", "b"]);
        let instance = Instance::new(51).v2().pass("topsecre").vip("10.0.0.100/24").vip("10.0.0.101/24");
        let records = "/run/records";
        let config = instance.clone().priority(150).config();
        let mut a = Daemon::start_with(&world, "a", Implementation::Ours, &config, &["--record", records]);
        let _b = Daemon::start(&world, "b", Implementation::Ours, &instance.config());
        world.await_master("a", VIP);
        world.unplug("a", "eth0");
        world.await_master_within("b", VIP, instance.master_down());
        world.plug("a", "eth0");
        world.await_master("a", VIP);
        world.ip_on("a", "address del 10.0.0.101/24 dev eth0");
        wait_until("it comes back", SLACK, || world.address("a", "10.0.0.101").is_some());
        a.rewrite(&instance.priority(160).config());
        a.reload();
        a.await_log("reading", SLACK);
        std::thread::sleep(SLACK);
        assert!(a.stop().success());

        let files: Vec<_> = std::fs::read_dir(records).expect("recordings").flatten().map(|e| e.path()).collect();
        assert!(!files.is_empty(), "nothing was recorded");
        for file in files {
            let bytes = std::fs::read(&file).expect("readable");
            assert!(!bytes.windows(8).any(|w| w == b"topsecre"), "a password in {}", file.display());
            let replay =
                Command::new(Implementation::Ours.program()).arg("replay").arg(&file).output().expect("replay");
            let story = String::from_utf8_lossy(&replay.stdout);
            assert!(
                replay.status.success(),
                "{}: {story}\n{}",
                file.display(),
                String::from_utf8_lossy(&replay.stderr)
            );
            for word in ["MASTER", "FAULT", "10.0.0.100"] {
                assert!(story.contains(word), "no {word} in the story of {}:\n{story}", file.display());
            }
        }
    });
}
