//! The real machine.

use crate::clock::{self, Timer};
use crate::net::advert::AdvertSocket;
use crate::net::announce::Announcer;
use crate::net::errno;
use crate::net::receive::Received;
use crate::netlink::commands::Commands;
use crate::netlink::monitor::{self, Monitor};
use crate::run::World;
use keepalived_core::Time;
use keepalived_core::kernel::Errno;
use keepalived_core::net::{Family, IfIndex};
use keepalived_core::vrrp::{Input, Output, ScriptId, ScriptRun, SocketKey, Vrrp};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, Waker};
use tokio::io::unix::AsyncFd;

/// Batches read from one socket in one turn.
const BATCHES_PER_TURN: u32 = 2;

/// Sockets served in one turn; the kernel hands out the others in the next (`epoll_wait` rotates).
const SOCKETS_PER_TURN: usize = 64;

/// Inputs taken from the daemon in one turn.
const SIDE_PER_TURN: u32 = 16;

/// Failures to send that wait to be told; those beyond are not told.
const FAILURES: usize = 64;

/// Scripts that wait for the end of the turn. A full queue is emptied at once.
const SCRIPTS: usize = 256;

/// What the daemon around the loop provides: signals, reload, scripts.
pub trait Side {
    /// The next input of the daemon: [`Input::Stop`], [`Input::Configure`], [`Input::ScriptEnded`]. Like any poll function it
    /// arranges for a wake-up when it returns `Pending`. It is called again after each `Ready`.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Input<'static>>;

    /// Starts a script, without waiting for it. Called when the adverts and announcements of the turn have left.
    fn run_script(&mut self, run: ScriptRun);

    /// Kills a script with its descendants, without waiting. In order with [`run_script`](Side::run_script).
    fn kill_script(&mut self, id: ScriptId);
}

/// The machine and the network namespace that the calling thread is in.
///
/// Within a turn: what failed, packets, results of commands, the monitor's news, the daemon.
#[derive(Debug)]
pub struct LinuxWorld<S> {
    side: S,
    timer: Timer,
    sockets: BTreeMap<SocketKey, AdvertSocket>,
    /// An epoll of all advert sockets: a turn costs what is ready, not what is open.
    ready_sockets: AsyncFd<OwnedFd>,
    /// Opened when it is needed first: who only balances needs none.
    announcer: Option<Announcer>,
    commands: Commands,
    monitor: Monitor,
    received: Received,
    turn: Turn,
    /// Sockets with queued adverts, in the order of their first.
    dirty: Vec<SocketKey>,
    feedback: Feedback,
    scripts: VecDeque<Script>,
}

/// Where the present turn is.
#[derive(Default)]
struct Turn {
    ready: Vec<epoll::Event>,
    /// The next of `ready`, and how many batches it may still give.
    socket: usize,
    batches: u32,
    /// From the daemon, seen when we were woken.
    side: Option<Input<'static>>,
    side_left: u32,
    /// The turn ended with something left.
    more: bool,
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").field("ready", &self.ready.len()).field("more", &self.more).finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum Script {
    Run(ScriptRun),
    Kill(ScriptId),
}

/// Results and failures of our own doing, told as inputs.
#[derive(Debug, Default)]
struct Feedback {
    queue: VecDeque<Input<'static>>,
    failures: usize,
}

impl Feedback {
    /// A result that must be told. As many as there are outputs of one turn.
    fn socket(&mut self, key: SocketKey, result: Result<(), Errno>) {
        self.queue.push_back(Input::Socket { key, result });
    }

    fn send_failed(&mut self, index: IfIndex, errno: Errno) {
        if self.failures < FAILURES {
            self.failures += 1;
            self.queue.push_back(Input::SendFailed { index, errno });
        }
    }

    fn take(&mut self) -> Option<Input<'static>> {
        let input = self.queue.pop_front();
        if self.queue.is_empty() {
            self.failures = 0;
        }
        input
    }
}

impl<S: Side> LinuxWorld<S> {
    /// Opens what is always needed. The first input of the kernel is a snapshot.
    ///
    /// Needs a tokio runtime with I/O (a current-thread one is meant), and for VRRP `CAP_NET_ADMIN` and `CAP_NET_RAW` in the thread's
    /// network namespace, in which the world stays.
    ///
    /// # Errors
    /// `EMFILE` or `ENOMEM` without the resources.
    pub fn new(side: S) -> io::Result<LinuxWorld<S>> {
        LinuxWorld::with_monitor_buffer(side, monitor::RECEIVE_BUFFER)
    }

    /// As [`new`](LinuxWorld::new), with another bound for the monitor's unread news, in bytes of the kernel's memory. When
    /// it is exceeded, everything is read afresh.
    ///
    /// # Errors
    /// Those of [`new`](LinuxWorld::new).
    pub fn with_monitor_buffer(side: S, bytes: usize) -> io::Result<LinuxWorld<S>> {
        Ok(LinuxWorld {
            side,
            timer: Timer::new()?,
            sockets: BTreeMap::new(),
            ready_sockets: clock::readable(epoll::create(epoll::CreateFlags::CLOEXEC)?)?,
            announcer: None,
            commands: Commands::open()?,
            monitor: Monitor::open(bytes)?,
            received: Received::new(),
            turn: Turn { ready: Vec::with_capacity(SOCKETS_PER_TURN), ..Turn::default() },
            dirty: Vec::new(),
            feedback: Feedback::default(),
            scripts: VecDeque::new(),
        })
    }

    /// Opens what VRRP needs, so that what is wrong shows at once and not with the first announcement.
    ///
    /// # Errors
    /// `EPERM` without the capabilities, `EMFILE` or `ENOMEM` without the resources.
    pub fn open_announcer(&mut self) -> io::Result<()> {
        if self.announcer.is_none() {
            self.announcer = Some(Announcer::open()?);
        }
        Ok(())
    }

    /// What the daemon provides.
    pub fn side_mut(&mut self) -> &mut S {
        &mut self.side
    }

    /// Our own deadlines: they are few and rarely move.
    fn deadline(&self, engine: Option<Time>) -> Option<Time> {
        [engine, self.commands.deadline(), self.monitor.deadline()].into_iter().flatten().min()
    }

    /// Something to do that no file descriptor will wake us for.
    fn has_work(&self) -> bool {
        self.turn.more || !self.feedback.queue.is_empty() || self.commands.has_work() || self.monitor.has_work()
    }

    /// Ready when something is, with the ready sockets and the daemon's input noted in the turn.
    fn poll_sources(&mut self, cx: &mut Context<'_>, mut woken: bool) -> Poll<io::Result<()>> {
        if let Poll::Ready(fired) = self.timer.poll(cx) {
            fired?;
            woken = true;
        }
        while let Poll::Ready(guard) = self.ready_sockets.poll_read_ready(cx) {
            let mut guard = guard?;
            self.turn.ready.clear();
            let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
            epoll::wait(self.ready_sockets.get_ref(), spare_capacity(&mut self.turn.ready), Some(&at_once))?;
            if self.turn.ready.is_empty() {
                guard.clear_ready();
            } else {
                woken = true;
                break;
            }
        }
        if let Poll::Ready(readable) = self.commands.poll_readable(cx) {
            readable?;
            woken = true;
        }
        if let Poll::Ready(readable) = self.monitor.poll_readable(cx) {
            readable?;
            woken = true;
        }
        if self.turn.side.is_none()
            && let Poll::Ready(input) = self.side.poll_next(cx)
        {
            self.turn.side = Some(input);
        }
        if woken || self.turn.side.is_some() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Reads batches until there is a packet, or the turn's ready sockets have had their share.
    fn receive(&mut self) -> bool {
        while !self.received.has_next() {
            let Some(event) = self.turn.ready.get(self.turn.socket) else { return false };
            let key = key_of(event.data.u64());
            let Some(socket) = self.sockets.get(&key).filter(|_| self.turn.batches > 0) else {
                self.turn.socket += 1;
                self.turn.batches = BATCHES_PER_TURN;
                continue;
            };
            self.turn.batches -= 1;
            match socket.receive(&mut self.received) {
                Ok(true) => {}
                Ok(false) => self.turn.batches = 0,
                Err(error) => {
                    self.turn.batches = 0;
                    if !is_passing(&error) {
                        self.close(key);
                        self.feedback.socket(key, Err(errno(&error)));
                    }
                }
            }
        }
        true
    }

    fn take_side(&mut self) -> Option<Input<'static>> {
        if let Some(input) = self.turn.side.take() {
            return Some(input);
        }
        if self.turn.side_left == 0 {
            self.turn.more = true;
            return None;
        }
        self.turn.side_left -= 1;
        // `wait` polls again with a waker that wakes.
        match self.side.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(input) => Some(input),
            Poll::Pending => None,
        }
    }

    fn open(&mut self, key: SocketKey, groups: &BTreeSet<IpAddr>) -> io::Result<()> {
        if let Some(socket) = self.sockets.get_mut(&key) {
            return socket.set_groups(groups);
        }
        let mut socket = AdvertSocket::open(key)?;
        socket.set_groups(groups)?;
        let data = epoll::EventData::new_u64(token_of(key));
        epoll::add(self.ready_sockets.get_ref(), &socket, data, epoll::EventFlags::IN)?;
        self.sockets.insert(key, socket);
        Ok(())
    }

    fn close(&mut self, key: SocketKey) {
        if let Some(mut socket) = self.sockets.remove(&key) {
            socket.flush(|errno| self.feedback.send_failed(key.index, errno));
            // Closing it would do the same; nobody else has the descriptor.
            let _ = epoll::delete(self.ready_sockets.get_ref(), &socket);
        }
    }

    fn flush_adverts(&mut self) {
        for key in self.dirty.drain(..) {
            if let Some(socket) = self.sockets.get_mut(&key) {
                socket.flush(|errno| self.feedback.send_failed(key.index, errno));
            }
        }
    }

    fn flush_scripts(&mut self) {
        for script in self.scripts.drain(..) {
            match script {
                Script::Run(run) => self.side.run_script(run),
                Script::Kill(id) => self.side.kill_script(id),
            }
        }
    }

    fn queue_script(&mut self, script: Script) {
        self.scripts.push_back(script);
        if self.scripts.len() >= SCRIPTS {
            self.flush_scripts();
        }
    }
}

impl<S: Side> World for LinuxWorld<S> {
    type Engine = Vrrp;

    fn now(&self) -> Time {
        clock::now()
    }

    async fn wait(&mut self, deadline: Option<Time>) -> io::Result<()> {
        let work = self.has_work();
        if work {
            // Let the runtime look at its descriptors: a busy turn must not hide a signal.
            tokio::task::yield_now().await;
        } else {
            self.timer.arm(self.deadline(deadline))?;
        }
        self.turn.ready.clear();
        self.turn.more = false;
        poll_fn(|cx| self.poll_sources(cx, work)).await?;
        (self.turn.socket, self.turn.batches, self.turn.side_left) = (0, BATCHES_PER_TURN, SIDE_PER_TURN);
        self.monitor.begin_turn();
        Ok(())
    }

    fn take(&mut self, now: Time) -> Option<Input<'_>> {
        if let Some(input) = self.feedback.take() {
            return Some(input);
        }
        if self.receive() {
            return self.received.next().map(Input::Packet);
        }
        if let Some((id, result)) = self.commands.take(now) {
            return Some(Input::KernelDone { id, result });
        }
        if let Some(event) = self.monitor.take(now) {
            return Some(Input::Kernel(event));
        }
        self.take_side()
    }

    fn perform(&mut self, _now: Time, output: Output) {
        match output {
            Output::Send(advert) => {
                let key = advert.socket;
                let Some(socket) = self.sockets.get_mut(&key) else {
                    return self.feedback.send_failed(key.index, Errno::ENODEV);
                };
                if !socket.has_queued() {
                    self.dirty.push(key);
                }
                socket.queue(advert, |errno| self.feedback.send_failed(key.index, errno));
            }
            Output::Announce { index, frame } => {
                if let Err(error) = self.open_announcer() {
                    return self.feedback.send_failed(index, errno(&error));
                }
                if let Some(announcer) = &mut self.announcer {
                    announcer.queue(index, frame, |index, errno| self.feedback.send_failed(index, errno));
                }
            }
            Output::Kernel(command) => self.commands.push(command),
            Output::OpenSocket { key, groups } => {
                let result = self.open(key, &groups).map_err(|error| errno(&error));
                self.feedback.socket(key, result);
            }
            Output::CloseSocket(key) => self.close(key),
            Output::RunScript(run) => self.queue_script(Script::Run(run)),
            Output::KillScript(id) => self.queue_script(Script::Kill(id)),
            Output::Event(_) | Output::Stopped => {}
        }
    }

    fn answer(&mut self, _now: Time) -> Option<Input<'_>> {
        let (id, result) = self.commands.answer()?;
        Some(Input::KernelDone { id, result })
    }

    fn flush(&mut self, now: Time) {
        self.flush_adverts();
        self.commands.flush(now, self.monitor.peers());
        if let Some(announcer) = &mut self.announcer {
            announcer.flush(|index, errno| self.feedback.send_failed(index, errno));
        }
        self.flush_scripts();
    }
}

/// Errors after which a socket still receives.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EINTR | libc::ENOMEM | libc::ENOBUFS | libc::ENETDOWN))
}

fn token_of(key: SocketKey) -> u64 {
    u64::from(key.index.0) << 1 | u64::from(key.family == Family::V6)
}

fn key_of(token: u64) -> SocketKey {
    let family = if token & 1 == 1 { Family::V6 } else { Family::V4 };
    SocketKey { index: IfIndex(u32::try_from(token >> 1).unwrap_or(0)), family }
}
