//! TCP connections as they are opened on the loopback interface of a machine: how many, and when. A server would not do: it need not be told of a
//! connection that is given up as soon as it stands.

use keepalived_netns_tests::capture::Stamp;
use keepalived_netns_tests::world::World;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvmsg, setsockopt,
    socket, sockopt,
};
use nix::sys::time::TimeVal;
use std::io::IoSliceMut;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// How many connections a machine has begun to open since its network namespace was made.
pub(crate) fn count(world: &World, node: &str) -> u64 {
    let text =
        world.namespace(node).enter(|| std::fs::read_to_string("/proc/thread-self/net/snmp").unwrap_or_default());
    let mut tcp = text.lines().filter_map(|line| line.strip_prefix("Tcp: "));
    let names = tcp.next().unwrap_or_default().split(' ');
    let values = tcp.next().unwrap_or_default().split(' ');
    names.zip(values).find(|(name, _)| *name == "ActiveOpens").and_then(|(_, n)| n.parse().ok()).unwrap_or(0)
}

/// Watches.
pub(crate) struct Openings {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<(Stamp, u32)>>,
}

impl Openings {
    pub(crate) fn watch(world: &World, node: &str) -> Result<Openings, String> {
        let socket = world.namespace(node).enter(open).map_err(|e| format!("a packet socket: {e}"))?;
        let stop = Arc::new(AtomicBool::new(false));
        let halt = Arc::clone(&stop);
        let work = move || {
            let mut seen = Vec::new();
            while !halt.load(Ordering::Relaxed) {
                seen.extend(next(&socket));
            }
            seen
        };
        let thread = std::thread::Builder::new().name("openings".into()).spawn(work).map_err(|e| e.to_string())?;
        Ok(Openings { stop, thread })
    }

    /// When connections were opened to which IPv4 address, in order.
    pub(crate) fn finish(self) -> Vec<(Stamp, u32)> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

fn open() -> nix::Result<OwnedFd> {
    // Until it is bound it hears nothing.
    let socket = socket(AddressFamily::Packet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None::<SockProtocol>)?;
    only_first_packets(&socket)?;
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
    setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::new(0, 50_000))?;
    if setsockopt(&socket, sockopt::RcvBufForce, &(32 << 20)).is_err() {
        let _ = setsockopt(&socket, sockopt::RcvBuf, &(32 << 20));
    }
    let index = nix::net::if_::if_nametoindex("lo")?;
    #[allow(unsafe_code)]
    // SAFETY: all zeros is a `sockaddr_ll`.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_IP as u16).to_be();
    address.sll_ifindex = index.cast_signed();
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    #[allow(unsafe_code)]
    // SAFETY: `address` is a whole `sockaddr_ll` of `length` bytes.
    let done = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    if done == 0 { Ok(socket) } else { Err(nix::Error::last()) }
}

/// Has the kernel drop all but arriving TCP packets whose only flag is SYN: what it does not hand over costs nobody much.
fn only_first_packets(socket: &OwnedFd) -> nix::Result<()> {
    const LOAD_BYTE: u16 = (libc::BPF_LD | libc::BPF_B | libc::BPF_ABS) as u16;
    const LOAD_WORD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    /// `SKF_AD_OFF + SKF_AD_PKTTYPE` of linux/filter.h
    const KIND: u32 = (-0x1000_i32 + 4).cast_unsigned();
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let mut program = [
        step(LOAD_WORD, 0, 0, KIND),
        step(EQUAL, 5, 0, u32::from(libc::PACKET_OUTGOING)),
        step(LOAD_BYTE, 0, 0, 9),
        step(EQUAL, 0, 3, libc::IPPROTO_TCP.cast_unsigned()),
        // The flags, behind an IPv4 header without options.
        step(LOAD_BYTE, 0, 0, 20 + 13),
        step(EQUAL, 0, 1, 2),
        step(RETURN, 0, 0, 64),
        step(RETURN, 0, 0, 0),
    ];
    let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    #[allow(unsafe_code)]
    // SAFETY: the kernel copies the program, which outlives the call.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const filter).cast(),
            size_of::<libc::sock_fprog>() as libc::socklen_t,
        )
    };
    if done == 0 { Ok(()) } else { Err(nix::Error::last()) }
}

fn next(socket: &OwnedFd) -> Option<(Stamp, u32)> {
    let mut bytes = [0u8; 64];
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
    let message = recvmsg::<LinkAddr>(socket.as_raw_fd(), &mut parts, Some(&mut control), MsgFlags::empty()).ok()?;
    let at = message.cmsgs().ok()?.find_map(|c| match c {
        ControlMessageOwned::ScmTimestampns(time) => Some(Stamp::from(time)),
        _ => None,
    })?;
    let to = bytes.get(16..20)?;
    Some((at, u32::from_be_bytes([to[0], to[1], to[2], to[3]])))
}
