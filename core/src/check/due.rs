//! When each check is due: thousands of deadlines, each of which is moved several times a second.
//!
//! A heap of small pieces that knows where each of them is. What [`Timers`](crate::timers::Timers) keeps in two trees costs ten times as much here, and as much as all else that
//! the engine does for a check.

use super::pool::CheckId;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Children of a place in the heap: flat, for most deadlines move to the far end.
const WIDTH: usize = 4;
/// Not in the heap.
const NOWHERE: u32 = u32::MAX;

/// At most one deadline for each check. Setting, cancelling and taking are logarithmic; ties expire in the order of the checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Due {
    /// No deadline is before that of its parent, which is in the place `(place - 1) / WIDTH`.
    heap: Vec<(Time, CheckId)>,
    /// Where in the heap each check is.
    places: Vec<u32>,
}

impl Due {
    /// Arms a check, in place of an earlier deadline.
    pub(super) fn set(&mut self, id: CheckId, at: Time) {
        let index = id as usize;
        if index >= self.places.len() {
            self.places.resize(index + 1, NOWHERE);
        }
        match self.place(id) {
            Some(place) => {
                let before = core::mem::replace(&mut self.heap[place].0, at);
                if at < before { self.rise(place) } else { self.sink(place) }
            }
            None => {
                self.heap.push((at, id));
                self.rise(self.heap.len() - 1);
            }
        }
    }

    /// Disarms a check.
    pub(super) fn cancel(&mut self, id: CheckId) {
        if let Some(place) = self.place(id) {
            self.take_out(place);
        }
    }

    /// When a check is due.
    pub(super) fn get(&self, id: CheckId) -> Option<Time> {
        self.place(id).map(|place| self.heap[place].0)
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Time> {
        self.heap.first().map(|&(at, _)| at)
    }

    /// Takes the earliest deadline that is not after `now`.
    pub(super) fn pop(&mut self, now: Time) -> Option<(Time, CheckId)> {
        let first = *self.heap.first().filter(|(at, _)| *at <= now)?;
        self.take_out(0);
        Some(first)
    }

    /// Disarms all.
    pub(super) fn clear(&mut self) {
        *self = Due::default();
    }

    fn place(&self, id: CheckId) -> Option<usize> {
        let place = *self.places.get(id as usize)?;
        (place != NOWHERE).then_some(place as usize)
    }

    fn take_out(&mut self, place: usize) {
        let (_, id) = self.heap.swap_remove(place);
        self.places[id as usize] = NOWHERE;
        if place < self.heap.len() {
            // The last one came here: it belongs further up or further down.
            self.rise(place);
            self.sink(place);
        }
    }

    /// Moves what is in `place` up to where it belongs.
    fn rise(&mut self, mut place: usize) {
        let entry = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / WIDTH;
            if self.heap[parent] <= entry {
                break;
            }
            self.put(place, self.heap[parent]);
            place = parent;
        }
        self.put(place, entry);
    }

    /// Moves what is in `place` down to where it belongs.
    fn sink(&mut self, mut place: usize) {
        let entry = self.heap[place];
        loop {
            let first = place * WIDTH + 1;
            let children = first.min(self.heap.len())..(first + WIDTH).min(self.heap.len());
            let Some(least) = children.min_by_key(|child| self.heap[*child]) else { break };
            if entry <= self.heap[least] {
                break;
            }
            self.put(place, self.heap[least]);
            place = least;
        }
        self.put(place, entry);
    }

    fn put(&mut self, place: usize, entry: (Time, CheckId)) {
        self.heap[place] = entry;
        self.places[entry.1 as usize] = u32::try_from(place).unwrap_or(NOWHERE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timers::Timers;
    use quickcheck::quickcheck;

    quickcheck! {
        /// Exactly as the timers of everything else.
        fn like_other_timers(ops: Vec<(u8, u8, u16)>) -> bool {
            let (mut due, mut timers) = (Due::default(), Timers::<CheckId>::default());
            ops.into_iter().all(|(op, id, at)| {
                let (id, at) = (CheckId::from(id % 64), Time::from_nanos(u64::from(at % 1024)));
                let same = match op % 4 {
                    0 | 1 => {
                        due.set(id, at);
                        timers.set(id, at);
                        true
                    }
                    2 => {
                        due.cancel(id);
                        timers.cancel(id);
                        true
                    }
                    _ => due.pop(at) == timers.pop_due(at),
                };
                same && due.next() == timers.next() && (0..64).all(|id| due.get(id) == timers.get(id))
            })
        }
    }
}
