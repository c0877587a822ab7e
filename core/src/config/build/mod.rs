//! The tree to a typed configuration.

mod address;
mod alike;
mod bfd;
mod command;
mod conflicts;
mod daemon;
mod declared;
mod garp;
mod garp_group;
pub(in crate::config) mod global;
mod hmac;
mod instance;
mod ip;
mod link;
pub(in crate::config) mod lvs;
pub(in crate::config) mod net;
mod resolve;
mod rules;
pub(in crate::config) mod script;
mod sections;
pub(in crate::config) mod setting;
mod strict;
mod sync_group;
mod timers;
mod track;
pub(in crate::config) mod unknown;
pub(in crate::config) mod values;

pub(in crate::config) use unknown::distance;

use super::again::{self, Before};
use super::ast::{Statement, Tree};
use super::diagnostic::{Diagnostic, Severity, Span};
use super::interfaces::Named;
use super::keywords::{self, Alias, Keyword, Path, Standing};
use super::lexer::Phrase;
use super::model::{Config, Garp, InstanceSettings, LinkConfig, Manner, NotifyScripts, Rules, Tracking};
use super::preprocess::expansion::Repeats;
use super::preprocess::text::Text;
use super::source::Source;
use crate::net::Name;
use alike::Alike;
use declared::Declared;
use sections::{Section, Sections};
use setting::Fields;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use track::list::{Kind, Trackables};
use values::Value;

/// Builds the configuration, and tells the interfaces that it names. `partial`: parts of the text are missing, so nothing is said about what is not there.
pub(super) fn config(
    tree: &Tree,
    source: &Source,
    partial: bool,
    before: Option<Before<'_>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Config, Named, again::Sections) {
    let mut cx = Context { before, ..Context::new(source, partial, diagnostics) };
    let config = all(&mut cx, tree);
    cx.sections.finish();
    (config, cx.interfaces, cx.sections)
}

fn all(cx: &mut Context<'_, '_>, tree: &Tree) -> Config {
    let mut config = Config::default();
    let sections = Sections::read(cx, tree, |cx, item| config.daemon.take(cx, item));
    let mut defaults = global::read(cx, &sections, &mut config.global);
    let groups = net::track_groups(cx, sections.of("track_group"));
    config.network = net::read(cx, &sections.lists, &groups);
    let mut trackables = trackables(cx, &sections, &mut config);
    let mut declared = Declared::default();
    let mut built = Vec::new();
    sections.each(cx, "vrrp_instance", |cx, section| {
        let Some((name, block)) = section.named() else { return };
        if let Some(first) = declared.get(&built, &name.value) {
            duplicate(cx, "vrrp_instance", &name, first);
            return;
        }
        let draft = instance::read(cx, &mut trackables, &name, block);
        if let Some(interface) = &draft.sync {
            defaults.sync_by_instance(cx, &mut config.global, interface, &name.value);
        }
        match resolve::instance(cx, draft, &defaults) {
            Some(instance) => {
                built.push(instance);
                declared.add_last(&built);
            }
            None => declared.add_other(name),
        }
    });
    let groups_of_instances = sections.of("vrrp_sync_group");
    let asked = !groups.is_empty() || !groups_of_instances.is_empty() || defaults.sync_daemon.is_some();
    let names = if asked { declared.names(&built) } else { Names::new() };
    config.network.track_groups = net::members(cx, groups, &names);
    config.sync_groups = sync_group::read(cx, groups_of_instances, &mut trackables, &defaults, &names, &mut built);
    trackables.unused(cx);
    global::sync_daemon(cx, &config.global, defaults.sync_daemon, &names);
    drop((declared, names));
    timers::delays(cx, &built, &mut config.daemon.interface_delays);
    conflicts::virtual_interfaces(cx, &mut built);
    conflicts::owners(cx, &mut built);
    conflicts::check(cx, &built);
    conflicts::addresses(cx, &built);
    config.instances = built.into_iter().map(|built| built.finish(cx)).collect();
    config.garp_groups = garp_group::read(cx, sections.of("garp_group"));
    config.lvs = lvs::read(cx, &sections, &config);
    cx.finish();
    config
}

/// Reads what can be tracked.
fn trackables(cx: &mut Context<'_, '_>, sections: &Sections<'_>, config: &mut Config) -> Trackables {
    let mut trackables = Trackables::default();
    config.scripts = track::script::read(cx, sections.of("vrrp_script"));
    config.files = track::file::read(cx, sections.of("track_file"));
    config.processes = track::process::read(cx, sections.of("vrrp_track_process"));
    config.bfd = bfd::read(cx, sections.of("bfd_instance"));
    trackables.add(&config.scripts, &config.files, &config.processes, &config.bfd);
    for kind in Kind::ALL {
        let names = sections.of(kind.keyword()).iter().filter_map(Section::named);
        trackables.declare(kind, names.map(|(name, _)| (name.value, name.span)));
    }
    trackables
}

/// Settings that many objects have in common.
#[derive(Default)]
pub(in crate::config) struct Settings {
    manners: Alike<Manner>,
    instances: Alike<InstanceSettings>,
    garp: Alike<Garp>,
    notify: Alike<NotifyScripts>,
    tracking: Alike<Tracking>,
    links: Alike<LinkConfig>,
    rules: Alike<Rules>,
}

/// What all readers share.
pub(in crate::config) struct Context<'s, 'd> {
    source: &'s Source,
    partial: bool,
    /// What was read before, if this is to be read again, and what can be found again the next time.
    before: Option<Before<'s>>,
    sections: again::Sections,
    diagnostics: &'d mut Vec<Diagnostic>,
    /// How often something was reported, once for all or not.
    reports: usize,
    /// "Did you mean" for words that were looked up already.
    suggestions: BTreeMap<(Path, String), Option<&'static Keyword>>,
    /// What rules without a number get.
    priorities: net::rule::Priorities,
    /// Where something that holds for every use of a keyword was said, by block, name, code and file, and how often it
    /// was not said again.
    later: BTreeMap<(Path, &'static str, &'static str, usize), (usize, usize)>,
    repeats: Repeats,
    interfaces: Named,
    settings: Settings,
}

impl<'s, 'd> Context<'s, 'd> {
    fn new(source: &'s Source, partial: bool, diagnostics: &'d mut Vec<Diagnostic>) -> Context<'s, 'd> {
        Context {
            source,
            partial,
            before: None,
            sections: again::Sections::default(),
            diagnostics,
            reports: 0,
            suggestions: BTreeMap::new(),
            priorities: net::rule::Priorities::default(),
            later: BTreeMap::new(),
            repeats: Repeats::default(),
            interfaces: Named::default(),
            settings: Settings::default(),
        }
    }
}

impl Context<'_, '_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.reports += 1;
        self.repeats.add(diagnostic, self.diagnostics);
    }

    /// Says that nothing comes of `keyword`: once for each file.
    fn standing(&mut self, keyword: &Keyword, span: Span) {
        let diagnostic = match keyword.standing {
            Standing::Implemented => return,
            Standing::NoEffect(reason) => {
                Diagnostic::warning("no-effect", span, format!("`{}` has no effect", keyword.name)).label(reason)
            }
            Standing::InPart(lacks) => {
                Diagnostic::warning("not-yet", span, format!("`{}` is built in part", keyword.name)).label(lacks)
            }
            Standing::NotYet(effect) => {
                Diagnostic::warning("not-yet", span, format!("`{}` is not built yet", keyword.name))
                    .label("read and checked, but nothing comes of it")
                    .note(effect)
            }
        };
        self.once(keyword, diagnostic);
    }

    /// Reports what holds wherever `keyword` is written: once for each file.
    fn once(&mut self, keyword: &Keyword, diagnostic: Diagnostic) {
        self.reports += 1;
        match self.later.entry((keyword.block, keyword.name, diagnostic.code, diagnostic.span.file())) {
            Entry::Occupied(mut entry) => entry.get_mut().1 += 1,
            Entry::Vacant(entry) => {
                entry.insert((self.diagnostics.len(), 0));
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn finish(&mut self) {
        for (at, more) in self.later.values() {
            let Some(diagnostic) = self.diagnostics.get_mut(*at).filter(|_| *more > 0) else { continue };
            let places = if *more == 1 { "place" } else { "places" };
            diagnostic.notes.push(format!("the same holds for {more} more {places} in this file"));
        }
    }

    /// What a phrase says, with its quotes.
    fn text(&self, phrase: &Phrase) -> Text<'static> {
        phrase.text(self.source)
    }
}

/// A value and the words that gave it.
#[derive(Clone, Debug)]
pub(in crate::config) struct Given<T> {
    value: T,
    span: Span,
}

/// A keyword in its place, with its value read.
pub(in crate::config) struct Item<'a> {
    keyword: &'static Keyword,
    /// The keyword and its words.
    span: Span,
    /// The words after the keyword, or the keyword where there are none.
    args: Span,
    value: Value<'a>,
}

impl Item<'_> {
    fn given<T>(&self, value: T) -> Option<Given<T>> {
        Some(Given { value, span: self.args })
    }
}

/// The keywords of a block that were written already.
///
/// Blocks have few keywords, so they are looked through one after the other.
#[derive(Default)]
pub(in crate::config) struct Seen<'a>(SmallVec<[(&'static str, &'a Phrase); 8]>);

impl<'a> Seen<'a> {
    pub(in crate::config) fn new() -> Seen<'a> {
        Seen::default()
    }

    /// Notes a keyword, unless it was written before.
    fn note(&mut self, keyword: &'static str, phrase: &'a Phrase) {
        if !self.contains_key(keyword) {
            self.0.push((keyword, phrase));
        }
    }

    /// Where a keyword was first written.
    fn get(&self, keyword: &str) -> Option<&'a Phrase> {
        self.0.iter().find(|(seen, _)| *seen == keyword).map(|(_, phrase)| *phrase)
    }

    fn contains_key(&self, keyword: &str) -> bool {
        self.get(keyword).is_some()
    }

    /// Where each keyword was first written.
    fn spans(&self) -> Spans {
        Spans(self.0.iter().map(|(keyword, phrase)| (*keyword, phrase.span)).collect())
    }

    fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(keyword, _)| *keyword)
    }
}

/// Where keywords of a block were written.
#[derive(Default)]
struct Spans(Vec<(&'static str, Span)>);

impl Spans {
    fn get(&self, keyword: &str) -> Option<&Span> {
        self.0.iter().find(|(seen, _)| *seen == keyword).map(|(_, span)| span)
    }
}

/// The declared names of a kind of object, and where.
type Names = BTreeMap<Name, Span>;

/// Notes a name; says so when it was there before.
fn is_first(cx: &mut Context<'_, '_>, names: &mut Names, kind: &str, name: &Given<Name>) -> bool {
    if let Some(first) = names.get(&name.value) {
        duplicate(cx, kind, name, *first);
        return false;
    }
    names.insert(name.value.clone(), name.span);
    true
}

fn duplicate(cx: &mut Context<'_, '_>, kind: &str, name: &Given<Name>, first: Span) {
    cx.report(
        Diagnostic::error("duplicate-name", name.span, format!("there are two {kind}s named `{}`", name.value))
            .label("this name is taken")
            .also(first, "the first one is here"),
    );
}

/// Reads the statements of a block by the table: every keyword that is built and rightly used reaches `each`.
fn walk<'a, 's, 'd>(
    cx: &mut Context<'s, 'd>,
    statements: &'a [Statement],
    block: Path,
    seen: &mut Seen<'a>,
    mut each: impl FnMut(&mut Context<'s, 'd>, Item<'a>),
) {
    // Of what is inside a block of which nothing comes, that is not said again.
    let said = keywords::is_inside_not_yet(block);
    for statement in statements {
        let Some(phrase) = &statement.phrase else {
            stray_block(cx, statement);
            continue;
        };
        let Some(first) = phrase.words.first() else { continue };
        if phrase.unresolved {
            // What is wrong with it has been said, and it is not missing.
            if let Some(keyword) = keywords::find(block, &first.text) {
                seen.note(keyword.meaning(), phrase);
            }
            continue;
        }
        let Some(keyword) = keywords::find(block, &first.text) else {
            if let Some(meant) = unknown::keyword(cx, block, statement, first) {
                // It is not missing.
                seen.note(meant.meaning(), phrase);
            }
            continue;
        };
        if !said {
            cx.standing(keyword, first.span);
        }
        if let Some(Alias::Deprecated(instead)) = keyword.alias {
            let diagnostic =
                Diagnostic::warning("deprecated", first.span, format!("`{}` is an old name", keyword.name));
            cx.once(keyword, diagnostic.label(format!("`{instead}` means the same")));
        }
        if let Some(torn) = phrase.torn.filter(|_| !keyword.arg.has_escapes()) {
            torn_quote(cx, torn);
            continue;
        }
        if !keyword.arg.has_block() {
            if let Some(inner) = &statement.block {
                cx.report(
                    Diagnostic::error("unexpected-block", inner.open, format!("`{}` has no block", keyword.name))
                        .label("no `{` belongs here"),
                );
            }
            if !keyword.many && is_repeated(cx, seen, keyword, phrase) {
                continue;
            }
        }
        seen.note(keyword.meaning(), phrase);
        let args = match (phrase.words.get(1), phrase.words.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => first.span,
        };
        let before = cx.diagnostics.len();
        let value = values::read(cx, keyword, statement, phrase, args);
        if matches!(keyword.standing, Standing::NoEffect(_)) && !keyword.arg.has_block() {
            // It does nothing, whatever is wrong with it.
            cx.diagnostics.iter_mut().skip(before).for_each(|d| d.severity = Severity::Warning);
        }
        let Some(value) = value else { continue };
        each(cx, Item { keyword, span: phrase.span, args, value });
    }
}

fn torn_quote(cx: &mut Context<'_, '_>, torn: Span) {
    cx.report(
        Diagnostic::error("unterminated-quote", torn, "a quote is not closed")
            .label("a `\\` does not protect a quote here")
            .help("a word cannot contain a `\"`"),
    );
}

fn stray_block(cx: &mut Context<'_, '_>, statement: &Statement) {
    let Some(block) = &statement.block else { return };
    if !cx.partial {
        cx.report(
            Diagnostic::error("unexpected-brace", block.open, "a block that belongs to no keyword")
                .label("a keyword is missing before this"),
        );
    }
}

/// A keyword that means one value, written again. True: it is skipped, for it says the same again, or the first one counts.
fn is_repeated<'a>(cx: &mut Context<'_, '_>, seen: &Seen<'a>, keyword: &Keyword, phrase: &'a Phrase) -> bool {
    let Some(first) = seen.get(keyword.meaning()) else { return false };
    let same =
        first.words.len() == phrase.words.len() && first.words.iter().zip(&phrase.words).all(|(a, b)| a.text == b.text);
    let message = format!("`{}` is written twice", keyword.name);
    let label = match (same, keyword.first_counts) {
        (true, _) => "the same again",
        (false, true) => "the first one counts; is it the one that is meant?",
        (false, false) => "this one counts; is it the one that is meant?",
    };
    cx.report(
        Diagnostic::warning("repeated", phrase.span, message)
            .label(label)
            .also(first.span, "first written here")
            .help("remove one of the two lines"),
    );
    same || keyword.first_counts
}
