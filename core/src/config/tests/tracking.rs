//! What instances track, strict mode, and other rules between objects.

use super::{codes, instance, read};
use crate::config::Parsed;
use crate::config::model::*;
use crate::net::{Priority, Version};
use core::time::Duration;

fn parsed(text: &str) -> (Parsed, Vec<&'static str>, Vec<&'static str>) {
    let (_, parsed) = read(text);
    let (errors, warnings) = codes(&parsed);
    let warnings = warnings.into_iter().filter(|code| *code != "not-yet").collect();
    (parsed, errors, warnings)
}

const CHECK: &str = "vrrp_script check {\nscript \"/bin/check 80\"\nweight -20\n}\n";

#[test]
fn scripts_have_the_defaults_of_the_c_version() {
    let (parsed, errors, _) = parsed("vrrp_script s {\nscript /bin/true\n}\nvrrp_script t {\nscript /x\ninterval 5\n}");
    assert!(errors.is_empty());
    let [s, t] = &parsed.config.scripts[..] else { panic!("two") };
    assert_eq!((s.interval, s.timeout, s.rise, s.fall), (Duration::from_secs(1), Duration::from_secs(1), 1, 1));
    assert_eq!((s.weight, s.init_fail), (Weight::default(), false));
    assert_eq!(t.timeout, Duration::from_secs(5), "as long as the interval");
}

#[test]
fn a_script_is_run_by_its_user() {
    let (parsed, ..) = parsed("vrrp_script s {\nuser nobody nogroup\nscript \"/x y\"\n}");
    let user = parsed.config.scripts[0].script.user.clone().expect("a user");
    assert_eq!((user.user.as_str(), user.group.as_deref()), ("nobody", Some("nogroup")));
    let (parsed, _, warnings) = self::parsed("vrrp_script s {\nscript /x\ninterval 0\n}");
    assert_eq!((parsed.config.scripts[0].interval.as_secs(), warnings), (1, vec!["unused", "clamped"]));
}

#[test]
fn a_weight_is_the_object_s_or_ones_own() {
    let weight = |line: &str| {
        let (parsed, errors, _) = parsed(&format!("{CHECK}{}", instance(&format!("track_script {{\n{line}\n}}"))));
        assert!(errors.is_empty(), "{line} {errors:?}");
        let weight = parsed.config.instances[0].tracking.scripts[0].weight;
        (weight.value, weight.reverse)
    };
    assert_eq!(weight("check"), (-20, false));
    assert_eq!(weight("check weight 5"), (5, false));
    assert_eq!(weight("check weight 5 reverse"), (5, true));
    assert_eq!(weight("check weight 254"), (253, false));
    // Wherever it is defined: the C version wants it before.
    let (later, errors, _) = parsed(&format!("{}{CHECK}", instance("track_script {\ncheck\n}")));
    assert_eq!((later.config.instances[0].tracking.scripts.len(), errors.len()), (1, 0));
}

#[test]
fn what_is_tracked_is_there() {
    let errors = |text: &str| parsed(text).1;
    for (keyword, kind) in [
        ("track_script", "vrrp_script"),
        ("track_file", "track_file"),
        ("track_process", "vrrp_track_process"),
        ("track_bfd", "bfd_instance"),
    ] {
        let text = instance(&format!("{keyword} {{\nmissing\n}}"));
        assert_eq!(errors(&text), ["unknown-object"], "{kind}");
    }
    // One that is there, but wrong, is complained of once.
    let text = format!("vrrp_script check {{\ninterval 3\n}}\n{}", instance("track_script {\ncheck\n}"));
    assert_eq!(errors(&text), ["missing-keyword"]);
    let bfd = "bfd_instance b {\nneighbor_ip 192.0.2.2\nchecker\n}\n";
    assert_eq!(errors(&format!("{bfd}{}", instance("track_bfd {\nb\n}"))), ["unknown-object"]);
    assert_eq!(errors(&format!("{CHECK}{}", instance("track_script {\ncheck wait 5\n}"))), ["unknown-word"]);
    assert_eq!(errors(&format!("{CHECK}{}", instance("track_script {\ncheck weight 999\n}"))), ["out-of-range"]);
    assert_eq!(errors(&format!("{CHECK}{CHECK}")), ["duplicate-name"]);
}

#[test]
fn files_and_processes() {
    let (all, errors, _) = parsed(
        "track_file f {\nfile /run/f\ninit_file 5 overwrite\n}\nvrrp_track_file g {\nfile /run/g\nweight 3 reverse\n}\n\
         vrrp_track_process p {\nprocess /bin/x -d\nquorum 2\nquorum_max 4\ndelay 0.5\n}\n\
         vrrp_track_process none {\nprocess y\nquorum_max 0\n}",
    );
    assert!(errors.is_empty(), "{errors:?}");
    let [f, g] = &all.config.files[..] else { panic!("two") };
    assert_eq!((f.weight.value, f.init), (1, Some(InitFile { value: 5, overwrite: true })));
    assert_eq!(g.weight, Weight { value: 3, reverse: true });
    let [p, none] = &all.config.processes[..] else { panic!("two") };
    assert_eq!((p.arguments, p.full_command, p.quorum), (Some(ParamMatch::Exact), true, 2));
    assert_eq!((p.fork_delay, p.terminate_delay), (Duration::from_millis(500), Duration::from_millis(500)));
    assert_eq!((none.quorum, none.quorum_max, none.full_command), (0, Some(0), false));
    assert_eq!(parsed("vrrp_track_process p {\nprocess x\nquorum 5\nquorum_max 4\n}").1, ["unreachable"]);
}

#[test]
fn weights_in_groups() {
    let group = |lines: &str| {
        let second = instance("").replace("VI_1", "VI_2").replace("51", "52").replace("0.0.1/24", "0.0.2/24");
        let files = "track_file f {\nfile /f\n}\nvrrp_track_process p {\nprocess /p\nweight 5\n}\n";
        let tracking = "track_script {\ncheck\n}\ntrack_file {\nf\n}\ntrack_process {\np\n}";
        parsed(&format!(
            "{CHECK}{files}{}{second}vrrp_sync_group G {{\ngroup {{ VI_1 VI_2 }}\n{lines}\n}}",
            instance(tracking)
        ))
    };
    let (without, errors, warnings) = group("");
    assert_eq!((errors, warnings), (vec![], vec!["no-effect"]));
    let tracking = &without.config.instances[0].tracking;
    assert_eq!((tracking.scripts.len(), tracking.files[0].weight.value), (0, 0));
    assert_eq!(tracking.processes[0].weight.value, 5, "as in the C version");
    let (with, _, warnings) = group("sync_group_tracking_weight");
    assert_eq!((with.config.instances[0].tracking.scripts[0].weight.value, warnings), (-20, vec![]));
}

#[test]
fn the_greatest_weight_is_that_of_the_kind() {
    let kinds = [
        ("vrrp_script", "track_script", "script /bin/x", 253),
        ("bfd_instance", "track_bfd", "neighbor_ip 192.0.2.2", 253),
        ("track_file", "track_file", "file /f", 254),
        ("vrrp_track_file", "track_file", "file /f", 254),
        ("vrrp_track_process", "track_process", "process /p", 254),
    ];
    for (block, list, line, most) in kinds {
        let object = |weight: &str| format!("{block} x {{\n{line}\n{weight}\n}}\n");
        for (object, entry) in [(object("weight -254"), "x"), (object(""), "x weight -254")] {
            let (all, errors, warnings) = parsed(&format!("{object}{}", instance(&format!("{list} {{\n{entry}\n}}"))));
            assert!(errors.is_empty(), "{block} {errors:?}");
            let t = &all.config.instances[0].tracking;
            let mut tracked = [&t.scripts, &t.files, &t.processes, &t.bfd].into_iter().flatten();
            assert_eq!(tracked.next().map(|track| track.weight.value), Some(-most), "{block} {entry}");
            assert_eq!(warnings.contains(&"clamped"), most == 253, "{block} {entry}");
        }
    }
}

#[test]
fn a_group_s_own_weights_hold_for_all_its_members() {
    let objects = "track_file f {\nfile /f\n}\nvrrp_track_process p {\nprocess /p\nweight 5\n}\n\
                   bfd_instance b {\nneighbor_ip 192.0.2.2\nweight -7\n}\n";
    let group = |lines: &str| {
        let second = instance("").replace("VI_1", "VI_2").replace("51", "52").replace("0.0.1/24", "0.0.2/24");
        let tracking = "track_interface {\neth1 weight 10\n}\ntrack_script {\ncheck\n}\ntrack_file {\nf weight 3\n}\n\
                        track_process {\np\n}\ntrack_bfd {\nb\n}";
        let (parsed, errors, warnings) = parsed(&format!(
            "{CHECK}{objects}{}{second}vrrp_sync_group G {{\ngroup {{ VI_1 VI_2 }}\n{tracking}\n}}",
            instance(lines)
        ));
        assert!(errors.is_empty(), "{errors:?}");
        let group = &parsed.config.sync_groups[0];
        let t = &group.tracking;
        let lists = [&t.scripts, &t.files, &t.processes, &t.bfd];
        let weights: Vec<i16> = lists.into_iter().flatten().map(|track| track.weight.value).collect();
        (group.track_interfaces[0].weight, weights, warnings)
    };
    assert_eq!(group(""), (10, vec![-20, 3, 5, -7], vec![]));
    let (interface, objects, warnings) = group("priority 255");
    assert_eq!((interface, objects), (0, vec![0; 4]), "an owner's priority does not move");
    assert_eq!(warnings.iter().filter(|code| **code == "no-effect").count(), 5);
}

/// The priority of an owner never moves, in a group or out of it: what has a weight is a fault or nothing.
#[test]
fn an_owner_s_own_weights() {
    let tracking =
        "priority 255\ntrack_interface {\neth1 weight 5\neth2\n}\ntrack_script {\ncheck\n}\ntrack_file {\nf\n}";
    let owner = |group: &str| {
        let text = format!("{CHECK}track_file f {{\nfile /f\n}}\n{}{group}", instance(tracking));
        let (parsed, errors, warnings) = parsed(&text);
        assert!(errors.is_empty(), "{errors:?}");
        let i = &parsed.config.instances[0];
        let weights: Vec<i16> = i.track_interfaces.iter().map(|track| track.weight).collect();
        (weights, i.tracking.files[0].weight.value, warnings)
    };
    let (weights, file, warnings) = owner("vrrp_sync_group G {\ngroup {\nVI_1\n}\n}");
    assert_eq!((weights, file), (vec![0, 0], 0), "as in the C version");
    assert_eq!(warnings.iter().filter(|code| **code == "no-effect").count(), 2, "{warnings:?}");
    let allowed = "vrrp_sync_group G {\nsync_group_tracking_weight\ngroup {\nVI_1\n}\n}";
    for group in ["", allowed] {
        let (weights, file, warnings) = owner(group);
        assert_eq!((weights, file), (vec![5, 0], 0), "a weight that moves nothing is no fault");
        assert_eq!(warnings.iter().filter(|code| **code == "no-effect").count(), 3, "{warnings:?}");
    }
}

#[test]
fn bfd_sessions() {
    let errors = |lines: &str| parsed(&format!("bfd_instance b {{\n{lines}\n}}")).1;
    let (all, none, _) = parsed("bfd_instance b {\nneighbour_ip 192.0.2.2\nmin_rx 50\nhoplimit 7\n}");
    let b = &all.config.bfd[0];
    assert!(none.is_empty());
    assert_eq!((b.min_rx, b.min_tx, b.ttl), (Duration::from_millis(50), Duration::from_millis(10), Some(7)));
    assert_eq!((b.idle_tx, b.multiplier, b.max_hops), (Duration::from_secs(1), 5, 0));
    assert_eq!(errors(""), ["missing-keyword"]);
    assert_eq!(errors("neighbor_ip 192.0.2.2\nsource_ip fe80::1"), ["wrong-family"]);
    assert_eq!(errors("neighbor_ip 192.0.2.2\nidle_tx 999"), ["out-of-range"]);
    assert_eq!(errors("neighbor_ip 192.0.2.2\nmin_tx 50ms"), ["not-a-number"]);
    let pair = "bfd_instance b {\nneighbor_ip 192.0.2.2\n}\n";
    let other = pair.replace("instance b", "instance c");
    assert_eq!(parsed(&format!("{pair}{other}")).1, ["duplicate-session"]);
}

#[test]
fn strict_mode_puts_right_what_the_rfc_forbids() {
    let lines = "state MASTER\npriority 100\npreempt_delay 5\ngarp_lower_prio_repeat 2\nauthentication {\n\
                 auth_type PASS\nauth_pass x\n}";
    let (strict, errors, warnings) = parsed(&instance(&format!("strict_mode\n{lines}")));
    let i = &strict.config.instances[0];
    assert!(errors.is_empty());
    assert_eq!((i.state, i.auth, i.garp.lower_prio_repeat), (InitialState::Backup, None, 0));
    assert!(i.lower_prio_no_advert && !i.rules.accept && i.rules.strict);
    assert_eq!(warnings, ["strict", "no-effect", "strict", "strict"]);
    // The same for all, and an instance that is excepted.
    let global = "global_defs {\nvrrp_strict\n}\n";
    let (all, _, warnings) = parsed(&format!("{global}{}", instance("")));
    assert_eq!((all.config.instances[0].rules.strict, warnings), (true, vec![]));
    let (off, ..) = parsed(&format!("{global}{}", instance("strict_mode off")));
    assert!(!off.config.instances[0].rules.strict && off.config.instances[0].rules.accept);
    let (unicast, errors, warnings) = parsed(&format!("{global}{}", instance("unicast_peer {\n10.0.0.9\n}")));
    assert_eq!((errors, warnings), (vec![], vec!["strict"]), "2.2.7 runs it");
    assert!(matches!(unicast.config.instances[0].transport, Transport::Unicast { .. }));
}

#[test]
fn strict_mode_has_the_addresses_and_hashes_of_the_rfc() {
    let hmac = format!("auth_hmac {{\nkey 1 hex:{}\nactive_key 1\nmode permissive\n}}", "00".repeat(32));
    let lines = format!("use_vmac vrrp7 02:00:00:00:00:01\nvmac_xmit_base\n{hmac}");
    let (loose, ..) = parsed(&instance(&lines));
    let (strict, errors, warnings) = parsed(&instance(&format!("strict_mode\n{lines}")));
    let all = |parsed: &Parsed| {
        let i = &parsed.config.instances[0];
        let rfc = i.link.vmac.as_ref().map(|vmac| (vmac.name.clone(), vmac.mac == VmacAddress::Rfc));
        (rfc, i.link.xmit_base, i.hmac.as_ref().map(|hmac| hmac.mode))
    };
    let name = Some("vrrp7".to_owned());
    assert_eq!(all(&loose), (Some((name.clone(), false)), true, Some(HmacMode::Permissive)));
    assert_eq!(all(&strict), (Some((name, true)), false, Some(HmacMode::Enforce)));
    assert_eq!((errors, warnings), (vec![], vec!["strict"; 3]));
}

#[test]
fn what_instances_inherit() {
    let global = "global_defs {\nvrrp_down_timer_adverts 5\nsmtp_alert\nvrrp_garp_extra_if all 60\n}\n";
    let (all, ..) = parsed(&format!("{global}{}", instance("")));
    let rules = &all.config.instances[0].rules;
    assert_eq!((rules.down_timer_adverts, rules.smtp_alert), (5, true));
    assert_eq!(rules.garp_extra, GarpExtra { interval: Duration::from_secs(60), all: true });
    let (own, ..) = parsed(&format!("{global}{}", instance("down_timer_adverts 2\nsmtp_alert off\ngarp_extra_if 0")));
    let rules = &own.config.instances[0].rules;
    assert_eq!((rules.down_timer_adverts, rules.smtp_alert, rules.garp_extra), (2, false, GarpExtra::default()));
    let (owner, ..) = parsed(&format!("global_defs {{\nvrrp_owner_ignore_adverts\n}}\n{}", instance("priority 255")));
    assert!(owner.config.instances[0].rules.owner_ignore_adverts);
    assert_eq!((owner.config.instances[0].priority, owner.config.instances[0].version), (Priority::OWNER, Version::V2));
}

#[test]
fn virtual_interfaces() {
    let link = |line: &str| {
        let (parsed, errors, warnings) = parsed(&instance(line));
        (parsed.config.instances[0].link.clone(), errors, warnings)
    };
    let (vmac, ..) = link("use_vmac vrrp7 02:0:0:0:1 group 5 netlink_notify_msg");
    let vmac = vmac.vmac.clone().expect("a vmac");
    assert_eq!((vmac.name.as_deref(), vmac.mac), (Some("vrrp7"), VmacAddress::Prefix([2, 0, 0, 0, 1])));
    assert_eq!((vmac.group.as_deref(), vmac.netlink_notify), (Some("5"), true));
    assert_eq!(link("use_vmac 01:00:5e:00:00:01").1, ["bad-address"]);
    assert_eq!(link("use_vmac 00:00:5e:00:01:07").1, ["bad-address"]);
    assert_eq!(link("use_vmac\nuse_ipvlan").1, ["contradiction"]);
    assert_eq!(link("vmac_xmit_base").2, ["no-effect"]);
    let (implied, _, warnings) = link("use_vmac\nunicast_peer {\n10.0.0.9\n}");
    assert_eq!((implied.xmit_base, warnings), (true, vec!["implied"]));
    let (all, ..) = parsed(&instance("use_ipvlan 10.9.9.9/24 private name iv0"));
    assert_eq!(all.config.instances[0].source, Some([10, 9, 9, 9].into()), "the address of its own");
    let pair = format!(
        "{}{}",
        instance("use_vmac x"),
        instance("use_vmac x").replace("VI_1", "V2").replace("51", "52").replace("0.0.1/24", "0.0.2/24")
    );
    let (both, errors, warnings) = parsed(&pair);
    assert_eq!((errors, warnings), (vec![], vec!["repeated"]));
    assert_eq!(both.config.instances[1].link.vmac, Some(Vmac::default()));
}

#[test]
fn keys() {
    let hmac = |lines: &str| {
        let (parsed, errors, warnings) = parsed(&instance(&format!("auth_hmac {{\n{lines}\n}}")));
        (parsed.config.instances[0].hmac.clone(), errors, warnings)
    };
    let digits = "00".repeat(32);
    let (config, errors, warnings) = hmac(&format!("key 1 hex:{digits}\nkey 2 file:/etc/key\nactive_key 2"));
    let config = config.expect("keys");
    assert_eq!((config.keys.len(), config.active_key, errors, warnings), (2, Some(2), vec![], vec![]));
    assert!(!format!("{config:?}").contains("00"), "a key is not shown");
    assert_eq!(hmac("key 1 short\nactive_key 1").1, ["bad-key", "unknown-key"]);
    assert_eq!(hmac(&format!("key 1 hex:{digits}\nkey 1 hex:{digits}\nactive_key 1")).1, ["repeated"]);
    assert_eq!(hmac(&format!("key 1 hex:{digits}")).2, ["no-authentication"]);
    assert_eq!(hmac("").2, ["no-authentication"]);
}

#[test]
fn times_that_cannot_work_together() {
    let warnings = |text: &str| parsed(text).2;
    let delays = |down: &str| format!("interface_up_down_delays {{\neth0 {down}\n}}\n{}", instance(""));
    assert!(warnings(&delays("1.5")).is_empty());
    assert_eq!(warnings(&delays("2")), ["timers"]);
    let kept = |delay: &str, lines: &str| {
        let (all, _, warnings) =
            parsed(&delays(delay).replace("virtual_router_id", &format!("{lines}\nvirtual_router_id")));
        let delay = &all.config.daemon.interface_delays[0];
        (delay.down.as_micros(), delay.up.as_micros(), warnings)
    };
    // Three adverts of a second: two of them less a 256th.
    let longest = 1_996_094;
    assert_eq!(kept("2", ""), (longest, 0, vec!["timers"]));
    assert_eq!(kept("2 2", ""), (longest, longest, vec!["timers"]));
    assert_eq!(kept("2 7", ""), (longest, 7_000_000, vec!["timers"]));
    assert_eq!(kept("1 60", ""), (1_000_000, 60_000_000, vec![]), "only the loss is in a hurry");
    assert_eq!(kept("2", "down_timer_adverts 4"), (2_000_000, 0, vec![]));
    assert_eq!(kept("0 1", "down_timer_adverts 1"), (0, 0, vec!["timers"]));
    let refresh = |n: u32| {
        format!("global_defs {{\nvrrp_garp_interval 0.5\n}}\n{}", instance(&format!("garp_master_refresh {n}")))
    };
    assert!(warnings(&refresh(1)).is_empty());
    let two = refresh(1).replace("10.0.0.1/24", "10.0.0.1/24\n10.0.0.2/24\n10.0.0.3/24");
    assert_eq!(warnings(&two), ["timers"]);
    let many: String = (0..91).map(|n| format!("fd00::{n:x}\n")).collect();
    assert_eq!(warnings(&instance("").replace("10.0.0.1/24", &many)), ["too-many"]);
}

#[test]
fn global_contradictions() {
    let global = |lines: &str| parsed(&format!("global_defs {{\n{lines}\n}}\n{}", instance("")));
    let (all, _, warnings) = global("notify_fifo /run/f\nvrrp_notify_fifo /run/f\nvrrp_notify_fifo_script /x");
    assert_eq!((all.config.global.fifos.vrrp, warnings), (None, vec!["repeated"]));
    let (all, _, warnings) = global("nftables\nvrrp_iptables");
    assert_eq!((all.config.global.firewall.nftables.as_deref(), warnings), (Some("keepalived"), vec!["contradiction"]));
    let (all, _, warnings) = global("vrrp_process_name a_name_of_17_byte\nsmtp_connect_timeout 0");
    assert_eq!((all.config.global.processes.vrrp.name.as_deref(), warnings.len()), (Some("a_name_of_17_by"), 2));
    assert_eq!(all.config.global.mail.timeout, Duration::from_secs(1));
    assert_eq!(global("lvs_sync_daemon eth1 inst VI_2").1, ["unknown-instance"]);
    assert_eq!(global("lvs_sync_daemon eth1 VI_1 7").2, ["deprecated"]);
    let named = parsed(&instance("lvs_sync_daemon_interface eth1"));
    let daemon = SyncDaemon { instance: Some("VI_1".to_owned()), ..SyncDaemon::on("eth1".to_owned()) };
    assert_eq!((named.0.config.global.lvs.sync_daemon, named.2), (Some(daemon.clone()), vec!["deprecated"]));
    let twice = parsed(&format!(
        "global_defs {{\nlvs_sync_daemon eth1 inst VI_1\n}}\n{}",
        instance("lvs_sync_daemon_interface eth2")
    ));
    assert_eq!((twice.0.config.global.lvs.sync_daemon, twice.2), (Some(daemon), vec!["deprecated", "repeated"]));
    assert_eq!(global("umask 0778").1, ["bad-umask"]);
    assert_eq!(global("umask IRWXG|IROTH").0.config.global.umask, Some(Umask(0o074)));
    assert_eq!(global("vrrp_iptables a a").1, ["repeated"]);
}

#[test]
fn lists_have_their_own_names() {
    let text = "vrrp_script a {\n script \"/bin/true\"\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n \
                track_script {\n a weigth 5\n b\n }\n}\n";
    let (source, parsed) = super::read(text);
    let said = crate::config::render(&parsed.diagnostics, &source, false);
    assert!(said.contains("`weigth` says nothing in `track_script`"), "{said}");
    assert!(!said.contains("did you mean `a`"), "{said}");
}
