//! The daemon under test: ours, or Debian's C keepalived, from one and the same configuration.

use crate::sandbox::{die_with_parent, skip};
use crate::wait::wait_until;
use crate::world::World;
use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Whose daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// The one in this repository.
    Ours,
    /// Debian's package `keepalived`.
    C,
}

/// Which halves of it run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// VRRP alone (`-P`).
    Vrrp,
    /// Health checks and IPVS alone (`-C`).
    Checkers,
    /// All of it.
    Both,
}

const C_PATH: &str = "/usr/sbin/keepalived";

impl Implementation {
    /// Ours; with `KEEPALIVED_UNDER_TEST=c` Debian's, to test the tests.
    #[must_use]
    pub fn under_test() -> Implementation {
        match std::env::var("KEEPALIVED_UNDER_TEST").as_deref() {
            Ok("c") => Implementation::C,
            _ => Implementation::Ours,
        }
    }

    /// Whether it can run here; if not, says so (see [`skip`]).
    ///
    /// # Panics
    /// Where skipping is not allowed.
    #[must_use]
    pub fn is_here(self) -> bool {
        let here = self != Implementation::C || Path::new(C_PATH).exists();
        if !here {
            skip("c-keepalived", "Debian's package keepalived is not installed (apt install keepalived)");
        }
        here
    }

    /// Whether this is ours. For what the C version is known to do otherwise: `KEEPALIVED_UNDER_TEST=c` leaves that out.
    #[must_use]
    pub fn is_ours(self) -> bool {
        self == Implementation::Ours
    }

    /// The program.
    ///
    /// # Panics
    /// When ours has not been built, or is older than its source.
    #[must_use]
    pub fn program(self) -> PathBuf {
        match self {
            Implementation::C => C_PATH.into(),
            Implementation::Ours => ours(),
        }
    }
}

/// `KEEPALIVED_BIN`, else the one beside this program in the target directory.
fn ours() -> PathBuf {
    if let Some(path) = std::env::var_os("KEEPALIVED_BIN") {
        return path.into();
    }
    let me = std::env::current_exe().expect("a path of our own");
    let mut dir = me.parent().expect("a directory");
    if dir.ends_with("deps") {
        dir = dir.parent().expect("a target directory");
    }
    let program = dir.join("keepalived");
    let how = if dir.ends_with("release") { " --release" } else { "" };
    let built = std::fs::metadata(&program).and_then(|m| m.modified());
    let built =
        built.unwrap_or_else(|e| panic!("{}: {e}; build it: cargo build{how} -p keepalived", program.display()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    for source in ["core/src", "drivers/src"] {
        if let Some(newer) = newer_than(&root.join(source), built) {
            panic!("{} is newer than the daemon; build it: cargo build{how} -p keepalived", newer.display());
        }
    }
    program
}

fn newer_than(path: &Path, time: SystemTime) -> Option<PathBuf> {
    let meta = std::fs::metadata(path).ok()?;
    if meta.is_dir() {
        return std::fs::read_dir(path).ok()?.flatten().find_map(|entry| newer_than(&entry.path(), time));
    }
    meta.modified().is_ok_and(|modified| modified > time).then(|| path.to_owned())
}

/// A running daemon on one machine. Killed when dropped, with all its children; its log is shown when a test fails.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    /// Where its files are.
    pub dir: PathBuf,
    node: String,
    implementation: Implementation,
    exited: Option<ExitStatus>,
}

impl Daemon {
    /// Starts it on a machine with this configuration, in the foreground.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(world: &World, node: &str, implementation: Implementation, config: &str) -> Daemon {
        Daemon::start_with(world, node, implementation, config, &[])
    }

    /// The same with more options.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start_with(
        world: &World,
        node: &str,
        implementation: Implementation,
        config: &str,
        options: &[&str],
    ) -> Daemon {
        Daemon::launch(world, node, implementation, Part::Vrrp, config, options)
    }

    /// The same, of the halves that are asked for.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn launch(
        world: &World,
        node: &str,
        implementation: Implementation,
        part: Part,
        config: &str,
        options: &[&str],
    ) -> Daemon {
        let dir = Daemon::prepare(node, config);
        Daemon::launch_in(dir, world, node, implementation, part, options)
    }

    /// A directory for a daemon with its configuration in it, for what else belongs there.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn prepare(node: &str, config: &str) -> PathBuf {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let dir = PathBuf::from(format!("/run/daemon/{node}-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&dir).expect("a directory for the daemon");
        std::fs::write(dir.join("keepalived.conf"), config).expect("its configuration");
        dir
    }

    /// Starts the daemon of a directory. What it tells the service manager goes to a socket `notify` there, if there is one.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn launch_in(
        dir: PathBuf,
        world: &World,
        node: &str,
        implementation: Implementation,
        part: Part,
        options: &[&str],
    ) -> Daemon {
        let log = File::create(dir.join("log")).expect("its log");
        let namespace = world.namespace(node).file().try_clone().expect("one more descriptor");
        let mut command = Command::new(implementation.program());
        command.args(["-n", "-l", "-D", "-f"]).arg(dir.join("keepalived.conf"));
        match part {
            Part::Vrrp => command.arg("-P"),
            Part::Checkers => command.arg("-C"),
            Part::Both => &mut command,
        };
        command.arg("-p").arg(dir.join("pid"));
        // -G: nothing to the host's syslog. -r, -c: the C version's child processes have pid files of their own.
        command.arg("-G").arg("-r").arg(dir.join("vrrp.pid")).arg("-c").arg(dir.join("checkers.pid"));
        command.args(options).current_dir(&dir).env("LANG", "C").env("NOTIFY_SOCKET", dir.join("notify"));
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("one more descriptor")).stderr(log);
        let enter = move || {
            setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET)?;
            die_with_parent()
        };
        // SAFETY: between fork and exec only system calls are made.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(enter);
        }
        let child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", implementation.program().display()));
        Daemon { child, dir, node: node.to_owned(), implementation, exited: None }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it logged.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.dir.join("log")).unwrap_or_default()).into_owned()
    }

    /// Waits for a line that contains `text`.
    ///
    /// # Panics
    /// When there is none within `limit` and the slack.
    pub fn await_log(&self, text: &str, limit: Duration) {
        wait_until(&format!("{} logs {text:?}", self.node), limit, || self.log().contains(text));
    }

    /// Changes its configuration file, nothing more.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn rewrite(&self, config: &str) {
        std::fs::write(self.dir.join("keepalived.conf"), config).expect("its configuration");
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// When it is gone.
    pub fn signal(&self, signal: Signal) {
        kill(pid(self.pid()), signal).unwrap_or_else(|e| panic!("{signal} to the daemon on {}: {e}", self.node));
    }

    /// SIGHUP.
    pub fn reload(&self) {
        self.signal(Signal::SIGHUP);
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Panics
    /// When it has not ended after 5 s.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.await_exit(Duration::from_secs(5))
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it still runs after `limit` and the slack.
    pub fn await_exit(&mut self, limit: Duration) -> ExitStatus {
        let mut ended = None;
        wait_until(&format!("the daemon on {} ends", self.node), limit, || {
            ended = self.child.try_wait().expect("a child of ours");
            ended.is_some()
        });
        self.exited = ended;
        ended.expect("it has ended")
    }

    /// Whether it still runs.
    ///
    /// # Panics
    /// Never in practice.
    pub fn runs(&mut self) -> bool {
        self.exited = self.exited.or(self.child.try_wait().expect("a child of ours"));
        self.exited.is_none()
    }

    /// SIGKILL to all its processes at once: the parent is stopped first, so that it can neither restart nor warn its children.
    pub fn kill(&mut self) {
        if self.exited.is_some() {
            return;
        }
        let _ = kill(pid(self.pid()), Signal::SIGSTOP);
        for process in self.processes().into_iter().rev() {
            let _ = kill(pid(process), Signal::SIGKILL);
        }
        self.exited = self.child.wait().ok();
    }

    /// The daemon's processes, parents before children.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        let parents: Vec<(u32, u32)> = all_processes();
        let mut found = vec![self.pid()];
        let mut next = 0;
        while let Some(&parent) = found.get(next) {
            found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
            next += 1;
        }
        found
    }

    /// Lines of the log in which a packet from the wire is refused.
    #[must_use]
    pub fn rejections(&self) -> Vec<String> {
        const WORDS: [&str; 10] = [
            "invalid",
            "mismatch",
            "bogus",
            "wrong",
            "incorrect",
            "not accepted",
            "dropped",
            "discard",
            "expected ",
            "checksum",
        ];
        let log = self.log();
        let refused = |line: &&str| {
            let line = line.to_lowercase();
            // A lower priority is discarded as the protocol asks.
            !line.contains("lower priority") && WORDS.iter().any(|word| line.contains(word))
        };
        log.lines().filter(refused).map(str::to_owned).collect()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let start = Instant::now();
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("--- log of {:?} on {} ({:?} to kill)", self.implementation, self.node, start.elapsed());
            for line in lines.iter().skip(lines.len().saturating_sub(80)) {
                eprintln!("{line}");
            }
        }
    }
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).expect("a process id"))
}

/// All processes with their parents.
fn all_processes() -> Vec<(u32, u32)> {
    let stat = |id: u32| -> Option<(u32, u32)> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The command in parentheses may contain anything; the parent is the second word after it.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        Some((id, parent))
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|e| stat(e.file_name().to_str()?.parse().ok()?)).collect()
}
