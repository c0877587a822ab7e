//! Every value in force, and where it comes from.
//!
//! What is in force is taken from the configuration as it was understood, printed; what was written is taken from the
//! text; what there is to know of a keyword, from the table. So this says nothing that the daemon does not do.

mod pairs;
#[cfg(test)]
mod tests;
mod value;

use super::ast::Statement;
use super::keywords::{self, Arg, Keyword, Path};
use super::lexer::Word;
use super::print::print_whole;
use super::render::Places;
use super::source::Source;
use super::syntax;
use core::fmt::Write;
use serde::Serialize;
use std::collections::BTreeMap;
pub use value::Row;
use value::{entries, in_force, said};

/// What is outside every block, or an object, with every keyword it could have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    /// The keyword of its block; empty for what is outside every block.
    pub keyword: &'static str,
    /// The words after the keyword: its name, or what else stands there.
    pub words: Vec<String>,
    /// Where it is written, each as `FILE:LINE`; empty where it is not.
    pub places: Vec<String>,
    /// Its values.
    pub values: Vec<Row>,
    /// The blocks in it.
    pub blocks: Vec<Object>,
    /// How it is written, as a heading.
    #[serde(skip)]
    heading: String,
}

/// Every object of a configuration, with every keyword it could have: a line each. Passwords are hidden.
#[must_use]
pub fn origins(source: &Source) -> String {
    let mut out = String::new();
    tell(&in_order(source), 0, &mut out);
    out
}

fn tell(object: &Object, depth: usize, out: &mut String) {
    value::align(&object.values, depth, out);
    for inner in &object.blocks {
        let place = if inner.places.is_empty() { "not written".to_owned() } else { inner.places.join(", ") };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "\n{}{} ({place})", "    ".repeat(depth), inner.heading);
        tell(inner, depth + 1, out);
    }
}

/// The same as a tree: what is outside every block, with all objects in it.
#[must_use]
pub fn in_order(source: &Source) -> Object {
    let mut diagnostics = Vec::new();
    let (tree, reader) = syntax(source, &mut diagnostics);
    let (config, ..) = super::build::config(&tree, source, reader.partial, None, &mut diagnostics);
    let written: Vec<Statement> = tree.tops.iter().map(|top| tree.whole(top, source)).collect();
    let printed = Source::single("in force", print_whole(&config));
    let (tree, _) = syntax(&printed, &mut diagnostics);
    let now: Vec<Statement> = tree.tops.iter().map(|top| tree.whole(top, &printed)).collect();
    let mut table: BTreeMap<Path, Vec<&'static Keyword>> = BTreeMap::new();
    for keyword in keywords::all().filter(|keyword| keyword.alias.is_none()) {
        table.entry(keyword.block).or_default().push(keyword);
    }
    let global = statements(&written, keywords::ROOT, "global_defs");
    let global = global.iter().filter_map(|statement| statement.block.as_ref()).flat_map(|block| &block.statements);
    let teller = Teller { places: Places::new(source), table, globals: by_meaning(keywords::GLOBAL, global) };
    let written: Vec<&Statement> = written.iter().collect();
    let now: Vec<&Statement> = now.iter().collect();
    let mut root = Object::new("", &[], Vec::new());
    teller.block(keywords::ROOT, [&written, &now], None, &mut root);
    root
}

impl Object {
    fn new(keyword: &'static str, words: &[Word], places: Vec<String>) -> Object {
        let heading = if words.is_empty() { keyword.to_owned() } else { said(words) };
        let words = words.iter().skip(1).map(|word| word.text.to_string()).collect();
        Object { keyword, words, places, values: Vec::new(), blocks: Vec::new(), heading }
    }
}

type ByMeaning<'a> = BTreeMap<&'static str, Vec<&'a Statement>>;

/// The statements of a block by the keyword they mean.
fn by_meaning<'a>(block: Path, statements: impl Iterator<Item = &'a Statement>) -> ByMeaning<'a> {
    let mut out = ByMeaning::new();
    for statement in statements {
        let Some(word) = statement.words().first() else { continue };
        if let Some(keyword) = keywords::find(block, &word.text) {
            out.entry(keyword.meaning()).or_default().push(statement);
        }
    }
    out
}

fn statements<'a>(tree: &'a [Statement], block: Path, name: &str) -> Vec<&'a Statement> {
    by_meaning(block, tree.iter()).remove(name).unwrap_or_default()
}

struct Teller<'a> {
    places: Places<'a>,
    /// The keywords of each block, in the order of the table.
    table: BTreeMap<Path, Vec<&'static Keyword>>,
    globals: ByMeaning<'a>,
}

/// A block, and those around it.
struct Around<'a> {
    block: Path,
    /// Where it is written.
    place: String,
    written: ByMeaning<'a>,
    now: ByMeaning<'a>,
    outer: Option<&'a Around<'a>>,
}

impl Around<'_> {
    /// What the keyword of this name has on its last line: as it was understood, and as it was written.
    fn words(&self, name: &str) -> [Option<&[Word]>; 2] {
        [&self.now, &self.written].map(|all| Some(all.get(name)?.last()?.words()))
    }
}

impl Teller<'_> {
    /// All keywords of a block: first those that are a line, then the blocks in it.
    fn block(
        &self,
        block: Path,
        [written, now]: [&[&Statement]; 2],
        outer: Option<(&Around<'_>, String)>,
        into: &mut Object,
    ) {
        let (outer, place) = outer.unzip();
        let here = Around {
            block,
            place: place.unwrap_or_default(),
            written: by_meaning(block, written.iter().copied()),
            now: by_meaning(block, now.iter().copied()),
            outer,
        };
        let keywords = self.table.get(block).cloned().unwrap_or_default();
        let is_object = |keyword: &Keyword| matches!(keyword.arg, Arg::Block | Arg::NamedBlock | Arg::FormBlock(..));
        into.values = keywords
            .iter()
            .filter(|keyword| !is_object(keyword))
            .filter_map(|keyword| self.row(keyword, &here))
            .collect();
        for keyword in keywords.iter().filter(|keyword| is_object(keyword)) {
            self.objects(keyword, &here, &mut into.blocks);
        }
    }

    fn objects(&self, keyword: &Keyword, here: &Around<'_>, out: &mut Vec<Object>) {
        let path = if keyword.block.is_empty() {
            keyword.name.to_owned()
        } else {
            format!("{}/{}", keyword.block, keyword.name)
        };
        let Some(block) = self.table.keys().find(|block| **block == path).copied() else { return };
        let [written, now] = [&here.written, &here.now].map(|all| all.get(keyword.name).map_or(&[][..], Vec::as_slice));
        if keyword.arg == Arg::Block && !is_check(block) {
            // Several blocks of this kind are one.
            if written.is_empty() && now.is_empty() {
                return;
            }
            let places: Vec<String> = written.iter().map(|statement| self.place(statement)).collect();
            let place = places.first().cloned().unwrap_or_default();
            let mut object = Object::new(keyword.name, &[], places);
            self.block(block, [&inside(written), &inside(now)], Some((here, place)), &mut object);
            out.push(object);
            return;
        }
        for (statement, counterpart) in written.iter().zip(pairs::counterparts(written, now)) {
            let counterpart: Vec<&Statement> = counterpart.into_iter().collect();
            let place = self.place(statement);
            let mut object = Object::new(keyword.name, statement.words(), vec![place.clone()]);
            self.block(block, [&inside(&[*statement]), &inside(&counterpart)], Some((here, place)), &mut object);
            out.push(object);
        }
    }

    fn row(&self, keyword: &Keyword, here: &Around<'_>) -> Option<Row> {
        let [now, written] = here.words(keyword.name);
        let many = keyword.many || matches!(keyword.arg, Arg::Lines | Arg::Names);
        let value = if value::is_secret(keyword) && written.is_some() {
            Some("********".to_owned())
        } else if many {
            here.now.get(keyword.name).or_else(|| here.written.get(keyword.name)).map(|all| entries(all))
        } else {
            in_force(keyword, now, written)
        };
        let (value, origin) = match here.written.get(keyword.name).and_then(|all| all.last()) {
            Some(statement) => {
                let place = self.place(statement);
                let origin = match value::otherwise(keyword, now, statement.words()) {
                    Some(text) if !value::is_secret(keyword) => format!("{place}, written as `{text}`"),
                    _ => place,
                };
                (value, origin)
            }
            None => {
                let (other, origin) = self.elsewhere(keyword, here);
                (value.or(other), origin)
            }
        };
        let value = value.filter(|value| !value.is_empty() || written.is_some())?;
        let value = if value.is_empty() { "-".to_owned() } else { value };
        Some(Row { keyword: keyword.name, value, origin })
    }

    /// What holds where nothing is written, and where that comes from: a block around this one, a keyword of `global_defs`, another keyword of
    /// this block, or a default.
    fn elsewhere(&self, keyword: &Keyword, here: &Around<'_>) -> (Option<String>, String) {
        let default = || "default".to_owned();
        if keyword.default == "the real server's"
            && let Some(server) = here.outer
        {
            return (None, format!("inherited from {}", server.place));
        }
        if keyword.default.starts_with("that of the ") {
            // Those around it have the keyword of this name too.
            let mut outer = here.outer;
            let mut last = keyword;
            while let Some(around) = outer {
                if let Some(same) = keywords::find(around.block, keyword.name) {
                    let [now, written] = around.words(keyword.name);
                    if let Some(statement) = around.written.get(keyword.name).and_then(|all| all.last()) {
                        return (in_force(same, now, written), format!("inherited from {}", self.place(statement)));
                    }
                    last = same;
                }
                outer = around.outer;
            }
            let value = self.elsewhere_value(last, here);
            return (Some(value), default());
        }
        if let Some((global, statement)) = self.inherited(keyword) {
            let value = in_force(global, None, Some(statement.words()));
            return (value, format!("`{}` at {}", global.name, self.place(statement)));
        }
        if let Some(other) = keywords::find(keyword.block, keyword.default).filter(|other| other.name != keyword.name) {
            let row = self.row(other, here);
            let origin = match &row {
                Some(row) if row.origin != "default" => format!("`{}` at {}", other.name, row.origin),
                _ => default(),
            };
            return (row.map(|row| row.value), origin);
        }
        (Some(value::plain(keyword.default)), default())
    }

    /// The value of a default that another block has.
    fn elsewhere_value(&self, keyword: &Keyword, here: &Around<'_>) -> String {
        let around =
            std::iter::successors(here.outer, |around| around.outer).find(|around| around.block == keyword.block);
        let other = keywords::find(keyword.block, keyword.default).filter(|other| other.name != keyword.name);
        match (around, other) {
            (Some(around), Some(other)) => self.row(other, around).map_or_else(String::new, |row| row.value),
            _ => value::plain(keyword.default),
        }
    }

    /// The keyword of `global_defs` that decides where nothing is written.
    fn inherited(&self, keyword: &Keyword) -> Option<(&'static Keyword, &Statement)> {
        if matches!(keyword.block, keywords::ROOT | keywords::GLOBAL) {
            return None;
        }
        let named = keyword.default.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        // Defaults of instances have the same name, or one that begins with `vrrp_`.
        let prefixed = format!("vrrp_{}", keyword.name);
        let same = matches!(keyword.block, keywords::INSTANCE | keywords::SYNC_GROUP);
        let mut candidates = [keyword.name, &prefixed].into_iter().filter(|_| same).chain(named);
        candidates.find_map(|name| Some((keywords::find(keywords::GLOBAL, name)?, *self.globals.get(name)?.last()?)))
    }

    fn place(&self, statement: &Statement) -> String {
        let Some(span) = statement.phrase.as_ref().map(|phrase| phrase.span) else { return String::new() };
        let (line, _) = self.places.line_and_column(span.file(), span.start());
        format!("{}:{line}", self.places.file_name(span.file()))
    }
}

/// Whether each block of this kind is for itself.
fn is_check(block: Path) -> bool {
    block.starts_with(keywords::REAL_SERVER)
}

/// What is in these blocks.
fn inside<'a>(statements: &[&'a Statement]) -> Vec<&'a Statement> {
    statements.iter().filter_map(|statement| statement.block.as_ref()).flat_map(|block| &block.statements).collect()
}
