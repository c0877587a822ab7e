//! A line of `virtual_routes` and `static_routes`.

use super::family::{Families, Target, host_bits, target, with_family};
use super::words::{Bound, Opt, Seen, Slot, Term, Words, option, unknown, words};
use super::{Entry, Place, track_group};
use crate::config::build::address::after;
use crate::config::build::{Context, Given};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::{self, NEXTHOP, ROUTE};
use crate::config::lexer::{Phrase, Word};
use crate::config::model::{Nexthop, Placement, Route, RouteKind, RouteMetrics};
use crate::net::{Family, Name};
use core::net::IpAddr;

words!(Route {
    "src" => source,
    "tos" => tos,
    "dev" => device,
    "onlink" => onlink,
    "table" => table,
    "protocol" => protocol,
    "scope" => scope,
    "metric" => metric,
    "realms" => realms,
    "expires" => expires,
    "pref" => preference,
    "ttl-propagate" => ttl_propagate,
    "no_track" => no_track,
});

words!(RouteMetrics {
    "mtu" => mtu,
    "advmss" => advmss,
    "hoplimit" => hoplimit,
    "rtt" => rtt,
    "rttvar" => rttvar,
    "rto_min" => rto_min,
    "reordering" => reordering,
    "window" => window,
    "cwnd" => cwnd,
    "ssthresh" => ssthresh,
    "initcwnd" => initcwnd,
    "initrwnd" => initrwnd,
    "quickack" => quickack,
    "fastopen_no_cookie" => fastopen_no_cookie,
    "congctl" => congctl,
});

words!(Nexthop {
    "dev" => device,
    "onlink" => onlink,
    "realms" => realms,
    "encap" => encap,
});

const WHAT: &str = "route";

/// Reads a line. `None`: it is wrong, and that has been reported.
pub(in crate::config::build) fn read(cx: &mut Context<'_, '_>, line: &Phrase, place: Place) -> Option<Entry<Route>> {
    let mut reader = Reader {
        route: Route::new(Target::All.prefix(Family::V4)),
        to: None,
        families: Families::default(),
        seen: Seen::default(),
        or: None,
        track_group: None,
        sound: true,
    };
    let mut words = Words::new(line);
    while let Some(word) = words.next() {
        reader.word(cx, &mut words, word, place)?;
    }
    reader.finish(cx, line.span)
}

struct Reader {
    route: Route,
    to: Option<(Target, Span)>,
    families: Families,
    seen: Seen,
    /// The second router of `via A or B`.
    or: Option<(IpAddr, Span)>,
    track_group: Option<Given<Name>>,
    sound: bool,
}

impl Reader {
    /// Reads a word and what belongs to it. `None`: what follows cannot be understood.
    fn word(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, word: &Word, place: Place) -> Option<()> {
        let Some(option) = option(cx, ROUTE, word) else {
            return self.destination(cx, words, word, false);
        };
        match option.keyword.meaning() {
            "inet" => self.sound &= self.families.agree(cx, Family::V4, word.span, WHAT),
            "inet6" => self.sound &= self.families.agree(cx, Family::V6, word.span, WHAT),
            "to" => {
                let word = words.argument(cx, &option)?;
                return self.destination(cx, words, word, true);
            }
            "nexthop" => {
                self.seen.note(cx, &option);
                self.nexthops(cx, words, word)?;
            }
            "as" => {
                words.skip("to");
                words.argument(cx, &option)?;
            }
            "track_group" => {
                self.seen.note(cx, &option);
                track_group(cx, words, &option, place, &mut self.track_group)?;
            }
            kind if RouteKind::from_word(kind).is_some() => return self.destination(cx, words, word, false),
            placement @ ("add" | "append" | "prepend") => {
                self.route.placement = match placement {
                    "add" => Placement::Add,
                    "append" => Placement::Append,
                    _ => Placement::Prepend,
                };
            }
            _ => {
                self.seen.note(cx, &option);
                self.sound &= self.option(cx, words, &option).is_some();
            }
        }
        Some(())
    }

    /// Reads what stands after a word. `None`: it is wrong.
    fn option(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<()> {
        let word = option.word;
        match option.keyword.meaning() {
            "via" => self.route.via = Some(with_family(cx, &mut self.families, words, option, WHAT)?),
            "or" => {
                let ip = IpAddr::read(cx, words, option)?;
                let agreed = self.families.agree(cx, Family::of(ip), word.span, WHAT);
                self.or = agreed.then_some((ip, word.span));
                return agreed.then_some(());
            }
            "from" => {
                let word = words.argument(cx, option)?;
                let from = target(cx, &mut self.families, word, ROUTE, WHAT)?;
                if !self.families.agree(cx, Family::V6, option.word.span, WHAT) {
                    return None;
                }
                self.route.from = Some(from.prefix(Family::V6));
            }
            "features" => match words.argument(cx, option)? {
                word if word.text == "ecn" => self.route.metrics.ecn = true,
                word => {
                    cx.report(
                        Diagnostic::error("bad-value", word.span, format!("`{}` is no feature of a route", word.text))
                            .label("expected `ecn`"),
                    );
                    return None;
                }
            },
            "encap" => self.route.encap.fill(cx, words, option)?,
            "vrf" => {
                self.route.table.fill(cx, words, option)?;
                if let Some(table) = self.seen.span("table") {
                    self.two_tables(cx, option.word.span, table);
                }
            }
            name => {
                if !self.route.set(cx, words, option)? {
                    self.route.metrics.set(cx, words, option)?;
                }
                let decided = match name {
                    "src" => self.route.source.map(Family::of),
                    "realms" => Some(Family::V4),
                    "expires" | "pref" => Some(Family::V6),
                    _ => None,
                };
                if name == "table"
                    && let Some(vrf) = self.seen.span("vrf")
                {
                    self.two_tables(cx, word.span, vrf);
                }
                if decided.is_some_and(|family| !self.families.agree(cx, family, word.span, WHAT)) {
                    return None;
                }
            }
        }
        Some(())
    }

    fn two_tables(&self, cx: &mut Context<'_, '_>, second: Span, first: Span) {
        cx.report(
            Diagnostic::warning("contradiction", second, "both `table` and `vrf`")
                .label("this one counts; is it the one that is meant?")
                .also(first, "the other is here"),
        );
    }

    /// Reads `[TYPE] PREFIX`, or just `PREFIX`.
    fn destination(
        &mut self,
        cx: &mut Context<'_, '_>,
        words: &mut Words<'_>,
        word: &Word,
        announced: bool,
    ) -> Option<()> {
        let mut word = word;
        let by_name = RouteKind::ALL.iter().any(|(name, _)| *name == word.text);
        let by_number = !by_name && words.peek().is_some() && RouteKind::from_word(&word.text).is_some();
        if by_name || by_number {
            self.route.kind = RouteKind::from_word(&word.text)?;
            word = after(cx, word, words.next(), "the destination, like 192.0.2.0/24 or `default`")?;
        } else if !announced && !super::words::is_address_like(&word.text) && !is_all(&word.text) {
            unknown(cx, ROUTE, word, WHAT);
            return None;
        }
        let to = target(cx, &mut self.families, word, ROUTE, WHAT)?;
        if let Some((_, first)) = self.to.replace((to, word.span)) {
            self.sound = false;
            cx.report(
                Diagnostic::error("two-destinations", word.span, "a route has one destination")
                    .label("one route a line is expected")
                    .also(first, "the first one is here"),
            );
        }
        if let Target::Net(prefix) = to {
            host_bits(cx, prefix, word.span);
        }
        Some(())
    }

    /// Reads everything from the first `nexthop` on.
    fn nexthops(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, first: &Word) -> Option<()> {
        let mut begin = first;
        loop {
            let mut nexthop = Nexthop::default();
            let mut seen = Seen::default();
            let mut end = begin.span;
            let mut next = None;
            while let Some(word) = words.next() {
                if word.text == "nexthop" {
                    next = Some(word);
                    break;
                }
                let Some(option) = option(cx, NEXTHOP, word) else {
                    self.misplaced(cx, word);
                    return None;
                };
                end = word.span;
                seen.note(cx, &option);
                self.sound &= self.nexthop_option(cx, words, &option, &mut nexthop).is_some();
            }
            if nexthop.via.is_none() && nexthop.device.is_none() && self.sound {
                self.sound = false;
                cx.report(
                    Diagnostic::error("missing-argument", begin.span.to(end), "a next hop that leads nowhere")
                        .label("expected `via` or `dev`"),
                );
            }
            self.route.nexthops.push(nexthop);
            match next {
                Some(word) => begin = word,
                None => return Some(()),
            }
        }
    }

    fn nexthop_option(
        &mut self,
        cx: &mut Context<'_, '_>,
        words: &mut Words<'_>,
        option: &Opt<'_>,
        nexthop: &mut Nexthop,
    ) -> Option<()> {
        match option.keyword.meaning() {
            "via" => nexthop.via = Some(with_family(cx, &mut self.families, words, option, WHAT)?),
            "weight" => {
                let word = words.argument(cx, option)?;
                let weight = crate::config::build::values::integer(cx, "weight", word, 1, 256)?;
                nexthop.weight = u16::try_from(weight).unwrap_or(1);
            }
            name => {
                nexthop.set(cx, words, option)?;
                if name == "realms" && !self.families.agree(cx, Family::V4, option.word.span, WHAT) {
                    return None;
                }
            }
        }
        Some(())
    }

    fn misplaced(&self, cx: &mut Context<'_, '_>, word: &Word) {
        if keywords::find(ROUTE, &word.text).is_none() {
            unknown(cx, NEXTHOP, word, "next hop");
            return;
        }
        cx.report(
            Diagnostic::error("misplaced", word.span, format!("`{}` says nothing in a next hop", word.text))
                .label("this belongs before the first `nexthop`"),
        );
    }

    fn finish(mut self, cx: &mut Context<'_, '_>, line: Span) -> Option<Entry<Route>> {
        let Some((to, _)) = self.to else {
            if self.sound {
                cx.report(
                    Diagnostic::error("no-destination", line, "a route needs a destination")
                        .label("expected a network like 192.0.2.0/24, or `default`"),
                );
            }
            return None;
        };
        self.or(cx);
        let route = &mut self.route;
        route.to = to.prefix(self.families.family());
        if route.kind.drops() && route.to.ip.is_ipv4() {
            let senseless = ["via", "dev", "nexthop"].iter().find_map(|name| Some((name, self.seen.span(name)?)));
            if let Some((name, span)) = senseless {
                let text = format!("`{}` and `{name}` do not go together", route.kind.word());
                cx.report(
                    Diagnostic::warning("contradiction", span, text)
                        .label("packets go nowhere")
                        .note("the kernel refuses such a route, and so it will never be there"),
                );
            }
        }
        super::own_protocol(cx, &mut route.protocol, route.no_track, &self.seen, WHAT);
        let device = route.device.is_some();
        let group = super::tracked(cx, self.track_group, device, route.no_track, "`dev`");
        self.sound.then_some(Entry { given: Given { value: self.route, span: line }, group })
    }

    /// `via A or B` is two next hops.
    fn or(&mut self, cx: &mut Context<'_, '_>) {
        let Some((second, span)) = self.or else { return };
        let problem = match (self.route.via, self.route.nexthops.is_empty()) {
            (_, false) => "`or` and `nexthop` do not go together",
            (None, _) => "`or` needs a `via` before it",
            (Some(first), true) => {
                let hop = |ip| Nexthop { via: Some(ip), ..Nexthop::default() };
                self.route.nexthops = vec![hop(first), hop(second)];
                self.route.via = None;
                return;
            }
        };
        self.sound = false;
        cx.report(Diagnostic::error("misplaced", span, problem).label("write `nexthop via A nexthop via B`"));
    }
}

fn is_all(text: &str) -> bool {
    matches!(text, "default" | "all" | "any" | "default6")
}

/// The words of a route, with `track_group` where it has one.
pub(in crate::config) fn write(route: &Route, group: Option<&Name>) -> String {
    let mut out = Vec::new();
    match route.placement {
        Placement::Prepend => {}
        Placement::Add => out.push("add".into()),
        Placement::Append => out.push("append".into()),
    }
    if route.kind != RouteKind::Unicast {
        out.push(route.kind.word().to_owned());
    }
    out.push(route.to.to_string());
    if let Some(from) = &route.from {
        out.push(format!("from {from}"));
    }
    route.via.say("via", &mut out);
    route.say_all(&mut out);
    route.metrics.say_all(&mut out);
    if route.metrics.ecn {
        out.push("features ecn".into());
    }
    super::write_group(group, &mut out);
    // What follows could be taken for words of the tunnel.
    route.encap.say("encap", &mut out);
    for nexthop in &route.nexthops {
        out.push("nexthop".into());
        nexthop.via.say("via", &mut out);
        if nexthop.weight != 1 {
            out.push(format!("weight {}", nexthop.weight));
        }
        nexthop.say_all(&mut out);
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bound_word_is_in_the_table() {
        for name in Route::NAMES.iter().chain(RouteMetrics::NAMES) {
            assert!(keywords::find(ROUTE, name).is_some(), "{name}");
        }
        for name in Nexthop::NAMES {
            assert!(keywords::find(NEXTHOP, name).is_some(), "{name}");
        }
    }

    #[test]
    fn every_word_of_the_table_is_read() {
        let special = [
            "inet",
            "inet6",
            "to",
            "via",
            "or",
            "from",
            "as",
            "add",
            "append",
            "prepend",
            "nexthop",
            "vrf",
            "features",
            "encap",
            "track_group",
        ];
        for keyword in keywords::of(ROUTE) {
            let name = keyword.meaning();
            let bound = Route::NAMES.contains(&name) || RouteMetrics::NAMES.contains(&name);
            assert!(bound || special.contains(&name) || RouteKind::from_word(name).is_some(), "{name}");
        }
    }
}
