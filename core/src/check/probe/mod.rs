//! One attempt of a check: a connection, from opening to verdict.
//!
//! An attempt holds what has come so far and judges it. It knows no time: whoever drives it gives every stage - connecting, and each answer after a
//! [`Step::Send`] - the check's `connect_timeout`, counted from the stage's beginning, and calls `timed_out` when it is over. The number of
//! stages is fixed for each kind of check, so that nothing the peer does can stretch an attempt.
//!
//! The verdict depends on the bytes that came, not on how they were cut into pieces.

mod attempt;
mod dial;
mod dns;
mod http;
mod ping;
mod smtp;
mod tcp;
#[cfg(test)]
mod tests;
mod udp;
mod words;

pub use attempt::Attempt;
pub use dial::{dial, urls};
pub use http::TEXT;

use crate::config::model::Regex;
use std::sync::Arc;

/// What an attempt wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// More news.
    Wait,
    /// These bytes sent; a new stage begins.
    Send(Arc<[u8]>),
    /// To know whether the pattern is in the text; a new stage begins.
    Match(Arc<Regex>, Vec<u8>),
    /// Nothing: this is the verdict.
    Done(Verdict),
}

/// What an attempt has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server does what is expected of it.
    Passed,
    /// It does not: what was got and what was expected, in words.
    Failed(String),
}

impl Step {
    fn passed() -> Step {
        Step::Done(Verdict::Passed)
    }

    fn failed(reason: impl Into<String>) -> Step {
        Step::Done(Verdict::Failed(reason.into()))
    }
}
