//! Very many TCP checks, to servers on the loopback interface: what each costs, how late it is, and how late they make an advert.

use crate::openings::{Openings, count};
use crate::steady::{cpu_nanos, memory_kib};
use crate::table::{Table, quantile};
use crate::{both, name};
use keepalived_netns_tests::capture::{Stamp, now};
use keepalived_netns_tests::config::Instance;
use keepalived_netns_tests::daemon::{Daemon, Implementation, Part};
use keepalived_netns_tests::lvs::config::{Real, Virtual, file};
use keepalived_netns_tests::lvs::farm::Method;
use keepalived_netns_tests::world::World;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

pub(crate) const PORT: u16 = 7000;
const PER_SERVICE: u32 = 10;
const DELAY: Duration = Duration::from_secs(1);
const ADVERTS: Duration = Duration::from_millis(100);
/// Until every check has begun: they spread themselves over `delay_loop`, and the C version waits a little at its start.
const WARMUP: Duration = Duration::from_secs(6);

pub(crate) fn run(rate: u32, seconds: u64) {
    println!(
        "{rate} TCP checks a second (one of each real server every second) over {seconds} s, beside a master with an advert every {} ms;\n\
         when each check comes is watched over {seconds} s more, since that costs the daemon a little.\n\
         Lateness of a check: after the one before it and delay_loop; of an advert: after the one before it and its interval.",
        ADVERTS.as_millis()
    );
    let mut table = Table::new(
        1,
        &[
            "daemon",
            "checks/s",
            "CPU ms/s",
            "us/check",
            "late p50 ms",
            "p99",
            "max",
            "advert p50 ms",
            "p99",
            "max",
            "RSS MiB",
            "after",
        ],
    );
    for rate in [0, rate] {
        for implementation in both() {
            match measure(implementation, rate, seconds) {
                Ok(row) => table.row(row),
                Err(why) => eprintln!("{}: {why}", name(implementation)),
            }
        }
    }
    table.print();
    println!("\nThe C version counts its delay from the end of a check; so does every figure here.");
}

fn measure(implementation: Implementation, rate: u32, seconds: u64) -> Result<Vec<String>, String> {
    let world = World::lan(&["a"]);
    serve(&world)?;
    let checked = |real: Real| real.tcp_check();
    let mut daemon = launch(&world, implementation, &pool(rate, DELAY, checked));
    let begun = Instant::now();
    while count(&world, "a") < u64::from(rate) {
        if !daemon.runs() || begun.elapsed() > Duration::from_secs(120) {
            return Err(format!("only {} checks were ever made; {}", count(&world, "a"), last_words(&daemon)));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(WARMUP);
    let before = memory(&daemon);
    let since = now();
    let (start, cpu, made) = (Instant::now(), cpu_nanos(&daemon), count(&world, "a"));
    std::thread::sleep(Duration::from_secs(seconds));
    let (cpu, made, elapsed) = (cpu_nanos(&daemon) - cpu, count(&world, "a") - made, start.elapsed().as_secs_f64());
    let openings = Openings::watch(&world, "a")?;
    std::thread::sleep(Duration::from_secs(seconds));
    let late = lateness(&openings.finish());
    let after = memory(&daemon);
    let mut row = vec![
        name(implementation).to_owned(),
        format!("{:.0}", made as f64 / elapsed),
        format!("{:.1}", cpu as f64 / 1e6 / elapsed),
        if made == 0 { "-".into() } else { format!("{:.1}", cpu as f64 / 1e3 / made as f64) },
    ];
    for late in [&late, &adverts(&world, since)] {
        row.extend(three(late));
    }
    row.extend([format!("{before:.1}"), format!("{after:.1}")]);
    Ok(row)
}

/// Median, 99th percentile and the worst of milliseconds.
pub(crate) fn three(sorted: &[f64]) -> [String; 3] {
    [0.5, 0.99, 1.0].map(|part| quantile(sorted, part).map_or("-".into(), |ms| format!("{ms:.2}")))
}

/// How much later than the interval after the one before each advert came since, in milliseconds.
pub(crate) fn adverts(world: &World, since: Stamp) -> Vec<f64> {
    let adverts: Vec<Stamp> = world.sniffer.adverts(since).iter().map(|(frame, _)| frame.at).collect();
    let gap = |pair: &[Stamp]| (pair[1] - pair[0]).saturating_sub(ADVERTS).as_secs_f64() * 1e3;
    sorted(adverts.windows(2).map(gap).collect())
}

fn lateness(openings: &[(Stamp, u32)]) -> Vec<f64> {
    let mut last: HashMap<u32, Stamp> = HashMap::new();
    let gaps = openings.iter().filter_map(|(at, to)| Some(at.saturating_sub(last.insert(*to, *at)?)));
    sorted(gaps.map(|gap| gap.saturating_sub(DELAY).as_secs_f64() * 1e3).collect())
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

pub(crate) fn memory(daemon: &Daemon) -> f64 {
    daemon.processes().iter().map(|id| memory_kib(*id, "Rss:")).sum::<u64>() as f64 / 1024.0
}

pub(crate) fn last_words(daemon: &Daemon) -> String {
    let log = daemon.log();
    let end: Vec<&str> = log.lines().rev().take(3).collect();
    format!("its last words: {end:?}")
}

/// So many real servers on the loopback interface, ten to a service, each with the checks that `with` gives it.
pub(crate) fn pool(reals: u32, delay: Duration, with: impl Fn(Real) -> Real) -> Vec<Virtual> {
    let address = |n: u32| Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + n);
    (0..reals.div_ceil(PER_SERVICE))
        .map(|service| {
            let port = u16::try_from(1000 + service).unwrap_or(u16::MAX);
            let at = SocketAddr::from((Ipv4Addr::new(10, 1, 0, 100), port));
            let its = service * PER_SERVICE..reals.min((service + 1) * PER_SERVICE);
            its.fold(Virtual::new(at, Method::Nat).delay(delay), |all, n| {
                all.real(with(Real::new(SocketAddr::from((address(n), PORT)))))
            })
        })
        .collect()
}

/// A daemon with these services, and master with an advert every [`ADVERTS`].
pub(crate) fn launch(world: &World, implementation: Implementation, services: &[Virtual]) -> Daemon {
    let owner = Instance::new(51).centis(10).priority(255).vip("10.0.0.100/32").block();
    let config = format!("{}{}", file(services), owner.replace("state BACKUP", "state MASTER"));
    Daemon::launch(world, "a", implementation, Part::Both, &config, &[])
}

/// Takes every connection to every loopback address, and closes it.
fn serve(world: &World) -> Result<(), String> {
    let open = || TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT));
    let listener = world.namespace("a").enter(open).map_err(|e| format!("a listener: {e}"))?;
    let work = move || listener.incoming().for_each(drop);
    std::thread::Builder::new().name("servers".into()).spawn(work).map(drop).map_err(|e| e.to_string())
}
