//! What can be tracked, and by what weight.

use super::{Script, choices};
use crate::net::Name;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// What a tracked object means to a priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// 0: its failure is a fault. Otherwise added to the priority while up (positive) or while down (negative); -253 to
    /// 253, of files and processes -254 to 254.
    pub value: i16,
    /// `reverse`: up counts as down, and down as up.
    pub reverse: bool,
}

/// One of `track_interface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackInterface {
    /// Its name.
    pub name: String,
    /// 0: its failure is a fault. Otherwise added to the priority while up (positive) or while down (negative); -253 to 253.
    pub weight: i16,
    /// `reverse`: up counts as down, and down as up.
    pub reverse: bool,
}

/// One of `track_script`, `track_file`, `track_process` or `track_bfd`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// The object's name; it is one of the configuration.
    pub name: Name,
    /// What it means here; by default, what the object says itself.
    pub weight: Weight,
}

/// What an instance or a group tracks, besides interfaces. Each is tracked once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// `track_script`
    pub scripts: Vec<Track>,
    /// `track_file`
    pub files: Vec<Track>,
    /// `track_process`
    pub processes: Vec<Track>,
    /// `track_bfd`
    pub bfd: Vec<Track>,
}

/// `vrrp_script`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptConfig {
    /// Its name.
    pub name: Name,
    /// `script` and `user`
    pub script: Script,
    /// `interval`: from one start to the next; not zero.
    pub interval: Duration,
    /// `timeout`: it is killed and has failed after this; the interval by default; not zero.
    pub timeout: Duration,
    /// `weight`: what it means to those who track it without a weight of their own.
    pub weight: Weight,
    /// `rise`: so many successes in a row make it succeed; at least 1.
    pub rise: u32,
    /// `fall`: so many failures in a row make it fail; at least 1.
    pub fall: u32,
    /// `init_fail`: it has failed until it succeeds.
    pub init_fail: bool,
}

impl ScriptConfig {
    /// A script with the C version's defaults. `script` must name a program.
    #[must_use]
    pub fn new(name: Name, script: Script) -> ScriptConfig {
        let interval = Duration::from_secs(1);
        ScriptConfig {
            name,
            script,
            interval,
            timeout: interval,
            weight: Weight::default(),
            rise: 1,
            fall: 1,
            init_fail: false,
        }
    }
}

/// `track_file`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileConfig {
    /// Its name.
    pub name: Name,
    /// `file`: the path. The number in it is what is tracked.
    pub path: String,
    /// `weight`: what the number is multiplied by; 0: any other number than 0 is a fault.
    pub weight: Weight,
    /// `init_file`: it is written at the start.
    pub init: Option<InitFile>,
}

impl FileConfig {
    /// A file with the C version's defaults.
    #[must_use]
    pub fn new(name: Name, path: String) -> FileConfig {
        FileConfig { name, path, weight: Weight { value: 1, reverse: false }, init: None }
    }
}

/// `init_file`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitFile {
    /// What is written.
    pub value: i32,
    /// `overwrite`: also when the file exists.
    pub overwrite: bool,
}

/// `vrrp_track_process`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessConfig {
    /// Its name.
    pub name: Name,
    /// `process`: the program, and arguments that it must have; never empty.
    pub command: Vec<String>,
    /// `param_match`: how arguments are compared; `None`: not at all.
    pub arguments: Option<ParamMatch>,
    /// `weight`: what it means to those who track it without a weight of their own.
    pub weight: Weight,
    /// `quorum`: so many processes are enough; 0 with a `quorum_max` of 0: none may run.
    pub quorum: u16,
    /// `quorum_max`: more are too many; `None`: never.
    pub quorum_max: Option<u16>,
    /// `fork_delay`: a new process counts only after this.
    pub fork_delay: Duration,
    /// `terminate_delay`: a process that ended counts no more only after this.
    pub terminate_delay: Duration,
    /// `full_command`: the whole command line is looked at, not the first 15 bytes of the program's name.
    pub full_command: bool,
}

impl ProcessConfig {
    /// A process with the C version's defaults.
    #[must_use]
    pub fn new(name: Name, command: Vec<String>) -> ProcessConfig {
        let arguments = (command.len() > 1).then_some(ParamMatch::Exact);
        ProcessConfig {
            name,
            command,
            arguments,
            weight: Weight::default(),
            quorum: 1,
            quorum_max: None,
            fork_delay: Duration::ZERO,
            terminate_delay: Duration::ZERO,
            full_command: arguments.is_some(),
        }
    }
}

choices! {
    /// How the arguments of a process are compared.
    ParamMatch {
        /// They are these.
        Exact = "",
        /// They begin with these.
        Initial = "initial",
        /// They begin with these, and the last one only has to begin so.
        Partial = "partial",
    }
}

/// `garp_group`: interfaces on which announcements have a pace of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GarpGroup {
    /// `garp_interval`: the least time between two ARP announcements on any of them.
    pub garp_interval: Option<Duration>,
    /// `gna_interval`: the same for neighbour advertisements.
    pub gna_interval: Option<Duration>,
    /// `interface` and `interfaces`; each is in one group at most.
    pub interfaces: Vec<String>,
}
