//! Where passwords and keys are in a text, so that no diagnostic shows them.

use super::preprocess::{MAX_LINE, definition_name};
use super::source::Source;
use core::ops::Range;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How `auth_pass` begins, and most of what was meant to be it; and `password` of `SSL`.
const SECRETS: [&str; 3] = ["auth_p", "auth_$", "password"];

/// The variables that passwords and keys come from, and where they get their values.
#[derive(Debug, Default)]
pub(super) struct Secrets<'a> {
    names: BTreeSet<&'a str>,
    /// By file, in order.
    values: BTreeMap<usize, Vec<Range<usize>>>,
}

impl<'a> Secrets<'a> {
    /// Looks through a source. What is behind a password on its line counts as a part of it.
    pub(super) fn of(source: &'a Source) -> Secrets<'a> {
        let mut secrets = Secrets::default();
        if !source.files.iter().any(|file| may_have_secrets(&file.text)) {
            return secrets;
        }
        let mut given: BTreeMap<&'a str, Vec<(usize, Range<usize>)>> = BTreeMap::new();
        for (at, file) in source.files.iter().enumerate().filter(|(_, file)| file.text.contains('$')) {
            assignments(&file.text, &mut |name, range| given.entry(name).or_default().push((at, range)));
        }
        if given.is_empty() {
            return secrets;
        }
        let keywords = keywords(source, &given);
        let mut open: Vec<&'a str> = Vec::new();
        for (at, file) in source.files.iter().enumerate().filter(|(_, file)| file.text.contains('$')) {
            let mut start = 0;
            for line in file.text.split_inclusive('\n') {
                if let Some(from) = secret_in(line) {
                    open.extend(variables(&line[from..]));
                }
                if let Some(from) = uses(line).find(|(_, name)| keywords.contains(name)).map(|(end, _)| end) {
                    open.extend(variables(&line[from..]));
                    let to = line[from..].find(['#', '!', '\n']).map_or(line.len(), |at| from + at);
                    secrets.values.entry(at).or_default().push(start + from..start + to);
                }
                start += line.len();
            }
        }
        while let Some(name) = open.pop() {
            if !secrets.names.insert(name) {
                continue;
            }
            for (file, range) in given.remove(name).into_iter().flatten() {
                let text = source.files.get(file).and_then(|file| file.text.get(range.clone()));
                open.extend(text.into_iter().flat_map(variables));
                secrets.values.entry(file).or_default().push(range);
            }
        }
        for ranges in secrets.values.values_mut() {
            ranges.sort_by_key(|range| range.start);
            // Those that touch become one.
            ranges.dedup_by(|next, range| {
                let one = next.start <= range.end;
                if one {
                    range.end = range.end.max(next.end);
                }
                one
            });
        }
        secrets
    }

    /// Whether a variable is a part of a password.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// `text`, which are whole lines of a file from `start` on, with passwords and keys made unreadable, at the same offsets.
    pub(super) fn blotted<'t>(&self, file: usize, start: usize, text: &'t str) -> Cow<'t, str> {
        let ranges = self.values.get(&file).map_or(&[][..], Vec::as_slice);
        let first = ranges.partition_point(|range| range.end <= start);
        let last = ranges.partition_point(|range| range.start < start + text.len());
        let ranges = ranges.get(first..last).unwrap_or_default();
        if ranges.is_empty() && !may_have_secrets(text) {
            return Cow::Borrowed(text);
        }
        let mut ranges = ranges.iter().peekable();
        let mut covered_to = 0;
        let mut out = String::with_capacity(text.len());
        let mut at = start;
        for line in text.split_inclusive('\n') {
            let secret = secret_in(line).map_or(usize::MAX, |from| at + from);
            let mut comment = false;
            for c in line.chars() {
                while let Some(range) = ranges.next_if(|range| range.start <= at) {
                    covered_to = covered_to.max(range.end);
                }
                // Comments behind a password stay.
                comment |= at >= secret && (c == '#' || c == '!');
                let covered = at < covered_to || (at >= secret && !comment);
                if !covered || c.is_whitespace() || matches!(c, '"' | '{' | '}') {
                    out.push(c);
                } else {
                    out.extend(core::iter::repeat_n('*', c.len_utf8()));
                }
                at += c.len_utf8();
            }
        }
        Cow::Owned(out)
    }
}

/// The variables that end with the keyword of a password or key, whose value then stands behind them.
fn keywords<'a>(source: &'a Source, given: &BTreeMap<&'a str, Vec<(usize, Range<usize>)>>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = Vec::new();
    // Who ends with whom.
    let mut ends: BTreeMap<&'a str, Vec<&'a str>> = BTreeMap::new();
    for (name, values) in given {
        for (file, range) in values {
            let text = source.files.get(*file).and_then(|file| file.text.get(range.clone())).unwrap_or_default();
            for line in text.lines() {
                let line = line.trim_end_matches([' ', '\t', '\\']);
                let nothing_behind =
                    |rest: &str| rest.trim_start().is_empty() || rest.trim_start().starts_with([',', ')', '}']);
                if line.ends_with("auth_") || secret_in(line).is_some_and(|at| nothing_behind(&line[at..])) {
                    open.push(*name);
                }
                if let Some((_, last)) = uses(line).last().filter(|(end, _)| *end == line.len()) {
                    ends.entry(last).or_default().push(name);
                }
            }
        }
    }
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(ends.remove(name).unwrap_or_default());
        }
    }
    found
}

fn may_have_secrets(text: &str) -> bool {
    SECRETS.iter().chain(&["key", "auth_"]).any(|secret| text.contains(secret))
}

/// Where a line's secret begins, if it has one.
fn secret_in(line: &str) -> Option<usize> {
    let word = |c: char| c.is_ascii_alphabetic() || c == '_';
    let password = SECRETS.iter().filter_map(|secret| line.find(secret)).min();
    let password = password.map(|at| {
        let rest = &line[at..];
        let blank = |text: &str| text.find(char::is_whitespace).unwrap_or(text.len());
        // The rest of the keyword comes from a variable.
        let end = if rest.starts_with("auth_$") { blank(rest) } else { rest.find(|c| !word(c)).unwrap_or(rest.len()) };
        at + end
    });
    // A key of `auth_hmac` has a number; the one of `SSL` is a path, and no secret.
    let key = line.match_indices("key").find_map(|(at, key)| {
        let alone = !line[..at].ends_with(|c: char| word(c) || c == '-');
        let after = line[at..].strip_prefix(key).filter(|after| alone && after.starts_with([' ', '\t']))?;
        let value = after.trim_start_matches([' ', '\t']);
        let value = value.trim_start_matches(|c: char| c.is_ascii_digit());
        let blank = value.starts_with([' ', '\t']) || value.len() == after.trim_start_matches([' ', '\t']).len();
        let path = value.trim_start().trim_start_matches('"').starts_with(['/', '.']);
        (blank && !path).then_some(line.len() - value.len())
    });
    password.into_iter().chain(key).min()
}

/// The names of `$NAME` and `${NAME}`.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    uses(text).map(|(_, name)| name)
}

/// The same, each with where it ends.
fn uses(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('$').filter_map(|(at, _)| {
        let begin = at + 1 + usize::from(text[at + 1..].starts_with('{'));
        let name = name(&text[begin..]);
        let end = begin + name.len();
        let closed = begin > at + 1 && text[end..].starts_with('}');
        (!name.is_empty()).then_some((end + usize::from(closed), name))
    })
}

fn name(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())]
}

/// Gives each variable of a text with where its values are.
fn assignments<'a>(text: &'a str, give: &mut impl FnMut(&'a str, Range<usize>)) {
    let mut at = 0;
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let start = at;
        at += line.len();
        // Longer lines are not read.
        let lists = if line.len() <= MAX_LINE { line } else { "" };
        for (from, _) in lists.match_indices("~LST") {
            list(&line[from..], &mut |name, range| give(name, start + from + range.start..start + from + range.end));
        }
        // Behind the ids that it may begin with.
        let begin = line.find('$').unwrap_or(0);
        let Some(name) = definition_name(&line[begin..]) else { continue };
        let from = start + begin + line[begin..].find('=').map_or(0, |equals| equals + 1);
        let mut last = line;
        while last.trim_end().ends_with('\\')
            && let Some(next) = lines.next()
        {
            at += next.len();
            last = next;
        }
        give(name, from..at);
    }
}

/// The names of a `~LST`, each with all the values.
fn list<'a>(text: &'a str, give: &mut impl FnMut(&'a str, Range<usize>)) {
    let Some(open) = text.find('(') else { return };
    let close = text[open..].find(')').map_or(text.len(), |close| open + close);
    let inside = &text[open + 1..close];
    let names = if inside.trim_start().starts_with('{') { inside.find('}') } else { inside.find(',') };
    let names = names.unwrap_or(inside.len());
    for field in inside[..names].split([',', '{', ' ', '\t']).filter(|field| !field.is_empty()) {
        give(name(field), open + 1 + names..close);
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Source, parse, render, render_lines, report};

    #[test]
    fn values_of_passwords_are_not_shown() {
        let begin = "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n10.0.0.1\n}\n";
        for (before, inside) in [
            ("", "~LST(pw, hush, hush) auth_pass ${pw}"),
            ("", "~LST({n, pw}, {1, hush}, {2, hush}) auth_pass ${pw}"),
            ("$KEY=hush", "auth_pass ${KEY}"),
            ("@^other $KEY=hush", "auth_pass ${KEY}"),
            ("$KEY= \\\n hush", "auth_pass $KEY"),
            ("$A=hush\n$KEY=x${A}", "auth_pass \"a${KEY}\""),
            ("$LINE=auth_pass hush", "$LINE"),
            ("$WORD=auth_pass", "$WORD hush"),
            ("$WORD=auth_pass", "${WORD} \"hush\""),
            ("$WORD=auth_pass\n$OTHER=${WORD}\n$KEY=hush", "$OTHER ${KEY}"),
            ("$BEGIN=auth_", "${BEGIN}pass hush"),
            ("$END=pass\n$P=hush", "auth_${END} ${P}"),
            ("$END=pass", "auth_${END} hush"),
            ("~LST(w, auth_pass, auth_type) # ${w}\n$W=auth_pass", "${W} hush"),
            ("$LINES= \\\nauth_pass hush \\\nauth_type PASS \\\n", "$LINES"),
            ("$BLOCK= \\\nauthentication { \\\nauth_pass hush more \\\n} \\\n", "}\n$BLOCK\nx {"),
        ] {
            for wrong in ["more words", "\nauth_pass other", "{\n", ""] {
                let text = format!(
                    "{before}\n{begin}authentication {{\nauth_type PAS\n{inside} {wrong}\n}}\n}}\n$B=${{B}}\nx ${{B}} ${{C}}\n"
                );
                let source = Source::single("k.conf", text);
                let diagnostics = parse(&source).diagnostics;
                assert!(!diagnostics.is_empty());
                let shown = render(&diagnostics, &source, false)
                    + &render_lines(&diagnostics, &source).join("\n")
                    + &format!("{:?}", report(&diagnostics, &source, false));
                assert!(!shown.contains("hush"), "{shown}");
            }
        }
    }

    #[test]
    fn other_values_are_shown() {
        let source = Source::single("k.conf", "auth_pass $PW\n$PW=hush\n~LST(w, shown) x ${w}\n$V=shown\ny $V\n");
        let secrets = super::Secrets::of(&source);
        let text = source.text(0);
        assert_eq!(secrets.blotted(0, 0, text), text.replace("hush", "****").replace("auth_pass $PW", "auth_pass ***"));
        assert!(secrets.has("PW") && !secrets.has("w"));
    }
}
