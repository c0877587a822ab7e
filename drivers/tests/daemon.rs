//! The daemon's life: start, reload, stop. In a network namespace of its own, in which there is nothing to do.
#![allow(clippy::expect_used, clippy::panic)]

use rustix::process::{Pid, Signal};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

struct Lab {
    dir: TempDir,
    notify: UnixDatagram,
}

/// `None` where this machine lets nobody make namespaces.
fn lab(config: &str) -> Option<Lab> {
    let allowed = Command::new("unshare").args(["-rn", "true"]).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no namespaces here");
        return None;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let notify = UnixDatagram::bind(dir.path().join("notify")).expect("a socket");
    notify.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let lab = Lab { dir, notify };
    lab.write(config);
    Some(lab)
}

fn config(extra: &str) -> String {
    format!(
        "global_defs {{\n script_user root\n}}\nvrrp_instance VI_1 {{\n interface none0\n virtual_router_id 1\n \
         virtual_ipaddress {{\n 10.0.0.1\n }}\n{extra}}}\n"
    )
}

impl Lab {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, config: &str) {
        std::fs::write(self.path("conf"), config).expect("written");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command
            .args(["-rn", env!("CARGO_BIN_EXE_keepalived")])
            .args(arguments)
            .arg("-f")
            .arg(self.path("conf"))
            .arg("-p")
            .arg(self.path("pid"))
            .env("NOTIFY_SOCKET", self.path("notify"))
            .env_remove("JOURNAL_STREAM");
        command
    }

    fn start(&self, arguments: &[&str]) -> Daemon {
        let log = std::fs::File::create(self.path("log")).expect("a log");
        let child = self.command(arguments).stderr(log).spawn().expect("it starts");
        Daemon(child)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The next message to the service manager.
    fn told(&self) -> String {
        let mut buffer = [0; 4096];
        match self.notify.recv(&mut buffer) {
            Ok(length) => String::from_utf8_lossy(&buffer[..length]).into_owned(),
            Err(error) => panic!("nothing was told: {error}\n{}", self.log()),
        }
    }

    /// Messages until one begins like this.
    fn told_until(&self, beginning: &str) -> String {
        loop {
            let message = self.told();
            if message.starts_with(beginning) {
                return message;
            }
        }
    }

    fn logged(&self, part: &str) {
        until(&format!("{part} in the log"), || self.log().contains(part));
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < limit, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

struct Daemon(Child);

impl Daemon {
    fn signal(&self, signal: Signal) {
        kill(signal, self.0.id());
    }

    fn end(mut self) -> Option<i32> {
        let limit = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().expect("a child") {
                return status.code();
            }
            assert!(Instant::now() < limit, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn kill(signal: Signal, pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a pid");
    rustix::process::kill_process(pid, signal).expect("it lives");
}

#[test]
fn foreground_from_ready_to_stopping() {
    let Some(lab) = lab(&config("")) else { return };
    let daemon = lab.start(&["-nlG"]);
    let ready = lab.told();
    assert!(ready.starts_with("READY=1\n") && ready.contains("STATUS=VI_1 FAULT"), "{ready}");
    let pid = std::fs::read_to_string(lab.path("pid")).expect("a pid file");
    assert_eq!(pid.trim(), daemon.0.id().to_string());
    lab.logged("there is no interface none0");

    // A new configuration.
    lab.write(&config("").replace("VI_1", "VI_2").replace("router_id 1", "router_id 2"));
    daemon.signal(Signal::HUP);
    let reloading = lab.told_until("RELOADING=1");
    assert!(reloading.contains("\nMONOTONIC_USEC="), "{reloading}");
    let ready = lab.told_until("READY=1");
    assert!(ready.contains("VI_2"), "{ready}");
    lab.logged("new: VI_2");

    // One with a mistake changes nothing.
    lab.write(&config("priorty 7\n").replace("VI_1", "VI_3").replace("virtual_router_id 1", "virtual_router_id 0"));
    daemon.signal(Signal::HUP);
    let ready = lab.told_until("READY=1");
    assert!(ready.contains("refused"), "{ready}");
    lab.logged("conf:6:");
    lab.logged("refused, nothing changes");
    assert!(!lab.log().contains("new: VI_3"));

    // Nor does one that is not there.
    std::fs::remove_file(lab.path("conf")).expect("removed");
    daemon.signal(Signal::HUP);
    assert!(lab.told_until("READY=1").contains("refused"));

    daemon.signal(Signal::USR1);
    lab.logged("DATA: not built yet");
    daemon.signal(Signal::PIPE);
    daemon.signal(Signal::TERM);
    lab.told_until("STOPPING=1");
    assert_eq!(daemon.end(), Some(0));
    assert!(!lab.path("pid").exists());
    assert!(lab.log().ends_with("keepalived has stopped\n"), "{}", lab.log());
}

/// What a start would skip with a warning is not skipped at a reload, unless it was there before.
#[test]
fn a_reload_refuses_what_is_newly_unclear() {
    let Some(lab) = lab(&config("old_stray 1\n")) else { return };
    let daemon = lab.start(&["-nlG"]);
    lab.told_until("READY=1");
    let reload = |text: &str| {
        lab.write(text);
        daemon.signal(Signal::HUP);
        lab.told_until("RELOADING=1");
        lab.told_until("READY=1").contains("refused")
    };
    assert!(!reload(&config("old_stray 1\n")), "as before");
    for unclear in ["prioritty 150", "priority 150 foo", "priority 150\n priority 90", "preempt\n nopreempt"] {
        assert!(reload(&config(&format!("old_stray 1\n {unclear}\n"))), "{unclear}");
    }
    assert!(reload("global_defs {\n router_id x\n}\n"), "no instance any more");
    assert!(!reload(&config("priority 90\n")));
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
}

/// As it does not hinder the start.
#[test]
fn a_file_of_ssl_that_nothing_uses_hinders_no_reload() {
    let ssl = "SSL {\n ca /no/such/file\n}\n";
    let Some(lab) = lab(&format!("{ssl}{}", config(""))) else { return };
    let daemon = lab.start(&["-nlG"]);
    lab.told_until("READY=1");
    lab.write(&format!("{ssl}{}", config("priority 90\n")));
    daemon.signal(Signal::HUP);
    lab.told_until("RELOADING=1");
    assert!(!lab.told_until("READY=1").contains("refused"), "{}", lab.log());
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
}

/// Addresses are not made that would lead to no server. In a user namespace nobody may use IPVS, if there is one.
#[test]
fn without_ipvs_virtual_servers_are_not_pretended() {
    let web = "virtual_server 10.0.0.1 80 {\n protocol TCP\n lvs_sched rr\n real_server 10.0.0.2 80 {\n }\n}\n";
    let Some(lab) = lab(&format!("{}{web}", config(""))) else { return };
    let status = lab.start(&["-nlG"]).end();
    assert!(matches!(status, Some(1 | 4)), "{status:?}");
    assert!(lab.log().contains("virtual servers cannot be made: "), "{}", lab.log());
    assert!(!lab.path("pid").exists());
    let vrrp_alone = lab.start(&["-nlGP"]);
    lab.told_until("READY=1");
    vrrp_alone.signal(Signal::TERM);
    assert_eq!(vrrp_alone.end(), Some(0));
    // Nor by a reload.
    lab.write(&config(""));
    let daemon = lab.start(&["-nlG"]);
    lab.told_until("READY=1");
    lab.write(&format!("{}{web}", config("")));
    daemon.signal(Signal::HUP);
    lab.told_until("RELOADING=1");
    assert!(lab.told_until("READY=1").contains("refused"), "{}", lab.log());
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn background_is_ready_when_the_caller_returns() {
    let Some(lab) = lab(&config("")) else { return };
    let status = lab.command(&["-G"]).status().expect("it starts");
    assert_eq!(status.code(), Some(0));
    let pid: u32 = std::fs::read_to_string(lab.path("pid")).expect("a pid file").trim().parse().expect("a pid");
    assert!(lab.told().starts_with(&format!("READY=1\nMAINPID={pid}\n")));
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let session = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(3).map(str::to_owned));
    assert_eq!(session, Some(pid.to_string()), "it leads a session of its own");
    let cwd = std::fs::read_link(format!("/proc/{pid}/cwd")).expect("a directory");
    assert_eq!(cwd.to_str(), Some("/"));
    for fd in 0..3 {
        let target = std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).expect("open");
        assert_eq!(target.to_str(), Some("/dev/null"), "fd {fd}");
    }

    let second = lab.command(&["-G"]).output().expect("it starts");
    assert_eq!(second.status.code(), Some(1));
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(text.contains(&format!("already running as process {pid}")), "{text}");

    kill(Signal::TERM, pid);
    until("its end", || !lab.path("pid").exists());
    until("its end", || !std::fs::exists(format!("/proc/{pid}")).unwrap_or(true));
}

/// A pipe of a program that has started the daemon must end, as one of debconf's does.
#[test]
fn files_of_the_caller_are_let_go_of() {
    use std::os::unix::process::CommandExt;
    const FD: i32 = 77;
    let open = |pid: &str| std::fs::exists(format!("/proc/{pid}/fd/{FD}")).expect("readable");
    let Some(lab) = lab(&config("")) else { return };
    let file = lab.path("open");
    lab.write(&config(&format!(
        " notify_fault \"/bin/sh -c 'ls /proc/self/fd >{0}; echo end >>{0}'\"\n",
        file.display()
    )));
    for foreground in [false, true] {
        let mut command = lab.command(if foreground { &["-nG"] } else { &["-G"] });
        // SAFETY: a system call that allocates nothing.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(|| {
                libc::dup2(0, FD);
                Ok(())
            })
        };
        let daemon = Daemon(command.stdin(Stdio::null()).spawn().expect("it starts"));
        lab.told_until("READY=1");
        let pid = std::fs::read_to_string(lab.path("pid")).expect("a pid file").trim().to_owned();
        assert_eq!(open(&pid), foreground, "foreground: {foreground}");
        let listed = || std::fs::read_to_string(&file).unwrap_or_default();
        until("the script", || listed().ends_with("end\n"));
        assert!(!listed().lines().any(|fd| fd == FD.to_string()), "{}", listed());
        std::fs::remove_file(&file).expect("it is there");
        kill(Signal::TERM, pid.parse().expect("a pid"));
        assert_eq!(daemon.end(), Some(0));
        until("its end", || !lab.path("pid").exists());
    }
}

#[test]
fn a_relative_file_is_found_again_after_going_to_the_root() {
    let Some(lab) = lab(&config("")) else { return };
    let mut command = Command::new("unshare");
    command.args(["-rn", env!("CARGO_BIN_EXE_keepalived"), "-G", "-f", "conf", "-p", "pid", "-gall.log"]);
    // `-g` takes its value after `=` only; what follows are options of one letter.
    command.args(["-g=all.log", "--flush-log-file"]);
    let refused = command.current_dir(lab.dir.path()).output().expect("it starts");
    assert_eq!(refused.status.code(), Some(1));

    let mut command = Command::new("unshare");
    command.args(["-rn", env!("CARGO_BIN_EXE_keepalived"), "-G", "-f", "conf", "-p", "pid"]);
    command.args(["-g=all.log", "--flush-log-file"]).current_dir(lab.dir.path());
    assert_eq!(command.status().expect("it starts").code(), Some(0));
    let pid: u32 = std::fs::read_to_string(lab.path("pid")).expect("a pid file").trim().parse().expect("a pid");
    lab.write(&config("").replace("VI_1", "VI_2").replace("router_id 1", "router_id 2"));
    kill(Signal::HUP, pid);
    let log = || std::fs::read_to_string(lab.path("all.log")).unwrap_or_default();
    until("the new configuration", || log().contains("new: VI_2"));
    kill(Signal::INT, pid);
    until("its end", || !lab.path("pid").exists());
}

#[test]
fn a_script_is_run_where_the_check_found_it_and_not_where_others_can_change_it() {
    if !rustix::process::getuid().is_root() {
        eprintln!("SKIPPED: only for root; in a user's own namespace `/` belongs to nobody, so every path is unsafe");
        return;
    }
    let Some(lab) = lab(&config("")) else { return };
    let mode = |name: &str, mode| {
        let mode = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(mode);
        std::fs::set_permissions(lab.path(name), mode).expect("permissions");
    };
    mode("", 0o755);
    for (name, permissions) in [("safe", 0o755), ("open", 0o757)] {
        let mark = lab.path(name).with_extension("mark");
        std::fs::write(lab.path(name), format!("#!/bin/sh\ntouch {}\n", mark.display())).expect("written");
        mode(name, permissions);
    }
    // From `/` on, and so found from there only.
    let relative = |name: &str| lab.path(name).to_string_lossy().trim_start_matches('/').to_owned();
    let scripts = format!(" notify_fault \"{}\"\n notify \"{}\"\n", relative("safe"), relative("open"));
    lab.write(&config(&scripts).replace("script_user", "enable_script_security\n script_user"));
    let tested = lab.command(&["-t"]).current_dir(lab.dir.path()).output().expect("it starts");
    let text = String::from_utf8_lossy(&tested.stderr).into_owned();
    assert_eq!(tested.status.code(), Some(6), "{text}");
    assert!(text.contains("open` is writable by everybody") && text.contains("is not a full path"), "{text}");

    // It goes to `/` here, and from somewhere else.
    let mut daemon = lab.command(&["-G", &format!("-g={}", lab.path("all.log").display()), "--flush-log-file"]);
    let status = daemon.current_dir(lab.dir.path()).status();
    assert_eq!(status.expect("it starts").code(), Some(0));
    let pid: u32 = std::fs::read_to_string(lab.path("pid")).expect("a pid file").trim().parse().expect("a pid");
    until("the script", || lab.path("safe.mark").exists());
    kill(Signal::INT, pid);
    until("its end", || !lab.path("pid").exists());
    assert!(!lab.path("open.mark").exists());
    let log = std::fs::read_to_string(lab.path("all.log")).unwrap_or_default();
    assert!(log.contains("open` is writable by everybody"), "{log}");
}

#[test]
fn a_failure_after_the_fork_is_the_callers_status() {
    let Some(lab) = lab(&config("")) else { return };
    let output = lab.command(&["-G", "--record", "/proc/no/such"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("recording into /proc/no/such"), "{text}");
    assert!(!lab.path("pid").exists());
}

#[test]
fn a_second_wish_to_stop_does_not_wait_for_scripts() {
    let Some(lab) = lab(&config("")) else { return };
    let mark = lab.path("mark");
    let script = lab.path("script");
    let text = format!("#!/bin/sh\ntouch {}\nsleep 1000\n", mark.display());
    std::fs::write(&script, text).expect("written");
    let mode = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    std::fs::set_permissions(&script, mode).expect("executable");
    lab.write(&config(&format!(" notify_stop \"{}\"\n", script.display())));
    let daemon = lab.start(&["-nlG"]);
    lab.told_until("READY=1");
    daemon.signal(Signal::TERM);
    until("the script", || mark.exists());
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
    let log = lab.log();
    assert!(log.contains("asked to stop again") && log.contains("was killed by signal 9"), "{log}");
}

#[test]
fn signals_that_the_caller_blocked_or_ignored_work_all_the_same() {
    use std::os::unix::process::CommandExt;
    let Some(lab) = lab(&config(" notify_fault \"/bin/sh -c 'exit 3'\"\n")) else { return };
    let deaf = || {
        // SAFETY: `set` is written before it is read; both calls are async-signal-safe.
        #[allow(unsafe_code)]
        unsafe {
            let mut set = std::mem::zeroed();
            libc::sigfillset(&raw mut set);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
            libc::signal(libc::SIGCHLD, libc::SIG_IGN);
        }
        Ok(())
    };
    let mut command = lab.command(&["-nlG"]);
    command.stderr(std::fs::File::create(lab.path("log")).expect("a log"));
    // SAFETY: see there; it allocates nothing.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(deaf)
    };
    let daemon = Daemon(command.spawn().expect("it starts"));
    lab.told_until("READY=1");
    lab.logged("ended with status 3");
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn the_journal_gets_levels() {
    use std::os::unix::fs::MetadataExt;
    let Some(lab) = lab(&config("")) else { return };
    let log = std::fs::File::create(lab.path("log")).expect("a log");
    let meta = log.metadata().expect("metadata");
    let mut command = lab.command(&["-n"]);
    command.env("JOURNAL_STREAM", format!("{}:{}", meta.dev(), meta.ino())).stderr(log);
    let daemon = Daemon(command.spawn().expect("it starts"));
    lab.told_until("READY=1");
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
    let log = lab.log();
    assert!(log.contains("\n<3>(VI_1) FAULT: there is no interface none0\n"), "{log}");
    assert!(log.lines().all(|line| line.starts_with('<')), "{log}");
}

#[test]
fn a_recording_of_a_real_run_replays() {
    let Some(lab) = lab(&config("authentication {\n auth_type PASS\n auth_pass hunter27\n}\n")) else { return };
    let daemon = lab.start(&["-nlG", "--record", lab.path("rec").to_str().expect("UTF-8")]);
    lab.told_until("READY=1");
    daemon.signal(Signal::HUP);
    lab.told_until("READY=1");
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
    let file = std::fs::read_dir(lab.path("rec")).expect("a directory").next().expect("a file").expect("a file").path();
    let bytes = std::fs::read(&file).expect("readable");
    assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
    let replay = Command::new(env!("CARGO_BIN_EXE_keepalived")).arg("replay").arg(&file).output().expect("it starts");
    let story = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert_eq!(replay.status.code(), Some(0), "{story}");
    assert!(story.contains("(VI_1) FAULT: there is no interface none0"), "{story}");
    assert!(story.trim_end().ends_with("outputs identical"), "{story}");
}
