//! How the configuration itself is read and read again.

use serde::{Deserialize, Serialize};

/// How the configuration is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// `random_seed`: of `${_RANDOM}`.
    pub random_seed: Option<u32>,
    /// `include_check`: which includes must find something.
    pub include_check: IncludeCheck,
    /// `reload_check_config`: a new configuration is looked at before anything is changed; where complaints go.
    pub check_config: Option<String>,
    /// `reload_time_file`: holds the time of the next reload.
    pub time_file: Option<String>,
    /// `reload_repeat`: its time comes back every day or week.
    pub repeat: bool,
    /// `reload_file`: removed when a reload is done; an empty name: beside the process id file.
    pub file: Option<String>,
    /// `config_save_dir`: where a working configuration is kept.
    pub save_dir: Option<String>,
    /// `tmp_config_directory`: where the configuration that is in use is copied to.
    pub tmp_directory: Option<String>,
}

/// Which includes must find something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncludeCheck {
    /// `read`: every file that is found can be read.
    pub read: bool,
    /// `match`: a name without wildcards is a file.
    pub matched: bool,
    /// `wildcard_match`: a name with wildcards is at least one file.
    pub wildcard: bool,
    /// `brace_match`: every alternative in braces is a file.
    pub brace: bool,
}
