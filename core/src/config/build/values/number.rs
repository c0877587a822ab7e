//! Numbers and times, read and written.

use super::super::Context;
use super::expected;
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::Arg;
use crate::config::lexer::Word;

/// A whole number of `what` in a range.
pub(in crate::config::build) fn integer(
    cx: &mut Context<'_, '_>,
    what: &str,
    word: &Word,
    min: i64,
    max: i64,
) -> Option<i64> {
    whole(cx, what, word, Arg::Integer(min, max), min, max)
}

/// Whole seconds of `what` in a range.
pub(in crate::config::build) fn seconds(
    cx: &mut Context<'_, '_>,
    what: &str,
    word: &Word,
    min: i64,
    max: i64,
) -> Option<i64> {
    whole(cx, what, word, Arg::WholeSeconds(min, max), min, max)
}

fn whole(cx: &mut Context<'_, '_>, what: &str, word: &Word, arg: Arg, min: i64, max: i64) -> Option<i64> {
    let text = word.text.trim_start_matches([' ', '\t']);
    // Nearly always it is a number and nothing else.
    if let Ok(value) = text.parse()
        && (min..=max).contains(&value)
    {
        return Some(value);
    }
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let tail = &text[digits.len()..];
    let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let label = || format!("expected {}", expected(arg));
    // What cannot be meant otherwise. The C version reads the digits in front of anything.
    let harmless = match tail {
        "" | ";" => true,
        "s" | "s;" => matches!(arg, Arg::WholeSeconds(..)),
        _ => false,
    };
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) || !harmless {
        let mut diagnostic =
            Diagnostic::error("not-a-number", word.span, format!("`{}` is not a whole number", word.text))
                .label(label());
        if let Some(help) = perhaps(text, arg, min, max) {
            diagnostic = diagnostic.help(help);
        }
        cx.report(diagnostic);
        return None;
    }
    match digits.parse::<i64>() {
        Ok(value) if (min..=max).contains(&value) => {
            if !tail.is_empty() {
                let help = match tail {
                    ";" => "nothing ends a line but its end",
                    _ => "no unit belongs behind the number: it means seconds",
                };
                cx.report(
                    Diagnostic::warning("number-tail", word.span, format!("`{tail}` is no part of a number"))
                        .label(format!("read as {value}"))
                        .help(help),
                );
            }
            Some(value)
        }
        _ => {
            cx.report(
                Diagnostic::error("out-of-range", word.span, format!("`{what}` cannot be {}", word.text))
                    .label(label()),
            );
            None
        }
    }
}

/// What was perhaps meant by a text that is no whole number; nothing where that is anybody's guess.
fn perhaps(text: &str, arg: Arg, min: i64, max: i64) -> Option<String> {
    let possible = |number: &i64| (min..=max).contains(number);
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let number = i64::from_str_radix(hex, 16).ok().filter(possible)?;
        return Some(format!("did you mean `{number}`? numbers are decimal"));
    }
    if let Some(micros) = with_unit(text).filter(|_| matches!(arg, Arg::WholeSeconds(..))) {
        let number = i64::try_from(micros / 1_000_000).ok().filter(possible)?;
        return (micros % 1_000_000 == 0).then(|| format!("write `{number}`: the unit is the second"));
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_punctuation() && !matches!(c, '-' | '%' | '+'));
    let number = digits.parse::<i64>().ok().filter(possible)?;
    Some(format!("did you mean `{number}`?"))
}

/// Microseconds that are written with a unit.
fn with_unit(text: &str) -> Option<u64> {
    let units = [
        ("ms", 1_000),
        ("us", 1),
        ("sec", 1_000_000),
        ("s", 1_000_000),
        ("min", 60_000_000),
        ("m", 60_000_000),
        ("h", 3_600_000_000),
        ("d", 86_400_000_000),
    ];
    units.iter().find_map(|(name, size)| {
        let number = micros(text.strip_suffix(name)?)?.0;
        Some(number.saturating_mul(*size) / 1_000_000)
    })
}

/// Seconds or milliseconds with decimals, as microseconds in the range of `arg`.
pub(in crate::config::build) fn duration(cx: &mut Context<'_, '_>, what: &str, word: &Word, arg: Arg) -> Option<u64> {
    let (min, max, thousandths, unit) = match arg {
        Arg::Millis(min, max) => (min, max, true, "millisecond"),
        Arg::Seconds(min, max) => (min, max, false, "second"),
        _ => return None,
    };
    let text = word.text.trim_start_matches([' ', '\t']);
    let label = || format!("expected {}", expected(arg));
    let read = |text: &str| {
        let (value, exact) = micros(text)?;
        Some(if thousandths { ((value + 500) / 1000, exact && value % 1000 == 0) } else { (value, exact) })
    };
    let Some((value, exact)) = read(text.strip_prefix('+').unwrap_or(text)) else {
        let mut diagnostic =
            Diagnostic::error("not-a-number", word.span, format!("`{}` is not a number of {unit}s", word.text))
                .label(label());
        if let Some(number) = with_unit(text) {
            let number = if thousandths { millis(number) } else { decimal(number) };
            diagnostic = diagnostic.help(format!("write `{number}`: the unit is the {unit}"));
        } else if text.contains(',') {
            diagnostic = diagnostic.help("the decimal sign is a point");
        }
        cx.report(diagnostic);
        return None;
    };
    if !(min..=max).contains(&value) {
        cx.report(
            Diagnostic::error("out-of-range", word.span, format!("`{what}` cannot be {}", word.text)).label(label()),
        );
        return None;
    }
    if !exact {
        let (places, value) = if thousandths { ("three", millis(value)) } else { ("six", decimal(value)) };
        cx.report(
            Diagnostic::warning("rounded", word.span, format!("more than {places} decimals"))
                .label(format!("read as {value}")),
        );
    }
    Some(value)
}

/// A decimal number of seconds in microseconds, and whether it was exact. `None` when it is no number, or a huge one.
pub(in crate::config::build) fn micros(text: &str) -> Option<(u64, bool)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !digits(whole) || !digits(part) {
        return None;
    }
    let seconds: u64 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u64::MAX / 2_000_000) };
    let mut fraction = 0;
    for at in 0..6 {
        fraction = fraction * 10 + part.as_bytes().get(at).map_or(0, |b| u64::from(b - b'0'));
    }
    let up = part.as_bytes().get(6).is_some_and(|b| *b >= b'5');
    let exact = part.len() <= 6 || part.as_bytes()[6..].iter().all(|b| *b == b'0');
    let value = seconds.min(u64::MAX / 2_000_000) * 1_000_000 + fraction + u64::from(up);
    Some((value, exact))
}

/// Microseconds as seconds, with as many decimals as needed.
pub(in crate::config) fn decimal(micros: u64) -> String {
    let whole = micros / 1_000_000;
    match micros % 1_000_000 {
        0 => whole.to_string(),
        part => format!("{whole}.{part:06}").trim_end_matches('0').to_owned(),
    }
}

/// Microseconds as milliseconds, with as many decimals as needed.
pub(in crate::config) fn millis(micros: u64) -> String {
    decimal(micros.saturating_mul(1000))
}
