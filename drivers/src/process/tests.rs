use super::user::own;
use super::*;
use crate::log::Log;
use keepalived_core::config::model::{Credentials, Global};
use keepalived_core::config::scripts::NoUser;
use keepalived_core::net::Name;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::{Duration, Instant};

fn limited(running: usize, waiting: usize) -> (Scripts, Ends) {
    let log = Log::start(Vec::new(), Level::Error).unwrap();
    Scripts::start(log, Part::Checkers, Limits { running, waiting }).unwrap()
}

fn scripts() -> (Scripts, Ends) {
    limited(1024, 1024)
}

fn run(id: u64, argv: &[&str]) -> ScriptRun {
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    ScriptRun { id: ScriptId(id), owner: Name::from("VI_1"), argv, user: None }
}

/// Who runs a script that names `user`.
fn runner(user: Option<&str>) -> Runner {
    Global::default().runner(user.map(|user| Credentials::new(user, None)).as_ref())
}

fn shell(id: u64, script: &str) -> ScriptRun {
    run(id, &["/bin/sh", "-c", script])
}

fn wait_for(path: &Path) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => assert!(Instant::now() < until, "{} did not appear", path.display()),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn every_end_is_told() {
    let (scripts, mut results) = scripts();
    scripts.run(shell(1, "exit 3"), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(3))));
    scripts.run(shell(2, "kill -USR1 $$"), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(2), ScriptStatus::Signalled(10))));
    scripts.run(run(3, &["/no/such/program"]), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(3), ScriptStatus::NotStarted(Errno(libc::ENOENT)))));
    scripts.run(run(4, &["/etc/passwd"]), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(4), ScriptStatus::NotStarted(Errno(libc::EACCES)))));
    scripts.run(shell(5, "exit 0"), runner(Some("no-such-user")));
    assert_eq!(results.blocking_recv(), Some((ScriptId(5), ScriptStatus::NotStarted(Errno(libc::EINVAL)))));
}

#[test]
fn a_script_has_the_limit_of_open_files_that_we_were_started_with() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let dir = tempfile::tempdir().unwrap();
    let (scripts, _results) = scripts();
    // One less than it may be: it can be raised by that, with or without the right to raise more.
    let maximum = getrlimit(Resource::Nofile).maximum;
    let most = maximum.unwrap_or(1 << 16);
    setrlimit(Resource::Nofile, Rlimit { current: Some(most - 1), maximum }).unwrap();
    assert_eq!(nofile::raise(most), most);
    assert_eq!(getrlimit(Resource::Nofile).current, Some(most));
    let word = |limit: Option<u64>| limit.map_or("unlimited".to_owned(), |limit| limit.to_string());
    let (soft, hard) = (most - 1, word(maximum));
    for (id, user) in [(1, None), (2, Some("nobody"))] {
        if user.is_some() && own().uid != 0 {
            continue;
        }
        let file = dir.path().join(id.to_string());
        // The file is made by us: that user may not.
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        scripts.run(shell(id, &format!("echo $(ulimit -Sn) $(ulimit -Hn) >{}", file.display())), runner(user));
        assert_eq!(wait_for(&file), format!("{soft} {hard}\n"));
    }
}

#[test]
fn a_script_without_its_first_line_is_run_by_the_shell() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("script");
    std::fs::write(&path, "exit $1\n").unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (scripts, mut results) = scripts();
    scripts.run(run(1, &[path.to_str().unwrap(), "7"]), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(7))));
    if own().uid == 0 {
        scripts.run(run(2, &[path.to_str().unwrap(), "8"]), runner(Some("nobody")));
        assert_eq!(results.blocking_recv(), Some((ScriptId(2), ScriptStatus::Exited(8))));
    }
}

#[test]
fn many_at_once() {
    let (scripts, mut results) = scripts();
    for id in 0..64 {
        scripts.run(shell(id, &format!("exit {id}")), runner(None));
    }
    let mut ended: Vec<_> = (0..64).map(|_| results.blocking_recv().unwrap()).collect();
    ended.sort_unstable();
    let expected: Vec<_> = (0..64).map(|id| (ScriptId(id), ScriptStatus::Exited(u8::try_from(id).unwrap()))).collect();
    assert_eq!(ended, expected);
}

#[test]
fn a_kill_reaches_the_whole_group() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let (scripts, mut results) = scripts();
    scripts.run(shell(1, &format!("sleep 1000 & echo $! >{}; wait", pid.display())), runner(None));
    let grandchild: i32 = wait_for(&pid).trim().parse().unwrap();
    scripts.kill(ScriptId(1));
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Signalled(9))));
    let until = Instant::now() + Duration::from_secs(20);
    // It is somebody else's to reap, so it may stay a zombie.
    while std::fs::read_to_string(format!("/proc/{grandchild}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < until, "the grandchild lives");
        std::thread::sleep(Duration::from_millis(10));
    }
    scripts.kill(ScriptId(1));
    scripts.kill(ScriptId(99));
    scripts.run(shell(2, "exit 0"), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(2), ScriptStatus::Exited(0))), "stray kills harm nobody");
}

#[test]
fn a_script_has_its_own_group_no_input_and_a_clean_environment() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let (scripts, mut results) = scripts();
    let script = format!(
        "exec >{}; read line && echo input; cut -d ' ' -f 5 /proc/$$/stat; echo $$; echo ${{LD_PRELOAD-none}}",
        out.display()
    );
    scripts.run(shell(1, &script), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(0))));
    let text = std::fs::read_to_string(&out).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(words.len(), 3, "{text}");
    assert_eq!(words[0], words[1], "it leads its process group");
    assert_eq!(words[2], "none");
}

#[test]
fn credentials_are_taken_on() {
    if own().uid != 0 {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(dir.path(), Some(65534), None).unwrap();
    let out = dir.path().join("out");
    let (scripts, mut results) = scripts();
    scripts.run(shell(1, &format!("id -u >{0}; id -g >>{0}; id -G >>{0}", out.display())), runner(Some("nobody")));
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(0))));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "65534\n65534\n65534\n");
}

#[test]
fn groups_are_those_that_were_asked_for() {
    if own().uid != 0 {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (scripts, mut results) = scripts();
    let run = |id: u64, supplementary| {
        let out = dir.path().join(id.to_string());
        let root = Credentials { supplementary, ..Credentials::new("root", Some("1")) };
        scripts
            .run(shell(id, &format!("id -g >{0}; id -G >>{0}", out.display())), Global::default().runner(Some(&root)));
        out
    };
    let (alone, all) = (run(1, false), run(2, true));
    assert!(results.blocking_recv().is_some() && results.blocking_recv().is_some());
    assert_eq!(std::fs::read_to_string(alone).unwrap(), "1\n1\n");
    assert_eq!(std::fs::read_to_string(all).unwrap().split_whitespace().next(), Some("1"));
    assert!(std::fs::read_to_string(dir.path().join("2")).unwrap().split_whitespace().any(|group| group == "0"));
}

#[test]
fn a_relative_name_is_looked_up_from_the_root_of_the_file_system() {
    let (scripts, mut results) = scripts();
    scripts.run(run(1, &["bin/sh", "-c", "exit 5"]), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(5))));
    scripts.run(run(2, &["sh", "-c", "exit 6"]), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(2), ScriptStatus::Exited(6))));
}

#[test]
fn so_many_run_and_so_many_wait() {
    let dir = tempfile::tempdir().unwrap();
    let gate = dir.path().join("gate");
    let (scripts, mut results) = limited(2, 3);
    let wait = format!("while ! test -e {}; do sleep 0.01; done", gate.display());
    scripts.run(shell(1, &wait), runner(None));
    scripts.run(shell(2, &wait), runner(None));
    // Until both run they wait, too.
    while scripts.mailbox.waiting.load(Ordering::Relaxed) > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    for id in 3..=6 {
        scripts.run(shell(id, "exit 0"), runner(None));
    }
    let not_started = |errno| ScriptStatus::NotStarted(Errno(errno));
    assert_eq!(results.blocking_recv(), Some((ScriptId(6), not_started(libc::EAGAIN))));
    scripts.kill(ScriptId(4));
    assert_eq!(results.blocking_recv(), Some((ScriptId(4), not_started(libc::ECANCELED))));
    scripts.run(shell(7, "exit 7"), runner(None));
    std::fs::write(&gate, "").unwrap();
    let mut ended: Vec<_> = (0..5).map(|_| results.blocking_recv().unwrap()).collect();
    ended.sort_unstable();
    let exited = |id, status| (ScriptId(id), ScriptStatus::Exited(status));
    assert_eq!(ended, [exited(1, 0), exited(2, 0), exited(3, 0), exited(5, 0), exited(7, 7)]);
}

#[test]
fn thousands_are_all_answered() {
    let (scripts, mut results) = limited(16, 100_000);
    for id in 0..2000 {
        scripts.run(run(id, &["/no/such/program"]), runner(None));
    }
    scripts.run(shell(2000, "sleep 1000"), runner(None));
    scripts.kill_all();
    let ended: BTreeSet<_> = (0..=2000).map(|_| results.blocking_recv().unwrap().0).collect();
    assert_eq!(ended.len(), 2001);
}

/// How many children of this process are called `name`, those that have ended included.
fn children(name: &str) -> usize {
    let own = std::process::id().to_string();
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        let (before, after) = stat.rsplit_once(") ")?;
        Some(before.ends_with(&format!("({name}")) && after.split(' ').nth(1)? == own)
    });
    all.filter(|is| *is).count()
}

#[test]
fn who_is_killed_at_the_end_is_buried() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // A name of its own: other tests have children too.
    let program = dir.path().join("to-be-buried");
    std::fs::copy("/bin/sleep", &program).unwrap();
    let (scripts, mut results) = scripts();
    for id in 0..20 {
        scripts.run(run(id, &[program.to_str().unwrap(), "3600"]), runner(None));
    }
    let until = Instant::now() + Duration::from_secs(20);
    while children("to-be-buried") < 20 {
        assert!(Instant::now() < until, "they are not started");
        std::thread::sleep(Duration::from_millis(10));
    }
    scripts.kill_all();
    drop(scripts);
    // The helper has ended when nobody can tell an end any more.
    while results.blocking_recv().is_some() {}
    assert_eq!(children("to-be-buried"), 0);
}

#[test]
fn the_user_database_is_asked_once() {
    let (scripts, mut results) = scripts();
    let gone = runner(Some("was-there-when-the-file-was-read"));
    user::note(vec![(gone.clone(), Ok(own()))]);
    scripts.run(shell(1, "exit 7"), gone.clone());
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(7))));
    user::note(vec![(gone.clone(), Err(NoUser::User(String::new())))]);
    scripts.run(shell(2, "exit 7"), gone);
    assert_eq!(results.blocking_recv(), Some((ScriptId(2), ScriptStatus::NotStarted(Errno(libc::EINVAL)))));
}

/// A file system that answers nothing until it is dropped, seen by this thread and those that it starts.
struct Hung(#[allow(dead_code, reason = "closed at the end")] std::fs::File, tempfile::TempDir);

impl Hung {
    /// `None`: we may not, or this kernel has none.
    fn mount() -> Option<Hung> {
        let fuse = std::fs::File::options().read(true).write(true).open("/dev/fuse").ok()?;
        let dir = tempfile::tempdir().unwrap();
        let (at, options) = (
            std::ffi::CString::new(dir.path().to_str()?).ok()?,
            std::ffi::CString::new(format!("fd={},rootmode=40000,user_id=0,group_id=0", fuse.as_raw_fd())).ok()?,
        );
        #[allow(unsafe_code)]
        // SAFETY: all strings outlive the calls; the namespace is this thread's own.
        let done = unsafe {
            libc::unshare(libc::CLONE_NEWNS) == 0
                && libc::mount(
                    c"none".as_ptr(),
                    c"/".as_ptr(),
                    std::ptr::null(),
                    libc::MS_REC | libc::MS_PRIVATE,
                    std::ptr::null(),
                ) == 0
                && libc::mount(c"hung".as_ptr(), at.as_ptr(), c"fuse".as_ptr(), 0, options.as_ptr().cast()) == 0
        };
        done.then_some(Hung(fuse, dir))
    }
}

#[test]
fn a_file_system_that_does_not_answer_holds_up_nobody() {
    let Some(hung) = Hung::mount() else { return };
    let program = hung.1.path().join("script");
    let (scripts, mut results) = scripts();
    for id in 1..=20 {
        scripts.run(run(id, &[program.to_str().unwrap()]), runner(None));
    }
    scripts.run(shell(21, "exit 3"), runner(None));
    assert_eq!(results.blocking_recv(), Some((ScriptId(21), ScriptStatus::Exited(3))));
    // Whether it is being started or waits: it has not run.
    for id in [1, 20] {
        scripts.kill(ScriptId(id));
        assert_eq!(results.blocking_recv(), Some((ScriptId(id), ScriptStatus::NotStarted(Errno(libc::ECANCELED)))));
    }
    drop(hung);
    let ended: BTreeSet<_> = (2..=19).map(|_| results.blocking_recv().unwrap().0.0).collect();
    assert_eq!(ended, (2..=19).collect());
    drop(scripts);
    assert_eq!(results.blocking_recv(), None, "each is answered once");
}

#[test]
fn a_reader_ends_with_the_thread_that_has_started_it() {
    let mut users = vec![own()];
    if own().uid == 0 {
        users.push(user::resolve(&runner(Some("nobody"))).unwrap());
    }
    for identity in users {
        let argv = ["/bin/sleep".to_owned(), "3600".to_owned()];
        let mut child =
            std::thread::spawn(move || spawn::spawn(&argv, &identity, spawn::Life::Ours).unwrap()).join().unwrap();
        assert_eq!(outcome(child.wait().unwrap()), ScriptStatus::Signalled(15));
    }
}

#[test]
fn what_is_only_read_does_not_change_who_runs_what_is_in_force() {
    use keepalived_core::config::{Source, parse};
    let (scripts, mut results) = scripts();
    let gone = runner(Some("was-there-before-the-reload"));
    user::note(vec![(gone.clone(), Ok(own()))]);
    let text = "vrrp_instance VI_1 {\n interface lo1\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n \
                notify_master /bin/true was-there-before-the-reload\n}\n";
    let source = Source::single("test", text.to_owned());
    let found = checks::check_scripts(&mut parse(&source), &source);
    scripts.run(shell(1, "exit 7"), gone.clone());
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(7))));
    user::note(found);
    scripts.run(shell(2, "exit 7"), gone);
    assert_eq!(results.blocking_recv(), Some((ScriptId(2), ScriptStatus::NotStarted(Errno(libc::EINVAL)))));
}

/// What a thread has and its programs do not is noted once in a process: in this test only.
#[test]
fn a_script_has_the_priority_that_we_were_started_with() {
    use rustix::process::{getpriority_process, setpriority_process};
    let dir = tempfile::tempdir().unwrap();
    let before = getpriority_process(None).unwrap();
    if own().uid != 0 || before > 15 {
        // Nobody else may have it back.
        return;
    }
    priority::note();
    setpriority_process(None, before + 3).unwrap();
    let cpus = rustix::thread::sched_getaffinity(None).unwrap();
    let first = (0..rustix::thread::CpuSet::MAX_CPU).find(|cpu| cpus.is_set(*cpu)).unwrap();
    let mut one = rustix::thread::CpuSet::new();
    one.set(first);
    rustix::thread::sched_setaffinity(None, &one).unwrap();
    let (scripts, mut results) = scripts();
    let out = dir.path().join("out");
    let script = format!("(cut -d ' ' -f 19 /proc/$$/stat; nproc) >{}", out.display());
    scripts.run(shell(1, &script), runner(Some("root")));
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(0))));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), format!("{before}\n{}\n", cpus.count()));
}
