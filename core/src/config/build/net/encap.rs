//! `encap`: what the packets of a route are wrapped in.

use super::super::Context;
use super::terms::{any_base, trimmed};
use super::words::{Bound, Opt, Slot, Term, Words, option, words};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::{ENCAP_IP, ENCAP_IP6, ENCAP_SEG6, Path};
use crate::config::lexer::Word;
use crate::config::model::{Encap, EncapIp, EncapIp6, EncapSeg6, Seg6Mode};
use core::net::Ipv6Addr;

words!(EncapIp {
    "id" => id,
    "dst" => dst,
    "src" => src,
    "tos" => tos,
    "ttl" => ttl,
    "flags" => flags,
});

words!(EncapIp6 {
    "id" => id,
    "dst" => dst,
    "src" => src,
    "tc" => tc,
    "hoplimit" => hoplimit,
    "flags" => flags,
});

/// `MAX_MPLS_LABELS` of the C version.
const MAX_LABELS: usize = 2;

/// The label of MPLS has 20 bits (RFC 3032 section 2.1).
const MAX_LABEL: u64 = 0xf_ffff;

impl Term for Encap {
    fn read(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Self> {
        let kind = words.argument(cx, option)?;
        match kind.text.as_str() {
            "mpls" => labels(cx, words, option).map(Encap::Mpls),
            "ila" => locator(cx, words, option).map(Encap::Ila),
            "ip" => {
                let ip: EncapIp = bound(cx, words, ENCAP_IP)?;
                leads_somewhere(cx, kind, ip.dst.is_some() || ip.id.is_some()).then_some(Encap::Ip(ip))
            }
            "ip6" => {
                let ip: EncapIp6 = bound(cx, words, ENCAP_IP6)?;
                leads_somewhere(cx, kind, ip.dst.is_some() || ip.id.is_some()).then_some(Encap::Ip6(ip))
            }
            "seg6" => seg6(cx, words, option).map(Encap::Seg6),
            _ => {
                let text = format!("`{}` is no kind of encapsulation", kind.text);
                cx.report(
                    Diagnostic::error("bad-value", kind.span, text)
                        .label("expected `ip`, `ip6`, `mpls`, `ila` or `seg6`"),
                );
                None
            }
        }
    }

    fn write(&self) -> String {
        let mut out = Vec::new();
        match self {
            Encap::Mpls(labels) => {
                let labels: Vec<String> = labels.iter().map(u32::to_string).collect();
                out.push(format!("mpls {}", labels.join("/")));
            }
            Encap::Ila(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| format!("{part:x}")).collect();
                out.push(format!("ila {}", parts.join(":")));
            }
            Encap::Ip(ip) => {
                out.push("ip".into());
                ip.say_all(&mut out);
            }
            Encap::Ip6(ip) => {
                out.push("ip6".into());
                ip.say_all(&mut out);
            }
            Encap::Seg6(seg6) => {
                let segments: Vec<String> = seg6.segments.iter().map(Ipv6Addr::to_string).collect();
                out.push(format!("seg6 mode {} segs {}", mode_word(seg6.mode), segments.join(",")));
                seg6.hmac.say("hmac", &mut out);
            }
        }
        out.join(" ")
    }
}

/// Reads words as long as they belong to `block`.
fn bound<T: Bound + Default>(cx: &mut Context<'_, '_>, words: &mut Words<'_>, block: Path) -> Option<T> {
    let mut value = T::default();
    let mut sound = true;
    while let Some(option) = words.peek().and_then(|word| option(cx, block, word)) {
        words.next();
        sound &= value.set(cx, words, &option).is_some();
    }
    sound.then_some(value)
}

fn leads_somewhere(cx: &mut Context<'_, '_>, kind: &Word, somewhere: bool) -> bool {
    if !somewhere {
        cx.report(
            Diagnostic::error("missing-argument", kind.span, "a tunnel that leads nowhere")
                .label("expected `dst` or `id` after this"),
        );
    }
    somewhere
}

fn labels(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<Vec<u32>> {
    let word = words.argument(cx, option)?;
    let label = |text| any_base(text).filter(|label| *label <= MAX_LABEL).and_then(|label| label.try_into().ok());
    let labels: Option<Vec<u32>> = trimmed(word).split('/').map(label).collect();
    let labels = labels.filter(|labels| labels.len() <= MAX_LABELS);
    if labels.is_none() {
        cx.report(
            Diagnostic::error("bad-value", word.span, format!("`{}` is no stack of labels", word.text))
                .label(format!("expected one or two numbers up to {MAX_LABEL}, like `100/200`")),
        );
    }
    labels
}

fn locator(cx: &mut Context<'_, '_>, words: &mut Words<'_>, option: &Opt<'_>) -> Option<[u16; 4]> {
    let word = words.argument(cx, option)?;
    let part = |text: &str| {
        let hex = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        hex.then(|| u16::from_str_radix(text, 16).ok()).flatten()
    };
    let parts: Option<Vec<u16>> = trimmed(word).split(':').map(part).collect();
    let locator = parts.and_then(|parts| parts.try_into().ok());
    if locator.is_none() {
        cx.report(
            Diagnostic::error("bad-value", word.span, format!("`{}` is no locator", word.text))
                .label("expected four hexadecimal numbers, like `2001:db8:0:1`"),
        );
    }
    locator
}

const MODES: [(&str, Seg6Mode); 5] = [
    ("inline", Seg6Mode::Inline),
    ("encap", Seg6Mode::Encap),
    ("l2encap", Seg6Mode::L2Encap),
    ("encap.red", Seg6Mode::EncapRed),
    ("l2encap.red", Seg6Mode::L2EncapRed),
];

fn mode_word(mode: Seg6Mode) -> &'static str {
    MODES.iter().find(|(_, known)| *known == mode).map_or("", |(word, _)| word)
}

fn seg6(cx: &mut Context<'_, '_>, words: &mut Words<'_>, encap: &Opt<'_>) -> Option<EncapSeg6> {
    let mut mode = None;
    let mut segments = Vec::new();
    let mut hmac = None;
    while let Some(option) = words.peek().and_then(|word| option(cx, ENCAP_SEG6, word)) {
        words.next();
        match option.keyword.name {
            "mode" => {
                let word = words.argument(cx, &option)?;
                mode = MODES.iter().find(|(name, _)| *name == word.text).map(|(_, mode)| *mode);
                if mode.is_none() {
                    let known: Vec<String> = MODES.iter().map(|(name, _)| format!("`{name}`")).collect();
                    cx.report(
                        Diagnostic::error("bad-value", word.span, format!("`{}` is no mode of seg6", word.text))
                            .label(format!("expected {}", known.join(", "))),
                    );
                    return None;
                }
            }
            "segs" => {
                let word = words.argument(cx, &option)?;
                let read: Option<Vec<Ipv6Addr>> = word.text.split(',').map(|text| text.parse().ok()).collect();
                let Some(read) = read else {
                    cx.report(
                        Diagnostic::error("bad-address", word.span, "a segment that is no IPv6 address")
                            .label("expected IPv6 addresses with commas and no blanks between them"),
                    );
                    return None;
                };
                segments = read;
            }
            _ => hmac.fill(cx, words, &option)?,
        }
    }
    match mode {
        Some(mode) if !segments.is_empty() => Some(EncapSeg6 { mode, segments, hmac }),
        _ => {
            cx.report(
                Diagnostic::error("missing-argument", encap.word.span, "`encap seg6` needs `mode` and `segs`")
                    .label("expected `seg6 mode encap segs ADDRESS,ADDRESS`"),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keywords;

    #[test]
    fn bound_words_are_those_of_the_table() {
        for (names, block) in [(EncapIp::NAMES, ENCAP_IP), (EncapIp6::NAMES, ENCAP_IP6)] {
            assert!(names.iter().all(|name| keywords::find(block, name).is_some()));
            assert_eq!(keywords::of(block).count(), names.len());
        }
        assert_eq!(keywords::of(ENCAP_SEG6).count(), 3);
    }
}
