//! What concerns the whole daemon.

mod daemon;
mod firewall;
mod mail;
mod process;
mod reload;
mod telemetry;

pub use daemon::*;
pub use firewall::*;
pub use mail::*;
pub use process::*;
pub use reload::*;
pub use telemetry::*;

use super::{Credentials, Script, choices};
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// What concerns the whole daemon; all that instances inherit has been applied to them already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Global {
    /// `router_id`: the machine's name in mails and traps.
    pub router_id: Option<String>,
    /// `vrrp_startup_delay`: instances leave INIT only this long after the start.
    pub startup_delay: Duration,
    /// `vrrp_delay_after_boot`: the same, counted from the start of the machine.
    pub delay_after_boot: Duration,
    /// `script_user`: who runs scripts that name nobody themselves.
    pub script_user: Option<Credentials>,
    /// `enable_script_security`: a script run by root must not be writable by others.
    pub script_security: bool,
    /// `set_supplementary_groups`: scripts run with all groups of their user.
    pub supplementary_groups: bool,
    /// `use_symlink_paths`: scripts are called by the path that is written, not by the one that it leads to.
    pub symlink_paths: bool,
    /// `startup_script`: run once before anything else.
    pub startup_script: Option<Script>,
    /// `startup_script_timeout`
    pub startup_script_timeout: Duration,
    /// `shutdown_script`: run once after everything else.
    pub shutdown_script: Option<Script>,
    /// `shutdown_script_timeout`
    pub shutdown_script_timeout: Duration,
    /// `default_interface`: of static addresses that name none.
    pub default_interface: String,
    /// `dynamic_interfaces`
    pub dynamic_interfaces: Option<DynamicInterfaces>,
    /// `disable_local_igmp`: no reports about groups of the link itself.
    pub disable_local_igmp: bool,
    /// `log_unknown_vrids`: adverts of unknown virtual routers are told.
    pub log_unknown_vrids: bool,
    /// `vmac_prefix`: how the names of virtual MAC interfaces begin.
    pub vmac_prefix: String,
    /// `vmac_addr_prefix`: how the names of virtual MAC interfaces for addresses begin.
    pub vmac_addr_prefix: String,
    /// `umask`: permissions that new files do not get; `None`: only their owner may read and write them.
    pub umask: Option<Umask>,
    /// `iproute_usr_dir`: where the tables of iproute2 are.
    pub iproute_usr_dir: Option<String>,
    /// `iproute_etc_dir`: where the tables of iproute2 are that the administrator changed.
    pub iproute_etc_dir: Option<String>,
    /// Mails.
    pub mail: Mail,
    /// FIFOs that are told what happens.
    pub fifos: Fifos,
    /// Processes: names, priorities, processors.
    pub processes: Processes,
    /// Buffers of sockets.
    pub buffers: Buffers,
    /// Packet filters.
    pub firewall: Firewall,
    /// SNMP, D-Bus and dumps.
    pub telemetry: Telemetry,
    /// How the configuration itself is read.
    pub reload: Reload,
    /// What concerns the load balancer as a whole.
    pub lvs: LvsGlobal,
}

impl Default for Global {
    fn default() -> Self {
        let prefix = || "vrrp".to_owned();
        Global {
            router_id: None,
            startup_delay: Duration::ZERO,
            delay_after_boot: Duration::ZERO,
            script_user: None,
            script_security: false,
            supplementary_groups: false,
            symlink_paths: false,
            startup_script: None,
            startup_script_timeout: Duration::from_secs(10),
            shutdown_script: None,
            shutdown_script_timeout: Duration::from_secs(10),
            default_interface: "eth0".to_owned(),
            dynamic_interfaces: None,
            disable_local_igmp: false,
            log_unknown_vrids: false,
            vmac_prefix: prefix(),
            vmac_addr_prefix: prefix(),
            umask: None,
            iproute_usr_dir: None,
            iproute_etc_dir: None,
            mail: Mail::default(),
            fifos: Fifos::default(),
            processes: Processes::default(),
            buffers: Buffers::default(),
            firewall: Firewall::default(),
            telemetry: Telemetry::default(),
            reload: Reload::default(),
            lvs: LvsGlobal::default(),
        }
    }
}

impl Global {
    /// Its scripts.
    pub fn scripts_mut(&mut self) -> impl Iterator<Item = &mut Script> {
        [
            &mut self.startup_script,
            &mut self.shutdown_script,
            &mut self.fifos.all_script,
            &mut self.fifos.vrrp_script,
            &mut self.fifos.lvs_script,
        ]
        .into_iter()
        .flatten()
    }
}

choices! {
    /// What may become of interfaces while the daemon runs. They may always come and go, whatever is written.
    DynamicInterfaces {
        /// They may come and go.
        Exist = "",
        /// They may also become another kind of interface.
        AllowIfChanges = "allow_if_changes",
    }
}

/// Permission bits, as for `umask(2)`; at most 0o777.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Umask(pub u16);

/// The FIFOs that are told what happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fifos {
    /// `notify_fifo`: told everything.
    pub all: Option<Fifo>,
    /// `notify_fifo_script`: started to read it.
    pub all_script: Option<Script>,
    /// `vrrp_notify_fifo`: told of instances and groups.
    pub vrrp: Option<Fifo>,
    /// `vrrp_notify_fifo_script`
    pub vrrp_script: Option<Script>,
    /// `lvs_notify_fifo`: told of virtual and real servers.
    pub lvs: Option<Fifo>,
    /// `lvs_notify_fifo_script`
    pub lvs_script: Option<Script>,
    /// `fifo_write_vrrp_states_on_reload`: a reload tells all states again.
    pub states_on_reload: bool,
}

/// A FIFO, and who owns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fifo {
    /// Its path.
    pub path: String,
    /// Its owner; `None`: the user of scripts.
    pub user: Option<Credentials>,
}

/// What concerns the load balancer as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LvsGlobal {
    /// `lvs_timeouts`
    pub timeouts: LvsTimeouts,
    /// `lvs_flush`: the kernel's table is emptied at the start.
    pub flush: bool,
    /// `lvs_flush_on_stop`: what goes at a stop; `None`: only what was configured.
    pub flush_on_stop: Option<FlushOnStop>,
    /// `lvs_sync_daemon`: connections are told to the other machine.
    pub sync_daemon: Option<SyncDaemon>,
    /// `checker_log_all_failures`: forgiven failures are told too.
    pub log_all_failures: bool,
    /// `rs_init_notifies`: real servers are told about at the start.
    pub init_notifies: bool,
    /// `snmp_vs_stats_update_interval`: how old figures of virtual servers may be.
    pub vs_stats_interval: Duration,
    /// `snmp_rs_stats_update_interval`: how old figures of real servers may be; `None`: as for virtual servers.
    pub rs_stats_interval: Option<Duration>,
}

impl Default for LvsGlobal {
    fn default() -> Self {
        LvsGlobal {
            timeouts: LvsTimeouts::default(),
            flush: false,
            flush_on_stop: None,
            sync_daemon: None,
            log_all_failures: false,
            init_notifies: false,
            vs_stats_interval: Duration::from_secs(5),
            rs_stats_interval: None,
        }
    }
}

/// How long the kernel remembers connections; zero: as it does anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LvsTimeouts {
    /// `tcp`: without a packet.
    pub tcp: Duration,
    /// `tcpfin`: after the end was announced.
    pub tcpfin: Duration,
    /// `udp`: without a packet.
    pub udp: Duration,
}

choices! {
    /// What goes from the kernel's table at a stop.
    FlushOnStop {
        /// Everything, whoever made it.
        Everything = "",
        /// Virtual servers of the configuration.
        VirtualServers = "VS",
    }
}

/// The kernel's connection synchronisation (IPVS sync daemon).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncDaemon {
    /// Where connections are told and heard.
    pub interface: String,
    /// `inst`: the instance whose state decides who tells and who hears.
    pub instance: Option<String>,
    /// `id`: 0 to 255; `None`: the instance's virtual router id.
    pub id: Option<u8>,
    /// `maxlen`: the longest packet.
    pub maxlen: Option<u16>,
    /// `port`: the UDP port.
    pub port: Option<u16>,
    /// `ttl`: TTL or hop limit.
    pub ttl: Option<u8>,
    /// `group`: the multicast group.
    pub group: Option<IpAddr>,
}

impl SyncDaemon {
    /// One on `interface`, with the kernel's defaults and without an instance.
    #[must_use]
    pub fn on(interface: String) -> SyncDaemon {
        SyncDaemon { interface, instance: None, id: None, maxlen: None, port: None, ttl: None, group: None }
    }
}
