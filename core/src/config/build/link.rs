//! Virtual interfaces and other parts of an instance that are bound to fields.

use super::address::after;
use super::ip::with_prefix;
use super::setting::{Form, fields, forms, words};
use super::values::interface;
use super::{Context, Item};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::INSTANCE;
use crate::config::lexer::Word;
use crate::config::model::{Choice, Ipvlan, IpvlanKind, LinkConfig, Rules, Vmac, VmacAddress};
use crate::config::print::quoted_word;
use crate::net::{Family, MacAddr};
use core::net::IpAddr;
use core::slice::Iter;

fields!(LinkConfig, INSTANCE, {
    "use_vmac" => vmac,
    "use_vmac_addr" => vmac_addr,
    "vmac_xmit_base" => xmit_base,
    "use_ipvlan" => ipvlan,
    "vrf" => vrf,
    "promote_secondaries" => promote_secondaries,
    "linkbeat_use_polling" => linkbeat_use_polling,
});

// What is inherited from `global_defs`, `accept` and `no_accept` are read by hand.
fields!(Rules, INSTANCE, {
    "timer_expired_backup" => timer_expired_backup,
    "unicast_fault_no_peer" => unicast_fault_no_peer,
    "old_unicast_checksum" => old_unicast_checksum,
    "track_src_ip" => track_src_ip,
    "no_virtual_ipaddress" => no_virtual_ipaddress,
    "kernel_rx_buf_size" => kernel_rx_buf_size,
    "debug" => debug,
});

forms! {
    Vmac => Vmac::default(),
    Ipvlan => Ipvlan::default(),
}

/// Sets what can be set once.
fn once<T>(cx: &mut Context<'_, '_>, slot: &mut Option<T>, value: T, word: &Word) {
    if slot.is_some() {
        cx.report(
            Diagnostic::error("repeated", word.span, format!("`{}` is the second of its kind", word.text))
                .label("which of the two is meant?"),
        );
        return;
    }
    *slot = Some(value);
}

/// Reads what virtual interfaces of both kinds can say: `group GROUP`, `name NAME`, or a name alone.
fn common(
    cx: &mut Context<'_, '_>,
    word: &Word,
    words: &mut Iter<'_, Word>,
    group: &mut Option<String>,
    name: &mut Option<String>,
) -> Option<()> {
    let what = "an interface's name";
    if word.text == "group" {
        let text = after(cx, word, words.next(), "the name or number of an interface group")?;
        once(cx, group, text.text.to_string(), text);
        return Some(());
    }
    let text = if word.text == "name" { after(cx, word, words.next(), what)? } else { word };
    let value = interface(cx, text, what)?.text.to_string();
    once(cx, name, value, text);
    Some(())
}

impl Form for Vmac {
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let mut out = Vmac::default();
        let mut mac = None;
        let mut words = words(item)?.iter();
        while let Some(word) = words.next() {
            match word.text.as_str() {
                "netlink_notify_msg" => out.netlink_notify = true,
                text if text.contains(':') => {
                    let address = hardware_address(cx, word)?;
                    once(cx, &mut mac, address, word);
                }
                _ => common(cx, word, &mut words, &mut out.group, &mut out.name)?,
            }
        }
        out.mac = mac.unwrap_or_default();
        Some(out)
    }

    fn words(&self) -> String {
        let mut out = Vec::new();
        if let Some(name) = &self.name {
            out.push(format!("name {}", quoted_word(name)));
        }
        match self.mac {
            VmacAddress::Rfc => {}
            VmacAddress::Prefix([a, b, c, d, e]) => out.push(format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}")),
            VmacAddress::Is(mac) => out.push(mac.to_string()),
        }
        if let Some(group) = &self.group {
            out.push(format!("group {}", quoted_word(group)));
        }
        if self.netlink_notify {
            out.push("netlink_notify_msg".to_owned());
        }
        out.join(" ")
    }
}

/// Six bytes, or five to which the virtual router identifier is added.
fn hardware_address(cx: &mut Context<'_, '_>, word: &Word) -> Option<VmacAddress> {
    let parts: Vec<&str> = word.text.strip_suffix(':').unwrap_or(&word.text).split(':').collect();
    let byte = |part: &&str| u8::from_str_radix(part, 16).ok().filter(|_| part.len() <= 2 && !part.starts_with('+'));
    let bytes: Option<Vec<u8>> = parts.iter().map(byte).collect();
    let problem = match bytes.as_deref() {
        Some([first, ..]) if first & 1 == 1 => "this is the address of a group",
        // RFC 9568 section 7.3
        Some([0, 0, 0x5e, 0, 1 | 2, _]) => "the virtual router's own address needs no saying",
        Some(&[a, b, c, d, e]) => return Some(VmacAddress::Prefix([a, b, c, d, e])),
        Some(&[a, b, c, d, e, f]) => return Some(VmacAddress::Is(MacAddr([a, b, c, d, e, f]))),
        _ => "expected six bytes like 02:00:00:00:00:01, or five of them",
    };
    cx.report(
        Diagnostic::error("bad-address", word.span, format!("`{}` cannot be a hardware address", word.text))
            .label(problem),
    );
    None
}

impl Form for Ipvlan {
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let mut out = Ipvlan::default();
        let mut words = words(item)?.iter();
        while let Some(word) = words.next() {
            let ip = word.text.split('/').next().unwrap_or_default();
            if let Some(kind) = IpvlanKind::from_word(&word.text) {
                once(cx, &mut out.kind, kind, word);
            } else if ip.parse::<IpAddr>().is_ok() {
                let (ip, prefix) = with_prefix(cx, word)?;
                let prefix = prefix.unwrap_or(Family::of(ip).host_prefix());
                once(cx, &mut out.address, (ip, prefix), word);
            } else {
                common(cx, word, &mut words, &mut out.group, &mut out.name)?;
            }
        }
        Some(out)
    }

    fn words(&self) -> String {
        let mut out = Vec::new();
        if let Some(name) = &self.name {
            out.push(format!("name {}", quoted_word(name)));
        }
        if let Some((ip, prefix)) = self.address {
            out.push(format!("{ip}/{prefix}"));
        }
        if let Some(kind) = self.kind {
            out.push(kind.word().to_owned());
        }
        if let Some(group) = &self.group {
            out.push(format!("group {}", quoted_word(group)));
        }
        out.join(" ")
    }
}
