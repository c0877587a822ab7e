//! A MASTER that is not hindered sends an advert in every interval, and unless it is provoked not more than one.

use super::{Invariant, SLACK, Seen, View, interest};
use crate::fault::Action;
use core::net::IpAddr;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::event::Event;
use keepalived_core::vrrp::State;

#[derive(Clone, Copy, Debug)]
struct Last {
    at: Time,
    to: IpAddr,
    /// The one before that in the same reign, where nothing provoked either.
    before: Option<Time>,
    provoked: bool,
    life: u32,
    /// What was configured then.
    interval: Duration,
}

#[derive(Default)]
struct Node {
    last: Vec<Option<Last>>,
    latest: Duration,
    stalled: Option<Time>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Cadence {
    nodes: Vec<Node>,
}

impl Cadence {
    /// The gap up to now must not be longer than an interval and what the clock and the scheduler add.
    fn check(&self, view: &View<'_>, node: usize, instance: usize) -> Result<(), String> {
        let body = &view.bodies[node];
        let Some(config) = body.instance_config(instance) else { return Ok(()) };
        let own = &self.nodes[node];
        let last = own.last.get(instance).copied().flatten().filter(|last| last.life == body.life);
        let from = last.map_or(Time::ZERO, |last| last.at).max(body.instances[instance].since).max(body.awake_since);
        // A reload may have shortened it since.
        let interval = config.advert_interval.duration().max(last.map_or(Duration::ZERO, |last| last.interval));
        let gap = view.now.since(from);
        // After a stall a master listens first, for an interval and the skew (up to a second in version 2).
        let listens = own.stalled.is_some_and(|at| at + interval * 2 + Duration::from_secs(1) >= from);
        let interval = if listens { interval * 2 + Duration::from_secs(1) } else { interval };
        if gap > interval + SLACK + interval / 1000 + own.latest * 2 {
            let who = view.label(node, instance);
            return Err(format!(
                "{who} is MASTER and sent no advert for {gap:?} (since {from}); its interval is {interval:?}"
            ));
        }
        Ok(())
    }
}

impl Invariant for Cadence {
    fn name(&self) -> &'static str {
        "cadence"
    }

    fn interests(&self) -> u16 {
        interest::ADVERT | interest::HEARD | interest::TOLD | interest::ACTED | interest::INSPECT
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        self.nodes.resize_with(view.bodies.len(), Node::default);
        match *seen {
            Seen::Advert { node, instance: Some(instance), transmit } => {
                if view.bodies[node].instances[instance].state != State::Master || transmit.payload.get(2) == Some(&0) {
                    return Ok(());
                }
                self.check(view, node, instance)?;
                let life = view.bodies[node].life;
                let own = &mut self.nodes[node];
                if own.last.len() <= instance {
                    own.last.resize(instance + 1, None);
                }
                let interval = view.bodies[node].instance_config(instance).map(|c| c.advert_interval.duration());
                let interval = interval.unwrap_or_default();
                let mut before = None;
                if let Some(last) = own.last[instance]
                    && last.to == transmit.destination
                    && !last.provoked
                    && last.life == life
                    && view.bodies[node].instances[instance].since < last.at
                {
                    before = Some(last.at);
                }
                // One that was late may be followed soon by one that is in time again, but by no third.
                if let (Some(_), Some(first)) = (before, own.last[instance].and_then(|last| last.before))
                    && let Some(config) = view.bodies[node].instance_config(instance)
                {
                    let (gap, interval) = (view.now.since(first), config.advert_interval.duration());
                    if gap + interval / 500 < interval {
                        let who = view.label(node, instance);
                        return Err(format!(
                            "{who} sent three adverts within {gap:?} unprovoked; its interval is {interval:?}"
                        ));
                    }
                }
                own.last[instance] =
                    Some(Last { at: view.now, to: transmit.destination, before, provoked: false, life, interval });
            }
            Seen::Heard { node, instance, .. } => {
                if let Some(Some(last)) = self.nodes[node].last.get_mut(instance) {
                    last.provoked = true;
                    last.before = None;
                }
            }
            Seen::Told { node, event: Event::State { instance, from: State::Master, .. } } => {
                // The facts already say when it left, so only what was sent counts here.
                if let Some(at) = view.bodies[node].instance(instance)
                    && let Some(last) = self.nodes[node].last.get_mut(at)
                {
                    *last = None;
                }
            }
            Seen::Told { node, event: Event::Stalled { .. } } => self.nodes[node].stalled = Some(view.now),
            Seen::Acted(action) => match action {
                Action::Late(node, most) => {
                    let own = &mut self.nodes[usize::from(node)];
                    own.latest = own.latest.max(most);
                }
                Action::Pause(node) | Action::Freeze(node) | Action::Sleep(node) | Action::Resume(node) => {
                    provoke(&mut self.nodes[usize::from(node)])
                }
                Action::Calm => self.nodes.iter_mut().for_each(provoke),
                _ => {}
            },
            Seen::Inspect => {
                for (node, body) in view.bodies.iter().enumerate().filter(|(_, body)| body.is_awake()) {
                    for at in (0..body.instances.len()).filter(|&at| body.instances[at].state == State::Master) {
                        self.check(view, node, at)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// After a pause an advert may come sooner.
fn provoke(node: &mut Node) {
    for last in node.last.iter_mut().flatten() {
        last.provoked = true;
        last.before = None;
    }
}
