//! Processes and the sockets they hold.

use crate::config::model::choices;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// How the parts of the daemon run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processes {
    /// `process_names`: each part has a name of its own.
    pub names: bool,
    /// `process_name`: the daemon's name; at most 15 bytes.
    pub name: Option<String>,
    /// `vrrp_*`
    pub vrrp: Process,
    /// `checker_*`
    pub checker: Process,
    /// `bfd_*`
    pub bfd: Process,
    /// `max_auto_priority`: a part that comes late gets a higher priority, up to this; 0: never; -1: never, and no word about it.
    pub max_auto_priority: i8,
    /// `min_auto_priority_delay`: how late is late.
    pub min_auto_priority_delay: Duration,
}

impl Default for Processes {
    fn default() -> Self {
        Processes {
            names: false,
            name: None,
            vrrp: Process::default(),
            checker: Process::default(),
            bfd: Process::default(),
            max_auto_priority: 0,
            min_auto_priority_delay: Duration::from_secs(1),
        }
    }
}

/// How one part of the daemon runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// `*_process_name`; at most 15 bytes.
    pub name: Option<String>,
    /// `*_priority`: its nice value, -20 to 19.
    pub priority: i8,
    /// `*_no_swap`: its memory stays in memory.
    pub no_swap: bool,
    /// `*_rt_priority`: its real-time priority (`SCHED_RR`), 1 to 99.
    pub rt_priority: Option<u8>,
    /// `*_cpu_affinity`: the processors it may run on; empty: all.
    pub cpu_affinity: Vec<u32>,
    /// `*_rlimit_rttime`: how long it may run without a pause at a real-time priority.
    pub rlimit_rttime: Duration,
}

impl Default for Process {
    fn default() -> Self {
        Process {
            name: None,
            priority: 0,
            no_swap: false,
            rt_priority: None,
            cpu_affinity: Vec::new(),
            rlimit_rttime: Duration::from_millis(10),
        }
    }
}

/// Buffers for what comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buffers {
    /// `vrrp_netlink_cmd_rcv_bufs`
    pub vrrp_command: Buffer,
    /// `vrrp_netlink_monitor_rcv_bufs`
    pub vrrp_monitor: Buffer,
    /// `process_monitor_rcv_bufs`
    pub process_monitor: Buffer,
    /// `lvs_netlink_cmd_rcv_bufs`
    pub lvs_command: Buffer,
    /// `lvs_netlink_monitor_rcv_bufs`
    pub lvs_monitor: Buffer,
    /// `vrrp_rx_bufs_policy`: of what an advert's socket has room for; `None`: as the kernel does.
    pub adverts: Option<AdvertBuffer>,
    /// `vrrp_rx_bufs_multiplier`: for how many adverts it has room.
    pub adverts_multiplier: u32,
}

impl Default for Buffers {
    fn default() -> Self {
        let none = Buffer::default();
        Buffers {
            vrrp_command: none,
            vrrp_monitor: none,
            process_monitor: none,
            lvs_command: none,
            lvs_monitor: none,
            adverts: None,
            adverts_multiplier: 3,
        }
    }
}

/// The buffer of a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buffer {
    /// Bytes; 0: as the kernel does.
    pub size: u32,
    /// Whether the system's limit may be exceeded.
    pub force: bool,
}

/// What the buffer for adverts is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AdvertBuffer {
    /// The interface's MTU, or the longest advert.
    By(AdvertMeasure),
    /// Bytes.
    Size(u32),
}

choices! {
    /// What an advert's buffer is measured by.
    AdvertMeasure {
        /// The interface's MTU.
        Mtu = "MTU",
        /// The longest advert.
        Advert = "ADVERT",
    }
}
