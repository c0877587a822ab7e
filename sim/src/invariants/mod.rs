//! What must hold in every run. One file each.

mod adverts;
mod announces;
mod bounded;
mod cadence;
mod clean_stop;
mod faults;
mod holders;
mod last_word;
mod nopreempt;
mod one_master;
mod overlap;
mod reload;
mod states;
mod sync_groups;

use crate::fault::Action;
use crate::node::Body;
use crate::scenario::{NodeId, Scenario};
use crate::segment::Segment;
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::event::Event;
use keepalived_core::kernel::{CommandId, Errno, KernelCommand};
use keepalived_core::vrrp::Transmit;

/// What an invariant may look at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The world's time.
    pub now: Time,
    /// All nodes.
    pub bodies: &'a [Body],
    /// All segments.
    pub segments: &'a [Segment],
    /// The plan.
    pub scenario: &'a Scenario,
    /// Since when there are no faults.
    pub calm_since: Option<Time>,
}

/// What an invariant is shown. Node numbers are indices into [`View::bodies`].
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// An engine sends an advert.
    Advert {
        /// Its node.
        node: usize,
        /// The instance, where one has that VRID on that link.
        instance: Option<usize>,
        /// The advert.
        transmit: &'a Transmit,
    },
    /// An advert is handed to an engine.
    Heard {
        /// Its node.
        node: usize,
        /// The instance that it is for.
        instance: usize,
        /// Who sent it.
        source: IpAddr,
        /// With which priority.
        priority: u8,
    },
    /// An engine announces an address.
    Announced {
        /// Its node.
        node: usize,
        /// Through which link.
        slot: usize,
        /// Which address; `None` where the frame is not what it should be.
        ip: Option<IpAddr>,
    },
    /// An engine tells something. The node's facts are up to date already.
    Told {
        /// Its node.
        node: usize,
        /// What.
        event: &'a Event,
    },
    /// An engine gives its kernel a command.
    Command {
        /// Its node.
        node: usize,
        /// The command.
        command: &'a KernelCommand,
    },
    /// The answer to a command is handed to an engine.
    Done {
        /// Its node.
        node: usize,
        /// Which command.
        id: CommandId,
        /// How it went.
        result: Result<(), Errno>,
    },
    /// The truth in a kernel changed: an address or a link.
    Changed {
        /// Its node.
        node: usize,
    },
    /// An engine was called and has said all it had to say.
    Stepped {
        /// Its node.
        node: usize,
        /// How many outputs there were.
        outputs: usize,
    },
    /// An engine has said that it stopped.
    Stopped {
        /// Its node.
        node: usize,
    },
    /// Something was done to the world.
    Acted(Action),
    /// The end of the run, or a moment of quiet at which everything must be in order.
    Inspect,
}

/// The kinds of [`Seen`] as bits, so that nobody is called in vain.
pub mod interest {
    /// [`Seen::Advert`](super::Seen::Advert)
    pub const ADVERT: u16 = 1;
    /// [`Seen::Heard`](super::Seen::Heard)
    pub const HEARD: u16 = 2;
    /// [`Seen::Announced`](super::Seen::Announced)
    pub const ANNOUNCED: u16 = 4;
    /// [`Seen::Told`](super::Seen::Told)
    pub const TOLD: u16 = 8;
    /// [`Seen::Command`](super::Seen::Command)
    pub const COMMAND: u16 = 16;
    /// [`Seen::Done`](super::Seen::Done)
    pub const DONE: u16 = 32;
    /// [`Seen::Changed`](super::Seen::Changed)
    pub const CHANGED: u16 = 64;
    /// [`Seen::Stepped`](super::Seen::Stepped)
    pub const STEPPED: u16 = 128;
    /// [`Seen::Stopped`](super::Seen::Stopped)
    pub const STOPPED: u16 = 256;
    /// [`Seen::Acted`](super::Seen::Acted)
    pub const ACTED: u16 = 512;
    /// [`Seen::Inspect`](super::Seen::Inspect)
    pub const INSPECT: u16 = 1024;
}

impl Seen<'_> {
    const fn bit(&self) -> u16 {
        match self {
            Seen::Advert { .. } => interest::ADVERT,
            Seen::Heard { .. } => interest::HEARD,
            Seen::Announced { .. } => interest::ANNOUNCED,
            Seen::Told { .. } => interest::TOLD,
            Seen::Command { .. } => interest::COMMAND,
            Seen::Done { .. } => interest::DONE,
            Seen::Changed { .. } => interest::CHANGED,
            Seen::Stepped { .. } => interest::STEPPED,
            Seen::Stopped { .. } => interest::STOPPED,
            Seen::Acted(_) => interest::ACTED,
            Seen::Inspect => interest::INSPECT,
        }
    }
}

/// Something that must hold.
pub trait Invariant {
    /// Its name: the file's.
    fn name(&self) -> &'static str;

    /// What it wants to be shown: bits of [`interest`].
    fn interests(&self) -> u16;

    /// Looks at what happened.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String>;
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: &'static str,
    /// When that was noticed.
    pub at: Time,
    /// What was wrong.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.invariant, self.at, self.text)
    }
}

/// All invariants of a run.
pub struct Invariants {
    list: Vec<(u16, Box<dyn Invariant>)>,
    any: u16,
}

impl Invariants {
    /// All that there are.
    #[must_use]
    pub fn all() -> Invariants {
        Invariants::of(vec![
            Box::new(adverts::Adverts::default()),
            Box::new(announces::Announces::default()),
            Box::new(bounded::Bounded::default()),
            Box::new(cadence::Cadence::default()),
            Box::new(clean_stop::CleanStop::default()),
            Box::new(faults::Faults::default()),
            Box::new(holders::Holders::default()),
            Box::new(last_word::LastWord::default()),
            Box::new(nopreempt::Nopreempt::default()),
            Box::new(one_master::OneMaster::default()),
            Box::new(overlap::Overlap::default()),
            Box::new(reload::Reload::default()),
            Box::new(states::States::default()),
            Box::new(sync_groups::SyncGroups::default()),
        ])
    }

    /// None: for measuring the world alone.
    #[must_use]
    pub fn none() -> Invariants {
        Invariants::of(Vec::new())
    }

    fn of(list: Vec<Box<dyn Invariant>>) -> Invariants {
        let list: Vec<_> = list.into_iter().map(|invariant| (invariant.interests(), invariant)).collect();
        let any = list.iter().fold(0, |any, (bits, _)| any | bits);
        Invariants { list, any }
    }

    /// The names of all.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.list.iter().map(|(_, invariant)| invariant.name()).collect()
    }

    /// Whether anybody wants to see `bit`.
    #[must_use]
    pub const fn wants(&self, bit: u16) -> bool {
        self.any & bit != 0
    }

    /// Shows them what happened; the first that does not hold.
    pub fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Option<Violation> {
        let bit = seen.bit();
        if self.any & bit == 0 {
            return None;
        }
        for (bits, invariant) in &mut self.list {
            if *bits & bit != 0
                && let Err(text) = invariant.see(view, seen)
            {
                return Some(Violation { invariant: invariant.name(), at: view.now, text });
            }
        }
        None
    }
}

impl<'a> View<'a> {
    /// How a node is called in texts.
    #[must_use]
    pub fn label(&self, node: usize, instance: usize) -> String {
        let name = self.bodies[node].instances.get(instance).map_or("?", |facts| &facts.name);
        format!("node {node} {name}")
    }

    /// What a node may need from now on to carry out `commands` kernel commands and to learn of it.
    #[must_use]
    pub fn patience(&self, node: usize) -> Duration {
        let body = &self.bodies[node];
        let commands = body.instances.iter().map(|_| 8).sum::<u32>() + 8;
        body.kernel.temper.slow * commands + body.kernel.temper.monitor * 2 + body.lateness * 2 + SLACK
    }

    /// Whether two nodes take each other's adverts for their own virtual router's: not while only one of them has been
    /// reloaded with another VRID.
    #[must_use]
    pub fn same_words(&self, router: usize, a: NodeId, b: NodeId) -> bool {
        let of = |node: NodeId| {
            let body = &self.bodies[usize::from(node)];
            body.instance_config(body.instance_of(router)?).map(|c| (c.vrid, c.version, c.family))
        };
        of(a) == of(b)
    }

    /// Whether what node `a` sends reaches node `b` for sure, soon, and the daemon there: of virtual router `router`.
    #[must_use]
    pub fn hears(&self, router: usize, a: NodeId, b: NodeId) -> bool {
        let plan = &self.scenario.routers[router];
        let segment = &self.segments[plan.segment];
        let (Some(from), Some(to)) = (segment.port_of(a), segment.port_of(b)) else { return false };
        let (a, b) = (&self.bodies[usize::from(a)], &self.bodies[usize::from(b)]);
        let ready = |body: &Body, port: usize| {
            let slot = segment.ports[port].slot;
            let link = &body.kernel.links[slot];
            let open = |s: &crate::node::Socket| s.key.index == link.link.index && s.key.family == plan.family;
            body.is_awake()
                && link.is_usable()
                && body.kernel.temper.send_errors == 0
                && body.lateness.is_zero()
                && body.sockets.iter().any(open)
                // A unicast advert needs the address that it is sent to.
                && link.home.iter().all(|(ip, _)| body.kernel.has(slot, *ip))
        };
        segment.connects(from, to) && segment.weather.loss == 0 && ready(a, from) && ready(b, to)
    }
}

/// What scheduling and rounding may add to any bound.
pub const SLACK: Duration = Duration::from_millis(1);
