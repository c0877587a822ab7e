//! Sync groups: members that move together.

use super::engine::Vrrp;
use super::fsm::Signal;
use super::instance::{Id, Instance};
use super::state::{FaultReason, State};
use crate::config::model::SyncGroupConfig;
use crate::event::{Event, Why};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    pub config: SyncGroupConfig,
    pub members: Vec<Id>,
    /// Members with a reason of their own to be in FAULT.
    pub faulty: BTreeSet<Id>,
    /// The state that all members were last in together.
    pub state: State,
    /// All members are master, and the group's scripts wait for theirs.
    pub notify_pending: bool,
}

impl Vrrp {
    pub(super) fn group_of(&self, id: Id) -> Option<&Group> {
        self.groups.get(self.get(id)?.group?)
    }

    fn others(&self, id: Id) -> Vec<Id> {
        self.group_of(id).map(|g| g.members.iter().copied().filter(|m| *m != id).collect()).unwrap_or_default()
    }

    /// Whether every other member is master or wants to be: one that would be master alone waits, for
    /// otherwise two groups that each hear half of the network would take turns for ever.
    pub(super) fn group_ready(&self, id: Id) -> bool {
        let Some(group) = self.group_of(id) else { return true };
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
                    self.signal(id, Signal::GroupMaster, why);
                }
                return;
            }
            (_, State::Init | State::Fault) => return,
        };
        for other in others {
            self.signal(other, signal, Why::GroupFollows { member: member.clone() });
        }
    }

    /// A member wants to be master: if it was the last to be waited for, they all go.
    pub(super) fn group_wants(&mut self, id: Id) {
        let waiting = self.get(id).filter(|i| i.state == State::Backup && i.want_master);
        if let Some(why) = waiting.map(|i| i.why_master(self.now))
            && self.group_ready(id)
        {
            self.signal(id, Signal::MasterDown, why);
        }
    }

    pub(super) fn settle_group_of(&mut self, id: Id) {
        if let Some(place) = self.get(id).and_then(|i| i.group) {
            self.settle_group(place);
        }
    }

    /// Tells when all members have come together in a new state.
    pub(super) fn settle_group(&mut self, place: usize) {
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

    /// A new configuration has put masters and backups into one group: where a backup has heard a master the masters follow it,
    /// otherwise it follows them.
    pub(super) fn align_groups(&mut self) {
        for place in 0..self.groups.len() {
            let Some(group) = self.groups.get(place) else { continue };
            let members: Vec<Id> = group.members.clone();
            let in_state = |state: State| {
                let found =
                    members.iter().filter_map(|m| Some((*m, self.get(*m)?))).filter(move |(_, i)| i.state == state);
                found.map(|(id, i)| (id, i.name(), i.master.is_some())).collect::<Vec<_>>()
            };
            let (masters, backups) = (in_state(State::Master), in_state(State::Backup));
            if let (Some((_, master, _)), false) = (masters.first(), backups.is_empty()) {
                let leader = backups.iter().find(|(_, _, heard)| *heard);
                let (led, signal, member) = match leader {
                    Some((_, name, _)) => (&masters, Signal::GroupBackup, name),
                    None => (&backups, Signal::GroupMaster, master),
                };
                self.group_moves = true;
                for (id, _, _) in led {
                    self.signal(*id, signal, Why::GroupFollows { member: member.clone() });
                }
                self.group_moves = false;
            }
            self.settle_group(place);
        }
    }

    /// Keeps count of the members with faults of their own, and gives the others their reason. Those whose faults changed are `affected`.
    pub(super) fn group_fault(&mut self, id: Id, faulty: bool, affected: &mut BTreeSet<Id>) {
        let Some(place) = self.get(id).and_then(|i| i.group) else { return };
        let Some(group) = self.groups.get_mut(place) else { return };
        let changed = if faulty { group.faulty.insert(id) } else { group.faulty.remove(&id) };
        if !changed {
            return;
        }
        let concerned = match group.faulty.len() {
            // None any more, or the first: everybody. The second, or one left alone: these.
            0 => group.members.clone(),
            1 if faulty => group.members.clone(),
            1 | 2 => group.faulty.iter().copied().chain([id]).collect(),
            _ => vec![id],
        };
        for member in concerned {
            self.give_group_fault(member);
            affected.insert(member);
        }
    }

    /// A member has the group's fault exactly while another has one of its own.
    fn give_group_fault(&mut self, id: Id) {
        let Some(instance) = self.get(id) else { return };
        let mut faults = instance.faults.clone();
        faults.retain(|fault| !matches!(fault, FaultReason::Group(_)));
        if let Some(group) = self.group_of(id)
            && group.faulty.iter().any(|member| *member != id)
        {
            faults.insert(FaultReason::Group(group.config.name.clone()));
        }
        self.set_faults(id, faults);
    }

    /// After groups were made anew.
    pub(super) fn regroup_faults(&mut self) {
        for id in self.ids() {
            let faulty = self.get(id).is_some_and(Instance::has_own_faults);
            if faulty && let Some(group) = self.get(id).and_then(|i| i.group).and_then(|g| self.groups.get_mut(g)) {
                group.faulty.insert(id);
            }
        }
        for id in self.ids() {
            self.give_group_fault(id);
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
