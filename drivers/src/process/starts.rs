//! Starting scripts, by threads that do nothing else: to find a program, to ask who is to run it and to begin it can take for ever where a file
//! system or a user database does not answer, and nobody else is to wait for that.

use super::spawn::{self, Life};
use super::user;
use keepalived_core::config::scripts::Runner;
use keepalived_core::kernel::Errno;
use keepalived_core::net::Name;
use keepalived_core::vrrp::{ScriptId, ScriptRun};
use std::collections::BTreeMap;
use std::io;
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Starts that go on at the same time: more would be in each other's way.
const AT_ONCE: usize = 4;

/// After this time a start is stuck, and another may begin in its place.
const STUCK: Duration = Duration::from_secs(1);

/// How many can be stuck before nothing is started any more.
const THREADS: usize = 128;

/// A script and who runs it.
pub(super) type Job = Box<(ScriptRun, Runner)>;

/// How a start went.
pub(super) type Started = Result<Child, NotStarted>;

/// Why there is no child.
pub(super) enum NotStarted {
    /// Who is to run it is not known.
    NoUser(String),
    /// The kernel says so.
    Errno(Errno),
}

type Tell = Arc<dyn Fn(ScriptId, Started) + Send + Sync>;

/// A start that goes on.
struct Start {
    owner: Name,
    program: String,
    since: Instant,
    /// Its script is not wanted any more.
    cancelled: bool,
}

/// The starts that go on, and the threads that make them, which live as long as this does.
pub(super) struct Starts {
    jobs: Sender<Job>,
    taken: Arc<Mutex<Receiver<Job>>>,
    /// Called by the threads.
    tell: Tell,
    threads: usize,
    on: BTreeMap<ScriptId, Start>,
}

impl Starts {
    pub(super) fn new(tell: impl Fn(ScriptId, Started) + Send + Sync + 'static) -> Starts {
        let (jobs, taken) = channel();
        Starts { jobs, taken: Arc::new(Mutex::new(taken)), tell: Arc::new(tell), threads: 0, on: BTreeMap::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.on.len()
    }

    /// Whether another can begin.
    pub(super) fn has_room(&self) -> bool {
        let lively = || self.on.values().filter(|start| start.since.elapsed() < STUCK).count();
        self.on.len() < AT_ONCE || self.on.len() < THREADS && lively() < AT_ONCE
    }

    /// Whether a start of this program is stuck: another would be, too.
    pub(super) fn is_stuck(&self, program: &str) -> bool {
        self.on.values().any(|start| start.program == program && start.since.elapsed() >= STUCK)
    }

    /// Begins one.
    ///
    /// # Errors
    /// When no thread is free and none can be had; the script comes back.
    pub(super) fn begin(&mut self, job: Job) -> Result<(), (Job, io::Error)> {
        if self.on.len() >= self.threads {
            let (taken, tell) = (Arc::clone(&self.taken), Arc::clone(&self.tell));
            let made =
                Builder::new().name("start".to_owned()).stack_size(256 * 1024).spawn(move || work(&taken, &*tell));
            match made {
                Ok(_) => self.threads += 1,
                Err(error) => return Err((job, error)),
            }
        }
        let start = Start {
            owner: job.0.owner.clone(),
            program: program(&job.0).to_owned(),
            since: Instant::now(),
            cancelled: false,
        };
        self.on.insert(job.0.id, start);
        // We have the other end, too.
        let _ = self.jobs.send(job);
        Ok(())
    }

    /// Notes that a script is not wanted any more. False: it is not being started, or that was known.
    pub(super) fn cancel(&mut self, id: ScriptId) -> bool {
        self.on.get_mut(&id).is_some_and(|start| !std::mem::replace(&mut start.cancelled, true))
    }

    /// The same of all; returns which they are.
    pub(super) fn cancel_all(&mut self) -> Vec<ScriptId> {
        let ids: Vec<ScriptId> = self.on.keys().copied().collect();
        ids.into_iter().filter(|id| self.cancel(*id)).collect()
    }

    /// A start is over. Returns whose script it is, its program, and whether it is still wanted.
    pub(super) fn is_over(&mut self, id: ScriptId) -> Option<(Name, String, bool)> {
        self.on.remove(&id).map(|start| (start.owner, start.program, !start.cancelled))
    }
}

/// What is to be started.
pub(super) fn program(run: &ScriptRun) -> &str {
    run.argv.first().map_or("", String::as_str)
}

fn work(jobs: &Mutex<Receiver<Job>>, tell: &dyn Fn(ScriptId, Started)) {
    loop {
        // Whoever has the lock waits for a job, the others for the lock.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        tell(job.0.id, start(&job.0, &job.1));
    }
}

fn start(run: &ScriptRun, runner: &Runner) -> Started {
    let identity = user::known(runner).map_err(|reason| NotStarted::NoUser(reason.to_string()))?;
    let errno = |error: io::Error| NotStarted::Errno(Errno(error.raw_os_error().unwrap_or(libc::EINVAL)));
    spawn::spawn(&run.argv, &identity, Life::Own).map_err(errno)
}
