//! `global_defs`, and what stands outside every block.

use super::{below, credentials, interface, maybe, pick, script, word};
use crate::config::model::*;
use crate::net::Family;
use core::time::Duration;
use quickcheck::{Arbitrary, Gen};

fn yes(g: &mut Gen) -> bool {
    bool::arbitrary(g)
}

fn words(g: &mut Gen, most: usize) -> Vec<String> {
    (0..below(g, most + 1)).map(|_| word(g)).collect()
}

fn seconds(g: &mut Gen, least: usize, most: usize) -> Duration {
    Duration::from_secs((least + below(g, most - least + 1)) as u64)
}

fn micros(g: &mut Gen, least: usize, most: usize) -> Duration {
    Duration::from_micros((least + below(g, most - least + 1)) as u64)
}

/// A process name, which is short.
fn process_name(g: &mut Gen) -> String {
    pick(g, &["keepalived", "vrrp 1", "k\u{e9}", "a#b", "exactly_15_byte"]).to_owned()
}

pub(super) fn daemon(g: &mut Gen) -> Daemon {
    let kinds = [LinkBeatKind::Mii, LinkBeatKind::Ethtool, LinkBeatKind::Ioctl];
    let net_namespace_ipvs = maybe(g, |g| if yes(g) { String::new() } else { word(g) });
    Daemon {
        net_namespace: maybe(g, word),
        net_namespace_ipvs,
        namespace_with_ipsets: yes(g),
        instance: maybe(g, word),
        use_pid_dir: yes(g),
        child_wait_time: seconds(g, 0, 100),
        linkbeat_use_polling: yes(g),
        linkbeat_interfaces: (0..below(g, 3))
            .map(|_| LinkBeat { interface: interface(g), by: maybe(g, |g| pick(g, &kinds)) })
            .collect(),
        // Others than those of instances, whose timers may forbid a delay.
        interface_delays: (0..below(g, 3))
            .map(|n| InterfaceDelay {
                interface: format!("slow{n}"),
                down: micros(g, 0, 255_000_000),
                up: micros(g, 0, 255_000_000),
            })
            .collect(),
    }
}

pub(super) fn global(g: &mut Gen) -> Global {
    Global {
        router_id: maybe(g, word),
        startup_delay: Duration::from_millis(u64::from(u16::arbitrary(g))),
        delay_after_boot: Duration::from_millis(u64::from(u16::arbitrary(g))),
        script_user: maybe(g, credentials),
        script_security: yes(g),
        supplementary_groups: yes(g),
        symlink_paths: yes(g),
        startup_script: maybe(g, script),
        startup_script_timeout: seconds(g, 1, 1000),
        shutdown_script: maybe(g, script),
        shutdown_script_timeout: seconds(g, 1, 1000),
        default_interface: interface(g),
        dynamic_interfaces: maybe(g, |g| pick(g, &[DynamicInterfaces::Exist, DynamicInterfaces::AllowIfChanges])),
        disable_local_igmp: yes(g),
        log_unknown_vrids: yes(g),
        vmac_prefix: word(g),
        vmac_addr_prefix: word(g),
        umask: maybe(g, |g| Umask(below(g, 0o1000) as u16)),
        iproute_usr_dir: maybe(g, word),
        iproute_etc_dir: maybe(g, word),
        mail: mail(g),
        fifos: fifos(g),
        processes: processes(g),
        buffers: buffers(g),
        firewall: firewall(g),
        telemetry: telemetry(g),
        reload: reload(g),
        lvs: lvs(g),
    }
}

fn mail(g: &mut Gen) -> Mail {
    Mail {
        to: words(g, 3),
        from: maybe(g, word),
        server: maybe(g, |g| MailServer { host: word(g), port: u16::arbitrary(g).max(1) }),
        helo: maybe(g, word),
        timeout: seconds(g, 1, 4294),
        alert: maybe(g, yes),
        alert_vrrp: maybe(g, yes),
        alert_checker: maybe(g, yes),
        no_faults: yes(g),
        no_checkers: yes(g),
    }
}

fn fifos(g: &mut Gen) -> Fifos {
    let fifo = |g: &mut Gen, path: &str| Fifo { path: path.to_owned(), user: maybe(g, credentials) };
    Fifos {
        all: maybe(g, |g| fifo(g, "/run/all fifo")),
        all_script: maybe(g, script),
        vrrp: maybe(g, |g| fifo(g, "/run/vrrp#fifo")),
        vrrp_script: maybe(g, script),
        lvs: maybe(g, |g| fifo(g, "lvs")),
        lvs_script: maybe(g, script),
        states_on_reload: yes(g),
    }
}

fn process(g: &mut Gen) -> Process {
    Process {
        name: maybe(g, process_name),
        priority: below(g, 40) as i8 - 20,
        no_swap: yes(g),
        rt_priority: maybe(g, |g| below(g, 99) as u8 + 1),
        cpu_affinity: (0..below(g, 4)).map(|_| below(g, 1024) as u32).collect(),
        rlimit_rttime: micros(g, 1, u32::MAX as usize),
    }
}

fn processes(g: &mut Gen) -> Processes {
    Processes {
        names: yes(g),
        name: maybe(g, process_name),
        vrrp: process(g),
        checker: process(g),
        bfd: process(g),
        max_auto_priority: below(g, 101) as i8 - 1,
        min_auto_priority_delay: micros(g, 1, 10_000_000),
    }
}

fn buffers(g: &mut Gen) -> Buffers {
    let buffer = |g: &mut Gen| Buffer { size: u32::arbitrary(g), force: yes(g) };
    let size = AdvertBuffer::Size(u32::arbitrary(g));
    let by = [AdvertBuffer::By(AdvertMeasure::Mtu), AdvertBuffer::By(AdvertMeasure::Advert), size];
    Buffers {
        vrrp_command: buffer(g),
        vrrp_monitor: buffer(g),
        process_monitor: buffer(g),
        lvs_command: buffer(g),
        lvs_monitor: buffer(g),
        adverts: maybe(g, |g| pick(g, &by)),
        adverts_multiplier: u32::arbitrary(g).max(1),
    }
}

fn firewall(g: &mut Gen) -> Firewall {
    let nftables = maybe(g, word);
    let iptables = |g: &mut Gen| Chains { input: word(g), output: maybe(g, word) };
    let iptables = if nftables.is_none() { maybe(g, iptables) } else { None };
    Firewall {
        iptables: iptables.filter(|chains| chains.output.as_ref() != Some(&chains.input)),
        ipsets: maybe(g, |g| words(g, 6)),
        nftables,
        nftables_priority: i32::arbitrary(g),
        nftables_ifindex: yes(g),
        nftables_counters: yes(g),
        ipvs: maybe(g, word),
        ipvs_priority: i32::arbitrary(g),
        ipvs_start_fwmark: u32::arbitrary(g).max(1),
    }
}

fn telemetry(g: &mut Gen) -> Telemetry {
    Telemetry {
        snmp_socket: maybe(g, word),
        snmp_vrrp: yes(g),
        snmp_checker: yes(g),
        snmp_rfc: yes(g),
        snmp_rfcv2: yes(g),
        snmp_rfcv3: yes(g),
        traps: yes(g),
        dbus: yes(g),
        dbus_service_name: word(g),
        dbus_no_interface_name: word(g),
        data_use_instance: yes(g),
        json_version: pick(g, &[1, 2]),
        state_dump_file: maybe(g, word),
        stats_dump_file: maybe(g, word),
        json_dump_file: maybe(g, word),
    }
}

fn reload(g: &mut Gen) -> Reload {
    Reload {
        random_seed: maybe(g, u32::arbitrary),
        include_check: IncludeCheck { read: yes(g), matched: yes(g), wildcard: yes(g), brace: yes(g) },
        check_config: maybe(g, word),
        time_file: maybe(g, word),
        repeat: yes(g),
        file: maybe(g, |g| if yes(g) { String::new() } else { word(g) }),
        save_dir: maybe(g, word),
        tmp_directory: maybe(g, word),
    }
}

fn lvs(g: &mut Gen) -> LvsGlobal {
    LvsGlobal {
        timeouts: LvsTimeouts { tcp: seconds(g, 0, 3), tcpfin: seconds(g, 0, 3), udp: seconds(g, 0, 2_678_400) },
        flush: yes(g),
        flush_on_stop: maybe(g, |g| pick(g, &[FlushOnStop::Everything, FlushOnStop::VirtualServers])),
        sync_daemon: None,
        log_all_failures: yes(g),
        init_notifies: yes(g),
        vs_stats_interval: micros(g, 1000, 30_000_000),
        rs_stats_interval: maybe(g, |g| micros(g, 1000, 30_000_000)),
    }
}

/// Perhaps adds a synchronisation daemon, which goes by one of the instances.
pub(super) fn sync_daemon(g: &mut Gen, config: &mut Config) {
    let names: Vec<String> = config.instances.iter().map(|i| i.name.to_string()).collect();
    config.global.lvs.sync_daemon = maybe(g, |g| SyncDaemon {
        interface: interface(g),
        instance: if names.is_empty() { None } else { maybe(g, |g| pick(g, &names)) },
        id: maybe(g, u8::arbitrary),
        maxlen: maybe(g, |g| below(g, 65_507) as u16 + 1),
        port: maybe(g, |g| u16::arbitrary(g).max(1)),
        ttl: maybe(g, |g| u8::arbitrary(g).max(1)),
        group: maybe(g, |g| pick(g, &[Family::V4, Family::V6]).vrrp_group()),
    });
}
