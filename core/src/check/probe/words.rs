//! What verdicts have in common: bytes and failures in words.

use crate::chance::splitmix;
use crate::check::ConnFailure;
use core::fmt::Write as _;
use core::time::Duration;

/// Bytes of a peer's answer that are shown at most.
pub(super) const SHOWN: usize = 64;

/// A connection's failure.
pub(super) fn failure(failure: &ConnFailure) -> String {
    match failure {
        ConnFailure::NotMade(errno) | ConnFailure::Errno(errno) => match errno.0 {
            104 => "connection reset by peer".to_owned(),
            111 => "connection refused".to_owned(),
            _ => errno.to_string(),
        },
        ConnFailure::NotSearched => "it was not searched for a regex".to_owned(),
        ConnFailure::Tls(text) => format!("TLS: {text}"),
    }
}

/// A time in seconds.
pub(super) fn time(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// The beginning of a text from outside, without characters that would disturb a log.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let shown = bytes.get(..SHOWN).unwrap_or(bytes);
    let dots = if bytes.len() > SHOWN { "..." } else { "" };
    format!("\"{}{dots}\"", shown.escape_ascii())
}

/// The beginning of bytes from outside.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes.iter().take(SHOWN) {
        let _ = write!(out, "{byte:02x}");
    }
    if bytes.len() > SHOWN {
        out.push_str("...");
    }
    out
}

/// `len` bytes that follow from `seed` (SplitMix64).
pub(super) fn random(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut out = Vec::with_capacity(len + 8);
    while out.len() < len {
        out.extend(splitmix(&mut state).to_le_bytes());
    }
    out.truncate(len);
    out
}
