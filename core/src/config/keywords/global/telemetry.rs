//! What others can ask the daemon.

use super::row;
use crate::config::keywords::{Arg, Keyword, deprecated};

const SNMP: &str = "SNMP is not served";
const DBUS: &str = "D-Bus is not served";
const DUMP: &str = "dumps are not written";

const SNMP_VRRP: Keyword =
    row("enable_snmp_vrrp", Arg::Flag, "off", "SNMP serves KEEPALIVED-MIB about instances").not_yet(SNMP);

pub(super) const KEYWORDS: &[Keyword] = &[
    row("snmp_socket", Arg::Word, "", "where the SNMP master agent is reached").first_counts().not_yet(SNMP),
    SNMP_VRRP,
    deprecated(SNMP_VRRP, "enable_snmp_keepalived"),
    row("enable_snmp_checker", Arg::Flag, "off", "SNMP serves KEEPALIVED-MIB about servers").not_yet(SNMP),
    row("enable_snmp_rfc", Arg::Flag, "off", "enable_snmp_rfcv2 and enable_snmp_rfcv3 together").not_yet(SNMP),
    row("enable_snmp_rfcv2", Arg::Flag, "off", "SNMP serves VRRP-MIB (RFC 2787)").not_yet(SNMP),
    row("enable_snmp_rfcv3", Arg::Flag, "off", "SNMP serves VRRPV3-MIB (RFC 6527)").not_yet(SNMP),
    row("enable_traps", Arg::Flag, "off", "changes are told by SNMP traps").not_yet("traps are not sent yet"),
    row("enable_dbus", Arg::Flag, "off", "D-Bus serves states and takes orders").not_yet(DBUS),
    row("dbus_service_name", Arg::Word, "org.keepalived.Vrrp1", "the daemon's name on D-Bus").not_yet(DBUS),
    row("dbus_no_interface_name", Arg::Word, "none", "stands for the interface of an instance that has none on D-Bus")
        .not_yet(DBUS),
    row("data_use_instance", Arg::Switch, "off", "dumps have the daemon's instance in their names").not_yet(DUMP),
    row("json_version", Arg::Integer(1, 2), "1", "the form of the JSON dump").not_yet(DUMP),
    row("state_dump_file", Arg::Path, "/tmp/keepalived.data", "where states are dumped").not_yet(DUMP),
    row("stats_dump_file", Arg::Path, "/tmp/keepalived.stats", "where figures are dumped").not_yet(DUMP),
    row("json_dump_file", Arg::Path, "/tmp/keepalived.json", "where states and figures are dumped as JSON")
        .not_yet(DUMP),
];
