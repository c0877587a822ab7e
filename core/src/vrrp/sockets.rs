//! Which raw sockets are needed: one for each interface and family that an instance uses.

use super::engine::{TimerKey, Vrrp};
use super::instance::Id;
use super::io::{Output, SocketKey};
use super::state::FaultReason;
use crate::config::model::Transport;
use crate::event::Event;
use crate::kernel::Errno;
use crate::net::{Family, IfIndex, Vrid};
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How long a failed socket waits for its next try.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Socket {
    pub groups: BTreeSet<IpAddr>,
    pub failed: Option<Errno>,
}

impl Vrrp {
    /// An instance has moved from one interface to another.
    pub(super) fn listen_on(&mut self, id: Id, before: Option<IfIndex>, after: Option<IfIndex>) {
        let Some(instance) = self.get(id) else { return };
        let (family, vrid) = (instance.config.family, instance.config.vrid);
        if let Some(index) = before {
            self.stop_listening(id, (index, family, vrid));
        }
        if let Some(index) = after {
            self.listeners.entry((index, family, vrid)).or_default().push(id);
            self.by_socket.entry(SocketKey { index, family }).or_default().insert(id);
        }
        for index in before.into_iter().chain(after) {
            self.reconcile_socket(SocketKey { index, family });
        }
    }

    /// An instance is gone.
    pub(super) fn stop_listening(&mut self, id: Id, at: (IfIndex, Family, Vrid)) {
        let key = SocketKey { index: at.0, family: at.1 };
        if let Some(listeners) = self.listeners.get_mut(&at) {
            listeners.retain(|listener| *listener != id);
            if listeners.is_empty() {
                self.listeners.remove(&at);
            }
        }
        if let Some(users) = self.by_socket.get_mut(&key) {
            users.remove(&id);
            if users.is_empty() {
                self.by_socket.remove(&key);
            }
        }
    }

    /// Opens, changes or closes a socket so that it is what its instances need.
    pub(super) fn reconcile_socket(&mut self, key: SocketKey) {
        let Some(users) = self.by_socket.get(&key) else {
            if self.sockets.remove(&key).is_some() {
                self.timers.cancel(TimerKey::Socket(key));
                self.out.push_back(Output::CloseSocket(key));
            }
            return;
        };
        let transports = users.iter().filter_map(|id| self.get(*id)).map(|i| &i.config.transport);
        let groups: BTreeSet<IpAddr> = transports
            .filter_map(|transport| match transport {
                Transport::Multicast { group } => Some(*group),
                Transport::Unicast { .. } => None,
            })
            .collect();
        let present = self.sockets.get(&key);
        if present.is_none_or(|socket| socket.groups != groups) {
            // A failure lasts until a new answer.
            let failed = present.and_then(|socket| socket.failed);
            self.sockets.insert(key, Socket { groups: groups.clone(), failed });
            self.out.push_back(Output::OpenSocket { key, groups });
        }
    }

    /// Opens a socket anew whose memberships the kernel has forgotten.
    pub(super) fn reopen_socket(&mut self, key: SocketKey) {
        if let Some(socket) = self.sockets.get(&key) {
            let groups = socket.groups.clone();
            self.out.push_back(Output::CloseSocket(key));
            self.out.push_back(Output::OpenSocket { key, groups });
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
