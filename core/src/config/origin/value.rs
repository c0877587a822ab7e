//! Values as they are shown.

use crate::config::ast::Statement;
use crate::config::keywords::{self, Arg, Keyword};
use crate::config::lexer::Word;
use crate::config::print::quoted_word;
use core::fmt::Write;
use serde::Serialize;

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 60;

/// The widest column of values, in characters.
const WIDEST: usize = 32;

/// A value in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The keyword that gives it.
    pub keyword: &'static str,
    /// As it would be written; long ones end with ` ...`, passwords are hidden.
    pub value: String,
    /// `FILE:LINE`, `default`, or the other keyword that decides and where it is.
    pub origin: String,
}

/// Writes rows in columns.
pub(super) fn align(rows: &[Row], depth: usize, out: &mut String) {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    // A long value does not push all others aside.
    let (first, second) = (width(|row| row.keyword), width(|row| &row.value).min(WIDEST));
    let indent = "    ".repeat(depth);
    for Row { keyword, value, origin } in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{indent}{keyword:first$}  {value:second$}  {origin}");
    }
}

/// Words as they would be written.
pub(super) fn said(words: &[Word]) -> String {
    let text = |word: &Word| {
        let quoted = quoted_word(&word.text);
        if word.quoted && quoted == word.text { format!("\"{}\"", word.text) } else { quoted }
    };
    words.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text,
    }
}

/// What holds: as it was understood, or else as it was written.
pub(super) fn in_force(keyword: &Keyword, now: Option<&[Word]>, written: Option<&[Word]>) -> Option<String> {
    let is_switch = matches!(keyword.arg, Arg::Flag | Arg::Switch) || keyword.default == "off";
    Some(match now.or(written)?.get(1..) {
        None | Some([]) => if is_switch { "on" } else { "-" }.to_owned(),
        Some(words) => shortened(said(words)),
    })
}

/// A default without its conditions, as far as it is a value.
pub(super) fn plain(default: &str) -> String {
    let is_global = |text: &str| keywords::find(keywords::GLOBAL, text).is_some();
    let text = match default.rsplit_once(", or ") {
        Some((others, last)) if others.split(", ").all(is_global) => last,
        _ => default,
    };
    let first = text.split("; ").next().unwrap_or(text);
    first.split(", and ").next().unwrap_or(first).to_owned()
}

/// The entries of lists.
pub(super) fn entries(statements: &[&Statement]) -> String {
    let mut out = Vec::new();
    for statement in statements {
        match &statement.block {
            Some(block) => out.extend(block.statements.iter().map(|entry| said(entry.words()))),
            None => out.extend(statement.words().get(1..).map(said)),
        }
    }
    let count = out.len();
    let shown = shortened(out.join(", "));
    if shown.ends_with(" ...") { format!("{shown} ({count} entries)") } else { shown }
}

/// What was written, where the value in force is another.
pub(super) fn otherwise(keyword: &Keyword, now: Option<&[Word]>, written: &[Word]) -> Option<String> {
    let (now, written) = (now?.get(1)?, written.get(1)?);
    let other = match keyword.arg {
        Arg::Integer(..) | Arg::WholeSeconds(..) | Arg::Seconds(..) | Arg::Millis(..) | Arg::Micros(..) => {
            now.text.parse::<f64>().ok()? != written.text.parse::<f64>().ok()?
        }
        Arg::Choice(_) => now.text != written.text,
        _ => false,
    };
    other.then(|| written.text.to_string())
}

/// Whether nobody is to read it on a screen.
pub(super) fn is_secret(keyword: &Keyword) -> bool {
    matches!(keyword.name, "auth_pass" | "password") || (keyword.name == "key" && keyword.block.ends_with("auth_hmac"))
}
