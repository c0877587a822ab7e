//! Two keywords that say something to the preprocessor itself: `include_check` and `random_seed`.

use super::{Line, Reader};
use crate::config::diagnostic::{Diagnostic, Span};

impl Reader<'_> {
    /// Takes note of what they say on a line.
    pub(super) fn watch(&mut self, line: &Line<'_>, out: &mut Vec<Diagnostic>) {
        let text = line.text.as_str();
        let words = |keyword: &str| -> Option<Vec<(String, Span)>> {
            let at = text.find(keyword)?;
            let before = text[..at].trim_end_matches([' ', '\t']);
            let rest = &text[at + keyword.len()..];
            if !(before.is_empty() || before.ends_with(['{', '}']))
                || !(rest.is_empty() || rest.starts_with([' ', '\t']))
            {
                return None;
            }
            let rest = rest.split(['{', '}']).next().unwrap_or_default();
            let mut out = Vec::new();
            let mut from = at + keyword.len();
            for word in rest.split([' ', '\t']) {
                if !word.is_empty() {
                    out.push((word.to_owned(), line.text.span(from, from + word.len())));
                }
                from += word.len() + 1;
            }
            Some(out)
        };
        if text.contains("include_check") {
            if let Some(words) = words("include_check") {
                let mut found = Vec::new();
                self.checks.change(words.iter().map(|(word, span)| (word.as_str(), *span)), &mut found);
                found.into_iter().for_each(|d| self.report(d, out));
            }
        } else if text.contains("random_seed")
            && let Some(words) = words("random_seed")
            && let Some(seed) = words.first().and_then(|(word, _)| word.parse().ok())
        {
            self.seed = Some(seed);
        }
    }
}
