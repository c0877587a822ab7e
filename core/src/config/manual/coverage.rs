//! What of the language is built, keyword by keyword.

use super::blocks;
use crate::config::keywords::describe::place;
use crate::config::keywords::{Alias, Keyword, Standing};
use core::fmt::Write;

const BUILT: &str = "built";
const IN_PART: &str = "built in part";
const NO_EFFECT: &str = "no effect";
const NOT_YET: &str = "not yet";

/// The report, in Markdown.
#[must_use]
pub fn coverage() -> String {
    let blocks = blocks();
    let count = |which: &str| {
        blocks.iter().flat_map(|(_, keywords)| keywords).filter(|keyword| standing(keyword).0 == which).count()
    };
    let mut out = String::from(
        "# What of the language is built\n\n\
         Made from the table of keywords (`keepalived generate coverage`); a test keeps it so. Every keyword is read and \
         checked; what stands here is whether anything comes of it.\n\n\
         | standing | keywords | |\n|---|---:|---|\n",
    );
    let means = [
        (BUILT, "it does what it says"),
        (IN_PART, "it does, but for what stands beside it, and a warning says so"),
        (NO_EFFECT, "nothing has to be done for it, or nothing can be"),
        (NOT_YET, "nothing comes of it so far, and a warning says so"),
    ];
    // Writing to a String cannot fail.
    for (standing, meaning) in means {
        let _ = writeln!(out, "| {standing} | {} | {meaning} |", count(standing));
    }
    for (block, keywords) in &blocks {
        let title = if block.is_empty() { place(block) } else { format!("`{block}`") };
        let title = title.replacen("outside", "Outside", 1);
        let _ = writeln!(out, "\n## {title}\n\n| keyword | standing | reason |\n|---|---|---|");
        for keyword in keywords {
            let (standing, reason) = standing(keyword);
            let _ = writeln!(out, "| `{}` | {standing} | {} |", keyword.name, reason.replace('|', "\\|"));
        }
    }
    out
}

fn standing(keyword: &Keyword) -> (&'static str, String) {
    let (standing, reason) = match keyword.standing {
        Standing::Implemented if !keyword.except.is_empty() => (IN_PART, keyword.except),
        Standing::Implemented => (BUILT, ""),
        Standing::NoEffect(reason) => (NO_EFFECT, reason),
        Standing::InPart(lacks) => (IN_PART, lacks),
        Standing::NotYet(effect) => (NOT_YET, effect),
    };
    let alias = match keyword.alias {
        None => String::new(),
        Some(Alias::Of(name)) => format!("the same as `{name}`"),
        Some(Alias::Deprecated(name)) => format!("old name of `{name}`"),
    };
    let both = if alias.is_empty() || reason.is_empty() { "" } else { "; " };
    (standing, format!("{alias}{both}{reason}"))
}
