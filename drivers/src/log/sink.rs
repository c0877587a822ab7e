//! Where lines end: standard error, the journal behind it, a file.

use super::stamp::Stamp;
use super::{Level, Line, severity};
use rustix::fs::{Mode, OFlags};
use std::io::{self, Write};
use std::path::Path;

/// Takes lines, in the writing thread. It may be slow.
pub trait Sink: Send {
    /// Writes a line. What fails is not told anywhere: there is nowhere to tell it.
    fn write(&mut self, line: &Line);
    /// Brings out what is still held back.
    fn flush(&mut self) {}
}

/// Standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stderr {
    /// For a person: time, and how bad it is where it is bad.
    Stamped,
    /// For the journal: `<N>` in front (sd-daemon(3)); the journal has its own times.
    Journal,
}

impl Stderr {
    fn format(self, line: &Line) -> String {
        match self {
            Stderr::Stamped => stamped(line),
            Stderr::Journal => format!("<{}>{}\n", severity(line.level), line.text),
        }
    }
}

impl Sink for Stderr {
    fn write(&mut self, line: &Line) {
        let _ = io::stderr().lock().write_all(self.format(line).as_bytes());
    }
}

fn stamped(line: &Line) -> String {
    let grade = match line.level {
        Level::Error => "error: ",
        Level::Warning => "warning: ",
        Level::Notice | Level::Info | Level::Debug => "",
    };
    format!("{} {grade}{}\n", Stamp::local(line.at).iso(), line.text)
}

/// Whether standard error goes to the journal of systemd: `JOURNAL_STREAM` names its device and inode (systemd.exec(5)).
#[must_use]
pub fn stderr_is_journal() -> bool {
    let Ok(stat) = rustix::fs::fstat(rustix::stdio::stderr()) else { return false };
    std::env::var("JOURNAL_STREAM").is_ok_and(|stream| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// A file that lines are appended to.
pub struct File {
    file: std::fs::File,
    each: bool,
    buffer: Vec<u8>,
}

impl File {
    /// Opens or creates it, without following a symbolic link in its last part. With `each`, every line is written by
    /// itself; otherwise those that come together are written together.
    ///
    /// # Errors
    /// Those of opening the file.
    pub fn open(path: &Path, each: bool) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))?;
        Ok(File { file: file.into(), each, buffer: Vec::new() })
    }
}

impl Sink for File {
    fn write(&mut self, line: &Line) {
        self.buffer.extend_from_slice(stamped(line).as_bytes());
        if self.each || self.buffer.len() > 8192 {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let _ = self.file.write_all(&self.buffer);
        self.buffer.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Part;
    use std::time::SystemTime;

    fn line(level: Level) -> Line {
        Line { at: SystemTime::UNIX_EPOCH, level, part: Part::Vrrp, text: "(VI_1) MASTER".to_owned() }
    }

    #[test]
    fn the_journal_gets_the_level() {
        assert_eq!(Stderr::Journal.format(&line(Level::Notice)), "<5>(VI_1) MASTER\n");
        assert!(Stderr::Stamped.format(&line(Level::Warning)).ends_with(" warning: (VI_1) MASTER\n"));
    }

    #[test]
    fn a_file_is_appended_to_and_no_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        for _ in 0..2 {
            File::open(&path, true).unwrap().write(&line(Level::Info));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(File::open(&link, true).is_err());
    }
}
