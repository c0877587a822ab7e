//! Law 6: where everybody hears everybody and nothing goes wrong any more, there is exactly one MASTER soon, and it stays.
//! Where all may preempt, it is the one with the highest priority.

use super::{Invariant, Seen, View, interest};
use keepalived_core::Time;
use keepalived_core::config::model::InstanceConfig;
use keepalived_core::event::Event;
use keepalived_core::net::Priority;
use keepalived_core::vrrp::State;
use std::collections::BTreeMap;

/// See the module.
#[derive(Default)]
pub(super) struct OneMaster {
    /// For each virtual router: when an instance of it became MASTER or ceased to be it last, and what was told then.
    moved: BTreeMap<usize, (Time, String)>,
}

impl Invariant for OneMaster {
    fn name(&self) -> &'static str {
        "one_master"
    }

    fn interests(&self) -> u16 {
        interest::TOLD | interest::INSPECT
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match *seen {
            Seen::Told { node, event: Event::State { instance, from, to, why, .. } } => {
                let body = &view.bodies[node];
                if let Some(at) = body.instance(instance)
                    && (*from == State::Master || *to == State::Master)
                {
                    let text = format!("{}: {from} -> {to}, {why:?}", view.label(node, at));
                    self.moved.insert(body.instances[at].router, (view.now, text));
                }
                Ok(())
            }
            Seen::Inspect => (0..view.scenario.routers.len()).try_for_each(|router| self.inspect(view, router)),
            _ => Ok(()),
        }
    }
}

impl OneMaster {
    fn inspect(&self, view: &View<'_>, router: usize) -> Result<(), String> {
        let Some(calm) = view.calm_since else { return Ok(()) };
        let plan = &view.scenario.routers[router];
        let members: Vec<(usize, State)> = plan
            .members
            .iter()
            .map(|&member| usize::from(member))
            .filter(|&member| view.bodies[member].is_awake() && view.bodies[member].instance_of(router).is_some())
            .map(|member| (member, view.bodies[member].state_of(router)))
            .collect();
        let masters: Vec<usize> =
            members.iter().filter(|(_, state)| *state == State::Master).map(|(m, _)| *m).collect();
        if masters.len() != usize::from(!members.is_empty()) {
            return Err(format!("{} has the masters {masters:?} of nodes and states {members:?}", plan.name));
        }
        let bound = view.scenario.settling();
        if let Some((at, text)) = self.moved.get(&router)
            && at.since(calm) > bound
        {
            let late = at.since(calm);
            return Err(format!("{} still moved {late:?} after the last fault (bound {bound:?}): {text}", plan.name));
        }
        let configs: Vec<_> = members
            .iter()
            .filter_map(|(member, _)| {
                let body = &view.bodies[*member];
                Some((*member, body.instance_config(body.instance_of(router)?)?))
            })
            .collect();
        let highest = configs.iter().map(|(_, c)| in_force(c)).max();
        let master = configs.iter().find(|(member, _)| masters.contains(member));
        if let Some((member, config)) = master
            && configs.iter().all(|(_, c)| c.preempt)
            && Some(in_force(config)) != highest
        {
            let priority = in_force(config);
            return Err(format!(
                "{}: node {member} of priority {priority} is MASTER, though {highest:?} may preempt",
                plan.name
            ));
        }
        Ok(())
    }
}

/// The priority when all tracked links are up.
fn in_force(config: &InstanceConfig) -> Priority {
    if config.priority == Priority::OWNER {
        return config.priority;
    }
    let bonus: i16 = config.track_interfaces.iter().map(|tracked| tracked.weight.max(0)).sum();
    Priority((i16::from(config.priority.0) + bonus).clamp(1, 254) as u8)
}
