//! SIGHUP: only what changed may be felt.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;

const VIP: &str = "10.0.0.100";

fn instance() -> Instance {
    Instance::new(51).vip("10.0.0.100/24")
}

#[test]
fn an_unchanged_file_does_nothing_at_all() {
    in_sandbox(|| {
        if !Implementation::under_test().is_ours() {
            return; // The C version sends an advert at each reload.
        }
        let world = World::lan(&["a", "b"]);
        let recorder = Recorder::new("a");
        // Long intervals, so that a packet out of turn is more than a second away from its turn.
        let slow = instance().centis(400).line(&recorder.line("notify"));
        let owner = slow.clone().priority(255).config().replace("state BACKUP", "state MASTER");
        let a = Daemon::start(&world, "a", Implementation::under_test(), &owner);
        world.await_master("a", VIP);
        // The announcements of the takeover are over after a second.
        std::thread::sleep(Duration::from_millis(2500));
        let calls = recorder.calls();
        let last = world.sniffer.wait("an advert", now(), Duration::from_secs(4), |f| f.advert().is_some()).at;
        for _ in 0..3 {
            a.reload();
            std::thread::sleep(Duration::from_millis(300));
        }
        let next = world.sniffer.wait("the next", last + Duration::from_millis(1), Duration::from_secs(4), |_| true);
        assert!(next.advert().is_some(), "{next:?}");
        assert!(next.at - last > Duration::from_secs(3), "{:?} after the last advert", next.at - last);
        assert!(next.at - last < Duration::from_secs(5), "{:?} after the last advert", next.at - last);
        assert_eq!(recorder.calls(), calls, "no state changed");
    });
}

#[test]
fn an_unchanged_file_does_not_disturb_a_backup() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let recorder = Recorder::new("b");
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &instance().priority(150).config());
        let b = Daemon::start(
            &world,
            "b",
            Implementation::under_test(),
            &instance().line(&recorder.line("notify")).config(),
        );
        world.await_master("a", VIP);
        wait_until("b's first call", SLACK, || recorder.calls().len() == 1);
        for _ in 0..10 {
            b.reload();
            std::thread::sleep(Duration::from_millis(150));
        }
        assert_eq!(world.holders(VIP), ["a"]);
        assert_eq!(recorder.calls(), ["notify INSTANCE VI_51 BACKUP 100"]);
    });
}

#[test]
fn a_changed_priority_is_sent_and_decides() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let a = Daemon::start(&world, "a", Implementation::under_test(), &instance().priority(150).config());
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &instance().priority(100).config());
        world.await_master("a", VIP);
        let since = now();
        a.rewrite(&instance().priority(120).config());
        a.reload();
        let is = |priority: u8| move |f: &Frame| f.node == "a" && f.advert().is_some_and(|a| a.priority == priority);
        world.sniffer.wait("the new priority", since, instance().interval(), is(120));
        assert_eq!(world.holders(VIP), ["a"], "still the highest");
        a.rewrite(&instance().priority(50).config());
        a.reload();
        world.await_master_within("b", VIP, instance().master_down() + SLACK);
        assert!(world.sniffer.last(is(0)).is_none(), "nobody resigned");
    });
}

#[test]
fn addresses_come_and_go() {
    in_sandbox(|| {
        let world = World::lan(&["a"]);
        let a = Daemon::start(&world, "a", Implementation::under_test(), &instance().config());
        world.await_master("a", VIP);
        let since = now();
        a.rewrite(&instance().vip("10.0.0.101/24").config());
        a.reload();
        world.await_master_within("a", "10.0.0.101", SLACK);
        assert!(world.address("a", VIP).is_some());
        let ip = "10.0.0.101".parse().expect("an address");
        world.sniffer.wait("the new address is announced", since, SLACK, |f| f.announces(ip));
        a.rewrite(&instance().config());
        a.reload();
        wait_until("it goes again", SLACK, || world.address("a", "10.0.0.101").is_none());
        assert!(world.address("a", VIP).is_some());
        let resigned = world.sniffer.last(|f| f.advert().is_some_and(|a| a.priority == 0));
        assert_eq!(resigned, None, "the instance stayed master all the time");
    });
}

#[test]
fn a_removed_instance_resigns_and_leaves_nothing() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let other = Instance::new(52).vip("10.0.0.102/24");
        let both = |priority: u8| file("", &[&instance().priority(priority), &other.clone().priority(priority)]);
        let a = Daemon::start(&world, "a", Implementation::under_test(), &both(150));
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &both(100));
        world.await_master("a", VIP);
        world.await_master("a", "10.0.0.102");
        let since = now();
        a.rewrite(&instance().priority(150).config());
        a.reload();
        world.await_master_within("b", "10.0.0.102", other.skew() + SLACK);
        world
            .sniffer
            .wait("it resigned", since, SLACK, |f| f.advert().is_some_and(|a| a.vrid == 52 && a.priority == 0));
        assert_eq!(world.holders(VIP), ["a"], "the other instance stays");
    });
}

#[test]
fn a_broken_file_changes_nothing() {
    in_sandbox(|| {
        if !Implementation::under_test().is_ours() {
            return; // Measured: nine of eleven broken files hurt the C version.
        }
        let world = World::lan(&["a", "b"]);
        let recorder = Recorder::new("a");
        let good = instance().priority(150).line(&recorder.line("notify")).config();
        let mut a = Daemon::start(&world, "a", Implementation::under_test(), &good);
        let _b = Daemon::start(&world, "b", Implementation::under_test(), &instance().config());
        world.await_master("a", VIP);
        wait_until("both calls", SLACK, || recorder.calls().len() == 2);
        let broken = [
            good.replace("vrrp_instance", "vrrp_instanc"),
            good.replace("priority 150", "priority"),
            good.replace("priority 150", "prioritty 150"),
            good.replace("virtual_router_id 51", "virtual_router_id 256"),
            good.replace("virtual_router_id 51", ""),
            good.replace("10.0.0.100/24", "10.0.300.100/24"),
            good.replace("interface eth0", "interfaces eth0"),
            good.replacen('}', "", 1),
            good[..good.len() / 2].to_owned(),
            String::from_utf8_lossy(&[0, 159, 7, b'{', b'"']).into_owned(),
        ];
        for text in broken {
            let (since, logged) = (now(), a.log().len());
            a.rewrite(&text);
            a.reload();
            wait_until("the log says something", SLACK, || a.log().len() > logged);
            world.sniffer.wait("the next advert as before", since, instance().interval(), |f| {
                f.node == "a" && f.advert().is_some_and(|a| a.priority == 150)
            });
            assert!(a.runs(), "ended with\n{text}");
            assert_eq!(world.holders(VIP), ["a"], "with\n{text}");
        }
        assert_eq!(recorder.calls().len(), 2, "no state changed: {:?}", recorder.calls());
        assert!(world.sniffer.last(|f| f.advert().is_some_and(|a| a.priority == 0)).is_none());
    });
}

#[test]
fn what_cannot_be_read_as_before_changes_nothing() {
    in_sandbox(|| {
        if !Implementation::under_test().is_ours() {
            return; // The C version gives up the addresses of an included file that is lost or emptied.
        }
        let world = World::lan(&["a"]);
        let included = instance().config();
        let a = Daemon::start_with(&world, "a", Implementation::under_test(), "include vi.conf\n", &["-i", "main"]);
        let (main, part) = (a.dir.join("keepalived.conf"), a.dir.join("vi.conf"));
        let write = |path: &std::path::Path, text: &str| std::fs::write(path, text).expect("a file");
        // It began without the file, and waits for it.
        a.await_log("configuration in force", SLACK);
        write(&part, &included);
        a.reload();
        world.await_master("a", VIP);

        let refused = |what: &str, says: &str| {
            let since = (now(), a.log().len());
            a.reload();
            let new = || a.log()[since.1..].to_owned();
            wait_until(&format!("{what}: refused"), SLACK, || new().contains("nothing changes"));
            assert!(new().contains(says), "{what}: {}", new());
            world.sniffer.wait("the next advert as before", since.0, instance().interval(), |f| {
                f.advert().is_some_and(|a| a.priority != 0)
            });
            assert_eq!(world.holders(VIP), ["a"], "{what}");
        };
        write(&part, "");
        refused("an emptied include", "vi.conf is empty");
        std::fs::remove_file(&part).expect("it is there");
        refused("a lost include", "vi.conf");
        write(&part, &included.replace("vrrp_instance", "@other vrrp_instance"));
        refused("the block is another machine's", "vi.conf");
        write(&part, &included);
        std::fs::remove_file(&main).expect("it is there");
        nix::unistd::mkfifo(&main, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
        refused("a fifo where the file was", "keepalived.conf");
        std::fs::remove_file(&main).expect("it is there");
        write(&main, "");
        refused("an empty file", "keepalived.conf");

        let mended = a.log().len();
        write(&main, "include vi.conf\n");
        a.reload();
        std::thread::sleep(Duration::from_millis(500));
        assert!(!a.log()[mended..].contains("refused"), "{}", &a.log()[mended..]);
        assert!(world.sniffer.last(|f| f.advert().is_some_and(|a| a.priority == 0)).is_none(), "it never resigned");
    });
}
