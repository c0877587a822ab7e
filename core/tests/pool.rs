//! The pool of real servers: checks come and go, and the kernel's table, the scripts and the FIFOs follow.
#![allow(clippy::expect_used)] // A test says what it expects.

mod director;
use director::*;
use keepalived_core::check::Input;
use keepalived_core::event::lvs::LvsEvent;
use keepalived_core::event::lvs_log::sentence;
use keepalived_core::ipvs::{IpvsCommand, SyncRole};
use keepalived_core::vrrp::{ScriptStatus, State};
use std::time::Duration;

/// A virtual server with these lines, and its real servers, each with lines of its own.
fn web(lines: &str, reals: &[(&str, &str)]) -> String {
    let reals: Vec<String> = reals.iter().map(|(ip, lines)| format!("real_server {ip} 80 {{\n{lines}\n}}\n")).collect();
    format!(
        "virtual_server 10.0.0.1 80 {{\nprotocol TCP\nlvs_sched wrr\nlvs_method NAT\ndelay_loop 5\n{lines}\n{}}}\n",
        reals.concat()
    )
}

const TCP: &str = "TCP_CHECK {\nconnect_timeout 2\nretry 2\ndelay_before_retry 1\nwarmup 0\n}";
const A: &str = "10.1.0.1";
const B: &str = "10.1.0.2";

fn two(lines: &str) -> String {
    web(lines, &[(A, TCP), (B, TCP)])
}

#[test]
fn a_dead_server_leaves_the_pool_within_its_retries_and_comes_back() {
    let mut director = Director::new(&two(""));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 1", "-> 10.1.0.2:80 weight 1"]);
    director.pass(secs(7));
    director.servers.insert(ip(A), Server::Refuses);
    // The next check fails after 3 s, and is made again twice, after 1 s each.
    director.pass(secs(4));
    assert_eq!(director.table().len(), 3);
    director.pass(secs(1));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.2:80 weight 1"]);
    let told = director.take_events();
    assert!(
        told.iter()
            .any(|e| matches!(e, LvsEvent::CheckFailed { failures: 3, check, .. } if check == "TCP_CHECK 10.1.0.1:80"))
    );
    assert!(told.iter().any(|e| matches!(e, LvsEvent::Real { up: false, weight: (1, 1), .. })));
    director.servers.clear();
    director.pass(secs(5));
    assert_eq!(director.table().len(), 3);
    let told = director.take_events();
    assert!(matches!(&told[..], [LvsEvent::CheckPassed { .. }, LvsEvent::Real { up: true, .. }]), "{told:?}");
}

#[test]
fn a_check_that_this_machine_could_not_make_says_nothing_of_the_server() {
    let mut director = Director::new(&two("").replacen("connect_timeout", "bind_if eth7\nconnect_timeout", 1));
    director.servers.insert(ip(A), Server::Unreached);
    director.pass(secs(60));
    assert_eq!(director.table().len(), 3);
    let told = director.take_events();
    let not_made =
        told.iter().find(|event| matches!(event, LvsEvent::CheckNotMade { .. })).map(|event| sentence(event).1);
    assert_eq!(
        not_made.as_deref(),
        Some(
            "server 10.1.0.1:80: TCP_CHECK 10.1.0.1:80 with bind_if eth7 cannot be made here: too many open files (errno 24); \
             the server stays as it was"
        )
    );
    assert!(director.take_opened()[&ip(A)] >= 12, "it is tried at its times");
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(8));
    assert_eq!(director.table().len(), 2);
    director.servers.insert(ip(A), Server::Unreached);
    director.pass(secs(60));
    assert_eq!(director.table().len(), 2);
    director.servers.clear();
    director.pass(secs(6));
    assert_eq!(director.table().len(), 3);
}

#[test]
fn an_attempt_ends_at_its_deadline() {
    let mut director = Director::new(&two(""));
    director.pass(secs(1));
    director.servers.insert(ip(A), Server::Silent);
    director.take_opened();
    // 4 s until the next check, 2 s for each attempt, 1 s between them.
    director.pass(secs(11));
    assert_eq!(director.table().len(), 3);
    director.pass(secs(1));
    assert_eq!(director.table().len(), 2);
    assert_eq!(director.take_opened()[&ip(A)], 3);
}

#[test]
fn with_alpha_a_server_is_down_until_it_is_proven() {
    let check = TCP.replace("warmup 0", "warmup 0\nalpha");
    let config = web("", &[(A, &format!("notify_down /down\n{check}")), (B, &check)]);
    let mut director = Director::bare(1);
    director.servers.insert(ip(A), Server::Refuses);
    director.configure(&config);
    assert_eq!(director.table(), ["10.0.0.1:80"]);
    director.pass(secs(1));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.2:80 weight 1"]);
    director.pass(secs(30));
    assert_eq!(director.take_ran(), ["/down"], "told once that it was never up");
}

#[test]
fn inhibited_servers_stay_with_weight_0() {
    let mut director = Director::new(&web("inhibit_on_failure", &[(A, &format!("weight 3\n{TCP}")), (B, TCP)]));
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(10));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 0", "-> 10.1.0.2:80 weight 1"]);
    assert!(!director.commands.iter().any(|c| matches!(c, IpvsCommand::DeleteDestination(..))));
}

#[test]
fn quorum_scripts_alternate_and_the_sorry_server_steps_in() {
    let lines = "quorum 2\nquorum_up /up\nquorum_down /down\nsorry_server 10.9.0.9 80";
    let mut director = Director::new(&format!("global_defs {{\nlvs_notify_fifo /run/f\n}}\n{}", two(lines)));
    director.pass(secs(1));
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(10));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.9.0.9:80 weight 1"]);
    director.servers.insert(ip(B), Server::Refuses);
    director.pass(secs(20));
    director.servers.clear();
    director.pass(secs(10));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 1", "-> 10.1.0.2:80 weight 1"]);
    assert_eq!(director.take_ran(), ["/up", "/down", "/up"]);
    assert_eq!(
        director.take_fifo(),
        [
            "VS [10.0.0.1]:tcp:80 UP",
            "RS [10.1.0.1]:tcp:80 [10.0.0.1]:tcp:80 DOWN",
            "VS [10.0.0.1]:tcp:80 DOWN",
            "RS [10.1.0.2]:tcp:80 [10.0.0.1]:tcp:80 DOWN",
            "RS [10.1.0.1]:tcp:80 [10.0.0.1]:tcp:80 UP",
            "RS [10.1.0.2]:tcp:80 [10.0.0.1]:tcp:80 UP",
            "VS [10.0.0.1]:tcp:80 UP",
        ]
    );
}

#[test]
fn an_inhibited_sorry_server_waits_with_weight_0() {
    let lines = "sorry_server 10.9.0.9 80\nsorry_server_inhibit\ninhibit_on_failure";
    let mut director = Director::new(&web(lines, &[(A, TCP)]));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 1", "-> 10.9.0.9:80 weight 0"]);
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(10));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 0", "-> 10.9.0.9:80 weight 1"]);
}

#[test]
fn a_sorry_server_that_is_a_real_server_too() {
    let mut director = Director::new(&web(&format!("sorry_server {A} 80"), &[(A, TCP)]));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 1"]);
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(10));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 1"], "better than nobody");
}

#[test]
fn the_start_with_a_sorry_server_and_nobody_proven() {
    let check = TCP.replace("warmup 0", "warmup 0\nalpha");
    let lines = "sorry_server 10.9.0.9 80\nquorum_up /up\nquorum_down /down";
    let mut director = Director::new(&web(lines, &[(A, &check)]));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.9.0.9:80 weight 1"]);
    assert_eq!(director.take_ran(), ["/down"]);
    director.pass(secs(1));
    assert_eq!(
        (director.table(), director.take_ran()),
        (vec!["10.0.0.1:80".into(), "-> 10.1.0.1:80 weight 1".into()], vec!["/up".to_owned()])
    );
}

#[test]
fn several_checks_must_all_succeed() {
    let other = TCP.replace("TCP_CHECK {", "TCP_CHECK {\nconnect_ip 10.1.0.77");
    let mut director = Director::new(&web("", &[(A, &format!("{TCP}\n{other}"))]));
    director.servers.insert(ip("10.1.0.77"), Server::Refuses);
    director.pass(secs(10));
    assert_eq!(director.table(), ["10.0.0.1:80"]);
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(10));
    director.servers.remove(&ip("10.1.0.77"));
    director.pass(secs(10));
    assert_eq!(director.table(), ["10.0.0.1:80"], "the other one has failed meanwhile");
    director.servers.clear();
    director.pass(secs(10));
    assert_eq!(director.table().len(), 2);
}

#[test]
fn the_same_check_is_made_once_for_all() {
    let first = two("");
    let second = first.replace("10.0.0.1 80", "10.0.0.2 80");
    let mut director = Director::new(&format!("{first}{second}"));
    director.pass(secs(4));
    assert_eq!(director.take_opened(), [(ip(A), 1), (ip(B), 1)].into());
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(10));
    assert_eq!(director.table().len(), 4);
    let failed = director.events.iter().filter(|e| matches!(e, LvsEvent::CheckFailed { .. })).count();
    assert_eq!(failed, 1);
}

#[test]
fn real_servers_without_checks_are_up_at_once() {
    let mut director = Director::new(&web("", &[(A, "weight 7"), (B, "weight 0")]));
    director.pass(secs(60));
    assert_eq!(director.table(), ["10.0.0.1:80", "-> 10.1.0.1:80 weight 7", "-> 10.1.0.2:80 weight 0"]);
    assert_eq!(director.opened, []);
}

#[test]
fn several_urls_are_asked_for_one_in_each_loop() {
    let urls = "HTTP_GET {\nurl {\npath /a\nstatus_code 200\n}\nurl {\npath /b\nstatus_code 200\n}\nconnect_timeout 2\nwarmup 0\nalpha\n}";
    let mut director = Director::new(&web("", &[(A, urls)]));
    director.pass(secs(4));
    assert_eq!(director.table().len(), 1);
    director.pass(secs(2));
    assert_eq!(director.table().len(), 2, "after the second URL");
    let fast = urls.replace("alpha", "alpha\nfast_recovery");
    let mut director = Director::new(&web("", &[(A, &fast)]));
    director.pass(secs(1));
    assert_eq!(director.table().len(), 2, "at once");
    director.pass(secs(3));
    assert_eq!(director.take_opened()[&ip(A)], 2, "in the usual rhythm from then on");
}

const MISC: &str =
    "MISC_CHECK {\nmisc_path /check\nmisc_timeout 3\nmisc_dynamic\nretry 1\ndelay_before_retry 1\nwarmup 0\n}";

#[test]
fn a_script_says_the_weight() {
    let mut director = Director::new(&web("", &[(A, &format!("weight 10\n{MISC}"))]));
    let mut with = |status: u8| {
        director.programs.insert("/check".into(), Some(ScriptStatus::Exited(status)));
        director.pass(secs(7));
        director.table().get(1).cloned().unwrap_or_default()
    };
    assert_eq!(with(0), "-> 10.1.0.1:80 weight 10");
    assert_eq!(with(22), "-> 10.1.0.1:80 weight 20");
    assert_eq!(with(2), "-> 10.1.0.1:80 weight 0");
    assert_eq!(with(255), "-> 10.1.0.1:80 weight 253");
    assert_eq!(with(1), "");
    assert_eq!(with(0), "-> 10.1.0.1:80 weight 10");
    let weights = director.events.iter().filter(|e| matches!(e, LvsEvent::Weight { .. })).count();
    assert_eq!(weights, 3);
}

#[test]
fn a_script_that_hangs_is_killed_and_counts_as_a_failure() {
    let mut director = Director::bare(1);
    director.programs.insert("/check".into(), None);
    director.configure(&web("", &[(A, MISC)]));
    director.pass(secs(2));
    assert_eq!((director.running.len(), director.killed.len()), (1, 0));
    director.pass(secs(1) + Duration::from_millis(1));
    assert_eq!((director.killed.len(), director.table().len()), (1, 2), "its end decides");
    director.end("/check", ScriptStatus::Signalled(9));
    assert_eq!(director.table().len(), 1);
    director.programs.clear();
    director.pass(secs(5));
    assert_eq!(director.table().len(), 2);
}

#[test]
fn a_script_that_cannot_be_killed_still_counts() {
    let mut director = Director::new(&web("", &[(A, MISC)]));
    director.pass(secs(1));
    director.programs.insert("/check".into(), None);
    // Started after 5 s, killed after 3 more. It is still there a second later: that is forgiven. And one more: that is not.
    director.pass(secs(10));
    assert_eq!(director.table().len(), 1);
    assert!(director.killed.len() >= 2);
}

#[test]
fn a_script_that_takes_too_long_is_not_killed_for_ever_at_once() {
    let misc = MISC.replace("delay_before_retry 1", "delay_before_retry 0");
    let mut director = Director::bare(1);
    director.programs.insert("/check".into(), None);
    director.configure(&web("", &[(A, &misc)]));
    director.pass(secs(10));
    assert_eq!(director.table().len(), 1);
    assert!((2..10).contains(&director.killed.len()), "{} times", director.killed.len());
}

#[test]
fn a_script_that_waited_for_its_turn_all_the_time_says_nothing_of_the_server() {
    let mut director = Director::bare(1);
    director.programs.insert("/check".into(), None);
    director.configure(&web("", &[(A, &MISC.replace("retry 1", "retry 0"))]));
    for _ in 0..3 {
        director.pass(secs(3) + Duration::from_millis(10));
        director.end("/check", ScriptStatus::NotStarted(keepalived_core::kernel::Errno(125)));
        assert_eq!(director.table().len(), 2);
        director.pass(secs(2));
    }
    director.kills = true;
    director.pass(secs(3));
    assert_eq!(director.table().len(), 1, "this one ran");
}

#[test]
fn a_script_that_never_ran_says_nothing_of_the_server() {
    let mut director = Director::new(&web("", &[(A, MISC)]));
    director.programs.insert("/check".into(), Some(ScriptStatus::NotStarted(keepalived_core::kernel::Errno(11))));
    director.pass(secs(30));
    assert_eq!(director.table().len(), 2);
    let told = director.events.iter().find(|event| matches!(event, LvsEvent::CheckNotMade { .. }));
    let told = told.map(|event| sentence(event).1).unwrap_or_default();
    assert!(told.contains("MISC_CHECK /check cannot be made here: "), "{told}");
}

#[test]
fn the_number_in_a_file_is_a_weight_or_a_fault() {
    let file = "track_file f {\nfile /run/f\nweight 0\n}\n";
    let config = |check: &str| {
        format!("{file}{}", web("", &[(A, &format!("weight 5\nFILE_CHECK {{\ntrack_file f\n{check}\n}}"))]))
    };
    let give = |director: &mut Director, value| {
        director.input(Input::File { name: "f".into(), value });
        director.table().get(1).cloned().unwrap_or_default()
    };
    let mut director = Director::new(&config("weight 2"));
    assert_eq!(give(&mut director, Some(3)), "-> 10.1.0.1:80 weight 11");
    assert_eq!(give(&mut director, Some(-3)), "-> 10.1.0.1:80 weight 0");
    assert_eq!(give(&mut director, None), "-> 10.1.0.1:80 weight 5");
    assert_eq!(give(&mut director, Some(i32::MIN)), "");
    assert_eq!(give(&mut director, Some(0)), "-> 10.1.0.1:80 weight 5");
    let mut director = Director::bare(1);
    director.input(Input::File { name: "f".into(), value: Some(1) });
    director.configure(&config(""));
    assert_eq!(director.table().len(), 1, "what was known before counts from the beginning");
    assert_eq!(give(&mut director, None), "-> 10.1.0.1:80 weight 5");
}

#[test]
fn a_bfd_session_is_a_check() {
    let bfd = "bfd_instance b {\nneighbor_ip 10.1.0.1\n}\n";
    let mut director = Director::new(&format!("{bfd}{}", web("", &[(A, "BFD_CHECK {\nname b\n}")])));
    assert_eq!(director.table().len(), 2);
    director.input(Input::Bfd { name: "b".into(), up: false });
    assert_eq!(director.table().len(), 1);
    director.input(Input::Bfd { name: "b".into(), up: true });
    assert_eq!(director.table().len(), 2);
}

/// Nobody tells of a session while BFD is not built.
#[test]
fn a_bfd_session_of_which_nothing_is_known_keeps_no_server_out() {
    let bfd = "bfd_instance b {\nneighbor_ip 10.1.0.1\n}\n";
    for alpha in ["BFD_CHECK {\nname b\nalpha\n}", "alpha\nBFD_CHECK {\nname b\n}"] {
        let mut director = Director::new(&format!("{bfd}{}", web("", &[(A, alpha)])));
        assert_eq!(director.table().len(), 2);
        director.input(Input::Bfd { name: "b".into(), up: false });
        assert_eq!(director.table().len(), 1);
    }
}

#[test]
fn a_reason_is_that_of_a_failure_that_counts() {
    let urls = "HTTP_GET {\nurl {\npath /a\nstatus_code 200\n}\nurl {\npath /b\nstatus_code 200\n}\nconnect_timeout 2\n\
                retry 3\ndelay_before_retry 1\nwarmup 0\n}";
    let mut director = Director::new(&web("", &[(A, urls)]));
    director.pass(secs(7));
    let said = |director: &Director| {
        let check = director.engine.status().remove(0).reals.remove(0).checks.remove(0);
        (check.up, check.failures, check.reason.is_some())
    };
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(Duration::from_millis(3500));
    assert_eq!(said(&director), (true, 1, true));
    director.servers.clear();
    director.pass(secs(1));
    assert_eq!(said(&director), (true, 0, false));
}

/// Whatever a check that it shares with others finds out, and whatever happens to those.
#[test]
fn a_virtual_server_that_is_elsewhere_stays_as_it_is() {
    let real = [(A, &*format!("notify_up /up\nnotify_down /down\n{TCP}"))];
    let elsewhere =
        web("ha_suspend\nquorum_up /gained\nquorum_down /lost", &real).replace("10.0.0.1 80", "10.0.0.2 80");
    let mut director = Director::new(&format!("{}{elsewhere}", web("", &[(A, TCP)])));
    director.pass(secs(7));
    director.take_ran();
    let ups = |director: &Director| director.engine.status().iter().map(|server| server.up).collect::<Vec<_>>();
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(20));
    assert_eq!((ups(&director), director.take_ran()), (vec![false, true], vec![]));
    director.input(Input::Address { ip: ip("10.0.0.2"), here: true });
    assert_eq!(
        (ups(&director), director.take_ran()),
        (vec![false, false], vec!["/down".to_owned(), "/lost".to_owned()])
    );
    director.input(Input::Address { ip: ip("10.0.0.2"), here: false });
    director.servers.clear();
    director.pass(secs(20));
    assert_eq!((ups(&director), director.take_ran()), (vec![true, false], vec![]));
    director.input(Input::Address { ip: ip("10.0.0.2"), here: true });
    assert_eq!((ups(&director), director.take_ran()), (vec![true, true], vec!["/up".to_owned(), "/gained".to_owned()]));
}

#[test]
fn checks_pause_while_the_address_is_elsewhere() {
    let mut director = Director::new(&two("ha_suspend"));
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(60));
    assert_eq!((director.opened.len(), director.table().len()), (0, 3));
    director.input(Input::Address { ip: ip("10.0.0.1"), here: true });
    director.pass(secs(10));
    assert_eq!(director.table().len(), 2);
    director.input(Input::Address { ip: ip("10.0.0.1"), here: false });
    director.take_opened();
    director.servers.clear();
    director.pass(secs(60));
    assert_eq!((director.opened.len(), director.table().len()), (0, 2), "what was found out stays");
    let suspended = director.events.iter().filter(|e| matches!(e, LvsEvent::Suspended { .. })).count();
    assert_eq!(suspended, 3);
    // Without the word nobody watches addresses, so with it again all are told anew.
    director.input(Input::Address { ip: ip("10.0.0.1"), here: true });
    director.configure(&two(""));
    director.configure(&two("ha_suspend"));
    director.take_opened();
    director.pass(secs(60));
    assert_eq!(director.opened.len(), 0);
}

#[test]
fn a_group_waits_for_any_of_its_addresses() {
    let group = "virtual_server_group g {\n10.0.0.5-7 80\n10.0.1.1 80\n}\n";
    let config = two("ha_suspend").replace("virtual_server 10.0.0.1 80", "virtual_server group g");
    let mut director = Director::bare(1);
    director.input(Input::Address { ip: ip("10.0.0.8"), here: true });
    director.configure(&format!("{group}{config}"));
    director.pass(secs(10));
    assert_eq!(director.opened.len(), 0);
    director.input(Input::Address { ip: ip("10.0.0.6"), here: true });
    director.input(Input::Address { ip: ip("10.0.1.1"), here: true });
    director.input(Input::Address { ip: ip("10.0.0.6"), here: false });
    director.pass(secs(1));
    assert_eq!(director.take_opened().len(), 2);
    assert_eq!(director.table().len(), 12);
}

#[test]
fn checks_keep_their_rhythm_over_a_pause() {
    let check = TCP.replace("warmup 0", "warmup 5");
    let reals: Vec<(String, &str)> = (1..=50).map(|n| (format!("10.1.0.{n}"), &*check)).collect();
    let reals: Vec<(&str, &str)> = reals.iter().map(|(ip, check)| (&**ip, *check)).collect();
    let mut director = Director::new(&web("", &reals));
    director.pass(secs(20));
    director.take_opened();
    director.sleep(secs(3600));
    assert_eq!(director.opened.len(), 0, "not all at once");
    director.pass(secs(5));
    let counts = director.take_opened();
    assert!(counts.len() == 50 && counts.values().all(|n| *n == 1), "each once in its turn: {counts:?}");
    let mut seen = 0;
    for _ in 0..5 {
        director.pass(secs(1));
        seen = director.opened.len().max(seen);
    }
    assert_eq!(director.take_opened().len(), 50);
}

/// The second time in a row a check is made however late it is, and the next comes half an interval later at the earliest.
#[test]
fn after_two_pauses_no_check_is_made_twice_in_a_row() {
    let mut director = Director::new(&web("", &[(A, TCP)]));
    director.pass(secs(20));
    director.sleep(secs(60));
    director.take_opened();
    director.sleep(secs(60));
    director.pass(secs(2));
    assert_eq!(director.take_opened().values().sum::<usize>(), 1);
}

#[test]
fn the_sync_daemon_follows_its_instance() {
    let vrrp = "vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\npriority 100\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n";
    let global = |line: &str| format!("global_defs {{\nlvs_sync_daemon {line}\n}}\n{vrrp}{}", two(""));
    let mut director = Director::new(&global("eth0 VI_1"));
    let roles = |director: &Director| director.sync.iter().map(|(role, d)| (*role, d.id)).collect::<Vec<_>>();
    assert_eq!(roles(&director), [], "nothing is known of its instance yet");
    director.input(Input::Instance { name: "VI_1".into(), state: State::Backup });
    assert_eq!(roles(&director), [(SyncRole::Backup, 51)]);
    director.input(Input::Instance { name: "VI_1".into(), state: State::Master });
    assert_eq!(roles(&director), [(SyncRole::Master, 51)]);
    director.commands.clear();
    director.configure(&global("eth0 VI_1").replace("VI_1", "VI_2"));
    director.input(Input::Instance { name: "VI_2".into(), state: State::Master });
    assert_eq!(director.commands, [], "another name is nothing to the kernel");
    director.configure(&global("eth0 VI_1"));
    director.input(Input::Instance { name: "VI_1".into(), state: State::Fault });
    assert_eq!(roles(&director), [(SyncRole::Backup, 51)]);
    director.configure(&global("eth0 id 7"));
    assert_eq!(roles(&director), [(SyncRole::Master, 7), (SyncRole::Backup, 7)]);
    director.configure(&two(""));
    assert_eq!(roles(&director), []);
    director.configure(&global("eth0 VI_1").replace("protocol TCP", "protocol TCP\nomega\nquorum_down /q"));
    director.programs.insert("/q".into(), None);
    director.input(Input::Stop { keep_table: false });
    director.input(Input::Instance { name: "VI_1".into(), state: State::Init });
    assert_eq!(
        (director.stopped, roles(&director)),
        (false, vec![]),
        "while it waits for the script nothing begins anew"
    );
}

#[test]
fn scripts_wait_until_the_kernel_has_what_they_are_about() {
    let mut director = Director::bare(1);
    let engine = &mut director.engine;
    use keepalived_core::Engine;
    use keepalived_core::check::Output;
    engine.handle(director.now, Input::Configure(std::sync::Arc::new(read(&two("quorum_up /up")))));
    let outputs: Vec<Output> = std::iter::from_fn(|| engine.poll()).collect();
    assert!(!outputs.iter().any(|o| matches!(o, Output::RunScript(_))));
    // A kernel without IPVS never answers: they run after a second.
    let until = director.now + secs(1);
    engine.handle(until, Input::Timeout);
    assert!(std::iter::from_fn(|| engine.poll()).any(|o| matches!(o, Output::RunScript(_))));
}

#[test]
fn a_stop_leaves_nothing_and_runs_the_scripts_of_omega() {
    let lines = |omega: &str| format!("{omega}\nquorum_down /q");
    let reals = [(A, &*format!("notify_down /a\n{TCP}")), (B, &*format!("notify_down /b\n{TCP}"))];
    let mut director = Director::new(&web(&lines("omega"), &reals));
    director.servers.insert(ip(A), Server::Refuses);
    director.pass(secs(20));
    assert_eq!(director.take_ran(), ["/a"]);
    director.input(Input::Stop { keep_table: false });
    let mut ran = director.take_ran();
    ran.sort_unstable();
    assert_eq!((&ran[..], director.table().len(), director.stopped), (&["/b".into(), "/q".into()][..], 0, true));
    let mut director = Director::new(&web(&lines(""), &reals));
    director.input(Input::Stop { keep_table: false });
    assert_eq!((director.take_ran().len(), director.table().len(), director.stopped), (0, 0, true));
    let mut director = Director::new(&web(&lines("omega"), &reals));
    director.input(Input::Stop { keep_table: true });
    assert_eq!((director.take_ran().len(), director.table().len(), director.stopped), (0, 3, true));
}

#[test]
fn a_stop_waits_for_scripts_but_not_for_ever() {
    let mut director = Director::new(&web("omega\nquorum_down /q", &[(A, TCP)]));
    director.programs.insert("/q".into(), None);
    director.input(Input::Stop { keep_table: false });
    director.pass(secs(4));
    assert!(!director.stopped);
    director.pass(secs(2));
    assert!(director.stopped && director.killed.len() == 1);
}

#[test]
fn what_lives_is_told_at_the_start_with_rs_init_notifies() {
    let check = TCP.replace("warmup 0", "warmup 0\nalpha");
    let reals = [(A, &*format!("notify_up /a\n{TCP}")), (B, &*format!("notify_up /b\n{check}"))];
    let mut director = Director::new(&format!("global_defs {{\nrs_init_notifies\n}}\n{}", web("", &reals)));
    assert_eq!(director.take_ran(), ["/a"]);
    director.pass(secs(1));
    assert_eq!(director.take_ran(), ["/b"]);
}
