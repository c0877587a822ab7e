//! Law 7: `nopreempt` never takes mastership from a live master. Its word for "live" is what the engine was handed: an
//! advert within three intervals that no resignation followed.

use super::{Invariant, Seen, View, interest};
use core::net::IpAddr;
use keepalived_core::Time;
use keepalived_core::event::{Event, Why};
use keepalived_core::net::Priority;
use keepalived_core::vrrp::State;
use std::collections::BTreeMap;

/// See the module.
#[derive(Default)]
pub(super) struct Nopreempt {
    /// For each node and router: when the last advert came, in the node's own time, from whom, and whether it was a resignation.
    heard: BTreeMap<(usize, usize), (Time, IpAddr, bool)>,
}

impl Invariant for Nopreempt {
    fn name(&self) -> &'static str {
        "nopreempt"
    }

    fn interests(&self) -> u16 {
        interest::HEARD | interest::TOLD
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match *seen {
            Seen::Heard { node, instance, source, priority } => {
                let body = &view.bodies[node];
                let facts = &body.instances[instance];
                let accepted = priority == 0 || comparable(view, node, instance, source);
                if body.instance_config(instance).is_none_or(|c| c.preempt) || !accepted {
                    return Ok(());
                }
                let local = body.clock.local(view.now);
                self.heard.insert((node, facts.router), (local, source, priority == 0));
            }
            Seen::Told { node, event: Event::State { instance, from, to, why, .. } } => {
                let body = &view.bodies[node];
                let Some(at) = body.instance(instance) else { return Ok(()) };
                let router = body.instances[at].router;
                // What was heard in another state, or another life, does not count.
                let heard = self.heard.remove(&(node, router));
                let Some(config) = body.instance_config(at) else { return Ok(()) };
                if *from != State::Backup
                    || *to != State::Master
                    || config.preempt
                    || config.priority == Priority::OWNER
                {
                    return Ok(());
                }
                let who = view.label(node, at);
                if matches!(why, Why::Preempted { .. }) {
                    return Err(format!("{who} is nopreempt and told that it preempted: {why:?}"));
                }
                if let Some((when, source, false)) = heard
                    && !matches!(why, Why::GroupFollows { .. })
                {
                    let silence = body.clock.local(view.now).since(when);
                    let shortest = view.scenario.shortest_interval(router);
                    if silence < shortest * 3 {
                        return Err(format!(
                            "{who} is nopreempt and became MASTER {silence:?} after an advert of {source}"
                        ));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether the sender has the same list of addresses; else its adverts need not be accepted.
fn comparable(view: &View<'_>, node: usize, instance: usize, source: IpAddr) -> bool {
    let router = view.bodies[node].instances[instance].router;
    let plan = &view.scenario.routers[router];
    let sender = plan
        .members
        .iter()
        .find(|&&m| view.scenario.nodes[usize::from(m)].home(plan.segment, plan.family) == Some(source));
    let Some(sender) = sender else { return false };
    let sender = &view.bodies[usize::from(*sender)];
    let theirs = sender.instance_of(router).and_then(|at| sender.instance_config(at));
    let ours = view.bodies[node].instance_config(instance);
    matches!((ours, theirs), (Some(a), Some(b)) if a.addresses == b.addresses)
}
