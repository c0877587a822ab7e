//! The words of a line, one after the other, and the binding of those that say something to fields.

use super::super::values::expected;
use super::super::{Context, unknown};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::{self, Alias, Keyword, Path, Standing};
use crate::config::lexer::{Phrase, Word};
use core::net::IpAddr;
use std::collections::BTreeMap;

/// What is left of a line.
pub(super) struct Words<'a> {
    words: &'a [Word],
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a Phrase) -> Words<'a> {
        Words { words: &line.words }
    }

    /// Takes the next word.
    pub(super) fn next(&mut self) -> Option<&'a Word> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// The next word, which stays.
    pub(super) fn peek(&self) -> Option<&'a Word> {
        self.words.first()
    }

    /// Whether the next word is `text`; then it is taken.
    pub(super) fn skip(&mut self, text: &str) -> bool {
        let is = self.peek().is_some_and(|word| word.text == text);
        if is {
            self.next();
        }
        is
    }

    /// The word after `option`. `None`: there is none, and that has been reported.
    pub(super) fn argument(&mut self, cx: &mut Context<'_, '_>, option: &Opt<'_>) -> Option<&'a Word> {
        let word = self.next();
        if word.is_none() {
            let text = format!("something is missing after `{}`", option.word.text);
            let mut diagnostic = Diagnostic::error("missing-argument", option.word.span, text)
                .label(format!("expected {}", expected(option.keyword.arg)));
            if !option.keyword.doc.is_empty() {
                diagnostic = diagnostic.help(format!("`{}`: {}", option.keyword.name, option.keyword.doc));
            }
            cx.report(diagnostic);
        }
        word
    }
}

/// A word of a line that the table knows.
pub(super) struct Opt<'a> {
    pub(super) keyword: &'static Keyword,
    pub(super) word: &'a Word,
}

/// A value that stands after such a word.
pub(in crate::config) trait Term: Sized {
    /// Reads it. `None`: it is wrong, and that has been reported.
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self>;
    /// The words that say it.
    fn write(&self) -> String;
    /// The words that say it after `name`.
    fn write_for(&self, _name: &str) -> String {
        self.write()
    }
}

/// A field that such a word sets.
pub(in crate::config) trait Slot {
    /// Takes over what the word says.
    fn fill(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<()>;
    /// Appends the words that say it, if it was said.
    fn say(&self, name: &str, out: &mut Vec<String>);
}

impl Slot for bool {
    fn fill(&mut self, _: &mut Context<'_, '_>, _: &mut Words<'_>, _: &Opt<'_>) -> Option<()> {
        *self = true;
        Some(())
    }

    fn say(&self, name: &str, out: &mut Vec<String>) {
        if *self {
            out.push(name.to_owned());
        }
    }
}

impl<T: Term> Slot for Option<T> {
    fn fill(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<()> {
        *self = Some(T::read(cx, words, option)?);
        Some(())
    }

    fn say(&self, name: &str, out: &mut Vec<String>) {
        if let Some(value) = self {
            out.push(format!("{name} {}", value.write_for(name)));
        }
    }
}

/// A part of a line whose words are bound to fields by [`words!`].
pub(in crate::config) trait Bound {
    /// The words that are bound.
    #[cfg(test)]
    const NAMES: &'static [&'static str];
    /// Takes over what a word says. `None`: it is wrong, and that has been reported; `Some(false)`: it is not bound.
    fn set(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<bool>;
    /// Appends the words of all that was said.
    fn say_all(&self, out: &mut Vec<String>);
}

/// Binds words to fields, for reading and for printing.
macro_rules! words {
    ($type:ty { $($name:literal => $($field:ident).+,)* }) => {
        impl $crate::config::build::net::words::Bound for $type {
            #[cfg(test)]
            const NAMES: &'static [&'static str] = &[$($name),*];

            fn set(
                &mut self,
                cx: &mut $crate::config::build::Context<'_, '_>,
                words: &mut $crate::config::build::net::words::Words<'_>,
                option: &$crate::config::build::net::words::Opt<'_>,
            ) -> Option<bool> {
                use $crate::config::build::net::words::Slot;
                match option.keyword.meaning() {
                    $($name => self.$($field).+.fill(cx, words, option)?,)*
                    _ => return Some(false),
                }
                Some(true)
            }

            fn say_all(&self, out: &mut Vec<String>) {
                use $crate::config::build::net::words::Slot;
                $(self.$($field).+.say($name, out);)*
            }
        }
    };
}
pub(super) use words;

/// The words of a line that were there already, by their meaning.
#[derive(Default)]
pub(super) struct Seen {
    first: BTreeMap<&'static str, Span>,
}

impl Seen {
    /// Notes a word; says so when it was there before. As in the C version, the last one counts.
    pub(super) fn note(&mut self, cx: &mut Context<'_, '_>, option: &Opt<'_>) {
        let Some(first) = self.first.insert(option.keyword.meaning(), option.word.span) else { return };
        cx.report(
            Diagnostic::warning("repeated", option.word.span, format!("`{}` is written twice", option.word.text))
                .label("this one counts; is it the one that is meant?")
                .also(first, "first written here"),
        );
    }

    /// Notes a word. False: it was there before, and that has been reported.
    pub(super) fn once(&mut self, cx: &mut Context<'_, '_>, option: &Opt<'_>) -> bool {
        let Some(first) = self.first.insert(option.keyword.meaning(), option.word.span) else { return true };
        cx.report(
            Diagnostic::error("repeated", option.word.span, format!("`{}` is written twice", option.word.text))
                .label("which of the two is meant?")
                .also(first, "first written here"),
        );
        false
    }

    /// Where a word was written.
    pub(super) fn span(&self, meaning: &str) -> Option<Span> {
        self.first.get(meaning).copied()
    }
}

/// The word of `block` that `word` is.
pub(super) fn find<'a>(block: Path, word: &'a Word) -> Option<Opt<'a>> {
    keywords::find(block, &word.text).filter(|_| !word.quoted).map(|keyword| Opt { keyword, word })
}

/// The same. Says where nothing comes of it yet, and that it is an old one.
pub(super) fn option<'a>(cx: &mut Context<'_, '_>, block: Path, word: &'a Word) -> Option<Opt<'a>> {
    let Opt { keyword, word } = find(block, word)?;
    if keyword.standing != Standing::Implemented && !keywords::is_inside_not_yet(block) {
        cx.standing(keyword, word.span);
    }
    if let Some(Alias::Deprecated(instead)) = keyword.alias {
        cx.report(
            Diagnostic::warning("deprecated", word.span, format!("`{}` is an old name", keyword.name))
                .label(format!("`{instead}` means the same")),
        );
    }
    Some(Opt { keyword, word })
}

/// Reports a word that says nothing where it stands; `what` is the kind of line.
pub(super) fn unknown(cx: &mut Context<'_, '_>, block: Path, word: &Word, what: &str) {
    let name: String = word.text.chars().take(60).collect();
    let mut diagnostic = Diagnostic::error("unknown-word", word.span, format!("`{name}` says nothing in a {what}"));
    let longer = || keywords::of(block).find(|k| word.text.len() >= 2 && k.name.starts_with(word.text.as_str()));
    if let Some(meant) = unknown::nearest(keywords::of(block), &word.text) {
        diagnostic = diagnostic.help(format!("did you mean `{}`?", meant.name));
    } else if let Some(meant) = longer() {
        diagnostic = diagnostic.help(format!("words cannot be shortened here: write `{}`", meant.name));
    } else if word.text.ends_with(',') || word.text.contains(';') {
        diagnostic = diagnostic.help("one entry a line, and only blanks between words");
    }
    cx.report(diagnostic.label("not one of the words that are possible here"));
}

/// Whether a word looks as if an address was meant.
pub(super) fn is_address_like(text: &str) -> bool {
    let (ip, _) = text.split_once('/').unwrap_or((text, ""));
    ip.parse::<IpAddr>().is_ok()
        || text.contains('/')
        || text.matches(':').count() > 1
        || (text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.'))
}
