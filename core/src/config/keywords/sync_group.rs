//! Inside `vrrp_sync_group`.

use super::{Arg, Keyword, SYNC_GROUP, deprecated, keyword};

const TRACK: &str = "the group takes no notice of these";

const WEIGHT: Keyword = keyword(
    SYNC_GROUP,
    "sync_group_tracking_weight",
    Arg::Flag,
    "off",
    "weights of tracked objects count; all members must have the same, or their priorities come apart",
)
.not_yet("weights of tracked objects have no effect in a group");

pub(super) const KEYWORDS: &[Keyword] = &[
    keyword(SYNC_GROUP, "group", Arg::Names, "", "the instances that move together"),
    keyword(SYNC_GROUP, "track_interface", Arg::Lines, "", "interfaces whose failure is a fault of all members"),
    keyword(SYNC_GROUP, "notify_master", Arg::Script, "", "run when the group becomes master"),
    keyword(SYNC_GROUP, "notify_backup", Arg::Script, "", "run when the group becomes backup"),
    keyword(SYNC_GROUP, "notify_fault", Arg::Script, "", "run on a fault"),
    keyword(SYNC_GROUP, "notify_stop", Arg::Script, "", "run when the daemon stops"),
    keyword(SYNC_GROUP, "notify", Arg::Script, "", "run on every change, with the group and state"),
    keyword(
        SYNC_GROUP,
        "notify_priority_changes",
        Arg::Switch,
        "vrrp_notify_priority_changes",
        "changes of members' priorities are told, too",
    )
    .not_yet("nothing is run or told for this"),
    keyword(SYNC_GROUP, "smtp_alert", Arg::Switch, "smtp_alert_vrrp", "whether changes are mailed")
        .not_yet("mails are not sent yet"),
    keyword(SYNC_GROUP, "track_script", Arg::Lines, "", "scripts whose failure is a fault of all members")
        .not_yet(TRACK),
    keyword(SYNC_GROUP, "track_file", Arg::Lines, "", "files whose number counts for all members").not_yet(TRACK),
    keyword(SYNC_GROUP, "track_process", Arg::Lines, "", "processes whose absence is a fault of all members")
        .not_yet(TRACK),
    keyword(SYNC_GROUP, "track_bfd", Arg::Lines, "", "BFD sessions whose end is a fault of all members").not_yet(TRACK),
    WEIGHT,
    deprecated(WEIGHT, "global_tracking"),
];
