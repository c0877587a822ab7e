//! What an operator may ask: the state of every instance, and why it is so.

use super::counters::Counters;
use super::engine::Vrrp;
use super::state::{FaultReason, State};
use crate::net::{IfIndex, Name, Priority};
use core::net::IpAddr;

/// One instance, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceStatus {
    /// Its name.
    pub name: Name,
    /// Its state.
    pub state: State,
    /// Every reason to be in FAULT; empty exactly while it is not.
    pub faults: Vec<FaultReason>,
    /// The priority in force.
    pub priority: Priority,
    /// The interface's present index.
    pub index: Option<IfIndex>,
    /// Where its adverts come from.
    pub source: Option<IpAddr>,
    /// While backup: the master, where one was heard.
    pub master: Option<(IpAddr, Priority)>,
    /// Virtual addresses that the kernel has acknowledged.
    pub addresses: Vec<IpAddr>,
    /// What it has counted.
    pub counters: Counters,
}

impl Vrrp {
    /// The state of every instance, in the order in which they were configured first. Costs nothing that is not looked at.
    pub fn states(&self) -> impl Iterator<Item = (&Name, State)> {
        self.instances.iter().flatten().map(|instance| (&instance.config.name, instance.state))
    }

    /// All instances, in the order in which they were configured first.
    #[must_use]
    pub fn status(&self) -> Vec<InstanceStatus> {
        let of = |(id, slot): (u32, &Option<super::instance::Instance>)| {
            let instance = slot.as_ref()?;
            let present = instance.vips.iter().map(|vip| vip.key).filter(|key| self.addresses.is_present(id, *key));
            Some(InstanceStatus {
                name: instance.name(),
                state: instance.state,
                faults: instance.faults.iter().cloned().collect(),
                priority: instance.priority,
                index: instance.index,
                source: instance.source,
                master: instance.master.map(|m| (m.ip, m.priority)),
                addresses: present.map(|key| key.ip).collect(),
                counters: instance.counters.clone(),
            })
        };
        (0..).zip(&self.instances).filter_map(of).collect()
    }
}
