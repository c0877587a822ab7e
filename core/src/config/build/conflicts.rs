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
    // Where adverts come from and go to.
    let ends = |at: u32, end: u32| -> Option<(Option<IpAddr>, IpAddr)> {
        let config = &built.get(at as usize)?.config;
        match &config.transport {
            Transport::Multicast { group } => Some((None, *group)),
            Transport::Unicast { peers, .. } => Some((config.source, peers.get(end as usize)?.ip)),
        }
    };
    let mut links = Links::default();
    // What an advert says, the instance, and which of its far ends it is for.
    let mut all: Vec<(u32, Family, Vrid, u32, u32)> = Vec::with_capacity(built.len());
    for (at, Built { config, .. }) in (0..).zip(built) {
        let link = links.number(&config.interface);
        let ends = match &config.transport {
            Transport::Multicast { .. } => 1,
            Transport::Unicast { peers, .. } => u32::try_from(peers.len()).unwrap_or(u32::MAX),
        };
        all.extend((0..ends).map(|end| (link, config.family, config.vrid, at, end)));
    }
    all.sort_unstable();
    // The far end, and the instance that has it too.
    let mut clashes: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for alike in all.chunk_by_mut(|a, b| (a.0, a.1, a.2) == (b.0, b.1, b.2)).filter(|alike| alike.len() > 1) {
        alike.sort_unstable_by_key(|(.., at, end)| (ends(*at, *end), *at, *end));
        for same in alike.chunk_by(|(.., a, end), (.., b, other)| ends(*a, *end) == ends(*b, *other)) {
            let Some(((.., first, _), others)) = same.split_first() else { continue };
            for (.., at, end) in others {
                let clash = clashes.entry(*at).or_insert((*end, *first));
                *clash = (*clash).min((*end, *first));
            }
        }
    }
    for (at, (_, first)) in clashes {
        if let (Some(instance), Some(first)) = (built.get(at as usize), built.get(first as usize)) {
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
    let mut links = Links::default();
    let mut all: Vec<(IpAddr, u32, u32)> = Vec::with_capacity(built.len());
    for (at, Built { config, .. }) in (0..).zip(built) {
        for address in config.addresses.iter().chain(&config.excluded) {
            let device = address.device.as_deref().unwrap_or(&config.interface);
            all.push((address.ip, links.number(device), at));
        }
    }
    all.sort_unstable();
    let mut twice: Vec<&[(IpAddr, u32, u32)]> = all
        .windows(2)
        .filter(|pair| matches!(pair, [(ip, device, a), (other, same, b)] if (ip, device) == (other, same) && a != b))
        .collect();
    twice.sort_by_key(|pair| pair.first().map(|(ip, device, _)| (*ip, links.name(*device))));
    for pair in twice {
        let [(ip, device, first), (.., second)] = pair else { continue };
        let (first, second) = (&built[*first as usize], &built[*second as usize]);
        let message =
            format!("`{}` and `{}` both have {ip} on `{}`", second.config.name, first.config.name, links.name(*device));
        cx.report(
            Diagnostic::warning("address-twice", second.name, message)
                .label("whichever is no master any more takes the address from the other")
                .also(first.name, "this is the other one"),
        );
    }
}

/// A number for the name of each interface: there are few, and many instances on each.
#[derive(Default)]
struct Links<'a> {
    numbers: BTreeMap<&'a str, u32>,
    names: Vec<&'a str>,
}

impl<'a> Links<'a> {
    fn number(&mut self, name: &'a str) -> u32 {
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.names.push(name);
        }
        number
    }

    fn name(&self, number: u32) -> &'a str {
        self.names.get(number as usize).copied().unwrap_or_default()
    }
}

/// Two virtual interfaces of one name: the second gets a name of its own, as in the C version.
pub(super) fn virtual_interfaces(cx: &mut Context<'_, '_>, built: &mut [Built]) {
    let mut taken: BTreeMap<String, Span> = BTreeMap::new();
    for instance in built {
        if instance.config.link.vmac.is_none() && instance.config.link.ipvlan.is_none() {
            continue;
        }
        let span = instance.link();
        let link = &mut *instance.config.link;
        let names =
            [link.vmac.as_mut().map(|vmac| &mut vmac.name), link.ipvlan.as_mut().map(|ipvlan| &mut ipvlan.name)];
        for slot in names.into_iter().flatten() {
            let Some(name) = slot.clone() else { continue };
            if let Some(first) = taken.get(&name) {
                *slot = None;
                cx.report(
                    Diagnostic::warning("repeated", span, format!("there is a virtual interface `{name}` already"))
                        .label("this one gets a name that nobody has")
                        .also(*first, "the first one is here"),
                );
            } else {
                taken.insert(name, span);
            }
        }
    }
}

/// Weights of an owner are useless: its priority never changes.
pub(super) fn owners(cx: &mut Context<'_, '_>, built: &mut [Built]) {
    for instance in built.iter_mut().filter(|b| b.config.priority == Priority::OWNER) {
        let Some(more) = &mut instance.more else { continue };
        // As in the C version, which takes the weight that files have without being told for none.
        for given in more.lists.files.iter_mut().filter(|given| given.value.weight.value == 1) {
            given.value.weight.value = 0;
            cx.report(
                Diagnostic::warning("no-effect", given.span, "the priority of the addresses' owner never changes")
                    .label("a value other than 0 is a fault instead")
                    .help("write `weight 0` if that is meant"),
            );
        }
        let interfaces = instance.config.track_interfaces.iter().map(|track| track.weight).zip(&more.tracked);
        let objects = more.lists.all().map(|given| (given.value.weight.value, &given.span));
        for (_, span) in interfaces.chain(objects).filter(|(weight, _)| *weight != 0) {
            cx.report(
                Diagnostic::warning("no-effect", *span, "the priority of the addresses' owner never changes")
                    .label("this weight has no effect"),
            );
        }
    }
}
