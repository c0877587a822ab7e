//! Whether and when a higher priority takes mastership from a living master.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::prelude::*;

const VIP: &str = "10.0.0.100";

fn instance() -> Instance {
    Instance::new(51).vip("10.0.0.100/24")
}

/// `b` has been master alone for a while; then `a` starts with a higher priority and `line`.
fn late_comer(line: &str, then: impl FnOnce(&World, Daemon)) {
    let world = World::lan(&["a", "b"]);
    let _b = Daemon::start(&world, "b", Implementation::under_test(), &instance().config());
    world.await_master("b", VIP);
    let config = instance().priority(150).line(line).config();
    then(&world, Daemon::start(&world, "a", Implementation::under_test(), &config));
}

#[test]
fn the_higher_priority_takes_over() {
    in_sandbox(|| {
        late_comer("", |world, _a| {
            world.await_master_within("a", VIP, instance().priority(150).master_down() + SLACK);
        });
    });
}

#[test]
fn nopreempt_leaves_a_living_master() {
    in_sandbox(|| {
        late_comer("nopreempt", |world, _a| {
            holds("b stays master", Duration::from_secs(4), || world.holders(VIP) == ["b"]);
        });
    });
}

#[test]
fn nopreempt_takes_over_from_a_dead_master() {
    in_sandbox(|| {
        let world = World::lan(&["a", "b"]);
        let mut b = Daemon::start(&world, "b", Implementation::under_test(), &instance().config());
        world.await_master("b", VIP);
        let config = instance().priority(150).line("nopreempt").config();
        let _a = Daemon::start(&world, "a", Implementation::under_test(), &config);
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(world.holders(VIP), ["b"]);
        assert!(b.stop().success());
        world.await_master_within("a", VIP, instance().master_down());
    });
}
