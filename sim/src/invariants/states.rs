//! The states that an instance tells form a chain, and each link of it is one that RFC 9568 section 6.4 (with FAULT) knows.

use super::{Invariant, Seen, View, interest};
use keepalived_core::event::{Event, Why};
use keepalived_core::net::Priority;
use keepalived_core::vrrp::State;
use std::collections::BTreeMap;

/// See the module.
#[derive(Default)]
pub(super) struct States {
    last: BTreeMap<(usize, String), (u32, State)>,
}

impl Invariant for States {
    fn name(&self) -> &'static str {
        "states"
    }

    fn interests(&self) -> u16 {
        interest::TOLD
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        let Seen::Told { node, event: Event::State { instance, from, to, why, priority } } = seen else {
            return Ok(());
        };
        let life = view.bodies[*node].life;
        let before = match self.last.insert((*node, instance.to_string()), (life, *to)) {
            Some((then, state)) if then == life => state,
            _ => State::Init,
        };
        let who = format!("node {node} {instance}");
        if before != *from {
            return Err(format!("{who} told {from} -> {to}, but was {before}"));
        }
        if from == to {
            return Err(format!("{who} told a change from {from} to itself"));
        }
        let stopping = matches!(why, Why::Stopped | Why::Reconfigured);
        // While `vrrp_startup_delay` runs, one that recovers goes on waiting where it was.
        let waits = *from == State::Fault
            && view.bodies[*node].config.as_ref().is_some_and(|config| !config.global.startup_delay.is_zero());
        if *to == State::Init && !stopping && !waits {
            return Err(format!("{who} went back to INIT because of {why:?}"));
        }
        let may = *priority == Priority::OWNER || matches!(why, Why::GroupFollows { .. });
        if *from == State::Fault && *to == State::Master && !may {
            return Err(format!("{who} went from FAULT to MASTER because of {why:?}"));
        }
        Ok(())
    }
}
