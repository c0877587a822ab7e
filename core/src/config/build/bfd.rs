//! `bfd_instance`.

use super::setting::{self, fields, no_rest};
use super::{Context, Names, Section, Seen, is_first};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::BFD;
use crate::config::model::BfdConfig;
use crate::net::Family;
use core::net::IpAddr;
use std::collections::BTreeMap;

fields!(BfdConfig, BFD, {
    "neighbor_ip" => neighbor,
    "source_ip" => source,
    "min_rx" => min_rx,
    "min_tx" => min_tx,
    "idle_tx" => idle_tx,
    "multiplier" => multiplier,
    "passive" => passive,
    "ttl" => ttl,
    "max_hops" => max_hops,
    "multihop" => multihop,
    "weight" => weight,
    "vrrp" => vrrp,
    "checker" => checker,
});

/// Reads all sessions.
pub(super) fn read(cx: &mut Context<'_, '_>, sections: &[Section<'_>]) -> Vec<BfdConfig> {
    let mut names = Names::new();
    let mut ends: BTreeMap<(IpAddr, Option<IpAddr>, bool), Span> = BTreeMap::new();
    let mut out = Vec::new();
    for section in sections {
        let Some((name, block)) = section.named() else { continue };
        if !is_first(cx, &mut names, "bfd_instance", &name) {
            continue;
        }
        let mut config = BfdConfig::nameless(name.value.clone());
        let mut seen = Seen::new();
        setting::read(cx, &mut config, block, &mut seen, no_rest);
        let Some(neighbor) = seen.get("neighbor_ip") else {
            if !cx.partial {
                cx.report(
                    Diagnostic::error("missing-keyword", name.span, format!("`{}` has no `neighbor_ip`", name.value))
                        .label("`neighbor_ip` is missing")
                        .help("the address of the other end, like `neighbor_ip 192.0.2.2`"),
                );
            }
            continue;
        };
        if config.neighbor.is_unspecified() {
            continue;
        }
        if let Some(source) = config.source.filter(|source| Family::of(*source) != Family::of(config.neighbor)) {
            let span = seen.get("source_ip").map_or(name.span, |phrase| phrase.span);
            cx.report(
                Diagnostic::error("wrong-family", span, format!("`{source}` is of another family than the neighbour"))
                    .label(format!("expected an {} address", Family::of(config.neighbor)))
                    .also(neighbor.span, "this decides the family"),
            );
            continue;
        }
        let key = (config.neighbor, config.source, config.multihop);
        if let Some(first) = ends.get(&key) {
            cx.report(
                Diagnostic::error("duplicate-session", neighbor.span, "there is a session with this neighbour already")
                    .label("the packets of the two could not be told apart")
                    .also(*first, "the first one is here"),
            );
            continue;
        }
        ends.insert(key, neighbor.span);
        let ttl = config.ttl.unwrap_or(match Family::of(config.neighbor) {
            Family::V4 => 255,
            Family::V6 => 64,
        });
        if config.max_hops > i16::from(ttl) {
            let span = seen.get("max_hops").map_or(name.span, |phrase| phrase.span);
            cx.report(
                Diagnostic::warning("clamped", span, "more hops than the TTL allows").label(format!("read as {ttl}")),
            );
            config.max_hops = i16::from(ttl);
        }
        out.push(config);
    }
    out
}
