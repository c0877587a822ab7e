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
pub(super) fn real(lines: &str) -> String {
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
pub(super) fn only(text: &str) -> (VirtualServer, Vec<&'static str>) {
    let (lvs, warnings) = balancer(text);
    assert_eq!(lvs.servers.len(), 1, "{text}");
    (lvs.servers.into_iter().next().expect("a virtual server"), warnings)
}

pub(super) fn errors(text: &str) -> Vec<&'static str> {
    codes(&read(text).1).0
}

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(super) const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

quickcheck! {
    fn what_is_printed_is_read_back(config: Balanced) -> bool {
        codes(&read_back(&config.0)).1.iter().all(|code| ["not-yet", "no-shell", "unused", "bad-value", "contradiction", "no-effect"].contains(code))
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

/// A certificate cannot be shown without its key.
#[test]
fn a_certificate_goes_with_its_key() {
    let warnings = |lines: &str| codes(&read(&format!("SSL {{\n{lines}\n}}\n")).1).1;
    assert_eq!(warnings("certificate /c.pem"), ["no-effect"]);
    assert_eq!(warnings("key /k.pem"), ["no-effect"]);
    assert!(warnings("certificate /c.pem\n key /c.pem").is_empty());
}

#[test]
fn a_key_s_password_is_not_shown() {
    let (source, parsed) = read("SSL {\n password secret words\n}");
    assert_eq!(codes(&parsed).1, ["trailing-words"]);
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
        .map(|check| {
            let pacing = match check {
                Check::Network(check) => &check.manner.pacing,
                Check::Misc(check) => &check.pacing,
                other => panic!("{other:?}"),
            };
            assert_eq!((pacing.delay_loop, pacing.warmup, pacing.alpha), (seconds(60), seconds(60), false));
            (pacing.retry, pacing.delay_before_retry.as_secs())
        })
        .collect();
    assert_eq!(pacings, [(1, 1), (1, 3), (3, 60), (0, 1), (1, 1)]);
    let Check::Network(tcp) = &real.checks[0] else { panic!("{real:?}") };
    assert_eq!((tcp.target.ip, tcp.target.port, tcp.manner.timeout), (ip("10.0.0.2"), 53, seconds(5)));
    let Check::Misc(misc) = &real.checks[3] else { panic!("{real:?}") };
    assert_eq!((misc.timeout, misc.dynamic), (seconds(60), false));
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
    let Check::Network(check) = &server.real_servers[0].checks[0] else { panic!("{server:?}") };
    let Probe::Http(http) = &check.manner.probe else { panic!("{server:?}") };
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

/// As in the C version a check connects to the port that is written, also where packets keep the one that the client wrote.
#[test]
fn checks_go_to_the_port_that_is_written() {
    let ports = |text: &str| {
        let (server, _) = only(text);
        let Check::Network(check) = &server.real_servers[0].checks[0] else { panic!("{text}") };
        assert!(codes(&read_back(&read(text).1.config)).0.is_empty());
        (server.real_servers[0].port, check.target.port)
    };
    let direct = balanced("").replace("NAT", "DR");
    assert_eq!(ports(&direct), (80, 80));
    assert_eq!(ports(&direct.replace("10.0.0.2 80", "10.0.0.2 8080")), (80, 8080));
    assert_eq!(ports(&direct.replace("10.0.0.2 80", "10.0.0.2")), (80, 80));
    assert_eq!(ports(&direct.replace("10.0.0.1 80", "fwmark 1")), (0, 80));
    assert_eq!(
        errors(&direct.replace("10.0.0.1 80", "fwmark 1").replace("10.0.0.2 80", "10.0.0.2")),
        ["missing-keyword"]
    );
}

/// A server that is left out gives no weight.
#[test]
fn the_quorum_can_be_reached() {
    let text = balanced("quorum 2");
    let twice = text.rfind("    real_server").map(|at| {
        format!(
            "{}{}",
            &text[..at],
            text[at..].replace(
                "    real_server 10.0.0.2 80 {\n",
                "    real_server 10.0.0.2 80 {\n    }\n    real_server 10.0.0.2 80 {\n"
            )
        )
    });
    let (server, warnings) = only(&twice.expect("a real server"));
    assert_eq!((server.real_servers.len(), server.quorum), (1, 1));
    assert_eq!(warnings, ["clamped", "repeated"]);
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
        ("sorry_server 10.0.0.2 80", "contradiction"),
        ("real_server 10.0.0.2 80 {\n}", "repeated"),
        ("real_server 10.0.0.3/24 80 {\n}", "no-effect"),
    ] {
        assert_eq!(only(&balanced(lines)).1, [warning], "{lines}");
    }
    assert!(only(&balanced("alpha 1\nomega 1\nha_suspend")).1.is_empty());
    assert_eq!(only(&balanced("hashed\nnat_mask 255.255.255.0")).1, ["no-effect"; 2]);
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

/// What is written wrongly is not missing too.
#[test]
fn one_mistake_is_one_mistake() {
    for (line, wrong, code) in [
        ("protocol TCP", "protocol TPC", "bad-value"),
        ("lvs_sched rr", "lvs_sched wwr", "bad-value"),
        ("lvs_method NAT", "lvs_method dr", "bad-value"),
        ("10.0.0.2 80", "10.0.0.2:80", "bad-address"),
        ("TCP_CHECK {\n            connect_timeout 3", "MISC_CHECK {\nmisc_path \"a 'b\"", "bad-command"),
        ("TCP_CHECK {\n            connect_timeout 3", "HTTP_GET {\nurl {\npath\n}", "missing-argument"),
    ] {
        let (_, parsed) = read(&balanced("").replace(line, wrong));
        assert_eq!(codes(&parsed), (vec![code], Vec::new()), "{wrong}");
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
