//! Documents made from the table of keywords: keepalived.conf(5), the report on what is built, and the fuzzer's words.
//!
//! They are files of the repository, which tests compare with what is made here.

mod coverage;
mod dictionary;
mod page;
mod prose;

pub use coverage::coverage;
pub use dictionary::dictionary;
pub use page::page;

use super::keywords::{self, Keyword};

/// The blocks of the language, in the order of the table, each with its keywords in that order.
fn blocks() -> Vec<(&'static str, Vec<&'static Keyword>)> {
    let mut out: Vec<(&str, Vec<&Keyword>)> = Vec::new();
    let mut place = std::collections::BTreeMap::new();
    for keyword in keywords::all() {
        let at = *place.entry(keyword.block).or_insert_with(|| {
            out.push((keyword.block, Vec::new()));
            out.len() - 1
        });
        out[at].1.push(keyword);
    }
    // A block comes with the section it belongs to, in the order in which sections stand in the table.
    let sections: Vec<&str> = out
        .iter()
        .find(|(block, _)| block.is_empty())
        .map_or(Vec::new(), |(_, all)| all.iter().map(|k| k.name).collect());
    let section = |block: &str| {
        let first = block.split('/').next().unwrap_or_default();
        sections.iter().position(|name| *name == first)
    };
    out.sort_by_key(|(block, _)| (section(block), *block));
    out
}
