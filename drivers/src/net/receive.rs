//! The packets of one `recvmmsg`, and the memory they lie in.

use super::{ipv4, sys};
use crate::clock;
use keepalived_core::net::Family;
use keepalived_core::vrrp::{Packet, SocketKey};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// The longest advert: 255 IPv6 addresses (RFC 9568 section 5.2.5), and the IPv4 header with options. Longer ones are cut;
/// the engine counts them.
const SLOT: usize = 4352;

/// Received packets, handed out one by one. One of these serves all sockets.
#[derive(Debug)]
pub(crate) struct Received {
    memory: Vec<u8>,
    found: [Found; sys::BATCH],
    socket: Option<SocketKey>,
    next: usize,
    count: usize,
}

/// One packet in its slot.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// Where the payload lies in the whole memory.
    begin: usize,
    end: usize,
    source: IpAddr,
    destination: IpAddr,
    ttl: Option<u8>,
    age: Duration,
}

const NOTHING: Found = Found {
    begin: 0,
    end: 0,
    source: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    destination: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    ttl: None,
    age: Duration::ZERO,
};

impl Received {
    /// Memory for one batch. The kernel gives pages only to what is used of it.
    pub(crate) fn new() -> Received {
        Received { memory: vec![0; SLOT * sys::BATCH], found: [NOTHING; sys::BATCH], socket: None, next: 0, count: 0 }
    }

    /// Fills it from a socket; what it held is gone. Says whether the socket may have more.
    ///
    /// Packets to other groups than `groups` are left out: an unbound IPv6 socket gets what anybody on the machine has
    /// joined, whatever `IPV6_MULTICAST_ALL` says.
    ///
    /// # Errors
    /// `EAGAIN` when nothing is waiting, or whatever is wrong with the socket.
    pub(super) fn fill(
        &mut self,
        socket: SocketKey,
        groups: &BTreeSet<IpAddr>,
        fd: BorrowedFd<'_>,
    ) -> io::Result<bool> {
        (self.next, self.count, self.socket) = (0, 0, Some(socket));
        let mut lengths = [None; sys::BATCH];
        let received = sys::receive_batch(fd, &mut self.memory, SLOT, |i, incoming| lengths[i] = Some(incoming))?;
        let read_at = clock::wall();
        for (i, incoming) in lengths.iter().enumerate().filter_map(|(i, incoming)| Some((i, incoming.as_ref()?))) {
            let Some(found) = self.locate(socket.family, i * SLOT, incoming, read_at) else { continue };
            if !found.destination.is_multicast() || groups.contains(&found.destination) {
                self.found[self.count] = found;
                self.count += 1;
            }
        }
        Ok(received == sys::BATCH)
    }

    /// Finds payload and addresses of the packet at `begin`. `None` for what is no IP packet, which the kernel does
    /// not deliver.
    fn locate(&self, family: Family, begin: usize, incoming: &sys::Incoming, read_at: Duration) -> Option<Found> {
        let end = begin + incoming.len;
        let age = incoming.stamp.map_or(Duration::ZERO, |stamp| read_at.saturating_sub(stamp));
        match family {
            Family::V4 => {
                let header = ipv4::parse(&self.memory[begin..end])?;
                Some(Found {
                    begin: begin + header.payload,
                    end: begin + header.end,
                    source: header.source.into(),
                    destination: header.destination.into(),
                    ttl: Some(header.ttl),
                    age,
                })
            }
            Family::V6 => Some(Found {
                begin,
                end,
                source: incoming.source?.into(),
                destination: incoming.destination?.into(),
                ttl: incoming.hops,
                age,
            }),
        }
    }

    /// Whether a packet is left.
    pub(crate) fn has_next(&self) -> bool {
        self.next < self.count
    }

    /// The next packet. It borrows the memory: nothing is copied.
    pub(crate) fn next(&mut self) -> Option<Packet<'_>> {
        let socket = self.socket?;
        let found = self.found[..self.count].get(self.next)?;
        self.next += 1;
        Some(Packet {
            index: socket.index,
            source: found.source,
            destination: found.destination,
            ttl: found.ttl,
            age: found.age,
            payload: Cow::Borrowed(&self.memory[found.begin..found.end]),
        })
    }
}
