//! Packet filters that keep strangers from virtual addresses.

use serde::{Deserialize, Serialize};

/// The packet filters that are used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firewall {
    /// `vrrp_iptables`: iptables, and the chains for rules.
    pub iptables: Option<Chains>,
    /// `vrrp_ipsets`: names of sets; `None`: the usual ones; empty: no sets are used.
    pub ipsets: Option<Vec<String>>,
    /// `nftables`: the table for rules about virtual addresses.
    pub nftables: Option<String>,
    /// `nftables_priority`: of its base chains.
    pub nftables_priority: i32,
    /// `nftables_ifindex`: rules name interfaces by number.
    pub nftables_ifindex: bool,
    /// `nftables_counters`: rules count packets.
    pub nftables_counters: bool,
    /// `nftables_ipvs`: the table for rules about virtual server groups.
    pub ipvs: Option<String>,
    /// `nftables_ipvs_priority`: of its base chains.
    pub ipvs_priority: i32,
    /// `nftables_ipvs_start_fwmark`: the first mark that is given to a group.
    pub ipvs_start_fwmark: u32,
}

impl Default for Firewall {
    fn default() -> Self {
        Firewall {
            iptables: None,
            ipsets: None,
            nftables: None,
            nftables_priority: -1,
            nftables_ifindex: false,
            nftables_counters: false,
            ipvs: None,
            ipvs_priority: -1,
            ipvs_start_fwmark: 1000,
        }
    }
}

/// The chains of iptables that get rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chains {
    /// For what comes in.
    pub input: String,
    /// For what goes out; `None`: no rules for it.
    pub output: Option<String>,
}
