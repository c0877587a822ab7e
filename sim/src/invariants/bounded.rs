//! Law 11: what an engine says in one step, and what it has asked its kernel and not heard about yet, is bounded; and it
//! does not ask to be called again at once, forever.

use super::{Invariant, Seen, View, interest};
use std::collections::BTreeSet;

/// See the module.
#[derive(Default)]
pub(super) struct Bounded {
    pending: Vec<(u32, BTreeSet<u64>)>,
}

/// More calls than this at one moment are a loop.
const CALLS_AT_ONCE: u32 = 2000;

impl Invariant for Bounded {
    fn name(&self) -> &'static str {
        "bounded"
    }

    fn interests(&self) -> u16 {
        interest::STEPPED | interest::COMMAND | interest::DONE
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        self.pending.resize_with(view.bodies.len(), Default::default);
        match *seen {
            Seen::Stepped { node, outputs } if outputs > 32 => {
                let body = &view.bodies[node];
                // For every instance a handful of adverts and events; for every address a command, an event and its bursts.
                let most: usize = (0..body.instances.len())
                    .filter_map(|at| body.instance_config(at))
                    .map(|config| {
                        let addresses = config.addresses.len() + config.excluded.len();
                        let burst =
                            config.garp.repeat.max(config.garp.lower_prio_repeat).max(config.garp.refresh_repeat);
                        40 + addresses * (10 + 3 * burst as usize)
                    })
                    .sum();
                if outputs > 64 + 2 * most {
                    return Err(format!("node {node} said {outputs} things in one step"));
                }
            }
            Seen::Stepped { node, .. } if view.bodies[node].steps_now > CALLS_AT_ONCE => {
                return Err(format!("node {node} was called {} times at one moment", view.bodies[node].steps_now));
            }
            Seen::Command { node, command } => {
                let body = &view.bodies[node];
                let pending = &mut self.pending[node];
                if pending.0 != body.life {
                    *pending = (body.life, BTreeSet::new());
                }
                if !pending.1.insert(command.id.0) {
                    return Err(format!("node {node} used the command id {} twice", command.id.0));
                }
                let addresses: usize = (0..body.instances.len()).map(|at| body.addresses(at).count()).sum();
                // Of an address that belongs on a link which is recreated again and again, several may be on their way.
                if pending.1.len() > 16 + 8 * addresses {
                    return Err(format!("node {node} has {} commands on their way", pending.1.len()));
                }
            }
            Seen::Done { node, id, .. } => {
                self.pending[node].1.remove(&id.0);
            }
            _ => {}
        }
        Ok(())
    }
}
