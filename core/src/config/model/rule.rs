//! Rules that choose a routing table, as `ip rule` has them.

use super::names::{Dsfield, InterfaceGroup, IpProtocol, Realms, RouteProtocol, Table};
use super::net::Prefix;
use crate::net::Family;
use serde::{Deserialize, Serialize};

/// One line of `virtual_rules` or `static_rules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The packets it is for.
    pub family: Family,
    /// `not`: those that do not match.
    pub not: bool,
    /// `from`: the source; `None`: any.
    pub from: Option<Prefix>,
    /// `to`: the destination; `None`: any.
    pub to: Option<Prefix>,
    /// `tos`
    pub tos: Option<Dsfield>,
    /// `fwmark`: the packet filter's mark.
    pub fwmark: Option<Fwmark>,
    /// `iif`: where they came in.
    pub iif: Option<String>,
    /// `oif`: the interface that their socket is bound to.
    pub oif: Option<String>,
    /// `tunnel-id`: the tunnel that they came from.
    pub tunnel_id: Option<u64>,
    /// `uidrange`: the users that sent them, both ends included.
    pub uid_range: Option<(u32, u32)>,
    /// `ipproto`
    pub ip_protocol: Option<IpProtocol>,
    /// `sport`: source ports, both ends included.
    pub source_ports: Option<PortRange>,
    /// `dport`: destination ports, both ends included.
    pub destination_ports: Option<PortRange>,
    /// What is done with them.
    pub action: RuleAction,
    /// `realms`; IPv4 only.
    pub realms: Option<Realms>,
    /// `suppress_prefixlength`: routes with prefixes up to this length do not count.
    pub suppress_prefixlength: Option<u32>,
    /// `suppress_ifgroup`: routes to interfaces of this group do not count.
    pub suppress_ifgroup: Option<InterfaceGroup>,
    /// `preference`: rules are asked in the order of this number.
    pub priority: u32,
    /// `protocol`; `None`: keepalived's own, which is the only one that can be tracked.
    pub protocol: Option<RouteProtocol>,
    /// `no_track`: its loss is neither a fault nor repaired.
    pub no_track: bool,
}

impl Rule {
    /// A rule for all packets of a family.
    #[must_use]
    pub fn new(family: Family, priority: u32, action: RuleAction) -> Rule {
        Rule {
            family,
            not: false,
            from: None,
            to: None,
            tos: None,
            fwmark: None,
            iif: None,
            oif: None,
            tunnel_id: None,
            uid_range: None,
            ip_protocol: None,
            source_ports: None,
            destination_ports: None,
            action,
            realms: None,
            suppress_prefixlength: None,
            suppress_ifgroup: None,
            priority,
            protocol: None,
            no_track: false,
        }
    }
}

/// What a rule does with packets: `FR_ACT_*` of linux/fib_rules.h.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleAction {
    /// `table`: they go by this one.
    Table(Table),
    /// `l3mdev`: they go by the table of their VRF.
    L3mdev,
    /// `goto`: the search goes on at the rule of this number, which is greater than the own one.
    Goto(u32),
    /// `nop`: the search goes on.
    Nop,
    /// `blackhole`: they vanish.
    Blackhole,
    /// `unreachable`: they are answered with "network unreachable".
    Unreachable,
    /// `prohibit`: they are answered with "administratively prohibited".
    Prohibit,
}

/// A mark of the packet filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fwmark {
    /// The mark.
    pub mark: u32,
    /// The bits that count; `None`: all.
    pub mask: Option<u32>,
}

/// Ports, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRange {
    /// The first.
    pub first: u16,
    /// The last, not below the first.
    pub last: u16,
}
