//! Packet filters.

use super::row;
use crate::config::keywords::{Arg, Keyword};

const FILTER: &str = "no packet filter is set up";
const PRIORITY: Arg = Arg::Integer(i32::MIN as i64, i32::MAX as i64);

pub(super) const KEYWORDS: &[Keyword] = &[
    row("vrrp_iptables", Arg::Form("[INPUT [OUTPUT]]", 0, 2), "", "iptables is used, and these chains")
        .first_counts()
        .not_yet(FILTER),
    row(
        "vrrp_ipsets",
        Arg::Form("[ADDRESS [ADDRESS6 [IFACE6 [IGMP [MLD [ND]]]]]]", 0, 6),
        "keepalived, ...",
        "the names of ipsets that iptables uses; alone: no ipsets are used",
    )
    .not_yet(FILTER),
    row("nftables", Arg::Or(&Arg::Word, "keepalived"), "", "nftables is used, and this table")
        .first_counts()
        .not_yet(FILTER),
    row("nftables_priority", PRIORITY, "-1", "the priority of the chains of nftables").not_yet(FILTER),
    row("nftables_ifindex", Arg::Flag, "off", "rules of nftables name interfaces by number").not_yet(FILTER),
    row("nftables_counters", Arg::Flag, "off", "rules of nftables count packets").not_yet(FILTER),
    row(
        "nftables_ipvs",
        Arg::Or(&Arg::Word, "keepalived_ipvs"),
        "",
        "nftables marks packets for groups of virtual servers, in this table",
    )
    .not_yet(FILTER),
    row("nftables_ipvs_priority", PRIORITY, "-1", "the priority of the chains that mark packets").not_yet(FILTER),
    row(
        "nftables_ipvs_start_fwmark",
        Arg::Integer(1, u32::MAX as i64),
        "1000",
        "the first mark that a group of virtual servers gets",
    )
    .not_yet(FILTER),
];
