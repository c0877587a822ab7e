//! The family of a line, which several of its words may decide.

use super::super::ip::{self, with_prefix};
use super::super::{Context, unknown};
use super::words::is_address_like;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::{self, Path};
use crate::config::lexer::Word;
use crate::config::model::Prefix;
use crate::net::Family;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is known of the family.
#[derive(Default)]
pub(super) struct Families {
    decided: Option<(Family, Span)>,
}

impl Families {
    /// Notes that `span` is of a family. False: something before it is of the other one, and that has been reported.
    pub(super) fn agree(&mut self, cx: &mut Context<'_, '_>, family: Family, span: Span, what: &str) -> bool {
        match self.decided {
            None => self.decided = Some((family, span)),
            Some((decided, because)) if decided != family => {
                cx.report(
                    Diagnostic::error("wrong-family", span, format!("{family} and {decided} in one {what}"))
                        .label(format!("{family}"))
                        .also(because, format!("{decided}")),
                );
                return false;
            }
            Some(_) => {}
        }
        true
    }

    /// The family: as in the C version IPv4, where nothing says another.
    pub(super) fn family(&self) -> Family {
        self.decided.map_or(Family::V4, |(family, _)| family)
    }
}

/// A destination or a source.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// `default`, `all` or `any`
    All,
    /// An address or a network.
    Net(Prefix),
}

impl Target {
    /// The prefix, once the family is known.
    pub(super) fn prefix(self, family: Family) -> Prefix {
        match (self, family) {
            (Target::Net(prefix), _) => prefix,
            (Target::All, Family::V4) => Prefix { ip: Ipv4Addr::UNSPECIFIED.into(), length: 0 },
            (Target::All, Family::V6) => Prefix { ip: Ipv6Addr::UNSPECIFIED.into(), length: 0 },
        }
    }
}

/// Reads a target. `None`: it is none, and that has been reported; `block` has the words that may have been meant.
pub(super) fn target(
    cx: &mut Context<'_, '_>,
    families: &mut Families,
    word: &Word,
    block: Path,
    what: &str,
) -> Option<Target> {
    match word.text.as_str() {
        "default" | "all" | "any" => return Some(Target::All),
        "default6" => {
            cx.report(
                Diagnostic::warning("deprecated", word.span, "`default6` is an old name")
                    .label("`inet6 default` means the same"),
            );
            return families.agree(cx, Family::V6, word.span, what).then_some(Target::All);
        }
        text if !is_address_like(text) => {
            let name: String = text.chars().take(60).collect();
            let mut diagnostic =
                Diagnostic::error("bad-address", word.span, format!("`{name}` is neither an address nor a network"))
                    .label("expected one like 192.0.2.0/24 or 2001:db8::/64, or `default`");
            if let Some(meant) = unknown::nearest(keywords::of(block), text) {
                diagnostic = diagnostic.help(format!("did you mean `{}`?", meant.name));
            }
            cx.report(diagnostic);
            return None;
        }
        _ => {}
    }
    let (ip, length) = with_prefix(cx, word)?;
    let family = Family::of(ip);
    let length = length.unwrap_or(family.host_prefix());
    families.agree(cx, family, word.span, what).then_some(Target::Net(Prefix { ip, length }))
}

/// The kernel refuses an IPv4 route to a network that is written with bits of a host.
pub(super) fn host_bits(cx: &mut Context<'_, '_>, prefix: Prefix, span: Span) {
    let network = prefix.network();
    if prefix.ip.is_ipv4() && network != prefix.ip {
        cx.report(
            Diagnostic::warning("host-bits", span, format!("`{}` is not the address of a network", prefix.ip))
                .label(format!("did you mean {network}/{}?", prefix.length))
                .note("the kernel refuses such a route, and so it will never be there"),
        );
    }
}

/// An address after `inet` or `inet6`, or without it.
pub(super) fn with_family(
    cx: &mut Context<'_, '_>,
    families: &mut Families,
    words: &mut super::words::Words<'_>,
    option: &super::words::Opt<'_>,
    what: &str,
) -> Option<IpAddr> {
    let written = words.peek().and_then(|word| match word.text.as_str() {
        "inet" => Some((Family::V4, word.span)),
        "inet6" => Some((Family::V6, word.span)),
        _ => None,
    });
    if let Some((family, span)) = written {
        words.next();
        if !families.agree(cx, family, span, what) {
            words.next();
            return None;
        }
    }
    let word = words.argument(cx, option)?;
    let ip = ip::address(cx, word)?;
    families.agree(cx, Family::of(ip), word.span, what).then_some(ip)
}
