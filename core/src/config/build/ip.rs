//! IP addresses, with and without a prefix length.

use super::Context;
use super::values::expected;
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::Arg;
use crate::config::lexer::Word;
use crate::net::Family;
use core::net::{IpAddr, Ipv4Addr};

/// An address without a prefix length.
pub(super) fn address(cx: &mut Context<'_, '_>, word: &Word) -> Option<IpAddr> {
    match word.text.parse() {
        Ok(ip) => Some(ip),
        Err(_) => {
            let mut diagnostic =
                Diagnostic::error("bad-address", word.span, format!("`{}` is not an IP address", word.text))
                    .label("expected an address like 192.0.2.1 or 2001:db8::1");
            if word.text.split_once('/').is_some_and(|(ip, _)| ip.parse::<IpAddr>().is_ok()) {
                diagnostic = diagnostic.help("no prefix length belongs here");
            } else if let Some(why) = around(&word.text).or_else(|| why_not_an_address(&word.text)) {
                diagnostic = diagnostic.help(why);
            }
            cx.report(diagnostic);
            None
        }
    }
}

/// What stands around an address and should not.
fn around(text: &str) -> Option<String> {
    let is_address = |text: &str| text.split('/').next().is_some_and(|ip| ip.parse::<IpAddr>().is_ok());
    let bare = text.trim_end_matches([',', ';']);
    if bare != text && is_address(bare) {
        return Some(format!("write `{bare}`: blanks alone stand between words"));
    }
    let (inner, rest) = text.strip_prefix('[')?.split_once(']')?;
    let bare = format!("{inner}{rest}");
    is_address(&bare).then(|| format!("write `{bare}`: no brackets belong around an address"))
}

/// What is wrong with something that looks like an IPv4 address.
fn why_not_an_address(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.iter().any(|p| p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit())) {
        return text.contains('%').then(|| "write the interface with `dev`, not after a `%`".to_owned());
    }
    if parts.len() != 4 {
        return Some(format!("an IPv4 address has 4 numbers, this has {}", parts.len()));
    }
    if let Some(large) = parts.iter().find(|p| p.len() > 3 || p.parse::<u16>().is_ok_and(|n| n > 255)) {
        return Some(format!("`{large}` is more than 255"));
    }
    parts.iter().find(|p| p.len() > 1 && p.starts_with('0')).map(|p| format!("write `{p}` without its leading zero"))
}

/// A multicast group of this family.
pub(super) fn group(cx: &mut Context<'_, '_>, word: &Word, ipv6: bool) -> Option<IpAddr> {
    let ip = address(cx, word)?;
    if ip.is_ipv6() != ipv6 || !ip.is_multicast() {
        cx.report(
            Diagnostic::error("not-multicast", word.span, format!("`{ip}` cannot be a multicast group here"))
                .label(format!("expected {}", expected(Arg::Group(ipv6)))),
        );
        return None;
    }
    if let IpAddr::V6(v6) = ip
        && v6.segments()[0] & 0x000f != 2
    {
        cx.report(
            Diagnostic::warning("not-link-local", word.span, format!("`{ip}` is not a link-local group"))
                .label("adverts should stay on their link; link-local groups begin with ff02"),
        );
    }
    Some(ip)
}

/// An address and the prefix length after it.
pub(super) fn with_prefix(cx: &mut Context<'_, '_>, word: &Word) -> Option<(IpAddr, Option<u8>)> {
    let (ip, prefix) = match word.text.split_once('/') {
        Some((ip, prefix)) => (ip, Some(prefix)),
        None => (word.text.as_str(), None),
    };
    let Ok(ip) = ip.parse::<IpAddr>() else {
        let mut diagnostic =
            Diagnostic::error("bad-address", word.span, format!("`{}` is not an IP address", word.text))
                .label("expected an address like 192.0.2.1/24 or 2001:db8::1/64");
        if let Some(why) = around(&word.text).or_else(|| why_not_an_address(ip)) {
            diagnostic = diagnostic.help(why);
        }
        cx.report(diagnostic);
        return None;
    };
    let Some(prefix) = prefix else { return Some((ip, None)) };
    let most = Family::of(ip).host_prefix();
    match prefix.parse::<u8>() {
        Ok(length) if length <= most => Some((ip, Some(length))),
        _ => {
            let mut diagnostic =
                Diagnostic::error("bad-prefix", word.span, format!("`/{prefix}` is not a prefix length"))
                    .label(format!("expected 0 to {most} after the `/`"));
            if let Some(length) = prefix.parse::<Ipv4Addr>().ok().and_then(mask_length) {
                diagnostic = diagnostic.help(format!("write the mask as `/{length}`"));
            }
            cx.report(diagnostic);
            None
        }
    }
}

fn mask_length(mask: Ipv4Addr) -> Option<u32> {
    let bits = u32::from(mask);
    (bits.leading_ones() + bits.trailing_zeros() == 32 || bits == 0 || bits == u32::MAX).then(|| bits.count_ones())
}
