//! A scenario drawn from a seed.

use super::{LinkPlan, NodeId, NodePlan, RouterPlan, Scenario, instance, nth_address};
use crate::fault;
use crate::rng::Rng;
use crate::segment::Weather;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::config::model::{
    AuthPass, Config, InitialState, InstanceConfig, NotifyScripts, Script, SyncGroupConfig, TrackInterface, Transport,
    UnicastPeer,
};
use keepalived_core::net::{AdvertInterval, Family, Priority, Version, Vrid};
use std::sync::Arc;

/// Advert intervals that go together, in hundredths of a second.
const INTERVALS: [&[u16]; 7] = [&[1, 2, 5], &[10, 25, 50], &[100], &[100], &[100, 200], &[100, 300], &[4, 13, 37]];

/// What all instances of a scenario have in common.
struct Mood {
    /// Intervals to choose from, in hundredths of a second.
    intervals: &'static [u16],
    priorities: Priorities,
    preemption: Preemption,
    grouped: bool,
}

#[derive(Clone, Copy)]
enum Priorities {
    Distinct,
    Equal,
    Mixed,
    WithOwner,
}

#[derive(Clone, Copy)]
enum Preemption {
    Always,
    Never,
    Delayed,
    Mixed,
}

impl Scenario {
    /// The scenario of a seed, faults and all.
    #[must_use]
    pub fn random(seed: u64) -> Scenario {
        let mut rng = Rng::new(seed);
        let grouped = rng.chance(250_000);
        let mut scenario = topology(seed, grouped, &mut rng);
        let mood = Mood {
            intervals: INTERVALS[rng.index(INTERVALS.len())],
            priorities: *rng.pick(&[Priorities::Distinct, Priorities::Equal, Priorities::Mixed, Priorities::WithOwner]),
            preemption: *rng.pick(&[Preemption::Always, Preemption::Never, Preemption::Delayed, Preemption::Mixed]),
            grouped,
        };
        let mut traits = Traits::draw(&scenario, &mood, &mut rng);
        let count = if mood.grouped { scenario.segments.len() as u64 } else { rng.range(1, 4) };
        for at in 0..count {
            // A sync group has one virtual router on every segment.
            let segment = if mood.grouped { at as usize } else { rng.index(scenario.segments.len()) };
            add_router(&mut scenario, segment, &mood, &mut traits, &mut rng);
        }
        if mood.grouped {
            scenario = scenario.grouped("G1");
        }
        others(&mut scenario, &mut rng);
        let beat = scenario.beat();
        let spread = beat * *rng.pick(&[0, 1, 5]);
        for node in &mut scenario.nodes {
            node.start = Time::ZERO + rng.duration(Duration::ZERO, spread);
        }
        scenario.timeout_first = rng.chance(500_000);
        scenario.calm = Time::ZERO + beat * rng.range(20, 120) as u32;
        scenario.schedule = fault::swarm(&scenario, scenario.calm, &mut rng);
        scenario
    }
}

/// The members of a sync group must all be able to meet their peers, so a node of a grouped scenario is on all segments.
fn topology(seed: u64, grouped: bool, rng: &mut Rng) -> Scenario {
    let segments = if grouped { *rng.pick(&[2, 2, 3]) } else { *rng.pick(&[1, 1, 1, 2, 2, 3, 4]) };
    let count = *rng.pick(&[2, 2, 2, 3, 3, 4, 5, 7]);
    let mut hosts: Vec<u8> = (1..=count).collect();
    for at in (1..hosts.len()).rev() {
        hosts.swap(at, rng.index(at + 1));
    }
    let nodes = hosts
        .iter()
        .map(|&host| {
            let connected: Vec<usize> = (0..segments).filter(|&s| s == 0 || grouped || rng.chance(850_000)).collect();
            let mut node = NodePlan::new(host, &connected);
            node.drift = if rng.chance(500_000) { rng.range(0, 400) as i32 - 200 } else { 0 };
            node.offset = Duration::from_nanos(rng.below(1_000_000_000_000_000));
            node.knows_proto = rng.chance(800_000);
            node
        })
        .collect();
    let delay = Duration::from_micros(rng.range(5, 500));
    Scenario {
        seed,
        segments: vec![Weather::calm(delay); segments],
        nodes,
        routers: Vec::new(),
        schedule: Vec::new(),
        calm: Time::ZERO,
        timeout_first: false,
    }
}

/// What a node's instances have in common where they are bound into a group, or differ in where they are not.
struct Traits {
    shared: Option<Vec<NodeTraits>>,
    vrid: u8,
    startup_delay: Duration,
}

#[derive(Clone, Copy)]
struct NodeTraits {
    priority: u8,
    preempt: bool,
    delay: bool,
    initial: InitialState,
    interval: u16,
    version: Version,
}

impl Traits {
    fn draw(scenario: &Scenario, mood: &Mood, rng: &mut Rng) -> Traits {
        let shared = mood.grouped.then(|| node_traits(scenario.nodes.len(), mood, rng));
        let startup_delay =
            if rng.chance(100_000) { Duration::from_millis(rng.range(1, 3000)) } else { Duration::ZERO };
        Traits { shared, vrid: 0, startup_delay }
    }
}

fn node_traits(nodes: usize, mood: &Mood, rng: &mut Rng) -> Vec<NodeTraits> {
    let mut interval = *rng.pick(mood.intervals);
    let version = if interval.is_multiple_of(100) && rng.chance(400_000) { Version::V2 } else { Version::V3 };
    let base = rng.range(1, 254) as u8;
    let step = rng.range(1, 30) as u8;
    let owner = rng.index(nodes);
    // In version 3 a backup follows the master's interval, so they may differ.
    let mixed = version == Version::V3 && rng.chance(100_000);
    (0..nodes)
        .map(|at| {
            if mixed {
                interval = *rng.pick(mood.intervals);
            }
            let priority = match mood.priorities {
                Priorities::Equal => base,
                Priorities::Mixed => *rng.pick(&[base, 1, 100, 254]),
                Priorities::WithOwner if at == owner => 255,
                _ => 1 + ((u32::from(base) + at as u32 * u32::from(step)) % 254) as u8,
            };
            let (preempt, delay) = match mood.preemption {
                Preemption::Always => (true, false),
                Preemption::Never => (false, false),
                Preemption::Delayed => (true, true),
                Preemption::Mixed => (rng.chance(500_000), rng.chance(300_000)),
            };
            let preempt = preempt || priority == 255;
            NodeTraits {
                priority,
                preempt,
                delay: delay && preempt && priority < 255,
                initial: if preempt && !delay && rng.chance(300_000) {
                    InitialState::Master
                } else {
                    InitialState::Backup
                },
                interval,
                version,
            }
        })
        .collect()
}

fn add_router(scenario: &mut Scenario, segment: usize, mood: &Mood, traits: &mut Traits, rng: &mut Rng) {
    traits.vrid += 1;
    let Some(vrid) = Vrid::new(traits.vrid) else { return };
    let nodes = traits.shared.clone().unwrap_or_else(|| node_traits(scenario.nodes.len(), mood, rng));
    let version = nodes[0].version;
    let family = if version == Version::V3 && rng.chance(400_000) { Family::V6 } else { Family::V4 };
    let name = format!("V{}", scenario.routers.len() + 1);
    let addresses: Vec<_> = (0..*rng.pick(&[1, 1, 2, 3])).map(|nth| nth_address(segment, family, vrid, nth)).collect();
    let excluded = if rng.chance(200_000) { vec![nth_address(segment, family, vrid, 9)] } else { Vec::new() };
    let unicast = rng.chance(250_000);
    let auth = (version == Version::V2 && rng.chance(400_000)).then_some(AuthPass(*b"secret\0\0"));
    let scripts = rng.chance(300_000);
    let delay = Duration::from_millis(u64::from(nodes[0].interval) * 10) * rng.range(1, 10) as u32;
    let lower_silent = rng.chance(200_000);
    // It decided about a keyword that has no effect; known seeds keep their histories.
    rng.chance(200_000);
    let refresh = if rng.chance(200_000) { Duration::from_millis(rng.range(100, 5000)) } else { Duration::ZERO };
    let garp_interval = if rng.chance(150_000) { Duration::from_millis(rng.range(1, 20)) } else { Duration::ZERO };
    let repeat = rng.range(1, 5) as u32;
    let odd_checksum = rng.chance(150_000);
    let own_source = rng.chance(150_000);
    let elsewhere = rng.chance(100_000);
    let members: Vec<NodeId> = (0..scenario.nodes.len())
        .filter(|&n| scenario.nodes[n].links.iter().any(|l| l.segment == segment))
        .map(|n| n as NodeId)
        .collect();
    let homes: Vec<_> = members.iter().filter_map(|&n| scenario.nodes[usize::from(n)].home(segment, family)).collect();
    for (&member, own) in members.iter().zip(&homes) {
        let node = &mut scenario.nodes[usize::from(member)];
        let traits_here = nodes[usize::from(member)];
        let Some(link) = node.links.iter().find(|l| l.segment == segment) else { continue };
        let mut made = instance(&name, &link.name, family, vrid, addresses.clone());
        made.excluded.clone_from(&excluded);
        made.version = version;
        made.advert_interval = AdvertInterval::from_centis(traits_here.interval).unwrap_or(AdvertInterval::DEFAULT);
        made.priority = Priority(traits_here.priority);
        made.preempt = traits_here.preempt;
        made.preempt_delay = if traits_here.delay { delay } else { Duration::ZERO };
        made.state = traits_here.initial;
        made.auth = auth;
        made.lower_prio_no_advert = lower_silent;
        made.garp.repeat = repeat;
        made.garp.refresh = refresh;
        made.garp.interval = garp_interval;
        made.garp.gna_interval = garp_interval;
        made.v3_checksum_pseudo_header = !odd_checksum || rng.chance(500_000);
        made.source = own_source.then_some(*own);
        made.skip_check_adv_addr = rng.chance(200_000);
        made.transport = if unicast && homes.len() > 1 {
            let peers = homes.iter().filter(|ip| *ip != own).map(|&ip| UnicastPeer { ip, min_ttl: 255, max_ttl: 255 });
            Transport::Unicast { peers: peers.collect(), ttl: 255 }
        } else {
            Transport::Multicast { group: family.vrrp_group() }
        };
        if scripts {
            made.notify = all_scripts().into();
        }
        track(&mut made, &node.links, mood.grouped, rng);
        if elsewhere && let Some(address) = made.addresses.last_mut() {
            address.device = Some(rng.pick(&node.links).name.clone());
        }
        let config = Arc::make_mut(&mut node.config);
        config.global.startup_delay = traits.startup_delay;
        config.instances.push(made);
    }
    scenario.routers.push(RouterPlan { name, segment, family, vrid, members });
}

/// Another link is tracked, as a fault or with a weight. The members of a group keep one priority.
fn track(made: &mut InstanceConfig, links: &[LinkPlan], grouped: bool, rng: &mut Rng) {
    if links.len() < 2 || !rng.chance(200_000) {
        return;
    }
    let link = rng.pick(links);
    if link.name != made.interface {
        let weight = if grouped || rng.chance(300_000) { 0 } else { rng.range(0, 120) as i16 - 60 };
        made.track_interfaces.push(TrackInterface { name: link.name.clone(), weight, reverse: false });
    }
}

fn all_scripts() -> NotifyScripts {
    let script = |state: &str| Some(Box::new(Script::new(["/bin/notify", state])));
    NotifyScripts {
        master: script("master"),
        backup: script("backup"),
        fault: script("fault"),
        stop: script("stop"),
        any: script("any"),
        ..NotifyScripts::default()
    }
}

/// The configurations that nodes may be reloaded with: the same virtual routers, changed here and there.
fn others(scenario: &mut Scenario, rng: &mut Rng) {
    let more_addresses = rng.chance(300_000);
    let fewer_addresses = rng.chance(300_000);
    let new_priorities = rng.chance(500_000);
    let ungroup = rng.chance(200_000);
    let new_vrids = rng.chance(100_000);
    let grouped = scenario.nodes.iter().any(|node| !node.config.sync_groups.is_empty());
    let drop_last = !grouped && rng.chance(100_000);
    let routers: Vec<(String, usize, Family, Vrid)> =
        scenario.routers.iter().map(|r| (r.name.clone(), r.segment, r.family, r.vrid)).collect();
    for node in &mut scenario.nodes {
        let mut other = Config::clone(&node.config);
        let shift = rng.below(50) as u8;
        for made in &mut other.instances {
            let Some((_, segment, family, vrid)) = routers.iter().find(|r| *r.0 == *made.name) else { continue };
            if more_addresses {
                made.addresses.push(nth_address(*segment, *family, *vrid, 7));
            }
            if fewer_addresses && made.addresses.len() > 1 {
                made.addresses.remove(0);
            }
            if new_priorities && made.priority < Priority::OWNER {
                made.priority = Priority(1 + ((u32::from(made.priority.0) + u32::from(shift)) % 254) as u8);
            }
        }
        if new_vrids {
            for made in &mut other.instances {
                made.vrid = Vrid::new(made.vrid.get() + 100).unwrap_or(made.vrid);
            }
        }
        if drop_last && other.instances.last().is_some_and(|made| routers.last().is_some_and(|r| *r.0 == *made.name)) {
            other.instances.pop();
        }
        if ungroup {
            other.sync_groups = Vec::<SyncGroupConfig>::new();
        }
        node.other = Arc::new(other);
    }
}
