//! The table as it was read, beside what we think it is.

use super::fault::Spot;
use super::{LONGEST, Reconciler, SOON};
use crate::event::lvs::LvsEvent;
use crate::ipvs::diff::differences;
use crate::ipvs::{Destination, DestinationKey, Service, ServiceKey, SyncDaemon, SyncRole, Table, Timeouts};
use crate::kernel::Errno;
use crate::time::Time;
use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

/// What was found to be other than we had made it.
#[derive(Default)]
struct Drift {
    missing: u32,
    changed: u32,
    extra: u32,
    example: Option<String>,
}

impl Drift {
    fn missing(&mut self, what: impl FnOnce() -> String) {
        self.missing += 1;
        self.example.get_or_insert_with(|| format!("{} was missing", what()));
    }

    fn changed(&mut self, what: impl FnOnce() -> String) {
        self.changed += 1;
        self.example.get_or_insert_with(|| format!("{} was changed", what()));
    }

    fn extra(&mut self, what: impl FnOnce() -> String) {
        self.extra += 1;
        self.example.get_or_insert_with(|| format!("{} was there", what()));
    }

    fn event(self) -> Option<LvsEvent> {
        let Drift { missing, changed, extra, example } = self;
        example.map(|example| LvsEvent::Drift { missing, changed, extra, example })
    }
}

impl Reconciler {
    /// The table as it was after every command that had been given out with the last [`Action::Read`](super::Action::Read), or why it could
    /// not be read.
    pub fn read(&mut self, now: Time, table: Result<Box<Table>, Errno>) {
        if !self.reading.under_way {
            return;
        }
        self.reading.under_way = false;
        self.reading.last = now;
        match table {
            Err(errno) => self.unreadable(errno),
            Ok(table) => {
                self.reading.backoff = None;
                let mut trying = BTreeSet::new();
                for (spot, fault) in &mut self.faults {
                    if fault.end_reading(true) {
                        trying.insert(*spot);
                    }
                }
                match (self.stopping, self.reading.known) {
                    // What is ours is known already, or there is nothing.
                    (true, _) => self.reading.known = true,
                    (false, true) => self.compare(*table),
                    (false, false) => self.adopt(*table),
                }
                // What this table says nothing about is as unsure as before.
                let touched = &self.touched;
                self.unsure.retain(|spot| match *spot {
                    Spot::Destination(key, _) => touched.contains(spot) || touched.contains(&Spot::Service(key)),
                    _ => touched.contains(spot),
                });
                for spot in trying {
                    if self.is_settled(spot) {
                        self.faults.remove(&spot);
                    }
                }
            }
        }
    }

    /// Whether there is nothing to be done about something.
    fn is_settled(&self, spot: Spot) -> bool {
        match spot {
            Spot::Service(key) => match (self.want.get(&key), self.have.get(&key)) {
                (Some(want), Some(have)) => want.settings == have.settings,
                (want, have) => want.is_none() && have.is_none(),
            },
            Spot::Destination(key, to) => {
                let of = |table: &BTreeMap<ServiceKey, Service>| table.get(&key)?.destinations.get(&to).copied();
                of(&self.want) == of(&self.have)
            }
            Spot::Sync(role) => self.want_sync.get(&role) == self.have_sync.get(&role),
            Spot::Timeouts => self.target_timeouts() == self.have_timeouts,
            Spot::Everything => true,
        }
    }

    fn unreadable(&mut self, errno: Errno) {
        for fault in self.faults.values_mut() {
            let _ = fault.end_reading(false);
        }
        let delay = self.reading.backoff.map_or(SOON, |before| (before * 2).min(LONGEST));
        if self.reading.backoff.replace(delay).is_none() && !self.stopping {
            let command = match errno {
                Errno::EPROTONOSUPPORT => "use IPVS, which this kernel does not have: is there a module ip_vs?",
                _ => "read the table of IPVS",
            };
            self.events.push_back(LvsEvent::IpvsFailed { command: command.to_owned(), errno, retry: delay });
        }
    }

    /// The first reading: what is there and wanted is ours from now on.
    fn adopt(&mut self, table: Table) {
        self.reading.known = true;
        for (key, service) in table.services {
            if self.flush || self.want.contains_key(&key) {
                self.dirty.service(key);
                self.have.insert(key, service);
            }
        }
        for (key, had) in &self.have {
            if let Some(wanted) = self.want.get(key) {
                differences(&had.destinations, &wanted.destinations, |to, _, _| self.dirty.destinations(*key, [*to]));
            }
        }
        self.have_sync = table.daemons;
        for (role, had) in &mut self.have_sync {
            settle(had, self.want_sync.get(role));
        }
        self.have_timeouts = table.timeouts;
        self.foreign_timeouts = table.timeouts;
        self.dirty.others();
    }

    fn compare(&mut self, mut table: Table) {
        let mut drift = Drift::default();
        let leaving = self.leaving.iter().filter_map(|spot| match spot {
            Spot::Service(key) => Some(key),
            _ => None,
        });
        let ours: BTreeSet<ServiceKey> = self.have.keys().chain(leaving).chain(self.want.keys()).copied().collect();
        for key in ours {
            if !self.touched.contains(&Spot::Service(key)) {
                self.compare_service(key, table.services.remove(&key), &mut drift);
            }
        }
        self.compare_sync(&table.daemons, &mut drift);
        self.compare_timeouts(table.timeouts, &mut drift);
        self.events.extend(drift.event());
    }

    /// Whether a difference is news: neither refused nor of a command whose result was lost.
    fn is_news(&self, spot: Spot) -> bool {
        !self.faults.contains_key(&spot) && !self.unsure.contains(&spot)
    }

    fn compare_service(&mut self, key: ServiceKey, read: Option<Service>, drift: &mut Drift) {
        let news = self.is_news(Spot::Service(key));
        self.leaving.remove(&Spot::Service(key));
        let Some(read) = read else {
            if let Some(had) = self.have.remove(&key)
                && news
            {
                drift.missing(|| format!("service {key}"));
                drift.missing += u32::try_from(had.destinations.len()).unwrap_or(u32::MAX);
            }
            return self.dirty.service(key);
        };
        let Some(mut had) = self.have.remove(&key) else {
            // Refused before, or not removed: what is there now is ours.
            self.dirty.service(key);
            self.dirty.destinations(key, read.destinations.keys().copied());
            if let Some(wanted) = self.want.get(&key) {
                self.dirty.destinations(key, wanted.destinations.keys().copied());
            }
            self.have.insert(key, read);
            return;
        };
        if had.settings != read.settings {
            if news {
                drift.changed(|| format!("service {key}"));
            }
            had.settings = read.settings;
        }
        let mut found: Vec<(DestinationKey, Option<Destination>, Option<Destination>)> = Vec::new();
        differences(&had.destinations, &read.destinations, |to, had, read| {
            found.push((*to, had.copied(), read.copied()))
        });
        for (to, before, now) in found {
            let spot = Spot::Destination(key, to);
            if self.touched.contains(&spot) {
                continue;
            }
            if news && self.is_news(spot) {
                let what = || format!("{to} of service {key}");
                match (before, now) {
                    (Some(_), None) => drift.missing(what),
                    (None, _) => drift.extra(what),
                    _ => drift.changed(what),
                }
            }
            match now {
                Some(how) => had.destinations.insert(to, how),
                None => had.destinations.remove(&to),
            };
        }
        match self.want.get(&key) {
            Some(wanted) => {
                if wanted.settings != had.settings {
                    self.dirty.service(key);
                }
                differences(&had.destinations, &wanted.destinations, |to, _, _| self.dirty.destinations(key, [*to]));
            }
            None => self.dirty.service(key),
        }
        self.have.insert(key, had);
    }

    fn compare_sync(&mut self, read: &BTreeMap<SyncRole, SyncDaemon>, drift: &mut Drift) {
        if !self.owns_sync {
            return;
        }
        for role in [SyncRole::Master, SyncRole::Backup] {
            let spot = Spot::Sync(role);
            if self.touched.contains(&spot) {
                continue;
            }
            if self.leaving.remove(&spot) {
                self.dirty.others();
            }
            let mut now = read.get(&role).cloned();
            if let Some(now) = &mut now {
                settle(now, self.have_sync.get(&role));
            }
            let before = self.have_sync.get(&role);
            if before == now.as_ref() {
                continue;
            }
            if self.is_news(spot) {
                let what = || format!("the {role} sync daemon");
                match (before, &now) {
                    (Some(_), None) => drift.missing(what),
                    (None, _) => drift.extra(what),
                    _ => drift.changed(what),
                }
            }
            match now {
                Some(daemon) => self.have_sync.insert(role, daemon),
                None => self.have_sync.remove(&role),
            };
            self.dirty.others();
        }
        if self.faults.iter().any(|(spot, fault)| matches!(spot, Spot::Sync(_)) && !fault.holds()) {
            self.dirty.others();
        }
    }

    fn compare_timeouts(&mut self, read: Timeouts, drift: &mut Drift) {
        if self.touched.contains(&Spot::Timeouts) {
            return;
        }
        if self.faults.get(&Spot::Timeouts).is_some_and(|fault| !fault.holds()) {
            self.dirty.others();
        }
        if read == self.have_timeouts {
            return;
        }
        let (want, have) = (self.want_timeouts, self.have_timeouts);
        let pairs = [
            (want.tcp, have.tcp, read.tcp),
            (want.tcp_fin, have.tcp_fin, read.tcp_fin),
            (want.udp, have.udp, read.udp),
        ];
        if pairs.iter().any(|(want, have, read)| *want != 0 && have != read) && self.is_news(Spot::Timeouts) {
            drift.changed(|| "the connection timeouts".to_owned());
        }
        // What we do not set is as somebody else wants it - unless we could not put back what it was before us.
        if self.is_news(Spot::Timeouts) {
            let foreign = &mut self.foreign_timeouts;
            let all = [&mut foreign.tcp, &mut foreign.tcp_fin, &mut foreign.udp];
            for (foreign, (want, _, read)) in all.into_iter().zip(pairs) {
                if want == 0 {
                    *foreign = read;
                }
            }
        }
        self.have_timeouts = read;
        self.dirty.others();
    }
}

/// A daemon as it was read tells what the kernel has chosen, too. Where that is what was asked for, it becomes what was asked for.
fn settle(read: &mut SyncDaemon, asked: Option<&SyncDaemon>) {
    let Some(asked) = asked else { return };
    let same = |asked: u32, read: u32| asked == 0 || asked == read;
    let fits = asked.interface == read.interface
        && asked.id == read.id
        && same(asked.port.into(), read.port.into())
        && same(asked.ttl.into(), read.ttl.into())
        && (asked.group.is_none() || asked.group == read.group)
        && (asked.max_length == 0 || read.max_length == kernel_length(asked, read.group));
    if fits {
        *read = asked.clone();
    }
}

/// What the kernel makes of a length (`start_sync_thread` of net/netfilter/ipvs/ip_vs_sync.c): what fits into a datagram, and for a backup
/// nothing that is too short for what others send.
fn kernel_length(asked: &SyncDaemon, group: Option<IpAddr>) -> u16 {
    let least = if asked.role == SyncRole::Backup { 1024 } else { 1 };
    let headers = if group.is_some_and(|group| group.is_ipv6()) { 40 + 8 } else { 20 + 8 };
    asked.max_length.clamp(least, u16::MAX - headers)
}
