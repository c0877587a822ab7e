//! The body of an answer.

use super::TEXT;
use super::chunks::Chunks;
use super::digest::Digest;
use super::head::Answer;
use crate::config::model::Url;
use serde::{Deserialize, Serialize};

/// A body, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::check::probe) struct Body {
    end: End,
    /// Bytes as they came: chunks with their sizes.
    raw: u64,
    length: Option<u64>,
    /// Of the bytes as they came, but of no more than `length`: what the C version computes, and what configurations are written with.
    digest: Option<Digest>,
    /// What chunks contain, up to [`TEXT`] bytes.
    text: Option<Vec<u8>>,
}

/// What ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    /// The end of the connection.
    Close,
    /// So many bytes more.
    Length(u64),
    /// The last chunk.
    Chunks(Chunks),
    /// Nothing: it is complete, or enough.
    Over,
}

impl Body {
    pub(super) fn new(answer: &Answer, url: &Url) -> Self {
        let end = match answer.length {
            _ if matches!(answer.status, 100..=199 | 204 | 304) => End::Over,
            _ if answer.chunked => End::Chunks(Chunks::START),
            Some(0) => End::Over,
            Some(length) => End::Length(length),
            None => End::Close,
        };
        Body {
            end,
            raw: 0,
            length: answer.length,
            digest: url.digest.map(|_| Digest::default()),
            text: url.regex.as_ref().map(|_| Vec::new()),
        }
    }

    /// Takes what belongs to the body. True: it is complete, or nothing more is looked at.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Result<bool, String> {
        while !bytes.is_empty() {
            let (len, data) = match &mut self.end {
                End::Over => break,
                End::Close => (bytes.len(), true),
                End::Length(left) => {
                    let len = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= len as u64;
                    (len, true)
                }
                End::Chunks(chunks) => {
                    let piece = chunks.next(bytes)?;
                    (piece.len, piece.data)
                }
            };
            let (piece, rest) = bytes.split_at(len);
            self.put(piece, data);
            bytes = rest;
            let enough = self.digest.is_none() && self.text.as_ref().is_some_and(|text| text.len() == TEXT);
            if enough || matches!(self.end, End::Length(0) | End::Chunks(Chunks::End)) {
                self.end = End::Over;
            }
        }
        Ok(self.end == End::Over)
    }

    fn put(&mut self, piece: &[u8], data: bool) {
        if let Some(digest) = &mut self.digest {
            let left = self.length.map_or(u64::MAX, |length| length.saturating_sub(self.raw));
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            digest.update(&piece[..len]);
        }
        self.raw += piece.len() as u64;
        if let Some(text) = self.text.as_mut().filter(|_| data) {
            let len = piece.len().min(TEXT - text.len());
            text.extend_from_slice(&piece[..len]);
        }
    }

    /// The text, which is taken out.
    pub(super) fn text(&mut self) -> Vec<u8> {
        self.text.take().unwrap_or_default()
    }

    pub(super) fn digest(&self) -> Option<[u8; 16]> {
        self.digest.as_ref().map(Digest::value)
    }

    /// As `1234 of 5678 bytes`.
    pub(super) fn progress(&self) -> String {
        match (self.end, self.length) {
            (End::Over, _) => format!("a body of {} bytes", self.raw),
            (End::Length(_), Some(length)) => format!("{} of {length} bytes of the body", self.raw),
            _ => format!("{} bytes of the body", self.raw),
        }
    }
}
