//! Growth of the load balancer with its size: ratios, never absolute times.
#![allow(clippy::expect_used, clippy::cast_precision_loss)] // A test says what it expects, and this one measures.

mod director;
use director::*;
use keepalived_core::check::Input;
use keepalived_core::config::model::Config;
use std::fmt::Write;

const CHECK: &str = "TCP_CHECK {\nconnect_timeout 2\nretry 0\nwarmup 0\n}";

/// Virtual servers with these real servers each, by number, and lines.
fn config(virtuals: usize, reals: impl Fn(usize) -> Vec<usize>, lines: &str) -> Config {
    let mut text = String::new();
    for n in 0..virtuals {
        let _ = write!(
            text,
            "virtual_server 10.0.{}.{} 80 {{\nprotocol TCP\nlvs_sched rr\nlvs_method NAT\ndelay_loop 5\n{lines}\n",
            n / 250,
            n % 250
        );
        for real in reals(n) {
            let _ = write!(text, "real_server 10.1.{}.{} 80 {{\n{CHECK}\n}}\n", real / 250, real % 250);
        }
        text += "}\n";
    }
    read(&text)
}

fn started(config: Config) -> Director {
    let mut director = Director::bare(1);
    director.input(Input::Configure(std::sync::Arc::new(config)));
    director
}

fn fail_all(director: &mut Director, reals: usize) {
    for real in 0..reals {
        let ip = std::net::IpAddr::from([10, 1, (real / 250) as u8, (real % 250) as u8]);
        director.servers.insert(ip, Server::Refuses);
    }
}

/// How long this thread has run so far, in seconds: others use this machine too, and the clock on the wall counts them in.
fn processor_time() -> f64 {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    at.tv_sec as f64 + at.tv_nsec as f64 / 1e9
}

fn timed(f: impl FnOnce()) -> f64 {
    let begin = processor_time();
    f();
    processor_time() - begin
}

/// Sixteen times as many must cost about sixteen times as much.
fn in_proportion(cost: impl Fn(usize) -> f64) {
    let best = |n| (0..3).map(|_| cost(n)).fold(f64::INFINITY, f64::min);
    let ratio = best(1600) / best(100);
    assert!(ratio < 16.0 * 4.0, "sixteen times as many cost {ratio:.1} times as much");
}

fn own(n: usize) -> Vec<usize> {
    vec![2 * n, 2 * n + 1]
}

#[test]
fn a_start_and_a_reload() {
    in_proportion(|n| {
        let config = config(n, own, "");
        timed(|| drop(started(config)))
    });
    in_proportion(|n| {
        let mut director = started(config(n, own, ""));
        let mut other = config(n, own, "");
        other.lvs.servers[n / 2].real_servers[0].weight = 7;
        timed(|| director.input(Input::Configure(std::sync::Arc::new(other))))
    });
}

#[test]
fn all_checks_of_many_virtual_servers_fail() {
    in_proportion(|n| {
        let mut director = started(config(n, own, "sorry_server 10.9.0.9 80"));
        fail_all(&mut director, 2 * n);
        timed(|| director.pass(secs(6)))
    });
}

#[test]
fn all_real_servers_of_one_virtual_server_fail() {
    in_proportion(|n| {
        let mut director = started(config(1, |_| (0..n).collect(), "quorum 3\nhysteresis 1\nsorry_server 10.9.0.9 80"));
        fail_all(&mut director, n);
        timed(|| director.pass(secs(6)))
    });
}

#[test]
fn one_real_server_of_many_virtual_servers_fails_and_they_are_removed() {
    in_proportion(|n| {
        let mut director = started(config(n, |_| vec![0], ""));
        fail_all(&mut director, 1);
        timed(|| {
            director.pass(secs(6));
            director.input(Input::Configure(std::sync::Arc::default()));
        })
    });
}
