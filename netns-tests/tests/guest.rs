//! `scripts/guest` hands back what the command said, and how it ended.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_netns_tests::sandbox::skip;
use std::path::Path;
use std::process::{Command, Stdio};

/// Exit status, standard output, standard error.
fn guest(arguments: &[&str]) -> Option<(i32, String, String)> {
    // The script would install what is missing; a test does not.
    let here = |path: &&str| Path::new(path).exists();
    if !["/usr/bin/qemu-system-x86_64", "/bin/busybox"].iter().all(here) || cfg!(not(target_arch = "x86_64")) {
        skip("guest", "qemu or busybox is not installed (scripts/guest --prepare)");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/guest");
    let done = Command::new(script).args(arguments).stdin(Stdio::null()).output().expect("scripts/guest runs");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Some((done.status.code().expect("it exits"), text(&done.stdout), text(&done.stderr)))
}

#[test]
fn output_and_status_are_the_commands_own() {
    let line = "uname -v; echo second >&2; touch /nobody-sees-this; printf %s \"$0\"; exit 42";
    let Some((status, out, err)) = guest(&["--", "sh", "-c", line, "a 'b' $c\n"]) else { return };
    assert_eq!(status, 42, "{err}");
    let (kernel, argument) = out.split_once('\n').expect("two lines");
    assert!(kernel.contains("Debian"), "{kernel}");
    assert_eq!(argument, "a 'b' $c\n");
    assert!(err.lines().any(|line| line == "second"), "{err}");
    assert!(!Path::new("/nobody-sees-this").exists());
}

#[test]
fn a_signal_a_panic_and_the_limit_have_statuses_of_their_own() {
    let ends = [
        (137, &["--", "sh", "-c", "kill -9 $$"][..]),
        (125, &["--", "sh", "-c", "echo c >/proc/sysrq-trigger; sleep 60"][..]),
        (124, &["--limit", "20", "--", "sleep", "1000"][..]),
    ];
    for (wanted, arguments) in ends {
        let Some((status, _, err)) = guest(arguments) else { return };
        assert_eq!(status, wanted, "{arguments:?}\n{err}");
    }
}

#[test]
fn in_virtual_time_sleeping_costs_nothing() {
    let clock = "cut -d ' ' -f 1 /proc/uptime; sleep 3600; cut -d ' ' -f 1 /proc/uptime";
    let real = std::time::Instant::now();
    let Some((status, out, err)) = guest(&["--virtual-time", "--", "sh", "-c", clock]) else { return };
    assert_eq!(status, 0, "{err}");
    let times: Vec<f64> = out.lines().map(|line| line.parse().expect("seconds")).collect();
    let slept = times[1] - times[0];
    assert!((3600.0..3600.1).contains(&slept), "{slept} s");
    assert!(real.elapsed().as_secs() < 600, "an hour took {:?}", real.elapsed());
}
