//! From the model back to what has to be written.

use super::check::{
    BfdDraft, Common, DnsDraft, FileDraft, FileWeight, HttpDraft, MiscDraft, PingDraft, SmtpDraft, TcpDraft, UdpDraft,
};
use super::checks::{CONNECT_TIMEOUT, Defaults, HELO, MAX_REPLY};
use super::draft::{PacingDraft, PersistenceTimeout, RealDraft, VirtualDraft};
use super::hex::{HexBytes, MaskedBytes};
use super::http::UrlDraft;
use super::settings::{Endpoint, Loose, given};
use super::{DELAY_LOOP, Mails};
use crate::config::build::setting::Fields;
use crate::config::model::{
    Check, Config, DnsType, Forwarding, GroupEntry, HttpProbe, HttpVersion, NetworkCheck, Pacing, Probe, RealServer,
    Script, Secret, Service, Ssl, Tls, UdpReply, VirtualServer,
};
use crate::config::print::{Secrets, Writer, quoted_word};
use crate::net::Family;
use core::net::IpAddr;
use core::time::Duration;

/// What is said where nothing is said about it.
struct Silence {
    mails: Mails,
    log_all_failures: bool,
    /// It is said all the same.
    whole: bool,
}

impl Silence {
    /// A value that has to be written.
    fn differs<T: PartialEq>(&self, value: T, silent: T) -> Option<T> {
        (self.whole || value != silent).then_some(value)
    }
}

/// Prints the load balancer; `whole`: also what is inherited or a default.
pub(in crate::config) fn say(out: &mut Writer, config: &Config, secrets: Secrets, whole: bool) {
    let silence = Silence { mails: Mails::of(config), log_all_failures: config.global.lvs.log_all_failures, whole };
    let lvs = &config.lvs;
    if let Some(ssl) = &lvs.ssl {
        let mut ssl = ssl.clone();
        if secrets == Secrets::Hide {
            ssl.password = ssl.password.map(|_| Secret("********".into()));
        }
        out.block("\nSSL", |out| out.fields(&ssl, &Ssl::default()));
    }
    for group in &lvs.groups {
        let head = format!("\nvirtual_server_group {}", quoted_word(&group.name));
        out.lines(&head, group.entries.iter().map(group_entry));
    }
    for group in &lvs.local_addresses {
        let head = format!("\nlocal_address_group {}", quoted_word(&group.name));
        out.lines(
            &head,
            group.addresses.iter().map(|addresses| match &addresses.device {
                Some(device) => format!("{} {}", addresses.range, quoted_word(device)),
                None => addresses.range.to_string(),
            }),
        );
    }
    lvs.servers.iter().for_each(|server| virtual_server(out, server, &silence));
}

fn group_entry(entry: &GroupEntry) -> String {
    match entry {
        GroupEntry::Addresses { range, port: 0 } => range.to_string(),
        GroupEntry::Addresses { range, port } => format!("{range} {port}"),
        GroupEntry::Mark { mark, family: None } => format!("fwmark {mark}"),
        GroupEntry::Mark { mark, family: Some(Family::V4) } => format!("fwmark {mark} inet"),
        GroupEntry::Mark { mark, family: Some(Family::V6) } => format!("fwmark {mark} inet6"),
    }
}

fn virtual_server(out: &mut Writer, server: &VirtualServer, silence: &Silence) {
    let head = match &server.service {
        Service::Group(name) => format!("group {}", quoted_word(name)),
        service => service.to_string(),
    };
    out.block(format_args!("\nvirtual_server {head}"), |out| {
        out.fields(&virtual_draft(server, silence), &VirtualDraft::default());
        server.real_servers.iter().for_each(|real| real_server(out, real, server, silence));
    });
}

fn virtual_draft(server: &VirtualServer, silence: &Silence) -> VirtualDraft {
    let persistence = server.persistence.as_ref();
    let sorry = server.sorry_server;
    let flag = |on: bool| if on { given(true) } else { None };
    let loose = |on: bool| on.then_some(Loose(true));
    VirtualDraft {
        ip_family: server
            .family
            .filter(|_| silence.whole || !matches!(server.service, Service::Address(..)))
            .and_then(given),
        protocol: server.protocol.and_then(given),
        scheduler: Some(server.scheduler),
        flag_1: server.scheduler_flags.first,
        flag_2: server.scheduler_flags.second,
        flag_3: server.scheduler_flags.third,
        one_packet: flag(server.one_packet),
        forwarding: Some(server.forwarding),
        persistence_timeout: persistence
            .map(|p| PersistenceTimeout(u32::try_from(p.timeout.as_secs()).unwrap_or(u32::MAX))),
        persistence_granularity: persistence.and_then(|p| p.granularity).and_then(given),
        persistence_engine: persistence.and_then(|p| p.engine.clone()).and_then(given),
        ha_suspend: loose(server.ha_suspend).and_then(given),
        omega: loose(server.omega),
        quorum: (server.quorum != 1).then_some(server.quorum).and_then(given),
        hysteresis: (server.hysteresis != 0).then_some(server.hysteresis).and_then(given),
        quorum_up: server.quorum_up.clone(),
        quorum_down: server.quorum_down.clone(),
        smtp_alert: silence.differs(server.smtp_alert, silence.mails.of_virtual),
        snmp_name: server.snmp_name.clone(),
        sorry_server: sorry.and_then(|sorry| given(Endpoint { ip: sorry.ip, port: sorry.port })),
        sorry_inhibit: sorry.filter(|sorry| sorry.inhibit).and_then(|_| given(Loose(true))),
        sorry_forwarding: other(sorry.map(|sorry| sorry.forwarding), server.forwarding).and_then(given),
        local_addresses: server.local_addresses.clone().and_then(given),
        syn_proxy: flag(server.syn_proxy),
        bind_device: server.bind_device.clone(),
        established_timeout: server.established_timeout,
        ..VirtualDraft::default()
    }
}

/// A method that has to be written.
fn other(method: Option<Forwarding>, inherited: Forwarding) -> Option<Forwarding> {
    method.filter(|method| *method != inherited)
}

fn real_server(out: &mut Writer, real: &RealServer, server: &VirtualServer, silence: &Silence) {
    let draft = RealDraft {
        weight: Some(real.weight),
        forwarding: silence.differs(real.forwarding, server.forwarding),
        upper_threshold: real.upper_threshold,
        lower_threshold: (real.lower_threshold != 0).then_some(real.lower_threshold).and_then(given),
        inhibit: silence.differs(real.inhibit, false),
        notify_up: real.notify_up.clone(),
        notify_down: real.notify_down.clone(),
        smtp_alert: silence.differs(real.smtp_alert, silence.mails.of_real),
        snmp_name: real.snmp_name.clone(),
        ..RealDraft::default()
    };
    let endpoint = Endpoint { ip: real.ip, port: real.port };
    out.block(format_args!("real_server {endpoint}"), |out| {
        out.fields(&draft, &RealDraft::default());
        real.checks.iter().for_each(|check| self::check(out, check, real, silence));
    });
}

fn check(out: &mut Writer, check: &Check, real: &RealServer, silence: &Silence) {
    match check {
        Check::Network(check) => network(out, check, real, silence),
        Check::Misc(check) => {
            let draft = MiscDraft {
                common: Common { ..pacing(&check.pacing, Defaults::MISC, silence) },
                user: check.script.user.clone(),
                script: Some(Box::new(Script { user: None, ..(*check.script).clone() })),
                timeout: silence.differs(check.timeout, DELAY_LOOP),
                dynamic: check.dynamic.then_some(Loose(true)),
            };
            block(out, "MISC_CHECK", &draft);
        }
        Check::File(check) => {
            let weight = FileWeight { value: check.weight, reverse: check.reverse };
            block(out, "FILE_CHECK", &FileDraft { file: given(check.file.clone()), weight: Some(weight) });
        }
        Check::Bfd(check) => {
            let alpha = silence.differs(check.alpha, false);
            block(out, "BFD_CHECK", &BfdDraft { name: given(check.name.clone()), alpha });
        }
    }
}

fn block<T: Fields + Default>(out: &mut Writer, head: &str, draft: &T) {
    out.block(head, |out| out.fields(draft, &T::default()));
}

fn network(out: &mut Writer, check: &NetworkCheck, real: &RealServer, silence: &Silence) {
    let common = |defaults| Common {
        pacing: PacingDraft {
            connect_timeout: silence.differs(check.manner.timeout, CONNECT_TIMEOUT),
            ..pacing(&check.manner.pacing, defaults, silence).pacing
        },
        ..place(check, real, pacing(&check.manner.pacing, defaults, silence), silence)
    };
    match &check.manner.probe {
        Probe::Tcp => block(out, "TCP_CHECK", &TcpDraft { common: common(Defaults::PLAIN) }),
        Probe::Ping => block(out, "PING_CHECK", &PingDraft { common: common(Defaults::PLAIN) }),
        Probe::Http(probe) if probe.tls.is_some() => http::<true>(out, "SSL_GET", probe, common(Defaults::HTTP)),
        Probe::Http(probe) => http::<false>(out, "HTTP_GET", probe, common(Defaults::HTTP)),
        Probe::Smtp(name) => {
            let name = (name != HELO).then(|| name.clone());
            block(out, "SMTP_CHECK", &SmtpDraft { common: common(Defaults::PLAIN), name, hosts: Vec::new() });
        }
        Probe::Dns(probe) => {
            let name = if probe.name.is_empty() { None } else { given(probe.name.clone()) };
            let kind = (probe.kind != DnsType::Soa).then_some(probe.kind);
            block(out, "DNS_CHECK", &DnsDraft { common: common(Defaults::DNS), kind, name });
        }
        Probe::Udp(probe) => {
            let reply = probe.reply.as_ref();
            let draft = UdpDraft {
                common: common(Defaults::PLAIN),
                payload: (!probe.payload.is_empty()).then(|| HexBytes(probe.payload.clone())),
                reply: reply.map(|reply| MaskedBytes(reply.pattern.clone())),
                min_length: reply.and_then(|reply| differs(reply.min_length, 0)).and_then(given),
                max_length: reply.and_then(said_length).and_then(given),
            };
            block(out, "UDP_CHECK", &draft);
        }
    }
}

/// `max_reply_length`, where it has to be said.
fn said_length(reply: &UdpReply) -> Option<u16> {
    reply.max_length.filter(|length| reply.pattern.is_empty() || *length != MAX_REPLY)
}

fn differs<T: PartialEq>(value: T, default: T) -> Option<T> {
    (value != default).then_some(value)
}

fn pacing(pacing: &Pacing, defaults: Defaults, silence: &Silence) -> Common {
    let delay_loop = pacing.delay_loop;
    let before_retry: Duration = defaults.delay_before_retry.unwrap_or(delay_loop);
    Common {
        pacing: PacingDraft {
            delay_loop: silence.differs(delay_loop, DELAY_LOOP),
            retry: silence.differs(pacing.retry, defaults.retry),
            delay_before_retry: silence.differs(pacing.delay_before_retry, before_retry),
            warmup: silence.differs(pacing.warmup, delay_loop),
            connect_timeout: None,
        },
        alpha: silence.differs(pacing.alpha, false),
        log_all_failures: silence.differs(pacing.log_all_failures, silence.log_all_failures),
        ..Common::default()
    }
}

/// Adds to `common` where a check connects to, and from where.
fn place(check: &NetworkCheck, real: &RealServer, common: Common, silence: &Silence) -> Common {
    let NetworkCheck { target, manner } = check;
    let inherited = if manner.probe == Probe::Ping { 0 } else { real.port };
    Common {
        ip: silence.differs::<IpAddr>(target.ip, real.ip).and_then(given),
        port: silence.differs(target.port, inherited).filter(|port| *port != 0 || !silence.whole),
        source: manner.source.and_then(given),
        source_port: differs(manner.source_port, 0),
        device: manner.device.clone(),
        mark: differs(manner.mark, 0),
        ..common
    }
}

fn http<const TLS: bool>(out: &mut Writer, head: &str, probe: &HttpProbe, common: Common)
where
    HttpDraft<TLS>: Fields,
    UrlDraft<TLS>: Fields,
{
    let draft = HttpDraft::<TLS> {
        common,
        version: differs(probe.version, HttpVersion::V1_0),
        enable_sni: if probe.tls == Some(Tls::HostName) { given(true) } else { None },
        sni_name: match &probe.tls {
            Some(Tls::Name(name)) => given(name.clone()),
            _ => None,
        },
        fast_recovery: probe.fast_recovery,
        ..HttpDraft::default()
    };
    out.block(head, |out| {
        out.fields(&draft, &HttpDraft::default());
        for url in &probe.urls {
            block(out, "url", &UrlDraft::<TLS>::of(url));
        }
    });
}
