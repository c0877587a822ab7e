//! A connection that waits, but not longer than a stage of a check may take.

use crate::conn::Trust;
use keepalived_core::check::{Dial, Transport};
use rustls::{ClientConnection, StreamOwned};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A connection to a server.
pub(super) enum Line {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

impl Line {
    /// Connects; with TLS the handshake is part of it.
    pub(super) fn open(dial: &Dial, timeout: Duration) -> io::Result<Line> {
        let until = Instant::now() + timeout;
        let address = SocketAddr::new(dial.ip, dial.port);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if dial.mark != 0 {
            socket.set_mark(dial.mark)?;
        }
        socket.connect_timeout(&address.into(), timeout)?;
        let mut timed = Timed { stream: socket.into(), until };
        let Transport::Tls { server_name } = &dial.transport else { return Ok(Line::Plain(timed)) };
        let mut session = Trust::anything().session(dial.ip, server_name.as_deref()).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut timed)?;
        }
        Ok(Line::Tls(Box::new(StreamOwned::new(session, timed))))
    }

    /// Sends; what is read from now on may take so long.
    pub(super) fn send(&mut self, bytes: &[u8], timeout: Duration) -> io::Result<()> {
        let until = Instant::now() + timeout;
        match self {
            Line::Plain(timed) => {
                timed.until = until;
                timed.write_all(bytes)
            }
            Line::Tls(stream) => {
                stream.sock.until = until;
                stream.write_all(bytes)?;
                stream.flush()
            }
        }
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Line::Plain(timed) => timed.read(buffer),
            Line::Tls(stream) => stream.read(buffer),
        }
    }
}

/// A stream that is read and written until a moment.
pub(super) struct Timed {
    stream: TcpStream,
    until: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Option<Duration>> {
        match self.until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

/// The kernel says `EAGAIN` when the time is over.
fn late(error: io::Error) -> io::Error {
    if error.kind() == ErrorKind::WouldBlock { ErrorKind::TimedOut.into() } else { error }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer).map_err(late)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(buffer).map_err(late)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
