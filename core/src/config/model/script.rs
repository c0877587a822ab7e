//! Programs, and who runs them.

use crate::config::diagnostic::Place;
use serde::{Deserialize, Serialize};

/// A user and, where not the user's own, a group, by name or number; resolved by the driver.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Credentials {
    /// User name or number.
    pub user: String,
    /// Group name or number.
    pub group: Option<String>,
    /// A colon before the group: with all groups that the user is in.
    pub supplementary: bool,
    /// Where it is written.
    #[serde(skip)]
    pub at: Place,
}

impl Credentials {
    /// A user and perhaps a group, without supplementary groups.
    #[must_use]
    pub fn new(user: &str, group: Option<&str>) -> Credentials {
        Credentials { user: user.to_owned(), group: group.map(str::to_owned), ..Credentials::default() }
    }
}

/// A program and its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The program and its arguments; never empty.
    pub argv: Vec<String>,
    /// Who runs it; `None`: the global script user, or the daemon's default.
    pub user: Option<Credentials>,
    /// Where the command is written.
    #[serde(skip)]
    pub at: Place,
}

impl Script {
    /// A program with arguments, run by whoever runs scripts.
    #[must_use]
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Script {
        Script { argv: argv.into_iter().map(Into::into).collect(), ..Script::default() }
    }
}

/// `notify_*` of an instance or a group. Boxed, for most have none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyScripts {
    /// `notify_master`
    pub master: Option<Box<Script>>,
    /// `notify_backup`
    pub backup: Option<Box<Script>>,
    /// `notify_fault`
    pub fault: Option<Box<Script>>,
    /// `notify_stop`
    pub stop: Option<Box<Script>>,
    /// `notify`: for every change, with arguments.
    pub any: Option<Box<Script>>,
    /// `notify_deleted`: when a reload removes the instance.
    pub deleted: Option<Box<Script>>,
    /// `notify_master_rx_lower_pri`: when a master hears a lower one.
    pub master_rx_lower_pri: Option<Box<Script>>,
}

impl NotifyScripts {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == NotifyScripts::default()
    }

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
        .map(|script| &mut **script)
    }
}
