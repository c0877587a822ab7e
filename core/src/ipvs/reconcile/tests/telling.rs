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
