//! What a check says of its server, and how many failures it takes to say otherwise.

use serde::{Deserialize, Serialize};

/// What a check says of its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Health {
    /// Whether the server is taken to live.
    pub up: bool,
    /// Whether an attempt has ended yet.
    pub tried: bool,
    /// Whether failures are forgiven from the first attempt on. At the start the first one counts, whatever `retry` says; after a reload it does not
    /// with a new check, as in the C version.
    pub lenient: bool,
    /// Failures in a row.
    pub failures: u32,
}

/// What an attempt's result means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing new.
    Same,
    /// It succeeds, and had failed or had not been made.
    Passed,
    /// It failed, and this is forgiven.
    Forgiven,
    /// It failed too often, or at the first attempt.
    Failed,
}

impl Health {
    /// Before the first attempt.
    pub(super) const fn new(up: bool, lenient: bool) -> Health {
        Health { up, tried: false, lenient, failures: 0 }
    }

    /// An attempt has succeeded.
    pub(super) fn pass(&mut self) -> Finding {
        let before = self.up;
        (self.up, self.tried, self.failures) = (true, true, 0);
        if before { Finding::Same } else { Finding::Passed }
    }

    /// An attempt has failed; `retry` failures in a row are forgiven.
    pub(super) fn fail(&mut self, retry: u32) -> Finding {
        let first = !core::mem::replace(&mut self.tried, true);
        self.failures = self.failures.saturating_add(1);
        if self.up && (self.lenient || !first) && self.failures <= retry {
            return Finding::Forgiven;
        }
        let before = core::mem::replace(&mut self.up, false);
        if before || first { Finding::Failed } else { Finding::Same }
    }
}

/// Which of the URLs of an HTTP check is next. They are asked for one in each attempt; the check has passed when the last one has, and after a
/// failure when all of them have again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Round {
    /// The next one.
    pub url: usize,
    /// The one that made the check fail has not succeeded since.
    pub stuck: bool,
}

impl Round {
    /// One of `urls` has succeeded. Returns whether that makes the check pass.
    pub(super) fn pass(&mut self, urls: usize) -> bool {
        let stuck = core::mem::take(&mut self.stuck);
        if stuck && urls > 1 {
            self.url = 0;
            return false;
        }
        self.url += 1;
        if self.url < urls {
            return false;
        }
        self.url = 0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn the_first_failure_is_enough_at_the_start_and_retries_are_forgiven_later() {
        let mut health = Health::new(true, false);
        assert_eq!(health.fail(3), Finding::Failed);
        assert_eq!(health.fail(3), Finding::Same);
        assert_eq!(health.pass(), Finding::Passed);
        assert_eq!(
            [health.fail(2), health.fail(2), health.fail(2)],
            [Finding::Forgiven, Finding::Forgiven, Finding::Failed]
        );
        assert_eq!(health, Health { up: false, tried: true, lenient: false, failures: 3 });
    }

    #[test]
    fn who_is_down_until_proven_is_told_once() {
        let mut health = Health::new(false, true);
        assert_eq!([health.fail(1), health.fail(1)], [Finding::Failed, Finding::Same]);
        assert_eq!([health.pass(), health.pass()], [Finding::Passed, Finding::Same]);
    }

    #[test]
    fn urls_are_asked_for_in_turn_and_all_again_after_a_failure() {
        let mut round = Round::default();
        assert_eq!([round.pass(3), round.pass(3), round.pass(3)], [false, false, true]);
        round.pass(3);
        round.stuck = true;
        assert_eq!((round.pass(3), round.url), (false, 0));
        assert_eq!([round.pass(3), round.pass(3), round.pass(3)], [false, false, true]);
        let mut one = Round { url: 0, stuck: true };
        assert!(one.pass(1) && !one.stuck);
    }

    quickcheck! {
        /// Up exactly while the last `retry + 1` results are not all failures, once it has been tried and found up or is lenient.
        fn behaves_like_counting(results: Vec<bool>, retry: u8, lenient: bool) -> bool {
            let retry = u32::from(retry % 5);
            let mut health = Health::new(true, lenient);
            if !lenient {
                health.pass();
            }
            let (mut up, mut row) = (true, 0);
            results.into_iter().all(|passed| {
                let finding = if passed { health.pass() } else { health.fail(retry) };
                row = if passed { 0 } else { row + 1 };
                let before = up;
                up = passed || (up && row <= retry);
                let told = match finding {
                    Finding::Passed => !before && up,
                    Finding::Failed => before && !up,
                    Finding::Forgiven => up && row > 0,
                    Finding::Same => before == up && (passed || !up),
                };
                health.up == up && health.failures == row && told
            })
        }
    }
}
