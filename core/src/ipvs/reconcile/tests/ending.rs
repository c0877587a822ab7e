//! What is left in the kernel at the end.

use super::*;

#[test]
fn what_may_not_have_gone_goes_at_the_end() {
    // Refused, and nobody knows.
    for how in [0, 1] {
        let mut world = settled();
        world.run(&Op::Service(0, None));
        world.run(&Op::Refuse(how));
        world.reconciler.stop(Leave::Others);
        world.drain();
        world.pass(Duration::from_secs(10));
        assert_eq!(world.kernel, Table::default());
    }
}

/// Sync daemons too, whether they should have stopped before the end or at it.
#[test]
fn a_daemon_that_may_not_have_stopped_is_stopped_at_the_end() {
    for (how, before) in [(0, true), (1, true), (0, false), (1, false)] {
        let mut world = World::new(Table::default(), false);
        world.run(&Op::Sync(true, Some(3)));
        world.pass(Duration::from_secs(5));
        assert_eq!(world.kernel.daemons, world.want.daemons);
        if before {
            world.run(&Op::Sync(true, None));
            world.run(&Op::Refuse(how));
        }
        world.reconciler.stop(Leave::Services);
        world.drain();
        if !before {
            world.run(&Op::Refuse(how));
        }
        world.pass(Duration::from_secs(10));
        assert_eq!(world.kernel, Table::default(), "{how} {before}");
        let last = world.events.last();
        assert!(matches!(last, Some(LvsEvent::Sync { running: false, .. })), "{:?}", world.events);
    }
}

/// What the kernel never does is told once, and does not hold up the end.
#[test]
fn what_is_refused_again_at_the_end_is_given_up() {
    let mut world = settled();
    world.reconciler.stop(Leave::Others);
    world.drain();
    while world.step(Some(Errno::EACCES)) {}
    assert!(world.reconciler.is_idle());
    assert!(matches!(&world.events[..], [LvsEvent::IpvsFailed { retry: Duration::ZERO, .. }]), "{:?}", world.events);
}

#[test]
fn everything_goes_where_that_is_asked_for() {
    let mut world = settled();
    apply(&mut world.kernel, &IpvsCommand::AddService(service_key(9), settings(9))).expect("possible");
    world.reconciler.stop(Leave::Nothing);
    world.drain();
    world.pass(Duration::from_secs(1));
    assert!(world.kernel.services.is_empty() && world.reconciler.is_idle());

    let mut world = settled();
    world.reconciler.stop(Leave::Services);
    world.drain();
    assert!(world.waiting.is_empty() && world.reconciler.is_idle());
}

/// Timeouts that could not be put back are not taken for those of somebody else.
#[test]
fn timeouts_are_put_back_though_that_was_refused_before() {
    let before = Table { timeouts: Timeouts { tcp: 900, tcp_fin: 120, udp: 300 }, ..Table::default() };
    let mut world = World::new(before.clone(), false);
    world.drain();
    for op in
        [Op::Timeouts(2), Op::Pass(75), Op::Timeouts(0), Op::Refuse(0), Op::Service(2, Some(2)), Op::Lose, Op::Work(3)]
    {
        world.run(&op);
    }
    world.reconciler.stop(Leave::Others);
    world.drain();
    world.pass(Duration::from_secs(10));
    assert_eq!(world.kernel, before);
}
