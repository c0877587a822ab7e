//! Keeps the kernel's table as it is wanted: by level, with commands that may fail, beside other programs.
//!
//! `want` is what was asked for; `have` is what the kernel has of it once it has carried out every command that was given out. What may differ is
//! marked, and commands are made of the marks when there is room for them. Nothing is done before the table was read for the first time, so
//! that what a predecessor left and is still wanted goes on untouched, with its connections.
//!
//! Commands do not wait for the answers to others, but for one: what was removed is made anew only when the removal was answered. Otherwise an
//! answer about what was before would be taken for one about what is now, and a service that is ours could be forgotten.

mod answer;
mod compare;
mod fault;
mod flights;
mod plan;

use super::diff::differences;
use super::{
    Destination, DestinationKey, IpvsCommand, Service, ServiceKey, ServiceSettings, SyncDaemon, SyncRole, Timeouts,
};
use crate::check::IpvsId;
use crate::event::lvs::LvsEvent;
use crate::time::Time;
use crate::timers::Timers;
use core::time::Duration;
use fault::{Fault, Spot};
use flights::{Flight, Flights, Kind};
use plan::Dirty;
use serde::{Deserialize, Serialize};
use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{BTreeSet, VecDeque};

/// How often the table is read back, if nothing else asks for it.
pub const AUDIT: Duration = Duration::from_secs(60);
/// The time between two readings that something asks for.
pub const SOON: Duration = Duration::from_secs(1);
/// The longest time until a refused change or reading is tried again.
pub const LONGEST: Duration = Duration::from_secs(60);
/// How many commands are out at a time. More wait as marks, which many changes of one destination share.
pub const IN_FLIGHT: usize = 1024;
/// How many refused changes are told at a time. Where everything is refused, more would say nothing new.
pub const TOLD: usize = 16;

/// What the reconciler asks for. Order matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Give the kernel a command; [`Reconciler::done`] is told how it went.
    Command(IpvsId, IpvsCommand),
    /// Read the kernel's table after every command given before; [`Reconciler::read`] is told.
    Read,
    /// Tell what happened.
    Event(LvsEvent),
}

/// What is left in the kernel at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leave {
    /// The services as they are (`--dont-release-ipvs`).
    Services,
    /// What is not ours.
    Others,
    /// Nothing (`lvs_flush_on_stop`).
    Nothing,
}

/// Keeps the kernel's table as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciler {
    want: BTreeMap<ServiceKey, Service>,
    /// What the kernel has of ours when every command given out has been carried out.
    have: BTreeMap<ServiceKey, Service>,
    /// Services and sync daemons whose removal was given out and is not confirmed. They are ours, and not made anew until then.
    leaving: BTreeSet<Spot>,
    want_sync: BTreeMap<SyncRole, SyncDaemon>,
    have_sync: BTreeMap<SyncRole, SyncDaemon>,
    /// Those that were given out last, to be started or stopped.
    last_sync: BTreeMap<SyncRole, SyncDaemon>,
    /// Whether sync daemons are our business: they are from the first that is wanted.
    owns_sync: bool,
    want_timeouts: Timeouts,
    have_timeouts: Timeouts,
    /// What they were before us.
    foreign_timeouts: Timeouts,
    dirty: Dirty,
    /// Commands that are made and not given out: those of one service at most, and at the end those that are tried again.
    queue: VecDeque<IpvsCommand>,
    events: VecDeque<LvsEvent>,
    flying: Flights,
    reading: Reading,
    /// What commands were made for since the reading that is under way was asked for: it may have them or not.
    touched: BTreeSet<Spot>,
    /// What has commands whose results were lost.
    unsure: BTreeSet<Spot>,
    faults: BTreeMap<Spot, Fault>,
    retries: Timers<Spot>,
    /// Whether services that are not wanted at the first reading go, whoever made them (`lvs_flush`).
    flush: bool,
    stopping: bool,
    /// What was tried a second time at the end.
    repeated: BTreeSet<Spot>,
}

/// The state of readings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    /// Whether one has ever succeeded.
    known: bool,
    /// Whether one is to be asked for.
    due: bool,
    /// Whether one is under way.
    under_way: bool,
    /// Whether something asks for one as soon as may be.
    asked: bool,
    /// When the last ended.
    last: Time,
    /// The time until the next try, after one that failed.
    backoff: Option<Duration>,
}

impl Reconciler {
    /// Asks for a reading first, as soon as anything is wanted. `flush`: services that are not wanted when its result comes are removed, whoever made them (`lvs_flush`);
    /// afterwards those of others are left alone. So all that is wanted at the start must be set before that result is handed in.
    #[must_use]
    pub fn new(flush: bool) -> Reconciler {
        Reconciler {
            want: BTreeMap::new(),
            have: BTreeMap::new(),
            leaving: BTreeSet::new(),
            want_sync: BTreeMap::new(),
            have_sync: BTreeMap::new(),
            last_sync: BTreeMap::new(),
            owns_sync: false,
            want_timeouts: Timeouts::default(),
            have_timeouts: Timeouts::default(),
            foreign_timeouts: Timeouts::default(),
            dirty: Dirty::default(),
            queue: VecDeque::new(),
            events: VecDeque::new(),
            flying: Flights::default(),
            reading: Reading {
                known: false,
                due: true,
                under_way: false,
                asked: false,
                last: Time::ZERO,
                backoff: None,
            },
            touched: BTreeSet::new(),
            unsure: BTreeSet::new(),
            faults: BTreeMap::new(),
            retries: Timers::default(),
            flush,
            stopping: false,
            repeated: BTreeSet::new(),
        }
    }

    /// Wants a service with these settings, or no more: it goes with its destinations. Costs O(log n); a removal, as much for each destination.
    pub fn set_service(&mut self, key: ServiceKey, settings: Option<ServiceSettings>) {
        match settings {
            Some(settings) => match self.want.entry(key) {
                Entry::Occupied(there) if there.get().settings == settings => return,
                Entry::Occupied(mut there) => there.get_mut().settings = settings,
                Entry::Vacant(place) => {
                    place.insert(Service { settings, destinations: BTreeMap::new() });
                }
            },
            None => {
                if self.want.remove(&key).is_none() {
                    return;
                }
                // Should it be wanted again before it has gone, its destinations are no longer those.
                if let Some(had) = self.have.get(&key) {
                    self.dirty.destinations(key, had.destinations.keys().copied());
                }
            }
        }
        self.dirty.service(key);
        self.hurry(Spot::Service(key));
    }

    /// Wants a destination of a wanted service, or no more. Without the service nothing happens. Costs O(log n).
    pub fn set_destination(&mut self, key: ServiceKey, to: DestinationKey, how: Option<Destination>) {
        let Some(service) = self.want.get_mut(&key) else { return };
        let before = match how {
            Some(how) => service.destinations.insert(to, how),
            None => service.destinations.remove(&to),
        };
        if before != how {
            self.dirty.destinations(key, [to]);
            self.hurry(Spot::Destination(key, to));
        }
    }

    /// Wants exactly these destinations of a wanted service. Without the service nothing happens.
    pub fn set_destinations(&mut self, key: ServiceKey, wanted: BTreeMap<DestinationKey, Destination>) {
        let Some(service) = self.want.get_mut(&key) else { return };
        if self.faults.is_empty() && !self.have.contains_key(&key) {
            // It is made with all that it has.
            if service.destinations != wanted {
                service.destinations = wanted;
                self.dirty.service(key);
            }
            return;
        }
        let mut changed = Vec::new();
        differences(&service.destinations, &wanted, |to, _, _| changed.push(*to));
        if changed.is_empty() {
            return;
        }
        service.destinations = wanted;
        if !self.faults.is_empty() {
            changed.iter().for_each(|to| self.hurry(Spot::Destination(key, *to)));
        }
        if self.have.contains_key(&key) {
            self.dirty.destinations(key, changed);
        } else {
            // It is made with all that it has.
            self.dirty.service(key);
        }
    }

    /// Wants these connection timeouts. What is 0 is as it was before us.
    pub fn timeouts(&mut self, timeouts: Timeouts) {
        if self.want_timeouts != timeouts {
            self.want_timeouts = timeouts;
            self.dirty.others();
            self.hurry(Spot::Timeouts);
        }
    }

    /// Wants a sync daemon in a role, or none. Once one was wanted, both roles are ours.
    pub fn sync(&mut self, role: SyncRole, daemon: Option<SyncDaemon>) {
        self.owns_sync |= daemon.is_some();
        let before = match &daemon {
            Some(daemon) => self.want_sync.insert(role, daemon.clone()),
            None => self.want_sync.remove(&role),
        };
        if before != daemon {
            self.dirty.others();
            self.hurry(Spot::Sync(role));
        }
    }

    /// Wants nothing any more. What is refused from now on, or whose result is lost, is tried once more, then told and given up.
    pub fn stop(&mut self, leave: Leave) {
        self.stopping = true;
        let faults = core::mem::take(&mut self.faults);
        self.retries = Timers::default();
        self.reading.due = false;
        self.want_timeouts = Timeouts::default();
        self.want_sync.clear();
        self.dirty.others();
        // What should have gone and may be there still.
        let doubtful = |spot: &&Spot| faults.contains_key(spot) || self.unsure.contains(spot);
        let stay: Vec<Spot> = self.leaving.iter().filter(doubtful).copied().collect();
        for spot in &stay {
            if let Spot::Sync(role) = spot
                && let Some(daemon) = self.last_sync.get(role)
            {
                self.have_sync.insert(*role, daemon.clone());
            }
        }
        match leave {
            Leave::Services => self.dirty.no_services(),
            Leave::Others => {
                self.want.clear();
                for spot in &stay {
                    if let Spot::Service(key) = spot {
                        // Nothing is known of it but that it is there.
                        self.have.insert(*key, Service::default());
                    }
                }
                for key in self.have.keys() {
                    self.dirty.service(*key);
                }
            }
            Leave::Nothing => {
                self.want.clear();
                self.have.clear();
                self.dirty.no_services();
                self.queue.clear();
                self.queue.push_back(IpvsCommand::Flush);
            }
        }
        if faults.contains_key(&Spot::Timeouts) || self.unsure.contains(&Spot::Timeouts) {
            self.have_timeouts = self.target_timeouts();
            self.queue.push_back(IpvsCommand::SetTimeouts(self.have_timeouts));
        }
    }

    /// Whether nothing is left to do or to wait for, but for readings.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let quiet = self.events.is_empty() && self.queue.is_empty() && self.flying.is_empty();
        quiet && (self.dirty.is_empty() || !self.reading.known)
    }

    /// The services that are wanted.
    #[must_use]
    pub fn wanted(&self) -> &BTreeMap<ServiceKey, Service> {
        &self.want
    }

    /// A deadline may have passed.
    pub fn timeout(&mut self, now: Time) {
        while let Some((_, spot)) = self.retries.pop_due(now) {
            if let Some(fault) = self.faults.get_mut(&spot) {
                fault.end_wait();
                self.reading.asked = true;
            }
        }
        if self.next_reading().is_some_and(|at| at <= now) {
            self.reading.due = true;
        }
    }

    /// When [`timeout`](Self::timeout) is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        [self.next_reading(), self.retries.next()].into_iter().flatten().min()
    }

    /// Whether anything in the kernel is our business. Where nothing is, it need not even have IPVS.
    fn is_needed(&self) -> bool {
        let services = !self.want.is_empty() || !self.have.is_empty() || !self.leaving.is_empty();
        let open = self.reading.asked || !self.faults.is_empty() || !self.unsure.is_empty();
        services || open || self.flush || self.owns_sync || self.want_timeouts != Timeouts::default()
    }

    /// When the table is to be read again.
    fn next_reading(&self) -> Option<Time> {
        let reading = &self.reading;
        if self.stopping || reading.under_way || reading.due || !self.is_needed() {
            return None;
        }
        let interval = match reading.backoff {
            Some(backoff) => backoff,
            None if reading.asked => SOON,
            None => AUDIT,
        };
        Some(reading.last + interval)
    }

    /// What to do next. To be drained after everything else.
    pub fn poll(&mut self) -> Option<Action> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(Action::Event(event));
            }
            if !self.queue.is_empty() {
                if self.flying.len() >= IN_FLIGHT {
                    return None;
                }
                return self.queue.pop_front().map(|command| self.give_out(command));
            }
            if self.reading.due && !self.reading.under_way && self.is_needed() {
                self.reading.due = false;
                self.reading.asked = false;
                self.reading.under_way = true;
                self.touched.clear();
                self.faults.values_mut().for_each(Fault::begin_reading);
                return Some(Action::Read);
            }
            if self.flying.len() >= IN_FLIGHT || !self.plan() {
                return None;
            }
        }
    }

    fn give_out(&mut self, command: IpvsCommand) -> Action {
        Action::Command(self.flying.start(Flight::of(&command)), command)
    }

    /// Somebody wants something else of what is refused: it is tried after the next reading, which is asked for now.
    fn hurry(&mut self, spot: Spot) {
        if self.faults.get(&spot).is_some_and(Fault::waits) {
            self.retries.set(spot, Time::ZERO);
        }
    }
}

#[cfg(test)]
mod tests;
