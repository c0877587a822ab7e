//! How commands went.

use super::fault::{Fault, Spot};
use super::{Flight, Kind, Reconciler, TOLD};
use crate::check::IpvsId;
use crate::event::lvs::LvsEvent;
use crate::ipvs::{IpvsCommand, SyncRole};
use crate::kernel::Errno;
use crate::time::Time;
use core::time::Duration;

/// What an answer means.
enum Meaning {
    /// The kernel has what we think it has.
    Done,
    /// It has something else than we thought.
    Surprise,
    /// Nobody knows what it did.
    Lost,
    /// It will not.
    Refused,
}

impl Reconciler {
    /// How a command went. Unknown ids do nothing.
    pub fn done(&mut self, now: Time, id: IpvsId, result: Result<(), Errno>) {
        let Some(flight) = self.flying.end(id) else { return };
        let errno = match result {
            Ok(()) => return self.succeeded(&flight),
            Err(errno) => errno,
        };
        match self.meaning(&flight, errno) {
            Meaning::Lost | Meaning::Refused if self.stopping && self.once_more(&flight) => {}
            Meaning::Done => self.succeeded(&flight),
            Meaning::Surprise => self.ask(now),
            Meaning::Lost => {
                self.unsure.insert(flight.spot);
                self.ask(now);
            }
            Meaning::Refused => self.refused(now, &flight, errno),
        }
    }

    fn meaning(&self, flight: &Flight, errno: Errno) -> Meaning {
        let no_service = |key| self.faults.contains_key(&Spot::Service(key));
        match (flight.spot, flight.kind, errno) {
            (_, _, Errno::ENOBUFS | Errno::ETIMEDOUT) => Meaning::Lost,
            // A service that was refused has no destinations: that was told.
            (Spot::Destination(key, _), _, Errno::ESRCH) if no_service(key) => Meaning::Done,
            // The destination is gone, and its service as well, which was wanted.
            (Spot::Destination(..), Kind::Delete, Errno::ESRCH) => Meaning::Surprise,
            (_, Kind::Delete, Errno::ENOENT | Errno::ESRCH) => Meaning::Done,
            (_, Kind::Add, Errno::EEXIST) | (Spot::Service(_), Kind::Set, Errno::ESRCH) => Meaning::Surprise,
            // Of a service ENOENT means that there is no such scheduler.
            (Spot::Destination(..), _, Errno::ENOENT | Errno::ESRCH) => Meaning::Surprise,
            _ => Meaning::Refused,
        }
    }

    fn succeeded(&mut self, flight: &Flight) {
        if !self.held(flight.spot) {
            self.faults.remove(&flight.spot);
        }
        if flight.kind == Kind::Delete {
            self.gone(flight.spot);
        }
        match (flight.spot, flight.kind) {
            (Spot::Sync(role), Kind::Delete) if self.want_sync.contains_key(&role) => {}
            (Spot::Sync(role), kind) => {
                let daemon = self.want_sync.get(&role).or(self.last_sync.get(&role));
                let interface = daemon.map(|daemon| daemon.interface.clone()).unwrap_or_default();
                let (master, running) = (role == SyncRole::Master, kind == Kind::Add);
                self.events.push_back(LvsEvent::Sync { master, interface, running });
            }
            _ => {}
        }
    }

    /// What was removed is gone, and may be made anew.
    fn gone(&mut self, spot: Spot) {
        self.leaving.remove(&spot);
        match spot {
            Spot::Service(key) if self.want.contains_key(&key) => self.dirty.service(key),
            Spot::Sync(_) => self.dirty.others(),
            _ => {}
        }
    }

    /// At the end nobody looks at the table again: what has to go is told to go once more. False: it was.
    fn once_more(&mut self, flight: &Flight) -> bool {
        let again = match (flight.spot, flight.kind) {
            (Spot::Service(key), Kind::Delete) => Some(IpvsCommand::DeleteService(key)),
            (Spot::Sync(role), Kind::Delete) => {
                self.last_sync.get(&role).map(|daemon| IpvsCommand::StopSync { role, id: daemon.id })
            }
            (Spot::Everything, _) => Some(IpvsCommand::Flush),
            (Spot::Timeouts, _) => Some(IpvsCommand::SetTimeouts(self.have_timeouts)),
            _ => None,
        };
        let Some(command) = again.filter(|_| self.repeated.insert(flight.spot)) else { return false };
        self.queue.push_back(command);
        true
    }

    fn refused(&mut self, now: Time, flight: &Flight, errno: Errno) {
        match (flight.spot, flight.kind) {
            (Spot::Service(key), Kind::Add) => drop(self.have.remove(&key)),
            (Spot::Sync(role), Kind::Add) => drop(self.have_sync.remove(&role)),
            _ => {}
        }
        let before = self.faults.get(&flight.spot);
        if before.is_some_and(Fault::holds) {
            // More commands for it were out.
            return;
        }
        let mut fault = Fault::again(before);
        let others = self.faults.len() - usize::from(before.is_some());
        if !fault.told && others < TOLD {
            fault.told = true;
            let mut command = flight.to_string();
            if let (Spot::Service(key), Errno::ENOENT) = (flight.spot, errno)
                && let Some(service) = self.want.get(&key)
            {
                let settings = &service.settings;
                command = format!("{command}: is there a scheduler {} in this kernel?", settings.scheduler);
                if let Some(engine) = &settings.engine {
                    command = format!("{command} And a persistence engine {engine}?");
                }
            }
            if others + 1 == TOLD {
                command.push_str(" (what else it refuses is told when some of these commands succeed)");
            }
            let retry = if self.stopping { Duration::ZERO } else { fault.delay };
            self.events.push_back(LvsEvent::IpvsFailed { command, errno, retry });
        }
        if self.stopping {
            return;
        }
        self.retries.set(flight.spot, now + fault.delay);
        self.faults.insert(flight.spot, fault);
    }

    /// A reading as soon as may be.
    pub(super) fn ask(&mut self, now: Time) {
        self.reading.asked = true;
        self.timeout(now);
    }
}
