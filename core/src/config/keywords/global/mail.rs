//! Mails.

use super::row;
use crate::config::keywords::{Arg, Keyword};

const MAIL: &str = "mails are not sent yet";

pub(super) const KEYWORDS: &[Keyword] = &[
    row("notification_email", Arg::Names, "", "who gets mails").not_yet(MAIL),
    row("notification_email_from", Arg::Word, "the daemon's user at the host's name", "who mails are from")
        .not_yet(MAIL),
    row("smtp_server", Arg::Form("HOST [PORT]", 1, 2), "", "the mail server, and perhaps its port, 25 by default")
        .not_yet(MAIL),
    row("smtp_helo_name", Arg::Word, "the host's name", "how the mail server is greeted").not_yet(MAIL),
    row("smtp_connect_timeout", Arg::WholeSeconds(0, 4294), "30", "seconds for connecting to the mail server")
        .not_yet(MAIL),
    row("smtp_alert", Arg::Switch, "off", "whether changes are mailed").not_yet(MAIL),
    row("smtp_alert_vrrp", Arg::Switch, "smtp_alert", "whether changes of instances and groups are mailed")
        .not_yet(MAIL),
    row("smtp_alert_checker", Arg::Switch, "smtp_alert", "whether changes of real servers are mailed").not_yet(MAIL),
    row("no_email_faults", Arg::Flag, "off", "no mail about faults").not_yet(MAIL),
    row("no_checker_emails", Arg::Switch, "off", "no mail about real servers that do not ask for it").not_yet(MAIL),
];
