//! `lvs_sync_daemon`: which daemons of connection synchronisation run.

use super::engine::Checkers;
use crate::ipvs::{SyncRole, desired};
use crate::vrrp::State;

impl Checkers {
    /// Wants the sync daemons that the configuration and the state of its instance ask for: bound to an instance the one of its role, a backup
    /// where the instance is not master; otherwise both. As long as the state of its instance is not known (it may just have got another name) all
    /// stays as it is.
    pub(super) fn sync_daemons(&mut self) {
        let daemon = self.settings.lvs.sync_daemon.as_ref();
        let bound = daemon.and_then(|daemon| daemon.instance.as_ref());
        let master = match bound.map(|name| self.instances.get(name.as_str())) {
            Some(None) => return,
            Some(Some(state)) => Some(*state == State::Master),
            None => None,
        };
        for (role, of) in [(SyncRole::Master, true), (SyncRole::Backup, false)] {
            let runs = daemon.filter(|_| master.is_none_or(|master| master == of));
            let wanted = runs.map(|daemon| desired::sync(daemon, role, self.settings.sync_id));
            self.reconciler.sync(role, wanted);
        }
    }
}
