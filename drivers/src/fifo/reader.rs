//! The script that reads a FIFO.

use crate::process::spawn::{self, Life};
use crate::process::user;
use keepalived_core::config::scripts::Runner;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

pub(super) struct Reader {
    child: Child,
    pid: Option<Pid>,
    pidfd: Option<OwnedFd>,
}

impl Reader {
    /// Starts `argv` with the path of the FIFO as one more argument.
    pub(super) fn start(argv: &[String], fifo: &Path, runner: &Runner) -> Result<Reader, String> {
        let program = argv.first().map_or("", String::as_str);
        let failed = |why: String| format!("has no reader: {program} is not run: {why}");
        let identity = user::known(runner).map_err(|why| failed(why.to_string()))?;
        let argv: Vec<String> = argv.iter().cloned().chain([fifo.to_string_lossy().into_owned()]).collect();
        let child = spawn::spawn(&argv, &identity, Life::Ours).map_err(|error| failed(error.to_string()))?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let pidfd = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Ok(Reader { child, pid, pidfd })
    }

    pub(super) fn pidfd(&self) -> Option<&OwnedFd> {
        self.pidfd.as_ref()
    }

    pub(super) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it and its descendants to end, and after `limit` makes them.
    pub(super) fn end(mut self, limit: Duration) {
        let until = Instant::now() + limit;
        let mut signal = Signal::TERM;
        while self.has_ended().is_none() {
            // Not reaped yet, so the group cannot be another's.
            if let Some(pid) = self.pid {
                let _ = kill_process_group(pid, signal);
            }
            if Instant::now() >= until {
                signal = Signal::KILL;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
