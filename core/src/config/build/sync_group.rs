//! `vrrp_sync_group`.

use super::resolve::Built;
use super::values::Value;
use super::{Context, Given, Names, Section, Seen, instance, is_first, track, walk};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords;
use crate::config::lexer::Word;
use crate::config::model::{NotifyScripts, SyncGroupConfig};
use crate::net::{Name, Priority};
use std::collections::BTreeMap;

/// Reads all groups. `instances`: all declared names, also of those that could not be `built`.
pub(super) fn read(
    cx: &mut Context<'_, '_>,
    groups: &[Section<'_>],
    instances: &Names,
    built: &mut [Built],
) -> Vec<SyncGroupConfig> {
    let mut names = Names::new();
    let mut taken: BTreeMap<Name, (Name, Span)> = BTreeMap::new();
    let by_name: BTreeMap<Name, usize> = built.iter().enumerate().map(|(at, b)| (b.config.name.clone(), at)).collect();
    let mut out = Vec::new();
    for section in groups {
        let Some((name, block)) = section.named() else { continue };
        let name = &name;
        if !is_first(cx, &mut names, "vrrp_sync_group", name) {
            continue;
        }
        let mut track_interfaces = Vec::new();
        let mut notify = NotifyScripts::default();
        let mut lists: Vec<(Span, Vec<&Word>)> = Vec::new();
        walk(cx, &block.statements, keywords::SYNC_GROUP, &mut Seen::new(), |cx, item| match item.value {
            Value::Names(words) => lists.push((item.span, words)),
            Value::Lines(lines) => track::read(cx, &lines, &mut track_interfaces),
            Value::Script(script) => instance::notify(&mut notify, item.keyword.name, script),
            _ => {}
        });
        if let [(first, _), (second, _), ..] = &lists[..] {
            cx.report(
                Diagnostic::error("repeated", *second, "a group has one list of members")
                    .label("which of the two is meant?")
                    .also(*first, "first written here"),
            );
        }
        let words = lists.into_iter().flat_map(|(_, words)| words);
        let members = members(cx, name, words, instances, &mut taken);
        if members.is_empty() {
            no_members(cx, name);
            continue;
        }
        weights(cx, name, &members, &by_name, built);
        let track_interfaces = track_interfaces
            .into_iter()
            .map(|mut given| {
                if given.value.weight != 0 {
                    weightless(cx, name, given.span);
                    given.value.weight = 0;
                }
                given.value
            })
            .collect();
        out.push(SyncGroupConfig { name: name.value.clone(), members, track_interfaces, notify });
    }
    out
}

fn members<'a>(
    cx: &mut Context<'_, '_>,
    group: &Given<Name>,
    words: impl Iterator<Item = &'a Word>,
    instances: &Names,
    taken: &mut BTreeMap<Name, (Name, Span)>,
) -> Vec<Name> {
    let mut out = Vec::new();
    let mut asked = 0;
    for word in words {
        asked += 1;
        let Some((name, _)) = instances.get_key_value(word.text.as_str()) else {
            unknown(cx, word, instances);
            continue;
        };
        match taken.get(name) {
            Some((other, first)) if *other == group.value => cx.report(
                Diagnostic::warning("repeated", word.span, format!("`{name}` is in this group already"))
                    .label("left out")
                    .also(*first, "first written here"),
            ),
            Some((other, first)) => cx.report(
                Diagnostic::error("two-groups", word.span, format!("`{name}` is in another group already"))
                    .label("an instance is in one group at most")
                    .also(*first, format!("here, in `{other}`")),
            ),
            None => {
                taken.insert(name.clone(), (group.value.clone(), word.span));
                out.push(name.clone());
            }
        }
    }
    if asked == 1
        && let [only] = &out[..]
    {
        cx.report(
            Diagnostic::warning("small-group", group.span, format!("`{}` has one member, `{only}`", group.value))
                .label("it moves with nobody"),
        );
    }
    out
}

fn unknown(cx: &mut Context<'_, '_>, word: &Word, instances: &Names) {
    if cx.partial {
        return;
    }
    let mut diagnostic =
        Diagnostic::error("unknown-instance", word.span, format!("there is no vrrp_instance `{}`", word.text))
            .label("not defined anywhere");
    // Only a few are looked at: this is for people, and a list of wrong names must not cost the square of its length.
    let near = instances
        .keys()
        .take(200)
        .map(|name| (super::unknown::distance(name, &word.text), name))
        .min_by_key(|(d, _)| *d)
        .filter(|(d, _)| *d <= (word.text.chars().count() / 3).max(1));
    if let Some((_, name)) = near {
        diagnostic = diagnostic.help(format!("did you mean `{name}`?"));
    }
    cx.report(diagnostic);
}

fn no_members(cx: &mut Context<'_, '_>, name: &Given<Name>) {
    if cx.partial {
        return;
    }
    cx.report(
        Diagnostic::warning("empty-group", name.span, format!("`{}` has no members", name.value))
            .label("the group is left out")
            .help("name them in a block: `group { VI_1 VI_2 }`"),
    );
}

/// Weights would let the members' priorities come apart. The owner of the addresses has no use for them at all.
fn weights(
    cx: &mut Context<'_, '_>,
    group: &Given<Name>,
    members: &[Name],
    by_name: &BTreeMap<Name, usize>,
    built: &mut [Built],
) {
    for member in members {
        let Some(instance) = by_name.get(member).and_then(|at| built.get_mut(*at)) else { continue };
        let owner = instance.config.priority == Priority::OWNER;
        let tracked = instance.tracked.iter();
        for (track, span) in instance.config.track_interfaces.iter_mut().zip(tracked) {
            if track.weight != 0 && !owner {
                weightless(cx, group, *span);
                track.weight = 0;
            }
        }
    }
}

fn weightless(cx: &mut Context<'_, '_>, group: &Given<Name>, span: Span) {
    cx.report(
        Diagnostic::warning("no-effect", span, "a weight has no effect in a sync group")
            .label("its failure is a fault instead")
            .also(group.span, "the group"),
    );
}
