//! Dialogues, and laws that hold whatever the peer says.

mod datagrams;
mod http;
mod laws;
mod smtp;
mod words;

use super::{Attempt, Step, Verdict};
use crate::check::{ConnFailure, ConnNews};
use crate::config::model::{Check, NetworkCheck, Service};
use crate::config::{Source, parse};
use crate::kernel::Errno;
use std::borrow::Cow;

/// The check that is written so.
pub(super) fn check(text: &str) -> NetworkCheck {
    let text = format!("virtual_server 10.0.0.100 80 {{\n real_server 10.0.0.1 8080 {{\n{text}\n }}\n}}\n");
    let parsed = parse(&Source::single("test.conf", &text));
    assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
    let server = &parsed.config.lvs.servers[0];
    assert!(matches!(server.service, Service::Address { .. }), "{server:?}");
    match &server.real_servers[0].checks[0] {
        Check::Network(check) => check.clone(),
        other => panic!("{other:?}"),
    }
}

/// A dialogue with a check: what it said, and its verdict.
pub(super) struct Dialogue {
    pub(super) check: NetworkCheck,
    pub(super) attempt: Attempt,
    pub(super) said: Vec<u8>,
    pub(super) text: Option<Vec<u8>>,
    pub(super) verdict: Option<Verdict>,
}

impl Dialogue {
    pub(super) fn new(text: &str) -> Self {
        Self::with(check(text), 0)
    }

    pub(super) fn with(check: NetworkCheck, url: usize) -> Self {
        let attempt = Attempt::new(&check, url, 7);
        let mut dialogue = Dialogue { check, attempt, said: Vec::new(), text: None, verdict: None };
        dialogue.news(ConnNews::Connected);
        dialogue
    }

    pub(super) fn news(&mut self, news: ConnNews<'_>) {
        let step = self.attempt.on(&self.check, news);
        self.step(step);
    }

    fn step(&mut self, step: Step) {
        assert!(self.verdict.is_none() || step == Step::Wait, "after {:?} came {step:?}", self.verdict);
        match step {
            Step::Wait => {}
            Step::Send(bytes) => self.said.extend_from_slice(&bytes),
            // A matcher that finds texts.
            Step::Match(regex, text) => {
                let found = text.windows(regex.pattern.len().max(1)).any(|part| part == regex.pattern.as_bytes());
                self.text = Some(text);
                let step = self.attempt.matched(&self.check, Ok(found));
                self.step(step);
            }
            Step::Done(verdict) => self.verdict = Some(verdict),
        }
    }

    pub(super) fn hears(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.news(ConnNews::Data(Cow::Borrowed(bytes.as_ref())));
        self
    }

    pub(super) fn closed(mut self, clean: bool) -> Self {
        self.news(ConnNews::Closed { clean });
        self
    }

    pub(super) fn fails(mut self, errno: i32) -> Self {
        self.news(ConnNews::Failed(ConnFailure::Errno(Errno(errno))));
        self
    }

    #[track_caller]
    pub(super) fn passed(self) {
        assert_eq!(self.verdict, Some(Verdict::Passed));
    }

    #[track_caller]
    pub(super) fn failed(self, reason: &str) {
        assert_eq!(self.verdict, Some(Verdict::Failed(reason.to_owned())));
    }

    /// Nothing is decided, until the time is over.
    #[track_caller]
    pub(super) fn waits(self, verdict: &Verdict) {
        assert_eq!(self.verdict, None);
        assert_eq!(self.attempt.timed_out(&self.check), *verdict);
    }

    #[track_caller]
    pub(super) fn says(self, bytes: impl AsRef<[u8]>) -> Self {
        assert_eq!(self.said.escape_ascii().to_string(), bytes.as_ref().escape_ascii().to_string());
        self
    }
}

pub(super) fn failure(reason: &str) -> Verdict {
    Verdict::Failed(reason.to_owned())
}

/// An attempt whose connection does not come about.
#[test]
fn without_a_connection() {
    let check = check("TCP_CHECK {\n}");
    let attempt = Attempt::new(&check, 0, 1);
    assert_eq!(attempt.timed_out(&check), failure("no connection within 5 s"));
    let failed = |failure| attempt.clone().on(&check, ConnNews::Failed(failure));
    assert_eq!(failed(ConnFailure::Errno(Errno(111))), Step::failed("not connected: connection refused"));
    assert_eq!(failed(ConnFailure::Tls("no".to_owned())), Step::failed("not connected: TLS: no"));
}

#[test]
fn a_connection_is_enough_for_tcp() {
    Dialogue::new("TCP_CHECK {\n}").passed();
}
