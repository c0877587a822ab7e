//! The connections of checks: opened, fed and closed without ever blocking, and what comes of them told as news.
//!
//! What concerns this machine only (no descriptor left, an own address that is not here) is [`ConnFailure::NotMade`].

mod dial;
mod ping;
mod spare;
mod tcp;
mod tls;
mod trust;
mod udp;

pub use trust::{Trust, TrustError};

use crate::clock;
use crate::net::errno;
use keepalived_core::check::{ConnFailure, ConnId, ConnNews, Dial, Transport};
use keepalived_core::kernel::Errno;
use keepalived_core::net::Family;
use ping::Ping;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use spare::Spare;
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::task::{Context, Poll};
use tcp::Tcp;
use tls::Tls;
use tokio::io::unix::AsyncFd;
use udp::Udp;

/// Connections served in one turn; the kernel hands out the others in the next (`epoll_wait` rotates).
const READY_PER_TURN: usize = 256;

/// Reads from one connection in one turn: a server that sends without end holds up nobody.
const READS_PER_TURN: u32 = 4;

/// Bytes read at once.
const READ: usize = 16 * 1024;

/// Sockets that may be kept for checks to come, besides the connections: of both families.
pub(crate) const SPARES: usize = 2 * spare::MOST;

/// What a connection can say.
#[derive(Debug)]
enum Got {
    /// Nothing for now.
    Nothing,
    Connected,
    /// So many bytes at the beginning of the buffer.
    Data(usize),
    Closed {
        clean: bool,
    },
    Failed(ConnFailure),
}

impl Got {
    fn failed(error: &io::Error) -> Got {
        Got::Failed(ConnFailure::Errno(errno(error)))
    }

    /// Nothing can come after it.
    const fn is_last(&self) -> bool {
        matches!(self, Got::Closed { .. } | Got::Failed(_))
    }
}

enum Line {
    Tcp(Tcp),
    /// A TCP connection over which nothing is sent; whether its socket can be used again.
    Knock(Tcp, bool),
    Tls(Box<Tls>),
    Udp(Udp),
    Ping(Ping),
}

impl Line {
    /// The next thing it has to say. A read takes one from `reads`; without any left there is none.
    fn advance(&mut self, buffer: &mut [u8], reads: &mut u32) -> Got {
        match self {
            Line::Tcp(tcp) | Line::Knock(tcp, _) => tcp.advance(buffer, reads),
            Line::Tls(tls) => tls.advance(buffer, reads),
            Line::Udp(udp) => udp.advance(buffer, reads),
            Line::Ping(ping) => ping.advance(buffer, reads),
        }
    }

    /// Sends, now or when there is room.
    fn send(&mut self, bytes: Arc<[u8]>) -> Result<(), ConnFailure> {
        match self {
            Line::Tcp(tcp) | Line::Knock(tcp, _) => tcp.send(bytes),
            Line::Tls(tls) => tls.send(&bytes),
            Line::Udp(udp) => udp.send(&bytes),
            Line::Ping(ping) => ping.send(&bytes),
        }
    }

    /// What it waits for.
    fn interest(&self) -> epoll::EventFlags {
        match self {
            Line::Tcp(tcp) | Line::Knock(tcp, _) => tcp.interest(),
            Line::Tls(tls) => tls.interest(),
            Line::Udp(_) | Line::Ping(_) => epoll::EventFlags::IN,
        }
    }

    /// What is to be done before the socket is closed. `over`: nothing more can come from the peer.
    fn finish(&mut self, over: bool) {
        match self {
            Line::Tcp(tcp) | Line::Knock(tcp, _) => tcp.finish(over),
            Line::Tls(tls) => tls.finish(over),
            Line::Udp(_) | Line::Ping(_) => {}
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Line::Tcp(tcp) | Line::Knock(tcp, _) => tcp.fd(),
            Line::Tls(tls) => tls.fd(),
            Line::Udp(udp) => udp.fd(),
            Line::Ping(ping) => ping.fd(),
        }
    }
}

struct Conn {
    line: Line,
    /// What the epoll reports of it; empty: it is not in the epoll.
    watched: epoll::EventFlags,
    /// It is in [`Conns::unsettled`].
    unsettled: bool,
    /// Its last news has been told or waits to be told.
    over: bool,
}

/// All connections. A check that is over within its turn, as with a server on this machine, never gets into the epoll.
///
/// `open`, `send` and `close` may be called at any time; [`settle`](Conns::settle) before waiting.
pub struct Conns {
    /// An epoll of all connections: a turn costs what is ready, not what is open.
    epoll: AsyncFd<OwnedFd>,
    table: HashMap<ConnId, Conn>,
    /// What is known without waiting.
    news: VecDeque<(ConnId, ConnNews<'static>)>,
    /// Connections of which the epoll has to be told something.
    unsettled: Vec<ConnId>,
    ready: Vec<epoll::Event>,
    /// The next of `ready`, and how many reads it may still do.
    next: usize,
    reads: u32,
    buffer: Box<[u8]>,
    trust: Result<Trust, String>,
    limit: usize,
    spare: Spare,
}

impl std::fmt::Debug for Conns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conns").field("open", &self.table.len()).field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Conns {
    /// No connections, and at most `limit` at once. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// When there is no epoll to be had.
    pub fn new(limit: usize) -> io::Result<Conns> {
        Ok(Conns {
            epoll: clock::readable(epoll::create(epoll::CreateFlags::CLOEXEC)?)?,
            table: HashMap::new(),
            news: VecDeque::new(),
            unsettled: Vec::new(),
            ready: Vec::with_capacity(READY_PER_TURN),
            next: 0,
            reads: READS_PER_TURN,
            buffer: vec![0; READ].into_boxed_slice(),
            trust: Ok(Trust::anything()),
            limit,
            spare: Spare::default(),
        })
    }

    /// What TLS shows and trusts from now on; `Err`: why TLS is not possible.
    pub fn set_trust(&mut self, trust: Result<Trust, String>) {
        self.trust = trust;
    }

    /// At most so many connections at once from now on.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// How many connections there are.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.table.len()
    }

    /// Opens a connection. What comes of it is told by [`take`](Conns::take).
    pub fn open(&mut self, id: ConnId, dial: &Dial) {
        if self.table.len() >= self.limit {
            return self.tell(id, ConnNews::Failed(ConnFailure::NotMade(Errno(libc::EMFILE))));
        }
        let line = match self.start(id, dial) {
            Ok(line) => line,
            Err(failure) => return self.tell(id, ConnNews::Failed(failure)),
        };
        let mut conn = Conn { line, watched: epoll::EventFlags::empty(), unsettled: true, over: false };
        // On this machine, and with datagrams, it stands at once.
        match conn.line.advance(&mut self.buffer, &mut 0) {
            Got::Connected => self.news.push_back((id, ConnNews::Connected)),
            Got::Failed(failure) => {
                conn.over = true;
                self.news.push_back((id, ConnNews::Failed(failure)));
            }
            Got::Nothing | Got::Data(_) | Got::Closed { .. } => {}
        }
        self.unsettled.push(id);
        self.table.insert(id, conn);
    }

    fn start(&mut self, id: ConnId, dial: &Dial) -> Result<Line, ConnFailure> {
        Ok(match &dial.transport {
            Transport::Tcp => Line::Tcp(Tcp::dial(dial)?),
            Transport::Knock => {
                let plain = Spare::fits(dial);
                let spare = if plain { self.spare.take(Family::of(dial.ip)) } else { None };
                let tcp = match spare {
                    Some(socket) => Tcp::dial_on(socket, dial),
                    None => Tcp::knock(dial),
                };
                Line::Knock(tcp?, plain)
            }
            Transport::Tls { server_name } => {
                let trust = self.trust.as_ref().map_err(|why| ConnFailure::Tls(why.clone()))?;
                let session = trust.session(dial.ip, server_name.as_deref()).map_err(ConnFailure::Tls)?;
                Line::Tls(Box::new(Tls::new(Tcp::dial(dial)?, session)))
            }
            Transport::Udp => Line::Udp(Udp::dial(dial)?),
            Transport::Ping => Line::Ping(Ping::dial(dial, id.0)?),
        })
    }

    /// Sends on a connection. Nothing happens when it is over.
    pub fn send(&mut self, id: ConnId, bytes: Arc<[u8]>) {
        let Some(conn) = self.table.get_mut(&id).filter(|conn| !conn.over) else { return };
        if let Err(failure) = conn.line.send(bytes) {
            conn.over = true;
            self.news.push_back((id, ConnNews::Failed(failure)));
        }
        Self::unsettle(&mut self.unsettled, id, conn);
    }

    /// Closes a connection; nothing more is told of it.
    pub fn close(&mut self, id: ConnId) {
        let Some(mut conn) = self.table.remove(&id) else { return };
        if let Line::Knock(tcp, true) = conn.line {
            let out = conn.watched.is_empty() || epoll::delete(self.epoll.get_ref(), tcp.fd()).is_ok();
            if out {
                self.spare.put(tcp);
            }
            return;
        }
        conn.line.finish(conn.over);
        // Closing the descriptor takes it out of the epoll: there is no other one for the same socket.
    }

    /// The next news that is there. `None` when there is none, or when all that is ready had its share of the turn.
    pub fn take(&mut self) -> Option<(ConnId, ConnNews<'_>)> {
        while let Some((id, news)) = self.news.pop_front() {
            if self.table.contains_key(&id) || matches!(news, ConnNews::Failed(_)) {
                return Some((id, news));
            }
        }
        loop {
            let id = ConnId(self.ready.get(self.next)?.data.u64());
            let Some(conn) = self.table.get_mut(&id).filter(|conn| !conn.over) else {
                self.next_ready();
                continue;
            };
            let got = conn.line.advance(&mut self.buffer, &mut self.reads);
            conn.over = got.is_last();
            Self::unsettle(&mut self.unsettled, id, conn);
            let news = match got {
                Got::Nothing => {
                    self.next_ready();
                    continue;
                }
                Got::Connected => ConnNews::Connected,
                Got::Data(length) => ConnNews::Data(Cow::Borrowed(&self.buffer[..length])),
                Got::Closed { clean } => ConnNews::Closed { clean },
                Got::Failed(failure) => ConnNews::Failed(failure),
            };
            return Some((id, news));
        }
    }

    fn next_ready(&mut self) {
        self.next += 1;
        self.reads = READS_PER_TURN;
    }

    /// Whether there is news that no descriptor will wake anybody for.
    #[must_use]
    pub fn has_work(&self) -> bool {
        !self.news.is_empty()
    }

    /// Tells the epoll what is waited for, of connections that are still there.
    pub fn settle(&mut self) {
        for id in self.unsettled.drain(..) {
            let Some(conn) = self.table.get_mut(&id) else { continue };
            conn.unsettled = false;
            let wanted = if conn.over { epoll::EventFlags::empty() } else { conn.line.interest() };
            if wanted == conn.watched {
                continue;
            }
            let (epoll, fd, data) = (self.epoll.get_ref(), conn.line.fd(), epoll::EventData::new_u64(id.0));
            let done = match (conn.watched.is_empty(), wanted.is_empty()) {
                (true, _) => epoll::add(epoll, fd, data, wanted),
                (false, true) => epoll::delete(epoll, fd),
                (false, false) => epoll::modify(epoll, fd, data, wanted),
            };
            match done {
                Ok(()) => conn.watched = wanted,
                Err(error) => {
                    conn.over = true;
                    let failure = ConnFailure::NotMade(Errno(error.raw_os_error()));
                    self.news.push_back((id, ConnNews::Failed(failure)));
                }
            }
        }
    }

    /// Ready when a connection is. Begins a turn.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.ready.clear();
        (self.next, self.reads) = (0, READS_PER_TURN);
        while let Poll::Ready(guard) = self.epoll.poll_read_ready(cx) {
            let mut guard = guard?;
            let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
            epoll::wait(self.epoll.get_ref(), spare_capacity(&mut self.ready), Some(&at_once))?;
            if !self.ready.is_empty() {
                return Poll::Ready(Ok(()));
            }
            guard.clear_ready();
        }
        Poll::Pending
    }

    /// News of a connection that is not there.
    fn tell(&mut self, id: ConnId, news: ConnNews<'static>) {
        self.news.push_back((id, news));
    }

    fn unsettle(unsettled: &mut Vec<ConnId>, id: ConnId, conn: &mut Conn) {
        let wanted = if conn.over { epoll::EventFlags::empty() } else { conn.line.interest() };
        if wanted != conn.watched && !conn.unsettled {
            conn.unsettled = true;
            unsettled.push(id);
        }
    }
}

impl AsFd for Conns {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.get_ref().as_fd()
    }
}

#[cfg(test)]
mod tests;
