//! Very many TCP checks, to servers on the loopback interface: what each costs, how late it is, and how late they make an advert.

use crate::steady::{cpu_nanos, memory_kib};
use crate::table::{Table, quantile};
use crate::{both, name};
use keepalived_netns_tests::capture::{Stamp, now};
use keepalived_netns_tests::config::Instance;
use keepalived_netns_tests::daemon::{Daemon, Implementation, Part};
use keepalived_netns_tests::lvs::config::{Real, Virtual, file};
use keepalived_netns_tests::lvs::farm::Method;
use keepalived_netns_tests::world::World;
use nix::sys::socket::{SockaddrIn, getsockname};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const PORT: u16 = 7000;
const PER_SERVICE: u32 = 10;
const DELAY: Duration = Duration::from_secs(1);
const ADVERTS: Duration = Duration::from_millis(100);
/// Until every check has begun: they spread themselves over `delay_loop`, and the C version waits a little at its start.
const WARMUP: Duration = Duration::from_secs(6);

pub(crate) fn run(rate: u32, seconds: u64) {
    println!(
        "{rate} TCP checks a second (one of each real server every second) over {seconds} s, beside a master with an advert every {} ms.\n\
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

/// When each server was last connected to, and how long before that.
#[derive(Default)]
struct Seen {
    last: HashMap<u32, Instant>,
    late: Vec<f64>,
    count: usize,
    measuring: bool,
}

fn measure(implementation: Implementation, rate: u32, seconds: u64) -> Result<Vec<String>, String> {
    let world = World::lan(&["a"]);
    let seen: Arc<Mutex<Seen>> = Arc::default();
    serve(&world, &seen)?;
    let address = |n: u32| Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + n);
    let services: Vec<Virtual> = (0..rate.div_ceil(PER_SERVICE))
        .map(|service| {
            let port = u16::try_from(1000 + service).unwrap_or(u16::MAX);
            let at = SocketAddr::from((Ipv4Addr::new(10, 1, 0, 100), port));
            let reals = service * PER_SERVICE..rate.min((service + 1) * PER_SERVICE);
            reals.fold(Virtual::new(at, Method::Nat).delay(DELAY), |all, n| {
                all.real(Real::new(SocketAddr::from((address(n), PORT))).tcp_check())
            })
        })
        .collect();
    let owner = Instance::new(51).centis(10).priority(255).vip("10.0.0.100/32").block();
    let config = format!("{}{}", file(&services), owner.replace("state BACKUP", "state MASTER"));
    let mut daemon = Daemon::launch(&world, "a", implementation, Part::Both, &config, &[]);
    let begun = Instant::now();
    let checked = || seen.lock().unwrap_or_else(PoisonError::into_inner).last.len();
    while checked() < rate as usize {
        if !daemon.runs() || begun.elapsed() > Duration::from_secs(120) {
            let log = daemon.log();
            let end: Vec<&str> = log.lines().rev().take(3).collect();
            return Err(format!("only {} servers were ever checked; its last words: {end:?}", checked()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(WARMUP);
    let memory = || daemon.processes().iter().map(|id| memory_kib(*id, "Rss:")).sum::<u64>() as f64 / 1024.0;
    let before = memory();
    seen.lock().unwrap_or_else(PoisonError::into_inner).measuring = true;
    let since = now();
    let (start, cpu) = (Instant::now(), cpu_nanos(&daemon));
    std::thread::sleep(Duration::from_secs(seconds));
    let (cpu, elapsed) = (cpu_nanos(&daemon) - cpu, start.elapsed().as_secs_f64());
    let after = memory();
    let adverts: Vec<Stamp> = world.sniffer.adverts(since).iter().map(|(frame, _)| frame.at).collect();
    let gap = |pair: &[Stamp]| (pair[1] - pair[0]).saturating_sub(ADVERTS).as_secs_f64() * 1e3;
    let mut gaps: Vec<f64> = adverts.windows(2).map(gap).collect();
    gaps.sort_by(f64::total_cmp);
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.measuring = false;
    seen.late.sort_by(f64::total_cmp);
    let mut row = vec![
        name(implementation).to_owned(),
        format!("{:.0}", seen.count as f64 / elapsed),
        format!("{:.1}", cpu as f64 / 1e6 / elapsed),
        if seen.count == 0 { "-".into() } else { format!("{:.1}", cpu as f64 / 1e3 / seen.count as f64) },
    ];
    for late in [&seen.late, &gaps] {
        for part in [0.5, 0.99, 1.0] {
            row.push(quantile(late, part).map_or("-".into(), |ms| format!("{ms:.2}")));
        }
    }
    row.extend([format!("{before:.1}"), format!("{after:.1}")]);
    Ok(row)
}

/// Takes every connection to every loopback address, closes it, and remembers when.
fn serve(world: &World, seen: &Arc<Mutex<Seen>>) -> Result<(), String> {
    let open = || TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT));
    let listener = world.namespace("a").enter(open).map_err(|e| format!("a listener: {e}"))?;
    let seen = Arc::clone(seen);
    let work = move || {
        while let Ok((stream, _)) = listener.accept() {
            let now = Instant::now();
            let Ok(local) = getsockname::<SockaddrIn>(stream.as_raw_fd()) else { continue };
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let before = seen.last.insert(u32::from(local.ip()), now);
            if let (true, Some(before)) = (seen.measuring, before) {
                seen.count += 1;
                seen.late.push((now - before).saturating_sub(DELAY).as_secs_f64() * 1e3);
            }
        }
    };
    std::thread::Builder::new().name("servers".into()).spawn(work).map_err(|e| e.to_string())?;
    Ok(())
}
