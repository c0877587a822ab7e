//! From what a virtual server says to what it is: defaults, and the rules between its values.
//!
//! Where the C version corrects a value and goes on, so do we, with a warning.

use super::super::{Context, Given, Seen};
use super::checks::{self, Heritage};
use super::draft::{PersistenceTimeout, RealDraft, VirtualDraft};
use super::settings::{Endpoint, Loose};
use super::{Known, ports};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{
    Forwarding, Granularity, Persistence, Protocol, RealServer, Scheduler, SchedulerFlags, Service, SorryServer,
    VirtualServer, VirtualServerGroup,
};
use crate::net::{Family, Name};
use core::net::IpAddr;
use core::time::Duration;
use std::collections::BTreeMap;

/// The longest name of a persistence engine (`IP_VS_PENAME_MAXLEN` in linux/ip_vs.h).
const MAX_ENGINE: usize = 16;

/// A service and what can be said of it at once.
struct Subject<'a> {
    service: Service,
    span: Span,
    group: Option<&'a VirtualServerGroup>,
    /// The keywords of its block, rightly written or not.
    seen: &'a Seen<'a>,
}

impl Subject<'_> {
    /// Whether `keyword` is not written, as far as can be seen.
    fn lacks(&self, cx: &Context<'_, '_>, keyword: &str) -> bool {
        !cx.partial && !self.seen.contains_key(keyword)
    }

    /// Whether packets are told by an address, at least some of them.
    fn has_addresses(&self) -> bool {
        match &self.service {
            Service::Address(..) => true,
            Service::Mark(_) => false,
            Service::Group(_) => self.group.is_some_and(VirtualServerGroup::has_addresses),
        }
    }

    fn has_marks(&self) -> bool {
        match &self.service {
            Service::Address(..) => false,
            Service::Mark(_) => true,
            Service::Group(_) => self.group.is_some_and(VirtualServerGroup::has_marks),
        }
    }
}

/// Applies defaults and rules. `None`: it serves nothing.
pub(super) fn resolve(
    cx: &mut Context<'_, '_>,
    service: Given<Service>,
    draft: VirtualDraft,
    seen: &Seen<'_>,
    drafts: Vec<RealDraft>,
    known: &Known<'_>,
) -> Option<VirtualServer> {
    let group = group(cx, &service, known)?;
    let subject = Subject { service: service.value, span: service.span, group, seen };
    let forwarding = forwarding(cx, &subject, &draft, &drafts);
    let methods: Vec<Forwarding> = drafts.iter().map(|real| real.forwarding.unwrap_or(forwarding)).collect();
    let sorry = sorry_server(cx, &subject, &draft, forwarding);
    let family = family(cx, &subject, &draft, &drafts, &methods, sorry.as_ref());
    let protocol = protocol(cx, &subject, &draft);
    let scheduler = draft.scheduler.unwrap_or_else(|| default_scheduler(cx, &subject));
    let persistence = persistence(cx, &subject, &draft, family, protocol);
    let (quorum, hysteresis) = quorum(cx, &draft, &drafts);
    let uses_fnat = methods.contains(&Forwarding::FullNat)
        || sorry.as_ref().is_some_and(|sorry| sorry.value.forwarding == Forwarding::FullNat);
    let local_addresses =
        local_addresses(cx, &subject, &draft, uses_fnat.then_some(family).flatten(), uses_fnat, known);
    let scheduler_flags = flags(cx, &draft, scheduler);
    let one_packet = one_packet(cx, &draft, &subject, protocol);
    let syn_proxy = syn_proxy(cx, &draft, protocol);
    let ha_suspend = ha_suspend(cx, &draft, &subject);

    let mut real_servers = real_servers(cx, &subject, &draft, drafts, &methods, family, known);
    if real_servers.is_empty() {
        return None;
    }
    let mut sorry_server = sorry.filter(|sorry| fits(cx, sorry.value.ip, sorry.value.forwarding, family, sorry.span));
    if let Some(sorry) = &mut sorry_server {
        ports::of_sorry(cx, &subject.service, group, sorry);
        same_inhibit(cx, sorry, &real_servers);
    }
    real_servers.shrink_to_fit();
    Some(VirtualServer {
        service: subject.service,
        family,
        protocol,
        scheduler,
        scheduler_flags,
        one_packet,
        forwarding,
        persistence,
        ha_suspend,
        smtp_alert: draft.smtp_alert.unwrap_or(known.mails.of_virtual),
        snmp_name: draft.snmp_name,
        quorum,
        hysteresis,
        quorum_up: draft.quorum_up,
        quorum_down: draft.quorum_down,
        omega: draft.omega.is_some_and(|Loose(on)| on),
        syn_proxy,
        local_addresses,
        bind_device: draft.bind_device,
        established_timeout: draft.established_timeout,
        sorry_server: sorry_server.map(|sorry| sorry.value),
        real_servers,
    })
}

/// The group of a service that has one. `None`: there is no such group.
fn group<'a>(
    cx: &mut Context<'_, '_>,
    service: &Given<Service>,
    known: &Known<'a>,
) -> Option<Option<&'a VirtualServerGroup>> {
    let Service::Group(name) = &service.value else { return Some(None) };
    let found = known.groups.get(&**name).copied();
    if found.is_none() && !known.names[0].contains_key(name) && !cx.partial {
        cx.report(unknown_group(service.span, "virtual_server_group", name));
    }
    found.map(Some)
}

fn unknown_group(span: Span, kind: &str, name: &Name) -> Diagnostic {
    Diagnostic::error("unknown-group", span, format!("there is no `{kind} {name}`"))
        .label(format!("expected the name of a `{kind}`"))
}

/// What real servers that say nothing else have.
fn forwarding(
    cx: &mut Context<'_, '_>,
    subject: &Subject<'_>,
    draft: &VirtualDraft,
    drafts: &[RealDraft],
) -> Forwarding {
    if let Some(forwarding) = draft.forwarding {
        return forwarding;
    }
    if subject.lacks(cx, "lvs_method") && drafts.iter().any(|real| real.forwarding.is_none()) {
        cx.report(
            Diagnostic::warning("default-used", subject.span, "it is not said how packets reach the real servers")
                .label("`lvs_method` is missing; NAT is used")
                .help("write `lvs_method NAT`, `DR` or `TUN`"),
        );
    }
    Forwarding::Nat
}

fn default_scheduler(cx: &mut Context<'_, '_>, subject: &Subject<'_>) -> Scheduler {
    if subject.lacks(cx, "lvs_sched") {
        cx.report(
            Diagnostic::warning("default-used", subject.span, "it is not said how real servers are chosen")
                .label("`lvs_sched` is missing; wlc is used"),
        );
    }
    Scheduler::WeightedLeastConnections
}

/// The family of clients; `None`: both.
fn family(
    cx: &mut Context<'_, '_>,
    subject: &Subject<'_>,
    draft: &VirtualDraft,
    drafts: &[RealDraft],
    methods: &[Forwarding],
    sorry: Option<&Given<SorryServer>>,
) -> Option<Family> {
    let of_group = |group: &VirtualServerGroup| match (group.has(Family::V4), group.has(Family::V6)) {
        (true, false) => Some(Family::V4),
        (false, true) => Some(Family::V6),
        _ => None,
    };
    let own = match &subject.service {
        Service::Address(ip, _) => Some(Family::of(*ip)),
        Service::Mark(_) => None,
        Service::Group(_) => subject.group.and_then(of_group),
    };
    let mixed = subject.group.is_some_and(|group| group.has(Family::V4) && group.has(Family::V6));
    if let Some(said) = &draft.ip_family
        && let Some(why) = match own {
            Some(own) if own != said.value => Some(format!("the service is of {own}")),
            None if mixed => Some("the group is of both families".into()),
            _ => None,
        }
    {
        cx.report(
            Diagnostic::error("wrong-family", said.span, "this is not the family of the service")
                .label(why)
                .help("leave `ip_family` out: the addresses say it"),
        );
    }
    if mixed {
        return None;
    }
    let plain = drafts.iter().zip(methods).find(|(_, method)| !is_tunnel(**method)).map(|(real, _)| real.ip);
    let granularity = draft.persistence_granularity.as_ref().map(|given| match given.value {
        Granularity::V4(_) => Family::V4,
        Granularity::V6(_) => Family::V6,
    });
    own.or(draft.ip_family.as_ref().map(|given| given.value))
        .or(granularity)
        .or(plain.map(Family::of))
        .or(sorry.filter(|sorry| !is_tunnel(sorry.value.forwarding)).map(|sorry| Family::of(sorry.value.ip)))
        .or_else(|| tunnels(drafts, sorry))
        .or(Some(Family::V4))
}

fn is_tunnel(forwarding: Forwarding) -> bool {
    matches!(forwarding, Forwarding::Tunnel(_))
}

/// The family of servers that all are reached through tunnels, where they agree.
fn tunnels(drafts: &[RealDraft], sorry: Option<&Given<SorryServer>>) -> Option<Family> {
    let mut all = sorry.map(|sorry| sorry.value.ip).into_iter().chain(drafts.iter().map(|real| real.ip));
    let first = Family::of(all.next()?);
    all.all(|ip| Family::of(ip) == first).then_some(first)
}

/// Whether a server can serve clients of `family`.
fn fits(cx: &mut Context<'_, '_>, ip: IpAddr, method: Forwarding, family: Option<Family>, span: Span) -> bool {
    let of = Family::of(ip);
    if is_tunnel(method) || family == Some(of) {
        return true;
    }
    let diagnostic = match family {
        Some(family) => {
            Diagnostic::error("wrong-family", span, format!("an {of} server cannot serve {family} clients"))
                .label(format!("expected an {family} address"))
        }
        None => Diagnostic::error("wrong-family", span, "the group of the virtual server is of both families")
            .label("such servers can be reached by `lvs_method TUN` only"),
    };
    cx.report(diagnostic);
    false
}

fn protocol(cx: &mut Context<'_, '_>, subject: &Subject<'_>, draft: &VirtualDraft) -> Option<Protocol> {
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

fn flags(cx: &mut Context<'_, '_>, draft: &VirtualDraft, scheduler: Scheduler) -> SchedulerFlags {
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

fn one_packet(
    cx: &mut Context<'_, '_>,
    draft: &VirtualDraft,
    subject: &Subject<'_>,
    protocol: Option<Protocol>,
) -> bool {
    let Some(given) = &draft.one_packet else { return false };
    let possible = !subject.has_addresses() || protocol == Some(Protocol::Udp);
    if !possible {
        cx.report(Diagnostic::warning("no-effect", given.span, "one-packet scheduling is for UDP").label("skipped"));
    }
    possible
}

fn syn_proxy(cx: &mut Context<'_, '_>, draft: &VirtualDraft, protocol: Option<Protocol>) -> bool {
    let Some(given) = &draft.syn_proxy else { return false };
    let possible = matches!(protocol, None | Some(Protocol::Tcp));
    if !possible {
        cx.report(Diagnostic::warning("no-effect", given.span, "only TCP has handshakes").label("skipped"));
    }
    possible
}

fn ha_suspend(cx: &mut Context<'_, '_>, draft: &VirtualDraft, subject: &Subject<'_>) -> bool {
    let Some(given) = draft.ha_suspend.as_ref().filter(|given| given.value.0) else { return false };
    if subject.has_marks() {
        cx.report(
            Diagnostic::warning("no-effect", given.span, "a firewall mark has no address that could be missing")
                .label("skipped"),
        );
    }
    !subject.has_marks()
}

fn persistence(
    cx: &mut Context<'_, '_>,
    subject: &Subject<'_>,
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
            Service::Group(_) => subject.group.is_some_and(ports::group_has_port_0),
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
        } else if engine.value == "sip" && protocol.is_some_and(|protocol| protocol != Protocol::Udp) {
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
fn quorum(cx: &mut Context<'_, '_>, draft: &VirtualDraft, drafts: &[RealDraft]) -> (u32, u32) {
    let weight = draft.weight.unwrap_or(1);
    let sum: u64 = drafts.iter().map(|real| u64::from(real.weight.unwrap_or(weight))).sum();
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

fn local_addresses(
    cx: &mut Context<'_, '_>,
    subject: &Subject<'_>,
    draft: &VirtualDraft,
    family: Option<Family>,
    uses_fnat: bool,
    known: &Known<'_>,
) -> Option<Name> {
    let Some(given) = &draft.local_addresses else {
        if uses_fnat && subject.lacks(cx, "laddr_group_name") {
            cx.report(
                Diagnostic::error("missing-keyword", subject.span, "`lvs_method FNAT` without local addresses")
                    .label("`laddr_group_name` is missing")
                    .help("the name of a `local_address_group`, whose addresses the real servers see"),
            );
        }
        return None;
    };
    let Some(group) = known.local_addresses.get(&*given.value) else {
        if !known.names[1].contains_key(&given.value) && !cx.partial {
            cx.report(unknown_group(given.span, "local_address_group", &given.value));
        }
        return None;
    };
    if !uses_fnat {
        cx.report(
            Diagnostic::warning("no-effect", given.span, "local addresses are for `lvs_method FNAT`").label("skipped"),
        );
        return None;
    }
    if let Some(family) = family
        && !group.addresses.iter().any(|addresses| addresses.range.family() == family)
    {
        cx.report(
            Diagnostic::error("wrong-family", given.span, format!("`{}` has no {family} address", given.value))
                .label(format!("expected a group with {family} addresses")),
        );
    }
    Some(given.value.clone())
}

fn sorry_server(
    cx: &mut Context<'_, '_>,
    subject: &Subject<'_>,
    draft: &VirtualDraft,
    forwarding: Forwarding,
) -> Option<Given<SorryServer>> {
    let inhibit = draft.sorry_inhibit.as_ref();
    let Some(Given { value: Endpoint { ip, port }, span }) = draft.sorry_server else {
        let more = [inhibit.map(|given| given.span), draft.sorry_forwarding.as_ref().map(|given| given.span)];
        let lacks = subject.lacks(cx, "sorry_server");
        for span in more.into_iter().flatten().filter(|_| lacks) {
            cx.report(
                Diagnostic::warning("no-effect", span, "there is no `sorry_server` that this could be about")
                    .label("skipped"),
            );
        }
        return None;
    };
    let forwarding = draft.sorry_forwarding.as_ref().map_or(forwarding, |given| given.value);
    let inhibit = inhibit.is_some_and(|given| given.value.0);
    Some(Given { value: SorryServer { ip, port, forwarding, inhibit }, span })
}

/// A sorry server that is a real server too is treated like that.
fn same_inhibit(cx: &mut Context<'_, '_>, sorry: &mut Given<SorryServer>, real_servers: &[RealServer]) {
    let server = &mut sorry.value;
    let same = real_servers.iter().find(|real| (real.ip, real.port) == (server.ip, server.port));
    if let Some(real) = same.filter(|real| real.inhibit != server.inhibit) {
        let label = if real.inhibit { "kept with weight 0 while it is not needed" } else { "removed while not needed" };
        cx.report(
            Diagnostic::warning("contradiction", sorry.span, "the sorry server is a real server with another setting")
                .label(format!("`inhibit_on_failure` of the real server counts: {label}")),
        );
        server.inhibit = real.inhibit;
    }
}

fn real_servers(
    cx: &mut Context<'_, '_>,
    subject: &Subject<'_>,
    virtual_draft: &VirtualDraft,
    drafts: Vec<RealDraft>,
    methods: &[Forwarding],
    family: Option<Family>,
    known: &Known<'_>,
) -> Vec<RealServer> {
    if drafts.is_empty() && subject.lacks(cx, "real_server") {
        cx.report(
            Diagnostic::warning("no-real-server", subject.span, "a virtual server without real servers")
                .label("there is nobody to do the work")
                .note("the virtual server is left out, and its sorry server too"),
        );
    }
    let mut out = Vec::with_capacity(drafts.len());
    let mut places = BTreeMap::new();
    for (draft, method) in drafts.into_iter().zip(methods) {
        let span = draft.span;
        let port = ports::of_real(cx, &subject.service, subject.group, &draft, *method);
        let server = real_server(cx, virtual_draft, draft, *method, port, known);
        if !fits(cx, server.ip, *method, family, span) {
            continue;
        }
        if let Some(first) = places.get(&(server.ip, port)) {
            cx.report(
                Diagnostic::warning("repeated", span, "this real server is there already")
                    .label("left out")
                    .also(*first, "the first one is here"),
            );
            continue;
        }
        places.insert((server.ip, port), span);
        out.push(server);
    }
    out
}

fn real_server(
    cx: &mut Context<'_, '_>,
    from: &VirtualDraft,
    draft: RealDraft,
    forwarding: Forwarding,
    port: u16,
    known: &Known<'_>,
) -> RealServer {
    let lower_threshold = draft.lower_threshold.as_ref().map_or(0, |given| given.value);
    if let Some(given) = draft.lower_threshold.as_ref().filter(|_| lower_threshold > draft.upper_threshold) {
        let label = match draft.upper_threshold {
            0 => "`uthreshold` is missing".to_owned(),
            upper => format!("`uthreshold` is {upper}"),
        };
        cx.report(
            Diagnostic::error("bad-value", given.span, "`lthreshold` is greater than `uthreshold`")
                .label(label)
                .note("the kernel does not accept such a server"),
        );
    }
    let alpha = draft.alpha.unwrap_or(from.alpha.is_some_and(|Loose(on)| on));
    let heritage = Heritage {
        known,
        pacing: [&draft.pacing, &from.pacing],
        alpha,
        host: draft.host.as_ref().or(from.host.as_ref()),
        ip: draft.ip,
        port,
    };
    let checks = checks::resolve(cx, draft.checks, &heritage);
    RealServer {
        ip: draft.ip,
        port,
        weight: draft.weight.or(from.weight).unwrap_or(1),
        forwarding,
        upper_threshold: draft.upper_threshold,
        lower_threshold,
        inhibit: draft.inhibit.unwrap_or(from.inhibit.is_some_and(|Loose(on)| on)),
        smtp_alert: draft.smtp_alert.unwrap_or(known.mails.of_real),
        snmp_name: draft.snmp_name,
        notify_up: draft.notify_up,
        notify_down: draft.notify_down,
        checks,
    }
}
