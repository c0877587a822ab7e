//! What is not understood or not clear in a configuration, so that a reload can tell what is new.

use crate::files::Loaded;
use keepalived_core::config::Diagnostic;
use std::collections::BTreeMap;

/// How many blocks around each other tell one place from another.
const MAX_DEPTH: usize = 3;

/// What is said of words that are not understood or not clear, and of files and scripts that are not there; where, and how often. The file is run without them, as the C version
/// does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// By the message, and the file and the blocks that it is about.
    said: BTreeMap<(String, String), usize>,
}

impl Doubts {
    /// The doubts about a configuration.
    #[must_use]
    pub fn of(loaded: &Loaded) -> Doubts {
        let mut by_file: BTreeMap<usize, Vec<&Diagnostic>> = BTreeMap::new();
        for diagnostic in loaded.parsed.diagnostics.iter().filter(|diagnostic| is_doubt(diagnostic.code)) {
            by_file.entry(diagnostic.span.file()).or_default().push(diagnostic);
        }
        let mut doubts = Doubts::default();
        // A file that lost its text is as good as one that is missing.
        for file in loaded.source.files.iter().filter(|file| file.text.trim().is_empty()) {
            doubts.said.insert((format!("{} is empty", file.name), String::new()), 1);
        }
        // One message stands for all the names that a pair of braces stands for.
        for missing in loaded.source.missing() {
            doubts.said.insert((missing, String::new()), 1);
        }
        for (file, mut list) in by_file {
            let Some(file) = loaded.source.files.get(file) else { continue };
            list.sort_by_key(|diagnostic| diagnostic.span.start());
            let places: Vec<usize> = list.iter().map(|diagnostic| diagnostic.span.start()).collect();
            for (diagnostic, blocks) in list.iter().zip(owners(&file.text, &places)) {
                // A script is told once for all its places, the first of which can change.
                let place =
                    if is_of_a_script(diagnostic.code) { String::new() } else { format!("{}: {blocks}", file.name) };
                let message = match file.text.get(diagnostic.span.start()..diagnostic.span.end()) {
                    Some(pattern) if diagnostic.code == "missing-include" => {
                        format!("`{pattern}` cannot be included as a whole")
                    }
                    _ => diagnostic.message.clone(),
                };
                *doubts.said.entry((message, place)).or_default() += diagnostic.count();
            }
        }
        doubts
    }

    /// Something that was not `before`, or less often.
    #[must_use]
    pub fn new_since(&self, before: &Doubts) -> Option<&str> {
        let grew = |(what, count): &(&(String, String), &usize)| before.said.get(what).is_none_or(|old| old < count);
        self.said.iter().find(grew).map(|((message, _), _)| message.as_str())
    }
}

fn is_doubt(code: &str) -> bool {
    matches!(
        code,
        "unknown-keyword"
            | "unknown-word"
            | "trailing-words"
            | "repeated"
            | "contradiction"
            | "undefined-variable"
            | "missing-include"
            | "unreadable-include"
    ) || is_of_a_script(code)
}

/// Scripts that are not run, or that others than root could change.
fn is_of_a_script(code: &str) -> bool {
    matches!(code, "script-missing" | "script-unusable" | "script-insecure" | "unknown-user")
}

/// The headings of the blocks around each of `places`, which are in order. Lines can come and go without a change here.
fn owners(text: &str, places: &[usize]) -> Vec<String> {
    let mut places = places.iter().peekable();
    let mut found = Vec::with_capacity(places.len());
    let mut open: Vec<&str> = Vec::new();
    let (mut at, mut heading) = (0, "");
    for line in text.split_inclusive('\n') {
        let mut from = 0;
        let (mut quoted, mut comment, mut value) = (false, false, false);
        for (offset, c) in line.char_indices() {
            while places.next_if(|place| **place <= at + offset).is_some() {
                found.push(open[..open.len().min(MAX_DEPTH)].join(" / "));
            }
            match c {
                _ if comment => {}
                '"' => quoted = !quoted,
                _ if quoted => {}
                '#' | '!' => comment = true,
                '{' if line[..offset].ends_with('$') => value = true,
                '}' if value => value = false,
                '{' => {
                    let words = line[from..offset].trim();
                    open.push(if words.is_empty() { heading } else { words });
                    from = offset + 1;
                }
                '}' => {
                    open.pop();
                    from = offset + 1;
                }
                _ => {}
            }
        }
        if !line.trim().is_empty() {
            heading = line.trim();
        }
        at += line.len();
    }
    found.resize(places.len() + found.len(), String::new());
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{self, Wanted};
    use crate::process::checks::check_scripts;
    use keepalived_core::config::{Source, parse};

    fn doubts(text: &str) -> Doubts {
        let source = Source::single("k.conf", text);
        Doubts::of(&Loaded { parsed: parse(&source), source, strict: false })
    }

    fn instance(name: &str, id: u8, more: &str) -> String {
        format!(
            "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {id}\n {more}\n virtual_ipaddress {{\n 10.0.0.{id}\n }}\n}}\n"
        )
    }

    #[test]
    fn the_same_mistake_elsewhere_or_once_more_is_new() {
        let pair = |a, b| instance("A", 1, a) + &instance("B", 2, b);
        let before = doubts(&pair("prioritty 100", ""));
        assert_eq!(before.new_since(&before), None);
        assert_eq!(doubts(&pair("", "")).new_since(&before), None);
        // Lines before it make no difference.
        assert_eq!(doubts(&format!("# why\n\n{}", pair("advert_int 1\n prioritty 100", ""))).new_since(&before), None);
        assert!(doubts(&pair("prioritty 100", "prioritty 100")).new_since(&before).is_some());
        assert!(doubts(&pair("", "prioritty 100")).new_since(&before).is_some());
        assert!(doubts(&pair("prioritty 100\n prioritty 100", "")).new_since(&before).is_some());
        // And where it is expanded.
        let line = |a, b| format!("$P=prioritty 100\n{}", pair(a, b));
        assert!(doubts(&line("$P", "$P")).new_since(&doubts(&line("$P", ""))).is_some());
    }

    #[test]
    fn scripts_and_files_that_went_away_are_new() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let read = |more: &str| {
            std::fs::write(path("k.conf"), instance("A", 1, more) + "include *.inc\n").unwrap();
            let mut loaded = files::load(&Wanted { file: path("k.conf"), ..Wanted::default() }).unwrap();
            check_scripts(&mut loaded.parsed, &loaded.source);
            assert!(loaded.is_usable(), "{}", loaded.rendered(false));
            Doubts::of(&loaded)
        };
        std::fs::write(path("b.inc"), instance("B", 2, "")).unwrap();
        let before = read("notify_master /bin/true root");
        let old = read("notify_master /nowhere/1 root");
        assert_eq!(old.new_since(&old), None);
        for new in
            ["notify_master /nowhere/1 root", "notify_master /etc/passwd root", "notify_master /bin/true nobody-at-all"]
        {
            assert!(read(new).new_since(&before).is_some(), "{new}");
        }
        // One more place for what was missing before.
        assert!(read("notify_master /nowhere/1 root\n notify_backup /nowhere/1 root").new_since(&old).is_some());
        std::fs::write(path("b.inc"), "").unwrap();
        let emptied = read("notify_master /bin/true root");
        assert!(emptied.new_since(&before).is_some_and(|what| what.ends_with("b.inc is empty")));
        assert_eq!(emptied.new_since(&emptied), None);
    }

    #[test]
    fn each_file_of_a_pair_of_braces_counts() {
        let dir = tempfile::tempdir().unwrap();
        let main = dir.path().join("k.conf");
        std::fs::write(&main, instance("A", 1, "") + "include {a,b,c}.inc\n").unwrap();
        let with = |present: &[&str]| {
            for name in ["a", "b", "c"] {
                let path = dir.path().join(format!("{name}.inc"));
                let _ = std::fs::remove_file(&path);
                if present.contains(&name) {
                    std::fs::write(path, "# nothing\n").unwrap();
                }
            }
            let loaded = files::load(&Wanted { file: main.clone(), ..Wanted::default() }).unwrap();
            assert!(loaded.is_usable(), "{}", loaded.rendered(false));
            Doubts::of(&loaded)
        };
        let new = |before: &[&str], now: &[&str]| with(now).new_since(&with(before)).map(str::to_owned);
        // The first that is missing, and how many are, stay the same.
        let told = new(&["c"], &["b"]).expect("c.inc went away");
        assert!(told.contains("c.inc"), "{told}");
        assert!(new(&["a", "b", "c"], &["a", "b"]).is_some());
        assert_eq!(new(&["c"], &["b", "c"]), None, "less is missing");
        assert_eq!(new(&["c"], &["c"]), None);
    }

    #[test]
    fn blocks_are_told_by_their_headings() {
        let text = "a {\n b ${X} {\n x }\n y # }\n}\nc\n{\nz\n}\nend";
        let places: Vec<usize> = ["x }", "y", "z", "end"].iter().filter_map(|word| text.find(word)).collect();
        assert_eq!(owners(text, &places), ["a / b ${X}", "a", "c", ""]);
        assert_eq!(owners("", &[0, 0]), ["", ""]);
    }
}
