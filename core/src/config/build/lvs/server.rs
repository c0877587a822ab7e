//! From what a virtual server says to what it is: defaults, and the rules between its values.
//!
//! Where the C version corrects a value and goes on, so do we, with a warning.

use super::super::unknown::nearest_name;
use super::super::{Context, Given, Names, Seen};
use super::checks::{self, Heritage};
use super::draft::{RealDraft, VirtualDraft};
use super::group::Facts;
use super::reals::{Real, Reals};
use super::settings::{Endpoint, Loose};
use super::{Known, policy, ports};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{Forwarding, Granularity, RealServer, Scheduler, Service, SorryServer, VirtualServer};
use crate::net::{Family, Name};
use core::net::IpAddr;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A service and what can be said of it at once.
pub(super) struct Subject<'a, 's> {
    pub(super) service: Service,
    pub(super) span: Span,
    pub(super) group: Option<Facts<'a>>,
    /// The keywords of its block, rightly written or not.
    seen: &'a Seen<'s>,
}

impl Subject<'_, '_> {
    /// Whether `keyword` is not written, as far as can be seen.
    pub(super) fn lacks(&self, cx: &Context<'_, '_>, keyword: &str) -> bool {
        !cx.partial && !self.seen.contains_key(keyword)
    }

    /// Whether packets are told by an address, at least some of them.
    pub(super) fn has_addresses(&self) -> bool {
        match &self.service {
            Service::Address(..) => true,
            Service::Mark(_) => false,
            Service::Group(_) => self.group.is_some_and(|group| group.has_addresses),
        }
    }

    pub(super) fn has_marks(&self) -> bool {
        match &self.service {
            Service::Address(..) => false,
            Service::Mark(_) => true,
            Service::Group(_) => self.group.is_some_and(|group| group.has_marks),
        }
    }
}

/// Applies defaults and rules. `None`: it serves nothing.
pub(super) fn resolve(
    cx: &mut Context<'_, '_>,
    service: Given<Service>,
    draft: VirtualDraft,
    seen: &Seen<'_>,
    reals: Reals,
    known: &Known<'_>,
) -> Option<VirtualServer> {
    let group = group(cx, &service, known)?;
    let subject = Subject { service: service.value, span: service.span, group, seen };
    let forwarding = forwarding(cx, &subject, &draft, &reals);
    let methods: Vec<Forwarding> = reals.iter().map(|(_, said)| said.forwarding.unwrap_or(forwarding)).collect();
    let sorry = sorry_server(cx, &subject, &draft, forwarding);
    let family = family(cx, &subject, &draft, &reals, &methods, sorry.as_ref());
    let protocol = policy::protocol(cx, &subject, &draft);
    let scheduler = draft.scheduler.unwrap_or_else(|| default_scheduler(cx, &subject));
    let persistence = policy::persistence(cx, &subject, &draft, family, protocol);
    let uses_fnat = methods.contains(&Forwarding::FullNat)
        || sorry.as_ref().is_some_and(|sorry| sorry.value.forwarding == Forwarding::FullNat);
    let local_addresses =
        local_addresses(cx, &subject, &draft, uses_fnat.then_some(family).flatten(), uses_fnat, known);
    let scheduler_flags = policy::flags(cx, &draft, scheduler);
    let one_packet = policy::one_packet(cx, &draft, &subject, protocol);
    let syn_proxy = policy::syn_proxy(cx, &draft, protocol);
    let ha_suspend = policy::ha_suspend(cx, &draft, &subject);

    let mut real_servers = real_servers(cx, &subject, &draft, reals, &methods, family, known);
    if real_servers.is_empty() {
        return None;
    }
    let (quorum, hysteresis) = policy::quorum(cx, &draft, &real_servers);
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
        real_servers: real_servers.into(),
    })
}

/// The group of a service that has one. `None`: there is no such group.
fn group<'a>(cx: &mut Context<'_, '_>, service: &Given<Service>, known: &Known<'a>) -> Option<Option<Facts<'a>>> {
    let Service::Group(name) = &service.value else { return Some(None) };
    let found = known.groups.get(&**name).copied();
    if found.is_none() && !known.names[0].contains_key(name) && !cx.partial {
        cx.report(unknown_group(service.span, "virtual_server_group", name, known.names[0]));
    }
    found.map(Some)
}

fn unknown_group(span: Span, kind: &str, name: &Name, names: &Names) -> Diagnostic {
    let diagnostic = Diagnostic::error("unknown-group", span, format!("there is no `{kind} {name}`"))
        .label(format!("expected the name of a `{kind}`"));
    match nearest_name(names.keys(), name) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

/// What real servers that say nothing else have.
fn forwarding(cx: &mut Context<'_, '_>, subject: &Subject<'_, '_>, draft: &VirtualDraft, reals: &Reals) -> Forwarding {
    if let Some(forwarding) = draft.forwarding {
        return forwarding;
    }
    if subject.lacks(cx, "lvs_method") && reals.iter().any(|(_, said)| said.forwarding.is_none()) {
        cx.report(
            Diagnostic::warning("default-used", subject.span, "it is not said how packets reach the real servers")
                .label("`lvs_method` is missing; NAT is used")
                .help("write `lvs_method NAT`, `DR` or `TUN`"),
        );
    }
    Forwarding::Nat
}

fn default_scheduler(cx: &mut Context<'_, '_>, subject: &Subject<'_, '_>) -> Scheduler {
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
    subject: &Subject<'_, '_>,
    draft: &VirtualDraft,
    reals: &Reals,
    methods: &[Forwarding],
    sorry: Option<&Given<SorryServer>>,
) -> Option<Family> {
    let own = match &subject.service {
        Service::Address(ip, _) => Some(Family::of(*ip)),
        Service::Mark(_) => None,
        Service::Group(_) => subject.group.and_then(|group| group.family()),
    };
    let mixed = subject.group.is_some_and(|group| group.has_v4 && group.has_v6);
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
    let plain = reals.iter().zip(methods).find(|(_, method)| !is_tunnel(**method)).map(|((real, _), _)| real.ip);
    let granularity = draft.persistence_granularity.as_ref().map(|given| match given.value {
        Granularity::V4(_) => Family::V4,
        Granularity::V6(_) => Family::V6,
    });
    own.or(draft.ip_family.as_ref().map(|given| given.value))
        .or(granularity)
        .or(plain.map(Family::of))
        .or(sorry.filter(|sorry| !is_tunnel(sorry.value.forwarding)).map(|sorry| Family::of(sorry.value.ip)))
        .or_else(|| tunnels(reals, sorry))
        .or(Some(Family::V4))
}

fn is_tunnel(forwarding: Forwarding) -> bool {
    matches!(forwarding, Forwarding::Tunnel(_))
}

/// The family of servers that all are reached through tunnels, where they agree.
fn tunnels(reals: &Reals, sorry: Option<&Given<SorryServer>>) -> Option<Family> {
    let mut all = sorry.map(|sorry| sorry.value.ip).into_iter().chain(reals.iter().map(|(real, _)| real.ip));
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

fn local_addresses(
    cx: &mut Context<'_, '_>,
    subject: &Subject<'_, '_>,
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
    let Some([has_v4, has_v6]) = known.local_addresses.get(&*given.value).copied() else {
        if !known.names[1].contains_key(&given.value) && !cx.partial {
            cx.report(unknown_group(given.span, "local_address_group", &given.value, known.names[1]));
        }
        return None;
    };
    if !uses_fnat {
        cx.report(
            Diagnostic::warning("no-effect", given.span, "local addresses are for `lvs_method FNAT`").label("skipped"),
        );
        return None;
    }
    let lacking = match family {
        Some(Family::V4) => !has_v4,
        Some(Family::V6) => !has_v6,
        None => false,
    };
    if let Some(family) = family.filter(|_| lacking) {
        cx.report(
            Diagnostic::error("wrong-family", given.span, format!("`{}` has no {family} address", given.value))
                .label(format!("expected a group with {family} addresses")),
        );
    }
    Some(given.value.clone())
}

fn sorry_server(
    cx: &mut Context<'_, '_>,
    subject: &Subject<'_, '_>,
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
    if same.is_some() {
        cx.report(
            Diagnostic::warning("contradiction", sorry.span, "the sorry server is one of the real servers")
                .label("it is used while the quorum is missing, whether or not it passes its checks"),
        );
    }
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
    subject: &Subject<'_, '_>,
    virtual_draft: &VirtualDraft,
    mut reals: Reals,
    methods: &[Forwarding],
    family: Option<Family>,
    known: &Known<'_>,
) -> Vec<RealServer> {
    if reals.is_empty() && subject.lacks(cx, "real_server") {
        cx.report(
            Diagnostic::warning("no-real-server", subject.span, "a virtual server without real servers")
                .label("there is nobody to do the work")
                .note("the virtual server is left out, and its sorry server too"),
        );
    }
    let mut out = Vec::with_capacity(reals.len());
    let mut places = Places::default();
    for (place, method) in methods.iter().enumerate() {
        let real = reals.get(place);
        let span = real.span;
        let port = ports::of_real(cx, &subject.service, subject.group, real, *method);
        let server = reals.resolved(cx, place, port, &out, |cx, real, said| {
            real_server(cx, virtual_draft, real, said, *method, port, known)
        });
        if !fits(cx, server.ip, *method, family, span) {
            continue;
        }
        if let Some(first) = places.insert((server.ip, port), span) {
            cx.report(
                Diagnostic::warning("repeated", span, "this real server is there already")
                    .label("left out")
                    .also(first, "the first one is here"),
            );
            continue;
        }
        reals.kept(place, port, out.len());
        out.push(server);
    }
    out
}

fn real_server(
    cx: &mut Context<'_, '_>,
    from: &VirtualDraft,
    real: &Real,
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
        ip: real.ip,
        port: real.port_of_checks(port),
    };
    let checks = checks::resolve(cx, draft.checks, &heritage);
    RealServer {
        ip: real.ip,
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

/// The real servers that there are, and where. Mostly they are written in ascending order, and need not be looked for.
#[derive(Default)]
struct Places {
    ascending: Vec<((IpAddr, u16), Span)>,
    others: BTreeMap<(IpAddr, u16), Span>,
}

impl Places {
    /// Adds one. Returns where it is, if it is there already.
    fn insert(&mut self, server: (IpAddr, u16), span: Span) -> Option<Span> {
        if self.ascending.last().is_none_or(|(last, _)| *last < server) {
            self.ascending.push((server, span));
            return None;
        }
        match self.ascending.binary_search_by_key(&server, |(other, _)| *other) {
            Ok(at) => Some(self.ascending[at].1),
            Err(_) => match self.others.entry(server) {
                Entry::Occupied(first) => Some(*first.get()),
                Entry::Vacant(place) => {
                    place.insert(span);
                    None
                }
            },
        }
    }
}
