//! Echoes: ICMP (RFC 792) and ICMPv6 (RFC 4443).
//!
//! The kernel's own sockets for echoes need no privilege, but `net.ipv4.ping_group_range` says who may have them, and usually that is nobody.
//! Then a raw socket does the same.

use super::tcp::is_passing;
use super::udp::send_datagram;
use super::{Got, dial};
use keepalived_core::check::{ConnFailure, Dial};
use keepalived_core::kernel::Errno;
use keepalived_core::net::Family;
use keepalived_core::wire::checksum::Sum;
use socket2::{Protocol, Socket, Type};
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};

/// Type, code, checksum, identifier, sequence number.
const HEADER: usize = 8;

pub(super) struct Ping {
    socket: Socket,
    family: Family,
    /// With a raw socket: the identifier of our echoes. The kernel's own sockets have one that nobody else has.
    raw: Option<u16>,
    sequence: u16,
    told: bool,
}

impl Ping {
    /// `seed` becomes the identifier where the kernel chooses none.
    pub(super) fn dial(dial: &Dial, seed: u64) -> Result<Ping, ConnFailure> {
        let family = Family::of(dial.ip);
        let protocol = match family {
            Family::V4 => Protocol::ICMPV4,
            Family::V6 => Protocol::ICMPV6,
        };
        // An echo has no port.
        let dial = &Dial { port: 0, source_port: 0, ..dial.clone() };
        let (socket, raw) = match dial::socket(dial, Type::DGRAM, protocol) {
            Err(ConnFailure::NotMade(Errno(libc::EACCES | libc::EPERM | libc::EPROTONOSUPPORT))) => {
                let identifier = (seed ^ seed >> 16 ^ seed >> 32 ^ seed >> 48) & 0xffff;
                (dial::socket(dial, Type::RAW, protocol)?, u16::try_from(identifier).ok())
            }
            socket => (socket?, None),
        };
        dial::report_errors(&socket, family)?;
        // From now on only this peer is heard.
        dial::connect(&socket, dial)?;
        Ok(Ping { socket, family, raw, sequence: 0, told: false })
    }

    pub(super) fn advance(&mut self, buffer: &mut [u8], reads: &mut u32) -> Got {
        if !self.told {
            self.told = true;
            return Got::Connected;
        }
        while *reads > 0 {
            *reads -= 1;
            match self.socket.read(buffer) {
                Ok(length) => {
                    if let Some((start, end)) = self.reply(&buffer[..length]) {
                        buffer.copy_within(start..end, 0);
                        return Got::Data(end - start);
                    }
                }
                Err(error) if is_passing(&error) => break,
                Err(error) => return Got::failed(&error),
            }
        }
        Got::Nothing
    }

    /// Where the payload is, if it is the reply to our last request.
    fn reply(&self, packet: &[u8]) -> Option<(usize, usize)> {
        // A raw socket of IPv4 gives the IP header too.
        let start = match (self.family, self.raw) {
            (Family::V4, Some(_)) => usize::from(packet.first()? & 0x0f) * 4,
            _ => 0,
        };
        let message = packet.get(start..).filter(|message| message.len() >= HEADER)?;
        let word = |at: usize| u16::from_be_bytes([message[at], message[at + 1]]);
        let is_reply = message[0] == self.types().1 && message[1] == 0;
        let is_ours = self.raw.is_none_or(|identifier| word(4) == identifier) && word(6) == self.sequence;
        (is_reply && is_ours && self.sequence != 0).then_some((start + HEADER, packet.len()))
    }

    pub(super) fn send(&mut self, payload: &[u8]) -> Result<(), ConnFailure> {
        self.sequence = self.sequence.checked_add(1).unwrap_or(1);
        let mut message = Vec::with_capacity(HEADER + payload.len());
        message.extend([self.types().0, 0, 0, 0]);
        message.extend(self.raw.unwrap_or(0).to_be_bytes());
        message.extend(self.sequence.to_be_bytes());
        message.extend(payload);
        // For IPv6, and for its own sockets, the kernel does it.
        if self.family == Family::V4 {
            let sum = Sum::default().bytes(&message).finish();
            message[2..4].copy_from_slice(&sum.to_be_bytes());
        }
        send_datagram(&self.socket, &message)
    }

    /// Of a request and of a reply.
    const fn types(&self) -> (u8, u8) {
        match self.family {
            Family::V4 => (8, 0),
            Family::V6 => (128, 129),
        }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
