//! What will happen, in order of time; ties in the order in which they were planned.

use crate::scenario::NodeId;
use core::cmp::Ordering;
use keepalived_core::Time;
use std::collections::BinaryHeap;

/// Something planned. Small, so that the heap moves little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The packet in `slot` reaches the ports whose bits are set.
    Deliver {
        /// Where the packet waits.
        slot: u32,
        /// One bit for each port of its segment.
        ports: u32,
    },
    /// A node's kernel has something due.
    Kernel(NodeId),
    /// A script of a node ends, unless the node has lived on to another life.
    Script {
        /// The node.
        node: NodeId,
        /// Its life when the script began.
        life: u32,
        /// The script.
        id: u64,
    },
    /// An action of the schedule begins.
    Act(u32),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Time,
    seq: u64,
    what: Happening,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// The earliest is the greatest, for the heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.seq).cmp(&(self.at, self.seq))
    }
}

/// The queue of the world.
#[derive(Debug, Default)]
pub struct Queue {
    heap: BinaryHeap<Entry>,
    seq: u64,
}

impl Queue {
    /// Plans `what` for `at`.
    pub fn push(&mut self, at: Time, what: Happening) {
        self.seq += 1;
        self.heap.push(Entry { at, seq: self.seq, what });
    }

    /// When the next thing happens.
    #[must_use]
    pub fn next(&self) -> Option<Time> {
        self.heap.peek().map(|entry| entry.at)
    }

    /// Takes the next thing.
    pub fn pop(&mut self) -> Option<(Time, Happening)> {
        self.heap.pop().map(|entry| (entry.at, entry.what))
    }

    /// Takes away every delivery that is planned for later than `at`.
    pub fn lose_deliveries_after(&mut self, at: Time) -> Vec<Happening> {
        let mut lost = Vec::new();
        self.heap.retain(|entry| {
            let late = entry.at > at && matches!(entry.what, Happening::Deliver { .. });
            if late {
                lost.push(entry.what);
            }
            !late
        });
        lost
    }

    /// How many things are planned.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is planned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    quickcheck::quickcheck! {
        fn is_a_stable_sort(times: Vec<u8>) -> bool {
            let mut queue = Queue::default();
            for (id, at) in times.iter().enumerate() {
                queue.push(Time::from_nanos(u64::from(*at)), Happening::Act(id as u32));
            }
            let mut want: Vec<_> = times.iter().enumerate().map(|(id, at)| (u64::from(*at), id as u32)).collect();
            want.sort();
            let got: Vec<_> = core::iter::from_fn(|| queue.pop())
                .map(|(at, what)| match what {
                    Happening::Act(id) => (at.as_nanos(), id),
                    _ => (0, 0),
                })
                .collect();
            got == want
        }
    }
}
