//! Values of `global_defs` that have a form of their own.

use crate::config::build::address::after;
use crate::config::build::ip::address;
use crate::config::build::setting::{Form, forms, words};
use crate::config::build::values::{integer, interface};
use crate::config::build::{Context, Item, script};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::Keyword;
use crate::config::lexer::Word;
use crate::config::model::{
    AdvertBuffer, AdvertMeasure, Chains, Choice, Fifo, IncludeCheck, LvsTimeouts, MailServer, SyncDaemon, Umask,
};
use crate::config::print::{credentials, quoted_word};
use core::time::Duration;

forms! {
    MailServer => MailServer { host: String::new(), port: 25 },
    Fifo => Fifo { path: String::new(), user: None },
    Umask => Umask(0),
    AdvertBuffer => AdvertBuffer::Size(0),
    Chains => Chains { input: String::new(), output: None },
    IncludeCheck => IncludeCheck::default(),
    LvsTimeouts => LvsTimeouts::default(),
    SyncDaemon => SyncDaemon {
        interface: String::new(),
        instance: None,
        id: None,
        maxlen: None,
        port: None,
        ttl: None,
        group: None,
    },
}

/// A word that is none of those which may stand there.
fn unknown(cx: &mut Context<'_, '_>, keyword: &Keyword, word: &Word, expected: &str) {
    cx.report(
        Diagnostic::error("unknown-word", word.span, format!("`{}` says nothing after `{}`", word.text, keyword.name))
            .label(format!("expected {expected}")),
    );
}

/// The number after a word like `id`.
fn number(cx: &mut Context<'_, '_>, word: &Word, value: Option<&Word>, min: i64, max: i64) -> Option<i64> {
    let value = after(cx, word, value, format_args!("a whole number from {min} to {max}"))?;
    integer(cx, &word.text, value, min, max)
}

impl Form for MailServer {
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let [host, rest @ ..] = words(item)? else { return None };
        let port = match rest.first() {
            Some(port) => integer(cx, "the port", port, 1, 65_535)?,
            None => 25,
        };
        Some(MailServer { host: host.text.to_string(), port: u16::try_from(port).ok()? })
    }

    fn words(&self) -> String {
        format!("{} {}", quoted_word(&self.host), self.port)
    }
}

impl Form for Fifo {
    fn parse(_: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let [path, user @ ..] = words(item)? else { return None };
        Some(Fifo { path: path.text.to_string(), user: script::credentials(user) })
    }

    fn words(&self) -> String {
        let path = quoted_word(&self.path);
        self.user.as_ref().map_or(path.clone(), |user| format!("{path} {}", credentials(user)))
    }
}

/// Bits of `chmod(2)` by the names of its constants, without the leading `S_`.
const BITS: [(&str, u16); 12] = [
    ("IRUSR", 0o400),
    ("IWUSR", 0o200),
    ("IXUSR", 0o100),
    ("IRWXU", 0o700),
    ("IRGRP", 0o040),
    ("IWGRP", 0o020),
    ("IXGRP", 0o010),
    ("IRWXG", 0o070),
    ("IROTH", 0o004),
    ("IWOTH", 0o002),
    ("IXOTH", 0o001),
    ("IRWXO", 0o007),
];

impl Form for Umask {
    /// A number as C writes it, or names joined by bars.
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let words = words(item)?;
        let text: String = words.iter().map(|word| word.text.as_str()).collect();
        let number = match (text.strip_prefix("0x").or(text.strip_prefix("0X")), text.strip_prefix('0')) {
            (Some(hex), _) => u16::from_str_radix(hex, 16).ok(),
            (None, Some("")) => Some(0),
            (None, Some(octal)) => u16::from_str_radix(octal, 8).ok(),
            (None, None) if text.starts_with(|c: char| c.is_ascii_digit()) => text.parse().ok(),
            (None, None) => {
                text.split('|').try_fold(0, |bits, name| Some(bits | BITS.iter().find(|(n, _)| *n == name)?.1))
            }
        };
        let umask = number.filter(|bits| *bits <= 0o777).map(Umask);
        if umask.is_none() {
            cx.report(
                Diagnostic::error("bad-umask", item.args, format!("`{text}` is not a mask of permissions"))
                    .label("expected an octal number up to 0777, or names like `IRWXG|IRWXO`"),
            );
        }
        umask
    }

    fn words(&self) -> String {
        format!("0{:o}", self.0)
    }
}

impl Form for AdvertBuffer {
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let [first, rest @ ..] = words(item)? else { return None };
        let measure = AdvertMeasure::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(&first.text));
        let value = match measure {
            Some((_, measure)) => AdvertBuffer::By(*measure),
            None if first.text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                unknown(cx, item.keyword, first, "`MTU`, `ADVERT` or a number of bytes");
                return None;
            }
            None => {
                let size = integer(cx, item.keyword.name, first, 0, i64::from(u32::MAX))?;
                AdvertBuffer::Size(u32::try_from(size).ok()?)
            }
        };
        if let Some(second) = rest.first() {
            cx.report(
                Diagnostic::warning("contradiction", second.span, "the buffer is measured by one thing only")
                    .label("skipped")
                    .also(first.span, "this counts"),
            );
        }
        Some(value)
    }

    fn words(&self) -> String {
        match self {
            AdvertBuffer::By(measure) => measure.word().to_owned(),
            AdvertBuffer::Size(size) => size.to_string(),
        }
    }
}

impl Form for Chains {
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let chains = match words(item)? {
            [] => Chains { input: "INPUT".to_owned(), output: Some("OUTPUT".to_owned()) },
            [input, rest @ ..] => {
                Chains { input: input.text.to_string(), output: rest.first().map(|word| word.text.to_string()) }
            }
        };
        if chains.output.as_ref() == Some(&chains.input) {
            cx.report(
                Diagnostic::error("repeated", item.args, "one chain cannot be for what comes in and what goes out")
                    .label("expected two names"),
            );
            return None;
        }
        Some(chains)
    }

    fn words(&self) -> String {
        let input = quoted_word(&self.input);
        self.output.as_ref().map_or(input.clone(), |output| format!("{input} {}", quoted_word(output)))
    }
}

impl Form for IncludeCheck {
    /// The first word says what is asked for, or, with a sign, what is added or left out. Where includes are read it has
    /// been carried out already, and what is wrong with it has been said.
    fn parse(_: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let words = words(item)?;
        let all = IncludeCheck { read: true, matched: true, wildcard: true, brace: true };
        let mut out = if words.is_empty() { all } else { IncludeCheck::default() };
        for (at, word) in words.iter().enumerate() {
            let (on, name) = match (word.text.strip_prefix('-'), word.text.strip_prefix('+')) {
                (Some(name), _) => (false, name),
                (_, Some(name)) => (true, name),
                _ => (true, word.text.as_str()),
            };
            if at > 0 && name.len() == word.text.len() {
                continue;
            }
            out.read |= at == 0 && name.len() == word.text.len();
            match name {
                "readable" | "read" => out.read = on,
                "match" => out.matched = on,
                "wildcard_match" => out.wildcard = on,
                "brace_match" => out.brace = on,
                _ => {}
            }
        }
        Some(out)
    }

    fn words(&self) -> String {
        let kinds = [
            (self.read, "read"),
            (self.matched, "match"),
            (self.wildcard, "wildcard_match"),
            (self.brace, "brace_match"),
        ];
        let words = kinds.iter().filter(|(on, _)| *on).map(|(_, name)| format!("+{name}"));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Longer than a month the kernel remembers no connection.
const MAX_TIMEOUT: i64 = 86_400 * 31;

impl Form for LvsTimeouts {
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let mut out = LvsTimeouts::default();
        let mut words = words(item)?.iter();
        while let Some(word) = words.next() {
            let slot = match word.text.as_str() {
                "tcp" => &mut out.tcp,
                "tcpfin" => &mut out.tcpfin,
                "udp" => &mut out.udp,
                _ => {
                    unknown(cx, item.keyword, word, "`tcp`, `tcpfin` or `udp`");
                    return None;
                }
            };
            *slot = Duration::from_secs(number(cx, word, words.next(), 0, MAX_TIMEOUT)?.unsigned_abs());
        }
        Some(out)
    }

    fn words(&self) -> String {
        let kinds = [("tcp", self.tcp), ("tcpfin", self.tcpfin), ("udp", self.udp)];
        let given = kinds.iter().filter(|(_, time)| !time.is_zero());
        given.map(|(name, time)| format!("{name} {}", time.as_secs())).collect::<Vec<_>>().join(" ")
    }
}

impl Form for SyncDaemon {
    /// An old form leaves `inst` and `id` out.
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let all = words(item)?;
        let interface = interface(cx, all.first()?, "an interface's name")?.text.to_string();
        let mut out = SyncDaemon::on(interface);
        let mut words = all.iter().enumerate().skip(1);
        while let Some((at, word)) = words.next() {
            let mut next = || words.next().map(|(_, word)| word);
            match word.text.as_str() {
                "inst" => match next() {
                    Some(name) => out.instance = Some(name.text.to_string()),
                    None => unknown(cx, item.keyword, word, "the name of an instance after it"),
                },
                "id" => out.id = u8::try_from(number(cx, word, next(), 0, 255)?).ok(),
                "maxlen" => out.maxlen = u16::try_from(number(cx, word, next(), 1, 65_507)?).ok(),
                "port" => out.port = u16::try_from(number(cx, word, next(), 1, 65_535)?).ok(),
                "ttl" => out.ttl = u8::try_from(number(cx, word, next(), 1, 255)?).ok(),
                "group" => {
                    let ip = address(cx, next()?)?;
                    if !ip.is_multicast() {
                        unknown(cx, item.keyword, word, "a multicast address after it");
                        return None;
                    }
                    out.group = Some(ip);
                }
                _ if at == 1 => out.instance = Some(word.text.to_string()),
                _ if at == 2 && out.instance.is_some() => {
                    cx.report(
                        Diagnostic::warning("deprecated", word.span, "an id without `id` before it")
                            .label(format!("write `id {}`", word.text)),
                    );
                    out.id = u8::try_from(integer(cx, "id", word, 0, 255)?).ok();
                }
                _ => {
                    unknown(cx, item.keyword, word, "`inst`, `id`, `maxlen`, `port`, `ttl` or `group`");
                    return None;
                }
            }
        }
        Some(out)
    }

    fn words(&self) -> String {
        let mut out = quoted_word(&self.interface);
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                out.push_str(&format!(" {name} {value}"));
            }
        };
        add("inst", self.instance.as_deref().map(quoted_word));
        add("id", self.id.map(|id| id.to_string()));
        add("maxlen", self.maxlen.map(|n| n.to_string()));
        add("port", self.port.map(|n| n.to_string()));
        add("ttl", self.ttl.map(|n| n.to_string()));
        add("group", self.group.map(|ip| ip.to_string()));
        out
    }
}
