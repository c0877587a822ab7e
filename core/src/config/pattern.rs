//! Patterns of file names, as glob(3) reads them with `GLOB_BRACE`: `*`, `?`, `[a-z]`, `[!a-z]`, `{one,other}`, and `\` before a
//! character that is meant as it is.

/// Alternatives beyond this are nobody's intention.
const MAX_ALTERNATIVES: usize = 1000;

/// How often braces may be in each other, beside all alternatives.
const MAX_LOOKS: usize = 2 * MAX_ALTERNATIVES;

/// What the braces of a pattern stand for, in order; a pattern without braces for itself. `None`: too many. Adds to `looks` how many
/// names were looked through, and their bytes.
pub(super) fn alternatives(pattern: &str, looks: &mut (usize, usize)) -> Option<Vec<String>> {
    let mut done = Vec::new();
    // The last one is the next to look at.
    let mut open = vec![pattern.to_owned()];
    let most = looks.0 + MAX_LOOKS;
    while let Some(text) = open.pop() {
        *looks = (looks.0 + 1, looks.1 + text.len());
        match braces(&text) {
            None => done.push(text),
            Some((start, commas, end)) => {
                if done.len() + open.len() + commas.len() + 1 > MAX_ALTERNATIVES || looks.0 > most {
                    return None;
                }
                let mut edges = vec![start];
                edges.extend(commas);
                edges.push(end);
                for pair in edges.windows(2).rev() {
                    open.push(format!("{}{}{}", &text[..start], &text[pair[0] + 1..pair[1]], &text[end + 1..]));
                }
            }
        }
    }
    Some(done)
}

/// Whether a pattern has braces that stand for something.
pub(super) fn has_braces(pattern: &str) -> bool {
    braces(pattern).is_some()
}

/// The first pair of braces that is closed and not empty, with the commas between them.
fn braces(text: &str) -> Option<(usize, Vec<usize>, usize)> {
    let bytes = text.as_bytes();
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut first: Option<(usize, Vec<usize>, usize)> = None;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'{' => open.push((at, Vec::new())),
            b',' => {
                if let Some((_, commas)) = open.last_mut() {
                    commas.push(at);
                }
            }
            b'}' => {
                if let Some((start, commas)) = open.pop()
                    && at > start + 1
                    && first.as_ref().is_none_or(|(first, ..)| start < *first)
                {
                    first = Some((start, commas, at));
                }
                if open.is_empty() && first.is_some() {
                    break;
                }
            }
            _ => {}
        }
        at += 1;
    }
    first
}

/// Whether there is a wildcard in `text`.
#[must_use]
pub fn is_wild(text: &str) -> bool {
    let mut escaped = false;
    text.bytes().any(|b| {
        let wild = !escaped && matches!(b, b'*' | b'?' | b'[');
        escaped = !escaped && b == b'\\';
        wild
    })
}

/// The name that a pattern without wildcards stands for.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    out
}

/// Whether the name of a file matches a pattern. Names that begin with a dot only match patterns that do.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.trim_start_matches('\\').starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where to go on when it turns out that the last `*` stands for more.
    let mut star = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
        } else if let Some(next) = one(&pattern, p, name[n]) {
            p = next;
            n += 1;
        } else if let Some((at, from)) = star {
            p = at + 1;
            n = from + 1;
            star = Some((at, n));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Where the pattern goes on after it has matched one character.
fn one(pattern: &[char], at: usize, c: char) -> Option<usize> {
    match *pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => match set(pattern, at, c) {
            Some((matched, next)) => matched.then_some(next),
            None => (c == '[').then_some(at + 1),
        },
        '\\' => match pattern.get(at + 1) {
            Some(next) => (*next == c).then_some(at + 2),
            None => (c == '\\').then_some(at + 1),
        },
        literal => (literal == c).then_some(at + 1),
    }
}

/// Whether a set has a character, and where it ends. `None`: it does not end.
fn set(pattern: &[char], open: usize, c: char) -> Option<(bool, usize)> {
    let mut at = open + 1;
    let not = matches!(pattern.get(at), Some('!' | '^'));
    at += usize::from(not);
    let first = at;
    let mut matched = false;
    loop {
        match *pattern.get(at)? {
            ']' if at > first => return Some((matched != not, at + 1)),
            low => {
                let low = if low == '\\' { *pattern.get(at + 1)? } else { low };
                at += if pattern[at] == '\\' { 2 } else { 1 };
                let mut high = low;
                if pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|c| *c != ']') {
                    high = pattern[at + 1];
                    at += 2;
                }
                matched |= (low..=high).contains(&c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_expanded_in_order() {
        let looked = |text: &str| {
            let mut looks = (0, 0);
            (alternatives(text, &mut looks), looks)
        };
        let list = |text| looked(text).0.expect("not too many").join(" ");
        assert_eq!(list("a.conf"), "a.conf");
        assert_eq!(list("{foo/{,cat,dog},bar}"), "foo/ foo/cat foo/dog bar");
        assert_eq!(list("x{b,a}{1,2}y"), "xb1y xb2y xa1y xa2y");
        assert_eq!(list("{}/x{"), "{}/x{");
        assert_eq!(list(r"\{a,b\}"), r"\{a,b\}");
        assert_eq!(list("{a}"), "a");
        assert_eq!(list("{ {a,b}"), "{ a { b");
        assert_eq!(list("{{}{a}"), "{{}a");
        // However many braces there are, the names looked through are bounded.
        for many in ["{a,b}".repeat(40), "{a,}".repeat(4000), format!("{}a{}", "{".repeat(8000), "}".repeat(8000))] {
            let (names, looks) = looked(&many);
            assert!(names.is_none() && looks.0 <= MAX_LOOKS + 1, "{looks:?}");
        }
        let unmatched = "{".repeat(16_000);
        assert_eq!(looked(&unmatched), (Some(vec![unmatched.clone()]), (1, 16_000)));
    }

    #[test]
    fn names_match_as_with_fnmatch() {
        for (pattern, name, want) in [
            ("*.conf", "a.conf", true),
            ("*.conf", ".a.conf", false),
            (".*", ".a", true),
            ("*.conf", "a.conf~", false),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]a]", "]", true),
            ("[a", "[a", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            ("*a*b*c", "xxaxxbxxcxc", true),
            ("*a*b*c", "xxaxxbxx", false),
            ("é*", "éa", true),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
        assert!(!matches(&"*a".repeat(2000), &"a".repeat(1999).replace("aa", "ab")));
    }

    #[test]
    fn wildcards_are_seen() {
        assert!(is_wild("a*") && is_wild("[a]") && !is_wild(r"a\*") && is_wild(r"a\\*"));
        assert_eq!(plain(r"a\*\\b"), r"a*\b");
    }
}
