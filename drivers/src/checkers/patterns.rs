//! Looks for patterns in a thread of its own: a pattern can keep a processor busy for a second.
//!
//! Searches take turns. One that is not soon done is made in pieces, between others that are: a page that takes long to search makes the check of
//! another server wait for a moment, not for its end.

use crate::regex::{Hunt, Matcher, Matchers};
use keepalived_core::check::ConnId;
use keepalived_core::config::model::Regex;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Bytes of texts that may wait. A single text may be longer.
const WAITING: usize = 64 << 20;

/// How long a piece of a search takes, about.
const PIECE: Duration = Duration::from_millis(10);

/// After so much time for new searches a piece belongs to those that take long.
const NEW: Duration = Duration::from_millis(30);

/// What came of a search; `None`: it was not made, which says nothing of any server.
pub(super) type Found = (ConnId, Option<Result<bool, String>>);

/// Too much waits already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// The last search before was not refused.
    pub(super) first: bool,
}

/// Each connection has one search at a time, and what all of them wait with is bounded. Dropping it ends the thread.
pub(super) struct Patterns {
    shared: Arc<Shared>,
    found: UnboundedReceiver<Found>,
    /// Those that were asked for and not answered: most connections have none.
    open: BTreeSet<ConnId>,
    refusing: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    bell: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Not begun yet, in the order in which they were asked for: the ids of connections grow.
    new: BTreeMap<ConnId, (Arc<Regex>, Vec<u8>)>,
    /// Those whose result somebody waits for, begun or not, and the length of their texts.
    open: BTreeMap<ConnId, usize>,
    /// Of the texts of those together.
    bytes: usize,
    /// Patterns that are not used any more are to be forgotten.
    tidy: bool,
    ended: bool,
}

impl Queue {
    fn close(&mut self, id: ConnId) {
        self.bytes -= self.open.remove(&id).unwrap_or(0);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Patterns {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.bell.notify_one();
    }
}

/// How a pattern is had.
type Compile = fn(&mut Matchers, &Regex) -> Result<Arc<Matcher>, String>;

impl Patterns {
    pub(super) fn start() -> io::Result<Patterns> {
        Patterns::start_with(Matchers::get)
    }

    fn start_with(compile: Compile) -> io::Result<Patterns> {
        let shared = Arc::new(Shared::default());
        let (tell, found) = unbounded_channel();
        let (matchers, long) = (Matchers::default(), VecDeque::new());
        let worker = Worker { shared: Arc::clone(&shared), tell, compile, matchers, long, new: Duration::ZERO };
        std::thread::Builder::new().name("patterns".to_owned()).spawn(move || worker.work())?;
        Ok(Patterns { shared, found, open: BTreeSet::new(), refusing: false })
    }

    /// The result comes from [`poll`](Patterns::poll).
    pub(super) fn find(&mut self, id: ConnId, regex: Arc<Regex>, text: Vec<u8>) -> Result<(), Refused> {
        let mut queue = self.shared.lock();
        let bytes = queue.bytes + text.len();
        if queue.bytes > 0 && bytes > WAITING {
            return Err(Refused { first: !std::mem::replace(&mut self.refusing, true) });
        }
        self.refusing = false;
        queue.bytes = bytes;
        queue.open.insert(id, text.len());
        queue.new.insert(id, (regex, text));
        drop(queue);
        self.open.insert(id);
        self.shared.bell.notify_one();
        Ok(())
    }

    /// A connection is closed: nobody waits for its search any more.
    pub(super) fn forget(&mut self, id: ConnId) {
        if self.open.remove(&id) {
            let mut queue = self.shared.lock();
            queue.close(id);
            let text = queue.new.remove(&id);
            drop(queue);
            drop(text);
        }
    }

    /// There is a new configuration: patterns that have not been looked for since the one before go.
    pub(super) fn forget_unused(&self) {
        self.shared.lock().tidy = true;
        self.shared.bell.notify_one();
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        match self.found.poll_recv(cx) {
            Poll::Ready(Some(found)) => {
                self.open.remove(&found.0);
                Poll::Ready(found)
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// A search that has begun.
struct Long {
    id: ConnId,
    matcher: Arc<Matcher>,
    hunt: Hunt<'static>,
}

enum Job {
    New(ConnId, Arc<Regex>, Vec<u8>),
    Long(Long),
}

struct Worker {
    shared: Arc<Shared>,
    tell: UnboundedSender<Found>,
    compile: Compile,
    matchers: Matchers,
    /// Those that were not done at once.
    long: VecDeque<Long>,
    /// How long new searches have taken since a piece of those.
    new: Duration,
}

impl Worker {
    fn work(mut self) {
        while let Some(job) = self.next() {
            let (id, is_new) = match &job {
                Job::New(id, ..) => (*id, true),
                Job::Long(Long { id, .. }) => (*id, false),
            };
            let began = Instant::now();
            // After a mistake of ours that search is given up, and the others go on.
            let done = catch_unwind(AssertUnwindSafe(|| self.piece(job)));
            self.new = if is_new { self.new + began.elapsed() } else { Duration::ZERO };
            let result = match done {
                Ok(None) => continue,
                Ok(result) => result,
                Err(_) => {
                    self.matchers = Matchers::default();
                    None
                }
            };
            self.shared.lock().close(id);
            // Fails only when nobody listens any more.
            let _ = self.tell.send((id, result));
        }
    }

    /// The next search to make or to go on with. `None`: it is the end.
    fn next(&mut self) -> Option<Job> {
        let mut queue = self.shared.lock();
        loop {
            if queue.ended {
                return None;
            }
            if std::mem::take(&mut queue.tidy) {
                self.matchers.forget_unused();
            }
            if queue.new.is_empty() || self.new > NEW {
                while let Some(long) = self.long.pop_front() {
                    if queue.open.contains_key(&long.id) {
                        return Some(Job::Long(long));
                    }
                }
            }
            if let Some((id, (regex, text))) = queue.new.pop_first() {
                return Some(Job::New(id, regex, text));
            }
            queue = self.shared.bell.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// `None`: there is more to search.
    fn piece(&mut self, job: Job) -> Option<Result<bool, String>> {
        let mut long = match job {
            Job::Long(long) => long,
            Job::New(id, regex, text) => match (self.compile)(&mut self.matchers, &regex) {
                Ok(matcher) => Long { id, hunt: matcher.begin(&regex, Cow::Owned(text)), matcher },
                Err(why) => return Some(Err(why)),
            },
        };
        let result = long.matcher.go_on(&mut long.hunt, PIECE);
        if result.is_none() {
            self.long.push_back(long);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::config::Place;
    use std::future::poll_fn;

    fn regex(pattern: &str) -> Arc<Regex> {
        Arc::new(Regex {
            pattern: pattern.to_owned(),
            no_match: false,
            options: Vec::new(),
            min_offset: 0,
            max_offset: None,
            stack: None,
            at: Place::default(),
        })
    }

    /// It takes a second until this is given up.
    fn slow() -> (Arc<Regex>, Vec<u8>) {
        (regex("(*NO_START_OPT)(*NO_AUTO_POSSESS)a[^x]*b"), vec![b'a'; 1 << 20])
    }

    fn next(patterns: &mut Patterns) -> Found {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(poll_fn(|cx| patterns.poll(cx)))
    }

    #[test]
    fn those_that_are_soon_done_do_not_wait_for_those_that_take_long() {
        let mut patterns = Patterns::start().unwrap();
        for id in 0..8 {
            let (regex, text) = slow();
            patterns.find(ConnId(id), regex, text).unwrap();
        }
        for id in 8..200 {
            patterns.find(ConnId(id), regex("b$"), b"ab".to_vec()).unwrap();
        }
        let found: Vec<Found> = (0..200).map(|_| next(&mut patterns)).collect();
        let (quick, long) = found.split_at(192);
        assert!(quick.iter().all(|(id, result)| id.0 >= 8 && *result == Some(Ok(true))), "{quick:?}");
        assert!(long.iter().all(|(id, result)| id.0 < 8 && matches!(result, Some(Err(_)))), "{long:?}");
    }

    #[test]
    fn what_nobody_waits_for_is_not_made() {
        let mut patterns = Patterns::start().unwrap();
        for id in 0..1000 {
            let (regex, _) = slow();
            patterns.find(ConnId(id), regex, vec![b'a'; 1 << 12]).unwrap();
        }
        (0..1000).for_each(|id| patterns.forget(ConnId(id)));
        assert_eq!(patterns.shared.lock().bytes, 0);
        patterns.find(ConnId(1000), regex("a"), b"a".to_vec()).unwrap();
        while next(&mut patterns).0 != ConnId(1000) {}
        assert!(patterns.open.is_empty() && patterns.shared.lock().open.is_empty());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut patterns = Patterns::start().unwrap();
        let (slow, text) = slow();
        let refused = (0..1000).find_map(|id| patterns.find(ConnId(id), Arc::clone(&slow), text.clone()).err());
        assert_eq!(refused, Some(Refused { first: true }));
        assert_eq!(patterns.find(ConnId(1000), Arc::clone(&slow), text.clone()), Err(Refused { first: false }));
        assert!(patterns.shared.lock().bytes <= WAITING);
        (0..1000).for_each(|id| patterns.forget(ConnId(id)));
        assert_eq!(patterns.find(ConnId(1001), slow, text), Ok(()));
    }

    #[test]
    fn after_a_mistake_the_others_go_on() {
        fn compile(matchers: &mut Matchers, regex: &Regex) -> Result<Arc<Matcher>, String> {
            assert_ne!(regex.pattern, "bad", "on purpose");
            matchers.get(regex)
        }
        let mut patterns = Patterns::start_with(compile).unwrap();
        patterns.find(ConnId(1), regex("bad"), b"a".to_vec()).unwrap();
        patterns.find(ConnId(2), regex("a"), b"a".to_vec()).unwrap();
        assert_eq!(next(&mut patterns), (ConnId(1), None));
        assert_eq!(next(&mut patterns), (ConnId(2), Some(Ok(true))));
    }
}
