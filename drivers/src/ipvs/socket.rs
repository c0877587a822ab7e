//! A socket to the kernel, in this network namespace or in another, and the kernel's module.

use neli::consts::socket::{Msg, NlFamily};
use neli::socket::NlSocket;
use neli::utils::Groups;
use rustix::fs::{Mode, OFlags};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// What answers of a batch may take up while they wait to be read.
const RECEIVE_BUFFER: usize = 1 << 20;

/// A way to the kernel that never blocks. The kernel carries out what it is sent before `send` returns.
pub trait Channel {
    /// Sends one or more messages.
    ///
    /// # Errors
    /// The kernel's; then nothing was carried out.
    fn send(&self, messages: &[u8]) -> io::Result<()>;

    /// The next datagram: its length in `buffer`.
    ///
    /// # Errors
    /// `WouldBlock` when there is none, `ENOBUFS` when some were lost.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize>;
}

/// A generic netlink socket.
pub struct Socket(NlSocket);

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Socket").field(&self.0.as_raw_fd()).finish()
    }
}

impl Socket {
    /// Opens it in a network namespace, by the name that ip-netns(8) gives it or by its path; `None`: in that of this thread.
    pub(super) fn open(namespace: Option<&str>) -> io::Result<Socket> {
        match namespace {
            None => Socket::here(),
            Some(name) => {
                let path = path_of(name);
                // A thread of its own: this one stays where it is.
                let opened = thread::Builder::new().name("namespace".to_owned()).spawn(move || {
                    enter(&path)?;
                    Socket::here()
                })?;
                opened.join().unwrap_or_else(|_| Err(io::Error::other("the thread that opens the socket has died")))
            }
        }
    }

    fn here() -> io::Result<Socket> {
        let socket = NlSocket::connect(NlFamily::Generic, None, Groups::empty())?;
        socket.nonblock()?;
        let socket = Socket(socket);
        // As much as the system allows where more is not allowed.
        rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER)
            .or_else(|_| rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER))?;
        Ok(socket)
    }
}

fn path_of(namespace: &str) -> PathBuf {
    if namespace.contains('/') { PathBuf::from(namespace) } else { Path::new("/run/netns").join(namespace) }
}

fn enter(path: &Path) -> io::Result<()> {
    let named = |error: rustix::io::Errno| {
        let error = io::Error::from(error);
        io::Error::new(error.kind(), format!("network namespace {}: {error}", path.display()))
    };
    let namespace = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(named)?;
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).map_err(named)
}

impl Channel for Socket {
    fn send(&self, messages: &[u8]) -> io::Result<()> {
        self.0.send(messages, Msg::DONTWAIT).map(drop)
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        // With TRUNC the length is that of the datagram, whether or not it fits.
        let (length, _) = self.0.recv(&mut *buffer, Msg::DONTWAIT | Msg::TRUNC)?;
        if length > buffer.len() { Err(io::Error::from_raw_os_error(libc::ENOBUFS)) } else { Ok(length) }
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        #[allow(unsafe_code)]
        // SAFETY: the descriptor is the socket's own and open as long as it, which is borrowed.
        unsafe {
            BorrowedFd::borrow_raw(self.0.as_raw_fd())
        }
    }
}

/// Asks for the kernel's module, as the kernel itself would: with the program it names.
pub(super) fn load_module() {
    let program = std::fs::read_to_string("/proc/sys/kernel/modprobe").unwrap_or_default();
    let program = match program.trim() {
        "" => "/sbin/modprobe",
        program => program,
    };
    let mut command = Command::new(program);
    command.args(["-q", "--", "ip_vs"]).env_clear().current_dir("/");
    // Whether it worked is seen by whether the family is there.
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
