//! Values that only the load balancer has: how they are read and how they are written.

use super::super::setting::{Blank, Said, Setting};
use super::super::values::{Value, choice, integer};
use super::super::{Context, Given, Item};
use super::words;
use crate::config::build::address::after;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::{Keyword, VIRTUAL_SERVER};
use crate::config::lexer::Word;
use crate::config::model::{Choice, FilePath, Forwarding, Granularity, Secret, Tunnel, TunnelChecksum};
use crate::net::Family;
use core::net::{IpAddr, Ipv4Addr};

/// A place for values that nobody has written.
pub(super) const NOWHERE: Span = Span::new(0, 0, 0);

/// A value, as if it were written.
pub(super) fn given<T>(value: T) -> Option<Given<T>> {
    Some(Given { value, span: NOWHERE })
}

impl<T: PartialEq> PartialEq for Given<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Setting> Setting for Given<T> {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        self.value.set(cx, item);
        self.span = item.args;
    }

    fn say(&self, keyword: &Keyword) -> Said {
        self.value.say(keyword)
    }
}

impl<T: Blank> Blank for Given<T> {
    fn blank() -> Self {
        Given { value: T::blank(), span: NOWHERE }
    }
}

/// The words that were read, for settings in a form of their own.
pub(super) fn words_of<'a>(item: &Item<'a>) -> &'a [Word] {
    match item.value {
        Value::Words(words) => words,
        _ => &[],
    }
}

/// A flag after which the C version reads nothing. What people write there is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Loose(pub(super) bool);

impl Setting for Loose {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        self.0 = true;
        let Some(word) = words_of(item).first() else { return };
        let name = item.keyword.name;
        match word.text.as_str() {
            "on" | "true" | "yes" | "1" => {}
            "off" | "false" | "no" | "0" => {
                self.0 = false;
                cx.report(
                    Diagnostic::warning("was-ignored", word.span, format!("`{name}` is switched off"))
                        .label("the C version does not read this word, and switches it on")
                        .help("leave the line out: it is off by default"),
                );
            }
            _ => cx.report(
                Diagnostic::warning("trailing-words", word.span, format!("`{name}` takes no words"))
                    .label("not read; what is this for?"),
            ),
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        if self.0 { Said::Words(String::new()) } else { Said::Nothing }
    }
}

impl Blank for Loose {
    fn blank() -> Self {
        Loose(false)
    }
}

/// A server's address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) ip: IpAddr,
    pub(super) port: u16,
}

impl Setting for Endpoint {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Some((ip, port)) = words::server(cx, words_of(item)) {
            *self = Endpoint { ip, port };
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(self.to_string())
    }
}

impl core::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.port == 0 { write!(f, "{}", self.ip) } else { write!(f, "{} {}", self.ip, self.port) }
    }
}

impl Blank for Endpoint {
    fn blank() -> Self {
        Endpoint { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), port: 0 }
    }
}

impl Setting for Secret {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Value::Word(word) = item.value {
            self.0 = word.text.to_string();
        }
    }

    fn say(&self, keyword: &Keyword) -> Said {
        self.0.say(keyword)
    }
}

impl Blank for Secret {
    fn blank() -> Self {
        Secret::default()
    }
}

impl Setting for FilePath {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        self.path.set(cx, item);
        self.at = item.args.into();
    }

    fn say(&self, keyword: &Keyword) -> Said {
        self.path.say(keyword)
    }
}

impl Blank for FilePath {
    fn blank() -> Self {
        FilePath::default()
    }
}

impl Setting for Granularity {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        let Some(word) = words_of(item).first() else { return };
        if !word.text.contains('.') {
            let length = integer(cx, item.keyword.name, word, 1, 128).and_then(|length| u8::try_from(length).ok());
            *self = Granularity::V6(length.unwrap_or(128));
            return;
        }
        match word.text.parse() {
            Ok(mask) => *self = Granularity::V4(mask),
            Err(_) => cx.report(
                Diagnostic::error("bad-value", word.span, format!("`{}` is not a netmask", word.text))
                    .label("expected a mask like 255.255.255.0, or for IPv6 a prefix length"),
            ),
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(match self {
            Granularity::V4(mask) => mask.to_string(),
            Granularity::V6(length) => length.to_string(),
        })
    }
}

impl Blank for Granularity {
    fn blank() -> Self {
        Granularity::V4(Ipv4Addr::BROADCAST)
    }
}

impl Choice for Family {
    const ALL: &'static [(&'static str, Self)] = &[("inet", Family::V4), ("inet6", Family::V6)];
}

impl Setting for Forwarding {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Some(forwarding) = forwarding(cx, item) {
            *self = forwarding;
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        let text = match self {
            Forwarding::Nat => "NAT",
            Forwarding::Direct => "DR",
            Forwarding::FullNat => "FNAT",
            Forwarding::Tunnel(Tunnel::Ipip) => "TUN",
            Forwarding::Tunnel(Tunnel::Gre(checksum)) => {
                return Said::Words(format!("TUN type gre {}", checksum.word()));
            }
            Forwarding::Tunnel(Tunnel::Gue(port, checksum)) => {
                return Said::Words(format!("TUN type gue port {port} {}", checksum.word()));
            }
        };
        Said::Words(text.to_owned())
    }
}

impl Blank for Forwarding {
    fn blank() -> Self {
        Forwarding::default()
    }
}

/// The words after the method of a tunnel.
#[derive(Default)]
struct TunnelWords<'a> {
    kind: Option<&'static str>,
    port: Option<(u16, &'a Word)>,
    checksum: Option<(TunnelChecksum, &'a Word)>,
}

fn forwarding(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Forwarding> {
    let words = words_of(item);
    let (first, options) = words.split_first()?;
    let method = method_name(cx, item, first)?;
    if method == "FNAT" {
        cx.once(
            item.keyword,
            Diagnostic::warning("not-yet", first.span, "`FNAT` is not built yet")
                .label("programmed as NAT")
                .note("the source of connections stays the client's: answers must come back through this machine"),
        );
    }
    if method != "TUN" {
        if let (Some(first), Some(last)) = (options.first(), options.last()) {
            cx.report(
                Diagnostic::warning("trailing-words", first.span.to(last.span), format!("`{method}` takes no words"))
                    .label("only `TUN` has these"),
            );
        }
        return Some(match method {
            "DR" => Forwarding::Direct,
            "FNAT" => Forwarding::FullNat,
            _ => Forwarding::Nat,
        });
    }
    let mut tunnel = TunnelWords::default();
    let mut options = options.iter();
    while let Some(word) = options.next() {
        match choice(cx, "TUN", word, &["type", "port", "nocsum", "csum", "remcsum"])? {
            "type" => {
                let kind = after(cx, word, options.next(), "`ipip`, `gue` or `gre`")?;
                tunnel.kind = Some(choice(cx, "type", kind, &["ipip", "gue", "gre"])?);
            }
            "port" => {
                let port = after(cx, word, options.next(), "a whole number from 1 to 65535")?;
                let port = integer(cx, "port", port, 1, 65_535)?;
                tunnel.port = u16::try_from(port).ok().map(|port| (port, word));
            }
            checksum => tunnel.checksum = TunnelChecksum::from_word(checksum).map(|checksum| (checksum, word)),
        }
    }
    tunnel.finish(cx, item).map(Forwarding::Tunnel)
}

/// The name of a method, in capital letters.
fn method_name(cx: &mut Context<'_, '_>, item: &Item<'_>, word: &Word) -> Option<&'static str> {
    let methods: &[&str] = &["NAT", "DR", "TUN", "FNAT"];
    let meant = methods.iter().find(|method| method.eq_ignore_ascii_case(&word.text) && **method != word.text);
    let Some(meant) = meant else { return choice(cx, item.keyword.name, word, methods) };
    let message = format!("`{}` cannot be `{}`", item.keyword.name, word.text);
    // The C version skips the line and uses NAT, which may be what was meant; a real server has the virtual server's method then.
    let nat = *meant == "NAT" && item.keyword.block == VIRTUAL_SERVER && item.keyword.meaning() == "lvs_method";
    let diagnostic = if nat {
        Diagnostic::warning("bad-value", word.span, message).label("read as NAT")
    } else {
        Diagnostic::error("bad-value", word.span, message).label(format!("expected `{meant}`"))
    };
    cx.report(diagnostic.help("methods are written in capital letters"));
    nat.then_some(*meant)
}

impl TunnelWords<'_> {
    fn finish(self, cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Tunnel> {
        let kind = self.kind.unwrap_or("ipip");
        let wrong = |cx: &mut Context<'_, '_>, span: Span, what: &str| {
            cx.report(
                Diagnostic::error("contradiction", span, format!("tunnels of type {kind} have no {what}"))
                    .label("remove this, or write another `type`"),
            );
            None
        };
        let checksum = self.checksum.map_or(TunnelChecksum::None, |(checksum, _)| checksum);
        match (kind, self.port, self.checksum) {
            ("gue", None, _) => {
                cx.report(
                    Diagnostic::error("missing-argument", item.args, "a tunnel of type gue needs a port")
                        .label("expected `port` and a number after this"),
                );
                None
            }
            ("gue", Some((port, _)), _) => Some(Tunnel::Gue(port, checksum)),
            (_, Some((_, word)), _) => wrong(cx, word.span, "port"),
            ("ipip", _, Some((checksum, word))) if checksum != TunnelChecksum::None => wrong(cx, word.span, "checksum"),
            ("gre", _, Some((TunnelChecksum::Remote, word))) => wrong(cx, word.span, "remote checksum"),
            ("gre", ..) => Some(Tunnel::Gre(checksum)),
            _ => Some(Tunnel::Ipip),
        }
    }
}
