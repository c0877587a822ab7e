//! An example of each keyword: one of those that the tests have, or one made from the table.

use super::{Arg, Keyword, find};
use crate::config::build::values::decimal;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The examples that are written by hand. tests/golden/cases.rs says how, and sees to it that they are right.
const FILES: &[&str] = &[
    include_str!("../../../tests/golden/cases/BFD_CHECK.conf"),
    include_str!("../../../tests/golden/cases/DNS_CHECK.conf"),
    include_str!("../../../tests/golden/cases/FILE_CHECK.conf"),
    include_str!("../../../tests/golden/cases/HTTP_GET.conf"),
    include_str!("../../../tests/golden/cases/HTTP_GET-url.conf"),
    include_str!("../../../tests/golden/cases/MISC_CHECK.conf"),
    include_str!("../../../tests/golden/cases/PING_CHECK.conf"),
    include_str!("../../../tests/golden/cases/SMTP_CHECK.conf"),
    include_str!("../../../tests/golden/cases/SMTP_CHECK-host.conf"),
    include_str!("../../../tests/golden/cases/SSL.conf"),
    include_str!("../../../tests/golden/cases/SSL_GET.conf"),
    include_str!("../../../tests/golden/cases/SSL_GET-url.conf"),
    include_str!("../../../tests/golden/cases/TCP_CHECK.conf"),
    include_str!("../../../tests/golden/cases/UDP_CHECK.conf"),
    include_str!("../../../tests/golden/cases/auth_hmac.conf"),
    include_str!("../../../tests/golden/cases/authentication.conf"),
    include_str!("../../../tests/golden/cases/bfd_instance.conf"),
    include_str!("../../../tests/golden/cases/garp_group.conf"),
    include_str!("../../../tests/golden/cases/global_defs.conf"),
    include_str!("../../../tests/golden/cases/real_server.conf"),
    include_str!("../../../tests/golden/cases/root.conf"),
    include_str!("../../../tests/golden/cases/static_ipaddress.conf"),
    include_str!("../../../tests/golden/cases/static_routes.conf"),
    include_str!("../../../tests/golden/cases/static_routes-encap-ip.conf"),
    include_str!("../../../tests/golden/cases/static_routes-encap-ip6.conf"),
    include_str!("../../../tests/golden/cases/static_routes-encap-seg6.conf"),
    include_str!("../../../tests/golden/cases/static_routes-nexthop.conf"),
    include_str!("../../../tests/golden/cases/static_rules.conf"),
    include_str!("../../../tests/golden/cases/track_file.conf"),
    include_str!("../../../tests/golden/cases/track_group.conf"),
    include_str!("../../../tests/golden/cases/track_interface.conf"),
    include_str!("../../../tests/golden/cases/unicast_peer.conf"),
    include_str!("../../../tests/golden/cases/virtual_ipaddress.conf"),
    include_str!("../../../tests/golden/cases/virtual_server.conf"),
    include_str!("../../../tests/golden/cases/vrrp_instance.conf"),
    include_str!("../../../tests/golden/cases/vrrp_script.conf"),
    include_str!("../../../tests/golden/cases/vrrp_sync_group.conf"),
    include_str!("../../../tests/golden/cases/vrrp_track_file.conf"),
    include_str!("../../../tests/golden/cases/vrrp_track_process.conf"),
];

static BY_HAND: LazyLock<BTreeMap<(&'static str, &'static str), String>> = LazyLock::new(|| {
    let mut out = BTreeMap::new();
    for file in FILES {
        let mut lines = file.lines();
        let block = lines.next().and_then(|line| line.strip_prefix("in")).unwrap_or_default().trim();
        let Some(block) = super::all().map(|keyword| keyword.block).find(|known| *known == block) else { continue };
        let mut example: Option<String> = None;
        for line in lines.chain(["-"]) {
            match (line.strip_prefix("+ "), line.strip_prefix("| "), &mut example) {
                (_, Some(more), Some(text)) => {
                    text.push('\n');
                    text.push_str(more);
                    continue;
                }
                (_, _, Some(text)) => {
                    let (name, text) = match text.split_once(": ") {
                        Some((name, rest)) if find(block, name).is_some() => (find(block, name), rest.to_owned()),
                        _ => (text.split_whitespace().find_map(|word| find(block, word)), text.clone()),
                    };
                    if let Some(keyword) = name {
                        out.entry((block, keyword.name)).or_insert(text);
                    }
                }
                _ => {}
            }
            example = line.strip_prefix("+ ").map(str::to_owned);
        }
    }
    out
});

/// A line or more with the keyword, as they may stand in its block.
#[must_use]
pub fn example(keyword: &Keyword) -> Option<String> {
    if let Some(text) = BY_HAND.get(&(keyword.block, keyword.name)) {
        return Some(text.clone());
    }
    let words = words(keyword.arg, keyword.default)?;
    Some(format!("{} {words}", keyword.name).trim_end().to_owned())
}

fn words(arg: Arg, default: &str) -> Option<String> {
    let middle = |min: i64, max: i64| {
        let usual = default.split(|c: char| !c.is_ascii_digit()).next().and_then(|text| text.parse().ok());
        // Of few there is one in the middle, of many one that people would write.
        let other = if max - min <= 1000 { min.midpoint(max) } else { min.max(1) };
        usual.filter(|number| (min..=max).contains(number)).unwrap_or(other)
    };
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Some(match arg {
        Arg::Flag => String::new(),
        Arg::Switch => "on".to_owned(),
        Arg::Integer(min, max) | Arg::WholeSeconds(min, max) => middle(min, max).to_string(),
        Arg::Micros(min, max) => middle(signed(min), signed(max)).to_string(),
        Arg::Seconds(min, max) | Arg::Millis(min, max) => {
            let unit = if matches!(arg, Arg::Millis(..)) { 1000 } else { 1_000_000 };
            let least = min.div_ceil(unit);
            match default.parse::<f64>() {
                Ok(_) => default.to_owned(),
                Err(_) if least.max(1) * unit <= max => least.max(1).to_string(),
                Err(_) => decimal(min.saturating_mul(1_000_000 / unit)),
            }
        }
        Arg::Hex(least, _) => "00".repeat(least.max(1)),
        Arg::Word => "NAME".to_owned(),
        Arg::Choice(choices) => (*choices.first()?).to_owned(),
        Arg::AnyCase(choices) => (*choices.first()?).to_owned(),
        Arg::Path => "/etc/keepalived/file".to_owned(),
        Arg::Address | Arg::Host => "192.0.2.1".to_owned(),
        Arg::Group(false) => "224.0.0.99".to_owned(),
        Arg::Group(true) => "ff02::99".to_owned(),
        Arg::Interface => "eth1".to_owned(),
        Arg::User => "nobody nogroup".to_owned(),
        Arg::Script => "\"/etc/keepalived/script.sh argument\" nobody".to_owned(),
        Arg::Command => "\"/etc/keepalived/script.sh argument\"".to_owned(),
        Arg::Pattern => "\"^ok$\"".to_owned(),
        Arg::Optional(arg) | Arg::Or(arg, _) => words(*arg, default)?,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keywords;

    #[test]
    fn examples_begin_with_their_keywords() {
        let mut without = Vec::new();
        for keyword in keywords::all() {
            match example(keyword) {
                Some(text) => assert!(text.contains(keyword.name), "{}/{}: {text}", keyword.block, keyword.name),
                None => without.push(keyword.name),
            }
        }
        // Of what is always the same nothing more is to be said.
        assert!(without.len() * 20 < keywords::all().count(), "{without:?}");
        let of = |block, name| example(find(block, name).unwrap());
        assert_eq!(of(keywords::INSTANCE, "virtual_router_id").as_deref(), Some("virtual_router_id 128"));
        assert_eq!(of(keywords::VIRTUAL_SERVER, "lvs_method").as_deref(), Some("lvs_method NAT"));
    }

    /// The tests judge what is written by hand; what the table makes is judged here.
    #[test]
    fn examples_of_numbers_are_in_their_range() {
        for keyword in keywords::all() {
            let Some(text) = example(keyword) else { continue };
            let number = text.split_whitespace().nth(1).and_then(|word| word.parse::<i64>().ok());
            if let (Arg::Integer(min, max) | Arg::WholeSeconds(min, max), Some(number)) = (keyword.arg, number) {
                assert!((min..=max).contains(&number), "{text}");
            }
        }
    }
}
