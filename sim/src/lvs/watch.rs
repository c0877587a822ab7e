//! What must hold in every run.

use super::plan::{PAGES_PORTS, Pace, SLACK, WEIGH, address};
use super::server::Manner;
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::check::{Checkers, ConnId, VirtualStatus};
use keepalived_core::config::model::Lvs;
use keepalived_core::ipvs::{Table, desired};
use keepalived_core::reload::Balancer;
use keepalived_core::vrrp::{ScriptId, ScriptRun};
use std::collections::{BTreeMap, BTreeSet};

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When it was seen.
    pub at: Time,
    /// Which invariant: one of [`INVARIANTS`].
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.at, self.invariant, self.what)
    }
}

/// All invariants.
pub const INVARIANTS: [&str; 8] =
    ["deadline", "decision", "rhythm", "bounded", "alternate", "in order", "table", "weight"];

/// Looks on.
pub struct Watch {
    pace: Pace,
    /// Connections, with the address and when they were opened.
    pub open: BTreeMap<ConnId, (IpAddr, Time)>,
    /// When each check was begun last, by address and port.
    begun: BTreeMap<(IpAddr, u16), Time>,
    told: BTreeMap<String, bool>,
    running: BTreeMap<ScriptId, String>,
    owners: BTreeSet<String>,
    /// Scripts of checks that run and have not been killed, with their words and when they were started.
    checks: BTreeMap<ScriptId, (Vec<String>, Time)>,
    /// Since when a server is as it is, seen from the outside.
    since: Vec<Time>,
    /// The last moment at which the machine slept or the configuration changed.
    pub disturbed: Time,
    /// What was seen.
    pub violations: Vec<Violation>,
}

impl Watch {
    /// Looks on from the beginning.
    #[must_use]
    pub fn new(pace: Pace, servers: usize) -> Watch {
        Watch {
            pace,
            open: BTreeMap::new(),
            begun: BTreeMap::new(),
            told: BTreeMap::new(),
            running: BTreeMap::new(),
            owners: BTreeSet::new(),
            checks: BTreeMap::new(),
            since: vec![Time::ZERO; servers],
            disturbed: Time::ZERO,
            violations: Vec::new(),
        }
    }

    fn say(&mut self, at: Time, invariant: &'static str, what: String) {
        if self.violations.len() < 20 {
            self.violations.push(Violation { at, invariant, what });
        }
    }

    /// A server changed its manners.
    pub fn changed(&mut self, now: Time, server: usize) {
        if let Some(since) = self.since.get_mut(server) {
            *since = now;
        }
    }

    /// The machine slept: time that nobody saw does not count.
    pub fn slept(&mut self, now: Time, time: Duration) {
        self.open.values_mut().for_each(|(_, since)| *since = *since + time);
        self.checks.values_mut().for_each(|(_, since)| *since = *since + time);
        self.begun.clear();
        self.disturbed = now;
    }

    /// A configuration came.
    pub fn configured(&mut self, now: Time) {
        self.begun.clear();
        // Who comes again begins a new life.
        self.told.clear();
        self.disturbed = now;
    }

    /// A connection is opened.
    pub fn opened(&mut self, now: Time, id: ConnId, to: (IpAddr, u16)) {
        if self.open.insert(id, (to.0, now)).is_some() {
            self.say(now, "bounded", format!("{id:?} was used before"));
        }
        // After a sleep of the machine a check comes at the earliest half an interval after the last.
        let least = Duration::from_secs(self.pace.delay_loop.min(self.pace.delay_before_retry)) / 2;
        if let Some(before) = self.begun.insert(to, now)
            && before + least > now
        {
            self.say(now, "rhythm", format!("{to:?} is checked again after {:?}", now - before));
        }
    }

    /// A connection is closed.
    pub fn closed(&mut self, now: Time, id: ConnId) {
        let Some((ip, since)) = self.open.remove(&id) else {
            return self.say(now, "bounded", format!("{id:?} is not open"));
        };
        self.in_time(now, ip, since);
    }

    fn in_time(&mut self, now: Time, ip: IpAddr, since: Time) {
        if since + self.pace.attempt() < now {
            self.say(now, "deadline", format!("an attempt at {ip} took {:?}", now - since));
        }
    }

    /// A line for the FIFOs.
    pub fn line(&mut self, now: Time, line: &str) {
        let Some((who, word)) = line.rsplit_once(' ') else { return };
        let up = word == "UP";
        if self.told.insert(who.to_owned(), up) == Some(up) {
            self.say(now, "alternate", format!("{line}, twice in a row"));
        }
    }

    /// A notify script is started.
    pub fn started(&mut self, now: Time, run: &ScriptRun) {
        let owner = run.owner.to_string();
        self.running.insert(run.id, owner.clone());
        if !self.owners.insert(owner.clone()) {
            self.say(now, "in order", format!("two scripts of {owner} at a time"));
        }
    }

    /// The script of a check is started.
    pub fn check_started(&mut self, now: Time, run: &ScriptRun) {
        if self.checks.values().any(|(argv, _)| *argv == run.argv) {
            self.say(now, "bounded", format!("{:?} runs twice at a time", run.argv));
        }
        self.checks.insert(run.id, (run.argv.clone(), now));
    }

    /// A script is killed.
    pub fn killed(&mut self, id: ScriptId) {
        self.checks.remove(&id);
    }

    /// A script has ended.
    pub fn ended(&mut self, id: ScriptId) {
        self.checks.remove(&id);
        if let Some(owner) = self.running.remove(&id) {
            self.owners.remove(&owner);
        }
    }

    /// Looks at everything.
    pub fn look(&mut self, now: Time, engine: &Checkers, manners: &[Manner]) {
        let late: Vec<(IpAddr, Time)> =
            self.open.values().copied().filter(|(_, at)| *at + self.pace.attempt() < now).collect();
        for (ip, since) in late.into_iter().take(1) {
            self.in_time(now, ip, since);
        }
        let most = Duration::from_secs(self.pace.timeout) + SLACK;
        let hanging = self.checks.values().find(|(_, at)| *at + most < now).cloned();
        if let Some((argv, since)) = hanging {
            self.say(now, "deadline", format!("{argv:?} runs for {:?}", now - since));
        }
        let status = engine.status();
        let checks: BTreeSet<(IpAddr, String)> = status
            .iter()
            .flat_map(|server| &server.reals)
            .flat_map(|real| real.checks.iter().map(|check| (real.name.ip, check.name.clone())))
            .collect();
        if self.open.len() > checks.len() {
            self.say(now, "bounded", format!("{} connections for {} checks", self.open.len(), checks.len()));
        }
        self.decisions(now, &status, manners);
    }

    /// Whoever has been the same for long enough is known to be.
    fn decisions(&mut self, now: Time, status: &[VirtualStatus], manners: &[Manner]) {
        let known: BTreeMap<IpAddr, usize> = (0..).zip(manners).map(|(n, _)| (address(n), n as usize)).collect();
        for (server, real) in status.iter().flat_map(|server| server.reals.iter().map(move |real| (server, real))) {
            let Some(&n) = known.get(&real.name.ip) else { continue };
            let well = manners[n];
            for check in &real.checks {
                let pages = PAGES_PORTS.iter().any(|port| check.name.ends_with(&format!(":{port}")));
                let up = match pages {
                    true => well.serves_all(),
                    false if check.name.starts_with("TCP_CHECK") => well.listens(),
                    false => well.serves(),
                };
                let more = if pages { self.pace.round() } else { Duration::ZERO };
                let bound = more + if up { self.pace.rise() } else { self.pace.fall() };
                // The rhythm begins anew after a pause, and a new check waits for its first moment.
                let from = self.since[n].max(self.disturbed) + Duration::from_secs(2 * self.pace.delay_loop);
                if from + bound >= now {
                    continue;
                }
                let worth = u32::from(well.worth());
                if check.name.contains(WEIGH) && up && server.up && real.weight.is_some_and(|weight| weight != worth) {
                    self.say(now, "weight", format!("{} has {:?}, not {worth}", check.name, real.weight));
                }
                if check.up != up {
                    let (name, since) = (&check.name, now - self.since[n]);
                    self.say(
                        now,
                        "decision",
                        format!("{name} is {} though the server is {well:?} for {since:?}", check.up),
                    );
                }
            }
        }
    }

    /// The end of a run: the kernel has what follows from the configuration and from the servers.
    pub fn end(&mut self, now: Time, engine: &Checkers, lvs: Option<&Lvs>, kernel: &Table) {
        if kernel.services != *engine.wanted() {
            let differ =
                kernel.services.iter().filter(|(key, service)| engine.wanted().get(*key) != Some(*service)).count();
            let missing = engine.wanted().keys().filter(|key| !kernel.services.contains_key(*key)).count();
            self.say(now, "table", format!("{differ} services are wrong, {missing} are missing"));
        }
        let status = engine.status();
        let groups = lvs.map(Balancer::of).unwrap_or_default();
        for (server, config) in status.iter().zip(lvs.into_iter().flat_map(|lvs| &lvs.servers)) {
            let mut weights: BTreeMap<IpAddr, u32> =
                server.reals.iter().filter_map(|real| Some((real.name.ip, real.weight?))).collect();
            weights.extend(server.sorry.filter(|(_, used)| *used).map(|(sorry, _)| (sorry.ip, 1)));
            for key in desired::keys(config, groups.entries(config)) {
                let service = kernel.services.get(&key);
                let there: Option<BTreeMap<IpAddr, u32>> =
                    service.map(|service| service.destinations.iter().map(|(to, how)| (to.ip, how.weight)).collect());
                if there.as_ref() != Some(&weights) {
                    self.say(now, "table", format!("{key} has {there:?}, not {weights:?}"));
                }
            }
        }
        for server in status {
            let enough = server.weight >= u64::from(server.quorum + server.hysteresis);
            let too_few = server.weight == 0 || server.weight < u64::from(server.quorum - server.hysteresis);
            if (enough && !server.up) || (too_few && server.up) {
                self.say(now, "table", format!("{server:?}"));
            }
        }
    }
}
