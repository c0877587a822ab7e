//! Law 6: two masters never overlap for longer than one interval (and the way) after they can hear each other.

use super::{Invariant, SLACK, Seen, View, interest};
use crate::fault::Action;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::event::Event;
use keepalived_core::vrrp::State;
use std::collections::BTreeMap;

/// See the module.
#[derive(Default)]
pub(super) struct Overlap {
    since: BTreeMap<(usize, u8, u8), Time>,
    /// When a node told last that it had stalled: it listens for an interval and the skew before it speaks.
    stalled: BTreeMap<u8, Time>,
}

impl Invariant for Overlap {
    fn name(&self) -> &'static str {
        "overlap"
    }

    fn interests(&self) -> u16 {
        interest::TOLD | interest::ACTED | interest::CHANGED | interest::INSPECT
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        if let Seen::Told { node, event: Event::Stalled { .. } } = seen {
            self.stalled.insert(view.bodies[*node].id, view.now);
        }
        if let Seen::Acted(Action::Reload(node, _)) = seen {
            // Who must give way may be another one now.
            self.since.retain(|(_, a, b), _| a != node && b != node);
        }
        if matches!(seen, Seen::Told { event, .. } if !matches!(event, Event::State { .. })) {
            return Ok(());
        }
        for (router, plan) in view.scenario.routers.iter().enumerate() {
            let segment = &view.segments[plan.segment];
            let fair = segment.weather == segment.fair;
            for (at, &a) in plan.members.iter().enumerate() {
                for &b in &plan.members[at + 1..] {
                    let master = |node: u8| view.bodies[usize::from(node)].state_of(router) == State::Master;
                    let both = fair
                        && master(a)
                        && master(b)
                        && view.same_words(router, a, b)
                        && view.hears(router, a, b)
                        && view.hears(router, b, a);
                    let key = (router, a, b);
                    if let Some(&since) = self.since.get(&key) {
                        self.check(view, key, since)?;
                    }
                    if both {
                        self.since.entry(key).or_insert(view.now);
                    } else {
                        self.since.remove(&key);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Overlap {
    fn check(&self, view: &View<'_>, (router, a, b): (usize, u8, u8), since: Time) -> Result<(), String> {
        let (first, second) = (&view.bodies[usize::from(a)], &view.bodies[usize::from(b)]);
        let plan = &view.scenario.routers[router];
        let interval = view.scenario.longest_interval(router);
        let from = since.max(first.excused_until).max(second.excused_until);
        let listened = [a, b].iter().any(|node| self.stalled.get(node).is_some_and(|at| *at + interval * 2 >= since));
        let patience = if listened { interval.max(Duration::from_secs(1)) * 2 } else { Duration::ZERO };
        let bound = patience + interval + interval / 1000 + view.segments[plan.segment].fair.worst_delay() * 2 + SLACK;
        let lasted = view.now.since(from);
        if lasted > bound {
            return Err(format!(
                "{}: nodes {a} and {b} hear each other and were both MASTER from {since} to {} ({lasted:?}, bound {bound:?})",
                plan.name, view.now
            ));
        }
        Ok(())
    }
}
