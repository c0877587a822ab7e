//! A configuration with every value typed, every default applied and every reference resolved.

mod bfd;
mod check;
mod choice;
mod global;
mod instance;
mod lvs;
mod names;
mod net;
mod route;
mod rule;
mod script;
mod shared;
mod track;
mod vrrp;

pub use bfd::*;
pub use check::*;
pub use choice::Choice;
pub(crate) use choice::choices;
pub use global::*;
pub use instance::*;
pub use lvs::*;
pub use names::*;
pub use net::*;
pub use route::*;
pub use rule::*;
pub use script::*;
pub use shared::Shared;
pub use track::*;
pub use vrrp::*;

use serde::{Deserialize, Serialize};

/// All that a configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Words outside every block.
    pub daemon: Daemon,
    /// `global_defs`
    pub global: Global,
    /// Static addresses, routes and rules.
    pub network: Network,
    /// `vrrp_instance`, in the file's order. Names are unique.
    pub instances: Vec<InstanceConfig>,
    /// `vrrp_sync_group`, in the file's order. Names are unique, and an instance is in one group at most.
    pub sync_groups: Vec<SyncGroupConfig>,
    /// `vrrp_script`, in the file's order. Names are unique.
    pub scripts: Vec<ScriptConfig>,
    /// `vrrp_track_process`, in the file's order. Names are unique.
    pub processes: Vec<ProcessConfig>,
    /// `track_file`, in the file's order. Names are unique.
    pub files: Vec<FileConfig>,
    /// `garp_group`, in the file's order.
    pub garp_groups: Vec<GarpGroup>,
    /// `bfd_instance`, in the file's order. Names are unique.
    pub bfd: Vec<BfdConfig>,
    /// The load balancer.
    pub lvs: Lvs,
}

impl Config {
    /// Every script of the configuration.
    pub fn scripts_mut(&mut self) -> impl Iterator<Item = &mut Script> {
        // Those that are empty stay shared.
        let of_instances = self.instances.iter_mut().map(|instance| &mut instance.notify);
        let of_instances = of_instances.filter(|notify| !notify.is_empty()).map(|notify| &mut **notify);
        let of_groups = self.sync_groups.iter_mut().map(|group| &mut group.notify);
        of_instances
            .chain(of_groups)
            .flat_map(NotifyScripts::scripts_mut)
            .chain(self.scripts.iter_mut().map(|tracked| &mut tracked.script))
            .chain(self.global.scripts_mut())
            .chain(self.lvs.scripts_mut())
    }
}
