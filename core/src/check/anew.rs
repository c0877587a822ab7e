//! After a mistake of ours: a new engine that knows how the pool fared.

use super::engine::Checkers;
use super::health::Health;
use super::pool::{Real, Virtual};
use crate::event::lvs::RealName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What checks had found out, until they are made again: health, the status that says a weight, the reason of the last failure.
pub(super) type Recalled = BTreeMap<(RealName, u64), (Health, Option<u8>, Option<Arc<str>>)>;

impl Checkers {
    /// An engine as [`new`](Checkers::new) makes it, but for what was found out of the real servers and what the scripts were told of it: its first
    /// configuration is a reload to them. So who was down stays down until a check succeeds, and nothing is told twice. Checks begin anew, and so
    /// does all that concerns the kernel; scripts that wait are forgotten.
    #[must_use]
    pub fn anew(self, seed: u64) -> Checkers {
        let Checkers { mut servers, order, checkers, settings, .. } = self;
        let mut engine = Checkers::new(seed);
        for (_, checker) in checkers.iter() {
            let said = (checker.health, checker.status, checker.reason.clone());
            engine.recalled.insert((checker.real, checker.hash), said);
        }
        for server in order.into_iter().filter_map(|id| servers.remove(id)) {
            let reals = server.reals.into_iter().map(|real| Real { checks: Vec::new(), ..real }).collect();
            let id = engine.servers.insert(Virtual { reals, ranges: Vec::new(), here: 0, ..server });
            engine.order.push(id);
        }
        engine.settings.groups = settings.groups;
        engine
    }
}
