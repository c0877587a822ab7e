//! Processes: their names, priorities and buffers.

use super::row;
use crate::config::keywords::{Arg, Keyword, deprecated};

const NAMES: &str = "the process keeps its name";
const PRIORITY: &str = "the process runs like any other";
const BUFFERS: &str = "the sockets keep the size of their buffers";
const NICE: Arg = Arg::Integer(-20, 19);
const REAL_TIME: Arg = Arg::Integer(1, 99);
const CPUS: Arg = Arg::Form("CPU ...", 1, 1024);
const SIZE: Arg = Arg::Integer(0, u32::MAX as i64);
const RUN_TIME: Arg = Arg::Micros(1, u32::MAX as u64);

const CHECKER_NAME: Keyword =
    row("checker_process_name", Arg::Word, "", "the process name of the part that checks servers").not_yet(NAMES);
const VRRP_RTTIME: Keyword = row(
    "vrrp_rlimit_rttime",
    RUN_TIME,
    "10000",
    "microseconds for which the part that speaks VRRP runs without a pause",
)
.not_yet(PRIORITY);
const CHECKER_RTTIME: Keyword = row(
    "checker_rlimit_rttime",
    RUN_TIME,
    "10000",
    "microseconds for which the part that checks servers runs without a pause",
)
.not_yet(PRIORITY);
const BFD_RTTIME: Keyword =
    row("bfd_rlimit_rttime", RUN_TIME, "10000", "microseconds for which the part that speaks BFD runs without a pause")
        .not_yet(PRIORITY);

pub(super) const KEYWORDS: &[Keyword] = &[
    row("process_names", Arg::Flag, "off", "the parts of the daemon have names of their own").not_yet(NAMES),
    row("process_name", Arg::Word, "keepalived", "the process name of the daemon").not_yet(NAMES),
    row("vrrp_process_name", Arg::Word, "", "the process name of the part that speaks VRRP").not_yet(NAMES),
    CHECKER_NAME,
    deprecated(CHECKER_NAME, "lvs_process_name"),
    row("bfd_process_name", Arg::Word, "", "the process name of the part that speaks BFD").not_yet(NAMES),
    row(
        "max_auto_priority",
        Arg::Or(&Arg::Integer(-1, 99), "99"),
        "0",
        "a part that comes late gets a higher priority, up to this; 0: never; -1: never, and no word about it",
    )
    .not_yet(PRIORITY),
    row(
        "min_auto_priority_delay",
        Arg::Micros(1, 10_000_000),
        "1000000",
        "microseconds by which a part must be late for a higher priority",
    )
    .not_yet(PRIORITY),
    row("vrrp_priority", NICE, "0", "the nice value of the part that speaks VRRP").not_yet(PRIORITY),
    row("vrrp_no_swap", Arg::Flag, "off", "the part that speaks VRRP stays in memory").not_yet(PRIORITY),
    row("vrrp_rt_priority", REAL_TIME, "", "the real-time priority of the part that speaks VRRP").not_yet(PRIORITY),
    row("vrrp_cpu_affinity", CPUS, "all", "the processors for the part that speaks VRRP").not_yet(PRIORITY),
    VRRP_RTTIME,
    deprecated(VRRP_RTTIME, "vrrp_rlimit_rtime"),
    row("checker_priority", NICE, "0", "the nice value of the part that checks servers"),
    row("checker_no_swap", Arg::Flag, "off", "the part that checks servers stays in memory").not_yet(PRIORITY),
    row("checker_rt_priority", REAL_TIME, "", "the real-time priority of the part that checks servers")
        .not_yet(PRIORITY),
    row("checker_cpu_affinity", CPUS, "all", "the processors for the part that checks servers"),
    CHECKER_RTTIME,
    deprecated(CHECKER_RTTIME, "checker_rlimit_rtime"),
    row("bfd_priority", NICE, "0", "the nice value of the part that speaks BFD").not_yet(PRIORITY),
    row("bfd_no_swap", Arg::Flag, "off", "the part that speaks BFD stays in memory").not_yet(PRIORITY),
    row("bfd_rt_priority", REAL_TIME, "", "the real-time priority of the part that speaks BFD").not_yet(PRIORITY),
    row("bfd_cpu_affinity", CPUS, "all", "the processors for the part that speaks BFD").not_yet(PRIORITY),
    BFD_RTTIME,
    deprecated(BFD_RTTIME, "bfd_rlimit_rtime"),
    row("vrrp_netlink_cmd_rcv_bufs", SIZE, "the system's", "bytes of the buffer for answers to changes of addresses")
        .not_yet(BUFFERS),
    row(
        "vrrp_netlink_cmd_rcv_bufs_force",
        Arg::Switch,
        "off",
        "vrrp_netlink_cmd_rcv_bufs may exceed the system's limit",
    )
    .not_yet(BUFFERS),
    row(
        "vrrp_netlink_monitor_rcv_bufs",
        SIZE,
        "the system's",
        "bytes of the buffer for news about interfaces and addresses",
    )
    .not_yet(BUFFERS),
    row(
        "vrrp_netlink_monitor_rcv_bufs_force",
        Arg::Switch,
        "off",
        "vrrp_netlink_monitor_rcv_bufs may exceed the system's limit",
    )
    .not_yet(BUFFERS),
    row("process_monitor_rcv_bufs", SIZE, "the system's", "bytes of the buffer for news about processes")
        .not_yet(BUFFERS),
    row("process_monitor_rcv_bufs_force", Arg::Switch, "off", "process_monitor_rcv_bufs may exceed the system's limit")
        .not_yet(BUFFERS),
    row(
        "lvs_netlink_cmd_rcv_bufs",
        SIZE,
        "the system's",
        "bytes of the buffer for answers to questions of health checks",
    )
    .not_yet(BUFFERS),
    row("lvs_netlink_cmd_rcv_bufs_force", Arg::Switch, "off", "lvs_netlink_cmd_rcv_bufs may exceed the system's limit")
        .not_yet(BUFFERS),
    row(
        "lvs_netlink_monitor_rcv_bufs",
        SIZE,
        "the system's",
        "bytes of the buffer for news about addresses for health checks",
    )
    .not_yet(BUFFERS),
    row(
        "lvs_netlink_monitor_rcv_bufs_force",
        Arg::Switch,
        "off",
        "lvs_netlink_monitor_rcv_bufs may exceed the system's limit",
    )
    .not_yet(BUFFERS),
    row(
        "vrrp_rx_bufs_policy",
        Arg::Form("MTU | ADVERT | BYTES", 1, 3),
        "the system's",
        "what the buffer for adverts is measured by, or its size in bytes",
    )
    .not_yet(BUFFERS),
    row("vrrp_rx_bufs_multiplier", Arg::Integer(1, u32::MAX as i64), "3", "for how many adverts the buffer has room")
        .not_yet(BUFFERS),
];
