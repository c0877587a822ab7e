//! What outlives a mistake in the thread.

use super::mail::{Letters, Orders};
use super::ours::Ours;
use keepalived_core::check::Checkers;
use keepalived_core::config::model::Lvs;
use keepalived_core::ipvs::{ServiceKey, desired};
use keepalived_core::net::Name;
use keepalived_core::reload::Balancer;
use keepalived_core::vrrp::State;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::oneshot;

/// What was said to the thread and holds until something else is said, and what must not be forgotten of what it has done.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) orders: Option<Orders>,
    pub(super) instances: BTreeMap<Name, State>,
    /// Whether the table is kept.
    pub(super) stop: Option<bool>,
    pub(super) ours: Ours,
    /// What `lvs_flush` asks for was begun.
    pub(super) flushed: bool,
    /// Who waits for the first table.
    pub(super) first_table: Option<oneshot::Sender<()>>,
    /// How the pool fared.
    pub(super) pool: Option<Box<Checkers>>,
}

impl Memory {
    /// Notes what is said. Returns the orders that held before new ones.
    ///
    /// Scripts are not killed by it: where nobody lives, none run.
    pub(super) fn note(&mut self, letters: &Letters) -> Option<Orders> {
        self.instances.extend(letters.instances.iter().map(|(name, state)| (name.clone(), *state)));
        self.stop = letters.stop.or(self.stop);
        let orders = letters.orders.clone()?;
        self.orders.replace(orders)
    }

    /// Whether something of ours may be in the kernel that is to go.
    pub(super) fn leaves_something(&self) -> bool {
        self.stop == Some(false) && !self.ours.is_empty()
    }
}

/// The services of all virtual servers.
pub(super) fn services(lvs: &Lvs) -> BTreeSet<ServiceKey> {
    let balancer = Balancer::of(lvs);
    // Sorted once: in a set one after the other would be dearer.
    let all: Vec<ServiceKey> =
        lvs.servers.iter().flat_map(|server| desired::keys(server, balancer.entries(server))).collect();
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::mail;
    use super::*;
    use crate::conn::Trust;
    use keepalived_core::config::{Source, parse};
    use keepalived_core::ipvs::SyncRole;
    use std::sync::Arc;

    #[test]
    fn all_services_of_all_virtual_servers() {
        let body = "{\nprotocol TCP\nreal_server 10.1.0.1 80 {\nTCP_CHECK {\n}\n}\n}\n";
        let text = format!(
            "virtual_server_group A {{\n10.0.0.1-2 80\nfwmark 7\n}}\nvirtual_server_group B {{\n10.0.1.1 80\n}}\n\
             virtual_server group A {body}virtual_server group B {body}virtual_server 10.0.2.1 80 {body}"
        );
        let config = parse(&Source::single("test", text)).config;
        let all: Vec<String> = services(&config.lvs).iter().map(ToString::to_string).collect();
        assert_eq!(all.len(), 5, "{all:?}");
    }

    #[test]
    fn what_was_said_holds_until_something_else_is() {
        let (sender, mut inbox) = mail::open();
        let mut memory = Memory::default();
        let mut hear = |memory: &mut Memory| {
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            if let std::task::Poll::Ready(letters) = inbox.poll(&mut cx) {
                memory.note(&letters);
            }
        };
        let orders = Orders { config: Arc::default(), trust: Ok(Trust::anything()) };
        sender.configure(orders);
        sender.instance(&Name::from("VI_1"), State::Master);
        hear(&mut memory);
        sender.instance(&Name::from("VI_2"), State::Backup);
        sender.kill_scripts();
        hear(&mut memory);
        assert!(memory.orders.is_some() && memory.stop.is_none());
        assert_eq!(memory.instances.len(), 2);
        sender.stop(false);
        hear(&mut memory);
        assert_eq!((memory.stop, memory.leaves_something()), (Some(false), false));
        memory.ours.sync.insert(SyncRole::Master);
        assert!(memory.leaves_something());
        memory.stop = Some(true);
        assert!(!memory.leaves_something());
    }
}
