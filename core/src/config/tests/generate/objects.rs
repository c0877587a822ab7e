//! What can be tracked, and groups of interfaces.

use super::{below, interface, ip, maybe, pick, script, unique, word};
use crate::config::model::*;
use crate::net::{Family, Name};
use core::net::IpAddr;
use core::time::Duration;
use quickcheck::{Arbitrary, Gen};
use std::collections::BTreeSet;

fn weight(g: &mut Gen) -> Weight {
    Weight { value: i16::arbitrary(g) % 254, reverse: bool::arbitrary(g) }
}

fn micros(g: &mut Gen, least: usize, most: usize) -> Duration {
    Duration::from_micros((least + below(g, most - least + 1)) as u64)
}

fn many<T>(g: &mut Gen, make: impl Fn(&mut Gen, Name) -> T) -> Vec<T> {
    let mut names = BTreeSet::new();
    (0..below(g, 4))
        .map(|_| {
            let name = unique(g, &mut names);
            make(g, name)
        })
        .collect()
}

/// Adds objects of every kind.
pub(super) fn objects(g: &mut Gen, config: &mut Config) {
    config.scripts = many(g, |g, name| ScriptConfig {
        name,
        script: script(g),
        interval: micros(g, 1, 4_294_000_000),
        timeout: micros(g, 1, 4_294_000_000),
        weight: weight(g),
        rise: u32::arbitrary(g).max(2) >> 1,
        fall: u32::arbitrary(g).max(2) >> 1,
        init_fail: bool::arbitrary(g),
    });
    config.files = many(g, |g, name| FileConfig {
        name,
        path: word(g),
        weight: weight(g),
        init: maybe(g, |g| InitFile { value: i32::arbitrary(g), overwrite: bool::arbitrary(g) }),
    });
    config.processes = many(g, process);
    config.bfd = many(g, bfd);
    for (n, bfd) in config.bfd.iter_mut().enumerate() {
        // Each with an end of its own.
        bfd.multihop = n % 2 == 0;
    }
    config.bfd.truncate(2);
    config.garp_groups = (0..below(g, 3))
        .map(|n| {
            let interval = |g: &mut Gen| micros(g, 0, u32::MAX as usize);
            GarpGroup {
                garp_interval: Some(interval(g)),
                gna_interval: maybe(g, interval),
                interfaces: (0..1 + below(g, 3)).map(|m| format!("eth{n}.{m}")).collect(),
            }
        })
        .collect();
}

fn process(g: &mut Gen, name: Name) -> ProcessConfig {
    let command: Vec<String> = (0..1 + below(g, 3)).map(|_| word(g)).collect();
    let kinds = [ParamMatch::Exact, ParamMatch::Initial, ParamMatch::Partial];
    let arguments = if command.len() > 1 { Some(pick(g, &kinds)) } else { maybe(g, |g| pick(g, &kinds)) };
    let (a, b) = (u16::arbitrary(g), u16::arbitrary(g));
    let quorum_max = maybe(g, |_| a.max(b));
    let quorum = if quorum_max == Some(0) { 0 } else { a.min(b).max(1) };
    ProcessConfig {
        name,
        full_command: arguments.is_some() || bool::arbitrary(g),
        command,
        arguments,
        weight: weight(g),
        quorum,
        quorum_max,
        fork_delay: maybe(g, |g| micros(g, 1, 3_600_000_000)).unwrap_or_default(),
        terminate_delay: maybe(g, |g| micros(g, 1, 3_600_000_000)).unwrap_or_default(),
    }
}

fn bfd(g: &mut Gen, name: Name) -> BfdConfig {
    let family = pick(g, &[Family::V4, Family::V6]);
    let most = u32::MAX as usize / 1000 * 1000;
    let ttl = maybe(g, |g| u8::arbitrary(g).max(1));
    let hops = i16::from(ttl.unwrap_or(64).min(if family == Family::V6 { 64 } else { 255 }));
    let sure = |ip: IpAddr| if ip.is_unspecified() { family.vrrp_group() } else { ip };
    BfdConfig {
        name,
        neighbor: sure(ip(g, family)),
        source: maybe(g, |g| ip(g, family)),
        min_rx: micros(g, 1000, most),
        min_tx: micros(g, 1000, most),
        idle_tx: micros(g, 1_000_000, most),
        multiplier: u8::arbitrary(g).max(1),
        passive: bool::arbitrary(g),
        ttl,
        max_hops: below(g, hops as usize + 2) as i16 - 1,
        multihop: false,
        weight: weight(g),
        vrrp: bool::arbitrary(g),
        checker: bool::arbitrary(g),
    }
}

/// Some of what there is.
pub(super) fn tracking(g: &mut Gen, config: &Config) -> Tracking {
    let mut some = |names: Vec<&Name>| -> Vec<Track> {
        let mut out = Vec::new();
        for name in names {
            if bool::arbitrary(g) {
                out.push(Track { name: name.clone(), weight: weight(g) });
            }
        }
        out
    };
    Tracking {
        scripts: some(config.scripts.iter().map(|c| &c.name).collect()),
        files: some(config.files.iter().map(|c| &c.name).collect()),
        processes: some(config.processes.iter().map(|c| &c.name).collect()),
        bfd: some(config.bfd.iter().filter(|c| c.vrrp || !c.checker).map(|c| &c.name).collect()),
    }
}

/// Takes the weights away.
pub(super) fn weightless(tracking: &mut Tracking) {
    let Tracking { scripts, files, processes, bfd } = tracking;
    for track in scripts.iter_mut().chain(files).chain(processes).chain(bfd) {
        track.weight.value = 0;
    }
}

/// The name of an interface that is nobody else's.
pub(super) fn own_interface(g: &mut Gen, n: usize) -> Option<String> {
    maybe(g, |g| format!("{}{n}", &interface(g).chars().take(3).collect::<String>()))
}
