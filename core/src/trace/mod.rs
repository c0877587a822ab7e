//! Recordings: everything an engine was told and what it answered, so that it can be told again.
//!
//! A file is the magic and the format's number, then frames. A frame is its length and the CRC-32 of its bytes (both little
//! endian, 4 bytes), then its bytes: first a [`Header`], then the engine's state as it was when the file began, then one frame for
//! each step. A file that ends within a frame (a crash, a full disk) is good up to there.
//!
//! No password is in it: see [`mask`].

mod frame;
pub mod mask;
mod record;
mod replay;
pub mod story;

pub use mask::Key;
pub use record::Recorder;
pub use replay::{Divergence, Replay, ReplayError, Step, Tail, header, replay};

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// How every recording begins.
pub const MAGIC: [u8; 8] = *b"\x89KA-REC\n";

/// The number of the format that this version writes and reads. Any change of the engine's state, of its inputs or of its
/// outputs is a new format.
pub const FORMAT: u16 = 3;

/// What a recording says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the program that wrote it.
    pub build: String,
    /// When it begins, on the engine's clock.
    pub at: Time,
    /// The same moment in nanoseconds since 1970, UTC.
    pub wall: u64,
    /// How many steps before it could not be written anywhere.
    pub lost: u64,
}

#[cfg(test)]
mod tests;
