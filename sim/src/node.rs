//! One machine, without its engine: clock, kernel, sockets, and what is known from outside of its instances.

use crate::clock::Clock;
use crate::kernel::Kernel;
use crate::scenario::NodeId;
use core::net::IpAddr;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::config::model::{Config, InstanceConfig};
use keepalived_core::net::{Family, Name, Vrid};
use keepalived_core::vrrp::{FaultReason, Input, SocketKey, State};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Whether the daemon runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It does not.
    Off,
    /// It does.
    On,
    /// It was told to stop and has not finished.
    Stopping,
}

/// Why a daemon is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The process is stopped; its sockets still fill, and the clock runs on.
    Process,
    /// The whole machine is suspended: what is sent to it is lost, and its clock stands still.
    Machine,
    /// The whole machine sleeps: what is sent to it is lost, but its clock (`CLOCK_BOOTTIME`) runs on.
    Sleep,
}

/// What can be seen from outside of an instance: its configuration and what its events told.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its name.
    pub name: Name,
    /// Its place in the configuration in force.
    pub config: usize,
    /// Which virtual router of the scenario it belongs to.
    pub router: usize,
    /// Its link's slot.
    pub slot: usize,
    /// Its VRID, as on the wire.
    pub vrid: Vrid,
    /// Its family.
    pub family: Family,
    /// The state it told last.
    pub state: State,
    /// Since when.
    pub since: Time,
    /// The reasons to be in FAULT it has told and not taken back.
    pub faults: BTreeSet<FaultReason>,
}

/// An open raw socket.
#[derive(Clone, Debug)]
pub struct Socket {
    /// Its interface and family.
    pub key: SocketKey,
    /// What it has joined.
    pub groups: BTreeSet<IpAddr>,
}

/// How many packets the sockets of a paused process hold.
pub const SOCKET_BUFFER: usize = 64;

/// One machine.
#[derive(Debug)]
pub struct Body {
    /// Its number.
    pub id: NodeId,
    /// Its clock.
    pub clock: Clock,
    /// Its kernel.
    pub kernel: Kernel,
    /// Whether the daemon runs.
    pub power: Power,
    /// How often the daemon was started.
    pub life: u32,
    /// Since when it runs.
    pub alive_since: Time,
    /// What its kernel had when it was started, besides the machine's own addresses.
    pub inherited: BTreeSet<IpAddr>,
    /// Whether, and how, it is paused.
    pub pause: Option<Pause>,
    /// When it was paused last.
    pub paused_at: Time,
    /// Since when it has been running without a pause.
    pub awake_since: Time,
    /// The most that a timeout is late.
    pub lateness: Duration,
    /// Sockets.
    pub sockets: Vec<Socket>,
    /// Instances of the configuration in force.
    pub instances: Vec<Facts>,
    /// The configuration in force.
    pub config: Option<Arc<Config>>,
    /// What waits for a paused process.
    pub mailbox: VecDeque<Input<'static>>,
    /// The last moment at which something went wrong in the kernel or was slow, with the time it is given to recover.
    pub excused_until: Time,
    /// When the world must look at the kernel next, where it has been asked to.
    pub kernel_wake: Time,
    /// How many steps its engine has made at one and the same moment.
    pub steps_now: u32,
    /// When its engine was called last.
    pub stepped: Time,
    /// Scripts that are running.
    pub scripts: BTreeMap<u64, Time>,
}

impl Body {
    /// A machine that is switched on but runs no daemon yet.
    #[must_use]
    pub fn new(id: NodeId, clock: Clock, kernel: Kernel) -> Body {
        Body {
            id,
            clock,
            kernel,
            power: Power::Off,
            life: 0,
            alive_since: Time::ZERO,
            inherited: BTreeSet::new(),
            pause: None,
            paused_at: Time::ZERO,
            awake_since: Time::ZERO,
            lateness: Duration::ZERO,
            sockets: Vec::new(),
            instances: Vec::new(),
            config: None,
            mailbox: VecDeque::new(),
            excused_until: Time::ZERO,
            kernel_wake: Time::MAX,
            steps_now: 0,
            stepped: Time::ZERO,
            scripts: BTreeMap::new(),
        }
    }

    /// Whether the daemon runs and is called.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        self.power != Power::Off && self.pause.is_none()
    }

    /// The configuration of an instance.
    #[must_use]
    pub fn instance_config(&self, instance: usize) -> Option<&InstanceConfig> {
        self.config.as_ref()?.instances.get(self.instances.get(instance)?.config)
    }

    /// The instance of that name.
    #[must_use]
    pub fn instance(&self, name: &str) -> Option<usize> {
        self.instances.iter().position(|facts| &*facts.name == name)
    }

    /// The instance on the link in `slot` with that family and VRID.
    #[must_use]
    pub fn instance_on(&self, slot: usize, family: Family, vrid: u8) -> Option<usize> {
        self.instances.iter().position(|i| i.vrid.get() == vrid && i.slot == slot && i.family == family)
    }

    /// The instance that belongs to a virtual router.
    #[must_use]
    pub fn instance_of(&self, router: usize) -> Option<usize> {
        self.instances.iter().position(|i| i.router == router)
    }

    /// Its state, as last told; INIT where there is no such instance or no daemon.
    #[must_use]
    pub fn state_of(&self, router: usize) -> State {
        self.instance_of(router).map_or(State::Init, |i| self.instances[i].state)
    }

    /// Whether a packet to `destination` that comes in on `slot` reaches the daemon's socket.
    #[must_use]
    pub fn accepts(&self, slot: usize, destination: IpAddr) -> bool {
        if self.power == Power::Off
            || matches!(self.pause, Some(Pause::Machine | Pause::Sleep))
            || !self.kernel.links[slot].is_usable()
        {
            return false;
        }
        let key = SocketKey { index: self.kernel.links[slot].link.index, family: Family::of(destination) };
        let Some(socket) = self.sockets.iter().find(|socket| socket.key == key) else { return false };
        if destination.is_multicast() {
            socket.groups.contains(&destination)
        } else {
            self.kernel.has(slot, destination)
        }
    }

    /// The virtual addresses in its kernel: all but the machine's own.
    pub fn virtual_addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let own = |ip| self.kernel.links.iter().any(|l| l.home.iter().any(|(home, _)| *home == ip));
        self.kernel.addresses.iter().map(|a| a.ip).filter(move |ip| !own(*ip))
    }

    /// Gives it time to recover from a trouble of its kernel.
    pub fn excuse(&mut self, until: Time) {
        self.excused_until = self.excused_until.max(until);
    }

    /// Every address of an instance with the slot of the link it belongs on.
    pub fn addresses(&self, instance: usize) -> impl Iterator<Item = (usize, IpAddr)> + '_ {
        let own = self.instances.get(instance).map_or(0, |facts| facts.slot);
        self.instance_config(instance).into_iter().flat_map(move |config| {
            config.addresses.iter().chain(&config.excluded).map(move |address| {
                let slot = address
                    .device
                    .as_ref()
                    .and_then(|name| self.kernel.links.iter().position(|l| &l.plain_name == name))
                    .unwrap_or(own);
                (slot, address.ip)
            })
        })
    }
}
