//! Sockets of checks that have ended, for the checks that come next: of the system calls that a TCP check needs on this machine, making a
//! socket and taking it away again are a third.

use super::tcp::Tcp;
use keepalived_core::check::Dial;
use keepalived_core::net::Family;
use socket2::Socket;

/// As many as one turn may need; what is more is closed.
pub(super) const MOST: usize = 256;

/// TCP sockets that are not connected and have no settings.
#[derive(Debug, Default)]
pub(super) struct Spare {
    v4: Vec<Socket>,
    v6: Vec<Socket>,
}

impl Spare {
    /// Whether any socket would do for `dial`.
    pub(super) fn fits(dial: &Dial) -> bool {
        dial.source.is_none() && dial.source_port == 0 && dial.device.is_none() && dial.mark == 0
    }

    /// One that is not used.
    pub(super) fn take(&mut self, family: Family) -> Option<Socket> {
        self.of(family).pop()
    }

    /// Ends a connection, and keeps its socket if there is room. It must not be in an epoll any more.
    pub(super) fn put(&mut self, mut tcp: Tcp) {
        let sockets = self.of(tcp.family());
        if sockets.len() >= MOST {
            return tcp.finish(false);
        }
        if let Ok(socket) = tcp.disconnect() {
            sockets.push(socket);
        }
    }

    fn of(&mut self, family: Family) -> &mut Vec<Socket> {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}
