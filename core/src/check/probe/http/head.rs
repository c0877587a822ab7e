//! The status line and the headers of an answer.

use super::super::words;
use httparse::{EMPTY_HEADER, Error, Header, ParserConfig, Response, Status};
use serde::{Deserialize, Serialize};

/// Bytes of a status line and its headers, at most. The C version takes 4,095.
const MOST: usize = 1 << 14;

/// What has come of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::check::probe) struct Head(Vec<u8>);

/// What they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// `Content-Length`, where it is a number.
    pub(super) length: Option<u64>,
    /// The body comes in chunks.
    pub(super) chunked: bool,
}

impl Head {
    /// Takes what belongs to the head from the beginning of `rest`. True: it is complete.
    pub(super) fn take(&mut self, rest: &mut &[u8]) -> Result<bool, String> {
        let before = self.0.len();
        let taken = rest.len().min(MOST - before);
        self.0.extend_from_slice(&rest[..taken]);
        match end(&self.0, before) {
            Some(end) => {
                self.0.truncate(end);
                *rest = &rest[end - before..];
                Ok(true)
            }
            None if self.0.len() == MOST => Err(format!("the headers have more than {MOST} bytes")),
            None => Ok(false),
        }
    }

    pub(super) fn progress(&self) -> String {
        match self.0.len() {
            0 => "no answer".to_owned(),
            len => format!("{len} bytes of headers: {}", words::quoted(&self.0)),
        }
    }

    /// Reads a complete head. What a server calls its protocol is not judged, nor are headers that nobody asks for.
    pub(super) fn parse(&self) -> Result<Answer, String> {
        match parse(&self.0) {
            // `ICY 200 OK`, as of radio servers.
            Err(Error::Version) => {
                let space = self.0.iter().position(|b| *b == b' ').unwrap_or(self.0.len());
                parse(&[b"HTTP/1.0", &self.0[space..]].concat())
            }
            other => other,
        }
        .map_err(|_| format!("the answer is not HTTP: {}", words::quoted(&self.0)))
    }
}

/// Where the empty line ends, if there is one. No other than the bytes from `from` on are new.
fn end(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len())
        .find(|&at| bytes[at] == b'\n' && (bytes[..at].ends_with(b"\n") || bytes[..at].ends_with(b"\n\r")))
        .map(|at| at + 1)
}

fn parse(bytes: &[u8]) -> Result<Answer, Error> {
    let mut config = ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    let lines = bytes.iter().filter(|b| **b == b'\n').count();
    let mut headers = vec![EMPTY_HEADER; lines];
    let mut response = Response::new(&mut headers);
    // The empty line is there, so a partial answer has only empty lines before it.
    let (Status::Complete(_), Some(status)) = (config.parse_response(&mut response, bytes)?, response.code) else {
        return Err(Error::Status);
    };
    let value = |name: &str| {
        let named = |header: &&Header<'_>| header.name.eq_ignore_ascii_case(name);
        response.headers.iter().find(named).map(|header| header.value.trim_ascii())
    };
    let length = value("content-length").and_then(|value| core::str::from_utf8(value).ok()?.parse().ok());
    let coding = value("transfer-encoding").unwrap_or_default();
    let last = coding.rsplit(|b| *b == b',').next().unwrap_or_default();
    Ok(Answer { status, length, chunked: last.trim_ascii().eq_ignore_ascii_case(b"chunked") })
}
