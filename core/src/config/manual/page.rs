//! keepalived.conf(5), in the man macros.

use super::{blocks, prose};
use crate::config::codes;
use crate::config::keywords::describe::{sentences, synopsis};
use crate::config::keywords::{Keyword, find};
use core::fmt::Write;

/// The whole page.
#[must_use]
pub fn page() -> String {
    let mut out = String::from(prose::HEAD);
    for (block, keywords) in blocks() {
        section(&mut out, block, &keywords);
    }
    out.push_str(prose::LINES);
    out.push_str(".SH MISTAKES\n");
    out.push_str(prose::MISTAKES);
    for code in codes::all() {
        let _ = writeln!(out, ".TP\n.B {}\n{} ({}).", roff(code.name), sentence(code.title), code.usual.name());
    }
    out.push_str(prose::FOOT);
    out
}

fn section(out: &mut String, block: &str, keywords: &[&Keyword]) {
    // Writing to a String cannot fail.
    let _ = if block.is_empty() {
        writeln!(out, ".SH OUTSIDE EVERY BLOCK")
    } else {
        writeln!(out, ".SH \"{}\"", roff(&block.replace('/', " / ")))
    };
    if let Some(keyword) = opens(block) {
        let _ = writeln!(out, "{}", roff(&paragraph(keyword)));
    }
    for keyword in keywords {
        let words = synopsis(keyword.arg);
        if words.is_empty() {
            let _ = writeln!(out, ".TP\n.B {}", roff(keyword.name));
        } else {
            let _ = writeln!(out, ".TP\n.BI {} \" {}\"", roff(keyword.name), roff(&words));
        }
        let _ = writeln!(out, "{}", roff(&paragraph(keyword)));
    }
}

/// The keyword that opens a block.
fn opens(block: &str) -> Option<&'static Keyword> {
    let (parent, name) = block.rsplit_once('/').unwrap_or(("", block));
    let parent = crate::config::keywords::all().map(|keyword| keyword.block).find(|known| *known == parent)?;
    find(parent, name)
}

fn paragraph(keyword: &Keyword) -> String {
    sentences(keyword).iter().map(|text| format!("{}.", sentence(text))).collect::<Vec<_>>().join(" ")
}

/// With a capital at its beginning, unless that is a keyword or the like.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if first.is_ascii_lowercase() => {
            let word: &str = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
            if word.contains('_') {
                text.to_owned()
            } else {
                format!("{}{}", first.to_ascii_uppercase(), chars.as_str())
            }
        }
        _ => text.to_owned(),
    }
}

/// Text in which nothing means anything to troff; what is between backquotes is bold.
fn roff(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut bold = false;
    for (at, c) in text.char_indices() {
        match c {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '"' => out.push_str("\\(dq"),
            '`' => {
                bold = !bold;
                out.push_str(if bold { "\\fB" } else { "\\fR" });
            }
            '.' | '\'' if at == 0 => {
                out.push_str("\\&");
                out.push(c);
            }
            '~' => out.push_str("\\(ti"),
            '^' => out.push_str("\\(ha"),
            c => out.push(c),
        }
    }
    if bold {
        out.push_str("\\fR");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_means_anything_to_troff() {
        assert_eq!(roff(".a \\ `b` -c \"d\" ~"), "\\&.a \\e \\fBb\\fR \\-c \\(dqd\\(dq \\(ti");
        for line in page().lines() {
            let known =
                [".TH", ".SH", ".SS", ".TP", ".B ", ".BI", ".BR", ".PP", ".nf", ".fi", ".RS", ".RE", ".IR", ".I "];
            let request = line.starts_with('.') || line.starts_with('\'');
            assert!(!request || known.iter().any(|known| line.starts_with(known)), "{line}");
        }
    }

    #[test]
    fn every_keyword_is_in_the_page() {
        let page = page();
        for keyword in crate::config::keywords::all() {
            let name = roff(keyword.name);
            let here = [format!("\n.B {name}\n"), format!("\n.BI {name} ")];
            assert!(here.iter().any(|line| page.contains(line)), "{}", keyword.name);
        }
        for code in codes::all() {
            assert!(page.contains(&format!("\n.B {}\n", roff(code.name))), "{}", code.name);
        }
    }

    #[test]
    fn sentences_begin_with_capitals() {
        assert_eq!(sentence("the same as `x`"), "The same as `x`");
        assert_eq!(sentence("vrrp_version, or 3"), "vrrp_version, or 3");
    }
}
