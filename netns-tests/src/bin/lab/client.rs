//! The client: asks the virtual address every 10 ms. The answers are seen where they enter the switch.

use keepalived_netns_tests::decode::{add_up, fold};
use keepalived_netns_tests::world::World;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, sendto, setsockopt, socket, sockopt,
};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Time between two questions.
pub(crate) const PERIOD: Duration = Duration::from_millis(10);

/// Asks until dropped.
pub(crate) struct Client {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Client {
    pub(crate) fn start(world: &World, vip: Ipv4Addr) -> Result<Client, String> {
        let socket = world
            .namespace("client")
            .enter(|| socket(AddressFamily::Inet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Icmp))
            .map_err(|e| format!("the client's ICMP socket: {e}"))?;
        // The answers are not read here: a small buffer that overflows is all they need.
        let _ = setsockopt(&socket, sockopt::RcvBuf, &4096);
        let stop = Arc::new(AtomicBool::new(false));
        let halt = Arc::clone(&stop);
        let to = SockaddrIn::from(SocketAddrV4::new(vip, 0));
        let ask = move || {
            let mut seq = 0u16;
            while !halt.load(Ordering::Relaxed) {
                seq = seq.wrapping_add(1);
                // No route, no neighbour: silence is what is being measured.
                let _ = sendto(socket.as_raw_fd(), &echo_request(seq), &to, MsgFlags::MSG_DONTWAIT);
                std::thread::sleep(PERIOD);
            }
        };
        let thread = std::thread::Builder::new().name("client".into()).spawn(ask).map_err(|e| e.to_string())?;
        Ok(Client { stop, thread: Some(thread) })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// RFC 792: type 8, checksum, identifier, sequence number.
fn echo_request(seq: u16) -> [u8; 16] {
    let [high, low] = seq.to_be_bytes();
    let mut bytes = [8, 0, 0, 0, 0x4b, 0x41, high, low, b'k', b'e', b'e', b'p', b'a', b'l', b'i', b'v'];
    let checksum = !fold(add_up(&bytes));
    [bytes[2], bytes[3]] = checksum.to_be_bytes();
    bytes
}
