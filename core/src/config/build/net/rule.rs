//! A line of `virtual_rules` and `static_rules`.

use super::family::{Families, Target, target};
use super::terms::{any_base, trimmed};
use super::words::{Bound, Opt, Seen, Term, Words, option, unknown, words};
use super::{Entry, Place, track_group};
use crate::config::build::values::integer;
use crate::config::build::{Context, Given};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::RULE;
use crate::config::lexer::Phrase;
use crate::config::model::{Rule, RuleAction, Table};
use crate::net::{Family, Name};

words!(Rule {
    "not" => not,
    "tos" => tos,
    "fwmark" => fwmark,
    "iif" => iif,
    "oif" => oif,
    "tunnel-id" => tunnel_id,
    "uidrange" => uid_range,
    "ipproto" => ip_protocol,
    "sport" => source_ports,
    "dport" => destination_ports,
    "realms" => realms,
    "suppress_prefixlength" => suppress_prefixlength,
    "suppress_ifgroup" => suppress_ifgroup,
    "protocol" => protocol,
    "no_track" => no_track,
});

const WHAT: &str = "rule";

/// `RULE_START_PRIORITY` of the C version: rules without a number get this one, and those after it smaller ones.
const FIRST_PRIORITY: u32 = 16384;

/// The numbers that rules without one get.
pub(in crate::config::build) struct Priorities {
    v4: u32,
    v6: u32,
}

impl Default for Priorities {
    fn default() -> Self {
        Priorities { v4: FIRST_PRIORITY, v6: FIRST_PRIORITY }
    }
}

impl Priorities {
    fn next(&mut self, family: Family) -> u32 {
        let next = match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        };
        let given = *next;
        *next = next.saturating_sub(1);
        given
    }
}

/// Reads a line. `None`: it is wrong, and that has been reported.
pub(in crate::config::build) fn read(cx: &mut Context<'_, '_>, line: &Phrase, place: Place) -> Option<Entry<Rule>> {
    let mut reader = Reader {
        rule: Rule::new(Family::V4, 0, RuleAction::Nop),
        action: None,
        priority: None,
        families: Families::default(),
        seen: Seen::default(),
        track_group: None,
        from: None,
        to: None,
        sound: true,
    };
    let mut words = Words::new(line);
    while let Some(word) = words.next() {
        let Some(option) = option(cx, RULE, word) else {
            unknown(cx, RULE, word, WHAT);
            return None;
        };
        reader.word(cx, &mut words, &option, place)?;
    }
    reader.finish(cx, line.span)
}

struct Reader {
    rule: Rule,
    action: Option<(RuleAction, Span)>,
    priority: Option<(u32, Span)>,
    families: Families,
    seen: Seen,
    track_group: Option<Given<Name>>,
    from: Option<Target>,
    to: Option<Target>,
    sound: bool,
}

impl Reader {
    /// Reads a word and what belongs to it. `None`: what follows cannot be understood.
    fn word(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>, place: Place) -> Option<()> {
        let word = option.word;
        match option.keyword.meaning() {
            "inet" => self.sound &= self.families.agree(cx, Family::V4, word.span, WHAT),
            "inet6" => self.sound &= self.families.agree(cx, Family::V6, word.span, WHAT),
            "type" => {
                let word = words.argument(cx, option)?;
                let Some(action) = super::words::option(cx, RULE, word).filter(|o| is_action(o.keyword.meaning()))
                else {
                    unknown(cx, RULE, word, "rule's `type`");
                    return None;
                };
                self.act(cx, words, &action)?;
            }
            "track_group" => {
                self.seen.note(cx, option);
                track_group(cx, words, option, place, &mut self.track_group)?;
            }
            name if is_action(name) => {
                self.sound &= self.act(cx, words, option).is_some();
            }
            name => {
                self.seen.note(cx, option);
                self.sound &= self.option(cx, words, option, name).is_some();
            }
        }
        Some(())
    }

    fn option(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>, name: &str) -> Option<()> {
        match name {
            "from" => {
                let word = words.argument(cx, option)?;
                self.from = Some(target(cx, &mut self.families, word, RULE, WHAT)?);
            }
            "to" => {
                let word = words.argument(cx, option)?;
                self.to = Some(target(cx, &mut self.families, word, RULE, WHAT)?);
            }
            "preference" => {
                let word = words.argument(cx, option)?;
                // The C version takes hexadecimal numbers here, and nowhere else.
                let priority = match any_base(trimmed(word)).and_then(|n| u32::try_from(n).ok()) {
                    Some(priority) => priority,
                    None => integer(cx, &option.word.text, word, 0, i64::from(u32::MAX))?.try_into().ok()?,
                };
                self.priority = Some((priority, option.word.span.to(word.span)));
            }
            "suppress_prefixlength" => {
                let word = words.argument(cx, option)?;
                let length = integer(cx, name, word, 0, i64::from(i32::MAX))?;
                self.rule.suppress_prefixlength = u32::try_from(length).ok();
            }
            _ => {
                self.rule.set(cx, words, option)?;
                if name == "realms" && !self.families.agree(cx, Family::V4, option.word.span, WHAT) {
                    return None;
                }
            }
        }
        Some(())
    }

    /// Reads what is to be done.
    fn act(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<()> {
        let action = match option.keyword.meaning() {
            "table" => match Table::read(cx, words, option)? {
                Table::Number(0) => {
                    cx.report(
                        Diagnostic::error("bad-value", option.word.span, "there is no table 0")
                            .label("expected a table's number from 1 up, or its name"),
                    );
                    return None;
                }
                table => RuleAction::Table(table),
            },
            "goto" => RuleAction::Goto(u32::read(cx, words, option)?),
            "l3mdev" => RuleAction::L3mdev,
            "nop" => RuleAction::Nop,
            "blackhole" => RuleAction::Blackhole,
            "unreachable" => RuleAction::Unreachable,
            _ => RuleAction::Prohibit,
        };
        if let Some((_, first)) = self.action.replace((action, option.word.span)) {
            cx.report(
                Diagnostic::error("two-actions", option.word.span, "a rule does one thing")
                    .label("one of `table`, `l3mdev`, `goto`, `nop`, `blackhole`, `unreachable` and `prohibit`")
                    .also(first, "the first one is here"),
            );
            return None;
        }
        Some(())
    }

    fn finish(mut self, cx: &mut Context<'_, '_>, line: Span) -> Option<Entry<Rule>> {
        let family = self.families.family();
        let rule = &mut self.rule;
        rule.family = family;
        let narrow = |target: Option<Target>| target.map(|t| t.prefix(family)).filter(|prefix| prefix.length > 0);
        rule.from = narrow(self.from);
        rule.to = narrow(self.to);
        let Some((action, action_span)) = self.action else {
            if self.sound {
                cx.report(
                    Diagnostic::error("no-action", line, "a rule that does nothing")
                        .label("expected `table` and a routing table, or `goto`, `blackhole` and the like"),
                );
            }
            return None;
        };
        if !matches!(action, RuleAction::Table(_) | RuleAction::L3mdev) {
            let senseless = ["realms", "suppress_prefixlength", "suppress_ifgroup"];
            if let Some((name, span)) = senseless.iter().find_map(|name| Some((name, self.seen.span(name)?))) {
                self.sound = false;
                cx.report(
                    Diagnostic::error("contradiction", span, format!("`{name}` needs a routing table"))
                        .label("this is about routes that are found")
                        .also(action_span, "but none is searched here"),
                );
            }
        }
        let goto = if let RuleAction::Goto(target) = action { Some(target) } else { None };
        match (goto, self.priority) {
            (Some(_), None) => {
                self.sound = false;
                cx.report(
                    Diagnostic::error("no-preference", action_span, "a rule with `goto` needs a `preference`")
                        .label("rules go on to greater numbers only"),
                );
            }
            (Some(target), Some((priority, span))) if priority >= target => {
                self.sound = false;
                cx.report(
                    Diagnostic::error("contradiction", action_span, format!("{priority} cannot go to {target}"))
                        .label("rules go on to greater numbers only")
                        .also(span, "the own number"),
                );
            }
            _ => {}
        }
        rule.action = action;
        super::own_protocol(cx, &mut rule.protocol, rule.no_track, &self.seen, WHAT);
        let group = super::tracked(cx, self.track_group, rule.iif.is_some(), rule.no_track, "`iif`");
        if !self.sound {
            return None;
        }
        rule.priority = match self.priority {
            Some((priority, _)) => priority,
            None => {
                let priority = cx.priorities.next(family);
                cx.report(
                    Diagnostic::warning("no-preference", line, "a rule without a `preference`")
                        .label(format!("it gets {priority}"))
                        .note("where it stands among the others is then a matter of chance")
                        .help("write `preference` and a number; smaller ones are asked first"),
                );
                priority
            }
        };
        Some(Entry { given: Given { value: self.rule, span: line }, group })
    }
}

fn is_action(name: &str) -> bool {
    matches!(name, "table" | "l3mdev" | "goto" | "nop" | "blackhole" | "unreachable" | "prohibit")
}

/// The words of a rule, with `track_group` where it has one.
pub(in crate::config) fn write(rule: &Rule, group: Option<&Name>) -> String {
    let mut out = Vec::new();
    if rule.family == Family::V6 && rule.from.is_none() && rule.to.is_none() {
        // The C version (2.4.3) skips the word after `inet6`.
        out.push("from ::/0".into());
    }
    if let Some(from) = &rule.from {
        out.push(format!("from {from}"));
    }
    if let Some(to) = &rule.to {
        out.push(format!("to {to}"));
    }
    rule.say_all(&mut out);
    out.push(match &rule.action {
        RuleAction::Table(table) => format!("table {}", table.write()),
        RuleAction::L3mdev => "l3mdev".into(),
        RuleAction::Goto(target) => format!("goto {target}"),
        RuleAction::Nop => "nop".into(),
        RuleAction::Blackhole => "blackhole".into(),
        RuleAction::Unreachable => "unreachable".into(),
        RuleAction::Prohibit => "prohibit".into(),
    });
    out.push(format!("preference {}", rule.priority));
    super::write_group(group, &mut out);
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keywords;

    #[test]
    fn words_of_the_table_are_read() {
        assert!(Rule::NAMES.iter().all(|name| keywords::find(RULE, name).is_some()));
        let special = ["inet", "inet6", "from", "to", "preference", "type", "track_group"];
        for keyword in keywords::of(RULE) {
            let name = keyword.meaning();
            assert!(Rule::NAMES.contains(&name) || special.contains(&name) || is_action(name), "{name}");
        }
    }

    #[test]
    fn rules_without_a_number_get_smaller_and_smaller_ones() {
        let mut priorities = Priorities::default();
        assert_eq!([0; 3].map(|_| priorities.next(Family::V4)), [16384, 16383, 16382]);
        assert_eq!(priorities.next(Family::V6), 16384);
    }
}
