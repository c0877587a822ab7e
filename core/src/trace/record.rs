//! Writing a recording.

use super::{FORMAT, Header, Key, MAGIC, frame};
use crate::time::Time;
use crate::vrrp::{Input, Output, Vrrp};
use serde::Serialize;

/// Turns an engine's life into bytes, which the driver puts into files.
///
/// A file begins with [`begin`](Recorder::begin). Around each call of the engine go [`step`](Recorder::step) (before, while the input is still there),
/// [`output`](Recorder::output) for each output, and [`end`](Recorder::end).
pub struct Recorder {
    key: Key,
    build: String,
    buffer: Vec<u8>,
    failed: bool,
}

impl Recorder {
    /// A recorder that hides passwords under `key`.
    #[must_use]
    pub fn new(key: Key, build: impl Into<String>) -> Recorder {
        Recorder { key, build: build.into(), buffer: Vec::new(), failed: false }
    }

    /// The beginning of a file: who we are and the engine's whole state, between two steps. `wall` is `at` in
    /// nanoseconds since 1970; `lost` is how many steps before could not be written.
    ///
    /// `None` where the state cannot be written, which would be a mistake of ours.
    #[must_use]
    pub fn begin(&self, at: Time, wall: u64, lost: u64, engine: &Vrrp) -> Option<Vec<u8>> {
        let mut out = MAGIC.to_vec();
        out.extend(FORMAT.to_le_bytes());
        let header = Header { build: self.build.clone(), at, wall, lost };
        out = whole_frame(out, &header)?;
        whole_frame(out, &engine.masked(&self.key))
    }

    /// Begins a step: what the engine is about to be told, and when.
    pub fn step(&mut self, at: Time, input: &Input<'_>) {
        self.buffer.clear();
        self.failed = false;
        frame::open(&mut self.buffer);
        self.append(&at);
        let Recorder { key, buffer, failed, .. } = self;
        append(buffer, failed, &*key.input(input));
    }

    /// Adds one output to the step.
    pub fn output(&mut self, output: &Output) {
        let Recorder { key, buffer, failed, .. } = self;
        append(buffer, failed, &*key.output(output));
    }

    /// Ends the step. `None` where it could not be put into bytes; the file cannot go on then.
    pub fn end(&mut self) -> Option<&[u8]> {
        if self.failed {
            return None;
        }
        frame::close(&mut self.buffer, 0);
        Some(&self.buffer)
    }

    fn append(&mut self, value: &impl Serialize) {
        append(&mut self.buffer, &mut self.failed, value);
    }
}

fn append(buffer: &mut Vec<u8>, failed: &mut bool, value: &(impl Serialize + ?Sized)) {
    if *failed {
        return;
    }
    match postcard::to_extend(value, core::mem::take(buffer)) {
        Ok(extended) => *buffer = extended,
        Err(_) => *failed = true,
    }
}

fn whole_frame(mut out: Vec<u8>, value: &impl Serialize) -> Option<Vec<u8>> {
    let start = frame::open(&mut out);
    let mut out = postcard::to_extend(value, out).ok()?;
    frame::close(&mut out, start);
    Some(out)
}
