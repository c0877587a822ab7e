//! A body in chunks (RFC 9112 section 7.1): where its data is and where it ends.

use serde::{Deserialize, Serialize};

/// Where in a chunked body we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Chunks {
    /// In a chunk's size: its value, and whether a digit has come.
    Size(u64, bool),
    /// After a chunk's size, in what is said about it.
    Extension(u64),
    /// In a chunk of which so many bytes are to come.
    Data(u64),
    /// In the line end after a chunk.
    After,
    /// In the trailer after the last chunk: whether the line has anything in it.
    Trailer(bool),
    /// After the end.
    End,
}

/// A piece of a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// So many bytes from the beginning of what was given.
    pub(super) len: usize,
    /// They are data; else they are about it.
    pub(super) data: bool,
}

impl Chunks {
    pub(super) const START: Chunks = Chunks::Size(0, false);

    /// The first piece of `bytes`, which are not empty, unless the body has ended.
    pub(super) fn next(&mut self, bytes: &[u8]) -> Result<Piece, String> {
        if let Chunks::Data(left) = self {
            let len = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
            *left -= len as u64;
            if *left == 0 {
                *self = Chunks::After;
            }
            return Ok(Piece { len, data: true });
        }
        let mut len = 0;
        for byte in bytes {
            if matches!(self, Chunks::Data(_) | Chunks::End) {
                break;
            }
            *self = self.step(*byte)?;
            len += 1;
        }
        Ok(Piece { len, data: false })
    }

    fn step(self, byte: u8) -> Result<Chunks, String> {
        let digit = char::from(byte).to_digit(16).map(u64::from);
        if let (Chunks::Size(value, _), Some(digit)) = (self, digit) {
            let value = value.checked_mul(16).ok_or("a chunk of more than 2^64 bytes")?;
            return Ok(Chunks::Size(value + digit, true));
        }
        Ok(match (self, byte) {
            (Chunks::Size(value, true) | Chunks::Extension(value), b'\n') => match value {
                0 => Chunks::Trailer(false),
                value => Chunks::Data(value),
            },
            (Chunks::Size(value, true), b';' | b' ' | b'\t' | b'\r') | (Chunks::Extension(value), _) => {
                Chunks::Extension(value)
            }
            (Chunks::After, b'\n') => Chunks::START,
            (Chunks::After, b'\r') => Chunks::After,
            (Chunks::Trailer(false), b'\n') => Chunks::End,
            (Chunks::Trailer(true), b'\n') | (Chunks::Trailer(false), b'\r') => Chunks::Trailer(false),
            (Chunks::Trailer(_), _) => Chunks::Trailer(true),
            (Chunks::Data(_) | Chunks::End, _) => self,
            (Chunks::Size(..), _) => {
                return Err(format!("a chunk's size has \"{}\", expected a hexadecimal digit", byte.escape_ascii()));
            }
            (Chunks::After, _) => {
                return Err(format!("a chunk is followed by \"{}\", expected a line end", byte.escape_ascii()));
            }
        })
    }
}
