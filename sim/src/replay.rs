//! Law 9: what went into an engine and came out, and whether a fresh engine says the same again.

use keepalived_core::Time;
use keepalived_core::vrrp::{Input, Output, Packet};
use std::borrow::Cow;

use crate::subject::Subject;

/// One life of a daemon.
#[derive(Clone, Debug)]
pub struct Tape {
    /// The node it ran on.
    pub node: usize,
    /// The seed that its engine was made with.
    pub seed: u64,
    calls: Vec<(Time, Input<'static>, Vec<Output>)>,
}

impl Tape {
    /// An empty tape.
    #[must_use]
    pub const fn new(node: usize, seed: u64) -> Tape {
        Tape { node, seed, calls: Vec::new() }
    }

    /// How many calls it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The engine is called.
    pub fn input(&mut self, now: Time, input: &Input<'_>) {
        self.calls.push((now, owned(input), Vec::new()));
    }

    /// It says something.
    pub fn output(&mut self, output: &Output) {
        if let Some((_, _, outputs)) = self.calls.last_mut() {
            outputs.push(output.clone());
        }
    }

    /// Calls a fresh engine with the same inputs at the same times.
    ///
    /// # Errors
    /// The first call at which it says something else.
    pub fn replay<E: Subject>(&self, mut engine: E) -> Result<(), String> {
        for (step, (now, input, said)) in self.calls.iter().enumerate() {
            engine.handle(*now, input.clone());
            let mut again = 0;
            while let Some(output) = engine.poll() {
                if said.get(again) != Some(&output) {
                    let was = said.get(again);
                    return Err(format!(
                        "node {} call {step} at {now} ({input:?}): output {again} was {was:?} and is {output:?} now",
                        self.node
                    ));
                }
                again += 1;
            }
            if again != said.len() {
                return Err(format!(
                    "node {} call {step} at {now}: {} outputs are missing now",
                    self.node,
                    said.len() - again
                ));
            }
        }
        Ok(())
    }
}

fn owned(input: &Input<'_>) -> Input<'static> {
    match input {
        Input::Packet(packet) => {
            Input::Packet(Packet { payload: Cow::Owned(packet.payload.to_vec()), ..packet.clone() })
        }
        Input::Timeout => Input::Timeout,
        Input::Kernel(event) => Input::Kernel(event.clone()),
        Input::KernelDone { id, result } => Input::KernelDone { id: *id, result: *result },
        Input::Socket { key, result } => Input::Socket { key: *key, result: *result },
        Input::SendFailed { index, errno } => Input::SendFailed { index: *index, errno: *errno },
        Input::ScriptEnded { id, status } => Input::ScriptEnded { id: *id, status: *status },
        Input::Configure(config) => Input::Configure(config.clone()),
        Input::Stop { keep_addresses } => Input::Stop { keep_addresses: *keep_addresses },
    }
}
