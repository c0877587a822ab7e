//! The rules of the pool: which real servers live, whether that is enough, and what the kernel is to have.
//!
//! What the kernel is to have follows from the health of the real servers and from whether the quorum is there, and from nothing else.

use crate::config::model::{AddressRange, RealServer, SorryServer, VirtualServer};
use crate::event::lvs::{RealName, VirtualName};
use crate::ipvs::{Destination, DestinationKey, ServiceKey, desired};
use crate::net::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names a check; it keeps its number while it is made.
pub(super) type CheckId = u32;
/// Names a virtual server; it keeps its number while it is configured.
pub(super) type ServerId = u32;

/// The greatest weight (`IP_VS_WEIGHT_MAX`, and what the C version lets through).
pub(super) const MAX_WEIGHT: i64 = i32::MAX as i64;
/// The weight of a sorry server that is used.
pub(super) const SORRY_WEIGHT: u32 = 1;

/// A virtual server, and how it fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Virtual {
    /// What it is to be.
    pub(super) config: VirtualServer,
    /// How the C version writes it.
    pub(super) label: Name,
    /// The addresses that it waits for (`ha_suspend`).
    pub(super) ranges: Vec<AddressRange>,
    /// The kernel's services for it.
    pub(super) keys: Vec<ServiceKey>,
    /// Its real servers, in the order of the configuration.
    pub(super) reals: Vec<Real>,
    /// Some of them are one and the same to the kernel.
    pub(super) alike: bool,
    /// The weights of those that live, together.
    pub(super) living: u64,
    /// Whether the quorum is there.
    pub(super) quorum: bool,
    /// What the scripts were told of the quorum last.
    pub(super) told: Option<bool>,
    /// Whether its checks pause, because its address is not here.
    pub(super) suspended: bool,
    /// How many of its addresses are here; counted with `ha_suspend` only.
    pub(super) here: u32,
}

/// A real server of a virtual server, and how it fares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Real {
    /// Its checks.
    pub(super) checks: Vec<CheckId>,
    /// Whether all of them succeed.
    pub(super) alive: bool,
    /// Its weight while it lives.
    pub(super) weight: u32,
    /// Something was told of it. Until then its first failure is, though it did not live before.
    pub(super) told: bool,
}

/// What a check means to a real server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Say {
    /// Whether the server lives.
    pub(super) up: bool,
    /// What is added to its weight.
    pub(super) weight: i64,
}

/// Puts together what all checks of a real server say: whether it lives, and its weight.
pub(super) fn combine(configured: u32, says: impl Iterator<Item = Say>) -> (bool, u32) {
    let (mut alive, mut weight) = (true, i64::from(configured));
    for say in says {
        alive &= say.up;
        weight = weight.saturating_add(say.weight);
    }
    (alive, u32::try_from(weight.clamp(0, MAX_WEIGHT)).unwrap_or(0))
}

/// Whether the quorum is there, where it was there before or not: gained at quorum + hysteresis, lost below quorum - hysteresis.
#[must_use]
pub(super) fn quorum(before: bool, living: u64, quorum: u32, hysteresis: u32) -> bool {
    let (quorum, hysteresis) = (u64::from(quorum), u64::from(hysteresis));
    if before { living > 0 && living >= quorum.saturating_sub(hysteresis) } else { living >= quorum + hysteresis }
}

impl Virtual {
    pub(super) fn name(&self) -> VirtualName {
        VirtualName { service: self.config.service.clone(), protocol: self.config.protocol }
    }

    /// The sorry server, while it is used.
    pub(super) fn sorry(&self) -> Option<&SorryServer> {
        self.config.sorry_server.as_ref().filter(|_| !self.quorum)
    }

    /// How a real server takes part; `None`: not at all. While the sorry server is used nobody else is.
    pub(super) fn share(&self, config: &RealServer, real: &Real) -> Option<Destination> {
        let weight = match (real.alive && self.sorry().is_none(), config.inhibit) {
            (true, _) => real.weight,
            (false, true) => 0,
            (false, false) => return None,
        };
        let (upper, lower) = (config.upper_threshold, config.lower_threshold);
        Some(desired::destination(config.forwarding, weight, upper, lower))
    }

    /// How the sorry server takes part.
    fn sorry_share(&self) -> Option<(&SorryServer, Destination)> {
        let sorry = self.config.sorry_server.as_ref()?;
        let weight = match (self.quorum, sorry.inhibit) {
            (false, _) => SORRY_WEIGHT,
            (true, true) => 0,
            (true, false) => return None,
        };
        Some((sorry, desired::destination(sorry.forwarding, weight, 0, 0)))
    }

    /// All destinations of one of its services. Where two are one to the kernel the sorry server comes first while it is used and last
    /// otherwise, and of the others the first that has a weight.
    pub(super) fn destinations(&self, service: &ServiceKey) -> BTreeMap<DestinationKey, Destination> {
        let sorry = self.sorry_share();
        let sorry = sorry.map(|(s, how)| (desired::destination_key(service, s.forwarding, s.ip, s.port), how));
        let reals = self.config.real_servers.iter().zip(&self.reals).filter_map(|(config, real)| {
            let how = self.share(config, real)?;
            Some((desired::destination_key(service, config.forwarding, config.ip, config.port), how))
        });
        if !self.alike {
            return reals.chain(sorry).collect();
        }
        let mut all = BTreeMap::new();
        let mut add = |(key, how): (DestinationKey, Destination)| {
            let there: &mut Destination = all.entry(key).or_insert(how);
            if there.weight == 0 {
                *there = how;
            }
        };
        if !self.quorum {
            sorry.into_iter().for_each(&mut add);
        }
        reals.for_each(&mut add);
        if let Some((key, how)) = sorry.filter(|_| self.quorum) {
            all.entry(key).or_insert(how);
        }
        all
    }

    /// One real server's destination in one of its services, where no other is the same to the kernel.
    pub(super) fn destination(
        &self,
        service: &ServiceKey,
        real: usize,
    ) -> Option<(DestinationKey, Option<Destination>)> {
        let config = self.config.real_servers.get(real)?;
        let key = desired::destination_key(service, config.forwarding, config.ip, config.port);
        Some((key, self.share(config, self.reals.get(real)?)))
    }

    /// Finds out whether some of its servers are the same to the kernel. What a server is called there depends on the service's port only.
    pub(super) fn look_for_alike(&mut self) {
        let port = |service: &ServiceKey| match service {
            ServiceKey::Address { port, .. } => Some(*port),
            ServiceKey::Mark { .. } => None,
        };
        let kinds: BTreeMap<Option<u16>, &ServiceKey> = self.keys.iter().map(|key| (port(key), key)).collect();
        self.alike = kinds.into_values().any(|service| {
            let of = |forwarding, ip, port| desired::destination_key(service, forwarding, ip, port);
            let reals = self.config.real_servers.iter().map(|r| of(r.forwarding, r.ip, r.port));
            let sorry = self.config.sorry_server.iter().map(|s| of(s.forwarding, s.ip, s.port));
            let mut keys: Vec<DestinationKey> = reals.chain(sorry).collect();
            keys.sort_unstable();
            keys.windows(2).any(|pair| pair[0] == pair[1])
        });
    }
}

impl RealServer {
    /// What operators call it.
    #[must_use]
    pub const fn name(&self) -> RealName {
        RealName { ip: self.ip, port: self.port }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn a_quorum_is_gained_above_and_lost_below() {
        let of = |before, living| quorum(before, living, 5, 2);
        assert_eq!([of(false, 6), of(false, 7)], [false, true]);
        assert_eq!([of(true, 3), of(true, 2)], [true, false]);
        assert!(!quorum(true, 0, 1, 0) && quorum(false, 1, 1, 0));
    }

    #[test]
    fn weights_add_and_stay_in_their_range() {
        let say = |up, weight| Say { up, weight };
        assert_eq!(combine(10, [].into_iter()), (true, 10));
        assert_eq!(combine(10, [say(true, -4), say(true, 7)].into_iter()), (true, 13));
        assert_eq!(combine(10, [say(false, 0), say(true, -40)].into_iter()), (false, 0));
        let most = i64::from(i32::MAX);
        assert_eq!(combine(1, [say(true, most), say(true, most)].into_iter()), (true, i32::MAX as u32));
    }

    quickcheck! {
        /// Between the thresholds nothing changes; outside of them it does not matter what was.
        fn hysteresis_holds(before: bool, living: u8, size: u8, slack: u8) -> bool {
            let size = u32::from(size).max(1);
            let slack = u32::from(slack) % size;
            let living = u64::from(living);
            let after = quorum(before, living, size, slack);
            if living >= u64::from(size + slack) {
                after
            } else if living < u64::from(size - slack) {
                !after
            } else {
                after == before
            }
        }
    }
}
