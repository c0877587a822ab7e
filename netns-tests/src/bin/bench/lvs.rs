//! Programming the kernel's table: from the start of the daemon until all of it is there, from a reload until the one weight that it
//! changes has changed, and until a stop has taken everything away.

use crate::steady::{cpu_nanos_of_all, memory_kib};
use crate::table::{Table, quantile};
use crate::{both, name};
use keepalived_netns_tests::daemon::{Daemon, Implementation, Part};
use keepalived_netns_tests::lvs::config::{FIRST_PORT, file, many};
use keepalived_netns_tests::lvs::count::Counter;
use keepalived_netns_tests::world::World;
use nix::sys::signal::Signal;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

const REALS: u8 = 10;
const PATIENCE: Duration = Duration::from_secs(300);

/// Milliseconds, and peak memory.
struct Sample {
    start: f64,
    start_cpu: f64,
    reload: f64,
    reload_cpu: f64,
    stop: f64,
    resident_mib: f64,
}

pub(crate) fn run(trials: usize, quick: bool) {
    println!(
        "Virtual servers of {REALS} real servers without checks, `-C`, {trials} trials each, taking turns; median."
    );
    let mut table = Table::new(
        2,
        &[
            "virtual servers",
            "daemon",
            "start ms",
            "(CPU)",
            "reload ms",
            "(CPU)",
            "stop ms",
            "RSS MiB",
            "start us/real",
        ],
    );
    let sizes: &[u16] = if quick { &[1_000] } else { &[1_000, 10_000] };
    for services in sizes {
        // Whoever makes the first table after a boot pays for the memory of its counters, which the kernel keeps: that is neither daemon's.
        let _ = measure(Implementation::Ours, *services);
        let mut samples: [Vec<Sample>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..trials {
            for (n, implementation) in both().into_iter().enumerate() {
                samples[n].push(measure(implementation, *services));
            }
        }
        for (n, implementation) in both().into_iter().enumerate() {
            let of = |value: fn(&Sample) -> f64| {
                let mut values: Vec<f64> = samples[n].iter().map(value).collect();
                values.sort_by(f64::total_cmp);
                quantile(&values, 0.5).unwrap_or(f64::NAN)
            };
            let mut row = vec![format!("{services}"), name(implementation).to_owned()];
            for value in [
                |s: &Sample| s.start,
                |s: &Sample| s.start_cpu,
                |s: &Sample| s.reload,
                |s: &Sample| s.reload_cpu,
                |s: &Sample| s.stop,
                |s: &Sample| s.resident_mib,
            ] {
                row.push(format!("{:.1}", of(value)));
            }
            row.push(format!("{:.1}", of(|s| s.start) * 1e3 / (f64::from(*services) * f64::from(REALS))));
            table.row(row);
        }
    }
    table.print();
    println!("\nCPU: that of the daemon, in which the kernel's work for its commands is included.");
}

fn measure(implementation: Implementation, services: u16) -> Sample {
    let mut world = World::lan(&["a"]);
    world.sniffer.stop();
    let [before, after] = [1, 7].map(|weight| file(&many(services, REALS, weight)));
    let counter = Counter::new(&world, "a");
    let at = |n: u16| SocketAddrV4::new(Ipv4Addr::new(10, 1, 0, 100), FIRST_PORT + n);
    let last = (Ipv4Addr::new(10, 2, 0, 10 + REALS), 7);
    let full = |n: u16| counter.destinations(at(n)) == u32::from(REALS);

    let start = Instant::now();
    let mut daemon = Daemon::launch(&world, "a", implementation, Part::Checkers, &before, &[]);
    until("the table is complete", || {
        counter.services() == u32::from(services) && full(0) && full(services / 2) && full(services - 1)
    });
    // They need not come in order.
    until("every service is complete", || (0..services).all(full));
    let (start, start_cpu) = (millis(start), cpu_nanos_of_all(&daemon) as f64 / 1e6);
    std::thread::sleep(Duration::from_secs(2));
    let resident_mib = daemon.processes().iter().map(|id| memory_kib(*id, "Rss:")).sum::<u64>() as f64 / 1024.0;

    daemon.rewrite(&after);
    let (reload, cpu) = (Instant::now(), cpu_nanos_of_all(&daemon));
    daemon.reload();
    until("the weight has changed", || counter.weights(at(services - 1)).contains(&last));
    let reload = millis(reload);
    // What goes on after the change belongs to the reload as well.
    std::thread::sleep(Duration::from_secs(2));
    let reload_cpu = cpu_nanos_of_all(&daemon).saturating_sub(cpu) as f64 / 1e6;

    let stop = Instant::now();
    daemon.signal(Signal::SIGTERM);
    daemon.await_exit(PATIENCE);
    let left = counter.services();
    if left > 0 {
        // The C version's parent process waits five seconds for its checkers, and then kills them.
        eprintln!("{}: {left} services stay behind", name(implementation));
    }
    let stop = if left > 0 { f64::NAN } else { millis(stop) };
    Sample { start, start_cpu, reload, reload_cpu, stop, resident_mib }
}

fn until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
