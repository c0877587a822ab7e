//! Connected UDP sockets.

use super::tcp::is_passing;
use super::{Got, dial};
use crate::net::errno;
use keepalived_core::check::{ConnFailure, Dial};
use keepalived_core::net::Family;
use socket2::{Protocol, Socket, Type};
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};

pub(super) struct Udp {
    socket: Socket,
    told: bool,
}

impl Udp {
    pub(super) fn dial(dial: &Dial) -> Result<Udp, ConnFailure> {
        let socket = dial::socket(dial, Type::DGRAM, Protocol::UDP)?;
        dial::report_errors(&socket, Family::of(dial.ip))?;
        dial::connect(&socket, dial)?;
        Ok(Udp { socket, told: false })
    }

    pub(super) fn advance(&mut self, buffer: &mut [u8], reads: &mut u32) -> Got {
        if !self.told {
            self.told = true;
            return Got::Connected;
        }
        if *reads == 0 {
            return Got::Nothing;
        }
        *reads -= 1;
        match self.socket.read(buffer) {
            Ok(length) => Got::Data(length),
            Err(error) if is_passing(&error) => Got::Nothing,
            Err(error) => Got::failed(&error),
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), ConnFailure> {
        send_datagram(&self.socket, bytes)
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Sends a datagram whole. One that finds no room is lost, as datagrams are.
pub(super) fn send_datagram(socket: &Socket, bytes: &[u8]) -> Result<(), ConnFailure> {
    match socket.send(bytes) {
        Ok(_) => Ok(()),
        Err(error) if is_passing(&error) => Ok(()),
        Err(error) => Err(ConnFailure::Errno(errno(&error))),
    }
}
