//! The command line from outside: what it prints and by which status it ends.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_core::Time;
use keepalived_core::trace::{Key, Recorder};
use keepalived_core::vrrp::{Input, Vrrp};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

// Whether there is an eth0 on this machine is of no concern.
const GOOD: &str = "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        \
                    10.0.0.1\n    }\n}\nglobal_defs {\n    dynamic_interfaces\n}\n";

fn keepalived(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keepalived")).args(arguments).output().expect("it can be started")
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn file(text: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("keepalived.conf");
    std::fs::write(&path, text).expect("a file");
    (dir, path)
}

fn name(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn help_names_every_option_of_the_c_version() {
    let output = keepalived(&["-h"]);
    assert_eq!(status(&output), 0);
    let help = stdout(&output);
    let options = "use-file vrrp check no_bfd all log-console log-detail log-facility log-file flush-log-file no-syslog umask \
                   release-vips dont-release-vrrp dont-release-ipvs dont-respawn dont-fork dump-conf pid vrrp_pid \
                   checkers_pid bfd_pid address-monitoring genhash snmp snmp-agent-socket namespace core-dump \
                   core-dump-pattern all-config config-id signum config-test ignore-sigint version help";
    for option in options.split_whitespace() {
        assert!(help.contains(&format!("--{option}")), "--{option} is missing in\n{help}");
    }
    insta::assert_snapshot!(help);
    let short = Command::new(env!("CARGO_BIN_EXE_keepalived")).arg("--help").output().expect("it can be started");
    assert!(stdout(&short).contains("Without a command it runs as a daemon"));
}

#[test]
fn version_goes_to_standard_error_in_the_known_form() {
    for option in ["-v", "--version"] {
        let output = keepalived(&[option]);
        assert_eq!((status(&output), stdout(&output)), (0, String::new()));
        assert!(stderr(&output).starts_with("Keepalived v0."), "{}", stderr(&output));
    }
}

#[test]
fn signal_numbers_are_those_of_the_c_version() {
    let numbers =
        [("STOP", "15"), ("RELOAD", "1"), ("DATA", "10"), ("STATS", "12"), ("STATS_CLEAR", "63"), ("JSON", "36")];
    for (function, number) in numbers {
        let output = keepalived(&[&format!("--signum={function}")]);
        assert_eq!((status(&output), stdout(&output)), (0, format!("{number}\n")));
    }
    let output = keepalived(&["--signum", "reload"]);
    assert_eq!((status(&output), stderr(&output)), (1, "Unknown sigfunc reload\n".to_owned()));
}

#[test]
fn bad_options_end_with_1_and_name_themselves() {
    for (arguments, word) in [
        (&["--no-such-option"][..], "--no-such-option"),
        (&["-Z"], "-Z"),
        (&["-f"], "--use-file"),
        (&["--record-limit", "0"], "--record-limit"),
        (&["-T"], "--server"),
        (&["-n", "-T"], "--genhash"),
        (&["chekc"], "chekc"),
    ] {
        let output = keepalived(arguments);
        assert_eq!(status(&output), 1, "{arguments:?}");
        assert!(stderr(&output).contains(word), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn a_test_has_the_statuses_of_the_c_version() {
    let test = |text: &str| {
        let (_dir, path) = file(text);
        let output = keepalived(&["-t", "-f", name(&path)]);
        (status(&output), stderr(&output))
    };
    assert_eq!(test(GOOD), (0, String::new()));
    let (status_of_mistake, text) = test(&GOOD.replace("virtual_router_id 51", "virtual_router_id 510"));
    assert_eq!(status_of_mistake, 5);
    assert!(text.contains("keepalived.conf:3") && text.contains("510"), "{text}");
    let (status_of_warning, text) = test(&format!("{GOOD}virtual_server 10.0.0.1 80 {{\n}}\n"));
    assert_eq!(status_of_warning, 5);
    assert!(text.contains("virtual_server"), "{text}");
    assert_eq!(test("").0, 4);
    let output = keepalived(&["-t", "-f", "/no/such/file"]);
    assert_eq!(status(&output), 4);
    assert!(stderr(&output).contains("/no/such/file"));
}

#[test]
fn a_test_can_write_into_a_file() {
    let (dir, path) = file("vrrp_instance {\n");
    let out = dir.path().join("out");
    let output = keepalived(&[&format!("-t={}", name(&out)), "-f", name(&path)]);
    assert_eq!((status(&output), stderr(&output)), (5, String::new()));
    assert!(std::fs::read_to_string(&out).expect("a report").contains("vrrp_instance"));
    let output = keepalived(&["--config-test=/no/such/directory/out", "-f", name(&path)]);
    assert_eq!(status(&output), 1);
}

#[test]
fn check_ends_with_0_while_it_can_be_run() {
    let check = |text: &str| {
        let (_dir, path) = file(text);
        let output = keepalived(&["check", name(&path)]);
        (status(&output), stderr(&output))
    };
    let (fine, text) = check(GOOD);
    assert!(fine == 0 && text.ends_with("nothing to complain of\n"), "{text}");
    let (warned, text) = check(&format!("{GOOD}virtual_server 10.0.0.1 80 {{\n}}\n"));
    assert_eq!(warned, 0, "{text}");
    assert!(text.contains("warning"), "{text}");
    assert_eq!(check(&GOOD.replace("interface eth0", "")).0, 1);
    assert_eq!(status(&keepalived(&["check", "/no/such/file"])), 1);
}

/// Runs with `text` on standard input.
fn with_input(arguments: &[&str], text: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_keepalived"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be started");
    // It need not read everything, or anything, before it ends.
    let _ = child.stdin.take().expect("a pipe").write_all(text.as_bytes());
    child.wait_with_output().expect("it ends")
}

#[test]
fn check_reads_standard_input() {
    let output = with_input(&["check", "-"], &GOOD.replace("51", "510"));
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("<stdin>:3:23"), "{}", stderr(&output));
    assert_eq!(status(&with_input(&["check", "-"], GOOD)), 0);
}

#[test]
fn check_prints_json() {
    let text = GOOD.replace("51", "510").replacen("interface", "prioritty 3\n interface", 1);
    let all = stdout(&with_input(&["check", "--format", "json", "--explain-defaults", "-"], GOOD));
    let all: serde_json::Value = serde_json::from_str(&all).expect("JSON");
    let names = |of: &serde_json::Value| of["keyword"].as_str().unwrap_or_default().to_owned();
    let objects = all["in_force"]["blocks"].as_array().expect("a list");
    let instance = objects.iter().find(|object| names(object) == "vrrp_instance").expect("the instance");
    let values = instance["values"].as_array().expect("a list");
    let priority = values.iter().find(|value| names(value) == "priority").expect("its priority");
    assert_eq!(
        (&priority["value"], &priority["origin"], &instance["words"][0]),
        (&"100".into(), &"default".into(), &"VI_1".into())
    );
    let output = with_input(&["check", "--format", "json", "-"], &text);
    assert!(!stdout(&output).contains("in_force"));
    assert_eq!((status(&output), stderr(&output)), (1, String::new()));
    insta::assert_snapshot!("json", stdout(&output));
    for (file, verdict, expected) in [("/no/such/file", "refused", 1), ("-", "fine", 0)] {
        let output = with_input(&["check", "--format=json", file], GOOD);
        assert_eq!(status(&output), expected);
        assert!(stdout(&output).contains(&format!("\"verdict\": \"{verdict}\"")), "{}", stdout(&output));
    }
}

#[test]
fn strict_refuses_warnings() {
    let text = GOOD.replacen("interface", "prioritty 3\n interface", 1);
    let (_dir, path) = file(&text);
    assert_eq!(status(&keepalived(&["check", name(&path)])), 0);
    let output = keepalived(&["check", "--strict", name(&path)]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).ends_with("1 warning; the configuration is refused (--strict)\n"), "{}", stderr(&output));
    assert_eq!(status(&keepalived(&["--strict", "check", name(&path)])), 1);
    let (_good, good) = file(GOOD);
    assert_eq!(status(&keepalived(&["check", "--strict", name(&good)])), 0);
    let dir = tempfile::tempdir().expect("a directory");
    let pid = dir.path().join("pid");
    let output = keepalived(&["--strict", "-n", "-f", name(&path), "-p", name(&pid)]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("has warnings, and --strict refuses them"), "{}", stderr(&output));
    assert!(!pid.exists());
}

#[test]
fn only_a_terminal_sees_colours() {
    let (_dir, path) = file(&GOOD.replace("51", "510"));
    assert!(!stderr(&keepalived(&["check", name(&path)])).contains('\u{1b}'));
}

#[test]
fn every_command_has_help() {
    for command in ["check", "explain", "fmt", "replay", "completion"] {
        for option in ["-h", "--help"] {
            let output = keepalived(&[command, option]);
            assert_eq!(status(&output), 0, "{command} {option}: {}", stderr(&output));
            assert!(stdout(&output).contains(&format!("Usage: keepalived {command}")), "{}", stdout(&output));
        }
    }
}

#[test]
fn codes_and_keywords_are_explained() {
    let list = stdout(&keepalived(&["explain"]));
    assert!(list.lines().count() > 40 && list.contains("out-of-range"), "{list}");
    for word in ["out-of-range", "error[out-of-range]", "`out-of-range`"] {
        let output = keepalived(&["explain", word]);
        assert_eq!(status(&output), 0);
        assert!(stdout(&output).starts_with("out-of-range (error): "), "{}", stdout(&output));
    }
    let keyword = stdout(&keepalived(&["explain", "advert_int"]));
    assert!(keyword.starts_with("advert_int SECONDS\n") && keyword.contains("default: 1"), "{keyword}");
    let output = keepalived(&["explain", "out-of-rage"]);
    assert_eq!((status(&output), stdout(&output)), (1, String::new()));
    assert!(stderr(&output).contains("did you mean `out-of-range`?"), "{}", stderr(&output));
}

#[test]
fn files_are_formatted() {
    let ugly = GOOD.replace("    ", "\t").replace(" {", "\n{");
    let (_dir, path) = file(&ugly);
    assert_eq!(stdout(&keepalived(&["fmt", name(&path)])), GOOD);
    assert_eq!(stdout(&with_input(&["fmt", "-"], &ugly)), GOOD);
    let output = keepalived(&["fmt", "--check", name(&path)]);
    assert_eq!((status(&output), stdout(&output)), (1, String::new()));
    assert!(stderr(&output).contains(":1: not in its normal form"), "{}", stderr(&output));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("rights");
    let link = path.with_file_name("link");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    assert_eq!(status(&keepalived(&["fmt", "--write", name(&link)])), 0);
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), GOOD);
    assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o640);
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_dir(path.parent().expect("a directory")).expect("a directory").count(), 2);
    assert_eq!(status(&keepalived(&["fmt", "--check", name(&path)])), 0);
}

#[test]
fn a_file_that_is_not_understood_is_not_formatted() {
    let text = GOOD.replacen('}', "", 1);
    let (_dir, path) = file(&text);
    let output = keepalived(&["fmt", "--write", name(&path)]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("a block is not closed"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), text);
}

#[test]
fn shells_complete_words() {
    for shell in ["bash", "zsh", "fish"] {
        let output = keepalived(&["completion", shell]);
        assert_eq!(status(&output), 0);
        for word in ["dont-fork", "explain", "virtual_router_id", "out-of-range"] {
            assert!(stdout(&output).contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn a_start_without_a_usable_configuration_fails_in_the_caller() {
    let dir = tempfile::tempdir().expect("a directory");
    let pid = dir.path().join("pid");
    for foreground in [&["-n"][..], &[]] {
        let start = |file: &str| {
            let mut arguments = vec!["-f", file, "-p", name(&pid)];
            arguments.extend(foreground);
            keepalived(&arguments)
        };
        let output = start("/no/such/file");
        assert_eq!(status(&output), 6);
        assert!(stderr(&output).contains("/no/such/file"));

        let (_empty, path) = file("");
        assert_eq!(status(&start(name(&path))), 6);

        let (_wrong, path) = file(&GOOD.replace("51", "510"));
        let output = start(name(&path));
        assert_eq!(status(&output), 2);
        assert!(stderr(&output).contains("keepalived.conf:3"), "{}", stderr(&output));
        assert!(!pid.exists());
    }
}

#[test]
fn replay_refuses_what_is_no_recording() {
    let (_dir, path) = file(GOOD);
    let output = keepalived(&["replay", name(&path)]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("not a recording"), "{}", stderr(&output));
    assert_eq!(status(&keepalived(&["replay", "/no/such/file"])), 1);
}

/// Begins a recording, and adds a step in which an idle engine is said to have stopped.
fn diverging() -> Vec<u8> {
    let mut recorder = Recorder::new(Key::new([1; 16]), "a test");
    let mut bytes = recorder.begin(Time::from_secs(5), 0, 0, &Vrrp::new(1)).expect("a beginning");
    recorder.step(Time::from_secs(6), &Input::Timeout);
    bytes.extend_from_slice(recorder.end().expect("a step"));
    recorder.step(Time::from_secs(7), &Input::Timeout);
    recorder.output(&keepalived_core::vrrp::Output::Stopped);
    bytes.extend_from_slice(recorder.end().expect("a step"));
    bytes
}

#[test]
fn replay_tells_where_it_diverges_and_where_it_is_cut() {
    let (_dir, path) = file("");
    let replay = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("a file");
        let output = keepalived(&["replay", name(&path)]);
        (status(&output), stdout(&output))
    };
    let bytes = diverging();
    let (diverged, story) = replay(&bytes);
    assert_eq!(diverged, 1, "{story}");
    assert!(story.contains("DIVERGENCE at step 2") && story.contains("recorded: stopped"), "{story}");
    let (cut, story) = replay(&bytes[..bytes.len() - 1]);
    assert_eq!(cut, 0, "{story}");
    assert!(story.contains("ends within a step") && story.contains("1 steps replayed"), "{story}");
}

#[test]
fn options_that_have_no_effect_yet_say_so() {
    let output = keepalived(&["-nx", "-M", "-f", "/no/such/file"]);
    assert_eq!(status(&output), 6);
    let text = stderr(&output);
    assert!(
        text.contains("-x/--snmp has no effect") && text.contains("-M/--core-dump-pattern has no effect"),
        "{text}"
    );
}

/// Notify scripts mount file systems, load modules, set names and open devices, for the whole machine: the unit must not put them into
/// namespaces or filters of their own (systemd.exec(5)).
#[test]
fn the_unit_does_not_shut_scripts_in() {
    let unit = include_str!("../keepalived.service");
    let set: Vec<&str> = unit.lines().filter(|line| !line.starts_with('#')).collect();
    let namespaces =
        ["Protect", "Private", "ReadOnly", "ReadWrite", "Inaccessible", "TemporaryFileSystem", "Mount", "Bind"];
    let filters =
        ["Restrict", "SystemCall", "DeviceAllow", "DevicePolicy", "NoNewPrivileges", "MemoryDeny", "Capability"];
    for name in namespaces.iter().chain(&filters) {
        assert!(!set.iter().any(|line| line.starts_with(name)), "{name}");
    }
    for line in ["Type=notify", "NotifyAccess=main", "ExecReload=/bin/kill -HUP $MAINPID"] {
        assert!(set.contains(&line), "{line}");
    }
    assert!(
        unit.contains("\nExecStart=/usr/sbin/keepalived --dont-fork "),
        "Type=notify needs the process that was started"
    );
}
