//! Law 5: only a MASTER sends adverts. Priority 0 may also come from an instance that leaves MASTER in the same step.

use super::{Invariant, Seen, View, interest};
use keepalived_core::event::Event;
use keepalived_core::vrrp::State;

/// See the module.
#[derive(Default)]
pub(super) struct Adverts {
    /// Adverts of this step from instances that were not MASTER at that moment: instance and priority.
    doubtful: Vec<(usize, u8)>,
    /// Instances that left or entered MASTER in this step.
    moved: Vec<usize>,
}

impl Invariant for Adverts {
    fn name(&self) -> &'static str {
        "adverts"
    }

    fn interests(&self) -> u16 {
        interest::ADVERT | interest::TOLD | interest::STEPPED
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match *seen {
            Seen::Advert { node, instance: None, transmit } => {
                // A reload may have given the instance another VRID; then it takes leave under the old one.
                if transmit.payload.get(2) != Some(&0) {
                    return Err(format!("node {node} sent an advert of no instance: {:02x?}", transmit.payload));
                }
                self.doubtful.push((usize::MAX, 0));
            }
            Seen::Advert { node, instance: Some(instance), transmit } => {
                if transmit.payload.len() < 8 || transmit.payload[0] & 0x0f != 1 {
                    return Err(format!("node {node} sent something that is no advert: {:02x?}", transmit.payload));
                }
                let facts = &view.bodies[node].instances[instance];
                if facts.state != State::Master {
                    self.doubtful.push((instance, transmit.payload[2]));
                }
            }
            Seen::Told { node, event: Event::State { instance, from, to, .. } } => {
                if (*from == State::Master || *to == State::Master)
                    && let Some(instance) = view.bodies[node].instance(instance)
                {
                    self.moved.push(instance);
                }
            }
            Seen::Stepped { node, .. } => {
                let moved = core::mem::take(&mut self.moved);
                for (instance, priority) in self.doubtful.drain(..) {
                    let left = instance == usize::MAX && !moved.is_empty();
                    if !left && !moved.contains(&instance) {
                        let state = view.bodies[node].instances.get(instance).map(|facts| facts.state);
                        let who = view.label(node, instance);
                        return Err(format!("{who} sent an advert of priority {priority} while {state:?}"));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
