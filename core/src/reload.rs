//! What a new configuration changes, object by object. The plan is data: it is carried out, and it can be printed.

mod balancer;

pub use balancer::{Balancer, BalancerPlan, balancer};

use crate::config::model::{Config, InstanceConfig, Transport};
use crate::net::{Family, Name, Vrid};
use core::net::IpAddr;
use std::collections::BTreeMap;

/// What happens to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is the same.
    Keep,
    /// It goes on in its state and takes over these keywords.
    Absorb(Vec<&'static str>),
    /// It ends and begins anew, because of these keywords.
    Restart(Vec<&'static str>),
    /// It is new.
    Add,
}

/// What happens to every instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// For each instance of the new configuration, in its order: what happens, and which old instance it goes on from.
    pub instances: Vec<(Change, Option<Name>)>,
    /// Old instances that go.
    pub removed: Vec<Name>,
}

/// What makes a virtual router the same one on the wire.
type Identity<'a> = (&'a str, Family, Vrid, Option<IpAddr>);

fn identity(config: &InstanceConfig) -> Identity<'_> {
    let group = match config.transport {
        Transport::Multicast { group } => Some(group),
        Transport::Unicast { .. } => None,
    };
    (&config.interface, config.family, config.vrid, group)
}

/// Compares two configurations. An instance is found again by its name, or, renamed, by its identity on the wire.
#[must_use]
pub fn plan(old: &Config, new: &Config) -> Plan {
    let by_name: BTreeMap<&Name, &InstanceConfig> = old.instances.iter().map(|i| (&i.name, i)).collect();
    let new_names: BTreeMap<&Name, ()> = new.instances.iter().map(|i| (&i.name, ())).collect();
    let mut orphans: BTreeMap<Identity<'_>, Vec<&InstanceConfig>> = BTreeMap::new();
    for instance in old.instances.iter().filter(|i| !new_names.contains_key(&i.name)) {
        orphans.entry(identity(instance)).or_default().push(instance);
    }
    let mut plan = Plan::default();
    for instance in &new.instances {
        let renamed = || orphans.get_mut(&identity(instance)).and_then(Vec::pop);
        let before = by_name.get(&instance.name).copied().or_else(renamed);
        let change = before.map_or(Change::Add, |before| compare(before, instance));
        plan.instances.push((change, before.map(|b| b.name.clone())));
    }
    let taken: BTreeMap<&Name, ()> = plan.instances.iter().filter_map(|(_, b)| b.as_ref()).map(|n| (n, ())).collect();
    plan.removed = old.instances.iter().map(|i| &i.name).filter(|n| !taken.contains_key(n)).cloned().collect();
    plan
}

fn compare(old: &InstanceConfig, new: &InstanceConfig) -> Change {
    if old == new {
        return Change::Keep;
    }
    let mut fatal = Vec::new();
    let mut mild = Vec::new();
    let check = |same: bool, keyword: &'static str, list: &mut Vec<&'static str>| {
        if !same {
            list.push(keyword);
        }
    };
    check(old.interface == new.interface, "interface", &mut fatal);
    check(old.vrid == new.vrid, "virtual_router_id", &mut fatal);
    check(old.version == new.version, "version", &mut fatal);
    check(old.family == new.family, "native_ipv6", &mut fatal);
    let kind = |t: &Transport| matches!(t, Transport::Multicast { .. });
    check(kind(&old.transport) == kind(&new.transport), "unicast_peer", &mut fatal);
    let group_changed = identity(old).3 != identity(new).3 && kind(&old.transport) && kind(&new.transport);
    check(!group_changed, "mcast_dst_ip", &mut fatal);
    if !fatal.is_empty() {
        return Change::Restart(fatal);
    }
    check(old.name == new.name, "vrrp_instance", &mut mild);
    check(old.state == new.state, "state", &mut mild);
    check(old.priority == new.priority, "priority", &mut mild);
    check(old.advert_interval == new.advert_interval, "advert_int", &mut mild);
    check(old.addresses == new.addresses, "virtual_ipaddress", &mut mild);
    check(old.excluded == new.excluded, "virtual_ipaddress_excluded", &mut mild);
    check(old.virtual_routes == new.virtual_routes, "virtual_routes", &mut mild);
    check(old.virtual_rules == new.virtual_rules, "virtual_rules", &mut mild);
    check(old.preempt == new.preempt, "nopreempt", &mut mild);
    check(old.preempt_delay == new.preempt_delay, "preempt_delay", &mut mild);
    check(old.source == new.source, if kind(&new.transport) { "mcast_src_ip" } else { "unicast_src_ip" }, &mut mild);
    check(old.transport == new.transport, "unicast_peer", &mut mild);
    check(old.garp == new.garp, "garp", &mut mild);
    check(old.track_interfaces == new.track_interfaces, "track_interface", &mut mild);
    check(old.track_primary == new.track_primary, "dont_track_primary", &mut mild);
    check(old.auth == new.auth, "authentication", &mut mild);
    check(old.notify == new.notify, "notify", &mut mild);
    check(old.skip_check_adv_addr == new.skip_check_adv_addr, "skip_check_adv_addr", &mut mild);
    check(old.lower_prio_no_advert == new.lower_prio_no_advert, "lower_prio_no_advert", &mut mild);
    check(old.check_unicast_src == new.check_unicast_src, "check_unicast_src", &mut mild);
    check(old.v3_checksum_pseudo_header == new.v3_checksum_pseudo_header, "v3_checksum_as_v2", &mut mild);
    // Nothing comes of these yet, so a change of them ends nothing.
    check(old.tracking == new.tracking, "track_script and the like", &mut mild);
    check(old.link == new.link, "use_vmac and the like", &mut mild);
    check(old.rules == new.rules, "strict_mode and the like", &mut mild);
    check(old.hmac == new.hmac, "auth_hmac", &mut mild);
    Change::Absorb(mild)
}
