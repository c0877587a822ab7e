//! The contract between an engine and whatever drives it: a daemon, a simulation, a fuzzer or a replay.

use crate::time::Time;

/// A protocol as a pure function of its inputs and their times.
///
/// The driver calls [`handle`](Engine::handle) with one input, drains [`poll`](Engine::poll) until `None`, then sleeps until
/// [`deadline`](Engine::deadline) or the next input, whichever comes first. `now` never goes backwards; an engine
/// that is handed an earlier time takes the latest it has seen.
pub trait Engine {
    /// What the world tells the engine. It may borrow (a packet's bytes) for the length of the call.
    type Input<'a>;
    /// What the engine asks of the world.
    type Output;

    /// The only door in. Total: never fails, never blocks, reads no clock, draws no random number of its own.
    fn handle(&mut self, now: Time, input: Self::Input<'_>);

    /// The only door out. Drained until `None` after every [`handle`](Engine::handle).
    fn poll(&mut self) -> Option<Self::Output>;

    /// The earliest moment at which a timeout is due. Early or repeated timeouts do nothing.
    fn deadline(&self) -> Option<Time>;
}
