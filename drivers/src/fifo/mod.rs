//! FIFOs that are told what happens, each with a thread of its own: a reader that is slow, or not there, holds up nobody.
//!
//! As in the C version the FIFO is made where it is missing and removed at the end, is opened for reading too (so that writing never
//! waits for a reader), and is refused where somebody else could have put it there.

mod reader;

use crate::log::{Level, Log, Part};
use crate::post::Post;
use crate::process::user;
use keepalived_core::config::scripts::Runner;
use reader::Reader;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, mkfifoat, open};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Lines that may wait, besides the 64 KiB that the kernel keeps.
const WAITING: usize = 4096;

/// How long the end waits for a script to read what there still is, and then for its own end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A FIFO as the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FifoSpec {
    /// Where.
    pub path: PathBuf,
    /// Whose it is to be.
    pub owner: Runner,
    /// What is started to read it, and by whom; the path becomes its last argument.
    pub script: Option<(Vec<String>, Runner)>,
}

/// A FIFO to write to. Dropping it ends its script and removes it.
pub struct Fifo {
    lines: Arc<Post<Lines>>,
    /// Closed by the thread when all is done.
    done: Receiver<()>,
}

#[derive(Default)]
struct Lines {
    /// Shared with the thread while it writes the first, which stays here until it is written.
    waiting: VecDeque<Arc<[u8]>>,
    lost: u64,
    closed: bool,
}

impl Fifo {
    /// Has a thread make it, when the one `before` it at the same path has ended. Returns at once; what goes wrong is logged by `part`.
    ///
    /// # Errors
    /// When there is no thread or file descriptor to be had.
    pub fn open(spec: FifoSpec, before: Option<Fifo>, log: Log, part: Part) -> io::Result<Fifo> {
        let lines = Arc::new(Post::new(Lines::default())?);
        let (ended, done) = sync_channel(1);
        let writer = Writer { spec, log, part, lines: Arc::clone(&lines), losing: false, lost: 0 };
        std::thread::Builder::new().name("fifo".to_owned()).stack_size(256 * 1024).spawn(move || {
            if let Some(before) = before {
                before.finish();
            }
            writer.work(ended);
        })?;
        Ok(Fifo { lines, done })
    }

    /// Writes a line, now or when there is room. When too many wait it is lost, and counted.
    pub fn line(&self, text: &str) {
        let mut lines = self.lines.lock();
        if lines.waiting.len() >= WAITING {
            lines.lost += 1;
        } else {
            lines.waiting.push_back(format!("{text}\n").into_bytes().into());
        }
        drop(lines);
        self.lines.ring();
    }

    /// Ends it: what there is to read may be read for a moment, the script is ended, the FIFO removed.
    pub fn finish(self) {
        self.lines.lock().closed = true;
        self.lines.ring();
        let _ = self.done.recv_timeout(LAST_WORDS * 3);
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        self.lines.lock().closed = true;
        self.lines.ring();
    }
}

struct Writer {
    spec: FifoSpec,
    log: Log,
    part: Part,
    lines: Arc<Post<Lines>>,
    /// That lines are lost has been told.
    losing: bool,
    lost: u64,
}

impl Writer {
    /// `_done` is closed at the end.
    fn work(mut self, _done: SyncSender<()>) {
        let created = match mkfifoat(CWD, &self.spec.path, Mode::from_raw_mode(0o644)) {
            Ok(()) => true,
            Err(rustix::io::Errno::EXIST) => false,
            Err(error) => return self.complain(&format!("cannot be made: {error}")),
        };
        let (fifo, mut reader) = match self.prepare(created) {
            Ok(prepared) => prepared,
            Err(why) => {
                self.complain(&why);
                self.remove(created);
                return;
            }
        };
        self.write(&fifo, &mut reader);
        // First of all its name goes: a script that opens it again when it is closed must not find it.
        self.remove(created);
        if let Some(reader) = reader {
            let until = Instant::now() + LAST_WORDS;
            while rustix::io::ioctl_fionread(&fifo).is_ok_and(|left| left > 0) && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(5));
            }
            drop(fifo);
            reader.end(LAST_WORDS);
        }
    }

    fn prepare(&self, created: bool) -> Result<(OwnedFd, Option<Reader>), String> {
        let owner = user::known(&self.spec.owner).map_err(|why| why.to_string())?;
        let own = user::own();
        if created && (owner.uid, owner.gid) != (own.uid, own.gid) {
            chown(&self.spec.path, Some(owner.uid), Some(owner.gid))
                .map_err(|error| format!("cannot be given to user {}: {error}", owner.uid))?;
        }
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
        let fifo = open(&self.spec.path, flags, Mode::empty()).map_err(|error| format!("cannot be opened: {error}"))?;
        let stat = fstat(&fifo).map_err(|error| error.to_string())?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Fifo {
            return Err("is no FIFO".to_owned());
        }
        if stat.st_uid != own.uid && stat.st_uid != owner.uid {
            return Err(format!("belongs to user {}: somebody else has put it there", stat.st_uid));
        }
        let reader = self.spec.script.as_ref().and_then(|(argv, runner)| {
            Reader::start(argv, &self.spec.path, runner).map_err(|why| self.complain(&why)).ok()
        });
        Ok((fifo, reader))
    }

    /// Until it is closed.
    fn write(&mut self, fifo: &OwnedFd, reader: &mut Option<Reader>) {
        let mut blocked = false;
        loop {
            self.wait(fifo, reader.as_ref(), blocked);
            self.lines.hear();
            if let Some(ended) = reader.as_mut().and_then(Reader::has_ended) {
                *reader = None;
                self.complain(&format!("its script has ended ({ended}); nothing reads it any more"));
            }
            blocked = false;
            loop {
                let mut lines = self.lines.lock();
                self.lost += std::mem::take(&mut lines.lost);
                let closed = lines.closed;
                let Some(line) = lines.waiting.front().cloned() else {
                    drop(lines);
                    self.caught_up();
                    if closed {
                        return;
                    }
                    break;
                };
                drop(lines);
                match rustix::io::write(fifo, &line) {
                    // A line is shorter than PIPE_BUF: it is written whole or not at all.
                    Ok(_) => {}
                    Err(rustix::io::Errno::AGAIN) => {
                        if closed {
                            return;
                        }
                        blocked = true;
                        self.falls_behind();
                        break;
                    }
                    Err(error) => self.complain(&format!("cannot be written: {error}")),
                }
                self.lines.lock().waiting.pop_front();
            }
        }
    }

    fn wait(&self, fifo: &OwnedFd, reader: Option<&Reader>, blocked: bool) {
        let mut fds = vec![PollFd::new(&*self.lines, PollFlags::IN)];
        if blocked {
            fds.push(PollFd::new(fifo, PollFlags::OUT));
        }
        if let Some(pidfd) = reader.and_then(Reader::pidfd) {
            fds.push(PollFd::from_borrowed_fd(pidfd.as_fd(), PollFlags::IN));
        }
        let limit = Timespec { tv_sec: 1, tv_nsec: 0 };
        let _ = poll(&mut fds, reader.is_some().then_some(&limit));
    }

    fn falls_behind(&mut self) {
        if self.lost > 0 && !self.losing {
            self.losing = true;
            self.complain("is not read fast enough, or not at all: lines are lost");
        }
    }

    fn caught_up(&mut self) {
        if self.lost > 0 {
            self.complain(&format!("is read again; {} lines are lost", self.lost));
            (self.lost, self.losing) = (0, false);
        }
    }

    fn remove(&self, created: bool) {
        if created {
            let _ = std::fs::remove_file(&self.spec.path);
        }
    }

    fn complain(&self, what: &str) {
        self.log.say(self.part, Level::Warning, format!("FIFO {} {what}", self.spec.path.display()));
    }
}

#[cfg(test)]
mod tests;
