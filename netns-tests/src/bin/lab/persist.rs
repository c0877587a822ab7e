//! `up`, `status`, `shell`, `down`: a lab that stays. One process holds its namespaces; when it ends, all is gone.

use crate::{ROUTERS, VIP, build, start};
use nix::unistd::geteuid;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the holder leaves its process id and its log: one lab for each user.
fn state() -> Result<PathBuf, String> {
    let uid = geteuid();
    // Inside the holder's user namespace we are root; it is told the path.
    if let Some(path) = std::env::var_os("KEEPALIVED_LAB_STATE") {
        return Ok(path.into());
    }
    let dir = std::env::temp_dir().join(format!("keepalived-lab-{uid}"));
    if let Err(e) = std::fs::DirBuilder::new().mode(0o700).create(&dir)
        && e.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(format!("{}: {e}", dir.display()));
    }
    let meta = std::fs::symlink_metadata(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    if meta.is_dir() && meta.uid() == uid.as_raw() {
        Ok(dir)
    } else {
        Err(format!("{} belongs to somebody else", dir.display()))
    }
}

/// The holder's process id, if it lives.
fn holder(state: &Path) -> Option<u32> {
    let id: u32 = std::fs::read_to_string(state.join("pid")).ok()?.trim().parse().ok()?;
    let line = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
    line.ends_with(b"\0hold\0").then_some(id)
}

fn running() -> Result<u32, String> {
    holder(&state()?).ok_or_else(|| "no lab is up; make one: scripts/lab up".into())
}

pub(crate) fn up() -> Result<(), String> {
    let state = state()?;
    if holder(&state).is_some() {
        println!("The lab is up already.");
        return status();
    }
    for file in ["pid", "stop", "log"] {
        let _ = std::fs::remove_file(state.join(file));
    }
    let log = std::fs::File::create(state.join("log")).map_err(|e| format!("its log: {e}"))?;
    let err = log.try_clone().map_err(|e| e.to_string())?;
    let mut child = Command::new("/proc/self/exe")
        .arg("hold")
        .env("KEEPALIVED_LAB_STATE", &state)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(err)
        .process_group(0)
        .spawn()
        .map_err(|e| format!("cannot start the lab: {e}"))?;
    let start = Instant::now();
    while holder(&state).is_none() {
        let ended = child.try_wait().map_err(|e| e.to_string())?;
        if ended.is_some() || start.elapsed() > Duration::from_secs(20) {
            let log = std::fs::read_to_string(state.join("log")).unwrap_or_default();
            return Err(format!("the lab did not start\n{log}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("The lab is up: router-a, router-b and client; the routers share {VIP}.");
    println!("  scripts/lab status          who is master now (the first election takes 3.4 s)");
    println!("  scripts/lab shell client    then: ping {VIP}");
    println!("  scripts/lab shell router-a  then: kill -9 $(cat /run/daemon/router-a*/pid), ip address, ...");
    println!("  scripts/lab down            stop everything");
    Ok(())
}

/// Inside the sandbox: makes everything and waits.
pub(crate) fn hold() -> Result<(), String> {
    let state = state()?;
    let world = build();
    let mut daemons = Vec::new();
    for router in ROUTERS {
        daemons.push(start(&world, router)?);
    }
    // Only when all is there: `up` waits for this file.
    let (partial, pid) = (state.join("pid.new"), state.join("pid"));
    std::fs::write(&partial, std::process::id().to_string()).map_err(|e| e.to_string())?;
    std::fs::rename(partial, &pid).map_err(|e| e.to_string())?;
    while !state.join("stop").exists() {
        std::thread::sleep(Duration::from_millis(100));
        // Reaps one that was killed by hand.
        for daemon in &mut daemons {
            daemon.runs();
        }
    }
    for daemon in daemons.iter_mut().filter_map(|d| d.runs().then_some(d)) {
        daemon.stop();
    }
    std::fs::remove_file(pid).map_err(|e| e.to_string())
}

pub(crate) fn down() -> Result<(), String> {
    let state = state()?;
    if holder(&state).is_none() {
        println!("No lab is up.");
        return Ok(());
    }
    std::fs::write(state.join("stop"), "").map_err(|e| e.to_string())?;
    let start = Instant::now();
    while holder(&state).is_some() {
        if start.elapsed() > Duration::from_secs(15) {
            return Err(format!("the lab does not stop; see {}", state.join("log").display()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = std::fs::remove_dir_all(&state);
    println!("The lab is down; nothing of it is left.");
    Ok(())
}

/// `nsenter` into the holder's namespaces.
fn enter(id: u32) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--preserve-credentials", "--mount", "--target", &id.to_string()]);
    if !geteuid().is_root() {
        command.arg("--user");
    }
    command.arg("--");
    command
}

pub(crate) fn shell(node: &str) -> Result<(), String> {
    if node != "client" && !ROUTERS.contains(&node) {
        return Err(format!("there is no {node}: router-a, router-b or client"));
    }
    let id = running()?;
    let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".into());
    // Debian's prompt shows this name.
    let failed = enter(id).args(["ip", "netns", "exec", node, &shell]).env("debian_chroot", node).exec();
    Err(format!("nsenter (package util-linux): {failed}"))
}

pub(crate) fn status() -> Result<(), String> {
    let id = running()?;
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    let failed = enter(id).arg(me).arg("status-inside").exec();
    Err(format!("nsenter (package util-linux): {failed}"))
}

/// Inside the holder's namespaces.
pub(crate) fn status_inside() -> Result<(), String> {
    for (n, router) in ROUTERS.iter().enumerate() {
        let dir = PathBuf::from(format!("/run/daemon/{router}-{n}"));
        let id = std::fs::read_to_string(dir.join("pid")).unwrap_or_default();
        let runs = !id.is_empty() && Path::new("/proc").join(id.trim()).exists();
        let out = Command::new("ip").args(["-n", router, "-brief", "address", "show", "eth0"]).output();
        let out = out.map_err(|e| format!("ip (package iproute2): {e}"))?;
        let shown = String::from_utf8_lossy(&out.stdout).into_owned();
        let words: Vec<&str> = shown.split_whitespace().filter(|word| !word.starts_with("fe80")).collect();
        let holds = words.iter().any(|word| word.split('/').next() == Some(VIP));
        let state = match (runs, holds) {
            (true, true) => "MASTER",
            (true, false) => "not master",
            (false, _) => "not running",
        };
        println!("{router:<9} {state:<11} {}", words.join("  "));
        let log = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
        println!("{:<9} {}", "", log.lines().last().unwrap_or("(nothing logged)"));
    }
    Ok(())
}
