//! Addresses, routes and rules as the parser can make them, and lines with random damage.

use super::generate::{below, maybe, pick};
use crate::config::model::*;
use crate::kernel::AddressFlags;
use crate::net::{Family, Name, Vrid};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::num::NonZeroU32;
use core::time::Duration;
use quickcheck::{Arbitrary, Gen};
use std::collections::BTreeSet;

/// A configuration with one instance, all about addresses, routes and rules.
#[derive(Clone, Debug)]
pub(super) struct Wired(pub(super) Config);

impl Arbitrary for Wired {
    fn arbitrary(g: &mut Gen) -> Self {
        let vip = VirtualAddress::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 24);
        let vrid = Vrid::new(51).expect("not zero");
        let mut instance = InstanceConfig::new("VI_1", "eth0", vrid, vec![vip]);
        instance.virtual_routes = few(g, route);
        instance.virtual_rules = few(g, rule);
        let names: BTreeSet<Name> = (0..below(g, 3)).map(|_| name(g)).collect();
        let mut network = Network::default();
        for name in names {
            let members = if bool::arbitrary(g) { vec![instance.name.clone()] } else { Vec::new() };
            network.track_groups.push(TrackGroup { name, members });
        }
        let groups: Vec<Name> = network.track_groups.iter().map(|group| group.name.clone()).collect();
        network.addresses = few(g, |g| {
            let family = pick(g, &[Family::V4, Family::V6]);
            let what = VirtualAddress { use_vmac: false, ..address(g, family) };
            Static { track_group: group(g, &groups).filter(|_| !what.no_track), what }
        });
        network.routes = few(g, |g| {
            let what = route(g);
            Static { track_group: group(g, &groups).filter(|_| what.device.is_some() && !what.no_track), what }
        });
        network.rules = few(g, |g| {
            let what = rule(g);
            Static { track_group: group(g, &groups).filter(|_| what.iif.is_some() && !what.no_track), what }
        });
        let mut config = Config { network, ..Config::default() };
        config.instances.push(instance);
        Wired(config)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let mut out = Vec::new();
        let mut less = |change: &dyn Fn(&mut Config) -> bool| {
            let mut config = self.0.clone();
            if change(&mut config) {
                out.push(Wired(config));
            }
        };
        less(&|c| c.instances[0].virtual_routes.pop().is_some());
        less(&|c| c.instances[0].virtual_rules.pop().is_some());
        less(&|c| c.network.addresses.pop().is_some());
        less(&|c| c.network.routes.pop().is_some());
        less(&|c| c.network.rules.pop().is_some());
        for at in 0..self.0.network.track_groups.len() {
            less(&|c| {
                let gone = c.network.track_groups.remove(at).name;
                let forget = |name: &mut Option<Name>| {
                    if name.as_ref() == Some(&gone) {
                        *name = None;
                    }
                };
                c.network.addresses.iter_mut().for_each(|a| forget(&mut a.track_group));
                c.network.routes.iter_mut().for_each(|r| forget(&mut r.track_group));
                c.network.rules.iter_mut().for_each(|r| forget(&mut r.track_group));
                true
            });
        }
        Box::new(out.into_iter())
    }
}

/// None to three of which none are the same.
fn few<T: PartialEq>(g: &mut Gen, mut make: impl FnMut(&mut Gen) -> T) -> Vec<T> {
    let mut out = Vec::new();
    for _ in 0..below(g, 4) {
        let new = make(g);
        if !out.contains(&new) {
            out.push(new);
        }
    }
    out
}

fn group(g: &mut Gen, groups: &[Name]) -> Option<Name> {
    if groups.is_empty() { None } else { maybe(g, |g| pick(g, groups)) }
}

fn name(g: &mut Gen) -> Name {
    pick(g, &["red", "via", "table", "isp 2", "@x", "a#b", "0", "inet6", "né"]).into()
}

fn interface(g: &mut Gen) -> String {
    pick(g, &["eth0", "eth1.10", "via", "lo", "table", "nexthop", "@odd", "a#b", "wg0"]).to_owned()
}

fn identifier<T: Identifier>(g: &mut Gen) -> T {
    if bool::arbitrary(g) {
        return T::number(u32::arbitrary(g) % T::MAX.saturating_add(1).max(1));
    }
    match T::KNOWN.len() {
        0 => T::named(pick(g, &["blue", "isp-1", "via", "x y"]).into()),
        n if bool::arbitrary(g) => T::number(T::KNOWN[below(g, n)].1),
        _ => T::named(pick(g, &["blue", "isp-1", "nexthop", "x y"]).into()),
    }
}

fn realms(g: &mut Gen) -> Realms {
    Realms { from: maybe(g, identifier), to: identifier(g) }
}

fn ip(g: &mut Gen, family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from(u32::arbitrary(g))),
        Family::V6 => IpAddr::V6(Ipv6Addr::from(u128::arbitrary(g))),
    }
}

fn prefix(g: &mut Gen, family: Family) -> Prefix {
    let length = u8::arbitrary(g) % (family.host_prefix() + 1);
    let prefix = Prefix { ip: ip(g, family), length };
    if bool::arbitrary(g) { Prefix { ip: prefix.network(), length } } else { prefix }
}

/// An address with everything that may be said of it.
pub(super) fn address(g: &mut Gen, family: Family) -> VirtualAddress {
    let v4 = family == Family::V4;
    let peer = if below(g, 5) == 0 { Some(ip(g, family)) } else { None };
    let prefix = if peer.is_some() { family.host_prefix() } else { u8::arbitrary(g) % (family.host_prefix() + 1) };
    let preferred = if v4 || bool::arbitrary(g) { None } else { NonZeroU32::new(u32::arbitrary(g) / 2) };
    VirtualAddress {
        device: maybe(g, interface),
        broadcast: if v4 && peer.is_none() { maybe(g, |g| Ipv4Addr::from(u32::arbitrary(g))) } else { None },
        scope: if v4 { u8::arbitrary(g) } else { 0 },
        label: if v4 { maybe(g, interface) } else { None },
        peer,
        flags: AddressFlags {
            nodad: !v4 && bool::arbitrary(g),
            noprefixroute: bool::arbitrary(g),
            home: bool::arbitrary(g),
            mngtmpaddr: bool::arbitrary(g),
            autojoin: bool::arbitrary(g),
            deprecated: !v4 && preferred.is_none() && bool::arbitrary(g),
            preferred,
        },
        use_vmac: bool::arbitrary(g),
        no_track: bool::arbitrary(g),
        ..VirtualAddress::new(ip(g, family), prefix)
    }
}

fn lockable<T>(g: &mut Gen, make: impl Fn(&mut Gen) -> T) -> Option<Lockable<T>> {
    maybe(g, |g| Lockable { value: make(g), locked: bool::arbitrary(g) })
}

fn time(g: &mut Gen, unit: u64) -> Option<Lockable<Duration>> {
    let steps = 200_000 / unit..=120_000_000 / unit;
    lockable(g, |g| {
        let count = steps.end() - steps.start() + 1;
        Duration::from_micros((steps.start() + u64::arbitrary(g) % count) * unit)
    })
}

fn metrics(g: &mut Gen) -> RouteMetrics {
    RouteMetrics {
        mtu: lockable(g, u32::arbitrary),
        advmss: lockable(g, u32::arbitrary),
        hoplimit: maybe(g, u8::arbitrary),
        rtt: time(g, 125),
        rttvar: time(g, 250),
        rto_min: time(g, 1000),
        reordering: lockable(g, u32::arbitrary),
        window: maybe(g, u32::arbitrary),
        cwnd: lockable(g, u32::arbitrary),
        ssthresh: lockable(g, u32::arbitrary),
        initcwnd: maybe(g, u32::arbitrary),
        initrwnd: maybe(g, u32::arbitrary),
        ecn: bool::arbitrary(g),
        quickack: maybe(g, bool::arbitrary),
        fastopen_no_cookie: maybe(g, bool::arbitrary),
        congctl: lockable(g, |g| pick(g, &["bbr", "cubic", "via"]).to_owned()),
    }
}

fn encap(g: &mut Gen) -> Encap {
    let needed = |g: &mut Gen| (u64::arbitrary(g), bool::arbitrary(g));
    match below(g, 5) {
        0 => Encap::Mpls((0..1 + below(g, 2)).map(|_| u32::arbitrary(g) & 0xf_ffff).collect()),
        1 => Encap::Ila([0; 4].map(|_| u16::arbitrary(g))),
        2 => {
            let (id, has_id) = needed(g);
            Encap::Ip(EncapIp {
                id: has_id.then_some(id),
                dst: (!has_id || bool::arbitrary(g)).then(|| Ipv4Addr::from(u32::arbitrary(g))),
                src: maybe(g, |g| Ipv4Addr::from(u32::arbitrary(g))),
                tos: maybe(g, identifier),
                ttl: maybe(g, u8::arbitrary),
                flags: maybe(g, u16::arbitrary),
            })
        }
        3 => {
            let (id, has_id) = needed(g);
            Encap::Ip6(EncapIp6 {
                id: has_id.then_some(id),
                dst: (!has_id || bool::arbitrary(g)).then(|| Ipv6Addr::from(u128::arbitrary(g))),
                src: maybe(g, |g| Ipv6Addr::from(u128::arbitrary(g))),
                tc: maybe(g, identifier),
                hoplimit: maybe(g, u8::arbitrary),
                flags: maybe(g, u16::arbitrary),
            })
        }
        _ => Encap::Seg6(EncapSeg6 {
            mode: pick(g, &[Seg6Mode::Inline, Seg6Mode::Encap, Seg6Mode::L2Encap, Seg6Mode::L2EncapRed]),
            segments: (0..1 + below(g, 3)).map(|_| Ipv6Addr::from(u128::arbitrary(g))).collect(),
            hmac: maybe(g, u32::arbitrary),
        }),
    }
}

fn nexthop(g: &mut Gen, family: Family) -> Nexthop {
    let device = maybe(g, interface);
    Nexthop {
        via: if device.is_none() { Some(ip(g, family)) } else { maybe(g, |g| ip(g, family)) },
        device,
        weight: u16::arbitrary(g) % 256 + 1,
        onlink: bool::arbitrary(g),
        encap: maybe(g, encap),
        realms: if family == Family::V4 { maybe(g, realms) } else { None },
    }
}

fn protocol(g: &mut Gen, no_track: bool) -> Option<RouteProtocol> {
    let protocol = if no_track { maybe(g, identifier) } else { None };
    protocol.filter(|protocol| *protocol != RouteProtocol::Number(18))
}

fn route(g: &mut Gen) -> Route {
    let family = pick(g, &[Family::V4, Family::V6]);
    let v6 = family == Family::V6;
    let no_track = bool::arbitrary(g);
    let many = below(g, 4) == 0;
    Route {
        kind: RouteKind::ALL[below(g, RouteKind::ALL.len())].1,
        from: if v6 { maybe(g, |g| prefix(g, family)) } else { None },
        source: maybe(g, |g| ip(g, family)),
        via: if many { None } else { maybe(g, |g| ip(g, family)) },
        device: maybe(g, interface),
        onlink: bool::arbitrary(g),
        tos: maybe(g, identifier),
        table: if bool::arbitrary(g) { RouteTable::Table(identifier(g)) } else { RouteTable::Vrf(interface(g)) },
        protocol: protocol(g, no_track),
        scope: maybe(g, identifier),
        metric: maybe(g, u32::arbitrary),
        realms: if v6 { None } else { maybe(g, realms) },
        metrics: metrics(g),
        preference: if v6 {
            maybe(g, |g| pick(g, &[RouterPreference::Low, RouterPreference::Medium, RouterPreference::High]))
        } else {
            None
        },
        expires: if v6 { maybe(g, u32::arbitrary) } else { None },
        ttl_propagate: maybe(g, bool::arbitrary),
        encap: maybe(g, encap),
        nexthops: if many { (0..1 + below(g, 3)).map(|_| nexthop(g, family)).collect() } else { Vec::new() },
        placement: pick(g, &[Placement::Prepend, Placement::Add, Placement::Append]),
        no_track,
        ..Route::new(prefix(g, family))
    }
}

fn ports(g: &mut Gen) -> PortRange {
    let (a, b) = (u16::arbitrary(g).max(1), u16::arbitrary(g).max(1));
    PortRange { first: a.min(b), last: a.max(b) }
}

fn rule(g: &mut Gen) -> Rule {
    let family = pick(g, &[Family::V4, Family::V6]);
    let priority = u32::arbitrary(g) / 2;
    let action = match below(g, 7) {
        0 | 1 => RuleAction::Table(match identifier(g) {
            Table::Number(0) => Table::Number(1),
            table => table,
        }),
        2 => RuleAction::L3mdev,
        3 => RuleAction::Goto(priority + 1 + u32::arbitrary(g) / 4),
        4 => RuleAction::Nop,
        5 => RuleAction::Prohibit,
        _ => pick(g, &[RuleAction::Blackhole, RuleAction::Unreachable]),
    };
    let searches = matches!(action, RuleAction::Table(_) | RuleAction::L3mdev);
    let no_track = bool::arbitrary(g);
    let narrow = |g: &mut Gen| maybe(g, |g| prefix(g, family)).filter(|prefix| prefix.length > 0);
    let users = (u32::arbitrary(g), u32::arbitrary(g));
    Rule {
        not: bool::arbitrary(g),
        from: narrow(g),
        to: narrow(g),
        tos: maybe(g, identifier),
        fwmark: maybe(g, |g| {
            let mask = maybe(g, u32::arbitrary);
            Fwmark { mark: u32::arbitrary(g) & mask.unwrap_or(u32::MAX), mask }
        }),
        iif: maybe(g, interface),
        oif: maybe(g, interface),
        tunnel_id: maybe(g, u64::arbitrary),
        uid_range: maybe(g, |_| (users.0.min(users.1), users.0.max(users.1))),
        ip_protocol: maybe(g, identifier),
        source_ports: maybe(g, ports),
        destination_ports: maybe(g, ports),
        realms: if searches && family == Family::V4 { maybe(g, realms) } else { None },
        suppress_prefixlength: if searches { maybe(g, |g| u32::arbitrary(g) / 2) } else { None },
        suppress_ifgroup: if searches { maybe(g, identifier) } else { None },
        protocol: protocol(g, no_track),
        no_track,
        ..Rule::new(family, priority, action)
    }
}

/// A line of words that mean something to iproute2, in any order.
#[derive(Clone, Debug)]
pub(super) struct Line(pub(super) String);

impl Arbitrary for Line {
    fn arbitrary(g: &mut Gen) -> Self {
        let values = [
            "10.0.0.0/8",
            "10.0.0.1",
            "10.0.0.9/24",
            "2001:db8::/32",
            "fe80::1",
            "default",
            "eth0",
            "100",
            "0x14",
            "lock",
            "1.5s",
            "300ms",
            "7",
            "blue",
            "-1",
            "0",
            "4294967296",
            "1-2",
            "2-1",
            "16/0xff",
            "100/200",
            "ip",
            "ip6",
            "mpls",
            "ila",
            "seg6",
            "ecn",
            "\"",
            "\"a b\"",
            "é",
            "1:2:3:4",
            "forever",
            "+",
            ",",
        ];
        use crate::config::keywords::{self, ADDRESS, ENCAP_IP, ENCAP_SEG6, NEXTHOP, ROUTE, RULE};
        let words: Vec<&str> = [ADDRESS, ROUTE, NEXTHOP, ENCAP_IP, ENCAP_SEG6, RULE]
            .into_iter()
            .flat_map(keywords::of)
            .map(|keyword| keyword.name)
            .collect();
        let line = (0..below(g, 12)).map(|_| if bool::arbitrary(g) { pick(g, &words) } else { pick(g, &values) });
        Line(line.collect::<Vec<_>>().join(" "))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let words: Vec<String> = self.0.split(' ').map(str::to_owned).collect();
        let without = (0..words.len()).map(move |at| {
            let mut words = words.clone();
            words.remove(at);
            Line(words.join(" "))
        });
        if self.0.is_empty() { Box::new(core::iter::empty()) } else { Box::new(without) }
    }
}
