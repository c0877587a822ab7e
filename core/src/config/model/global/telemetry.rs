//! What others can ask the daemon.

use serde::{Deserialize, Serialize};

/// SNMP, D-Bus, dumps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telemetry {
    /// `snmp_socket`: where the SNMP master agent is reached.
    pub snmp_socket: Option<String>,
    /// `enable_snmp_vrrp`: KEEPALIVED-MIB about instances.
    pub snmp_vrrp: bool,
    /// `enable_snmp_checker`: KEEPALIVED-MIB about servers.
    pub snmp_checker: bool,
    /// `enable_snmp_rfc`: both of the next two.
    pub snmp_rfc: bool,
    /// `enable_snmp_rfcv2`: VRRP-MIB (RFC 2787).
    pub snmp_rfcv2: bool,
    /// `enable_snmp_rfcv3`: VRRPV3-MIB (RFC 6527).
    pub snmp_rfcv3: bool,
    /// `enable_traps`
    pub traps: bool,
    /// `enable_dbus`
    pub dbus: bool,
    /// `dbus_service_name`
    pub dbus_service_name: String,
    /// `dbus_no_interface_name`: stands for the interface of an instance that has none.
    pub dbus_no_interface_name: String,
    /// `data_use_instance`: dumps of several daemons have different names.
    pub data_use_instance: bool,
    /// `json_version`: 1 or 2.
    pub json_version: u8,
    /// `state_dump_file`
    pub state_dump_file: Option<String>,
    /// `stats_dump_file`
    pub stats_dump_file: Option<String>,
    /// `json_dump_file`
    pub json_dump_file: Option<String>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Telemetry {
            snmp_socket: None,
            snmp_vrrp: false,
            snmp_checker: false,
            snmp_rfc: false,
            snmp_rfcv2: false,
            snmp_rfcv3: false,
            traps: false,
            dbus: false,
            dbus_service_name: "org.keepalived.Vrrp1".to_owned(),
            dbus_no_interface_name: "none".to_owned(),
            data_use_instance: false,
            json_version: 1,
            state_dump_file: None,
            stats_dump_file: None,
            json_dump_file: None,
        }
    }
}
