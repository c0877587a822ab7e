//! Known and not built yet: everything else that keepalived 2.4.3, its forks or its 1.x manual know.

use super::{Arg, GLOBAL, INSTANCE, Keyword, Path, ROOT, SYNC_GROUP, later};
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
    group(GLOBAL, "the process keeps its name", &[
        "process_names", "process_name", "vrrp_process_name", "checker_process_name", "lvs_process_name",
        "bfd_process_name",
    ]),
    group(GLOBAL, "scripts are run by the path that is written", &["use_symlink_paths"]),
    group(GLOBAL, "scripts run without supplementary groups", &["set_supplementary_groups"]),
    group(GLOBAL, "nothing is run at the start and the stop", &[
        "startup_script", "startup_script_timeout", "shutdown_script", "shutdown_script_timeout",
    ]),
    group(GLOBAL, "the process runs like any other", &[
        "max_auto_priority", "min_auto_priority_delay", "vrrp_priority", "vrrp_no_swap", "vrrp_rt_priority",
        "vrrp_cpu_affinity", "vrrp_rlimit_rttime", "vrrp_rlimit_rtime",
    ]),
    group(GLOBAL, "no load balancing is done", &[
        "smtp_alert_checker", "checker_log_all_failures", "lvs_timeouts", "lvs_flush", "lvs_flush_on_stop",
        "lvs_flush_onstop", "lvs_sync_daemon", "nftables_ipvs", "nftables_ipvs_priority",
        "nftables_ipvs_start_fwmark", "checker_priority", "checker_no_swap", "checker_rt_priority",
        "checker_cpu_affinity", "checker_rlimit_rttime", "checker_rlimit_rtime",
        "snmp_vs_stats_update_interval", "snmp_rs_stats_update_interval", "lvs_netlink_cmd_rcv_bufs",
        "lvs_netlink_cmd_rcv_bufs_force", "lvs_netlink_monitor_rcv_bufs",
        "lvs_netlink_monitor_rcv_bufs_force", "rs_init_notifies", "no_checker_emails",
    ]),
    group(GLOBAL, "static addresses are not made", &["default_interface"]),
    group(GLOBAL, "the kernel reports multicast groups as usual", &["disable_local_igmp"]),
    group(GLOBAL, "three missing adverts make a backup master, as in the RFC", &["vrrp_down_timer_adverts"]),
    group(GLOBAL, "addresses are announced on their own interface only", &[
        "vrrp_garp_extra_if", "vrrp_vmac_garp_intvl",
    ]),
    group(GLOBAL, "no packet filter is set up", &[
        "vrrp_iptables", "vrrp_ipsets", "nftables", "nftables_priority", "nftables_ifindex",
        "nftables_counters",
    ]),
    group(GLOBAL, "the RFC's strict checks are not made", &["vrrp_strict"]),
    group(GLOBAL, "nothing is written to a FIFO or run for it", &[
        "notify_fifo", "notify_fifo_script", "vrrp_notify_fifo", "vrrp_notify_fifo_script",
        "vrrp_notify_priority_changes", "fifo_write_vrrp_states_on_reload", "lvs_notify_fifo",
        "lvs_notify_fifo_script",
    ]),
    group(GLOBAL, "no BFD sessions are kept", &[
        "bfd_priority", "bfd_no_swap", "bfd_rt_priority", "bfd_cpu_affinity", "bfd_rlimit_rttime",
        "bfd_rlimit_rtime",
    ]),
    group(GLOBAL, "SNMP is not served", &[
        "snmp_socket", "enable_snmp_vrrp", "enable_snmp_keepalived", "enable_snmp_rfc", "enable_snmp_rfcv2",
        "enable_snmp_rfcv3", "enable_snmp_checker",
    ]),
    group(GLOBAL, "D-Bus is not served", &["enable_dbus", "dbus_service_name", "dbus_no_interface_name"]),
    group(GLOBAL, "the sockets keep the size of their buffers", &[
        "vrrp_netlink_cmd_rcv_bufs", "vrrp_netlink_cmd_rcv_bufs_force", "vrrp_netlink_monitor_rcv_bufs",
        "vrrp_netlink_monitor_rcv_bufs_force", "process_monitor_rcv_bufs", "process_monitor_rcv_bufs_force",
        "vrrp_rx_bufs_policy", "vrrp_rx_bufs_multiplier",
    ]),
    group(GLOBAL, "instances begin as soon as the daemon does", &["vrrp_delay_after_boot"]),
    group(GLOBAL, "adverts of other virtual routers are only counted", &["log_unknown_vrids"]),
    group(GLOBAL, "an owner looks at the adverts of others", &["vrrp_owner_ignore_adverts"]),
    group(GLOBAL, "no virtual interfaces are made", &["vmac_prefix", "vmac_addr_prefix"]),
    group(GLOBAL, "files are made readable by their owner only", &["umask"]),
    group(GLOBAL, "nothing depends on chance", &["random_seed"]),
    group(GLOBAL, "a reload is checked as a whole in any case, and only asked for by a signal", &[
        "reload_check_config", "reload_time_file", "reload_repeat", "reload_file", "include_check",
        "config_save_dir", "tmp_config_directory",
    ]),
    group(GLOBAL, "no state is written to files", &[
        "data_use_instance", "json_version", "state_dump_file", "stats_dump_file", "json_dump_file",
    ]),
    group(GLOBAL, "only the usual names of scopes are known", &["iproute_usr_dir", "iproute_etc_dir"]),
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
