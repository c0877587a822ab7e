//! Commands go out many at a time, in order; answers are matched by their sequence numbers.
//!
//! The kernel carries out what it is sent while it is being sent. Only the last command of a batch asks for an acknowledgement: the kernel
//! speaks up for each that it refuses anyway, and before it acknowledges the last.

use super::attributes::messages;
use super::decode::{Kind, kind};
use super::reading::{Next, Reading};
use super::socket::{Channel, Socket, load_module};
use super::{encode, family};
use crate::clock;
use keepalived_core::Time;
use keepalived_core::check::IpvsId;
use keepalived_core::ipvs::{IpvsCommand, Table};
use keepalived_core::kernel::Errno;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

/// How many commands are sent at a time: enough to make little of the cost of sending, few enough that their answers fit into the socket and
/// that the thread is soon back.
pub const BATCH: usize = 128;
/// How many datagrams are received before others get their turn.
const TURN: usize = 256;
/// The kernel fills at most 32 KiB (`netlink_dump`).
const DATAGRAM: usize = 64 * 1024;

/// How long the kernel may say nothing to what it was asked.
const SILENCE: Duration = Duration::from_secs(10);
/// How often a reading is told that another is under way, before it is given up.
const BUSY: u32 = 3;

/// What came of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A command was carried out or refused. `ENOBUFS`: nobody knows.
    Done(IpvsId, Result<(), Errno>),
    /// The table was read. `EPROTONOSUPPORT`: the kernel has no IPVS.
    Table(Result<Box<Table>, Errno>),
}

#[derive(Debug)]
enum Work {
    Command(IpvsId, IpvsCommand),
    Read,
}

/// Commands that were sent.
#[derive(Debug, Default)]
struct Batch {
    /// The sequence number of the first; the others follow.
    first: u32,
    commands: Vec<(IpvsId, Result<(), Errno>)>,
}

/// A way to the kernel's IPVS. Give it [`command`](Ipvs::command) and [`read`](Ipvs::read), call [`work`](Ipvs::work) after that and whenever its
/// descriptor is readable, and take each [`answer`](Ipvs::answer). Dropping it forgets what has not been sent.
#[derive(Debug)]
pub struct Ipvs<C = Socket> {
    channel: C,
    load: fn(),
    /// The module was looked for, in vain so far.
    looked: bool,
    family: Option<u16>,
    queue: VecDeque<Work>,
    batch: Batch,
    reading: Option<Reading>,
    /// There may be more of what nobody waits for any more. While a dump is not read to its end the kernel begins no other.
    stale: bool,
    /// How often the reading was told to wait.
    busy: u32,
    /// When the kernel was asked something, or said something, last.
    heard: Time,
    silence: Duration,
    answers: VecDeque<Answer>,
    sequence: u32,
    request: Vec<u8>,
    datagram: Vec<u8>,
}

impl Ipvs {
    /// Opens it in a network namespace, by the name that ip-netns(8) gives it or by its path (`net_namespace_ipvs`); `None`: in that of this
    /// thread. Whether the kernel has IPVS shows with the first reading.
    ///
    /// # Errors
    /// Without such a namespace, or the right to enter it, or to have sockets.
    pub fn open(namespace: Option<&str>) -> io::Result<Ipvs> {
        Socket::open(namespace).map(|socket| Ipvs::new(socket, load_module))
    }
}

impl AsRawFd for Ipvs {
    fn as_raw_fd(&self) -> RawFd {
        self.channel.as_raw_fd()
    }
}

impl AsFd for Ipvs {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}

impl<C: Channel> Ipvs<C> {
    /// Over a channel; `load` looks for the kernel's module where the family is missing.
    pub fn new(channel: C, load: fn()) -> Ipvs<C> {
        Ipvs {
            channel,
            load,
            looked: false,
            family: None,
            queue: VecDeque::new(),
            batch: Batch::default(),
            reading: None,
            stale: false,
            busy: 0,
            heard: Time::ZERO,
            silence: SILENCE,
            answers: VecDeque::new(),
            sequence: 0,
            request: Vec::new(),
            datagram: vec![0; DATAGRAM],
        }
    }

    /// Whether there is an IPVS here that does what we ask, with one question. Looks for the kernel's module where it must, and waits for that. Only to be
    /// asked before anything else.
    ///
    /// # Errors
    /// `EPROTONOSUPPORT` when the kernel has none, `EPERM` when we may not.
    pub fn probe(&mut self) -> Result<(), Errno> {
        let family = self.family()?;
        self.sequence = self.sequence.wrapping_add(1);
        self.request.clear();
        encode::get_config(&mut self.request, family, self.sequence);
        self.channel.send(&self.request).map_err(|error| family::errno(&error))?;
        loop {
            let length = match self.channel.receive(&mut self.datagram) {
                Ok(length) => length,
                // The kernel has answered before the request was sent off.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(family::errno(&error)),
            };
            for message in messages(&self.datagram[..length]).filter(|message| message.sequence == self.sequence) {
                if let Some(Kind::Done(result) | Kind::Acknowledged(result)) = kind(&message, family) {
                    return result;
                }
            }
        }
    }

    /// Gives a command, to be carried out after all before.
    pub fn command(&mut self, id: IpvsId, command: IpvsCommand) {
        self.queue.push_back(Work::Command(id, command));
    }

    /// Asks for the table as it is after all commands before. Commands given later may have been carried out before it is complete.
    pub fn read(&mut self) {
        self.queue.push_back(Work::Read);
    }

    /// What came of something. Commands are answered in their order.
    pub fn answer(&mut self) -> Option<Answer> {
        self.answers.pop_front()
    }

    /// Sends what can be sent and takes what has come, for a while. Returns whether to call again soon, without waiting for the descriptor.
    pub fn work(&mut self) -> bool {
        let mut turns = TURN;
        loop {
            if self.stale && !self.drain(&mut turns) {
                return true;
            }
            if !self.waits() && !self.send() {
                return false;
            }
            while self.waits() {
                if turns == 0 {
                    return true;
                }
                turns -= 1;
                match self.channel.receive(&mut self.datagram) {
                    Ok(length) => self.take(length),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        if self.deadline().is_some_and(|until| until > clock::now()) {
                            return false;
                        }
                        self.lost(Errno::ETIMEDOUT);
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => self.lost(family::errno(&error)),
                }
                if self.stale {
                    break;
                }
            }
        }
    }

    /// When [`work`](Ipvs::work) is to be called although nothing has come.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.waits().then(|| self.heard + self.silence)
    }

    /// Reads what nobody waits for; `false` when there may be more.
    fn drain(&mut self, turns: &mut usize) -> bool {
        while *turns > 0 {
            *turns -= 1;
            match self.channel.receive(&mut self.datagram) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
                // There is no more.
                Err(_) => {
                    self.stale = false;
                    return true;
                }
            }
        }
        false
    }

    /// Whether an answer is to come before anything else is sent: a dump goes on as its parts are read, and what changes the table in the
    /// meantime can hide entries from it.
    fn waits(&self) -> bool {
        !self.batch.commands.is_empty() || self.reading.as_ref().is_some_and(Reading::waits)
    }

    /// Sends the next commands, or else the next question of a reading; `false` when there is nothing to send.
    fn send(&mut self) -> bool {
        match self.queue.front() {
            None if self.reading.is_none() => return false,
            // One reading at a time.
            Some(Work::Read) if self.reading.is_none() => {
                self.queue.pop_front();
                self.reading = Some(Reading::default());
                self.busy = 0;
            }
            _ => {}
        }
        let family = match self.family() {
            Ok(family) => family,
            Err(errno) => {
                self.refuse_all(errno);
                return true;
            }
        };
        self.request.clear();
        self.heard = clock::now();
        if let Some(Work::Command(..)) = self.queue.front() {
            self.send_commands(family);
        } else if let Some(reading) = &mut self.reading {
            self.sequence = self.sequence.wrapping_add(1);
            match reading.ask(&mut self.request, family, self.sequence) {
                Next::Answer => {
                    if let Err(error) = self.channel.send(&self.request) {
                        self.lost(family::errno(&error));
                    }
                }
                Next::Complete(table) => {
                    self.reading = None;
                    self.answers.push_back(Answer::Table(Ok(table)));
                }
            }
        }
        true
    }

    fn send_commands(&mut self, family: u16) {
        let commands = self.queue.iter().take(BATCH).take_while(|work| matches!(work, Work::Command(..)));
        let count = commands.count();
        self.batch.first = self.sequence.wrapping_add(1);
        for left in (0..count).rev() {
            if let Some(Work::Command(id, command)) = self.queue.pop_front() {
                self.sequence = self.sequence.wrapping_add(1);
                encode::request(&mut self.request, family, self.sequence, left == 0, &command);
                self.batch.commands.push((id, Ok(())));
            }
        }
        if let Err(error) = self.channel.send(&self.request) {
            self.lost(family::errno(&error));
        }
    }

    /// The family's number, asked for where it is not known.
    fn family(&mut self) -> Result<u16, Errno> {
        if let Some(family) = self.family {
            return Ok(family);
        }
        let mut resolve = || {
            self.sequence = self.sequence.wrapping_add(1);
            family::resolve(&self.channel, self.sequence, &mut self.datagram)
        };
        let family = match resolve() {
            // Once: it takes a while, and this thread has other things to do.
            Err(Errno::EPROTONOSUPPORT) if !std::mem::replace(&mut self.looked, true) => {
                (self.load)();
                resolve()
            }
            resolved => resolved,
        }?;
        self.looked = false;
        self.family = Some(family);
        Ok(family)
    }

    /// Nothing can be done.
    fn refuse_all(&mut self, errno: Errno) {
        if self.reading.take().is_some() {
            self.answers.push_back(Answer::Table(Err(errno)));
        }
        self.answers.extend(self.queue.drain(..).map(|work| match work {
            Work::Command(id, _) => Answer::Done(id, Err(errno)),
            Work::Read => Answer::Table(Err(errno)),
        }));
    }

    fn take(&mut self, length: usize) {
        self.heard = clock::now();
        let family = self.family.unwrap_or_default();
        let (mut acknowledged, mut failed) = (false, None);
        for message in messages(&self.datagram[..length]) {
            let Some(kind) = kind(&message, family) else { continue };
            let place = message.sequence.wrapping_sub(self.batch.first) as usize;
            let last = self.batch.commands.len().wrapping_sub(1);
            if let (Some((_, result)), Kind::Acknowledged(how)) = (self.batch.commands.get_mut(place), kind) {
                *result = how;
                acknowledged |= place == last;
            } else if let Some(reading) = &mut self.reading
                && let Err(errno) = reading.take(&message, kind)
            {
                failed = Some(errno);
            }
        }
        if acknowledged {
            self.answers.extend(self.batch.commands.drain(..).map(|(id, how)| Answer::Done(id, how)));
        }
        if failed == Some(Errno(libc::EBUSY)) && self.busy < BUSY {
            // A dump of before us: the same is asked again when that is read.
            self.busy += 1;
            self.stale = true;
        } else if let Some(errno) = failed {
            self.reading = None;
            // The number of the family is another after its module was away.
            self.family = self.family.filter(|_| errno != Errno::ENOENT);
            self.answers.push_back(Answer::Table(Err(errno)));
        }
    }

    /// Answers were lost, or a request was not sent: what is out has failed, in an unknown way.
    fn lost(&mut self, errno: Errno) {
        self.stale = true;
        self.answers.extend(self.batch.commands.drain(..).map(|(id, _)| Answer::Done(id, Err(errno))));
        if self.reading.as_ref().is_some_and(Reading::waits) {
            self.reading = None;
            self.answers.push_back(Answer::Table(Err(errno)));
        }
    }
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
