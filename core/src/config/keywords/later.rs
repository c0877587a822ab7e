//! Known and not built yet: everything else that keepalived 2.4.3, its forks or its 1.x manual know.

use super::{Arg, INSTANCE, Keyword, Path, ROOT, later};
use std::sync::LazyLock;

/// Keywords of one block from whose absence the same follows.
struct Group {
    block: Path,
    effect: &'static str,
    /// Whether they are blocks wherever they stand.
    blocks: bool,
    names: &'static [&'static str],
}

const fn group(block: Path, effect: &'static str, names: &'static [&'static str]) -> Group {
    Group { block, effect, blocks: false, names }
}

const fn blocks(block: Path, effect: &'static str, names: &'static [&'static str]) -> Group {
    Group { block, effect, blocks: true, names }
}

static KEYWORDS: LazyLock<Vec<Keyword>> = LazyLock::new(|| GROUPS.iter().flat_map(Group::keywords).collect());

impl Group {
    fn keywords(&self) -> impl Iterator<Item = Keyword> {
        let arg = if self.blocks { Arg::AnyBlock } else { Arg::Anything };
        self.names.iter().map(move |name| Keyword { arg, ..later(self.block, name, self.effect) })
    }
}

pub(super) fn keywords() -> &'static [Keyword] {
    &KEYWORDS
}

#[rustfmt::skip]
const GROUPS: &[Group] = &[
    blocks(ROOT, "no load balancing is done", &[
        "SSL", "virtual_server_group", "virtual_server", "local_address_group",
    ]),
    blocks(ROOT, "static addresses, routes and rules are not made", &[
        "track_group", "static_ipaddress", "static_routes", "static_rules",
    ]),
    group("SSL", "no load balancing is done", &["password", "ca", "certificate", "key"]),
    group("virtual_server", "no load balancing is done", &[
        "ip_family", "retry", "delay_before_retry", "warmup", "connect_timeout", "delay_loop",
        "inhibit_on_failure", "lb_algo", "lvs_sched", "hashed", "ops", "flag-1", "flag-2", "flag-3",
        "sh-port", "sh-fallback", "mh-port", "mh-fallback", "lb_kind", "lvs_method", "persistence_engine",
        "persistence_timeout", "persistence_granularity", "protocol", "ha_suspend", "smtp_alert",
        "virtualhost", "snmp_name", "alpha", "omega", "quorum_up", "quorum_down", "quorum", "hysteresis",
        "weight", "sorry_server", "sorry_server_inhibit", "sorry_server_lvs_method", "real_server",
        "laddr_group_name", "syn_proxy", "nat_mask", "vip_bind_dev", "est_timeout", "establish_timeout",
    ]),
    group("virtual_server/real_server", "no load balancing is done", &[
        "weight", "lvs_method", "uthreshold", "lthreshold", "inhibit_on_failure", "notify_up",
        "notify_down", "alpha", "retry", "delay_before_retry", "warmup", "connect_timeout", "delay_loop",
        "smtp_alert", "virtualhost", "snmp_name", "MISC_CHECK", "SMTP_CHECK", "TCP_CHECK", "PING_CHECK",
        "UDP_CHECK", "HTTP_GET", "SSL_GET", "DNS_CHECK", "FILE_CHECK", "BFD_CHECK",
    ]),
    group("virtual_server/real_server/MISC_CHECK", "no load balancing is done", &[
        "retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "log_all_failures", "misc_path",
        "misc_timeout", "misc_dynamic", "user",
    ]),
    group("virtual_server/real_server/SMTP_CHECK", "no load balancing is done", &[
        "helo_name", "connect_ip", "connect_port", "bindto", "bind_port", "bind_if", "connect_timeout",
        "fwmark", "retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "log_all_failures",
        "host",
    ]),
    group("virtual_server/real_server/SMTP_CHECK/host", "no load balancing is done", &[
        "connect_ip", "connect_port", "bindto", "bind_port", "bind_if", "connect_timeout", "fwmark",
        "retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "log_all_failures",
    ]),
    group("virtual_server/real_server/TCP_CHECK", "no load balancing is done", &[
        "connect_ip", "connect_port", "bindto", "bind_port", "bind_if", "connect_timeout", "fwmark",
        "retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "log_all_failures",
    ]),
    group("virtual_server/real_server/PING_CHECK", "no load balancing is done", &[
        "connect_ip", "connect_port", "bindto", "bind_port", "bind_if", "connect_timeout", "fwmark",
        "retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "log_all_failures",
    ]),
    group("virtual_server/real_server/UDP_CHECK", "no load balancing is done", &[
        "connect_ip", "connect_port", "bindto", "bind_port", "bind_if", "connect_timeout", "fwmark",
        "retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "log_all_failures", "payload",
        "require_reply", "min_reply_length", "max_reply_length",
    ]),
    group("virtual_server/real_server/HTTP_GET", "no load balancing is done", &[
        "connect_ip", "connect_port", "bindto", "bind_port", "bind_if", "connect_timeout", "fwmark",
        "retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "log_all_failures", "nb_get_retry",
        "virtualhost", "http_protocol", "enable_sni", "sni_name", "fast_recovery", "url",
    ]),
    group("virtual_server/real_server/HTTP_GET/url", "no load balancing is done", &[
        "path", "digest", "status_code", "virtualhost", "regex", "regex_no_match", "regex_options",
        "regex_min_offset", "regex_max_offset", "regex_stack",
    ]),
    group("virtual_server/real_server/SSL_GET", "no load balancing is done", &[
        "connect_ip", "connect_port", "bindto", "bind_port", "bind_if", "connect_timeout", "fwmark",
        "retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "log_all_failures", "nb_get_retry",
        "virtualhost", "http_protocol", "enable_sni", "sni_name", "fast_recovery", "tls_compliant", "url",
    ]),
    group("virtual_server/real_server/SSL_GET/url", "no load balancing is done", &[
        "path", "digest", "status_code", "virtualhost", "regex", "regex_no_match", "regex_options",
        "regex_min_offset", "regex_max_offset", "regex_stack", "tls_compliant",
    ]),
    group("virtual_server/real_server/DNS_CHECK", "no load balancing is done", &[
        "connect_ip", "connect_port", "bindto", "bind_port", "bind_if", "connect_timeout", "fwmark",
        "retry", "delay_before_retry", "warmup", "delay_loop", "alpha", "log_all_failures", "type", "name",
    ]),
    group("virtual_server/real_server/FILE_CHECK", "no load balancing is done", &["track_file", "weight"]),
    group("virtual_server/real_server/BFD_CHECK", "no load balancing is done", &["name", "alpha"]),
    group("track_group", "static addresses do not follow groups", &["group"]),
    group(INSTANCE, "these are not made", &["virtual_routes", "virtual_rules"]),
];
