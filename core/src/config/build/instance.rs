//! `vrrp_instance`: what is written, before defaults and rules.

use super::setting::Fields;
use super::track::list::{Kind, Lists, Trackables};
use super::values::Value;
use super::{Context, Given, Item, Seen, Spans, address, garp, global, hmac, net, track, walk};
use crate::config::ast::Block;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords;
use crate::config::lexer::Phrase;
use crate::config::model::{
    AuthPass, GarpExtra, HmacConfig, InitialState, LinkConfig, NotifyScripts, Route, Rule, Rules, Script, UnicastPeer,
    VirtualAddress,
};
use crate::net::{Name, Priority, Version, Vrid};
use core::net::IpAddr;
use core::time::Duration;

/// What an instance says of itself.
pub(super) struct Draft {
    pub(super) name: Given<Name>,
    /// Keywords that were written, rightly or not: they are not missing.
    pub(super) written: Vec<&'static str>,
    pub(super) state: Option<Given<InitialState>>,
    pub(super) interface: Option<Given<String>>,
    pub(super) vrid: Option<Given<Vrid>>,
    pub(super) priority: Option<Given<Priority>>,
    pub(super) advert_micros: Option<Given<u64>>,
    pub(super) version: Option<Given<Version>>,
    pub(super) native_ipv6: Option<Span>,
    /// Lines of `virtual_ipaddress` were written, rightly or not.
    pub(super) has_addresses: bool,
    pub(super) addresses: Vec<Given<VirtualAddress>>,
    pub(super) excluded: Vec<Given<VirtualAddress>>,
    pub(super) virtual_routes: Vec<Route>,
    pub(super) virtual_rules: Vec<Rule>,
    pub(super) preempt: Option<Span>,
    pub(super) nopreempt: Option<Span>,
    pub(super) preempt_delay: Option<Given<Duration>>,
    pub(super) mcast_source: Option<Given<IpAddr>>,
    pub(super) unicast_source: Option<Given<IpAddr>>,
    pub(super) group: Option<Given<IpAddr>>,
    pub(super) peers: Vec<Given<UnicastPeer>>,
    /// Lines of `unicast_peer` were written, rightly or not; or it was, and has none.
    pub(super) has_peers: Option<bool>,
    /// A peer's TTLs were written.
    pub(super) peer_ttl: bool,
    pub(super) ttl: Option<Given<u8>>,
    pub(super) check_unicast_src: Option<Given<bool>>,
    pub(super) garp: garp::Changes,
    pub(super) track: track::Interfaces,
    pub(super) dont_track_primary: bool,
    pub(super) auth_type: Option<Given<&'static str>>,
    pub(super) auth_pass: Option<Given<AuthPass>>,
    pub(super) skip_check_adv_addr: Option<bool>,
    pub(super) lower_prio_no_advert: Option<bool>,
    pub(super) v3_checksum_as_v2: Option<bool>,
    pub(super) notify: NotifyScripts,
    pub(super) lists: Lists,
    pub(super) link: LinkConfig,
    pub(super) rules: Rules,
    pub(super) inherited: Inherited,
    /// `lvs_sync_daemon_interface`
    pub(super) sync: Option<Given<String>>,
    /// Where a keyword that rules depend on was written.
    pub(super) spans: Spans,
    pub(super) hmac: Option<Box<HmacConfig>>,
}

/// What an instance says otherwise than `global_defs`.
#[derive(Default)]
pub(super) struct Inherited {
    pub(super) strict: Option<bool>,
    /// The last of `accept` and `no_accept`.
    pub(super) accept: Option<bool>,
    pub(super) down_timer_adverts: Option<u8>,
    pub(super) owner_ignore_adverts: Option<bool>,
    pub(super) garp_extra: Option<GarpExtra>,
    pub(super) smtp_alert: Option<bool>,
    pub(super) priority_changes: Option<bool>,
}

/// Reads the block of an instance.
pub(super) fn read(cx: &mut Context<'_, '_>, trackables: &mut Trackables, name: &Given<Name>, block: &Block) -> Draft {
    let mut draft = Draft::new(name.clone());
    let mut seen = Seen::new();
    let mut authentication = Vec::new();
    let mut hmac = Vec::new();
    walk(cx, &block.statements, keywords::INSTANCE, &mut seen, |cx, item| match item.value {
        Value::Block(block) if item.keyword.name == "auth_hmac" => hmac.push((item.span, block)),
        Value::Block(block) => authentication.push(block),
        Value::Lines(ref lines) if let Some(kind) = Kind::listed_by(item.keyword.name) => {
            draft.lists.read(cx, trackables, kind, lines);
        }
        _ => set(cx, &mut draft, item),
    });
    draft.written = seen.keys().collect();
    draft.spans = seen.spans();
    // Under another name, which has been told.
    draft.has_addresses |= seen.get("virtual_ipaddress").is_some_and(|phrase| {
        let word = phrase.words.first().map(|word| word.text.as_str());
        word != Some("virtual_ipaddress")
    });
    let mut seen = Seen::new();
    for block in authentication {
        walk(cx, &block.statements, keywords::AUTHENTICATION, &mut seen, |cx, item| match item.value {
            Value::Choice(kind) => draft.auth_type = item.given(kind),
            Value::Word(word) => draft.auth_pass = item.given(password(cx, &word.text, word.span)),
            _ => {}
        });
    }
    draft.written.extend(seen.keys());
    let mut seen = Seen::new();
    for (_, block) in &hmac {
        hmac::read(cx, draft.hmac.get_or_insert_default(), block, &mut seen);
    }
    if let (Some(config), Some((span, _))) = (&draft.hmac, hmac.first()) {
        hmac::check(cx, config, *span, &seen);
    }
    draft
}

fn set(cx: &mut Context<'_, '_>, draft: &mut Draft, item: Item<'_>) {
    let name = item.keyword.meaning();
    if draft.link.take(cx, &item) || draft.rules.take(cx, &item) || draft.garp.take(name, &item.value) {
        return;
    }
    match (name, &item.value) {
        ("state", Value::Choice(state)) => {
            let state = if *state == "MASTER" { InitialState::Master } else { InitialState::Backup };
            draft.state = item.given(state);
        }
        ("interface", Value::Word(word)) => draft.interface = interface(cx, &item, &word.text),
        ("virtual_router_id", Value::Integer(n)) => {
            draft.vrid = u8::try_from(*n).ok().and_then(Vrid::new).and_then(|vrid| item.given(vrid));
        }
        ("priority", Value::Integer(n)) => draft.priority = item.given(Priority(small(*n))),
        ("advert_int", Value::Micros(micros)) => draft.advert_micros = item.given(*micros),
        ("version", Value::Integer(n)) => draft.version = item.given(version(*n)),
        ("native_ipv6", _) => draft.native_ipv6 = Some(item.span),
        ("virtual_ipaddress", Value::Lines(lines)) => {
            draft.has_addresses |= !lines.is_empty();
            draft.addresses.reserve_exact(lines.len());
            draft.addresses.extend(lines.iter().filter_map(|line| virtual_address(cx, line)));
        }
        ("virtual_ipaddress_excluded", Value::Lines(lines)) => {
            draft.excluded.reserve_exact(lines.len());
            draft.excluded.extend(lines.iter().filter_map(|line| virtual_address(cx, line)));
        }
        ("virtual_routes", Value::Lines(lines)) => draft.virtual_routes.extend(net::routes(cx, lines)),
        ("virtual_rules", Value::Lines(lines)) => draft.virtual_rules.extend(net::rules(cx, lines)),
        ("preempt", _) => draft.preempt = Some(item.span),
        ("nopreempt", _) => draft.nopreempt = Some(item.span),
        ("preempt_delay", Value::Micros(micros)) => draft.preempt_delay = item.given(Duration::from_micros(*micros)),
        ("mcast_src_ip", Value::Address(ip)) => draft.mcast_source = item.given(*ip),
        ("unicast_src_ip", Value::Address(ip)) => draft.unicast_source = item.given(*ip),
        ("mcast_dst_ip", Value::Address(ip)) => draft.group = item.given(*ip),
        ("unicast_peer", Value::Lines(lines)) => {
            draft.has_peers = Some(draft.has_peers == Some(true) || !lines.is_empty());
            for line in lines {
                if let Some((peer, ttl)) = address::peer(cx, line) {
                    draft.peers.push(peer);
                    draft.peer_ttl |= ttl;
                }
            }
        }
        ("unicast_ttl", Value::Integer(n)) => draft.ttl = item.given(small(*n)),
        ("check_unicast_src", Value::Switch(on)) => draft.check_unicast_src = item.given(*on),
        ("track_interface", Value::Lines(lines)) => track::read(cx, lines, &mut draft.track),
        ("dont_track_primary", _) => draft.dont_track_primary = true,
        ("skip_check_adv_addr", Value::Switch(on)) => draft.skip_check_adv_addr = Some(*on),
        ("lower_prio_no_advert", Value::Switch(on)) => draft.lower_prio_no_advert = Some(*on),
        ("v3_checksum_as_v2", Value::Switch(on)) => draft.v3_checksum_as_v2 = Some(*on),
        ("strict_mode", Value::Switch(on)) => draft.inherited.strict = Some(*on),
        ("accept", _) => draft.inherited.accept = Some(true),
        ("no_accept", _) => draft.inherited.accept = Some(false),
        ("down_timer_adverts", Value::Integer(n)) => draft.inherited.down_timer_adverts = Some(small(*n)),
        ("owner_ignore_adverts", Value::Switch(on)) => draft.inherited.owner_ignore_adverts = Some(*on),
        ("garp_extra_if", Value::Words(words)) => {
            draft.inherited.garp_extra = global::extra(cx, words, 0).or(draft.inherited.garp_extra);
        }
        ("smtp_alert", Value::Switch(on)) => draft.inherited.smtp_alert = Some(*on),
        ("lvs_sync_daemon_interface", Value::Word(word)) => {
            let diagnostic = Diagnostic::warning("deprecated", item.span, "the sync daemon is of the whole director");
            let instead =
                format!("`lvs_sync_daemon {} inst {}` in `global_defs` means the same", word.text, draft.name.value);
            cx.once(item.keyword, diagnostic.label(instead));
            draft.sync = item.given(word.text.to_string());
        }
        ("notify_priority_changes", Value::Switch(on)) => draft.inherited.priority_changes = Some(*on),
        ("notify_deleted", Value::Nothing) => draft.rules.notify_deleted = true,
        ("notify_deleted", Value::Script(script)) => {
            draft.rules.notify_deleted = true;
            draft.notify.deleted = Some(script.clone());
        }
        (name, Value::Script(script)) => notify(&mut draft.notify, name, (**script).clone()),
        _ => {}
    }
}

fn virtual_address(cx: &mut Context<'_, '_>, line: &Phrase) -> Option<Given<VirtualAddress>> {
    net::address::read(cx, line, net::Place::Virtual).map(|entry| entry.given)
}

/// Puts a script in its place.
pub(super) fn notify(scripts: &mut NotifyScripts, keyword: &str, script: Script) {
    let slot = match keyword {
        "notify_master" => &mut scripts.master,
        "notify_backup" => &mut scripts.backup,
        "notify_fault" => &mut scripts.fault,
        "notify_stop" => &mut scripts.stop,
        "notify_master_rx_lower_pri" => &mut scripts.master_rx_lower_pri,
        _ => &mut scripts.any,
    };
    *slot = Some(Box::new(script));
}

/// The protocol's version, of a number that the table has found in range.
pub(super) fn version(n: i64) -> Version {
    if n == 3 { Version::V3 } else { Version::V2 }
}

/// A number that the table has found to fit in a byte.
pub(super) fn small(n: i64) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

fn interface(cx: &mut Context<'_, '_>, item: &Item<'_>, name: &str) -> Option<Given<String>> {
    if name == "lo" {
        cx.report(
            Diagnostic::error("loopback", item.args, "adverts cannot go out on the loopback interface")
                .label("nobody else is on this link")
                .help("name the interface that the other routers can be reached on"),
        );
        return None;
    }
    item.given(name.to_owned())
}

fn password(cx: &mut Context<'_, '_>, text: &str, span: Span) -> AuthPass {
    let mut bytes = [0; 8];
    if text.len() > bytes.len() {
        cx.report(
            Diagnostic::warning("truncated", span, format!("the password has {} bytes", text.len()))
                .label("only the first 8 count")
                .help("RFC 2338 has no room for more; the C version cuts it in the same way"),
        );
    }
    for (to, from) in bytes.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    AuthPass(bytes)
}

impl Draft {
    fn new(name: Given<Name>) -> Draft {
        Draft {
            name,
            written: Vec::new(),
            state: None,
            interface: None,
            vrid: None,
            priority: None,
            advert_micros: None,
            version: None,
            native_ipv6: None,
            has_addresses: false,
            addresses: Vec::new(),
            excluded: Vec::new(),
            virtual_routes: Vec::new(),
            virtual_rules: Vec::new(),
            preempt: None,
            nopreempt: None,
            preempt_delay: None,
            mcast_source: None,
            unicast_source: None,
            group: None,
            peers: Vec::new(),
            has_peers: None,
            peer_ttl: false,
            ttl: None,
            check_unicast_src: None,
            garp: garp::Changes::default(),
            track: track::Interfaces::default(),
            dont_track_primary: false,
            auth_type: None,
            auth_pass: None,
            skip_check_adv_addr: None,
            lower_prio_no_advert: None,
            v3_checksum_as_v2: None,
            notify: NotifyScripts::default(),
            lists: Lists::default(),
            link: LinkConfig::default(),
            rules: Rules::default(),
            inherited: Inherited::default(),
            sync: None,
            spans: Spans::default(),
            hmac: None,
        }
    }
}
