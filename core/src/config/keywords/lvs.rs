//! The load balancer: `virtual_server_group`, `virtual_server`, `real_server` and the words of its forks.

use super::{Arg, Keyword, Path, ROOT, alias, keyword};
use crate::config::model::{Protocol, Scheduler};

/// Inside `SSL`.
pub const SSL: Path = "SSL";
/// Inside `virtual_server`.
pub const VIRTUAL_SERVER: Path = "virtual_server";
/// Inside `real_server`.
pub const REAL_SERVER: Path = "virtual_server/real_server";

/// What follows for the words of a fork, which Linux does not have.
const STOCK: &str = "the kernel balances without it";
const MAIL: &str = "mails are not sent yet";
const SNMP: &str = "there is no SNMP yet";

/// A keyword of the load balancer.
pub(super) const fn lvs(
    block: Path,
    name: &'static str,
    arg: Arg,
    default: &'static str,
    doc: &'static str,
) -> Keyword {
    keyword(block, name, arg, default, doc)
}

/// Microseconds of the longest pause that can be written.
const LONGEST: u64 = 4_294_967_295_000_000;
/// A pause that may be none.
pub(super) const PAUSE: Arg = Arg::Seconds(0, LONGEST);
/// A pause that may not be none.
pub(super) const INTERVAL: Arg = Arg::Seconds(1, LONGEST);
/// `connect_timeout`.
pub(super) const TIMEOUT: Arg = Arg::Seconds(1, 4_294_967_295);
/// Anything that is counted in 32 bits.
pub(super) const COUNT: Arg = Arg::Integer(0, u32::MAX as i64);
const WEIGHT: Arg = Arg::Integer(0, i32::MAX as i64);
/// Flags after which the C version reads nothing, where people write words nevertheless.
pub(super) const LOOSE: Arg = Arg::Form("[on|off]", 0, 1);
const SERVER: &str = "IP [PORT]";
const METHOD: Arg = Arg::Form("NAT|DR|TUN|FNAT [type ipip|gre|gue] [port N] [nocsum|csum|remcsum]", 1, 6);

/// What comes of `FNAT`, which the stock kernel does not have.
const FNAT: &str = "`FNAT`, which is programmed as NAT: answers must come back through this machine";

const SCHED: Keyword = lvs(
    VIRTUAL_SERVER,
    "lvs_sched",
    Arg::Choice(Scheduler::WORDS),
    "wlc",
    "how a real server is chosen for a connection, as in ipvsadm",
);
const VS_METHOD: Keyword =
    lvs(VIRTUAL_SERVER, "lvs_method", METHOD, "NAT", "how packets reach the real servers").except(FNAT);
const ESTABLISHED: Keyword = lvs(
    VIRTUAL_SERVER,
    "establish_timeout",
    Arg::WholeSeconds(1, i32::MAX as i64),
    "",
    "seconds for which an idle connection is remembered",
)
.not_yet(STOCK);

/// Keywords of virtual and real servers alike, which checks inherit.
macro_rules! inherited {
    ($block:expr, $default:expr) => {
        [
            lvs($block, "delay_loop", INTERVAL, $default[0], "seconds from one check of a real server to the next"),
            lvs($block, "retry", COUNT, $default[1], "failures in a row that are forgiven"),
            lvs($block, "delay_before_retry", PAUSE, $default[2], "seconds from a forgiven failure to the next check"),
            lvs($block, "warmup", PAUSE, $default[3], "the first checks are spread at random over so many seconds"),
            lvs($block, "connect_timeout", TIMEOUT, $default[4], "seconds that an answer to a check may take"),
        ]
    };
}

const OF_VIRTUAL: [Keyword; 5] = inherited!(
    VIRTUAL_SERVER,
    ["60", "1; DNS_CHECK 3, MISC_CHECK 0", "1; HTTP_GET and SSL_GET 3, DNS_CHECK delay_loop", "delay_loop", "5"]
);
const OF_REAL: [Keyword; 5] = inherited!(REAL_SERVER, ["that of the virtual server"; 5]);

pub(super) const SHARED: &[&[Keyword]] = &[&OF_VIRTUAL, &OF_REAL];

#[rustfmt::skip]
pub(super) const KEYWORDS: &[Keyword] = &[
    lvs(ROOT, "SSL", Arg::Block, "", "what SSL_GET checks show and trust"),
    lvs(ROOT, "virtual_server_group", Arg::NamedBlock, "",
        "addresses, ranges of them and firewall marks that one virtual_server serves, one on a line"),
    lvs(ROOT, "local_address_group", Arg::NamedBlock, "",
        "addresses and ranges of them that connections to real servers come from with `lvs_method FNAT`")
        .not_yet(STOCK),
    lvs(ROOT, "virtual_server", Arg::FormBlock("IP [PORT] | fwmark N | group NAME", 1, 2), "",
        "a service whose connections are spread over real servers"),

    lvs(SSL, "password", Arg::Word, "", "what the key is encrypted with"),
    lvs(SSL, "ca", Arg::Word, "", "the file of certificates that are trusted"),
    lvs(SSL, "certificate", Arg::Word, "", "the file of the own certificate"),
    lvs(SSL, "key", Arg::Word, "", "the file of the certificate's key"),

    lvs(VIRTUAL_SERVER, "ip_family", Arg::Choice(&["inet", "inet6"]), "that of the real servers",
        "the family of a service that has no address"),
    lvs(VIRTUAL_SERVER, "protocol", Arg::AnyCase(Protocol::WORDS), "UDP", "the protocol that is balanced"),
    SCHED,
    alias(SCHED, "lb_algo"),
    lvs(VIRTUAL_SERVER, "flag-1", Arg::Flag, "off", "the scheduler's first flag"),
    lvs(VIRTUAL_SERVER, "flag-2", Arg::Flag, "off", "the scheduler's second flag"),
    lvs(VIRTUAL_SERVER, "flag-3", Arg::Flag, "off", "the scheduler's third flag"),
    lvs(VIRTUAL_SERVER, "sh-port", Arg::Flag, "off", "scheduler sh: the client's port is hashed too"),
    lvs(VIRTUAL_SERVER, "sh-fallback", Arg::Flag, "off", "scheduler sh: another server instead of one that is not there"),
    lvs(VIRTUAL_SERVER, "mh-port", Arg::Flag, "off", "scheduler mh: the client's port is hashed too"),
    lvs(VIRTUAL_SERVER, "mh-fallback", Arg::Flag, "off", "scheduler mh: another server instead of one that is not there"),
    keyword(VIRTUAL_SERVER, "hashed", Arg::Flag, "on", "the service is found by a hash table")
        .no_effect("the kernel does so with every service"),
    lvs(VIRTUAL_SERVER, "ops", Arg::Flag, "off", "one-packet scheduling: every UDP packet is for itself"),
    VS_METHOD,
    alias(VS_METHOD, "lb_kind"),
    lvs(VIRTUAL_SERVER, "persistence_timeout", Arg::Optional(&Arg::WholeSeconds(0, 2_678_400)), "0, and 360 where it stands alone",
        "seconds for which a client keeps its real server; 0: none"),
    lvs(VIRTUAL_SERVER, "persistence_granularity", Arg::Form("MASK|LENGTH", 1, 1), "255.255.255.255 or 128",
        "the part of an address that makes a client: a mask for IPv4, a prefix length for IPv6"),
    lvs(VIRTUAL_SERVER, "persistence_engine", Arg::Word, "", "what else makes a client; the kernel knows sip"),
    lvs(VIRTUAL_SERVER, "ha_suspend", LOOSE, "off", "no checks while the service's address is not on this machine"),
    lvs(VIRTUAL_SERVER, "inhibit_on_failure", LOOSE, "off", "failed servers stay with weight 0"),
    lvs(VIRTUAL_SERVER, "weight", Arg::Integer(1, i32::MAX as i64), "1", "the weight of real servers that have none"),
    lvs(VIRTUAL_SERVER, "alpha", LOOSE, "off", "real servers are down until a check has succeeded"),
    lvs(VIRTUAL_SERVER, "omega", LOOSE, "off", "scripts for what goes down are run when the daemon stops"),
    lvs(VIRTUAL_SERVER, "quorum", Arg::Integer(1, u32::MAX as i64), "1", "the weight of living servers that is needed"),
    lvs(VIRTUAL_SERVER, "hysteresis", COUNT, "0", "so much above the quorum it is gained, and so much below it is lost"),
    lvs(VIRTUAL_SERVER, "quorum_up", Arg::Script, "", "run when the quorum is gained"),
    lvs(VIRTUAL_SERVER, "quorum_down", Arg::Script, "", "run when the quorum is lost"),
    lvs(VIRTUAL_SERVER, "smtp_alert", Arg::Switch, "smtp_alert_checker, smtp_alert, or off",
        "whether quorum gained and lost is mailed")
        .not_yet(MAIL),
    lvs(VIRTUAL_SERVER, "virtualhost", Arg::Word, "", "the host that HTTP_GET and SSL_GET ask for"),
    lvs(VIRTUAL_SERVER, "snmp_name", Arg::Word, "", "the name in SNMP").not_yet(SNMP),
    lvs(VIRTUAL_SERVER, "sorry_server", Arg::Form(SERVER, 1, 2), "", "what answers while the quorum is missing"),
    lvs(VIRTUAL_SERVER, "sorry_server_inhibit", LOOSE, "off", "the sorry server stays with weight 0 while it is not needed"),
    lvs(VIRTUAL_SERVER, "sorry_server_lvs_method", METHOD, "lvs_method", "how packets reach the sorry server")
        .except(FNAT),
    lvs(VIRTUAL_SERVER, "real_server", Arg::FormBlock(SERVER, 1, 2), "", "one of those that do the work"),
    lvs(VIRTUAL_SERVER, "laddr_group_name", Arg::Word, "", "the local_address_group that FNAT takes addresses from")
        .not_yet(STOCK),
    lvs(VIRTUAL_SERVER, "syn_proxy", Arg::Flag, "off", "handshakes are completed before a real server sees them")
        .not_yet(STOCK),
    lvs(VIRTUAL_SERVER, "vip_bind_dev", Arg::Interface, "", "the interface of the service's address")
        .not_yet(STOCK),
    ESTABLISHED,
    alias(ESTABLISHED, "est_timeout"),
    keyword(VIRTUAL_SERVER, "nat_mask", Arg::Word, "", "a netmask for NAT in keepalived 1.x")
        .no_effect("the kernel has no such mask since Linux 2.4"),

    lvs(REAL_SERVER, "weight", WEIGHT, "that of the virtual server", "its share of the connections"),
    lvs(REAL_SERVER, "lvs_method", METHOD, "that of the virtual server", "how packets reach it").except(FNAT),
    lvs(REAL_SERVER, "uthreshold", COUNT, "0", "no new connections from this many on; 0: no limit"),
    lvs(REAL_SERVER, "lthreshold", COUNT, "0", "new connections again below this many"),
    lvs(REAL_SERVER, "inhibit_on_failure", Arg::Switch, "that of the virtual server", "it stays with weight 0 when it fails"),
    lvs(REAL_SERVER, "notify_up", Arg::Script, "", "run when the server comes"),
    lvs(REAL_SERVER, "notify_down", Arg::Script, "", "run when the server fails"),
    lvs(REAL_SERVER, "alpha", Arg::Switch, "that of the virtual server", "it is down until a check has succeeded"),
    lvs(REAL_SERVER, "smtp_alert", Arg::Switch, "smtp_alert_checker, smtp_alert, or on", "whether its failures are mailed")
        .not_yet(MAIL),
    lvs(REAL_SERVER, "virtualhost", Arg::Word, "that of the virtual server", "the host that HTTP_GET and SSL_GET ask for"),
    lvs(REAL_SERVER, "snmp_name", Arg::Word, "", "the name in SNMP").not_yet(SNMP),
];
