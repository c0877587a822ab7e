//! Telling the same engine the same things again.

use super::frame::{self, Next};
use super::{FORMAT, Header, MAGIC};
use crate::engine::Engine;
use crate::time::Time;
use crate::vrrp::{Input, Output, Vrrp};

/// One step of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Counted from 1 in each file.
    pub number: u64,
    /// When, on the engine's clock.
    pub at: Time,
    /// What the engine was told.
    pub input: Input<'a>,
    /// What it answered.
    pub outputs: Vec<Output>,
}

/// What a replay found.
#[derive(Debug)]
pub struct Replay<'a> {
    /// What the recording says of itself.
    pub header: Header,
    /// How many steps were replayed with the same outputs.
    pub steps: u64,
    /// The time of the last of them; of the beginning, where there is none.
    pub last: Time,
    /// The first step that did not come out the same.
    pub divergence: Option<Box<Divergence<'a>>>,
    /// How the recording ends.
    pub tail: Tail,
}

/// A step that did not come out the same.
#[derive(Debug)]
pub struct Divergence<'a> {
    /// The step, with the outputs that were recorded.
    pub step: Step<'a>,
    /// The outputs of this engine.
    pub got: Vec<Output>,
    /// This engine, after the step.
    pub engine: Vrrp,
}

/// How a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// With a whole frame.
    Whole,
    /// Within a frame: the writer was killed, or is still writing. So many bytes are left over.
    Cut(usize),
    /// With bytes that are not what was written, or not a step. So many, this frame included, were not looked at.
    Corrupt(usize),
}

/// Why a recording cannot be replayed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It does not begin as one.
    #[error("this is not a recording of keepalived")]
    NotARecording,
    /// Another version wrote it.
    #[error(
        "this recording has format {0}; this program replays format {FORMAT}: use the version of keepalived that wrote it"
    )]
    Format(u16),
    /// It ends or is damaged before the first step.
    #[error("the beginning of this recording is {0}")]
    Beginning(&'static str),
}

/// What a recording says of itself.
///
/// # Errors
/// Where it is none, of another format, or damaged from the beginning.
pub fn header(bytes: &[u8]) -> Result<Header, ReplayError> {
    begin(bytes).map(|(header, _)| header)
}

/// Runs a recording through the engine. `visit` sees each step that came out the same, in order, and the engine after it. Ends at the
/// first that did not.
///
/// # Errors
/// Where there is nothing to start from. A damaged or missing end is no error: [`Replay::tail`] tells.
pub fn replay<'a>(bytes: &'a [u8], mut visit: impl FnMut(&Step<'a>, &Vrrp)) -> Result<Replay<'a>, ReplayError> {
    let (header, rest) = begin(bytes)?;
    let (mut engine, mut rest) = beginning::<Vrrp>(rest)?;

    let mut replay = Replay { last: header.at, header, steps: 0, divergence: None, tail: Tail::Whole };
    loop {
        let (body, after) = match frame::next(rest) {
            Next::Frame(body, after) => (body, after),
            Next::End => break,
            Next::Cut => {
                replay.tail = Tail::Cut(rest.len());
                break;
            }
            Next::Corrupt => {
                replay.tail = Tail::Corrupt(rest.len());
                break;
            }
        };
        let Ok(step) = read_step(replay.steps + 1, body) else {
            replay.tail = Tail::Corrupt(rest.len());
            break;
        };
        engine.handle(step.at, step.input.clone());
        let got: Vec<Output> = core::iter::from_fn(|| engine.poll()).collect();
        if got != step.outputs {
            replay.divergence = Some(Box::new(Divergence { step, got, engine }));
            break;
        }
        visit(&step, &engine);
        replay.steps = step.number;
        replay.last = step.at;
        rest = after;
    }
    Ok(replay)
}

fn begin(bytes: &[u8]) -> Result<(Header, &[u8]), ReplayError> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(ReplayError::NotARecording)?;
    let (format, rest) = rest.split_first_chunk().ok_or(ReplayError::Beginning("cut off"))?;
    match u16::from_le_bytes(*format) {
        FORMAT => beginning(rest),
        other => Err(ReplayError::Format(other)),
    }
}

fn beginning<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), ReplayError> {
    match frame::next(bytes) {
        Next::Frame(body, rest) => {
            let value = postcard::from_bytes(body).map_err(|_| ReplayError::Beginning("not readable"))?;
            Ok((value, rest))
        }
        Next::End | Next::Cut => Err(ReplayError::Beginning("cut off")),
        Next::Corrupt => Err(ReplayError::Beginning("damaged")),
    }
}

fn read_step(number: u64, body: &[u8]) -> Result<Step<'_>, postcard::Error> {
    let (at, rest) = postcard::take_from_bytes(body)?;
    let (input, mut rest) = postcard::take_from_bytes(rest)?;
    let mut outputs = Vec::new();
    while !rest.is_empty() {
        let (output, after) = postcard::take_from_bytes(rest)?;
        outputs.push(output);
        rest = after;
    }
    Ok(Step { number, at, input, outputs })
}
