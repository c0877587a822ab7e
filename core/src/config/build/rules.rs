//! What parts of an instance need of each other, and what it inherits.

use super::Context;
use super::global::Defaults;
use super::instance::Draft;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{LinkConfig, Rules, Transport};
use crate::net::{Family, Priority};

/// Virtual interfaces, and what goes with them.
pub(super) fn link(cx: &mut Context<'_, '_>, draft: &mut Draft, transport: &Transport, family: Family) -> LinkConfig {
    let mut link = core::mem::take(&mut draft.link);
    let span = |keyword: &str| draft.spans.get(keyword).copied().unwrap_or(draft.name.span);
    if let (Some(_), Some(_)) = (&link.vmac, &link.ipvlan) {
        cx.report(
            Diagnostic::error("contradiction", span("use_vmac").later(span("use_ipvlan")), "both a vmac and an ipvlan")
                .label("which of the two is meant?")
                .also(span("use_vmac").earlier(span("use_ipvlan")), "the other is here"),
        );
    }
    let unicast = matches!(transport, Transport::Unicast { .. });
    if link.vmac.is_some() && unicast && !link.xmit_base {
        link.xmit_base = true;
        cx.report(
            Diagnostic::warning("implied", span("use_vmac"), "unicast adverts cannot leave by a virtual MAC interface")
                .label("`vmac_xmit_base` is used")
                .help("write `vmac_xmit_base`, too"),
        );
    }
    if link.vmac.is_none() && link.xmit_base {
        link.xmit_base = false;
        no_effect(cx, span("vmac_xmit_base"), "`vmac_xmit_base` has no effect without `use_vmac`");
    }
    if let Some((ip, _)) = link.ipvlan.as_ref().and_then(|ipvlan| ipvlan.address)
        && Family::of(ip) != family
    {
        cx.report(
            Diagnostic::error("wrong-family", span("use_ipvlan"), format!("`{ip}` is of another family"))
                .label(format!("expected an {family} address")),
        );
        link.ipvlan = None;
    }
    if link.vrf.is_some() && draft.interface.is_some() {
        link.vrf = None;
        no_effect(cx, span("vrf"), "`vrf` has no effect with `interface`");
    }
    link
}

fn no_effect(cx: &mut Context<'_, '_>, span: Span, message: &str) {
    cx.report(Diagnostic::warning("no-effect", span, message).label("skipped"));
}

/// What is inherited, and what needs something else.
pub(super) fn rules(
    cx: &mut Context<'_, '_>,
    draft: &mut Draft,
    link: &LinkConfig,
    priority: Priority,
    preempt: bool,
    defaults: &Defaults,
) -> Rules {
    let mut rules = core::mem::take(&mut draft.rules);
    let given = &draft.inherited;
    let span = |keyword: &str| draft.spans.get(keyword).copied().unwrap_or(draft.name.span);
    let owner = priority == Priority::OWNER;
    rules.strict = given.strict.unwrap_or(defaults.strict);
    rules.accept = given.accept.unwrap_or(owner || !rules.strict);
    rules.down_timer_adverts = given.down_timer_adverts.unwrap_or(defaults.down_timer_adverts);
    rules.garp_extra = given.garp_extra.unwrap_or(defaults.garp_extra);
    rules.smtp_alert = given.smtp_alert.unwrap_or(defaults.smtp_alert);
    rules.notify_priority_changes = given.priority_changes.unwrap_or(defaults.priority_changes);
    rules.owner_ignore_adverts = owner && given.owner_ignore_adverts.unwrap_or(defaults.owner_ignore_adverts);
    if given.owner_ignore_adverts == Some(true) && !owner {
        no_effect(cx, span("owner_ignore_adverts"), "`owner_ignore_adverts` has no effect with a priority below 255");
    }
    if rules.timer_expired_backup.is_some() && preempt {
        rules.timer_expired_backup = None;
        no_effect(cx, span("timer_expired_backup"), "`timer_expired_backup` has no effect without `nopreempt`");
    }
    let ipvlan = link.ipvlan.as_ref().and_then(|ipvlan| ipvlan.address);
    if rules.track_src_ip && draft.unicast_source.is_none() && draft.mcast_source.is_none() && ipvlan.is_none() {
        rules.track_src_ip = false;
        no_effect(cx, span("track_src_ip"), "`track_src_ip` has no effect without a source address");
    }
    rules
}
