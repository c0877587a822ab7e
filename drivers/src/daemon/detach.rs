//! Going into the background. The process that was called ends only when the daemon is ready, or has failed, and with its status.

use nix::unistd::{ForkResult, fork};
use rustix::fs::{Mode, OFlags, open};
use rustix::pipe::{PipeFlags, pipe_with};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

/// Which of the two processes this is.
pub enum Side {
    /// The one that was called, and the status to end with.
    Caller(ExitCode),
    /// The daemon.
    Daemon(Starting),
}

/// A daemon that is not ready yet. If it ends before [`ready`](Starting::ready), the caller ends with the same status.
pub struct Starting {
    pipe: Option<OwnedFd>,
}

impl Starting {
    /// A daemon that stays in the foreground: nobody waits.
    #[must_use]
    pub const fn foreground() -> Starting {
        Starting { pipe: None }
    }

    /// Lets the caller go, and with it standard error.
    pub fn ready(self) {
        if let Some(pipe) = self.pipe {
            if let Ok(null) = open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
                let _ = rustix::stdio::dup2_stderr(null);
            }
            let _ = rustix::io::write(&pipe, &[0]);
        }
    }
}

/// Lets go of what the caller left open beyond the three standard files: scripts do not get it and, with `at_once`, neither do we: somebody may be
/// waiting for the end of a pipe. Kernels before 5.11 keep it as it is.
///
/// Must be called before this process opens files of its own.
#[allow(unsafe_code)]
pub fn let_go_of_files(at_once: bool) {
    let flags = if at_once { 0 } else { libc::CLOSE_RANGE_CLOEXEC };
    // SAFETY: nothing in this process owns a descriptor beyond the standard ones yet.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, flags) };
}

/// Forks. The daemon gets a session of its own, `/` as its directory, and no files but standard error, which it keeps until it is ready.
///
/// Must be called while the process has only one thread.
///
/// # Errors
/// When the process cannot be forked, or there are no file descriptors.
pub fn detach() -> io::Result<Side> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    let null = open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    match split()? {
        ForkResult::Parent { child } => {
            drop(write);
            let mut byte = [0];
            if File::from(read).read(&mut byte).is_ok_and(|count| count == 1) {
                return Ok(Side::Caller(ExitCode::SUCCESS));
            }
            let status = rustix::process::Pid::from_raw(child.as_raw())
                .and_then(|pid| {
                    rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty()).ok().flatten()
                })
                .and_then(|(_, status)| status.exit_status())
                .and_then(|status| u8::try_from(status).ok())
                .unwrap_or(1);
            Ok(Side::Caller(ExitCode::from(status)))
        }
        ForkResult::Child => {
            rustix::process::setsid()?;
            rustix::process::chdir("/")?;
            rustix::stdio::dup2_stdin(&null)?;
            rustix::stdio::dup2_stdout(&null)?;
            Ok(Side::Daemon(Starting { pipe: Some(write) }))
        }
    }
}

#[allow(unsafe_code)]
fn split() -> io::Result<ForkResult> {
    // SAFETY: the process has one thread, so the child has all there is.
    Ok(unsafe { fork() }?)
}
