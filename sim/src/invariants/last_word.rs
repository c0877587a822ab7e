//! Law 6: after a duel the survivor announces its addresses again. Seen from the network: when all is quiet, the last to
//! announce an address is its master, so that nobody's neighbour table points elsewhere.

use super::{Invariant, Seen, View, interest};
use core::net::IpAddr;
use keepalived_core::Time;
use keepalived_core::vrrp::State;
use std::collections::BTreeMap;

/// See the module.
#[derive(Default)]
pub(super) struct LastWord {
    last: BTreeMap<IpAddr, (usize, Time)>,
}

impl Invariant for LastWord {
    fn name(&self) -> &'static str {
        "last_word"
    }

    fn interests(&self) -> u16 {
        interest::ANNOUNCED | interest::INSPECT
    }

    fn see(&mut self, view: &View<'_>, seen: &Seen<'_>) -> Result<(), String> {
        match *seen {
            Seen::Announced { node, ip: Some(ip), .. } => {
                self.last.insert(ip, (node, view.now));
            }
            Seen::Inspect => {
                for (node, body) in view.bodies.iter().enumerate().filter(|(_, body)| body.is_awake()) {
                    for at in (0..body.instances.len()).filter(|&at| body.instances[at].state == State::Master) {
                        for (_, ip) in body.addresses(at) {
                            let last = self.last.get(&ip).copied();
                            if last.is_none_or(|(other, _)| other != node) {
                                let who = view.label(node, at);
                                return Err(format!("{who} is MASTER, but {ip} was last announced by {last:?}"));
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
