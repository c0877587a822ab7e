//! The kernel's IPVS table as values, and the commands that change it.

use crate::config::model::{Protocol, Tunnel};
use crate::net::Family;
use core::cmp::Ordering;
use core::net::{IpAddr, Ipv4Addr};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that a network namespace's IPVS is set to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The services.
    pub services: BTreeMap<ServiceKey, Service>,
    /// The connection timeouts in force.
    pub timeouts: Timeouts,
    /// The daemons of connection synchronisation that run: at most one of each role.
    pub daemons: BTreeMap<SyncRole, SyncDaemon>,
}

/// What a service takes; the kernel has each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceKey {
    /// Packets of a protocol to an address and a port.
    Address {
        /// The protocol.
        protocol: Protocol,
        /// The address.
        ip: IpAddr,
        /// The port; 0: every port (persistent services only).
        port: u16,
    },
    /// Packets with a firewall mark.
    Mark {
        /// The family of packets.
        family: Family,
        /// The mark; never 0.
        mark: u32,
    },
}

/// An IPv4 address and a port as one number. Keys are compared for every entry of every table, and mostly of that family: it takes a few instructions.
const fn rank_v4(ip: Ipv4Addr, port: u16) -> u64 {
    ((ip.to_bits() as u64) << 16) | port as u64
}

/// An address as a number, after its family.
const fn rank(ip: IpAddr) -> (Family, u128) {
    match ip {
        IpAddr::V4(ip) => (Family::V4, ip.to_bits() as u128),
        IpAddr::V6(ip) => (Family::V6, ip.to_bits()),
    }
}

impl ServiceKey {
    /// Addresses before marks, by protocol, address and port; marks by family.
    const fn rank(&self) -> (u32, u128, u16) {
        match *self {
            ServiceKey::Address { protocol, ip, port } => {
                let (family, ip) = rank(ip);
                (((protocol as u32) << 8) | family as u32, ip, port)
            }
            ServiceKey::Mark { family, mark } => ((1 << 16) | family as u32, mark as u128, 0),
        }
    }

    /// The family of its packets.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            ServiceKey::Address { ip, .. } => Family::of(*ip),
            ServiceKey::Mark { family, .. } => *family,
        }
    }
}

/// A service: how it balances, and over what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// How.
    pub settings: ServiceSettings,
    /// Over what. A service without destinations refuses connections.
    pub destinations: BTreeMap<DestinationKey, Destination>,
}

/// What can be changed of a service without making it anew (`struct ip_vs_service_user`, `IPVS_SVC_ATTR_*` in linux/ip_vs.h).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSettings {
    /// The scheduler's name. A text: other programs' services may have one that is not known here.
    pub scheduler: String,
    /// `IP_VS_SVC_F_*`, without `IP_VS_SVC_F_HASHED`, which is the kernel's own.
    pub flags: ServiceFlags,
    /// Persistence in seconds; 0 without it.
    pub timeout: u32,
    /// Which part of a client's address counts for persistence, as the kernel has it: an IPv4 netmask as a number (255.255.255.0 is
    /// 0xffffff00), or an IPv6 prefix length.
    pub netmask: u32,
    /// The persistence engine; `None`: the address alone.
    pub engine: Option<String>,
}

/// `IP_VS_SVC_F_*`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceFlags(pub u32);

impl ServiceFlags {
    /// The same client reaches the same destination for a while.
    pub const PERSISTENT: ServiceFlags = ServiceFlags(0x1);
    /// The kernel's own: the service is in its table.
    pub const HASHED: ServiceFlags = ServiceFlags(0x2);
    /// Each datagram for itself.
    pub const ONE_PACKET: ServiceFlags = ServiceFlags(0x4);
    /// The scheduler's first flag (`sh-fallback`, `mh-fallback`).
    pub const SCHED1: ServiceFlags = ServiceFlags(0x8);
    /// The scheduler's second flag (`sh-port`, `mh-port`).
    pub const SCHED2: ServiceFlags = ServiceFlags(0x10);
    /// The scheduler's third flag.
    pub const SCHED3: ServiceFlags = ServiceFlags(0x20);

    /// These and those.
    #[must_use]
    pub const fn with(self, other: ServiceFlags) -> ServiceFlags {
        ServiceFlags(self.0 | other.0)
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, other: ServiceFlags) -> ServiceFlags {
        ServiceFlags(self.0 & !other.0)
    }

    /// Whether all of `other` are in it.
    #[must_use]
    pub const fn has(self, other: ServiceFlags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Ord for ServiceKey {
    #[inline]
    fn cmp(&self, other: &ServiceKey) -> Ordering {
        use ServiceKey::Address;
        match (*self, *other) {
            (
                Address { protocol: a, ip: IpAddr::V4(of_a), port: port_a },
                Address { protocol: b, ip: IpAddr::V4(of_b), port: port_b },
            ) if a == b => rank_v4(of_a, port_a).cmp(&rank_v4(of_b, port_b)),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for ServiceKey {
    fn partial_cmp(&self, other: &ServiceKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A real server of a service; a service has each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationKey {
    /// Its address; with a tunnel its family may be another than the service's.
    pub ip: IpAddr,
    /// Its port; 0 with a service of every port or of a mark.
    pub port: u16,
}

impl Ord for DestinationKey {
    #[inline]
    fn cmp(&self, other: &DestinationKey) -> Ordering {
        match (self.ip, other.ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => rank_v4(a, self.port).cmp(&rank_v4(b, other.port)),
            (a, b) => (rank(a), self.port).cmp(&(rank(b), other.port)),
        }
    }
}

impl PartialOrd for DestinationKey {
    fn partial_cmp(&self, other: &DestinationKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How a real server takes part (`IPVS_DEST_ATTR_*` in linux/ip_vs.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// How packets reach it.
    pub forwarding: Forward,
    /// Its share of new connections; 0: none, those that are there go on.
    pub weight: u32,
    /// No new connections from this many on; 0: no limit.
    pub upper_threshold: u32,
    /// New connections again below this many.
    pub lower_threshold: u32,
}

/// `IP_VS_CONN_F_FWD_MASK`: how packets reach a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forward {
    /// The destination is replaced.
    Masquerade,
    /// To this machine itself.
    Local,
    /// Sent inside other packets.
    Tunnel(Tunnel),
    /// Sent on as they are, on the link.
    Direct,
}

/// A change to the kernel's IPVS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpvsCommand {
    /// Removes every service of the namespace.
    Flush,
    /// Adds a service, without destinations.
    AddService(ServiceKey, ServiceSettings),
    /// Changes a service in place; its connections and destinations stay.
    SetService(ServiceKey, ServiceSettings),
    /// Removes a service with its destinations.
    DeleteService(ServiceKey),
    /// Adds a destination.
    AddDestination(ServiceKey, DestinationKey, Destination),
    /// Changes a destination in place; its connections stay.
    SetDestination(ServiceKey, DestinationKey, Destination),
    /// Removes a destination.
    DeleteDestination(ServiceKey, DestinationKey),
    /// Sets the connection timeouts.
    SetTimeouts(Timeouts),
    /// Starts a daemon of connection synchronisation.
    StartSync(SyncDaemon),
    /// Stops one.
    StopSync {
        /// Which.
        role: SyncRole,
        /// Its `syncid`.
        id: u8,
    },
}

/// `lvs_timeouts`: how long an idle connection is remembered, in seconds; 0 leaves the kernel's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// TCP.
    pub tcp: u32,
    /// TCP after a FIN.
    pub tcp_fin: u32,
    /// UDP.
    pub udp: u32,
}

/// What a sync daemon does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SyncRole {
    /// Tells other directors of connections.
    Master,
    /// Learns of them.
    Backup,
}

/// A daemon of connection synchronisation (`IPVS_DAEMON_ATTR_*` in linux/ip_vs.h).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncDaemon {
    /// What it does.
    pub role: SyncRole,
    /// The interface it uses.
    pub interface: String,
    /// Which daemons belong together, 0 to 255.
    pub id: u8,
    /// The largest message in bytes; 0: the kernel's choice.
    pub max_length: u16,
    /// The multicast group; `None`: the kernel's (224.0.0.81).
    pub group: Option<IpAddr>,
    /// The UDP port; 0: the kernel's (8848).
    pub port: u16,
    /// TTL or hop limit; 0: the kernel's (1).
    pub ttl: u8,
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    /// The order that the compiler would make of the fields.
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Plain {
        Address(Protocol, IpAddr, u16),
        Mark(Family, u32),
    }

    fn plain(key: ServiceKey) -> Plain {
        match key {
            ServiceKey::Address { protocol, ip, port } => Plain::Address(protocol, ip, port),
            ServiceKey::Mark { family, mark } => Plain::Mark(family, mark),
        }
    }

    quickcheck! {
        fn keys_are_in_the_order_of_their_fields(a: (u8, u8, u16), b: (u8, u8, u16)) -> bool {
            let protocols = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
            let ip = |n: u8| match n % 2 {
                0 => IpAddr::from([10, 0, 0, n]),
                _ => IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, u16::from(n)]),
            };
            let family = |n: u8| if n.is_multiple_of(2) { Family::V4 } else { Family::V6 };
            let service = |(kind, n, port): (u8, u8, u16)| match kind % 4 {
                3 => ServiceKey::Mark { family: family(n), mark: u32::from(port) },
                kind => ServiceKey::Address { protocol: protocols[usize::from(kind)], ip: ip(n), port },
            };
            let destination = |(_, n, port): (u8, u8, u16)| DestinationKey { ip: ip(n), port };
            let (c, d) = (destination(a), destination(b));
            let (a, b) = (service(a), service(b));
            a.cmp(&b) == plain(a).cmp(&plain(b)) && c.cmp(&d) == (c.ip, c.port).cmp(&(d.ip, d.port))
        }
    }
}
