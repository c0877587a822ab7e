//! Rows of the table as text for people.

use super::example::example;
use super::{Alias, Arg, Keyword, Standing, directive, distinct, find, of};
use crate::config::build::unknown::distance;
use crate::config::build::values::expected;
use crate::config::codes::wrapped;

/// What is written after a keyword, as in a manual page; empty: nothing.
#[must_use]
pub fn synopsis(arg: Arg) -> String {
    match arg {
        Arg::Flag => String::new(),
        Arg::Switch => "[on|off]".into(),
        Arg::Integer(..) => "NUMBER".into(),
        Arg::WholeSeconds(..) | Arg::Seconds(..) => "SECONDS".into(),
        Arg::Millis(..) => "MILLISECONDS".into(),
        Arg::Micros(..) => "MICROSECONDS".into(),
        Arg::Hex(..) => "HEX".into(),
        Arg::Word => "WORD".into(),
        Arg::Words(0, 1) => "[WORD]".into(),
        Arg::Words(0, _) => "[WORD...]".into(),
        Arg::Words(1, _) => "WORD...".into(),
        Arg::Words(least, _) => format!("{}...", ["WORD"].repeat(least).join(" ")),
        Arg::Form(form, ..) => form.into(),
        Arg::Choice(choices) | Arg::AnyCase(choices) => choices.join("|"),
        Arg::Path => "PATH".into(),
        Arg::Address | Arg::Host | Arg::Group(_) => "ADDRESS".into(),
        Arg::Interface => "INTERFACE".into(),
        Arg::User => "USER [GROUP]".into(),
        Arg::Script => "COMMAND [USER [GROUP]]".into(),
        Arg::Command => "COMMAND".into(),
        Arg::Pattern => "TEXT".into(),
        Arg::Optional(arg) | Arg::Or(arg, _) => format!("[{}]", synopsis(*arg)),
        Arg::Block => "{ ... }".into(),
        Arg::NamedBlock => "NAME { ... }".into(),
        Arg::FormBlock(form, ..) => format!("{form} {{ ... }}"),
        Arg::Lines => "{ one entry on a line }".into(),
        Arg::Names => "{ NAME... }".into(),
    }
}

/// What may stand there, where the synopsis does not say it.
#[must_use]
pub fn range(arg: Arg) -> Option<String> {
    match arg {
        Arg::Integer(..) | Arg::WholeSeconds(..) | Arg::Seconds(..) | Arg::Millis(..) | Arg::Micros(..) => {
            Some(expected(arg))
        }
        Arg::Hex(..) | Arg::Group(_) => Some(expected(arg)),
        Arg::Or(arg, "") => range(*arg).or_else(|| Some(expected(*arg))),
        Arg::Or(arg, word) => Some(format!("{}; alone it means {word}", range(*arg).unwrap_or_else(|| expected(*arg)))),
        Arg::Optional(arg) => range(*arg),
        _ => None,
    }
}

/// Where a keyword stands, in words.
#[must_use]
pub fn place(block: &str) -> String {
    if block.is_empty() { "outside every block".to_owned() } else { format!("in `{block}`") }
}

/// What is to be known of a keyword beyond its name, in sentences. The first letter is small.
#[must_use]
pub fn sentences(keyword: &Keyword) -> Vec<String> {
    let mut out = Vec::new();
    match keyword.alias {
        Some(Alias::Of(name)) => out.push(format!("the same as `{name}`")),
        Some(Alias::Deprecated(name)) => out.push(format!("an old name of `{name}`, which is to be written instead")),
        None => {}
    }
    if !keyword.doc.is_empty() {
        out.push(keyword.doc.to_owned());
    }
    out.extend(range(keyword.arg).map(|range| format!("takes {range}")));
    if !keyword.default.is_empty() {
        let is_sign = !keyword.default.contains(|c: char| c.is_alphanumeric());
        let sign = if is_sign { "`" } else { "" };
        out.push(format!("default: {sign}{}{sign}", keyword.default));
    }
    if keyword.many {
        out.push("may be repeated".to_owned());
    }
    if keyword.first_counts {
        out.push("written twice, the first counts".to_owned());
    }
    match keyword.standing {
        Standing::Implemented if keyword.except.is_empty() => {}
        Standing::Implemented => out.push(format!("not built yet: {}", keyword.except)),
        Standing::NoEffect(reason) => out.push(format!("no effect: {reason}")),
        Standing::InPart(lacks) => out.push(format!("built in part: {lacks}")),
        Standing::NotYet(effect) => out.push(format!("not built yet: {effect}")),
    }
    out
}

/// Everything about the keywords of this name, for a terminal.
#[must_use]
pub fn explanation(name: &str) -> Option<String> {
    let mut out = String::new();
    if let Some((form, what)) = directive::find(name) {
        out.push_str(&format!("{form}\n\n"));
        out.extend(wrapped(what).lines().map(|line| format!("    {line}\n")));
        return Some(out);
    }
    let mut told: Vec<(Vec<String>, String)> = Vec::new();
    for block in super::blocks_of(name) {
        let Some(keyword) = find(block, name) else { continue };
        // Many blocks say the same of it.
        let what = (sentences(keyword), synopsis(keyword.arg));
        if let Some(at) = told.iter().position(|known| *known == what) {
            let _ = at;
            out.push_str(&format!("{} {}: the same\n", name, place(block)));
            continue;
        }
        if !told.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("{}\n\n", format!("{name} {}", what.1).trim_end()));
        out.push_str(&format!("    {}\n", place(block)));
        for sentence in &what.0 {
            let text = wrapped(sentence);
            out.extend(text.lines().map(|line| format!("    {line}\n")));
        }
        if let Some(example) = example(keyword) {
            out.push_str("    for example:\n");
            out.extend(example.lines().map(|line| format!("        {line}\n")));
        }
        let inside = inner(block, name);
        if inside.is_empty() {
            told.push(what);
        } else {
            let names: Vec<&str> = inside.iter().map(|keyword| keyword.name).collect();
            let text = wrapped(&format!("inside: {}", names.join(", ")));
            out.extend(text.lines().map(|line| format!("    {line}\n")));
        }
    }
    (!out.is_empty()).then_some(out)
}

/// The keywords of the block that `name` opens in `block`.
fn inner(block: &str, name: &str) -> Vec<&'static Keyword> {
    let path = if block.is_empty() { name.to_owned() } else { format!("{block}/{name}") };
    super::all().find(|keyword| keyword.block == path).map_or(Vec::new(), |first| of(first.block).collect())
}

/// The keyword whose name is most like `word`.
#[must_use]
pub fn nearest(word: &str) -> Option<&'static str> {
    let names = distinct().map(|k| k.name).chain(directive::names());
    let near = names.map(|name| (distance(name, word), name)).min_by_key(|(distance, _)| *distance)?;
    (near.0 <= word.len() / 3).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_explained() {
        for keyword in super::super::all() {
            let text = explanation(keyword.name).unwrap_or_default();
            assert!(text.contains(&place(keyword.block)), "{}/{}:\n{text}", keyword.block, keyword.name);
        }
        assert_eq!(explanation("no-such-keyword"), None);
    }

    #[test]
    fn a_keyword_at_length() {
        let text = explanation("virtual_router_id").unwrap();
        let expected = "virtual_router_id NUMBER\n\n    in `vrrp_instance`\n    the virtual router's number on its link\n    \
                        takes a whole number from 1 to 255\n    for example:\n        virtual_router_id 128\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_no_keyword_is_explained_too() {
        for name in directive::names().chain(["~SEQ(N, 1, 2)", "@main", "@^main", "$VIP", "${VIP}", "${_RANDOM 1 2}"]) {
            assert!(explanation(name).is_some_and(|text| text.len() > 50), "{name}");
        }
        assert!(explanation("${_PWD}").is_some_and(|text| text.contains("the directory of the file")));
        assert_eq!(nearest("inclde"), Some("include"));
    }

    #[test]
    fn a_misspelt_keyword_is_found() {
        assert_eq!(nearest("virtual_ipadress"), Some("virtual_ipaddress"));
        assert_eq!(nearest("qwertyuiop"), None);
    }
}
