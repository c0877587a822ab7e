//! Examples made from what the table says of a keyword.

use crate::cases::Case;
use keepalived_core::config::keywords::{Arg, Keyword};

/// What may and what may not follow a keyword. Nothing where the table alone does not tell.
pub(crate) fn cases(keyword: &'static Keyword, good: bool) -> Vec<Case> {
    let tails = if good { accepted(keyword.arg) } else { rejected(keyword.arg) };
    let case = |tail: String| Case {
        keyword: keyword.name,
        good,
        text: format!("{} {tail}", keyword.name).trim_end().to_owned(),
        outside: String::new(),
        plain: true,
    };
    tails.into_iter().map(case).collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn accepted(arg: Arg) -> Vec<String> {
    match arg {
        Arg::Flag => words(&[""]),
        Arg::Switch => words(&["", "on", "no", "true"]),
        Arg::Integer(min, max) | Arg::WholeSeconds(min, max) => {
            vec![min.to_string(), max.to_string(), (min + (max - min) / 2).to_string()]
        }
        Arg::Seconds(min, max) => {
            vec![decimal(min, 6), decimal(max, 6), decimal((min + (max - min) / 2) / 1_000_000 * 1_000_000, 6)]
        }
        Arg::Millis(min, max) => vec![decimal(min, 3), decimal(max, 3), decimal(min + (max - min) / 2, 3)],
        Arg::Micros(min, max) => vec![min.to_string(), max.to_string()],
        Arg::Hex(min, max) => vec!["00".repeat(min), "fF".repeat(max)],
        Arg::Word => words(&["word", "\"two words\""]),
        Arg::Words(least, most) => vec!["word ".repeat(least), "word ".repeat(most.min(least + 3))],
        Arg::Choice(choices) => words(choices),
        Arg::AnyCase(choices) => choices.iter().flat_map(|c| [c.to_uppercase(), c.to_lowercase()]).collect(),
        Arg::Path => words(&["/etc/keepalived/file", "\"/a path/with blanks\""]),
        Arg::Address => words(&["10.0.0.9"]),
        Arg::Host => words(&["10.0.0.9", "10.0.0.9/24"]),
        Arg::Group(false) => words(&["224.0.0.99"]),
        Arg::Group(true) => words(&["ff02::99"]),
        Arg::Interface => words(&["eth1", "a_name_of_15_ch"]),
        Arg::User => words(&["nobody", "nobody nogroup"]),
        Arg::Script => words(&["/bin/true", "\"/bin/true with words\"", "\"/bin/true\" nobody nogroup"]),
        Arg::Command => words(&["/bin/true", "\"/bin/true with words\""]),
        Arg::Pattern => words(&["\"^ok$\""]),
        Arg::Optional(arg) | Arg::Or(arg, _) => std::iter::once(String::new()).chain(accepted(*arg)).collect(),
        _ => Vec::new(),
    }
}

/// What no number is, whatever its range and unit.
const NO_NUMBER: &[&str] = &["", "many", "2x", "1s", "1,5", "0x2", "-", "99999999999999999999"];

/// The most telling one first: what is said of it is kept.
fn rejected(arg: Arg) -> Vec<String> {
    match arg {
        Arg::Flag => words(&["surplus"]),
        Arg::Switch => words(&["maybe", "ON", "on surplus"]),
        Arg::Integer(min, max) | Arg::WholeSeconds(min, max) => {
            let mut out = vec![max.saturating_add(1).to_string(), (min - 1).to_string(), format!("{min} surplus")];
            out.extend(words(NO_NUMBER));
            out.push("1.5".to_owned());
            out
        }
        Arg::Micros(min, max) => {
            let mut out = vec![max.saturating_add(1).to_string(), format!("{min} surplus")];
            out.extend(min.checked_sub(1).map(|less| less.to_string()));
            out.extend(words(NO_NUMBER));
            out
        }
        Arg::Seconds(min, max) => decimals(min, max, 6),
        Arg::Millis(min, max) => decimals(min, max, 3),
        Arg::Hex(min, max) => {
            let mut out = words(&["0g", "", "0"]);
            out.extend([format!("{} surplus", "00".repeat(min)), "00".repeat(max + 1)]);
            out.extend(min.checked_sub(1).map(|fewer| "00".repeat(fewer)));
            out
        }
        Arg::Word => words(&["", "word surplus"]),
        Arg::Words(least, most) => {
            let mut out = Vec::new();
            out.extend(least.checked_sub(1).map(|fewer| "word ".repeat(fewer)));
            if most < 100 {
                out.push("word ".repeat(most + 1));
            }
            out
        }
        Arg::Choice(choices) | Arg::AnyCase(choices) => {
            let mut out = words(&["neither", ""]);
            out.extend(choices.first().map(|choice| format!("{choice} surplus")));
            out.extend(choices.first().map(|choice| choice[1..].to_owned()));
            out
        }
        Arg::Path => words(&["relative/path", "", "/etc/keepalived/file surplus"]),
        Arg::Address | Arg::Host => words(&["10.0.300.1", "", "host.example", "10.0.0.9 surplus"]),
        Arg::Group(ipv6) => words(&["10.0.0.9", "", if ipv6 { "224.0.0.99" } else { "ff02::99" }]),
        Arg::Interface => words(&["a_name_of_16_chr", "", "eth/0", "eth1 surplus"]),
        Arg::User => words(&["nobody nogroup surplus", ""]),
        Arg::Script => words(&["", "\"\"", "\"/bin/true", "/bin/true three words more"]),
        Arg::Command | Arg::Pattern => words(&["", "\"/bin/true"]),
        Arg::Optional(arg) | Arg::Or(arg, _) => rejected(*arg).into_iter().filter(|tail| !tail.is_empty()).collect(),
        Arg::Block | Arg::Lines | Arg::Names => words(&["", "surplus {\n}"]),
        Arg::NamedBlock => words(&["", "NAME", "{\n}", "NAME surplus {\n}"]),
        Arg::FormBlock(_, least, most) => {
            let mut out = vec!["word ".repeat(least)];
            out.extend(least.checked_sub(1).map(|fewer| format!("{}{{\n}}", "word ".repeat(fewer))));
            if most < 100 {
                out.push(format!("{}{{\n}}", "word ".repeat(most + 1)));
            }
            out
        }
        // A form of its own needs examples of its own, and of what is skipped there are none.
        _ => Vec::new(),
    }
}

fn decimals(min: u64, max: u64, places: u32) -> Vec<String> {
    let mut out = vec![decimal(max.saturating_add(1), places), format!("{} surplus", decimal(min, places))];
    out.extend(min.checked_sub(1).map(|less| decimal(less, places)));
    out.extend(words(NO_NUMBER));
    out.extend([format!("{}1", decimal(min, places).to_owned() + ".0000000"), "-1".to_owned()]);
    out
}

/// A count of the smallest unit as it is written, with a point before the last `places`.
fn decimal(count: u64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    let text = format!("{}.{:0width$}", count / unit, count % unit, width = places as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
