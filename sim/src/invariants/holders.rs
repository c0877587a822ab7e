//! Law 5: only a MASTER holds the virtual addresses, and it holds all of them; give or take the time that the kernel needs.

use super::{Invariant, Seen, View, interest};
use crate::node::Body;
use core::net::IpAddr;
use keepalived_core::Time;
use keepalived_core::kernel::Address;
use keepalived_core::vrrp::State;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// Held by somebody who is not MASTER.
    Stray,
    /// Not held by somebody who is.
    Missing,
}

/// See the module.
#[derive(Default)]
pub(super) struct Holders {
    wrong: Vec<BTreeMap<(usize, IpAddr), (Wrong, Time)>>,
}

/// Every place where something is wrong at a node now.
fn look(view: &View<'_>, node: usize) -> Vec<((usize, IpAddr), Wrong)> {
    let body = &view.bodies[node];
    let mut wrong = Vec::new();
    if !body.is_awake() {
        return wrong;
    }
    let master = |place| {
        (0..body.instances.len())
            .any(|at| body.instances[at].state == State::Master && body.addresses(at).any(|a| a == place))
    };
    for address in &body.kernel.addresses {
        let Some(slot) = body.kernel.slot(address.index) else { continue };
        let own = body.kernel.links[slot].home.iter().any(|(ip, _)| *ip == address.ip);
        if !own && !master((slot, address.ip)) && !is_foreign(body, slot, address) {
            wrong.push(((slot, address.ip), Wrong::Stray));
        }
    }
    for at in (0..body.instances.len()).filter(|&at| body.instances[at].state == State::Master) {
        for (slot, ip) in body.addresses(at) {
            if body.kernel.links[slot].is_usable() && !body.kernel.has(slot, ip) {
                wrong.push(((slot, ip), Wrong::Missing));
            }
        }
    }
    wrong
}

/// Whether the engine cannot know that an address is one of ours: a former life left it there, the kernel does not keep its
/// mark, and the configuration does not name it on a link of that name.
fn is_foreign(body: &Body, slot: usize, address: &Address) -> bool {
    let link = &body.kernel.links[slot];
    let here = (slot, address.ip);
    let named = (0..body.instances.len()).any(|at| body.addresses(at).any(|place| place == here));
    address.proto.is_none() && body.inherited.contains(&address.ip) && !(named && link.link.name == link.plain_name)
}

impl Holders {
    fn follow(&mut self, view: &View<'_>, node: usize) -> Result<(), String> {
        let body = &view.bodies[node];
        let now = look(view, node);
        let before = core::mem::take(&mut self.wrong[node]);
        for (place, (wrong, since)) in &before {
            let from = (*since).max(body.excused_until).max(body.awake_since);
            if body.is_awake() && view.now.since(from) > view.patience(node) {
                let what = match wrong {
                    Wrong::Stray => "held, and no instance there was MASTER",
                    Wrong::Missing => "not held, though the instance was MASTER",
                };
                return Err(format!("node {node}: {} was {what}, from {since} to {}", place.1, view.now));
            }
        }
        for (place, wrong) in now {
            let since = match before.get(&place) {
                Some((kind, since)) if *kind == wrong => *since,
                _ => view.now,
            };
            self.wrong[node].insert(place, (wrong, since));
        }
        Ok(())
    }
}

impl Invariant for Holders {
    fn name(&self) -> &'static str {
        "holders"
    }

    fn interests(&self) -> u16 {
        interest::TOLD | interest::CHANGED | interest::ACTED | interest::INSPECT
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        self.wrong.resize_with(view.bodies.len(), BTreeMap::new);
        match *seen {
            Seen::Told { node, event: keepalived_core::event::Event::State { .. } } | Seen::Changed { node } => {
                self.follow(view, node)
            }
            Seen::Acted(_) | Seen::Inspect => (0..view.bodies.len()).try_for_each(|node| self.follow(view, node)),
            _ => Ok(()),
        }
    }
}
