//! Law 5: each entry into MASTER announces every address, and an address is announced only by a MASTER whose kernel has
//! acknowledged it.

use super::{Invariant, Seen, View, interest};
use core::net::IpAddr;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::event::Event;
use keepalived_core::vrrp::State;
use std::collections::{BTreeMap, BTreeSet};

/// A link's slot and an address.
type Place = (usize, IpAddr);

#[derive(Default)]
struct Node {
    present: BTreeMap<Place, Time>,
    gone: BTreeMap<Place, Time>,
    /// For each instance that is MASTER: since when, and what it has not announced yet.
    reigns: BTreeMap<usize, (Time, BTreeSet<Place>)>,
    /// Until when it may listen in silence because it had stalled.
    unsure: Time,
}

/// See the module.
#[derive(Default)]
pub(super) struct Announces {
    nodes: Vec<Node>,
}

impl Node {
    fn follow(&mut self, view: &View<'_>, node: usize) {
        let kernel = &view.bodies[node].kernel;
        let mut present = BTreeMap::new();
        for address in &kernel.addresses {
            if let Some(slot) = kernel.slot(address.index) {
                let place = (slot, address.ip);
                present.insert(place, self.present.get(&place).copied().unwrap_or(view.now));
            }
        }
        for place in self.present.keys().filter(|place| !present.contains_key(*place)) {
            self.gone.insert(*place, view.now);
        }
        self.present = present;
    }

    /// Complains about an address that has been there for long enough and was never announced in this reign.
    fn overdue(&self, view: &View<'_>, node: usize, instance: usize) -> Result<(), String> {
        let Some((since, todo)) = self.reigns.get(&instance) else { return Ok(()) };
        let body = &view.bodies[node];
        if !body.is_awake() {
            return Ok(());
        }
        let config = body.instance_config(instance);
        let spacing = config.map(|c| c.garp.interval.max(c.garp.gna_interval)).unwrap_or_default();
        let spread = spacing * 2 * (body.instances.len() * 4 * 15) as u32;
        for place in todo {
            let Some(there) = self.present.get(place) else { continue };
            let from = (*since).max(*there).max(body.excused_until).max(body.awake_since);
            let from = from.max(self.unsure);
            if body.kernel.links[place.0].is_usable() && view.now.since(from) > view.patience(node) + spread {
                let who = view.label(node, instance);
                return Err(format!(
                    "{who} is MASTER since {since}, has {} since {there} and never announced it",
                    place.1
                ));
            }
        }
        Ok(())
    }
}

impl Invariant for Announces {
    fn name(&self) -> &'static str {
        "announces"
    }

    fn interests(&self) -> u16 {
        interest::ANNOUNCED | interest::TOLD | interest::CHANGED | interest::ACTED | interest::INSPECT
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        self.nodes.resize_with(view.bodies.len(), Node::default);
        match *seen {
            Seen::Announced { node, slot, ip } => {
                let Some(ip) = ip else { return Err(format!("node {node} sent an announcement that is none")) };
                let body = &view.bodies[node];
                let place = (slot, ip);
                let holder = (0..body.instances.len()).find(|&at| body.addresses(at).any(|a| a == place));
                match holder {
                    Some(at) if body.instances[at].state == State::Master => {
                        if let Some((_, todo)) = self.nodes[node].reigns.get_mut(&at) {
                            todo.remove(&place);
                        }
                    }
                    Some(at) => {
                        let state = body.instances[at].state;
                        return Err(format!("{} announced {ip} while {state}", view.label(node, at)));
                    }
                    None => return Err(format!("node {node} announced {ip}, which no instance has there")),
                }
                let lately = self.nodes[node].gone.get(&place).is_some_and(|at| {
                    view.now.since((*at).max(body.awake_since).max(body.excused_until)) <= view.patience(node)
                });
                if !body.kernel.has(slot, ip) && !lately {
                    return Err(format!("node {node} announced {ip}, which its kernel has not"));
                }
            }
            Seen::Told { node, event: Event::State { instance, from, to, .. } } => {
                let body = &view.bodies[node];
                let Some(at) = body.instance(instance) else { return Ok(()) };
                if *from == State::Master {
                    self.nodes[node].overdue(view, node, at)?;
                    self.nodes[node].reigns.remove(&at);
                }
                if *to == State::Master {
                    self.nodes[node].reigns.insert(at, (view.now, body.addresses(at).collect()));
                }
            }
            Seen::Told { node, event: Event::Stalled { .. } } => {
                self.nodes[node].unsure = view.now + view.scenario.beat() * 2 + Duration::from_secs(1);
            }
            Seen::Changed { node } => self.nodes[node].follow(view, node),
            Seen::Acted(_) => {
                for (node, body) in view.bodies.iter().enumerate() {
                    let state = &mut self.nodes[node];
                    state.reigns.retain(|at, _| body.instances.get(*at).is_some_and(|i| i.state == State::Master));
                    state.follow(view, node);
                }
            }
            Seen::Inspect => {
                for (node, state) in self.nodes.iter().enumerate() {
                    for at in state.reigns.keys() {
                        state.overdue(view, node, *at)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
