//! TCP.

use super::{Got, dial};
use crate::net::errno;
use keepalived_core::check::{ConnFailure, Dial};
use keepalived_core::net::Family;
use rustix::event::epoll::EventFlags;
use socket2::{Protocol, SockAddr, Socket, Type};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Tcp {
    socket: Socket,
    peer: SockAddr,
    connected: bool,
    /// What found no room yet, and how much of the first has been sent.
    waiting: VecDeque<Arc<[u8]>>,
    sent: usize,
}

impl Tcp {
    /// Begins to connect.
    pub(super) fn dial(dial: &Dial) -> Result<Tcp, ConnFailure> {
        Tcp::dial_on(dial::socket(dial, Type::STREAM, Protocol::TCP)?, dial)
    }

    /// Begins to connect, for a connection that will be given up as soon as it stands.
    pub(super) fn knock(dial: &Dial) -> Result<Tcp, ConnFailure> {
        let socket = dial::socket(dial, Type::STREAM, Protocol::TCP)?;
        dial::keep_back_last_packet(&socket)?;
        Tcp::dial_on(socket, dial)
    }

    /// Begins to connect by a socket that is as `dial` says and not connected.
    pub(super) fn dial_on(socket: Socket, dial: &Dial) -> Result<Tcp, ConnFailure> {
        dial::connect(&socket, dial)?;
        Ok(Tcp { socket, peer: dial::peer(dial), connected: false, waiting: VecDeque::new(), sent: 0 })
    }

    /// `None`: it stands.
    pub(super) fn connecting(&mut self) -> Option<Got> {
        if self.connected {
            return None;
        }
        // Asked again, connect(2) says how it stands. A server on this machine has answered while the first call was going on,
        // although that could not say so.
        match self.socket.connect(&self.peer) {
            Ok(()) => self.connected = true,
            Err(error) => match error.raw_os_error() {
                Some(libc::EISCONN) => self.connected = true,
                Some(libc::EALREADY | libc::EINPROGRESS | libc::EINTR) => return Some(Got::Nothing),
                _ => return Some(Got::failed(&error)),
            },
        }
        None
    }

    pub(super) fn advance(&mut self, buffer: &mut [u8], reads: &mut u32) -> Got {
        if !self.connected {
            return self.connecting().unwrap_or(Got::Connected);
        }
        if let Err(failure) = self.send_waiting() {
            return Got::Failed(failure);
        }
        if *reads == 0 {
            return Got::Nothing;
        }
        *reads -= 1;
        match self.socket.read(buffer) {
            Ok(0) => Got::Closed { clean: true },
            Ok(length) => Got::Data(length),
            Err(error) if is_passing(&error) => Got::Nothing,
            Err(error) => Got::failed(&error),
        }
    }

    pub(super) fn send(&mut self, bytes: Arc<[u8]>) -> Result<(), ConnFailure> {
        self.waiting.push_back(bytes);
        self.send_waiting()
    }

    fn send_waiting(&mut self) -> Result<(), ConnFailure> {
        while let Some(bytes) = self.waiting.front() {
            match self.socket.write(&bytes[self.sent..]) {
                Ok(length) => self.sent += length,
                Err(error) if is_passing(&error) => return Ok(()),
                Err(error) => return Err(ConnFailure::Errno(errno(&error))),
            }
            if self.sent >= bytes.len() {
                self.waiting.pop_front();
                self.sent = 0;
            }
        }
        Ok(())
    }

    pub(super) fn interest(&self) -> EventFlags {
        match (self.connected, self.waiting.is_empty()) {
            (false, _) => EventFlags::OUT,
            (true, true) => EventFlags::IN,
            (true, false) => EventFlags::IN | EventFlags::OUT,
        }
    }

    /// Resets what the peer has not ended: a connection that was ended by us would stay in TIME_WAIT for a minute, and there are
    /// thousands of checks a second.
    pub(super) fn finish(&mut self, over: bool) {
        if !over {
            let _ = self.socket.set_linger(Some(Duration::ZERO));
        }
    }

    /// Ends the connection as [`finish`](Self::finish) does, but keeps the socket: it can connect again.
    pub(super) fn disconnect(self) -> io::Result<Socket> {
        rustix::net::connect_unspec(&self.socket)?;
        Ok(self.socket)
    }

    /// The family of the peer.
    pub(super) fn family(&self) -> Family {
        if self.peer.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Errors after which the same is tried again.
pub(super) fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
