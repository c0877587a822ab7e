//! Known and not built yet: everything else that keepalived 2.4.3, its forks or its 1.x manual know.

use super::{Arg, INSTANCE, Keyword, Path, ROOT, SYNC_GROUP, later};
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
    blocks(ROOT, "announcements have one pace on all interfaces", &["garp_group"]),
    blocks(ROOT, "nothing is run or watched, and what tracks it takes no notice", &[
        "vrrp_script", "vrrp_track_process", "track_file", "vrrp_track_file",
    ]),
    blocks(ROOT, "changes of interfaces count at once", &["interface_up_down_delays"]),
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
    group("track_file", "the file is not watched", &["file", "weight", "init_file"]),
    group("vrrp_track_file", "the file is not watched", &["file", "weight", "init_file"]),
    group("track_group", "static addresses do not follow groups", &["group"]),
    group(SYNC_GROUP, "the group takes no notice of these", &[
        "track_script", "track_file", "track_process", "track_bfd",
    ]),
    group(SYNC_GROUP, "weights of tracked objects have no effect in a group", &[
        "global_tracking", "sync_group_tracking_weight",
    ]),
    group(SYNC_GROUP, "nothing is run for this", &["notify_priority_changes"]),
    group("garp_group", "announcements have one pace on all interfaces", &[
        "garp_interval", "gna_interval", "interface", "interfaces",
    ]),
    group(INSTANCE, "adverts and addresses stay on the real interface", &[
        "use_vmac", "use_vmac_addr", "vmac_xmit_base", "use_ipvlan", "vrf",
    ]),
    group(INSTANCE, "an instance with unicast keywords but without peers uses multicast", &["unicast_fault_no_peer"]),
    group(INSTANCE, "unicast checksums are those of the RFC", &["old_unicast_checksum"]),
    group(INSTANCE, "the instance takes no notice of these", &[
        "track_script", "track_file", "track_process", "track_bfd",
    ]),
    group(INSTANCE, "a change of the source address is not noticed as a fault", &["track_src_ip"]),
    group(INSTANCE, "an instance without addresses is treated as if this was not written", &["no_virtual_ipaddress"]),
    group(INSTANCE, "the interface keeps its own setting", &["promote_secondaries"]),
    group(INSTANCE, "the state of the interface comes from the kernel", &["linkbeat_use_polling"]),
    group(INSTANCE, "these are not made", &["virtual_routes", "virtual_rules"]),
    group(INSTANCE, "the addresses of a master answer, whoever owns them", &["no_accept"]),
    group(INSTANCE, "the RFC's strict checks are not made", &["strict_mode"]),
    group(INSTANCE, "nothing is run or told for this", &[
        "notify_deleted", "notify_master_rx_lower_pri", "notify_priority_changes",
    ]),
    group(INSTANCE, "connections are not synchronised", &["lvs_sync_daemon_interface"]),
    group(INSTANCE, "three missing adverts make a backup master, as in the RFC", &["down_timer_adverts"]),
    group(INSTANCE, "a late timer is treated like any other", &["timer_expired_backup", "thread_timer_expired"]),
    group(INSTANCE, "addresses are announced on their own interface only", &["garp_extra_if", "vmac_garp_intvl"]),
    group(INSTANCE, "an owner looks at the adverts of others", &["owner_ignore_adverts"]),
    group(INSTANCE, "the sockets keep the size of their buffers", &["kernel_rx_buf_size"]),
    group(INSTANCE, "adverts carry no HMAC", &["auth_hmac"]),
    group("vrrp_instance/auth_hmac", "adverts carry no HMAC", &[
        "key", "active_key", "time_window", "anti_replay", "mode",
    ]),
    group("vrrp_script", "the script is not run", &[
        "script", "interval", "timeout", "weight", "rise", "fall", "user", "init_fail",
    ]),
    group("vrrp_track_process", "processes are not watched", &[
        "process", "param_match", "weight", "quorum", "quorum_max", "delay", "terminate_delay",
        "fork_delay", "full_command",
    ]),
];
