//! The VRRP engine.

use super::io::{Input, Output};
use crate::engine::Engine;
use crate::time::Time;
use crate::timers::Timers;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// All instances and sync groups of one daemon.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Vrrp {
    now: Time,
    timers: Timers<u32>,
    out: VecDeque<Output>,
}

impl Vrrp {
    /// An engine without configuration. It waits for [`Input::Kernel`] with a snapshot and [`Input::Configure`].
    /// `seed` decides what little is left to chance.
    #[must_use]
    pub fn new(_seed: u64) -> Vrrp {
        Vrrp { now: Time::ZERO, timers: Timers::default(), out: VecDeque::new() }
    }
}

impl Engine for Vrrp {
    type Input<'a> = Input<'a>;
    type Output = Output;

    fn handle(&mut self, now: Time, _input: Input<'_>) {
        self.now = self.now.max(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        self.timers.next()
    }
}
