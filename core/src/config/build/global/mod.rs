//! `global_defs`, and what instances inherit from it.

mod bind;
mod forms;

use super::setting::Fields;
use super::values::Value;
use super::{Context, Item, Sections, Seen, instance, walk};
use crate::config::keywords;
use crate::config::model::{Garp, Global};
use crate::net::{Family, Version};
use core::net::IpAddr;
use core::time::Duration;

/// What holds for an instance that does not say otherwise.
pub(in crate::config::build) struct Defaults {
    pub(in crate::config::build) version: Version,
    pub(in crate::config::build) garp: Garp,
    pub(in crate::config::build) skip_check_adv_addr: bool,
    pub(in crate::config::build) check_unicast_src: bool,
    pub(in crate::config::build) higher_prio_send_advert: bool,
    pub(in crate::config::build) lower_prio_no_advert: bool,
    pub(in crate::config::build) v3_checksum_as_v2: bool,
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
            higher_prio_send_advert: false,
            lower_prio_no_advert: false,
            v3_checksum_as_v2: false,
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
                set(&mut defaults, &mut garp, &item);
            }
        });
    }
    defaults.garp = garp.resolve();
    defaults
}

fn set(defaults: &mut Defaults, garp: &mut GarpGiven, item: &Item<'_>) {
    match (item.keyword.meaning(), &item.value) {
        ("vrrp_version", Value::Integer(version)) => defaults.version = instance::version(*version),
        ("vrrp_mcast_group4", Value::Address(ip)) => defaults.group4 = *ip,
        ("vrrp_mcast_group6", Value::Address(ip)) => defaults.group6 = *ip,
        ("vrrp_skip_check_adv_addr", Value::Switch(on)) => defaults.skip_check_adv_addr = *on,
        ("vrrp_check_unicast_src", _) => defaults.check_unicast_src = true,
        ("vrrp_higher_prio_send_advert", Value::Switch(on)) => defaults.higher_prio_send_advert = *on,
        ("vrrp_lower_prio_no_advert", Value::Switch(on)) => defaults.lower_prio_no_advert = *on,
        ("v3_checksum_as_v2", _) => defaults.v3_checksum_as_v2 = true,
        ("vrrp_garp_master_delay", Value::Integer(n)) => garp.delay = Some(seconds(*n)),
        ("vrrp_garp_master_repeat", Value::Integer(n)) => garp.repeat = Some(times(*n)),
        ("vrrp_garp_master_refresh", Value::Integer(n)) => garp.refresh = Some(seconds(*n)),
        ("vrrp_garp_master_refresh_repeat", Value::Integer(n)) => garp.refresh_repeat = Some(times(*n)),
        ("vrrp_garp_lower_prio_delay", Value::Integer(n)) => garp.lower_prio_delay = Some(seconds(*n)),
        ("vrrp_garp_lower_prio_repeat", Value::Integer(n)) => garp.lower_prio_repeat = Some(times(*n)),
        ("vrrp_garp_interval", Value::Micros(micros)) => garp.interval = Duration::from_micros(*micros),
        ("vrrp_gna_interval", Value::Micros(micros)) => garp.gna_interval = Duration::from_micros(*micros),
        ("vrrp_min_garp", Value::Switch(on)) => garp.minimal = *on,
        _ => {}
    }
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
