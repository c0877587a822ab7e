//! What people see when they make the mistakes that newcomers make.

use super::{instance, read};
use crate::config::{render, render_lines};

/// Compares the rendering of a text's mistakes with the recorded one.
pub(super) fn check(name: &str, text: &str) {
    let (source, parsed) = read(text);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, render(&parsed.diagnostics, &source, false)));
}

/// Tests that compare what is said of a text with a snapshot of that name, after a prefix.
macro_rules! mistakes {
    ($prefix:literal: $($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            $crate::config::tests::mistakes::check(concat!($prefix, stringify!($name)), &$text);
        }
    )*};
    ($($all:tt)*) => { mistakes! { "": $($all)* } };
}
pub(super) use mistakes;

/// Instances from a definition of several lines.
const TEMPLATE: &str = "$VI= \\
vrrp_instance VI_${NUM} { \\
    interface eth${NUM} \\
    virtual_router_id ${NUM} \\
    priority 100 \\
    virtual_ipaddress { \\
        10.0.${NUM}.1/24 \\
    } \\
}

~SEQ(NUM, 1, 3) $VI
";

/// An instance in which one of the usual lines is another.
fn with(line: &str, instead: &str) -> String {
    let text = instance("priority 100\n    advert_int 1");
    assert!(text.contains(line));
    text.replace(line, instead)
}

mistakes! {
    misspelt_keyword: with("priority 100", "prioritty 100");
    misspelt_section: with("vrrp_instance", "vrrp_instanc");
    wrong_case: with("priority 100", "PRIORITY 100");
    keyword_of_another_block: with("priority 100", "router_id LVS_1");
    missing_closing_brace: format!("{}\n{}", with("10.0.0.1/24\n    }", "10.0.0.1/24"), with("VI_1", "VI_2").replace("51", "52").replace("0.0.1/24", "0.0.2/24"));
    missing_last_brace: format!("{}{}", with("10.0.0.1/24\n    }", "10.0.0.1/24"), "\n");
    extra_closing_brace: format!("{}}}\n", with("priority", "priority"));
    missing_opening_brace: with("vrrp_instance VI_1 {", "vrrp_instance VI_1");
    unterminated_quote: with("priority 100", "notify_master \"/etc/keepalived/up.sh");
    number_in_address_too_large: with("10.0.0.1/24", "10.0.300.1/24");
    prefix_too_long: with("10.0.0.1/24", "10.0.0.1/33");
    mask_instead_of_prefix: with("10.0.0.1/24", "10.0.0.1/255.255.255.0");
    vrid_out_of_range: with("virtual_router_id 51", "virtual_router_id 256");
    vrid_missing: with("virtual_router_id 51", "");
    interface_missing: with("interface eth0", "");
    not_a_number: with("priority 100", "priority high");
    number_with_a_unit: with("advert_int 1", "advert_int 500ms");
    number_with_a_suffix: with("priority 100", "priority 150abc");
    number_in_hexadecimal: with("virtual_router_id 51", "virtual_router_id 0x33");
    number_with_a_comma: with("priority 100", "priority 100,");
    misspelt_addresses: with("virtual_ipaddress {", "virtual_ipaddres {");
    misspelt_authentication: with("priority 100", "authentification {\n        auth_type PASS\n        auth_pass secret\n    }");
    value_missing: with("priority 100", "priority");
    trailing_words: with("priority 100", "priority 100 state MASTER");
    keyword_twice: with("priority 100", "priority 100\n    priority 150");
    unknown_state: with("priority 100", "state MSTER");
    duplicate_instance: format!("{}\n{}", instance(""), instance("").replace("51", "52"));
    duplicate_vrid: format!("{}\n{}", instance(""), instance("").replace("VI_1", "VI_2").replace("0.0.1/24", "0.0.2/24"));
    unknown_member: format!("{}\nvrrp_sync_group G1 {{\n    group {{\n        VI_1\n        VI_2\n    }}\n}}\n", instance(""));
    wrong_family: with("10.0.0.1/24", "10.0.0.1/24\n        2001:db8::1/64");
    password_too_long: with("priority 100", "authentication {\n        auth_type PASS\n        auth_pass correcthorse\n    }");
    password_with_version_3: with("priority 100", "version 3\n    authentication {\n        auth_type PASS\n        auth_pass secret\n    }");
    nopreempt_with_master: with("priority 100", "state MASTER\n    nopreempt");
    fraction_with_version_2: with("advert_int 1", "advert_int 0.5");
    interface_name_too_long: with("interface eth0", "interface a_very_long_interface");
    script_with_arguments: with("priority 100", "notify_master /etc/keepalived/notify.sh MASTER");
    not_built_yet: format!("vrrp_script chk {{\n    script \"/bin/true\"\n}}\n\n{}", with("priority 100", "use_vmac"));
    unknown_script: format!("vrrp_script check_nginx {{\n    script \"/bin/pidof nginx\"\n}}\n\n{}", with("priority 100", "track_script {\n        chk_nginx\n    }"));
    weight_in_a_group: format!("vrrp_script check {{\n    script \"/bin/pidof nginx\"\n    weight -20\n}}\n\n{}{}\nvrrp_sync_group G1 {{\n    group {{\n        VI_1\n        VI_2\n    }}\n}}\n", with("priority 100", "track_script {\n        check\n    }"), instance("").replace("VI_1", "VI_2").replace("51", "52").replace("0.0.1/24", "0.0.2/24"));
    strict_state: format!("global_defs {{\n    vrrp_strict\n}}\n\n{}", with("priority 100", "state MASTER\n    priority 100"));
    strict_unicast: with("priority 100", "strict_mode\n    unicast_peer {\n        10.0.0.2\n    }");
    no_script: "vrrp_script check {\n    interval 2\n}\n";
    milliseconds_with_a_unit: "bfd_instance to_peer {\n    neighbor_ip 192.0.2.2\n    min_rx 50ms\n}\n";
    group_address_as_vmac: with("priority 100", "use_vmac vrrp.51 01:00:5e:00:00:12");
    short_key: with("priority 100", "auth_hmac {\n        key 1 secret\n        active_key 2\n    }");
    bad_umask: "global_defs {\n    umask 0779\n}\n";
    fifo_twice: format!("global_defs {{\n    notify_fifo /run/keepalived.fifo\n    vrrp_notify_fifo /run/keepalived.fifo\n}}\n{}", instance(""));
    slow_interface: format!("interface_up_down_delays {{\n    eth0 3 3\n}}\n\n{}", instance(""));
    slow_announcements: format!("global_defs {{\n    vrrp_garp_interval 0.5\n}}\n\n{}", with("10.0.0.1/24", "10.0.0.1/24\n        10.0.0.2/24\n        10.0.0.3/24").replace("priority 100", "garp_master_refresh 1"));
    old_names: "global_defs {\n    enable_snmp_keepalived\n    vrrp_rlimit_rtime 10000\n}\n";
    unknown_sync_instance: format!("global_defs {{\n    lvs_sync_daemon eth1 inst VI_2 id 7\n}}\n{}", instance(""));
    quorum_out_of_reach: "vrrp_track_process web {\n    process nginx\n    quorum 5\n    quorum_max 4\n}\n";
    many_not_built: format!("{}{}", with("priority 100", "use_vmac"), with("priority 100", "use_vmac").replace("VI_1", "VI_2").replace("51", "52").replace("0.0.1/24", "0.0.2/24"));
    include_missing: format!("include vips.conf\nincludea conf.d/*.conf\n{}", instance(""));
    name_without_braces: format!("$VIP=10.0.0.1\n{}", with("10.0.0.1/24", "$VIP/24"));
    value_of_a_definition: format!("$PRIO=high\n{}", with("priority 100", "priority $PRIO"));
    value_of_a_value: format!("$NET=10.0.300\n$VIP=${{NET}}.1/24\n{}", with("10.0.0.1/24", "${VIP}"));
    line_of_a_definition: TEMPLATE.replace("priority 100", "prioritty 100");
    value_in_a_line_of_a_definition: TEMPLATE.replace("${NUM}.1/24", "3${NUM}7.1/24");
    clash_within_a_sequence: TEMPLATE.replace("virtual_router_id ${NUM}", "virtual_router_id 7").replace("eth${NUM}", "eth0");
    block_begun_in_a_sequence: "~SEQ(N, 1, 2) vrrp_instance VI_${N} {\n    interface eth${N}\n}\n";
    sequence_without_end: "~SEQ(NUM, 1, 5 10.0.0.${NUM}\n".to_owned() + &instance("");
    sequence_in_the_wrong_direction: "~SEQ(NUM, 10, 1, 1) x\n".to_owned() + &instance("");
    definition_of_itself: format!("$A=${{B}}0\n$B=1${{A}}\n{}", with("priority 100", "priority $A"));
    blank_before_the_equals_sign: format!("$PRIO = 100\n{}", with("priority 100", "priority $PRIO"));
    definition_with_an_empty_line: "$M= \\\n    priority 100 \\\n\n    advert_int 1 \\\n\n".to_owned() + &with("priority 100", "$M");
    misspelt_name: format!("$PRIORITY=100\n{}", with("priority 100", "priority ${PRIORTY}"));
    template: with("interface eth0", "interface ${INTERFACE}");
    no_break_space: with("priority 100", "priority\u{a0}100");
    curly_quotes: with("priority 100", "notify_master \u{201c}/etc/up.sh\u{201d}");
    no_address: with("10.0.0.1/24", "");
    peers_on_one_line: with("priority 100", "unicast_peer {\n        10.0.0.2 10.0.0.3\n    }");
    source_without_peers: with("priority 100", "unicast_src_ip 10.0.0.2");
    sign_of_another_language: with("interface eth0", "interface = eth0");
    comment_of_another_language: format!("// keepalived\n{}", instance(""));
    minutes: with("priority 100", "preempt_delay 5m");
    percent: "track_file load {\n    file /run/load\n    weight -30%\n}\n";
    address_with_a_semicolon: with("10.0.0.1/24", "10.0.0.1/24;");
    members_without_a_block: format!("{}\nvrrp_sync_group G1 {{\n    group VI_1 VI_2\n}}\n", instance(""));
    misspelt_weight_of_a_script: format!("vrrp_script check {{\n    script \"/bin/pidof nginx\"\n}}\n\n{}", with("priority 100", "track_script {\n        check wieght -20\n    }"));
    own_address_as_peer: with("priority 100", "unicast_src_ip 10.0.0.2\n    unicast_peer {\n        10.0.0.2\n    }");
    peer_in_brackets: with("priority 100", "unicast_peer {\n        [2001:db8::1]\n        10.0.0.2,\n    }");
    address_of_two_instances: format!("{}\n{}", instance(""), instance("").replace("VI_1", "VI_2").replace("51", "52"));
    value_glued_on: with("priority 100", "state=BACKUP");
    no_effect_without_a_value: with("priority 100", "debug\n    debug 9");
    fifo_of_everything: format!("global_defs {{\n    notify_fifo /run/keepalived.fifo\n}}\n{}", instance(""));
    peer_without_a_block: with("priority 100", "unicast_peer 10.0.0.2");
    no_peers: with("priority 100", "unicast_peer {\n    }");
    no_peers_is_a_fault: with("priority 100", "unicast_src_ip 10.0.0.2\n    unicast_fault_no_peer\n    unicast_ttl 3");
    version_2_with_ipv6: with("10.0.0.1/24", "2001:db8::1/64").replace("priority 100", "version 2");
    label_too_long: with("10.0.0.1/24", "10.0.0.1/24 dev eth0 label eth0:service-address");
    broadcast_of_nothing: with("10.0.0.1/24", "10.0.0.1 brd +");
    misspelt_address_word: with("10.0.0.1/24", "10.0.0.1/24 device eth0");
    many_at_once: "vrrp_instance VI_1 {\n    state MSTER\n    virtual_router_id 300\n    prioritty 100\n    virtual_ipaddress {\n        10.0.0\n    }\n";
}

#[test]
fn a_password_is_not_shown() {
    for line in ["auth_pass secret words", "auth_pas secret words", "auth_pass \"secret", "auth_pass\u{a0}secret x"] {
        let (source, parsed) = read(&with("priority 100", &format!("authentication {{\n{line}\n}}")));
        let shown =
            render(&parsed.diagnostics, &source, false) + &render_lines(&parsed.diagnostics, &source).join("\n");
        assert!(!parsed.diagnostics.is_empty() && !shown.contains("secret"), "{shown}");
    }
}

#[test]
fn a_key_is_not_shown() {
    for line in
        ["key 1 secret", "key secret 1", "key secret", "key 1 secret words", "key 1 \"secret", "key\t300 secret"]
    {
        let (source, parsed) = read(&with("priority 100", &format!("auth_hmac {{\n{line}\n}}")));
        let shown =
            render(&parsed.diagnostics, &source, false) + &render_lines(&parsed.diagnostics, &source).join("\n");
        assert!(!parsed.diagnostics.is_empty() && !shown.contains("secret"), "{shown}");
    }
}

#[test]
fn a_file_cannot_speak_to_a_terminal() {
    let (source, parsed) = read(&with("priority 100", "prio\u{1b}[31mrity 100\u{7}\n    state \u{1b}]0;x\u{7}"));
    let shown = render(&parsed.diagnostics, &source, false) + &render_lines(&parsed.diagnostics, &source).join("\n");
    assert_eq!(parsed.diagnostics.len(), 2);
    assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown:?}");
}

#[test]
fn a_line_for_the_log() {
    let (source, parsed) = read(&with("priority 100", "prioritty 100"));
    let lines = render_lines(&parsed.diagnostics, &source);
    let expected = "keepalived.conf:7:5: warning: `prioritty` is no keyword in `vrrp_instance`; the line is skipped; \
                    did you mean `priority`?";
    assert_eq!(lines, [expected]);
}
