//! Nothing that a text expands to is without bound, and nothing is said without end.

use super::Reader;
use crate::config::diagnostic::{Diagnostic, Span, Via};

/// What definitions, repetitions and files that are read again may come to.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Limits {
    pub(in crate::config) lines: usize,
    /// Counted anew for each value that is put in.
    pub(in crate::config) bytes: usize,
}

impl Default for Limits {
    /// Twice the largest example of the C version's manual.
    fn default() -> Limits {
        Limits { lines: 2_500_000, bytes: 512 << 20 }
    }
}

/// How many files that cannot be included are told one by one.
const MAX_MISSES: usize = 10_000;

impl Reader<'_> {
    /// Counts what an expansion makes. Whether it may go on; if not, nothing is read any more.
    pub(super) fn spend(&mut self, lines: usize, bytes: usize, place: Span, out: &mut Vec<Diagnostic>) -> bool {
        self.bytes += bytes;
        self.lines += lines;
        if self.lines <= self.limits.lines && self.bytes <= self.limits.bytes {
            return true;
        }
        let problem = if self.lines > self.limits.lines {
            let lines = self.limits.lines;
            format!("more than {lines} lines come from definitions, repetitions, braces and files that are read again")
        } else {
            format!(
                "more than {} MiB come from definitions, repetitions, braces and files that are read again",
                self.limits.bytes >> 20
            )
        };
        self.stop(problem, place, out);
        false
    }

    /// Reads nothing any more.
    pub(super) fn stop(&mut self, problem: String, place: Span, out: &mut Vec<Diagnostic>) {
        self.frames.clear();
        self.partial = true;
        self.report(
            Diagnostic::error("expansion-too-large", place, "the configuration expands to too much")
                .label(problem)
                .note("what follows is not read, and the configuration is refused"),
            out,
        );
    }

    /// Says something, once for each place.
    pub(super) fn report(&mut self, diagnostic: Diagnostic, out: &mut Vec<Diagnostic>) {
        let span = diagnostic.span;
        // In expansions the same words say something else each time; once is enough, but for files: each of them is missed.
        let told_apart = span.via == Via::NONE || diagnostic.is_of_a_file();
        let message = if told_apart { diagnostic.message.clone() } else { String::new() };
        if !self.said.insert((diagnostic.code, diagnostic.severity, span.file(), span.start(), message)) {
            return;
        }
        self.misses += usize::from(diagnostic.is_of_a_file());
        if self.misses == MAX_MISSES + 1 {
            self.partial = true;
            let label = format!("more than {MAX_MISSES} files");
            let d = Diagnostic::error("too-many", span, "too many files cannot be included").label(label);
            out.push(d.note("the others are not told, and the configuration is refused"));
        }
        if self.misses <= MAX_MISSES || !diagnostic.is_of_a_file() {
            out.push(diagnostic);
        }
    }
}
