//! A configuration comes into force: the first, or a new one. What is the same is not touched.

use super::apply::Occasion;
use super::checker::{self, Checker};
use super::engine::{Checkers, Settings};
use super::health::Health;
use super::io::Output;
use super::pool::{CheckId, Real, ServerId, Virtual};
use super::{suspend, words};
use crate::config::model::{Check, Config, Global, InstanceConfig, Lvs, RealServer, Service, VirtualServer};
use crate::event::lvs::{LvsEvent, RealName};
use crate::ipvs::{Reconciler, ServiceKey, desired};
use crate::net::Name;
use crate::reload::{self, Balancer, Change};
use std::collections::{BTreeMap, BTreeSet};

/// Checks whose users have changed.
type Touched = BTreeSet<CheckId>;

impl Checkers {
    pub(super) fn configure(&mut self, config: &Config) {
        let Config { global, lvs, instances, .. } = config;
        let first = !self.configured;
        if first {
            self.reconciler = Reconciler::new(global.lvs.flush);
        }
        let old = Balancer {
            servers: self.order.iter().filter_map(|id| self.servers.get(*id)).map(|server| &server.config).collect(),
            groups: self.settings.groups.iter().map(|(name, entries)| (&**name, &entries[..])).collect(),
        };
        let plan = reload::balancer(&old, &Balancer::of(lvs));
        drop(old);
        let watched = self.may_suspend();
        self.settings = settings(global, lvs, instances);
        let (told_at, real_servers) = (self.out.len(), lvs.servers.iter().map(|s| s.real_servers.len()).sum());
        let (mut changed, mut kept) = (0, 0);
        let before = core::mem::take(&mut self.order);
        // Who goes says so before an heir says that it is there; the kernel's services stay until theirs are there.
        for id in plan.removed.iter().filter_map(|place| before.get(*place)) {
            self.tell_end(*id, false);
        }
        let mut order: Vec<Option<ServerId>> = Vec::with_capacity(lvs.servers.len());
        let mut others = Vec::new();
        let mut touched = Touched::new();
        let mut places: BTreeMap<Name, u32> = BTreeMap::new();
        for (new, (change, place)) in lvs.servers.iter().zip(plan.servers) {
            let in_group = place_in_group(new, &mut places);
            let label = || words::virtual_server(&new.service, new.protocol, in_group);
            let known = place.and_then(|place| before.get(place)).copied();
            match (change, known) {
                (Change::Keep, Some(id)) if !first => {
                    kept += 1;
                    // Others of its group may have come or gone before it.
                    if let (Service::Group(_), Some(server)) = (&new.service, self.servers.get_mut(id)) {
                        server.label = label();
                    }
                }
                (change, Some(id)) => {
                    // After a mistake the kernel and the checks have to be told of those that are the same, too.
                    let same = change == Change::Keep;
                    (kept, changed) = (kept + u32::from(same), changed + u32::from(!same));
                    self.absorb(id, new.clone(), label(), &mut touched);
                }
                (_, None) => others.push((order.len(), new.clone(), label())),
            }
            order.push(known);
        }
        // The new ones come last: what is known of a real server is true for them too, and not the other way round.
        let added = count(others.len());
        for (at, new, label) in others {
            order[at] = Some(self.add(new, label, &mut touched));
        }
        self.order = order.into_iter().flatten().collect();
        for id in plan.removed.iter().filter_map(|place| before.get(*place)) {
            self.remove(*id, &mut touched);
        }
        for id in touched {
            self.tend(id);
        }
        self.recalled.clear();
        self.configured = true;
        if watched && !self.may_suspend() {
            self.watch.forget();
        }
        self.reconciler.timeouts(desired::timeouts(&self.settings.lvs.timeouts));
        self.sync_daemons();
        let removed = count(plan.removed.len());
        let (real_servers, checks) = (count(real_servers), count(self.checkers.len()));
        let event = LvsEvent::Configured { added, removed, changed, kept, real_servers, checks };
        self.out.insert(told_at, Output::Event(event));
    }

    fn add(&mut self, config: VirtualServer, label: Name, touched: &mut Touched) -> ServerId {
        let bare = VirtualServer { ha_suspend: false, ..config.clone() };
        let id = self.servers.insert(Virtual {
            config: bare,
            label: label.clone(),
            ranges: Vec::new(),
            keys: Vec::new(),
            reals: Vec::new(),
            alike: false,
            living: 0,
            quorum: false,
            told: None,
            suspended: false,
            here: 0,
        });
        self.take_over(id, config, label, touched);
        self.settle(id, Occasion::NewServer);
        self.put_virtual(id);
        id
    }

    fn absorb(&mut self, id: ServerId, config: VirtualServer, label: Name, touched: &mut Touched) {
        let Some(server) = self.servers.get(id) else { return };
        let new_sorry = server.config.sorry_server.is_none() && config.sorry_server.is_some();
        let keys: BTreeSet<ServiceKey> = server.keys.iter().copied().collect();
        self.take_over(id, config, label, touched);
        self.settle(id, if new_sorry { Occasion::NewSorry } else { Occasion::Reload });
        self.put_virtual(id);
        if let Some(server) = self.servers.get(id) {
            let kept: BTreeSet<ServiceKey> = server.keys.iter().copied().collect();
            self.let_go(id, keys.difference(&kept));
        }
    }

    fn remove(&mut self, id: ServerId, touched: &mut Touched) {
        self.leave_checks(id, touched);
        let Some(server) = self.servers.remove(id) else { return };
        for range in server.ranges {
            self.watch.remove(id, range);
        }
        self.let_go(id, &server.keys);
    }

    /// Services that are a virtual server's no longer go, unless another has taken them over.
    fn let_go<'a>(&mut self, id: ServerId, keys: impl IntoIterator<Item = &'a ServiceKey>) {
        for key in keys {
            if self.owners.get(key) == Some(&id) {
                self.owners.remove(key);
                self.reconciler.set_service(*key, None);
            }
        }
    }

    fn leave_checks(&mut self, id: ServerId, touched: &mut Touched) {
        let Some(server) = self.servers.get(id) else { return };
        for (at, real) in (0..).zip(&server.reals) {
            for check in &real.checks {
                if let Some(checker) = self.checkers.get_mut(*check) {
                    checker.remove_user((id, at), !server.suspended);
                    touched.insert(*check);
                }
            }
        }
    }

    /// Takes over what a virtual server is to be. What was found out of its real servers stays.
    fn take_over(&mut self, id: ServerId, config: VirtualServer, label: Name, touched: &mut Touched) {
        self.leave_checks(id, touched);
        self.wait_for_addresses(id, &config);
        let Some(server) = self.servers.get_mut(id) else { return };
        let (was, awake) = (core::mem::take(&mut server.reals), !server.suspended);
        let was_config = server.config.real_servers.clone();
        let (old_label, protocol) = (server.label.clone(), server.config.protocol);
        let mut old: BTreeMap<RealName, (Real, &RealServer)> =
            was.into_iter().zip(&was_config).map(|(real, config)| (config.name(), (real, config))).collect();
        let mut reals = Vec::with_capacity(config.real_servers.len());
        let mut before = Vec::with_capacity(config.real_servers.len());
        for (at, real) in (0..).zip(&config.real_servers) {
            let known = old.remove(&real.name()).map(|(state, _)| state);
            let mut checks = Vec::with_capacity(real.checks.len());
            for check in &real.checks {
                let found = self.find_or_make(real.name(), check, known.as_ref());
                if let Some(checker) = self.checkers.get_mut(found) {
                    checker.add_user((id, at), awake);
                }
                touched.insert(found);
                checks.push(found);
            }
            before.push(known.as_ref().map(|real| (real.alive, real.weight)));
            reals.push(Real { checks, ..known.unwrap_or_default() });
        }
        for (name, (_, config)) in old.into_iter().filter(|(_, (real, _))| real.alive) {
            self.notify((old_label.clone(), protocol, name), config.notify_down.clone(), false);
        }
        let keys = keys(&config, &self.settings);
        let Some(server) = self.servers.get_mut(id) else { return };
        (server.config, server.reals, server.keys, server.label) = (config, reals, keys, label);
        server.look_for_alike();
        self.look_at_reals(id, &before);
    }

    /// Finds out how all real servers of a virtual server fare, and tells what is news to those who were there before, and of new ones that they
    /// are down: a check that others have, too, may have failed.
    fn look_at_reals(&mut self, id: ServerId, before: &[Option<(bool, u32)>]) {
        let Some(server) = self.servers.get(id) else { return };
        let verdicts: Vec<((bool, u32), bool)> =
            (0..server.reals.len()).map(|real| (self.verdict(server, real), self.has_failed(server, real))).collect();
        let Some(server) = self.servers.get_mut(id) else { return };
        for ((real, ((alive, weight), failed)), before) in server.reals.iter_mut().zip(&verdicts).zip(before) {
            (real.alive, real.weight) = (*alive, *weight);
            // Told below.
            real.told |= before.map_or(*failed, |(was, _)| was != *alive);
        }
        let living = verdicts.iter().filter(|((alive, _), _)| *alive);
        server.living = living.map(|((_, weight), _)| u64::from(*weight)).sum();
        for (at, (((alive, weight), failed), before)) in verdicts.into_iter().zip(before).enumerate() {
            match before {
                None if failed => self.tell_real(id, at, false),
                None if alive && self.settings.lvs.init_notifies => self.notify_real(id, at, true),
                None => {}
                Some((was, _)) if *was != alive => self.tell_real(id, at, alive),
                Some((_, weighed)) if alive && *weighed != weight => self.tell_weight(id, at, *weighed, weight),
                Some(_) => {}
            }
        }
    }

    fn wait_for_addresses(&mut self, id: ServerId, config: &VirtualServer) {
        let new = suspend::ranges(config, &self.settings.groups);
        let Some(server) = self.servers.get_mut(id) else { return };
        for range in core::mem::take(&mut server.ranges) {
            self.watch.remove(id, range);
        }
        for range in &new {
            self.watch.add(id, *range);
        }
        server.here = new.iter().map(|range| self.watch.count(*range)).fold(0, u32::saturating_add);
        server.ranges = new;
        let suspended = config.ha_suspend && server.here == 0;
        if core::mem::replace(&mut server.suspended, suspended) != suspended {
            let service = server.name();
            self.event(LvsEvent::Suspended { service, suspended });
        }
    }

    /// The check of a real server: the one that is made already, or the one that asked for the same at another pace, or a new one.
    fn find_or_make(&mut self, real: RealName, check: &Check, known: Option<&Real>) -> CheckId {
        let hash = checker::hash(check);
        let same = |id: &&CheckId| self.checkers.get(**id).is_some_and(|checker| checker.check == *check);
        if let Some(found) = self.by_check.get(&(real, hash)).and_then(|ids| ids.iter().find(same)) {
            return *found;
        }
        // Nothing is known of a new check: it says what is known of its server.
        let up = known.map_or(!checker::alpha(check), |real| real.alive);
        let mut health = Health::new(up, self.configured || known.is_some());
        let (mut status, mut reason, mut place) = (None, None, None);
        if let Some(said) = self.recalled.get(&(real, hash)) {
            (health, status, reason) = said.clone();
        }
        for id in known.map_or(&[][..], |real| &real.checks) {
            let Some(other) = self.checkers.get(*id).filter(|c| checker::same_question(&c.check, check)) else {
                continue;
            };
            health = other.health;
            (status, reason) = (other.status, other.reason.clone());
            place = Some((other.round, other.skipped, self.due.get(*id)));
            if other.users.is_empty() {
                self.change_pace(*id, check, hash);
                return *id;
            }
        }
        let id = self.checkers.insert(Checker { status, reason, ..Checker::new(real, check.clone(), hash, health) });
        self.index(id, real, hash);
        if let Some((round, skipped, due)) = place {
            if let Some(checker) = self.checkers.get_mut(id) {
                (checker.round, checker.skipped) = (round, skipped);
            }
            if let Some(due) = due {
                self.due.set(id, due);
                self.hasten(id);
            }
        }
        if let Some(source) = Self::source(check) {
            self.listeners.entry(source).or_default().insert(id);
            self.look(id);
            if !self.recalled.contains_key(&(real, hash)) {
                self.tell_given(id);
            }
        }
        id
    }

    fn index(&mut self, id: CheckId, real: RealName, hash: u64) {
        self.by_check.entry((real, hash)).or_default().push(id);
    }

    fn unindex(&mut self, id: CheckId, real: RealName, hash: u64) {
        if let Some(ids) = self.by_check.get_mut(&(real, hash)) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_check.remove(&(real, hash));
            }
        }
    }

    /// A check goes on at another pace.
    fn change_pace(&mut self, id: CheckId, check: &Check, hash: u64) {
        let Some(checker) = self.checkers.get_mut(id) else { return };
        let (real, before) = (checker.real, core::mem::replace(&mut checker.hash, hash));
        checker.check = check.clone();
        let idle = checker.doing == checker::Doing::Nothing;
        self.unindex(id, real, before);
        self.index(id, real, hash);
        if idle {
            self.hasten(id);
        }
    }

    /// A check that waits waits no longer than its interval.
    fn hasten(&mut self, id: CheckId) {
        let Some(pacing) = self.checkers.get(id).and_then(|checker| checker.pacing()) else { return };
        let latest = self.now + pacing.delay_loop;
        if self.due.get(id).is_some_and(|at| at > latest) {
            self.due.set(id, latest);
        }
    }

    /// Begins a check that is wanted, pauses one that is suspended, forgets one that nobody wants.
    fn tend(&mut self, id: CheckId) {
        let Some(checker) = self.checkers.get(id) else { return };
        if checker.awake > 0 {
            let idle = checker.doing == checker::Doing::Nothing;
            if idle && self.due.get(id).is_none() {
                self.begin(id);
            }
            return;
        }
        self.pause(id);
        let Some(checker) = self.checkers.get(id).filter(|checker| checker.users.is_empty()) else { return };
        let (real, hash, source) = (checker.real, checker.hash, Self::source(&checker.check));
        self.unindex(id, real, hash);
        if let Some(source) = source
            && let Some(ids) = self.listeners.get_mut(&source)
        {
            ids.remove(&id);
            if ids.is_empty() {
                self.listeners.remove(&source);
            }
        }
        self.checkers.remove(id);
    }
}

fn settings(global: &Global, lvs: &Lvs, instances: &[InstanceConfig]) -> Settings {
    let bound = global.lvs.sync_daemon.as_ref().and_then(|daemon| daemon.instance.as_deref());
    let instance = bound.and_then(|name| instances.iter().find(|instance| &*instance.name == name));
    Settings {
        sync_id: instance.map_or(0, |instance| instance.vrid.get()),
        lvs: global.lvs.clone(),
        script_user: global.script_user.clone(),
        fifo: global.fifos.lvs.is_some() || global.fifos.all.is_some(),
        groups: lvs.groups.iter().map(|group| (group.name.clone(), group.entries.clone())).collect(),
    }
}

/// Which virtual server of its group it is, counted from 0.
fn place_in_group(server: &VirtualServer, places: &mut BTreeMap<Name, u32>) -> u32 {
    let Service::Group(name) = &server.service else { return 0 };
    let next = places.entry(name.clone()).or_default();
    *next += 1;
    *next - 1
}

fn keys(server: &VirtualServer, settings: &Settings) -> Vec<ServiceKey> {
    let group = match &server.service {
        Service::Group(name) => settings.groups.get(name).map_or(&[][..], |entries| entries),
        Service::Address(..) | Service::Mark(_) => &[],
    };
    desired::keys(server, group)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
