use super::*;
use crate::config::{self, Source};
use crate::reload::Balancer;

/// The services of the first virtual server of a text.
fn services(text: &str) -> Vec<(ServiceKey, ServiceSettings)> {
    let parsed = config::parse(&Source::single("keepalived.conf", text));
    assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
    let lvs = &parsed.config.lvs;
    let server = &lvs.servers[0];
    keys(server, Balancer::of(lvs).entries(server))
        .into_iter()
        .map(|key| (key, settings(server, key.family())))
        .collect()
}

fn names(text: &str) -> Vec<String> {
    services(text).iter().map(|(key, _)| key.to_string()).collect()
}

const GROUP: &str = "virtual_server_group G {
    10.0.0.1-3 80
    fd00::ffff-fd00::1:0 80
    fwmark 5 inet
    10.0.0.3 80
    10.0.1.0/30 0
    fwmark 6 inet6
}
";

#[test]
fn a_group_is_all_its_addresses_and_then_its_marks() {
    let text = format!(
        "{GROUP}virtual_server group G {{
    protocol TCP
    lvs_method TUN
    persistence_timeout 60
    persistence_granularity 255.255.255.0
    real_server 10.1.0.1 80 {{
    }}
}}"
    );
    let expected = [
        "TCP 10.0.0.1:80",
        "TCP 10.0.0.2:80",
        "TCP 10.0.0.3:80",
        "TCP [fd00::ffff]:80",
        "TCP [fd00::1:0]:80",
        "TCP 10.0.1.0:0",
        "TCP 10.0.1.1:0",
        "TCP 10.0.1.2:0",
        "TCP 10.0.1.3:0",
        "fwmark 5",
        "fwmark 6 IPv6",
    ];
    assert_eq!(names(&text), expected);
    for (key, settings) in services(&text) {
        assert_eq!((settings.timeout, settings.flags), (60, ServiceFlags::PERSISTENT));
        let netmask = if key.family() == Family::V4 { 0xffff_ff00 } else { 128 };
        assert_eq!(settings.netmask, netmask, "{key}");
    }
}

#[test]
fn flags_are_those_of_the_kernel() {
    let flags = |lines: &str| {
        let text =
            format!("virtual_server 10.0.0.1 53 {{\n protocol UDP\n {lines}\n real_server 10.1.0.1 53 {{\n}}\n}}");
        services(&text)[0].1.flags.0
    };
    assert_eq!(flags("lvs_sched rr"), 0);
    assert_eq!(flags("lvs_sched sh\n sh-fallback"), 8);
    assert_eq!(flags("lvs_sched sh\n sh-port"), 16);
    assert_eq!(flags("lvs_sched mh\n mh-fallback\n mh-port\n ops"), 8 + 16 + 4);
    assert_eq!(flags("lvs_sched wlc\n flag-3\n persistence_timeout"), 32 + 1);
}

#[test]
fn an_ipv6_mark_has_an_ipv6_mask() {
    let text = "virtual_server fwmark 7 inet6 {
    persistence_timeout 30
    persistence_granularity 64
    persistence_engine sip
    real_server fd00::2 0 {
    }
}";
    let [(key, settings)] = &services(text)[..] else { panic!("one service") };
    assert_eq!(*key, ServiceKey::Mark { family: Family::V6, mark: 7 });
    assert_eq!((settings.netmask, settings.engine.as_deref()), (64, Some("sip")));
}

#[test]
fn only_nat_replaces_ports() {
    let ip = IpAddr::from([10, 1, 0, 1]);
    let service = ServiceKey::Address { protocol: Protocol::Tcp, ip: IpAddr::from([10, 0, 0, 1]), port: 80 };
    let mark = ServiceKey::Mark { family: Family::V4, mark: 1 };
    let port = |service, forwarding| destination_key(service, forwarding, ip, 8080).port;
    assert_eq!((port(&service, Forwarding::Nat), port(&mark, Forwarding::Nat)), (8080, 8080));
    assert_eq!((port(&service, Forwarding::Direct), port(&mark, Forwarding::Direct)), (80, 0));
    let tunnel = Forwarding::Tunnel(crate::config::model::Tunnel::Ipip);
    assert_eq!((port(&service, tunnel), port(&mark, tunnel)), (80, 0));
}

#[test]
fn a_range_has_an_end() {
    let all = AddressRange { first: IpAddr::from([0u16; 8]), last: IpAddr::from([0xffffu16; 8]) };
    assert_eq!(addresses(all).count(), MAX_RANGE);
    let last = AddressRange::single(IpAddr::from([255, 255, 255, 255]));
    assert_eq!(addresses(last).collect::<Vec<_>>(), [IpAddr::from([255, 255, 255, 255])]);
}

#[test]
fn a_range_without_end_is_refused() {
    let text = |range: &str| format!("virtual_server_group G {{\n    {range} 80\n}}\n");
    let codes = |range: &str| {
        let parsed = config::parse(&Source::single("keepalived.conf", text(range)));
        parsed.diagnostics.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>()
    };
    assert!(codes("2001:db8::/64").contains(&"bad-range") && codes("10.0.0.0/15").contains(&"bad-range"));
    assert!(!codes("2001:db8::/112").contains(&"bad-range") && !codes("10.0.0.0/16").contains(&"bad-range"));
}
