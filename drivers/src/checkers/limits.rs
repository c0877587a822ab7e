//! What the thread of the checkers may use, and how it runs.

use crate::process::{Limits, nofile};
use keepalived_core::config::model::{Check, Config, Process};
use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, sched_setaffinity};
use std::io;

/// Descriptors that are not for connections: logs, FIFOs, netlink, files.
const RESERVE: u64 = 64;

/// Raises the limit of open files to what `config` can need, as far as that is allowed. Returns how many connections there may be at once.
pub(super) fn connections(config: &Config) -> usize {
    let checks = config.lvs.servers.iter().flat_map(|server| &server.real_servers).flat_map(|real| &real.checks);
    let (mut network, mut scripts) = (0_u64, 0_u64);
    for check in checks {
        match check {
            Check::Network(_) => network += 1,
            Check::Misc(_) => scripts += 1,
            Check::File(_) | Check::Bfd(_) => {}
        }
    }
    let others = RESERVE + 2 * scripts.min(Limits::CHECKERS.running as u64);
    let limit = nofile::raise(others.saturating_add(network));
    usize::try_from(limit.saturating_sub(others).max(16)).unwrap_or(usize::MAX)
}

/// `checker_priority` and `checker_cpu_affinity`, of the calling thread.
pub(super) fn run_as(process: &Process) -> Vec<String> {
    let mut complaints = Vec::new();
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
