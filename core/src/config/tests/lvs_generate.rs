//! Load balancers as the parser can make them.

use super::generate::{below, credentials, interface, ip, maybe, pick, script, unique, word};
use crate::config::Place;
use crate::config::model::*;
use crate::net::{Family, Name};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use quickcheck::{Arbitrary, Gen};
use std::collections::BTreeSet;

/// A configuration with a load balancer that a text can say.
#[derive(Clone, Debug)]
pub(super) struct Balanced(pub(super) Config);

impl Arbitrary for Balanced {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut config = Config::default();
        for (name, end) in [("bfd-1", 1), ("bfd 2", 2)] {
            let mut bfd = BfdConfig::new(name.into(), IpAddr::V4([192, 0, 2, end].into()));
            bfd.checker = true;
            config.bfd.push(bfd);
        }
        config.files.push(FileConfig::new("a file".into(), "/run/x".into()));
        let sessions: Vec<Name> = config.bfd.iter().map(|bfd| bfd.name.clone()).collect();
        let mut lvs = Lvs { ssl: maybe(g, ssl), ..Lvs::default() };
        let mut names = BTreeSet::new();
        for n in 0..below(g, 3) {
            let name = unique(g, &mut names);
            lvs.groups.push(VirtualServerGroup { name, entries: entries(g, n) });
        }
        let mut names = BTreeSet::new();
        for family in [Family::V4, Family::V6] {
            let name = unique(g, &mut names);
            let addresses = (0..1 + below(g, 3))
                .map(|_| LocalAddresses { range: range(g, family), device: maybe(g, interface) })
                .collect();
            lvs.local_addresses.push(LocalAddressGroup { name, addresses });
        }
        for n in 0..below(g, 4) {
            let service = match below(g, 3) {
                0 => Service::Mark(1000 + n as u32),
                1 if n < lvs.groups.len() => Service::Group(lvs.groups[n].name.clone()),
                _ => {
                    let last = n as u8;
                    let ip = pick(g, &[IpAddr::V4([10, 9, 9, last].into()), v6(0x9900 + u16::from(last))]);
                    Service::Address(ip, pick(g, &[0, 1, 80, 65_535]))
                }
            };
            let group = match &service {
                Service::Group(name) => lvs.groups.iter().find(|group| group.name == *name).cloned(),
                _ => None,
            };
            let server = virtual_server(g, service, group.as_ref(), &lvs, &sessions);
            lvs.servers.push(server);
        }
        config.lvs = lvs;
        Balanced(config)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let mut out = Vec::new();
        for at in 0..self.0.lvs.servers.len() {
            let mut less = self.clone();
            less.0.lvs.servers.remove(at);
            out.push(less);
            for real in 1..self.0.lvs.servers[at].real_servers.len() {
                let mut less = self.clone();
                let server = &mut less.0.lvs.servers[at];
                server.real_servers.remove(real);
                (server.quorum, server.hysteresis) = (1, 0);
                out.push(less);
            }
            for real in 0..self.0.lvs.servers[at].real_servers.len() {
                for check in 0..self.0.lvs.servers[at].real_servers[real].checks.len() {
                    let mut less = self.clone();
                    less.0.lvs.servers[at].real_servers[real].checks.remove(check);
                    out.push(less);
                }
            }
        }
        Box::new(out.into_iter())
    }
}

fn v6(end: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, end))
}

fn ssl(g: &mut Gen) -> Ssl {
    Ssl {
        password: maybe(g, |g| Secret(word(g))),
        ca: maybe(g, |g| word(g).into()),
        certificate: maybe(g, |g| word(g).into()),
        key: maybe(g, |g| word(g).into()),
    }
}

fn range(g: &mut Gen, family: Family) -> AddressRange {
    let (a, b) = (ip(g, family), ip(g, family));
    if bool::arbitrary(g) { AddressRange::single(a) } else { AddressRange { first: a.min(b), last: a.max(b) } }
}

/// Entries of the group `n`: no two with anything in common, nor with another group.
fn entries(g: &mut Gen, n: usize) -> Vec<GroupEntry> {
    let families = pick(g, &[&[Family::V4][..], &[Family::V6], &[Family::V4, Family::V6]]);
    (0..1 + below(g, 4))
        .map(|at| {
            let family = families[below(g, families.len())];
            let (first, last) = (at as u8 * 50, at as u8 * 50 + pick(g, &[0, 49]));
            let address = |last: u8| match family {
                Family::V4 => IpAddr::V4([10, 2, n as u8, last].into()),
                Family::V6 => v6((n as u16) << 8 | u16::from(last)),
            };
            if bool::arbitrary(g) {
                let range = AddressRange { first: address(first), last: address(last) };
                GroupEntry::Addresses { range, port: pick(g, &[80, 443]) }
            } else {
                let family = if families.len() > 1 { Some(family) } else { pick(g, &[None, Some(family)]) };
                GroupEntry::Mark { mark: (n * 10 + at + 1) as u32, family }
            }
        })
        .collect()
}

fn tunnel(g: &mut Gen) -> Forwarding {
    let any = [TunnelChecksum::None, TunnelChecksum::Full, TunnelChecksum::Remote];
    Forwarding::Tunnel(match below(g, 3) {
        0 => Tunnel::Ipip,
        1 => Tunnel::Gue(u16::arbitrary(g).max(1), pick(g, &any)),
        _ => Tunnel::Gre(pick(g, &any[..2])),
    })
}

fn forwarding(g: &mut Gen, family: Option<Family>) -> Forwarding {
    let method = pick(g, &[Forwarding::Nat, Forwarding::Direct, Forwarding::FullNat]);
    if family.is_none() || below(g, 4) == 0 { tunnel(g) } else { method }
}

fn replaces(method: Forwarding) -> bool {
    matches!(method, Forwarding::Nat | Forwarding::FullNat)
}

fn virtual_server(
    g: &mut Gen,
    service: Service,
    group: Option<&VirtualServerGroup>,
    lvs: &Lvs,
    sessions: &[Name],
) -> VirtualServer {
    let family = match (&service, group) {
        (Service::Address(ip, _), _) => Some(Family::of(*ip)),
        (_, Some(group)) => match (group.has(Family::V4), group.has(Family::V6)) {
            (true, true) => None,
            (true, false) => Some(Family::V4),
            (false, true) => Some(Family::V6),
            (false, false) => Some(pick(g, &[Family::V4, Family::V6])),
        },
        _ => Some(pick(g, &[Family::V4, Family::V6])),
    };
    let has_addresses = matches!(service, Service::Address(..)) || group.is_some_and(VirtualServerGroup::has_addresses);
    let has_marks = !matches!(service, Service::Address(..)) && group.is_none_or(VirtualServerGroup::has_marks);
    let protocol = has_addresses.then(|| pick(g, &[Protocol::Tcp, Protocol::Udp, Protocol::Sctp]));
    let method = forwarding(g, family);
    let port = match &service {
        Service::Address(_, port) => *port,
        _ => 0,
    };
    let mut places = BTreeSet::new();
    let mut real_servers: Vec<RealServer> = Vec::new();
    for _ in 0..1 + below(g, 4) {
        let server = real_server(g, &service, family, method, port, sessions);
        if places.insert((server.ip, server.port)) {
            real_servers.push(server);
        }
    }
    let sum: u64 = real_servers.iter().map(|real| u64::from(real.weight)).sum();
    let quorum = 1 + below(g, usize::try_from(sum.min(1 << 40)).unwrap_or(1).max(1)).min(u32::MAX as usize - 1) as u32;
    let mut sorry_server = maybe(g, |g| {
        let forwarding = forwarding(g, family);
        let (ip, port) = endpoint(g, &service, family, forwarding, port);
        SorryServer { ip, port, forwarding, inhibit: bool::arbitrary(g) }
    });
    if let Some(sorry) = &mut sorry_server
        && let Some(real) = real_servers.iter().find(|real| (real.ip, real.port) == (sorry.ip, sorry.port))
    {
        sorry.inhibit = real.inhibit;
    }
    let uses_fnat = real_servers.iter().map(|real| real.forwarding).chain(sorry_server.map(|s| s.forwarding));
    let uses_fnat = uses_fnat.into_iter().any(|method| method == Forwarding::FullNat);
    let local = lvs.local_addresses.iter().find(|l| family.is_none_or(|f| l.addresses[0].range.family() == f));
    let any_port = matches!(service, Service::Address(_, 0));
    VirtualServer {
        family,
        protocol,
        scheduler: Scheduler::ALL[below(g, Scheduler::ALL.len())].1,
        scheduler_flags: SchedulerFlags {
            first: bool::arbitrary(g),
            second: bool::arbitrary(g),
            third: bool::arbitrary(g),
        },
        one_packet: bool::arbitrary(g) && protocol.is_none_or(|protocol| protocol == Protocol::Udp),
        forwarding: method,
        persistence: if any_port || bool::arbitrary(g) { Some(persistence(g, family, protocol)) } else { None },
        ha_suspend: !has_marks && bool::arbitrary(g),
        smtp_alert: bool::arbitrary(g),
        snmp_name: maybe(g, word),
        quorum,
        hysteresis: below(g, quorum as usize) as u32,
        quorum_up: maybe(g, script).map(Box::new),
        quorum_down: maybe(g, script).map(Box::new),
        omega: bool::arbitrary(g),
        syn_proxy: bool::arbitrary(g) && protocol.is_none_or(|protocol| protocol == Protocol::Tcp),
        local_addresses: local.filter(|_| uses_fnat).map(|local| local.name.clone()),
        bind_device: maybe(g, interface),
        established_timeout: maybe(g, |g| Duration::from_secs(1 + below(g, 1 << 30) as u64)),
        sorry_server,
        real_servers: real_servers.into(),
        service,
    }
}

fn persistence(g: &mut Gen, family: Option<Family>, protocol: Option<Protocol>) -> Persistence {
    let udp = protocol.is_none_or(|protocol| protocol == Protocol::Udp);
    let engines = if udp { &["sip", "other engine"][..] } else { &["other engine"] };
    let granularity = match family {
        Some(Family::V4) => Granularity::V4(Ipv4Addr::from(u32::arbitrary(g) & 0xffff_fffe)),
        _ => Granularity::V6(1 + below(g, 127) as u8),
    };
    Persistence {
        timeout: Duration::from_secs(1 + below(g, 2_678_400) as u64),
        granularity: maybe(g, |_| granularity),
        engine: maybe(g, |g| pick(g, engines).to_owned()),
    }
}

/// A server that fits: its port is its own only where ports are replaced.
fn endpoint(g: &mut Gen, service: &Service, family: Option<Family>, method: Forwarding, port: u16) -> (IpAddr, u16) {
    let family = match family {
        Some(family) if !matches!(method, Forwarding::Tunnel(_)) => family,
        _ => pick(g, &[Family::V4, Family::V6]),
    };
    let own = pick(g, &[1, 80, 8080]);
    let port = match service {
        Service::Address(..) if replaces(method) => own,
        Service::Group(_) | Service::Mark(_) if replaces(method) => pick(g, &[0, own]),
        _ => port,
    };
    (ip(g, family), port)
}

fn real_server(
    g: &mut Gen,
    service: &Service,
    family: Option<Family>,
    method: Forwarding,
    port: u16,
    sessions: &[Name],
) -> RealServer {
    let forwarding = if bool::arbitrary(g) { method } else { forwarding(g, family) };
    let (ip, port) = endpoint(g, service, family, forwarding, port);
    let upper_threshold = pick(g, &[0, 1, 1000, u32::MAX]);
    let mut checks = Checks::new();
    for _ in 0..below(g, 3) {
        checks.push(check(g, ip, port));
    }
    if below(g, 4) == 0 {
        checks.push(Check::Bfd(Box::new(BfdCheck { name: pick(g, sessions), alpha: bool::arbitrary(g) })));
    }
    if below(g, 4) == 0 {
        let weight = i32::arbitrary(g).max(-i32::MAX);
        let check = FileCheck { file: "a file".into(), weight, reverse: bool::arbitrary(g) };
        checks.push(Check::File(Box::new(check)));
    }
    RealServer {
        ip,
        port,
        weight: pick(g, &[0, 1, 100, i32::MAX as u32]),
        forwarding,
        upper_threshold,
        lower_threshold: below(g, upper_threshold as usize + 1) as u32,
        inhibit: bool::arbitrary(g),
        smtp_alert: bool::arbitrary(g),
        snmp_name: maybe(g, word).map(Name::from),
        notify_up: maybe(g, script).map(Box::new),
        notify_down: maybe(g, script).map(Box::new),
        checks,
    }
}

fn pause(g: &mut Gen, least: u64) -> Duration {
    Duration::from_micros((u64::from(u32::arbitrary(g)) << below(g, 20)).clamp(least, 4_294_967_295_000_000))
}

fn pacing(g: &mut Gen) -> Pacing {
    Pacing {
        delay_loop: pause(g, 1),
        retry: u32::arbitrary(g),
        delay_before_retry: pause(g, 0),
        warmup: pause(g, 0),
        alpha: bool::arbitrary(g),
        log_all_failures: bool::arbitrary(g),
    }
}

fn check(g: &mut Gen, ip: IpAddr, port: u16) -> Check {
    if below(g, 5) == 0 {
        let user = maybe(g, credentials);
        return Check::Misc(Box::new(MiscCheck {
            pacing: pacing(g),
            script: Box::new(Script { user, ..script(g) }),
            timeout: pause(g, 1),
            dynamic: bool::arbitrary(g),
        }));
    }
    let probe = probe(g);
    let ports = probe != Probe::Ping;
    let target = Target {
        ip: if bool::arbitrary(g) { ip } else { super::generate::ip(g, Family::of(ip)) },
        port: match port {
            port if ports && port != 0 && bool::arbitrary(g) => port,
            _ if ports => u16::arbitrary(g).max(1),
            _ => u16::arbitrary(g),
        },
    };
    let manner = Manner {
        pacing: pacing(g),
        source: maybe(g, |g| super::generate::ip(g, Family::of(ip))),
        source_port: u16::arbitrary(g),
        device: Some(interface(g)),
        mark: u32::arbitrary(g),
        timeout: Duration::from_micros(u64::from(u32::arbitrary(g).max(1))),
        probe,
    };
    Check::Network(NetworkCheck { target, manner: manner.into() })
}

fn probe(g: &mut Gen) -> Probe {
    match below(g, 6) {
        0 => Probe::Tcp,
        1 => Probe::Ping,
        2 => Probe::Smtp(word(g)),
        3 => Probe::Dns(Box::new(DnsProbe {
            kind: DnsType::ALL[below(g, DnsType::ALL.len())].1,
            name: pick(g, &["", "example.org", "a_b.c", "localhost"]).to_owned(),
        })),
        4 => {
            let min_length = u16::arbitrary(g);
            let byte = |g: &mut Gen| {
                let mask = pick(g, &[0xff, 0xf0, 0x0f, 0]);
                MaskedByte { value: u8::arbitrary(g) & mask, mask }
            };
            Probe::Udp(Box::new(UdpProbe {
                payload: Vec::arbitrary(g),
                reply: maybe(g, |g| {
                    let pattern: Vec<_> = (0..below(g, 9)).map(|_| byte(g)).collect();
                    let max_length = pick(g, &[255, u16::MAX]).max(min_length.saturating_add(u16::arbitrary(g)));
                    let any = pattern.is_empty() && bool::arbitrary(g);
                    UdpReply { pattern, min_length, max_length: (!any).then_some(max_length) }
                }),
            }))
        }
        _ => {
            let tls = maybe(g, |g| match below(g, 3) {
                0 => Tls::Plain,
                1 => Tls::HostName,
                _ => Tls::Name(word(g)),
            });
            let urls = (0..1 + below(g, 3)).map(|_| url(g, tls.is_some())).collect();
            let version = pick(g, &[HttpVersion::V1_0, HttpVersion::V1_0Close, HttpVersion::V1_1]);
            Probe::Http(Box::new(HttpProbe { tls, version, fast_recovery: bool::arbitrary(g), urls }))
        }
    }
}

fn url(g: &mut Gen, tls: bool) -> Url {
    let mut status: Vec<StatusCodes> = Vec::new();
    let mut next = 100;
    for _ in 0..1 + below(g, 3) {
        let first = next + below(g, 50) as u16;
        let last = first + below(g, 50) as u16;
        status.push(StatusCodes { first, last });
        next = last + 2;
    }
    Url {
        path: format!("/{}", word(g)),
        host: maybe(g, word),
        status,
        digest: maybe(g, |g| core::array::from_fn(|_| u8::arbitrary(g))),
        regex: maybe(g, regex),
        tls_compliant: tls && bool::arbitrary(g),
    }
}

fn regex(g: &mut Gen) -> Regex {
    let patterns =
        ["^ok$", "a\\.b \"quoted\" 'x' {1} # ! $X ~SEQ @a", "(a|b)\\\\\\n[[:alpha:]]+", "é\t\n\u{fffd}\u{1}"];
    let mut options: Vec<RegexOption> = (0..below(g, 4)).map(|_| pick(g, RegexOption::ALL).1).collect();
    options.sort_unstable();
    options.dedup();
    let min_offset = u64::from(u32::arbitrary(g));
    let start = u64::arbitrary(g) >> 1;
    Regex {
        pattern: pick(g, &patterns).to_owned(),
        no_match: bool::arbitrary(g),
        options,
        min_offset,
        max_offset: maybe(g, |g| (min_offset + u64::from(u32::arbitrary(g))).min(u32::MAX.into())),
        stack: maybe(g, |g| (start, start + (u64::arbitrary(g) >> 2).min(i64::MAX as u64 - start))),
        at: Place::default(),
    }
}
