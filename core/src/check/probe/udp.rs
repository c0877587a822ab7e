//! `UDP_CHECK`: a datagram is sent. Without `require_reply` silence is a success, and only word from the network that nobody is there is not.

use super::{Step, words};
use crate::config::model::{MaskedByte, UdpProbe};
use serde::{Deserialize, Serialize};

/// Bytes of a payload where none is configured, as many as the C version sends.
const RANDOM: usize = 32;

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Udp {
    seed: u64,
}

impl Udp {
    pub(super) fn new(seed: u64) -> Self {
        Udp { seed }
    }

    pub(super) fn connected(&self, probe: &UdpProbe) -> Step {
        if probe.payload.is_empty() {
            Step::Send(words::random(self.seed, RANDOM).into())
        } else {
            Step::Send(probe.payload.as_slice().into())
        }
    }

    /// The first datagram decides.
    pub(super) fn data(probe: &UdpProbe, bytes: &[u8]) -> Step {
        let Some(reply) = &probe.reply else { return Step::passed() };
        let (least, most) = (usize::from(reply.min_length), reply.max_length.map_or(usize::MAX, usize::from));
        if !(least..=most).contains(&bytes.len()) {
            return Step::failed(match most {
                usize::MAX => format!("an answer of {} bytes, expected {least} or more", bytes.len()),
                _ => format!("an answer of {} bytes, expected {least} to {most}", bytes.len()),
            });
        }
        // An answer shorter than the pattern is compared as far as it goes.
        let differs = |(byte, expected): (&u8, &MaskedByte)| byte & expected.mask != expected.value & expected.mask;
        match bytes.iter().zip(&reply.pattern).position(differs) {
            None => Step::passed(),
            Some(at) => Step::failed(format!(
                "the answer is {}, expected {}: byte {at} differs",
                words::hex(bytes),
                pattern(&reply.pattern)
            )),
        }
    }
}

/// A pattern as it is written in a configuration: `x` for four bits that do not count.
fn pattern(bytes: &[MaskedByte]) -> String {
    let digit = |value: u8, mask: u8| match mask & 0xf {
        0 => 'x',
        _ => char::from_digit(u32::from(value & 0xf), 16).unwrap_or('x'),
    };
    let shown = bytes.iter().take(words::SHOWN);
    let mut out: String = shown.flat_map(|b| [digit(b.value >> 4, b.mask >> 4), digit(b.value, b.mask)]).collect();
    if bytes.len() > words::SHOWN {
        out.push_str("...");
    }
    out
}
