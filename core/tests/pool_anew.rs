//! After a mistake of ours a new engine goes on with what was known of the pool.
#![allow(clippy::expect_used)] // A test says what it expects.

mod director;
use director::*;
use keepalived_core::check::Checkers;
use keepalived_core::event::lvs::LvsEvent;

const A: &str = "10.1.0.1";
const B: &str = "10.1.0.2";
const C: &str = "10.1.0.3";

fn web(port: u16, lines: &str, reals: &[&str]) -> String {
    let check = "TCP_CHECK {\nconnect_timeout 2\nretry 1\ndelay_before_retry 1\nwarmup 0\n}";
    let real =
        |ip: &&str| format!("real_server {ip} {port} {{\nnotify_up /up-{ip}\nnotify_down /down-{ip}\n{check}\n}}\n");
    let reals: String = reals.iter().map(real).collect();
    format!(
        "virtual_server 10.0.0.1 {port} {{\nprotocol TCP\nlvs_sched rr\nlvs_method NAT\ndelay_loop 5\n\
         quorum_up /quorum-up\nquorum_down /quorum-down\n{lines}\n{reals}}}\n"
    )
}

/// The same director with a new engine, as if the old one had made a mistake.
fn anew(director: &Director) -> Director {
    let mut new = Director::bare(0);
    new.engine = director.engine.clone().anew(7);
    new.now = director.now;
    (new.kernel, new.servers) = (director.kernel.clone(), director.servers.clone());
    new
}

/// Two virtual servers; of the first one server is dead, the second has lost its quorum.
fn troubled() -> (String, Director) {
    let servers = web(80, "", &[A, B]) + &web(81, "quorum 2\nsorry_server 10.1.0.9 80", &[B, C]);
    let text = format!("global_defs {{\nrs_init_notifies\n}}\n{servers}");
    let mut director = Director::new(&text);
    director.pass(secs(2));
    director.servers.insert(ip(B), Server::Refuses);
    director.pass(secs(20));
    (text, director)
}

#[test]
fn who_was_down_stays_down_and_nothing_is_told_twice() {
    let (text, before) = troubled();
    assert!(before.ran.iter().any(|ran| ran.contains("quorum-down")), "{:?}", before.ran);
    let mut after = anew(&before);
    after.configure(&text);
    assert_eq!(after.table(), before.table());
    assert_eq!((after.commands.as_slice(), after.ran.as_slice()), (&[][..], &[][..]));
    // Nothing is news to the checks either.
    after.pass(secs(20));
    assert_eq!(after.table(), before.table());
    assert_eq!((after.commands.as_slice(), after.ran.as_slice()), (&[][..], &[][..]));
    assert_eq!(after.engine.status().len(), 2);
    // And what changes is told as ever.
    after.servers.remove(&ip(B));
    after.pass(secs(20));
    let up = |what: &str| after.ran.iter().filter(|ran| ran.contains(what)).count();
    assert_eq!((up("up-10.1.0.2"), up("quorum-up")), (2, 1), "{:?}", after.ran);
}

#[test]
fn a_reload_meanwhile_is_a_reload() {
    let (_, before) = troubled();
    // The first virtual server goes, and the second has no quorum to lose any more.
    let text = web(81, "sorry_server 10.1.0.9 80", &[B, C]);
    let mut after = anew(&before);
    after.configure(&text);
    after.pass(secs(20));
    let mut fresh = Director::bare(3);
    fresh.servers = before.servers.clone();
    fresh.configure(&text);
    fresh.pass(secs(20));
    assert_eq!(after.engine.wanted(), fresh.engine.wanted());
    let ran = |what: &str| after.ran.iter().filter(|ran| ran.contains(what)).count();
    assert_eq!((ran("quorum-down"), ran("quorum-up"), ran("down-10.1.0.1")), (1, 1, 1), "{:?}", after.ran);
    assert!(after.events.iter().any(|event| matches!(event, LvsEvent::Configured { removed: 1, changed: 1, .. })));
}

#[test]
fn without_a_configuration_there_is_nothing_to_know() {
    let text = web(80, "", &[A]);
    let mut director = Director::bare(0);
    director.engine = Checkers::new(1).anew(7);
    director.configure(&text);
    director.pass(secs(2));
    let mut fresh = Director::new(&text);
    fresh.pass(secs(2));
    assert_eq!((director.table(), director.ran), (fresh.table(), fresh.ran));
}
