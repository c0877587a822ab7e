//! What two instances cannot both have.

use super::Context;
use super::resolve::Built;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::Transport;
use crate::net::{Family, Priority, Vrid};
use core::net::IpAddr;
use std::collections::BTreeMap;

/// Two instances cannot be told apart when an advert for one could be for the other: the same number, family and
/// interface, and the same group, or a common peer that speaks to the same address. Sources that are not written may
/// come to be the same, or not.
pub(super) fn check(cx: &mut Context<'_, '_>, built: &[Built]) {
    if cx.partial {
        return;
    }
    type Key<'a> = (&'a str, Family, Vrid, Option<IpAddr>, IpAddr);
    // Where adverts can come from, the instance, and which of its far ends that is.
    let mut all: Vec<(Key<'_>, usize, usize)> = Vec::with_capacity(built.len());
    for (at, instance) in built.iter().enumerate() {
        let config = &instance.config;
        let key = |source, ip| (config.interface.as_str(), config.family, config.vrid, source, ip);
        match &config.transport {
            Transport::Multicast { group } => all.push((key(None, *group), at, 0)),
            Transport::Unicast { peers, .. } => {
                all.extend(peers.iter().enumerate().map(|(n, peer)| (key(config.source, peer.ip), at, n)));
            }
        }
    }
    all.sort_unstable();
    // The far end, and the instance that has it too.
    let mut clashes: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for same in all.chunk_by(|(a, ..), (b, ..)| a == b) {
        let Some(((_, first, _), others)) = same.split_first() else { continue };
        for (_, at, end) in others {
            let clash = clashes.entry(*at).or_insert((*end, *first));
            *clash = (*clash).min((*end, *first));
        }
    }
    for (at, (_, first)) in clashes {
        if let (Some(instance), Some(first)) = (built.get(at), built.get(first)) {
            let (config, other, span) = (&instance.config, &first.config.name, first.vrid);
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
}

/// Warns of addresses that two instances have on one interface: whichever gives one up takes it from the other.
pub(super) fn addresses(cx: &mut Context<'_, '_>, built: &[Built]) {
    if cx.partial {
        return;
    }
    let mut all: Vec<(IpAddr, &str, usize)> = Vec::with_capacity(built.len());
    for (at, Built { config, .. }) in built.iter().enumerate() {
        let addresses = config.addresses.iter().chain(&config.excluded);
        all.extend(addresses.map(|a| (a.ip, a.device.as_deref().unwrap_or(&config.interface), at)));
    }
    all.sort_unstable();
    for pair in all.windows(2) {
        let [(ip, device, first), (other, same, second)] = pair else { continue };
        if (ip, device) != (other, same) || first == second {
            continue;
        }
        let [first, second] = [&built[*first], &built[*second]];
        let message = format!("`{}` and `{}` both have {ip} on `{device}`", second.config.name, first.config.name);
        cx.report(
            Diagnostic::warning("address-twice", second.name, message)
                .label("whichever is no master any more takes the address from the other")
                .also(first.name, "this is the other one"),
        );
    }
}

/// Two virtual interfaces of one name: the second gets a name of its own, as in the C version.
pub(super) fn virtual_interfaces(cx: &mut Context<'_, '_>, built: &mut [Built]) {
    let mut taken: BTreeMap<String, Span> = BTreeMap::new();
    for instance in built {
        if instance.config.link.vmac.is_none() && instance.config.link.ipvlan.is_none() {
            continue;
        }
        let link = &mut *instance.config.link;
        let names =
            [link.vmac.as_mut().map(|vmac| &mut vmac.name), link.ipvlan.as_mut().map(|ipvlan| &mut ipvlan.name)];
        for slot in names.into_iter().flatten() {
            let Some(name) = slot.clone() else { continue };
            if let Some(first) = taken.get(&name) {
                *slot = None;
                cx.report(
                    Diagnostic::warning(
                        "repeated",
                        instance.link,
                        format!("there is a virtual interface `{name}` already"),
                    )
                    .label("this one gets a name that nobody has")
                    .also(*first, "the first one is here"),
                );
            } else {
                taken.insert(name, instance.link);
            }
        }
    }
}

/// Weights of an owner are useless: its priority never changes.
pub(super) fn owners(cx: &mut Context<'_, '_>, built: &mut [Built]) {
    for instance in built.iter_mut().filter(|b| b.config.priority == Priority::OWNER) {
        // As in the C version, which takes the weight that files have without being told for none.
        for given in
            instance.lists.iter_mut().flat_map(|lists| &mut lists.files).filter(|given| given.value.weight.value == 1)
        {
            given.value.weight.value = 0;
            cx.report(
                Diagnostic::warning("no-effect", given.span, "the priority of the addresses' owner never changes")
                    .label("a value other than 0 is a fault instead")
                    .help("write `weight 0` if that is meant"),
            );
        }
        let interfaces = instance.config.track_interfaces.iter().map(|track| track.weight).zip(&instance.tracked);
        let objects =
            instance.lists.iter().flat_map(|lists| lists.all()).map(|given| (given.value.weight.value, &given.span));
        for (_, span) in interfaces.chain(objects).filter(|(weight, _)| *weight != 0) {
            cx.report(
                Diagnostic::warning("no-effect", *span, "the priority of the addresses' owner never changes")
                    .label("this weight has no effect"),
            );
        }
    }
}
