//! Scripts: a helper thread has them started, waits for them and kills them, so that none of it can hold up an advert.

pub mod checks;
pub mod facts;
pub(crate) mod nofile;
pub(crate) mod priority;
pub(crate) mod spawn;
mod starts;
pub mod user;

use crate::log::{Level, Log, Part};
use crate::post::Post;
use keepalived_core::config::scripts::Runner;
use keepalived_core::kernel::Errno;
use keepalived_core::vrrp::{ScriptId, ScriptRun, ScriptStatus};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use starts::{Job, NotStarted, Started, Starts, program};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How scripts have ended. It holds no more than the engine has running or waiting.
pub type Ends = UnboundedReceiver<(ScriptId, ScriptStatus)>;

/// Ends looked at in one turn of the helper.
const READY: usize = 128;

/// How long those that run at the end are waited for.
const LAST: Duration = Duration::from_secs(60);

/// No script has this number.
const BELL: u64 = u64::MAX;

/// How many scripts there may be at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// That run; those beyond wait for one to end.
    pub running: usize,
    /// That wait; those beyond end at once with `EAGAIN`.
    pub waiting: usize,
}

impl Limits {
    /// For VRRP: more than its engine ever has.
    pub const VRRP: Limits = Limits { running: 1024, waiting: 1024 };
    /// For checks: 100,000 `MISC_CHECK`s may become due at once, but that many processes help nobody.
    pub const CHECKERS: Limits = Limits { running: 512, waiting: 131_072 };
}

enum Request {
    Run(Job),
    /// One of the starting threads is done.
    Started(ScriptId, Started),
    Kill(ScriptId),
    KillAll,
}

struct Mailbox {
    requests: Post<VecDeque<Request>>,
    /// Scripts that have been asked for and not been started.
    waiting: AtomicUsize,
    closed: AtomicBool,
}

/// The scripts that run or wait. Dropping it forgets those that wait; the helper thread ends when those that run have ended, whom nobody else would
/// bury, or after a minute.
pub struct Scripts {
    mailbox: Arc<Mailbox>,
    early: UnboundedSender<(ScriptId, ScriptStatus)>,
    limits: Limits,
}

impl Drop for Scripts {
    fn drop(&mut self) {
        self.mailbox.closed.store(true, Ordering::Release);
        self.mailbox.requests.ring();
    }
}

impl Scripts {
    /// Starts the helper thread of `part`. Every script that is run is answered on the receiver, exactly once.
    ///
    /// # Errors
    /// When there is no thread or file descriptor to be had.
    pub fn start(log: Log, part: Part, limits: Limits) -> io::Result<(Scripts, Ends)> {
        let (ended, results) = unbounded_channel();
        let requests = Post::new(VecDeque::new())?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &requests, epoll::EventData::new_u64(BELL), epoll::EventFlags::IN)?;
        let mailbox = Arc::new(Mailbox { requests, waiting: AtomicUsize::new(0), closed: AtomicBool::new(false) });
        let starts = Starts::new({
            let mailbox = Arc::clone(&mailbox);
            move |id, started| {
                mailbox.requests.lock().push_back(Request::Started(id, started));
                mailbox.requests.ring();
            }
        });
        let helper = Helper {
            mailbox: Arc::clone(&mailbox),
            ended: ended.clone(),
            log,
            part,
            epoll,
            most: limits.running,
            waiting: BTreeMap::new(),
            behind: BTreeMap::new(),
            starts,
            running: BTreeMap::new(),
            blind: BTreeSet::new(),
        };
        std::thread::Builder::new().name("scripts".to_owned()).stack_size(256 * 1024).spawn(move || helper.work())?;
        Ok((Scripts { mailbox, early: ended, limits }, results))
    }

    /// Has `runner` run a script. Returns at once.
    pub fn run(&self, run: ScriptRun, runner: Runner) {
        if self.mailbox.waiting.fetch_add(1, Ordering::Relaxed) >= self.limits.waiting {
            self.mailbox.waiting.fetch_sub(1, Ordering::Relaxed);
            let _ = self.early.send((run.id, ScriptStatus::NotStarted(Errno(libc::EAGAIN))));
            return;
        }
        self.ask(Request::Run(Box::new((run, runner))));
    }

    /// Kills a script and all that is in its process group; one that waits is not started. Returns at once.
    pub fn kill(&self, id: ScriptId) {
        self.ask(Request::Kill(id));
    }

    /// Kills all scripts that run, and forgets those that wait. Returns at once.
    pub fn kill_all(&self) {
        self.ask(Request::KillAll);
    }

    fn ask(&self, request: Request) {
        self.mailbox.requests.lock().push_back(request);
        self.mailbox.requests.ring();
    }
}

struct Running {
    child: Child,
    /// Its end is to be told.
    wanted: bool,
    /// Readable once the child has ended. `None` where the kernel gave none: then it is asked now and then.
    _pidfd: Option<OwnedFd>,
}

struct Helper {
    mailbox: Arc<Mailbox>,
    ended: UnboundedSender<(ScriptId, ScriptStatus)>,
    log: Log,
    part: Part,
    /// Of the bell and of all running scripts: a turn costs what has ended, not what runs.
    epoll: OwnedFd,
    most: usize,
    /// In the order they were asked for: their ids grow.
    waiting: BTreeMap<ScriptId, Job>,
    /// Those whose program is being started already, and that takes suspiciously long.
    behind: BTreeMap<ScriptId, Job>,
    starts: Starts,
    running: BTreeMap<ScriptId, Running>,
    /// Those without a pidfd.
    blind: BTreeSet<ScriptId>,
}

impl Helper {
    fn work(mut self) {
        let mut ready = Vec::with_capacity(READY);
        let mut until: Option<Instant> = None;
        loop {
            let limit = match until {
                _ if !self.blind.is_empty() => Some(Timespec { tv_sec: 0, tv_nsec: 50_000_000 }),
                // What is being started may be stuck by then.
                _ if !self.waiting.is_empty() && self.starts.len() > 0 => {
                    Some(Timespec { tv_sec: 0, tv_nsec: 250_000_000 })
                }
                until => until.map(|_| Timespec { tv_sec: 1, tv_nsec: 0 }),
            };
            ready.clear();
            let _ = epoll::wait(&self.epoll, spare_capacity(&mut ready), limit.as_ref());
            for event in ready.iter().map(|event: &epoll::Event| event.data.u64()) {
                if event == BELL {
                    self.mailbox.requests.hear();
                } else {
                    self.reap(ScriptId(event));
                }
            }
            let blind: Vec<ScriptId> = self.blind.iter().copied().collect();
            blind.into_iter().for_each(|id| self.reap(id));
            loop {
                let request = self.mailbox.requests.lock().pop_front();
                match request {
                    Some(Request::Run(asked)) => {
                        self.waiting.insert(asked.0.id, asked);
                    }
                    Some(Request::Started(id, started)) => self.started(id, started),
                    Some(Request::Kill(id)) => self.kill(id),
                    Some(Request::KillAll) => self.kill_all(),
                    None => break,
                }
                // A kill that follows finds it running.
                self.start_waiting();
            }
            self.start_waiting();
            if self.mailbox.closed.load(Ordering::Acquire) {
                self.waiting.clear();
                self.behind.clear();
                let until = *until.get_or_insert_with(|| Instant::now() + LAST);
                if self.running.is_empty() && self.starts.len() == 0 || Instant::now() > until {
                    return;
                }
            }
        }
    }

    fn start_waiting(&mut self) {
        while self.running.len() + self.starts.len() < self.most
            && self.starts.has_room()
            && let Some((id, job)) = self.waiting.pop_first()
        {
            if self.starts.is_stuck(program(&job.0)) {
                self.behind.insert(id, job);
                continue;
            }
            match self.starts.begin(job) {
                Ok(()) => {
                    self.mailbox.waiting.fetch_sub(1, Ordering::Relaxed);
                }
                Err((job, _)) if self.starts.len() > 0 => {
                    self.waiting.insert(id, job);
                    return;
                }
                Err((_, error)) => {
                    self.mailbox.waiting.fetch_sub(1, Ordering::Relaxed);
                    self.end(id, ScriptStatus::NotStarted(Errno(error.raw_os_error().unwrap_or(libc::EAGAIN))));
                }
            }
        }
    }

    fn started(&mut self, id: ScriptId, started: Started) {
        let Some((owner, name, wanted)) = self.starts.is_over(id) else { return };
        self.waiting.extend(self.behind.extract_if(.., |_, job| program(&job.0) == name));
        let errno = match started {
            Ok(child) => {
                if !wanted {
                    kill_group(&child);
                }
                let pidfd = pid(&child).and_then(|pid| self.watch(id, pid).ok());
                if pidfd.is_none() {
                    self.blind.insert(id);
                }
                self.running.insert(id, Running { child, wanted, _pidfd: pidfd });
                return;
            }
            Err(NotStarted::NoUser(reason)) => {
                self.log.say(self.part, Level::Error, format!("({owner}) {name} is not run: {reason}"));
                Errno(libc::EINVAL)
            }
            Err(NotStarted::Errno(errno)) => errno,
        };
        if wanted {
            self.end(id, ScriptStatus::NotStarted(errno));
        }
    }

    fn watch(&self, id: ScriptId, pid: Pid) -> io::Result<OwnedFd> {
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        epoll::add(&self.epoll, &pidfd, epoll::EventData::new_u64(id.0), epoll::EventFlags::IN)?;
        Ok(pidfd)
    }

    fn kill(&mut self, id: ScriptId) {
        let waited = self.waiting.remove(&id).or_else(|| self.behind.remove(&id)).is_some();
        if waited {
            self.mailbox.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        // One that is being started has not run; it is killed when it does.
        if waited || self.starts.cancel(id) {
            self.end(id, ScriptStatus::NotStarted(Errno(libc::ECANCELED)));
        } else if let Some(running) = self.running.get(&id) {
            kill_group(&running.child);
        }
    }

    fn kill_all(&mut self) {
        self.running.values().for_each(|running| kill_group(&running.child));
        self.mailbox.waiting.fetch_sub(self.waiting.len() + self.behind.len(), Ordering::Relaxed);
        let (waited, behind) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.behind));
        for id in waited.into_keys().chain(behind.into_keys()).chain(self.starts.cancel_all()) {
            self.end(id, ScriptStatus::NotStarted(Errno(libc::ECANCELED)));
        }
    }

    fn reap(&mut self, id: ScriptId) {
        let Some(running) = self.running.get_mut(&id) else { return };
        let status = match running.child.try_wait() {
            Ok(None) => return,
            Ok(Some(status)) => outcome(status),
            Err(error) => ScriptStatus::NotStarted(Errno(error.raw_os_error().unwrap_or(libc::ECHILD))),
        };
        // With its pidfd it leaves the epoll.
        let wanted = self.running.remove(&id).is_some_and(|running| running.wanted);
        self.blind.remove(&id);
        if wanted {
            self.end(id, status);
        }
    }

    fn end(&self, id: ScriptId, status: ScriptStatus) {
        // Fails only when nobody listens any more.
        let _ = self.ended.send((id, status));
    }
}

fn kill_group(child: &Child) {
    // Not reaped yet, so neither the process nor its group can be another's by now.
    if let Some(pid) = pid(child) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn outcome(status: ExitStatus) -> ScriptStatus {
    match (status.code(), status.signal()) {
        (Some(code), _) => ScriptStatus::Exited(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
        (None, Some(signal)) => ScriptStatus::Signalled(u8::try_from(signal).unwrap_or(u8::MAX)),
        (None, None) => ScriptStatus::NotStarted(Errno(libc::ECHILD)),
    }
}

#[cfg(test)]
mod tests;
