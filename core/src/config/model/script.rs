//! Programs, and who runs them.

use serde::{Deserialize, Serialize};

/// A user and, where not the user's own, a group, by name or number; resolved by the driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// User name or number.
    pub user: String,
    /// Group name or number.
    pub group: Option<String>,
}

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The program and its arguments; never empty.
    pub argv: Vec<String>,
    /// Who runs it; `None`: the global script user, or the daemon's default.
    pub user: Option<Credentials>,
}

/// `notify_*` of an instance or a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyScripts {
    /// `notify_master`
    pub master: Option<Script>,
    /// `notify_backup`
    pub backup: Option<Script>,
    /// `notify_fault`
    pub fault: Option<Script>,
    /// `notify_stop`
    pub stop: Option<Script>,
    /// `notify`: for every change, with arguments.
    pub any: Option<Script>,
    /// `notify_deleted`: when a reload removes the instance.
    pub deleted: Option<Script>,
    /// `notify_master_rx_lower_pri`: when a master hears a lower one.
    pub master_rx_lower_pri: Option<Script>,
}

impl NotifyScripts {
    /// All of them.
    pub fn scripts_mut(&mut self) -> impl Iterator<Item = &mut Script> {
        [
            &mut self.master,
            &mut self.backup,
            &mut self.fault,
            &mut self.stop,
            &mut self.any,
            &mut self.deleted,
            &mut self.master_rx_lower_pri,
        ]
        .into_iter()
        .flatten()
    }
}
