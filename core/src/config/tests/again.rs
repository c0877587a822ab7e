//! What was read before changes nothing but the time it takes.

use super::generate::Scraps;
use super::lvs_generate::Balanced;
use crate::config::again::Before;
use crate::config::{Parsed, Secrets, Source, parse_again, print};
use core::fmt::Write;

fn parse(text: &str) -> Parsed {
    parse_again(&Source::single("keepalived.conf", text), Before::default())
}

fn again(text: &str, before: &Parsed) -> Parsed {
    let source = Source::single("keepalived.conf", text);
    parse_again(&source, Before { sections: Some(&before.sections), servers: &before.config.lvs.servers })
}

/// Everything, with the places.
fn whole(parsed: &Parsed) -> String {
    format!("{:#?} {:#?} {:?}", parsed.config, parsed.diagnostics, parsed.sections)
}

fn is_the_same(text: &str, before: &str) {
    let fresh = parse(text);
    let before = parse(before);
    assert_eq!(whole(&again(text, &before)), whole(&fresh), "{text}");
}

/// Two texts, each after the other and after itself, moved and under other settings.
fn are_the_same(one: &str, other: &str) {
    let settings = ["", "# moved\n", "global_defs {\n checker_log_all_failures\n smtp_alert_checker on\n}\n", "x\n"];
    for top in settings {
        is_the_same(&format!("{top}{one}"), one);
    }
    is_the_same(&format!("{one}{other}"), &format!("{other}{one}"));
}

quickcheck::quickcheck! {
    fn it_is_read_as_if_nothing_had_been(one: Balanced, other: Balanced) -> bool {
        are_the_same(&print(&one.0, Secrets::Show), &print(&other.0, Secrets::Show));
        true
    }

    fn whatever_stands_there(scraps: Scraps, others: Scraps) -> bool {
        let server = |scraps: &Scraps| {
            format!("virtual_server 10.0.0.1 80 {{\n real_server 10.0.0.2 80 {{\n }}\n{}\n}}\n", scraps.0)
        };
        are_the_same(&server(&scraps), &format!("{}{}", server(&others), scraps.0));
        true
    }
}

fn servers(count: u32) -> String {
    let mut text = String::new();
    for n in 0..count {
        let _ = write!(
            text,
            "virtual_server  10.0.{}.{} 80 {{\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n delay_loop 6\n \
             real_server 10.1.0.1 80 {{\n weight 1\n TCP_CHECK {{\n connect_timeout 1\n }}\n }}\n}}\n",
            n / 250,
            n % 250
        );
    }
    text
}

#[test]
fn what_has_not_changed_is_not_read_again() {
    // The first section of a file goes the long way.
    let text = format!("global_defs {{\n router_id a\n}}\n{}", servers(1000));
    let mut before = parse(&text);
    assert!(before.diagnostics.is_empty(), "{:?}", before.diagnostics);
    // Whoever is not read again has this weight.
    before.config.lvs.servers.iter_mut().for_each(|server| server.real_servers[0].weight = 77);
    let text = text.replacen("10.0.1.7 80 {\n lvs_sched rr", "10.0.1.7 80 {\n lvs_sched wrr", 1);
    let after = again(&format!("# one line more\n{text}"), &before);
    let read: Vec<usize> =
        (0..).zip(&after.config.lvs.servers).filter(|(_, s)| s.real_servers[0].weight == 1).map(|(n, _)| n).collect();
    assert_eq!((after.config.lvs.servers.len(), read), (1000, vec![257]));
}

/// Groups, files, sessions and scripts are looked up or remember where they stand; so does what is complained of, like a mark with a protocol.
#[test]
fn what_depends_on_something_else_is_read_again() {
    let around =
        "virtual_server_group g {\n 10.0.0.9 80\n}\ntrack_file f {\n file /f\n}\nglobal_defs {\n script_user root\n}\n";
    let server = |service: &str, inside: &str| {
        format!(
            "{around}virtual_server {service} {{\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n real_server 10.0.0.2 80 {{\n \
             weight 1\n {inside}\n }}\n}}\n"
        )
    };
    for (service, inside, found) in [
        ("10.0.0.1 80", "", true),
        ("fwmark 7", "", false),
        ("10.0.0.1 80", "TCP_CHECK {\n connect_timeout 1\n }", true),
        ("group g", "", false),
        ("10.0.0.1 80", "FILE_CHECK {\n track_file f\n }", false),
        ("10.0.0.1 80", "MISC_CHECK {\n misc_path /bin/true\n }", false),
        ("10.0.0.1 80", "notify_up /bin/true", false),
        ("10.0.0.1 80", "weight 2", false),
    ] {
        let text = server(service, inside);
        let mut before = parse(&text);
        before.config.lvs.servers[0].real_servers[0].weight = 77;
        let after = again(&text, &before);
        assert_eq!(after.config.lvs.servers[0].real_servers[0].weight == 77, found, "{service} {inside}");
    }
}
