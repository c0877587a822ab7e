//! Law 10: an engine that was told to stop says soon that it has, and then nothing of ours is in its kernel.

use super::{Invariant, Seen, View, interest};
use crate::fault::Action;
use crate::node::Power;
use core::time::Duration;
use keepalived_core::Time;
use std::collections::BTreeMap;

/// How long stopping may take on a kernel that answers at once: `notify_stop` scripts run meanwhile.
const PATIENCE: Duration = Duration::from_secs(6);

/// See the module.
#[derive(Default)]
pub(super) struct CleanStop {
    asked: BTreeMap<usize, Time>,
}

impl CleanStop {
    fn late(&self, view: &View<'_>, node: usize) -> Result<(), String> {
        let body = &view.bodies[node];
        let Some(asked) = self.asked.get(&node) else { return Ok(()) };
        let from = (*asked).max(body.excused_until).max(body.awake_since);
        if view.now.since(from) > PATIENCE + view.patience(node) {
            return Err(format!("node {node} was told to stop at {asked} and was not done at {}", view.now));
        }
        Ok(())
    }
}

impl Invariant for CleanStop {
    fn name(&self) -> &'static str {
        "clean_stop"
    }

    fn interests(&self) -> u16 {
        interest::STOPPED | interest::ACTED | interest::INSPECT
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match *seen {
            Seen::Acted(Action::Stop(node)) => {
                let node = usize::from(node);
                if view.bodies[node].power == Power::Stopping {
                    self.asked.entry(node).or_insert(view.now);
                }
            }
            Seen::Acted(Action::Crash(node) | Action::PowerOff(node) | Action::Start(node)) => {
                self.asked.remove(&usize::from(node));
            }
            Seen::Stopped { node } => {
                let body = &view.bodies[node];
                if !self.asked.contains_key(&node) {
                    return Err(format!("node {node} stopped, and nobody had asked it to"));
                }
                self.late(view, node)?;
                self.asked.remove(&node);
                // What a former life left on a kernel that does not keep our mark may be anybody's.
                let unknown = |ip| body.inherited.contains(&ip) && !body.kernel.knows_proto;
                let stays: Vec<_> = body.virtual_addresses().filter(|ip| !unknown(*ip)).collect();
                // On a kernel that takes that long it does not wait to the end.
                let slow = body.kernel.temper.slow * 4 > PATIENCE;
                if !stays.is_empty() && view.now > body.excused_until && !slow {
                    return Err(format!("node {node} stopped and left {stays:?} behind"));
                }
            }
            Seen::Inspect => {
                for node in 0..view.bodies.len() {
                    if view.bodies[node].power == Power::Stopping {
                        self.late(view, node)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
