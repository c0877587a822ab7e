use super::user::Identity;
use super::*;
use crate::log::Log;
use keepalived_core::net::Name;
use std::path::Path;
use std::time::{Duration, Instant};

fn scripts() -> (Scripts, Receiver<(ScriptId, ScriptStatus)>) {
    Scripts::start(Log::start(Vec::new(), Level::Error).unwrap()).unwrap()
}

fn run(id: u64, argv: &[&str]) -> ScriptRun {
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    ScriptRun { id: ScriptId(id), owner: Name::from("VI_1"), argv, user: None }
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
    scripts.run(shell(1, "exit 3"), None);
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(3))));
    scripts.run(shell(2, "kill -USR1 $$"), None);
    assert_eq!(results.blocking_recv(), Some((ScriptId(2), ScriptStatus::Signalled(10))));
    scripts.run(run(3, &["/no/such/program"]), None);
    assert_eq!(results.blocking_recv(), Some((ScriptId(3), ScriptStatus::NotStarted(Errno(libc::ENOENT)))));
    scripts.run(run(4, &["/etc/passwd"]), None);
    assert_eq!(results.blocking_recv(), Some((ScriptId(4), ScriptStatus::NotStarted(Errno(libc::EACCES)))));
    let nobody = Credentials { user: "no-such-user".to_owned(), group: None };
    scripts.run(shell(5, "exit 0"), Some(&nobody));
    assert_eq!(results.blocking_recv(), Some((ScriptId(5), ScriptStatus::NotStarted(Errno(libc::EINVAL)))));
}

#[test]
fn a_script_without_its_first_line_is_run_by_the_shell() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("script");
    std::fs::write(&path, "exit $1\n").unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (scripts, mut results) = scripts();
    scripts.run(run(1, &[path.to_str().unwrap(), "7"]), None);
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(7))));
    if Identity::own().uid == 0 {
        let nobody = Credentials { user: "nobody".to_owned(), group: None };
        scripts.run(run(2, &[path.to_str().unwrap(), "8"]), Some(&nobody));
        assert_eq!(results.blocking_recv(), Some((ScriptId(2), ScriptStatus::Exited(8))));
    }
}

#[test]
fn many_at_once() {
    let (scripts, mut results) = scripts();
    for id in 0..64 {
        scripts.run(shell(id, &format!("exit {id}")), None);
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
    scripts.run(shell(1, &format!("sleep 1000 & echo $! >{}; wait", pid.display())), None);
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
    scripts.run(shell(2, "exit 0"), None);
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
    scripts.run(shell(1, &script), None);
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(0))));
    let text = std::fs::read_to_string(&out).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(words.len(), 3, "{text}");
    assert_eq!(words[0], words[1], "it leads its process group");
    assert_eq!(words[2], "none");
}

#[test]
fn credentials_are_taken_on() {
    if Identity::own().uid != 0 {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(dir.path(), Some(65534), None).unwrap();
    let out = dir.path().join("out");
    let (scripts, mut results) = scripts();
    let nobody = Credentials { user: "nobody".to_owned(), group: None };
    scripts.run(shell(1, &format!("id -u >{0}; id -g >>{0}; id -G >>{0}", out.display())), Some(&nobody));
    assert_eq!(results.blocking_recv(), Some((ScriptId(1), ScriptStatus::Exited(0))));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "65534\n65534\n65534\n");
}
