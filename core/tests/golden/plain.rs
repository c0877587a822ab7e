//! Examples made from what the table says of a keyword.

use crate::cases::Case;
use keepalived_core::config::keywords::{Arg, Keyword, Standing};

/// What may and what may not follow a keyword. Nothing where the table alone does not tell.
pub(crate) fn cases(keyword: &'static Keyword, good: bool) -> Vec<Case> {
    // What is not built is not looked at yet.
    if matches!(keyword.standing, Standing::NotYet(_)) {
        return Vec::new();
    }
    let tails = if good { accepted(keyword.arg) } else { rejected(keyword.arg) };
    let case = |tail: String| Case {
        keyword: keyword.name,
        good,
        text: format!("{} {tail}", keyword.name).trim_end().to_owned(),
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
        Arg::Integer(min, max) => vec![min.to_string(), max.to_string(), (min + (max - min) / 2).to_string()],
        Arg::Seconds(min, max) => {
            vec![seconds(min), seconds(max), seconds((min + (max - min) / 2) / 1_000_000 * 1_000_000)]
        }
        Arg::Word => words(&["word", "\"two words\""]),
        Arg::Words(least, most) => vec!["word ".repeat(least), "word ".repeat(most.min(least + 3))],
        Arg::Choice(choices) => words(choices),
        Arg::Address => words(&["10.0.0.9"]),
        Arg::Group(false) => words(&["224.0.0.99"]),
        Arg::Group(true) => words(&["ff02::99"]),
        Arg::Interface => words(&["eth1", "a_name_of_15_ch"]),
        Arg::User => words(&["nobody", "nobody nogroup"]),
        Arg::Script => words(&["/bin/true", "\"/bin/true with words\"", "\"/bin/true\" nobody nogroup"]),
        _ => Vec::new(),
    }
}

/// The most telling one first: what is said of it is kept.
fn rejected(arg: Arg) -> Vec<String> {
    match arg {
        Arg::Flag => words(&["surplus"]),
        Arg::Switch => words(&["maybe", "ON", "on surplus"]),
        Arg::Integer(min, max) => {
            let mut out = vec![(max + 1).to_string(), (min - 1).to_string(), format!("{min} surplus")];
            out.extend(words(&["", "many", "1.5", "2x", "0x2", "-", "99999999999999999999"]));
            out
        }
        Arg::Seconds(min, max) => {
            let mut out = vec![seconds(max + 1), format!("{} surplus", seconds(min))];
            out.extend(min.checked_sub(1).map(seconds));
            out.extend(words(&["", "soon", "1s", "1,5", "0.0000001", "-1", "99999999999999999999"]));
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
        Arg::Choice(choices) => {
            let mut out = words(&["neither", ""]);
            out.extend(choices.first().map(|choice| format!("{choice} surplus")));
            out.extend(choices.first().map(|choice| choice[1..].to_owned()));
            out
        }
        Arg::Address => words(&["10.0.300.1", "", "host.example", "10.0.0.9 surplus"]),
        Arg::Group(ipv6) => words(&["10.0.0.9", "", if ipv6 { "224.0.0.99" } else { "ff02::99" }]),
        Arg::Interface => words(&["a_name_of_16_chr", "", "eth/0", "eth1 surplus"]),
        Arg::User => words(&["nobody nogroup surplus", ""]),
        Arg::Script => words(&["", "\"\"", "\"/bin/true", "/bin/true three words more"]),
        Arg::Block | Arg::Lines | Arg::Names => words(&["", "surplus {\n}"]),
        Arg::NamedBlock => words(&["", "NAME", "{\n}", "NAME surplus {\n}"]),
        _ => Vec::new(),
    }
}

/// Microseconds as they are written.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
