//! `$NAME` and `${NAME}`: what they stand for takes their place, and is looked through again.

use super::definition::{Definition, variable_name};
use super::text::Text;
use super::{MAX_LINE, Reader};
use crate::config::diagnostic::{Diagnostic, Span, Via};
use std::sync::Arc;

/// How deeply values may use each other.
const MAX_NESTING: usize = 64;

/// How often something may be replaced in one line.
const MAX_REPLACED: usize = 10_000;

/// What came of a line.
#[derive(Default)]
pub(super) struct Outcome<'s> {
    /// Something was replaced.
    pub(super) changed: bool,
    /// It is not as it was meant, and has been reported.
    pub(super) unresolved: bool,
    /// It ends with this definition of several lines, used there.
    pub(super) lines: Option<(Arc<Definition<'s>>, Span)>,
    /// Something stands before that definition: its first line is in the text already.
    pub(super) joined: bool,
}

/// A use of a variable.
struct Reference<'t> {
    name: &'t str,
    /// What stands behind the name, within the braces.
    parameters: &'t str,
    braces: bool,
    end: usize,
}

/// A value that is being looked through.
struct Active {
    name: Arc<str>,
    /// Its end, from the end of the line.
    from_end: usize,
    via: Via,
}

impl<'s> Reader<'s> {
    /// Replaces what `text` uses.
    pub(super) fn substitute(&mut self, text: &mut Text<'s>, out: &mut Vec<Diagnostic>) -> Outcome<'s> {
        let mut outcome = Outcome::default();
        let mut active: Vec<Active> = Vec::new();
        let mut last: Option<(usize, Via)> = None;
        let (mut at, mut replaced) = (0, 0);
        while let Some(found) = text.as_str()[at..].find('$') {
            at += found;
            active.retain(|value| text.len() - value.from_end > at);
            let Some(reference) = reference(text.as_str(), at) else {
                at += 1;
                continue;
            };
            let end = reference.end;
            let span = text.span(at, end);
            let name = reference.name.to_owned();
            if let Some(user) = self.definitions.get(name.as_str()).cloned() {
                if !reference.braces && !is_terminated(text.as_str(), end) {
                    self.not_terminated(&name, span, out);
                    at += 1;
                    continue;
                }
                if active.iter().any(|value| *value.name == *user.name) {
                    self.report(user.recursive(span), out);
                    outcome.unresolved = true;
                    return outcome;
                }
                if active.len() >= MAX_NESTING {
                    self.report(too_long(span, &format!("values use each other more than {MAX_NESTING} deep")), out);
                    outcome.unresolved = true;
                    return outcome;
                }
                if user.lines.len() > 1 || user.several {
                    if !text.as_str()[end..].trim_matches([' ', '\t']).is_empty() {
                        self.report(not_at_the_end(&user, span), out);
                        outcome.unresolved = true;
                        return outcome;
                    }
                    outcome.changed = true;
                    outcome.joined = !text.as_str()[..at].trim_matches([' ', '\t']).is_empty();
                    if outcome.joined {
                        let first = user.lines.first().map_or("", |line| line.as_str());
                        text.replace(at, end, first, text.via);
                    }
                    outcome.lines = Some((user, span));
                    return outcome;
                }
                let via = match user.number {
                    // Turns are told of by the line.
                    None => text.via,
                    Some(number) => {
                        // Values in values move what stood behind them, so `from` may be anywhere by now.
                        let between = |from: usize| text.as_str().get(from..at);
                        let same_word = |from| between(from).is_some_and(|between| !between.contains([' ', '\t']));
                        let around = match (active.last(), last) {
                            (Some(value), _) => value.via,
                            (None, Some((from, via))) if from <= at && same_word(from) => via,
                            (None, _) => text.via,
                        };
                        self.expansions.value(around, number)
                    }
                };
                let value = user.lines.first().map_or("", |line| line.as_str());
                let length = value.len();
                text.replace(at, end, value, via);
                if active.is_empty() {
                    last = Some((at + length, via));
                }
                match name_around(text.as_str(), at) {
                    Some(around) => at = around,
                    None => {
                        active.push(Active { name: Arc::clone(&user.name), from_end: text.len() - at - length, via })
                    }
                }
            } else if let Some(value) = self.predefined(&reference, span, out) {
                let value = match value {
                    Ok(value) => value,
                    Err(()) => {
                        outcome.unresolved = true;
                        at = end;
                        continue;
                    }
                };
                if !reference.braces && !is_terminated(text.as_str(), end) {
                    at += 1;
                    continue;
                }
                text.replace(at, end, &value, text.via);
                // These are not looked through again: what they hold was not written for us.
                at += value.len();
            } else {
                outcome.unresolved |= self.undefined(text.as_str(), at, &reference, span, out);
                at = if reference.braces { end } else { at + 1 };
                continue;
            }
            outcome.changed = true;
            replaced += 1;
            if text.len() > MAX_LINE || replaced > MAX_REPLACED {
                let problem = if text.len() > MAX_LINE {
                    format!("the line becomes longer than {MAX_LINE} bytes")
                } else {
                    format!("more than {MAX_REPLACED} values in one line")
                };
                self.report(too_long(span, &problem), out);
                outcome.unresolved = true;
                return outcome;
            }
            if !self.spend(0, text.len(), span, out) {
                outcome.unresolved = true;
                return outcome;
            }
        }
        outcome
    }

    /// The value of a variable that needs no definition. `Err`: it cannot be had, and that has been reported.
    fn predefined(
        &mut self,
        reference: &Reference<'_>,
        span: Span,
        out: &mut Vec<Diagnostic>,
    ) -> Option<Result<String, ()>> {
        let words: Vec<&str> = reference.parameters.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        let most = match reference.name {
            "_PWD" | "_INSTANCE" | "_HASH" | "_BANG" => 0,
            "_ENV" => 1,
            "_RANDOM" => 2,
            _ => return None,
        };
        if words.len() > most {
            let message = format!("`{}` takes {}", reference.name, ["nothing", "one name", "two numbers"][most]);
            self.report(Diagnostic::error("trailing-words", span, message).label("too many words in it"), out);
            return Some(Err(()));
        }
        let file = self.file();
        Some(match reference.name {
            "_PWD" => Ok(self.source.files.get(file).map_or(String::new(), |file| file.directory.clone())),
            "_INSTANCE" => Ok(self.source.settings.id.clone()),
            "_HASH" => Ok("#".to_owned()),
            "_BANG" => Ok("!".to_owned()),
            "_ENV" => self.environment(&words, span, out),
            _ => self.random(&words, span, out),
        })
    }

    fn environment(&mut self, words: &[&str], span: Span, out: &mut Vec<Diagnostic>) -> Result<String, ()> {
        let Some(name) = words.first() else {
            let d = Diagnostic::error("missing-argument", span, "`_ENV` needs the name of a variable");
            self.report(d.label("expected `${_ENV NAME}`"), out);
            return Err(());
        };
        if let Some(value) = self.source.settings.environment.get(*name) {
            // A value of several lines would be none of a line's words.
            return Ok(value.replace(['\n', '\r', '\0'], " "));
        }
        let d = Diagnostic::warning("undefined-variable", span, format!("the environment has no `{name}`"))
            .label("nothing takes its place")
            .help("a daemon that systemd starts has an environment of its own: see `Environment=` in its unit");
        self.report(d, out);
        Ok(String::new())
    }

    fn random(&mut self, words: &[&str], span: Span, out: &mut Vec<Diagnostic>) -> Result<String, ()> {
        let mut bounds = [0, 32_767];
        for (bound, word) in bounds.iter_mut().zip(words) {
            let Ok(number) = word.parse::<u32>() else {
                let d = Diagnostic::error("not-a-number", span, format!("`{word}` is not a whole number"));
                self.report(d.label("expected `${_RANDOM least most}`"), out);
                return Err(());
            };
            *bound = number;
        }
        let [least, most] = bounds;
        if least > most {
            let d = Diagnostic::warning("out-of-range", span, format!("there is no number from {least} to {most}"));
            self.report(d.label(format!("it is always {least}")), out);
        }
        let span = u64::from(most.saturating_sub(least)) + 1;
        Ok((u64::from(self.random.next()) % span + u64::from(least)).to_string())
    }

    /// A name that nothing defines. Whether the line cannot be used.
    fn undefined(
        &mut self,
        line: &str,
        at: usize,
        reference: &Reference<'_>,
        span: Span,
        out: &mut Vec<Diagnostic>,
    ) -> bool {
        let before = &line[..at];
        let quoted = before.bytes().filter(|b| *b == b'"').count() % 2 == 1;
        let written = &line[at..reference.end];
        if self.partial {
            // Perhaps what is missing defines it.
            return reference.braces && !quoted;
        }
        let near = self.like(reference.name);
        if reference.braces && !quoted {
            self.partial = true;
            let d = Diagnostic::error("undefined-variable", span, format!("`{written}` is not defined"))
                .label("nothing above gives it a value")
                .note("the line is left out, and the configuration is refused");
            let d = match near {
                Some(near) => d.help(format!("did you mean `${{{near}}}`?")),
                None => d.help("is this a template that something else was meant to fill in?"),
            };
            self.report(d, out);
            return true;
        }
        // A whole bare word can only be meant for us; passwords can be anything, and in quotes it can be meant for a shell.
        let whole = before.ends_with([' ', '\t']) && is_terminated(line, reference.end);
        if (whole && !quoted && !line.starts_with("auth_pass")) || near.is_some() {
            let d = Diagnostic::warning("undefined-variable", span, format!("`{written}` is not defined"))
                .label("it stays as it is written");
            let d = match near {
                Some(near) => d.help(format!("did you mean `${{{near}}}`?")),
                None => d.help("a definition like `$NAME=value` must stand above its use"),
            };
            self.report(d, out);
        }
        false
    }

    fn not_terminated(&mut self, name: &str, span: Span, out: &mut Vec<Diagnostic>) {
        let d = Diagnostic::warning("undefined-variable", span, format!("`${name}` is not replaced here"))
            .label("only replaced before a blank, a `,`, a `)` or the end of the line")
            .help(format!("write `${{{name}}}`"));
        self.report(d, out);
    }

    /// A name that is defined and nearly the same.
    fn like(&self, name: &str) -> Option<Arc<str>> {
        if name.len() < 3 || self.definitions.len() > 1000 {
            return None;
        }
        let near = |other: &&Arc<str>| crate::config::build::distance(other, name) <= name.len() / 3;
        self.definitions.keys().find(near).cloned()
    }
}

/// Reads what is behind a `$`.
fn reference(line: &str, at: usize) -> Option<Reference<'_>> {
    let rest = &line[at + 1..];
    let inner = rest.strip_prefix('{');
    let name = variable_name(inner.unwrap_or(rest));
    if name.is_empty() {
        return None;
    }
    let Some(inner) = inner else {
        return Some(Reference { name, parameters: "", braces: false, end: at + 1 + name.len() });
    };
    let parameters = &inner[name.len()..];
    let close = parameters.find('}')?;
    let parameters = &parameters[..close];
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '\t');
    if !parameters.chars().all(usual) {
        return None;
    }
    Some(Reference { name, parameters, braces: true, end: at + 2 + name.len() + close + 1 })
}

/// Where a `${NAME` begins of whose name the value at `at` is a part, as in `${PRIORITY_${N}}`.
fn name_around(line: &str, at: usize) -> Option<usize> {
    let name = line[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    name.strip_suffix("${").map(str::len)
}

/// Whether a `$NAME` without braces ends here.
fn is_terminated(line: &str, end: usize) -> bool {
    matches!(line.as_bytes().get(end), None | Some(b' ' | b'\t' | b',' | b')'))
}

fn not_at_the_end(definition: &Definition<'_>, span: Span) -> Diagnostic {
    let name = &definition.name;
    Diagnostic::error("bad-definition", span, format!("`${name}` has several lines, and something follows here"))
        .label("expected the end of the line after this")
        .also(definition.place, "defined here")
}

fn too_long(span: Span, problem: &str) -> Diagnostic {
    Diagnostic::error("expansion-too-large", span, "this expands to too much")
        .label(problem)
        .note("the line is left out, and the configuration is refused")
}
