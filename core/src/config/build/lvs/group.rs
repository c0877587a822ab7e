//! `virtual_server_group` and `local_address_group`: an entry on each line.

use super::super::values::{choice, integer, interface, lines};
use super::super::{Context, Given, Names, Section, is_first};
use super::words::{port, range, services};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords;
use crate::config::lexer::{Phrase, Word};
use crate::config::model::{AddressRange, GroupEntry, LocalAddressGroup, LocalAddresses, VirtualServerGroup};
use crate::net::{Family, Name};
use std::collections::BTreeSet;

/// What a group says to its virtual servers, found out once.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) entries: &'a [GroupEntry],
    pub(super) has_v4: bool,
    pub(super) has_v6: bool,
    pub(super) has_addresses: bool,
    pub(super) has_marks: bool,
    /// Something in it is on every port.
    pub(super) has_port_0: bool,
    /// The port of all its addresses, where they have one in common.
    pub(super) port: Option<u16>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(group: &'a VirtualServerGroup) -> Facts<'a> {
        let ports = |entry: &GroupEntry| match entry {
            GroupEntry::Addresses { port, .. } => Some(*port),
            GroupEntry::Mark { .. } => None,
        };
        let port = group.entries.first().and_then(ports);
        Facts {
            entries: &group.entries,
            has_v4: group.has(Family::V4),
            has_v6: group.has(Family::V6),
            has_addresses: group.has_addresses(),
            has_marks: group.has_marks(),
            has_port_0: group.entries.iter().any(|entry| ports(entry) == Some(0)),
            port: port.filter(|_| group.entries.iter().all(|entry| ports(entry) == port)),
        }
    }

    /// The family of all that is in it; `None`: both, or none that is said.
    pub(super) fn family(&self) -> Option<Family> {
        match (self.has_v4, self.has_v6) {
            (true, false) => Some(Family::V4),
            (false, true) => Some(Family::V6),
            _ => None,
        }
    }
}

/// Reads the groups of virtual servers. `names` gets those without entries too.
pub(super) fn virtual_servers(
    cx: &mut Context<'_, '_>,
    sections: &[Section<'_>],
    names: &mut Names,
) -> Vec<VirtualServerGroup> {
    let mut out = Vec::new();
    for (name, lines) in named(cx, sections, "virtual_server_group", names) {
        let entries: Vec<Given<GroupEntry>> = lines.iter().filter_map(|line| entry(cx, line)).collect();
        overlaps(cx, &entries);
        let group = VirtualServerGroup { name: name.value, entries: entries.iter().map(|entry| entry.value).collect() };
        let nameless = entries.iter().find(|e| matches!(e.value, GroupEntry::Mark { family: None, .. }));
        if let Some(mark) = nameless.filter(|_| group.has(Family::V4) && group.has(Family::V6)) {
            cx.report(
                Diagnostic::error("wrong-family", mark.span, "a mark in a group of both families needs its own")
                    .label("expected `inet` or `inet6` after this"),
            );
        }
        if group.entries.is_empty() {
            empty(cx, name.span, lines.is_empty(), "its virtual servers are left out");
        } else {
            out.push(group);
        }
    }
    out
}

/// Reads the groups of local addresses. `names` gets those without entries too.
pub(super) fn local_addresses(
    cx: &mut Context<'_, '_>,
    sections: &[Section<'_>],
    names: &mut Names,
) -> Vec<LocalAddressGroup> {
    let mut out = Vec::new();
    for (name, lines) in named(cx, sections, "local_address_group", names) {
        let addresses: Vec<LocalAddresses> = lines.iter().filter_map(|line| local(cx, line)).collect();
        if addresses.is_empty() {
            empty(cx, name.span, lines.is_empty(), "connections have no address to come from");
        } else {
            out.push(LocalAddressGroup { name: name.value, addresses });
        }
    }
    out
}

/// The groups with a name of their own, and their lines.
fn named<'a>(
    cx: &mut Context<'_, '_>,
    sections: &[Section<'a>],
    kind: &'static str,
    names: &mut Names,
) -> Vec<(Given<Name>, Vec<&'a Phrase>)> {
    let mut out = Vec::new();
    let Some(keyword) = keywords::find(keywords::ROOT, kind) else { return out };
    for section in sections {
        let Some((name, block)) = section.named() else { continue };
        if is_first(cx, names, kind, &name) {
            out.push((name, lines(cx, keyword, block)));
        }
    }
    out
}

/// Warns of groups that no virtual server of those that are `asked` for has.
pub(super) fn unused(cx: &mut Context<'_, '_>, names: &Names, asked: &BTreeSet<Name>) {
    // One that is not there is perhaps one of these.
    if cx.partial || asked.iter().any(|name| !names.contains_key(name)) {
        return;
    }
    for (name, span) in names.iter().filter(|(name, _)| !asked.contains(*name)) {
        cx.report(
            Diagnostic::warning("unused", *span, format!("no virtual server has the group `{name}`"))
                .label("nothing is served on its addresses")
                .help(format!("write `virtual_server group {name} {{`")),
        );
    }
}

fn empty(cx: &mut Context<'_, '_>, span: Span, nothing: bool, effect: &str) {
    if nothing && !cx.partial {
        cx.report(Diagnostic::warning("empty-group", span, "the group is empty").label("no lines").note(effect));
    }
}

fn entry(cx: &mut Context<'_, '_>, line: &Phrase) -> Option<Given<GroupEntry>> {
    let words = &line.words[..];
    let first = words.first()?;
    let value = if first.text == "fwmark" {
        let Some(word) = words.get(1) else {
            missing(cx, line.span, "fwmark", "a number after this");
            return None;
        };
        let mark = integer(cx, "fwmark", word, 1, u32::MAX.into()).and_then(|mark| u32::try_from(mark).ok());
        let family = match words.get(2) {
            None => Some(None),
            Some(word) => choice(cx, "fwmark", word, &["inet", "inet6"])
                .map(|family| Some(if family == "inet" { Family::V4 } else { Family::V6 })),
        };
        trailing(cx, words.get(3..).unwrap_or_default());
        GroupEntry::Mark { mark: mark?, family: family? }
    } else {
        let range = services(cx, first);
        let port = words.get(1).map_or(Some(0), |word| port(cx, word));
        trailing(cx, words.get(2..).unwrap_or_default());
        GroupEntry::Addresses { range: range?, port: port? }
    };
    Some(Given { value, span: line.span })
}

fn local(cx: &mut Context<'_, '_>, line: &Phrase) -> Option<LocalAddresses> {
    let words = &line.words[..];
    let range = range(cx, words.first()?);
    let device = match words.get(1) {
        None => Some(None),
        Some(word) => interface(cx, word, "an interface's name").map(|word| Some(word.text.to_string())),
    };
    trailing(cx, words.get(2..).unwrap_or_default());
    Some(LocalAddresses { range: range?, device: device? })
}

fn missing(cx: &mut Context<'_, '_>, span: Span, keyword: &str, expected: &str) {
    cx.report(
        Diagnostic::error("missing-argument", span, format!("something is missing after `{keyword}`"))
            .label(format!("expected {expected}")),
    );
}

fn trailing(cx: &mut Context<'_, '_>, extra: &[Word]) {
    if let (Some(first), Some(last)) = (extra.first(), extra.last()) {
        cx.report(
            Diagnostic::warning("trailing-words", first.span.to(last.span), "more words than a line of a group has")
                .label("not read; what is this for?")
                .help("every address is on a line of its own"),
        );
    }
}

/// Says so where a group has something twice.
fn overlaps(cx: &mut Context<'_, '_>, entries: &[Given<GroupEntry>]) {
    let mut ranges: Vec<(u16, AddressRange, Span)> = Vec::new();
    let mut marks: Vec<(u32, Option<Family>, Span)> = Vec::new();
    for entry in entries {
        match entry.value {
            GroupEntry::Addresses { range, port } => ranges.push((port, range, entry.span)),
            GroupEntry::Mark { mark, family } => marks.push((mark, family, entry.span)),
        }
    }
    ranges.sort_by_key(|(port, range, span)| (*port, *range, span.start()));
    marks.sort_by_key(|(mark, family, span)| (*mark, *family, span.start()));
    let mut twice = Vec::new();
    for pair in marks.windows(2) {
        if (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1) {
            twice.push((pair[1].2, pair[0].2));
        }
    }
    // The range so far that reaches furthest.
    let mut furthest: Option<(u16, AddressRange, Span)> = None;
    for (port, range, span) in ranges {
        match furthest {
            Some((p, f, before)) if p == port && f.family() == range.family() && range.first <= f.last => {
                twice.push((before.later(span), before.earlier(span)));
                if range.last > f.last {
                    furthest = Some((port, range, span));
                }
            }
            _ => furthest = Some((port, range, span)),
        }
    }
    for (again, first) in twice {
        cx.report(
            Diagnostic::warning("repeated", again, "this is in the group already")
                .label("wholly or in part")
                .also(first, "here"),
        );
    }
}
