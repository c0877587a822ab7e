//! A reload of the load balancer changes what it says and nothing else.
#![allow(clippy::expect_used)] // A test says what it expects.

mod director;
use director::*;
use keepalived_core::check::Input;
use keepalived_core::event::lvs::LvsEvent;
use keepalived_core::ipvs::IpvsCommand;
use keepalived_core::vrrp::ScriptStatus;
use keepalived_core::{Engine, config, reload};
use std::time::Duration;

const TCP: &str = "TCP_CHECK {\nconnect_timeout 2\nretry 2\ndelay_before_retry 1\nwarmup 0\n}";
const A: &str = "10.1.0.1";
const B: &str = "10.1.0.2";

fn web(lines: &str, reals: &[(&str, &str)]) -> String {
    let reals: Vec<String> = reals.iter().map(|(ip, lines)| format!("real_server {ip} 80 {{\n{lines}\n}}\n")).collect();
    format!(
        "virtual_server 10.0.0.1 80 {{\nprotocol TCP\nlvs_sched wrr\nlvs_method NAT\ndelay_loop 5\n{lines}\n{}}}\n",
        reals.concat()
    )
}

/// What the reload made of the kernel.
fn reload(director: &mut Director, text: &str) -> Vec<IpvsCommand> {
    director.commands.clear();
    director.configure(text);
    std::mem::take(&mut director.commands)
}

#[test]
fn a_changed_weight_is_one_command_and_disturbs_no_check() {
    let with = |weight: u32| web("", &[(A, &format!("weight {weight}\n{TCP}")), (B, TCP)]);
    let mut director = Director::new(&with(1));
    director.pass(secs(7));
    let (deadline, opened) = (director.engine.deadline(), director.opened.len());
    let commands = reload(&mut director, &with(5));
    assert!(matches!(&commands[..], [IpvsCommand::SetDestination(_, _, how)] if how.weight == 5), "{commands:?}");
    assert_eq!((director.engine.deadline(), director.opened.len()), (deadline, opened));
    let told = director.take_events();
    assert!(matches!(
        &told[told.len() - 2..],
        [LvsEvent::Configured { changed: 1, checks: 2, .. }, LvsEvent::Weight { from: 1, to: 5, .. }]
    ));
}

#[test]
fn health_and_retries_are_kept() {
    let with =
        |lines: &str, retry: u32| web(lines, &[(A, &TCP.replace("retry 2", &format!("retry {retry}"))), (B, TCP)]);
    let mut director = Director::new(&with("", 2));
    director.pass(secs(1));
    director.servers.insert(ip(A), Server::Refuses);
    // One failure, after 4 s.
    director.pass(secs(4));
    assert_eq!(reload(&mut director, &with("quorum 2", 1)), []);
    assert_eq!(director.table().len(), 3);
    director.pass(secs(1));
    assert_eq!(director.table().len(), 2, "the second failure is one too many now");
    assert_eq!(reload(&mut director, &with("", 7)), []);
    assert_eq!(director.table().len(), 2, "it stays down");
}

#[test]
fn a_dead_server_with_another_check_stays_dead_until_it_is_proven() {
    let other = TCP.replace("TCP_CHECK {", "TCP_CHECK {\nconnect_port 81").replace("warmup 0", "warmup 3");
    let mut director = Director::new(&web("", &[(A, TCP)]));
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(10));
    assert_eq!(reload(&mut director, &web("", &[(A, &other)])), []);
    director.servers.clear();
    director.pass(secs(4));
    assert_eq!(director.table().len(), 2);
    // A live one with another check stays up, even with `alpha`.
    assert_eq!(reload(&mut director, &web("alpha", &[(A, TCP)])), []);
}

#[test]
fn a_failing_check_that_is_removed_holds_nobody_down() {
    let other = TCP.replace("TCP_CHECK {", "TCP_CHECK {\nconnect_ip 10.1.0.77");
    let mut director = Director::new(&web("", &[(A, &format!("{TCP}\n{other}"))]));
    director.servers.insert(ip("10.1.0.77"), Server::Refuses);
    director.pass(secs(10));
    assert_eq!(director.table().len(), 1);
    director.configure(&web("", &[(A, TCP)]));
    assert_eq!(director.table().len(), 2);
}

#[test]
fn a_removed_server_goes_down_with_its_scripts() {
    let (a, b) = (format!("notify_down /a\n{TCP}"), format!("notify_down /b\n{TCP}"));
    let lines = "quorum_down /q";
    let mut director = Director::new(&web(lines, &[(A, &a), (B, &b)]));
    director.pass(secs(1));
    let commands = reload(&mut director, &web(lines, &[(B, &b)]));
    assert!(matches!(&commands[..], [IpvsCommand::DeleteDestination(..)]));
    assert_eq!(director.take_ran(), ["/a"]);
    director.take_opened();
    director.pass(secs(10));
    assert_eq!(director.take_opened().into_keys().collect::<Vec<_>>(), [ip(B)]);
    director.configure("");
    let mut ran = director.take_ran();
    ran.sort_unstable();
    assert_eq!((ran, director.table().len()), (vec!["/b".to_owned(), "/q".to_owned()], 0));
    director.pass(secs(60));
    assert_eq!(director.opened, []);
}

#[test]
fn a_service_that_moves_into_a_group_never_leaves_the_kernel() {
    let alone = web("", &[(A, TCP)]);
    let group = "virtual_server_group g {\n10.0.0.1 80\n10.0.0.2 80\n}\n";
    let grouped = format!("{group}{}", alone.replace("virtual_server 10.0.0.1 80", "virtual_server group g"));
    let mut director = Director::new(&alone);
    director.pass(secs(1));
    let commands = reload(&mut director, &grouped);
    assert!(
        matches!(&commands[..], [IpvsCommand::AddService(..), IpvsCommand::AddDestination(..)]),
        "the new one only: {commands:?}"
    );
    let commands = reload(&mut director, &alone);
    assert!(matches!(&commands[..], [IpvsCommand::DeleteService(_)]), "{commands:?}");
}

#[test]
fn a_sorry_server_comes_and_goes() {
    let plain = web("quorum 2", &[(A, "weight 1"), (B, TCP)]);
    let sorry = plain.replace("quorum 2", "quorum 2\nsorry_server 10.9.0.9 80");
    let mut director = Director::new(&plain);
    director.servers.insert(ip(B), Server::Refuses);
    director.pass(secs(20));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 1"]);
    director.configure(&sorry);
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.9.0.9:80 weight 1"]);
    director.configure(&plain);
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 1"]);
}

#[test]
fn a_script_that_runs_goes_on() {
    let with = |loops: u32| {
        let misc = format!("MISC_CHECK {{\nmisc_path /check\nmisc_timeout 4\nwarmup 0\ndelay_loop {loops}\n}}");
        web("", &[(A, &misc)])
    };
    let mut director = Director::bare(1);
    director.programs.insert("/check".into(), None);
    director.configure(&with(5));
    director.pass(secs(1));
    director.configure(&with(7));
    assert_eq!((director.running.len(), director.killed.len()), (1, 0));
    director.configure("");
    assert_eq!(director.killed.len(), 1, "nobody wants to know any more");
    director.end("/check", keepalived_core::vrrp::ScriptStatus::Exited(1));
    assert_eq!(director.engine.status(), []);
}

#[test]
fn a_new_server_that_others_know_already_fares_as_they_know() {
    let first = web("", &[(A, TCP)]);
    let second = first.replace("10.0.0.1 80", "10.0.0.2 80");
    let mut director = Director::new(&first);
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(10));
    director.configure(&format!("{first}{second}"));
    assert_eq!(director.table(), ["10.0.0.1:80", "10.0.0.2:80"]);
}

/// With `alpha` and another check; in front of it another virtual server that has the same.
fn proven(first: &str) -> (String, String) {
    let other = TCP.replace("warmup 0", "warmup 5\nconnect_port 81");
    let after = web("alpha", &[(A, &other), (B, &other)]);
    let front = after.replace("10.0.0.1", "10.0.0.9");
    (format!("{front}{first}"), format!("{front}{after}"))
}

/// Whichever stands first in the file.
#[test]
fn a_live_server_does_not_go_down_because_a_new_virtual_server_has_the_same_check() {
    let before = web("", &[(A, TCP), (B, TCP)]);
    let mut director = Director::new(&before);
    director.pass(secs(7));
    director.configure(&proven(&before).1);
    director.pass(secs(20));
    let went = director.take_events().into_iter().filter(|e| matches!(e, LvsEvent::Real { up: false, .. })).count();
    assert_eq!((went, director.table().len()), (0, 6));
}

/// Once: not again when the check that it went down with, which another virtual server had already, fails for the first time.
#[test]
fn a_server_that_goes_down_with_a_reload_is_told_once() {
    let before = web("", &[(A, TCP), (B, TCP)]);
    let mut director = Director::new(&before);
    director.pass(secs(7));
    director.servers.insert(ip(A), Server::Refuses);
    director.servers.insert(ip(B), Server::Refuses);
    director.take_events();
    let (front, both) = proven(&before);
    director.configure(&front);
    director.configure(&both);
    director.pass(secs(20));
    let events = director.take_events();
    let down = |service: &str| {
        let told =
            |e: &&LvsEvent| matches!(e, LvsEvent::Real { up: false, service: of, .. } if of.to_string() == service);
        events.iter().filter(told).count()
    };
    assert_eq!((down("TCP 10.0.0.9:80"), down("TCP 10.0.0.1:80")), (2, 2), "{events:#?}");
}

#[test]
fn what_a_crashed_predecessor_left_goes_on_untouched() {
    let config = web("", &[(A, TCP), (B, TCP)]);
    let left = Director::new(&config).kernel;
    let mut director = Director::bare(1);
    director.kernel = left;
    director.configure(&config);
    director.pass(secs(10));
    assert_eq!(director.commands, []);
}

#[test]
fn the_plan_names_what_changes() {
    let lvs = |text: &str| {
        let parsed = config::parse(&config::Source::single("lvs.conf", text));
        assert!(parsed.is_usable());
        parsed.config.lvs
    };
    let second = |lines: &str| web(lines, &[(A, TCP)]).replace("10.0.0.1 80", "10.0.0.2 80");
    let old = lvs(&format!("{}{}", web("quorum 1", &[(A, TCP), (B, TCP)]), second("")));
    let new = lvs(&web("quorum 2", &[(A, &format!("weight 3\n{TCP}")), (B, TCP)]));
    let plan = reload::balancer(&reload::Balancer::of(&old), &reload::Balancer::of(&new));
    assert_eq!(plan.servers, [(reload::Change::Absorb(vec!["quorum", "weight"]), Some(0))]);
    assert_eq!(plan.removed, [1]);
}

#[test]
fn an_input_after_the_end_does_nothing() {
    let mut director = Director::new(&web("", &[(A, TCP)]));
    director.input(Input::Stop { keep_table: false });
    assert!(director.stopped);
    director.commands.clear();
    director.configure(&web("", &[(B, TCP)]));
    director.pass(secs(100));
    assert_eq!((director.commands.len(), director.engine.deadline()), (0, None));
}

#[test]
fn a_weight_that_a_script_said_outlives_another_pace() {
    let with = |delay: u32| {
        let misc = format!("MISC_CHECK {{\nmisc_path /check\nmisc_dynamic\nwarmup 0\ndelay_loop {delay}\n}}");
        let other = web("", &[(A, &misc)]).replace("10.0.0.1 80", "10.0.0.2 80");
        let own = misc.replace(&format!("delay_loop {delay}"), "delay_loop 100");
        format!("{}{other}", web("", &[(A, &own)]))
    };
    let mut director = Director::bare(1);
    director.programs.insert("/check".into(), Some(ScriptStatus::Exited(22)));
    director.configure(&with(100));
    director.pass(secs(1));
    let before = director.table();
    assert_eq!(before.iter().filter(|line| line.ends_with("weight 20")).count(), 2, "{before:?}");
    director.programs.insert("/check".into(), None);
    assert_eq!(reload(&mut director, &with(50)), []);
}

#[test]
fn a_changed_check_of_a_living_server_has_its_retries() {
    let other = TCP.replace("TCP_CHECK {", "TCP_CHECK {\nconnect_port 81");
    let mut director = Director::new(&web("", &[(A, TCP)]));
    director.pass(secs(7));
    director.servers.insert(ip(A), Server::Refuses);
    director.servers.insert(ip(B), Server::Refuses);
    // The one is changed, the other is new.
    director.configure(&web("", &[(A, &other), (B, TCP)]));
    director.pass(Duration::from_millis(1500));
    assert_eq!(director.table().len(), 3, "two failures are forgiven");
    director.pass(secs(1));
    assert_eq!(director.table().len(), 1);
    // At the start one is enough.
    let mut fresh = Director::bare(1);
    fresh.servers = director.servers.clone();
    fresh.configure(&web("", &[(A, TCP)]));
    fresh.pass(Duration::from_millis(1));
    assert_eq!(fresh.table().len(), 1);
}

/// Of a check that two virtual servers share.
#[test]
fn another_pace_loses_neither_the_time_of_a_check_nor_a_retry() {
    let with = |delay: u32| {
        let check = TCP.replace("warmup 0", &format!("warmup 3600\ndelay_loop {delay}"));
        let first = web("", &[(A, &check)]);
        format!("{}{first}", first.replace("10.0.0.1", "10.0.0.9"))
    };
    let mut director = Director::new(&with(10));
    director.pass(secs(4000));
    director.configure(&with(6));
    director.take_opened();
    director.pass(secs(6));
    assert_eq!(director.take_opened().get(&ip(A)), Some(&1), "the time that it had, or sooner");
    director.servers.insert(ip(A), Server::Refuses);
    while director.opened.is_empty() {
        director.pass(Duration::from_millis(100));
    }
    director.configure(&with(10));
    assert_eq!(director.table().len(), 4, "one failure is forgiven");
    director.pass(secs(2));
    assert_eq!(director.table().len(), 2, "the others come a second apart");
}
