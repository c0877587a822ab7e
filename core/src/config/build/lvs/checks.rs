//! From what a check says to what it is: what it inherits, and the rules between its values.

use super::super::Context;
use super::check::{
    BfdDraft, CheckDraft, Common, DnsDraft, FileDraft, HttpDraft, Kind, MiscDraft, SmtpDraft, UdpDraft,
};
use super::draft::PacingDraft;
use super::http::UrlDraft;
use super::settings::Loose;
use super::{DELAY_LOOP, Known};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{
    BfdCheck, Check, Checks, DnsProbe, DnsType, FileCheck, HttpProbe, HttpVersion, Manner, MiscCheck, NetworkCheck,
    Pacing, Probe, Script, Target, Tls, UdpProbe, UdpReply,
};
use crate::net::{Family, Name};
use core::net::IpAddr;
use core::time::Duration;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// The name in the greeting of an `SMTP_CHECK` that says none.
pub(super) const HELO: &str = "smtpchecker.keepalived.org";
/// `connect_timeout` where nobody says it.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// `max_reply_length` where nobody says it.
pub(super) const MAX_REPLY: u16 = 255;

/// What a kind of check does where nobody says otherwise.
#[derive(Clone, Copy)]
pub(super) struct Defaults {
    pub(super) retry: u32,
    /// `None`: as long as `delay_loop`.
    pub(super) delay_before_retry: Option<Duration>,
}

impl Defaults {
    pub(super) const PLAIN: Defaults = Defaults { retry: 1, delay_before_retry: Some(Duration::from_secs(1)) };
    pub(super) const HTTP: Defaults = Defaults { retry: 1, delay_before_retry: Some(Duration::from_secs(3)) };
    pub(super) const DNS: Defaults = Defaults { retry: 3, delay_before_retry: None };
    pub(super) const MISC: Defaults = Defaults { retry: 0, delay_before_retry: Some(Duration::from_secs(1)) };
}

/// What the checks of a real server inherit.
pub(super) struct Heritage<'a> {
    pub(super) known: &'a Known<'a>,
    /// What the real server says, and then the virtual server.
    pub(super) pacing: [&'a PacingDraft; 2],
    pub(super) alpha: bool,
    pub(super) host: Option<&'a String>,
    pub(super) ip: IpAddr,
    pub(super) port: u16,
}

impl Heritage<'_> {
    fn first<T>(&self, own: Option<T>, of: impl Fn(&PacingDraft) -> Option<T>) -> Option<T> {
        own.or_else(|| self.pacing.iter().find_map(|pacing| of(pacing)))
    }

    fn pacing(&self, common: &Common, defaults: Defaults) -> Pacing {
        let own = &common.pacing;
        let delay_loop = self.first(own.delay_loop, |p| p.delay_loop).unwrap_or(DELAY_LOOP);
        Pacing {
            delay_loop,
            retry: self.first(own.retry, |p| p.retry).unwrap_or(defaults.retry),
            delay_before_retry: self
                .first(own.delay_before_retry, |p| p.delay_before_retry)
                .or(defaults.delay_before_retry)
                .unwrap_or(delay_loop),
            warmup: self.first(own.warmup, |p| p.warmup).unwrap_or(delay_loop),
            alpha: common.alpha.unwrap_or(self.alpha),
            log_all_failures: common.log_all_failures.unwrap_or(self.known.log_all_failures),
        }
    }

    /// Where a check connects to. `has_ports`: it needs one. `keyword`: the check's.
    fn target(&self, cx: &mut Context<'_, '_>, common: &Common, has_ports: bool, keyword: Span) -> Option<Target> {
        let ip = common.ip.as_ref().map_or(self.ip, |given| given.value);
        let port = common.port.unwrap_or(self.port);
        if let Some(source) = common.source.as_ref().filter(|source| Family::of(source.value) != Family::of(ip)) {
            let mut diagnostic = Diagnostic::error(
                "wrong-family",
                source.span,
                format!("a connection to {ip} cannot come from {}", source.value),
            )
            .label(format!("expected an {} address", Family::of(ip)));
            if let Some(given) = &common.ip {
                diagnostic = diagnostic.also(given.span, "this is where it goes to");
            }
            cx.report(diagnostic);
            return None;
        }
        let link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        if link_local && common.device.is_none() && !cx.partial {
            cx.report(
                Diagnostic::error(
                    "missing-keyword",
                    common.ip.as_ref().map_or(keyword, |given| given.span),
                    format!("{ip} is on every link"),
                )
                .label("`bind_if` is missing")
                .help("the interface behind which it is, like `bind_if eth0`"),
            );
            return None;
        }
        if has_ports && port == 0 && !cx.partial {
            cx.report(
                Diagnostic::error("missing-keyword", keyword, "the check has no port")
                    .label("`connect_port` is missing")
                    .note("neither the real server nor the virtual server has a port"),
            );
            return None;
        }
        Some(Target { ip, port: if has_ports { port } else { common.port.unwrap_or(0) } })
    }

    fn network(
        &self,
        cx: &mut Context<'_, '_>,
        common: &Common,
        (probe, defaults): (Probe, Defaults),
        keyword: Span,
    ) -> Option<Check> {
        let target = self.target(cx, common, probe != Probe::Ping, keyword)?;
        let manner = Manner {
            pacing: self.pacing(common, defaults),
            timeout: self.first(common.pacing.connect_timeout, |p| p.connect_timeout).unwrap_or(CONNECT_TIMEOUT),
            source: common.source.as_ref().map(|given| given.value),
            source_port: common.source_port.unwrap_or(0),
            device: common.device.clone(),
            mark: common.mark.unwrap_or(0),
            probe,
        };
        // Each regular expression has a place of its own in the text.
        let alone = manner.probe.urls().iter().any(|url| url.regex.is_some());
        let manner = if alone { manner.into() } else { cx.settings.manners.share(manner) };
        Some(Check::Network(NetworkCheck { target, manner }))
    }
}

/// Applies defaults and rules to the checks of a real server.
pub(super) fn resolve(cx: &mut Context<'_, '_>, drafts: SmallVec<[CheckDraft; 1]>, from: &Heritage<'_>) -> Checks {
    let mut out = Checks::with_capacity(drafts.len());
    let mut sessions = BTreeMap::new();
    for CheckDraft { span, kind, .. } in drafts.into_iter().filter(|draft| draft.sound) {
        match kind {
            Kind::Tcp(draft) => out.extend(from.network(cx, &draft.common, (Probe::Tcp, Defaults::PLAIN), span)),
            Kind::Ping(draft) => out.extend(from.network(cx, &draft.common, (Probe::Ping, Defaults::PLAIN), span)),
            Kind::Http(draft) => out.extend(http(cx, *draft, from, span)),
            Kind::Ssl(draft) => out.extend(http(cx, *draft, from, span)),
            Kind::Smtp(draft) => smtp(cx, *draft, from, span, &mut out),
            Kind::Dns(draft) => out.extend(dns(cx, *draft, from, span)),
            Kind::Udp(draft) => out.extend(udp(cx, *draft, from, span)),
            Kind::Misc(draft) => out.extend(misc(cx, *draft, from, span)),
            Kind::File(draft) => out.extend(file(cx, *draft, from, span)),
            Kind::Bfd(draft) => out.extend(bfd(cx, *draft, from, span, &mut sessions)),
        }
    }
    out
}

fn missing(cx: &mut Context<'_, '_>, span: Span, check: &str, keyword: &str, help: &str) {
    if !cx.partial {
        cx.report(
            Diagnostic::error("missing-keyword", span, format!("`{check}` has no `{keyword}`"))
                .label(format!("`{keyword}` is missing"))
                .note("without it nothing would be checked, and the server would always be used")
                .help(help),
        );
    }
}

fn http<const TLS: bool>(
    cx: &mut Context<'_, '_>,
    draft: HttpDraft<TLS>,
    from: &Heritage<'_>,
    span: Span,
) -> Option<Check> {
    if draft.urls.is_empty() {
        let name = if TLS { "SSL_GET" } else { "HTTP_GET" };
        missing(cx, span, name, "url", "what is asked for, like `url { path / }`");
        return None;
    }
    let host = draft.host.as_ref().or(from.host);
    let compliant = draft.tls_compliant;
    let tls = tls(cx, &draft);
    let resolve = |(url, span): (UrlDraft<TLS>, Span)| url.resolve(cx, span, host, compliant);
    let urls: Vec<_> = draft.urls.into_iter().filter_map(resolve).collect();
    let probe = Probe::Http(Box::new(HttpProbe {
        tls,
        version: draft.version.unwrap_or(HttpVersion::V1_0),
        fast_recovery: draft.fast_recovery,
        urls,
    }));
    from.network(cx, &draft.common, (probe, Defaults::HTTP), span)
}

/// How TLS is spoken. In a check without TLS what is said about it has no effect.
fn tls<const TLS: bool>(cx: &mut Context<'_, '_>, draft: &HttpDraft<TLS>) -> Option<Tls> {
    if !TLS {
        let said = [draft.enable_sni.as_ref().map(|g| g.span), draft.sni_name.as_ref().map(|g| g.span)];
        for span in said.into_iter().flatten() {
            cx.report(
                Diagnostic::warning("no-effect", span, "`HTTP_GET` does not speak TLS")
                    .label("skipped")
                    .help("did you mean `SSL_GET`?"),
            );
        }
        return None;
    }
    let off = draft.enable_sni.as_ref().filter(|given| !given.value);
    match (off, &draft.sni_name, &draft.enable_sni) {
        (Some(off), Some(name), _) => {
            cx.report(
                Diagnostic::warning("contradiction", name.span, "a server name that is not sent")
                    .label("skipped")
                    .also(off.span, "because of this"),
            );
            Some(Tls::Plain)
        }
        (Some(_), None, _) | (None, None, None) => Some(Tls::Plain),
        (None, Some(name), _) if !name.value.is_empty() => Some(Tls::Name(name.value.clone())),
        (None, ..) => Some(Tls::HostName),
    }
}

fn smtp(cx: &mut Context<'_, '_>, draft: SmtpDraft, from: &Heritage<'_>, span: Span, out: &mut Checks) {
    let SmtpDraft { common, name, hosts } = draft;
    let probe = || Probe::Smtp(name.clone().unwrap_or_else(|| HELO.to_owned()));
    // Hosts stand instead of the server itself, unless something is said about how to reach it.
    if hosts.is_empty() || common.has_target() {
        out.extend(from.network(cx, &common, (probe(), Defaults::PLAIN), span));
    }
    for (host, span) in hosts {
        let mut host = host.common;
        let outer = &common.pacing;
        host.pacing.delay_loop = host.pacing.delay_loop.or(outer.delay_loop);
        host.pacing.retry = host.pacing.retry.or(outer.retry);
        host.pacing.delay_before_retry = host.pacing.delay_before_retry.or(outer.delay_before_retry);
        host.pacing.warmup = host.pacing.warmup.or(outer.warmup);
        host.alpha = host.alpha.or(common.alpha);
        host.log_all_failures = host.log_all_failures.or(common.log_all_failures);
        out.extend(from.network(cx, &host, (probe(), Defaults::PLAIN), span));
    }
}

fn dns(cx: &mut Context<'_, '_>, draft: DnsDraft, from: &Heritage<'_>, span: Span) -> Option<Check> {
    let name = match draft.name {
        None => String::new(),
        Some(given) => {
            let name = given.value.strip_suffix('.').unwrap_or(&given.value);
            let problem = if name.len() > 253 {
                Some("more than 253 bytes")
            } else if !name.is_empty() && name.split('.').any(str::is_empty) {
                Some("two dots follow each other, or it begins with one")
            } else if name.split('.').any(|label| label.len() > 63) {
                Some("more than 63 bytes between two dots")
            } else {
                None
            };
            if let Some(problem) = problem {
                cx.report(
                    Diagnostic::error("bad-name", given.span, format!("`{}` is no name in the DNS", given.value))
                        .label(problem),
                );
            }
            name.to_owned()
        }
    };
    let probe = Probe::Dns(Box::new(DnsProbe { kind: draft.kind.unwrap_or(DnsType::Soa), name }));
    from.network(cx, &draft.common, (probe, Defaults::DNS), span)
}

fn udp(cx: &mut Context<'_, '_>, draft: UdpDraft, from: &Heritage<'_>, span: Span) -> Option<Check> {
    let min_length = draft.min_length.as_ref().map_or(0, |given| given.value);
    // Where nothing is said about the answer, it may be of any length, as in the C version.
    let any = draft.reply.as_ref().is_some_and(|pattern| pattern.0.is_empty()) && draft.max_length.is_none();
    let max_length = (!any).then(|| draft.max_length.as_ref().map_or(MAX_REPLY, |given| given.value));
    let written = [&draft.min_length, &draft.max_length].into_iter().flatten();
    if draft.reply.is_none() {
        for given in written {
            cx.report(
                Diagnostic::warning("no-effect", given.span, "the length of an answer that is not needed")
                    .label("without `require_reply` this is not looked at"),
            );
        }
    } else if let Some(max_length) = max_length.filter(|max_length| min_length > *max_length)
        && let Some(given) = written.last()
    {
        cx.report(
            Diagnostic::error("bad-value", given.span, format!("no answer has {min_length} to {max_length} bytes"))
                .label("`min_reply_length` is greater than `max_reply_length`")
                .note("the check would always fail"),
        );
    }
    let reply = draft.reply.map(|pattern| UdpReply { pattern: pattern.0, min_length, max_length });
    let probe =
        Probe::Udp(Box::new(UdpProbe { payload: draft.payload.map(|bytes| bytes.0).unwrap_or_default(), reply }));
    from.network(cx, &draft.common, (probe, Defaults::PLAIN), span)
}

fn misc(cx: &mut Context<'_, '_>, draft: MiscDraft, from: &Heritage<'_>, span: Span) -> Option<Check> {
    let pacing = from.pacing(&draft.common, Defaults::MISC);
    let Some(script) = draft.script else {
        missing(
            cx,
            span,
            "MISC_CHECK",
            "misc_path",
            "a program and its arguments, like `misc_path \"/usr/bin/check a\"`",
        );
        return None;
    };
    let inherited = from.pacing[1].delay_loop.unwrap_or(DELAY_LOOP);
    Some(Check::Misc(Box::new(MiscCheck {
        pacing,
        script: Box::new(Script { user: draft.user, ..*script }),
        timeout: draft.timeout.filter(|timeout| !timeout.is_zero()).unwrap_or(inherited),
        dynamic: draft.dynamic.is_some_and(|Loose(on)| on),
    })))
}

fn file(cx: &mut Context<'_, '_>, draft: FileDraft, from: &Heritage<'_>, span: Span) -> Option<Check> {
    let Some(name) = draft.file else {
        missing(cx, span, "FILE_CHECK", "track_file", "the name of a `track_file` block");
        return None;
    };
    let found = from.known.files.get(&name.value).copied();
    let Some(Some((weight, reverse))) = found else {
        if !cx.partial && found.is_none() {
            cx.report(
                Diagnostic::error("unknown-file", name.span, format!("there is no `track_file {}`", name.value))
                    .label("expected the name of a `track_file` block"),
            );
        }
        return None;
    };
    let (weight, reverse) = draft.weight.map_or((weight, reverse), |own| (own.value, own.reverse));
    Some(Check::File(Box::new(FileCheck { file: name.value, weight, reverse })))
}

fn bfd(
    cx: &mut Context<'_, '_>,
    draft: BfdDraft,
    from: &Heritage<'_>,
    span: Span,
    sessions: &mut BTreeMap<Name, Span>,
) -> Option<Check> {
    let Some(name) = draft.name else {
        missing(cx, span, "BFD_CHECK", "name", "the name of a `bfd_instance`");
        return None;
    };
    let problem = match from.known.sessions.get(&name.value) {
        Some(Some(true)) => None,
        Some(None) => return None,
        Some(Some(false)) => Some(("has-no-checker", format!("`{}` is for instances only", name.value))),
        None => Some(("unknown-session", format!("there is no `bfd_instance {}`", name.value))),
    };
    if let Some((code, message)) = problem {
        if !cx.partial {
            let label = if code == "unknown-session" {
                "expected the name of a `bfd_instance`"
            } else {
                "it has `vrrp` and not `checker`"
            };
            cx.report(Diagnostic::error(code, name.span, message).label(label));
        }
        return None;
    }
    if let Some(first) = sessions.get(&name.value) {
        cx.report(
            Diagnostic::warning("repeated", name.span, format!("`{}` is checked already", name.value))
                .label("left out")
                .also(*first, "here"),
        );
        return None;
    }
    sessions.insert(name.value.clone(), name.span);
    Some(Check::Bfd(Box::new(BfdCheck { name: name.value, alpha: draft.alpha.unwrap_or(from.alpha) })))
}
