//! What the thread of the checkers may use, and how it runs.

use crate::conn::SPARES;
use crate::process::{Limits, nofile, priority};
use keepalived_core::config::model::{Check, Config, Process};
use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, sched_setaffinity};
use std::io;

/// Descriptors that are not open yet and not for connections: the sockets of interfaces to come, FIFOs, files that are read. At least and, where the
/// limit can be raised, at best.
const RESERVE: (u64, u64) = (64, 512);

/// Raises the limit of open files to what `config` can need, as far as that is allowed. Returns how many connections there may be at once.
/// `connected`: how many there are.
pub(super) fn connections(config: &Config, connected: usize) -> usize {
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let (network, others) = needs(config, open.saturating_sub(connected));
    let limit = nofile::raise(network + others + RESERVE.1);
    left(limit, network, others)
}

/// How many connections there can be, and descriptors for other things, with those that are `open` now.
fn needs(config: &Config, open: usize) -> (u64, u64) {
    let checks = config.lvs.servers.iter().flat_map(|server| &server.real_servers).flat_map(|real| &real.checks);
    let (mut network, mut scripts) = (0_u64, 0_u64);
    for check in checks {
        match check {
            Check::Network(_) => network += 1,
            Check::Misc(_) => scripts += 1,
            Check::File(_) | Check::Bfd(_) => {}
        }
    }
    // An instance sends and receives by sockets of its interface.
    let sockets = 2 * config.instances.len() as u64;
    let scripts = 2 * scripts.min(Limits::CHECKERS.running as u64);
    (network, open as u64 + SPARES as u64 + sockets + scripts)
}

/// What there is for connections under `limit`.
fn left(limit: u64, network: u64, others: u64) -> usize {
    let spare = limit.saturating_sub(others).saturating_sub(network);
    let left = limit.saturating_sub(others + spare.clamp(RESERVE.0, RESERVE.1));
    usize::try_from(left.max(16)).unwrap_or(usize::MAX)
}

/// `checker_priority` and `checker_cpu_affinity`, of the calling thread; not for the programs that it starts.
pub(super) fn run_as(process: &Process) -> Vec<String> {
    let mut complaints = Vec::new();
    if process.priority != 0 || !process.cpu_affinity.is_empty() {
        priority::note();
    }
    if process.priority != 0
        && let Err(error) = setpriority_process(None, process.priority.into())
    {
        complaints.push(format!("checker_priority {} has no effect: {error}", process.priority));
    }
    if !process.cpu_affinity.is_empty() {
        let mut set = CpuSet::new();
        for cpu in &process.cpu_affinity {
            let cpu = usize::try_from(*cpu).unwrap_or(usize::MAX);
            if cpu < CpuSet::MAX_CPU {
                set.set(cpu);
            }
        }
        if let Err(error) = sched_setaffinity(None, &set) {
            complaints.push(format!("checker_cpu_affinity has no effect: {}", io::Error::from(error)));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::config::{Source, parse};

    #[test]
    fn everybody_has_the_descriptors_that_they_need() {
        let check = |n: u32| format!("real_server 10.0.1.{n} 80 {{\n TCP_CHECK {{\n }}\n }}\n");
        let instance = |n: u32| {
            format!(
                "vrrp_instance VI_{n} {{\n interface lo{n}\n virtual_router_id {n}\n virtual_ipaddress {{\n 10.0.0.{n}\n }}\n}}\n"
            )
        };
        let checks: String = (1..=200).map(check).collect();
        let text: String = (1..=100).map(instance).collect();
        let text = format!("{text}virtual_server 10.9.9.9 80 {{\n protocol TCP\n {checks}}}\n");
        let config = parse(&Source::single("test", text)).config;
        let (network, others) = needs(&config, 50);
        assert_eq!(network, 200);
        assert!(
            others >= 50 + 200 + SPARES as u64,
            "those that are open, of the instances, and of checks that ended: {others}"
        );
        // As many as there are checks where the limit allows it, and with more they are not wasted.
        assert!(left(network + others + RESERVE.1, network, others) >= 200);
        // With less something is left for others.
        let tight = left(network + others, network, others);
        assert_eq!(tight, 200 - RESERVE.0 as usize);
    }
}
