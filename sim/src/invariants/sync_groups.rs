//! Law 7: the members of a sync group never settle apart. They move within one step of the engine.

use super::{Invariant, Seen, View, interest};
use keepalived_core::event::Event;
use keepalived_core::vrrp::State;

/// See the module.
#[derive(Default)]
pub(super) struct SyncGroups {
    touched: bool,
}

impl Invariant for SyncGroups {
    fn name(&self) -> &'static str {
        "sync_groups"
    }

    fn interests(&self) -> u16 {
        interest::TOLD | interest::STEPPED
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match seen {
            Seen::Told { event: Event::State { .. }, .. } => self.touched = true,
            Seen::Stepped { node, .. } if self.touched => {
                self.touched = false;
                let body = &view.bodies[*node];
                let Some(config) = &body.config else { return Ok(()) };
                for group in &config.sync_groups {
                    let states: Vec<(&str, State)> = group
                        .members
                        .iter()
                        .filter_map(|member| body.instance(member).map(|at| (&**member, body.instances[at].state)))
                        .filter(|(_, state)| *state != State::Init)
                        .collect();
                    if states.windows(2).any(|pair| pair[0].1 != pair[1].1) {
                        return Err(format!("node {node}: the members of {} are apart: {states:?}", group.name));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
