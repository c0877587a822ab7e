//! Defaults of instances, and what concerns all of them.

use super::row;
use crate::config::keywords::{Arg, Keyword, deprecated};

const LAST_ADVERT: &str =
    "a master that yields always sends a last advert: the higher one must learn that there were two";
const VMAC: &str = "adverts and addresses stay on the real interface";
const NAMES: &str = "names of tables and scopes are those that every system has";
const SECONDS: Arg = Arg::WholeSeconds(0, u32::MAX as i64);
/// As many as can be counted in microseconds.
const DELAY: Arg = Arg::WholeSeconds(0, 4294);
const COUNT: Arg = Arg::Integer(1, u32::MAX as i64);
const PAUSE: Arg = Arg::Seconds(0, 4_294_000_000);

const EXTRA: Keyword = row(
    "vrrp_garp_extra_if",
    Arg::Form("[all] SECONDS", 1, 2),
    "0",
    "seconds between announcements on further interfaces: of the link below a virtual MAC, or all",
)
.not_yet("addresses are announced on their own interface only");

pub(super) const KEYWORDS: &[Keyword] = &[
    row("vrrp_version", Arg::Integer(2, 3), "2", "the protocol's version for IPv4 instances"),
    row("vrrp_mcast_group4", Arg::Group(false), "224.0.0.18", "where IPv4 adverts go"),
    row("vrrp_mcast_group6", Arg::Group(true), "ff02::12", "where IPv6 adverts go"),
    row("vrrp_garp_master_delay", DELAY, "5", "seconds until addresses are announced again; 0: never"),
    row("vrrp_garp_master_repeat", COUNT, "5", "announcements of each address at a time"),
    row("vrrp_garp_master_refresh", SECONDS, "0", "seconds between announcements while master; 0: none"),
    row("vrrp_garp_master_refresh_repeat", COUNT, "1", "announcements of each address in a refresh"),
    row(
        "vrrp_garp_lower_prio_delay",
        DELAY,
        "vrrp_garp_master_delay",
        "seconds until a second announcement after a lower master was heard",
    ),
    row(
        "vrrp_garp_lower_prio_repeat",
        Arg::Integer(0, i32::MAX as i64),
        "vrrp_garp_master_repeat",
        "announcements after a lower master was heard",
    ),
    row("vrrp_garp_interval", PAUSE, "0", "least seconds between two ARP announcements on an interface"),
    row("vrrp_gna_interval", PAUSE, "0", "least seconds between two neighbour advertisements"),
    row("vrrp_min_garp", Arg::Switch, "off", "announce each address once only, where nothing else is said"),
    row("vrrp_skip_check_adv_addr", Arg::Switch, "off", "check a master's address list only when the sender changes"),
    row("vrrp_check_unicast_src", Arg::Flag, "off", "unicast adverts must come from a configured peer"),
    row("vrrp_higher_prio_send_advert", Arg::Switch, "on", "a master that hears a higher one sends a last advert")
        .no_effect(LAST_ADVERT),
    row("vrrp_lower_prio_no_advert", Arg::Switch, "off", "a master that hears a lower one waits for its turn to speak"),
    row("v3_checksum_as_v2", Arg::Switch, "off", "version 3 IPv4 checksums leave the pseudo-header out"),
    row(
        "vrrp_startup_delay",
        Arg::Seconds(0, 4_294_900_000),
        "0",
        "seconds after the start before any instance does anything",
    ),
    row(
        "dynamic_interfaces",
        Arg::Optional(&Arg::Choice(&["allow_if_changes"])),
        "on",
        "interfaces may come and go; they always may, with or without this",
    ),
    row(
        "vrrp_delay_after_boot",
        Arg::Seconds(1000, 4_294_967_000),
        "0",
        "seconds after the machine's start before any instance does anything",
    )
    .not_yet("instances begin as soon as the daemon does"),
    row("vrrp_down_timer_adverts", Arg::Integer(1, 100), "3", "so many missing adverts make a backup master")
        .not_yet("three missing adverts make a backup master, as in the RFC"),
    EXTRA,
    deprecated(EXTRA, "vrrp_vmac_garp_intvl"),
    row("vrrp_strict", Arg::Switch, "off", "instances hold to the RFC in every respect")
        .not_yet("what the RFC does not allow is put right, but adverts of others are checked as usual"),
    row("vrrp_owner_ignore_adverts", Arg::Switch, "off", "the owner of the addresses listens to nobody")
        .not_yet("an owner looks at the adverts of others"),
    row("vrrp_notify_priority_changes", Arg::Switch, "off", "changes of priorities are told, too")
        .not_yet("nothing is run or told for this"),
    row("log_unknown_vrids", Arg::Flag, "off", "adverts of unknown virtual routers are told")
        .not_yet("adverts of other virtual routers are only counted"),
    row("disable_local_igmp", Arg::Flag, "off", "the kernel reports no groups of the link itself")
        .not_yet("the kernel reports multicast groups as usual"),
    row("default_interface", Arg::Interface, "eth0", "the interface of static addresses that name none")
        .not_yet("static addresses are not made"),
    row("vmac_prefix", Arg::Word, "vrrp", "how the names of virtual MAC interfaces begin").first_counts().not_yet(VMAC),
    row("vmac_addr_prefix", Arg::Word, "vrrp", "how the names of virtual MAC interfaces for addresses begin")
        .first_counts()
        .not_yet(VMAC),
    row("iproute_usr_dir", Arg::Path, "/usr/share/iproute2", "where names of tables and scopes are found")
        .not_yet(NAMES),
    row("iproute_etc_dir", Arg::Path, "/etc/iproute2", "where names of tables and scopes are found first")
        .not_yet(NAMES),
];
