//! A configuration comes into force: the first, or a new one. Only the difference is carried out.

use super::engine::{TimerKey, Vrrp};
use super::groups::Group;
use super::instance::{Id, Instance};
use super::io::SocketKey;
use super::state::State;
use crate::config::model::{Config, InstanceConfig};
use crate::event::{Event, Occasion, Why};
use crate::net::{Name, Version};
use crate::reload::{self, Change};
use std::collections::{BTreeMap, BTreeSet};

impl Vrrp {
    pub(super) fn configure(&mut self, config: Config) {
        let first = !core::mem::replace(&mut self.configured, true);
        if config == self.config && !first {
            let kept = config.instances.len() as u32;
            let (added, removed, absorbed, restarted) = Default::default();
            return self.event(Event::Configured { added, removed, absorbed, restarted, kept });
        }
        let plan = reload::plan(&self.config, &config);
        let old_names: BTreeMap<Name, Id> =
            self.ids().into_iter().filter_map(|id| Some((self.get(id)?.name(), id))).collect();
        self.start_delay(first, &config);

        let mut removed: Vec<Id> = plan.removed.iter().filter_map(|name| old_names.get(name)).copied().collect();
        let mut told = (Vec::new(), Vec::new(), Vec::new(), 0);
        let mut fresh = Vec::new();
        let mut changed = Vec::new();
        for (new, (change, before)) in config.instances.iter().zip(&plan.instances) {
            let id = before.as_ref().and_then(|name| old_names.get(name)).copied();
            match (change, id) {
                (Change::Keep, _) => told.3 += 1,
                (Change::Absorb(keywords), Some(id)) => {
                    told.1.push((new.name.clone(), keywords.iter().map(|k| (*k).to_owned()).collect()));
                    changed.push((id, new));
                }
                (Change::Restart(keywords), Some(id)) => {
                    told.2.push((new.name.clone(), keywords.iter().map(|k| (*k).to_owned()).collect()));
                    removed.push(id);
                    fresh.push(new);
                }
                (Change::Add | Change::Absorb(_) | Change::Restart(_), _) => {
                    told.0.push(new.name.clone());
                    fresh.push(new);
                }
            }
        }
        let (added, absorbed, restarted, kept) = told;
        self.event(Event::Configured { added, removed: plan.removed.clone(), absorbed, restarted, kept });

        let held = self.addresses.hold();
        for id in &removed {
            self.leave_group(*id);
            self.shut_down(*id, Why::Reconfigured);
        }
        let gone: Vec<(Id, Instance)> =
            removed.iter().filter_map(|id| Some((*id, self.instances.get_mut(*id as usize)?.take()?))).collect();
        for (id, new) in changed {
            self.absorb(id, new);
        }
        self.place(fresh, &gone);
        self.regroup(&config);
        self.config = config;
        self.reindex_users();
        for (id, instance) in gone {
            if let Some(index) = instance.index {
                let (family, vrid) = (instance.config.family, instance.config.vrid);
                self.stop_listening(id, (index, family, vrid));
            }
            for vip in instance.vips {
                self.addresses.unmanage(self.now, id, vip.key);
            }
        }
        self.evaluate_all();
        let sockets: BTreeSet<SocketKey> = self.sockets.keys().chain(self.by_socket.keys()).copied().collect();
        for key in sockets {
            self.reconcile_socket(key);
        }
        if held {
            self.addresses.resume(self.now);
        }
        self.drain_addresses();
        self.align_groups();
        self.drain_addresses();
        if first && self.snapshot_seen {
            self.addresses.remove_leftovers(self.now);
            self.drain_addresses();
        }
    }

    fn start_delay(&mut self, first: bool, config: &Config) {
        if !first {
            return;
        }
        let delay = config.global.startup_delay;
        self.may_start = delay.is_zero();
        if !self.may_start {
            self.timers.set(TimerKey::StartupDelay, self.now + delay);
        }
    }

    /// Finds places for new instances. One that was left in this turn is not used again at once: the addresses of who was
    /// there still have an owner.
    fn place(&mut self, fresh: Vec<&InstanceConfig>, gone: &[(Id, Instance)]) {
        let taken: BTreeSet<Id> = gone.iter().map(|(id, _)| *id).collect();
        let mut fresh = fresh.into_iter().map(|config| Instance::new(config.clone()));
        for (id, slot) in (0..).zip(&mut self.instances) {
            if slot.is_none() && !taken.contains(&id) {
                *slot = fresh.next();
            }
        }
        self.instances.extend(fresh.map(Some));
    }

    /// Takes over a changed configuration without leaving the state.
    fn absorb(&mut self, id: Id, new: &InstanceConfig) {
        let now = self.now;
        let Some(instance) = self.get_mut(id) else { return };
        let before = instance.master_down();
        let old = core::mem::replace(&mut instance.config, new.clone());
        if instance.learnt.is_none() && instance.master.is_some() && new.version == Version::V3 {
            instance.learnt = Some(old.advert_interval);
        }
        instance.learnt = instance.learnt.filter(|learnt| *learnt != new.advert_interval);
        instance.preempt_at = instance.preempt_at.map(|at| at.min(now + new.preempt_delay));
        instance.prepared.clear();
        let state = instance.state;
        if old.v3_checksum_pseudo_header != new.v3_checksum_pseudo_header {
            instance.pseudo_header = new.v3_checksum_pseudo_header;
            instance.styles.clear();
        }
        match state {
            State::Backup => {
                let after = instance.master_down();
                self.shift_main_timer(id, before, after);
            }
            State::Master => {
                let due = now + instance.interval();
                if self.timers.get(TimerKey::Main(id)).is_none_or(|at| at > due) {
                    self.timers.set(TimerKey::Main(id), due);
                }
                if old.garp.refresh != new.garp.refresh {
                    if new.garp.refresh.is_zero() {
                        self.timers.cancel(TimerKey::Refresh(id));
                    } else {
                        self.timers.set(TimerKey::Refresh(id), now + new.garp.refresh);
                    }
                }
                if old.source != new.source {
                    self.announce_all(id, Occasion::AddressBack);
                }
            }
            State::Init | State::Fault => {}
        }
    }

    fn leave_group(&mut self, id: Id) {
        let place = self.get_mut(id).and_then(|i| i.group.take());
        if let Some(group) = place.and_then(|place| self.groups.get_mut(place)) {
            group.members.retain(|member| *member != id);
        }
    }

    /// Makes the groups anew from the configuration; one that was there keeps its state.
    fn regroup(&mut self, config: &Config) {
        let names: BTreeMap<Name, Id> =
            self.ids().into_iter().filter_map(|id| Some((self.get(id)?.name(), id))).collect();
        let old: BTreeMap<Name, (State, bool)> =
            self.groups.iter().map(|g| (g.config.name.clone(), (g.state, g.notify_pending))).collect();
        for instance in self.instances.iter_mut().flatten() {
            instance.group = None;
        }
        self.groups = config
            .sync_groups
            .iter()
            .map(|group| (group, old.get(&group.name).copied().unwrap_or((State::Init, false))))
            .map(|(group, (state, notify_pending))| Group {
                members: group.members.iter().filter_map(|name| names.get(name)).copied().collect(),
                faulty: BTreeSet::new(),
                state,
                config: group.clone(),
                notify_pending,
            })
            .collect();
        for (place, group) in self.groups.iter().enumerate() {
            for member in &group.members {
                if let Some(instance) = self.instances.get_mut(*member as usize).and_then(Option::as_mut) {
                    instance.group = Some(place);
                }
            }
        }
        self.regroup_faults();
    }

    fn reindex_users(&mut self) {
        let mut users: BTreeMap<String, BTreeSet<Id>> = BTreeMap::new();
        for id in self.ids() {
            let Some(instance) = self.get(id) else { continue };
            let group = instance.group.and_then(|place| self.groups.get(place));
            let of_group = group.map(|g| g.config.track_interfaces.as_slice()).unwrap_or_default();
            let names = instance.interface_names().chain(of_group.iter().map(|t| t.name.as_str()));
            for name in names.map(str::to_owned).collect::<BTreeSet<_>>() {
                users.entry(name).or_default().insert(id);
            }
        }
        self.users = users;
    }
}
