//! Law 2: the configuration that is in force already changes nothing, and a call without reason does nothing.

use super::{Invariant, Seen, View, interest};
use crate::fault::Action;
use keepalived_core::event::Event;

/// See the module.
#[derive(Default)]
pub(super) struct Reload {
    /// The node whose next step must be silent, and why.
    silent: Option<(usize, &'static str)>,
}

impl Invariant for Reload {
    fn name(&self) -> &'static str {
        "reload"
    }

    fn interests(&self) -> u16 {
        interest::ACTED
            | interest::ADVERT
            | interest::ANNOUNCED
            | interest::TOLD
            | interest::COMMAND
            | interest::STEPPED
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        if let Seen::Acted(action) = *seen {
            self.silent = match action {
                Action::ReloadSame(node) => Some((usize::from(node), "a reload of the same configuration")),
                Action::Nudge(node) => Some((usize::from(node), "a timeout that was not due")),
                _ => None,
            };
            self.silent = self.silent.filter(|(node, _)| view.bodies[*node].is_awake());
            return Ok(());
        }
        let Some((silent, why)) = self.silent else { return Ok(()) };
        let said = match *seen {
            Seen::Stepped { node, .. } => {
                if node == silent {
                    self.silent = None;
                }
                return Ok(());
            }
            Seen::Told { node, event } => {
                let quiet = matches!(event, Event::Configured { added, removed, absorbed, restarted, .. }
                    if added.is_empty() && removed.is_empty() && absorbed.is_empty() && restarted.is_empty());
                if quiet {
                    return Ok(());
                }
                (node, format!("{event:?}"))
            }
            Seen::Advert { node, transmit, .. } => (node, format!("{transmit:?}")),
            Seen::Announced { node, ip, .. } => (node, format!("announces {ip:?}")),
            Seen::Command { node, command } => (node, format!("{command:?}")),
            _ => return Ok(()),
        };
        if said.0 == silent { Err(format!("node {silent} did not take {why} silently: {}", said.1)) } else { Ok(()) }
    }
}
