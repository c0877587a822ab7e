//! Configurations of several files in real directories, and the options that concern their text.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

use keepalived::files::{Loaded, Wanted, load};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn instance(name: &str, vrid: u8) -> String {
    format!(
        "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n virtual_ipaddress {{\n 10.0.0.{vrid}\n }}\n}}\n"
    )
}

fn wanted(file: PathBuf) -> Wanted {
    Wanted { file, id: Some("main".into()), all_files: false, strict: false }
}

fn read(dir: &TempDir) -> Loaded {
    load(&wanted(dir.path().join("k.conf"))).unwrap()
}

fn names(loaded: &Loaded) -> Vec<String> {
    assert!(loaded.parsed.is_usable(), "{}", loaded.rendered(false));
    loaded.parsed.config.instances.iter().map(|i| i.name.to_string()).collect()
}

fn codes(loaded: &Loaded) -> Vec<&'static str> {
    loaded.parsed.diagnostics.iter().map(|d| d.code).collect()
}

fn keepalived(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepalived"));
    command.args(arguments).current_dir(dir).env("VRID_OF_TEST", "77").output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn files_come_in_the_order_of_their_names() {
    let files = [
        ("k.conf", "include conf.d/*.conf\ninclude conf.d/{y,x}.d/[^n]*\ninclude nowhere/*\n".to_owned()),
        ("conf.d/b.conf", instance("b", 1)),
        ("conf.d/B.conf", instance("B", 2)),
        ("conf.d/a.conf", instance("a", 3)),
        ("conf.d/.hidden.conf", instance("hidden", 4)),
        ("conf.d/old.conf~", instance("old", 5)),
        ("conf.d/x.d/x", instance("x", 6)),
        ("conf.d/y.d/y", instance("y", 7)),
        ("conf.d/y.d/no", instance("no", 8)),
    ];
    let dir = directory(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    assert_eq!(names(&read(&dir)), ["B", "a", "b", "y", "x"]);
    // The last pattern begins in a directory that is not there.
    assert_eq!(codes(&read(&dir)), ["missing-include"]);
}

#[test]
fn files_are_looked_for_from_where_they_are_named() {
    let one = format!("include ../two.conf\n{}", instance("one", 1));
    let dir =
        directory(&[("k.conf", "include sub/one.conf"), ("sub/one.conf", &one), ("two.conf", &instance("two", 2))]);
    let loaded = read(&dir);
    assert_eq!(names(&loaded), ["two", "one"]);
    let main = dir.path().join("k.conf");
    assert_eq!(loaded.source.files[0].name, main.to_string_lossy());
    assert_eq!(loaded.source.files[1].name, dir.path().join("sub/one.conf").to_string_lossy());
    // Names are as short as they were asked for.
    let output = keepalived(dir.path(), &["check", "k.conf"]);
    assert!(output.status.success(), "{}", stderr(&output));
    fs::write(dir.path().join("sub/one.conf"), "vrrp_instance {\n}\n").unwrap();
    let output = keepalived(dir.path(), &["check", "k.conf"]);
    assert!(stderr(&output).contains("--> sub/one.conf:1:1"), "{}", stderr(&output));
}

#[test]
fn links_are_followed_and_loops_are_not() {
    let dir = directory(&[("k.conf", "include d/*.conf"), ("real/r.conf", &instance("r", 1))]);
    fs::create_dir(dir.path().join("d")).unwrap();
    symlink("../real/r.conf", dir.path().join("d/link.conf")).unwrap();
    assert_eq!(names(&read(&dir)), ["r"]);
    symlink("../k.conf", dir.path().join("d/main.conf")).unwrap();
    assert!(codes(&read(&dir)).contains(&"include-loop"));
    fs::remove_file(dir.path().join("d/main.conf")).unwrap();
    symlink("nowhere", dir.path().join("d/dangling.conf")).unwrap();
    let loaded = read(&dir);
    assert_eq!(codes(&loaded), ["unreadable-include"]);
    assert!(loaded.rendered(false).contains("No such file or directory"), "{}", loaded.rendered(false));
}

#[test]
fn what_is_no_plain_file_is_skipped_with_its_reason() {
    let dir = directory(&[("k.conf", "include d/a.conf\ninclude d\ninclude d/*\ninclude d/fifo"), ("d/a.conf", "")]);
    fs::set_permissions(dir.path().join("d/a.conf"), Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(dir.path().join("d/sub")).unwrap();
    let made = Command::new("mkfifo").arg(dir.path().join("d/fifo")).status().unwrap();
    assert!(made.success());
    let loaded = read(&dir);
    let shown = loaded.rendered(false);
    assert_eq!(codes(&loaded), ["unreadable-include"; 5], "{shown}");
    for reason in ["it is executable", "is a directory", "it is no regular file"] {
        assert!(shown.contains(reason), "{shown}");
    }
}

#[test]
fn a_main_file_that_would_wait_for_a_writer_is_refused() {
    let dir = directory(&[]);
    let path = dir.path().join("k.conf");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    for path in [path, dir.path().to_owned(), "/dev/null".into()] {
        let error = load(&wanted(path)).unwrap_err().to_string();
        assert!(error.ends_with("it is no regular file"), "{error}");
    }
}

#[test]
fn a_file_that_may_not_be_read_is_named_with_the_reason() {
    let dir = directory(&[("k.conf", "include secret.conf\n"), ("secret.conf", "x")]);
    fs::set_permissions(dir.path().join("secret.conf"), Permissions::from_mode(0o000)).unwrap();
    if fs::read(dir.path().join("secret.conf")).is_ok() {
        eprintln!("SKIPPED: root reads everything");
        return;
    }
    assert!(read(&dir).rendered(false).contains("Permission denied"));
}

#[test]
fn ids_and_the_environment_come_from_outside() {
    let text = instance("V", 51).replace("interface", "@main priority 300\n@^main priority 301\ninterface");
    let text = text.replace("virtual_router_id 51", "virtual_router_id ${_ENV VRID_OF_TEST}");
    let dir = directory(&[("k.conf", &text)]);
    for (arguments, want) in [
        (&["check", "-i", "main", "k.conf"][..], "cannot be 300"),
        (&["-i", "main", "check", "k.conf"], "cannot be 300"),
        (&["check", "--config-id=other", "k.conf"], "cannot be 301"),
        (&["-t", "-f", "k.conf", "-i", "main"], "cannot be 300"),
    ] {
        let shown = stderr(&keepalived(dir.path(), arguments));
        assert!(shown.contains(want) && !shown.contains("VRID_OF_TEST"), "{arguments:?} {shown}");
    }
    // The id is the host's name up to its first dot.
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let host = host.split('.').next().unwrap();
    fs::write(dir.path().join("k.conf"), text.replace("@main", &format!("@{host}"))).unwrap();
    let shown = stderr(&keepalived(dir.path(), &["check", "k.conf"]));
    assert!(shown.contains("cannot be 300"), "{shown}");
}

#[test]
fn missing_files_can_be_errors() {
    let dir = directory(&[("k.conf", &format!("include nowhere.conf\n{}", instance("V", 1)))]);
    let status = |arguments: &[&str]| keepalived(dir.path(), arguments).status.code();
    assert_eq!(status(&["check", "k.conf"]), Some(0));
    assert_eq!(status(&["check", "-e", "k.conf"]), Some(1));
    assert_eq!(status(&["-t", "-f", "k.conf"]), Some(5));
    assert_eq!(status(&["-n", "-e", "-f", "k.conf", "-p", "k.pid"]), Some(2), "it is not started");
}

#[test]
fn a_file_that_is_included_often_is_kept_once() {
    let dir = directory(&[("k.conf", &"include ./a.conf\ninclude a.conf\n".repeat(50)), ("a.conf", "$X=1\n")]);
    assert_eq!(read(&dir).source.files.len(), 2);
}

#[test]
fn more_files_than_anybody_means_are_an_error() {
    let dir = directory(&[("k.conf", &format!("{}include d/*\n", instance("V", 1)))]);
    fs::create_dir(dir.path().join("d")).unwrap();
    for n in 0..=10_000 {
        fs::write(dir.path().join(format!("d/{n}")), "").unwrap();
    }
    let loaded = read(&dir);
    assert_eq!((codes(&loaded), loaded.is_usable()), (vec!["too-many"], false));
    fs::remove_file(dir.path().join("d/0")).unwrap();
    assert!(read(&dir).is_usable());
}

#[test]
fn the_working_directory_is_that_of_the_file() {
    let dir = directory(&[("k.conf", "include sub/a.conf"), ("sub/a.conf", "global_defs {\n router_id ${_PWD}\n}\n")]);
    let dump = keepalived(dir.path(), &["check", "k.conf"]);
    assert!(dump.status.success());
    let loaded = read(&dir);
    assert_eq!(loaded.source.files[1].directory, dir.path().canonicalize().unwrap().join("sub").to_string_lossy());
}
