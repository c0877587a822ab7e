//! What masters cost: CPU time and memory of all processes of the daemon, over some quiet seconds.

use crate::table::Table;
use crate::{both, name};
use keepalived_netns_tests::config::{Instance, file};
use keepalived_netns_tests::daemon::{Daemon, Implementation};
use keepalived_netns_tests::wait::wait_until;
use keepalived_netns_tests::world::World;
use std::time::{Duration, Instant};

pub(crate) fn run(seconds: u64) {
    println!("255 instances, all MASTER, on one interface; CPU over {seconds} s, of all processes of the daemon.");
    let mut table = Table::new(
        2,
        &["case", "daemon", "adverts/s", "CPU ms", "us/advert", "RSS MiB", "PSS MiB", "processes", "threads"],
    );
    let slow: fn(u8) -> Instance = |vrid| Instance::new(vrid).v2().priority(255);
    let fast: fn(u8) -> Instance = |vrid| Instance::new(vrid).centis(10).priority(255);
    // Who starts together sends together; a router that has been up for a while wakes up for each advert.
    let spread: fn(u8) -> Instance = |vrid| Instance::new(vrid).v2().priority(vrid.min(254));
    let cases = [("255 at 1 s, v2", slow), ("255 at 1 s, v2, spread", spread), ("255 at 0.1 s, v3", fast)];
    for (text, instance) in cases {
        for implementation in both() {
            table.row(measure(text, instance, implementation, seconds));
        }
    }
    table.print();
}

fn measure(text: &str, instance: fn(u8) -> Instance, implementation: Implementation, seconds: u64) -> Vec<String> {
    let mut world = World::lan(&["a"]);
    // Nobody listens: the sniffer would compete for the processor.
    world.sniffer.stop();
    let instances: Vec<Instance> = (1..=255).map(|vrid| instance(vrid).vip(&format!("10.1.0.{vrid}/32"))).collect();
    let config = file("vrrp_garp_master_repeat 1", &instances.iter().collect::<Vec<_>>());
    // Owners are masters at once, the others one after the other by their priority.
    let config =
        config.replace("state BACKUP", if config.contains("priority 255") { "state MASTER" } else { "state BACKUP" });
    let daemon = Daemon::start(&world, "a", implementation, &config);
    wait_until("all are masters", Duration::from_secs(30), || {
        world.addresses("a").iter().filter(|a| a.ip.to_string().starts_with("10.1.0.")).count() == 255
    });
    std::thread::sleep(Duration::from_secs(3));

    let (start, cpu, sent) = (Instant::now(), cpu_nanos(&daemon), sent(&world));
    std::thread::sleep(Duration::from_secs(seconds));
    let (cpu, sent) = (cpu_nanos(&daemon) - cpu, self::sent(&world) - sent);
    let elapsed = start.elapsed().as_secs_f64();
    let processes = daemon.processes();
    let memory = |what: &str| processes.iter().map(|id| memory_kib(*id, what)).sum::<u64>() as f64 / 1024.0;
    let threads: usize = processes.iter().map(|id| tasks(*id).len()).sum();
    vec![
        text.to_owned(),
        name(implementation).to_owned(),
        format!("{:.0}", sent as f64 / elapsed),
        format!("{:.1}", cpu as f64 / 1e6),
        format!("{:.2}", cpu as f64 / 1e3 / sent.max(1) as f64),
        format!("{:.2}", memory("Rss:")),
        format!("{:.2}", memory("Pss:")),
        processes.len().to_string(),
        threads.to_string(),
    ]
}

fn tasks(process: u32) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten().map(|e| e.path()).collect()
}

/// User and system time of all threads: nanoseconds from `schedstat`, where `stat` has only ticks of 10 ms.
pub(crate) fn cpu_nanos(daemon: &Daemon) -> u64 {
    let of = |task: &std::path::PathBuf| -> Option<u64> {
        if let Ok(text) = std::fs::read_to_string(task.join("schedstat")) {
            return text.split_whitespace().next()?.parse().ok();
        }
        ticks(&task.join("stat"), 2)
    };
    daemon.processes().into_iter().flat_map(tasks).filter_map(|task| of(&task)).sum()
}

/// The same with threads and processes that have ended since, in steps of 10 ms.
pub(crate) fn cpu_nanos_of_all(daemon: &Daemon) -> u64 {
    // With those of children that were waited for.
    let of = |id: u32| ticks(format!("/proc/{id}/stat").as_ref(), 4);
    daemon.processes().into_iter().filter_map(of).sum()
}

/// The first `count` of utime, stime, cutime and cstime in a `stat`, proc(5): its 14th word and those behind it.
fn ticks(stat: &std::path::Path, count: usize) -> Option<u64> {
    let stat = std::fs::read_to_string(stat).ok()?;
    let words = stat.rsplit_once(')')?.1.split_whitespace();
    Some(words.skip(11).take(count).filter_map(|word| word.parse::<u64>().ok()).sum::<u64>() * 10_000_000)
}

pub(crate) fn memory_kib(process: u32, what: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(what));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// Packets sent by `eth0`.
fn sent(world: &World) -> u64 {
    let read = || std::fs::read_to_string("/proc/thread-self/net/dev").unwrap_or_default();
    let table = world.namespace("a").enter(read);
    let line = table.lines().find_map(|line| line.trim().strip_prefix("eth0:"));
    line.and_then(|line| line.split_whitespace().nth(9)?.parse().ok()).unwrap_or(0)
}
