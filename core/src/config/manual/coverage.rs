//! What of the language is built, keyword by keyword.

use super::blocks;
use crate::config::keywords::describe::place;
use crate::config::keywords::{Alias, Keyword, Standing};
use core::fmt::Write;

/// The report, in Markdown.
#[must_use]
pub fn coverage() -> String {
    let blocks = blocks();
    let all = || blocks.iter().flat_map(|(_, keywords)| keywords.iter().copied());
    let count = |standing: fn(&Standing) -> bool| all().filter(|keyword| standing(&keyword.standing)).count();
    let mut out = String::from(
        "# What of the language is built\n\n\
         Made from the table of keywords (`keepalived generate coverage`); a test keeps it so. Every keyword is read and \
         checked; what stands here is whether anything comes of it.\n\n\
         | standing | keywords | |\n|---|---:|---|\n",
    );
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "| built | {} | it does what it says |\n| no effect | {} | nothing has to be done for it, or nothing can be |\n\
         | not yet | {} | nothing comes of it so far, and a warning says so |",
        count(|s| *s == Standing::Implemented),
        count(|s| matches!(s, Standing::NoEffect(_))),
        count(|s| matches!(s, Standing::NotYet(_))),
    );
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
        Standing::Implemented => ("built", ""),
        Standing::NoEffect(reason) => ("no effect", reason),
        Standing::NotYet(effect) => ("not yet", effect),
    };
    let alias = match keyword.alias {
        None => String::new(),
        Some(Alias::Of(name)) => format!("the same as `{name}`"),
        Some(Alias::Deprecated(name)) => format!("old name of `{name}`"),
    };
    let both = if alias.is_empty() || reason.is_empty() { "" } else { "; " };
    (standing, format!("{alias}{both}{reason}"))
}
