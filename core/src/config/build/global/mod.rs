//! `global_defs`, and what instances inherit from it.

mod bind;
mod forms;
mod rules;

use super::setting::Fields;
use super::values::{self, Value};
use super::{Context, Item, Sections, Seen, garp, instance, walk};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords;
use crate::config::lexer::Word;
use crate::config::model::{Garp, GarpExtra, Global};
use crate::net::{Family, Version};
use core::net::IpAddr;
use core::time::Duration;
pub(in crate::config::build) use rules::sync_daemon;

/// What holds for an instance that does not say otherwise.
pub(in crate::config::build) struct Defaults {
    pub(in crate::config::build) version: Version,
    pub(in crate::config::build) garp: Garp,
    pub(in crate::config::build) skip_check_adv_addr: bool,
    pub(in crate::config::build) check_unicast_src: bool,
    pub(in crate::config::build) lower_prio_no_advert: bool,
    pub(in crate::config::build) v3_checksum_as_v2: bool,
    pub(in crate::config::build) strict: bool,
    pub(in crate::config::build) down_timer_adverts: u8,
    pub(in crate::config::build) owner_ignore_adverts: bool,
    pub(in crate::config::build) garp_extra: GarpExtra,
    pub(in crate::config::build) smtp_alert: bool,
    pub(in crate::config::build) priority_changes: bool,
    /// The words of `lvs_sync_daemon`.
    pub(in crate::config::build) sync_daemon: Option<Span>,
    group4: IpAddr,
    group6: IpAddr,
}

impl Defaults {
    /// Where adverts of `family` go.
    pub(in crate::config::build) fn group(&self, family: Family) -> IpAddr {
        match family {
            Family::V4 => self.group4,
            Family::V6 => self.group6,
        }
    }
}

impl Default for Defaults {
    fn default() -> Self {
        Defaults {
            version: Version::V2,
            garp: Garp::default(),
            skip_check_adv_addr: false,
            check_unicast_src: false,
            lower_prio_no_advert: false,
            v3_checksum_as_v2: false,
            strict: false,
            down_timer_adverts: 3,
            owner_ignore_adverts: false,
            garp_extra: GarpExtra::default(),
            smtp_alert: false,
            priority_changes: false,
            sync_daemon: None,
            group4: Family::V4.vrrp_group(),
            group6: Family::V6.vrrp_group(),
        }
    }
}

/// Reads all `global_defs` blocks as one.
pub(in crate::config::build) fn read(
    cx: &mut Context<'_, '_>,
    sections: &Sections<'_>,
    global: &mut Global,
) -> Defaults {
    let mut defaults = Defaults::default();
    let mut garp = garp::Defaults::default();
    let mut seen = Seen::new();
    for section in sections.of("global_defs") {
        walk(cx, &section.block.statements, keywords::GLOBAL, &mut seen, |cx, item| {
            if !global.take(cx, &item) && !garp.take(item.keyword.meaning(), &item.value) {
                set(cx, &mut defaults, &item);
            }
        });
    }
    rules::check(cx, global, &seen);
    defaults.sync_daemon = seen.get("lvs_sync_daemon").map(|phrase| phrase.span);
    defaults.garp = garp.resolve();
    defaults.smtp_alert = global.mail.alerts_vrrp();
    defaults
}

fn set(cx: &mut Context<'_, '_>, defaults: &mut Defaults, item: &Item<'_>) {
    match (item.keyword.meaning(), &item.value) {
        ("vrrp_version", Value::Integer(version)) => defaults.version = instance::version(*version),
        ("vrrp_mcast_group4", Value::Address(ip)) => defaults.group4 = *ip,
        ("vrrp_mcast_group6", Value::Address(ip)) => defaults.group6 = *ip,
        ("vrrp_skip_check_adv_addr", Value::Switch(on)) => defaults.skip_check_adv_addr = *on,
        ("vrrp_check_unicast_src", _) => defaults.check_unicast_src = true,
        ("vrrp_lower_prio_no_advert", Value::Switch(on)) => defaults.lower_prio_no_advert = *on,
        ("v3_checksum_as_v2", Value::Switch(on)) => defaults.v3_checksum_as_v2 = *on,
        ("vrrp_strict", Value::Switch(on)) => defaults.strict = *on,
        ("vrrp_down_timer_adverts", Value::Integer(n)) => defaults.down_timer_adverts = instance::small(*n),
        ("vrrp_owner_ignore_adverts", Value::Switch(on)) => defaults.owner_ignore_adverts = *on,
        ("vrrp_garp_extra_if", Value::Words(words)) => {
            defaults.garp_extra = extra(cx, words, 1).unwrap_or(defaults.garp_extra);
        }
        ("vrrp_notify_priority_changes", Value::Switch(on)) => defaults.priority_changes = *on,
        _ => {}
    }
}

/// The words after `garp_extra_if`: `all` and seconds, `least` of them at least.
pub(in crate::config::build) fn extra(cx: &mut Context<'_, '_>, words: &[Word], least: i64) -> Option<GarpExtra> {
    let mut out = GarpExtra::default();
    let mut given = false;
    for word in words {
        if word.text == "all" {
            out.all = true;
        } else {
            let seconds = values::seconds(cx, "garp_extra_if", word, least, 86_400)?;
            out.interval = Duration::from_secs(seconds.unsigned_abs());
            given = true;
        }
    }
    if let Some(word) = words.first().filter(|_| !given) {
        cx.report(
            Diagnostic::error("missing-argument", word.span, "`all` without a time")
                .label(format!("expected `all` and seconds, {least} to 86400")),
        );
        return None;
    }
    Some(out)
}
