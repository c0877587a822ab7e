//! Commands: split twice, as the C version does, and never by a shell.
//!
//! The line is split into the keyword, one command and perhaps a user and a group; either kind of quote holds a word
//! together. The command is then split into the program and its arguments, with quotes and escapes of its own.

use super::Context;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::Keyword;
use crate::config::lexer::{Phrase, Word};
use crate::config::model::{Credentials, Script};

/// Reads the command of `keyword` from its line.
pub(super) fn script(cx: &mut Context<'_, '_>, keyword: &Keyword, line: &Phrase) -> Option<Script> {
    let text = cx.text(line);
    let at = |piece: &Piece| text.span(piece.start, piece.end);
    let pieces = match pieces(text.as_str()) {
        Ok(pieces) => pieces,
        Err(start) => {
            cx.report(unterminated(text.span(start, text.as_str().len())));
            return None;
        }
    };
    let command = pieces.get(1)?;
    if let [first, .., last] = pieces.get(4..).unwrap_or_default() {
        cx.report(unquoted(keyword, at(first).to(at(last))));
        return None;
    }
    if let Some(extra) = pieces.get(4) {
        cx.report(unquoted(keyword, at(extra)));
        return None;
    }
    let argv = match arguments(&command.text) {
        Ok(argv) => argv,
        Err(problem) => {
            let diagnostic = Diagnostic::error("bad-command", at(command), "the command cannot be read").label(problem);
            cx.report(diagnostic);
            return None;
        }
    };
    if argv.first().is_none_or(String::is_empty) {
        let diagnostic =
            Diagnostic::error("missing-argument", at(command), format!("`{}` has no program", keyword.name))
                .label("expected a program and its arguments");
        cx.report(diagnostic);
        return None;
    }
    super::command::no_shell(cx, &argv, at(command));
    if let Some(user) = pieces.get(2).filter(|piece| !is_account(&piece.text)) {
        cx.report(
            Diagnostic::warning("script-user", at(user), format!("`{}` is taken for a user", user.text))
                .label("the word after a command is the user who runs it")
                .note("if there is no such user, the script is not run")
                .help("put the command and its arguments in quotes together"),
        );
    }
    let group = pieces.get(3).map(|piece| (piece.text.as_str(), at(piece)));
    let user = pieces.get(2).map(|piece| account(&piece.text, at(piece), group));
    Some(Script { argv, user, at: at(command).into() })
}

/// A user and perhaps a group.
pub(super) fn credentials(words: &[Word]) -> Option<Credentials> {
    let user = words.first()?;
    Some(account(&user.text, user.span, words.get(1).map(|word| (word.text.as_str(), word.span))))
}

/// A colon before the group, or alone, asks for all groups that the user is in.
fn account(user: &str, at: Span, group: Option<(&str, Span)>) -> Credentials {
    let (name, at) = group.map_or((None, at), |(name, end)| (Some(name), at.to(end)));
    let all = name.and_then(|name| name.strip_prefix(':'));
    let named = all.or(name).filter(|name| !name.is_empty());
    Credentials { supplementary: all.is_some(), at: at.into(), ..Credentials::new(user, named) }
}

pub(super) fn unterminated(span: Span) -> Diagnostic {
    Diagnostic::error("unterminated-quote", span, "a quote is not closed").label("the closing quote is missing")
}

fn unquoted(keyword: &Keyword, span: Span) -> Diagnostic {
    Diagnostic::warning("trailing-words", span, format!("`{}` takes a command, a user and a group", keyword.name))
        .label("what is this for?")
        .note("the script is not run, as in the C version, which takes the word after the command for a user")
        .help("put the command and its arguments in quotes together")
}

/// Whether a word can be the name or number of a user.
fn is_account(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    first && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$' | b'@' | b'\\'))
}

/// A word of the line, without its quotes but with its escapes.
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Splits a line. The error is where an open quote is.
pub(super) fn pieces(line: &str) -> Result<Vec<Piece>, usize> {
    let mut out: Vec<Piece> = Vec::new();
    let mut piece: Option<Piece> = None;
    let mut quote: Option<(char, usize)> = None;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && matches!(c, ' ' | '\t') {
            out.extend(piece.take());
            continue;
        }
        let current = piece.get_or_insert(Piece { text: String::new(), start: at, end: at });
        current.end = at + c.len_utf8();
        match (c, quote) {
            ('\\', _) => {
                current.text.push(c);
                if let Some((_, next)) = chars.next() {
                    current.text.push(next);
                    current.end += next.len_utf8();
                }
            }
            ('"' | '\'', None) => quote = Some((c, at)),
            (c, Some((open, _))) if c == open => quote = None,
            (c, _) => current.text.push(c),
        }
    }
    out.extend(piece);
    match quote {
        Some((_, at)) => Err(at),
        None => Ok(out),
    }
}

/// Splits a command into the program and its arguments.
pub(super) fn arguments(command: &str) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote: Option<char> = None;
    let mut chars = command.chars().peekable();
    while let Some(c) = chars.next() {
        if quote.is_none() && matches!(c, ' ' | '\t' | '\n') {
            out.extend(word.take().map(finished).transpose()?);
            continue;
        }
        let current = word.get_or_insert_default();
        match (c, quote) {
            ('\\', _) => escape(&mut chars, current)?,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, _) => push(current, c),
        }
    }
    if let Some(open) = quote {
        return Err(format!("a {open} inside it is not closed"));
    }
    out.extend(word.map(finished).transpose()?);
    Ok(out)
}

/// What a text with escapes says.
pub(super) fn unescaped(text: &str) -> Result<String, String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, &mut out)?,
            c => push(&mut out, c),
        }
    }
    finished(out)
}

fn finished(word: Vec<u8>) -> Result<String, String> {
    if word.contains(&0) {
        return Err("an argument cannot contain a zero byte".into());
    }
    String::from_utf8(word).map_err(|_| "its escapes do not make UTF-8".into())
}

fn push(word: &mut Vec<u8>, c: char) {
    word.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// What follows a backslash.
fn escape(chars: &mut core::iter::Peekable<core::str::Chars<'_>>, word: &mut Vec<u8>) -> Result<(), String> {
    let Some(c) = chars.next() else { return Err("nothing follows its last backslash".into()) };
    match c {
        'a' => word.push(7),
        'b' => word.push(8),
        't' => word.push(9),
        'n' => word.push(10),
        'v' => word.push(11),
        'f' => word.push(12),
        'r' => word.push(13),
        'E' => word.push(27),
        'c' => match chars.next_if(char::is_ascii) {
            Some(control) => push(word, char::from(control as u8 & 0x1f)),
            None => push(word, 'c'),
        },
        'x' => match number(chars, 16, 2, 0) {
            Some(value) => word.push(u8::try_from(value).unwrap_or(0)),
            None => push(word, 'x'),
        },
        '0'..='7' => {
            let value = number(chars, 8, 2, c.to_digit(8).unwrap_or(0)).unwrap_or(c.to_digit(8).unwrap_or(0));
            word.push(u8::try_from(value).map_err(|_| format!("\\{value:o} is no byte"))?);
        }
        other => push(word, other),
    }
    Ok(())
}

/// At most `most` digits after those that made `value`. `None`: not one.
fn number(chars: &mut core::iter::Peekable<core::str::Chars<'_>>, radix: u32, most: usize, value: u32) -> Option<u32> {
    let mut out = None;
    for _ in 0..most {
        let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else { break };
        chars.next();
        out = Some(out.unwrap_or(value) * radix + digit);
    }
    out
}

/// Writes a text with escapes for all that could mean something.
pub(super) fn escaped(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // As a character of the text it would be taken for bytes that could not be read.
            char::REPLACEMENT_CHARACTER => out.push_str(r"\xef\xbf\xbd"),
            '"' | '\'' | '$' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

/// Writes a program and its arguments so that they are read back the same, in quotes.
pub(in crate::config) fn quoted(argv: &[String]) -> String {
    let mut out = String::from("\"");
    for (at, argument) in argv.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let plain = |c: char| c.is_alphanumeric() || "/._-+:=,@%".contains(c);
        let hold = argument.is_empty() || !argument.chars().all(plain);
        if hold {
            out.push('\'');
        }
        escaped(argument, &mut out);
        if hold {
            out.push('\'');
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(command: &str) -> Vec<String> {
        arguments(command).expect(command)
    }

    #[test]
    fn a_line_is_split_into_command_user_and_group() {
        let texts = |line| pieces(line).map(|p| p.into_iter().map(|p| p.text).collect::<Vec<_>>());
        assert_eq!(texts(r#"notify "/x a b" u g"#), Ok(vec!["notify".into(), "/x a b".into(), "u".into(), "g".into()]));
        assert_eq!(texts(r#"n a"b c"d"#), Ok(vec!["n".into(), "ab cd".into()]));
        assert_eq!(texts(r#"n "say \"x\"""#), Ok(vec!["n".into(), r#"say \"x\""#.into()]));
        assert_eq!(texts("n 'a"), Err(2));
    }

    #[test]
    fn a_command_is_split_with_quotes_and_escapes() {
        assert_eq!(argv("/x 'two words' three"), ["/x", "two words", "three"]);
        assert_eq!(argv(r"/x \x41\102\tc ''"), ["/x", "AB\tc", ""]);
        assert_eq!(argv(r#"a"b c"d"#), ["ab cd"]);
        assert_eq!(argv(r#"'a\'b' \"q\""#), ["a'b", "\"q\""]);
        assert_eq!(argv(r"\xc3\xa9"), ["é"]);
        assert!(arguments("'a").is_err());
        assert!(arguments("a\\").is_err());
        assert!(arguments(r"\x00").is_err());
        assert_eq!(argv(r"/x \xg \c"), ["/x", "xg", "c"]);
        assert!(arguments(r"\777").is_err());
        assert!(arguments(r"\xff").is_err());
    }

    #[test]
    fn what_is_written_is_read_back() {
        fn property(argv: Vec<String>) -> bool {
            let argv: Vec<String> = argv.into_iter().map(|a| a.replace('\0', "")).collect();
            let Ok(pieces) = pieces(&format!("notify {}", quoted(&argv))) else { return false };
            pieces.len() == 2 && arguments(&pieces[1].text).as_ref() == Ok(&argv)
        }
        quickcheck::quickcheck(property as fn(Vec<String>) -> bool);
    }
}
