//! What the kernel says about the addresses of an interface.

use serde_json::Value;
use std::net::IpAddr;

/// One address as `ip -json address` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The interface.
    pub interface: String,
    /// The address.
    pub ip: IpAddr,
    /// The prefix length.
    pub prefix: u8,
    /// `global`, `link`, `host`, ...
    pub scope: String,
    /// The broadcast address, if set.
    pub broadcast: Option<IpAddr>,
    /// The label (IPv4), which is the interface's name by default.
    pub label: Option<String>,
    /// `IFA_PROTO`, where both kernel and `ip` know it.
    pub proto: Option<String>,
    /// Whether duplicate address detection has not ended.
    pub tentative: bool,
}

/// Reads the answer of `ip -json address`.
///
/// # Panics
/// When that is no such answer.
#[must_use]
pub fn parse(json: &str) -> Vec<Address> {
    let links: Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("ip -json address: {e} in {json}"));
    let mut found = Vec::new();
    for link in links.as_array().into_iter().flatten() {
        let interface = text(link, "ifname").unwrap_or_default();
        for entry in link.get("addr_info").and_then(Value::as_array).into_iter().flatten() {
            let Some(ip) = text(entry, "local").and_then(|ip| ip.parse().ok()) else { continue };
            found.push(Address {
                interface: interface.clone(),
                ip,
                prefix: entry.get("prefixlen").and_then(Value::as_u64).and_then(|p| u8::try_from(p).ok()).unwrap_or(0),
                scope: text(entry, "scope").unwrap_or_default(),
                broadcast: text(entry, "broadcast").and_then(|ip| ip.parse().ok()),
                label: text(entry, "label"),
                proto: text(entry, "protocol"),
                tentative: entry.get("tentative").and_then(Value::as_bool).unwrap_or(false),
            });
        }
    }
    found
}

fn text(value: &Value, key: &str) -> Option<String> {
    Some(value.get(key)?.as_str()?.to_owned())
}
