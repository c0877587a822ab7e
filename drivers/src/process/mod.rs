//! Scripts: a helper thread starts them, waits for them and kills them, so that none of it can hold up an advert.

pub mod checks;
pub mod facts;
mod spawn;
pub mod user;

use crate::log::{Level, Log, Part};
use keepalived_core::config::scripts::Runner;
use keepalived_core::kernel::Errno;
use keepalived_core::vrrp::{ScriptId, ScriptRun, ScriptStatus};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many scripts may wait to be started; the engine keeps fewer.
const WAITING: usize = 1024;

/// How many ends of scripts may wait to be told; the helper thread waits when they are more.
const ENDED: usize = 1024;

enum Request {
    Run(Box<(ScriptRun, Runner)>),
    Kill(ScriptId),
    KillAll,
}

struct Mailbox {
    requests: Mutex<VecDeque<Request>>,
    closed: AtomicBool,
    bell: OwnedFd,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The scripts that run or wait. Dropping it ends the helper thread; running scripts go on.
pub struct Scripts {
    mailbox: Arc<Mailbox>,
    early: Sender<(ScriptId, ScriptStatus)>,
}

impl Drop for Scripts {
    fn drop(&mut self) {
        self.mailbox.closed.store(true, Ordering::Release);
        self.ring();
    }
}

impl Scripts {
    /// Starts the helper thread. Every script that is run is answered on the receiver, exactly once.
    ///
    /// # Errors
    /// When there is no thread or file descriptor to be had.
    pub fn start(log: Log) -> io::Result<(Scripts, Receiver<(ScriptId, ScriptStatus)>)> {
        let (ended, results) = channel(ENDED);
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let mailbox = Arc::new(Mailbox { requests: Mutex::default(), closed: AtomicBool::new(false), bell });
        let helper = Helper { mailbox: Arc::clone(&mailbox), ended: ended.clone(), log, running: Vec::new() };
        std::thread::Builder::new().name("scripts".to_owned()).stack_size(256 * 1024).spawn(move || helper.work())?;
        Ok((Scripts { mailbox, early: ended }, results))
    }

    /// Has `runner` run a script. Returns at once.
    pub fn run(&self, run: ScriptRun, runner: Runner) {
        let mut requests = self.mailbox.lock();
        if requests.len() >= WAITING {
            let _ = self.early.try_send((run.id, ScriptStatus::NotStarted(Errno(libc::EAGAIN))));
            return;
        }
        requests.push_back(Request::Run(Box::new((run, runner))));
        drop(requests);
        self.ring();
    }

    /// Kills a script and all that is in its process group. Returns at once.
    pub fn kill(&self, id: ScriptId) {
        self.mailbox.lock().push_back(Request::Kill(id));
        self.ring();
    }

    /// Kills all scripts that run. Returns at once.
    pub fn kill_all(&self) {
        self.mailbox.lock().push_back(Request::KillAll);
        self.ring();
    }

    fn ring(&self) {
        // It can only fail when the counter is full, and then it rings already.
        let _ = rustix::io::write(&self.mailbox.bell, &1u64.to_ne_bytes());
    }
}

struct Running {
    id: ScriptId,
    child: Child,
    /// Readable once the child has ended. `None` where the kernel gave none: then it is asked now and then.
    pidfd: Option<OwnedFd>,
}

struct Helper {
    mailbox: Arc<Mailbox>,
    ended: Sender<(ScriptId, ScriptStatus)>,
    log: Log,
    running: Vec<Running>,
}

impl Helper {
    fn work(mut self) {
        loop {
            self.wait();
            let mut count = [0; 8];
            let _ = rustix::io::read(&self.mailbox.bell, &mut count);
            loop {
                let request = self.mailbox.lock().pop_front();
                match request {
                    Some(Request::Run(asked)) => self.start(&asked.0, &asked.1),
                    Some(Request::Kill(id)) => self.kill(|running| running.id == id),
                    Some(Request::KillAll) => self.kill(|_| true),
                    None => break,
                }
            }
            self.reap();
            if self.mailbox.closed.load(Ordering::Acquire) {
                return;
            }
        }
    }

    fn wait(&self) {
        let blind = self.running.iter().any(|running| running.pidfd.is_none());
        let limit = blind.then_some(Timespec { tv_sec: 0, tv_nsec: 50_000_000 });
        let mut fds = vec![PollFd::new(&self.mailbox.bell, PollFlags::IN)];
        let pidfds = self.running.iter().filter_map(|running| running.pidfd.as_ref());
        fds.extend(pidfds.map(|pidfd| PollFd::from_borrowed_fd(pidfd.as_fd(), PollFlags::IN)));
        let _ = poll(&mut fds, limit.as_ref());
    }

    fn start(&mut self, run: &ScriptRun, runner: &Runner) {
        let program = run.argv.first().map_or("", String::as_str);
        let identity = match user::resolve(runner) {
            Ok(identity) => identity,
            Err(reason) => {
                let text = format!("({}) {program} is not run: {reason}", run.owner);
                self.log.say(Part::Vrrp, Level::Error, text);
                self.end(run.id, ScriptStatus::NotStarted(Errno(libc::EINVAL)));
                return;
            }
        };
        match spawn::spawn(&run.argv, &identity) {
            Ok(child) => {
                let pidfd = pid(&child).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
                self.running.push(Running { id: run.id, child, pidfd });
            }
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(libc::EINVAL);
                self.end(run.id, ScriptStatus::NotStarted(Errno(errno)));
            }
        }
    }

    fn kill(&self, which: impl Fn(&&Running) -> bool) {
        // Not reaped yet, so neither the processes nor their groups can be another's by now.
        for pid in self.running.iter().filter(which).filter_map(|running| pid(&running.child)) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }

    fn reap(&mut self) {
        let mut ended = Vec::new();
        self.running.retain_mut(|running| match running.child.try_wait() {
            Ok(None) => true,
            Ok(Some(status)) => {
                ended.push((running.id, outcome(status)));
                false
            }
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(libc::ECHILD);
                ended.push((running.id, ScriptStatus::NotStarted(Errno(errno))));
                false
            }
        });
        for (id, status) in ended {
            self.end(id, status);
        }
    }

    fn end(&self, id: ScriptId, status: ScriptStatus) {
        // Fails only when nobody listens any more.
        let _ = self.ended.blocking_send((id, status));
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
