use super::*;
use crate::process::facts::walk;
use crate::process::user::own;
use keepalived_core::config::scripts::facts::{Broken, Kind};
use keepalived_core::config::scripts::rules::{Flaw, flaw};
use keepalived_core::config::scripts::{Identity, SECURITY};
use keepalived_core::config::{parse, render_line};
use quickcheck::quickcheck;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::Path;
use tempfile::TempDir;

fn is_root() -> bool {
    own().uid == 0
}

/// Two scripts, of which the second is fine.
fn judged(globals: &str, script: &str) -> (Parsed, Vec<String>) {
    let text = format!(
        "global_defs {{\n {globals}\n}}\nvrrp_instance VI_1 {{\n interface lo1\n virtual_router_id 1\n virtual_ipaddress {{\n \
         10.0.0.1\n }}\n notify_master \"{script} now\"\n notify_stop \"/bin/true\"\n}}\n"
    );
    let source = Source::single("test", text);
    let mut parsed = parse(&source);
    assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
    check_scripts(&mut parsed, &source);
    let lines = parsed.diagnostics.iter().map(|diagnostic| render_line(diagnostic, &source)).collect();
    (parsed, lines)
}

fn master(parsed: &Parsed) -> Option<String> {
    parsed.config.instances[0].notify.master.as_ref().map(|script| script.argv.join(" "))
}

const SECURE: &str = "enable_script_security\n script_user root";

fn set(path: &Path, mode: u32, uid: u32, gid: u32) {
    chown(path, Some(uid), Some(gid)).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn script(directory: &TempDir, mode: u32) -> String {
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let path = directory.path().join("script");
    fs::write(&path, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_cannot_run_is_taken_out_and_told_at_its_words() {
    let dir = tempfile::tempdir().unwrap();
    let plain = script(&dir, 0o644);
    let directory = dir.path().to_str().unwrap().to_owned();
    for (program, what) in [
        ("/no/such/script", "`/no/such/script` does not exist; `/no` does not exist; it is not run"),
        ("no-such-program-anywhere", "there is no `no-such-program-anywhere` in PATH; looked for in /"),
        (&*plain, "is not executable for user root; it is mode 0644, user "),
        (&*directory, "is not a program; it is a directory"),
        (&*format!("{plain}/more"), "does not exist; `"),
    ] {
        let (parsed, lines) = judged("script_user root", program);
        assert!(lines[0].starts_with("test:10:16: warning: ") && lines[0].contains(what), "{lines:?}");
        assert_eq!(master(&parsed), None);
        assert!(parsed.config.instances[0].notify.stop.is_some());
    }
}

#[test]
fn a_script_of_nobody_is_taken_out() {
    let (parsed, lines) = judged("script_user no-such-user", "/bin/true");
    assert!(lines[0].starts_with("test:2:14: warning: there is no user no-such-user; "), "{lines:?}");
    assert_eq!((lines.len(), master(&parsed)), (1, None));
    if nix::unistd::User::from_name("keepalived_script").unwrap().is_none() {
        let (parsed, lines) = judged("enable_script_security", "/bin/true");
        assert!(lines[0].contains("there is no user keepalived_script"), "{lines:?}");
        assert_eq!(master(&parsed), None);
    }
}

#[test]
fn programs_are_run_as_they_were_found() {
    let (parsed, lines) = judged(SECURE, "true");
    let found = master(&parsed).unwrap();
    assert!(found.starts_with('/') && found.ends_with("/true now"), "{found}");
    assert!(lines[0].contains("`true` is looked for in PATH; "), "{lines:?}");
    let (parsed, lines) = judged(SECURE, "bin/true");
    assert_eq!(master(&parsed).as_deref(), Some("/bin/true now"));
    assert!(lines[0].contains("`bin/true` is not a full path"), "{lines:?}");
}

#[test]
fn that_security_is_off_is_told_once() {
    let told = |globals: &str| {
        let (parsed, _) = judged(globals, "/bin/true");
        parsed.diagnostics.iter().filter(|diagnostic| SECURITY.contains(&diagnostic.code)).count()
    };
    assert_eq!((told(SECURE), told("script_user root")), (0, 1));
}

#[test]
fn what_others_can_change_is_told_and_with_security_taken_out() {
    if !is_root() {
        return;
    }
    type Spoil = fn(&Path);
    let cases: [(Spoil, &str); 6] = [
        (|dir| set(&dir.join("script"), 0o755, 65534, 0), "script` belongs to user nobody"),
        (|dir| set(&dir.join("script"), 0o775, 0, 65534), "script` is writable by group nogroup"),
        (|dir| set(&dir.join("script"), 0o757, 0, 0), "script` is writable by everybody"),
        (|dir| set(dir, 0o755, 65534, 0), "belongs to user nobody, the way to `/"),
        (|dir| set(dir, 0o775, 0, 65534), "is writable by group nogroup, the way to `/"),
        (|dir| set(dir, 0o777, 0, 0), "is writable by everybody, the way to `/"),
    ];
    for (spoil, what) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = script(&dir, 0o755);
        // /tmp is sticky.
        assert_eq!(judged(SECURE, &path).1, [""; 0]);
        spoil(dir.path());
        let (parsed, lines) = judged(SECURE, &path);
        assert!(lines.len() == 1 && lines[0].contains(what), "{lines:?}");
        assert_eq!(master(&parsed), None);
        let (parsed, lines) = judged("script_user root", &path);
        assert!(lines.iter().any(|line| line.contains(what)), "{lines:?}");
        assert!(master(&parsed).is_some());
        // Who cannot do harm with it may run it.
        assert_eq!(judged("enable_script_security\n script_user nobody", &path).1, [""; 0]);
    }
}

#[test]
fn every_link_on_the_way_counts() {
    if !is_root() {
        return;
    }
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = script(&dir, 0o755);
    // other/first -> other/second -> dir, and the script in it by both.
    symlink(dir.path(), other.path().join("second")).unwrap();
    symlink("second", other.path().join("first")).unwrap();
    let by_links = other.path().join("first/script");
    let by_links = by_links.to_str().unwrap();
    set(other.path(), 0o755, 0, 0);
    assert_eq!(judged(SECURE, by_links).1, [""; 0], "the C version refuses this");
    set(other.path(), 0o777, 0, 0);
    assert!(judged(SECURE, by_links).1[0].contains("is writable by everybody"), "{:?}", judged(SECURE, by_links).1);
    assert_eq!(judged(SECURE, &path).1, [""; 0]);
    set(other.path(), 0o755, 0, 0);
    lchown(other.path().join("second"), Some(65534), None).unwrap();
    assert!(judged(SECURE, by_links).1[0].contains("second` belongs to user nobody"));
}

#[test]
fn a_way_is_gone_as_the_kernel_goes_it() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(dir.path().join("inner")).unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    symlink("loop", dir.path().join("loop")).unwrap();
    symlink("../file", dir.path().join("inner/up")).unwrap();
    let end = |path: &str| walk(&at(path)).parts.last().map(|part| (part.path.clone(), part.kind));
    assert_eq!(end("inner/up"), Some((at("file"), Kind::File)));
    assert_eq!(end("inner/.././inner//../file"), Some((at("file"), Kind::File)));
    let broken = |path: &str| walk(&at(path)).broken;
    assert_eq!(broken("file"), None);
    assert_eq!(broken("loop"), Some((at("loop"), Broken::Loop)));
    assert_eq!(broken("file/more"), Some((at("file"), Broken::NotADirectory)));
    assert_eq!(broken("nothing/more"), Some((at("nothing"), Broken::Missing)));
    assert_eq!(walk("/").parts.len(), 1);
}

/// Whether the kernel lets `who` execute `path`.
fn kernel_says(path: &Path, who: &Identity) -> bool {
    let raw = |gid: &u32| rustix::process::Gid::from_raw(*gid);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let (uid, gid) = (rustix::process::Uid::from_raw(who.uid), raw(&who.gid));
            set_thread_groups(&who.groups.iter().map(raw).collect::<Vec<_>>()).unwrap();
            set_thread_res_gid(gid, gid, gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
            accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
        });
        asked.join().unwrap()
    })
}

#[test]
fn a_regular_expression_that_pcre2_does_not_read_is_told_at_its_words() {
    let read = |pattern: &str| {
        let url = format!("url {{\n path /\n regex \"{pattern}\"\n }}");
        let text =
            format!("virtual_server 10.0.0.1 80 {{\n real_server 10.0.0.2 80 {{\n HTTP_GET {{\n {url}\n }}\n }}\n}}\n");
        let source = Source::single("test", text);
        let mut parsed = parse(&source);
        assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
        check_scripts(&mut parsed, &source);
        let is_bad = |diagnostic: &&keepalived_core::config::Diagnostic| diagnostic.code == "bad-regex";
        (parsed.is_usable(), parsed.diagnostics.iter().find(is_bad).map(|found| render_line(found, &source)))
    };
    assert_eq!(read("a{1,2}[a-b]"), (true, None));
    let (usable, line) = read("[b-a]");
    assert!(!usable);
    let line = line.expect("it is told");
    assert!(line.starts_with("test:6:8:") && line.contains("range out of order in character class"), "{line}");
}

quickcheck! {
    /// Who may execute what is said as the kernel says it, whatever the owners and permissions of a file and its directory are.
    fn who_may_execute_is_the_kernels_answer(owners: (u8, u8, u8, u8), modes: (u16, u16), who: (u8, u8, u8)) -> bool {
        if !is_root() {
            return true;
        }
        let id = |n: u8| [0, 4001, 4002][usize::from(n) % 3];
        let who = Identity { uid: id(who.0), gid: id(who.1), groups: vec![id(who.2)] };
        let dir = tempfile::tempdir().unwrap();
        set(dir.path(), 0o755, 0, 0);
        let inner = dir.path().join("inner");
        let path = inner.join("script");
        fs::create_dir(&inner).unwrap();
        fs::write(&path, "#!/bin/sh\n").unwrap();
        set(&path, u32::from(modes.1) & 0o777, id(owners.2), id(owners.3));
        set(&inner, u32::from(modes.0) & 0o777, id(owners.0), id(owners.1));
        let facts = walk(path.to_str().unwrap());
        matches!(flaw(&facts, &who), None | Some(Flaw::Weak(..))) == kernel_says(&path, &who)
    }
}
