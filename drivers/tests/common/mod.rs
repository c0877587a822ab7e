//! A network namespace for a test, and a world in it that is driven step by step.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use keepalived::run::World;
use keepalived::world::{LinuxWorld, Side};
use keepalived_core::Time;
use keepalived_core::net::IfIndex;
use keepalived_core::vrrp::{Input, Output, Packet, ScriptId, ScriptRun};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::process::Command;
use std::task::{Context, Poll};
use std::time::Duration;

/// Set in the copy of the test program that runs in a user namespace of its own.
const INSIDE: &str = "KEEPALIVED_TEST_USER_NAMESPACE";

/// Runs `body` in a fresh network namespace, in a thread of its own: as root directly, else within a new user namespace.
/// Where neither can be had, the test says so and passes.
pub fn in_namespace(test: &str, body: impl FnOnce() + Send + 'static) {
    // SAFETY: no arguments, no memory.
    #[allow(unsafe_code)]
    let root = unsafe { libc::geteuid() } == 0;
    if !root {
        let program = std::env::current_exe().unwrap();
        let status = Command::new("unshare")
            .args(["--user", "--map-root-user", "--net", "--"])
            .arg(program)
            .args([test, "--exact", "--nocapture"])
            .env(INSIDE, "1")
            .status();
        match status {
            Ok(status) if status.code() == Some(1) => skip(test),
            Ok(status) => assert!(status.success(), "{test} failed in its namespace"),
            Err(_) => skip(test),
        }
        return;
    }
    let thread = std::thread::spawn(move || {
        // SAFETY: unshare takes no memory; it concerns this thread alone.
        #[allow(unsafe_code)]
        if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
            return false;
        }
        ip("link set lo up");
        body();
        true
    });
    match thread.join() {
        Ok(true) => {}
        Ok(false) => skip(test),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Moves `interface` into another network namespace, where `body` runs. Join the handle to see it fail.
pub fn next_door(interface: &str, body: impl FnOnce() + Send + 'static) -> std::thread::JoinHandle<()> {
    let (tell, told) = std::sync::mpsc::channel();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        // SAFETY: neither takes memory; unshare concerns this thread alone.
        #[allow(unsafe_code)]
        let (result, id) = unsafe { (libc::unshare(libc::CLONE_NEWNET), libc::gettid()) };
        assert_eq!(result, 0);
        tell.send(id).unwrap();
        gone.recv().unwrap();
        body();
    });
    let id = told.recv().unwrap();
    ip(&format!("link set {interface} netns /proc/{}/task/{id}/ns/net", std::process::id()));
    go.send(()).unwrap();
    thread
}

fn skip(test: &str) {
    eprintln!("SKIPPED: {test}: no network namespace can be made here");
}

/// Runs `ip` with these arguments, separated by blanks; says what it printed.
pub fn ip(arguments: &str) -> String {
    let output = Command::new("ip").args(arguments.split_whitespace()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {arguments}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A pair of connected interfaces, v0 and v1, both up, and told from each other's kernel-made addresses by having none.
pub fn veth_pair() -> (IfIndex, IfIndex) {
    ip("link add v0 type veth peer name v1");
    for name in ["v0", "v1"] {
        ip(&format!("link set {name} addrgenmode none"));
        ip(&format!("link set {name} up"));
    }
    wait_until_up("v0");
    wait_until_up("v1");
    (index_of("v0"), index_of("v1"))
}

/// The kernel notices a carrier in its own time (up to a second), and drops without a word until then.
pub fn wait_until_up(name: &str) {
    let end = std::time::Instant::now() + PATIENCE;
    while !ip(&format!("-o link show dev {name}")).contains("state UP") {
        assert!(std::time::Instant::now() < end, "{name} does not come up");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn index_of(name: &str) -> IfIndex {
    // Not /sys: that shows the namespace it was mounted in.
    IfIndex(ip(&format!("-o link show dev {name}")).split(':').next().unwrap().parse().unwrap())
}

/// No daemon: no signal comes, no script runs.
#[derive(Debug, Default)]
pub struct NoDaemon {
    pub scripts: Vec<String>,
}

impl Side for NoDaemon {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Input<'static>> {
        Poll::Pending
    }
    fn run_script(&mut self, run: ScriptRun) {
        self.scripts.push(run.argv.join(" "));
    }
    fn kill_script(&mut self, id: ScriptId) {
        self.scripts.push(format!("kill {}", id.0));
    }
}

pub struct Lab {
    pub runtime: tokio::runtime::Runtime,
    pub world: LinuxWorld<NoDaemon>,
    backlog: VecDeque<Input<'static>>,
}

/// A test that waits longer than this has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

impl Lab {
    pub fn new() -> Lab {
        Lab::with(LinuxWorld::new)
    }

    pub fn with(make: impl FnOnce(NoDaemon) -> std::io::Result<LinuxWorld<NoDaemon>>) -> Lab {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let guard = runtime.enter();
        let world = make(NoDaemon::default()).unwrap();
        drop(guard);
        Lab { runtime, world, backlog: VecDeque::new() }
    }

    pub fn perform(&mut self, outputs: impl IntoIterator<Item = Output>) {
        let now = self.world.now();
        for output in outputs {
            self.world.perform(now, output);
        }
        self.world.flush(now);
    }

    /// Turns the loop until `found` finds what it seeks. What came before that is forgotten, what came after it in the same
    /// turn is kept for the next call.
    #[track_caller]
    pub fn until<T>(&mut self, what: &str, mut found: impl FnMut(&Input<'_>) -> Option<T>) -> T {
        let end = self.world.now() + PATIENCE;
        loop {
            while let Some(input) = self.backlog.pop_front() {
                if let Some(result) = found(&input) {
                    return result;
                }
            }
            assert!(self.world.now() < end, "waited in vain for {what}");
            let mut inputs = Vec::new();
            self.turn(end, |input| inputs.push(owned(input)));
            self.backlog.extend(inputs);
        }
    }

    /// Turns the loop for this long and returns all that `found` found.
    pub fn during<T>(&mut self, time: Duration, mut found: impl FnMut(&Input<'_>) -> Option<T>) -> Vec<T> {
        let end = self.world.now() + time;
        let mut all: Vec<T> = self.backlog.drain(..).filter_map(|input| found(&input)).collect();
        while self.world.now() < end {
            self.turn(end, |input| all.extend(found(input)));
        }
        all
    }

    pub fn turn(&mut self, deadline: Time, mut each: impl FnMut(&Input<'_>)) {
        self.runtime.block_on(self.world.wait(Some(deadline))).unwrap();
        let _runtime = self.runtime.enter();
        let now = self.world.now();
        while let Some(input) = self.world.take(now) {
            each(&input);
        }
        self.world.flush(now);
    }
}

fn owned(input: &Input<'_>) -> Input<'static> {
    match input {
        Input::Packet(packet) => {
            Input::Packet(Packet { payload: Cow::Owned(packet.payload.to_vec()), ..packet.clone() })
        }
        Input::Kernel(event) => Input::Kernel(event.clone()),
        &Input::KernelDone { id, result } => Input::KernelDone { id, result },
        &Input::Socket { key, result } => Input::Socket { key, result },
        &Input::SendFailed { index, errno } => Input::SendFailed { index, errno },
        other => unreachable!("{other:?} does not come from this world"),
    }
}
