//! The file that names the running daemon, and keeps a second one from starting.

use rustix::fs::{FlockOperation, Mode, OFlags, fchmod, flock, fstat, ftruncate, open};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// More than a process id with blanks around it takes.
const LONGEST: u64 = 64;

/// A pid file that is ours: locked as long as this lives, removed when it is dropped.
pub struct PidFile {
    path: PathBuf,
    file: File,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum PidFileError {
    /// Another daemon is alive.
    #[error("already running as process {0} ({1})")]
    Running(u32, PathBuf),
    /// The file cannot be had.
    #[error("pid file {0}: {1}")]
    Io(PathBuf, io::Error),
}

impl PidFile {
    /// Takes the file, which may be left over from a daemon that is no more. It says nothing new until [`write`](PidFile::write).
    ///
    /// # Errors
    /// When another daemon has it, or when it cannot be opened.
    pub fn take(path: &Path) -> Result<PidFile, PidFileError> {
        let failed = |error: io::Error| PidFileError::Io(path.to_owned(), error);
        loop {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            let mut file: File = open(path, flags, Mode::from_raw_mode(0o644)).map_err(|e| failed(e.into()))?.into();
            let locked = flock(&file, FlockOperation::NonBlockingLockExclusive);
            // Whatever else is in it (bytes of a torn write, another program's file) names no process.
            let mut bytes = Vec::new();
            Read::by_ref(&mut file).take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
            let pid = str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
            match locked {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Err(PidFileError::Running(pid, path.to_owned())),
                Err(error) => return Err(failed(error.into())),
            }
            // The C version takes no lock.
            if is_keepalived(pid) {
                return Err(PidFileError::Running(pid, path.to_owned()));
            }
            let taken = PidFile { path: path.to_owned(), file };
            if taken.is_ours() {
                return Ok(taken);
            }
            // Its owner removed it between our opening and our lock.
        }
    }

    /// Writes this process's id.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write(&mut self) -> io::Result<()> {
        ftruncate(&self.file, 0)?;
        self.file.rewind()?;
        writeln!(self.file, "{}", std::process::id())?;
        // Whatever the umask: others may read it.
        fchmod(&self.file, Mode::from_raw_mode(0o644))?;
        Ok(())
    }

    /// Whether the path still leads to the file that we have locked.
    fn is_ours(&self) -> bool {
        match (fstat(&self.file), self.path.symlink_metadata()) {
            (Ok(ours), Ok(there)) => (ours.st_dev, ours.st_ino) == (there.dev(), there.ino()),
            _ => false,
        }
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if self.is_ours() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Whether a process of this id lives and is a keepalived. Ids are used again: a shell may have that of a daemon long gone.
fn is_keepalived(pid: u32) -> bool {
    pid != 0
        && pid != std::process::id()
        && std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim().starts_with("keepalived"))
        && std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_second_daemon_is_refused_and_the_file_goes_with_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keepalived.pid");
        let mut first = PidFile::take(&path).unwrap();
        first.write().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o644);
        match PidFile::take(&path) {
            Err(PidFileError::Running(pid, _)) => assert_eq!(pid, std::process::id()),
            _ => panic!("taken twice"),
        }
        drop(first);
        assert!(!path.exists());
        drop(PidFile::take(&path).unwrap());
    }

    #[test]
    fn a_stale_file_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keepalived.pid");
        // Nobody; not a number; a process that lives and is no keepalived.
        let large = vec![b'1'; 100_000];
        for stale in [&b"4194304000\n"[..], b"what\n", b"", b"1\n", b"\xff\xfe\0\x31", &large] {
            std::fs::write(&path, stale).unwrap();
            let mut taken = PidFile::take(&path).unwrap();
            taken.write().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
            drop(taken);
            assert!(!path.exists());
        }
    }

    #[test]
    fn another_file_in_its_place_is_not_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keepalived.pid");
        let taken = PidFile::take(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "1\n").unwrap();
        drop(taken);
        assert!(path.exists());
    }

    #[test]
    fn a_missing_directory_is_told() {
        let error = PidFile::take(Path::new("/no/such/directory/pid")).err().unwrap();
        assert!(error.to_string().contains("/no/such/directory/pid"), "{error}");
    }
}
