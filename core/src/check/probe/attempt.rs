//! An attempt: what all kinds of check have in common.

use super::dns::Dns;
use super::http::Http;
use super::ping::Ping;
use super::smtp::Smtp;
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
    Http(Box<Http>),
    Smtp(Smtp),
    Dns(Dns),
    Udp(Udp),
    Ping(Ping),
}

impl Attempt {
    /// A new attempt, before its connection is opened. `url`: which of an HTTP check's URLs, 0 for other checks. `seed`: for query ids and random
    /// payloads; a new one for each attempt.
    pub fn new(check: &NetworkCheck, url: usize, seed: u64) -> Self {
        let talk = match &check.manner.probe {
            Probe::Tcp => Talk::Tcp,
            Probe::Http(_) => Talk::Http(Box::new(Http::new())),
            Probe::Smtp(_) => Talk::Smtp(Smtp::new()),
            Probe::Dns(_) => Talk::Dns(Dns::new(seed)),
            Probe::Udp(_) => Talk::Udp(Udp::new(seed)),
            Probe::Ping => Talk::Ping(Ping::new(seed)),
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
            (Stage::Talking, ConnNews::Closed { .. }) => self.closed(check),
            (Stage::Talking, ConnNews::Failed(failure)) => self.failed(check, &failure),
        };
        self.concluded(check, step)
    }

    /// The answer to [`Step::Match`]. `Err`: the matcher gave up, and why.
    pub fn matched(&mut self, check: &NetworkCheck, found: Result<bool, String>) -> Step {
        let step = match (&self.talk, &check.manner.probe) {
            _ if self.stage != Stage::Talking => Step::Wait,
            (Talk::Http(http), Probe::Http(probe)) => match probe.urls.get(self.url) {
                Some(url) => http.matched(url, found),
                None => Step::failed(CHANGED),
            },
            _ => Step::Wait,
        };
        self.concluded(check, step)
    }

    /// The verdict when a stage takes longer than it may. Only a UDP check that needs no answer passes.
    pub fn timed_out(&self, check: &NetworkCheck) -> Verdict {
        let time = words::time(check.manner.timeout);
        if self.stage == Stage::Connecting {
            let what = match &check.manner.probe {
                Probe::Http(http) if http.tls.is_some() => "TLS session",
                _ => "connection",
            };
            return self.named(check, Verdict::Failed(format!("no {what} within {time}")));
        }
        let reason = match (&self.talk, &check.manner.probe) {
            (Talk::Udp(_), Probe::Udp(probe)) if probe.reply.is_none() => return Verdict::Passed,
            (Talk::Http(http), _) => format!("no complete answer within {time}: {}", http.progress()),
            (Talk::Smtp(smtp), _) => format!("no answer within {time}: {} is missing", smtp.awaited()),
            (Talk::Dns(Dns { others, .. }) | Talk::Ping(Ping { others, .. }), _) if *others > 0 => {
                format!("no answer within {time}, but {others} that belong to something else")
            }
            _ => format!("no answer within {time}"),
        };
        self.named(check, Verdict::Failed(reason))
    }

    /// The MD5 sum that a complete HTTP answer was judged by (`genhash`); `None` without a `digest`, and where a `regex` is looked for after it.
    pub fn digest(&self) -> Option<[u8; 16]> {
        match &self.talk {
            Talk::Http(http) => http.digest(),
            _ => None,
        }
    }

    fn connected(&mut self, check: &NetworkCheck) -> Step {
        match (&mut self.talk, &check.manner.probe) {
            (Talk::Tcp, Probe::Tcp) => tcp::connected(),
            (Talk::Http(_), Probe::Http(probe)) => match probe.urls.get(self.url) {
                Some(url) => Http::connected(check, probe, url),
                None => Step::failed(CHANGED),
            },
            (Talk::Smtp(_), Probe::Smtp(_)) => Step::Wait,
            (Talk::Dns(dns), Probe::Dns(probe)) => dns.connected(probe),
            (Talk::Udp(udp), Probe::Udp(probe)) => udp.connected(probe),
            (Talk::Ping(ping), Probe::Ping) => ping.connected(),
            _ => Step::failed(CHANGED),
        }
    }

    fn data(&mut self, check: &NetworkCheck, bytes: &[u8]) -> Step {
        match (&mut self.talk, &check.manner.probe) {
            (Talk::Http(http), Probe::Http(probe)) => match probe.urls.get(self.url) {
                Some(url) => http.data(url, bytes),
                None => Step::failed(CHANGED),
            },
            (Talk::Smtp(smtp), Probe::Smtp(name)) => smtp.data(name, bytes),
            (Talk::Dns(dns), Probe::Dns(_)) => dns.data(bytes),
            (Talk::Udp(_), Probe::Udp(probe)) => Udp::data(probe, bytes),
            (Talk::Ping(ping), Probe::Ping) => ping.data(bytes),
            _ => Step::failed(CHANGED),
        }
    }

    fn closed(&mut self, check: &NetworkCheck) -> Step {
        match (&mut self.talk, &check.manner.probe) {
            (Talk::Http(http), Probe::Http(probe)) => match probe.urls.get(self.url) {
                Some(url) => http.closed(url),
                None => Step::failed(CHANGED),
            },
            (Talk::Smtp(smtp), _) => smtp.closed(),
            _ => Step::failed("the connection was closed without an answer"),
        }
    }

    fn failed(&mut self, check: &NetworkCheck, failure: &ConnFailure) -> Step {
        match (&mut self.talk, &check.manner.probe) {
            (Talk::Http(http), Probe::Http(probe)) => match probe.urls.get(self.url) {
                Some(url) => http.failed(probe, url, failure),
                None => Step::failed(CHANGED),
            },
            (Talk::Smtp(smtp), _) => Step::failed(format!("{}, before {}", words::failure(failure), smtp.awaited())),
            _ => Step::failed(words::failure(failure)),
        }
    }

    fn concluded(&mut self, check: &NetworkCheck, step: Step) -> Step {
        match step {
            Step::Done(verdict) => {
                self.stage = Stage::Over;
                Step::Done(self.named(check, verdict))
            }
            step => step,
        }
    }

    /// Says which URL failed, where there are several.
    fn named(&self, check: &NetworkCheck, verdict: Verdict) -> Verdict {
        match (&check.manner.probe, verdict) {
            (Probe::Http(probe), Verdict::Failed(reason)) if probe.urls.len() > 1 => {
                let path = probe.urls.get(self.url).map_or("?", |url| &url.path);
                Verdict::Failed(format!("{path}: {reason}"))
            }
            (_, verdict) => verdict,
        }
    }
}

/// Where an attempt is given another check than its own.
const CHANGED: &str = "the check has changed meanwhile";
