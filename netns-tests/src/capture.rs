//! One sniffer for all switches of a world: every frame once, where it enters a switch, with the kernel's time.

use crate::decode::{Advert, Seen, decode};
use crate::namespace::Namespace;
use crate::wait::SLACK;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvmsg, setsockopt,
    socket, sockopt,
};
use nix::sys::time::TimeVal;
use std::collections::HashMap;
use std::io::IoSliceMut;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Time since the Unix epoch, as the kernel stamps frames.
pub type Stamp = Duration;

/// The time now, on the clock of the stamps.
///
/// # Panics
/// On a machine that lives before 1970.
#[must_use]
pub fn now() -> Stamp {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970")
}

/// A frame that entered a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When.
    pub at: Stamp,
    /// Which machine's cable it came through.
    pub node: String,
    /// On which segment.
    pub segment: String,
    /// What it is.
    pub seen: Seen,
}

impl Frame {
    /// The advert in it, if it is one.
    #[must_use]
    pub fn advert(&self) -> Option<&Advert> {
        match &self.seen {
            Seen::Advert(advert) => Some(advert),
            _ => None,
        }
    }

    /// Whether it announces `ip`.
    #[must_use]
    pub fn announces(&self, ip: IpAddr) -> bool {
        matches!(&self.seen, Seen::Announce { ip: announced, .. } if *announced == ip)
    }
}

/// Which switch port (by interface index) belongs to which machine and segment.
pub(crate) type Ports = Arc<Mutex<HashMap<usize, (String, String)>>>;

/// Collects frames until dropped.
#[derive(Debug)]
pub struct Sniffer {
    frames: Arc<Mutex<Vec<Frame>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sniffer {
    pub(crate) fn start(switch: &Namespace, ports: Ports) -> Sniffer {
        let socket = switch.enter(open);
        let frames = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (sink, halt) = (Arc::clone(&frames), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("sniffer".into())
            .spawn(move || {
                while !halt.load(Ordering::Relaxed) {
                    if let Some((at, port, seen)) = next(&socket)
                        && let Some((node, segment)) = ports.lock().expect("ports").get(&port).cloned()
                    {
                        sink.lock().expect("frames").push(Frame { at, node, segment, seen });
                    }
                }
            })
            .expect("a thread");
        Sniffer { frames, stop, thread: Some(thread) }
    }

    /// Everything seen at or after `since`.
    ///
    /// # Panics
    /// When the sniffer's thread has panicked.
    #[must_use]
    pub fn since(&self, since: Stamp) -> Vec<Frame> {
        self.frames.lock().expect("frames").iter().filter(|f| f.at >= since).cloned().collect()
    }

    /// Everything seen but the first `count` frames: for those who follow.
    ///
    /// # Panics
    /// When the sniffer's thread has panicked.
    #[must_use]
    pub fn after(&self, count: usize) -> Vec<Frame> {
        self.frames.lock().expect("frames").iter().skip(count).cloned().collect()
    }

    /// Stops looking; what was seen stays.
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    /// Everything seen.
    #[must_use]
    pub fn all(&self) -> Vec<Frame> {
        self.since(Duration::ZERO)
    }

    /// Adverts at or after `since`.
    #[must_use]
    pub fn adverts(&self, since: Stamp) -> Vec<(Frame, Advert)> {
        self.since(since).into_iter().filter_map(|f| f.advert().cloned().map(|a| (f, a))).collect()
    }

    /// The last frame that fits.
    ///
    /// # Panics
    /// When the sniffer's thread has panicked.
    #[must_use]
    pub fn last(&self, fits: impl Fn(&Frame) -> bool) -> Option<Frame> {
        self.frames.lock().expect("frames").iter().rev().find(|f| fits(f)).cloned()
    }

    /// Waits for the first frame at or after `since` that fits.
    ///
    /// # Panics
    /// When none came within `limit` and [`SLACK`].
    pub fn wait(&self, what: &str, since: Stamp, limit: Duration, fits: impl Fn(&Frame) -> bool) -> Frame {
        let start = Instant::now();
        loop {
            if let Some(found) = self.frames.lock().expect("frames").iter().find(|f| f.at >= since && fits(f)) {
                return found.clone();
            }
            assert!(start.elapsed() < limit + SLACK, "not seen within {limit:?} (and {SLACK:?} of slack): {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Sniffer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn open() -> OwnedFd {
    let socket = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::EthAll)
        .unwrap_or_else(|e| panic!("packet socket: {e}"));
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true).expect("SO_TIMESTAMPNS");
    setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::new(0, 50_000)).expect("SO_RCVTIMEO");
    // Forcing needs rights on the host; without them the system's limit applies.
    if setsockopt(&socket, sockopt::RcvBufForce, &(32 << 20)).is_err() {
        let _ = setsockopt(&socket, sockopt::RcvBuf, &(32 << 20));
    }
    socket
}

/// The next frame that came in from outside, or `None` after a while.
fn next(socket: &OwnedFd) -> Option<(Stamp, usize, Seen)> {
    let mut bytes = [0u8; 2048];
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
    let message = recvmsg::<LinkAddr>(socket.as_raw_fd(), &mut parts, Some(&mut control), MsgFlags::empty()).ok()?;
    let address = message.address?;
    if address.pkttype() == libc::PACKET_OUTGOING {
        return None;
    }
    let at = message.cmsgs().ok()?.find_map(|c| match c {
        ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
        _ => None,
    })?;
    let length = message.bytes;
    let seen = decode(bytes.get(..length)?)?;
    Some((at, address.ifindex(), seen))
}
