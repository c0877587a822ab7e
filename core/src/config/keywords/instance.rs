//! Inside `vrrp_instance`.

use super::{AUTHENTICATION, Arg, HMAC, INSTANCE, Keyword, deprecated, keyword};
use crate::config::model::{AntiReplay, HmacMode};

const SECONDS: Arg = Arg::WholeSeconds(0, u32::MAX as i64);
/// As many as can be counted in microseconds.
const DELAY: Arg = Arg::WholeSeconds(0, 4294);
const COUNT: Arg = Arg::Integer(1, u32::MAX as i64);

const LAST_ADVERT: &str =
    "a master that yields always sends a last advert: the higher one must learn that there were two";
const TRACK: &str = "the instance takes no notice of these";
const TOLD: &str = "nothing is run or told for this";
const VMAC: &str = "adverts and addresses stay on the real interface";

const EXTRA: Keyword = keyword(
    INSTANCE,
    "garp_extra_if",
    Arg::Form("[all] SECONDS", 1, 2),
    "vrrp_garp_extra_if",
    "seconds between announcements on further interfaces: of the link below a virtual MAC, or all",
)
.not_yet("addresses are announced on their own interface only");
const TIMER_EXPIRED: Keyword = keyword(
    INSTANCE,
    "timer_expired_backup",
    Arg::Or(&Arg::Integer(1, 254), "254"),
    "",
    "with nopreempt: a backup that slept waits as long as one of this priority would take to become master",
)
.not_yet("a late timer is treated like any other");

const SYNC_DAEMON: Keyword =
    keyword(INSTANCE, "lvs_sync_daemon_interface", Arg::Interface, "", "an old form of lvs_sync_daemon with inst");

pub(super) const KEYWORDS: &[Keyword] = &[
    keyword(INSTANCE, "state", Arg::Choice(&["MASTER", "BACKUP"]), "BACKUP", "where the instance wants to begin")
        .first_counts(),
    keyword(INSTANCE, "interface", Arg::Interface, "", "where adverts are sent and heard"),
    keyword(INSTANCE, "virtual_router_id", Arg::Integer(1, 255), "", "the virtual router's number on its link"),
    keyword(
        INSTANCE,
        "priority",
        Arg::Integer(1, 255),
        "100, or 255 with `state MASTER`",
        "the highest becomes master; 255 is the owner of the addresses",
    ),
    keyword(INSTANCE, "advert_int", Arg::Seconds(10_000, 255_000_000), "1", "seconds between two adverts"),
    keyword(INSTANCE, "version", Arg::Integer(2, 3), "vrrp_version, or 3 for IPv6", "the protocol's version"),
    keyword(INSTANCE, "native_ipv6", Arg::Flag, "off", "adverts are sent by IPv6"),
    keyword(INSTANCE, "virtual_ipaddress", Arg::Lines, "", "addresses that move with mastership, one on a line"),
    keyword(INSTANCE, "virtual_ipaddress_excluded", Arg::Lines, "", "the same, but not carried in adverts"),
    keyword(INSTANCE, "preempt", Arg::Flag, "on", "take over from a lower master"),
    keyword(INSTANCE, "nopreempt", Arg::Flag, "off", "leave a lower master in peace"),
    keyword(
        INSTANCE,
        "preempt_delay",
        Arg::Seconds(0, 1_000_000_000),
        "0",
        "seconds for which a lower master is tolerated after the start",
    ),
    keyword(INSTANCE, "mcast_src_ip", Arg::Host, "the interface's first address", "where multicast adverts come from"),
    keyword(INSTANCE, "unicast_src_ip", Arg::Host, "the interface's first address", "where unicast adverts come from"),
    keyword(INSTANCE, "mcast_dst_ip", Arg::Address, "vrrp_mcast_group4 or 6", "where adverts go"),
    keyword(INSTANCE, "unicast_peer", Arg::Lines, "", "to whom adverts go instead, one address on a line"),
    keyword(INSTANCE, "unicast_ttl", Arg::Integer(0, 255), "255", "TTL or hop limit of unicast adverts"),
    keyword(INSTANCE, "check_unicast_src", Arg::Switch, "off", "unicast adverts must come from a configured peer"),
    keyword(INSTANCE, "garp_master_delay", DELAY, "5", "seconds until addresses are announced again; 0: never"),
    keyword(INSTANCE, "garp_master_repeat", COUNT, "5", "announcements of each address at a time"),
    keyword(INSTANCE, "garp_master_refresh", SECONDS, "0", "seconds between announcements while master; 0: none"),
    keyword(INSTANCE, "garp_master_refresh_repeat", COUNT, "1", "announcements of each address in a refresh"),
    keyword(
        INSTANCE,
        "garp_lower_prio_delay",
        DELAY,
        "garp_master_delay",
        "seconds until a second announcement after a lower master was heard",
    ),
    keyword(
        INSTANCE,
        "garp_lower_prio_repeat",
        Arg::Integer(0, i32::MAX as i64),
        "garp_master_repeat",
        "announcements after a lower master was heard",
    ),
    keyword(INSTANCE, "track_interface", Arg::Lines, "", "interfaces whose state counts, one on a line"),
    keyword(INSTANCE, "dont_track_primary", Arg::Flag, "off", "the own interface's state is no fault"),
    keyword(INSTANCE, "authentication", Arg::Block, "", "a password in adverts; version 2 only"),
    keyword(INSTANCE, "accept", Arg::Flag, "on", "others may reach the addresses of a master that is not their owner"),
    keyword(
        INSTANCE,
        "skip_check_adv_addr",
        Arg::Switch,
        "vrrp_skip_check_adv_addr",
        "check a master's address list only when the sender changes",
    ),
    keyword(
        INSTANCE,
        "higher_prio_send_advert",
        Arg::Switch,
        "on",
        "a master that hears a higher one sends a last advert",
    )
    .no_effect(LAST_ADVERT),
    keyword(
        INSTANCE,
        "lower_prio_no_advert",
        Arg::Switch,
        "vrrp_lower_prio_no_advert",
        "a master that hears a lower one waits for its turn to speak",
    ),
    keyword(
        INSTANCE,
        "v3_checksum_as_v2",
        Arg::Switch,
        "as in global_defs",
        "version 3 IPv4 checksums leave the pseudo-header out",
    ),
    keyword(INSTANCE, "notify_master", Arg::Script, "", "run on becoming master"),
    keyword(INSTANCE, "notify_backup", Arg::Script, "", "run on becoming backup"),
    keyword(INSTANCE, "notify_fault", Arg::Script, "", "run on a fault"),
    keyword(INSTANCE, "notify_stop", Arg::Script, "", "run when the daemon stops"),
    keyword(INSTANCE, "notify", Arg::Script, "", "run on every change, with the instance, state and priority"),
    keyword(INSTANCE, "notify_deleted", Arg::Optional(&Arg::Script), "", "run when a reload removes the instance")
        .not_yet(TOLD),
    keyword(
        INSTANCE,
        "notify_master_rx_lower_pri",
        Arg::Script,
        "",
        "run when a master hears a lower one, which also thinks it is master",
    )
    .not_yet(TOLD),
    keyword(
        INSTANCE,
        "notify_priority_changes",
        Arg::Switch,
        "the sync group's, or vrrp_notify_priority_changes",
        "changes of the priority are told, too",
    )
    .not_yet(TOLD),
    keyword(INSTANCE, "smtp_alert", Arg::Switch, "smtp_alert_vrrp", "whether changes are mailed")
        .not_yet("mails are not sent yet"),
    keyword(INSTANCE, "debug", Arg::Integer(0, 4), "0", "how much to log")
        .no_effect("how much is logged is decided on the command line"),
    keyword(AUTHENTICATION, "auth_type", Arg::Choice(&["PASS", "AH"]), "", "how adverts are authenticated"),
    keyword(AUTHENTICATION, "auth_pass", Arg::Word, "", "the password; 8 bytes count"),
    keyword(INSTANCE, "auth_hmac", Arg::Block, "", "adverts carry a keyed hash, and the time against their repetition")
        .not_yet("adverts carry no HMAC"),
    keyword(HMAC, "key", Arg::Form("ID SECRET | ID hex:DIGITS | ID file:PATH", 2, 2), "", "a key of 32 to 64 bytes")
        .many(),
    keyword(HMAC, "active_key", Arg::Integer(1, 255), "the first key", "the key that sent adverts are signed with"),
    keyword(
        HMAC,
        "time_window",
        Arg::Integer(1, 300),
        "5, or three adverts if that is more",
        "seconds by which the sender's clock may differ",
    ),
    keyword(HMAC, "anti_replay", Arg::Choice(AntiReplay::WORDS), "time", "what old adverts are recognised by"),
    keyword(HMAC, "mode", Arg::Choice(HmacMode::WORDS), "enforce", "what becomes of adverts without a right hash"),
    keyword(INSTANCE, "track_script", Arg::Lines, "", "scripts whose success counts, one on a line").not_yet(TRACK),
    keyword(INSTANCE, "track_file", Arg::Lines, "", "files whose number counts, one on a line").not_yet(TRACK),
    keyword(INSTANCE, "track_process", Arg::Lines, "", "processes whose presence counts, one on a line").not_yet(TRACK),
    keyword(INSTANCE, "track_bfd", Arg::Lines, "", "BFD sessions whose state counts, one on a line").not_yet(TRACK),
    keyword(INSTANCE, "track_src_ip", Arg::Flag, "off", "the loss of the source address is a fault")
        .not_yet("a change of the source address is not noticed as a fault"),
    keyword(
        INSTANCE,
        "use_vmac",
        Arg::Form("[NAME] [MAC] [group GROUP] [name NAME] [netlink_notify_msg]", 0, 8),
        "",
        "addresses are on a virtual interface with the virtual router's own hardware address",
    )
    .not_yet(VMAC),
    keyword(INSTANCE, "use_vmac_addr", Arg::Flag, "off", "so are addresses of other interfaces").not_yet(VMAC),
    keyword(INSTANCE, "vmac_xmit_base", Arg::Flag, "off", "adverts leave by the interface below the virtual one")
        .not_yet(VMAC),
    keyword(
        INSTANCE,
        "use_ipvlan",
        Arg::Form("[NAME] [ADDRESS] [bridge|private|vepa] [group GROUP] [name NAME]", 0, 8),
        "",
        "addresses are on a virtual interface that shares the hardware address",
    )
    .first_counts()
    .not_yet(VMAC),
    keyword(INSTANCE, "vrf", Arg::Interface, "", "the VRF of an instance that has unicast peers and no interface")
        .first_counts()
        .not_yet(VMAC),
    keyword(INSTANCE, "unicast_fault_no_peer", Arg::Flag, "off", "without unicast peers the configuration is refused"),
    keyword(
        INSTANCE,
        "old_unicast_checksum",
        Arg::Optional(&Arg::Choice(&["never"])),
        "found out",
        "version 3 unicast checksums are those of keepalived 1.4; `never`: they are not",
    )
    .not_yet("unicast checksums are those of the RFC"),
    keyword(INSTANCE, "no_virtual_ipaddress", Arg::Flag, "off", "the instance has no addresses, and means it"),
    keyword(INSTANCE, "promote_secondaries", Arg::Flag, "off", "other addresses stay when the first of a subnet goes")
        .not_yet("the interface keeps its own setting"),
    keyword(INSTANCE, "linkbeat_use_polling", Arg::Flag, "off", "the state of the interface is asked for")
        .no_effect("the kernel tells the state of every interface that can be used today"),
    keyword(
        INSTANCE,
        "no_accept",
        Arg::Flag,
        "off",
        "nobody reaches the addresses of a master that is not their owner",
    )
    .not_yet("the addresses of a master answer, whoever owns them"),
    keyword(INSTANCE, "strict_mode", Arg::Switch, "vrrp_strict", "hold to the RFC in every respect")
        .not_yet("what the RFC does not allow is put right, but adverts of others are checked as usual"),
    SYNC_DAEMON,
    deprecated(SYNC_DAEMON, "lvs_sync_daemon_inteface"),
    keyword(
        INSTANCE,
        "down_timer_adverts",
        Arg::Integer(1, 100),
        "vrrp_down_timer_adverts",
        "so many missing adverts make a backup master",
    )
    .not_yet("three missing adverts make a backup master, as in the RFC"),
    TIMER_EXPIRED,
    deprecated(TIMER_EXPIRED, "thread_timer_expired"),
    EXTRA,
    deprecated(EXTRA, "vmac_garp_intvl"),
    keyword(
        INSTANCE,
        "owner_ignore_adverts",
        Arg::Switch,
        "vrrp_owner_ignore_adverts",
        "the owner of the addresses listens to nobody",
    )
    .not_yet("an owner looks at the adverts of others"),
    keyword(
        INSTANCE,
        "kernel_rx_buf_size",
        Arg::Integer(0, u32::MAX as i64),
        "vrrp_rx_bufs_policy",
        "bytes of the buffer for adverts",
    )
    .not_yet("the sockets keep the size of their buffers"),
];
