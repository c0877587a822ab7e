//! Notify scripts, in order: for each object one at a time.

use crate::config::model::Script;
use crate::event::Event;
use crate::net::Name;
use crate::vrrp::{ScriptId, ScriptRun, ScriptStatus};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Scripts that may wait for one object; beyond that the oldest is skipped, and that is told.
pub const QUEUE_MAX: usize = 16;

/// A script that runs longer than this no longer holds up the next one of its object. It is not killed: it may be meant to stay.
pub const OVERDUE: Duration = Duration::from_secs(60);

/// Whose scripts: whether of a sync group, and the name.
pub type Object = (bool, Name);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Queue {
    running: Option<ScriptId>,
    waiting: VecDeque<Script>,
}

/// The queues of all objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifier {
    queues: BTreeMap<Object, Queue>,
    running: BTreeMap<ScriptId, (Object, String)>,
    /// Objects that may start a script.
    ready: BTreeSet<Object>,
    next_id: u64,
}

impl Notifier {
    /// Queues a script. Returns what to tell, where an older one had to be skipped.
    pub fn push(&mut self, object: Object, script: Script) -> Option<Event> {
        let queue = self.queues.entry(object.clone()).or_default();
        queue.waiting.push_back(script);
        let skipped = if queue.waiting.len() > QUEUE_MAX { queue.waiting.pop_front() } else { None };
        if queue.running.is_none() {
            self.ready.insert(object.clone());
        }
        skipped.map(|script| Event::ScriptSkipped { owner: object.1, program: program(&script.argv) })
    }

    /// The next script to run now.
    #[allow(clippy::should_implement_trait)] // Not an iterator: what comes depends on what is pushed in between.
    pub fn next(&mut self) -> Option<ScriptRun> {
        loop {
            let object = self.ready.pop_first()?;
            let Some(queue) = self.queues.get_mut(&object) else { continue };
            let Some(Script { argv, user, .. }) = queue.waiting.pop_front() else {
                if queue.running.is_none() {
                    self.queues.remove(&object);
                }
                continue;
            };
            self.next_id += 1;
            let id = ScriptId(self.next_id);
            queue.running = Some(id);
            self.running.insert(id, (object.clone(), program(&argv)));
            return Some(ScriptRun { id, owner: object.1, argv, user });
        }
    }

    /// A script has ended; the next of its object may start.
    pub fn ended(&mut self, id: ScriptId, status: ScriptStatus) -> Option<Event> {
        let (object, program) = self.running.remove(&id)?;
        self.let_next(&object, id);
        Some(Event::ScriptEnded { owner: object.1, program, status })
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

    /// Nothing runs and nothing waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running.is_empty() && self.queues.values().all(|queue| queue.waiting.is_empty())
    }

    /// What runs is not waited for any more.
    pub fn let_all(&mut self) {
        let running: Vec<ScriptId> = self.running.keys().copied().collect();
        for id in running {
            self.overdue(id);
        }
    }

    /// Forgets what waits; returns what runs, to be killed, and what to tell of what is forgotten.
    pub fn kill_all(&mut self) -> (Vec<ScriptId>, Vec<Event>) {
        self.ready.clear();
        let queues = core::mem::take(&mut self.queues).into_iter();
        let waiting = queues.flat_map(|(object, queue)| queue.waiting.into_iter().map(move |s| (object.1.clone(), s)));
        let skipped = waiting.map(|(owner, s)| Event::ScriptSkipped { owner, program: program(&s.argv) });
        let killed = self.running.values().cloned();
        let killed = killed.map(|((_, owner), program)| Event::ScriptKilled { owner, program });
        (self.running.keys().copied().collect(), killed.chain(skipped).collect())
    }

    fn let_next(&mut self, object: &Object, id: ScriptId) {
        if let Some(queue) = self.queues.get_mut(object)
            && queue.running == Some(id)
        {
            queue.running = None;
            self.ready.insert(object.clone());
        }
    }
}

fn program(argv: &[String]) -> String {
    argv.first().cloned().unwrap_or_default()
}
