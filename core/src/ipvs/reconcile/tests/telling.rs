//! What is told of refusals.

use super::*;

/// More is refused than is told. What is left of it is told later, once.
#[test]
fn a_refusal_is_told_late_rather_than_never() {
    let mut world = settled();
    let many = u8::try_from(TOLD).expect("few") + 4;
    for whom in 10..10 + many {
        world.destination(0, whom, Some(1));
    }
    world.drain();
    for _ in 0..many {
        world.step(Some(Errno(34)));
    }
    assert_eq!(world.events.len(), TOLD, "{:?}", world.events);
    // All but the last of them are wanted no more.
    for whom in 10..10 + many - 1 {
        world.destination(0, whom, None);
    }
    world.drain();
    for _ in 0..20 {
        world.now = world.now + SOON;
        world.reconciler.timeout(world.now);
        world.drain();
        while let Some(next) = world.waiting.front() {
            let refused = matches!(next, Action::Command(..)).then_some(Errno(34));
            world.step(refused);
        }
    }
    let last = format!("10.0.0.{}:80", 9 + many);
    let told = world.events[TOLD..]
        .iter()
        .filter(|event| matches!(event, LvsEvent::IpvsFailed { command, .. } if command.contains(&last)));
    assert_eq!(told.count(), 1, "{:?}", &world.events[TOLD..]);
}

/// The kernel has not carried out what it lost; the table on its way is older than that.
#[test]
fn what_was_lost_during_a_reading_is_no_drift_at_the_next() {
    let mut world = settled();
    world.now = world.now + AUDIT * 2;
    world.reconciler.timeout(world.now);
    world.drain();
    assert_eq!(world.waiting.pop_front(), Some(Action::Read));
    let old = Box::new(world.kernel.clone());
    world.destination(0, 0, Some(5));
    world.service(1, Some(1));
    world.destination(1, 1, Some(1));
    world.drain();
    while world.step(Some(Errno::ETIMEDOUT)) {}
    world.reconciler.read(world.now, Ok(old));
    world.drain();
    world.pass(AUDIT);
    assert_eq!((&world.events[..], &world.kernel.services), (&[][..], &world.want.services));
}

quickcheck! {
    /// Where nobody else changes the table nothing is taken for that, whatever is refused and whatever answer is lost.
    fn nobody_is_blamed_for_what_was_lost(ops: Vec<Op>) -> bool {
        let mut world = World::new(Table::default(), false);
        ops.iter().filter(|op| !matches!(op, Op::Meddle(..))).for_each(|op| world.run(op));
        world.pass(AUDIT * 3);
        !world.events.iter().any(|event| matches!(event, LvsEvent::Drift { .. }))
    }
}
