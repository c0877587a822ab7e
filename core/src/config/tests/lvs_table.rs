//! What every keyword of the load balancer says is taken over and can be printed.

use super::lvs::balanced;
use super::table::of_kind;
use super::{read, read_back};
use crate::config::build::lvs::bound;
use crate::config::keywords::{self, Arg, Keyword, Path, Standing};
use crate::config::render;
use std::collections::BTreeMap;

fn rows() -> impl Iterator<Item = &'static Keyword> {
    keywords::all().filter(|keyword| {
        let block = if keyword.block.is_empty() { keyword.name } else { keyword.block };
        ["SSL", "virtual_server", "virtual_server_group", "local_address_group"]
            .contains(&block.split('/').next().unwrap_or(""))
    })
}

/// What can stand after a keyword. Not a default.
fn example(keyword: &Keyword) -> String {
    let by_name = match keyword.meaning() {
        "ip_family" => "inet6",
        "lvs_method" => "TUN type gue port 6080 csum",
        "sorry_server_lvs_method" => "DR",
        "persistence_granularity" => "64",
        "sorry_server" => "2001:db8::9 80",
        "laddr_group_name" => "local",
        "weight" if keyword.block == keywords::FILE_CHECK => "7 reverse",
        "track_file" | "name" if keyword.block != keywords::DNS_CHECK => "object",
        "connect_ip" | "bindto" => "2001:db8::7",
        "digest" => "640205b7b0fc66c1ea91c463fac6334d",
        "status_code" => "200 300-310",
        "regex_options" => "caseless utf",
        "regex_stack" => "1000 2000",
        "smtp_alert" if keyword.block == keywords::REAL_SERVER => "off",
        "delay_before_retry" => "4",
        "host" => "{\nconnect_port 26\n}",
        "payload" => "01 02",
        "require_reply" => "0x 1",
        "real_server" => "2001:db8::8 80 {\n}",
        "virtual_server" => "2001:db8::99 80 {\nreal_server 2001:db8::8 80 {\n}\n}",
        "virtual_server_group" => "another {\n10.0.5.1-9 80\nfwmark 7\n}",
        "local_address_group" => "another {\n10.0.5.1-9\n}",
        "HTTP_GET" | "SSL_GET" => "{\nurl {\npath /\n}\n}",
        "MISC_CHECK" => "{\nmisc_path /x\n}",
        "FILE_CHECK" => "{\ntrack_file object\n}",
        "BFD_CHECK" => "{\nname object\n}",
        "url" => "{\npath /x\n}",
        _ => "",
    };
    match keyword.arg {
        _ if !by_name.is_empty() => by_name.to_owned(),
        Arg::Form("[on|off]", ..) => String::new(),
        arg => of_kind(arg, keyword.default),
    }
}

/// A file with `line` in the block of `keyword`, and what else belongs there.
fn file(keyword: &Keyword, line: &str) -> String {
    let objects = "track_file object {\nfile /run/x\n}\nbfd_instance object {\nneighbor_ip 192.0.2.7\n}\n\
                   local_address_group local {\n2001:db8::5\n}\n";
    let (block, name) = (keyword.block, keyword.meaning());
    let method = match name {
        "laddr_group_name" => "FNAT",
        "lvs_method" => "",
        _ => "NAT",
    };
    let scheduler =
        if name == "lvs_sched" { "" } else { name.get(..2).filter(|s| ["sh", "mh"].contains(s)).unwrap_or("rr") };
    let also = match name {
        "hysteresis" | "quorum" => "weight 100\nquorum 50",
        "persistence_engine" => "persistence_timeout 9",
        "sorry_server_inhibit" | "sorry_server_lvs_method" => "sorry_server 2001:db8::9 80",
        "ops" => "protocol UDP",
        _ => "",
    };
    let mark = name == "ip_family";
    let head = if mark { "fwmark 7" } else { "2001:db8::1 80" };
    let protocol = if mark || also.starts_with("protocol") || name == "protocol" { "" } else { "protocol TCP" };
    let server = |of_virtual: &str, of_real: &str| {
        let real = if mark { String::new() } else { format!("real_server 2001:db8::2 80 {{\n{of_real}\n}}") };
        let real = if mark { "real_server 10.0.0.2 80 {\n lvs_method TUN\n}".to_owned() } else { real };
        let word =
            |keyword: &str, value: &str| if value.is_empty() { String::new() } else { format!("{keyword} {value}") };
        format!(
            "{objects}virtual_server {head} {{\n{protocol}\n{}\n{}\n{also}\n{of_virtual}\n{real}\n}}\n",
            word("lvs_method", method),
            word("lvs_sched", scheduler),
        )
    };
    let check = |kind: &str, inside: &str| server("", &format!("{kind} {{\n{inside}\n}}"));
    let without = |needed: &str, text: &str| if name == needed { String::new() } else { format!("{text}\n") };
    let url = |line: &str| {
        let regex = if name.starts_with("regex_") { "regex x\n" } else { "" };
        format!("url {{\n{}{regex}{line}\n}}", without("path", "path /"))
    };
    match block {
        keywords::ROOT => format!("{line}\n{}", server("", "")),
        keywords::SSL => format!("SSL {{\n{line}\n}}\n{}", server("", "")),
        keywords::VIRTUAL_SERVER => server(line, "TCP_CHECK {\n}\nHTTP_GET {\nurl {\npath /\n}\n}"),
        keywords::REAL_SERVER if name == "lthreshold" => {
            server("", &format!("uthreshold 100\n{line}\nTCP_CHECK {{\n}}"))
        }
        keywords::REAL_SERVER => server("", &format!("{line}\nTCP_CHECK {{\n}}\nHTTP_GET {{\nurl {{\npath /\n}}\n}}")),
        keywords::HTTP_URL => check("HTTP_GET", &url(line)),
        keywords::SSL_URL => check("SSL_GET", &url(line)),
        keywords::HTTP_GET => check("HTTP_GET", &format!("{line}\nurl {{\npath /\n}}")),
        keywords::SSL_GET => check("SSL_GET", &format!("{line}\nurl {{\npath /\n}}")),
        keywords::SMTP_HOST => check("SMTP_CHECK", &format!("host {{\n{line}\n}}")),
        keywords::MISC_CHECK => check("MISC_CHECK", &format!("{}{line}", without("misc_path", "misc_path /y"))),
        keywords::FILE_CHECK => check("FILE_CHECK", &format!("{}{line}", without("track_file", "track_file object"))),
        keywords::BFD_CHECK => check("BFD_CHECK", &format!("{}{line}", without("name", "name object"))),
        keywords::UDP_CHECK if name.ends_with("length") => check("UDP_CHECK", &format!("require_reply\n{line}")),
        block => check(block.rsplit('/').next().unwrap_or(block), line),
    }
}

/// Keywords that only say what something else means, or whose absence is a mistake.
fn is_silent(keyword: &Keyword) -> bool {
    matches!(keyword.standing, Standing::NoEffect(_))
        || (keyword.block == keywords::HTTP_GET && keyword.name.contains("sni"))
}

#[test]
fn every_keyword_is_taken_over_and_printed() {
    let mut idle = Vec::new();
    let mut tried = 0;
    for keyword in rows() {
        let line = format!("{} {}", keyword.name, example(keyword));
        let (_, before) = read(&file(keyword, ""));
        let text = file(keyword, &line);
        let (source, after) = read(&text);
        let said = render(&after.diagnostics, &source, false);
        assert!(after.is_usable(), "{text}\n{said}");
        assert!(!said.contains("is no keyword"), "{text}\n{said}");
        if before.config == after.config && !is_silent(keyword) {
            idle.push(format!("{}/{line}", keyword.block));
        }
        read_back(&after.config);
        tried += 1;
    }
    assert!(idle.is_empty(), "these change nothing: {idle:#?}");
    assert!(tried > 230, "{tried}");
}

/// What is no word of the kind that is expected is refused, wherever something is expected.
#[test]
fn every_keyword_refuses_nonsense() {
    for keyword in rows() {
        let nonsense = match keyword.arg {
            Arg::Integer(..) | Arg::Seconds(..) | Arg::Hex(..) | Arg::Host | Arg::Switch => "nonsense",
            Arg::Choice(_) | Arg::AnyCase(_) | Arg::Optional(&Arg::Integer(..)) => "nonsense",
            Arg::Interface => "a/b",
            Arg::Script | Arg::Command | Arg::Pattern => "\"a \\",
            Arg::Form("[on|off]" | "[HEX ...]", ..) => continue,
            Arg::Form(..) => "n/n n/n",
            Arg::Word | Arg::User => "",
            _ => continue,
        };
        if nonsense.is_empty() && matches!(keyword.standing, Standing::NoEffect(_)) {
            continue;
        }
        let text = file(keyword, &format!("{} {nonsense}", keyword.name));
        assert!(!read(&text).1.is_usable(), "{text}");
    }
}

#[test]
fn every_keyword_has_a_field_or_a_reason() {
    let bound: BTreeMap<Path, &[&str]> = bound().into_iter().collect();
    for keyword in rows().filter(|keyword| !keyword.block.is_empty()) {
        let has_field = bound.get(keyword.block).is_some_and(|names| names.contains(&keyword.meaning()));
        let has_reason = keyword.arg.has_block() || matches!(keyword.standing, Standing::NoEffect(_));
        assert!(has_field != has_reason, "{}/{}", keyword.block, keyword.name);
    }
    for (block, names) in bound {
        for name in names {
            assert!(keywords::find(block, name).is_some_and(|keyword| keyword.alias.is_none()), "{block}/{name}");
        }
    }
}

#[test]
fn the_example_of_all_tests_is_right() {
    assert!(read(&balanced("")).1.is_usable());
}
