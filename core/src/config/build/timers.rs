//! Times that cannot work together.

use super::resolve::Built;
use super::{Context, Spans};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{InstanceConfig, InterfaceDelay};
use crate::net::Family;
use core::time::Duration;
use std::collections::BTreeMap;

/// Announcements that take longer than the time until the next.
pub(super) fn announcements(cx: &mut Context<'_, '_>, config: &InstanceConfig, name: Span, spans: &Spans) {
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

/// Interfaces whose loss counts so late that a backup has become master before. As in the C version, the delay is made
/// shorter then, and that of the way up too where both were the same. Where one missing advert is enough, there is no delay.
pub(super) fn delays(cx: &mut Context<'_, '_>, built: &[Built], delays: &mut [InterfaceDelay]) {
    let mut by_name: BTreeMap<String, &mut InterfaceDelay> =
        delays.iter_mut().map(|delay| (delay.interface.clone(), delay)).collect();
    for instance in built {
        let config = &instance.config;
        let Some(delay) = by_name.get_mut(&config.interface) else { continue };
        let longest = longest_delay(config.rules.down_timer_adverts, config.advert_interval.duration());
        let (down, up) = (delay.down, delay.up);
        if longest.is_zero() {
            (delay.down, delay.up) = (Duration::ZERO, Duration::ZERO);
        } else if down > longest {
            delay.down = longest;
            delay.up = if up == down { longest } else { up };
        }
        if (down, up) == (delay.down, delay.up) {
            continue;
        }
        let message = format!("changes of `{}` count after {:?} only", config.interface, down.max(up));
        let waits = config.advert_interval.duration().saturating_mul(u32::from(config.rules.down_timer_adverts));
        cx.report(
            Diagnostic::warning("timers", instance.name, message)
                .label(format!("a backup of `{}` waits for little more than {waits:?}", config.name))
                .note(format!(
                    "`interface_up_down_delays` of `{}` are taken for {:?} and {:?}",
                    config.interface, delay.down, delay.up
                )),
        );
    }
}

/// The longest delay that leaves time for the last advert, a little less than the adverts that may be missing.
fn longest_delay(adverts: u8, interval: Duration) -> Duration {
    match u32::from(adverts).saturating_sub(1) {
        0 => Duration::ZERO,
        missing => interval.saturating_mul(missing).saturating_sub(whole_micros(interval / 256)),
    }
}

/// The C version counts in microseconds.
fn whole_micros(duration: Duration) -> Duration {
    Duration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}
