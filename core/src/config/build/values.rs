//! The words after a keyword, read as the table says.

mod number;

pub(in crate::config) use number::{decimal, millis};
pub(super) use number::{duration, integer, micros, seconds};

use super::ip::{address, group};
use super::{Context, command, lvs, net, script, unknown};
use crate::config::ast::{Block, Statement};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::{self, Arg, Keyword, MAX_INTERFACE_NAME, Standing};
use crate::config::lexer::{Phrase, Word};
use crate::config::model::{Credentials, Script};
use core::net::IpAddr;

/// What was read.
pub(in crate::config) enum Value<'a> {
    /// The keyword alone, or words that nothing needs.
    Nothing,
    /// On or off.
    Switch(bool),
    /// A whole number in its range.
    Integer(i64),
    /// Microseconds in their range.
    Micros(u64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The keyword alone, which means this word.
    Bare(&'static str),
    /// A text.
    Text(String),
    /// A word.
    Word(&'a Word),
    /// Words.
    Words(&'a [Word]),
    /// One of the words of the table.
    Choice(&'static str),
    /// An address.
    Address(IpAddr),
    /// A user.
    User(Box<Credentials>),
    /// A program.
    Script(Box<Script>),
    /// A block.
    Block(&'a Block),
    /// Words and a block.
    Form(&'a [Word], &'a Block),
    /// The entries of a block, a line each.
    Lines(Vec<&'a Phrase>),
    /// The words of a block.
    Names(Vec<&'a Word>),
}

/// Reads what follows `keyword`. `None`: it was wrong, and has been reported.
pub(super) fn read<'a>(
    cx: &mut Context<'_, '_>,
    keyword: &'static Keyword,
    statement: &'a Statement,
    phrase: &'a Phrase,
    args: Span,
) -> Option<Value<'a>> {
    let words = phrase.words.get(1..).unwrap_or_default();
    let (least, most) = count(keyword.arg);
    if words.len() < least {
        if let Standing::NoEffect(_) = keyword.standing {
            // Nor would anything come of it with a value.
            return None;
        }
        missing_argument(cx, keyword, phrase);
        return None;
    }
    if let Some(sign) = words.first().filter(|word| !word.quoted && matches!(word.text.as_str(), "=" | ":" | "=>")) {
        cx.report(
            Diagnostic::error("unknown-word", sign.span, format!("`{}` says nothing here", sign.text))
                .label(format!("expected {}", expected(keyword.arg)))
                .help("a blank alone stands between a keyword and its value"),
        );
        return None;
    }
    // Without its block, it is about the block.
    if words.len() > most && (statement.block.is_some() || !keyword.arg.has_block()) {
        too_many(cx, keyword, &words[most..]);
    }
    let words = &words[..words.len().min(most)];
    let boxed = |script| Value::Script(Box::new(script));
    match keyword.arg {
        Arg::Script => script::script(cx, keyword, phrase).map(boxed),
        Arg::Optional(Arg::Script) if !words.is_empty() => script::script(cx, keyword, phrase).map(boxed),
        Arg::Command => command::command(cx, keyword, phrase).map(boxed),
        Arg::Pattern => command::pattern(cx, keyword, phrase).map(Value::Text),
        Arg::Block => block(cx, keyword, statement, args).map(Value::Block),
        Arg::NamedBlock | Arg::FormBlock(..) => {
            let block = block(cx, keyword, statement, args)?;
            Some(Value::Form(words, block))
        }
        Arg::Lines => {
            let block = block(cx, keyword, statement, args)?;
            Some(Value::Lines(lines(cx, keyword, block)))
        }
        Arg::Names => {
            let block = block(cx, keyword, statement, args)?;
            Some(Value::Names(lines(cx, keyword, block).into_iter().flat_map(|phrase| &phrase.words).collect()))
        }
        arg => simple(cx, keyword, arg, words),
    }
}

/// Reads what needs no more than words.
fn simple<'a>(cx: &mut Context<'_, '_>, keyword: &Keyword, arg: Arg, words: &'a [Word]) -> Option<Value<'a>> {
    match arg {
        Arg::Flag => Some(Value::Nothing),
        Arg::Words(..) | Arg::Form(..) => Some(Value::Words(words)),
        Arg::Optional(_) if words.is_empty() => Some(Value::Nothing),
        Arg::Or(_, word) if words.is_empty() => Some(Value::Bare(word)),
        Arg::Optional(arg) | Arg::Or(arg, _) => simple(cx, keyword, *arg, words),
        Arg::Switch => words.first().map_or(Some(true), |word| switch(cx, word)).map(Value::Switch),
        Arg::Integer(min, _) if is_quorum_of_0(cx, keyword, words.first()?) => Some(Value::Integer(min)),
        Arg::Integer(min, max) => integer(cx, keyword.name, words.first()?, min, max).map(Value::Integer),
        Arg::WholeSeconds(min, max) => seconds(cx, keyword.name, words.first()?, min, max).map(Value::Integer),
        Arg::Seconds(..) | Arg::Millis(..) => duration(cx, keyword.name, words.first()?, arg).map(Value::Micros),
        Arg::Micros(min, max) => {
            let (min, max) = (i64::try_from(min).ok()?, i64::try_from(max).ok()?);
            integer(cx, keyword.name, words.first()?, min, max).map(|n| Value::Micros(n.unsigned_abs()))
        }
        Arg::Hex(least, most) => hex(cx, words.first()?, least, most).map(Value::Bytes),
        Arg::Word => {
            let word = words.first()?;
            if keyword.name == "virtualhost" {
                lvs::host_alone(cx, word);
            }
            Some(Value::Word(word))
        }
        Arg::Path => path(cx, words.first()?).map(Value::Word),
        Arg::Choice(_) if keyword.name == "state" && is_backup(cx, words.first()?) => Some(Value::Choice("BACKUP")),
        Arg::Choice(choices) => choice(cx, keyword.name, words.first()?, choices).map(Value::Choice),
        Arg::AnyCase(choices) => any_case(cx, keyword.name, words.first()?, choices).map(Value::Choice),
        Arg::Address => address(cx, words.first()?).map(Value::Address),
        Arg::Host => lvs::host(cx, words.first()?).map(Value::Address),
        Arg::Group(ipv6) => group(cx, words.first()?, ipv6).map(Value::Address),
        Arg::Interface => interface(cx, words.first()?, "an interface's name").map(Value::Word),
        Arg::User => Some(Value::User(script::credentials(words)?.into())),
        _ => None,
    }
}

/// How many words must and may follow. Scripts count for themselves.
fn count(arg: Arg) -> (usize, usize) {
    match arg {
        Arg::Flag | Arg::Block | Arg::Lines | Arg::Names => (0, 0),
        Arg::Switch => (0, 1),
        Arg::Words(least, most) | Arg::Form(_, least, most) | Arg::FormBlock(_, least, most) => (least, most),
        Arg::User => (1, 2),
        Arg::Script | Arg::Command | Arg::Pattern => (1, usize::MAX),
        Arg::Optional(arg) | Arg::Or(arg, _) => (0, count(*arg).1),
        _ => (1, 1),
    }
}

/// What is expected after a keyword, in words.
pub(in crate::config) fn expected(arg: Arg) -> String {
    match arg {
        Arg::Flag | Arg::Words(0, 0) => "nothing".into(),
        Arg::Switch => "`on` or `off`".into(),
        Arg::Integer(min, max) => format!("a whole number from {min} to {max}"),
        Arg::WholeSeconds(min, max) => format!("whole seconds, {min} to {max}"),
        Arg::Seconds(min, max) => format!("seconds, {} to {}", decimal(min), decimal(max)),
        Arg::Millis(min, max) => format!("milliseconds, {} to {}", millis(min), millis(max)),
        Arg::Micros(min, max) => format!("microseconds, {min} to {max}"),
        Arg::Hex(least, most) if least == most => format!("{} hexadecimal digits", 2 * least),
        Arg::Hex(least, most) => format!("{} to {} hexadecimal digits", 2 * least, 2 * most),
        Arg::Word => "one word".into(),
        Arg::Words(least, usize::MAX) => format!("{least} or more words"),
        Arg::Words(least, most) if least == most => format!("{least} words"),
        Arg::Words(least, most) => format!("{least} to {most} words"),
        Arg::Form(form, ..) => format!("`{form}`"),
        Arg::FormBlock(form, ..) => format!("`{form}`, and `{{`"),
        Arg::Choice(choices) | Arg::AnyCase(choices) => {
            choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" or ")
        }
        Arg::Path => "a path that begins with `/`".into(),
        Arg::Address | Arg::Host => "an IP address".into(),
        Arg::Group(false) => "an IPv4 multicast address".into(),
        Arg::Group(true) => "an IPv6 multicast address".into(),
        Arg::Interface => "the name of an interface".into(),
        Arg::User => "a user, and perhaps a group".into(),
        Arg::Script | Arg::Command => "a command in quotes".into(),
        Arg::Pattern => "a text in quotes".into(),
        Arg::Optional(arg) | Arg::Or(arg, _) => format!("nothing, or {}", expected(*arg)),
        Arg::NamedBlock => "one name, and `{`".into(),
        Arg::Block | Arg::Lines | Arg::Names => "`{`".into(),
    }
}

fn missing_argument(cx: &mut Context<'_, '_>, keyword: &Keyword, phrase: &Phrase) {
    let mut diagnostic =
        Diagnostic::error("missing-argument", phrase.span, format!("something is missing after `{}`", keyword.name))
            .label(format!("expected {}", expected(keyword.arg)));
    if keyword.default.is_empty() {
        diagnostic = diagnostic.help(keyword.doc);
    } else {
        diagnostic = diagnostic.help(format!("{} (default: {})", keyword.doc, keyword.default));
    }
    cx.report(diagnostic);
}

fn too_many(cx: &mut Context<'_, '_>, keyword: &Keyword, extra: &[Word]) {
    let (Some(first), Some(last)) = (extra.first(), extra.last()) else { return };
    let takes = match keyword.arg {
        Arg::Flag => "takes no words",
        Arg::Block | Arg::Lines | Arg::Names => "takes nothing but a block",
        Arg::User | Arg::Words(..) | Arg::Form(..) | Arg::FormBlock(..) => "takes fewer words",
        Arg::Optional(Arg::Words(..) | Arg::Form(..) | Arg::User) => "takes fewer words",
        _ => "takes one word",
    };
    let mut diagnostic =
        Diagnostic::warning("trailing-words", first.span.to(last.span), format!("`{}` {takes}", keyword.name))
            .label("not read; what is this for?");
    diagnostic = if first.text == "\\" {
        diagnostic.help("a `\\` does not continue a line here")
    } else if keywords::find(keyword.block, &first.text).is_some() {
        diagnostic.help(format!("every keyword begins a line of its own: write `{}` on the next one", first.text))
    } else if extra.iter().any(|word| word.text.starts_with("//") || word.text == ";") {
        diagnostic.help("comments begin with `#` or `!`")
    } else if matches!(keyword.arg, Arg::Word | Arg::NamedBlock) {
        diagnostic.help("a word with spaces needs quotes around it")
    } else {
        diagnostic.help("every keyword begins a line of its own; comments begin with `#` or `!`")
    };
    cx.report(diagnostic);
}

fn switch(cx: &mut Context<'_, '_>, word: &Word) -> Option<bool> {
    match word.text.as_str() {
        "on" | "true" | "yes" => Some(true),
        "off" | "false" | "no" => Some(false),
        _ => {
            cx.report(
                Diagnostic::error("bad-switch", word.span, format!("`{}` is neither on nor off", word.text))
                    .label("expected `on` or `off`")
                    .help("also `true`, `yes`, `false` and `no`, in small letters; the keyword alone means `on`"),
            );
            None
        }
    }
}

/// The bytes of pairs of hexadecimal digits.
pub(super) fn hex_digits(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    digits.filter(|d| d.len() % 2 == 0).map(|d| d.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Pairs of hexadecimal digits.
pub(super) fn hex(cx: &mut Context<'_, '_>, word: &Word, least: usize, most: usize) -> Option<Vec<u8>> {
    let bytes = hex_digits(&word.text).filter(|bytes| (least..=most).contains(&bytes.len()));
    if bytes.is_none() {
        cx.report(
            Diagnostic::error("bad-hex", word.span, format!("`{}` cannot stand here", word.text))
                .label(format!("expected {}", expected(Arg::Hex(least, most)))),
        );
    }
    bytes
}

/// An absolute path.
pub(super) fn path<'a>(cx: &mut Context<'_, '_>, word: &'a Word) -> Option<&'a Word> {
    if word.text.starts_with('/') {
        return Some(word);
    }
    cx.report(
        Diagnostic::warning("relative-path", word.span, format!("`{}` is not a whole path", word.text))
            .label(format!("expected {}", expected(Arg::Path)))
            .note("where it leads depends on the directory that the daemon is started in"),
    );
    (!word.text.is_empty()).then_some(word)
}

/// One of `choices`, in capital or small letters.
fn any_case(
    cx: &mut Context<'_, '_>,
    what: &str,
    word: &Word,
    choices: &'static [&'static str],
) -> Option<&'static str> {
    match choices.iter().find(|c| c.eq_ignore_ascii_case(&word.text)) {
        Some(found) => Some(found),
        None => choice(cx, what, word, choices),
    }
}

/// A virtual server's quorum of 0, which people write for one that is never lost, and that the C version takes for 1.
fn is_quorum_of_0(cx: &mut Context<'_, '_>, keyword: &Keyword, word: &Word) -> bool {
    let found = keyword.name == "quorum" && keyword.block == keywords::VIRTUAL_SERVER && word.text == "0";
    if found {
        cx.report(
            Diagnostic::warning("clamped", word.span, "`quorum` cannot be 0")
                .label("read as 1")
                .note("a service without any real server is lost, whatever its quorum"),
        );
    }
    found
}

/// Words for a backup that people know from other software, and that the C version takes for one since it knows no others.
fn is_backup(cx: &mut Context<'_, '_>, word: &Word) -> bool {
    let found = matches!(word.text.as_str(), "SLAVE" | "EQUAL");
    if found {
        cx.report(
            Diagnostic::warning("bad-value", word.span, format!("`state` cannot be `{}`", word.text))
                .label("read as BACKUP")
                .help("write `state BACKUP`; which of several becomes master is up to their priorities"),
        );
    }
    found
}

/// One of `choices`.
pub(super) fn choice(
    cx: &mut Context<'_, '_>,
    what: &str,
    word: &Word,
    choices: &'static [&'static str],
) -> Option<&'static str> {
    if let Some(found) = choices.iter().find(|c| **c == word.text) {
        return Some(found);
    }
    let mut diagnostic = Diagnostic::error("bad-value", word.span, format!("`{what}` cannot be `{}`", word.text))
        .label(format!("expected {}", expected(Arg::Choice(choices))));
    let near = choices
        .iter()
        .map(|c| (unknown::distance(c, &word.text), c))
        .min_by_key(|(d, _)| *d)
        .filter(|(d, _)| *d <= 2 && word.text.len() > 2);
    if let Some((_, meant)) = near {
        diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
    }
    cx.report(diagnostic);
    None
}

/// An interface's name, or another name that the kernel keeps like one: `what`.
pub(super) fn interface<'a>(cx: &mut Context<'_, '_>, word: &'a Word, what: &str) -> Option<&'a Word> {
    let name = word.text.as_str();
    let problem = if name.len() > MAX_INTERFACE_NAME {
        format!("{} bytes, but at most {MAX_INTERFACE_NAME} are possible", name.len())
    } else if name.is_empty() || name == "." || name == ".." {
        "no such name is possible".to_owned()
    } else if name.bytes().any(|b| b == b'/' || b.is_ascii_whitespace() || b.is_ascii_control()) {
        "slashes and blanks are not possible".to_owned()
    } else {
        if what == "an interface's name" {
            cx.interfaces.note(name, word.span);
        }
        return Some(word);
    };
    cx.report(Diagnostic::error("bad-name", word.span, format!("`{name}` cannot be {what}")).label(problem));
    None
}

fn block<'a>(cx: &mut Context<'_, '_>, keyword: &Keyword, statement: &'a Statement, args: Span) -> Option<&'a Block> {
    if statement.block.is_none() {
        let diagnostic = Diagnostic::error("missing-block", args, format!("`{}` needs a block", keyword.name))
            .label("expected `{` after this");
        cx.report(if matches!(keyword.arg, Arg::Lines | Arg::Names) && statement.words().len() > 1 {
            diagnostic.help(format!("write `{} {{`, and what belongs into it on lines of its own", keyword.name))
        } else {
            diagnostic
        });
    }
    statement.block.as_ref()
}

/// The entries of a block, a line each.
pub(super) fn lines<'a>(cx: &mut Context<'_, '_>, keyword: &Keyword, block: &'a Block) -> Vec<&'a Phrase> {
    let mut out = Vec::with_capacity(block.statements.len());
    for statement in &block.statements {
        // A keyword of the block around this one: nobody names an interface or an address so.
        let stray = statement.words().first().filter(|w| keyword.arg != Arg::Names && !w.quoted);
        let stray = stray.filter(|word| keywords::find(keyword.block, &word.text).is_some());
        if let Some(word) = stray.filter(|word| !net::begins_a_line(keyword, statement.words(), word)) {
            cx.report(
                Diagnostic::error("missing-brace", word.span, "a `}` is missing before this")
                    .label(format!("`{}` cannot stand in `{}`", word.text, keyword.name))
                    .also(block.open, "this block is still open")
                    .help("write a `}` on a line of its own where that block ends"),
            );
            break;
        }
        if let Some(inner) = &statement.block {
            cx.report(
                Diagnostic::error("unexpected-block", inner.open, "a block inside a list")
                    .label("no `{` belongs here")
                    .help("is the `}` of the list missing?"),
            );
            continue;
        }
        let Some(phrase) = &statement.phrase else { continue };
        if phrase.unresolved {
            // Nobody knows what it would have been.
            cx.partial = true;
            continue;
        }
        match phrase.torn {
            Some(torn) => super::torn_quote(cx, torn),
            None => out.push(phrase),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        assert_eq!(micros("1"), Some((1_000_000, true)));
        assert_eq!(micros("0.01"), Some((10_000, true)));
        assert_eq!(micros(".5"), Some((500_000, true)));
        assert_eq!(micros("2."), Some((2_000_000, true)));
        assert_eq!(micros("0.0000015"), Some((2, false)));
        assert_eq!(micros("1.2.3"), None);
        assert_eq!(micros(""), None);
        assert_eq!(micros("."), None);
        assert_eq!(micros("-1"), None);
        assert!(micros(&"9".repeat(50)).is_some());
    }

    #[test]
    fn decimals_round_trip() {
        for value in [0, 1, 10_000, 1_500_000, 255_000_000, 999_999_999_999] {
            assert_eq!(micros(&decimal(value)), Some((value, true)));
        }
    }
}
