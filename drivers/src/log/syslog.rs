//! The local syslog daemon, spoken to as syslog(3) does: datagrams to `/dev/log` with the head of RFC 3164.

use super::stamp::Stamp;
use super::{Line, Sink, severity};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Where the daemon listens.
pub const PATH: &str = "/dev/log";

/// Where nobody listens (a container, say), it is not tried for every line of a takeover.
const PAUSE: Duration = Duration::from_millis(200);

/// What kind of program speaks (RFC 3164 section 4.1.1), by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facility(u8);

impl Facility {
    /// `daemon`, the default.
    pub const DAEMON: Facility = Facility(3);
}

const NAMES: [(&str, u8); 13] = [
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("security", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
];

impl FromStr for Facility {
    type Err = String;

    /// `0` to `7` and `local0` to `local7` are the local ones; the others go by name.
    fn from_str(word: &str) -> Result<Facility, String> {
        let local = word.strip_prefix("local").unwrap_or(word);
        if let Ok(number @ 0..=7) = local.parse::<u8>()
            && local.len() == 1
        {
            return Ok(Facility(16 + number));
        }
        NAMES
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, number)| Facility(*number))
            .ok_or_else(|| format!("{word} is no syslog facility: 0 to 7, local0 to local7, daemon, user and so on"))
    }
}

/// Lines to the local syslog daemon.
pub struct Syslog {
    path: PathBuf,
    facility: Facility,
    socket: Option<UnixDatagram>,
    lost: u64,
    /// Nobody is there; not asked again before this.
    absent_until: Option<Instant>,
}

impl Syslog {
    /// A sink that connects with its first line.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, facility: Facility) -> Syslog {
        Syslog { path: path.into(), facility, socket: None, lost: 0, absent_until: None }
    }

    fn send(&mut self, datagram: &str) -> bool {
        if self.absent_until.is_some_and(|until| Instant::now() < until) {
            return false;
        }
        // The daemon may have been restarted since the last line: then its old socket is dead.
        for fresh in [false, true] {
            if fresh || self.socket.is_none() {
                self.socket = self.connect();
            }
            if let Some(socket) = &self.socket
                && socket.send(datagram.as_bytes()).is_ok()
            {
                return true;
            }
        }
        self.socket = None;
        self.absent_until = Some(Instant::now() + PAUSE);
        false
    }

    fn connect(&self) -> Option<UnixDatagram> {
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_write_timeout(Some(Duration::from_secs(1))).ok()?;
        socket.connect(&self.path).ok()?;
        Some(socket)
    }

    fn format(&self, line: &Line, text: &str) -> String {
        let priority = u32::from(self.facility.0) * 8 + u32::from(severity(line.level));
        let (stamp, ident, pid) = (Stamp::local(line.at).rfc3164(), line.part.ident(), std::process::id());
        format!("<{priority}>{stamp} {ident}[{pid}]: {text}")
    }
}

impl Sink for Syslog {
    fn write(&mut self, line: &Line) {
        if self.lost > 0 {
            let text = format!("{} log lines before this one are lost: syslog did not take them", self.lost);
            if self.send(&self.format(line, &text)) {
                self.lost = 0;
            }
        }
        if !self.send(&self.format(line, &line.text)) {
            self.lost += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Level, Part};
    use std::time::SystemTime;

    #[test]
    fn facilities_are_those_of_the_c_version() {
        assert_eq!("3".parse(), Ok(Facility(19)));
        assert_eq!("local7".parse(), Ok(Facility(23)));
        assert_eq!("daemon".parse(), Ok(Facility::DAEMON));
        for wrong in ["8", "local8", "local", "", "00", "demon"] {
            assert!(wrong.parse::<Facility>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn survives_a_syslog_daemon_that_goes_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let line =
            |text: &str| Line { at: SystemTime::now(), level: Level::Notice, part: Part::Vrrp, text: text.to_owned() };
        let receive = |socket: &UnixDatagram| {
            let mut buffer = [0; 512];
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..length]).into_owned()
        };

        let daemon = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::new(&path, Facility::DAEMON);
        syslog.write(&line("one"));
        let first = receive(&daemon);
        assert!(first.starts_with("<29>"), "{first}");
        assert!(first.ends_with(&format!(" Keepalived_vrrp[{}]: one", std::process::id())), "{first}");

        drop(daemon);
        syslog.write(&line("two"));
        std::fs::remove_file(&path).unwrap();
        syslog.write(&line("three"));
        let daemon = UnixDatagram::bind(&path).unwrap();
        std::thread::sleep(PAUSE);
        syslog.write(&line("four"));
        assert!(receive(&daemon).contains("2 log lines before this one are lost"));
        assert!(receive(&daemon).ends_with(": four"));
    }
}
