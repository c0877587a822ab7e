//! The examples that are written by hand.
//!
//! A file of `cases/` is about one block. Its first line names it (`in vrrp_instance/authentication`); the lines up to
//! the first example are what stands around it, with a `@` where an example goes. An example begins with `+` (accepted)
//! or `-` (rejected) and goes on with `|`; lines with `^` are what it needs outside every block:
//!
//! ```text
//! + state MASTER
//! - unicast_peer {
//! |     10.0.300.1
//! | }
//! ```
//!
//! It belongs to the first of its words that is a keyword of the block, or to the one named before it (`+ mtu: ...`). Lines around it that begin like one of
//! its own are left out, with their blocks, so that nothing is said twice. `#` begins a comment.
//!
//! Two lines help examples that are made from the table, and stand after the first. `entry 10.0.0.9/24`: keywords of
//! this block stand behind that on a line. `with unicast_ttl check_unicast_src` and `|` lines: examples of these
//! keywords need those lines.

use keepalived_core::config::keywords;
use std::ops::Range;
use std::path::Path;

/// An example.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) keyword: &'static str,
    pub(crate) good: bool,
    pub(crate) text: String,
    /// What it needs outside every block.
    pub(crate) outside: String,
    /// Whether it was made from the table.
    pub(crate) plain: bool,
}

/// A block, and the examples of what may stand in it.
pub(crate) struct Block {
    pub(crate) path: &'static str,
    around: String,
    pub(crate) cases: Vec<Case>,
    entry: String,
    /// Keywords, and the lines they need.
    with: Vec<(Vec<String>, String)>,
}

/// The path of the block that a keyword opens.
pub(crate) fn join(block: &str, name: &str) -> String {
    if block.is_empty() { name.to_owned() } else { format!("{block}/{name}") }
}

impl Block {
    fn read(name: &str, text: &str) -> Block {
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let (head, lines) = lines.split_first().unwrap_or_else(|| panic!("{name} is empty"));
        let path = head.strip_prefix("in").unwrap_or_else(|| panic!("{name}: the first line should be `in BLOCK`"));
        let path = keywords::all().map(|k| k.block).find(|block| *block == path.trim());
        let path = path.unwrap_or_else(|| panic!("{name}: there is no such block: {head}"));
        let mut block =
            Block { path, around: String::new(), cases: Vec::new(), entry: String::new(), with: Vec::new() };
        for line in lines {
            let rest = line.get(2..).unwrap_or_default();
            match line.chars().next() {
                _ if block.cases.is_empty() && line.starts_with("entry ") => {
                    block.entry = format!("{} ", line["entry ".len()..].trim());
                }
                _ if block.cases.is_empty() && line.starts_with("with ") => {
                    let keywords = line.split_whitespace().skip(1).map(str::to_owned).collect();
                    block.with.push((keywords, String::new()));
                }
                Some('|') if block.cases.is_empty() => {
                    let (_, lines) = block.with.last_mut().unwrap();
                    lines.push('\n');
                    lines.push_str(rest);
                }
                Some(' ' | '@' | 'a'..='z' | 'A'..='Z' | '}') if block.cases.is_empty() => {
                    block.around.push_str(line);
                    block.around.push('\n');
                }
                Some(sign @ ('+' | '-')) => {
                    let case = Case {
                        keyword: "",
                        good: sign == '+',
                        text: rest.to_owned(),
                        outside: String::new(),
                        plain: false,
                    };
                    block.cases.push(case);
                }
                Some('|') => {
                    let case = block.cases.last_mut().unwrap();
                    case.text.push('\n');
                    case.text.push_str(rest);
                }
                Some('^') => {
                    let case = block.cases.last_mut().unwrap();
                    case.outside.push_str(rest);
                    case.outside.push('\n');
                }
                None => {}
                Some(_) => panic!("{name}: what is this line? {line}"),
            }
        }
        assert!(block.around.contains('@'), "{name}: there is no @");
        for case in &mut block.cases {
            if let Some((name, rest)) = case.text.split_once(": ")
                && keywords::find(path, name).is_some()
            {
                (case.keyword, case.text) = (keywords::find(path, name).unwrap().name, rest.to_owned());
                continue;
            }
            let keyword = case.text.split_whitespace().find_map(|word| keywords::find(path, word));
            case.keyword = keyword.unwrap_or_else(|| panic!("{name}: no keyword of `{path}`: {}", case.text)).name;
        }
        block
    }

    /// The surroundings with a case in them, and where it is.
    pub(crate) fn place(&self, case: &Case) -> (String, Range<usize>) {
        let mut text = case.text.clone();
        if case.plain {
            text.insert_str(0, &self.entry);
            let with = self.with.iter().filter(|(keywords, _)| keywords.iter().any(|k| k == case.keyword));
            with.for_each(|(_, lines)| text.push_str(lines));
        }
        let own = text.lines().filter_map(|line| line.split_whitespace().next());
        let meaning = keywords::find(self.path, case.keyword).map_or("", |keyword| keyword.meaning());
        let own = own.chain([case.keyword, meaning]);
        let around = own.fold(self.around.clone(), |around, word| without(&around, word));
        let at = around.find('@').unwrap();
        let line = around[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let indent = &around[line..at];
        let indent: String = indent.chars().take_while(|c| *c == ' ').collect();
        let inside = text.replace('\n', &format!("\n{indent}"));
        (format!("{}{inside}{}{}", &around[..at], &around[at + 1..], case.outside), at..at + inside.len())
    }

    pub(crate) fn surroundings(&self) -> String {
        self.around.replace('@', "")
    }

    pub(crate) fn file_name(&self) -> String {
        if self.path.is_empty() { "root".to_owned() } else { self.path.replace('/', "-") }
    }
}

/// `around` without the statements beside the case that begin with `keyword`.
fn without(around: &str, keyword: &str) -> String {
    let lines: Vec<&str> = around.split_inclusive('\n').collect();
    let opens = |line: &str| line.matches('{').count();
    let closes = |line: &str| line.matches('}').count();
    // The block that the case stands in.
    let case = lines.iter().position(|line| line.contains('@')).unwrap();
    let mut open = Vec::new();
    for (at, line) in lines[..case].iter().enumerate() {
        (0..opens(line)).for_each(|_| open.push(at));
        (0..closes(line)).for_each(|_| {
            open.pop();
        });
    }
    let (depth, first) = (open.len(), open.last().map_or(0, |at| at + 1));
    let mut out = lines[..first].concat();
    let mut here = depth;
    let mut left_out = false;
    for line in &lines[first..] {
        if here == depth {
            left_out = line.split_whitespace().next() == Some(keyword) && keyword != "}";
        }
        if !left_out {
            out.push_str(line);
        }
        here = here + opens(line) - closes(line);
        if here < depth {
            // The block has ended: what comes now is not beside the case.
            here = usize::MAX / 2;
            left_out = false;
        }
    }
    out
}

/// All files of `cases/`.
pub(crate) fn blocks() -> Vec<Block> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/cases"));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| Block::read(&path.display().to_string(), &std::fs::read_to_string(path).unwrap())).collect()
}
