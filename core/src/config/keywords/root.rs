//! Outside every block.

use super::{Arg, Keyword, ROOT, deprecated, keyword};

const NAMESPACE: &str = "the daemon stays in its network namespace";
const PID_FILE: &str = "the process id file is where it always is";
const LINK_STATE: &str = "the kernel tells the state of every interface that can be used today";

const TRACK: &str = "nothing is run or watched, and what tracks it takes no notice";

const FILE: Keyword =
    keyword(ROOT, "track_file", Arg::NamedBlock, "", "a file with a number that weights and priorities follow");

pub(super) const KEYWORDS: &[Keyword] = &[
    keyword(ROOT, "global_defs", Arg::Block, "", "what concerns the whole daemon, and defaults of instances"),
    keyword(ROOT, "vrrp_instance", Arg::NamedBlock, "", "a virtual router in which this machine takes part"),
    keyword(ROOT, "vrrp_sync_group", Arg::NamedBlock, "", "instances that are master or backup together"),
    keyword(
        ROOT,
        "vrrp_script",
        Arg::NamedBlock,
        "",
        "a program that is run again and again, whose success can be tracked",
    )
    .not_yet(TRACK),
    keyword(ROOT, "vrrp_track_process", Arg::NamedBlock, "", "a process whose presence can be tracked").not_yet(TRACK),
    FILE,
    deprecated(FILE, "vrrp_track_file"),
    keyword(ROOT, "garp_group", Arg::Block, "", "interfaces on which announcements have a pace of their own")
        .not_yet("announcements have one pace on all interfaces"),
    keyword(
        ROOT,
        "interface_up_down_delays",
        Arg::Lines,
        "",
        "seconds for which an interface must be down, and perhaps up, before it counts: `eth0 1 2.5`",
    )
    .not_yet("changes of interfaces count at once"),
    keyword(ROOT, "bfd_instance", Arg::NamedBlock, "", "a BFD session with a neighbour, whose end can be tracked")
        .not_yet("no BFD sessions are kept"),
    keyword(ROOT, "net_namespace", Arg::Word, "", "the network namespace that the daemon works in")
        .first_counts()
        .not_yet(NAMESPACE),
    keyword(
        ROOT,
        "net_namespace_ipvs",
        Arg::Optional(&Arg::Word),
        "net_namespace",
        "the load balancer's network namespace; without a name, the one that the daemon was started in",
    ),
    keyword(ROOT, "namespace_with_ipsets", Arg::Flag, "off", "ipsets are used although there is a net_namespace")
        .not_yet(NAMESPACE),
    keyword(ROOT, "instance", Arg::Word, "", "a name that tells several daemons of one machine apart")
        .first_counts()
        .not_yet(PID_FILE),
    keyword(ROOT, "use_pid_dir", Arg::Flag, "off", "process id files stand in a directory of their own")
        .not_yet(PID_FILE),
    keyword(
        ROOT,
        "child_wait_time",
        Arg::Integer(0, u32::MAX as i64),
        "5",
        "seconds for which a stop waits for the parts of the daemon",
    )
    .not_yet("a stop waits for nothing"),
    keyword(ROOT, "linkbeat_use_polling", Arg::Flag, "off", "the state of interfaces is asked for again and again")
        .no_effect(LINK_STATE),
    keyword(ROOT, "linkbeat_interfaces", Arg::Lines, "", "interfaces whose state is asked for, one on a line")
        .no_effect(LINK_STATE),
];
