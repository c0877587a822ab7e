//! Frames that no honest router sends, and the way to send them.

use crate::decode::{VRRP, add_up, fold, pseudo_header};
use crate::namespace::Namespace;
use etherparse::PacketBuilder;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A hand-made IPv4 advert: correct by default, and every field can be spoiled.
#[derive(Clone, Debug)]
pub struct Forged {
    /// Sender.
    pub from: Ipv4Addr,
    /// Receiver.
    pub to: Ipv4Addr,
    /// TTL; 255 is right.
    pub ttl: u8,
    /// 2 or 3.
    pub version: u8,
    /// Virtual router.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Version 2: seconds; version 3: hundredths.
    pub interval: u16,
    /// Virtual addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// Version 2: auth type and data.
    pub auth: (u8, [u8; 8]),
    /// Added to the right checksum.
    pub checksum_error: u16,
}

impl Forged {
    /// A correct version 3 advert.
    #[must_use]
    pub fn v3(from: &str, vrid: u8, priority: u8, centis: u16, vip: &str) -> Forged {
        Forged {
            from: from.parse().expect("an IPv4 address"),
            to: Ipv4Addr::new(224, 0, 0, 18),
            ttl: 255,
            version: 3,
            vrid,
            priority,
            interval: centis,
            addresses: vec![vip.parse().expect("an IPv4 address")],
            auth: (0, [0; 8]),
            checksum_error: 0,
        }
    }

    /// The VRRP part.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let count = u8::try_from(self.addresses.len()).expect("at most 255 addresses");
        let mut bytes = vec![self.version << 4 | 1, self.vrid, self.priority, count];
        if self.version == 2 {
            bytes.extend([self.auth.0, self.interval.to_be_bytes()[1]]);
        } else {
            bytes.extend(self.interval.to_be_bytes());
        }
        bytes.extend([0, 0]);
        bytes.extend(self.addresses.iter().flat_map(Ipv4Addr::octets));
        let mut sum = 0;
        if self.version == 2 {
            bytes.extend(self.auth.1);
        } else {
            sum = pseudo_header(IpAddr::V4(self.from), IpAddr::V4(self.to), bytes.len());
        }
        let checksum = (!fold(sum + add_up(&bytes))).wrapping_add(self.checksum_error);
        bytes[6..8].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    /// The whole Ethernet frame.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        ipv4_frame(self.from, self.to, self.ttl, &self.payload())
    }
}

/// An Ethernet frame to the VRRP group's hardware address around an IPv4 packet of protocol 112.
#[must_use]
pub fn ipv4_frame(from: Ipv4Addr, to: Ipv4Addr, ttl: u8, payload: &[u8]) -> Vec<u8> {
    let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 0x66], [0x01, 0, 0x5e, 0, 0, 0x12]).ipv4(
        from.octets(),
        to.octets(),
        ttl,
    );
    let mut frame = Vec::with_capacity(builder.size(payload.len()));
    builder.write(&mut frame, VRRP.into(), payload).expect("writing to memory");
    frame
}

/// An AF_PACKET socket that sends whole frames out of one interface.
#[derive(Debug)]
pub struct Injector {
    socket: OwnedFd,
    address: libc::sockaddr_ll,
}

impl Injector {
    /// For `interface` in `namespace`.
    ///
    /// # Panics
    /// When there is no such interface or the kernel refuses.
    #[must_use]
    #[allow(unsafe_code)]
    pub fn new(namespace: &Namespace, interface: &str) -> Injector {
        namespace.enter(|| {
            let index = nix::net::if_::if_nametoindex(interface).expect("interface to inject on");
            // SAFETY: a plain system call; the result is checked before it is owned.
            let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
            assert!(fd >= 0, "packet socket: {}", io::Error::last_os_error());
            // SAFETY: `fd` is open and nobody else's. An all-zero `sockaddr_ll` is a valid value.
            let (socket, mut address) = unsafe { (OwnedFd::from_raw_fd(fd), std::mem::zeroed::<libc::sockaddr_ll>()) };
            address.sll_family = libc::AF_PACKET as u16;
            address.sll_ifindex = i32::try_from(index).expect("small index");
            Injector { socket, address }
        })
    }

    /// Sends one frame.
    ///
    /// # Panics
    /// When the kernel refuses.
    pub fn send(&self, frame: &[u8]) {
        // SAFETY: both pointers are to live values of the lengths given.
        #[allow(unsafe_code)]
        let sent = unsafe {
            libc::sendto(
                self.socket.as_raw_fd(),
                frame.as_ptr().cast(),
                frame.len(),
                0,
                (&raw const self.address).cast(),
                size_of::<libc::sockaddr_ll>() as libc::socklen_t,
            )
        };
        assert!(sent >= 0, "sending a frame: {}", io::Error::last_os_error());
    }
}
