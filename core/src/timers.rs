//! A set of named deadlines.

use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// At most one deadline for each key. All operations are logarithmic; ties expire in the order of the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "K: Serialize + Ord", deserialize = "K: Deserialize<'de> + Ord"))]
pub struct Timers<K: Ord> {
    due: BTreeSet<(Time, K)>,
    at: BTreeMap<K, Time>,
}

impl<K: Ord> Default for Timers<K> {
    fn default() -> Self {
        Timers { due: BTreeSet::new(), at: BTreeMap::new() }
    }
}

impl<K: Ord + Copy> Timers<K> {
    /// Arms `key` for `at`, replacing an earlier deadline of the same key.
    pub fn set(&mut self, key: K, at: Time) {
        if let Some(old) = self.at.insert(key, at) {
            if old == at {
                return;
            }
            self.due.remove(&(old, key));
        }
        self.due.insert((at, key));
    }

    /// Disarms `key`; returns when it was due.
    pub fn cancel(&mut self, key: K) -> Option<Time> {
        let at = self.at.remove(&key)?;
        self.due.remove(&(at, key));
        Some(at)
    }

    /// When `key` is due.
    #[must_use]
    pub fn get(&self, key: K) -> Option<Time> {
        self.at.get(&key).copied()
    }

    /// The earliest deadline.
    #[must_use]
    pub fn next(&self) -> Option<Time> {
        self.due.first().map(|&(at, _)| at)
    }

    /// Takes the earliest deadline that is not after `now`.
    pub fn pop_due(&mut self, now: Time) -> Option<(Time, K)> {
        let &(at, key) = self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        self.at.remove(&key);
        Some((at, key))
    }

    /// Disarms every key for which `keep` is false.
    pub fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.due.retain(|(_, key)| keep(key));
        let due = &self.due;
        self.at.retain(|key, at| due.contains(&(*at, *key)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    quickcheck! {
        /// Against a model: a plain map from key to deadline.
        fn behaves_like_a_map(ops: Vec<(u8, u8, u16)>) -> bool {
            let mut timers = Timers::default();
            let mut model: BTreeMap<u8, Time> = BTreeMap::new();
            for (op, key, at) in ops {
                let at = Time::from_nanos(u64::from(at));
                match op % 3 {
                    0 => { timers.set(key, at); model.insert(key, at); }
                    1 => { if timers.cancel(key) != model.remove(&key) { return false; } }
                    _ => {
                        let want = model.iter().map(|(k, t)| (*t, *k)).min().filter(|(t, _)| *t <= at);
                        if timers.pop_due(at) != want { return false; }
                        if let Some((_, k)) = want { model.remove(&k); }
                    }
                }
                if timers.next() != model.values().min().copied() { return false; }
                if timers.get(key) != model.get(&key).copied() { return false; }
            }
            true
        }
    }
}
