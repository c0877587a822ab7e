//! The addresses that we manage, reconciled by level: what is wanted minus what the kernel has gives commands.

mod entry;
#[cfg(test)]
mod tests;

use super::{Address, AddressSpec, CommandId, Errno, KernelCommand, KernelOp, PROTO_KEEPALIVED};
use crate::event::AddressNews;
use crate::net::{Family, IfIndex};
use crate::time::Time;
use core::net::IpAddr;
use core::time::Duration;
use entry::{Doing, Managed, Observed, bare_spec, seen_as};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// How long a refused command waits for its next try; doubled each time, up to [`RETRY_MAX`].
const RETRY: Duration = Duration::from_secs(1);
/// The longest wait for the next try.
const RETRY_MAX: Duration = Duration::from_secs(32);

/// How the kernel tells addresses apart: the same address may be on an interface with several prefix lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AddressKey {
    /// The interface.
    pub index: IfIndex,
    /// The address.
    pub ip: IpAddr,
    /// The prefix length.
    pub prefix: u8,
}

impl AddressKey {
    /// The key of `spec`.
    #[must_use]
    pub fn of(spec: &AddressSpec) -> AddressKey {
        AddressKey { index: spec.index, ip: spec.ip, prefix: spec.prefix }
    }
}

/// Who wants an address: an instance.
pub type Owner = u32;

/// What follows from a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Change the kernel.
    Command(KernelCommand),
    /// The kernel has the address for `owner` (acknowledged, or found there): it may be announced.
    Present {
        /// Who wants it.
        owner: Owner,
        /// Which.
        key: AddressKey,
        /// It had been there for this owner before, and was put back.
        again: bool,
    },
    /// Tell.
    News(AddressKey, AddressNews),
}

/// All addresses that instances name, and all that the kernel has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AddressTable {
    managed: BTreeMap<AddressKey, Managed>,
    observed: BTreeMap<AddressKey, Observed>,
    commands: BTreeMap<CommandId, AddressKey>,
    retries: BTreeSet<(Time, AddressKey)>,
    next_command: u64,
    next_seq: u64,
    effects: VecDeque<Effect>,
    keep: bool,
    /// While several wishes change together: what is to be reconciled once they have.
    held: Option<BTreeSet<AddressKey>>,
    /// Answers of [`sources`](Self::sources), until an address that is not managed changes.
    #[serde(skip)]
    sources: BTreeMap<(IfIndex, Family), Arc<[IpAddr]>>,
}

impl AddressTable {
    /// What follows from the changes made; to be drained after every one.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`tick`](Self::tick) is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.retries.first().map(|&(at, _)| at)
    }

    /// Whether a command is under way or waits for its next try.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.commands.is_empty() || !self.retries.is_empty()
    }

    /// How many commands are under way.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.commands.len()
    }

    /// From now on nothing is removed any more (`--dont-release-vrrp`).
    pub fn keep_everything(&mut self) {
        self.keep = true;
        self.retries.clear();
    }

    /// From here to [`resume`](Self::resume) wishes are only noted, so that an address that changes hands is not removed in between.
    /// False: somebody holds it already, and will resume it.
    #[must_use]
    pub fn hold(&mut self) -> bool {
        let first = self.held.is_none();
        self.held.get_or_insert_default();
        first
    }

    /// Acts on the wishes noted since [`hold`](Self::hold).
    pub fn resume(&mut self, now: Time) {
        for key in self.held.take().unwrap_or_default() {
            self.reconcile(now, key);
            self.forget_if_done(key);
        }
    }

    /// `owner`'s configuration names the address. While no owner wants it, it must not be in the kernel.
    pub fn manage(&mut self, now: Time, owner: Owner, spec: AddressSpec) {
        let key = AddressKey::of(&spec);
        if !self.managed.contains_key(&key) {
            self.forget_sources(key);
        }
        let entry = self.managed.entry(key).or_insert_with(|| Managed::new(spec.clone()));
        entry.spec = spec;
        entry.users.insert(owner);
        self.reconcile(now, key);
    }

    /// `owner`'s configuration does not name it (any more). If nobody's does, it is removed and forgotten.
    pub fn unmanage(&mut self, now: Time, owner: Owner, key: AddressKey) {
        if let Some(entry) = self.managed.get_mut(&key) {
            entry.users.remove(&owner);
            entry.release(owner);
            self.reconcile(now, key);
            self.forget_if_done(key);
        }
    }

    /// `owner` is master and wants it. [`Effect::Present`] follows once the kernel has it.
    pub fn want(&mut self, now: Time, owner: Owner, key: AddressKey) {
        if let Some(entry) = self.managed.get_mut(&key) {
            entry.wanted_by.insert(owner);
            entry.cleaned_at = None;
            self.reconcile(now, key);
        }
    }

    /// `owner` is no longer master.
    pub fn release(&mut self, now: Time, owner: Owner, key: AddressKey) {
        if let Some(entry) = self.managed.get_mut(&key) {
            entry.release(owner);
            self.reconcile(now, key);
        }
    }

    /// Removes what carries our mark and that no configuration names: a crashed predecessor left it.
    pub fn remove_leftovers(&mut self, now: Time) {
        let keys: Vec<AddressKey> = self
            .observed
            .iter()
            .filter(|(key, seen)| seen.address.proto == Some(PROTO_KEEPALIVED) && !self.managed.contains_key(key))
            .map(|(key, _)| *key)
            .collect();
        for key in keys {
            self.managed.insert(key, Managed::new(bare_spec(key)));
            self.forget_sources(key);
            self.reconcile(now, key);
        }
    }

    /// Whether the kernel has it for `owner`.
    #[must_use]
    pub fn is_present(&self, owner: Owner, key: AddressKey) -> bool {
        self.managed.get(&key).is_some_and(|entry| entry.told.contains(&owner))
    }

    /// The kernel has it, new or changed.
    pub fn observe(&mut self, now: Time, address: Address) {
        let key = AddressKey { index: address.index, ip: address.ip, prefix: address.prefix };
        let conflict = address.dad_failed;
        let changed = self.observed.get(&key).is_none_or(|seen| seen.address != address);
        if changed && !self.managed.contains_key(&key) {
            self.forget_sources(key);
        }
        match self.observed.get_mut(&key) {
            Some(seen) => seen.address = address,
            None => {
                self.next_seq += 1;
                self.observed.insert(key, Observed { seq: self.next_seq, address });
            }
        }
        if let Some(entry) = self.managed.get_mut(&key) {
            entry.news = Some(true);
            if conflict && !entry.conflict_told && !entry.wanted_by.is_empty() {
                entry.conflict_told = true;
                self.effects.push_back(Effect::News(key, AddressNews::Conflict));
            }
            self.reconcile(now, key);
        }
    }

    /// The kernel does not have it.
    pub fn observe_gone(&mut self, now: Time, key: AddressKey) {
        let was_there = self.observed.remove(&key).is_some();
        if was_there && !self.managed.contains_key(&key) {
            self.forget_sources(key);
        }
        if let Some(entry) = self.managed.get_mut(&key) {
            entry.news = Some(false);
            entry.lost |= !entry.told.is_empty();
            entry.told.clear();
            entry.conflict_told = false;
            self.reconcile(now, key);
            self.forget_if_done(key);
        }
        self.reconcile_siblings(now, key);
    }

    /// The kernel has exactly these.
    pub fn observe_all(&mut self, now: Time, addresses: Vec<Address>) {
        let listed: BTreeSet<AddressKey> =
            addresses.iter().map(|a| AddressKey { index: a.index, ip: a.ip, prefix: a.prefix }).collect();
        let gone: Vec<AddressKey> = self.observed.keys().filter(|key| !listed.contains(key)).copied().collect();
        for key in gone {
            self.observe_gone(now, key);
        }
        for address in addresses {
            self.observe(now, address);
        }
    }

    /// An interface is gone, and its addresses with it.
    pub fn link_gone(&mut self, now: Time, index: IfIndex) {
        let keys: Vec<AddressKey> = self.on_link(index).map(|(key, _)| *key).collect();
        for key in keys {
            self.observe_gone(now, key);
        }
    }

    /// A command has its result.
    pub fn done(&mut self, now: Time, id: CommandId, result: Result<(), Errno>) {
        let Some(key) = self.commands.remove(&id) else { return };
        let Some(entry) = self.managed.get_mut(&key) else { return };
        let news = entry.news.take();
        match (core::mem::replace(&mut entry.doing, Doing::Nothing), result) {
            (Doing::Adding, Ok(()) | Err(Errno::EEXIST)) => {
                entry.refusals = 0;
                if result.is_ok() {
                    entry.applied = Some(entry.adding.take().unwrap_or_else(|| entry.spec.clone()));
                    entry.cleaned_at = None;
                    let news = if entry.lost { AddressNews::PutBack } else { AddressNews::Added };
                    self.effects.push_back(Effect::News(key, news));
                }
                // News of its going may be older than the answer. Who wants it asks again, which does no harm; otherwise it is
                // taken to be there, and removed.
                let doubtful = news == Some(false) && !entry.wanted_by.is_empty();
                if !self.observed.contains_key(&key) && !doubtful {
                    self.next_seq += 1;
                    self.observed.insert(key, Observed { seq: self.next_seq, address: seen_as(&entry.spec) });
                }
            }
            (Doing::Deleting, Ok(()) | Err(Errno::EADDRNOTAVAIL | Errno::ENODEV | Errno::ENOENT)) => {
                entry.refusals = 0;
                if result.is_ok() {
                    let ours = entry.applied.is_some();
                    let news = if ours { AddressNews::Removed } else { AddressNews::LeftoverRemoved };
                    self.effects.push_back(Effect::News(key, news));
                }
                entry.cleaned_at = entry.applied.is_none().then_some(now);
                entry.applied = None;
                entry.told.clear();
                if news != Some(true) {
                    self.observed.remove(&key);
                }
            }
            (Doing::Adding, Err(errno)) => {
                let retry = entry.refused();
                self.effects.push_back(Effect::News(key, AddressNews::AddFailed { errno, retry }));
                self.retry_at(now + retry, key);
            }
            (Doing::Deleting, Err(errno)) => {
                let retry = entry.refused();
                self.effects.push_back(Effect::News(key, AddressNews::RemoveFailed { errno, retry }));
                self.retry_at(now + retry, key);
            }
            (Doing::Nothing, _) => {}
        }
        self.reconcile(now, key);
        self.forget_if_done(key);
        self.reconcile_siblings(now, key);
    }

    /// Tries again what is due.
    pub fn tick(&mut self, now: Time) {
        while let Some(&(at, key)) = self.retries.first() {
            if at > now {
                return;
            }
            self.retries.pop_first();
            if let Some(entry) = self.managed.get_mut(&key) {
                entry.retry_at = None;
                self.reconcile(now, key);
                self.forget_if_done(key);
            }
        }
    }

    /// Addresses of `family` on an interface that adverts can be sent from, in the kernel's order, none of them managed by us.
    pub fn sources(&mut self, index: IfIndex, family: Family) -> Arc<[IpAddr]> {
        if let Some(known) = self.sources.get(&(index, family)) {
            return known.clone();
        }
        let mut found: Vec<(bool, bool, u64, IpAddr)> = self
            .on_link(index)
            .filter(|(key, seen)| {
                Family::of(key.ip) == family
                    && !self.managed.contains_key(key)
                    && !seen.address.dad_failed
                    && match key.ip {
                        IpAddr::V4(_) => true,
                        IpAddr::V6(ip) => ip.is_unicast_link_local(),
                    }
            })
            .map(|(key, seen)| (seen.address.tentative, seen.address.secondary, seen.seq, key.ip))
            .collect();
        found.sort_unstable();
        let found: Arc<[IpAddr]> = found.into_iter().map(|(_, _, _, ip)| ip).collect();
        self.sources.insert((index, family), found.clone());
        found
    }

    /// Who wants it.
    pub fn wanted_by(&self, key: AddressKey) -> impl Iterator<Item = Owner> {
        self.managed.get(&key).into_iter().flat_map(|entry| entry.wanted_by.iter().copied())
    }

    fn forget_sources(&mut self, key: AddressKey) {
        self.sources.remove(&(key.index, Family::of(key.ip)));
    }

    fn on_link(&self, index: IfIndex) -> impl Iterator<Item = (&AddressKey, &Observed)> {
        let low = AddressKey { index, ip: IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED), prefix: 0 };
        self.observed.range(low..).take_while(move |(key, _)| key.index == index)
    }

    /// Brings one address a step nearer to what is wanted.
    fn reconcile(&mut self, now: Time, key: AddressKey) {
        if let Some(held) = &mut self.held {
            held.insert(key);
            return;
        }
        let blocked = self.is_blocked(key);
        let Some(entry) = self.managed.get_mut(&key) else { return };
        let there = self.observed.contains_key(&key);
        if entry.doing != Doing::Nothing {
            return;
        }
        let wanted = !entry.wanted_by.is_empty();
        // Added by us otherwise than it is wished for now (another label, scope ...): the kernel changes these only by adding anew.
        let outdated = wanted && there && entry.applied.as_ref().is_some_and(|applied| *applied != entry.spec);
        if wanted && there && !outdated {
            for owner in entry.wanted_by.difference(&entry.told) {
                self.effects.push_back(Effect::Present { owner: *owner, key, again: entry.lost });
            }
            entry.told.clone_from(&entry.wanted_by);
            entry.lost = false;
        }
        let up_to_date = (wanted == there && !outdated) || (there && self.keep) || (wanted && !there && blocked);
        if up_to_date {
            if let Some(at) = entry.retry_at.take() {
                self.retries.remove(&(at, key));
            }
            return;
        }
        if entry.retry_at.is_some_and(|at| at > now) {
            return;
        }
        if let Some(at) = entry.retry_at.take() {
            self.retries.remove(&(at, key));
        }
        entry.news = None;
        let op = if wanted && !there {
            entry.doing = Doing::Adding;
            entry.adding = Some(entry.spec.clone());
            KernelOp::AddAddress(entry.spec.clone())
        } else {
            if let Some(cleaned) = entry.cleaned_at.filter(|at| entry.applied.is_none() && now < *at + RETRY) {
                self.retry_at(cleaned + RETRY, key);
                return;
            }
            entry.doing = Doing::Deleting;
            KernelOp::DeleteAddress { index: key.index, ip: key.ip, prefix: key.prefix }
        };
        self.next_command += 1;
        let id = CommandId(self.next_command);
        self.commands.insert(id, key);
        self.effects.push_back(Effect::Command(KernelCommand { id, op }));
    }

    fn retry_at(&mut self, at: Time, key: AddressKey) {
        if let Some(entry) = self.managed.get_mut(&key)
            && !self.keep
        {
            if let Some(old) = entry.retry_at.replace(at) {
                self.retries.remove(&(old, key));
            }
            self.retries.insert((at, key));
        }
    }

    /// Other prefix lengths of the same IPv6 address on the same interface: the kernel takes only one of them.
    fn siblings(&self, key: AddressKey) -> impl Iterator<Item = (&AddressKey, &Managed)> {
        let of = |prefix| AddressKey { prefix, ..key };
        let range = if key.ip.is_ipv6() { of(0)..=of(128) } else { key..=key };
        self.managed.range(range).filter(move |(sibling, _)| **sibling != key)
    }

    /// Whether an address has to wait for another prefix length of it to be gone.
    fn is_blocked(&self, key: AddressKey) -> bool {
        self.siblings(key).any(|(key, entry)| self.observed.contains_key(key) || entry.doing != Doing::Nothing)
    }

    fn reconcile_siblings(&mut self, now: Time, key: AddressKey) {
        let siblings: Vec<AddressKey> = self.siblings(key).map(|(key, _)| *key).collect();
        for sibling in siblings {
            self.reconcile(now, sibling);
        }
    }

    fn forget_if_done(&mut self, key: AddressKey) {
        if self.held.is_some() {
            return;
        }
        let there = self.observed.contains_key(&key);
        if let Some(entry) = self.managed.get(&key)
            && entry.users.is_empty()
            && entry.doing == Doing::Nothing
            && (!there || self.keep)
            && let Some(entry) = self.managed.remove(&key)
        {
            self.forget_sources(key);
            if let Some(at) = entry.retry_at {
                self.retries.remove(&(at, key));
            }
        }
    }
}
