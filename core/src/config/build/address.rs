//! `virtual_ipaddress` and `unicast_peer`: an address on each line, and words about it.

use super::values::{address, expected, integer, interface, why_not_an_address};
use super::{Context, Given, instance, unknown};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::{self, ADDRESS, Arg, Keyword, PEER, Path, Standing};
use crate::config::lexer::{Phrase, Word};
use crate::config::model::{UnicastPeer, VirtualAddress};
use crate::kernel::AddressFlags;
use crate::net::Family;
use core::net::{IpAddr, Ipv4Addr};

/// A virtual address.
pub(super) type Entry = VirtualAddress;

/// Reads a line of `virtual_ipaddress`.
pub(super) fn read(cx: &mut Context<'_, '_>, line: &Phrase) -> Option<Given<Entry>> {
    let first = line.words.first()?;
    let (ip, prefix) = with_prefix(cx, first)?;
    let family = Family::of(ip);
    let mut reader = Reader {
        ip,
        prefix,
        entry: VirtualAddress {
            ip,
            prefix: prefix.unwrap_or(family.host_prefix()),
            device: None,
            broadcast: None,
            scope: 0,
            label: None,
            peer: None,
            flags: AddressFlags { nodad: family == Family::V6, ..AddressFlags::default() },
        },
        broadcast: None,
        lifetime: None,
        sound: true,
    };
    let mut words = line.words[1..].iter();
    while let Some(word) = words.next() {
        let Some(option) = option(cx, ADDRESS, word) else {
            // What follows an unknown word cannot be understood; words that are not built yet are skipped.
            keywords::find(ADDRESS, &word.text)?;
            if word.text == "track_group" {
                words.next();
            }
            continue;
        };
        let value = match option.arg {
            Arg::Flag => word,
            _ => argument(cx, word, words.next())?,
        };
        reader.option(cx, option.name, word, value);
    }
    reader.finish(cx, line.span)
}

struct Reader {
    ip: IpAddr,
    prefix: Option<u8>,
    entry: VirtualAddress,
    broadcast: Option<(Broadcast, Span)>,
    lifetime: Option<bool>,
    sound: bool,
}

enum Broadcast {
    AllOnes,
    AllZeros,
    Is(Ipv4Addr),
}

impl Reader {
    fn option(&mut self, cx: &mut Context<'_, '_>, name: &str, word: &Word, value: &Word) {
        let family = Family::of(self.ip);
        match name {
            "dev" => match (&self.entry.device, interface(cx, value, "an interface's name")) {
                (None, Some(name)) => self.entry.device = Some(name.text.clone()),
                (Some(_), Some(_)) => self.twice(cx, word, value),
                (_, None) => self.sound = false,
            },
            "scope" | "label" if family == Family::V6 => cx.report(
                Diagnostic::warning("no-effect", word.span.to(value.span), format!("an IPv6 address has no {name}"))
                    .label("skipped"),
            ),
            "scope" => match scope(&value.text) {
                Some(scope) => self.entry.scope = scope,
                None => {
                    self.sound = false;
                    cx.report(
                        Diagnostic::error("bad-value", value.span, format!("`{}` is not a scope", value.text))
                            .label("expected global, site, link, host, nowhere or a number up to 255"),
                    );
                }
            },
            "label" => match (&self.entry.label, interface(cx, value, "an address's label")) {
                (None, Some(name)) => self.entry.label = Some(name.text.clone()),
                (Some(_), Some(_)) => self.twice(cx, word, value),
                (_, None) => self.sound = false,
            },
            "brd" | "broadcast" => self.set_broadcast(cx, word, value),
            "peer" => self.set_peer(cx, word, value),
            "preferred_lft" => self.set_lifetime(cx, value),
            "home" => self.entry.flags.home = true,
            "nodad" => self.entry.flags.nodad = true,
            "-nodad" => self.entry.flags.nodad = false,
            "mngtmpaddr" => self.entry.flags.mngtmpaddr = true,
            "noprefixroute" => self.entry.flags.noprefixroute = true,
            _ => {}
        }
    }

    fn twice(&mut self, cx: &mut Context<'_, '_>, word: &Word, value: &Word) {
        self.sound = false;
        cx.report(
            Diagnostic::error("repeated", word.span.to(value.span), format!("`{}` is written twice", word.text))
                .label("which of the two is meant?"),
        );
    }

    fn set_broadcast(&mut self, cx: &mut Context<'_, '_>, word: &Word, value: &Word) {
        let span = word.span.to(value.span);
        if self.ip.is_ipv6() {
            self.sound = false;
            cx.report(Diagnostic::error("wrong-family", span, "IPv6 has no broadcast addresses").label("remove this"));
            return;
        }
        if self.broadcast.is_some() {
            self.twice(cx, word, value);
            return;
        }
        let broadcast = match value.text.as_str() {
            "+" => Broadcast::AllOnes,
            "-" => Broadcast::AllZeros,
            text => match text.parse() {
                Ok(ip) => Broadcast::Is(ip),
                Err(_) => {
                    self.sound = false;
                    cx.report(
                        Diagnostic::error("bad-address", value.span, format!("`{text}` is not an IPv4 address"))
                            .label("expected a broadcast address, `+` or `-`"),
                    );
                    return;
                }
            },
        };
        self.broadcast = Some((broadcast, span));
    }

    fn set_peer(&mut self, cx: &mut Context<'_, '_>, word: &Word, value: &Word) {
        let Some(peer) = address(cx, value) else {
            self.sound = false;
            return;
        };
        if Family::of(peer) != Family::of(self.ip) {
            self.sound = false;
            cx.report(
                Diagnostic::error("wrong-family", value.span, "the peer is of another family than the address")
                    .label(format!("expected an {} address", Family::of(self.ip))),
            );
        } else if self.entry.peer.is_some() {
            self.twice(cx, word, value);
        } else {
            self.entry.peer = Some(peer);
        }
    }

    fn set_lifetime(&mut self, cx: &mut Context<'_, '_>, value: &Word) {
        match value.text.as_str() {
            "forever" | "infinity" => self.lifetime = Some(false),
            "0" => self.lifetime = Some(true),
            _ => {
                if integer(cx, "preferred_lft", value, 0, i64::from(u32::MAX)).is_none() {
                    self.sound = false;
                    return;
                }
                self.lifetime = Some(false);
                cx.report(
                    Diagnostic::warning("not-yet", value.span, "a limited `preferred_lft` is not built yet")
                        .label("taken for `forever`"),
                );
            }
        }
    }

    fn finish(mut self, cx: &mut Context<'_, '_>, line: Span) -> Option<Given<Entry>> {
        let family = Family::of(self.ip);
        if self.entry.peer.is_some() {
            if self.prefix.is_some_and(|prefix| prefix != family.host_prefix()) {
                cx.report(
                    Diagnostic::warning("no-effect", line, "an address with a peer has no prefix length")
                        .label(format!("/{} is used", family.host_prefix())),
                );
            }
            self.entry.prefix = family.host_prefix();
        }
        if let Some((broadcast, span)) = self.broadcast.take() {
            self.entry.broadcast = match broadcast {
                _ if self.entry.peer.is_some() => {
                    cx.report(
                        Diagnostic::warning("no-effect", span, "an address with a peer has no broadcast address")
                            .label("skipped"),
                    );
                    None
                }
                Broadcast::Is(ip) => Some(ip),
                _ if self.entry.prefix > 30 => {
                    cx.report(
                        Diagnostic::warning("no-effect", span, "there is no room for a broadcast address")
                            .label(format!("a prefix of {} bits leaves too few addresses", self.entry.prefix))
                            .help("write the prefix length after the address, as in 192.0.2.1/24"),
                    );
                    None
                }
                Broadcast::AllOnes => self.host_bits(|ip, mask| ip | !mask),
                Broadcast::AllZeros => self.host_bits(|ip, mask| ip & mask),
            };
        }
        let single = self.ip.is_ipv6() && self.entry.prefix == family.host_prefix();
        self.entry.flags.deprecated = self.lifetime.unwrap_or(single);
        self.sound.then_some(Given { value: self.entry, span: line })
    }

    fn host_bits(&self, f: impl Fn(u32, u32) -> u32) -> Option<Ipv4Addr> {
        let IpAddr::V4(ip) = self.ip else { return None };
        let mask = u32::MAX.checked_shl(32 - u32::from(self.entry.prefix)).unwrap_or(0);
        Some(Ipv4Addr::from(f(ip.into(), mask)))
    }
}

fn scope(text: &str) -> Option<u8> {
    // RT_SCOPE_* of linux/rtnetlink.h
    Some(match text {
        "global" | "universe" => 0,
        "site" => 200,
        "link" => 253,
        "host" => 254,
        "nowhere" => 255,
        number => number.parse().ok()?,
    })
}

/// An address and the prefix length after it.
pub(super) fn with_prefix(cx: &mut Context<'_, '_>, word: &Word) -> Option<(IpAddr, Option<u8>)> {
    let (ip, prefix) = match word.text.split_once('/') {
        Some((ip, prefix)) => (ip, Some(prefix)),
        None => (word.text.as_str(), None),
    };
    let Ok(ip) = ip.parse::<IpAddr>() else {
        let mut diagnostic =
            Diagnostic::error("bad-address", word.span, format!("`{}` is not an IP address", word.text))
                .label("expected an address like 192.0.2.1/24 or 2001:db8::1/64");
        if let Some(why) = why_not_an_address(ip) {
            diagnostic = diagnostic.help(why);
        }
        cx.report(diagnostic);
        return None;
    };
    let Some(prefix) = prefix else { return Some((ip, None)) };
    let most = Family::of(ip).host_prefix();
    match prefix.parse::<u8>() {
        Ok(length) if length <= most => Some((ip, Some(length))),
        _ => {
            let mut diagnostic =
                Diagnostic::error("bad-prefix", word.span, format!("`/{prefix}` is not a prefix length"))
                    .label(format!("expected 0 to {most} after the `/`"));
            if let Some(length) = prefix.parse::<Ipv4Addr>().ok().and_then(mask_length) {
                diagnostic = diagnostic.help(format!("write the mask as `/{length}`"));
            }
            cx.report(diagnostic);
            None
        }
    }
}

fn mask_length(mask: Ipv4Addr) -> Option<u32> {
    let bits = u32::from(mask);
    (bits.leading_ones() + bits.trailing_zeros() == 32 || bits == 0 || bits == u32::MAX).then(|| bits.count_ones())
}

/// Reads a line of `unicast_peer`. The second value: whether a TTL was written.
pub(super) fn peer(cx: &mut Context<'_, '_>, line: &Phrase) -> Option<(Given<UnicastPeer>, bool)> {
    let mut words = line.words.iter();
    let ip = address(cx, words.next()?)?;
    let mut peer = UnicastPeer { ip, min_ttl: 0, max_ttl: 255 };
    let mut written = false;
    while let Some(word) = words.next() {
        let name = option(cx, PEER, word)?.name;
        let value = argument(cx, word, words.next())?;
        let ttl = instance::small(integer(cx, name, value, 0, 255)?);
        written = true;
        if name == "min_ttl" {
            peer.min_ttl = ttl;
        } else {
            peer.max_ttl = ttl;
        }
    }
    if peer.min_ttl > peer.max_ttl {
        cx.report(
            Diagnostic::error("bad-value", line.span, "the smallest TTL is above the greatest")
                .label("no advert can be accepted from this peer"),
        );
        return None;
    }
    Some((Given { value: peer, span: line.span }, written))
}

/// Looks up a word after the first one of a line. `None`: it is not one that is built, and has been reported.
pub(super) fn option(cx: &mut Context<'_, '_>, block: Path, word: &Word) -> Option<&'static Keyword> {
    match keywords::find(block, &word.text) {
        Some(keyword) => match keyword.standing {
            Standing::NotYet(_) => {
                super::untyped(cx, keyword, word.span, false);
                None
            }
            _ => Some(keyword),
        },
        None => {
            let what = block.rsplit('/').next().unwrap_or_default();
            let mut diagnostic =
                Diagnostic::error("unknown-word", word.span, format!("`{}` says nothing in `{what}`", word.text));
            diagnostic = if word.text.parse::<IpAddr>().is_ok() || word.text.contains('/') {
                diagnostic.label("one entry a line is expected")
            } else {
                let known: Vec<String> = keywords::of(block)
                    .filter(|k| k.standing == Standing::Implemented && k.name != "broadcast")
                    .map(|k| format!("`{}`", k.name))
                    .collect();
                diagnostic.label(format!("expected one of {}", known.join(", ")))
            };
            if let Some(meant) = unknown::nearest(keywords::of(block), &word.text) {
                diagnostic = diagnostic.help(format!("did you mean `{}`?", meant.name));
            }
            cx.report(diagnostic);
            None
        }
    }
}

/// The word after an option.
pub(super) fn argument<'a>(cx: &mut Context<'_, '_>, option: &Word, word: Option<&'a Word>) -> Option<&'a Word> {
    if word.is_none() {
        let block = [ADDRESS, PEER, keywords::TRACK].into_iter().find_map(|b| keywords::find(b, &option.text));
        let what = block.map_or_else(|| "a word".to_owned(), |k| expected(k.arg));
        cx.report(
            Diagnostic::error("missing-argument", option.span, format!("something is missing after `{}`", option.text))
                .label(format!("expected {what}")),
        );
    }
    word
}
