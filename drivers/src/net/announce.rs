//! Gratuitous ARP and unsolicited neighbour advertisements: frames, sent as they are.

use super::QUEUE_PRIORITY;
use super::send::send_all;
use super::sys::{Name, Outgoing};
use keepalived_core::kernel::Errno;
use keepalived_core::net::IfIndex;
use socket2::{Domain, Socket, Type};
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

/// How many frames may wait for [`Announcer::flush`]; a full queue is sent at once.
const QUEUE: usize = 1024;

/// Destination, source, EtherType.
const ETHERNET_HEADER: usize = 14;

/// A packet socket that sends on every interface and receives on none.
#[derive(Debug)]
pub(crate) struct Announcer {
    socket: Socket,
    queue: Vec<Queued>,
}

#[derive(Debug)]
struct Queued {
    to: Name,
    index: IfIndex,
    frame: Arc<[u8]>,
}

impl Announcer {
    /// # Errors
    /// `EPERM` without `CAP_NET_RAW` and `CAP_NET_ADMIN`.
    pub(crate) fn open() -> io::Result<Announcer> {
        // Protocol 0 means that nothing is received (packet(7)).
        let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking().cloexec(), None)?;
        socket.set_priority(QUEUE_PRIORITY)?;
        Ok(Announcer { socket, queue: Vec::new() })
    }

    /// Queues a frame with its Ethernet header. `failed` hears of those that cannot be sent.
    pub(crate) fn queue(&mut self, index: IfIndex, frame: Arc<[u8]>, mut failed: impl FnMut(IfIndex, Errno)) {
        let Some(&[.., high, low]) = frame.first_chunk::<ETHERNET_HEADER>() else {
            return failed(index, Errno(libc::EINVAL));
        };
        let to = Name::link(index.0, u16::from_be_bytes([high, low]));
        self.queue.push(Queued { to, index, frame });
        if self.queue.len() >= QUEUE {
            self.flush(failed);
        }
    }

    /// Sends all queued frames, in order. `failed` hears of each that could not be sent.
    pub(crate) fn flush(&mut self, mut failed: impl FnMut(IfIndex, Errno)) {
        send_all(
            self.socket.as_fd(),
            &mut self.queue,
            |queued| Outgoing { to: &queued.to, head: &queued.frame, body: &[], control: None },
            |queued, errno| failed(queued.index, errno),
        );
    }
}
