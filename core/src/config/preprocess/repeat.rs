//! `~SEQ(var, start, step, end)`, `~SEQx` and `~LST(var, value, ...)`: what they say.

use super::definition::variable_name;
use super::expansion::Values;
use super::text::Text;
use crate::config::diagnostic::{Diagnostic, Span};

/// What stands before the line that is repeated.
pub(super) struct Head {
    pub(super) names: Vec<String>,
    pub(super) values: Values,
}

/// Whether a line is repeated, and by which word.
pub(super) fn word(text: &str) -> Option<&'static str> {
    if text.starts_with("~SEQ") {
        Some("~SEQ")
    } else if text.starts_with("~LST") {
        Some("~LST")
    } else {
        None
    }
}

/// Where the parentheses of a line begin and end: behind the `(`, and at the `)`.
pub(super) fn parentheses(text: &Text<'_>, word: &str) -> Result<(usize, usize), Box<Diagnostic>> {
    let line = text.as_str();
    let mut open = word.len();
    if word == "~SEQ" && line[open..].starts_with('x') {
        open += 1;
    }
    open += blanks(&line[open..]);
    if !line[open..].starts_with('(') {
        let span = text.span(0, open.min(line.len()).max(word.len()));
        return Err(wrong(span, format!("`{word}` is followed by `(`"), "expected `(` after this", word));
    }
    let close = line[open..].find(')').map(|at| open + at);
    let Some(close) = close else {
        return Err(wrong(text.span(open, open + 1), "a `(` is not closed".into(), "its `)` is missing", word));
    };
    Ok((open + 1, close))
}

/// Reads what is between the parentheses of a `~SEQ`; `inside` is that part, with its variables replaced.
pub(super) fn sequence(inside: &Text<'_>, hex: bool) -> Result<Head, Box<Diagnostic>> {
    let word = if hex { "~SEQx" } else { "~SEQ" };
    let fields = fields(inside.as_str());
    let [(start, end), numbers @ ..] = fields.as_slice() else {
        return Err(wrong(inside.span(0, inside.len()), format!("`{word}` needs a name"), "expected a name", word));
    };
    let name = name(inside, *start, *end, word)?;
    if numbers.is_empty() || numbers.len() > 3 {
        let message = format!("`{word}` takes a name and one to three numbers");
        let label = format!("there {} numbers", if numbers.is_empty() { "are no" } else { "are more" });
        return Err(wrong(inside.span(0, inside.len()), message, &label, word));
    }
    let mut read = Vec::with_capacity(3);
    for (start, end) in numbers {
        let text = &inside.as_str()[*start..*end];
        let Some(number) = number(text) else {
            let span = inside.span(*start, *end);
            let message = format!("`{text}` is not a whole number");
            return Err(wrong(span, message, "expected a number: decimal, 0x and hexadecimal, or 0 and octal", word));
        };
        read.push(number);
    }
    let (first, step, last) = match read[..] {
        // Quirks of the C version: with an end below 1 it counts down, and begins at 1 for 0.
        [last] => (if last < 0 { -1 } else { 1 }, if last < 1 { -1 } else { 1 }, last),
        [first, last] => (first, if first <= last { 1 } else { -1 }, last),
        [first, step, last] => (first, step, last),
        _ => (0, 0, 0),
    };
    let whole = inside.span(numbers[0].0, inside.len());
    if step == 0 || (first < last && step < 0) || (first > last && step > 0) {
        let message = format!("steps of {step} do not lead from {first} to {last}");
        return Err(wrong(whole, message, "expected start, step, end", word));
    }
    if hex && (first < 0 || last < 0) {
        return Err(wrong(whole, "`~SEQx` has no negative numbers".into(), "expected numbers from 0", word));
    }
    let count = (i128::from(last) - i128::from(first)) / i128::from(step) + 1;
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    Ok(Head { names: vec![name], values: Values::Numbers { first, step, count, hex } })
}

/// Reads what is between the parentheses of a `~LST`.
pub(super) fn list(inside: &Text<'_>) -> Result<Head, Box<Diagnostic>> {
    let line = inside.as_str();
    let mut groups = Groups { inside, at: 0 };
    let (vars, place) = groups.next()?;
    let mut names = Vec::with_capacity(vars.len());
    for (start, end) in vars {
        names.push(name(inside, start, end, "~LST")?);
    }
    let mut rows = Vec::new();
    while groups.at < line.len() {
        groups.at += 1;
        let (fields, (from, to)) = groups.next()?;
        if fields.len() > names.len() {
            let message =
                format!("{} values for {}", fields.len(), if names.len() == 1 { "one name" } else { "fewer names" });
            return Err(wrong(inside.span(from, to), message, "too many", "~LST"));
        }
        let mut row: Vec<String> = fields.iter().map(|(start, end)| line[*start..*end].to_owned()).collect();
        row.resize(names.len(), String::new());
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(wrong(
            inside.span(place.0, place.1),
            "`~LST` has no values".into(),
            "expected values after this",
            "~LST",
        ));
    }
    Ok(Head { names, values: Values::Rows(rows) })
}

/// `a` or `{a, b}`, separated by commas.
struct Groups<'a, 's> {
    inside: &'a Text<'s>,
    at: usize,
}

type Place = (usize, usize);

impl Groups<'_, '_> {
    /// The next group, and where it is. Afterwards `at` is at the comma behind it, or at the end.
    fn next(&mut self) -> Result<(Vec<Place>, Place), Box<Diagnostic>> {
        let line = self.inside.as_str();
        let from = self.at + blanks(&line[self.at..]);
        if !line[from..].starts_with('{') {
            let end = line[from..].find([',', '}', '{']).map_or(line.len(), |at| from + at);
            if line[end..].starts_with(['{', '}']) {
                let label = "expected a `,`";
                return Err(wrong(self.inside.span(end, end + 1), "a brace in a value".into(), label, "~LST"));
            }
            let field = trimmed(line, from, end);
            self.one_word(field)?;
            self.at = end;
            return Ok((vec![field], field));
        }
        let Some(close) = line[from..].find('}').map(|at| from + at) else {
            let span = self.inside.span(from, from + 1);
            return Err(wrong(span, "a `{` is not closed".into(), "its `}` is missing", "~LST"));
        };
        let mut fields = fields(&line[from + 1..close]);
        for field in &mut fields {
            *field = (field.0 + from + 1, field.1 + from + 1);
            self.one_word(*field)?;
        }
        self.at = close + 1 + blanks(&line[close + 1..]);
        if self.at < line.len() && !line[self.at..].starts_with(',') {
            let span = self.inside.span(self.at, line.len());
            return Err(wrong(span, "something is left after a `}`".into(), "expected a `,`", "~LST"));
        }
        Ok((fields, (from, close + 1)))
    }

    fn one_word(&self, (start, end): Place) -> Result<(), Box<Diagnostic>> {
        if !self.inside.as_str()[start..end].contains([' ', '\t']) {
            return Ok(());
        }
        let span = self.inside.span(start, end);
        Err(wrong(span, "a value of `~LST` is one word".into(), "a `,` is missing, or a blank is too many", "~LST"))
    }
}

/// The name of a variable.
fn name(inside: &Text<'_>, start: usize, end: usize, word: &str) -> Result<String, Box<Diagnostic>> {
    let name = &inside.as_str()[start..end];
    if name.is_empty() || variable_name(name) != name {
        let span = inside.span(start, end.max(start));
        let label = "expected letters, digits and `_`, not a digit first";
        return Err(wrong(span, format!("`{name}` is no name for a variable"), label, word));
    }
    Ok(name.to_owned())
}

/// What stands between commas, without blanks.
fn fields(text: &str) -> Vec<Place> {
    let mut out = Vec::new();
    let mut at = 0;
    for field in text.split(',') {
        out.push(trimmed(text, at, at + field.len()));
        at += field.len() + 1;
    }
    out
}

fn trimmed(text: &str, from: usize, to: usize) -> Place {
    let from = (from + blanks(&text[from..to])).min(to);
    (from, from + text[from..to].trim_end_matches([' ', '\t']).len())
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// In the manner of strtol(3) with base 0.
fn number(text: &str) -> Option<i64> {
    let (minus, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        None => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let value = i64::from_str_radix(digits, radix).ok()?;
    Some(if minus { -value } else { value })
}

fn wrong(span: Span, message: String, label: &str, word: &str) -> Box<Diagnostic> {
    let form = match word {
        "~LST" => "`~LST(NAME, value, value)`, or `~LST({ONE, OTHER}, {value, value}, {value, value})`",
        "~SEQx" => "`~SEQx(NAME, start, step, end)`; step and start can be left out",
        _ => "`~SEQ(NAME, start, step, end)`; step and start can be left out",
    };
    Box::new(
        Diagnostic::error("bad-repeat", span, message)
            .label(label)
            .note("the line is left out, and the configuration is refused")
            .help(format!("the form is {form}")),
    )
}
