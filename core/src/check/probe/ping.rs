//! `PING_CHECK`: an echo comes back.

use super::{Step, words};
use serde::{Deserialize, Serialize};

/// Bytes of an echo request's payload, as many as the C version sends.
const PAYLOAD: usize = 128;

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ping {
    seed: u64,
    /// Replies that came but were not to this request.
    pub(super) others: u32,
}

impl Ping {
    pub(super) fn new(seed: u64) -> Self {
        Ping { seed, others: 0 }
    }

    pub(super) fn connected(&self) -> Step {
        Step::Send(words::random(self.seed, PAYLOAD).into())
    }

    /// The payload of a reply. One that is not ours is late, or made up; ours may still come.
    pub(super) fn data(&mut self, bytes: &[u8]) -> Step {
        if bytes == words::random(self.seed, PAYLOAD) {
            return Step::passed();
        }
        self.others = self.others.saturating_add(1);
        Step::Wait
    }
}
