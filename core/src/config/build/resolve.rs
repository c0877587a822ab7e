//! From what an instance says to what it is: defaults, and the rules between its values.
//!
//! Where the C version corrects a value and goes on, so do we, with a warning.

use super::global::Defaults;
use super::instance::Draft;
use super::track::list::Lists;
use super::{Context, Given, rules, strict, timers};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{
    AuthPass, InitialState, InstanceConfig, InstanceSettings, LinkConfig, TrackInterface, Tracking, Transport,
    VirtualAddress,
};
use crate::net::{AdvertInterval, Family, Priority, Version};
use crate::wire::vrrp::room;
use core::net::IpAddr;
use core::time::Duration;
use std::collections::BTreeSet;

/// What the packet's count of addresses can say.
const MAX_ADDRESSES: usize = 255;

/// The MTU that links have where nobody changed it, in bytes.
const USUAL_MTU: u32 = 1500;

/// An instance, and where what others may clash with was written. There can be tens of thousands of them, so it is small.
pub(super) struct Built {
    pub(super) config: InstanceConfig,
    pub(super) vrid: Span,
    /// The words of its name.
    pub(super) name: Span,
    /// What most have not.
    pub(super) more: Option<Box<More>>,
}

/// What has no place in the configuration, or not yet.
#[derive(Default)]
pub(super) struct More {
    /// Where each of `track_interfaces` was written.
    pub(super) tracked: Vec<Span>,
    /// What `tracking` will be.
    pub(super) lists: Lists,
    /// What the instance itself says about its sync group's setting.
    pub(super) priority_changes: Option<bool>,
    /// The words of `use_vmac` or `use_ipvlan`.
    link: Option<Span>,
}

impl More {
    fn is_empty(&self) -> bool {
        self.tracked.is_empty() && self.lists.is_empty() && self.priority_changes.is_none() && self.link.is_none()
    }
}

impl Built {
    /// Where its virtual interface was asked for.
    pub(super) fn link(&self) -> Span {
        self.more.as_ref().and_then(|more| more.link).unwrap_or(self.name)
    }

    /// The instance, with what it has in common with others kept once.
    pub(super) fn finish(self, cx: &mut Context<'_, '_>) -> InstanceConfig {
        let (settings, mut config) = (&mut cx.settings, self.config);
        if let Some(more) = self.more.filter(|more| !more.lists.is_empty()) {
            config.tracking = settings.tracking.share(more.lists.finish());
        }
        if !settings.instances.has(&config.common) {
            // Something may have been put right since they were shared.
            let InstanceSettings { garp, link, rules, .. } = &mut *config.common;
            *garp = settings.garp.share(core::mem::take(garp));
            *link = settings.links.share(core::mem::take(link));
            *rules = settings.rules.share(core::mem::take(rules));
        }
        config.common = settings.instances.share(config.common);
        config
    }
}

/// Applies defaults and rules. `None`: something without which there is no instance is missing.
pub(super) fn instance(cx: &mut Context<'_, '_>, mut draft: Draft, defaults: &Defaults) -> Option<Built> {
    require(cx, &draft, "interface", "the interface that adverts go out on, like `interface eth0`");
    require(cx, &draft, "virtual_router_id", "the same number on all routers that share the addresses");

    let family = family(cx, &mut draft);
    let version = version(cx, &draft, family, defaults);
    let priority = priority(&draft);
    let state = state(&draft, priority);
    let (preempt, preempt_delay) = preemption(cx, &draft, state, priority);
    let transport = transport(cx, &mut draft, family, defaults);
    let link = rules::link(cx, &mut draft, &transport, family);
    let rules = rules::rules(cx, &mut draft, &link, priority, preempt, defaults);
    let name = draft.name.span;
    let auth = authentication(cx, &draft, version);
    let advert_interval = interval(cx, &draft, version);
    let source = source(cx, &draft, &link, family);
    let none_meant = rules.no_virtual_ipaddress && !rules.strict;
    let (addresses, excluded) = addresses(cx, &mut draft, version, none_meant);
    let interface = draft.interface?.value;
    let vrid = draft.vrid?;
    let (track_interfaces, tracked) = track(cx, draft.track.list, &interface);
    let check = draft.check_unicast_src.map(|given| given.value);
    let settings = &mut cx.settings;
    // Each script has a place of its own in the text.
    let notify = if draft.notify.is_empty() { settings.notify.share(draft.notify) } else { draft.notify.into() };
    let common = InstanceSettings {
        state,
        interface,
        priority,
        advert_interval,
        version,
        family,
        excluded,
        virtual_routes: draft.virtual_routes,
        virtual_rules: draft.virtual_rules,
        preempt,
        preempt_delay,
        source,
        check_unicast_src: matches!(transport, Transport::Unicast { .. })
            && check.unwrap_or(draft.peer_ttl || defaults.check_unicast_src),
        transport,
        garp: settings.garp.share(draft.garp.apply(defaults.garp)),
        track_interfaces,
        track_primary: !draft.dont_track_primary,
        auth,
        skip_check_adv_addr: draft.skip_check_adv_addr.unwrap_or(defaults.skip_check_adv_addr),
        lower_prio_no_advert: draft.lower_prio_no_advert.unwrap_or(defaults.lower_prio_no_advert),
        v3_checksum_pseudo_header: !draft.v3_checksum_as_v2.unwrap_or(defaults.v3_checksum_as_v2),
        tracking: settings.tracking.share(Tracking::default()),
        link: settings.links.share(link),
        rules: settings.rules.share(rules),
        hmac: draft.hmac,
    };
    let common = settings.instances.share(common);
    let mut config = InstanceConfig { name: draft.name.value, vrid: vrid.value, addresses, notify, common };
    if config.rules.strict {
        strict::apply(cx, &mut config, name, &draft.spans);
        config.common = cx.settings.instances.share(config.common);
    }
    timers::announcements(cx, &config, name, &draft.spans);
    let more = More {
        tracked,
        lists: draft.lists,
        priority_changes: draft.inherited.priority_changes,
        link: draft.spans.get("use_vmac").or(draft.spans.get("use_ipvlan")).copied(),
    };
    let more = (!more.is_empty()).then(|| Box::new(more));
    Some(Built { config, vrid: vrid.span, name, more })
}

fn require(cx: &mut Context<'_, '_>, draft: &Draft, keyword: &str, what: &str) {
    if cx.partial || draft.written.contains(&keyword) {
        return;
    }
    let name = &draft.name;
    let mut diagnostic =
        Diagnostic::error("missing-keyword", name.span, format!("`{}` has no `{keyword}`", name.value))
            .label(format!("`{keyword}` is missing"))
            .help(what);
    if keyword == "interface" && !draft.peers.is_empty() {
        diagnostic = diagnostic
            .note("the C version sends unicast adverts without one, too; this is not built yet")
            .help("name the interface on which the peers are reached, like `interface eth0`");
    }
    cx.report(diagnostic);
}

/// The family of adverts: `native_ipv6`, or that of the first address. Others are reported and left out.
fn family(cx: &mut Context<'_, '_>, draft: &mut Draft) -> Family {
    let from = |ip: Option<(IpAddr, Span)>| ip.map(|(ip, span)| (Family::of(ip), span));
    let decided = draft
        .native_ipv6
        .map(|span| (Family::V6, span))
        .or_else(|| from(draft.addresses.first().map(|a| (a.value.ip, a.span))))
        .or_else(|| from(draft.peers.first().map(|p| (p.value.ip, p.span))))
        .or_else(|| from(draft.unicast_source.as_ref().map(|s| (s.value, s.span))))
        .or_else(|| from(draft.mcast_source.as_ref().map(|s| (s.value, s.span))))
        .or_else(|| from(draft.group.as_ref().map(|s| (s.value, s.span))));
    let Some((family, because)) = decided else { return Family::V4 };
    let mut complain = |ip: IpAddr, span: Span, what: &str, help: Option<&str>| {
        if Family::of(ip) == family {
            return true;
        }
        let mut diagnostic = Diagnostic::error(
            "wrong-family",
            span,
            format!("{what} of an {family} instance cannot be an {} address", Family::of(ip)),
        )
        .label(format!("expected an {family} address"))
        .also(because, "this decides the family");
        if let Some(help) = help {
            diagnostic = diagnostic.help(help);
        }
        cx.report(diagnostic);
        false
    };
    let help = "put it into `virtual_ipaddress_excluded`, or into an instance of its own";
    draft.addresses.retain(|a| complain(a.value.ip, a.span, "a virtual address", Some(help)));
    draft.peers.retain(|p| complain(p.value.ip, p.span, "a peer", None));
    for source in [&mut draft.unicast_source, &mut draft.mcast_source] {
        *source = source.take().filter(|s| complain(s.value, s.span, "the source", None));
    }
    draft.group = draft.group.take().filter(|g| complain(g.value, g.span, "the group", None));
    family
}

fn version(cx: &mut Context<'_, '_>, draft: &Draft, family: Family, defaults: &Defaults) -> Version {
    match (family, &draft.version) {
        (Family::V4, written) => written.as_ref().map_or(defaults.version, |given| given.value),
        (Family::V6, Some(Given { value: Version::V2, span })) => {
            let message = "VRRP version 2 cannot carry IPv6 addresses";
            cx.report(if draft.inherited.strict.unwrap_or(defaults.strict) {
                Diagnostic::warning("bad-value", *span, message)
                    .label("3 is used, as in the C version in strict mode")
                    .help("leave `version` out: IPv6 instances use version 3 without being told")
            } else {
                Diagnostic::error("bad-value", *span, message)
                    .label("expected 3, or nothing")
                    .note("the C version sends adverts of a form that no standard knows, and takes no others")
                    .help("write `version 3` on all routers at the same time: IPv6 instances use it without being told")
            });
            Version::V3
        }
        (Family::V6, _) => Version::V3,
    }
}

fn priority(draft: &Draft) -> Priority {
    match (&draft.priority, &draft.state) {
        (Some(priority), _) => priority.value,
        (None, Some(Given { value: InitialState::Master, .. })) if !draft.written.contains(&"priority") => {
            Priority::OWNER
        }
        _ => Priority::DEFAULT,
    }
}

fn state(draft: &Draft, priority: Priority) -> InitialState {
    match &draft.state {
        Some(state) => state.value,
        None if priority == Priority::OWNER => InitialState::Master,
        None => InitialState::Backup,
    }
}

fn preemption(cx: &mut Context<'_, '_>, draft: &Draft, state: InitialState, priority: Priority) -> (bool, Duration) {
    let mut preempt = draft.nopreempt.is_none();
    if let (Some(yes), Some(no)) = (draft.preempt, draft.nopreempt) {
        preempt = yes.later(no) == yes;
        cx.report(
            Diagnostic::warning("contradiction", yes.later(no), "both `preempt` and `nopreempt`")
                .label("this one counts; is it the one that is meant?")
                .also(yes.earlier(no), "the other is here"),
        );
    }
    let state_span = draft.state.as_ref().map(|given| given.span);
    if let Some(span) = draft.nopreempt {
        let why = if state == InitialState::Master && state_span.is_some() {
            Some("with `state MASTER`")
        } else if priority == Priority::OWNER {
            Some("with priority 255")
        } else {
            None
        };
        if let Some(why) = why {
            preempt = true;
            let mut diagnostic = Diagnostic::warning("no-effect", span, format!("`nopreempt` has no effect {why}"))
                .label("skipped")
                .help("write `state BACKUP` on all routers when nobody is to take over from a living master");
            if let Some(state) = state_span.filter(|_| state == InitialState::Master) {
                diagnostic = diagnostic.also(state, "because of this");
            }
            cx.report(diagnostic);
        }
    }
    let Some(delay) = &draft.preempt_delay else { return (preempt, Duration::ZERO) };
    let why = if delay.value.is_zero() {
        None
    } else if state == InitialState::Master {
        Some("with `state MASTER`")
    } else if !preempt {
        Some("with `nopreempt`")
    } else {
        None
    };
    if let Some(why) = why {
        cx.report(
            Diagnostic::warning("no-effect", delay.span, format!("`preempt_delay` has no effect {why}"))
                .label("taken for 0"),
        );
        return (preempt, Duration::ZERO);
    }
    (preempt, delay.value)
}

fn transport(cx: &mut Context<'_, '_>, draft: &mut Draft, family: Family, defaults: &Defaults) -> Transport {
    let mut known = BTreeSet::new();
    draft.peers.retain(|peer| {
        let first = known.insert(peer.value.ip);
        if !first {
            let text = format!("`{}` is a peer already", peer.value.ip);
            cx.report(Diagnostic::warning("repeated", peer.span, text).label("left out"));
        }
        first
    });
    if let Some(own) = &draft.unicast_source
        && let Some(peer) = draft.peers.iter().find(|peer| peer.value.ip == own.value)
    {
        let text = format!("`{}` is a peer and this router itself", own.value);
        cx.report(
            Diagnostic::warning("contradiction", peer.span, text)
                .label("adverts to oneself say nothing to anybody")
                .also(own.span, "the own address is written here")
                .help("is the address of another router meant, in one of the two places?"),
        );
    }
    if !draft.peers.is_empty() {
        if let Some(group) = &draft.group {
            cx.report(
                Diagnostic::warning("no-effect", group.span, "`mcast_dst_ip` has no effect with `unicast_peer`")
                    .label("skipped"),
            );
        }
        let peers = draft.peers.iter().map(|peer| peer.value.clone()).collect();
        return Transport::Unicast { peers, ttl: draft.ttl.as_ref().map_or(255, |ttl| ttl.value) };
    }
    if let Some(ttl) = &draft.ttl {
        cx.report(
            Diagnostic::warning("no-effect", ttl.span, "`unicast_ttl` has no effect without `unicast_peer`")
                .label("skipped"),
        );
    }
    // A `unicast_peer` that is no block has been told.
    let none = draft.has_peers.map_or(!draft.written.contains(&"unicast_peer"), |some| !some);
    if none && !cx.partial {
        no_peers(cx, draft);
    }
    let group = draft.group.as_ref().and_then(|given| group(cx, given)).unwrap_or(defaults.group(family));
    Transport::Multicast { group }
}

/// Complains of unicast without anybody to send to.
fn no_peers(cx: &mut Context<'_, '_>, draft: &Draft) {
    let given = |keyword: &'static str| Some((*draft.spans.get(keyword)?, keyword));
    if let Some((span, keyword)) = given("unicast_fault_no_peer") {
        cx.report(
            Diagnostic::error("no-peers", span, format!("`{keyword}`, and there are no peers"))
                .label("the instance would be in FAULT for ever")
                .help("name the other routers in `unicast_peer`, or remove this line for adverts by multicast"),
        );
        return;
    }
    let keywords = ["unicast_peer", "unicast_src_ip", "check_unicast_src", "old_unicast_checksum"];
    let Some((span, keyword)) = keywords.into_iter().find_map(given) else { return };
    let message = match keyword {
        "unicast_peer" => "`unicast_peer` is empty".to_owned(),
        _ => format!("`{keyword}` without `unicast_peer`"),
    };
    cx.report(
        Diagnostic::warning("no-peers", span, message)
            .label("there is nobody to send unicast adverts to")
            .note("adverts go to the multicast group")
            .help("name the other routers in `unicast_peer`, an address on each line"),
    );
}

fn group(cx: &mut Context<'_, '_>, given: &Given<IpAddr>) -> Option<IpAddr> {
    let fits = match given.value {
        IpAddr::V4(ip) => ip.is_multicast(),
        IpAddr::V6(ip) => ip.is_multicast() && ip.segments()[0] & 0x000f == 2,
    };
    if !fits {
        let expected = if given.value.is_ipv4() { "224.0.0.0 to 239.255.255.255" } else { "ff02::..." };
        cx.report(
            Diagnostic::error("not-multicast", given.span, format!("`{}` cannot be a multicast group", given.value))
                .label(format!("expected an address from {expected}")),
        );
    }
    fits.then_some(given.value)
}

fn source(cx: &mut Context<'_, '_>, draft: &Draft, link: &LinkConfig, family: Family) -> Option<IpAddr> {
    let own = link.ipvlan.as_ref().and_then(|ipvlan| ipvlan.address);
    match (&draft.unicast_source, &draft.mcast_source) {
        (Some(a), Some(b)) if a.value != b.value => {
            let last = a.span.later(b.span);
            cx.report(
                Diagnostic::warning("contradiction", last, "an instance has one source address")
                    .label("this one counts; is it the one that is meant?")
                    .also(a.span.earlier(b.span), "the other is here"),
            );
            Some(if last == a.span { a.value } else { b.value })
        }
        (Some(given), _) | (None, Some(given)) => Some(given.value),
        (None, None) => own.map(|(ip, _)| ip).filter(|ip| Family::of(*ip) == family),
    }
}

fn authentication(cx: &mut Context<'_, '_>, draft: &Draft, version: Version) -> Option<AuthPass> {
    let ignored = |cx: &mut Context<'_, '_>, span: Span, message: &str, label: &str| {
        cx.report(
            Diagnostic::warning("no-authentication", span, message).label(label).note("adverts carry no password"),
        );
        None
    };
    if let (Some(_), Some(kind)) = (&draft.hmac, &draft.auth_type) {
        return ignored(cx, kind.span, "`auth_hmac` takes the place of `authentication`", "skipped");
    }
    match (&draft.auth_type, &draft.auth_pass) {
        (None, None) => None,
        (Some(kind), _) if kind.value == "AH" => {
            cx.report(
                Diagnostic::warning("not-yet", kind.span, "`auth_type AH` is not built yet")
                    .label("skipped")
                    .note("adverts are not authenticated, and routers that use AH do not understand them"),
            );
            None
        }
        (Some(kind), _) if version == Version::V3 => {
            ignored(cx, kind.span, "VRRP version 3 has no authentication", "skipped")
        }
        (Some(kind), None) if !cx.partial && !draft.written.contains(&"auth_pass") => {
            ignored(cx, kind.span, "authentication without a password", "`auth_pass` is missing")
        }
        (None, Some(pass)) if !cx.partial && !draft.written.contains(&"auth_type") => {
            ignored(cx, pass.span, "a password without a kind of authentication", "`auth_type PASS` is missing")
        }
        (Some(_), Some(pass)) => Some(pass.value),
        _ => None,
    }
}

/// Version 2 carries whole seconds, version 3 hundredths in 12 bits.
fn interval(cx: &mut Context<'_, '_>, draft: &Draft, version: Version) -> AdvertInterval {
    let Some(given) = &draft.advert_micros else { return AdvertInterval::DEFAULT };
    let centis = match version {
        Version::V2 => ((given.value + 500_000) / 1_000_000).clamp(1, 255) * 100,
        Version::V3 => ((given.value + 5_000) / 10_000).clamp(1, u64::from(AdvertInterval::MAX_V3.centis())),
    };
    let interval = u16::try_from(centis).ok().and_then(AdvertInterval::from_centis).unwrap_or(AdvertInterval::DEFAULT);
    if centis * 10_000 != given.value {
        let why = match version {
            Version::V2 => "version 2 carries whole seconds only",
            Version::V3 => "version 3 carries hundredths of a second, 40.95 s at most",
        };
        let mut diagnostic =
            Diagnostic::warning("rounded", given.span, why).label(format!("{interval} is used instead"));
        if version == Version::V2 {
            diagnostic = diagnostic.help("write `version 3` on all routers for fractions of a second");
        }
        cx.report(diagnostic);
    }
    interval
}

fn addresses(
    cx: &mut Context<'_, '_>,
    draft: &mut Draft,
    version: Version,
    none_meant: bool,
) -> (Vec<VirtualAddress>, Vec<VirtualAddress>) {
    if !draft.has_addresses && !none_meant && !cx.partial {
        let name = &draft.name;
        let message = if draft.excluded.is_empty() {
            format!("`{}` has no addresses", name.value)
        } else {
            format!("`{}` has no addresses that adverts carry", name.value)
        };
        let empty = draft.written.contains(&"virtual_ipaddress");
        let label = if empty { "`virtual_ipaddress` is empty" } else { "`virtual_ipaddress` is missing" };
        cx.report(match version {
            Version::V2 => Diagnostic::warning("no-address", name.span, message).label(label),
            Version::V3 => Diagnostic::error("no-address", name.span, message)
                .label(label)
                .note("a version 3 advert carries one address at least")
                .help("write `no_virtual_ipaddress` where this is meant"),
        });
    }
    let mut known = BTreeSet::new();
    let mut first = |cx: &mut Context<'_, '_>, given: &Given<VirtualAddress>, own: &str| {
        let device = given.value.device.as_deref().unwrap_or(own).to_owned();
        let new = known.insert((given.value.ip, device));
        if !new {
            let message = format!("`{}` is there already", given.value.ip);
            cx.report(Diagnostic::warning("repeated", given.span, message).label("left out"));
        }
        new
    };
    let own = draft.interface.as_ref().map_or("", |i| i.value.as_str());
    draft.addresses.retain(|given| first(cx, given, own));
    draft.excluded.retain(|given| first(cx, given, own));
    let surplus = draft.addresses.split_off(draft.addresses.len().min(MAX_ADDRESSES));
    if let Some(given) = surplus.first() {
        cx.report(
            Diagnostic::warning("too-many", given.span, format!("an advert has room for {MAX_ADDRESSES} addresses"))
                .label("from here on they are taken for `virtual_ipaddress_excluded`"),
        );
    }
    let usual = draft.addresses.first().map(|given| room(version, Family::of(given.value.ip), USUAL_MTU));
    if let Some((usual, given)) = usual.and_then(|usual| Some((usual, draft.addresses.get(usual)?))) {
        cx.report(
            Diagnostic::warning("too-many", given.span, format!("an advert has room for {usual} addresses")).label(
                format!("on a link with an MTU of {USUAL_MTU} this and all further ones are not named in adverts"),
            ),
        );
    }
    let plain = |list: Vec<Given<VirtualAddress>>| list.into_iter().map(|given| given.value);
    let mut excluded: Vec<_> = plain(surplus).chain(plain(core::mem::take(&mut draft.excluded))).collect();
    let mut addresses: Vec<_> = plain(core::mem::take(&mut draft.addresses)).collect();
    addresses.shrink_to_fit();
    excluded.shrink_to_fit();
    (addresses, excluded)
}

fn track(cx: &mut Context<'_, '_>, track: Vec<Given<TrackInterface>>, own: &str) -> (Vec<TrackInterface>, Vec<Span>) {
    track
        .into_iter()
        .filter(|given| {
            let other = given.value.name != own;
            if !other {
                cx.report(
                    Diagnostic::warning("no-effect", given.span, "an instance's own interface is tracked anyway")
                        .label("left out"),
                );
            }
            other
        })
        .map(|given| (given.value, given.span))
        .unzip()
}
