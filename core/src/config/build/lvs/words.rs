//! Servers, ranges and ports: an address and what may stand beside it.

use super::super::Context;
use super::super::ip::address;
use super::super::values::integer;
use crate::config::diagnostic::Diagnostic;
use crate::config::lexer::Word;
use crate::config::model::AddressRange;
use crate::ipvs::desired::MAX_RANGE;
use crate::net::Family;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address and perhaps a port; 0: none.
pub(super) fn server(cx: &mut Context<'_, '_>, words: &[Word]) -> Option<(IpAddr, u16)> {
    let ip = words.first().and_then(|word| host(cx, word));
    let port = words.get(1).map_or(Some(0), |word| port(cx, word));
    Some((ip?, port?))
}

/// A port; 0: none, as old files write it.
pub(super) fn port(cx: &mut Context<'_, '_>, word: &Word) -> Option<u16> {
    integer(cx, "port", word, 0, 65_535).and_then(|port| u16::try_from(port).ok())
}

/// The address of one server. A prefix length is skipped, as in the C version.
pub(in crate::config) fn host(cx: &mut Context<'_, '_>, word: &Word) -> Option<IpAddr> {
    let text = word.text.as_str();
    if let Ok(ip) = text.parse() {
        return Some(ip);
    }
    if let Some((ip, length)) = text.split_once('/')
        && let Ok(ip) = ip.parse()
    {
        cx.report(
            Diagnostic::warning("no-effect", word.span, "one address has no prefix length")
                .label(format!("`/{length}` is skipped")),
        );
        return Some(ip);
    }
    let help = if text.split_once('-').is_some_and(|(ip, _)| ip.parse::<IpAddr>().is_ok()) {
        "ranges belong into a `virtual_server_group`".to_owned()
    } else if let Some((ip, port)) = glued(text) {
        format!("write `{ip} {port}`: the port is a word of its own")
    } else {
        return address(cx, word);
    };
    cx.report(
        Diagnostic::error("bad-address", word.span, format!("`{text}` is not an IP address"))
            .label("expected one address like 192.0.2.1 or 2001:db8::1")
            .help(help),
    );
    None
}

/// Warns where the host that is asked for is more than a host.
pub(in crate::config) fn host_alone(cx: &mut Context<'_, '_>, word: &Word) {
    let bare = word.text.split_once("://").map_or(word.text.as_str(), |(_, rest)| rest);
    let host = bare.split('/').next().unwrap_or_default();
    if host != word.text {
        cx.report(
            Diagnostic::warning("bad-value", word.span, format!("`{}` is not the name of a host", word.text))
                .label("sent as it is, in the request's `Host`")
                .help(format!("write `{host}`; what is asked for stands in `path`")),
        );
    }
}

/// An address and a port in one word.
fn glued(text: &str) -> Option<(IpAddr, u16)> {
    let (ip, port) = text.rsplit_once(':')?;
    let ip = match ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')) {
        Some(ip) => IpAddr::V6(ip.parse().ok()?),
        None => IpAddr::V4(ip.parse().ok()?),
    };
    Some((ip, port.parse().ok()?))
}

/// One address, `a.b.c.d-e`, two whole addresses with a `-` between them, or a network.
pub(super) fn range(cx: &mut Context<'_, '_>, word: &Word) -> Option<AddressRange> {
    let text = word.text.as_str();
    let read = match (text.split_once('/'), text.split_once('-')) {
        (Some((ip, length)), _) => ip.parse().ok().map(|ip| network(ip, length)),
        (None, Some((first, last))) => first.parse().ok().map(|first| from_to(first, last)),
        (None, None) => {
            if let Some((ip, port)) = glued(text) {
                cx.report(
                    Diagnostic::error("bad-address", word.span, format!("`{text}` is not an IP address"))
                        .label("expected an address or a range of them")
                        .help(format!("write `{ip} {port}`: the port is a word of its own")),
                );
                return None;
            }
            return address(cx, word).map(AddressRange::single);
        }
    };
    let problem = match read {
        Some(Ok(range)) => return Some(range),
        Some(Err(problem)) => problem,
        None => Problem { label: "expected an address before it".into(), help: None },
    };
    let mut diagnostic =
        Diagnostic::error("bad-range", word.span, format!("`{text}` is not a range of addresses")).label(problem.label);
    if let Some(help) = problem.help {
        diagnostic = diagnostic.help(help);
    }
    cx.report(diagnostic);
    None
}

/// A range of services: the kernel has one for each address.
pub(super) fn services(cx: &mut Context<'_, '_>, word: &Word) -> Option<AddressRange> {
    let range = range(cx, word)?;
    if to_bits(range.last) - to_bits(range.first) < MAX_RANGE as u128 {
        return Some(range);
    }
    cx.report(
        Diagnostic::error("bad-range", word.span, format!("`{}` stands for too many services", word.text))
            .label(format!("more than {MAX_RANGE} addresses"))
            .help("a firewall mark stands for any number of addresses: `fwmark`"),
    );
    None
}

/// What is wrong with a range.
struct Problem {
    label: String,
    help: Option<String>,
}

impl Problem {
    fn new(label: impl Into<String>) -> Problem {
        Problem { label: label.into(), help: None }
    }
}

fn network(ip: IpAddr, length: &str) -> Result<AddressRange, Problem> {
    let host = Family::of(ip).host_prefix();
    let length: u8 = match length.parse() {
        Ok(length) if (1..=host).contains(&length) => length,
        _ => return Err(Problem::new(format!("expected a prefix length from 1 to {host}"))),
    };
    // The bits behind the prefix, at the lower end.
    let behind = u128::MAX.checked_shr(128 - u32::from(host - length)).unwrap_or(0);
    let bits = to_bits(ip);
    if bits & behind != 0 {
        let first = from_bits(Family::of(ip), bits & !behind);
        return Err(Problem {
            label: format!("{ip} is not the first address of its network"),
            help: Some(format!("did you mean `{first}/{length}`?")),
        });
    }
    Ok(AddressRange { first: ip, last: from_bits(Family::of(ip), bits | behind) })
}

fn from_to(first: IpAddr, last: &str) -> Result<AddressRange, Problem> {
    let last = match first {
        _ if last.contains(['.', ':']) => last.parse().map_err(|_| Problem::new("its last address is no address"))?,
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            let d =
                last.parse().map_err(|_| Problem::new("expected an address or a number up to 255 after the `-`"))?;
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        IpAddr::V6(ip) => {
            let hex = last.bytes().all(|b| b.is_ascii_hexdigit());
            let end = u16::from_str_radix(last, 16).ok().filter(|_| hex);
            let end = end.ok_or(Problem::new("expected an address or a number up to ffff after the `-`"))?;
            let mut segments = ip.segments();
            segments[7] = end;
            IpAddr::V6(Ipv6Addr::from(segments))
        }
    };
    if Family::of(first) != Family::of(last) {
        return Err(Problem::new("its two addresses are of different families"));
    }
    if last < first {
        let help = Some(format!("did you mean `{last}-{first}`?"));
        return Err(Problem { label: "its last address comes before its first".into(), help });
    }
    Ok(AddressRange { first, last })
}

/// An address as a number.
pub(super) fn to_bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_bits().into(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

fn from_bits(family: Family, bits: u128) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(u32::MAX))),
        Family::V6 => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(first: &str, last: &str) -> Option<String> {
        from_to(first.parse().expect("an address"), last).ok().map(|range| range.to_string())
    }

    fn net(text: &str) -> Option<String> {
        let (ip, length) = text.split_once('/').expect("a network");
        network(ip.parse().expect("an address"), length).ok().map(|range| range.to_string())
    }

    #[test]
    fn ranges() {
        assert_eq!(of("10.0.0.1", "254").as_deref(), Some("10.0.0.1-10.0.0.254"));
        assert_eq!(of("10.0.0.1", "1").as_deref(), Some("10.0.0.1"));
        assert_eq!(of("10.0.0.250", "10.0.1.10").as_deref(), Some("10.0.0.250-10.0.1.10"));
        assert_eq!(of("fe80::1", "ff").as_deref(), Some("fe80::1-fe80::ff"));
        assert_eq!(of("fe80::1", "fe80::1:0").as_deref(), Some("fe80::1-fe80::1:0"));
        for (first, last) in
            [("10.0.0.9", "8"), ("10.0.0.1", "256"), ("10.0.0.1", ""), ("fe80::1", "+2"), ("10.0.0.1", "::5")]
        {
            assert_eq!(of(first, last), None, "{first}-{last}");
        }
    }

    #[test]
    fn networks() {
        assert_eq!(net("10.0.0.8/29").as_deref(), Some("10.0.0.8-10.0.0.15"));
        assert_eq!(net("10.0.0.8/32").as_deref(), Some("10.0.0.8"));
        assert_eq!(net("128.0.0.0/1").as_deref(), Some("128.0.0.0-255.255.255.255"));
        assert_eq!(net("fe80::/112").as_deref(), Some("fe80::-fe80::ffff"));
        assert_eq!(net("8000::/1").as_deref(), Some("8000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
        for text in ["10.0.0.9/29", "10.0.0.0/0", "10.0.0.0/33", "fe80::1/64", "fe80::/129", "10.0.0.0/x"] {
            assert_eq!(net(text), None, "{text}");
        }
    }
}
