//! Rules between the values of a virtual server: protocol, flags, persistence and quorum.

use super::super::{Context, Given};
use super::draft::{PersistenceTimeout, VirtualDraft};
use super::server::Subject;
use crate::config::diagnostic::Diagnostic;
use crate::config::model::{Granularity, Persistence, Protocol, RealServer, Scheduler, SchedulerFlags, Service};
use crate::net::Family;
use core::time::Duration;

/// The longest name of a persistence engine (`IP_VS_PENAME_MAXLEN` in linux/ip_vs.h).
const MAX_ENGINE: usize = 16;

pub(super) fn protocol(cx: &mut Context<'_, '_>, subject: &Subject<'_, '_>, draft: &VirtualDraft) -> Option<Protocol> {
    match &draft.protocol {
        Some(given) if subject.has_addresses() => Some(given.value),
        Some(given) => {
            cx.report(
                Diagnostic::warning("no-effect", given.span, "a firewall mark stands for packets of every protocol")
                    .label("skipped"),
            );
            None
        }
        None if !subject.has_addresses() => None,
        None => {
            if subject.lacks(cx, "protocol") {
                cx.report(
                    Diagnostic::warning("default-used", subject.span, "it is not said which protocol is balanced")
                        .label("`protocol` is missing; UDP is used")
                        .help("write `protocol TCP` if that is meant"),
                );
            }
            Some(Protocol::Udp)
        }
    }
}

pub(super) fn flags(cx: &mut Context<'_, '_>, draft: &VirtualDraft, scheduler: Scheduler) -> SchedulerFlags {
    let mut flags = SchedulerFlags { first: draft.flag_1, second: draft.flag_2, third: draft.flag_3 };
    let mut of = |flag: &Option<Given<bool>>, of: Scheduler, name: &str| {
        let Some(given) = flag else { return false };
        if scheduler != of {
            cx.report(
                Diagnostic::warning("no-effect", given.span, format!("only the scheduler {name} has this flag"))
                    .label("skipped"),
            );
        }
        scheduler == of
    };
    flags.first |= of(&draft.sh_fallback, Scheduler::SourceHashing, "sh");
    flags.first |= of(&draft.mh_fallback, Scheduler::MaglevHashing, "mh");
    flags.second |= of(&draft.sh_port, Scheduler::SourceHashing, "sh");
    flags.second |= of(&draft.mh_port, Scheduler::MaglevHashing, "mh");
    flags
}

pub(super) fn one_packet(
    cx: &mut Context<'_, '_>,
    draft: &VirtualDraft,
    subject: &Subject<'_, '_>,
    protocol: Option<Protocol>,
) -> bool {
    let Some(given) = &draft.one_packet else { return false };
    let possible = !subject.has_addresses() || protocol == Some(Protocol::Udp);
    if !possible {
        cx.report(Diagnostic::warning("no-effect", given.span, "one-packet scheduling is for UDP").label("skipped"));
    }
    possible
}

pub(super) fn syn_proxy(cx: &mut Context<'_, '_>, draft: &VirtualDraft, protocol: Option<Protocol>) -> bool {
    let Some(given) = &draft.syn_proxy else { return false };
    let possible = matches!(protocol, None | Some(Protocol::Tcp));
    if !possible {
        cx.report(Diagnostic::warning("no-effect", given.span, "only TCP has handshakes").label("skipped"));
    }
    possible
}

pub(super) fn ha_suspend(cx: &mut Context<'_, '_>, draft: &VirtualDraft, subject: &Subject<'_, '_>) -> bool {
    let Some(given) = draft.ha_suspend.as_ref().filter(|given| given.value.0) else { return false };
    if subject.has_marks() {
        cx.report(
            Diagnostic::warning("no-effect", given.span, "a firewall mark has no address that could be missing")
                .label("skipped"),
        );
    }
    !subject.has_marks()
}

pub(super) fn persistence(
    cx: &mut Context<'_, '_>,
    subject: &Subject<'_, '_>,
    draft: &VirtualDraft,
    family: Option<Family>,
    protocol: Option<Protocol>,
) -> Option<Persistence> {
    let granularity = draft.persistence_granularity.as_ref().and_then(|given| granularity(cx, given, family));
    let said = draft.persistence_timeout.filter(|timeout| timeout.0 > 0);
    let asked = said.or(draft.persistence_granularity.is_some().then_some(PersistenceTimeout::DEFAULT));
    let timeout = asked.or_else(|| {
        let port_0 = match &subject.service {
            Service::Address(_, port) => *port == 0,
            Service::Mark(_) => false,
            Service::Group(_) => subject.group.is_some_and(|group| group.has_port_0),
        };
        port_0.then(|| {
            cx.report(
                Diagnostic::warning("default-used", subject.span, "a service on every port must be persistent")
                    .label("`persistence_timeout` is missing; 360 is used")
                    .help("write a port after the address, if one is meant"),
            );
            PersistenceTimeout::DEFAULT
        })
    });
    let engine = draft.persistence_engine.as_ref();
    let Some(timeout) = timeout else {
        if let Some(engine) =
            engine.filter(|_| draft.persistence_timeout.is_some() || subject.lacks(cx, "persistence_timeout"))
        {
            cx.report(
                Diagnostic::warning("no-effect", engine.span, "`persistence_engine` without persistence")
                    .label("skipped")
                    .help("write `persistence_timeout` too"),
            );
        }
        return None;
    };
    if let Some(engine) = engine {
        if engine.value.len() > MAX_ENGINE {
            cx.report(
                Diagnostic::error("bad-name", engine.span, "no persistence engine has such a long name")
                    .label(format!("{} bytes; at most {MAX_ENGINE} are possible", engine.value.len())),
            );
        } else if engine.value != "sip" {
            cx.report(
                Diagnostic::warning(
                    "bad-value",
                    engine.span,
                    format!("Linux has no persistence engine `{}`", engine.value),
                )
                .label("the kernel has one, `sip`")
                .note("unless somebody adds it to the kernel, the service cannot be made"),
            );
        } else if protocol.is_some_and(|protocol| protocol != Protocol::Udp) {
            cx.report(
                Diagnostic::warning("bad-value", engine.span, "the engine `sip` reads UDP packets only")
                    .label("the kernel drops all others"),
            );
        }
    }
    Some(Persistence {
        timeout: Duration::from_secs(timeout.0.into()),
        granularity,
        engine: engine.map(|given| given.value.clone()),
    })
}

/// Masks that say nothing are none.
fn granularity(cx: &mut Context<'_, '_>, given: &Given<Granularity>, family: Option<Family>) -> Option<Granularity> {
    let expected = match (given.value, family) {
        (Granularity::V4(_), Some(Family::V6)) => Some("a prefix length from 1 to 128"),
        (Granularity::V6(_), Some(Family::V4)) => Some("a mask like 255.255.255.0"),
        _ => None,
    };
    if let Some(expected) = expected {
        cx.report(
            Diagnostic::error("wrong-family", given.span, "this is no mask for the family of the service")
                .label(format!("expected {expected}")),
        );
    }
    match given.value {
        Granularity::V4(mask) if mask.to_bits() == u32::MAX => None,
        Granularity::V6(128) => None,
        granularity => Some(granularity),
    }
}

/// The quorum cannot be more than all weights together, and the hysteresis must be less than the quorum.
pub(super) fn quorum(cx: &mut Context<'_, '_>, draft: &VirtualDraft, reals: &[RealServer]) -> (u32, u32) {
    let sum: u64 = reals.iter().map(|real| u64::from(real.weight)).sum();
    let most = u32::try_from(sum).unwrap_or(u32::MAX).max(1);
    let mut quorum = draft.quorum.as_ref().map_or(1, |given| given.value);
    if let Some(given) = draft.quorum.as_ref().filter(|_| !cx.partial && quorum > most) {
        cx.report(
            Diagnostic::warning("clamped", given.span, format!("all real servers together have a weight of {sum}"))
                .label(format!("the quorum could never be reached; {most} is used")),
        );
        quorum = most;
    }
    let mut hysteresis = draft.hysteresis.as_ref().map_or(0, |given| given.value);
    if let Some(given) = draft.hysteresis.as_ref().filter(|_| hysteresis >= quorum) {
        cx.report(
            Diagnostic::warning("clamped", given.span, format!("the hysteresis is not less than the quorum, {quorum}"))
                .label(format!("the quorum could never be lost; {} is used", quorum - 1)),
        );
        hysteresis = quorum - 1;
    }
    (quorum, hysteresis)
}
