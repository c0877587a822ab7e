//! What a new configuration changes of the load balancer. Nothing of it has to begin anew: every change is absorbed.

use super::Change;
use crate::config::model::{GroupEntry, Lvs, Protocol, RealServer, Service, VirtualServer};
use crate::net::Family;
use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

/// The virtual servers of a configuration, and the groups they name.
#[derive(Clone, Debug, Default)]
pub struct Balancer<'a> {
    /// The virtual servers, in the order of the configuration.
    pub servers: Vec<&'a VirtualServer>,
    /// `virtual_server_group`
    pub groups: BTreeMap<&'a str, &'a [GroupEntry]>,
}

impl<'a> Balancer<'a> {
    /// Those of a configuration.
    #[must_use]
    pub fn of(lvs: &'a Lvs) -> Balancer<'a> {
        Balancer {
            servers: lvs.servers.iter().collect(),
            groups: lvs.groups.iter().map(|group| (&*group.name, &group.entries[..])).collect(),
        }
    }

    /// What a virtual server's group stands for; nothing where it has none.
    #[must_use]
    pub fn entries(&self, server: &VirtualServer) -> &'a [GroupEntry] {
        match &server.service {
            Service::Group(name) => self.groups.get(&**name).copied().unwrap_or_default(),
            Service::Address(..) | Service::Mark(_) => &[],
        }
    }
}

/// What happens to every virtual server. Places are those in [`Balancer::servers`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalancerPlan {
    /// For each virtual server of the new configuration: what happens, and which old one it goes on from.
    pub servers: Vec<(Change, Option<usize>)>,
    /// Old virtual servers that go.
    pub removed: Vec<usize>,
}

/// What makes a virtual server the same one.
type Identity<'a> = (&'a Service, Option<Protocol>, Option<Family>);

fn identity(server: &VirtualServer) -> Identity<'_> {
    (&server.service, server.protocol, server.family)
}

/// Compares two configurations of the load balancer. A virtual server is found again by its service.
#[must_use]
pub fn balancer(old: &Balancer<'_>, new: &Balancer<'_>) -> BalancerPlan {
    let mut taken = vec![false; old.servers.len()];
    let mut places: Option<BTreeMap<Identity<'_>, usize>> = None;
    let by_place = || old.servers.iter().enumerate().map(|(place, server)| (identity(server), place)).collect();
    let mut plan = BalancerPlan::default();
    for (place, server) in new.servers.iter().enumerate() {
        let sought = identity(server);
        let before = match old.servers.get(place) {
            // Most are where they were.
            Some(was) if identity(was) == sought => Some(place),
            _ => places.get_or_insert_with(by_place).get(&sought).copied(),
        };
        let before = before.filter(|place| !core::mem::replace(&mut taken[*place], true));
        let change = match before.and_then(|place| old.servers.get(place)) {
            None => Change::Add,
            Some(was) => compare(was, server, old.entries(was) == new.entries(server)),
        };
        plan.servers.push((change, before));
    }
    plan.removed = (0..taken.len()).filter(|place| !taken[*place]).collect();
    plan
}

fn compare(old: &VirtualServer, new: &VirtualServer, same_group: bool) -> Change {
    if same_group && old == new {
        return Change::Keep;
    }
    let mut changed = BTreeSet::new();
    let mut check = |same: bool, keyword: &'static str| {
        if !same {
            changed.insert(keyword);
        }
    };
    check(same_group, "virtual_server_group");
    check(old.scheduler == new.scheduler, "lvs_sched");
    check(old.scheduler_flags == new.scheduler_flags, "flag-1 and the like");
    check(old.one_packet == new.one_packet, "ops");
    check(old.forwarding == new.forwarding, "lvs_method");
    check(old.persistence == new.persistence, "persistence_timeout");
    check(old.ha_suspend == new.ha_suspend, "ha_suspend");
    check(old.smtp_alert == new.smtp_alert, "smtp_alert");
    check(old.snmp_name == new.snmp_name, "snmp_name");
    check(old.quorum == new.quorum, "quorum");
    check(old.hysteresis == new.hysteresis, "hysteresis");
    check(old.quorum_up == new.quorum_up, "quorum_up");
    check(old.quorum_down == new.quorum_down, "quorum_down");
    check(old.omega == new.omega, "omega");
    check(old.syn_proxy == new.syn_proxy, "syn_proxy");
    check(old.local_addresses == new.local_addresses, "laddr_group_name");
    check(old.bind_device == new.bind_device, "vip_bind_dev");
    check(old.established_timeout == new.established_timeout, "establish_timeout");
    check(old.sorry_server == new.sorry_server, "sorry_server");
    let name = |real: &RealServer| (real.ip, real.port);
    let before: BTreeMap<(IpAddr, u16), &RealServer> = old.real_servers.iter().map(|real| (name(real), real)).collect();
    check(old.real_servers.len() == new.real_servers.len(), "real_server");
    for real in &new.real_servers {
        match before.get(&name(real)) {
            None => check(false, "real_server"),
            Some(was) if *was == real => {}
            Some(was) => {
                check(was.weight == real.weight, "weight");
                check(was.forwarding == real.forwarding, "lvs_method");
                check(was.upper_threshold == real.upper_threshold, "uthreshold");
                check(was.lower_threshold == real.lower_threshold, "lthreshold");
                check(was.inhibit == real.inhibit, "inhibit_on_failure");
                check(was.smtp_alert == real.smtp_alert, "smtp_alert");
                check(was.snmp_name == real.snmp_name, "snmp_name");
                check(was.notify_up == real.notify_up, "notify_up");
                check(was.notify_down == real.notify_down, "notify_down");
                check(was.checks == real.checks, "checks");
            }
        }
    }
    if changed.is_empty() {
        changed.insert("real_server");
    }
    Change::Absorb(changed.into_iter().collect())
}
