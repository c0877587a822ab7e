//! Addresses, routes and rules: what iproute2 would be told, line by line.

pub(in crate::config) mod address;
mod encap;
mod family;
pub(in crate::config) mod route;
pub(in crate::config) mod rule;
pub(in crate::config) mod special;
mod terms;
mod words;

use super::values::Value;
use super::{Context, Given, Names, Section, Seen as Written, walk};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::{self, Keyword};
use crate::config::lexer::{Phrase, Word};
use crate::config::model::{Network, Route, RouteProtocol, Rule, Static, TrackGroup};
use crate::config::print::quoted_word;
use crate::kernel::PROTO_KEEPALIVED;
use crate::net::Name;
use std::collections::BTreeSet;
use words::{Opt, Seen, Words};

/// Whether `word` may begin a route or a rule, although it is a keyword of the block around too: like
/// `priority 100 from 10.0.0.0/8`, but not `priority 100`.
pub(super) fn begins_a_line(keyword: &Keyword, words: &[Word], word: &Word) -> bool {
    let lines = match keyword.name {
        "virtual_routes" | "static_routes" => keywords::ROUTE,
        "virtual_rules" | "static_rules" => keywords::RULE,
        _ => return false,
    };
    words.len() > 2 && keywords::find(lines, &word.text).is_some()
}

/// What a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An instance: it comes and goes with mastership.
    Virtual,
    /// The machine: it is always there.
    Static,
}

/// A line, and the group of instances that it counts for.
pub(super) struct Entry<T> {
    pub(super) given: Given<T>,
    pub(super) group: Option<Given<Name>>,
}

/// Reads `track_group` and the name after it.
fn track_group(
    cx: &mut Context<'_, '_>,
    words: &mut Words<'_>,
    option: &Opt<'_>,
    place: Place,
    group: &mut Option<Given<Name>>,
) -> Option<()> {
    let word = words.argument(cx, option)?;
    if place == Place::Virtual {
        cx.report(
            Diagnostic::error("misplaced", option.word.span.to(word.span), "`track_group` has no meaning here")
                .label("it is for static addresses, routes and rules")
                .note("what an instance has is tracked by that instance"),
        );
        return None;
    }
    *group = Some(Given { value: Name::from(word.text.as_str()), span: word.span });
    Some(())
}

/// Whether a `track_group` counts: it is the loss of an interface (`what`) that instances would notice.
fn tracked(
    cx: &mut Context<'_, '_>,
    group: Option<Given<Name>>,
    on_interface: bool,
    no_track: bool,
    what: &str,
) -> Option<Given<Name>> {
    let group = group?;
    let why = if no_track {
        "`no_track` says the contrary".to_owned()
    } else if on_interface {
        return Some(group);
    } else {
        format!("without {what} there is no interface to watch")
    };
    cx.report(Diagnostic::warning("no-effect", group.span, "`track_group` has no effect").label(why));
    None
}

/// What is tracked is recognised by its protocol.
fn own_protocol(
    cx: &mut Context<'_, '_>,
    protocol: &mut Option<RouteProtocol>,
    no_track: bool,
    seen: &Seen,
    what: &str,
) {
    let own = RouteProtocol::Number(PROTO_KEEPALIVED);
    let other = protocol.as_ref().is_some_and(|protocol| *protocol != own);
    if let Some(span) = seen.span("protocol").filter(|_| other && !no_track) {
        cx.report(
            Diagnostic::warning("no-effect", span, format!("the `protocol` of a {what} that is tracked"))
                .label(format!("taken for `keepalived` ({PROTO_KEEPALIVED})"))
                .help("another one needs `no_track`"),
        );
    }
    if !no_track || !other {
        *protocol = None;
    }
}

fn write_group(group: Option<&Name>, out: &mut Vec<String>) {
    if let Some(group) = group {
        out.push(format!("track_group {}", quoted_word(group)));
    }
}

/// Leaves out lines that say the same as one before them, as they are printed.
pub(super) fn distinct<T>(
    cx: &mut Context<'_, '_>,
    entries: Vec<Entry<T>>,
    what: &str,
    write: impl Fn(&T, Option<&Name>) -> String,
) -> Vec<Entry<T>> {
    let mut known = BTreeSet::new();
    let mut out = Vec::with_capacity(entries.len());
    for entry in entries {
        if known.insert(write(&entry.given.value, entry.group.as_ref().map(|group| &group.value))) {
            out.push(entry);
        } else {
            cx.report(
                Diagnostic::warning("repeated", entry.given.span, format!("the same {what} again")).label("left out"),
            );
        }
    }
    out
}

/// Reads the lines of `virtual_routes`.
pub(super) fn routes(cx: &mut Context<'_, '_>, lines: &[&Phrase]) -> Vec<Route> {
    let read = lines.iter().filter_map(|line| route::read(cx, line, Place::Virtual)).collect();
    distinct(cx, read, "route", route::write).into_iter().map(|entry| entry.given.value).collect()
}

/// Reads the lines of `virtual_rules`.
pub(super) fn rules(cx: &mut Context<'_, '_>, lines: &[&Phrase]) -> Vec<Rule> {
    let read = lines.iter().filter_map(|line| rule::read(cx, line, Place::Virtual)).collect();
    distinct(cx, read, "rule", rule::write).into_iter().map(|entry| entry.given.value).collect()
}

/// The groups of instances, by name, and the words that name their members.
pub(super) type Groups<'a> = Vec<(Given<Name>, Vec<&'a Word>)>;

/// Reads the blocks of `track_group`.
pub(super) fn track_groups<'a>(cx: &mut Context<'_, '_>, sections: &[Section<'a>]) -> Groups<'a> {
    let mut names = Names::new();
    let mut out = Vec::new();
    for section in sections {
        let Some((name, block)) = section.named() else { continue };
        if !super::is_first(cx, &mut names, "track_group", &name) {
            continue;
        }
        let mut members = Vec::new();
        let mut seen = Written::new();
        let mut lists = 0;
        walk(cx, &block.statements, keywords::TRACK_GROUP, &mut seen, |_, item| {
            if let Value::Names(words) = item.value {
                lists += 1;
                members.extend(words);
            }
        });
        if members.is_empty() && (lists > 0 || !seen.contains_key("group")) && !cx.partial {
            cx.report(
                Diagnostic::warning("empty-group", name.span, format!("`{}` has no members", name.value))
                    .label("nobody suffers when something is lost")
                    .help("name instances in a block: `group { VI_1 VI_2 }`"),
            );
        }
        out.push((name, members));
    }
    out
}

/// Reads everything static. `lists`: what stands in blocks outside every block, line by line.
pub(super) fn read(cx: &mut Context<'_, '_>, lists: &[(&'static str, Vec<&Phrase>)], groups: &Groups<'_>) -> Network {
    let known: BTreeSet<&Name> = groups.iter().map(|(name, _)| &name.value).collect();
    let (mut addresses, mut routes, mut rules) = (Vec::new(), Vec::new(), Vec::new());
    for (keyword, lines) in lists {
        let lines = lines.iter();
        match *keyword {
            "static_ipaddress" => {
                addresses.extend(lines.filter_map(|line| address::read(cx, line, Place::Static)));
            }
            "static_routes" => routes.extend(lines.filter_map(|line| route::read(cx, line, Place::Static))),
            "static_rules" => rules.extend(lines.filter_map(|line| rule::read(cx, line, Place::Static))),
            _ => {}
        }
    }
    let addresses = distinct(cx, addresses, "address", address::write);
    let routes = distinct(cx, routes, "route", route::write);
    let rules = distinct(cx, rules, "rule", rule::write);
    Network {
        track_groups: Vec::new(),
        addresses: addresses.into_iter().map(|entry| resolve(cx, entry, &known)).collect(),
        routes: routes.into_iter().map(|entry| resolve(cx, entry, &known)).collect(),
        rules: rules.into_iter().map(|entry| resolve(cx, entry, &known)).collect(),
    }
}

fn resolve<T>(cx: &mut Context<'_, '_>, entry: Entry<T>, known: &BTreeSet<&Name>) -> Static<T> {
    let group = entry.group.filter(|group| {
        let found = known.contains(&group.value);
        if !found && !cx.partial {
            let message = format!("there is no track_group `{}`", group.value);
            let diagnostic =
                Diagnostic::error("unknown-group", group.span, message).label("not declared in this configuration");
            let near = super::unknown::nearest_name(known.iter().copied(), &group.value);
            cx.report(match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            });
        }
        found
    });
    Static { what: entry.given.value, track_group: group.map(|group| group.value) }
}

/// Resolves the members of groups. `instances`: all declared names.
pub(super) fn members(cx: &mut Context<'_, '_>, groups: Groups<'_>, instances: &Names) -> Vec<TrackGroup> {
    let mut out = Vec::new();
    for (name, words) in groups {
        let mut members: Vec<Name> = Vec::new();
        let mut known = BTreeSet::new();
        for word in &words {
            match instances.get_key_value(word.text.as_str()) {
                Some((instance, _)) if known.insert(instance) => members.push(instance.clone()),
                Some(_) => {}
                None if cx.partial => {}
                None => cx.report(
                    Diagnostic::warning(
                        "unknown-instance",
                        word.span,
                        format!("there is no vrrp_instance `{}`", word.text),
                    )
                    .label("left out"),
                ),
            }
        }
        out.push(TrackGroup { name: name.value, members });
    }
    out
}
