//! How much of a table is there, asked in microseconds: `IP_VS_SO_GET_*` of linux/ip_vs.h (IPv4 only).

use crate::world::World;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};

/// `IP_VS_BASE_CTL`
const BASE: libc::c_int = 64 + 1024 + 64;
const GET_INFO: libc::c_int = BASE + 1;
const GET_SERVICE: libc::c_int = BASE + 3;
const GET_DESTS: libc::c_int = BASE + 4;

/// A socket on a machine, to ask by.
#[derive(Debug)]
pub struct Counter(OwnedFd);

impl Counter {
    /// On this machine.
    ///
    /// # Panics
    /// When raw sockets are not allowed.
    #[must_use]
    pub fn new(world: &World, node: &str) -> Counter {
        let raw = || socket(AddressFamily::Inet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Icmp);
        Counter(world.namespace(node).enter(raw).expect("a raw socket"))
    }

    /// How many services there are.
    #[must_use]
    pub fn services(&self) -> u32 {
        // struct ip_vs_getinfo: version, size, num_services.
        let mut info = [0; 12];
        if self.get(GET_INFO, &mut info) { word(&info, 8) } else { 0 }
    }

    /// How many destinations a TCP service has.
    #[must_use]
    pub fn destinations(&self, service: SocketAddrV4) -> u32 {
        // struct ip_vs_service_entry: num_dests is at 44.
        let mut entry = [0; 104];
        address(&mut entry, service);
        if self.get(GET_SERVICE, &mut entry) { word(&entry, 44) } else { 0 }
    }

    /// The weights of the destinations of a TCP service.
    #[must_use]
    pub fn weights(&self, service: SocketAddrV4) -> Vec<(Ipv4Addr, u32)> {
        const HEAD: usize = 24;
        const ENTRY: usize = 96;
        let count = self.destinations(service);
        // struct ip_vs_get_dests, then struct ip_vs_dest_entry for each: address at 0, weight at 12.
        let mut bytes = vec![0; HEAD + ENTRY * usize::try_from(count).unwrap_or(0)];
        address(&mut bytes, service);
        bytes[16..20].copy_from_slice(&count.to_ne_bytes());
        if !self.get(GET_DESTS, &mut bytes) {
            return Vec::new();
        }
        let one = |entry: &[u8]| (Ipv4Addr::from([entry[0], entry[1], entry[2], entry[3]]), word(entry, 12));
        bytes[HEAD..].chunks_exact(ENTRY).map(one).collect()
    }

    fn get(&self, option: libc::c_int, bytes: &mut [u8]) -> bool {
        let Ok(mut length) = libc::socklen_t::try_from(bytes.len()) else { return false };
        // SAFETY: the kernel writes at most `length` bytes, which is the length of the buffer.
        #[allow(unsafe_code)]
        let done = unsafe {
            libc::getsockopt(self.0.as_raw_fd(), libc::IPPROTO_IP, option, bytes.as_mut_ptr().cast(), &raw mut length)
        };
        done == 0
    }
}

/// The first words of both structures: protocol at 0, address at 4, port at 8.
fn address(bytes: &mut [u8], service: SocketAddrV4) {
    bytes[..2].copy_from_slice(&6u16.to_ne_bytes());
    bytes[4..8].copy_from_slice(&service.ip().octets());
    bytes[8..10].copy_from_slice(&service.port().to_be_bytes());
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
