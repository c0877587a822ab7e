//! A process with namespaces of its own: nothing it makes outlives it, and nothing it breaks is the host's.

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};
use std::any::type_name;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};

const INSIDE: &str = "KEEPALIVED_SANDBOX";

/// Runs the body of a test in a process with private network and mount namespaces; where the caller is not root, also in a
/// user namespace in which it is. Inside, `/run` is an empty tmpfs, so names of namespaces and pid files collide with nobody's.
///
/// The test binary executes itself again for this one test: a user namespace can only be made by a process with one thread.
///
/// # Panics
/// When the test fails, or when the machine allows no namespaces while skipping is not allowed (see [`skip`]).
pub fn in_sandbox<F: FnOnce()>(body: F) {
    if inside() {
        body();
        return;
    }
    let Some(name) = test_name::<F>() else {
        panic!("in_sandbox must be called with a closure written in the test itself")
    };
    let mut again = Command::new("/proc/self/exe");
    again.args([name.as_str(), "--exact", "--nocapture", "--include-ignored", "--test-threads=1"]);
    match run(&mut again) {
        Ok(status) => assert!(status.success(), "{name} failed in its sandbox: {status}"),
        Err(e) => skip("namespaces", &format!("this machine allows no namespaces of our own: {e}")),
    }
}

/// For a program's `main`: returns in the sandbox only; outside, executes the program again inside and exits with its status.
pub fn enter_sandbox() {
    if inside() {
        return;
    }
    let mut again = Command::new("/proc/self/exe");
    again.args(std::env::args_os().skip(1));
    let code = match run(&mut again) {
        Ok(status) => status.code().unwrap_or(1),
        Err(e) => {
            eprintln!(
                "This machine allows no namespaces of our own ({e}).\n\
                 Run as root, or allow unprivileged user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, \
                 kernel.apparmor_restrict_unprivileged_userns)."
            );
            1
        }
    };
    std::process::exit(code);
}

/// Says loudly that a test did not run. With `CI=true` that is a failure, unless `KEEPALIVED_MAY_SKIP` (words separated by
/// commas) names the `kind`.
///
/// # Panics
/// See above.
pub fn skip(kind: &str, why: &str) {
    let allowed = std::env::var("KEEPALIVED_MAY_SKIP").unwrap_or_default();
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!ci || allowed.split(',').any(|word| word == kind), "NOT RUN, and CI may not skip it ({kind}): {why}");
    eprintln!("\n!!! NOT RUN ({kind}): {why}\n");
}

fn inside() -> bool {
    // Also a child of a sandboxed process sees the variable, but is inside as well.
    std::env::var_os(INSIDE).is_some()
}

/// `elections::two::{{closure}}` of crate `elections` is the test `two`.
fn test_name<F>() -> Option<String> {
    let (_crate, path) = type_name::<F>().split_once("::")?;
    Some(path.strip_suffix("::{{closure}}")?.to_owned())
}

/// Runs `command` in new namespaces and waits for it. It is killed when the caller dies.
///
/// # Errors
/// When the namespaces cannot be made or the program cannot be started.
fn run(command: &mut Command) -> io::Result<ExitStatus> {
    let (uid, gid) = (geteuid(), getegid());
    let (uid_map, gid_map) = (format!("0 {uid} 1"), format!("0 {gid} 1"));
    let setup = move || -> io::Result<()> {
        let mut flags = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC;
        if !uid.is_root() {
            flags |= CloneFlags::CLONE_NEWUSER;
        }
        unshare(flags)?;
        if !uid.is_root() {
            std::fs::write("/proc/self/setgroups", "deny")?;
            std::fs::write("/proc/self/uid_map", &uid_map)?;
            std::fs::write("/proc/self/gid_map", &gid_map)?;
        }
        let none: Option<&str> = None;
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
        mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), Some("mode=0755"))?;
        die_with_parent()
    };
    command.env(INSIDE, "1");
    // SAFETY: between fork and exec only system calls are made; the strings were made before the fork.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(setup);
    }
    command.status()
}

/// Asks the kernel to kill this process when the thread that started it ends.
///
/// # Errors
/// Never in practice: the call has no failure for a valid signal.
pub fn die_with_parent() -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number and touches no memory of ours.
    #[allow(unsafe_code)]
    let done = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
