//! `global_defs`, and what instances inherit from it.

mod bind;
mod forms;
mod rules;

use super::setting::Fields;
use super::values::{Value, integer};
use super::{Context, Item, Sections, Seen, instance, walk};
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

#[derive(Default)]
struct GarpGiven {
    delay: Option<Duration>,
    repeat: Option<u32>,
    refresh: Option<Duration>,
    refresh_repeat: Option<u32>,
    lower_prio_delay: Option<Duration>,
    lower_prio_repeat: Option<u32>,
    interval: Duration,
    gna_interval: Duration,
    minimal: bool,
}

/// Reads all `global_defs` blocks as one.
pub(in crate::config::build) fn read(
    cx: &mut Context<'_, '_>,
    sections: &Sections<'_>,
    global: &mut Global,
) -> Defaults {
    let mut defaults = Defaults::default();
    let mut garp = GarpGiven::default();
    let mut seen = Seen::new();
    for section in sections.of("global_defs") {
        walk(cx, &section.block.statements, keywords::GLOBAL, &mut seen, |cx, item| {
            if !global.take(cx, &item) {
                set(cx, &mut defaults, &mut garp, &item);
            }
        });
    }
    rules::check(cx, global, &seen);
    defaults.sync_daemon = seen.get("lvs_sync_daemon").map(|phrase| phrase.span);
    defaults.garp = garp.resolve();
    defaults.smtp_alert = global.mail.alerts_vrrp();
    defaults
}

fn set(cx: &mut Context<'_, '_>, defaults: &mut Defaults, garp: &mut GarpGiven, item: &Item<'_>) {
    match (item.keyword.meaning(), &item.value) {
        ("vrrp_version", Value::Integer(version)) => defaults.version = instance::version(*version),
        ("vrrp_mcast_group4", Value::Address(ip)) => defaults.group4 = *ip,
        ("vrrp_mcast_group6", Value::Address(ip)) => defaults.group6 = *ip,
        ("vrrp_skip_check_adv_addr", Value::Switch(on)) => defaults.skip_check_adv_addr = *on,
        ("vrrp_check_unicast_src", _) => defaults.check_unicast_src = true,
        ("vrrp_lower_prio_no_advert", Value::Switch(on)) => defaults.lower_prio_no_advert = *on,
        ("v3_checksum_as_v2", Value::Switch(on)) => defaults.v3_checksum_as_v2 = *on,
        ("vrrp_garp_master_delay", Value::Integer(n)) => garp.delay = Some(seconds(*n)),
        ("vrrp_garp_master_repeat", Value::Integer(n)) => garp.repeat = Some(times(*n)),
        ("vrrp_garp_master_refresh", Value::Integer(n)) => garp.refresh = Some(seconds(*n)),
        ("vrrp_garp_master_refresh_repeat", Value::Integer(n)) => garp.refresh_repeat = Some(times(*n)),
        ("vrrp_garp_lower_prio_delay", Value::Integer(n)) => garp.lower_prio_delay = Some(seconds(*n)),
        ("vrrp_garp_lower_prio_repeat", Value::Integer(n)) => garp.lower_prio_repeat = Some(times(*n)),
        ("vrrp_garp_interval", Value::Micros(micros)) => garp.interval = Duration::from_micros(*micros),
        ("vrrp_gna_interval", Value::Micros(micros)) => garp.gna_interval = Duration::from_micros(*micros),
        ("vrrp_min_garp", Value::Switch(on)) => garp.minimal = *on,
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
            out.interval = seconds(integer(cx, "garp_extra_if", word, least, 86_400)?);
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

impl GarpGiven {
    /// `vrrp_min_garp` changes what is not said otherwise, wherever it stands.
    fn resolve(self) -> Garp {
        let standard = Garp::default();
        let base = if self.minimal { Garp { repeat: 1, delay: Duration::ZERO, ..standard } } else { standard };
        let delay = self.delay.unwrap_or(base.delay);
        let repeat = self.repeat.unwrap_or(base.repeat);
        Garp {
            delay,
            repeat,
            refresh: self.refresh.unwrap_or(base.refresh),
            refresh_repeat: self.refresh_repeat.unwrap_or(base.refresh_repeat),
            lower_prio_delay: self.lower_prio_delay.unwrap_or(delay),
            lower_prio_repeat: self.lower_prio_repeat.unwrap_or(repeat),
            interval: self.interval,
            gna_interval: self.gna_interval,
        }
    }
}

/// Whole seconds that the table has found in range.
pub(in crate::config::build) fn seconds(n: i64) -> Duration {
    Duration::from_secs(n.unsigned_abs())
}

/// A count that the table has found in range.
pub(in crate::config::build) fn times(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
