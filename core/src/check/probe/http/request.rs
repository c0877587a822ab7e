//! The request.

use crate::config::model::{HttpProbe, HttpVersion, NetworkCheck, Url};
use core::net::SocketAddr;

/// What servers' logs have known checks by for twenty years, and filters of logs look for.
const USER_AGENT: &str = "KeepAliveClient";

/// The request for a URL, with the headers that the C version sends.
pub(super) fn request(check: &NetworkCheck, probe: &HttpProbe, url: &Url) -> String {
    let (version, connection) = match probe.version {
        HttpVersion::V1_0 => ("1.0", ""),
        HttpVersion::V1_0Close => ("1.0", "Connection: close\r\n"),
        HttpVersion::V1_1 => ("1.1", "Connection: close\r\n"),
    };
    // The port belongs to an address even where it is the usual one; a name stands as it was written.
    let host = url.host.clone().unwrap_or_else(|| SocketAddr::new(check.target.ip, check.target.port).to_string());
    let path = &url.path;
    format!("GET {path} HTTP/{version}\r\nUser-Agent: {USER_AGENT}\r\n{connection}Host: {host}\r\n\r\n")
}
