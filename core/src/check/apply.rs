//! The pool's rules carried out: what changed is told, and the kernel's table is made to follow.

use super::checker::Checker;
use super::engine::Checkers;
use super::io::Output;
use super::pool::{ServerId, Virtual, combine, quorum};
use crate::config::model::VirtualServer;
use crate::event::lvs::{LvsEvent, RealName};
use crate::ipvs::desired;

/// Why the quorum is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// A real server fares otherwise.
    Health,
    /// The virtual server is new.
    NewServer,
    /// Its sorry server is new.
    NewSorry,
    /// Something else of its configuration changed.
    Reload,
}

impl Checkers {
    /// What the checks of a real server say now: whether it lives, and its weight.
    pub(super) fn verdict(&self, server: &Virtual, real: usize) -> (bool, u32) {
        let configured = server.config.real_servers.get(real).map_or(0, |config| config.weight);
        let checks = server.reals.get(real).map_or(&[][..], |real| &real.checks);
        combine(configured, checks.iter().filter_map(|id| self.checkers.get(*id)).map(|c| c.say(configured)))
    }

    /// Whether a real server is down because a check of it was made and has failed. Of one that has never lived scripts are told then, and neither
    /// before nor because of a file's number, as in the C version.
    pub(super) fn has_failed(&self, server: &Virtual, real: usize) -> bool {
        let failed = |check: &Checker| check.pacing().is_some() && check.health.tried && !check.health.up;
        let checks = server.reals.get(real).map_or(&[][..], |real| &real.checks);
        checks.iter().filter_map(|id| self.checkers.get(*id)).any(failed)
    }

    /// A check of a real server says something else than before.
    pub(super) fn refresh(&mut self, id: ServerId, real: usize) {
        let Some(server) = self.servers.get(id) else { return };
        let ((alive, weight), failed) = (self.verdict(server, real), self.has_failed(server, real));
        let Some(server) = self.servers.get_mut(id) else { return };
        let Some(state) = server.reals.get_mut(real) else { return };
        let (was, weighed) = (state.alive, state.weight);
        let share = |alive: bool, weight: u32| if alive { u64::from(weight) } else { 0 };
        server.living = server.living - share(was, weighed) + share(alive, weight);
        (state.alive, state.weight) = (alive, weight);
        // One that is down until it is proven, and is proven to be down.
        let first = !was && failed && !state.told;
        if alive == was && weight == weighed && !first {
            return;
        }
        state.told |= alive != was || first;
        self.put_real(id, real);
        if alive != was || first {
            self.tell_real(id, real, alive);
        } else if alive {
            self.tell_weight(id, real, weighed, weight);
        }
        self.settle(id, Occasion::Health);
    }

    pub(super) fn tell_real(&mut self, id: ServerId, real: usize, up: bool) {
        let Some(server) = self.servers.get(id) else { return };
        let Some(config) = server.config.real_servers.get(real) else { return };
        let weight = (server.living, server.config.quorum);
        self.out.push_back(Output::Event(LvsEvent::Real { service: server.name(), real: config.name(), up, weight }));
        self.notify_real(id, real, up);
    }

    pub(super) fn tell_weight(&mut self, id: ServerId, real: usize, from: u32, to: u32) {
        let Some(server) = self.servers.get(id) else { return };
        let Some(config) = server.config.real_servers.get(real) else { return };
        self.out.push_back(Output::Event(LvsEvent::Weight { service: server.name(), real: config.name(), from, to }));
    }

    /// Looks whether the quorum was gained or lost.
    pub(super) fn settle(&mut self, id: ServerId, occasion: Occasion) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let VirtualServer { quorum: size, hysteresis, .. } = server.config;
        let before = server.quorum;
        let up = quorum(before, server.living, size, hysteresis);
        server.quorum = up;
        let sorry = server.config.sorry_server.map(|sorry| RealName { ip: sorry.ip, port: sorry.port });
        let (changed, steps_in) = (before != up, !up && sorry.is_some());
        // Of a quorum that is missing from the beginning the scripts are told only where a sorry server has to step in, as in the C version, and
        // where checks have failed: there it would have been found, and lost.
        let failed = occasion == Occasion::NewServer && !up && server.reals.iter().any(|real| real.told);
        let tell = server.told != Some(up)
            && (changed || failed || (steps_in && matches!(occasion, Occasion::NewServer | Occasion::NewSorry)));
        if tell {
            server.told = Some(up);
        }
        let (service, weight) = (server.name(), server.living);
        let quorum_is_news = if occasion == Occasion::NewServer { !up } else { changed };
        if quorum_is_news {
            let alive = server.reals.iter().map(|real| u32::from(real.alive)).sum();
            let service = service.clone();
            self.event(LvsEvent::Quorum { service, up, weight, alive, quorum: size, hysteresis });
        }
        if let Some(real) = sorry.filter(|_| quorum_is_news || (steps_in && occasion == Occasion::NewSorry)) {
            self.event(LvsEvent::Sorry { service, real, used: !up });
        }
        if changed && sorry.is_some() {
            self.put_destinations(id);
        }
        if tell {
            self.notify_virtual(id, up);
        }
    }

    /// Wants a real server in the kernel's table as it fares now.
    fn put_real(&mut self, id: ServerId, real: usize) {
        let Some(server) = self.servers.get(id) else { return };
        if server.alike {
            return self.put_destinations(id);
        }
        for key in &server.keys {
            if let Some((destination, how)) = server.destination(key, real) {
                self.reconciler.set_destination(*key, destination, how);
            }
        }
    }

    /// Wants all real servers of a virtual server in the kernel's table as they fare now, and nothing else.
    fn put_destinations(&mut self, id: ServerId) {
        let Some(server) = self.servers.get(id) else { return };
        for key in &server.keys {
            self.reconciler.set_destinations(*key, server.destinations(key));
        }
    }

    /// Wants a virtual server in the kernel's table.
    pub(super) fn put_virtual(&mut self, id: ServerId) {
        let Some(server) = self.servers.get(id) else { return };
        for key in &server.keys {
            self.owners.insert(*key, id);
            self.reconciler.set_service(*key, Some(desired::settings(&server.config, key.family())));
        }
        self.put_destinations(id);
    }
}
