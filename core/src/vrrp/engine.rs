//! The VRRP engine: its parts, and the door in and out.

use super::announce::Pace;
use super::groups::Group;
use super::instance::{Id, Instance};
use super::io::{Input, Output, ScriptId, SocketKey};
use super::sockets::Socket;
use super::state::{DropReason, State};
use crate::config::model::Config;
use crate::engine::Engine;
use crate::event::{AddressNews, Event};
use crate::kernel::addresses::{AddressKey, AddressTable, Effect};
use crate::kernel::{KernelEvent, Link};
use crate::net::{Family, IfIndex, Name, Vrid};
use crate::notify::Notifier;
use crate::time::Time;
use crate::timers::Timers;
use crate::trace::Key;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long a stop waits for the kernel and for `notify_stop` before it goes without them.
pub const STOP_LIMIT: Duration = Duration::from_secs(5);

/// What the timers are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum TimerKey {
    /// The protocol's one timer: Master_Down_Timer or Adver_Timer.
    Main(Id),
    /// A duel is over when the rival has been silent.
    Duel(Id),
    /// The second burst of announcements.
    SecondBurst(Id),
    /// `garp_master_refresh`
    Refresh(Id),
    /// The scripts of a new master wait for its addresses no longer.
    Notify(Id),
    /// The next announcement on a link with `vrrp_garp_interval`.
    Pace(IfIndex, Family),
    /// A socket is opened again.
    Socket(SocketKey),
    /// A refused kernel command is tried again.
    Addresses,
    /// `vrrp_startup_delay`
    StartupDelay,
    /// A script runs for too long.
    Script(ScriptId),
    /// A stop waits no longer.
    StopLimit,
}

/// Reports of one kind: the first at once, then at most one a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reported {
    pub at: Option<Time>,
    pub since: u64,
}

impl Reported {
    const EVERY: Duration = Duration::from_secs(60);

    /// Counts one more; returns how many to report now.
    pub(super) fn count(&mut self, now: Time) -> Option<u64> {
        self.since += 1;
        if self.at.is_some_and(|at| now < at + Self::EVERY) {
            return None;
        }
        self.at = Some(now);
        Some(core::mem::take(&mut self.since))
    }
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Running {
    Yes,
    Stopping,
    Stopped,
}

/// All instances and sync groups of one daemon.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Vrrp {
    pub(super) now: Time,
    pub(super) config: Config,
    pub(super) configured: bool,
    pub(super) snapshot_seen: bool,
    /// Instances leave INIT from here on.
    pub(super) may_start: bool,
    pub(super) running: Running,
    pub(super) keep_addresses: bool,
    pub(super) instances: Vec<Option<Instance>>,
    pub(super) groups: Vec<Group>,
    /// Instances by what an advert says of itself.
    pub(super) listeners: BTreeMap<(IfIndex, Family, Vrid), Vec<Id>>,
    /// Instances by the socket that they use.
    pub(super) by_socket: BTreeMap<SocketKey, BTreeSet<Id>>,
    /// A sync group is moving: the steps of its members do not call the others again.
    pub(super) group_moves: bool,
    /// Instances by the names of the interfaces that concern them.
    pub(super) users: BTreeMap<String, BTreeSet<Id>>,
    pub(super) links: BTreeMap<IfIndex, Link>,
    pub(super) link_names: BTreeMap<String, IfIndex>,
    pub(super) addresses: AddressTable,
    pub(super) sockets: BTreeMap<SocketKey, Socket>,
    pub(super) paces: BTreeMap<(IfIndex, Family), Pace>,
    pub(super) notifier: Notifier<(bool, Name)>,
    pub(super) timers: Timers<TimerKey>,
    pub(super) drops: BTreeMap<(IfIndex, Option<Id>, DropReason), Reported>,
    pub(super) send_failures: BTreeMap<IfIndex, Reported>,
    pub(super) out: VecDeque<Output>,
}

impl Vrrp {
    /// An engine without configuration. It waits for [`Input::Kernel`] with a snapshot and for [`Input::Configure`].
    /// `_seed` decides what is left to chance: so far, nothing.
    #[must_use]
    pub fn new(_seed: u64) -> Vrrp {
        Vrrp {
            now: Time::ZERO,
            config: Config::default(),
            configured: false,
            snapshot_seen: false,
            may_start: false,
            running: Running::Yes,
            keep_addresses: false,
            instances: Vec::new(),
            groups: Vec::new(),
            listeners: BTreeMap::new(),
            by_socket: BTreeMap::new(),
            group_moves: false,
            users: BTreeMap::new(),
            links: BTreeMap::new(),
            link_names: BTreeMap::new(),
            addresses: AddressTable::default(),
            sockets: BTreeMap::new(),
            paces: BTreeMap::new(),
            notifier: Notifier::default(),
            timers: Timers::default(),
            drops: BTreeMap::new(),
            send_failures: BTreeMap::new(),
            out: VecDeque::new(),
        }
    }

    /// The same engine with every password and every script's arguments replaced, for a recording.
    #[must_use]
    pub fn masked(&self, key: &Key) -> Vrrp {
        let mut copy = self.clone();
        key.config(&mut copy.config);
        for instance in copy.instances.iter_mut().flatten() {
            instance.prepared.clear();
            key.instance(&mut instance.config);
            instance.config.notify.scripts_mut().for_each(|script| key.arguments(&mut script.argv));
        }
        for group in &mut copy.groups {
            group.config.notify.scripts_mut().for_each(|script| key.arguments(&mut script.argv));
        }
        copy.notifier.waiting_mut().for_each(|script| key.run(&mut script.argv));
        copy
    }

    pub(super) fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    pub(super) fn get(&self, id: Id) -> Option<&Instance> {
        self.instances.get(id as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Instance> {
        self.instances.get_mut(id as usize)?.as_mut()
    }

    pub(super) fn ids(&self) -> Vec<Id> {
        (0..).zip(&self.instances).filter(|(_, slot)| slot.is_some()).map(|(id, _)| id).collect()
    }

    /// What the kernel calls an interface at present.
    #[must_use]
    pub fn link_name(&self, index: IfIndex) -> String {
        self.links.get(&index).map_or_else(|| format!("interface {index}"), |link| link.name.clone())
    }

    fn fire(&mut self, due: Time, key: TimerKey) {
        match key {
            TimerKey::Main(id) => self.main_timer(id, due),
            TimerKey::Duel(id) => self.duel_over(id),
            TimerKey::SecondBurst(id) => self.second_burst(id),
            TimerKey::Refresh(id) => self.refresh(id, due),
            TimerKey::Notify(id) => self.flush_notify(id),
            TimerKey::Pace(index, family) => self.paced(index, family),
            TimerKey::Socket(key) => self.retry_socket(key),
            TimerKey::Addresses => {
                self.addresses.tick(self.now);
                self.drain_addresses();
            }
            TimerKey::StartupDelay => {
                self.may_start = true;
                self.evaluate_all();
            }
            TimerKey::Script(id) => self.notifier.overdue(id),
            TimerKey::StopLimit => self.stop_now(),
        }
    }

    fn kernel_event(&mut self, event: KernelEvent) {
        match event {
            KernelEvent::Snapshot { links, addresses } => self.snapshot(links, addresses),
            KernelEvent::Link(link) => self.link(link),
            KernelEvent::LinkGone(index) => self.link_gone(index),
            KernelEvent::Address(address) => {
                let (index, family) = (address.index, Family::of(address.ip));
                let before = self.addresses.sources(index, family);
                self.addresses.observe(self.now, address);
                self.address_changed(index, family, &before);
            }
            KernelEvent::AddressGone { index, ip, prefix } => {
                let family = Family::of(ip);
                let before = self.addresses.sources(index, family);
                self.addresses.observe_gone(self.now, AddressKey { index, ip, prefix });
                self.address_changed(index, family, &before);
            }
        }
    }

    /// Instances are looked at again only where the addresses that adverts can come from are others now.
    fn address_changed(&mut self, index: IfIndex, family: Family, before: &[core::net::IpAddr]) {
        self.drain_addresses();
        if *self.addresses.sources(index, family) != *before {
            self.evaluate_on(index);
        }
    }

    /// Carries out what the address table asks for, and keeps its timer.
    pub(super) fn drain_addresses(&mut self) {
        while let Some(effect) = self.addresses.poll() {
            match effect {
                Effect::Command(command) => self.out.push_back(Output::Kernel(command)),
                Effect::Present { owner, key, again } => self.address_present(owner, key, again),
                Effect::News(key, news) => {
                    let interface = self.link_name(key.index);
                    self.event(Event::Address { interface, ip: key.ip, prefix: key.prefix, news });
                    if matches!(news, AddressNews::AddFailed { .. }) {
                        self.address_failed(key);
                    }
                }
            }
        }
        match self.addresses.deadline() {
            Some(at) => self.timers.set(TimerKey::Addresses, at),
            None => _ = self.timers.cancel(TimerKey::Addresses),
        }
    }

    fn stop(&mut self, keep_addresses: bool) {
        if self.running != Running::Yes {
            return self.stop_now();
        }
        self.running = Running::Stopping;
        self.keep_addresses = keep_addresses;
        self.event(Event::Stopping);
        if keep_addresses {
            self.addresses.keep_everything();
        }
        // What runs still is not waited for: notify_stop is to run now.
        self.notifier.let_all();
        for id in self.ids() {
            self.shut_down(id, crate::event::Why::Stopped);
        }
        self.stop_groups();
        self.drain_addresses();
        self.timers.set(TimerKey::StopLimit, self.now + STOP_LIMIT);
    }

    /// The stop has waited long enough, or was asked for twice.
    fn stop_now(&mut self) {
        let (running, told) = self.notifier.kill_all();
        self.out.extend(told.into_iter().map(|news| Output::Event(Event::Script(news))));
        self.out.extend(running.into_iter().map(Output::KillScript));
        self.finish();
    }

    fn finish(&mut self) {
        if self.running != Running::Stopped {
            self.running = Running::Stopped;
            for key in core::mem::take(&mut self.sockets).into_keys() {
                self.out.push_back(Output::CloseSocket(key));
            }
            self.timers.retain(|_| false);
            self.out.push_back(Output::Stopped);
        }
    }
}

impl Engine for Vrrp {
    type Input<'a> = Input<'a>;
    type Output = Output;

    fn handle(&mut self, now: Time, input: Input<'_>) {
        self.now = self.now.max(now);
        if self.running == Running::Stopped {
            return;
        }
        match input {
            Input::Timeout => {
                while let Some((due, key)) = self.timers.pop_due(self.now) {
                    self.fire(due, key);
                }
            }
            Input::Packet(packet) => self.packet(&packet),
            Input::Kernel(event) => self.kernel_event(event),
            Input::KernelDone { id, result } => {
                self.addresses.done(self.now, id, result);
                self.drain_addresses();
            }
            Input::Socket { key, result } => self.socket_result(key, result),
            Input::SendFailed { index, errno } => {
                if let Some(count) = self.send_failures.entry(index).or_default().count(self.now) {
                    let interface = self.link_name(index);
                    self.event(Event::SendFailed { interface, errno, count });
                }
            }
            Input::ScriptEnded { id, status } => {
                self.timers.cancel(TimerKey::Script(id));
                if let Some(news) = self.notifier.ended(id, status) {
                    self.event(Event::Script(news));
                }
            }
            Input::Configure(config) => {
                if self.running == Running::Yes {
                    self.configure(*config);
                }
            }
            Input::Stop { keep_addresses } => self.stop(keep_addresses),
        }
        self.start_scripts();
        if self.running == Running::Stopping && !self.addresses.is_busy() && self.notifier.is_idle() {
            self.finish();
        }
    }

    fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        self.timers.next()
    }
}

impl Vrrp {
    /// The state of the instance `name`, where there is one.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<State> {
        self.instances.iter().flatten().find(|i| &*i.config.name == name).map(|i| i.state)
    }
}
