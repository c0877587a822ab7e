//! What things are called: for operators, and in the lines of the FIFOs as the C version writes them.

use crate::config::model::{Check, Manner, Probe, Protocol, Service};
use crate::event::lvs::RealName;
use crate::net::Name;
use core::net::IpAddr;

/// A check, for operators: its keyword and where it connects to, or what it looks at.
#[must_use]
pub(super) fn check(check: &Check) -> String {
    match check {
        Check::Network(network) => {
            let keyword = match &network.manner.probe {
                Probe::Tcp => "TCP_CHECK",
                Probe::Http(http) if http.tls.is_some() => "SSL_GET",
                Probe::Http(_) => "HTTP_GET",
                Probe::Smtp(_) => "SMTP_CHECK",
                Probe::Dns(_) => "DNS_CHECK",
                Probe::Udp(_) => "UDP_CHECK",
                Probe::Ping => "PING_CHECK",
            };
            format!("{keyword} {}", RealName { ip: network.target.ip, port: network.target.port })
        }
        Check::Misc(misc) => format!("MISC_CHECK {}", misc.script.argv.first().map_or("", |program| program)),
        Check::File(file) => format!("FILE_CHECK {}", file.file),
        Check::Bfd(bfd) => format!("BFD_CHECK {}", bfd.name),
    }
}

/// What a check asks of this machine, as it is written: ` with bindto 10.0.0.1, bind_if eth1`; nothing where it asks for nothing.
pub(super) fn own_end(manner: &Manner) -> String {
    let source = manner.source.map(|ip| format!("bindto {ip}"));
    let port = (manner.source_port != 0).then(|| format!("bind_port {}", manner.source_port));
    let device = manner.device.as_ref().map(|device| format!("bind_if {device}"));
    let mark = (manner.mark != 0).then(|| format!("fwmark {}", manner.mark));
    let all: Vec<String> = [source, port, device, mark].into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!(" with {}", all.join(", ")) }
}

/// A virtual server as the C version writes it; `place`: which virtual server of its group it is.
#[must_use]
pub(super) fn virtual_server(service: &Service, protocol: Option<Protocol>, place: u32) -> Name {
    match service {
        Service::Address(ip, port) => address(*ip, protocol, *port).into(),
        Service::Mark(mark) => format!("FWM {mark}").into(),
        Service::Group(name) => format!("[{name}]:{place}").into(),
    }
}

/// A real server as the C version writes it.
#[must_use]
pub(super) fn real_server(real: RealName, protocol: Option<Protocol>) -> String {
    address(real.ip, protocol, real.port)
}

/// The owner of a real server's scripts.
#[must_use]
pub(super) fn owner(label: &str, protocol: Option<Protocol>, real: RealName) -> Name {
    format!("{} of {label}", real_server(real, protocol)).into()
}

fn address(ip: IpAddr, protocol: Option<Protocol>, port: u16) -> String {
    let protocol = match protocol {
        Some(Protocol::Tcp) => "tcp",
        Some(Protocol::Udp) => "udp",
        Some(Protocol::Sctp) => "sctp",
        None => "none",
    };
    let mut text = String::with_capacity(32);
    text.push('[');
    match ip {
        IpAddr::V4(ip) => {
            for (at, octet) in ip.octets().into_iter().enumerate() {
                if at > 0 {
                    text.push('.');
                }
                decimal(&mut text, octet.into());
            }
        }
        IpAddr::V6(ip) => text.push_str(&ip.to_string()),
    }
    text.push_str("]:");
    text.push_str(protocol);
    text.push(':');
    decimal(&mut text, port);
    text
}

/// A number in decimal: every virtual server has such a name, and the machinery of formats takes ten times as long.
fn decimal(text: &mut String, number: u16) {
    let mut unit = 10_000;
    while unit > 1 && number < unit {
        unit /= 10;
    }
    while unit > 0 {
        text.push(char::from(b'0' + (number / unit % 10) as u8));
        unit /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_c_version_writes_them() {
        let v4 = Service::Address([10, 0, 0, 1].into(), 80);
        for number in [0, 9, 10, 99, 100, 255, 1000, 10_000, u16::MAX] {
            let mut text = String::new();
            decimal(&mut text, number);
            assert_eq!(text, number.to_string());
        }
        let v6 = Service::Address("2001:db8::1".parse().expect("an address"), 443);
        assert_eq!(&*virtual_server(&v4, Some(Protocol::Tcp), 0), "[10.0.0.1]:tcp:80");
        assert_eq!(&*virtual_server(&v6, Some(Protocol::Sctp), 0), "[2001:db8::1]:sctp:443");
        assert_eq!(&*virtual_server(&Service::Mark(7), None, 0), "FWM 7");
        assert_eq!(&*virtual_server(&Service::Group("web".into()), Some(Protocol::Udp), 1), "[web]:1");
        let real = RealName { ip: [10, 0, 1, 1].into(), port: 8080 };
        assert_eq!(real_server(real, None), "[10.0.1.1]:none:8080");
    }
}
