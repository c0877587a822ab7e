//! Law 6: after a duel the survivor announces its addresses again. Seen from the network: when all is quiet, the last to
//! announce an address is its master, so that nobody's neighbour table points elsewhere.

use super::{Invariant, Seen, View, interest};
use crate::fault::Action;
use core::net::IpAddr;
use keepalived_core::Time;
use keepalived_core::event::{Event, Why};
use keepalived_core::vrrp::State;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
struct Last {
    node: usize,
    at: Time,
    /// Whoever announced it is gone, or gave way to a master that could not hear it, so that nobody can know.
    unknowable: bool,
}

/// See the module.
#[derive(Default)]
pub(super) struct LastWord {
    last: BTreeMap<IpAddr, Last>,
}

impl Invariant for LastWord {
    fn name(&self) -> &'static str {
        "last_word"
    }

    fn interests(&self) -> u16 {
        interest::ANNOUNCED | interest::TOLD | interest::ACTED | interest::INSPECT
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match *seen {
            Seen::Announced { node, ip: Some(ip), .. } => {
                self.last.insert(ip, Last { node, at: view.now, unknowable: false });
            }
            Seen::Told { node, event: Event::State { instance, from: State::Master, why, .. } } => {
                let body = &view.bodies[node];
                let Some(at) = body.instance(instance) else { return Ok(()) };
                let router = body.instances[at].router;
                // What travels slowly may arrive when nobody is there to hear it.
                let segment = &view.segments[view.scenario.routers[router].segment];
                let slow = segment.weather != segment.fair;
                let unheard = view.scenario.routers[router].members.iter().any(|&other| {
                    usize::from(other) != node
                        && view.bodies[usize::from(other)].state_of(router) == State::Master
                        && !(view.hears(router, body.id, other) && view.same_words(router, body.id, other))
                });
                // One that begins anew may have had another VRID, which those reloaded before it do not listen to.
                if unheard || slow || *why == Why::Reconfigured {
                    self.give_up(node);
                }
            }
            Seen::Acted(Action::Crash(node) | Action::PowerOff(node) | Action::Start(node)) => {
                self.give_up(usize::from(node));
            }
            Seen::Inspect => return self.inspect(view),
            _ => {}
        }
        Ok(())
    }
}

impl LastWord {
    fn give_up(&mut self, node: usize) {
        self.last.values_mut().filter(|last| last.node == node).for_each(|last| last.unknowable = true);
    }

    fn inspect(&self, view: &View<'_>) -> Result<(), String> {
        for (node, body) in view.bodies.iter().enumerate().filter(|(_, body)| body.is_awake()) {
            for at in (0..body.instances.len()).filter(|&at| body.instances[at].state == State::Master) {
                for (_, ip) in body.addresses(at) {
                    let last = self.last.get(&ip).copied();
                    if last.is_none_or(|last| last.node != node && !last.unknowable) {
                        let who = view.label(node, at);
                        return Err(match last {
                            Some(Last { node, at, .. }) => {
                                format!("{who} is MASTER, but the last to announce {ip} was node {node} at {at}")
                            }
                            None => format!("{who} is MASTER, but nobody ever announced {ip}"),
                        });
                    }
                }
            }
        }
        Ok(())
    }
}
