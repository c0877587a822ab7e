//! What a run is made of: segments, nodes, virtual routers, and what is done to them.

mod random;

use crate::fault::Action;
use crate::segment::Weather;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::config::model::{Config, InstanceConfig, NotifyScripts, SyncGroupConfig, VirtualAddress};
use keepalived_core::kernel::AddressFlags;
use keepalived_core::net::{AdvertInterval, Family, MacAddr, Priority, Version, Vrid};
use std::sync::Arc;

/// A node's number.
pub type NodeId = u8;

/// A machine to be.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Its links.
    pub links: Vec<LinkPlan>,
    /// What it starts with.
    pub config: Arc<Config>,
    /// What it may be reloaded with.
    pub other: Arc<Config>,
    /// How wrong its clock goes, in parts per million.
    pub drift: i32,
    /// What its clock shows at the world's epoch.
    pub offset: Duration,
    /// Whether its kernel knows `IFA_PROTO`.
    pub knows_proto: bool,
    /// When the daemon is started.
    pub start: Time,
}

/// A link to be.
#[derive(Clone, Debug)]
pub struct LinkPlan {
    /// Its name.
    pub name: String,
    /// Its hardware address.
    pub mac: MacAddr,
    /// Where its cable leads.
    pub segment: usize,
    /// The machine's own addresses.
    pub home: Vec<(IpAddr, u8)>,
}

/// A virtual router: the instances of several nodes that share a VRID on a segment.
#[derive(Clone, Debug)]
pub struct RouterPlan {
    /// The name that its instance has on every node.
    pub name: String,
    /// Where it is.
    pub segment: usize,
    /// Its family.
    pub family: Family,
    /// Its VRID.
    pub vrid: Vrid,
    /// The nodes that have an instance of it.
    pub members: Vec<NodeId>,
}

/// A run to be.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Everything that is left to chance follows from it.
    pub seed: u64,
    /// Segments.
    pub segments: Vec<Weather>,
    /// Machines.
    pub nodes: Vec<NodePlan>,
    /// Virtual routers.
    pub routers: Vec<RouterPlan>,
    /// What is done, and when.
    pub schedule: Vec<(Time, Action)>,
    /// When all faults end.
    pub calm: Time,
    /// After a pause, whether a timeout is handled before what waits in the sockets.
    pub timeout_first: bool,
}

/// A host's own address on a segment; for IPv6 the link-local one.
#[must_use]
pub const fn home(segment: usize, host: u8, family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::new(10, segment as u8 + 1, 0, host)),
        Family::V6 => IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, segment as u16 + 1, host as u16)),
    }
}

/// A virtual address with the host prefix.
#[must_use]
pub fn virtual_address(ip: IpAddr) -> VirtualAddress {
    let family = Family::of(ip);
    VirtualAddress {
        flags: AddressFlags { nodad: family == Family::V6, ..AddressFlags::default() },
        ..VirtualAddress::new(ip, family.host_prefix())
    }
}

/// The `nth` virtual address of a virtual router. The first of IPv6 is link-local, as RFC 9568 asks.
#[must_use]
pub fn nth_address(segment: usize, family: Family, vrid: Vrid, nth: u8) -> VirtualAddress {
    let (segment, vrid) = (segment as u8 + 1, vrid.get());
    virtual_address(match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::new(10, segment, 100 + nth, vrid)),
        Family::V6 if nth == 0 => {
            IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xa, u16::from(segment), u16::from(vrid)))
        }
        Family::V6 => {
            IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, u16::from(segment), 0, 0, 0, u16::from(nth), u16::from(vrid)))
        }
    })
}

/// An instance with the defaults of version 3 and one second.
#[must_use]
pub fn instance(
    name: &str,
    interface: &str,
    family: Family,
    vrid: Vrid,
    addresses: Vec<VirtualAddress>,
) -> InstanceConfig {
    InstanceConfig::new(name, interface, vrid, addresses).with(|vi| {
        vi.family = family;
        vi.version = Version::V3;
    })
}

impl NodePlan {
    /// A machine with one link `ethN` for each of `segments`, and the host number `host` on all of them.
    #[must_use]
    pub fn new(host: u8, segments: &[usize]) -> NodePlan {
        let link = |&segment: &usize| LinkPlan {
            name: format!("eth{segment}"),
            mac: MacAddr([2, 0, 0, 0, segment as u8, host]),
            segment,
            home: vec![(home(segment, host, Family::V4), 24), (home(segment, host, Family::V6), 64)],
        };
        NodePlan {
            links: segments.iter().map(link).collect(),
            config: Arc::default(),
            other: Arc::default(),
            drift: 0,
            offset: Duration::from_secs(1000),
            knows_proto: true,
            start: Time::ZERO,
        }
    }

    /// The host's own address on a segment, where it is connected.
    #[must_use]
    pub fn home(&self, segment: usize, family: Family) -> Option<IpAddr> {
        let link = self.links.iter().find(|link| link.segment == segment)?;
        link.home.iter().map(|(ip, _)| *ip).find(|ip| Family::of(*ip) == family)
    }
}

impl Scenario {
    /// `nodes` machines on `segments` quiet segments, without virtual routers.
    #[must_use]
    pub fn new(seed: u64, nodes: u8, segments: usize) -> Scenario {
        let all: Vec<usize> = (0..segments).collect();
        Scenario {
            seed,
            segments: vec![Weather::calm(Duration::from_micros(100)); segments],
            nodes: (0..nodes).map(|n| NodePlan::new(n + 1, &all)).collect(),
            routers: Vec::new(),
            schedule: Vec::new(),
            calm: Time::MAX,
            timeout_first: false,
        }
    }

    /// Adds a virtual router with one address on all nodes of a segment. Priorities fall from 200 by tens.
    #[must_use]
    pub fn router(mut self, segment: usize, family: Family, vrid: u8) -> Scenario {
        let Some(vrid) = Vrid::new(vrid) else { return self };
        let name = format!("V{}", self.routers.len() + 1);
        let mut members = Vec::new();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            let Some(link) = node.links.iter().find(|link| link.segment == segment) else { continue };
            let addresses = vec![nth_address(segment, family, vrid, 0)];
            let mut instance = instance(&name, &link.name, family, vrid, addresses);
            instance.priority = Priority(200 - 10 * at as u8);
            Arc::make_mut(&mut node.config).instances.push(instance);
            members.push(at as NodeId);
        }
        self.routers.push(RouterPlan { name, segment, family, vrid, members });
        self
    }

    /// Binds all instances of every node into one sync group.
    #[must_use]
    pub fn grouped(mut self, name: &str) -> Scenario {
        for node in &mut self.nodes {
            let config = Arc::make_mut(&mut node.config);
            config.sync_groups.push(SyncGroupConfig {
                name: name.into(),
                members: config.instances.iter().map(|i| i.name.clone()).collect(),
                track_interfaces: Vec::new(),
                notify: NotifyScripts::default(),
                ..Default::default()
            });
        }
        self
    }

    /// Changes every instance of every node.
    #[must_use]
    pub fn each(mut self, mut change: impl FnMut(NodeId, &mut InstanceConfig)) -> Scenario {
        for (at, node) in self.nodes.iter_mut().enumerate() {
            for instance in &mut Arc::make_mut(&mut node.config).instances {
                change(at as NodeId, instance);
            }
        }
        self
    }

    /// Does `action` at `at`.
    #[must_use]
    pub fn at(mut self, at: Time, action: Action) -> Scenario {
        self.schedule.push((at, action));
        self
    }

    fn instances(&self) -> impl Iterator<Item = &InstanceConfig> {
        self.nodes.iter().flat_map(|node| node.config.instances.iter().chain(&node.other.instances))
    }

    fn intervals(&self, router: usize) -> impl Iterator<Item = Duration> {
        let name = &self.routers[router].name;
        self.instances().filter(move |i| *i.name == **name).map(|i| i.advert_interval.duration())
    }

    /// The shortest interval that a virtual router is configured with anywhere.
    #[must_use]
    pub fn shortest_interval(&self, router: usize) -> Duration {
        self.intervals(router).min().unwrap_or_default()
    }

    /// The longest.
    #[must_use]
    pub fn longest_interval(&self, router: usize) -> Duration {
        self.intervals(router).max().unwrap_or_default()
    }

    /// The longest advert interval: the run's unit of time.
    #[must_use]
    pub fn beat(&self) -> Duration {
        self.instances().map(|i| i.advert_interval.duration()).max().unwrap_or(Duration::from_secs(1))
    }

    /// The longest master down interval.
    #[must_use]
    pub fn master_down(&self) -> Duration {
        let longest =
            AdvertInterval::from_centis((self.beat().as_millis() / 10) as u16).unwrap_or(AdvertInterval::DEFAULT);
        self.instances().map(|i| longest.master_down(i.priority, i.version)).max().unwrap_or(self.beat() * 4)
    }

    /// How long after the last fault there may still be no master, or a wrong one.
    #[must_use]
    pub fn settling(&self) -> Duration {
        let delay = self.instances().map(|i| i.preempt_delay).max().unwrap_or_default();
        let startup = self.nodes.iter().map(|n| n.config.global.startup_delay).max().unwrap_or_default();
        let travel = self.segments.iter().map(Weather::worst_delay).max().unwrap_or_default() * 4;
        let patience = if delay.is_zero() { self.master_down() } else { self.master_down() * 2 + delay };
        startup + patience + self.beat() + travel + RETRY
    }
}

/// What an engine may wait before it tries again something that the kernel refused, doubled for good measure.
pub const RETRY: Duration = Duration::from_millis(2500);
