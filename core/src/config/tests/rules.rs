//! The language's rules, one by one.

use super::{codes, instance, read};
use crate::config::keywords;
use crate::config::model::*;
use crate::config::{Parsed, render_line};
use crate::net::{AdvertInterval, Family, Priority, Version};
use core::time::Duration;

/// The only instance of a text without errors, and its warnings.
pub(super) fn only(text: &str) -> (InstanceConfig, Vec<&'static str>) {
    let (source, parsed) = read(text);
    let said: Vec<String> = parsed.diagnostics.iter().map(|d| render_line(d, &source)).collect();
    assert!(parsed.is_usable(), "{text}\n{said:#?}");
    let warnings = codes(&parsed).1;
    (parsed.config.instances.into_iter().next().expect("an instance"), warnings)
}

fn errors(text: &str) -> Vec<&'static str> {
    let (_, parsed) = read(text);
    codes(&parsed).0
}

#[test]
fn defaults_are_those_of_the_c_version() {
    let (i, warnings) = only(&instance(""));
    assert!(warnings.is_empty());
    assert_eq!((i.priority, i.state), (Priority(100), InitialState::Backup));
    assert_eq!((i.version, i.family), (Version::V2, Family::V4));
    assert_eq!(i.advert_interval, AdvertInterval::DEFAULT);
    assert_eq!(*i.garp, Garp::default());
    assert_eq!(i.transport, Transport::Multicast { group: [224, 0, 0, 18].into() });
    assert!(i.preempt && i.track_primary && i.auth.is_none() && i.v3_checksum_pseudo_header);
    assert_eq!((i.addresses[0].prefix, i.addresses[0].broadcast), (24, None));
}

#[test]
fn of_two_values_the_one_counts_that_counts_in_the_c_version() {
    let (i, warnings) = only(&instance(
        "priority 7\npriority 8\nstate MASTER\nstate BACKUP\nnotify_master /bin/a\nnotify_master /bin/b",
    ));
    assert_eq!((i.priority, i.state), (Priority(8), InitialState::Master));
    assert_eq!(i.notify.master.as_ref().expect("a script").argv, ["/bin/a"]);
    assert_eq!(warnings, ["repeated"; 3]);
}

#[test]
fn comments_quotes_braces_and_line_ends() {
    let text = "\u{feff}! a comment\r\nvrrp_instance \"VI 1\"{interface eth0#x\r\nvirtual_router_id 51!y\n\
                virtual_ipaddress{10.0.0.1}priority 7}\n# end";
    let (i, warnings) = only(text);
    assert_eq!((&*i.name, i.interface.as_str(), i.priority), ("VI 1", "eth0", Priority(7)));
    assert_eq!(i.addresses[0].prefix, 32);
    assert!(warnings.is_empty());
    let (i, _) = only(&instance("authentication {\n auth_type PASS\n auth_pass a\\#b\\!c\n }"));
    assert_eq!(i.auth, Some(AuthPass(*b"a#b!c\0\0\0")));
    let (i, _) = only(&instance("authentication {\n auth_type PASS\n auth_pass \"a#b c\"\n }"));
    assert_eq!(i.auth, Some(AuthPass(*b"a#b c\0\0\0")));
    let (i, _) = only(&instance("authentication {\n auth_type PASS\n auth_pass a\\b\n }"));
    assert_eq!(i.auth, Some(AuthPass(*b"a\\b\0\0\0\0\0")));
}

#[test]
fn a_brace_may_stand_on_a_line_of_its_own() {
    let (i, _) = only("vrrp_instance V\n{\ninterface e\nvirtual_router_id 1\nvirtual_ipaddress\n{\n10.0.0.1\n}\n}");
    assert_eq!(i.addresses.len(), 1);
}

#[test]
fn the_order_of_blocks_does_not_matter() {
    let globals = "global_defs {\n vrrp_version 3\n vrrp_garp_master_repeat 2\n vrrp_garp_interval 0.5\n\
                   v3_checksum_as_v2\n vrrp_mcast_group4 224.0.0.99\n}\n";
    let (before, _) = only(&format!("{globals}{}", instance("")));
    let (after, _) = only(&format!("{}{globals}", instance("")));
    assert_eq!(before, after);
    assert_eq!((after.version, after.garp.repeat, after.garp.lower_prio_repeat), (Version::V3, 2, 2));
    assert_eq!(after.garp.interval, Duration::from_millis(500));
    assert_eq!(after.transport, Transport::Multicast { group: [224, 0, 0, 99].into() });
    assert!(!after.v3_checksum_pseudo_header);
    let (off, _) = only(&format!("global_defs {{\nv3_checksum_as_v2 off\n}}\n{}", instance("version 3")));
    assert!(off.v3_checksum_pseudo_header, "off is not on");
}

#[test]
fn minimal_announcements_leave_what_is_said_alone() {
    let (i, _) = only(&format!("global_defs {{\nvrrp_min_garp\nvrrp_garp_master_delay 7\n}}\n{}", instance("")));
    assert_eq!((i.garp.repeat, i.garp.delay), (1, Duration::from_secs(7)));
    let (i, _) = only(&format!("global_defs {{\nvrrp_min_garp\n}}\n{}", instance("garp_master_repeat 3")));
    assert_eq!((i.garp.repeat, i.garp.delay, i.garp.lower_prio_repeat), (3, Duration::ZERO, 1));
}

#[test]
fn state_and_priority_decide_each_other() {
    let want = |lines: &str| {
        let (i, _) = only(&instance(lines));
        (i.state, i.priority.0)
    };
    assert_eq!(want("state MASTER"), (InitialState::Master, 255));
    assert_eq!(want("state MASTER\npriority 50"), (InitialState::Master, 50));
    assert_eq!(want("priority 255"), (InitialState::Master, 255));
    assert_eq!(want("priority 255\nstate BACKUP"), (InitialState::Backup, 255));
    for word in ["SLAVE", "EQUAL"] {
        let (i, warnings) = only(&instance(&format!("state {word}")));
        assert_eq!((i.state, warnings), (InitialState::Backup, vec!["bad-value"]), "as in the C version");
    }
    assert_eq!(errors(&instance("state MASTR")), ["bad-value"], "it may have meant the other one");
    // A priority that is wrong is not a priority that is missing.
    let (_, parsed) = read(&instance("state MASTER\npriority x"));
    assert_eq!(parsed.config.instances[0].priority, Priority(100));
}

#[test]
fn preemption() {
    let want = |lines: &str| {
        let (i, warnings) = only(&instance(lines));
        (i.preempt, i.preempt_delay.as_millis(), warnings)
    };
    assert_eq!(want("nopreempt"), (false, 0, vec![]));
    assert_eq!(want("preempt\npreempt_delay 1.5"), (true, 1500, vec![]));
    assert_eq!(want("state MASTER\npriority 9\nnopreempt"), (true, 0, vec!["no-effect"]));
    assert_eq!(want("state BACKUP\npriority 255\nnopreempt"), (true, 0, vec!["no-effect"]));
    assert_eq!(want("state MASTER\npriority 9\npreempt_delay 5"), (true, 0, vec!["no-effect"]));
    assert_eq!(want("nopreempt\npreempt_delay 5"), (false, 0, vec!["no-effect"]));
    assert_eq!(want("nopreempt\npreempt"), (true, 0, vec!["contradiction"]));
    assert_eq!(want("preempt\nnopreempt"), (false, 0, vec!["contradiction"]));
}

/// As the C version reads them: the later of two values, and the first of several words.
#[test]
fn what_is_not_clear_is_read_as_the_c_version_reads_it() {
    let want = |lines: &str| {
        let (i, warnings) = only(&instance(lines));
        (i.priority.0, warnings)
    };
    assert_eq!(want("priority 90\npriority 120"), (120, vec!["repeated"]));
    assert_eq!(want("priority 90\npriority 90"), (90, vec!["repeated"]));
    assert_eq!(want("priority 90 foo"), (90, vec!["trailing-words"]));
}

#[test]
fn of_two_values_the_one_counts_that_the_table_says() {
    let pairs = [
        (true, ["state MASTER", "state BACKUP"]),
        (true, ["notify_fault /bin/true", "notify_fault /bin/false"]),
        (true, ["use_ipvlan a", "use_ipvlan b"]),
        (false, ["priority 90", "priority 120"]),
        (false, ["notify_priority_changes on", "notify_priority_changes off"]),
    ];
    let config = |lines: &str| read(&instance(lines)).1.config;
    for (first_counts, [first, second]) in pairs {
        let keyword = first.split(' ').next().and_then(|name| keywords::find(keywords::INSTANCE, name)).unwrap();
        assert_eq!(keyword.first_counts, first_counts, "{first}");
        let counts = if first_counts { first } else { second };
        assert!(config(first) != config(second), "{first}");
        assert!(config(&format!("{first}\n{second}")) == config(counts), "{first}");
    }
}

#[test]
fn intervals_fit_the_version() {
    let centis = |lines: &str| {
        let (i, warnings) = only(&instance(lines));
        (i.advert_interval.centis(), !warnings.is_empty())
    };
    assert_eq!(centis("advert_int 3"), (300, false));
    assert_eq!(centis("advert_int 0.5"), (100, true));
    assert_eq!(centis("advert_int 2.5"), (300, true));
    assert_eq!(centis("advert_int 0.1"), (100, true));
    assert_eq!(centis("version 3\nadvert_int 0.01"), (1, false));
    assert_eq!(centis("version 3\nadvert_int 0.015"), (2, true));
    assert_eq!(centis("version 3\nadvert_int 50"), (4095, true));
    assert_eq!(errors(&instance("advert_int 0")), ["out-of-range"]);
    assert_eq!(errors(&instance("advert_int 256")), ["out-of-range"]);
    assert_eq!(errors(&instance("advert_int 1s")), ["not-a-number"]);
}

#[test]
fn the_first_address_decides_the_family() {
    let text = instance("").replace("10.0.0.1/24", "fe80::1/64\n2001:db8::1");
    let (i, _) = only(&text);
    assert_eq!((i.family, i.version), (Family::V6, Version::V3));
    assert_eq!(i.transport, Transport::Multicast { group: "ff02::12".parse().expect("an address") });
    let flags: Vec<_> = i.addresses.iter().map(|a| (a.prefix, a.flags.nodad, a.flags.deprecated)).collect();
    assert_eq!(flags, [(64, true, false), (128, true, true)]);
    assert_eq!(errors(&instance("native_ipv6")), ["wrong-family"]);
    assert_eq!(errors(&instance("unicast_peer {\nfe80::2\n}")), ["wrong-family"]);
    assert_eq!(errors(&instance("mcast_src_ip fe80::2")), ["wrong-family"]);
    assert!(errors(&instance("virtual_ipaddress_excluded {\n2001:db8::1/64\n}")).is_empty());
    assert_eq!(errors(&text.replace("interface", "version 2\ninterface")), ["bad-value"]);
    assert_eq!(errors(&text.replace("interface", "strict_mode\nversion 2\ninterface")), [] as [&str; 0]);
}

#[test]
fn words_after_an_address() {
    let line = "10.0.0.1/24 brd + dev eth1 scope link label eth1:v noprefixroute";
    let (i, _) = only(&instance("").replace("10.0.0.1/24", line));
    let a = &i.addresses[0];
    assert_eq!((a.broadcast, a.scope), (Some([10, 0, 0, 255].into()), 253));
    assert_eq!((a.device.as_deref(), a.label.as_deref()), (Some("eth1"), Some("eth1:v")));
    assert!(a.flags.noprefixroute && !a.flags.deprecated && !a.flags.nodad);
    let (i, _) = only(&instance("").replace("10.0.0.1/24", "10.0.0.1/24 brd -"));
    assert_eq!(i.addresses[0].broadcast, Some([10, 0, 0, 0].into()));
    let (i, _) = only(&instance("").replace("10.0.0.1/24", "10.0.0.1 peer 10.9.9.9"));
    assert_eq!((i.addresses[0].peer, i.addresses[0].prefix), (Some([10, 9, 9, 9].into()), 32));
    for (line, code) in [
        ("10.0.0.1/24 dev", "missing-argument"),
        ("10.0.0.1/24 dev a dev b", "repeated"),
        ("10.0.0.1/24 scope nowhere-else", "bad-value"),
        ("10.0.0.1/24 brd fe80::1", "bad-address"),
        ("10.0.0.1/24 labell eth0:1", "unknown-word"),
        ("10.0.0.1 peer fe80::1", "wrong-family"),
        ("10.0.0.256", "bad-address"),
        ("10.0.0.1/x", "bad-prefix"),
    ] {
        assert_eq!(errors(&instance("").replace("10.0.0.1/24", line)), [code], "{line}");
    }
}

#[test]
fn no_addresses_in_adverts() {
    let bare = |lines: &str| {
        let (_, parsed) = read(&format!("vrrp_instance V {{\ninterface e\nvirtual_router_id 1\n{lines}\n}}"));
        codes(&parsed)
    };
    let excluded = "virtual_ipaddress_excluded {\n10.0.0.1\n}";
    assert_eq!(bare(""), (vec![], vec!["no-address"]));
    assert_eq!(bare("version 3"), (vec!["no-address"], vec![]));
    assert_eq!(bare(excluded), (vec![], vec!["no-address"]));
    assert_eq!(bare(&format!("version 3\n{excluded}")), (vec!["no-address"], vec![]));
    assert_eq!(bare("no_virtual_ipaddress"), (vec![], vec![]));
    assert_eq!(bare(&format!("version 3\nno_virtual_ipaddress\n{excluded}")), (vec![], vec![]));
    // Strict mode takes the permission away.
    assert!(bare("version 3\nno_virtual_ipaddress\nstrict_mode").0.contains(&"no-address"));
}

#[test]
fn addresses_are_held_once() {
    let (i, warnings) = only(&instance("virtual_ipaddress_excluded {\n10.0.0.1/24\n10.0.0.1/24 dev eth1\n}"));
    assert_eq!((i.addresses.len(), i.excluded.len(), warnings), (1, 1, vec!["repeated"]));
    let many: String = (0..300).map(|n| format!("10.1.{}.{}\n", n / 256, n % 256)).collect();
    let (i, warnings) = only(&instance("").replace("10.0.0.1/24", &many));
    assert_eq!((i.addresses.len(), i.excluded.len(), warnings), (255, 45, vec!["too-many"]));
}

#[test]
fn unicast() {
    let (i, warnings) = only(&instance("unicast_src_ip 10.0.0.2\nunicast_peer {\n10.0.0.3\n10.0.0.4 min_ttl 250\n}"));
    let Transport::Unicast { peers, ttl } = &i.transport else { panic!("multicast") };
    assert_eq!((peers.len(), peers[1].min_ttl, peers[1].max_ttl, *ttl), (2, 250, 255, 255));
    assert!(i.check_unicast_src && warnings.is_empty());
    assert_eq!(i.source, Some([10, 0, 0, 2].into()));
    assert_eq!(only(&instance("unicast_src_ip 10.0.0.2")).1, ["no-peers"]);
    let (i, warnings) = only(&instance("mcast_src_ip 10.0.0.2/24"));
    assert_eq!((i.source, warnings), (Some([10, 0, 0, 2].into()), vec!["no-effect"]));
    assert_eq!(only(&instance("unicast_ttl 9")).1, ["no-effect"]);
    let (i, warnings) = only(&instance("unicast_src_ip 10.0.0.2\nmcast_src_ip 10.0.0.3"));
    assert_eq!(i.source, Some([10, 0, 0, 3].into()), "the last one, as in the C version");
    assert!(warnings.contains(&"contradiction"), "{warnings:?}");
    assert_eq!(errors(&instance("unicast_peer {\n10.0.0.3 min_ttl 9 max_ttl 8\n}")), ["bad-value"]);
}

#[test]
fn authentication_is_for_version_2_with_both_its_lines() {
    let auth = |lines: &str, more: &str| only(&instance(&format!("{more}\nauthentication {{\n{lines}\n}}")));
    assert!(auth("auth_type PASS\nauth_pass x", "").0.auth.is_some());
    assert_eq!(auth("auth_pass x", "").1, ["no-authentication"]);
    assert_eq!(auth("auth_type PASS", "").1, ["no-authentication"]);
    assert_eq!(auth("auth_type PASS\nauth_pass x", "version 3").1, ["no-authentication"]);
    assert_eq!(auth("auth_type AH\nauth_pass x", "").1, ["not-yet"]);
    let (i, warnings) = auth("auth_type PASS\nauth_pass 123456789", "");
    assert_eq!((i.auth, warnings), (Some(AuthPass(*b"12345678")), vec!["truncated"]));
    assert_eq!(format!("{:?}", i.auth), "Some(AuthPass(..))");
}

#[test]
fn scripts() {
    let script = |line: &str| only(&instance(line)).0.notify.master.clone().expect("a script");
    let plain = script("notify_master /etc/up.sh");
    assert_eq!((plain.argv, plain.user), (vec!["/etc/up.sh".to_owned()], None));
    let full = script(r#"notify_master "/etc/up.sh 'a b' \"c\" \x41" nobody adm"#);
    assert_eq!(full.argv, ["/etc/up.sh", "a b", "\"c\"", "A"]);
    assert_eq!(full.user, Some(Credentials::new("nobody", Some("adm"))));
    let colon = |words: &str| script(&format!("notify_master \"/etc/up.sh # {{x}}\" u {words}"));
    assert_eq!(colon(":g").argv, ["/etc/up.sh", "#", "{x}"]);
    let user = |words: &str| colon(words).user.map(|user| (user.group, user.supplementary));
    assert_eq!(user(":g"), Some((Some("g".to_owned()), true)));
    assert_eq!(user(":"), Some((None, true)));
    assert_eq!(user("g"), Some((Some("g".to_owned()), false)));
}

#[test]
fn scripts_that_cannot_be_read() {
    for (line, code) in [
        ("notify_master", "missing-argument"),
        ("notify_master \"\"", "missing-argument"),
        ("notify_master 'a", "unterminated-quote"),
        ("notify_master '/etc/up.sh # x'", "unterminated-quote"),
        ("notify_master \"a 'b\"", "bad-command"),
    ] {
        assert_eq!(errors(&instance(line)), [code], "{line}");
    }
}

#[test]
fn a_script_with_loose_words_is_not_run() {
    let (i, warnings) = only(&instance("notify_master /bin/sh /etc/up.sh a b"));
    assert_eq!((&i.notify.master, warnings), (&None, vec!["trailing-words"]));
    let (i, warnings) = only(&instance("notify_master /bin/sh /etc/up.sh"));
    assert_eq!((i.notify.master.is_some(), warnings), (true, vec!["script-user"]));
}

#[test]
fn tracked_interfaces() {
    let (i, warnings) =
        only(&instance("track_interface {\neth1\neth2 weight -20 reverse\neth3 weight 254\neth0\neth1\n}"));
    let tracked: Vec<_> = i.track_interfaces.iter().map(|t| (t.name.as_str(), t.weight, t.reverse)).collect();
    assert_eq!(tracked, [("eth1", 0, false), ("eth2", -20, true), ("eth3", 253, false)]);
    assert_eq!(warnings, ["clamped", "no-effect", "repeated"]);
    assert_eq!(errors(&instance("track_interface {\neth1 weight 300\n}")), ["out-of-range"]);
    assert_eq!(errors(&instance("track_interface {\neth1 wait 3\n}")), ["unknown-word"]);
}

fn two(group: &str) -> Parsed {
    let second = instance("track_interface {\neth5 weight 9\n}")
        .replace("VI_1", "VI_2")
        .replace("51", "52")
        .replace("0.0.1/24", "0.0.2/24");
    read(&format!("{group}\n{}\n{second}", instance(""))).1
}

#[test]
fn sync_groups() {
    let parsed = two("vrrp_sync_group G {\ngroup { VI_1 VI_2 }\nnotify_master /x\n}");
    assert_eq!(codes(&parsed), (vec![], vec!["no-effect"]));
    assert_eq!(parsed.config.sync_groups[0].members.len(), 2);
    assert_eq!(parsed.config.instances[1].track_interfaces[0].weight, 0);
    let parsed = two("vrrp_sync_group G {\ngroup {\nVI_1\n}\n}\nvrrp_sync_group H {\ngroup {\nVI_1\nVI_2\n}\n}");
    assert_eq!(codes(&parsed).0, ["two-groups"]);
    assert_eq!(codes(&two("vrrp_sync_group G {\n}")), (vec![], vec!["empty-group"]));
    let parsed = two("vrrp_sync_group G {\ngroup { VI_1 VI_3 VI_2 }\nsync_group_tracking_weight\n}");
    assert_eq!(codes(&parsed), (vec![], vec!["unknown-instance", "not-yet"]));
    assert_eq!(parsed.config.sync_groups[0].members.len(), 2, "left out, as in the C version");
    assert_eq!(codes(&two("vrrp_sync_group G {\ngroup { VI_3 VI_4 }\n}")).0, ["unknown-instance"; 2]);
}

#[test]
fn routers_that_cannot_be_told_apart() {
    let pair = |a: &str, b: &str| errors(&format!("{}{}", instance(a), instance(b).replace("VI_1", "VI_2")));
    assert_eq!(pair("", ""), ["duplicate-vrid"]);
    assert!(pair("", "mcast_dst_ip 224.0.0.99").is_empty());
    assert!(pair("", "unicast_peer {\n10.0.0.9\n}").is_empty());
    assert!(pair("unicast_peer {\n10.0.0.8\n}", "unicast_peer {\n10.0.0.9\n}").is_empty());
    assert_eq!(pair("unicast_peer {\n10.0.0.9\n}", "unicast_peer {\n10.0.0.8\n10.0.0.9\n}"), ["duplicate-vrid"]);
    let from = |source: &str| format!("unicast_src_ip {source}\nunicast_peer {{\n10.0.0.9\n}}");
    assert!(pair(&from("10.0.0.2"), &from("10.0.0.3")).is_empty(), "the peer's adverts go to one of the two");
    assert_eq!(pair(&from("10.0.0.2"), &from("10.0.0.2")), ["duplicate-vrid"]);
    assert_eq!(pair("mcast_src_ip 10.0.0.2", "mcast_src_ip 10.0.0.3"), ["duplicate-vrid"], "one group hears all");
}

#[test]
fn what_is_not_built_is_read_and_said_once() {
    let script = "vrrp_script chk {\n script /bin/true\n weight x\n}\n";
    let track = "frobnicate {\nstate x\n}\ntrack_script {\nchk\n}";
    let second = instance(track).replace("VI_1", "VI_2").replace("51", "52").replace("0.0.1/24", "0.0.2/24");
    let (_, parsed) = read(&format!("{script}{}{second}", instance(track)));
    assert_eq!(
        codes(&parsed),
        (vec!["not-a-number"], vec!["not-yet", "unknown-keyword", "not-yet", "unknown-keyword"]),
        "of what is in a block of which nothing comes, mistakes are told and nothing else"
    );
    let notes: Vec<_> = parsed.diagnostics.iter().flat_map(|d| &d.notes).filter(|n| n.contains("1 more")).collect();
    assert_eq!(notes, ["the same holds for 1 more place in this file"]);
    assert_eq!(parsed.config.instances[1].tracking.scripts[0].name.as_ref(), "chk");
}

#[test]
fn what_depends_on_what_is_missing_is_not_complained_about() {
    let (_, parsed) =
        read("includea x.conf\nvrrp_instance VI_1 {\n state MASTER\n}\nvrrp_sync_group G { group { A B } }");
    assert_eq!(codes(&parsed), (vec!["missing-include"], vec![]));
    let text = "vrrp_instance VI_1 {\n interface ${IF}\n}";
    assert_eq!(codes(&read(text).1).0, ["undefined-variable"]);
    // Who includes without a check gets what is left, and what is wrong with that.
    let (_, parsed) = read("include x.conf\nvrrp_instance VI_1 {\n interface eth0\n}");
    assert_eq!(codes(&parsed), (vec!["missing-keyword"], vec!["missing-include", "no-address"]));
}

#[test]
fn bytes_that_are_no_utf_8_matter_outside_comments() {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let password = lossy(b"authentication {\n auth_type PASS\n auth_pass p\xe4ss\n }");
    assert_eq!(
        errors(&instance(&password)),
        ["not-utf-8"],
        "the C version sends the byte: nobody would understand each other"
    );
    assert!(only(&instance(&lossy(b"# f\xfcr alle"))).1.is_empty());
}
