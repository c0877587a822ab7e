//! Lines that are split as commands are, but name nobody who runs them: `misc_path` and `regex`.

use super::Context;
use super::script::{self, Piece, pieces, unterminated};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::Keyword;
use crate::config::lexer::Phrase;
use crate::config::model::Script;
use crate::config::preprocess::text::Text;

/// The words after the keyword of a line.
fn words(cx: &mut Context<'_, '_>, line: &Text<'_>) -> Option<Vec<Piece>> {
    match pieces(line.as_str()) {
        Ok(mut pieces) => Some(pieces.drain(..).skip(1).collect()),
        Err(start) => {
            cx.report(unterminated(line.span(start, line.as_str().len())));
            None
        }
    }
}

fn at(line: &Text<'_>, piece: &Piece) -> Span {
    line.span(piece.start, piece.end)
}

/// The command of `keyword` on the line at `line`.
pub(super) fn command(cx: &mut Context<'_, '_>, keyword: &Keyword, line: &Phrase) -> Option<Script> {
    let line = cx.text(line);
    let words = words(cx, &line)?;
    let (command, extra) = words.split_first()?;
    if let (Some(first), Some(last)) = (extra.first(), extra.last()) {
        cx.report(
            Diagnostic::warning(
                "trailing-words",
                at(&line, first).to(at(&line, last)),
                format!("`{}` takes one word", keyword.name),
            )
            .label("the program does not get this")
            .help("put the command and its arguments in quotes together"),
        );
    }
    let problem = match script::arguments(&command.text) {
        Ok(argv) if argv.first().is_some_and(|program| !program.is_empty()) => {
            let at = at(&line, command);
            no_shell(cx, &argv, at);
            return Some(Script { at: at.into(), ..Script::new(argv) });
        }
        Ok(_) => "expected a program and its arguments".to_owned(),
        Err(problem) => problem,
    };
    cx.report(Diagnostic::error("bad-command", at(&line, command), "the command cannot be read").label(problem));
    None
}

/// Warns of what only a shell would understand.
pub(super) fn no_shell(cx: &mut Context<'_, '_>, argv: &[String], span: Span) {
    let is_shell = |word: &&String| {
        matches!(word.as_str(), ";" | "|" | "||" | "&&" | "&" | "<" | ">" | ">>" | "2>" | "2>&1" | ">/dev/null")
            || (word.len() > 1 && word.ends_with(';'))
    };
    let found = argv.iter().find(is_shell).filter(|_| argv.get(1).is_none_or(|option| option != "-c"));
    if let Some(word) = found {
        cx.report(
            Diagnostic::warning("no-shell", span, "no shell reads this command")
                .label(format!("`{word}` is handed to the program like every other word"))
                .help("write it into a script, or put `/bin/sh -c '...'` around it"),
        );
    }
}

/// The text of `keyword` on the line at `line`.
pub(super) fn pattern(cx: &mut Context<'_, '_>, keyword: &Keyword, line: &Phrase) -> Option<String> {
    let line = cx.text(line);
    let words = words(cx, &line)?;
    let (text, extra) = words.split_first()?;
    if let (Some(first), Some(last)) = (extra.first(), extra.last()) {
        cx.report(
            Diagnostic::error(
                "trailing-words",
                at(&line, first).to(at(&line, last)),
                format!("`{}` takes one word", keyword.name),
            )
            .label("what is this for?")
            .help("a text with spaces needs quotes around it"),
        );
        return None;
    }
    // One word, whatever is in it.
    match script::unescaped(&text.text) {
        Ok(read) => {
            if let Some(lost) = lost_escape(&text.text) {
                cx.report(
                    Diagnostic::warning(
                        "lost-backslash",
                        at(&line, text),
                        format!("`\\{lost}` means something else than in a regular expression"),
                    )
                    .label(format!("read as `{}`", read.escape_debug()))
                    .help(format!("write `\\\\{lost}`: the first backslash is taken away before the pattern is read")),
                );
            }
            Some(read)
        }
        Err(problem) => {
            cx.report(Diagnostic::error("bad-text", at(&line, text), "the text cannot be read").label(problem));
            None
        }
    }
}

/// An escape of regular expressions that the escapes of commands take apart.
fn lost_escape(text: &str) -> Option<char> {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            continue;
        }
        match chars.next()? {
            '\\' | '"' | '\'' | 'a' | 'c' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'E' | '0' => {}
            '1'..='7' if chars.peek().is_some_and(|c| c.is_digit(8)) => {}
            c => return Some(c),
        }
    }
    None
}

/// Writes a text so that it is read back the same, in quotes.
pub(in crate::config) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    script::escaped(text, &mut out);
    out.push('"');
    out
}
