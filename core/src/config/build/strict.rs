//! `strict_mode`: what the RFC does not allow is put right, as the C version does, and told of.

use super::{Context, Spans};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{HmacMode, InitialState, InstanceConfig, Transport, VmacAddress};
use crate::net::{Family, Priority, Version};
use core::net::IpAddr;
use core::time::Duration;

/// Makes an instance strict. `name`: the words of its name; `spans`: those of its keywords.
pub(super) fn apply(cx: &mut Context<'_, '_>, config: &mut InstanceConfig, name: Span, spans: &Spans) {
    let strict = spans.get("strict_mode").copied();
    let report = |cx: &mut Context<'_, '_>, mut diagnostic: Diagnostic| {
        if let Some(strict) = strict {
            diagnostic = diagnostic.also(strict, "because of this");
        } else {
            diagnostic = diagnostic.note("`vrrp_strict` in `global_defs` makes every instance strict");
        }
        cx.report(diagnostic);
    };
    // Something that was written, and is not what holds.
    let undo = |cx: &mut Context<'_, '_>, keyword: &str, label: &str| {
        if let Some(span) = spans.get(keyword) {
            let message = match keyword {
                "use_vmac" | "auth_hmac" => format!("`{keyword}` like this is not allowed in strict mode"),
                _ => format!("`{keyword}` is not allowed in strict mode"),
            };
            report(cx, Diagnostic::warning("strict", *span, message).label(label));
        }
    };
    let owner = config.priority == Priority::OWNER;
    if matches!(config.transport, Transport::Unicast { .. }) {
        let span = spans.get("unicast_peer").copied().unwrap_or(name);
        let message = "unicast is not allowed in strict mode";
        report(
            cx,
            Diagnostic::warning("strict", span, message).label("used nevertheless; the RFC knows multicast only"),
        );
    }
    let wanted = if owner { InitialState::Master } else { InitialState::Backup };
    if config.state != wanted {
        config.state = wanted;
        let (message, label) = if owner {
            ("priority 255 begins as MASTER in strict mode", "read as MASTER")
        } else {
            ("only priority 255 begins as MASTER in strict mode", "read as BACKUP")
        };
        if let Some(span) = spans.get("state") {
            report(cx, Diagnostic::warning("strict", *span, message).label(label));
        }
    }
    if config.auth.take().is_some() {
        undo(cx, "authentication", "adverts carry no password");
    }
    if !config.preempt_delay.is_zero() {
        config.preempt_delay = Duration::ZERO;
        undo(cx, "preempt_delay", "taken for 0");
    }
    if config.rules.down_timer_adverts != 3 {
        config.rules.down_timer_adverts = 3;
        undo(cx, "down_timer_adverts", "taken for 3");
    }
    if config.rules.accept && !owner && config.version == Version::V2 {
        config.rules.accept = false;
        undo(cx, "accept", "version 2 has no such thing");
    }
    if config.garp.lower_prio_repeat != 0 {
        config.garp.lower_prio_repeat = 0;
        undo(cx, "garp_lower_prio_repeat", "taken for 0");
    }
    if !config.garp.lower_prio_delay.is_zero() {
        config.garp.lower_prio_delay = Duration::ZERO;
        undo(cx, "garp_lower_prio_delay", "taken for 0");
    }
    if !config.lower_prio_no_advert {
        config.lower_prio_no_advert = true;
        undo(cx, "lower_prio_no_advert", "taken for on");
    }
    if owner && !config.rules.owner_ignore_adverts {
        config.rules.owner_ignore_adverts = true;
        undo(cx, "owner_ignore_adverts", "taken for on");
    }
    if config.rules.no_virtual_ipaddress {
        config.rules.no_virtual_ipaddress = false;
        undo(cx, "no_virtual_ipaddress", "taken for off");
    }
    if config.addresses.is_empty() && config.version == Version::V2 && !cx.partial {
        let message = format!("`{}` has no addresses", config.name);
        report(cx, Diagnostic::error("no-address", name, message).label("a strict instance has one at least"));
    }
    if config.link.vmac.as_ref().is_some_and(|vmac| vmac.mac != VmacAddress::Rfc) {
        config.link.vmac.iter_mut().for_each(|vmac| vmac.mac = VmacAddress::Rfc);
        undo(cx, "use_vmac", "its MAC address is the virtual router's");
    }
    // Unicast adverts have no other way out.
    if config.link.xmit_base && matches!(config.transport, Transport::Multicast { .. }) {
        config.link.xmit_base = false;
        undo(cx, "vmac_xmit_base", "taken for off");
    }
    if let Some(hmac) = config.hmac.as_mut().filter(|hmac| hmac.mode != HmacMode::Enforce) {
        hmac.mode = HmacMode::Enforce;
        undo(cx, "auth_hmac", "its mode is taken for `enforce`");
    }
    let first = config.addresses.first().map(|address| address.ip);
    if config.family == Family::V6
        && let Some(IpAddr::V6(ip)) = first
        && !ip.is_unicast_link_local()
    {
        let span = spans.get("virtual_ipaddress").copied().unwrap_or(name);
        let message = format!("the first address, `{ip}`, is not a link-local one");
        report(cx, Diagnostic::warning("strict", span, message).label("expected one from fe80::/10 before all others"));
    }
}
