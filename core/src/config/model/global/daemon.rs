//! What is said outside every block.

use crate::config::model::choices;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// What is said outside every block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// `net_namespace`: the network namespace that the daemon works in.
    pub net_namespace: Option<String>,
    /// `net_namespace_ipvs`: the load balancer's namespace; an empty name is the one that the daemon was started in.
    pub net_namespace_ipvs: Option<String>,
    /// `namespace_with_ipsets`: the kernel keeps ipsets of namespaces apart.
    pub namespace_with_ipsets: bool,
    /// `instance`: tells several daemons of one machine apart.
    pub instance: Option<String>,
    /// `use_pid_dir`: process id files in a directory of their own.
    pub use_pid_dir: bool,
    /// `child_wait_time`: how long a stop waits for the parts of the daemon.
    pub child_wait_time: Duration,
    /// `linkbeat_use_polling`: the state of interfaces is asked for, for kernels that do not tell it.
    pub linkbeat_use_polling: bool,
    /// `linkbeat_interfaces`: interfaces whose state is asked for.
    pub linkbeat_interfaces: Vec<LinkBeat>,
    /// `interface_up_down_delays`; of two about an interface the later one counts.
    pub interface_delays: Vec<InterfaceDelay>,
}

impl Default for Daemon {
    fn default() -> Self {
        Daemon {
            net_namespace: None,
            net_namespace_ipvs: None,
            namespace_with_ipsets: false,
            instance: None,
            use_pid_dir: false,
            child_wait_time: Duration::from_secs(5),
            linkbeat_use_polling: false,
            linkbeat_interfaces: Vec::new(),
            interface_delays: Vec::new(),
        }
    }
}

/// One of `linkbeat_interfaces`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkBeat {
    /// Its name.
    pub interface: String,
    /// How its state is asked for; `None`: whatever works.
    pub by: Option<LinkBeatKind>,
}

choices! {
    /// How the state of an interface is asked for.
    LinkBeatKind {
        /// The registers of the transceiver (`SIOCGMIIPHY`).
        Mii = "MII",
        /// `SIOCETHTOOL`
        Ethtool = "ETHTOOL",
        /// The interface's flags (`SIOCGIFFLAGS`).
        Ioctl = "IOCTL",
    }
}

/// One of `interface_up_down_delays`: changes count only when they have lasted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceDelay {
    /// Its name.
    pub interface: String,
    /// How long it must be down; at most 255 s.
    pub down: Duration,
    /// How long it must be up; at most 255 s.
    pub up: Duration,
}
