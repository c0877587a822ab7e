//! Notify scripts, in order: for each object one at a time.

use crate::config::model::Script;
use crate::net::Name;
use crate::vrrp::{ScriptId, ScriptRun, ScriptStatus};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Scripts that may wait for one object; beyond that the oldest is skipped, and that is told.
pub const QUEUE_MAX: usize = 16;

/// A script that runs longer than this no longer holds up the next one of its object. It is not killed: it may be meant to stay.
pub const OVERDUE: Duration = Duration::from_secs(60);

/// Whose scripts they are; those of one object run one at a time.
pub trait Object: Clone + Ord {
    /// What an operator calls it.
    fn owner(&self) -> &Name;
}

/// An instance, or with `true` a sync group.
impl Object for (bool, Name) {
    fn owner(&self) -> &Name {
        &self.1
    }
}

/// A virtual server, or a real server of one.
impl Object for Name {
    fn owner(&self) -> &Name {
        self
    }
}

/// What became of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Whose.
    pub owner: Name,
    /// The program.
    pub program: String,
    /// What.
    pub what: Outcome,
}

/// How a script's story ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It has ended.
    Ended(ScriptStatus),
    /// It still ran when the daemon could wait no longer, and is killed.
    Killed,
    /// It was not run: too many were waiting, or the daemon could wait no longer.
    Skipped,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Queue {
    running: Option<ScriptId>,
    waiting: VecDeque<Script>,
}

/// The queues of all objects. An object without scripts has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "O: Serialize + Ord", deserialize = "O: Deserialize<'de> + Ord"))]
pub struct Notifier<O: Ord> {
    queues: BTreeMap<O, Queue>,
    running: BTreeMap<ScriptId, (O, String)>,
    /// Objects that may start a script, in the order in which they were asked to: those that have a queue of which nothing runs.
    ready: VecDeque<O>,
    next_id: u64,
}

impl<O: Ord> Default for Notifier<O> {
    fn default() -> Self {
        Notifier { queues: BTreeMap::new(), running: BTreeMap::new(), ready: VecDeque::new(), next_id: 0 }
    }
}

impl<O: Object> Notifier<O> {
    /// A name for a script that is run past the queues.
    pub fn next_id(&mut self) -> ScriptId {
        self.next_id += 1;
        ScriptId(self.next_id)
    }

    /// Queues a script. Returns what to tell, where an older one had to be skipped.
    pub fn push(&mut self, object: O, script: Script) -> Option<News> {
        let queue = self.queues.entry(object.clone()).or_default();
        queue.waiting.push_back(script);
        let skipped = if queue.waiting.len() > QUEUE_MAX { queue.waiting.pop_front() } else { None };
        // With more than one it is ready already.
        if queue.running.is_none() && queue.waiting.len() == 1 {
            self.ready.push_back(object.clone());
        }
        let owner = object.owner();
        skipped.map(|s| News { owner: owner.clone(), program: program(&s.argv), what: Outcome::Skipped })
    }

    /// The next script to run now.
    #[allow(clippy::should_implement_trait)] // Not an iterator: what comes depends on what is pushed in between.
    pub fn next(&mut self) -> Option<ScriptRun> {
        let object = self.ready.pop_front()?;
        let queue = self.queues.get_mut(&object)?;
        let Script { argv, user, .. } = queue.waiting.pop_front()?;
        self.next_id += 1;
        let id = ScriptId(self.next_id);
        queue.running = Some(id);
        let owner = object.owner().clone();
        self.running.insert(id, (object, program(&argv)));
        Some(ScriptRun { id, owner, argv, user })
    }

    /// A script has ended; the next of its object may start.
    pub fn ended(&mut self, id: ScriptId, status: ScriptStatus) -> Option<News> {
        let (object, program) = self.running.remove(&id)?;
        self.let_next(&object, id);
        Some(News { owner: object.owner().clone(), program, what: Outcome::Ended(status) })
    }

    /// A script runs for [`OVERDUE`]: the next of its object may start.
    pub fn overdue(&mut self, id: ScriptId) {
        if let Some((object, _)) = self.running.get(&id).cloned() {
            self.let_next(&object, id);
        }
    }

    /// What waits.
    pub fn waiting_mut(&mut self) -> impl Iterator<Item = &mut Script> {
        self.queues.values_mut().flat_map(|queue| &mut queue.waiting)
    }

    /// Nothing runs and nothing waits, once [`Notifier::next`] has nothing more to give.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running.is_empty() && self.queues.is_empty()
    }

    /// What runs is not waited for any more.
    pub fn let_all(&mut self) {
        let running: Vec<ScriptId> = self.running.keys().copied().collect();
        for id in running {
            self.overdue(id);
        }
    }

    /// Forgets what waits; returns what runs, to be killed, and what to tell of what is forgotten.
    pub fn kill_all(&mut self) -> (Vec<ScriptId>, Vec<News>) {
        self.ready.clear();
        let news = |object: &O, program: String, what| News { owner: object.owner().clone(), program, what };
        let mut told: Vec<News> =
            self.running.values().map(|(object, program)| news(object, program.clone(), Outcome::Killed)).collect();
        for (object, queue) in core::mem::take(&mut self.queues) {
            told.extend(queue.waiting.into_iter().map(|s| news(&object, program(&s.argv), Outcome::Skipped)));
        }
        (self.running.keys().copied().collect(), told)
    }

    fn let_next(&mut self, object: &O, id: ScriptId) {
        if let Some(queue) = self.queues.get_mut(object)
            && queue.running == Some(id)
        {
            queue.running = None;
            if queue.waiting.is_empty() {
                self.queues.remove(object);
            } else {
                self.ready.push_back(object.clone());
            }
        }
    }
}

fn program(argv: &[String]) -> String {
    argv.first().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::{Arbitrary, Gen, quickcheck};

    #[derive(Clone, Debug)]
    enum Op {
        /// For one of some objects.
        Push(u8),
        Next,
        /// One of those that run, counted from the one that began first.
        End(u8),
        Overdue(u8),
    }

    impl Arbitrary for Op {
        fn arbitrary(g: &mut Gen) -> Op {
            let which = u8::arbitrary(g) % 4;
            match u8::arbitrary(g) % 5 {
                0 | 1 => Op::Push(which),
                2 => Op::Next,
                3 => Op::End(which),
                _ => Op::Overdue(which),
            }
        }
    }

    /// Beside the notifier: who waits with what, and whose script holds up the next.
    #[derive(Default)]
    struct World {
        notifier: Notifier<Name>,
        waiting: BTreeMap<Name, VecDeque<String>>,
        holding: BTreeMap<Name, ScriptId>,
        running: Vec<ScriptId>,
    }

    impl World {
        fn push(&mut self, object: Name, number: usize) -> bool {
            let queue = self.waiting.entry(object.clone()).or_default();
            queue.push_back(number.to_string());
            let skipped = self.notifier.push(object, Script::new([number.to_string()]));
            skipped.is_none_or(|news| queue.pop_front() == Some(news.program))
        }

        /// Begins the next one. Returns whether it was its turn; `None`: there is none.
        fn begin(&mut self) -> Option<bool> {
            let run = self.notifier.next()?;
            self.running.push(run.id);
            let next = self.waiting.get_mut(&run.owner).and_then(VecDeque::pop_front);
            Some(next.as_ref() == run.argv.first() && self.holding.insert(run.owner, run.id).is_none())
        }

        fn end(&mut self, which: usize) {
            let id = self.running.remove(which);
            self.holding.retain(|_, other| *other != id);
            self.notifier.ended(id, ScriptStatus::Exited(0));
        }
    }

    quickcheck! {
        /// First in, first out for each object, one at a time; nobody who may begin is forgotten, and nothing is left.
        fn every_object_has_its_turn(ops: Vec<Op>) -> bool {
            let mut world = World::default();
            let mut good = true;
            for (number, op) in ops.into_iter().enumerate() {
                match op {
                    Op::Push(which) => good &= world.push(which.to_string().into(), number),
                    Op::Next => good &= world.begin() != Some(false),
                    Op::End(which) if usize::from(which) < world.running.len() => world.end(which.into()),
                    Op::Overdue(which) if usize::from(which) < world.running.len() => {
                        let id = world.running[usize::from(which)];
                        world.holding.retain(|_, other| *other != id);
                        world.notifier.overdue(id);
                    }
                    Op::End(_) | Op::Overdue(_) => {}
                }
            }
            loop {
                while let Some(turn) = world.begin() {
                    good &= turn;
                }
                let World { waiting, holding, .. } = &world;
                good &= waiting.iter().all(|(object, queue)| queue.is_empty() || holding.contains_key(object));
                if world.running.is_empty() {
                    return good && world.notifier.is_idle() && world.waiting.values().all(VecDeque::is_empty);
                }
                world.end(0);
            }
        }
    }
}
