//! How each kind of value is read and written.

use super::super::Context;
use super::super::ip;
use super::super::values::{self, integer, interface, micros};
use super::words::{Opt, Slot, Term, Words};
use crate::config::diagnostic::Diagnostic;
use crate::config::lexer::Word;
use crate::config::model::{
    Fwmark, Identifier, InterfaceGroup, IpProtocol, Lockable, PortRange, Realm, Realms, RouteProtocol, RouteTable,
    RouterPreference, Scope, Table,
};
use crate::config::print::quoted_word;
use crate::net::Name;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;

fn wrong(cx: &mut Context<'_, '_>, word: &Word, option: &Opt<'_>, expected: &str) {
    cx.report(
        Diagnostic::error("bad-value", word.span, format!("`{}` cannot be `{}`", option.word.text, word.text))
            .label(format!("expected {expected}")),
    );
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Term for $type {
            fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
                let word = words.argument(cx, option)?;
                integer(cx, &option.word.text, word, 0, i64::from(<$type>::MAX)).and_then(|n| n.try_into().ok())
            }

            fn write(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
integers!(u8, u16, u32);

impl Term for u64 {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        let text = trimmed(word);
        let number = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        if number.is_none() {
            wrong(cx, word, option, "a whole number from 0 to 18446744073709551615");
        }
        number
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

/// 0 or 1. The presence of the word alone says nothing, unlike a flag's.
impl Term for bool {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        let (yes, no) = on_and_off(option.keyword.name);
        match word.text.as_str() {
            text if text == yes => Some(true),
            text if text == no => Some(false),
            _ => {
                wrong(cx, word, option, &format!("`{yes}` or `{no}`"));
                None
            }
        }
    }

    fn write(&self) -> String {
        if *self { "1".into() } else { "0".into() }
    }

    fn write_for(&self, name: &str) -> String {
        let (yes, no) = on_and_off(name);
        if *self { yes.into() } else { no.into() }
    }
}

fn on_and_off(name: &str) -> (&'static str, &'static str) {
    if name == "ttl-propagate" { ("enabled", "disabled") } else { ("1", "0") }
}

/// An interface's or a congestion control's name.
impl Term for String {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        let what = match option.keyword.name {
            "congctl" => "a congestion control",
            "label" => "an address's label",
            _ => "an interface's name",
        };
        interface(cx, word, what).map(|word| word.text.to_string())
    }

    fn write(&self) -> String {
        quoted_word(self)
    }
}

impl Term for IpAddr {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        ip::address(cx, word)
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

macro_rules! addresses {
    ($($type:ty: $variant:ident, $name:literal;)*) => {$(
        impl Term for $type {
            fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
                let word = words.argument(cx, option)?;
                match ip::address(cx, word)? {
                    IpAddr::$variant(ip) => Some(ip),
                    other => {
                        let text = format!("`{other}` is of the wrong family");
                        cx.report(
                            Diagnostic::error("wrong-family", word.span, text)
                                .label(concat!("expected an ", $name, " address")),
                        );
                        None
                    }
                }
            }

            fn write(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
addresses! {
    Ipv4Addr: V4, "IPv4";
    Ipv6Addr: V6, "IPv6";
}

/// The C version reads over blanks before a value, which only quotes can bring there.
pub(super) fn trimmed(word: &Word) -> &str {
    word.text.trim_start_matches([' ', '\t'])
}

/// A number as the C library's `strtoul` reads it with base 0: decimal, `0x` hexadecimal, `0` octal.
pub(super) fn any_base(text: &str) -> Option<u64> {
    let (digits, base) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if digits.starts_with('+') { None } else { u64::from_str_radix(digits, base).ok() }
}

/// A number or a name.
fn identifier<T: Identifier>(cx: &mut Context<'_, '_>, word: &Word, text: &str) -> Option<T> {
    if let Some(number) = any_base(text) {
        return match u32::try_from(number).ok().filter(|number| *number <= T::MAX) {
            Some(number) => Some(T::number(number)),
            None => {
                cx.report(
                    Diagnostic::error("out-of-range", word.span, format!("{} cannot be {text}", T::WHAT))
                        .label(format!("expected a number up to {}, or a name", T::MAX)),
                );
                None
            }
        };
    }
    if let Some((_, number)) = T::KNOWN.iter().find(|(name, _)| *name == text) {
        return Some(T::number(*number));
    }
    if text.is_empty() || text.starts_with('-') || text.contains(['/', ',', ';', '"']) {
        cx.report(Diagnostic::error("bad-value", word.span, format!("`{text}` cannot be {}", T::WHAT)).label(format!(
            "expected a number up to {}, or a name of {}",
            T::MAX,
            T::FILE
        )));
        return None;
    }
    Some(T::named(Name::from(text)))
}

macro_rules! identifiers {
    ($($type:ty),*) => {$(
        impl Term for $type {
            fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
                let word = words.argument(cx, option)?;
                identifier(cx, word, &word.text)
            }

            fn write(&self) -> String {
                quoted_word(&self.to_string())
            }
        }
    )*};
}
identifiers!(Table, Scope, crate::config::model::Dsfield, InterfaceGroup, IpProtocol);

impl Term for RouteProtocol {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        identifier(cx, word, &word.text)
    }

    fn write(&self) -> String {
        match self {
            // In rules the C version takes nothing else.
            RouteProtocol::Number(number) => number.to_string(),
            RouteProtocol::Name(name) => quoted_word(name),
        }
    }
}

impl Term for Realms {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        let (from, to) = match word.text.split_once('/') {
            Some((from, to)) => (Some(from), to),
            None => (None, word.text.as_str()),
        };
        let from = match from {
            Some(from) => Some(identifier::<Realm>(cx, word, from)?),
            None => None,
        };
        Some(Realms { from, to: identifier(cx, word, to)? })
    }

    fn write(&self) -> String {
        quoted_word(&self.to_string())
    }
}

impl Slot for RouteTable {
    fn fill(&mut self, cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<()> {
        *self = match option.keyword.meaning() {
            "vrf" => RouteTable::Vrf(String::read(cx, words, option)?),
            _ => RouteTable::Table(Table::read(cx, words, option)?),
        };
        Some(())
    }

    fn say(&self, _: &str, out: &mut Vec<String>) {
        match self {
            RouteTable::Vrf(vrf) => out.push(format!("vrf {}", quoted_word(vrf))),
            RouteTable::Table(table) if *table == Table::default() => {}
            RouteTable::Table(table) => out.push(format!("table {}", table.write())),
        }
    }
}

impl Term for RouterPreference {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        match word.text.as_str() {
            "low" | "3" => Some(RouterPreference::Low),
            "medium" | "0" => Some(RouterPreference::Medium),
            "high" | "1" => Some(RouterPreference::High),
            _ => {
                wrong(cx, word, option, "`low`, `medium` or `high`");
                None
            }
        }
    }

    fn write(&self) -> String {
        match self {
            RouterPreference::Low => "low",
            RouterPreference::Medium => "medium",
            RouterPreference::High => "high",
        }
        .to_owned()
    }
}

macro_rules! lockable {
    ($($type:ty),*) => {$(
        impl Term for Lockable<$type> {
            fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
                let locked = words.skip("lock");
                Some(Lockable { locked, value: <$type>::read(cx, words, option)? })
            }

            fn write(&self) -> String {
                let lock = if self.locked { "lock " } else { "" };
                format!("{lock}{}", self.value.write())
            }
        }
    )*};
}
lockable!(u32, String);

/// The kernel takes no round trip times but these for real ones (include/net/tcp.h).
const LEAST_RTT: u64 = 200_000;
const MOST_RTT: u64 = 120_000_000;

/// The kernel's unit of a time, in microseconds.
fn unit(name: &str) -> u64 {
    match name {
        "rtt" => 125,
        "rttvar" => 250,
        _ => 1_000,
    }
}

impl Term for Lockable<Duration> {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let locked = words.skip("lock");
        let word = words.argument(cx, option)?;
        let unit = unit(option.keyword.name);
        let Some((time, exact)) = time(&word.text, unit) else {
            wrong(cx, word, option, "a time like `300ms` or `1.5s`");
            return None;
        };
        let range = LEAST_RTT..=MOST_RTT;
        let clamped = time.clamp(LEAST_RTT, MOST_RTT);
        let read_as = format!("read as {}ms", values::millis(clamped));
        if !range.contains(&time) {
            let mut diagnostic =
                Diagnostic::warning("clamped", word.span, format!("`{}` is out of range", option.word.text))
                    .label(read_as)
                    .note("the kernel's limits are 200 ms and 120 s");
            let as_millis = word.text.parse().ok().map(|n: u64| n.saturating_mul(1000));
            if as_millis.is_some_and(|time| range.contains(&time)) {
                let raw = format!("without a unit a step is {} ms: write `{}ms`?", values::millis(unit), word.text);
                diagnostic = diagnostic.help(raw);
            }
            cx.report(diagnostic);
        } else if !exact {
            cx.report(Diagnostic::warning("rounded", word.span, "finer than the kernel measures").label(read_as));
        }
        Some(Lockable { locked, value: Duration::from_micros(clamped) })
    }

    fn write(&self) -> String {
        let lock = if self.locked { "lock " } else { "" };
        let time = u64::try_from(self.value.as_micros()).unwrap_or(u64::MAX);
        format!("{lock}{}ms", values::millis(time))
    }

    fn write_for(&self, name: &str) -> String {
        // The C version rounds parts of milliseconds, but not the kernel's own steps.
        let time = u64::try_from(self.value.as_micros()).unwrap_or(u64::MAX);
        if time % 1000 == 0 {
            return self.write();
        }
        let lock = if self.locked { "lock " } else { "" };
        format!("{lock}{}", time / unit(name))
    }
}

/// A time in microseconds, as whole units, and whether it was exact.
fn time(text: &str, unit: u64) -> Option<(u64, bool)> {
    let text = text.trim_start_matches([' ', '\t']);
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(at);
    let (time, mut exact) = match suffix.to_ascii_lowercase().as_str() {
        "" => return Some((number.parse::<u32>().ok().map(u64::from)?.saturating_mul(unit), true)),
        "s" | "sec" | "secs" => micros(number)?,
        "ms" | "msec" | "msecs" => {
            let (time, exact) = micros(number)?;
            (time / 1000, exact && time % 1000 == 0)
        }
        _ => return None,
    };
    exact &= time % unit == 0;
    Some((time / unit * unit, exact))
}

impl Term for Fwmark {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        let read = |text: &str| any_base(text).and_then(|n| u32::try_from(n).ok());
        let fwmark = match trimmed(word).split_once('/') {
            Some((mark, mask)) => read(mark).zip(read(mask)).map(|(mark, mask)| Fwmark { mark, mask: Some(mask) }),
            None => read(trimmed(word)).map(|mark| Fwmark { mark, mask: None }),
        };
        match fwmark {
            Some(Fwmark { mark, mask: Some(mask) }) if mark & !mask != 0 => {
                cx.report(
                    Diagnostic::warning("never", word.span, "no packet can have this mark")
                        .label(format!("the mask leaves {:#x} of it", mark & mask)),
                );
            }
            None => wrong(cx, word, option, "a mark of 32 bits, and perhaps `/` and a mask, like `0x10/0xff`"),
            _ => {}
        }
        fwmark
    }

    fn write(&self) -> String {
        match self.mask {
            Some(mask) => format!("{:#x}/{mask:#x}", self.mark),
            None => format!("{:#x}", self.mark),
        }
    }
}

/// `a-b`
fn range<T: core::str::FromStr + PartialOrd>(text: &str) -> Option<(T, T)> {
    let read = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let (first, last) = text.split_once('-')?;
    Some((read(first)?, read(last)?)).filter(|(first, last)| first <= last)
}

/// Users.
impl Term for (u32, u32) {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        let users = range(&word.text);
        if users.is_none() {
            wrong(cx, word, option, "the first and the last user's number, like `1000-1999`");
        }
        users
    }

    fn write(&self) -> String {
        format!("{}-{}", self.0, self.1)
    }
}

impl Term for PortRange {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let word = words.argument(cx, option)?;
        let one = || word.text.parse().ok().map(|port| (port, port));
        let ports = range(&word.text).or_else(one).filter(|(first, _)| *first > 0);
        if ports.is_none() {
            wrong(cx, word, option, "a port, or the first and the last one, like `8000-8099`");
        }
        ports.map(|(first, last)| PortRange { first, last })
    }

    fn write(&self) -> String {
        // The C version (2.4.3) misreads a single port.
        format!("{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_base() {
        assert_eq!(any_base("22"), Some(22));
        assert_eq!(any_base("0x14"), Some(20));
        assert_eq!(any_base("010"), Some(8));
        assert_eq!(any_base("0"), Some(0));
        for wrong in ["", "0x", "+1", "-1", "1a", "08", "0x+1"] {
            assert_eq!(any_base(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(time("1.5s", 125), Some((1_500_000, true)));
        assert_eq!(time("300ms", 250), Some((300_000, true)));
        assert_eq!(time("12.75MSEC", 125), Some((12_750, true)));
        assert_eq!(time("300.1ms", 125), Some((300_000, false)));
        assert_eq!(time("102", 125), Some((12_750, true)));
        for wrong in ["", "s", "1.5", "1e3s", "-1s", "1h", "1 s"] {
            assert_eq!(time(wrong, 125), None, "{wrong}");
        }
    }
}
