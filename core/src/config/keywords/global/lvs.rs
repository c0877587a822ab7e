//! The load balancer as a whole.

use super::row;
use crate::config::keywords::{Arg, Keyword, deprecated};

const SNMP: &str = "there is no SNMP yet";
const AGE: Arg = Arg::Seconds(1000, 30_000_000);

const FLUSH_ON_STOP: Keyword = row(
    "lvs_flush_on_stop",
    Arg::Optional(&Arg::Choice(&["VS"])),
    "off",
    "a stop empties the kernel's table; `VS`: removes the configured virtual servers at once",
);

pub(super) const KEYWORDS: &[Keyword] = &[
    row(
        "lvs_timeouts",
        Arg::Form("[tcp SECONDS] [tcpfin SECONDS] [udp SECONDS]", 2, 6),
        "the kernel's",
        "how long connections are remembered, up to 31 days",
    ),
    row("lvs_flush", Arg::Flag, "off", "the start empties the kernel's table"),
    FLUSH_ON_STOP,
    deprecated(FLUSH_ON_STOP, "lvs_flush_onstop"),
    row(
        "lvs_sync_daemon",
        Arg::Form("INTERFACE [inst INSTANCE] [id ID] [maxlen N] [port N] [ttl N] [group ADDRESS]", 1, 13),
        "",
        "connections are told to the other machine",
    )
    .first_counts(),
    row("checker_log_all_failures", Arg::Switch, "off", "forgiven failures are told too"),
    row("rs_init_notifies", Arg::Switch, "off", "real servers are told about when they are added"),
    row("snmp_vs_stats_update_interval", AGE, "5", "seconds that figures of virtual servers may be old").not_yet(SNMP),
    row(
        "snmp_rs_stats_update_interval",
        AGE,
        "snmp_vs_stats_update_interval",
        "seconds that figures of real servers may be old",
    )
    .not_yet(SNMP),
];
