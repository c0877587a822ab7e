//! What is certainly wrong with a regular expression, without compiling it.

use crate::config::model::RegexOption;

/// Why `pattern` is none that PCRE2 accepts; `None`: nothing was found.
pub(super) fn problem(pattern: &str, options: &[RegexOption]) -> Option<&'static str> {
    let extended = options.contains(&RegexOption::Extended);
    if options.contains(&RegexOption::AllowEmptyClass) {
        return None;
    }
    let mut chars = pattern.chars().peekable();
    let mut groups = 0_usize;
    // Whether there is something that a `*` could repeat.
    let mut repeatable = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                None => return Some("nothing follows its last backslash"),
                Some('Q') => {
                    literal(&mut chars);
                    repeatable = true;
                }
                Some(_) => repeatable = true,
            },
            '[' => {
                if !class(&mut chars) {
                    return Some("a `[` is not closed");
                }
                repeatable = true;
            }
            '(' if chars.peek() == Some(&'?') => {
                chars.next();
                if chars.peek() == Some(&'#') {
                    if !chars.any(|c| c == ')') {
                        return Some("a comment `(?#` is not closed");
                    }
                } else {
                    // `(?x)`: what is a comment from here on is not found out.
                    let flags = chars.clone().take_while(char::is_ascii_alphabetic);
                    if flags.into_iter().any(|c| c == 'x') {
                        return None;
                    }
                    groups += 1;
                    repeatable = true;
                }
            }
            // A verb like `(*UTF)`.
            '(' if chars.peek() == Some(&'*') => {
                if !chars.any(|c| c == ')') {
                    return Some("a `(*` is not closed");
                }
                repeatable = true;
            }
            '(' => {
                groups += 1;
                repeatable = false;
            }
            ')' if groups == 0 => return Some("a `)` closes nothing; write `\\\\)` for the character"),
            ')' => {
                groups -= 1;
                repeatable = true;
            }
            '*' | '+' | '?' if !repeatable => return Some("there is nothing before it that could be repeated"),
            '|' => repeatable = false,
            '#' if extended => {
                chars.by_ref().find(|c| *c == '\n');
            }
            c if extended && c.is_ascii_whitespace() => {}
            _ => repeatable = true,
        }
    }
    (groups > 0).then_some("a `(` is not closed")
}

/// The rest of `\Q...\E`.
fn literal(chars: &mut core::iter::Peekable<core::str::Chars<'_>>) {
    let mut backslash = false;
    for c in chars {
        if backslash && c == 'E' {
            return;
        }
        backslash = c == '\\';
    }
}

/// The rest of `[...]`. False: it does not end.
fn class(chars: &mut core::iter::Peekable<core::str::Chars<'_>>) -> bool {
    chars.next_if_eq(&'^');
    // As the first character it is one of the class.
    chars.next_if_eq(&']');
    while let Some(c) = chars.next() {
        match c {
            ']' => return true,
            '\\' => match chars.next() {
                Some('Q') => literal(chars),
                Some(_) => {}
                None => return false,
            },
            '[' if matches!(chars.peek(), Some(':' | '.' | '=')) => {
                // `[:alpha:]`, or only a `[` and a `:`.
                let Some(kind) = chars.next() else { return false };
                let mut ahead = chars.clone();
                let mut before = ' ';
                while let Some(c) = ahead.next_if(|c| c.is_ascii_alphabetic() || *c == '^' || *c == kind || *c == ']') {
                    if c == ']' {
                        if before == kind {
                            *chars = ahead;
                        }
                        break;
                    }
                    before = c;
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{RegexOption, problem};

    #[test]
    fn right_ones() {
        for pattern in [
            "",
            "a",
            "a*",
            "(a|b)+?",
            "[]a]",
            "[^]a]",
            "[[:alpha:]_]",
            "[a[:]",
            r"\[",
            r"\Q(\E",
            r"[\]]",
            "(?i)x",
            "(?<n>a)\\k<n>",
            "(?#)x",
            "^*",
            "a{2,3}",
            "(*UTF)a",
            "x|y",
            "(?x) # (",
            "(|a)",
            "]",
            "}",
            "{",
        ] {
            assert_eq!(problem(pattern, &[]), None, "{pattern}");
        }
        assert_eq!(problem("a # (", &[RegexOption::Extended]), None);
    }

    #[test]
    fn wrong_ones() {
        for pattern in ["(", ")", "a)", "[", "[]", "[a", r"a\", "*", "(*a", "(+a)", "a|*", "(?#", "[[:alpha:]", "(?:a"]
        {
            assert!(problem(pattern, &[]).is_some(), "{pattern}");
        }
        assert!(problem("a # (", &[]).is_some());
    }
}
