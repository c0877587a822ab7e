//! `ha_suspend`: no checks of a virtual server while none of its addresses is on this machine.

use super::engine::Checkers;
use super::pool::{CheckId, ServerId};
use crate::config::model::{AddressRange, GroupEntry, Service, VirtualServer};
use crate::event::lvs::LvsEvent;
use crate::net::Name;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The addresses of this machine, and who waits for some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watch {
    here: BTreeSet<IpAddr>,
    /// Virtual servers with their ranges, by the network that a range is in.
    waiting: BTreeMap<IpAddr, BTreeSet<(ServerId, AddressRange)>>,
}

/// The network that a range of a group stays in: only the last number of its addresses differs.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() & !0xff).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !0xffff).into(),
    }
}

impl Watch {
    pub(super) fn add(&mut self, server: ServerId, range: AddressRange) {
        self.waiting.entry(network(range.first)).or_default().insert((server, range));
    }

    pub(super) fn remove(&mut self, server: ServerId, range: AddressRange) {
        let network = network(range.first);
        if let Some(waiting) = self.waiting.get_mut(&network) {
            waiting.remove(&(server, range));
            if waiting.is_empty() {
                self.waiting.remove(&network);
            }
        }
    }

    /// How many addresses of a range are here.
    pub(super) fn count(&self, range: AddressRange) -> u32 {
        u32::try_from(self.here.range(range.first..=range.last).count()).unwrap_or(u32::MAX)
    }

    /// An address came or went. Returns whose it is, where that is news.
    fn set(&mut self, ip: IpAddr, here: bool) -> Vec<ServerId> {
        let news = if here { self.here.insert(ip) } else { self.here.remove(&ip) };
        let waiting = self.waiting.get(&network(ip)).filter(|_| news);
        let has = |range: &AddressRange| range.first <= ip && ip <= range.last;
        waiting.into_iter().flatten().filter(|(_, range)| has(range)).map(|(server, _)| *server).collect()
    }
}

/// The addresses that a virtual server with `ha_suspend` waits for.
pub(super) fn ranges(config: &VirtualServer, groups: &BTreeMap<Name, Vec<GroupEntry>>) -> Vec<AddressRange> {
    match &config.service {
        _ if !config.ha_suspend => Vec::new(),
        Service::Address(ip, _) => vec![AddressRange::single(*ip)],
        Service::Mark(_) => Vec::new(),
        Service::Group(name) => {
            let entries = groups.get(name).map_or(&[][..], |entries| entries);
            let ranges = entries.iter().filter_map(|entry| match entry {
                GroupEntry::Addresses { range, .. } => Some(*range),
                GroupEntry::Mark { .. } => None,
            });
            ranges.collect::<BTreeSet<_>>().into_iter().collect()
        }
    }
}

impl Checkers {
    /// An address came to this machine or left it.
    pub(super) fn address(&mut self, ip: IpAddr, here: bool) {
        for id in self.watch.set(ip, here) {
            let Some(server) = self.servers.get_mut(id) else { continue };
            server.here = if here { server.here + 1 } else { server.here.saturating_sub(1) };
            let suspended = server.here == 0;
            if server.suspended != suspended {
                self.suspend(id, suspended);
            }
        }
    }

    /// Checks of a virtual server pause, or go on.
    pub(super) fn suspend(&mut self, id: ServerId, suspended: bool) {
        let Some(server) = self.servers.get_mut(id) else { return };
        server.suspended = suspended;
        let (service, reals) = (server.name(), 0..server.reals.len());
        for real in reals {
            let Some(server) = self.servers.get(id) else { return };
            let user = (id, u32::try_from(real).unwrap_or(u32::MAX));
            let checks: BTreeSet<CheckId> = server.reals[real].checks.iter().copied().collect();
            for check in checks {
                let Some(checker) = self.checkers.get_mut(check) else { continue };
                if checker.users.binary_search(&user).is_err() {
                    continue;
                }
                checker.awake = if suspended { checker.awake.saturating_sub(1) } else { checker.awake + 1 };
                match checker.awake {
                    0 => self.pause(check),
                    1 if !suspended => self.begin(check),
                    _ => {}
                }
            }
        }
        self.event(LvsEvent::Suspended { service, suspended });
    }
}
