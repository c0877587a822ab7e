//! Interfaces and addresses of the machine: what they mean for each instance.

use super::engine::{Running, TimerKey, Vrrp};
use super::fsm::Signal;
use super::instance::{Id, Instance, Vip, spec};
use super::io::SocketKey;
use super::state::{FaultReason, State};
use crate::config::model::TrackInterface;
use crate::event::{Event, Occasion, Why};
use crate::kernel::addresses::AddressKey;
use crate::kernel::{Address, AddressSpec, Link};
use crate::net::{Family, IfIndex, Priority};
use crate::time::Time;
use crate::wire::vrrp::room;
use core::net::IpAddr;
use core::time::Duration;
use std::collections::BTreeSet;

impl Vrrp {
    pub(super) fn snapshot(&mut self, links: Vec<Link>, addresses: Vec<Address>) {
        let first = !core::mem::replace(&mut self.snapshot_seen, true);
        let listed: BTreeSet<IfIndex> = links.iter().map(|link| link.index).collect();
        let gone: Vec<IfIndex> = self.links.keys().filter(|index| !listed.contains(index)).copied().collect();
        for index in gone {
            self.forget_link(index);
        }
        let mut back = Vec::new();
        for link in links {
            if self.links.get(&link.index).is_some_and(|old| is_news_to_neighbours(old, &link)) {
                back.push(link.index);
            }
            self.learn_link(link, !first);
        }
        self.addresses.observe_all(self.now, addresses);
        self.evaluate_all();
        self.drain_addresses();
        for index in back {
            self.link_back(index);
        }
        if first && self.configured {
            self.addresses.remove_leftovers(self.now);
            self.drain_addresses();
        }
    }

    pub(super) fn link(&mut self, link: Link) {
        let name = link.name.clone();
        let before = self.links.get(&link.index).cloned();
        if before.as_ref() == Some(&link) {
            return;
        }
        let index = link.index;
        let back = before.as_ref().is_some_and(|old| is_news_to_neighbours(old, &link));
        self.learn_link(link, true);
        let mut names = BTreeSet::from([name]);
        names.extend(before.iter().map(|old| old.name.clone()));
        self.evaluate_users(&names);
        if back {
            self.link_back(index);
        }
    }

    pub(super) fn link_gone(&mut self, index: IfIndex) {
        // Instances leave first: nothing is put back on an interface that is gone.
        if let Some(name) = self.forget_link(index) {
            self.evaluate_users(&BTreeSet::from([name]));
            self.addresses.link_gone(self.now, index);
            self.drain_addresses();
        }
    }

    pub(super) fn evaluate_on(&mut self, index: IfIndex) {
        if let Some(link) = self.links.get(&index) {
            let names = BTreeSet::from([link.name.clone()]);
            self.evaluate_users(&names);
        }
    }

    pub(super) fn evaluate_all(&mut self) {
        let ids = self.ids();
        self.evaluate_each(&ids);
    }

    fn evaluate_users(&mut self, names: &BTreeSet<String>) {
        let ids: BTreeSet<Id> = names.iter().filter_map(|name| self.users.get(name)).flatten().copied().collect();
        let ids: Vec<Id> = ids.into_iter().collect();
        self.evaluate_each(&ids);
    }

    /// Brings instances up to date with the machine: index, source, addresses, priority, sockets, faults.
    fn evaluate_each(&mut self, ids: &[Id]) {
        if !self.snapshot_seen || !self.configured || self.running != Running::Yes || ids.is_empty() {
            return;
        }
        // An address that one of them no longer has may be another's now.
        let held = self.addresses.hold();
        for &id in ids {
            self.relocate(id);
            self.reprioritise(id);
        }
        if held {
            self.addresses.resume(self.now);
        }
        // Groups first: a member must not set out and then be called back by another's fault.
        let sources: Vec<Option<IpAddr>> = ids.iter().map(|id| self.find_source(*id)).collect();
        let mut affected: BTreeSet<Id> = BTreeSet::new();
        for (&id, source) in ids.iter().zip(&sources) {
            self.refault(id, *source, &mut affected);
        }
        for (&id, source) in ids.iter().zip(sources) {
            // A master that has lost its source resigns from where it was.
            if source.is_none() {
                self.move_by_faults(id);
            }
            if let Some(instance) = self.get_mut(id)
                && instance.source != source
            {
                instance.source = source;
                instance.prepared.clear();
            }
        }
        affected.extend(ids);
        for id in affected {
            self.move_by_faults(id);
        }
        self.drain_addresses();
    }

    /// Follows the instance's interfaces to their present indices.
    fn relocate(&mut self, id: Id) {
        let now = self.now;
        let Some(instance) = self.get(id) else { return };
        let index = self.link_names.get(&instance.config.interface).copied();
        let vips: Vec<(Vip, AddressSpec)> = instance
            .addresses()
            .enumerate()
            .filter_map(|(place, address)| {
                let name = address.device.as_deref().unwrap_or(&instance.config.interface);
                let spec = spec(address, *self.link_names.get(name)?);
                Some((Vip { place, key: AddressKey::of(&spec) }, spec))
            })
            .collect();
        let old: BTreeSet<AddressKey> = instance.vips.iter().map(|vip| vip.key).collect();
        let new: BTreeSet<AddressKey> = vips.iter().map(|(vip, _)| vip.key).collect();
        let master = instance.state == State::Master;
        let before = instance.index;
        if before != index && master && before.is_some_and(|old| self.links.contains_key(&old)) {
            // Renamed away: the last chance to resign where it was master.
            self.resign(id);
        }
        if let Some(instance) = self.get_mut(id) {
            instance.index = index;
            instance.vips = vips.iter().map(|(vip, _)| *vip).collect();
        }
        if let Some(mtu) = index.and_then(|index| self.links.get(&index)).map(|link| link.mtu) {
            self.make_room(id, mtu);
        }
        for (_, spec) in vips {
            let key = AddressKey::of(&spec);
            self.addresses.manage(now, id, spec);
            if master {
                self.addresses.want(now, id, key);
            }
        }
        for key in old.difference(&new) {
            self.addresses.unmanage(now, id, *key);
        }
        if before != index {
            self.listen_on(id, before, index);
        }
    }

    /// An advert that is longer than the link allows would not leave, or in fragments, of which the C version reads only so much.
    fn make_room(&mut self, id: Id, mtu: u32) {
        let Some(instance) = self.get_mut(id) else { return };
        let room = room(instance.config.version, instance.config.family, mtu);
        if core::mem::replace(&mut instance.room, room) == room {
            return;
        }
        instance.prepared.clear();
        let addresses = instance.config.addresses.len();
        if room < addresses {
            let (instance, interface) = (instance.name(), instance.config.interface.clone());
            self.event(Event::AdvertFull { instance, interface, mtu, room, addresses });
        }
    }

    /// The source that adverts come from: configured, or the first of the interface; kept while it is there.
    fn find_source(&mut self, id: Id) -> Option<IpAddr> {
        let instance = self.get(id)?;
        if instance.config.source.is_some() {
            return instance.config.source;
        }
        let (present, index, family) = (instance.source, instance.index?, instance.config.family);
        let found = self.addresses.sources(index, family);
        present.filter(|ip| found.contains(ip)).or_else(|| found.first().copied())
    }

    /// Weighs the tracked interfaces. Priority 255 is never changed.
    fn reprioritise(&mut self, id: Id) {
        let Some(instance) = self.get(id) else { return };
        let base = instance.config.priority;
        let mut priority = base;
        if base != Priority::OWNER {
            let weights = self.tracked(instance).into_iter().filter(|track| track.weight != 0).map(|track| {
                let up = self.is_up(&track.name) != track.reverse;
                match (up, track.weight > 0) {
                    (true, true) | (false, false) => i32::from(track.weight),
                    _ => 0,
                }
            });
            let total = i32::from(base.0) + weights.sum::<i32>();
            priority = Priority(total.clamp(1, 254) as u8);
        }
        let from = instance.priority;
        if from == priority {
            return;
        }
        let (name, state) = (instance.name(), instance.state);
        let before = instance.master_down();
        let Some(instance) = self.get_mut(id) else { return };
        instance.priority = priority;
        instance.prepared.clear();
        let after = instance.master_down();
        if state == State::Backup {
            self.shift_main_timer(id, before, after);
        }
        if state != State::Init {
            let weighted = self.get(id).map(|i| self.tracked(i)).unwrap_or_default();
            let weighted = weighted.into_iter().filter(|track| track.weight != 0);
            let tracked = weighted.map(|track| (track.name.clone(), self.is_up(&track.name))).collect();
            self.event(Event::PriorityChanged { instance: name, from, to: priority, tracked });
        }
    }

    /// Another master down interval: what is left of the running one changes by the difference.
    pub(super) fn shift_main_timer(&mut self, id: Id, before: Duration, after: Duration) {
        if let Some(at) = self.timers.get(TimerKey::Main(id)) {
            let later = at + after;
            let shifted = Time::from_nanos(later.as_nanos().saturating_sub(before.as_nanos() as u64));
            self.timers.set(TimerKey::Main(id), shifted.max(self.now));
        }
    }

    /// The tracked interfaces of an instance and of its group.
    fn tracked(&self, instance: &Instance) -> Vec<TrackInterface> {
        let group = instance.group.and_then(|place| self.groups.get(place));
        let of_group = group.map(|g| g.config.track_interfaces.as_slice()).unwrap_or_default();
        instance.config.track_interfaces.iter().chain(of_group).cloned().collect()
    }

    fn link_named(&self, name: &str) -> Option<&Link> {
        self.links.get(self.link_names.get(name)?)
    }

    fn is_up(&self, name: &str) -> bool {
        self.link_named(name).is_some_and(Link::is_usable)
    }

    /// The instance's own reasons to be in FAULT, as things are now.
    fn own_faults(&self, instance: &Instance, source: Option<IpAddr>) -> BTreeSet<FaultReason> {
        let config = &instance.config;
        let mut faults = BTreeSet::new();
        match self.link_named(&config.interface) {
            None => _ = faults.insert(FaultReason::InterfaceMissing(config.interface.clone())),
            Some(link) => {
                if config.track_primary && !link.up {
                    faults.insert(FaultReason::InterfaceDown(config.interface.clone()));
                } else if config.track_primary && !link.running {
                    faults.insert(FaultReason::NoCarrier(config.interface.clone()));
                }
                if source.is_none() {
                    faults.insert(FaultReason::NoAddress(config.interface.clone(), config.family));
                }
                faults.extend(self.socket_fault(SocketKey { index: link.index, family: config.family }));
            }
        }
        for device in instance.addresses().filter_map(|a| a.device.as_deref()).filter(|d| *d != config.interface) {
            match self.link_named(device) {
                None => _ = faults.insert(FaultReason::InterfaceMissing(device.to_owned())),
                Some(link) if !link.is_usable() => {
                    faults.insert(FaultReason::TrackedInterface(device.to_owned()));
                }
                Some(_) => {}
            }
        }
        for track in self.tracked(instance) {
            if track.weight == 0 && self.is_up(&track.name) == track.reverse {
                faults.insert(FaultReason::TrackedInterface(track.name));
            }
        }
        faults
    }

    /// Compares the faults with what they were, and tells. The instances that this concerns are `affected`.
    fn refault(&mut self, id: Id, source: Option<IpAddr>, affected: &mut BTreeSet<Id>) {
        let Some(instance) = self.get(id) else { return };
        let mut faults = self.own_faults(instance, source);
        let faulty = !faults.is_empty();
        faults.extend(instance.faults.iter().filter(|f| matches!(f, FaultReason::Group(_))).cloned());
        self.set_faults(id, faults);
        self.group_fault(id, faulty, affected);
    }

    pub(super) fn set_faults(&mut self, id: Id, faults: BTreeSet<FaultReason>) {
        let Some(instance) = self.get_mut(id).filter(|i| i.faults != faults) else { return };
        let name = instance.name();
        let old = core::mem::replace(&mut instance.faults, faults.clone());
        for reason in faults.difference(&old).cloned() {
            self.event(Event::Fault { instance: name.clone(), reason });
        }
        for reason in old.difference(&faults).cloned() {
            let remaining = faults.len() as u32;
            self.event(Event::FaultCleared { instance: name.clone(), reason, remaining });
        }
    }

    /// FAULT exactly while there is a reason; out of INIT as soon as there is none.
    fn move_by_faults(&mut self, id: Id) {
        let may_start = self.may_start;
        let Some(instance) = self.get(id) else { return };
        match (instance.state, instance.faults.first()) {
            (State::Fault, None) => self.signal(id, Signal::Recovered, Why::FaultsCleared),
            (State::Init, None) if may_start => {
                let why = if instance.is_owner() { Why::Owner } else { Why::Startup };
                self.signal(id, Signal::Startup, why);
            }
            (State::Backup | State::Master | State::Init, Some(reason)) => {
                let why = Why::Faulty(reason.clone());
                self.signal(id, Signal::Fault, why);
            }
            _ => {}
        }
    }

    fn learn_link(&mut self, link: Link, tell: bool) {
        let old = self.links.get(&link.index).map(|old| old.name.clone());
        match old {
            Some(old) if old != link.name => {
                if self.link_names.get(&old) == Some(&link.index) {
                    self.link_names.remove(&old);
                }
                if self.users.contains_key(&old) || self.users.contains_key(&link.name) {
                    self.event(Event::LinkRenamed { from: old, to: link.name.clone() });
                }
            }
            None if tell && self.users.contains_key(&link.name) => {
                self.event(Event::LinkAppeared { index: link.index, name: link.name.clone() });
            }
            _ => {}
        }
        self.link_names.insert(link.name.clone(), link.index);
        let (index, mtu) = (link.index, link.mtu);
        if let Some(old) = self.links.insert(index, link) {
            for family in [Family::V4, Family::V6] {
                if (old.mtu..mtu).contains(&(family.least_mtu() - 1)) {
                    self.reopen_socket(SocketKey { index, family });
                }
            }
        }
    }

    fn forget_link(&mut self, index: IfIndex) -> Option<String> {
        let link = self.links.remove(&index)?;
        if self.link_names.get(&link.name) == Some(&index) {
            self.link_names.remove(&link.name);
        }
        self.paces.retain(|(at, _), _| *at != index);
        self.drops.retain(|(at, _, _), _| *at != index);
        self.send_failures.remove(&index);
        if self.users.contains_key(&link.name) {
            self.event(Event::LinkVanished { name: link.name.clone() });
        }
        Some(link.name)
    }

    /// A link can carry traffic again: masters that stayed (`dont_track_primary`) announce their addresses on it.
    fn link_back(&mut self, index: IfIndex) {
        let on_it = |i: &Instance| i.state == State::Master && i.vips.iter().any(|vip| vip.key.index == index);
        let ids: Vec<Id> = self.ids().into_iter().filter(|id| self.get(*id).is_some_and(on_it)).collect();
        for id in ids {
            self.announce_all(id, Occasion::LinkBack);
        }
    }
}

/// Whether neighbours must be told again where our addresses are: the link was unusable, or has another hardware address.
fn is_news_to_neighbours(old: &Link, new: &Link) -> bool {
    new.is_usable() && (!old.is_usable() || old.mac != new.mac)
}
