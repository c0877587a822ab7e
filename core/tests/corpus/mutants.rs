//! Real files with one thing wrong: nothing panics, every place that is spoken of exists, and where silence would do
//! harm there is a diagnostic.
//!
//! `KEEPALIVED_MUTANTS=FOLDER` writes the mutants of clean files there, so that others can be asked about them.

use crate::files::{Ours, complaints, real};
use keepalived_core::config::{Parsed, Source, parse, render, render_lines};
use std::collections::BTreeMap;
use std::ops::Range;

/// Random numbers that are the same everywhere (SplitMix64).
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }
}

/// A word or a brace, outside comments.
#[derive(Clone, Debug)]
struct Token {
    range: Range<usize>,
    brace: bool,
    /// The last of its line.
    last: bool,
}

/// A rough lexer of its own: what is tested should not say what is to be tested.
fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bytes = line.as_bytes();
        let first = out.len();
        let mut at = 0;
        while at < bytes.len() && !matches!(bytes[at], b'#' | b'!') {
            let begin = at;
            match bytes[at] {
                b'{' | b'}' => at += 1,
                b'"' => at = line[at + 1..].find('"').map_or(bytes.len(), |len| at + len + 2),
                byte if byte.is_ascii_whitespace() => {
                    at += 1;
                    continue;
                }
                _ => {
                    while at < bytes.len() && !b"{}\"#! \t\r\n".contains(&bytes[at]) {
                        // `${NAME}` is one word.
                        let rest = &bytes[at..];
                        let close = rest.starts_with(b"${").then(|| rest.iter().position(|b| *b == b'}')).flatten();
                        at += close.unwrap_or(0) + 1;
                    }
                }
            }
            let brace = matches!(bytes[begin], b'{' | b'}');
            out.push(Token { range: start + begin..start + at, brace, last: false });
        }
        if let Some(last) = out[first..].last_mut() {
            last.last = true;
        }
        start += line.len();
    }
    out
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    DropWord,
    DoubleWord,
    SwapWords,
    DropBrace,
    DoubleBrace,
    TurnBrace,
    Truncate,
    TrailingWord,
    DropLetter,
}

const KINDS: [Kind; 9] = [
    Kind::DropWord,
    Kind::DoubleWord,
    Kind::SwapWords,
    Kind::DropBrace,
    Kind::DoubleBrace,
    Kind::TurnBrace,
    Kind::Truncate,
    Kind::TrailingWord,
    Kind::DropLetter,
];

/// `text` with one thing wrong. `None`: it has no place for that.
fn mutant(text: &str, tokens: &[Token], kind: Kind, rng: &mut Rng) -> Option<String> {
    let wants_brace = matches!(kind, Kind::DropBrace | Kind::DoubleBrace | Kind::TurnBrace);
    let fits = |at: usize| {
        let (token, next) = (&tokens[at], tokens.get(at + 1));
        match kind {
            Kind::SwapWords => !token.brace && !token.last && next.is_some_and(|next| !next.brace),
            Kind::TrailingWord => {
                token.last && !token.brace && next.is_none_or(|next| text.as_bytes()[next.range.start] != b'{')
            }
            Kind::Truncate => true,
            Kind::DropLetter => {
                !token.brace && text.as_bytes()[token.range.start].is_ascii_lowercase() && token.range.len() > 3
            }
            _ => token.brace == wants_brace,
        }
    };
    let places: Vec<usize> = (0..tokens.len()).filter(|at| fits(*at)).collect();
    let at = *places.get(rng.below(places.len()))?;
    let range = tokens[at].range.clone();
    let word = &text[range.clone()];
    let (before, after) = (&text[..range.start], &text[range.end..]);
    Some(match kind {
        Kind::DropWord | Kind::DropBrace => format!("{before}{after}"),
        Kind::DoubleWord | Kind::DoubleBrace => format!("{before}{word} {word}{after}"),
        Kind::TurnBrace => format!("{before}{}{after}", if word == "{" { "}" } else { "{" }),
        Kind::SwapWords => {
            let other = tokens[at + 1].range.clone();
            format!("{before}{}{}{word}{}", &text[other.clone()], &text[range.end..other.start], &text[other.end..])
        }
        Kind::Truncate => before.to_owned(),
        Kind::TrailingWord => format!("{before}{word} surplus{after}"),
        Kind::DropLetter => {
            let cut = 1 + rng.below(word.len() - 1);
            let cut = (0..=cut).rev().find(|cut| word.is_char_boundary(*cut))?;
            let rest = word[cut..].chars().skip(1).collect::<String>();
            format!("{before}{}{rest}{after}", &word[..cut])
        }
    })
}

/// Parses, renders, and looks at every place that is spoken of.
fn sound(name: &str, text: &str) -> Parsed {
    let source = Source::single(name, text);
    let parsed = parse(&source);
    for d in &parsed.diagnostics {
        for span in std::iter::once(&d.span).chain(d.also.iter().map(|(span, _)| span)) {
            let text = source.files.get(span.file()).map(|file| &file.text);
            assert!(text.is_some_and(|text| text.get(span.start()..span.end()).is_some()), "{name}: {d:?}");
        }
    }
    let lines = render_lines(&parsed.diagnostics, &source);
    assert!(lines.len() == parsed.diagnostics.len() && lines.iter().all(|line| !line.contains('\n')));
    parsed
}

#[derive(Default)]
struct Count {
    mutants: usize,
    same: usize,
    silent: usize,
}

/// How many mutants of each kind a file gets.
const EACH: usize = 1;

/// Of the mutants of files without complaints, this share may change something without a word, in percent. Keepalived
/// 2.2.7 says nothing of 23 of 100 of them, those which change nothing among them, and crashes with 5 of 1728.
const SILENT: usize = 8;

#[test]
fn a_mistake_in_a_real_file_is_told() {
    let Some(files) = real() else { return };
    let mut counts: BTreeMap<Kind, Count> = BTreeMap::new();
    let mut harmful = Vec::new();
    let mut rng = Rng(3);
    let out = std::env::var_os("KEEPALIVED_MUTANTS").map(std::path::PathBuf::from);
    for file in &files {
        let base = file.parse();
        let tokens = tokens(file.text());
        let clean = Ours::of(&base) == Ours::Fine;
        for kind in KINDS.into_iter().flat_map(|kind| [kind; EACH]) {
            let Some(text) = mutant(file.text(), &tokens, kind, &mut rng) else { continue };
            let parsed = sound(&file.name, &text);
            if !clean {
                continue;
            }
            let count = counts.entry(kind).or_default();
            count.mutants += 1;
            if let Some(out) = &out {
                std::fs::write(out.join(format!("{kind:?}-{}-{}", count.mutants, file.name)), &text).unwrap();
            }
            if complaints(&parsed).next().is_some() {
                continue;
            }
            if parsed.config == base.config {
                count.same += 1;
            } else {
                count.silent += 1;
            }
            // Lines for other machines and definitions that nobody uses are not read.
            let (_, line) = difference(file.text(), &text);
            let read = !line.trim().starts_with(['@', '$']) && !line.trim().ends_with('\\');
            let harms = match kind {
                Kind::DropBrace | Kind::DoubleBrace | Kind::TurnBrace => read,
                // A word more is only right where a list of names is.
                Kind::TrailingWord => read && parsed.config == base.config,
                _ => false,
            };
            if harms || out.is_some() && parsed.config != base.config {
                harmful.push(format!("{kind:?} {} {}", file.name, {
                    let (number, line) = difference(file.text(), &text);
                    format!("line {number}: `{line}`")
                }));
            }
        }
    }
    let (mut all, mut silent, mut same) = (0, 0, 0);
    for (kind, count) in &counts {
        println!("{kind:?}: {} mutants, {} say the same, {} are silent", count.mutants, count.same, count.silent);
        all += count.mutants;
        silent += count.silent;
        same += count.same;
    }
    println!("Of {all} mutants of clean files {silent} change something without a word, {same} change nothing.");
    println!("{}", harmful.join("\n"));
    assert!(harmful.is_empty() || out.is_some(), "silence that does harm:\n{}", harmful.join("\n"));
    assert!(all > 100, "there are too few clean files to say anything: {all} mutants");
    assert!(silent * 100 <= all * SILENT, "{silent} of {all} mutants change something without a word");
}

/// The first line that differs, and its number.
fn difference<'a>(before: &str, after: &'a str) -> (usize, &'a str) {
    let at = before.lines().zip(after.lines()).position(|(a, b)| a != b).unwrap_or(0);
    (at + 1, after.lines().nth(at).unwrap_or_default())
}

/// A file that ends anywhere, between bytes too, and one with anything in it.
#[test]
fn a_torn_file_is_read() {
    let Some(files) = real() else { return };
    let mut rng = Rng(4);
    for file in &files {
        let mut bytes = file.text().as_bytes().to_vec();
        let at = rng.below(bytes.len() + 1);
        if rng.below(2) == 0 {
            bytes.truncate(at);
        } else {
            let length = rng.below(30).min(bytes.len() - at);
            let filling: Vec<u8> = (0..rng.below(8)).map(|_| b"{}\"#!\\$@~(,)\n\0\xff"[rng.below(15)]).collect();
            drop(bytes.splice(at..at + length, filling));
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let parsed = sound(&file.name, &text);
        let _ = render(&parsed.diagnostics, &Source::single(&*file.name, text), true);
    }
}
