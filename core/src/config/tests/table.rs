//! Every row of the keyword table is more than words: what it says can be written, and changes the configuration.

use super::{codes, instance, read, read_back};
use crate::config::build::setting::Fields;
use crate::config::keywords::{self, Arg, Keyword};
use crate::config::model::*;
use crate::config::render;
use std::collections::BTreeSet;

/// Blocks whose rows are tried elsewhere.
const ELSEWHERE: &[&str] = &[
    "SSL",
    "local_address_group",
    "static_",
    "track_group",
    "virtual_server",
    "vrrp_instance/track_interface",
    "vrrp_instance/unicast_peer",
    "vrrp_instance/virtual_",
];

/// Keywords whose first example says what holds anyway, or that only say what something else means.
const SILENT: &[&str] = &[
    "accept",
    "preempt",
    "vrrp_garp_interval",
    "vrrp_gna_interval",
    "vrrp_check_unicast_src",
    "vrrp_mcast_group6",
    "vrrp_owner_ignore_adverts",
    "higher_prio_send_advert",
    "vrrp_higher_prio_send_advert",
    "vrf",
    "priority",
    "bfd_instance",
    "track_file",
    "virtual_ipaddress",
    "vrrp_instance",
    "vrrp_script",
    "vrrp_sync_group",
    "vrrp_track_process",
    "global_defs",
];

/// What can stand after a keyword. Not a default.
fn example(keyword: &Keyword) -> String {
    let name = keyword.meaning();
    let by_name = match name {
        "state" => "MASTER",
        "auth_type" => "PASS",
        "mcast_dst_ip" => "224.0.0.77",
        "umask" => "IRWXG|IRWXO",
        "smtp_server" => "192.0.2.25 2525",
        "vrrp_iptables" => "in out",
        "vrrp_ipsets" => "a b",
        "lvs_timeouts" => "tcp 900 udp 300",
        "lvs_sync_daemon" => "eth1 inst VI_1 id 7",
        "vrrp_rx_bufs_policy" => "MTU",
        "include_check" => "match +wildcard_match",
        "json_version" => "2",
        "use_vmac" => "vrrp.51 02:00:00:00:00:01",
        "use_ipvlan" => "ipvlan0 10.9.9.9/24 bridge",
        "key" => "1 0123456789abcdef0123456789abcdef",
        "active_key" => "2",
        "anti_replay" => "monotonic",
        "mode" => "permissive",
        "init_file" => "5 overwrite",
        "neighbor_ip" => "192.0.2.9",
        "source_ip" => "192.0.2.8",
        "idle_tx" => "2000",
        "process" => "/usr/sbin/haproxy -f x",
        "weight" => "20 reverse",
        "linkbeat_interfaces" => "{\neth0 MII\n}",
        "interface_up_down_delays" => "{\neth7 0.5 1\n}",
        "garp_group" => "{\ngarp_interval 0.1\ninterface eth0\n}",
        "authentication" => "{\nauth_type PASS\nauth_pass secret\n}",
        "auth_hmac" => "{\nkey 1 0123456789abcdef0123456789abcdef\nactive_key 1\n}",
        "group" => "{ VI_1 }",
        "track_script" | "track_process" | "track_bfd" => "{\nobject weight 5\n}",
        "track_file" if keyword.block != keywords::ROOT => "{\nobject weight 5 reverse\n}",
        "virtual_ipaddress" | "virtual_ipaddress_excluded" => "{\n10.7.7.7\n}",
        "virtual_routes" => "{\n10.7.0.0/16 via 10.0.0.254\n}",
        "virtual_rules" => "{\nfrom 10.7.0.0/16 table 7 preference 7\n}",
        "unicast_peer" => "{\n10.0.0.7\n}",
        _ => "",
    };
    if !by_name.is_empty() {
        return by_name.to_owned();
    }
    of_kind(keyword.arg, keyword.default)
}

pub(super) fn of_kind(arg: Arg, default: &str) -> String {
    let other = |min: i64, max: i64| {
        let usual = default.parse().ok();
        [7, 3, 2, 100, 5000, min, max].into_iter().find(|n| (min..=max).contains(n) && Some(*n) != usual)
    };
    match arg {
        Arg::Flag => String::new(),
        Arg::Switch => if default == "on" { "off" } else { "on" }.to_owned(),
        Arg::Integer(min, max) | Arg::WholeSeconds(min, max) => other(min, max).unwrap_or(min).to_string(),
        Arg::Seconds(..) => "3".to_owned(),
        Arg::Millis(min, _) => if min > 1000 { "3000" } else { "20" }.to_owned(),
        Arg::Micros(..) => "5000".to_owned(),
        Arg::Choice(words) | Arg::AnyCase(words) => words.last().map_or("", |word| word).to_owned(),
        Arg::Path => "/run/some/thing".to_owned(),
        Arg::Word | Arg::User => "something".to_owned(),
        Arg::Words(..) | Arg::Form(..) => "7".to_owned(),
        Arg::Address | Arg::Host => "10.0.0.9".to_owned(),
        Arg::Group(false) => "224.0.0.99".to_owned(),
        Arg::Group(true) => "ff02::99".to_owned(),
        Arg::Interface => "eth7".to_owned(),
        Arg::Script | Arg::Command | Arg::Pattern => "\"/bin/x y\"".to_owned(),
        Arg::Optional(arg) | Arg::Or(arg, _) => of_kind(*arg, default),
        Arg::Lines | Arg::Names => "{\neth7\n}".to_owned(),
        Arg::NamedBlock => "another {\n}".to_owned(),
        Arg::Block => "{\n}".to_owned(),
        Arg::Hex(..) | Arg::FormBlock(..) => String::new(),
    }
}

/// A file with `line` in `block`, and what else belongs there.
fn file(keyword: &Keyword, line: &str) -> Option<String> {
    let (block, name) = (keyword.block, keyword.meaning());
    let objects = "vrrp_script object {\nscript /bin/true\n}\ntrack_file object {\nfile /run/x\n}\n\
                   vrrp_track_process object {\nprocess /bin/x\n}\nbfd_instance object {\nneighbor_ip 192.0.2.7\n}\n";
    let without = |needed: &str, text: &str| if name.starts_with(needed) { String::new() } else { format!("{text}\n") };
    let peer = "unicast_peer {\n10.0.0.7\n}";
    let more = match name {
        "unicast_ttl" | "check_unicast_src" | "unicast_fault_no_peer" => peer,
        "vmac_xmit_base" => "use_vmac",
        "owner_ignore_adverts" => "priority 255",
        "timer_expired_backup" => "nopreempt",
        "track_src_ip" => "mcast_src_ip 10.0.0.3",
        "native_ipv6" => return None,
        _ => "",
    };
    let whole = instance(more);
    Some(match block {
        keywords::ROOT => format!("{line}\n{objects}{whole}"),
        keywords::GLOBAL => format!("global_defs {{\n{line}\n}}\n{whole}"),
        keywords::INSTANCE if name == "interface" || name == "virtual_router_id" => {
            let rest = if name == "interface" { "virtual_router_id 51" } else { "interface eth0" };
            let line = if line.is_empty() { "interface eth0\nvirtual_router_id 51" } else { line };
            let rest = if line.contains('\n') { "" } else { rest };
            format!("vrrp_instance VI_1 {{\n{rest}\n{line}\nvirtual_ipaddress {{\n10.0.0.1/24\n}}\n}}\n")
        }
        keywords::INSTANCE => format!("{objects}{}", instance(&format!("{more}\n{line}"))),
        keywords::AUTHENTICATION => {
            let (kind, pass) = (without("auth_type", "auth_type PASS"), without("auth_pass", "auth_pass x"));
            instance(&format!("authentication {{\n{kind}{pass}{line}\n}}"))
        }
        keywords::HMAC => {
            let key = "0123456789abcdef0123456789abcdef";
            let first = if name == "key" { String::new() } else { format!("key 1 {key}\n") };
            instance(&format!("auth_hmac {{\n{first}key 2 {key}\n{line}\n}}"))
        }
        keywords::SYNC_GROUP => {
            let members = without("group", "group { VI_1 }");
            let weights = without("sync_group_tracking", "sync_group_tracking_weight");
            format!("{objects}{whole}vrrp_sync_group G {{\n{members}{weights}{line}\n}}\n")
        }
        keywords::SCRIPT => format!("vrrp_script s {{\n{}{line}\n}}\n", without("script", "script /bin/true")),
        keywords::PROCESS => format!("vrrp_track_process p {{\n{}{line}\n}}\n", without("process", "process /bin/x")),
        keywords::FILE | keywords::VRRP_FILE => {
            format!("{block} f {{\n{}{line}\n}}\n", without("file", "file /run/x"))
        }
        keywords::BFD => format!("bfd_instance b {{\n{}{line}\n}}\n", without("neighbo", "neighbor_ip 192.0.2.7")),
        keywords::GARP_GROUP => {
            let other = if name == "garp_interval" { "gna_interval 1" } else { "garp_interval 1" };
            format!("garp_group {{\n{other}\ninterface eth0\n{line}\n}}\n")
        }
        _ => return None,
    })
}

#[test]
fn what_every_keyword_says_is_taken_over_and_can_be_printed() {
    let mut tried = 0;
    let mut idle = Vec::new();
    for keyword in keywords::all() {
        if ELSEWHERE.iter().any(|block| keyword.block.starts_with(block) || keyword.name.starts_with(block)) {
            continue;
        }
        let name = keyword.name;
        let line = format!("{name} {}", example(keyword));
        let (Some(before), Some(text)) = (file(keyword, ""), file(keyword, &line)) else {
            assert!(name == "native_ipv6", "nobody tries `{}/{name}`", keyword.block);
            continue;
        };
        let (source, after) = read(&text);
        let said = render(&after.diagnostics, &source, false);
        if keyword.arg != Arg::NamedBlock {
            assert!(after.is_usable(), "{text}\n{said}");
        }
        assert!(!said.contains("is no keyword"), "{text}\n{said}");
        let (_, before) = read(&before);
        let changed = before.config != after.config;
        if !changed && !SILENT.contains(&keyword.meaning()) {
            idle.push(line);
        }
        if after.is_usable() {
            read_back(&after.config);
        }
        tried += 1;
    }
    assert!(idle.is_empty(), "these change nothing: {idle:#?}");
    assert!(tried > 250, "{tried}");
}

#[test]
fn every_bound_name_is_a_keyword() {
    fn look<T: Fields>(seen: &mut BTreeSet<(&'static str, &'static str)>) {
        for name in T::NAMES {
            let keyword = keywords::find(T::BLOCK, name).unwrap_or_else(|| panic!("{}/{name}", T::BLOCK));
            assert!(keyword.alias.is_none(), "{name} is bound by another spelling");
            assert!(seen.insert((T::BLOCK, name)), "{name} is bound twice");
        }
    }
    let mut seen = BTreeSet::new();
    look::<Daemon>(&mut seen);
    look::<Global>(&mut seen);
    look::<LinkConfig>(&mut seen);
    look::<Rules>(&mut seen);
    look::<HmacConfig>(&mut seen);
    look::<ScriptConfig>(&mut seen);
    look::<FileConfig>(&mut seen);
    look::<ProcessConfig>(&mut seen);
    look::<BfdConfig>(&mut seen);
    look::<GarpGroup>(&mut seen);
}

#[test]
fn every_other_spelling_means_a_keyword() {
    for keyword in keywords::all().filter(|k| k.alias.is_some()) {
        let target = keywords::find(keyword.block, keyword.meaning()).expect("its keyword");
        assert!(target.alias.is_none() && target.arg == keyword.arg, "{}", keyword.name);
    }
    let (_, parsed) = read("global_defs {\nlvs_flush_onstop VS\nenable_snmp_keepalived\n}");
    assert_eq!(codes(&parsed).1, ["deprecated", "not-yet", "deprecated"]);
    assert_eq!(parsed.config.global.lvs.flush_on_stop, Some(FlushOnStop::VirtualServers));
    assert!(parsed.config.global.telemetry.snmp_vrrp);
}
