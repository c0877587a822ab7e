//! Waiting with a deadline.

use std::time::{Duration, Instant};

/// What every time limit here is generous by: the machine is shared.
pub const SLACK: Duration = Duration::from_secs(1);

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
