//! What happens to the load balancer, as data.

use crate::config::model::{Protocol, Service};
use crate::kernel::Errno;
use crate::notify::News;
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A virtual server, as an operator names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VirtualName {
    /// What it is reached by.
    pub service: Service,
    /// Its protocol; `None`: whatever bears the mark.
    pub protocol: Option<Protocol>,
}

/// A real server, as an operator names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RealName {
    /// Its address.
    pub ip: IpAddr,
    /// Its port; 0: that of the connection.
    pub port: u16,
}

/// Why this machine could not make a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NotMade {
    /// The kernel would not open the connection.
    Errno(Errno),
    /// Too many answers wait to be searched for a pattern.
    NotSearched,
}

/// Something worth telling of the load balancer. Each is told once, where it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LvsEvent {
    /// A check succeeds that had failed, for the first time or again.
    CheckPassed {
        /// Of which real server.
        real: RealName,
        /// Which: its keyword and where it connects to, as `HTTP_GET 10.0.0.1:80`.
        check: String,
    },
    /// A check has failed as often as `retry` forgives, and counts.
    CheckFailed {
        /// Of which real server.
        real: RealName,
        /// Which.
        check: String,
        /// Why, in words: what was got and what was expected.
        reason: String,
        /// How many failures in a row.
        failures: u32,
    },
    /// A failure that is forgiven (`log_all_failures`).
    CheckForgiven {
        /// Of which real server.
        real: RealName,
        /// Which.
        check: String,
        /// Why.
        reason: String,
        /// How many failures in a row, and how many are forgiven.
        failures: (u32, u32),
    },
    /// This machine could not make a check, which says nothing of the server: it stays as it was. Told each time; renderings that are read count them.
    CheckNotMade {
        /// Of which real server.
        real: RealName,
        /// Which, and from where.
        check: String,
        /// Why.
        why: NotMade,
    },
    /// A real server came to life or failed for a virtual server.
    Real {
        /// The virtual server.
        service: VirtualName,
        /// The real server.
        real: RealName,
        /// Whether it lives.
        up: bool,
        /// The virtual server's living weight, and its quorum.
        weight: (u64, u32),
    },
    /// A real server's weight in force changed.
    Weight {
        /// The virtual server.
        service: VirtualName,
        /// The real server.
        real: RealName,
        /// Before.
        from: u32,
        /// Now; 0: it is drained.
        to: u32,
    },
    /// A quorum was gained or lost.
    Quorum {
        /// The virtual server.
        service: VirtualName,
        /// Whether it is there.
        up: bool,
        /// The living weight.
        weight: u64,
        /// How many real servers live, whatever they weigh.
        alive: u32,
        /// The quorum.
        quorum: u32,
        /// The hysteresis.
        hysteresis: u32,
    },
    /// The sorry server is used from now on, or no more.
    Sorry {
        /// The virtual server.
        service: VirtualName,
        /// The sorry server.
        real: RealName,
        /// Whether it is used.
        used: bool,
    },
    /// Checks of a virtual server begin or pause with its address (`ha_suspend`).
    Suspended {
        /// The virtual server.
        service: VirtualName,
        /// Whether they pause.
        suspended: bool,
    },
    /// The kernel refused a change; it is tried again.
    IpvsFailed {
        /// What was tried, in words.
        command: String,
        /// Why it was refused.
        errno: Errno,
        /// When it is tried again.
        retry: Duration,
    },
    /// The kernel's table was not what we had made it, and is put right.
    Drift {
        /// How many services and destinations were missing.
        missing: u32,
        /// How many were other than ours.
        changed: u32,
        /// How many were there that we had removed or not made.
        extra: u32,
        /// One of them, in words.
        example: String,
    },
    /// A sync daemon was started or stopped.
    Sync {
        /// Whether it is a master, or else a backup.
        master: bool,
        /// The interface.
        interface: String,
        /// Whether it runs now.
        running: bool,
    },
    /// What became of a script: a notify or quorum script, or that of a `MISC_CHECK` that could not run.
    Script(News),
    /// A configuration is in force: what it changed, in virtual servers and real servers.
    Configured {
        /// Virtual servers that are new.
        added: u32,
        /// Virtual servers that are gone.
        removed: u32,
        /// Virtual servers that took a change while going on.
        changed: u32,
        /// Virtual servers that are as they were.
        kept: u32,
        /// How many real servers there are in all.
        real_servers: u32,
        /// How many checks are made: the same check of one real server is made once for all.
        checks: u32,
    },
    /// A stop was asked for.
    Stopping,
}
