//! Inside `global_defs`.

use super::{Arg, GLOBAL, Keyword, keyword};

const MAIL: &str = "mails are not sent yet";
const SECONDS: Arg = Arg::Integer(0, u32::MAX as i64);
const COUNT: Arg = Arg::Integer(1, u32::MAX as i64);
const PAUSE: Arg = Arg::Seconds(0, 4_294_000_000);

pub(super) const KEYWORDS: &[Keyword] = &[
    keyword(GLOBAL, "router_id", Arg::Word, "the host's name", "the machine's name in mails and traps"),
    keyword(GLOBAL, "vrrp_version", Arg::Integer(2, 3), "2", "the protocol's version for IPv4 instances"),
    keyword(GLOBAL, "vrrp_mcast_group4", Arg::Group(false), "224.0.0.18", "where IPv4 adverts go"),
    keyword(GLOBAL, "vrrp_mcast_group6", Arg::Group(true), "ff02::12", "where IPv6 adverts go"),
    keyword(GLOBAL, "vrrp_garp_master_delay", SECONDS, "5", "seconds until addresses are announced again; 0: never"),
    keyword(GLOBAL, "vrrp_garp_master_repeat", COUNT, "5", "announcements of each address at a time"),
    keyword(GLOBAL, "vrrp_garp_master_refresh", SECONDS, "0", "seconds between announcements while master; 0: none"),
    keyword(GLOBAL, "vrrp_garp_master_refresh_repeat", COUNT, "1", "announcements of each address in a refresh"),
    keyword(
        GLOBAL,
        "vrrp_garp_lower_prio_delay",
        SECONDS,
        "vrrp_garp_master_delay",
        "seconds until a second announcement after a lower master was heard",
    ),
    keyword(
        GLOBAL,
        "vrrp_garp_lower_prio_repeat",
        Arg::Integer(0, i32::MAX as i64),
        "vrrp_garp_master_repeat",
        "announcements after a lower master was heard",
    ),
    keyword(GLOBAL, "vrrp_garp_interval", PAUSE, "0", "least seconds between two ARP announcements on an interface"),
    keyword(GLOBAL, "vrrp_gna_interval", PAUSE, "0", "least seconds between two neighbour advertisements"),
    keyword(GLOBAL, "vrrp_min_garp", Arg::Switch, "off", "announce each address once only, where nothing else is said"),
    keyword(
        GLOBAL,
        "vrrp_skip_check_adv_addr",
        Arg::Switch,
        "off",
        "check a master's address list only when the sender changes",
    ),
    keyword(GLOBAL, "vrrp_check_unicast_src", Arg::Flag, "off", "unicast adverts must come from a configured peer"),
    keyword(
        GLOBAL,
        "vrrp_higher_prio_send_advert",
        Arg::Switch,
        "off",
        "a master that hears a higher one sends a last advert",
    ),
    keyword(
        GLOBAL,
        "vrrp_lower_prio_no_advert",
        Arg::Switch,
        "off",
        "a master that hears a lower one waits for its turn to speak",
    ),
    keyword(GLOBAL, "v3_checksum_as_v2", Arg::Flag, "off", "version 3 IPv4 checksums leave the pseudo-header out"),
    keyword(
        GLOBAL,
        "vrrp_startup_delay",
        Arg::Seconds(0, 4_294_900_000),
        "0",
        "seconds after the start before any instance does anything",
    ),
    keyword(GLOBAL, "script_user", Arg::User, "root", "who runs scripts that name nobody themselves"),
    keyword(
        GLOBAL,
        "enable_script_security",
        Arg::Flag,
        "off",
        "a script that root runs is run only if nobody else can change it",
    ),
    keyword(
        GLOBAL,
        "dynamic_interfaces",
        Arg::Words(0, 1),
        "on",
        "interfaces may come and go; they always may, with or without this",
    ),
    keyword(GLOBAL, "notification_email", Arg::Names, "", "who gets mails").no_effect(MAIL),
    keyword(GLOBAL, "notification_email_from", Arg::Word, "", "who mails are from").no_effect(MAIL),
    keyword(GLOBAL, "smtp_server", Arg::Words(1, 2), "", "the mail server, and perhaps its port").no_effect(MAIL),
    keyword(GLOBAL, "smtp_helo_name", Arg::Word, "the host's name", "how to greet the mail server").no_effect(MAIL),
    keyword(GLOBAL, "smtp_connect_timeout", Arg::Integer(0, 4294), "30", "seconds for connecting to it")
        .no_effect(MAIL),
    keyword(GLOBAL, "smtp_alert", Arg::Switch, "", "whether changes are mailed").no_effect(MAIL),
    keyword(GLOBAL, "smtp_alert_vrrp", Arg::Switch, "", "whether changes of instances are mailed").no_effect(MAIL),
    keyword(GLOBAL, "no_email_faults", Arg::Flag, "off", "no mail about faults").no_effect(MAIL),
    keyword(GLOBAL, "enable_traps", Arg::Flag, "off", "traps of keepalived 1.x").no_effect("traps are not sent yet"),
];
