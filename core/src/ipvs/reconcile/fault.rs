//! What the kernel refuses, and when it is asked again.

use super::{Flight, Kind, LONGEST, SOON};
use crate::ipvs::{DestinationKey, IpvsCommand, ServiceKey, SyncRole};
use core::fmt;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Spot {
    /// A service itself.
    Service(ServiceKey),
    /// A destination of a service.
    Destination(ServiceKey, DestinationKey),
    /// A sync daemon.
    Sync(SyncRole),
    /// The connection timeouts.
    Timeouts,
    /// All services.
    Everything,
}

/// Something that the kernel refused: nothing is done about it until the table has been read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fault {
    /// How long is waited before the next try.
    pub(super) delay: Duration,
    /// It was told of. While there are many not all are.
    pub(super) told: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// For its next try.
    Waiting,
    /// For the reading before it.
    Due,
    /// For the result of that reading.
    Reading,
    /// For the result of the try.
    Trying,
}

impl Fault {
    /// Waits again, from now on twice as long; a new one for a second.
    pub(super) fn again(before: Option<&Fault>) -> Fault {
        let delay = before.map_or(SOON, |fault| (fault.delay * 2).min(LONGEST));
        Fault { delay, told: before.is_some_and(|fault| fault.told), state: State::Waiting }
    }

    pub(super) fn waits(&self) -> bool {
        self.state == State::Waiting
    }

    /// Whether no command may be given.
    pub(super) fn holds(&self) -> bool {
        self.state != State::Trying
    }

    /// Its time to wait is over: the next reading is for it.
    pub(super) fn end_wait(&mut self) {
        if self.state == State::Waiting {
            self.state = State::Due;
        }
    }

    /// A reading is asked for.
    pub(super) fn begin_reading(&mut self) {
        if self.state == State::Due {
            self.state = State::Reading;
        }
    }

    /// A reading has ended. Returns whether commands may be given now.
    pub(super) fn end_reading(&mut self, well: bool) -> bool {
        if self.state == State::Reading {
            self.state = if well { State::Trying } else { State::Due };
        }
        self.state == State::Trying
    }
}

impl Flight {
    pub(super) fn of(command: &IpvsCommand) -> Flight {
        let (spot, kind) = match *command {
            IpvsCommand::Flush => (Spot::Everything, Kind::Delete),
            IpvsCommand::AddService(key, _) => (Spot::Service(key), Kind::Add),
            IpvsCommand::SetService(key, _) => (Spot::Service(key), Kind::Set),
            IpvsCommand::DeleteService(key) => (Spot::Service(key), Kind::Delete),
            IpvsCommand::AddDestination(key, to, _) => (Spot::Destination(key, to), Kind::Add),
            IpvsCommand::SetDestination(key, to, _) => (Spot::Destination(key, to), Kind::Set),
            IpvsCommand::DeleteDestination(key, to) => (Spot::Destination(key, to), Kind::Delete),
            IpvsCommand::SetTimeouts(_) => (Spot::Timeouts, Kind::Set),
            IpvsCommand::StartSync(ref daemon) => (Spot::Sync(daemon.role), Kind::Add),
            IpvsCommand::StopSync { role, .. } => (Spot::Sync(role), Kind::Delete),
        };
        Flight { spot, kind }
    }
}

impl fmt::Display for Flight {
    /// In words, as `add 10.0.0.2:80 to service TCP 10.0.0.1:80`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, preposition) = match self.kind {
            Kind::Add => ("add", "to"),
            Kind::Set => ("change", "of"),
            Kind::Delete => ("remove", "from"),
        };
        match (self.spot, self.kind) {
            (Spot::Service(key), _) => write!(f, "{verb} service {key}"),
            (Spot::Destination(key, to), _) => write!(f, "{verb} {to} {preposition} service {key}"),
            (Spot::Sync(role), Kind::Delete) => write!(f, "stop the {role} sync daemon"),
            (Spot::Sync(role), _) => write!(f, "start the {role} sync daemon"),
            (Spot::Timeouts, _) => f.write_str("set the timeouts of connections"),
            (Spot::Everything, _) => f.write_str("remove all services"),
        }
    }
}
