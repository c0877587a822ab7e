//! Waiting with a deadline.

use std::time::{Duration, Instant};

/// What every time limit here is generous by: the machine is shared.
pub const SLACK: Duration = Duration::from_secs(1);

/// How far an event may be from the time computed for it: 10 ms where the clock waits for nobody (`scripts/guest --virtual-time`),
/// [`SLACK`] elsewhere.
#[must_use]
pub fn tolerance() -> Duration {
    match std::env::var("KEEPALIVED_GUEST").as_deref() {
        Ok("packed") => Duration::from_millis(10),
        _ => SLACK,
    }
}

/// Checks that something took `expected`, and at most the [`tolerance`] longer.
///
/// # Panics
/// When it did not.
pub fn assert_took(what: &str, took: Duration, expected: Duration) {
    assert!(took >= expected, "{what}: after {took:?} already, not after {expected:?}");
    assert!(took <= expected + tolerance(), "{what}: after {took:?}, not after {expected:?} (and {:?})", tolerance());
}

/// Checks that two neighbours are `expected` apart, give or take the [`tolerance`]: after a late one the next may be early.
///
/// # Panics
/// When they are not.
pub fn assert_apart(what: &str, times: &[Duration], expected: Duration) {
    for pair in times.windows(2) {
        let apart = pair[1] - pair[0];
        assert!(
            apart.abs_diff(expected) <= tolerance(),
            "{what}: {apart:?} apart, not {expected:?} (and {:?})",
            tolerance()
        );
    }
}

/// Waits until `done`; polls every 10 ms.
///
/// # Panics
/// After `limit` and [`SLACK`], saying `what` did not happen.
pub fn wait_until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    loop {
        if done() {
            return start.elapsed();
        }
        assert!(start.elapsed() < limit + SLACK, "not within {limit:?} (and {SLACK:?} of slack): {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Watches that `condition` is true for the whole `time`.
///
/// # Panics
/// As soon as it is not.
pub fn holds(what: &str, time: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while start.elapsed() < time {
        assert!(condition(), "after {:?} no longer true: {what}", start.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
}
