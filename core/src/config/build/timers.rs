//! Times that cannot work together.

use super::Context;
use super::resolve::Built;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{InstanceConfig, InterfaceDelay};
use crate::net::Family;
use core::time::Duration;
use std::collections::BTreeMap;

/// Announcements that take longer than the time until the next.
pub(super) fn announcements(
    cx: &mut Context<'_, '_>,
    config: &InstanceConfig,
    name: Span,
    spans: &BTreeMap<&'static str, Span>,
) {
    let garp = &config.garp;
    if garp.refresh.is_zero() {
        return;
    }
    let addresses = config.addresses.iter().chain(&config.excluded);
    let ipv6 = addresses.clone().filter(|address| Family::of(address.ip) == Family::V6).count();
    let ipv4 = addresses.count() - ipv6;
    let kinds = [("vrrp_garp_interval", garp.interval, ipv4), ("vrrp_gna_interval", garp.gna_interval, ipv6)];
    for (keyword, interval, count) in kinds {
        let times = u32::try_from(count).unwrap_or(u32::MAX).saturating_mul(garp.refresh_repeat);
        let takes = interval.saturating_mul(times);
        if takes > garp.refresh {
            let span = spans.get("garp_master_refresh").copied().unwrap_or(name);
            cx.report(
                Diagnostic::warning("timers", span, format!("{times} announcements take {takes:?}"))
                    .label(format!("but they are to begin anew every {:?}", garp.refresh))
                    .note(format!("between two of them there are {interval:?}, as `{keyword}` says"))
                    .help("make the refresh longer, or the interval shorter"),
            );
        }
    }
}

/// Interfaces whose changes count so late that a backup has become master before. Like the C version, we have none of
/// it then: their delays become zero.
pub(super) fn delays(cx: &mut Context<'_, '_>, built: &[Built], delays: &mut [InterfaceDelay]) {
    let mut by_name: BTreeMap<String, &mut InterfaceDelay> =
        delays.iter_mut().map(|delay| (delay.interface.clone(), delay)).collect();
    for instance in built {
        let config = &instance.config;
        let Some(delay) = by_name.get_mut(&config.interface) else { continue };
        let longest = delay.down.max(delay.up);
        let missing = u32::from(config.rules.down_timer_adverts).saturating_sub(1);
        let limit = config.advert_interval.duration().saturating_mul(missing);
        if longest.is_zero() || longest < limit {
            continue;
        }
        let message = format!("changes of `{}` count after {longest:?} only", config.interface);
        cx.report(
            Diagnostic::warning("timers", instance.name, message)
                .label(format!("a backup of `{}` waits for little more than {limit:?}", config.name))
                .note(format!("`interface_up_down_delays` of `{}` are taken for 0", config.interface)),
        );
        (delay.down, delay.up) = (Duration::ZERO, Duration::ZERO);
    }
}
