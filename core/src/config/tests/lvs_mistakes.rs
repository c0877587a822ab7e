//! What people see when they make mistakes with virtual servers.

use super::lvs::balanced;
use super::mistakes::mistakes;

/// A virtual server in which one of the usual lines is another.
fn with(line: &str, instead: &str) -> String {
    let text = balanced("");
    assert!(text.contains(line), "{line}");
    text.replacen(line, instead, 1)
}

mistakes! { "lvs_":
    port_glued_on: with("real_server 10.0.0.2 80", "real_server 10.0.0.2:80");
    port_too_large: with("real_server 10.0.0.2 80", "real_server 10.0.0.2 80000");
    ports: with("real_server 10.0.0.2 80", "real_server 10.0.0.2 80-90");
    part_of_a_quorum: balanced("quorum 50%");
    weight_too_large: with("TCP_CHECK {", "weight 3000000000\n        TCP_CHECK {");
    time_with_a_unit: balanced("persistence_timeout 10m");
    range_as_server: with("virtual_server 10.0.0.1 80", "virtual_server 10.0.0.1-5 80");
    unknown_group: with("virtual_server 10.0.0.1 80", "virtual_server group web");
    mark_missing: with("virtual_server 10.0.0.1 80", "virtual_server fwmark");
    unknown_scheduler: with("lvs_sched rr", "lvs_sched wwr");
    unknown_method: with("lvs_method NAT", "lvs_method DRR");
    method_in_small_letters: with("lvs_method NAT", "lvs_method dr");
    quorum_of_nothing: with("lvs_method NAT", "lvs_method nat\n    quorum 0");
    unknown_protocol: with("protocol TCP", "protocol HTTP");
    no_protocol: with("protocol TCP", "");
    tunnel_without_port: with("lvs_method NAT", "lvs_method TUN type gue");
    other_port_with_dr: with("lvs_method NAT", "lvs_method DR").replace("10.0.0.2 80", "10.0.0.2 8080");
    server_of_another_family: with("real_server 10.0.0.2 80", "real_server 2001:db8::2 80");
    server_twice: balanced("real_server 10.0.0.2 80 {\n    }");
    service_twice: format!("{}{}", balanced(""), balanced("").replace("10.0.0.2", "10.0.0.3"));
    quorum_too_high: balanced("quorum 3");
    hysteresis_too_high: balanced("quorum 1\n    hysteresis 1");
    no_real_server: "virtual_server 10.0.0.1 80 {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    sorry_server 10.0.0.9 80\n}\n";
    url_missing: with("TCP_CHECK", "HTTP_GET");
    path_missing: with("TCP_CHECK {", "HTTP_GET {\n            url {\n            }");
    script_missing: with("TCP_CHECK {\n            connect_timeout 3\n", "MISC_CHECK {\n");
    script_without_quotes: with("TCP_CHECK {\n            connect_timeout 3\n", "MISC_CHECK {\n            misc_path /usr/bin/check 10.0.0.2\n");
    no_port_for_check: with("10.0.0.1 80", "10.0.0.1").replace("10.0.0.2 80", "10.0.0.2").replace("protocol TCP", "protocol TCP\n    persistence_timeout 60");
    bad_status_code: with("TCP_CHECK {", "HTTP_GET {\n            url {\n                path /\n                status_code 200 OK\n            }");
    bad_digest: with("TCP_CHECK {", "HTTP_GET {\n            url {\n                path /\n                digest 9b3a0c85a887a256\n            }");
    bad_regex: with("TCP_CHECK {", "HTTP_GET {\n            url {\n                path /\n                regex \"up (\"\n            }");
    lost_backslash: with("TCP_CHECK {", "HTTP_GET {\n            url {\n                path /\n                regex \"version \\d+\"\n            }");
    bad_payload: with("TCP_CHECK {", "UDP_CHECK {\n            payload 01 0g");
    sni_without_tls: with("TCP_CHECK {", "HTTP_GET {\n            enable_sni\n            url {\n                path /\n            }");
    unknown_session: with("TCP_CHECK {\n            connect_timeout 3\n", "BFD_CHECK {\n            name bfd1\n");
    link_local_check: with("TCP_CHECK {", "TCP_CHECK {\n            connect_ip fe80::2");
    network_with_host_bits: "virtual_server_group web {\n    10.0.0.9/29 80\n    10.0.0.20-10 80\n}\n";
    mark_of_no_family: "virtual_server_group web {\n    10.0.0.1 80\n    2001:db8::1 80\n    fwmark 3\n}\n";
    fnat_without_addresses: with("lvs_method NAT", "lvs_method FNAT");
    fnat: format!("local_address_group local {{\n    10.0.0.200\n}}\n{}", with("lvs_method NAT", "lb_kind FNAT\n    laddr_group_name local"));
    group_with_glued_ports: format!("virtual_server_group web {{\n    10.0.0.1:80\n    10.0.0.2, 80\n}}\n{}", with("10.0.0.1 80", "group wbe"));
    group_of_nobody: format!("virtual_server_group web {{\n    10.0.0.5 80\n}}\n{}", balanced(""));
    sorry_server_among_the_others: balanced("sorry_server 10.0.0.2 80");
    host_with_a_scheme: balanced("virtualhost https://www.example.org/");
    engine_of_another_kernel: balanced("persistence_timeout 60\n    persistence_engine rdp");
    words_of_a_url_on_one_line: with("TCP_CHECK {", "HTTP_GET {\n            url { path / status_code 200 }");
    weight_in_a_check: with("TCP_CHECK {", "TCP_CHECK {\n            weight 5");
    thresholds_reversed: with("TCP_CHECK {", "lthreshold 100\n        uthreshold 50\n        TCP_CHECK {");
    sorry_words_alone: balanced("sorry_server_inhibit");
    switched_off_flag: balanced("alpha off");
    no_shell: balanced("quorum_up \"ip addr add 10.0.0.1/32 dev lo; ip addr add 10.0.0.2/32 dev lo\"");
    old_retry: with("TCP_CHECK {", "HTTP_GET {\n            nb_get_retry 3\n            url {\n                path /\n            }");
    misspelt_check: with("TCP_CHECK {", "TCP_CHEK {");
    misspelt_server: with("real_server", "real_sever");
    server_in_a_server: with("TCP_CHECK {", "real_server 10.0.0.3 80 {\n        }\n        TCP_CHECK {");
    server_outside: "real_server 10.0.0.3 80 {\n}\n";
    check_outside_server: balanced("TCP_CHECK {\n    }");
}

/// However many words are no keywords, a block that would be lost is not.
#[test]
fn a_lost_block_is_an_error_among_many_mistakes() {
    let lines: String = (0..60).map(|n| format!("    frob{n}nicate 1\n")).collect();
    let text = super::lvs::balanced(&lines).replace("real_server", "real_sever");
    let (_, parsed) = super::read(&text);
    assert_eq!(super::codes(&parsed).0, ["unknown-keyword"]);
}
