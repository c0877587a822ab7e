//! Law 8: an instance is in FAULT exactly while its set of reasons is not empty, and its reasons are true when all is quiet.

use super::{Invariant, Seen, View, interest};
use keepalived_core::event::Event;
use keepalived_core::net::Name;
use keepalived_core::vrrp::State;

/// See the module.
#[derive(Default)]
pub(super) struct Faults {
    touched: bool,
    /// What the last [`Event::FaultCleared`] of each instance in this step said to remain.
    cleared: Vec<(Name, u32)>,
}

impl Invariant for Faults {
    fn name(&self) -> &'static str {
        "faults"
    }

    fn interests(&self) -> u16 {
        interest::TOLD | interest::STEPPED | interest::INSPECT
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match seen {
            Seen::Told { event, .. } => {
                self.touched |= matches!(event, Event::State { .. } | Event::Fault { .. } | Event::FaultCleared { .. });
                if let Event::Fault { instance, .. } = event {
                    self.cleared.retain(|(name, _)| name != instance);
                }
                if let Event::FaultCleared { instance, remaining, .. } = event {
                    self.cleared.retain(|(name, _)| name != instance);
                    self.cleared.push((instance.clone(), *remaining));
                }
            }
            Seen::Stepped { node, .. } if self.touched => {
                self.touched = false;
                for (instance, remaining) in self.cleared.drain(..) {
                    let body = &view.bodies[*node];
                    let left = body.instance(&instance).map_or(0, |i| body.instances[i].faults.len());
                    if left != remaining as usize {
                        return Err(format!(
                            "node {node} {instance}: told that {remaining} reasons remain, but {left} do"
                        ));
                    }
                }
                for (at, facts) in view.bodies[*node].instances.iter().enumerate() {
                    if facts.state != State::Init && (facts.state == State::Fault) == facts.faults.is_empty() {
                        let who = view.label(*node, at);
                        return Err(format!("{who} is {} with the reasons {:?}", facts.state, facts.faults));
                    }
                }
            }
            Seen::Inspect => {
                for (node, body) in view.bodies.iter().enumerate().filter(|(_, body)| body.is_awake()) {
                    if let Some(at) = body.instances.iter().position(|facts| !facts.faults.is_empty()) {
                        let faults = &body.instances[at].faults;
                        return Err(format!("{} still has reasons for FAULT: {faults:?}", view.label(node, at)));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
