//! `HTTP_GET` and `SSL_GET`: a page is asked for, and its status, its digest and its text are judged.
//!
//! A wrong status fails at once. Else the answer is judged when it is complete - by its `Content-Length`, by its last chunk - or as far as it goes when
//! the peer ends the connection before that, as in the C version: a digest or a regular expression then misses what is not there. How long an answer
//! may take is the deadline's business: it is digested as it comes, and no more than [`TEXT`] bytes of it are kept for a regular expression.

mod body;
mod chunks;
mod digest;
mod head;
mod request;

use super::{Step, words};
use crate::check::ConnFailure;
use crate::config::model::{HttpProbe, NetworkCheck, Regex, StatusCodes, Url};
use body::Body;
use head::Head;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Bytes of a body that a regular expression is looked for in, at most.
pub const TEXT: usize = 1 << 20;

/// An attempt for one URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Http {
    /// The status line and the headers are coming.
    Head(Head),
    /// The body is coming.
    Body(Body),
    /// A regular expression is looked for in this many bytes.
    Matching(usize),
    /// The answer is complete: its digest, where the URL has one.
    Judged(Option<[u8; 16]>),
}

impl Http {
    pub(super) fn new() -> Self {
        Http::Head(Head::default())
    }

    pub(super) fn connected(check: &NetworkCheck, probe: &HttpProbe, url: &Url) -> Step {
        Step::Send(request::request(check, probe, url).into_bytes().into())
    }

    pub(super) fn data(&mut self, url: &Url, bytes: &[u8]) -> Step {
        let mut rest = bytes;
        if let Http::Head(head) = self {
            match head.take(&mut rest) {
                Ok(false) => return Step::Wait,
                Ok(true) => {}
                Err(reason) => return Step::failed(reason),
            }
            let answer = match head.parse() {
                Ok(answer) => answer,
                Err(reason) => return Step::failed(reason),
            };
            if !url.status.iter().any(|codes| (codes.first..=codes.last).contains(&answer.status)) {
                return Step::failed(format!("status {}, expected {}", answer.status, ranges(&url.status)));
            }
            *self = Http::Body(Body::new(&answer, url));
        }
        let Http::Body(body) = self else { return Step::Wait };
        match body.take(rest) {
            Err(reason) => Step::failed(reason),
            Ok(true) => self.judge(url),
            Ok(false) => Step::Wait,
        }
    }

    /// The peer has closed, with TLS perhaps without a `close_notify`: many servers send none, and the C version does not look at it.
    pub(super) fn closed(&mut self, url: &Url) -> Step {
        match self {
            Http::Head(head) => Step::failed(format!("the connection was closed after {}", head.progress())),
            Http::Body(_) => self.judge(url),
            Http::Matching(_) | Http::Judged(_) => Step::Wait,
        }
    }

    /// The connection broke. Over TLS, an answer that only its end would complete is judged all the same, as by the C version.
    pub(super) fn failed(&mut self, probe: &HttpProbe, url: &Url, failure: &ConnFailure) -> Step {
        let failure = words::failure(failure);
        match self {
            Http::Head(head) => Step::failed(format!("{failure}, after {}", head.progress())),
            Http::Body(_) if probe.tls.is_some() => self.judge(url),
            Http::Body(body) => Step::failed(format!("{failure}, after {}", body.progress())),
            Http::Matching(_) | Http::Judged(_) => Step::Wait,
        }
    }

    /// The matcher's answer.
    pub(super) fn matched(&self, url: &Url, found: Result<bool, String>) -> Step {
        let (Http::Matching(len), Some(regex)) = (self, &url.regex) else { return Step::Wait };
        let pattern = words::quoted(regex.pattern.as_bytes());
        let text = match *len {
            TEXT => format!("the body's first {TEXT} bytes"),
            len => format!("the body's {len} bytes"),
        };
        match found {
            Ok(found) if found != regex.no_match => Step::passed(),
            Ok(true) => Step::failed(format!("the regular expression {pattern} matches, expected no match in {text}")),
            Ok(false) => Step::failed(format!("the regular expression {pattern} does not match in {text}")),
            Err(reason) => Step::failed(format!("the regular expression {pattern}: {reason}")),
        }
    }

    /// What has come until now, for a time that is over.
    pub(super) fn progress(&self) -> String {
        match self {
            Http::Head(head) => head.progress(),
            Http::Body(body) => body.progress(),
            Http::Matching(_) => "an answer in which the regular expression could not be looked for".to_owned(),
            Http::Judged(_) => "a complete answer".to_owned(),
        }
    }

    pub(super) fn digest(&self) -> Option<[u8; 16]> {
        match self {
            Http::Judged(digest) => *digest,
            _ => None,
        }
    }

    /// Judges an answer that is complete.
    fn judge(&mut self, url: &Url) -> Step {
        let Http::Body(body) = self else { return Step::Wait };
        let (digest, text, progress) = (body.digest(), body.text(), body.progress());
        *self = Http::Judged(digest);
        if let (Some(expected), Some(got)) = (&url.digest, &digest)
            && got != expected
        {
            let (got, expected) = (words::hex(got), words::hex(expected));
            return Step::failed(format!("digest is {got}, expected {expected}; {progress}"));
        }
        let Some(regex) = &url.regex else { return Step::passed() };
        *self = Http::Matching(text.len());
        Step::Match(Arc::<Regex>::new(regex.clone()), text)
    }
}

/// As `200-299, 404`.
fn ranges(codes: &[StatusCodes]) -> String {
    let words = codes.iter().map(|codes| match codes.first == codes.last {
        true => codes.first.to_string(),
        false => format!("{}-{}", codes.first, codes.last),
    });
    words.collect::<Vec<_>>().join(", ")
}
