//! A netlink socket in the loop.

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use socket2::SockRef;
use std::io;
use std::os::fd::AsRawFd;
use std::task::{Context, Poll, ready};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The kernel fills at most this much in one message (`NLMSG_GOODSIZE` and the dumps' 32 KiB).
const MESSAGE: usize = 32 * 1024;

/// A non-blocking rtnetlink socket with memory for one datagram.
#[derive(Debug)]
pub(super) struct RouteSocket {
    fd: AsyncFd<Socket>,
    buffer: Vec<u8>,
}

/// How long a datagram is, and whose.
type Read = (usize, SocketAddr);

impl RouteSocket {
    /// Opens it with a receive buffer of `receive_buffer` bytes, member of `groups`. Needs a runtime with I/O.
    pub(super) fn open(receive_buffer: usize, groups: &[u32]) -> io::Result<RouteSocket> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.set_non_blocking(true)?;
        set_receive_buffer(&socket, receive_buffer)?;
        socket.bind_auto()?;
        for &group in groups {
            socket.add_membership(group)?;
        }
        #[allow(unsafe_code)]
        // SAFETY: a Socket owns its descriptor, the same one until it is dropped, which only the AsyncFd can do.
        let fd = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) }?;
        Ok(RouteSocket { fd, buffer: vec![0; MESSAGE] })
    }

    /// Replies without a copy of the request in them.
    pub(super) fn short_replies(&self) -> io::Result<()> {
        self.fd.get_ref().set_cap_ack(true)
    }

    /// Sends one or more requests to the kernel, which has carried them out when this returns.
    pub(super) fn send(&self, requests: &[u8]) -> io::Result<()> {
        self.fd.get_ref().send_to(requests, &SocketAddr::new(0, 0), libc::MSG_DONTWAIT).map(drop)
    }

    /// The next datagram from the kernel. `WouldBlock` when the queue is empty, `ENOBUFS` after an overrun or when the
    /// datagram did not fit. Costs no system call while the runtime has seen nothing new.
    pub(super) fn receive(&mut self) -> io::Result<&[u8]> {
        self.receive_by(|fd, read| fd.try_io(Interest::READABLE, read))
    }

    /// The same, with a look at the socket itself: what the kernel has put there just now is unknown to the runtime.
    pub(super) fn receive_at_once(&mut self) -> io::Result<&[u8]> {
        self.receive_by(|fd, read| read(fd.get_ref()))
    }

    fn receive_by(
        &mut self,
        by: impl Fn(&AsyncFd<Socket>, &mut dyn FnMut(&Socket) -> io::Result<Read>) -> io::Result<Read>,
    ) -> io::Result<&[u8]> {
        loop {
            let buffer = &mut self.buffer;
            let (len, from) = by(&self.fd, &mut |socket| {
                socket.recv_from(&mut buffer.as_mut_slice(), libc::MSG_TRUNC | libc::MSG_DONTWAIT)
            })?;
            if from.port_number() != 0 {
                // Another process wrote to us: it has nothing to say.
                continue;
            }
            if len > self.buffer.len() {
                return Err(io::Error::from_raw_os_error(libc::ENOBUFS));
            }
            return Ok(&self.buffer[..len]);
        }
    }

    /// Ready when [`receive`](Self::receive) may have something.
    pub(super) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.fd.poll_read_ready(cx))?.retain_ready();
        Poll::Ready(Ok(()))
    }
}

/// As much as asked with `CAP_NET_ADMIN`, else as much as the system allows.
fn set_receive_buffer(socket: &Socket, size: usize) -> io::Result<()> {
    let value = libc::c_int::try_from(size).unwrap_or(libc::c_int::MAX);
    #[allow(unsafe_code)]
    // SAFETY: the option takes an int, which outlives the call.
    let forced = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVBUFFORCE,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if forced == 0 { Ok(()) } else { SockRef::from(socket).set_recv_buffer_size(size) }
}
