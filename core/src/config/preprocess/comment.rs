//! Comments, and what is wrong with a line whatever it says.

use super::text::Text;
use super::{MAX_LINE, Reader};
use crate::config::diagnostic::{Diagnostic, Span};

impl<'s> Reader<'s> {
    /// Cuts blanks and the comment off. `#` and `!` begin a comment anywhere but in double quotes and after a backslash.
    pub(super) fn uncommented(
        &mut self,
        file: usize,
        start: usize,
        physical: &'s str,
        out: &mut Vec<Diagnostic>,
    ) -> Option<Text<'s>> {
        let mark = if start == 0 && physical.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let body = physical[mark..].trim_end_matches(['\n', '\r']);
        let text = body.trim_start_matches([' ', '\t']);
        let start = start + mark + body.len() - text.len();
        if body.len() > MAX_LINE {
            let span = Span::new(file, start, start + text.chars().next().map_or(0, char::len_utf8));
            self.partial = true;
            let d = Diagnostic::error("line-too-long", span, "a line is too long")
                .label(format!("more than {MAX_LINE} bytes"))
                .help("is this file really a configuration?");
            self.report(d, out);
            return None;
        }
        let bytes = text.as_bytes();
        let mut escapes = Vec::new();
        let mut quote = None;
        let mut end = bytes.len();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'"' => quote = if quote.is_none() { Some(at) } else { None },
                b'\\' => {
                    if quote.is_none() && matches!(bytes.get(at + 1), Some(b'#' | b'!')) {
                        escapes.push(at);
                    }
                    at += 1;
                }
                b'#' | b'!' if quote.is_none() => {
                    end = at;
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        let text = text[..end].trim_end_matches([' ', '\t']);
        if text.is_empty() {
            return None;
        }
        let here = |from: usize, to: usize| Span::new(file, start + from, start + to);
        if let Some(quote) = quote {
            let d = Diagnostic::error("unterminated-quote", here(quote, text.len()), "a quote is not closed")
                .label("the closing `\"` is missing")
                .help("a quoted word ends on the line it begins on");
            self.report(d, out);
        }
        if let Some(nul) = text.find('\0') {
            let d = Diagnostic::error("nul-byte", here(nul, nul + 1), "a zero byte in the text")
                .label("not text")
                .help("is this file really a configuration?");
            self.report(d, out);
        }
        if let Some(at) = text.find(char::REPLACEMENT_CHARACTER) {
            // A password or an argument would silently be another than was written.
            let end = at + char::REPLACEMENT_CHARACTER.len_utf8();
            let d = Diagnostic::error("not-utf-8", here(at, end), "bytes that are no UTF-8")
                .label("which character is this?")
                .help("save the file as UTF-8; in comments it does not matter");
            self.report(d, out);
        }
        let mut line = Text::new(text, file, start);
        line.torn = quote.is_some();
        for at in escapes.into_iter().rev().filter(|at| *at < text.len()) {
            line.remove(at, at + 1);
        }
        Some(line)
    }
}
