//! A line of `virtual_ipaddress`, `virtual_ipaddress_excluded` and `static_ipaddress`.

use super::words::{Bound, Opt, Seen, Words, find, is_address_like, option, words};
use super::{Entry, Place, special, track_group};
use crate::config::build::ip::{address, with_prefix};
use crate::config::build::values::integer;
use crate::config::build::{Context, Given, unknown};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::{self, ADDRESS, STATIC_ADDRESS, Standing};
use crate::config::lexer::{Phrase, Word};
use crate::config::model::{Identifier, Scope, VirtualAddress};
use crate::net::{Family, Name};
use core::net::{IpAddr, Ipv4Addr};
use core::num::NonZeroU32;

words!(VirtualAddress {
    "dev" => device,
    "label" => label,
    "home" => flags.home,
    "mngtmpaddr" => flags.mngtmpaddr,
    "noprefixroute" => flags.noprefixroute,
    "autojoin" => flags.autojoin,
    "use_vmac" => use_vmac,
    "no_track" => no_track,
});

/// Reads a line. `None`: it is wrong, and that has been reported.
pub(in crate::config::build) fn read(
    cx: &mut Context<'_, '_>,
    line: &Phrase,
    place: Place,
) -> Option<Entry<VirtualAddress>> {
    let mut words = Words::new(line);
    let first = words.next()?;
    let signs = [',', ';'];
    if let Some((ip, rest)) = first.text.find(signs).map(|at| first.text.split_at(at))
        && with_prefix_is_sound(ip)
    {
        let more = line.words.len() > 1 || rest.len() > 1;
        let sign = if rest.starts_with(',') { "a comma" } else { "a semicolon" };
        let next = if more { ", and the next address on a line of its own" } else { "" };
        cx.report(
            Diagnostic::error("bad-address", first.span, format!("`{}` is not an IP address", first.text))
                .label("expected one address a line")
                .help(format!("write `{ip}` without {sign}{next}")),
        );
        return None;
    }
    let (ip, prefix) = with_prefix(cx, first)?;
    let family = Family::of(ip);
    let mut address = VirtualAddress::new(ip, prefix.unwrap_or(family.host_prefix()));
    address.flags.nodad = family == Family::V6;
    let mut reader = Reader {
        prefix,
        address,
        broadcast: None,
        lifetime: None,
        track_group: None,
        seen: Seen::default(),
        prose: None,
        sound: true,
    };
    while let Some(word) = words.next() {
        reader.word(cx, &mut words, word, place)?;
    }
    reader.prose(cx);
    let entry = reader.finish(cx, line.span)?;
    let VirtualAddress { ip, prefix, flags, device, .. } = &entry.given.value;
    if place == Place::Virtual && !(flags.autojoin && ip.is_multicast()) && device.as_deref() != Some("lo") {
        special::check(cx, *ip, *prefix, first.span);
    }
    Some(entry)
}

fn with_prefix_is_sound(text: &str) -> bool {
    let (ip, length) = text.split_once('/').unwrap_or((text, "0"));
    ip.parse::<IpAddr>().is_ok() && length.parse::<u8>().is_ok()
}

struct Reader {
    /// The prefix length that was written.
    prefix: Option<u8>,
    address: VirtualAddress,
    broadcast: Option<(Broadcast, Span)>,
    lifetime: Option<Lifetime>,
    track_group: Option<Given<Name>>,
    seen: Seen,
    /// Words one after the other that say nothing.
    prose: Option<(Span, String)>,
    sound: bool,
}

enum Broadcast {
    AllOnes,
    AllZeros,
    Is(Ipv4Addr),
}

enum Lifetime {
    Forever,
    Seconds(u32),
}

impl Reader {
    /// Reads a word and what belongs to it. `None`: what follows cannot be understood.
    fn word(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, word: &Word, place: Place) -> Option<()> {
        // Of words that stand in the wrong place only that is said, and of static addresses that they are not made.
        let virtual_only = word.text == "use_vmac" && place == Place::Static;
        let static_only = find(STATIC_ADDRESS, word);
        let found = match place {
            _ if static_only.is_some() => static_only,
            Place::Static => find(ADDRESS, word),
            Place::Virtual => option(cx, ADDRESS, word),
        };
        let Some(option) = found else { return self.unknown(cx, word, place) };
        self.prose(cx);
        match option.keyword.meaning() {
            "track_group" => {
                self.sound &= self.seen.once(cx, &option);
                track_group(cx, words, &option, place, &mut self.track_group)?;
            }
            "use_vmac" if virtual_only => cx.report(
                Diagnostic::warning("no-effect", word.span, "a static address has no virtual interface")
                    .label("skipped"),
            ),
            _ => self.sound &= self.option(cx, words, &option)?,
        }
        Some(())
    }

    /// False: something is wrong. `None`: the value is missing.
    fn option(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<bool> {
        let ipv6 = self.address.ip.is_ipv6();
        let word = option.word;
        let meaning = option.keyword.meaning();
        let value = match meaning {
            "scope" | "brd" | "peer" | "preferred_lft" => words.argument(cx, option)?,
            "dev" | "label" if words.peek().is_none() => words.argument(cx, option)?,
            _ => words.peek().unwrap_or(word),
        };
        let span = word.span.to(value.span);
        let once = match meaning {
            "dev" | "label" | "brd" | "peer" | "scope" | "preferred_lft" => self.seen.once(cx, option),
            _ => true,
        };
        let sound = match meaning {
            "scope" => self.scope(cx, value),
            "brd" => self.broadcast(cx, value, span),
            "peer" => self.peer(cx, value),
            "preferred_lft" => self.lifetime(cx, value),
            "nodad" => {
                self.address.flags.nodad = ipv6;
                if !ipv6 {
                    cx.report(
                        Diagnostic::warning("no-effect", word.span, "an IPv4 address is used at once anyway")
                            .label("skipped"),
                    );
                }
                true
            }
            "-nodad" => {
                self.address.flags.nodad = false;
                true
            }
            _ => self.address.set(cx, words, option).is_some(),
        };
        // Of the other family, values are checked all the same.
        let skipped = match meaning {
            "scope" if ipv6 => core::mem::take(&mut self.address.scope) != 0,
            "label" if ipv6 => self.address.label.take().is_some(),
            "preferred_lft" if !ipv6 => self.lifetime.take().is_some(),
            _ => false,
        };
        if skipped {
            let family = Family::of(self.address.ip);
            cx.report(
                Diagnostic::warning("no-effect", span, format!("an {family} address has no {meaning}"))
                    .label("skipped"),
            );
        }
        Some(sound && once)
    }

    /// A word that says nothing: a slip, another address, or a comment without its mark, which the C version reads over.
    fn unknown(&mut self, cx: &mut Context<'_, '_>, word: &Word, place: Place) -> Option<()> {
        let of_static = keywords::of(STATIC_ADDRESS).filter(|_| place == Place::Static);
        let meant = unknown::nearest(keywords::of(ADDRESS).chain(of_static), &word.text);
        let another = is_address_like(&word.text);
        if meant.is_none() && !another {
            self.prose = Some(match self.prose.take() {
                None => (word.span, word.text.to_string()),
                Some((span, mut text)) => {
                    text.push(' ');
                    text.push_str(&word.text);
                    (span.to(word.span), text)
                }
            });
            return Some(());
        }
        self.prose(cx);
        let name: String = word.text.chars().take(60).collect();
        let text = format!("`{name}` says nothing in `virtual_ipaddress`");
        let mut diagnostic = Diagnostic::error("unknown-word", word.span, text);
        diagnostic = if another {
            diagnostic.label("one address a line is expected")
        } else {
            let known: Vec<String> = keywords::of(ADDRESS)
                .filter(|k| k.standing == Standing::Implemented && k.alias.is_none())
                .map(|k| format!("`{}`", k.name))
                .collect();
            diagnostic.label(format!("expected one of {}", known.join(", ")))
        };
        if let Some(meant) = meant {
            diagnostic = diagnostic.help(format!("did you mean `{}`?", meant.name));
        }
        cx.report(diagnostic);
        None
    }

    /// Reports the words that said nothing.
    fn prose(&mut self, cx: &mut Context<'_, '_>) {
        let Some((span, text)) = self.prose.take() else { return };
        let text: String = text.chars().take(60).collect();
        cx.report(
            Diagnostic::warning("unknown-word", span, format!("`{text}` says nothing about an address"))
                .label("not read")
                .help("comments begin with `#` or `!`"),
        );
    }

    fn scope(&mut self, cx: &mut Context<'_, '_>, value: &Word) -> bool {
        let known = Scope::KNOWN.iter().find(|(name, _)| *name == value.text).map(|(_, number)| *number);
        let number = known.map(u64::from).or_else(|| super::terms::any_base(&value.text));
        match number.and_then(|number| u8::try_from(number).ok()) {
            Some(scope) => {
                self.address.scope = scope;
                true
            }
            None => {
                cx.report(
                    Diagnostic::error("bad-value", value.span, format!("`{}` is not a scope", value.text))
                        .label("expected global, site, link, host, nowhere or a number up to 255"),
                );
                false
            }
        }
    }

    fn broadcast(&mut self, cx: &mut Context<'_, '_>, value: &Word, span: Span) -> bool {
        if self.address.ip.is_ipv6() {
            cx.report(Diagnostic::error("wrong-family", span, "IPv6 has no broadcast addresses").label("remove this"));
            return false;
        }
        let broadcast = match value.text.as_str() {
            "+" => Broadcast::AllOnes,
            "-" => Broadcast::AllZeros,
            text => match text.parse() {
                Ok(ip) => Broadcast::Is(ip),
                Err(_) => {
                    cx.report(
                        Diagnostic::error("bad-address", value.span, format!("`{text}` is not an IPv4 address"))
                            .label("expected a broadcast address, `+` or `-`"),
                    );
                    return false;
                }
            },
        };
        self.broadcast = Some((broadcast, span));
        true
    }

    fn peer(&mut self, cx: &mut Context<'_, '_>, value: &Word) -> bool {
        let Some(peer) = address(cx, value) else { return false };
        let family = Family::of(self.address.ip);
        if Family::of(peer) != family {
            cx.report(
                Diagnostic::error("wrong-family", value.span, "the peer is of another family than the address")
                    .label(format!("expected an {family} address")),
            );
            return false;
        }
        self.address.peer = Some(peer);
        true
    }

    fn lifetime(&mut self, cx: &mut Context<'_, '_>, value: &Word) -> bool {
        if matches!(value.text.as_str(), "forever" | "infinity") {
            self.lifetime = Some(Lifetime::Forever);
            return true;
        }
        let seconds = integer(cx, "preferred_lft", value, 0, i64::from(u32::MAX)).and_then(|n| u32::try_from(n).ok());
        self.lifetime = seconds.map(|n| if n == u32::MAX { Lifetime::Forever } else { Lifetime::Seconds(n) });
        seconds.is_some()
    }

    fn finish(mut self, cx: &mut Context<'_, '_>, line: Span) -> Option<Entry<VirtualAddress>> {
        let family = Family::of(self.address.ip);
        if self.address.peer.is_some() {
            if self.prefix.is_some_and(|prefix| prefix != family.host_prefix()) {
                cx.report(
                    Diagnostic::warning("no-effect", line, "an address with a peer has no prefix length")
                        .label(format!("/{} is used", family.host_prefix())),
                );
            }
            self.address.prefix = family.host_prefix();
        }
        if let Some((broadcast, span)) = self.broadcast.take() {
            self.address.broadcast = self.broadcast_address(cx, &broadcast, span);
        }
        if family == Family::V6 {
            let single = self.address.prefix == family.host_prefix();
            let seconds = match self.lifetime {
                None => single.then_some(0),
                Some(Lifetime::Forever) => None,
                Some(Lifetime::Seconds(seconds)) => Some(seconds),
            };
            self.address.flags.deprecated = seconds == Some(0);
            self.address.flags.preferred = seconds.and_then(NonZeroU32::new);
        }
        let no_track = self.address.no_track;
        // A static address without a device is on the default interface.
        let group = super::tracked(cx, self.track_group.take(), true, no_track, "`dev`");
        self.sound.then_some(Entry { given: Given { value: self.address, span: line }, group })
    }

    fn broadcast_address(&self, cx: &mut Context<'_, '_>, broadcast: &Broadcast, span: Span) -> Option<Ipv4Addr> {
        let IpAddr::V4(ip) = self.address.ip else { return None };
        if self.address.peer.is_some() {
            cx.report(
                Diagnostic::warning("no-effect", span, "an address with a peer has no broadcast address")
                    .label("skipped"),
            );
            return None;
        }
        if let Broadcast::Is(ip) = broadcast {
            return Some(*ip);
        }
        let prefix = self.address.prefix;
        if prefix > 30 {
            cx.report(
                Diagnostic::warning("no-effect", span, "there is no room for a broadcast address")
                    .label(format!("a prefix of {prefix} bits leaves too few addresses"))
                    .help("write the prefix length after the address, as in 192.0.2.1/24"),
            );
            return None;
        }
        let host = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        let bits = u32::from(ip);
        Some(Ipv4Addr::from(if matches!(broadcast, Broadcast::AllOnes) { bits | host } else { bits & !host }))
    }
}

/// The words of an address, with `track_group` where it has one.
pub(in crate::config) fn write(address: &VirtualAddress, group: Option<&Name>) -> String {
    let mut out = vec![match address.peer {
        Some(peer) => format!("{} peer {peer}", address.ip),
        None => format!("{}/{}", address.ip, address.prefix),
    }];
    if let Some(broadcast) = address.broadcast {
        out.push(format!("brd {broadcast}"));
    }
    if address.scope != 0 {
        out.push(format!("scope {}", Scope::Number(address.scope)));
    }
    let flags = address.flags;
    if !flags.nodad && address.ip.is_ipv6() {
        out.push("-nodad".into());
    }
    address.say_all(&mut out);
    let by_default = address.ip.is_ipv6() && address.prefix == 128;
    match flags.preferred {
        Some(seconds) => out.push(format!("preferred_lft {seconds}")),
        None if flags.deprecated == by_default => {}
        None => out.push(if flags.deprecated { "preferred_lft 0".into() } else { "preferred_lft forever".into() }),
    }
    super::write_group(group, &mut out);
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_table_are_read() {
        let special = ["scope", "brd", "peer", "nodad", "-nodad", "preferred_lft"];
        assert_eq!(keywords::of(STATIC_ADDRESS).map(|k| k.name).collect::<Vec<_>>(), ["track_group"]);
        for keyword in keywords::of(ADDRESS) {
            let name = keyword.meaning();
            assert!(VirtualAddress::NAMES.contains(&name) || special.contains(&name), "{name}");
        }
    }
}
