//! Telling systemd how we are: sd_notify(3), whose protocol is a datagram of `NAME=value` lines to `$NOTIFY_SOCKET`.

use rustix::time::{ClockId, clock_gettime};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The way to the service manager, where there is one. It never blocks: what is not taken at once is not told.
pub struct Notifier(Option<(UnixDatagram, SocketAddr)>);

impl Notifier {
    /// From the environment.
    #[must_use]
    pub fn from_env() -> Notifier {
        Notifier(std::env::var_os("NOTIFY_SOCKET").and_then(|name| {
            let address = match name.as_bytes().strip_prefix(b"@") {
                Some(name) => SocketAddr::from_abstract_name(name),
                None => SocketAddr::from_pathname(&name),
            };
            let socket = UnixDatagram::unbound().ok()?;
            socket.set_nonblocking(true).ok()?;
            Some((socket, address.ok()?))
        }))
    }

    /// Everything works, after the start or after a reload.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nMAINPID={}\nSTATUS={status}\n", std::process::id()));
    }

    /// A reload begins; `ready` ends it.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000;
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={micros}\nSTATUS=Reading the configuration again\n"));
    }

    /// We stop.
    pub fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=Stopping\n");
    }

    /// One line for `systemctl status`, which is made only where somebody reads it.
    pub fn status(&self, status: impl FnOnce() -> String) {
        if self.0.is_some() {
            self.send(&format!("STATUS={}\n", status()));
        }
    }

    fn send(&self, text: &str) {
        if let Some((socket, address)) = &self.0 {
            let _ = socket.send_to_addr(text.as_bytes(), address);
        }
    }
}
