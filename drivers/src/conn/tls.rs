//! TLS over TCP.

use super::Got;
use super::tcp::{Tcp, is_passing};
use crate::net::errno;
use keepalived_core::check::ConnFailure;
use rustix::event::epoll::EventFlags;
use rustls::ClientConnection;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::BorrowedFd;

pub(super) struct Tls {
    tcp: Tcp,
    session: ClientConnection,
    /// The handshake is done, and that has been told.
    told: bool,
}

impl Tls {
    pub(super) fn new(tcp: Tcp, session: ClientConnection) -> Tls {
        Tls { tcp, session, told: false }
    }

    pub(super) fn advance(&mut self, buffer: &mut [u8], reads: &mut u32) -> Got {
        if let Some(got) = self.tcp.connecting() {
            return got;
        }
        loop {
            if let Err(failure) = self.write() {
                return Got::Failed(failure);
            }
            if !self.told && !self.session.is_handshaking() {
                self.told = true;
                return Got::Connected;
            }
            // All that is deciphered goes out before the turn ends: no descriptor would wake us for it.
            if self.told {
                match self.session.reader().read(buffer) {
                    Ok(0) => return Got::Closed { clean: true },
                    Ok(length) => return Got::Data(length),
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Got::Closed { clean: false },
                    Err(error) if is_passing(&error) => {}
                    Err(error) => return Got::failed(&error),
                }
            }
            if *reads == 0 {
                return Got::Nothing;
            }
            *reads -= 1;
            match self.session.read_tls(&mut self.tcp.socket()) {
                Ok(0) if !self.told => {
                    return Got::Failed(ConnFailure::Tls("closed during the handshake".to_owned()));
                }
                Ok(_) => {}
                Err(error) if is_passing(&error) => return Got::Nothing,
                Err(error) => return Got::failed(&error),
            }
            if let Err(error) = self.session.process_new_packets() {
                // The peer is told why; whether it listens does not matter.
                let _ = self.write();
                let why = match error {
                    rustls::Error::InvalidMessage(_) if !self.told => "what it answers is not TLS".to_owned(),
                    error => error.to_string(),
                };
                return Got::Failed(ConnFailure::Tls(why));
            }
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), ConnFailure> {
        // A request is far smaller than the session's own buffer (64 KiB).
        match self.session.writer().write_all(bytes) {
            Ok(()) => self.write(),
            Err(error) => Err(ConnFailure::Errno(errno(&error))),
        }
    }

    fn write(&mut self) -> Result<(), ConnFailure> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.tcp.socket()) {
                Ok(_) => {}
                Err(error) if is_passing(&error) => return Ok(()),
                Err(error) => return Err(ConnFailure::Errno(errno(&error))),
            }
        }
        Ok(())
    }

    pub(super) fn interest(&self) -> EventFlags {
        let tcp = self.tcp.interest();
        if tcp.contains(EventFlags::IN) && self.session.wants_write() { tcp | EventFlags::OUT } else { tcp }
    }

    /// The end is announced, as RFC 8446 section 6.1 asks, where there is somebody to announce it to.
    pub(super) fn finish(&mut self, over: bool) {
        if self.told {
            self.session.send_close_notify();
            let _ = self.write();
        }
        self.tcp.finish(over);
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.tcp.fd()
    }
}
