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
    /// Virtual servers by the address that they wait for.
    single: BTreeMap<IpAddr, BTreeSet<ServerId>>,
    /// Virtual servers with the ranges that they wait for, by the blocks that these begin and end in.
    ranges: BTreeMap<IpAddr, BTreeSet<(ServerId, AddressRange)>>,
}

/// The block of 65,536 addresses that an address is in. A range is not longer than one, so it lies in two at the most.
fn block(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() & !0xffff).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !0xffff).into(),
    }
}

impl Watch {
    pub(super) fn add(&mut self, server: ServerId, range: AddressRange) {
        if range.first == range.last {
            self.single.entry(range.first).or_default().insert(server);
            return;
        }
        for block in [block(range.first), block(range.last)] {
            self.ranges.entry(block).or_default().insert((server, range));
        }
    }

    pub(super) fn remove(&mut self, server: ServerId, range: AddressRange) {
        fn take<T: Ord>(map: &mut BTreeMap<IpAddr, BTreeSet<T>>, key: IpAddr, what: &T) {
            if let Some(set) = map.get_mut(&key) {
                set.remove(what);
                if set.is_empty() {
                    map.remove(&key);
                }
            }
        }
        take(&mut self.single, range.first, &server);
        for block in [block(range.first), block(range.last)] {
            take(&mut self.ranges, block, &(server, range));
        }
    }

    /// Nobody watches addresses any more; whoever begins to tells all that are here.
    pub(super) fn forget(&mut self) {
        self.here.clear();
    }

    /// How many addresses of a range are here.
    pub(super) fn count(&self, range: AddressRange) -> u32 {
        u32::try_from(self.here.range(range.first..=range.last).count()).unwrap_or(u32::MAX)
    }

    /// An address came or went. Returns whose it is, where that is news; who waits for it twice is there twice.
    fn set(&mut self, ip: IpAddr, here: bool) -> Vec<ServerId> {
        let news = if here { self.here.insert(ip) } else { self.here.remove(&ip) };
        if !news {
            return Vec::new();
        }
        let single = self.single.get(&ip).into_iter().flatten().copied();
        let ranges = self.ranges.get(&block(ip)).into_iter().flatten();
        let has = |range: &AddressRange| range.first <= ip && ip <= range.last;
        single.chain(ranges.filter(|(_, range)| has(range)).map(|(server, _)| *server)).collect()
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
    /// Whether there is `ha_suspend` anywhere.
    pub(super) fn may_suspend(&self) -> bool {
        self.order.iter().any(|id| self.servers.get(*id).is_some_and(|server| server.config.ha_suspend))
    }

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
        for real in reals.clone() {
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
        if !suspended {
            // What its checks have found out for others meanwhile.
            reals.for_each(|real| self.refresh(id, real));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_may_lie_in_two_blocks() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let mut watch = Watch::default();
        let long = AddressRange { first: ip("10.0.255.250"), last: ip("10.1.0.10") };
        watch.add(1, long);
        watch.add(2, AddressRange::single(ip("10.1.0.3")));
        assert_eq!(watch.set(ip("10.0.255.255"), true), [1]);
        assert_eq!(watch.set(ip("10.1.0.3"), true), [2, 1]);
        assert_eq!((watch.set(ip("10.1.0.3"), true), watch.set(ip("10.1.0.11"), true)), (vec![], vec![]));
        assert_eq!(watch.count(long), 2);
        watch.remove(1, long);
        watch.remove(2, AddressRange::single(ip("10.1.0.3")));
        assert_eq!(watch.set(ip("10.1.0.3"), false), []);
        assert!(watch.single.is_empty() && watch.ranges.is_empty());
    }
}
