//! `SMTP_CHECK`: the server greets, answers a HELO and lets us go (RFC 5321).

use super::{Step, words};
use serde::{Deserialize, Serialize};

/// Bytes of a line, at most. RFC 5321 section 4.5.3.1.5 allows 512.
const LINE: usize = 4096;

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Smtp {
    awaited: Reply,
    line: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Reply {
    Greeting,
    Helo,
    Quit,
}

impl Reply {
    fn name(self) -> &'static str {
        match self {
            Reply::Greeting => "the greeting",
            Reply::Helo => "the answer to HELO",
            Reply::Quit => "the answer to QUIT",
        }
    }

    /// The code of a success. After QUIT any line will do, as for the C version.
    fn code(self) -> Option<&'static str> {
        match self {
            Reply::Greeting => Some("220"),
            Reply::Helo => Some("250"),
            Reply::Quit => None,
        }
    }
}

impl Smtp {
    pub(super) fn new() -> Self {
        Smtp { awaited: Reply::Greeting, line: Vec::new() }
    }

    /// `name`: what we say that we are.
    pub(super) fn data(&mut self, name: &str, mut bytes: &[u8]) -> Step {
        // A server that answers before it is asked is heard: what comes next does not depend on which piece it was in.
        let mut said = Vec::new();
        while !bytes.is_empty() {
            let end = bytes.iter().position(|b| *b == b'\n');
            let (piece, rest) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
            bytes = rest;
            if self.line.len() + piece.len() > LINE {
                return Step::failed(format!("{} has a line of more than {LINE} bytes", self.awaited.name()));
            }
            self.line.extend_from_slice(piece);
            if end.is_none() {
                break;
            }
            let line = core::mem::take(&mut self.line);
            match self.heard(&line) {
                Err(reason) => return Step::failed(reason),
                Ok(false) => continue,
                Ok(true) => {}
            }
            self.awaited = match self.awaited {
                Reply::Greeting => {
                    said.extend_from_slice(format!("HELO {name}\r\n").as_bytes());
                    Reply::Helo
                }
                Reply::Helo => {
                    said.extend_from_slice(b"QUIT\r\n");
                    Reply::Quit
                }
                Reply::Quit => return Step::passed(),
            };
        }
        if said.is_empty() { Step::Wait } else { Step::Send(said.into()) }
    }

    /// A line of a reply. True: it was the last one.
    fn heard(&self, line: &[u8]) -> Result<bool, String> {
        let Some(expected) = self.awaited.code() else { return Ok(true) };
        let line = line.trim_ascii_end();
        let rest = line.strip_prefix(expected.as_bytes()).map(<[u8]>::first);
        match rest {
            Some(None | Some(b' ' | b'\t')) => Ok(true),
            Some(Some(b'-')) => Ok(false),
            _ => Err(format!("{} is {}, expected {expected}", self.awaited.name(), words::quoted(line))),
        }
    }

    pub(super) fn closed(&self) -> Step {
        Step::failed(format!("the connection was closed before {}", self.awaited.name()))
    }

    /// What is awaited, for a time that is over.
    pub(super) fn awaited(&self) -> &'static str {
        self.awaited.name()
    }
}
