//! One raw socket for the adverts of one interface and family.

use super::receive::Received;
use super::send::send_all;
use super::sys::{Control, Name, Outgoing, receive_pktinfo_v6, receive_stamps};
use super::{PROTOCOL_VRRP, QUEUE_PRIORITY, TRAFFIC_CLASS, ipv4};
use keepalived_core::kernel::Errno;
use keepalived_core::net::Family;
use keepalived_core::vrrp::{SocketKey, Transmit};
use rustix::net::sockopt::set_ip_multicast_if_with_ifindex;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use std::collections::BTreeSet;
use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// How much may wait unread in the kernel: some thousand adverts.
const RECEIVE_BUFFER: usize = 256 * 1024;

/// How many adverts may wait for [`AdvertSocket::flush`]; a full queue is sent at once.
const QUEUE: usize = 1024;

/// A raw socket of protocol 112, bound to an interface. Only packets to the machine and to the joined groups arrive, and
/// none of our own.
#[derive(Debug)]
pub(crate) struct AdvertSocket {
    key: SocketKey,
    socket: Socket,
    groups: BTreeSet<IpAddr>,
    queue: Vec<Queued>,
}

/// An advert that waits to be sent.
#[derive(Debug)]
enum Queued {
    V4 { to: Name, header: [u8; ipv4::HEADER_LEN], payload: Arc<[u8]> },
    V6 { to: Name, control: Control, payload: Arc<[u8]> },
}

impl AdvertSocket {
    /// Opens it, with no group joined.
    ///
    /// # Errors
    /// `EPERM` without `CAP_NET_RAW` and `CAP_NET_ADMIN`, `ENODEV` without the interface, `EAFNOSUPPORT` without the family.
    pub(crate) fn open(key: SocketKey) -> io::Result<AdvertSocket> {
        let index = NonZeroU32::new(key.index.0).ok_or_else(|| io::Error::from_raw_os_error(libc::ENODEV))?;
        let kind = Type::RAW.nonblocking().cloexec();
        let protocol = Some(Protocol::from(i32::from(PROTOCOL_VRRP)));
        let socket = match key.family {
            Family::V4 => Socket::new(Domain::IPV4, kind, protocol)?,
            Family::V6 => Socket::new(Domain::IPV6, kind, protocol)?,
        };
        // The binding does not look whether there is such an interface.
        rustix::net::netdevice::index_to_name_inlined(&socket, key.index.0)?;
        // By index: a name may have gone to another interface meanwhile.
        match key.family {
            Family::V4 => socket.bind_device_by_index_v4(Some(index))?,
            Family::V6 => socket.bind_device_by_index_v6(Some(index))?,
        }
        discard_waiting(&socket);
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.set_priority(QUEUE_PRIORITY)?;
        receive_stamps(socket.as_fd())?;
        match key.family {
            Family::V4 => {
                socket.set_header_included_v4(true)?;
                socket.set_multicast_all_v4(false)?;
                socket.set_multicast_loop_v4(false)?;
                set_ip_multicast_if_with_ifindex(&socket, &Ipv4Addr::UNSPECIFIED, &Ipv4Addr::UNSPECIFIED, key.index.0)?;
            }
            Family::V6 => {
                socket.set_multicast_all_v6(false)?;
                socket.set_multicast_loop_v6(false)?;
                socket.set_multicast_if_v6(key.index.0)?;
                socket.set_freebind_v6(true)?;
                socket.set_tclass_v6(u32::from(TRAFFIC_CLASS))?;
                socket.set_recv_hoplimit_v6(true)?;
                receive_pktinfo_v6(socket.as_fd())?;
            }
        }
        Ok(AdvertSocket { key, socket, groups: BTreeSet::new(), queue: Vec::new() })
    }

    /// Joins and leaves so that exactly `groups` are joined. Groups of the other family are refused.
    ///
    /// # Errors
    /// The first that occurred; the other groups are joined all the same.
    pub(crate) fn set_groups(&mut self, groups: &BTreeSet<IpAddr>) -> io::Result<()> {
        let mut result = Ok(());
        let leave: Vec<IpAddr> = self.groups.difference(groups).copied().collect();
        let join: Vec<IpAddr> = groups.difference(&self.groups).copied().collect();
        for group in leave {
            // An interface that is gone has left everything by itself.
            let _ = self.change_group(group, false);
            self.groups.remove(&group);
        }
        for group in join {
            match self.change_group(group, true) {
                Ok(()) => {
                    self.groups.insert(group);
                }
                Err(error) => result = result.and(Err(error)),
            }
        }
        result
    }

    fn change_group(&self, group: IpAddr, join: bool) -> io::Result<()> {
        let index = self.key.index.0;
        match (self.key.family, group, join) {
            (Family::V4, IpAddr::V4(group), true) => {
                self.socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))
            }
            (Family::V4, IpAddr::V4(group), false) => {
                self.socket.leave_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))
            }
            (Family::V6, IpAddr::V6(group), true) => self.socket.join_multicast_v6(&group, index),
            (Family::V6, IpAddr::V6(group), false) => self.socket.leave_multicast_v6(&group, index),
            _ => Err(io::Error::from_raw_os_error(libc::EAFNOSUPPORT)),
        }
    }

    /// Queues an advert, without an allocation once the queue has grown. `failed` hears of those that cannot be sent.
    pub(crate) fn queue(&mut self, advert: Transmit, failed: impl FnMut(Errno)) {
        let queued = match (self.key.family, advert.source, advert.destination) {
            (Family::V4, IpAddr::V4(source), IpAddr::V4(destination)) => Queued::V4 {
                to: Name::v4(destination),
                header: ipv4::header(source, destination, advert.ttl),
                payload: advert.payload,
            },
            (Family::V6, IpAddr::V6(source), IpAddr::V6(destination)) => Queued::V6 {
                to: Name::v6(destination, self.key.index.0),
                control: Control::of_v6(source, self.key.index.0, advert.ttl),
                payload: advert.payload,
            },
            _ => {
                let mut failed = failed;
                return failed(Errno(libc::EAFNOSUPPORT));
            }
        };
        self.queue.push(queued);
        if self.queue.len() >= QUEUE {
            self.flush(failed);
        }
    }

    /// Whether adverts wait to be sent.
    pub(crate) fn has_queued(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Sends all queued adverts, in order. `failed` hears of each that could not be sent.
    pub(crate) fn flush(&mut self, mut failed: impl FnMut(Errno)) {
        send_all(self.socket.as_fd(), &mut self.queue, Queued::outgoing, |_, errno| failed(errno));
    }

    /// Reads one batch; see [`Received::fill`].
    pub(crate) fn receive(&self, into: &mut Received) -> io::Result<bool> {
        into.fill(self.key, &self.groups, self.socket.as_fd())
    }
}

impl AsFd for AdvertSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Queued {
    fn outgoing(&self) -> Outgoing<'_> {
        match self {
            Queued::V4 { to, header, payload } => Outgoing { to, head: header, body: payload, control: None },
            Queued::V6 { to, control, payload } => Outgoing { to, head: &[], body: payload, control: Some(control) },
        }
    }
}

/// Throws away what other interfaces delivered between `socket` and the binding. It ends: nothing else arrives.
fn discard_waiting(socket: &Socket) {
    let mut buffer = [MaybeUninit::uninit(); 1];
    while socket.recv(&mut buffer).is_ok() {}
}
