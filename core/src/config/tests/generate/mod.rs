//! Configurations as the parser can make them, and files with random damage.

mod global;
mod objects;
mod vrrp;

use super::net_generate::address;
use crate::config::model::*;
use crate::net::{AdvertInterval, Family, Name, Priority, Version, Vrid};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use quickcheck::{Arbitrary, Gen};
use std::collections::BTreeSet;

/// A configuration that a text can say.
#[derive(Clone, Debug)]
pub(in crate::config) struct Sayable(pub(in crate::config) Config);

impl Arbitrary for Sayable {
    fn arbitrary(g: &mut Gen) -> Self {
        let garp = garp(g);
        let mut config = Config { global: global::global(g), daemon: global::daemon(g), ..Config::default() };
        objects::objects(g, &mut config);
        let mut names = BTreeSet::new();
        for n in 0..below(g, 6) {
            let name = unique(g, &mut names);
            let mut instance = instance(g, name, n as u8 + 1, garp);
            vrrp::extend(g, &mut instance, n, &config);
            if instance.priority == Priority::OWNER {
                // The weight that files have without being told.
                let files = instance.tracking.files.iter_mut();
                files.filter(|f| f.weight.value == 1).for_each(|f| f.weight.value = 0);
            }
            config.instances.push(instance);
        }
        global::sync_daemon(g, &mut config);
        let mut free: Vec<usize> = (0..config.instances.len()).collect();
        let mut names = BTreeSet::new();
        while !free.is_empty() && bool::arbitrary(g) {
            let count = 1 + below(g, free.len());
            let members: Vec<usize> = free.drain(..count.min(free.len())).collect();
            let mut group = SyncGroupConfig {
                name: unique(g, &mut names),
                members: members.iter().map(|m| config.instances[*m].name.clone()).collect(),
                track_interfaces: tracked(g, ""),
                notify: NotifyScripts { master_rx_lower_pri: None, ..notify(g) },
                tracking: objects::tracking(g, &config),
                weights: bool::arbitrary(g),
                smtp_alert: bool::arbitrary(g),
                notify_priority_changes: bool::arbitrary(g),
            };
            if members.iter().any(|m| config.instances[*m].priority == Priority::OWNER) {
                group.track_interfaces.iter_mut().for_each(|t| t.weight = 0);
                objects::weightless(&mut group.tracking);
            }
            if !group.weights {
                for member in members {
                    let member = &mut config.instances[member];
                    member.track_interfaces.iter_mut().for_each(|t| t.weight = 0);
                    let processes = std::mem::take(&mut member.tracking.processes);
                    objects::weightless(&mut member.tracking);
                    member.tracking.processes = processes;
                }
            }
            config.sync_groups.push(group);
        }
        Sayable(config)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let mut out = Vec::new();
        if self.0.global != Global::default() {
            let mut less = self.clone();
            less.0.global = Global::default();
            out.push(less);
        }
        if self.0.daemon != Daemon::default() {
            let mut less = self.clone();
            less.0.daemon = Daemon::default();
            out.push(less);
        }
        if self.0.sync_groups.is_empty() {
            for at in 0..self.0.instances.len() {
                let mut less = self.clone();
                less.0.instances.remove(at);
                out.push(less);
            }
        } else {
            let mut less = self.clone();
            less.0.sync_groups.pop();
            out.push(less);
        }
        Box::new(out.into_iter())
    }
}

pub(super) fn below(g: &mut Gen, n: usize) -> usize {
    usize::arbitrary(g) % n.max(1)
}

pub(super) fn pick<T: Clone>(g: &mut Gen, from: &[T]) -> T {
    from[below(g, from.len())].clone()
}

pub(super) fn maybe<T>(g: &mut Gen, make: impl FnOnce(&mut Gen) -> T) -> Option<T> {
    if bool::arbitrary(g) { Some(make(g)) } else { None }
}

/// A word with characters that mean something elsewhere, but no quote and no backslash at its end.
pub(super) fn word(g: &mut Gen) -> String {
    let odd = ['a', 'B', '7', '_', '-', '.', '#', '!', '{', '}', ' ', '\t', '\\', '$', '@', '~', '\'', 'é', '/', '='];
    let mut out: String = (0..1 + below(g, 8)).map(|_| pick(g, &odd)).collect();
    out.push(pick(g, &['x', '0', '}', ' ']));
    out
}

pub(super) fn unique(g: &mut Gen, names: &mut BTreeSet<String>) -> Name {
    loop {
        let name = word(g);
        if names.insert(name.clone()) {
            return Name::from(name.as_str());
        }
    }
}

pub(super) fn interface(g: &mut Gen) -> String {
    pick(g, &["eth0", "eth1.10", "bond0", "br-lan", "wg0", "include", "@odd", "$x", "a#b", "weight"]).to_owned()
}

pub(super) fn ip(g: &mut Gen, family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from(u32::arbitrary(g))),
        Family::V6 => IpAddr::V6(Ipv6Addr::from(u128::arbitrary(g))),
    }
}

pub(super) fn credentials(g: &mut Gen) -> Credentials {
    Credentials {
        user: pick(g, &["nobody", "1000", "keepalived_script", "www-data"]).to_owned(),
        group: maybe(g, |g| pick(g, &["nogroup", "100", "adm"]).to_owned()),
        supplementary: bool::arbitrary(g),
        ..Credentials::default()
    }
}

pub(super) fn script(g: &mut Gen) -> Script {
    let mut argv = vec![pick(g, &["/bin/true", "/etc/my script.sh", "notify", "/x'y\"z"]).to_owned()];
    let more = Vec::<String>::arbitrary(g);
    argv.extend(more.into_iter().take(3).map(|a| a.replace('\0', "")));
    Script { user: maybe(g, credentials), ..Script::new(argv) }
}

fn notify(g: &mut Gen) -> NotifyScripts {
    NotifyScripts {
        master: maybe(g, script).map(Box::new),
        backup: maybe(g, script).map(Box::new),
        fault: maybe(g, script).map(Box::new),
        stop: maybe(g, script).map(Box::new),
        any: maybe(g, script).map(Box::new),
        deleted: None,
        master_rx_lower_pri: maybe(g, script).map(Box::new),
    }
}

fn garp(g: &mut Gen) -> Garp {
    let seconds = |g: &mut Gen| Duration::from_secs(u64::from(u32::arbitrary(g)));
    let delay = |g: &mut Gen| Duration::from_secs(u64::from(u32::arbitrary(g) % 4295));
    Garp {
        delay: delay(g),
        repeat: u32::arbitrary(g).max(1),
        refresh: seconds(g),
        refresh_repeat: u32::arbitrary(g).max(1),
        lower_prio_delay: delay(g),
        lower_prio_repeat: u32::arbitrary(g) >> 1,
        interval: Duration::from_micros(u64::from(u32::arbitrary(g) % 4_000_000_000)),
        gna_interval: Duration::from_micros(u64::from(u32::arbitrary(g) % 4_000_000_000)),
    }
}

fn tracked(g: &mut Gen, own: &str) -> Vec<TrackInterface> {
    let mut names = BTreeSet::new();
    (0..below(g, 4))
        .map(|_| TrackInterface { name: interface(g), weight: i16::arbitrary(g) % 254, reverse: bool::arbitrary(g) })
        .filter(|t| t.name != own && names.insert(t.name.clone()))
        .collect()
}

fn transport(g: &mut Gen, family: Family) -> Transport {
    if bool::arbitrary(g) {
        let mut known = BTreeSet::new();
        let peers: Vec<UnicastPeer> = (0..1 + below(g, 3))
            .map(|_| {
                let (a, b) = (u8::arbitrary(g), u8::arbitrary(g));
                UnicastPeer { ip: ip(g, family), min_ttl: a.min(b), max_ttl: a.max(b) }
            })
            .filter(|peer| known.insert(peer.ip))
            .collect();
        return Transport::Unicast { peers, ttl: u8::arbitrary(g) };
    }
    let group = match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from(0xe000_0000 | u32::arbitrary(g) >> 4)),
        Family::V6 => IpAddr::V6(Ipv6Addr::from((0xff02_u128 << 112) | u128::arbitrary(g) >> 16)),
    };
    Transport::Multicast { group }
}

fn instance(g: &mut Gen, name: Name, vrid: u8, shared: Garp) -> InstanceConfig {
    let family = pick(g, &[Family::V4, Family::V6]);
    let version = if family == Family::V6 { Version::V3 } else { pick(g, &[Version::V2, Version::V3]) };
    let any = u8::arbitrary(g).max(1);
    let priority = Priority(pick(g, &[1, 100, 254, 255, any]));
    let state = pick(g, &[InitialState::Backup, InitialState::Master]);
    let eager = state == InitialState::Master || priority == Priority::OWNER;
    let preempt = eager || bool::arbitrary(g);
    let preempt_delay = if preempt && state == InitialState::Backup {
        Duration::from_micros(u64::from(u32::arbitrary(g)) % 1_000_000_000)
    } else {
        Duration::ZERO
    };
    let advert_interval = match version {
        Version::V2 => AdvertInterval::from_secs(u16::from(u8::arbitrary(g).max(1))),
        Version::V3 => AdvertInterval::from_centis(u16::arbitrary(g) % 4095 + 1),
    };
    let interface = interface(g);
    let mut known = BTreeSet::new();
    let mut fresh = |list: Vec<VirtualAddress>| -> Vec<VirtualAddress> {
        let place = |a: &VirtualAddress| (a.ip, a.device.clone().unwrap_or_else(|| interface.clone()));
        list.into_iter().filter(|a| known.insert(place(a))).collect()
    };
    let addresses = fresh((0..1 + below(g, 4)).map(|_| address(g, family)).collect());
    let excluded = (0..below(g, 3))
        .map(|_| {
            let family = pick(g, &[Family::V4, Family::V6]);
            address(g, family)
        })
        .collect();
    let excluded = fresh(excluded);
    let transport = transport(g, family);
    let source = maybe(g, |g| ip(g, family));
    let common = InstanceSettings {
        check_unicast_src: matches!(transport, Transport::Unicast { .. }) && bool::arbitrary(g),
        state,
        track_interfaces: tracked(g, &interface),
        interface,
        priority,
        advert_interval: advert_interval.expect("in range"),
        version,
        family,
        excluded,
        virtual_routes: Vec::new(),
        virtual_rules: Vec::new(),
        preempt,
        preempt_delay,
        source,
        transport,
        garp: Garp { interval: shared.interval, gna_interval: shared.gna_interval, ..garp(g) }.into(),
        track_primary: bool::arbitrary(g),
        auth: if version == Version::V2 { maybe(g, password) } else { None },
        skip_check_adv_addr: bool::arbitrary(g),
        lower_prio_no_advert: bool::arbitrary(g),
        v3_checksum_pseudo_header: bool::arbitrary(g),
        tracking: Shared::default(),
        link: Shared::default(),
        rules: Shared::default(),
        hmac: None,
    };
    let vrid = Vrid::new(vrid).expect("not zero");
    InstanceConfig { name, vrid, addresses, notify: notify(g).into(), common: common.into() }
}

fn password(g: &mut Gen) -> AuthPass {
    let mut bytes = [0; 8];
    let text = word(g);
    if text.len() <= 8 {
        bytes[..text.len()].copy_from_slice(text.as_bytes());
    }
    AuthPass(bytes)
}

/// A text made of words, marks and pieces that mean something, put together at random.
#[derive(Clone, Debug)]
pub(in crate::config) struct Scraps(pub(in crate::config) String);

impl Arbitrary for Scraps {
    fn arbitrary(g: &mut Gen) -> Self {
        let pieces = [
            "vrrp_instance",
            "VI_1",
            "{",
            "}",
            "\n",
            "\n",
            " ",
            " ",
            "\"",
            "#",
            "!",
            "\\",
            "interface eth0",
            "\r\n",
            "virtual_router_id 51",
            "virtual_ipaddress",
            "10.0.0.1/24",
            "fe80::1",
            "dev",
            "brd +",
            "label",
            "$X=",
            "${X}",
            "@id ",
            "include",
            "~SEQ(",
            "global_defs",
            "vrrp_sync_group",
            "group",
            "notify_master",
            "'a b'",
            "advert_int 0.5",
            "priority",
            "256",
            "-1",
            "authentication",
            "auth_pass",
            "unicast_peer",
            "min_ttl",
            "track_interface",
            "weight",
            "é",
            "\u{feff}",
            "\u{a0}",
            "\0",
            "\t",
            "preempt",
            "nopreempt",
            "version 3",
            "vrrp_script",
            "script /bin/true",
            "track_script",
            "track_file",
            "reverse",
            "use_vmac",
            "strict_mode",
            "auth_hmac",
            "key 1 ",
            "bfd_instance",
            "neighbor_ip",
            "garp_group",
            "interfaces",
            "umask",
            "lvs_sync_daemon",
        ];
        let text =
            (0..below(g, 120)).map(|_| if below(g, 20) == 0 { String::arbitrary(g) } else { pick(g, &pieces).into() });
        Scraps(text.collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Scraps))
    }
}
