//! The load balancer: `virtual_server` and all that belongs to it.
//!
//! What a virtual server, its real servers and their checks say is read into drafts, whose values are bound to keywords
//! for printing too. What each of them inherits, and the rules between values, are applied afterwards.

mod check;
mod checks;
mod draft;
mod group;
mod hex;
mod http;
mod overlap;
mod policy;
mod ports;
mod reals;
mod regex;
mod say;
mod server;
mod settings;
mod words;

pub(in crate::config) use say::say;
pub(in crate::config) use words::{host, host_alone};

use super::setting::{self, no_rest};
use super::values::integer;
use super::{Context, Given, Names, Section, Sections, Seen};
use crate::config::again;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::lexer::Word;
use crate::config::model::{Config, Lvs, Service, Ssl};
use crate::net::{Family, Name};
use core::time::Duration;
use draft::VirtualDraft;
use group::Facts;
use reals::Reals;
use std::collections::{BTreeMap, BTreeSet};

/// `delay_loop` where nobody says it.
const DELAY_LOOP: Duration = Duration::from_secs(60);

/// What virtual servers refer to.
struct Known<'a> {
    groups: BTreeMap<&'a str, Facts<'a>>,
    /// Whether a group of local addresses has some of IPv4 and of IPv6.
    local_addresses: BTreeMap<&'a str, [bool; 2]>,
    /// Declared groups of virtual servers and of local addresses, also those of which nothing is left.
    names: [&'a Names; 2],
    /// Weight and direction of tracked files; `None`: declared, and wrong.
    files: BTreeMap<Name, Option<(i32, bool)>>,
    /// BFD sessions, and whether checks are told of them; `None`: declared, and wrong.
    sessions: BTreeMap<Name, Option<bool>>,
    /// What virtual and real servers mail where they say nothing.
    mails: Mails,
    log_all_failures: bool,
}

/// Whether changes are mailed where nothing is said about it.
#[derive(Clone, Copy)]
struct Mails {
    of_virtual: bool,
    of_real: bool,
}

impl Mails {
    fn of(config: &Config) -> Mails {
        let said = config.global.mail.alert_checker.or(config.global.mail.alert);
        Mails { of_virtual: said.unwrap_or(false), of_real: said.unwrap_or(true) }
    }
}

/// Reads everything. What is outside the load balancer is in `config` already.
pub(super) fn read(cx: &mut Context<'_, '_>, sections: &Sections<'_>, config: &Config) -> Lvs {
    let mut names = [Names::new(), Names::new()];
    let [of_servers, of_addresses] = &mut names;
    let groups = group::virtual_servers(cx, sections.of("virtual_server_group"), of_servers);
    let local_addresses = group::local_addresses(cx, sections.of("local_address_group"), of_addresses);
    let known = Known {
        groups: groups.iter().map(|group| (&*group.name, Facts::of(group))).collect(),
        local_addresses: local_addresses
            .iter()
            .map(|group| {
                let has = |family| group.addresses.iter().any(|addresses| addresses.range.family() == family);
                (&*group.name, [has(Family::V4), has(Family::V6)])
            })
            .collect(),
        names: [&names[0], &names[1]],
        files: known(sections.of("track_file"), config.files.iter(), |file| {
            (file.name.clone(), (file.weight.value.into(), file.weight.reverse))
        }),
        sessions: known(sections.of("bfd_instance"), config.bfd.iter(), |bfd| {
            (bfd.name.clone(), bfd.checker || !bfd.vrrp)
        }),
        mails: Mails::of(config),
        log_all_failures: config.global.lvs.log_all_failures,
    };
    let mut servers = Vec::new();
    let mut spans = Vec::new();
    let mut asked = BTreeSet::new();
    let settings = [known.mails.of_virtual, known.mails.of_real, known.log_all_failures];
    for part in sections.many("virtual_server") {
        let place = part.plain().filter(|_| !cx.partial);
        let text = place.and_then(|(file, at, end)| cx.source.text(file).get(at..end));
        let digest = cx.before.and(text).map(|text| again::digest(text, settings));
        if let Some(server) = digest.and_then(|digest| cx.before?.find(digest))
            && let (Some(digest), Some(span)) = (digest, place.and_then(|place| span_of_service(cx, place)))
        {
            cx.sections.note(digest, servers.len());
            servers.push(server.clone());
            spans.push(span);
            continue;
        }
        let (count, reports) = (servers.len(), cx.reports);
        sections.spread(cx, part, |cx, section| {
            if let [kind, name] = section.words
                && kind.text == "group"
            {
                asked.insert(Name::from(name.text.as_str()));
            }
            let Some(service) = service(cx, section.words) else { return };
            let (draft, seen, reals) = drafts(cx, section);
            let span = service.span;
            if let Some(server) = server::resolve(cx, service, draft, &seen, reals, &known) {
                servers.push(server);
                spans.push(span);
            }
        });
        if let (Some(digest), Some(server)) = (digest, servers.get(count))
            && cx.reports == reports
            && again::stands_alone(server)
        {
            cx.sections.note(digest, count);
        }
    }
    overlap::check(cx, &servers, &spans, &known);
    group::unused(cx, &names[0], &asked);
    let ssl = ssl(cx, sections.of("SSL"));
    Lvs { ssl, groups, local_addresses, servers }
}

/// The words after the keyword of a plain section.
fn span_of_service(cx: &Context<'_, '_>, (file, at, end): (usize, usize, usize)) -> Option<Span> {
    let head = cx.source.text(file).get(at..end)?.split('{').next()?;
    let words = head.strip_prefix("virtual_server")?.trim_start();
    Some(Span::new(file, at + head.len() - words.len(), at + head.trim_end().len()))
}

/// What is declared, and what is known of it.
fn known<'a, T: 'a, V>(
    sections: &[Section<'_>],
    read: impl Iterator<Item = &'a T>,
    entry: impl Fn(&T) -> (Name, V),
) -> BTreeMap<Name, Option<V>> {
    let declared = sections.iter().filter_map(Section::named).map(|(name, _)| (name.value, None));
    declared.chain(read.map(entry).map(|(name, value)| (name, Some(value)))).collect()
}

fn ssl(cx: &mut Context<'_, '_>, sections: &[Section<'_>]) -> Option<Ssl> {
    let mut first = None;
    let mut out = None;
    for section in sections {
        if let Some(first) = first {
            cx.report(
                Diagnostic::warning("repeated", section.span, "`SSL` is written twice")
                    .label("this one counts; is it the one that is meant?")
                    .also(first, "first written here"),
            );
        }
        first = first.or(Some(section.span));
        let mut ssl = Ssl::default();
        let mut seen = Seen::new();
        setting::read(cx, &mut ssl, section.block, &mut seen, no_rest);
        for (one, other) in [("certificate", "key"), ("key", "certificate")] {
            if let Some(phrase) = seen.get(one).filter(|_| !cx.partial && !seen.contains_key(other)) {
                cx.report(
                    Diagnostic::warning("no-effect", phrase.span, format!("`{one}` without `{other}`"))
                        .label("no certificate is shown to the servers")
                        .help(format!("write `{other}` too; it may be the same file")),
                );
            }
        }
        out = Some(ssl);
    }
    out
}

/// What a virtual server is reached by, from the words after its keyword.
fn service(cx: &mut Context<'_, '_>, words: &[Word]) -> Option<Given<Service>> {
    let (first, last) = (words.first()?, words.last()?);
    let span = first.span.to(last.span);
    let value = match (first.text.as_str(), words.get(1)) {
        ("group" | "fwmark", None) => {
            cx.report(
                Diagnostic::error("missing-argument", span, format!("something is missing after `{}`", first.text))
                    .label(if first.text == "group" { "expected a group's name" } else { "expected a number" }),
            );
            return None;
        }
        ("group", Some(name)) => Service::Group(Name::from(name.text.as_str())),
        ("fwmark", Some(mark)) => {
            let mark = integer(cx, "fwmark", mark, 1, u32::MAX.into())?;
            Service::Mark(u32::try_from(mark).ok()?)
        }
        _ => {
            let (ip, port) = words::server(cx, words)?;
            Service::Address(ip, port)
        }
    };
    Some(Given { value, span })
}

/// What the block of a virtual server says, and which keywords are in it, rightly or not.
fn drafts<'a>(cx: &mut Context<'_, '_>, section: &Section<'a>) -> (VirtualDraft, Seen<'a>, Reals) {
    let mut draft = VirtualDraft::default();
    let mut seen = Seen::new();
    let mut reals = Reals::with_capacity(section.block.statements.len());
    setting::read(cx, &mut draft, section.block, &mut seen, |cx, _, item| reals.take(cx, &item));
    (draft, seen, reals)
}

/// The bindings of all blocks.
#[cfg(test)]
pub(in crate::config) fn bound() -> Vec<(crate::config::keywords::Path, &'static [&'static str])> {
    use check::{
        BfdDraft, DnsDraft, FileDraft, HostDraft, HttpDraft, MiscDraft, PingDraft, SmtpDraft, TcpDraft, UdpDraft,
    };
    use http::UrlDraft;
    use setting::Fields;

    fn of<T: Fields>() -> (crate::config::keywords::Path, &'static [&'static str]) {
        (T::BLOCK, T::NAMES)
    }
    vec![
        of::<Ssl>(),
        of::<VirtualDraft>(),
        of::<draft::RealDraft>(),
        of::<TcpDraft>(),
        of::<PingDraft>(),
        of::<HttpDraft<false>>(),
        of::<HttpDraft<true>>(),
        of::<UrlDraft<false>>(),
        of::<UrlDraft<true>>(),
        of::<SmtpDraft>(),
        of::<HostDraft>(),
        of::<DnsDraft>(),
        of::<UdpDraft>(),
        of::<MiscDraft>(),
        of::<FileDraft>(),
        of::<BfdDraft>(),
    ]
}
