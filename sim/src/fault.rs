//! What can go wrong, and a schedule of it drawn from a seed.

use crate::rng::Rng;
use crate::scenario::{NodeId, Scenario};
use core::time::Duration;
use keepalived_core::Time;

/// One thing done to the world from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Packets on a segment are lost, this many in a million.
    Loss(usize, u32),
    /// Packets on a segment take this much longer, and up to so much more by chance.
    Delay(usize, Duration, Duration),
    /// Packets on a segment arrive twice, this many in a million.
    Duplicate(usize, u32),
    /// Packets on a segment overtake each other, this many in a million.
    Reorder(usize, u32),
    /// A segment falls into two: ports whose bits are set, and the others.
    Partition(usize, u32),
    /// A segment is whole again, and nobody is deaf or mute.
    Heal(usize),
    /// A node hears nothing on a segment (or hears again).
    Deaf(usize, NodeId, bool),
    /// A node is not heard on a segment (or is again).
    Mute(usize, NodeId, bool),
    /// Random bytes as a packet of protocol 112 on a segment, from a stranger.
    Garbage(usize),
    /// The daemon starts, unless it runs. While it is stopping it is killed first.
    Start(NodeId),
    /// The daemon is killed: what it has put into the kernel stays there.
    Crash(NodeId),
    /// The machine loses power.
    PowerOff(NodeId),
    /// The daemon is told to stop.
    Stop(NodeId),
    /// The process is stopped.
    Pause(NodeId),
    /// The machine is suspended, clock and all.
    Freeze(NodeId),
    /// The machine sleeps; its clock runs on.
    Sleep(NodeId),
    /// The end of any of these.
    Resume(NodeId),
    /// Timeouts are late by up to so much.
    Late(NodeId, Duration),
    /// Kernel commands take between this and that.
    KernelSpeed(NodeId, Duration, Duration),
    /// Kernel commands fail, this many in a million.
    KernelErrors(NodeId, u32),
    /// Sockets cannot be opened, this many in a million.
    SocketErrors(NodeId, u32),
    /// Sends fail, this many in a million.
    SendErrors(NodeId, u32),
    /// Somebody deletes a virtual address that the node holds; which one, by number.
    DeleteAddress(NodeId, u32),
    /// The monitor loses what it had not told yet and reads everything afresh.
    Overrun(NodeId),
    /// The cable of a link, by slot, goes out or in.
    Carrier(NodeId, usize, bool),
    /// Somebody switches a link off or on.
    Admin(NodeId, usize, bool),
    /// Somebody deletes a link.
    DeleteLink(NodeId, usize),
    /// Somebody makes it again.
    RecreateLink(NodeId, usize),
    /// Somebody renames a link away, or back.
    Rename(NodeId, usize, bool),
    /// Somebody removes the machine's own addresses from a link, or puts them back.
    Home(NodeId, usize, bool),
    /// The daemon reads its configuration: the first or the other one.
    Reload(NodeId, bool),
    /// The daemon reads the configuration that it has.
    ReloadSame(NodeId),
    /// The engine is saved, dropped and restored.
    RoundTrip(NodeId),
    /// The engine is called without reason.
    Nudge(NodeId),
    /// All faults end.
    Calm,
}

/// A kind of fault that a swarm can enable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`Action::Loss`]
    Loss,
    /// [`Action::Delay`]
    Delay,
    /// [`Action::Duplicate`]
    Duplicate,
    /// [`Action::Reorder`]
    Reorder,
    /// [`Action::Partition`]
    Partition,
    /// [`Action::Deaf`]
    Deaf,
    /// [`Action::Mute`]
    Mute,
    /// [`Action::Garbage`]
    Garbage,
    /// [`Action::Crash`]
    Crash,
    /// [`Action::PowerOff`]
    PowerOff,
    /// [`Action::Stop`]
    Stop,
    /// [`Action::Pause`]
    Pause,
    /// [`Action::Freeze`]
    Freeze,
    /// [`Action::Sleep`]
    Sleep,
    /// [`Action::Late`]
    Late,
    /// [`Action::KernelSpeed`]
    SlowKernel,
    /// [`Action::KernelErrors`]
    KernelErrors,
    /// [`Action::SocketErrors`]
    SocketErrors,
    /// [`Action::SendErrors`]
    SendErrors,
    /// [`Action::DeleteAddress`]
    DeleteAddress,
    /// [`Action::Overrun`]
    Overrun,
    /// [`Action::Carrier`]
    Carrier,
    /// [`Action::Admin`]
    Admin,
    /// [`Action::DeleteLink`]
    DeleteLink,
    /// [`Action::Rename`]
    Rename,
    /// [`Action::Home`]
    Home,
    /// [`Action::Reload`]
    Reload,
    /// [`Action::ReloadSame`]
    ReloadSame,
    /// [`Action::RoundTrip`]
    RoundTrip,
    /// [`Action::Nudge`]
    Nudge,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 30] = [
        Kind::Loss,
        Kind::Delay,
        Kind::Duplicate,
        Kind::Reorder,
        Kind::Partition,
        Kind::Deaf,
        Kind::Mute,
        Kind::Garbage,
        Kind::Crash,
        Kind::PowerOff,
        Kind::Stop,
        Kind::Pause,
        Kind::Freeze,
        Kind::Sleep,
        Kind::Late,
        Kind::SlowKernel,
        Kind::KernelErrors,
        Kind::SocketErrors,
        Kind::SendErrors,
        Kind::DeleteAddress,
        Kind::Overrun,
        Kind::Carrier,
        Kind::Admin,
        Kind::DeleteLink,
        Kind::Rename,
        Kind::Home,
        Kind::Reload,
        Kind::ReloadSame,
        Kind::RoundTrip,
        Kind::Nudge,
    ];
}

/// Draws a schedule for `scenario` up to `end`. Each kind of fault is enabled or not, by chance, with a rate by chance.
#[must_use]
pub fn swarm(scenario: &Scenario, end: Time, rng: &mut Rng) -> Vec<(Time, Action)> {
    let enabled = match rng.below(10) {
        0 => 0,
        1 | 2 => 80_000,
        3..=7 => 250_000,
        _ => 600_000,
    };
    let beat = scenario.beat();
    let mut schedule = Vec::new();
    for kind in Kind::ALL {
        let mut rng = rng.fork(kind as u64);
        if !rng.chance(enabled) {
            continue;
        }
        let pace = beat * rng.range(3, 60) as u32;
        let longest = beat * *rng.pick(&[1, 3, 6, 12]);
        let mut at = Time::ZERO;
        loop {
            at = at + rng.duration(Duration::ZERO, pace * 2);
            if at >= end {
                break;
            }
            let until = at + rng.duration(Duration::ZERO, longest);
            draw(kind, scenario, at, until, &mut rng, &mut schedule);
        }
    }
    schedule.retain(|(at, _)| *at < end);
    schedule.sort_by_key(|(at, _)| *at);
    schedule
}

/// One fault of `kind` from `at` to `until`.
fn draw(kind: Kind, scenario: &Scenario, at: Time, until: Time, rng: &mut Rng, plan: &mut Vec<(Time, Action)>) {
    let segment = rng.index(scenario.segments.len());
    let node = rng.index(scenario.nodes.len()) as NodeId;
    let slot = rng.index(scenario.nodes[usize::from(node)].links.len());
    let beat = scenario.beat();
    let ppm = *rng.pick(&[10_000, 100_000, 300_000, 700_000, 1_000_000]);
    let fair = scenario.segments[segment].delay;
    let mut during = |begin: Action, end: Action| plan.extend([(at, begin), (until, end)]);
    match kind {
        Kind::Loss => during(Action::Loss(segment, ppm), Action::Loss(segment, 0)),
        Kind::Delay => {
            let (delay, jitter) = (rng.duration(fair, beat / 2), rng.duration(Duration::ZERO, beat));
            during(Action::Delay(segment, delay, jitter), Action::Delay(segment, fair, Duration::ZERO));
        }
        Kind::Duplicate => during(Action::Duplicate(segment, ppm), Action::Duplicate(segment, 0)),
        Kind::Reorder => during(Action::Reorder(segment, ppm), Action::Reorder(segment, 0)),
        Kind::Partition => during(Action::Partition(segment, rng.next() as u32), Action::Heal(segment)),
        Kind::Deaf => during(Action::Deaf(segment, node, true), Action::Deaf(segment, node, false)),
        Kind::Mute => during(Action::Mute(segment, node, true), Action::Mute(segment, node, false)),
        Kind::Garbage => plan.extend([(at, Action::Garbage(segment)), (at, Action::Garbage(segment))]),
        Kind::Crash => during(Action::Crash(node), Action::Start(node)),
        Kind::PowerOff => during(Action::PowerOff(node), Action::Start(node)),
        Kind::Stop => during(Action::Stop(node), Action::Start(node)),
        Kind::Pause => during(Action::Pause(node), Action::Resume(node)),
        Kind::Freeze => during(Action::Freeze(node), Action::Resume(node)),
        Kind::Sleep => during(Action::Sleep(node), Action::Resume(node)),
        Kind::Late => {
            during(Action::Late(node, rng.duration(Duration::ZERO, beat)), Action::Late(node, Duration::ZERO));
        }
        Kind::SlowKernel => {
            let slow = rng.duration(Duration::from_micros(200), beat * 2);
            let fair = crate::kernel::Temper::FAIR;
            during(Action::KernelSpeed(node, fair.quick, slow), Action::KernelSpeed(node, fair.quick, fair.slow));
        }
        Kind::KernelErrors => during(Action::KernelErrors(node, ppm), Action::KernelErrors(node, 0)),
        Kind::SocketErrors => during(Action::SocketErrors(node, ppm), Action::SocketErrors(node, 0)),
        Kind::SendErrors => during(Action::SendErrors(node, ppm), Action::SendErrors(node, 0)),
        Kind::DeleteAddress => plan.push((at, Action::DeleteAddress(node, rng.next() as u32))),
        Kind::Overrun => plan.push((at, Action::Overrun(node))),
        Kind::Carrier => during(Action::Carrier(node, slot, false), Action::Carrier(node, slot, true)),
        Kind::Admin => during(Action::Admin(node, slot, false), Action::Admin(node, slot, true)),
        Kind::DeleteLink => during(Action::DeleteLink(node, slot), Action::RecreateLink(node, slot)),
        Kind::Rename => during(Action::Rename(node, slot, true), Action::Rename(node, slot, false)),
        Kind::Home => during(Action::Home(node, slot, false), Action::Home(node, slot, true)),
        Kind::Reload => plan.push((at, Action::Reload(node, rng.chance(500_000)))),
        Kind::ReloadSame => plan.push((at, Action::ReloadSame(node))),
        Kind::RoundTrip => plan.push((at, Action::RoundTrip(node))),
        Kind::Nudge => plan.push((at, Action::Nudge(node))),
    }
}
