//! Starting one script.

use super::facts::search_path;
use super::nofile;
use super::priority::{self, Inherited};
use super::user::own;
use keepalived_core::config::scripts::{Identity, candidates};
use rustix::process::{
    Gid, Resource, Rlimit, Signal, Uid, getpid, getppid, set_parent_process_death_signal, setrlimit,
};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a script does not inherit, as in the C version.
const NOT_INHERITED: [&str; 3] = ["IFS", "LD_PRELOAD", "LD_LIBRARY_PATH"];

/// What becomes of a program when the thread ends that has started it, be it that somebody has killed us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It goes on: it has an end of its own, and is started often. To be asked to end it would have to be forked, and while a process is copied its other
    /// threads wait for memory: adverts would be late.
    Own,
    /// It is asked to end.
    Ours,
}

/// Starts a program, without a shell, in a process group of its own and without files. A script that lacks its `#!` line is run by `/bin/sh`.
///
/// # Errors
/// Why it could not be started: what exec said, or that the user could not be changed to.
pub(crate) fn spawn(argv: &[String], identity: &Identity, life: Life) -> io::Result<Child> {
    let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    // The check of the configuration has made it an absolute path already. Where nobody has checked, it is looked for in the same places.
    let places = candidates(program, &search_path());
    let program = places.iter().find(|path| Path::new(path).is_file()).or(places.first()).unwrap_or(program);
    match start(Command::new(program), arguments, identity, life) {
        // posix_spawn(3) does not try the shell, as execvp(3) does.
        Err(error) if error.raw_os_error() == Some(libc::ENOEXEC) => {
            let mut shell = Command::new("/bin/sh");
            shell.arg(program);
            start(shell, arguments, identity, life)
        }
        started => started,
    }
}

fn start(mut command: Command, arguments: &[String], identity: &Identity, life: Life) -> io::Result<Child> {
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    let own = own();
    let groups = |who: &Identity| who.groups.iter().copied().chain([who.gid]).collect::<BTreeSet<u32>>();
    let other = (identity.uid, identity.gid) != (own.uid, own.gid);
    // Only root can change groups, and nobody else has to: it is the same user.
    let user = (other || own.uid == 0 && groups(identity) != groups(&own)).then_some(identity);
    let change = Change { user, nofile: nofile::inherited(), priority: priority::inherited(), life };
    // With something to do in the child it has to be forked, which costs more than posix_spawn(3).
    if change.is_any() {
        change.in_the_child(&mut command);
    }
    command.spawn()
}

/// What changes between fork and exec.
struct Change<'a> {
    user: Option<&'a Identity>,
    nofile: Option<Rlimit>,
    priority: Option<Inherited>,
    life: Life,
}

impl Change<'_> {
    fn is_any(&self) -> bool {
        self.user.is_some() || self.nofile.is_some() || self.priority.is_some() || self.life == Life::Ours
    }

    #[allow(unsafe_code)]
    fn in_the_child(self, command: &mut Command) {
        let Change { user, nofile, priority, life } = self;
        let user = user.map(|user| {
            let groups: Vec<Gid> = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
            (groups, Uid::from_raw(user.uid), Gid::from_raw(user.gid))
        });
        let own = getpid();
        let change = move || {
            // As root still: a higher priority is not for everybody.
            if let Some(priority) = &priority {
                priority.give_back();
            }
            if let Some(nofile) = nofile {
                setrlimit(Resource::Nofile, nofile)?;
            }
            if let Some((groups, uid, gid)) = &user {
                set_thread_groups(groups)?;
                set_thread_res_gid(*gid, *gid, *gid)?;
                set_thread_res_uid(*uid, *uid, *uid)?;
            }
            if life == Life::Ours {
                // Another user's process begins without it, so it comes last. The kernel goes by the thread that has forked.
                set_parent_process_death_signal(Some(Signal::TERM))?;
                if getppid() != Some(own) {
                    return Err(io::Error::from_raw_os_error(libc::ESRCH));
                }
            }
            Ok(())
        };
        // SAFETY: it runs in the forked child, which has one thread, and makes up to eight system calls without allocating.
        unsafe { command.pre_exec(change) };
    }
}
