//! What is in force, and where it comes from.

use super::*;

const TEXT: &str = "global_defs {\n vrrp_garp_master_delay 7\n vrrp_version 3\n smtp_alert_vrrp on\n}\nvrrp_instance A {\n interface eth0\n \
                    virtual_router_id 5\n advert_int 0.015\n authentication {\n auth_type PASS\n auth_pass secret\n }\n \
                    track_interface {\n eth1\n eth2 weight 3\n }\n virtual_ipaddress {\n 192.0.2.1/24\n }\n}\n";

fn line(text: &str, keyword: &str) -> String {
    let found = text.lines().find(|line| line.split_whitespace().next() == Some(keyword));
    found.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

#[test]
fn values_and_where_they_come_from() {
    let text = origins(&Source::single("k.conf", TEXT));
    assert!(text.contains("\nvrrp_instance A (k.conf:6)\n"), "{text}");
    assert_eq!(line(&text, "virtual_router_id"), "virtual_router_id 5 k.conf:8");
    assert_eq!(line(&text, "priority"), "priority 100 default");
    assert_eq!(line(&text, "advert_int"), "advert_int 0.02 k.conf:9, written as `0.015`");
    assert_eq!(line(&text, "garp_master_delay"), "garp_master_delay 7 `vrrp_garp_master_delay` at k.conf:2");
    let instance = text.split("\nvrrp_instance").nth(1).unwrap();
    assert_eq!(line(instance, "smtp_alert"), "smtp_alert on `smtp_alert_vrrp` at k.conf:4");
    assert_eq!(line(&text, "version"), "version 3 `vrrp_version` at k.conf:3");
    assert_eq!(line(&text, "track_interface"), "track_interface eth1, eth2 weight 3 k.conf:14");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn every_keyword_of_an_object_is_there() {
    let text = origins(&Source::single("k.conf", TEXT));
    let instance = text.split("\nvrrp_instance A").nth(1).unwrap_or_default();
    for keyword in keywords::of(keywords::INSTANCE) {
        let is_line = !matches!(keyword.arg, Arg::Block | Arg::NamedBlock | Arg::FormBlock(..));
        if is_line && keyword.alias.is_none() && !keyword.default.is_empty() {
            assert!(!line(instance, keyword.name).is_empty(), "{}:\n{text}", keyword.name);
        }
    }
}

#[test]
fn the_tree_says_the_same() {
    let tree = in_order(&Source::single("k.conf", TEXT));
    let find = |keyword: &str| tree.blocks.iter().find(|block| block.keyword == keyword).unwrap();
    let instance = find("vrrp_instance");
    assert_eq!((&instance.words[..], &instance.places[..]), (&["A".to_owned()][..], &["k.conf:6".to_owned()][..]));
    let row = |keyword: &str| instance.values.iter().find(|row| row.keyword == keyword).unwrap();
    assert_eq!((row("priority").value.as_str(), row("priority").origin.as_str()), ("100", "default"));
    assert_eq!(row("advert_int").origin, "k.conf:9, written as `0.015`");
    let authentication = instance.blocks.iter().find(|block| block.keyword == "authentication").unwrap();
    assert!(authentication.values.iter().any(|row| row.keyword == "auth_pass" && row.value == "********"));
}

const BALANCED: &str = "virtual_server 192.0.2.1 80 {\n protocol TCP\n lvs_sched rr\n lvs_method DR\n delay_loop 6\n retry 4\n alpha\n \
                        weight 7\n real_server 10.0.0.1 80 {\n HTTP_GET {\n url {\n path /\n }\n }\n DNS_CHECK {\n retry 2\n }\n }\n \
                        real_server 10.0.0.2 80 {\n retry 1\n inhibit_on_failure\n TCP_CHECK {\n }\n }\n}\n";

#[test]
fn what_is_inherited_comes_from_where_it_is_written() {
    let text = origins(&Source::single("k.conf", BALANCED));
    let servers: Vec<&str> = text.split("real_server 10.").collect();
    let after = |text: &str, heading: &str| text.split(heading).nth(1).unwrap_or_default().to_owned();
    assert_eq!(line(servers[0], "alpha"), "alpha on k.conf:7");
    assert_eq!(line(servers[0], "ip_family"), "ip_family inet default");
    assert_eq!(line(servers[0], "warmup"), "warmup 6 `delay_loop` at k.conf:5");
    assert_eq!(line(servers[1], "retry"), "retry 4 inherited from k.conf:6");
    assert_eq!(line(servers[1], "weight"), "weight 7 inherited from k.conf:8");
    assert_eq!(line(servers[1], "lvs_method"), "lvs_method DR inherited from k.conf:4");
    assert_eq!(line(servers[1], "inhibit_on_failure"), "inhibit_on_failure off default");
    let http = after(servers[1], "HTTP_GET");
    assert_eq!(line(&http, "retry"), "retry 4 inherited from k.conf:6");
    assert_eq!(line(&http, "delay_before_retry"), "delay_before_retry 3 default");
    assert_eq!(line(&http, "alpha"), "alpha on inherited from k.conf:7");
    assert_eq!(line(&http, "connect_ip"), "connect_ip 10.0.0.1 inherited from k.conf:9");
    let dns = after(servers[1], "DNS_CHECK");
    assert_eq!(line(&dns, "retry"), "retry 2 k.conf:16");
    assert_eq!(line(&dns, "delay_before_retry"), "delay_before_retry 6 default");
    assert_eq!(line(servers[2], "inhibit_on_failure"), "inhibit_on_failure on k.conf:21");
    assert_eq!(line(&after(servers[2], "TCP_CHECK"), "retry"), "retry 1 inherited from k.conf:20");
}

#[test]
fn nothing_has_no_objects() {
    let text = origins(&Source::default());
    assert!(!text.contains("vrrp_instance"), "{text}");
}

/// What is left out takes nothing from those that are there.
#[test]
fn objects_are_told_apart_by_all_their_words() {
    let server = |endpoint: &str, lines: &str| {
        format!("virtual_server {endpoint} {{\n protocol TCP\n lvs_sched rr\n lvs_method NAT\n{lines}}}\n")
    };
    let real =
        |endpoint: &str, weight: u8| format!(" real_server {endpoint} {{\n weight {weight}\n TCP_CHECK {{\n }}\n }}\n");
    let text = server("192.0.2.1 8080", "")
        + &server("192.0.2.1 80", &(real("10.0.0.2 80", 5) + &real("10.0.0.2 80", 6) + &real("10.0.0.2 8080", 7)))
        + &server("192.0.2.1 443", &real("10.0.0.3 80", 8)).replace("rr", "wlc").replace("NAT", "DR");
    let text = origins(&Source::single("k.conf", &text));
    let after = |heading: &str| text.split(heading).nth(1).unwrap_or_default().to_owned();
    assert_eq!(line(&after("virtual_server 192.0.2.1 443"), "lvs_sched"), "lvs_sched wlc k.conf:28", "{text}");
    assert_eq!(line(&after("virtual_server 192.0.2.1 80 "), "lvs_method"), "lvs_method NAT k.conf:9");
    assert_eq!(line(&after("real_server 10.0.0.2 8080"), "weight"), "weight 7 k.conf:21");
}
