//! An attempt: what all kinds of check have in common.

use super::ping::Ping;
use super::udp::Udp;
use super::{Step, Verdict, tcp, words};
use crate::check::{ConnFailure, ConnNews};
use crate::config::model::{NetworkCheck, Probe};
use serde::{Deserialize, Serialize};

/// One attempt of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which of an HTTP check's URLs.
    url: usize,
    stage: Stage,
    talk: Talk,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Connecting,
    Talking,
    Over,
}

/// What is said and heard, for each kind of check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Talk {
    Tcp,
    Udp(Udp),
    Ping(Ping),
    Later,
}

impl Attempt {
    /// A new attempt, before its connection is opened. `url`: which of an HTTP check's URLs, 0 for other checks. `seed`: for query ids and random
    /// payloads; a new one for each attempt.
    pub fn new(check: &NetworkCheck, url: usize, seed: u64) -> Self {
        let talk = match &check.probe {
            Probe::Tcp => Talk::Tcp,
            Probe::Udp(_) => Talk::Udp(Udp::new(seed)),
            Probe::Ping => Talk::Ping(Ping::new(seed)),
            Probe::Http(_) | Probe::Smtp(_) | Probe::Dns(_) => Talk::Later,
        };
        Attempt { url, stage: Stage::Connecting, talk }
    }

    /// News of its connection. `check` is the one the attempt was made for. After the verdict nothing does anything.
    pub fn on(&mut self, check: &NetworkCheck, news: ConnNews<'_>) -> Step {
        let step = match (self.stage, news) {
            (Stage::Over, _) | (Stage::Talking, ConnNews::Connected) | (Stage::Connecting, ConnNews::Data(_)) => {
                Step::Wait
            }
            (Stage::Connecting, ConnNews::Connected) => {
                self.stage = Stage::Talking;
                self.connected(check)
            }
            (Stage::Connecting, ConnNews::Closed { .. }) => Step::failed("not connected: the peer closed"),
            (Stage::Connecting, ConnNews::Failed(failure)) => {
                Step::failed(format!("not connected: {}", words::failure(&failure)))
            }
            (Stage::Talking, ConnNews::Data(bytes)) => self.data(check, &bytes),
            (Stage::Talking, ConnNews::Closed { clean }) => self.closed(check, clean),
            (Stage::Talking, ConnNews::Failed(failure)) => self.failed(check, &failure),
        };
        self.concluded(check, step)
    }

    /// The answer to [`Step::Match`]. `Err`: the matcher gave up, and why.
    pub fn matched(&mut self, check: &NetworkCheck, found: Result<bool, String>) -> Step {
        let _ = found;
        let step = Step::Wait;
        self.concluded(check, step)
    }

    /// The stage has taken longer than it may.
    pub fn timed_out(&self, check: &NetworkCheck) -> Verdict {
        let time = words::time(check.target.timeout);
        if self.stage == Stage::Connecting {
            return Verdict::Failed(format!("no connection within {time}"));
        }
        match (&self.talk, &check.probe) {
            (Talk::Udp(_), Probe::Udp(probe)) if probe.reply.is_none() => Verdict::Passed,
            _ => Verdict::Failed(format!("no answer within {time}")),
        }
    }

    fn connected(&mut self, check: &NetworkCheck) -> Step {
        match (&mut self.talk, &check.probe) {
            (Talk::Tcp, Probe::Tcp) => tcp::connected(),
            (Talk::Udp(udp), Probe::Udp(probe)) => udp.connected(probe),
            (Talk::Ping(ping), Probe::Ping) => ping.connected(),
            _ => Step::failed(OTHER),
        }
    }

    fn data(&mut self, check: &NetworkCheck, bytes: &[u8]) -> Step {
        match (&mut self.talk, &check.probe) {
            (Talk::Tcp, Probe::Tcp) => Step::Wait,
            (Talk::Udp(_), Probe::Udp(probe)) => Udp::data(probe, bytes),
            (Talk::Ping(ping), Probe::Ping) => ping.data(bytes),
            _ => Step::failed(OTHER),
        }
    }

    fn closed(&mut self, _check: &NetworkCheck, _clean: bool) -> Step {
        Step::failed("the connection was closed without an answer")
    }

    fn failed(&mut self, _check: &NetworkCheck, failure: &ConnFailure) -> Step {
        Step::failed(words::failure(failure))
    }

    fn concluded(&mut self, _check: &NetworkCheck, step: Step) -> Step {
        if matches!(step, Step::Done(_)) {
            self.stage = Stage::Over;
        }
        step
    }
}

/// Where an attempt is given another check than its own.
const OTHER: &str = "the check has changed meanwhile";
