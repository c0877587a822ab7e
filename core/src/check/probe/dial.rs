//! Where a check connects to.

use crate::check::{Dial, Transport};
use crate::config::model::{HttpProbe, NetworkCheck, Probe, Tls};
use std::sync::Arc;

/// The connection that an attempt needs; `url` as in [`Attempt::new`](super::Attempt::new).
pub fn dial(check: &NetworkCheck, url: usize) -> Dial {
    let NetworkCheck { target, manner } = check;
    let transport = match &manner.probe {
        Probe::Tcp => Transport::Knock,
        Probe::Smtp(_) => Transport::Tcp,
        Probe::Http(http) => match &http.tls {
            None => Transport::Tcp,
            Some(tls) => Transport::Tls { server_name: server_name(http, tls, url).map(Arc::from) },
        },
        Probe::Dns(_) | Probe::Udp(_) => Transport::Udp,
        Probe::Ping => Transport::Ping,
    };
    Dial {
        port: if transport == Transport::Ping { 0 } else { target.port },
        transport,
        ip: target.ip,
        source: manner.source,
        source_port: manner.source_port,
        device: manner.device.as_deref().map(Arc::from),
        mark: manner.mark,
    }
}

/// How many attempts, one after the other, make a check: an HTTP check has one for each URL.
pub fn urls(check: &NetworkCheck) -> usize {
    match &check.manner.probe {
        Probe::Http(http) => http.urls.len(),
        _ => 1,
    }
}

/// The server's name as TLS says it: without a port (RFC 6066 section 3).
fn server_name<'a>(http: &'a HttpProbe, tls: &'a Tls, url: usize) -> Option<&'a str> {
    match tls {
        Tls::Plain => None,
        Tls::Name(name) => Some(name),
        Tls::HostName => {
            let host = http.urls.get(url)?.host.as_deref()?;
            match host.rsplit_once(':') {
                Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.contains(':') => Some(name),
                _ => Some(host),
            }
        }
    }
}
