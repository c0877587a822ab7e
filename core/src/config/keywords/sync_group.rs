//! Inside `vrrp_sync_group`.

use super::{Arg, Keyword, SYNC_GROUP, keyword};

pub(super) const KEYWORDS: &[Keyword] = &[
    keyword(SYNC_GROUP, "group", Arg::Names, "", "the instances that move together"),
    keyword(SYNC_GROUP, "track_interface", Arg::Lines, "", "interfaces whose failure is a fault of all members"),
    keyword(SYNC_GROUP, "notify_master", Arg::Script, "", "run when the group becomes master"),
    keyword(SYNC_GROUP, "notify_backup", Arg::Script, "", "run when the group becomes backup"),
    keyword(SYNC_GROUP, "notify_fault", Arg::Script, "", "run on a fault"),
    keyword(SYNC_GROUP, "notify_stop", Arg::Script, "", "run when the daemon stops"),
    keyword(SYNC_GROUP, "notify", Arg::Script, "", "run on every change, with the group and state"),
    keyword(SYNC_GROUP, "smtp_alert", Arg::Switch, "", "whether changes are mailed")
        .no_effect("mails are not sent yet"),
];
