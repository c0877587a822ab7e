//! Random tables, small enough for changes to meet.

use super::*;
use crate::config::model::{Protocol, Tunnel, TunnelChecksum};
use crate::net::Family;
use core::net::IpAddr;
use quickcheck::{Arbitrary, Gen};
use std::collections::BTreeMap;

fn pick<T: Clone>(g: &mut Gen, of: &[T]) -> T {
    g.choose(of).cloned().expect("something to choose from")
}

impl Arbitrary for ServiceKey {
    fn arbitrary(g: &mut Gen) -> ServiceKey {
        match u8::arbitrary(g) % 4 {
            0 => ServiceKey::Mark { family: pick(g, &[Family::V4, Family::V6]), mark: u32::arbitrary(g) % 2 + 1 },
            which => ServiceKey::Address {
                protocol: pick(g, &[Protocol::Tcp, Protocol::Udp, Protocol::Sctp]),
                ip: match which {
                    1 => IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 1]),
                    _ => IpAddr::from([10, 0, 0, which]),
                },
                port: pick(g, &[0, 80]),
            },
        }
    }
}

impl Arbitrary for ServiceSettings {
    fn arbitrary(g: &mut Gen) -> ServiceSettings {
        ServiceSettings {
            scheduler: pick(g, &["rr", "wlc", "sh"]).to_owned(),
            flags: ServiceFlags(u32::arbitrary(g) & 0x3d),
            timeout: u32::arbitrary(g) % 3,
            netmask: u32::arbitrary(g) | 0xffff_ff00,
            engine: bool::arbitrary(g).then(|| "sip".to_owned()),
        }
    }
}

impl Arbitrary for DestinationKey {
    fn arbitrary(g: &mut Gen) -> DestinationKey {
        let ip = match bool::arbitrary(g) {
            true => IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 1, u16::arbitrary(g) % 2]),
            false => IpAddr::from([10, 1, 0, u8::arbitrary(g) % 4]),
        };
        DestinationKey { ip, port: pick(g, &[80, 81]) }
    }
}

impl Arbitrary for Destination {
    fn arbitrary(g: &mut Gen) -> Destination {
        let checksum = pick(g, &[TunnelChecksum::None, TunnelChecksum::Full]);
        let forwarding = match u8::arbitrary(g) % 5 {
            0 => Forward::Direct,
            1 => Forward::Tunnel(Tunnel::Ipip),
            2 => Forward::Tunnel(Tunnel::Gre(checksum)),
            3 => Forward::Tunnel(Tunnel::Gue(u16::arbitrary(g), TunnelChecksum::Remote)),
            _ => Forward::Masquerade,
        };
        Destination {
            forwarding,
            weight: u32::arbitrary(g) % 3,
            upper_threshold: u32::arbitrary(g) % 2,
            lower_threshold: 0,
        }
    }
}

impl Arbitrary for Service {
    fn arbitrary(g: &mut Gen) -> Service {
        Service { settings: ServiceSettings::arbitrary(g), destinations: BTreeMap::arbitrary(g) }
    }
}

impl Arbitrary for SyncDaemon {
    fn arbitrary(g: &mut Gen) -> SyncDaemon {
        SyncDaemon {
            role: pick(g, &[SyncRole::Master, SyncRole::Backup]),
            interface: pick(g, &["eth0", "eth1"]).to_owned(),
            id: u8::arbitrary(g) % 2,
            max_length: pick(g, &[0, 600]),
            group: pick(g, &[None, Some(IpAddr::from([224, 0, 0, 82]))]),
            port: pick(g, &[0, 8849]),
            ttl: pick(g, &[0, 3]),
        }
    }
}

impl Arbitrary for Timeouts {
    fn arbitrary(g: &mut Gen) -> Timeouts {
        let mut seconds = || u32::arbitrary(g) % 3 + 1;
        Timeouts { tcp: seconds(), tcp_fin: seconds(), udp: seconds() }
    }
}

impl Arbitrary for Table {
    fn arbitrary(g: &mut Gen) -> Table {
        Table {
            services: BTreeMap::arbitrary(g),
            timeouts: Timeouts::arbitrary(g),
            daemons: Vec::<SyncDaemon>::arbitrary(g).into_iter().map(|daemon| (daemon.role, daemon)).collect(),
        }
    }
}
