//! Addresses, routes and rules: what people see when they make mistakes, and what holds for all of them.

use super::mistakes::mistakes;
use super::net_generate::{Line, Wired};
use super::{codes, instance, read, read_back};
use crate::config::model::*;
use crate::config::render;
use quickcheck::quickcheck;

fn block(keyword: &str, lines: &str) -> String {
    format!("{}{keyword} {{\n    {lines}\n}}\n", instance(""))
}

fn in_instance(keyword: &str, lines: &str) -> String {
    instance(&format!("{keyword} {{\n        {lines}\n    }}"))
}

fn vip(line: &str) -> String {
    instance("").replace("10.0.0.1/24", line)
}

mistakes! {
    route_misspelt_word: in_instance("virtual_routes", "10.1.0.0/16 vai 10.0.0.254 dev eth0");
    route_shortened_word: in_instance("virtual_routes", "10.1.0.0/16 via 10.0.0.254 proto static");
    route_value_missing: in_instance("virtual_routes", "10.1.0.0/16 via");
    route_without_destination: in_instance("virtual_routes", "via 10.0.0.254 dev eth0");
    route_with_two_destinations: in_instance("virtual_routes", "10.1.0.0/16 10.2.0.0/16 via 10.0.0.254");
    route_of_two_families: in_instance("virtual_routes", "10.1.0.0/16 via fe80::1 dev eth0");
    route_with_host_bits: in_instance("virtual_routes", "10.1.2.3/16 via 10.0.0.254");
    route_word_twice: in_instance("virtual_routes", "10.1.0.0/16 dev eth0 dev eth1");
    route_in_two_tables: in_instance("virtual_routes", "10.1.0.0/16 dev eth0 table 5 vrf blue");
    route_old_words: in_instance("virtual_routes", "10.1.0.0/16 gw 10.0.0.254 or 10.0.0.253\n        default6 via fe80::1");
    route_black_hole_with_a_router: in_instance("virtual_routes", "blackhole 10.1.0.0/16 via 10.0.0.254");
    route_times: in_instance("virtual_routes", "10.1.0.0/16 dev eth0 rtt 102 rttvar 300.3ms rto_min 5m");
    route_numbers: in_instance("virtual_routes", "10.1.0.0/16 dev eth0 mtu lock 1500b hoplimit 256 table -1 tos 300 quickack yes");
    route_protocol_tracked: in_instance("virtual_routes", "10.1.0.0/16 dev eth0 protocol bird");
    route_next_hops: in_instance("virtual_routes", "10.1.0.0/16 nexthop via 10.0.0.2 weight 300 nexthop weight 2\n        10.2.0.0/16 nexthop via 10.0.0.2 metric 5");
    route_encapsulations: in_instance(
        "virtual_routes",
        "10.1.0.0/16 encap gre dst 10.9.0.1\n        10.2.0.0/16 encap ip ttl 9 dev eth0\n        10.3.0.0/16 encap mpls 1/2/3 dev eth0"
    );
    route_twice: in_instance("virtual_routes", "10.1.0.0/16 dev eth0\n        10.1.0.0/16 dev eth0 table main");
    route_with_a_group: in_instance("virtual_routes", "10.1.0.0/16 dev eth0 track_group G1");
    rule_without_action: in_instance("virtual_rules", "from 10.1.0.0/16 preference 100");
    rule_without_preference: in_instance("virtual_rules", "from 10.1.0.0/16 table 5\n        to 10.1.0.0/16 table 5");
    rule_with_two_actions: in_instance("virtual_rules", "from 10.1.0.0/16 table 5 blackhole preference 100");
    rule_misspelt_word: in_instance("virtual_rules", "form 10.1.0.0/16 table 5 preference 100");
    rule_shortened_word: in_instance("virtual_rules", "from 10.1.0.0/16 table 5 pref 100");
    rule_backwards: in_instance("virtual_rules", "from 10.1.0.0/16 goto 50 preference 100");
    rule_of_two_families: in_instance("virtual_rules", "from 10.1.0.0/16 to 2001:db8::/32 table 5 preference 100");
    rule_ranges: in_instance("virtual_rules", "uidrange 20-10 sport 0 dport 80-90-100 fwmark 0x10/0x0f table 5 preference 100");
    rule_realms_without_table: in_instance("virtual_rules", "from 10.1.0.0/16 realms 5 unreachable preference 100");
    static_things: format!(
        "{}static_ipaddress {{\n    10.3.0.1/24 track_group G1 use_vmac\n}}\nstatic_routes {{\n    10.1.0.0/16 via 10.3.0.2 track_group G2\n}}\n\
         track_group G2 {{\n    group {{\n        VI_1\n        VI_7\n    }}\n}}\n",
        instance("")
    );
    address_with_a_comma: vip("10.0.0.1, 10.0.0.2");
    addresses_on_one_line: vip("10.0.0.1/24 10.0.0.2/24");
    address_with_a_comment: vip("10.0.0.1/24 dev eth0 VIP of the web cluster");
    address_of_the_other_family: instance(
        "virtual_ipaddress_excluded {\n        fe80::1/64 label eth0:1 scope link brd + preferred_lft soon\n    }"
    )
    .replace("10.0.0.1/24", "10.0.0.1/24 preferred_lft 0 nodad");
    address_words_of_another_place: vip("10.0.0.1/24 no_track use_vmac track_group G1");
    odd_addresses: vip("0.0.0.0/24\n        127.0.0.5/8\n        224.0.0.5/24\n        255.255.255.255\n        10.0.1.255/24\n        10.0.1.0/24");
    odd_ipv6_addresses: vip("fe80::1/64\n        ::1\n        ff02::5\n        ::ffff:10.0.0.1").replace("virtual_router_id 51", "virtual_router_id 51\n    native_ipv6");
}

/// Reads a text that must be sound.
fn sound(text: &str) -> Config {
    let (source, parsed) = read(text);
    assert!(parsed.is_usable(), "{text}\n{}", render(&parsed.diagnostics, &source, false));
    parsed.config
}

quickcheck! {
    fn what_is_printed_is_read_back(config: Wired) -> bool {
        read_back(&config.0);
        true
    }

    /// Whatever a line says, its diagnostics can be shown, and what is taken can be printed and read back.
    fn any_line_is_read(line: Line) -> bool {
        for keyword in ["virtual_routes", "virtual_rules", "virtual_ipaddress_excluded", "static_routes", "static_rules", "static_ipaddress"] {
            let text = if keyword.starts_with("virtual") { in_instance(keyword, &line.0) } else { block(keyword, &line.0) };
            let (source, first) = read(&text);
            let _ = render(&first.diagnostics, &source, false);
            if first.is_usable() {
                read_back(&first.config);
            }
        }
        true
    }
}

/// The lines of keepalived.conf(5) of 2.4.3.
#[test]
fn the_manual_page_is_read() {
    let routes = [
        "192.168.2.0/24 via 192.168.1.100 dev eth0 track_group GROUP1",
        "192.168.100.0/24 table 6909 nexthop via 192.168.101.1 dev wlan0 onlink weight 1 nexthop via 192.168.101.2 \
         dev wlan0 onlink weight 2",
        "192.168.200.0/24 dev p33p1.2 table 6909 tos 0x04 protocol bird scope link priority 12 mtu 1000 hoplimit 100 \
         advmss 101 rtt 1602 rttvar 1003 reordering 104 window 105 cwnd 106 ssthresh lock 107 realms PQA/0x14 \
         rto_min 308 initcwnd 109 initrwnd 110 features ecn add no_track",
        "2001:470:69e9:1:2::4 dev p33p1.2 table 6909 tos 0x04 protocol bird scope link priority 12 mtu 1000 \
         hoplimit 100 advmss 101 reordering 104 window 105 cwnd 106 ssthresh lock 107 initcwnd 109 append \
         initrwnd 110 features ecn fastopen_no_cookie 1 no_track",
        "src 192.168.100.1 to 192.168.109.0/24 via 192.168.200.254 dev eth1",
        "192.168.111.0/24 dev eth2 no_track",
        "blackhole 192.168.114.0/24",
        "to unreachable 192.168.115.0/24",
        "0.0.0.0/0 via 192.168.0.1 table 100",
        "default via inet6 2001:888:2000:29::1 dev eth1",
        "inet6 default via fe80::1 dev eth0 expires 600 pref high",
        "10.9.0.0/16 dev eth0 rtt lock 300ms rttvar 1.5s rto_min 1sec congctl lock bbr ttl-propagate enabled",
        "10.8.0.0/16 encap mpls 100/200 via 10.0.0.254",
        "10.8.0.0/16 encap ip id 7 dst 10.1.1.1 ttl 9 dev gre0",
        "10.8.0.0/16 encap ila 2001:db8:0:1 via 10.0.0.254",
        "2001:db8:8::/48 encap seg6 mode encap segs 2001:db8::1,2001:db8::2 dev eth0",
    ];
    let rules = [
        "from 192.168.2.0/24 table 1 preference 10",
        "to 192.168.2.0/24 table 1 preference 11 no_track",
        "from 192.168.28.0/24 to 192.168.29.0/26 table small iif p33p1 oif wlan0 tos 22 fwmark 24/24 preference 39 \
         realms 30/20",
        "to 1:2:3:4:5:6:7:0/112 from 7:6:5:4:3:2::/96 table 6908 uidrange 10000-19999 preference 12",
        "to 1:2:3:4:6:6:7:0/112 from 8:6:5:4:3:2::/96 l3mdev protocol 12 no_track ipproto udp sport 10-20 dport 20 \
         order 13",
        "from 1.2.11.0/25 priority 0x1388 tunnel-id 400 goto 5023",
        "not from all lookup main suppress_prefixlength 0 suppress_ifgroup default preference 14",
        "inet6 iif eth0 type prohibit preference 15",
    ];
    let text = format!(
        "{}static_routes {{\n{}\n}}\nstatic_rules {{\n{}\n}}\ntrack_group GROUP1 {{\ngroup {{\nVI_1\n}}\n}}\n",
        instance(""),
        routes.join("\n"),
        rules.join("\n")
    );
    let (source, parsed) = read(&text);
    let shown = render(&parsed.diagnostics, &source, false);
    assert!(parsed.diagnostics.iter().all(|d| d.code == "not-yet"), "{shown}");
    let network = &parsed.config.network;
    assert_eq!((network.routes.len(), network.rules.len()), (routes.len(), rules.len()));
    let third = &network.routes[2].what;
    assert_eq!(third.realms, Some(Realms { from: Some(Realm::Name("PQA".into())), to: Realm::Number(0x14) }));
    assert_eq!(third.tos, Some(Dsfield::Number(4)));
    assert_eq!(third.protocol, Some(RouteProtocol::Number(12)));
    assert_eq!(third.metrics.rtt.map(|rtt| rtt.value.as_micros()), Some(200_250));
    assert!(network.routes[9].what.to.ip.is_ipv6() && network.routes[10].what.to.length == 0);
    assert_eq!(network.routes[1].what.nexthops.iter().map(|hop| hop.weight).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(network.rules[2].what.action, RuleAction::Table(Table::Name("small".into())));
}

#[test]
fn a_rule_may_begin_like_a_keyword_of_the_instance() {
    let text = in_instance(
        "virtual_rules",
        "priority 100 from 10.1.0.0/16 table 5\n        priority 101 to 10.1.0.0/16 table 5",
    );
    assert_eq!(sound(&text).instances[0].virtual_rules.len(), 2);
    let (_, parsed) = read(&instance("").replace("10.0.0.1/24\n    }", "10.0.0.1/24\n    priority 100"));
    assert!(codes(&parsed).0.contains(&"missing-brace"));
}

#[test]
fn rules_are_counted_down() {
    let text = format!(
        "static_rules {{\n from 10.1.0.0/16 table 5\n inet6 iif eth0 table 5\n}}\n{}",
        in_instance("virtual_rules", "from 10.2.0.0/16 table 5")
    );
    let config = sound(&text);
    let given: Vec<u32> = config.network.rules.iter().map(|rule| rule.what.priority).collect();
    assert_eq!(given, [16384, 16384]);
    assert_eq!(config.instances[0].virtual_rules[0].priority, 16383);
}

#[test]
fn ten_thousand_of_each() {
    let mut text = instance("");
    for (keyword, line) in [
        ("static_routes", "10.X.0/24 dev eth0 table 5"),
        ("static_rules", "from 10.X.0/24 table 5 preference 5"),
        ("static_ipaddress", "10.X.1/24 dev eth0"),
    ] {
        text.push_str(&format!("{keyword} {{\n"));
        for n in 0..10_000 {
            text.push_str(&line.replace('X', &format!("{}.{}", n / 256, n % 256)));
            text.push('\n');
        }
        text.push_str("}\n");
    }
    let config = sound(&text);
    assert_eq!(config.network.routes.len() + config.network.rules.len() + config.network.addresses.len(), 30_000);
}
