//! What may differ, and the commands that are made of it.

use super::fault::{Fault, Spot};
use super::{Flight, Reconciler};
use crate::ipvs::diff::Changes;
use crate::ipvs::{DestinationKey, IpvsCommand, Service, ServiceKey, SyncRole, Timeouts};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What may differ from what is wanted. Services come out in the order in which they were marked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dirty {
    services: BTreeMap<ServiceKey, BTreeSet<DestinationKey>>,
    order: VecDeque<ServiceKey>,
    /// Timeouts and sync daemons.
    others: bool,
}

impl Dirty {
    pub(super) fn service(&mut self, key: ServiceKey) {
        // Mostly it was marked just now.
        if self.order.back() != Some(&key) {
            self.destinations(key, []);
        }
    }

    pub(super) fn destinations(&mut self, key: ServiceKey, of: impl IntoIterator<Item = DestinationKey>) {
        let marks = self.services.entry(key).or_insert_with(|| {
            self.order.push_back(key);
            BTreeSet::new()
        });
        marks.extend(of);
    }

    pub(super) fn others(&mut self) {
        self.others = true;
    }

    pub(super) fn no_services(&mut self) {
        self.services.clear();
        self.order.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty() && !self.others
    }

    fn pop(&mut self) -> Option<(ServiceKey, BTreeSet<DestinationKey>)> {
        let key = self.order.pop_front()?;
        Some((key, self.services.remove(&key).unwrap_or_default()))
    }
}

impl Reconciler {
    /// Makes the commands of what was marked first; `false` when nothing is marked.
    pub(super) fn plan(&mut self) -> bool {
        if !self.reading.known {
            return false;
        }
        if core::mem::take(&mut self.dirty.others) {
            self.plan_timeouts();
            self.plan_sync();
            return true;
        }
        let Some((key, marks)) = self.dirty.pop() else { return false };
        self.plan_service(key, &marks);
        true
    }

    pub(super) fn held(&self, spot: Spot) -> bool {
        self.faults.get(&spot).is_some_and(Fault::holds)
    }

    /// What is held is marked again by the reading before its next try; what is leaving, when it has gone or was found to be there still.
    fn plan_service(&mut self, key: ServiceKey, marks: &BTreeSet<DestinationKey>) {
        let service_held = self.held(Spot::Service(key));
        let Some(wanted) = self.want.get(&key) else {
            if !service_held && self.have.remove(&key).is_some() {
                self.leaving.insert(Spot::Service(key));
                self.push(IpvsCommand::DeleteService(key));
            }
            return;
        };
        let mut commands = Vec::new();
        let mut changes = Changes::default();
        // Fields one by one: `have` changes while `faults` is looked at.
        let held = |to| self.faults.get(&Spot::Destination(key, to)).is_some_and(Fault::holds);
        if let Some(had) = self.have.get_mut(&key) {
            if had.settings != wanted.settings && !service_held {
                had.settings = wanted.settings.clone();
                commands.push(IpvsCommand::SetService(key, wanted.settings.clone()));
            }
            for to in marks.iter().copied().filter(|to| !held(*to)) {
                let new = wanted.destinations.get(&to);
                changes.note(&to, had.destinations.get(&to), new);
                match new {
                    Some(how) => had.destinations.insert(to, *how),
                    None => had.destinations.remove(&to),
                };
            }
        } else if service_held || self.leaving.contains(&Spot::Service(key)) {
            return;
        } else {
            let mut service = wanted.clone();
            if !self.faults.is_empty() {
                service.destinations.retain(|to, _| !held(*to));
            }
            return self.make(key, service);
        }
        changes.commands(key, &mut commands);
        commands.into_iter().for_each(|command| self.push(command));
    }

    /// A service that is not there, with all its destinations.
    fn make(&mut self, key: ServiceKey, service: Service) {
        self.push(IpvsCommand::AddService(key, service.settings.clone()));
        for (to, how) in &service.destinations {
            self.push(IpvsCommand::AddDestination(key, *to, *how));
        }
        self.have.insert(key, service);
    }

    pub(super) fn target_timeouts(&self) -> Timeouts {
        let choose = |wanted, foreign| if wanted == 0 { foreign } else { wanted };
        let (want, foreign) = (self.want_timeouts, self.foreign_timeouts);
        Timeouts {
            tcp: choose(want.tcp, foreign.tcp),
            tcp_fin: choose(want.tcp_fin, foreign.tcp_fin),
            udp: choose(want.udp, foreign.udp),
        }
    }

    fn plan_timeouts(&mut self) {
        let target = self.target_timeouts();
        if target != self.have_timeouts && !self.held(Spot::Timeouts) {
            self.have_timeouts = target;
            self.push(IpvsCommand::SetTimeouts(target));
        }
    }

    fn plan_sync(&mut self) {
        if !self.owns_sync {
            return;
        }
        let mut commands = Vec::new();
        // What stops comes first: some kernels run one daemon at a time.
        let roles = [SyncRole::Master, SyncRole::Backup];
        let (stay, go) = roles.into_iter().partition::<Vec<_>, _>(|role| self.want_sync.contains_key(role));
        for role in go.into_iter().chain(stay) {
            if self.held(Spot::Sync(role)) {
                continue;
            }
            let want = self.want_sync.get(&role);
            if self.have_sync.get(&role) == want {
                continue;
            }
            // A daemon cannot be changed while it runs.
            if let Some(had) = self.have_sync.remove(&role) {
                self.leaving.insert(Spot::Sync(role));
                commands.push(IpvsCommand::StopSync { role, id: had.id });
                self.last_sync.insert(role, had);
            } else if let Some(daemon) = want
                && !self.leaving.contains(&Spot::Sync(role))
            {
                self.last_sync.insert(role, daemon.clone());
                self.have_sync.insert(role, daemon.clone());
                commands.push(IpvsCommand::StartSync(daemon.clone()));
            }
        }
        commands.into_iter().for_each(|command| self.push(command));
    }

    fn push(&mut self, command: IpvsCommand) {
        if self.reading.under_way {
            self.touched.insert(Flight::of(&command).spot);
        }
        self.queue.push_back(command);
    }
}
