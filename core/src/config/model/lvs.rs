//! The load balancer: virtual and real servers.

use super::{Check, Script, Shared, choices};
use crate::config::diagnostic::Place;
use crate::net::{Family, Name};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// All that concerns the load balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lvs {
    /// `SSL`: what TLS checks show and trust; `None`: nothing of the kind.
    pub ssl: Option<Ssl>,
    /// `virtual_server_group`, in the file's order. Names are unique, and none is empty.
    pub groups: Vec<VirtualServerGroup>,
    /// `local_address_group`, in the file's order. Names are unique, and none is empty.
    pub local_addresses: Vec<LocalAddressGroup>,
    /// `virtual_server`, in the file's order. No service is there twice.
    pub servers: Vec<VirtualServer>,
}

impl Lvs {
    /// The scripts of all virtual servers, real servers and checks.
    pub fn scripts_mut(&mut self) -> impl Iterator<Item = &mut Script> {
        self.servers.iter_mut().flat_map(|server| {
            let own =
                [&mut server.quorum_up, &mut server.quorum_down].into_iter().flatten().map(|script| &mut **script);
            own.chain(server.real_servers.iter_mut().flat_map(RealServer::scripts_mut))
        })
    }
}

/// `SSL`: files and a password for TLS checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ssl {
    /// `password`: what the key is encrypted with.
    pub password: Option<Secret>,
    /// `ca`: the file of certificates that are trusted.
    pub ca: Option<FilePath>,
    /// `certificate`: the file of the own certificate.
    pub certificate: Option<FilePath>,
    /// `key`: the file of its key.
    pub key: Option<FilePath>,
}

/// The path of a file that is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePath {
    /// As it is written.
    pub path: String,
    /// Where that is.
    #[serde(skip)]
    pub at: Place,
}

impl From<String> for FilePath {
    fn from(path: String) -> Self {
        FilePath { path, at: Place::default() }
    }
}

/// A text that is not shown to anybody.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Addresses from a first to a last one, both included and of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AddressRange {
    /// The first.
    pub first: IpAddr,
    /// The last; not before the first.
    pub last: IpAddr,
}

impl AddressRange {
    /// One address.
    #[must_use]
    pub const fn single(ip: IpAddr) -> AddressRange {
        AddressRange { first: ip, last: ip }
    }

    /// The family of all of them.
    #[must_use]
    pub const fn family(&self) -> Family {
        Family::of(self.first)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

/// `virtual_server_group`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualServerGroup {
    /// Its name.
    pub name: Name,
    /// The services in it; at least one.
    pub entries: Vec<GroupEntry>,
}

impl VirtualServerGroup {
    /// Whether something of `family` is in it.
    #[must_use]
    pub fn has(&self, family: Family) -> bool {
        self.entries.iter().any(|entry| match entry {
            GroupEntry::Addresses { range, .. } => range.family() == family,
            GroupEntry::Mark { family: of, .. } => *of == Some(family),
        })
    }

    /// Whether addresses are in it, or else only marks.
    #[must_use]
    pub fn has_addresses(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry, GroupEntry::Addresses { .. }))
    }

    /// Whether marks are in it.
    #[must_use]
    pub fn has_marks(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry, GroupEntry::Mark { .. }))
    }
}

/// A line of a `virtual_server_group`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupEntry {
    /// A service on each of these addresses.
    Addresses {
        /// The addresses.
        range: AddressRange,
        /// The port; 0: every port.
        port: u16,
    },
    /// Packets with a firewall mark.
    Mark {
        /// The mark.
        mark: u32,
        /// The family of packets; `None`: that of the virtual server.
        family: Option<Family>,
    },
}

/// `local_address_group`: where connections to real servers come from with `lb_kind FNAT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalAddressGroup {
    /// Its name.
    pub name: Name,
    /// The addresses; at least one range.
    pub addresses: Vec<LocalAddresses>,
}

/// A line of a `local_address_group`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalAddresses {
    /// The addresses.
    pub range: AddressRange,
    /// The interface they belong to, where it is written (DPVS).
    pub device: Option<String>,
}

/// What a virtual server is reached by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Service {
    /// An address and a port; port 0: every port.
    Address(IpAddr, u16),
    /// `fwmark`: packets with a firewall mark.
    Mark(u32),
    /// `group`: all that is in a `virtual_server_group` of the configuration.
    Group(Name),
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Service::Address(ip, 0) => write!(f, "{ip}"),
            Service::Address(ip, port) => write!(f, "{ip} {port}"),
            Service::Mark(mark) => write!(f, "fwmark {mark}"),
            Service::Group(name) => write!(f, "group {name}"),
        }
    }
}

choices! {
    /// `protocol`: the protocol that is balanced.
    Protocol {
        /// TCP
        Tcp = "TCP",
        /// UDP
        Udp = "UDP",
        /// SCTP
        Sctp = "SCTP",
    }
}

choices! {
    /// `lvs_sched`: how a real server is chosen (ipvsadm(8)).
    Scheduler {
        /// Round robin.
        RoundRobin = "rr",
        /// Weighted round robin.
        WeightedRoundRobin = "wrr",
        /// Least connections.
        LeastConnections = "lc",
        /// Weighted least connections.
        WeightedLeastConnections = "wlc",
        /// Locality-based least connections.
        LocalityBased = "lblc",
        /// Source hashing.
        SourceHashing = "sh",
        /// Maglev hashing.
        MaglevHashing = "mh",
        /// Destination hashing.
        DestinationHashing = "dh",
        /// The server with the highest weight.
        WeightedFailover = "fo",
        /// The server with the highest weight until it is full.
        WeightedOverflow = "ovf",
        /// Locality-based least connections with replication.
        LocalityBasedReplication = "lblcr",
        /// Shortest expected delay.
        ShortestExpectedDelay = "sed",
        /// Never queue.
        NeverQueue = "nq",
        /// The better of two servers drawn at random.
        TwoChoices = "twos",
    }
}

/// The flags of a scheduler (`IP_VS_SVC_F_SCHED1` to `3` in linux/ip_vs.h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulerFlags {
    /// `flag-1`, `sh-fallback`, `mh-fallback`: another server where the hashed one is not there.
    pub first: bool,
    /// `flag-2`, `sh-port`, `mh-port`: the port is hashed too.
    pub second: bool,
    /// `flag-3`
    pub third: bool,
}

/// `lvs_method`: how packets reach a real server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forwarding {
    /// `NAT`: the destination is replaced.
    #[default]
    Nat,
    /// `DR`: sent on as they are, on the link.
    Direct,
    /// `TUN`: sent inside other packets.
    Tunnel(Tunnel),
    /// `FNAT`: source and destination are replaced.
    FullNat,
}

/// What packets are sent inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tunnel {
    /// `type ipip`: IP in IP.
    #[default]
    Ipip,
    /// `type gue`: generic UDP encapsulation.
    Gue(u16, TunnelChecksum),
    /// `type gre`: generic routing encapsulation; never with a remote checksum.
    Gre(TunnelChecksum),
}

choices! {
    /// How the packets of a tunnel are protected.
    TunnelChecksum {
        /// Without a checksum.
        None = "nocsum",
        /// With a checksum.
        Full = "csum",
        /// With the inner packet's checksum moved out.
        Remote = "remcsum",
    }
}

/// The same client reaches the same real server again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persistence {
    /// `persistence_timeout`: for this long after its last connection; whole seconds.
    pub timeout: Duration,
    /// `persistence_granularity`: which clients count as the same; `None`: each for itself.
    pub granularity: Option<Granularity>,
    /// `persistence_engine`: what else than its address makes a client the same.
    pub engine: Option<String>,
}

/// Which part of an address counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Granularity {
    /// These bits of an IPv4 address.
    V4(Ipv4Addr),
    /// So many leading bits of an IPv6 address, 1 to 128.
    V6(u8),
}

/// `virtual_server`, with what its real servers and their checks inherit applied to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualServer {
    /// What it is reached by.
    pub service: Service,
    /// The family of clients; `None`: both, which only a group can have.
    pub family: Option<Family>,
    /// `protocol`; `None`: whatever bears the mark.
    pub protocol: Option<Protocol>,
    /// `lvs_sched`
    pub scheduler: Scheduler,
    /// `flag-1` and so on.
    pub scheduler_flags: SchedulerFlags,
    /// `ops`: each packet for itself; UDP only.
    pub one_packet: bool,
    /// `lvs_method`: what real servers that say nothing else have.
    pub forwarding: Forwarding,
    /// `persistence_*`
    pub persistence: Option<Persistence>,
    /// `ha_suspend`: no checks while the address is not on this machine.
    pub ha_suspend: bool,
    /// `smtp_alert`: quorum gained and lost are mailed.
    pub smtp_alert: bool,
    /// `snmp_name`
    pub snmp_name: Option<String>,
    /// `quorum`: the least weight of living real servers.
    pub quorum: u32,
    /// `hysteresis`: how far above the quorum it is gained, and below it is lost; less than the quorum.
    pub hysteresis: u32,
    /// `quorum_up`: run when the quorum is gained.
    pub quorum_up: Option<Box<Script>>,
    /// `quorum_down`: run when it is lost.
    pub quorum_down: Option<Box<Script>>,
    /// `omega`: scripts for what goes down are run when the daemon stops.
    pub omega: bool,
    /// `syn_proxy`: handshakes are completed before a real server sees them; TCP only.
    pub syn_proxy: bool,
    /// `laddr_group_name`: the `local_address_group` that FNAT uses.
    pub local_addresses: Option<Name>,
    /// `vip_bind_dev`: the interface of the address.
    pub bind_device: Option<String>,
    /// `establish_timeout`: how long an idle connection is remembered.
    pub established_timeout: Option<Duration>,
    /// `sorry_server`: what answers without quorum.
    pub sorry_server: Option<SorryServer>,
    /// `real_server`, in the file's order; at least one, and none twice.
    pub real_servers: Shared<Vec<RealServer>>,
}

/// `sorry_server`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SorryServer {
    /// Its address.
    pub ip: IpAddr,
    /// Its port; 0: that of the connection.
    pub port: u16,
    /// `sorry_server_lvs_method`
    pub forwarding: Forwarding,
    /// `sorry_server_inhibit`: kept with weight 0 while it is not needed.
    pub inhibit: bool,
}

/// The checks of a real server.
pub type Checks = SmallVec<[Check; 1]>;

/// `real_server`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealServer {
    /// Its address.
    pub ip: IpAddr,
    /// Its port; 0: that of the connection.
    pub port: u16,
    /// `weight`: its share of connections, 0 to 2^31 - 1.
    pub weight: u32,
    /// `lvs_method`
    pub forwarding: Forwarding,
    /// `uthreshold`: no new connections from this many on; 0: no limit.
    pub upper_threshold: u32,
    /// `lthreshold`: new connections again below this many.
    pub lower_threshold: u32,
    /// `inhibit_on_failure`: kept with weight 0 when it fails.
    pub inhibit: bool,
    /// `smtp_alert`: its failures are mailed.
    pub smtp_alert: bool,
    /// `snmp_name`
    pub snmp_name: Option<Name>,
    /// `notify_up`: run when it comes.
    pub notify_up: Option<Box<Script>>,
    /// `notify_down`: run when it fails.
    pub notify_down: Option<Box<Script>>,
    /// How it is found out whether it lives; all of them must succeed. Most servers have one.
    pub checks: Checks,
}

impl RealServer {
    /// Its scripts and those of its checks.
    pub fn scripts_mut(&mut self) -> impl Iterator<Item = &mut Script> {
        let own = [&mut self.notify_up, &mut self.notify_down].into_iter().flatten().map(|script| &mut **script);
        own.chain(self.checks.iter_mut().filter_map(|check| match check {
            Check::Misc(check) => Some(&mut *check.script),
            _ => None,
        }))
    }
}
