//! What two instances cannot both have.

use super::Context;
use super::resolve::Built;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::Transport;
use crate::net::{Family, Name, Priority, Vrid};
use core::net::IpAddr;
use std::collections::BTreeMap;

/// Two instances cannot be told apart when an advert for one could be for the other: the same number, family and
/// interface, and the same group or a common peer.
pub(super) fn check(cx: &mut Context<'_, '_>, built: &[Built]) {
    if cx.partial {
        return;
    }
    let mut taken: BTreeMap<(&str, Family, Vrid, IpAddr), (&Name, Span)> = BTreeMap::new();
    for instance in built {
        let config = &instance.config;
        let far_ends: Vec<IpAddr> = match &config.transport {
            Transport::Multicast { group } => vec![*group],
            Transport::Unicast { peers, .. } => peers.iter().map(|peer| peer.ip).collect(),
        };
        let mut clash = None;
        for ip in far_ends {
            let key = (config.interface.as_str(), config.family, config.vrid, ip);
            match taken.get(&key) {
                Some(other) => clash = clash.or(Some(*other)),
                None => {
                    taken.insert(key, (&config.name, instance.vrid));
                }
            }
        }
        if let Some((other, span)) = clash {
            let message = format!(
                "`{}` and `{other}` both are virtual router {} for {} on `{}`",
                config.name, config.vrid, config.family, config.interface
            );
            cx.report(
                Diagnostic::error("duplicate-vrid", instance.vrid, message)
                    .label("already used on this interface")
                    .also(span, format!("`{other}` has it"))
                    .help("give each virtual router on a link a number of its own"),
            );
        }
    }
    owners(cx, built);
    virtual_interfaces(cx, built);
}

/// Two virtual interfaces of one name.
fn virtual_interfaces(cx: &mut Context<'_, '_>, built: &[Built]) {
    let mut taken: BTreeMap<&str, Span> = BTreeMap::new();
    for instance in built {
        let link = &instance.config.link;
        let vmac = link.vmac.as_ref().and_then(|vmac| vmac.name.as_deref());
        let Some(name) = vmac.or(link.ipvlan.as_ref().and_then(|ipvlan| ipvlan.name.as_deref())) else { continue };
        if let Some(first) = taken.get(name) {
            cx.report(
                Diagnostic::error(
                    "duplicate-name",
                    instance.link,
                    format!("there is a virtual interface `{name}` already"),
                )
                .label("each instance has one of its own")
                .also(*first, "the first one is here"),
            );
        } else {
            taken.insert(name, instance.link);
        }
    }
}

/// Weights of an owner are useless: its priority never changes.
fn owners(cx: &mut Context<'_, '_>, built: &[Built]) {
    for instance in built.iter().filter(|b| b.config.priority == Priority::OWNER) {
        let interfaces = instance.config.track_interfaces.iter().map(|track| track.weight).zip(&instance.tracked);
        let objects = instance.lists.all().map(|given| (given.value.weight.value, &given.span));
        for (_, span) in interfaces.chain(objects).filter(|(weight, _)| *weight != 0) {
            cx.report(
                Diagnostic::warning("no-effect", *span, "the priority of the addresses' owner never changes")
                    .label("this weight has no effect"),
            );
        }
    }
}
