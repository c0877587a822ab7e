//! What health checks say of themselves, before defaults and rules.

use super::super::setting::{self, Fields, fields, no_rest};
use super::super::values::Value;
use super::super::{Context, Given, Item, Seen};
use super::draft::PacingDraft;
use super::hex::{HexBytes, MaskedBytes};
use super::http::UrlDraft;
use super::settings::{Loose, words_of};
use crate::config::ast::Block;
use crate::config::build::setting::{Blank, Said, Setting};
use crate::config::build::values::integer;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::{
    BFD_CHECK, DNS_CHECK, FILE_CHECK, HTTP_GET, Keyword, MISC_CHECK, PING_CHECK, SMTP_CHECK, SMTP_HOST, SSL_GET,
    TCP_CHECK, UDP_CHECK,
};
use crate::config::model::{Credentials, DnsType, HttpVersion, Script};
use crate::net::Name;
use core::net::IpAddr;

/// When a check is made and where it connects to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Common {
    pub(super) pacing: PacingDraft,
    pub(super) alpha: Option<bool>,
    pub(super) log_all_failures: Option<bool>,
    pub(super) ip: Option<Given<IpAddr>>,
    pub(super) port: Option<u16>,
    pub(super) source: Option<Given<IpAddr>>,
    pub(super) source_port: Option<u16>,
    pub(super) device: Option<String>,
    pub(super) mark: Option<u32>,
}

impl Common {
    /// Whether it says anything about where to connect to.
    pub(super) fn has_target(&self) -> bool {
        self.ip.is_some()
            || self.port.is_some()
            || self.source.is_some()
            || self.source_port.is_some()
            || self.device.is_some()
            || self.mark.is_some()
            || self.pacing.connect_timeout.is_some()
    }
}

/// Binds the keywords that many checks have, and more.
macro_rules! check_fields {
    ($type:ty, $block:expr, { $($more:tt)* }) => {
        fields!($type, $block, {
            "connect_ip" => common.ip,
            "connect_port" => common.port,
            "bindto" => common.source,
            "bind_port" => common.source_port,
            "bind_if" => common.device,
            "connect_timeout" => common.pacing.connect_timeout,
            "fwmark" => common.mark,
            "delay_loop" => common.pacing.delay_loop,
            "retry" => common.pacing.retry,
            "delay_before_retry" => common.pacing.delay_before_retry,
            "warmup" => common.pacing.warmup,
            "alpha" => common.alpha,
            "log_all_failures" => common.log_all_failures,
            $($more)*
        });
    };
}

/// `TCP_CHECK`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TcpDraft {
    pub(super) common: Common,
}

check_fields!(TcpDraft, TCP_CHECK, {});

/// `PING_CHECK`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PingDraft {
    pub(super) common: Common,
}

check_fields!(PingDraft, PING_CHECK, {});

/// `HTTP_GET`, or `SSL_GET` with `TLS`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HttpDraft<const TLS: bool> {
    pub(super) common: Common,
    pub(super) host: Option<String>,
    pub(super) version: Option<HttpVersion>,
    pub(super) enable_sni: Option<Given<bool>>,
    /// Empty: the host.
    pub(super) sni_name: Option<Given<String>>,
    pub(super) fast_recovery: bool,
    pub(super) tls_compliant: bool,
    /// The blocks of URLs, with their keyword.
    pub(super) urls: Vec<(UrlDraft<TLS>, Span)>,
}

macro_rules! http_fields {
    ($tls:literal, $block:expr, { $($more:tt)* }) => {
        check_fields!(HttpDraft<$tls>, $block, {
            "virtualhost" => host,
            "http_protocol" => version,
            "enable_sni" => enable_sni,
            "sni_name" => sni_name,
            "fast_recovery" => fast_recovery,
            $($more)*
        });
    };
}

http_fields!(false, HTTP_GET, {});
http_fields!(true, SSL_GET, { "tls_compliant" => tls_compliant, });

/// `SMTP_CHECK`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SmtpDraft {
    pub(super) common: Common,
    pub(super) name: Option<String>,
    pub(super) hosts: Vec<(HostDraft, Span)>,
}

check_fields!(SmtpDraft, SMTP_CHECK, { "helo_name" => name, });

/// `host` of `SMTP_CHECK`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HostDraft {
    pub(super) common: Common,
}

check_fields!(HostDraft, SMTP_HOST, {});

/// `DNS_CHECK`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DnsDraft {
    pub(super) common: Common,
    pub(super) kind: Option<DnsType>,
    pub(super) name: Option<Given<String>>,
}

check_fields!(DnsDraft, DNS_CHECK, { "type" => kind, "name" => name, });

/// `UDP_CHECK`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct UdpDraft {
    pub(super) common: Common,
    pub(super) payload: Option<HexBytes>,
    pub(super) reply: Option<MaskedBytes>,
    pub(super) min_length: Option<Given<u16>>,
    pub(super) max_length: Option<Given<u16>>,
}

check_fields!(UdpDraft, UDP_CHECK, {
    "payload" => payload,
    "require_reply" => reply,
    "min_reply_length" => min_length,
    "max_reply_length" => max_length,
});

/// `MISC_CHECK`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MiscDraft {
    pub(super) common: Common,
    pub(super) script: Option<Box<Script>>,
    pub(super) user: Option<Credentials>,
    pub(super) timeout: Option<core::time::Duration>,
    pub(super) dynamic: Option<Loose>,
}

fields!(MiscDraft, MISC_CHECK, {
    "misc_path" => script,
    "user" => user,
    "misc_timeout" => timeout,
    "misc_dynamic" => dynamic,
    "delay_loop" => common.pacing.delay_loop,
    "retry" => common.pacing.retry,
    "delay_before_retry" => common.pacing.delay_before_retry,
    "warmup" => common.pacing.warmup,
    "alpha" => common.alpha,
    "log_all_failures" => common.log_all_failures,
});

/// `FILE_CHECK`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FileDraft {
    pub(super) file: Option<Given<Name>>,
    pub(super) weight: Option<FileWeight>,
}

fields!(FileDraft, FILE_CHECK, {
    "track_file" => file,
    "weight" => weight,
});

/// `BFD_CHECK`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct BfdDraft {
    pub(super) name: Option<Given<Name>>,
    pub(super) alpha: Option<bool>,
}

fields!(BfdDraft, BFD_CHECK, {
    "name" => name,
    "alpha" => alpha,
});

/// `weight` of a `FILE_CHECK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileWeight {
    pub(super) value: i32,
    pub(super) reverse: bool,
}

impl Setting for FileWeight {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        let [number, rest @ ..] = words_of(item) else { return };
        let most = i64::from(i32::MAX);
        let value = integer(cx, "weight", number, -most, most).and_then(|value| i32::try_from(value).ok());
        self.value = value.unwrap_or_default();
        match rest.first().map(|word| (word, word.text.as_str())) {
            None | Some((_, "noreverse")) => self.reverse = false,
            Some((_, "reverse")) => self.reverse = true,
            Some((word, _)) => cx.report(
                Diagnostic::error("unknown-word", word.span, format!("`{}` says nothing after a weight", word.text))
                    .label("expected `reverse`, `noreverse` or nothing"),
            ),
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(format!("{}{}", self.value, if self.reverse { " reverse" } else { "" }))
    }
}

impl Blank for FileWeight {
    fn blank() -> Self {
        FileWeight { value: 0, reverse: false }
    }
}

/// One check of a real server, with its keyword.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CheckDraft {
    pub(super) span: Span,
    /// False: what it cannot do without was written wrongly, and has been reported.
    pub(super) sound: bool,
    pub(super) kind: Kind,
}

/// What a check does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Tcp(Box<TcpDraft>),
    Http(Box<HttpDraft<false>>),
    Ssl(Box<HttpDraft<true>>),
    Smtp(Box<SmtpDraft>),
    Dns(Box<DnsDraft>),
    Udp(Box<UdpDraft>),
    Ping(Box<PingDraft>),
    Misc(Box<MiscDraft>),
    File(Box<FileDraft>),
    Bfd(Box<BfdDraft>),
}

impl CheckDraft {
    /// Whether it connects to its server, whatever address and port that has.
    pub(super) fn goes_to_its_server(&self) -> bool {
        let common = match &self.kind {
            Kind::Tcp(draft) => &draft.common,
            Kind::Http(draft) => &draft.common,
            Kind::Ssl(draft) => &draft.common,
            Kind::Smtp(draft) if draft.hosts.is_empty() => &draft.common,
            Kind::Dns(draft) => &draft.common,
            Kind::Udp(draft) => &draft.common,
            Kind::Ping(draft) => &draft.common,
            Kind::Smtp(_) | Kind::Misc(_) | Kind::File(_) | Kind::Bfd(_) => return false,
        };
        common.ip.is_none() && common.port.is_none()
    }
}

/// Reads the block of a check. `None`: the keyword opens none.
pub(super) fn read(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<CheckDraft> {
    let Value::Block(block) = &item.value else { return None };
    let mut seen = Seen::new();
    let mut needs = None;
    let kind = match item.keyword.name {
        "TCP_CHECK" => Kind::Tcp(plain(cx, block)),
        "HTTP_GET" => Kind::Http(http(cx, block)),
        "SSL_GET" => Kind::Ssl(http(cx, block)),
        "SMTP_CHECK" => Kind::Smtp(smtp(cx, block)),
        "DNS_CHECK" => Kind::Dns(plain(cx, block)),
        "UDP_CHECK" => Kind::Udp(plain(cx, block)),
        "PING_CHECK" => Kind::Ping(plain(cx, block)),
        "MISC_CHECK" => {
            let draft: Box<MiscDraft> = with_seen(cx, block, &mut seen);
            needs = draft.script.is_none().then_some("misc_path");
            Kind::Misc(draft)
        }
        "FILE_CHECK" => {
            let draft: Box<FileDraft> = with_seen(cx, block, &mut seen);
            needs = draft.file.is_none().then_some("track_file");
            Kind::File(draft)
        }
        "BFD_CHECK" => {
            let draft: Box<BfdDraft> = with_seen(cx, block, &mut seen);
            needs = draft.name.is_none().then_some("name");
            Kind::Bfd(draft)
        }
        _ => return None,
    };
    let sound = needs.is_none_or(|keyword| !seen.contains_key(keyword));
    Some(CheckDraft { span: item.span, sound, kind })
}

/// Reads a block in which there are no others.
fn plain<T: Fields + Default>(cx: &mut Context<'_, '_>, block: &Block) -> Box<T> {
    with_seen(cx, block, &mut Seen::new())
}

/// The same, with the keywords that are in it.
fn with_seen<'a, T: Fields + Default>(cx: &mut Context<'_, '_>, block: &'a Block, seen: &mut Seen<'a>) -> Box<T> {
    let mut draft = Box::<T>::default();
    setting::read(cx, draft.as_mut(), block, seen, no_rest);
    draft
}

fn http<const TLS: bool>(cx: &mut Context<'_, '_>, block: &Block) -> Box<HttpDraft<TLS>>
where
    HttpDraft<TLS>: Fields,
    UrlDraft<TLS>: Fields,
{
    let mut draft = Box::<HttpDraft<TLS>>::default();
    setting::read(cx, draft.as_mut(), block, &mut Seen::new(), |cx, draft, item| {
        if let Value::Block(block) = item.value {
            let mut seen = Seen::new();
            let mut url: Box<UrlDraft<TLS>> = with_seen(cx, block, &mut seen);
            url.sound = url.path.is_some() || !seen.contains_key("path");
            draft.urls.push((*url, item.span));
        }
    });
    draft
}

fn smtp(cx: &mut Context<'_, '_>, block: &Block) -> Box<SmtpDraft> {
    let mut draft = Box::<SmtpDraft>::default();
    setting::read(cx, draft.as_mut(), block, &mut Seen::new(), |cx, draft, item| {
        if let Value::Block(block) = item.value {
            cx.once(
                item.keyword,
                Diagnostic::warning("deprecated", item.span, "`host` is an old way to check another address")
                    .label("a further SMTP_CHECK with `connect_ip` does the same"),
            );
            draft.hosts.push((*plain(cx, block), item.span));
        }
    });
    draft
}
