//! Sockets for a [`Dial`], with all that it says of where from and through what.

use crate::net::{errno, switch_on};
use keepalived_core::check::{ConnFailure, Dial};
use keepalived_core::net::Family;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};

/// A socket that does not block and is bound as `dial` says.
///
/// # Errors
/// [`ConnFailure::NotMade`], whatever the kernel says: the peer has nothing to do with it.
pub(super) fn socket(dial: &Dial, kind: Type, protocol: Protocol) -> Result<Socket, ConnFailure> {
    bound(dial, kind, protocol).map_err(|error| not_made(&error))
}

fn not_made(error: &io::Error) -> ConnFailure {
    ConnFailure::NotMade(errno(error))
}

/// Connects a socket to whom `dial` says, or begins to.
pub(super) fn connect(socket: &Socket, dial: &Dial) -> Result<(), ConnFailure> {
    match socket.connect(&peer(dial)) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(ConnFailure::beginning(errno(&error))),
        _ => Ok(()),
    }
}

fn bound(dial: &Dial, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let domain = match Family::of(dial.ip) {
        Family::V4 => Domain::IPV4,
        Family::V6 => Domain::IPV6,
    };
    let socket = Socket::new(domain, kind.nonblocking(), Some(protocol))?;
    if dial.mark != 0 {
        socket.set_mark(dial.mark)?;
    }
    if let Some(device) = &dial.device {
        socket.bind_device(Some(device.as_bytes()))?;
    }
    if dial.source.is_some() || dial.source_port != 0 {
        if matches!(protocol, Protocol::ICMPV4 | Protocol::ICMPV6) {
            // There is no port, and a raw socket of IPv6 knows nothing of IPv4's options.
        } else if dial.source_port == 0 {
            // The port is chosen when the peer is known: then many checks can share it.
            no_port_yet(socket.as_fd())?;
        } else {
            // Two checks of different servers may come from the same port.
            socket.set_reuse_address(true)?;
        }
        let any = match Family::of(dial.ip) {
            Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        socket.bind(&SockAddr::from(SocketAddr::new(dial.source.unwrap_or(any), dial.source_port)))?;
    }
    Ok(socket)
}

/// To whom.
pub(super) fn peer(dial: &Dial) -> SockAddr {
    SockAddr::from(SocketAddr::new(dial.ip, dial.port))
}

/// Has ICMP errors reported on a datagram socket: those that are no more than a hint too, like "host unreachable".
pub(super) fn report_errors(socket: &Socket, family: Family) -> Result<(), ConnFailure> {
    let (level, option) = match family {
        Family::V4 => (libc::IPPROTO_IP, libc::IP_RECVERR),
        Family::V6 => (libc::IPPROTO_IPV6, libc::IPV6_RECVERR),
    };
    switch_on(socket.as_fd(), level, option).map_err(|error| not_made(&error))
}

/// Has the kernel keep back the last packet of the handshake for a moment (`tcp_rcv_synsent_state_process` of net/ipv4/tcp_input.c): who gives a
/// connection up as soon as it stands sends a reset in its place, and the server's program is not bothered. Once set it holds for every
/// connection of the socket.
pub(super) fn keep_back_last_packet(socket: &Socket) -> Result<(), ConnFailure> {
    let kept = switch_on(socket.as_fd(), libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT);
    kept.map_err(|error| not_made(&error))
}

fn no_port_yet(fd: BorrowedFd<'_>) -> io::Result<()> {
    switch_on(fd, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT)
}
