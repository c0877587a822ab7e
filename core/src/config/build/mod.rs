//! The tree to a typed configuration.

mod address;
mod conflicts;
pub(in crate::config) mod global;
mod instance;
mod resolve;
pub(in crate::config) mod script;
mod sync_group;
mod track;
mod unknown;
pub(in crate::config) mod values;

use super::ast::{Block, Statement};
use super::diagnostic::{Diagnostic, Span};
use super::keywords::{self, Arg, Keyword, Path, Standing};
use super::lexer::Phrase;
use super::model::Config;
use super::source::Source;
use crate::net::Name;
use std::collections::BTreeMap;
use values::Value;

/// Builds the configuration. `partial`: parts of the text are missing, so nothing is said about what is not there.
pub(super) fn config(tree: &[Statement], source: &Source, partial: bool, diagnostics: &mut Vec<Diagnostic>) -> Config {
    let mut cx = Context { source, partial, diagnostics, suggestions: BTreeMap::new() };
    let mut sections = Sections::default();
    walk(&mut cx, tree, keywords::ROOT, &mut Seen::new(), |cx, item| sections.take(cx, &item));

    let (global, defaults) = global::read(&mut cx, &sections.global);
    let mut names = BTreeMap::new();
    let mut built = Vec::new();
    for (name, block) in &sections.instances {
        if is_first(&mut cx, &mut names, "vrrp_instance", name) {
            let draft = instance::read(&mut cx, name, block);
            built.extend(resolve::instance(&mut cx, draft, &defaults));
        }
    }
    let sync_groups = sync_group::read(&mut cx, &sections.sync_groups, &names, &mut built);
    conflicts::check(&mut cx, &built);
    Config { global, instances: built.into_iter().map(|b| b.config).collect(), sync_groups }
}

/// What all readers share.
struct Context<'s, 'd> {
    source: &'s Source,
    partial: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
    /// "Did you mean" for words that were looked up already.
    suggestions: BTreeMap<(Path, String), Option<&'static Keyword>>,
}

impl Context<'_, '_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn text(&self, span: Span) -> &str {
        self.source.files.get(span.file).and_then(|file| file.text.get(span.start..span.end)).unwrap_or_default()
    }
}

/// A value and the words that gave it.
#[derive(Clone, Debug)]
struct Given<T> {
    value: T,
    span: Span,
}

/// A keyword in its place, with its value read.
struct Item<'a> {
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
type Seen<'a> = BTreeMap<&'static str, &'a Phrase>;

/// The declared names of a kind of object, and where.
type Names = BTreeMap<Name, Span>;

/// A block and the words of its name.
type Named<'a> = (Given<Name>, &'a Block);

#[derive(Default)]
struct Sections<'a> {
    global: Vec<&'a Block>,
    instances: Vec<Named<'a>>,
    sync_groups: Vec<Named<'a>>,
}

impl<'a> Sections<'a> {
    fn take(&mut self, _cx: &mut Context<'_, '_>, item: &Item<'a>) {
        match (item.keyword.name, &item.value) {
            ("global_defs", Value::Block(block)) => self.global.push(block),
            ("vrrp_instance", Value::Named(name, block)) => {
                self.instances.push((Given { value: Name::from(name.text.as_str()), span: name.span }, block));
            }
            ("vrrp_sync_group", Value::Named(name, block)) => {
                self.sync_groups.push((Given { value: Name::from(name.text.as_str()), span: name.span }, block));
            }
            _ => {}
        }
    }
}

/// Notes a name; says so when it was there before.
fn is_first(cx: &mut Context<'_, '_>, names: &mut Names, kind: &str, name: &Given<Name>) -> bool {
    if let Some(first) = names.get(&name.value) {
        cx.report(
            Diagnostic::error("duplicate-name", name.span, format!("there are two {kind}s named `{}`", name.value))
                .label("this one is left out")
                .also(*first, "the first one is here"),
        );
        return false;
    }
    names.insert(name.value.clone(), name.span);
    true
}

/// Reads the statements of a block by the table: every keyword that is built and rightly used reaches `each`.
fn walk<'a, 's, 'd>(
    cx: &mut Context<'s, 'd>,
    statements: &'a [Statement],
    block: Path,
    seen: &mut Seen<'a>,
    mut each: impl FnMut(&mut Context<'s, 'd>, Item<'a>),
) {
    for statement in statements {
        let Some(phrase) = &statement.phrase else {
            stray_block(cx, statement);
            continue;
        };
        let Some(first) = phrase.words.first().filter(|_| !phrase.unresolved) else { continue };
        let Some(keyword) = keywords::find(block, &first.text) else {
            unknown::keyword(cx, block, statement, first);
            continue;
        };
        if let Standing::NotYet(effect) = keyword.standing {
            not_yet(cx, keyword, first.span, effect, statement.block.is_some());
            continue;
        }
        if let Some(torn) = phrase.torn.filter(|_| keyword.arg != Arg::Script) {
            torn_quote(cx, torn);
            continue;
        }
        let wants_block = matches!(keyword.arg, Arg::Block | Arg::NamedBlock | Arg::Lines | Arg::Names);
        if !wants_block {
            if let Some(inner) = &statement.block {
                cx.report(
                    Diagnostic::error("unexpected-block", inner.open, format!("`{}` has no block", keyword.name))
                        .label("no `{` belongs here")
                        .note("the block is skipped"),
                );
            }
            if is_repeated(cx, seen, keyword, phrase) {
                continue;
            }
        }
        seen.entry(keyword.name).or_insert(phrase);
        let args = match (phrase.words.get(1), phrase.words.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => first.span,
        };
        let Some(value) = values::read(cx, keyword, statement, phrase, args) else { continue };
        if let Standing::NoEffect(reason) = keyword.standing {
            cx.report(
                Diagnostic::warning("no-effect", phrase.span, format!("`{}` has no effect", keyword.name))
                    .label(reason),
            );
            continue;
        }
        each(cx, Item { keyword, span: phrase.span, args, value });
    }
}

fn not_yet(cx: &mut Context<'_, '_>, keyword: &Keyword, span: Span, effect: &str, has_block: bool) {
    let what = if has_block { "the whole block is skipped" } else { "the line is skipped" };
    cx.report(
        Diagnostic::warning("not-yet", span, format!("`{}` is not built yet", keyword.name)).label(what).note(effect),
    );
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
                .label("a keyword is missing before this")
                .note("the block is skipped"),
        );
    }
}

/// A keyword that means one value, written again. The same again is skipped; of two values the later one counts, as in the C version.
fn is_repeated<'a>(cx: &mut Context<'_, '_>, seen: &Seen<'a>, keyword: &Keyword, phrase: &'a Phrase) -> bool {
    let Some(first) = seen.get(keyword.name) else { return false };
    let same =
        first.words.len() == phrase.words.len() && first.words.iter().zip(&phrase.words).all(|(a, b)| a.text == b.text);
    let message = format!("`{}` is written twice", keyword.name);
    let diagnostic = if same {
        Diagnostic::warning("repeated", phrase.span, message).label("the same again")
    } else {
        Diagnostic::warning("repeated", phrase.span, message).label("this one counts; is it the one that is meant?")
    };
    cx.report(diagnostic.also(first.span, "first written here"));
    same
}
