//! Which raw sockets are needed: one for each interface and family that an instance uses.

use super::engine::{TimerKey, Vrrp};
use super::io::{Output, SocketKey};
use super::state::FaultReason;
use crate::config::model::Transport;
use crate::event::Event;
use crate::kernel::Errno;
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long a failed socket waits for its next try.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Socket {
    pub groups: BTreeSet<IpAddr>,
    pub failed: Option<Errno>,
}

impl Vrrp {
    /// Opens, changes and closes sockets so that they are exactly those that instances need.
    pub(super) fn reconcile_sockets(&mut self) {
        let mut needed: BTreeMap<SocketKey, BTreeSet<IpAddr>> = BTreeMap::new();
        for instance in self.instances.iter().flatten() {
            if let Some(index) = instance.index {
                let groups = needed.entry(SocketKey { index, family: instance.config.family }).or_default();
                if let Transport::Multicast { group } = instance.config.transport {
                    groups.insert(group);
                }
            }
        }
        let unneeded: Vec<SocketKey> = self.sockets.keys().filter(|key| !needed.contains_key(key)).copied().collect();
        for key in unneeded {
            self.sockets.remove(&key);
            self.timers.cancel(TimerKey::Socket(key));
            self.out.push_back(Output::CloseSocket(key));
        }
        for (key, groups) in needed {
            if self.sockets.get(&key).is_none_or(|socket| socket.groups != groups) {
                self.sockets.insert(key, Socket { groups: groups.clone(), failed: None });
                self.out.push_back(Output::OpenSocket { key, groups });
            }
        }
    }

    pub(super) fn socket_result(&mut self, key: SocketKey, result: Result<(), Errno>) {
        let Some(socket) = self.sockets.get_mut(&key) else { return };
        let before = socket.failed;
        socket.failed = result.err();
        if let Some(errno) = socket.failed {
            self.timers.set(TimerKey::Socket(key), self.now + RETRY);
            if before != Some(errno) {
                let interface = self.link_name(key.index);
                self.event(Event::SocketFailed { interface, family: key.family, errno });
            }
        } else {
            self.timers.cancel(TimerKey::Socket(key));
        }
        if before != self.sockets.get(&key).and_then(|socket| socket.failed) {
            self.evaluate_on(key.index);
        }
    }

    pub(super) fn retry_socket(&mut self, key: SocketKey) {
        if let Some(socket) = self.sockets.get(&key) {
            self.out.push_back(Output::OpenSocket { key, groups: socket.groups.clone() });
        }
    }

    /// The fault of an instance whose socket failed.
    pub(super) fn socket_fault(&self, key: SocketKey) -> Option<FaultReason> {
        let errno = self.sockets.get(&key)?.failed?;
        Some(FaultReason::Socket(self.link_name(key.index), key.family, errno))
    }
}
