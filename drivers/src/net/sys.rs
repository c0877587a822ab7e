//! `recvmmsg`, `sendmmsg` and the control messages of IPv6: what no crate offers without an allocation per packet.

use std::io;
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

/// Messages in one system call.
pub(super) const BATCH: usize = 32;

/// Room for `IPV6_PKTINFO`, `IPV6_HOPLIMIT` and `SCM_TIMESTAMPNS`, in the alignment of a `cmsghdr`.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
pub(super) struct Control([u8; CONTROL_LEN]);

const PKTINFO_LEN: u32 = size_of::<libc::in6_pktinfo>() as u32;
const INT_LEN: u32 = size_of::<libc::c_int>() as u32;
const STAMP_LEN: u32 = size_of::<libc::timespec>() as u32;
/// What [`Control::of_v6`] fills.
#[allow(unsafe_code)]
// SAFETY: CMSG_SPACE only computes.
const SENT_LEN: usize = unsafe { libc::CMSG_SPACE(PKTINFO_LEN) + libc::CMSG_SPACE(INT_LEN) } as usize;
#[allow(unsafe_code)]
// SAFETY: CMSG_SPACE only computes.
const CONTROL_LEN: usize = SENT_LEN + unsafe { libc::CMSG_SPACE(STAMP_LEN) } as usize;

impl Control {
    pub(super) const EMPTY: Control = Control([0; CONTROL_LEN]);

    /// Asks for a source address, an interface and a hop limit.
    #[allow(unsafe_code)]
    pub(super) fn of_v6(source: Ipv6Addr, index: u32, hops: u8) -> Control {
        let mut control = Control::EMPTY;
        let info = libc::in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: source.octets() }, ipi6_ifindex: index };
        // SAFETY: all-zero bytes are a valid msghdr.
        let mut header: libc::msghdr = unsafe { mem::zeroed() };
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = CONTROL_LEN as _;
        // SAFETY: `header` describes CONTROL_LEN zeroed bytes, aligned as a cmsghdr, in which both messages have room by
        // the definition of CONTROL_LEN; so CMSG_FIRSTHDR and CMSG_NXTHDR return pointers into them. CMSG_DATA may be
        // unaligned for the value, hence write_unaligned.
        unsafe {
            let first = libc::CMSG_FIRSTHDR(&raw const header);
            (*first).cmsg_level = libc::IPPROTO_IPV6;
            (*first).cmsg_type = libc::IPV6_PKTINFO;
            (*first).cmsg_len = libc::CMSG_LEN(PKTINFO_LEN) as _;
            ptr::write_unaligned(libc::CMSG_DATA(first).cast(), info);
            let second = first.byte_add(libc::CMSG_SPACE(PKTINFO_LEN) as usize);
            (*second).cmsg_level = libc::IPPROTO_IPV6;
            (*second).cmsg_type = libc::IPV6_HOPLIMIT;
            (*second).cmsg_len = libc::CMSG_LEN(INT_LEN) as _;
            ptr::write_unaligned(libc::CMSG_DATA(second).cast(), libc::c_int::from(hops));
        }
        control
    }
}

/// A socket address in the kernel's form.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union Name {
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
    link: libc::sockaddr_ll,
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name(..)")
    }
}

#[allow(unsafe_code)]
const fn zeroed_name() -> Name {
    // SAFETY: all-zero bytes are valid for every member.
    unsafe { mem::zeroed() }
}

impl Name {
    pub(super) fn v4(address: Ipv4Addr) -> Name {
        let mut name = zeroed_name();
        name.v4 = libc::sockaddr_in {
            sin_family: libc::AF_INET as libc::sa_family_t,
            sin_port: 0,
            sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(address.octets()) },
            sin_zero: [0; 8],
        };
        name
    }

    pub(super) fn v6(address: Ipv6Addr, scope: u32) -> Name {
        let mut name = zeroed_name();
        name.v6 = libc::sockaddr_in6 {
            sin6_family: libc::AF_INET6 as libc::sa_family_t,
            sin6_port: 0,
            sin6_flowinfo: 0,
            sin6_addr: libc::in6_addr { s6_addr: address.octets() },
            sin6_scope_id: scope,
        };
        name
    }

    /// An interface, for frames with this EtherType.
    pub(super) fn link(index: u32, ether_type: u16) -> Name {
        let mut name = zeroed_name();
        name.link = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as libc::sa_family_t,
            sll_protocol: ether_type.to_be(),
            sll_ifindex: index.cast_signed(),
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 6,
            sll_addr: [0; 8],
        };
        name
    }

    #[allow(unsafe_code)]
    fn len(&self) -> libc::socklen_t {
        // SAFETY: the family is the first member of every kind, and always set.
        let family = libc::c_int::from(unsafe { self.v4.sin_family });
        (match family {
            libc::AF_INET => size_of::<libc::sockaddr_in>(),
            libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
            _ => size_of::<libc::sockaddr_ll>(),
        }) as libc::socklen_t
    }
}

/// A message to send. Empty parts are left out.
#[derive(Clone, Copy)]
pub(super) struct Outgoing<'a> {
    pub(super) to: &'a Name,
    pub(super) head: &'a [u8],
    pub(super) body: &'a [u8],
    pub(super) control: Option<&'a Control>,
}

/// Sends up to [`BATCH`] messages in order and says how many went out; the rest may be tried again.
///
/// # Errors
/// When the first could not be sent.
#[allow(unsafe_code)]
pub(super) fn send_batch<'a>(fd: BorrowedFd<'_>, messages: impl Iterator<Item = Outgoing<'a>>) -> io::Result<usize> {
    // SAFETY: all-zero bytes are valid iovec and mmsghdr values.
    let mut parts: [[libc::iovec; 2]; BATCH] = unsafe { mem::zeroed() };
    // SAFETY: as above.
    let mut headers: [libc::mmsghdr; BATCH] = unsafe { mem::zeroed() };
    let mut count = 0;
    for ((header, part), message) in headers.iter_mut().zip(parts.iter_mut()).zip(messages) {
        let mut used = 0;
        for bytes in [message.head, message.body] {
            if !bytes.is_empty() {
                part[used] = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
                used += 1;
            }
        }
        let header = &mut header.msg_hdr;
        header.msg_name = ptr::from_ref(message.to).cast_mut().cast();
        header.msg_namelen = message.to.len();
        header.msg_iov = part.as_mut_ptr();
        header.msg_iovlen = used as _;
        if let Some(control) = message.control {
            header.msg_control = control.0.as_ptr().cast_mut().cast();
            header.msg_controllen = SENT_LEN as _;
        }
        count += 1;
    }
    if count == 0 {
        return Ok(0);
    }
    // SAFETY: the first `count` headers point to names, parts and control messages that outlive the call ('a, and the
    // arrays above), with their true lengths; the kernel only reads them.
    let sent = unsafe { libc::sendmmsg(fd.as_raw_fd(), headers.as_mut_ptr(), count, libc::MSG_DONTWAIT) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// What came with a received message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming {
    /// How many bytes of its slot it fills.
    pub(super) len: usize,
    /// The sender, where the socket is an IPv6 one.
    pub(super) source: Option<Ipv6Addr>,
    /// `IPV6_PKTINFO`: the destination.
    pub(super) destination: Option<Ipv6Addr>,
    /// `IPV6_HOPLIMIT`.
    pub(super) hops: Option<u8>,
    /// `SCM_TIMESTAMPNS`: when it came in, since 1970.
    pub(super) stamp: Option<Duration>,
}

/// Receives up to [`BATCH`] messages, each into a slot of `slot` bytes of `memory`, and hands each to `each` with its
/// number. Says how many there were; fewer than a batch: the queue was empty.
///
/// # Errors
/// `EAGAIN` when nothing is waiting, or whatever is wrong with the socket.
#[allow(unsafe_code)]
pub(super) fn receive_batch(
    fd: BorrowedFd<'_>,
    memory: &mut [u8],
    slot: usize,
    mut each: impl FnMut(usize, Incoming),
) -> io::Result<usize> {
    let mut names = [zeroed_name(); BATCH];
    let mut controls = [Control::EMPTY; BATCH];
    // SAFETY: all-zero bytes are valid iovec and mmsghdr values.
    let mut parts: [libc::iovec; BATCH] = unsafe { mem::zeroed() };
    // SAFETY: as above.
    let mut headers: [libc::mmsghdr; BATCH] = unsafe { mem::zeroed() };
    let mut count = 0;
    for (i, bytes) in memory.chunks_exact_mut(slot).take(BATCH).enumerate() {
        parts[i] = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        let header = &mut headers[i].msg_hdr;
        header.msg_name = (&raw mut names[i]).cast();
        header.msg_namelen = size_of::<Name>() as libc::socklen_t;
        header.msg_iov = &raw mut parts[i];
        header.msg_iovlen = 1;
        header.msg_control = (&raw mut controls[i]).cast();
        header.msg_controllen = CONTROL_LEN as _;
        count += 1;
    }
    // SAFETY: the first `count` headers point to distinct, live, writable memory of the lengths given.
    let received =
        unsafe { libc::recvmmsg(fd.as_raw_fd(), headers.as_mut_ptr(), count, libc::MSG_DONTWAIT, ptr::null_mut()) };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    for (i, header) in headers.iter().take(received).enumerate() {
        let len = (header.msg_len as usize).min(slot);
        let mut incoming = Incoming { len, source: None, destination: None, hops: None, stamp: None };
        // SAFETY: the family is the first member of every kind, and zero where the kernel wrote no name.
        if libc::c_int::from(unsafe { names[i].v6.sin6_family }) == libc::AF_INET6 {
            // SAFETY: the kernel wrote a sockaddr_in6, as the family says.
            incoming.source = Some(Ipv6Addr::from(unsafe { names[i].v6.sin6_addr.s6_addr }));
        }
        // SAFETY: `header` is as the kernel left it: its control messages lie within `controls[i]`.
        unsafe { read_control(&header.msg_hdr, &mut incoming) };
        each(i, incoming);
    }
    Ok(received)
}

/// Notes the control messages that we asked for.
///
/// # Safety
/// `header` must be as a successful `recvmsg` left it, its control memory alive.
#[allow(unsafe_code)]
unsafe fn read_control(header: &libc::msghdr, incoming: &mut Incoming) {
    // SAFETY: by the caller's promise the CMSG macros walk messages that the kernel wrote; a message's length is checked
    // before its value is read, and values may be unaligned.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(header);
        while !message.is_null() {
            let (level, kind, len) = ((*message).cmsg_level, (*message).cmsg_type, (*message).cmsg_len as usize);
            let data = libc::CMSG_DATA(message);
            if level == libc::IPPROTO_IPV6 && kind == libc::IPV6_PKTINFO && len >= libc::CMSG_LEN(PKTINFO_LEN) as usize
            {
                let info: libc::in6_pktinfo = ptr::read_unaligned(data.cast());
                incoming.destination = Some(Ipv6Addr::from(info.ipi6_addr.s6_addr));
            } else if level == libc::IPPROTO_IPV6
                && kind == libc::IPV6_HOPLIMIT
                && len >= libc::CMSG_LEN(INT_LEN) as usize
            {
                let hops: libc::c_int = ptr::read_unaligned(data.cast());
                incoming.hops = u8::try_from(hops).ok();
            } else if level == libc::SOL_SOCKET
                && kind == libc::SCM_TIMESTAMPNS
                && len >= libc::CMSG_LEN(STAMP_LEN) as usize
            {
                let at: libc::timespec = ptr::read_unaligned(data.cast());
                incoming.stamp = stamp(at);
            }
            message = libc::CMSG_NXTHDR(header, message);
        }
    }
}

fn stamp(at: libc::timespec) -> Option<Duration> {
    Some(Duration::new(u64::try_from(at.tv_sec).ok()?, u32::try_from(at.tv_nsec).ok()?))
}

/// Sets `IPV6_RECVPKTINFO`, which socket2 does not offer.
pub(super) fn receive_pktinfo_v6(fd: BorrowedFd<'_>) -> io::Result<()> {
    switch_on(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)
}

/// Sets `SO_TIMESTAMPNS`: every packet tells when it came in.
pub(super) fn receive_stamps(fd: BorrowedFd<'_>) -> io::Result<()> {
    switch_on(fd, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS)
}

/// Switches an option on whose value is an int.
#[allow(unsafe_code)]
pub(crate) fn switch_on(fd: BorrowedFd<'_>, level: libc::c_int, option: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the option takes an int, which outlives the call.
    let result = unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, (&raw const on).cast(), INT_LEN) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
