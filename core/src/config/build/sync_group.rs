//! `vrrp_sync_group`.

use super::global::Defaults;
use super::resolve::Built;
use super::track::list::{Kind, Lists, Trackables};
use super::values::Value;
use super::{Context, Given, Names, Section, Seen, instance, is_first, track, walk};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords;
use crate::config::lexer::Word;
use crate::config::model::{NotifyScripts, SyncGroupConfig, TrackInterface};
use crate::net::{Name, Priority};
use std::collections::BTreeMap;

/// Reads all groups. `instances`: all declared names, also of those that could not be `built`.
pub(super) fn read(
    cx: &mut Context<'_, '_>,
    groups: &[Section<'_>],
    trackables: &mut Trackables,
    defaults: &Defaults,
    instances: &Names,
    built: &mut [Built],
) -> Vec<SyncGroupConfig> {
    if groups.is_empty() {
        return Vec::new();
    }
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
        let mut seen = Seen::new();
        let mut interfaces = track::Interfaces::default();
        let mut notify = NotifyScripts::default();
        let mut lists: Vec<(Span, Vec<&Word>)> = Vec::new();
        let mut tracked = Lists::default();
        let (mut use_weights, mut smtp_alert, mut priority_changes) = (false, None, None);
        walk(cx, &block.statements, keywords::SYNC_GROUP, &mut seen, |cx, item| match item.value {
            Value::Lines(ref lines) if let Some(kind) = Kind::listed_by(item.keyword.name) => {
                tracked.read(cx, trackables, kind, lines);
            }
            Value::Switch(on) if item.keyword.name == "smtp_alert" => smtp_alert = Some(on),
            Value::Switch(on) => priority_changes = Some(on),
            Value::Nothing => use_weights = true,
            Value::Names(words) => lists.push((item.span, words)),
            Value::Lines(lines) => track::read(cx, &lines, &mut interfaces),
            Value::Script(script) => instance::notify(&mut notify, item.keyword.name, *script),
            _ => {}
        });
        if let [(first, _), (second, _), ..] = &lists[..] {
            cx.report(
                Diagnostic::error("repeated", *second, "a group has one list of members")
                    .label("which of the two is meant?")
                    .also(*first, "first written here"),
            );
        }
        // What is wrong with a list that is there has been said.
        let unnamed =
            lists.iter().all(|(_, words)| words.is_empty()) && (!lists.is_empty() || !seen.contains_key("group"));
        let words = lists.into_iter().flat_map(|(_, words)| words);
        let members = members(cx, name, words, instances, &mut taken);
        if members.is_empty() {
            if unnamed {
                no_members(cx, name);
            }
            continue;
        }
        let weights = Weights { group: name, allowed: use_weights };
        weights.members(cx, &members, &by_name, built);
        for member in &members {
            let Some(built) = by_name.get(member).and_then(|at| built.get_mut(*at)) else { continue };
            let own = built.more.as_ref().and_then(|more| more.priority_changes);
            let changes = own.or(priority_changes).unwrap_or(defaults.priority_changes);
            if built.config.rules.notify_priority_changes != changes {
                built.config.rules.notify_priority_changes = changes;
            }
        }
        owners(cx, name, &members, &by_name, built);
        let mut of_members = members.iter().filter_map(|name| built.get(*by_name.get(name)?));
        if let Some(owner) = of_members.find(|b| b.config.priority == Priority::OWNER) {
            no_weights(cx, owner.name, &mut interfaces.list, &mut tracked);
        }
        let track_interfaces = interfaces.list.into_iter().map(|given| given.value).collect();
        out.push(SyncGroupConfig {
            name: name.value.clone(),
            members,
            track_interfaces,
            notify,
            tracking: tracked.finish(),
            weights: use_weights,
            smtp_alert: smtp_alert.unwrap_or(defaults.smtp_alert),
            notify_priority_changes: priority_changes.unwrap_or(defaults.priority_changes),
        });
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
    let mut missing = Vec::new();
    let mut asked = 0;
    for word in words {
        asked += 1;
        let Some((name, _)) = instances.get_key_value(word.text.as_str()) else {
            missing.push(word);
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
    for word in missing {
        unknown(cx, word, instances, out.is_empty());
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

/// A member that there is not is left out, as in the C version; but `nobody` left is a group that does nothing.
fn unknown(cx: &mut Context<'_, '_>, word: &Word, instances: &Names, nobody: bool) {
    if cx.partial {
        return;
    }
    let message = format!("there is no vrrp_instance `{}`", word.text);
    let mut diagnostic = if nobody {
        Diagnostic::error("unknown-instance", word.span, message).label("not defined anywhere")
    } else {
        Diagnostic::warning("unknown-instance", word.span, message).label("not defined anywhere; left out")
    };
    if let Some(name) = super::unknown::nearest_name(instances.keys(), &word.text) {
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

/// Owners never move, so others cannot move with them.
fn owners(
    cx: &mut Context<'_, '_>,
    group: &Given<Name>,
    members: &[Name],
    by_name: &BTreeMap<Name, usize>,
    built: &[Built],
) {
    let members = members.iter().filter_map(|name| built.get(*by_name.get(name)?));
    let (owners, others): (Vec<_>, Vec<_>) = members.partition(|b| b.config.priority == Priority::OWNER);
    if let (Some(owner), Some(other)) = (owners.first(), others.first()) {
        cx.report(
            Diagnostic::warning("mixed-owners", group.span, "owners of their addresses and others are in one group")
                .label("they cannot move together")
                .also(owner.name, "this one has priority 255")
                .also(other.name, "this one has not"),
        );
    }
}

/// The group's own weights move the priorities of all members alike; an owner's does not move.
fn no_weights(cx: &mut Context<'_, '_>, owner: Span, interfaces: &mut [Given<TrackInterface>], lists: &mut Lists) {
    // Files have a weight of 1 without being told.
    for given in lists.files.iter_mut().filter(|given| given.value.weight.value == 1) {
        given.value.weight.value = 0;
    }
    let interfaces = interfaces.iter_mut().map(|given| (&mut given.value.weight, given.span));
    let objects = lists.all_mut().into_iter().flatten().map(|given| (&mut given.value.weight.value, given.span));
    for (weight, span) in interfaces.chain(objects).filter(|(weight, _)| **weight != 0) {
        *weight = 0;
        cx.report(
            Diagnostic::warning("no-effect", span, "a weight has no effect in a group with an owner of its addresses")
                .label("its failure is a fault instead")
                .also(owner, "this one has priority 255"),
        );
    }
}

/// Weights of members' own objects would let their priorities come apart.
struct Weights<'a> {
    group: &'a Given<Name>,
    /// `sync_group_tracking_weight` was written.
    allowed: bool,
}

impl Weights<'_> {
    fn members(
        &self,
        cx: &mut Context<'_, '_>,
        members: &[Name],
        by_name: &BTreeMap<Name, usize>,
        built: &mut [Built],
    ) {
        for member in members {
            let Some(instance) = by_name.get(member).and_then(|at| built.get_mut(*at)) else { continue };
            let Some(more) = &mut instance.more else { continue };
            if !more.tracked.is_empty() {
                for (track, span) in instance.config.track_interfaces.iter_mut().zip(&more.tracked) {
                    self.interface(cx, track, *span);
                }
            }
            self.objects(cx, &mut more.lists);
        }
    }

    fn interface(&self, cx: &mut Context<'_, '_>, track: &mut TrackInterface, span: Span) {
        if track.weight != 0 && !self.allowed {
            self.weightless(cx, span);
            track.weight = 0;
        }
    }

    /// Objects with weights are left out, but for files, whose weight is 1 where nothing else is said. Processes keep
    /// theirs, as in the C version.
    fn objects(&self, cx: &mut Context<'_, '_>, lists: &mut Lists) {
        if self.allowed {
            return;
        }
        for given in lists.files.iter_mut().filter(|given| given.value.weight.value == 1) {
            given.value.weight.value = 0;
        }
        for list in [&mut lists.scripts, &mut lists.files, &mut lists.bfd] {
            list.retain(|given| {
                let keep = given.value.weight.value == 0;
                if !keep {
                    self.left_out(cx, given.span);
                }
                keep
            });
        }
    }

    fn left_out(&self, cx: &mut Context<'_, '_>, span: Span) {
        cx.report(
            Diagnostic::warning("no-effect", span, "a weight has no effect in a sync group")
                .label("nothing comes of this")
                .also(self.group.span, "the group")
                .note("as in the C version; without a weight its failure would be a fault of all members")
                .help("with `sync_group_tracking_weight` in the group, weights of all members count"),
        );
    }

    fn weightless(&self, cx: &mut Context<'_, '_>, span: Span) {
        cx.report(
            Diagnostic::warning("no-effect", span, "a weight has no effect in a sync group")
                .label("its failure is a fault instead")
                .also(self.group.span, "the group")
                .help("with `sync_group_tracking_weight` in the group, weights of all members count"),
        );
    }
}
