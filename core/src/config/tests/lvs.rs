//! The load balancer's rules, one by one.

use super::generate::Scraps;
use super::lvs_generate::Balanced;
use super::{codes, read, read_back};
use crate::config::model::*;
use crate::config::{Secrets, print, render, render_line};
use crate::net::Family;
use core::net::IpAddr;
use core::time::Duration;
use quickcheck::quickcheck;

/// A virtual server with one real server and one check, and these lines.
pub(super) fn balanced(lines: &str) -> String {
    format!(
        "virtual_server 10.0.0.1 80 {{\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    {lines}\n    \
         real_server 10.0.0.2 80 {{\n        TCP_CHECK {{\n            connect_timeout 3\n        }}\n    }}\n}}\n"
    )
}

/// The same with these lines in the real server instead of its check.
fn real(lines: &str) -> String {
    balanced("").replace("TCP_CHECK {\n            connect_timeout 3\n        }", lines)
}

/// The load balancer of a text without errors, and its warnings but for what is not built yet.
fn balancer(text: &str) -> (Lvs, Vec<&'static str>) {
    let (source, parsed) = read(text);
    let said: Vec<String> = parsed.diagnostics.iter().map(|d| render_line(d, &source)).collect();
    assert!(parsed.is_usable(), "{text}\n{said:#?}");
    let warnings = codes(&parsed).1.into_iter().filter(|code| *code != "not-yet").collect();
    (parsed.config.lvs, warnings)
}

/// Its only virtual server.
fn only(text: &str) -> (VirtualServer, Vec<&'static str>) {
    let (lvs, warnings) = balancer(text);
    assert_eq!(lvs.servers.len(), 1, "{text}");
    (lvs.servers.into_iter().next().expect("a virtual server"), warnings)
}

fn errors(text: &str) -> Vec<&'static str> {
    codes(&read(text).1).0
}

/// The only check of a real server with these lines.
fn check(lines: &str) -> Check {
    let (server, warnings) = only(&real(lines));
    assert!(warnings.is_empty(), "{lines}: {warnings:?}");
    server.real_servers[0].checks.first().expect("a check").clone()
}

fn network(lines: &str) -> NetworkCheck {
    match check(lines) {
        Check::Network(check) => check,
        other => panic!("{other:?}"),
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

quickcheck! {
    fn what_is_printed_is_read_back(config: Balanced) -> bool {
        codes(&read_back(&config.0)).1.iter().all(|code| ["not-yet", "no-shell"].contains(code))
    }

    fn what_is_read_can_be_printed_and_read(scraps: Scraps, more: Scraps) -> bool {
        let (_, first) = read(&format!("{}{}", balanced(&scraps.0), real(&more.0).replace("10.0.0.1", "10.0.1.1")));
        if first.is_usable() {
            read_back(&first.config);
        }
        true
    }

    fn a_key_s_password_is_not_printed(config: Balanced) -> bool {
        let (_, parsed) = read(&print(&config.0, Secrets::Hide));
        parsed.is_usable()
            && parsed.config.lvs.ssl.and_then(|ssl| ssl.password).is_none_or(|password| password.0 == "********")
    }
}

#[test]
fn a_key_s_password_is_not_shown() {
    let (source, parsed) = read("SSL {\n password secret words\n}");
    assert_eq!(codes(&parsed).1, ["not-yet", "trailing-words"]);
    assert!(!render(&parsed.diagnostics, &source, false).contains("secret"));
    assert!(!format!("{:?}", parsed.config).contains("secret"));
}

#[test]
fn defaults_are_those_of_the_c_version() {
    let (server, warnings) = only(
        "virtual_server 10.0.0.1 53 {\n protocol UDP\n lb_algo wlc\n lb_kind NAT\n real_server 10.0.0.2 {\n TCP_CHECK {\n }\n \
         HTTP_GET {\n url { path / }\n }\n DNS_CHECK {\n }\n MISC_CHECK {\n misc_path /x\n }\n PING_CHECK {\n }\n }\n}",
    );
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!((server.quorum, server.hysteresis, server.persistence), (1, 0, None));
    assert!(!server.smtp_alert && !server.omega && !server.ha_suspend && server.sorry_server.is_none());
    let real = &server.real_servers[0];
    assert_eq!((real.port, real.weight, real.forwarding), (53, 1, Forwarding::Nat));
    assert!(real.smtp_alert && !real.inhibit && real.upper_threshold == 0);
    let pacings: Vec<(u32, u64)> = real
        .checks
        .iter()
        .map(|check| match check {
            Check::Network(NetworkCheck { pacing, .. }) | Check::Misc(MiscCheck { pacing, .. }) => {
                assert_eq!((pacing.delay_loop, pacing.warmup, pacing.alpha), (seconds(60), seconds(60), false));
                (pacing.retry, pacing.delay_before_retry.as_secs())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(pacings, [(1, 1), (1, 3), (3, 60), (0, 1), (1, 1)]);
    let Check::Network(tcp) = &real.checks[0] else { panic!("{real:?}") };
    assert_eq!((tcp.target.ip, tcp.target.port, tcp.target.timeout), (ip("10.0.0.2"), 53, seconds(5)));
    let Check::Misc(misc) = &real.checks[3] else { panic!("{real:?}") };
    assert_eq!((misc.timeout, misc.dynamic), (seconds(60), false));
}

#[test]
fn checks_inherit_from_the_real_server_and_the_virtual_server() {
    let text = |virt: &str, real: &str, check: &str| {
        balanced(virt).replace(
            "TCP_CHECK {\n            connect_timeout 3\n        }",
            &format!("{real}\nTCP_CHECK {{\n{check}\n}}"),
        )
    };
    let pacing = |virt: &str, real: &str, check: &str| {
        let (server, warnings) = only(&text(virt, real, check));
        assert!(warnings.is_empty());
        let Check::Network(NetworkCheck { pacing, target, .. }) = &server.real_servers[0].checks[0] else {
            panic!("{server:?}")
        };
        let whole = [pacing.delay_loop, pacing.delay_before_retry, pacing.warmup, target.timeout];
        (whole.map(|duration| duration.as_secs()), pacing.retry, pacing.alpha)
    };
    let all = |n: u64| {
        format!(
            "delay_loop {n}\ndelay_before_retry {n}\nwarmup {n}\nconnect_timeout {n}\nretry {n}\nalpha{}",
            if n == 2 { " off" } else { "" }
        )
    };
    assert_eq!(pacing(&all(1), "", ""), ([1; 4], 1, true));
    assert_eq!(pacing(&all(1), &all(2), ""), ([2; 4], 2, false));
    assert_eq!(pacing(&all(1), &all(2), &all(3)), ([3; 4], 3, true));
    assert_eq!(pacing("delay_loop 7", "", ""), ([7, 1, 7, 5], 1, false));
    assert_eq!(pacing("delay_loop 7", "", "delay_loop 8"), ([8, 1, 8, 5], 1, false));
}

#[test]
fn real_servers_inherit_from_the_virtual_server() {
    let (server, _) = only(&balanced("weight 7\ninhibit_on_failure\nvirtualhost a.example\nsmtp_alert"));
    let real = &server.real_servers[0];
    assert!(real.weight == 7 && real.inhibit && server.smtp_alert);
    let text = balanced("lvs_method DR\nvirtualhost a.example").replace("lvs_method NAT", "");
    let text = text.replace("TCP_CHECK {\n            connect_timeout 3", "SSL_GET {\n enable_sni\n url { path / }");
    let (server, _) = only(&text);
    assert_eq!(server.real_servers[0].forwarding, Forwarding::Direct);
    let Check::Network(NetworkCheck { probe: Probe::Http(http), .. }) = &server.real_servers[0].checks[0] else {
        panic!("{server:?}")
    };
    assert_eq!((http.urls[0].host.as_deref(), &http.tls), (Some("a.example"), &Some(Tls::HostName)));
    let (lvs, _) = balancer(&format!("global_defs {{\n smtp_alert_checker off\n}}\n{}", balanced("")));
    assert!(!lvs.servers[0].real_servers[0].smtp_alert);
}

#[test]
fn groups_and_ranges() {
    let text = "virtual_server_group web {\n 10.0.1.1 80\n 10.0.1.10-20 80\n 10.0.1.250-10.0.2.5 443\n 10.0.3.8/29\n \
                fwmark 7\n fwmark 8 inet\n}\n";
    let group = balanced("persistence_timeout 50\nlocal_x").replace("10.0.0.1 80", "group web").replace("local_x", "");
    let (lvs, warnings) = balancer(&format!("{text}{group}"));
    let entries: Vec<String> = lvs.groups[0]
        .entries
        .iter()
        .map(|entry| match entry {
            GroupEntry::Addresses { range, port } => format!("{range} {port}"),
            GroupEntry::Mark { mark, family } => format!("{mark} {family:?}"),
        })
        .collect();
    assert_eq!(
        entries,
        [
            "10.0.1.1 80",
            "10.0.1.10-10.0.1.20 80",
            "10.0.1.250-10.0.2.5 443",
            "10.0.3.8-10.0.3.15 0",
            "7 None",
            "8 Some(V4)"
        ]
    );
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(lvs.servers[0].family, Some(Family::V4));
    for (line, code) in [
        ("10.0.1.1 80 x", "trailing-words"),
        ("10.0.1.20-10 80", "bad-range"),
        ("10.0.1.1/33", "bad-range"),
        ("10.0.1.1 70000", "out-of-range"),
        ("fwmark", "missing-argument"),
        ("fwmark 0", "out-of-range"),
        ("fwmark 1 inet7", "bad-value"),
        ("example.org 80", "bad-address"),
        ("10.0.1.1 80\n10.0.1.1-5 80", "repeated"),
        ("fwmark 1\nfwmark 1", "repeated"),
        ("real_server 10.0.1.1 80", "bad-address"),
    ] {
        let (_, parsed) = read(&format!("virtual_server_group g {{\n{line}\n}}"));
        assert!(parsed.diagnostics.iter().any(|d| d.code == code), "{line}: {:?}", parsed.diagnostics);
    }
}

#[test]
fn what_a_service_refers_to_exists() {
    assert_eq!(errors(&balanced("").replace("10.0.0.1 80", "group web")), ["unknown-group"]);
    assert_eq!(errors(&balanced("laddr_group_name l").replace("NAT", "FNAT")), ["unknown-group"]);
    assert_eq!(errors(&balanced("").replace("NAT", "FNAT")), ["missing-keyword"]);
    let local = "local_address_group l {\n 192.168.100.1\n 192.168.100.5-254 eth1\n}\n";
    let (lvs, warnings) =
        balancer(&format!("{local}{}", balanced("laddr_group_name l\nsyn_proxy").replace("NAT", "FNAT")));
    assert_eq!((lvs.local_addresses[0].addresses.len(), warnings.len()), (2, 0));
    assert!(lvs.servers[0].syn_proxy && lvs.servers[0].local_addresses.as_deref() == Some("l"));
    assert_eq!(only(&format!("{local}{}", balanced("laddr_group_name l"))).1, ["no-effect"]);
    let six = local.replace("192.168.100.1", "fd00::1").replace("192.168.100.5-254", "fd00::5");
    assert_eq!(errors(&format!("{six}{}", balanced("laddr_group_name l").replace("NAT", "FNAT"))), ["wrong-family"]);
    assert_eq!(errors(&real("BFD_CHECK {\n name b\n}")), ["unknown-session"]);
    let bfd = "bfd_instance b {\n neighbor_ip 10.0.0.2\n vrrp\n}\n";
    assert_eq!(errors(&format!("{bfd}{}", real("BFD_CHECK {\n name b\n}"))), ["has-no-checker"]);
    let text = format!("{}{}", bfd.replace("vrrp", ""), real("BFD_CHECK {\n name b\n}\nBFD_CHECK {\n name b\n}"));
    let (server, warnings) = only(&text);
    assert_eq!((server.real_servers[0].checks.len(), warnings), (1, vec!["repeated"]));
}

#[test]
fn nothing_is_served_twice() {
    let pair = |a: &str, b: &str| {
        errors(&format!(
            "virtual_server_group g {{\n 10.0.5.1-9 80\n fwmark 5\n}}\n{}{}",
            balanced("").replace("10.0.0.1 80", a),
            balanced("").replace("10.0.0.1 80", b)
        ))
    };
    assert_eq!(pair("10.0.0.1 80", "10.0.0.1 80"), ["duplicate-service"]);
    assert_eq!(pair("fwmark 5", "group g"), ["duplicate-service"]);
    assert_eq!(pair("group g", "10.0.5.4 80"), ["duplicate-service"]);
    assert!(pair("10.0.0.1 80", "10.0.0.1 81").is_empty());
    assert!(pair("fwmark 6", "group g").is_empty());
    assert!(pair("group g", "10.0.5.10 80").is_empty());
    let both = format!("{}{}", balanced(""), balanced("").replace("TCP\n", "UDP\n"));
    assert!(errors(&both).is_empty());
}

#[test]
fn families() {
    let six = |text: &str| text.replace("10.0.0.2", "2001:db8::2");
    assert_eq!(errors(&six(&balanced(""))), ["wrong-family"]);
    assert!(errors(&six(&balanced("").replace("NAT", "TUN"))).is_empty());
    let mark = |lines: &str| balanced(lines).replace("10.0.0.1 80", "fwmark 1").replace("    protocol TCP\n", "");
    assert_eq!(only(&mark("")).0.family, Some(Family::V4));
    assert_eq!(only(&six(&mark(""))).0.family, Some(Family::V6));
    let tunnel = mark("").replace("NAT", "TUN").replace(" 80", "").replace("TCP_CHECK", "PING_CHECK");
    assert_eq!(only(&six(&tunnel)).0.family, Some(Family::V6));
    assert_eq!(errors(&six(&mark("ip_family inet"))), ["wrong-family"]);
    assert_eq!(errors(&balanced("ip_family inet6")), ["wrong-family"]);
    assert_eq!(errors(&balanced("sorry_server 2001:db8::9 80")), ["wrong-family"]);
    assert_eq!(errors(&balanced("persistence_granularity 64")), ["wrong-family"]);
    let both = "virtual_server_group g {\n 10.0.5.1 80\n fd00::1 80\n}\n";
    let text = format!("{both}{}", balanced("").replace("10.0.0.1 80", "group g"));
    assert_eq!(errors(&text), ["wrong-family"]);
    assert_eq!(only(&text.replace("NAT", "TUN")).0.family, None);
}

#[test]
fn ports() {
    let port = |text: &str| {
        let (server, warnings) = only(text);
        (server.real_servers[0].port, warnings)
    };
    assert_eq!(port(&balanced("").replace("10.0.0.2 80", "10.0.0.2 8080")), (8080, vec![]));
    assert_eq!(port(&balanced("").replace("10.0.0.2 80", "10.0.0.2")), (80, vec![]));
    assert_eq!(
        port(&balanced("").replace("NAT", "DR").replace("10.0.0.2 80", "10.0.0.2 8080")),
        (80, vec!["no-effect"])
    );
    assert_eq!(port(&balanced("").replace("10.0.0.1 80", "10.0.0.1 0")), (80, vec!["default-used"]));
    let mark = balanced("").replace("10.0.0.1 80", "fwmark 1").replace("    protocol TCP\n", "");
    assert_eq!(port(&mark), (80, vec![]));
    let direct = mark.replace("NAT", "DR").replace("connect_timeout 3", "connect_port 80");
    assert_eq!(port(&direct), (0, vec!["no-effect"]));
    assert_eq!(errors(&mark.replace(" 80", "")), ["missing-keyword"]);
    assert!(errors(&mark.replace(" 80", "").replace("TCP_CHECK", "PING_CHECK")).is_empty());
}

#[test]
fn persistence() {
    let persistence = |lines: &str| {
        let (server, warnings) = only(&balanced(lines));
        (server.persistence.map(|p| (p.timeout.as_secs(), p.granularity)), warnings)
    };
    assert_eq!(persistence("persistence_timeout 50"), (Some((50, None)), vec![]));
    assert_eq!(persistence("persistence_timeout"), (Some((360, None)), vec![]));
    assert_eq!(persistence("persistence_timeout 0"), (None, vec![]));
    let mask = Granularity::V4([255, 255, 0, 0].into());
    assert_eq!(persistence("persistence_granularity 255.255.0.0"), (Some((360, Some(mask))), vec![]));
    assert_eq!(persistence("persistence_granularity 255.255.255.255"), (Some((360, None)), vec![]));
    assert_eq!(persistence("persistence_engine sip"), (None, vec!["no-effect"]));
    assert_eq!(persistence("persistence_engine sip\npersistence_timeout 9").1, ["bad-value"]);
    assert_eq!(errors(&balanced("persistence_timeout 2678401")), ["out-of-range"]);
    assert_eq!(errors(&balanced("persistence_granularity 255.255.256.0")), ["bad-value"]);
}

#[test]
fn words_that_do_not_fit_each_other() {
    for (lines, warning) in [
        ("ops", "no-effect"),
        ("sh-port", "no-effect"),
        ("mh-fallback", "no-effect"),
        ("sorry_server_inhibit", "no-effect"),
        ("sorry_server_lvs_method DR", "no-effect"),
        ("quorum 2", "clamped"),
        ("hysteresis 1", "clamped"),
        ("omega off", "was-ignored"),
        ("alpha perhaps", "trailing-words"),
        ("sorry_server 10.0.0.2 80\nsorry_server_inhibit", "contradiction"),
        ("real_server 10.0.0.2 80 {\n}", "repeated"),
        ("real_server 10.0.0.3/24 80 {\n}", "no-effect"),
    ] {
        assert_eq!(only(&balanced(lines)).1, [warning], "{lines}");
    }
    assert!(only(&balanced("alpha 1\nomega 1\nhashed\nnat_mask 255.255.255.0\nha_suspend")).1.is_empty());
    assert_eq!(only(&balanced("syn_proxy").replace("TCP\n", "UDP\n")).1, ["no-effect"]);
    let mark = balanced("ha_suspend").replace("10.0.0.1 80", "fwmark 1");
    assert_eq!(only(&mark).1, ["no-effect", "no-effect"]);
    let bare = balanced("").replace("protocol TCP", "").replace("lvs_sched rr", "").replace("lvs_method NAT", "");
    assert_eq!(only(&bare).1, ["default-used"; 3]);
    let (server, warnings) = only(&balanced("quorum 9\nhysteresis 9\nweight 4"));
    assert_eq!((server.quorum, server.hysteresis, warnings.len()), (4, 3, 2));
}

#[test]
fn methods_and_tunnels() {
    let method = |words: &str| only(&balanced("").replace("lvs_method NAT", words)).0.forwarding;
    assert_eq!(method("lb_kind DR"), Forwarding::Direct);
    assert_eq!(method("lvs_method TUN"), Forwarding::Tunnel(Tunnel::Ipip));
    assert_eq!(method("lvs_method TUN type gre csum"), Forwarding::Tunnel(Tunnel::Gre(TunnelChecksum::Full)));
    let gue = Tunnel::Gue(27_814, TunnelChecksum::Remote);
    assert_eq!(method("lvs_method TUN type gue port 27814 remcsum"), Forwarding::Tunnel(gue));
    for (words, code) in [
        ("TUN type gue", "missing-argument"),
        ("TUN type", "missing-argument"),
        ("TUN type vxlan", "bad-value"),
        ("TUN port 5", "contradiction"),
        ("TUN csum", "contradiction"),
        ("TUN type gre remcsum", "contradiction"),
        ("TUN type gue port 0", "out-of-range"),
        ("TUNNEL", "bad-value"),
    ] {
        assert_eq!(errors(&balanced("").replace("NAT", words)), [code], "{words}");
    }
}

#[test]
fn thresholds() {
    assert_eq!(errors(&real("lthreshold 5")), ["bad-value"]);
    assert_eq!(errors(&real("uthreshold 5\nlthreshold 6")), ["bad-value"]);
    let (server, _) = only(&real("uthreshold 5\nlthreshold 4\nweight 0\nnotify_up \"/x a\" nobody"));
    assert_eq!((server.real_servers[0].upper_threshold, server.real_servers[0].weight), (5, 0));
}

#[test]
fn where_checks_connect_to() {
    let lines = "connect_ip 10.0.0.9\nconnect_port 81\nbindto 10.0.0.7/24\nbind_port 82\nbind_if eth0\nfwmark 3";
    let (server, warnings) = only(&real(&format!("TCP_CHECK {{\n{lines}\n}}")));
    let Check::Network(NetworkCheck { target, .. }) = &server.real_servers[0].checks[0] else { panic!("{server:?}") };
    assert_eq!((target.ip, target.port, target.source), (ip("10.0.0.9"), 81, Some(ip("10.0.0.7"))));
    assert_eq!((target.source_port, target.device.as_deref(), target.mark), (82, Some("eth0"), 3));
    assert_eq!(warnings, ["no-effect"]);
    assert_eq!(errors(&real("TCP_CHECK {\nbindto fe80::1\n}")), ["wrong-family"]);
    assert_eq!(errors(&real("TCP_CHECK {\nconnect_ip fe80::1\n}")), ["missing-keyword"]);
    assert!(errors(&real("TCP_CHECK {\nconnect_ip fe80::1\nbind_if eth0\n}")).is_empty());
    assert_eq!(errors(&real("TCP_CHECK {\nconnect_port 0\n}")), ["out-of-range"]);
}

#[test]
fn web_pages() {
    let url = |lines: &str| {
        let Probe::Http(http) = network(&format!("HTTP_GET {{\nurl {{\npath /\n{lines}\n}}\n}}")).probe else {
            panic!()
        };
        http.urls[0].clone()
    };
    let codes = |lines: &str| url(lines).status.iter().map(|c| (c.first, c.last)).collect::<Vec<_>>();
    assert_eq!(codes(""), [(200, 299)]);
    assert_eq!(codes("status_code 200-299 503 505\nstatus_code 300-310 504"), [(200, 310), (503, 505)]);
    let digest = url("digest 640205b7b0fc66c1ea91c463fac6334D").digest.expect("a digest");
    assert_eq!((digest[0], digest[15]), (0x64, 0x4d));
    let regex = url(r#"regex "a\\.b \"q\" $""#.to_owned().as_str()).regex.expect("a regex");
    assert_eq!(regex.pattern, r#"a\.b "q" $"#);
    let regex = url(
        "regex x\nregex_options utf caseless\nregex_options utf\nregex_min_offset 3\nregex_stack 1 2\nregex_no_match",
    );
    let regex = regex.regex.expect("a regex");
    assert_eq!(regex.options, [RegexOption::Caseless, RegexOption::Utf]);
    assert_eq!((regex.min_offset, regex.max_offset, regex.stack, regex.no_match), (3, None, Some((1, 2)), true));
    for (lines, code) in [
        ("status_code 99", "bad-value"),
        ("status_code 300-200", "bad-value"),
        ("digest abc", "bad-hex"),
        ("regex [a", "bad-regex"),
        ("regex a b", "trailing-words"),
        ("regex x\nregex_options caselss", "bad-value"),
        ("regex x\nregex_min_offset 3\nregex_max_offset 2", "bad-value"),
        ("regex x\nregex_stack 2 1", "bad-value"),
    ] {
        assert_eq!(errors(&real(&format!("HTTP_GET {{\nurl {{\npath /\n{lines}\n}}\n}}"))), [code], "{lines}");
    }
    for (check, warning) in [
        ("HTTP_GET {\nenable_sni\nurl {\npath /\n}\n}", "no-effect"),
        ("HTTP_GET {\nurl {\npath /\nregex_no_match\n}\n}", "no-effect"),
        ("HTTP_GET {\nurl {\npath x\n}\n}", "bad-value"),
        ("SSL_GET {\nenable_sni off\nsni_name x\nurl {\npath /\n}\n}", "contradiction"),
        ("HTTP_GET {\nurl {\npath /\nregex \"\\d\"\n}\n}", "lost-backslash"),
        ("HTTP_GET {\nnb_get_retry 2\nurl {\npath /\n}\n}", "deprecated"),
    ] {
        assert_eq!(only(&real(check)).1, [warning], "{check}");
    }
    let Probe::Http(http) =
        network("SSL_GET {\nsni_name x\nhttp_protocol 1.0c\ntls_compliant\nurl {\npath /\n}\n}").probe
    else {
        panic!()
    };
    assert_eq!((http.tls, http.version), (Some(Tls::Name("x".into())), HttpVersion::V1_0Close));
    assert!(http.urls[0].tls_compliant);
}

#[test]
fn other_checks() {
    let Probe::Dns(dns) = network("DNS_CHECK {\ntype aaaa\nname example.org.\n}").probe else { panic!() };
    assert_eq!((dns.kind, dns.name.as_str()), (DnsType::Aaaa, "example.org"));
    let Probe::Dns(dns) = network("DNS_CHECK {\nname .\n}").probe else { panic!() };
    assert_eq!((dns.kind, dns.name.as_str()), (DnsType::Soa, ""));
    for name in ["a..b", ".a", &"a".repeat(64)] {
        assert_eq!(errors(&real(&format!("DNS_CHECK {{\nname {name}\n}}"))), ["bad-name"], "{name}");
    }
    let Probe::Udp(udp) = network("UDP_CHECK {\npayload Ab12f 3 \"456 7\"\nrequire_reply 1x X2 x\n}").probe else {
        panic!()
    };
    assert_eq!(udp.payload, [0xab, 0x12, 0x0f, 0x03, 0x45, 0x06, 0x07]);
    let pattern: Vec<_> = udp.reply.expect("a reply").pattern.iter().map(|byte| (byte.value, byte.mask)).collect();
    assert_eq!(pattern, [(0x10, 0xf0), (0x02, 0x0f), (0, 0xf0)]);
    assert_eq!(errors(&real("UDP_CHECK {\npayload 0g\n}")), ["bad-hex"]);
    assert_eq!(errors(&real("UDP_CHECK {\nrequire_reply\nmin_reply_length 256\n}")), ["bad-value"]);
    assert_eq!(only(&real("UDP_CHECK {\nmin_reply_length 2\n}")).1, ["no-effect"]);
    let Check::Misc(misc) = check("MISC_CHECK {\nmisc_path \"/x 'a b' c\"\nuser u g\nmisc_timeout 2\nmisc_dynamic\n}")
    else {
        panic!()
    };
    assert_eq!(misc.script.argv, ["/x", "a b", "c"]);
    assert_eq!(misc.script.user, Some(Credentials::new("u", Some("g"))));
    assert_eq!((misc.timeout, misc.dynamic), (seconds(2), true));
    assert_eq!(only(&real("MISC_CHECK {\nmisc_path /x a b\n}")).1, ["trailing-words"]);
    assert_eq!(network("SMTP_CHECK {\n}").probe, Probe::Smtp("smtpchecker.keepalived.org".into()));
    let (server, warnings) =
        only(&real("SMTP_CHECK {\nretry 4\nhost {\nconnect_ip 10.0.0.8\n}\nhost {\nconnect_port 26\n}\n}"));
    let targets: Vec<_> = server.real_servers[0]
        .checks
        .iter()
        .map(|check| match check {
            Check::Network(check) => (check.target.ip, check.target.port, check.pacing.retry),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(targets, [(ip("10.0.0.8"), 80, 4), (ip("10.0.0.2"), 26, 4)]);
    assert_eq!(warnings, ["deprecated"]);
    for check in ["HTTP_GET {\n}", "MISC_CHECK {\n}", "BFD_CHECK {\n}", "FILE_CHECK {\n}", "SSL_GET {\nurl {\n}\n}"] {
        assert_eq!(errors(&real(check)), ["missing-keyword"], "{check}");
    }
}

#[test]
fn tracked_files() {
    let file = "track_file f {\n file /run/f\n weight 3 reverse\n}\n";
    let weight = |check: &str| {
        let (server, _) = only(&format!("{file}{}", real(check)));
        let Check::File(check) = &server.real_servers[0].checks[0] else { panic!("{server:?}") };
        (check.weight, check.reverse)
    };
    assert_eq!(weight("FILE_CHECK {\ntrack_file f\n}"), (3, true));
    assert_eq!(weight("FILE_CHECK {\ntrack_file f\nweight -2147483647\n}"), (-2_147_483_647, false));
    assert_eq!(weight("FILE_CHECK {\ntrack_file f\nweight 9 reverse\n}"), (9, true));
    assert_eq!(errors(&real("FILE_CHECK {\ntrack_file f\n}")), ["unknown-file"]);
    let wrong = file.replace("file /run/f", "");
    assert_eq!(errors(&format!("{wrong}{}", real("FILE_CHECK {\ntrack_file f\n}"))), ["missing-keyword"]);
}

/// What is written wrongly is not missing too.
#[test]
fn one_mistake_is_one_mistake() {
    for (line, wrong, code) in [
        ("protocol TCP", "protocol TPC", "bad-value"),
        ("lvs_sched rr", "lvs_sched wwr", "bad-value"),
        ("lvs_method NAT", "lvs_method nat", "bad-value"),
        ("10.0.0.2 80", "10.0.0.2:80", "bad-address"),
        ("TCP_CHECK {\n            connect_timeout 3", "MISC_CHECK {\nmisc_path \"a 'b\"", "bad-command"),
        ("TCP_CHECK {\n            connect_timeout 3", "HTTP_GET {\nurl {\npath\n}", "missing-argument"),
    ] {
        let (_, parsed) = read(&balanced("").replace(line, wrong));
        assert_eq!(codes(&parsed), (vec![code], vec!["not-yet"]), "{wrong}");
    }
}

#[test]
fn what_serves_nothing_is_left_out() {
    let none = |text: &str| {
        let (lvs, warnings) = balancer(text);
        assert!(lvs.servers.is_empty() && lvs.groups.is_empty());
        warnings
    };
    assert_eq!(none("virtual_server 10.0.0.1 80 {\nprotocol TCP\nlvs_sched rr\n}"), ["no-real-server"]);
    let text = format!("virtual_server_group g {{\n}}\n{}", balanced("").replace("10.0.0.1 80", "group g"));
    assert_eq!(none(&text), ["empty-group"]);
}

/// Counted in what comes out, since clocks lie here.
#[test]
fn ten_thousand_virtual_servers() {
    let mut text = String::from("virtual_server_group g {\n");
    (0..10_000).for_each(|n| text.push_str(&format!(" 10.9.{}.{} 80\n", n / 250, n % 250)));
    text.push_str("}\n");
    for n in 0..10_000 {
        text.push_str(&balanced("").replace("10.0.0.1", &format!("10.1.{}.{}", n / 250, n % 250)));
    }
    let mut servers = String::new();
    (0..10_000).for_each(|n| servers.push_str(&format!("real_server 10.2.{}.{} 80 {{\n}}\n", n / 250, n % 250)));
    text.push_str(&balanced(&servers).replace("10.0.0.1 80", "group g"));
    let (lvs, warnings) = balancer(&text);
    assert_eq!((lvs.servers.len(), lvs.groups[0].entries.len(), warnings.len()), (10_001, 10_000, 0));
    assert_eq!(lvs.servers[10_000].real_servers.len(), 10_001);
}
