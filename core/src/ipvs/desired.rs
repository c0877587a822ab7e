//! What a virtual server asks of the kernel: its services, their settings and destinations.

use super::{
    Destination, DestinationKey, Forward, ServiceFlags, ServiceKey, ServiceSettings, SyncDaemon, SyncRole, Timeouts,
};
use crate::config::model::{
    self, AddressRange, Choice, Forwarding, Granularity, GroupEntry, LvsTimeouts, Protocol, VirtualServer,
};
use crate::net::Family;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use std::collections::BTreeSet;

/// The most addresses that one line of a group stands for; of longer ranges the rest is left out.
pub const MAX_RANGE: usize = 65_536;

/// The services of a virtual server in the order of the configuration, none twice: one, or all that the entries of its group stand for.
///
/// A mark of a group belongs to no protocol: two virtual servers of one group have the same [`ServiceKey::Mark`].
#[must_use]
pub fn keys(server: &VirtualServer, group: &[GroupEntry]) -> Vec<ServiceKey> {
    let family = server.family.unwrap_or(Family::V4);
    // The C version balances UDP where no protocol is written, and so does the reader of the configuration.
    let protocol = server.protocol.unwrap_or(Protocol::Udp);
    match &server.service {
        model::Service::Address(ip, port) => vec![ServiceKey::Address { protocol, ip: *ip, port: *port }],
        model::Service::Mark(mark) => vec![ServiceKey::Mark { family, mark: *mark }],
        model::Service::Group(_) => {
            let mut seen = BTreeSet::new();
            let mut keys = Vec::new();
            // As the C version has it: addresses first, then marks.
            for entry in group {
                if let GroupEntry::Addresses { range, port } = *entry {
                    keys.extend(addresses(range).map(|ip| ServiceKey::Address { protocol, ip, port }));
                }
            }
            for entry in group {
                if let GroupEntry::Mark { mark, family: own } = *entry {
                    keys.push(ServiceKey::Mark { family: own.unwrap_or(family), mark });
                }
            }
            keys.retain(|key| seen.insert(*key));
            keys
        }
    }
}

/// The addresses of a range, at most [`MAX_RANGE`].
fn addresses(range: AddressRange) -> impl Iterator<Item = IpAddr> {
    let bits = |ip| match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    };
    let family = range.family();
    (bits(range.first)..=bits(range.last)).take(MAX_RANGE).map(move |bits| match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(u32::MAX))),
        Family::V6 => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    })
}

/// How the services of a virtual server balance that are of `family`.
#[must_use]
pub fn settings(server: &VirtualServer, family: Family) -> ServiceSettings {
    let mut flags = ServiceFlags::default();
    let mut set = |on: bool, flag| {
        if on {
            flags = flags.with(flag);
        }
    };
    set(server.scheduler_flags.first, ServiceFlags::SCHED1);
    set(server.scheduler_flags.second, ServiceFlags::SCHED2);
    set(server.scheduler_flags.third, ServiceFlags::SCHED3);
    set(server.one_packet, ServiceFlags::ONE_PACKET);
    set(server.persistence.is_some(), ServiceFlags::PERSISTENT);
    let persistence = server.persistence.as_ref();
    let netmask = match (family, persistence.and_then(|p| p.granularity)) {
        (Family::V4, Some(Granularity::V4(mask))) => mask.to_bits(),
        (Family::V6, Some(Granularity::V6(prefix))) => u32::from(prefix),
        (Family::V4, _) => u32::MAX,
        (Family::V6, _) => u32::from(family.host_prefix()),
    };
    ServiceSettings {
        scheduler: server.scheduler.word().to_owned(),
        flags,
        timeout: persistence.map_or(0, |p| seconds(p.timeout)),
        netmask,
        engine: persistence.and_then(|p| p.engine.clone()),
    }
}

/// How a service of the kernel names a real server of this address and port. Only what replaces addresses can replace ports: the others keep
/// that of the service, and have none where it is reached by a mark.
#[must_use]
pub fn destination_key(service: &ServiceKey, forwarding: Forwarding, ip: IpAddr, port: u16) -> DestinationKey {
    let port = match (forwarding, service) {
        (Forwarding::Nat | Forwarding::FullNat, _) => port,
        (Forwarding::Direct | Forwarding::Tunnel(_), ServiceKey::Address { port, .. }) => *port,
        (Forwarding::Direct | Forwarding::Tunnel(_), ServiceKey::Mark { .. }) => 0,
    };
    DestinationKey { ip, port }
}

/// How a real server takes part with this weight and these thresholds.
#[must_use]
pub fn destination(forwarding: Forwarding, weight: u32, upper: u32, lower: u32) -> Destination {
    let forwarding = match forwarding {
        // That the source is replaced too is not the business of IPVS.
        Forwarding::Nat | Forwarding::FullNat => Forward::Masquerade,
        Forwarding::Direct => Forward::Direct,
        Forwarding::Tunnel(tunnel) => Forward::Tunnel(tunnel),
    };
    Destination { forwarding, weight, upper_threshold: upper, lower_threshold: lower }
}

/// `lvs_timeouts` as the kernel takes them.
#[must_use]
pub fn timeouts(timeouts: &LvsTimeouts) -> Timeouts {
    Timeouts { tcp: seconds(timeouts.tcp), tcp_fin: seconds(timeouts.tcpfin), udp: seconds(timeouts.udp) }
}

/// `lvs_sync_daemon` in a role; `id` where it is not written.
#[must_use]
pub fn sync(daemon: &model::SyncDaemon, role: SyncRole, id: u8) -> SyncDaemon {
    SyncDaemon {
        role,
        interface: daemon.interface.clone(),
        id: daemon.id.unwrap_or(id),
        max_length: daemon.maxlen.unwrap_or(0),
        group: daemon.group,
        port: daemon.port.unwrap_or(0),
        ttl: daemon.ttl.unwrap_or(0),
    }
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "desired_tests.rs"]
mod tests;
