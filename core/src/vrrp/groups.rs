//! Sync groups: members that move together.

use super::engine::Vrrp;
use super::fsm::Signal;
use super::instance::{Id, Instance};
use super::state::State;
use crate::config::model::SyncGroupConfig;
use crate::event::{Event, Why};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    pub config: SyncGroupConfig,
    pub members: Vec<Id>,
    /// The state that all members were last in together.
    pub state: State,
    /// All members are master, and the group's scripts wait for theirs.
    pub notify_pending: bool,
}

impl Vrrp {
    fn others(&self, id: Id) -> Vec<Id> {
        let group = self.get(id).and_then(|i| i.group).and_then(|g| self.groups.get(g));
        group.map(|g| g.members.iter().copied().filter(|m| *m != id).collect()).unwrap_or_default()
    }

    /// Whether every other member is master or wants to be: one that would be master alone waits, for
    /// otherwise two groups that each hear half of the network would take turns for ever.
    pub(super) fn group_ready(&self, id: Id) -> bool {
        let Some(group) = self.get(id).and_then(|i| i.group).and_then(|g| self.groups.get(g)) else { return true };
        group.members.iter().filter(|m| **m != id).filter_map(|m| self.get(*m)).all(|other| match other.state {
            State::Master => true,
            State::Backup => other.want_master,
            State::Init | State::Fault => false,
        })
    }

    /// The other members follow one that became master, or that was master and went to BACKUP. One that joins a group of
    /// masters follows them.
    pub(super) fn group_follows(&mut self, id: Id, from: State, to: State) {
        let Some(member) = self.get(id).map(Instance::name) else { return };
        let others = self.others(id);
        let signal = match (from, to) {
            (_, State::Master) => Signal::GroupMaster,
            (State::Master, State::Backup) => Signal::GroupBackup,
            (_, State::Backup) => {
                let masters = others.iter().filter_map(|m| self.get(*m)).all(|i| i.state == State::Master);
                if let Some(master) = others.first().and_then(|m| self.get(*m)).filter(|_| masters) {
                    let why = Why::GroupFollows { member: master.name() };
                    return self.signal(id, Signal::GroupMaster, why);
                }
                return self.group_wants(id);
            }
            (_, State::Init | State::Fault) => return,
        };
        for other in others {
            self.signal(other, signal, Why::GroupFollows { member: member.clone() });
        }
    }

    /// A member wants to be master, or has come back: if it was the last to be waited for, they all go.
    pub(super) fn group_wants(&mut self, id: Id) {
        let waiting = self.get(id).is_some_and(|i| i.state == State::Backup && i.want_master);
        if waiting && self.group_ready(id) {
            let silence = self.get(id).map(|i| self.now.since(i.heard_at)).unwrap_or_default();
            self.signal(id, Signal::MasterDown, Why::MasterSilent { last: None, silence });
        }
    }

    /// Tells when all members have come together in a new state.
    pub(super) fn settle_groups(&mut self, id: Id) {
        let Some(place) = self.get(id).and_then(|i| i.group) else { return };
        let Some(group) = self.groups.get(place) else { return };
        let mut states = group.members.iter().filter_map(|m| self.get(*m)).map(|i| i.state);
        let Some(first) = states.next() else { return };
        if !states.all(|state| state == first) || group.state == first || first == State::Init {
            return;
        }
        let Some(group) = self.groups.get_mut(place) else { return };
        group.state = first;
        group.notify_pending = first == State::Master;
        let name = group.config.name.clone();
        self.event(Event::GroupState { group: name, to: first });
        if first == State::Master {
            self.notify_group_when_ready(place);
        } else {
            self.notify_group(place, first);
        }
    }

    pub(super) fn stop_groups(&mut self) {
        for place in 0..self.groups.len() {
            if let Some(group) = self.groups.get_mut(place) {
                group.state = State::Init;
                group.notify_pending = false;
                self.notify_group(place, State::Init);
            }
        }
    }
}
