//! No two virtual servers for the same packets.

use super::super::Context;
use super::Known;
use super::words::to_bits;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{AddressRange, GroupEntry, Protocol, Service, VirtualServer};
use crate::net::Family;
use std::collections::BTreeMap;

/// What must not be served twice: addresses by family, protocol and port.
struct Stretch {
    key: (Family, Option<Protocol>, u16),
    first: u128,
    last: u128,
    server: usize,
}

/// Reports virtual servers that have something in common with an earlier one.
pub(super) fn check(cx: &mut Context<'_, '_>, servers: &[VirtualServer], spans: &[Span], known: &Known<'_>) {
    if cx.partial {
        return;
    }
    let mut stretches = Vec::with_capacity(servers.len());
    let mut marks: BTreeMap<(u32, Option<Family>), usize> = BTreeMap::new();
    let mut groups = BTreeMap::new();
    let mut clashes: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, server) in servers.iter().enumerate() {
        let mut add = |entry: GroupEntry| match entry {
            GroupEntry::Addresses { range, port } => stretches.push(Stretch {
                key: (range.family(), server.protocol, port),
                first: to_bits(range.first),
                last: to_bits(range.last),
                server: at,
            }),
            GroupEntry::Mark { mark, family } => {
                let first = *marks.entry((mark, family.or(server.family))).or_insert(at);
                if first != at {
                    clashes.entry(at).or_insert(first);
                }
            }
        };
        match &server.service {
            Service::Address(ip, port) => {
                add(GroupEntry::Addresses { range: AddressRange::single(*ip), port: *port });
            }
            Service::Mark(mark) => add(GroupEntry::Mark { mark: *mark, family: server.family }),
            Service::Group(name) => {
                // A group that is used twice for the same packets is not looked through again.
                let first = *groups.entry((name, server.protocol, server.family)).or_insert(at);
                if first == at {
                    let entries = known.groups.get(&**name).map_or(&[][..], |group| group.entries);
                    entries.iter().for_each(|entry| add(*entry));
                } else {
                    clashes.entry(at).or_insert(first);
                }
            }
        }
    }
    stretches.sort_unstable_by_key(|s| (s.key, s.first, s.server));
    // The stretch so far that reaches furthest.
    let mut furthest: Option<&Stretch> = None;
    for stretch in &stretches {
        match furthest {
            Some(before) if before.key == stretch.key && stretch.first <= before.last => {
                if before.server != stretch.server {
                    let (first, second) = (before.server.min(stretch.server), before.server.max(stretch.server));
                    clashes.entry(second).or_insert(first);
                }
                if stretch.last > before.last {
                    furthest = Some(stretch);
                }
            }
            _ => furthest = Some(stretch),
        }
    }
    for (second, first) in clashes {
        let (Some(span), Some(before)) = (spans.get(second), spans.get(first)) else { continue };
        cx.report(
            Diagnostic::error("duplicate-service", *span, "there is a virtual server for these packets already")
                .label("wholly or in part")
                .also(*before, "the first one is here")
                .note("the kernel has one list of real servers for a service"),
        );
    }
}
