//! The rules of health checks, one by one.

use super::lvs::{balanced, errors, ip, only, real, seconds};
use crate::config::model::*;

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

fn probe(lines: &str) -> Probe {
    network(lines).manner.probe.clone()
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
        let Check::Network(NetworkCheck { manner, .. }) = &server.real_servers[0].checks[0] else {
            panic!("{server:?}")
        };
        let pacing = &manner.pacing;
        let whole = [pacing.delay_loop, pacing.delay_before_retry, pacing.warmup, manner.timeout];
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
fn where_checks_connect_to() {
    let lines = "connect_ip 10.0.0.9\nconnect_port 81\nbindto 10.0.0.7/24\nbind_port 82\nbind_if eth0\nfwmark 3";
    let (server, warnings) = only(&real(&format!("TCP_CHECK {{\n{lines}\n}}")));
    let Check::Network(NetworkCheck { target, manner }) = &server.real_servers[0].checks[0] else {
        panic!("{server:?}")
    };
    assert_eq!((target.ip, target.port, manner.source), (ip("10.0.0.9"), 81, Some(ip("10.0.0.7"))));
    assert_eq!((manner.source_port, manner.device.as_deref(), manner.mark), (82, Some("eth0"), 3));
    assert_eq!(warnings, ["no-effect"]);
    assert_eq!(errors(&real("TCP_CHECK {\nbindto fe80::1\n}")), ["wrong-family"]);
    assert_eq!(errors(&real("TCP_CHECK {\nconnect_ip fe80::1\n}")), ["missing-keyword"]);
    assert!(errors(&real("TCP_CHECK {\nconnect_ip fe80::1\nbind_if eth0\n}")).is_empty());
    assert_eq!(errors(&real("TCP_CHECK {\nconnect_port 0\n}")), ["out-of-range"]);
}

#[test]
fn web_pages() {
    let url = |lines: &str| {
        let Probe::Http(http) = probe(&format!("HTTP_GET {{\nurl {{\npath /\n{lines}\n}}\n}}")) else { panic!() };
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
    let Probe::Http(http) = probe("SSL_GET {\nsni_name x\nhttp_protocol 1.0c\ntls_compliant\nurl {\npath /\n}\n}")
    else {
        panic!()
    };
    assert_eq!((http.tls, http.version), (Some(Tls::Name("x".into())), HttpVersion::V1_0Close));
    assert!(http.urls[0].tls_compliant);
}

#[test]
fn other_checks() {
    let Probe::Dns(dns) = probe("DNS_CHECK {\ntype aaaa\nname example.org.\n}") else { panic!() };
    assert_eq!((dns.kind, dns.name.as_str()), (DnsType::Aaaa, "example.org"));
    let Probe::Dns(dns) = probe("DNS_CHECK {\nname .\n}") else { panic!() };
    assert_eq!((dns.kind, dns.name.as_str()), (DnsType::Soa, ""));
    for name in ["a..b", ".a", &"a".repeat(64)] {
        assert_eq!(errors(&real(&format!("DNS_CHECK {{\nname {name}\n}}"))), ["bad-name"], "{name}");
    }
    let Probe::Udp(udp) = probe("UDP_CHECK {\npayload Ab12f 3 \"456 7\"\nrequire_reply 1x X2 x\n}") else { panic!() };
    assert_eq!(udp.payload, [0xab, 0x12, 0x0f, 0x03, 0x45, 0x06, 0x07]);
    let pattern: Vec<_> = udp.reply.expect("a reply").pattern.iter().map(|byte| (byte.value, byte.mask)).collect();
    assert_eq!(pattern, [(0x10, 0xf0), (0x02, 0x0f), (0, 0xf0)]);
    assert_eq!(errors(&real("UDP_CHECK {\npayload 0g\n}")), ["bad-hex"]);
    assert_eq!(errors(&real("UDP_CHECK {\nrequire_reply 00\nmin_reply_length 256\n}")), ["bad-value"]);
    assert_eq!(
        errors(&real("UDP_CHECK {\nrequire_reply\nmin_reply_length 256\nmax_reply_length 255\n}")),
        ["bad-value"]
    );
    assert!(errors(&real("UDP_CHECK {\nrequire_reply\nmin_reply_length 256\n}")).is_empty());
    assert_eq!(only(&real("UDP_CHECK {\nmin_reply_length 2\n}")).1, ["no-effect"]);
    let Check::Misc(misc) = check("MISC_CHECK {\nmisc_path \"/x 'a b' c\"\nuser u g\nmisc_timeout 2\nmisc_dynamic\n}")
    else {
        panic!()
    };
    assert_eq!(misc.script.argv, ["/x", "a b", "c"]);
    assert_eq!(misc.script.user, Some(Credentials::new("u", Some("g"))));
    assert_eq!((misc.timeout, misc.dynamic), (seconds(2), true));
    assert_eq!(only(&real("MISC_CHECK {\nmisc_path /x a b\n}")).1, ["trailing-words"]);
    assert_eq!(probe("SMTP_CHECK {\n}"), Probe::Smtp("smtpchecker.keepalived.org".into()));
    let (server, warnings) =
        only(&real("SMTP_CHECK {\nretry 4\nhost {\nconnect_ip 10.0.0.8\n}\nhost {\nconnect_port 26\n}\n}"));
    let targets: Vec<_> = server.real_servers[0]
        .checks
        .iter()
        .map(|check| match check {
            Check::Network(check) => (check.target.ip, check.target.port, check.manner.pacing.retry),
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
