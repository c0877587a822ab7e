//! Addresses that cannot serve as a virtual address, although the kernel and the C version take them.

use super::super::Context;
use crate::config::diagnostic::{Diagnostic, Span};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Says what will come of `ip`, where that is surely not what was meant.
pub(in crate::config) fn check(cx: &mut Context<'_, '_>, ip: IpAddr, prefix: u8, span: Span) {
    let found = match ip {
        IpAddr::V4(ip) => v4(ip, prefix),
        IpAddr::V6(ip) => v6(ip),
    };
    if let Some((what, effect)) = found {
        cx.report(
            Diagnostic::warning("odd-address", span, format!("`{ip}` is {what}"))
                .label("expected an address that a host can be reached by")
                .note(effect),
        );
    }
}

const REFUSED: &str = "the kernel refuses it, and the instance will have one address less";

fn v4(ip: Ipv4Addr, prefix: u8) -> Option<(&'static str, &'static str)> {
    let host = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
    let bits = u32::from(ip) & host;
    Some(if ip.is_unspecified() {
        ("no address", "the kernel says that it took it, and then it is not there")
    } else if ip.octets()[0] == 0 {
        ("in `0.0.0.0/8`", "hosts use these addresses only while they have no other")
    } else if ip.is_loopback() {
        ("a loopback address", "it never leaves a machine: others reach themselves by it")
    } else if ip.is_multicast() {
        ("a multicast address", "nobody asks for it by ARP, and announcements of it are ignored")
    } else if ip.is_broadcast() {
        ("the broadcast address", "packets to it go to everybody on the link")
    } else if ip.octets()[0] >= 240 {
        ("in the reserved block `240.0.0.0/4`", "most systems send nothing there")
    } else if prefix < 31 && bits == host {
        ("the broadcast address of its own network", "packets to it go to everybody on the link")
    } else if prefix < 31 && prefix > 0 && bits == 0 {
        ("the address of its own network", "older systems take it for a broadcast address")
    } else {
        return None;
    })
}

fn v6(ip: Ipv6Addr) -> Option<(&'static str, &'static str)> {
    Some(if ip.is_unspecified() {
        ("no address", REFUSED)
    } else if ip.is_loopback() {
        ("the loopback address", REFUSED)
    } else if ip.is_multicast() {
        ("a multicast address", REFUSED)
    } else if ip.to_ipv4_mapped().is_some() {
        ("an IPv4 address in IPv6 clothes", "it is never seen on a link; write the IPv4 address itself")
    } else {
        return None;
    })
}
