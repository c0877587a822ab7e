//! What an operator may ask: the state of every virtual server, and why it is so.

use super::engine::Checkers;
use super::pool::Virtual;
use super::words;
use crate::event::lvs::{RealName, VirtualName};
use crate::ipvs::{Service, ServiceKey};
use std::collections::BTreeMap;

/// One virtual server, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualStatus {
    /// Its name.
    pub name: VirtualName,
    /// Whether its quorum is there.
    pub up: bool,
    /// The weights of its living real servers, together.
    pub weight: u64,
    /// The quorum.
    pub quorum: u32,
    /// The hysteresis.
    pub hysteresis: u32,
    /// The sorry server, and whether it is used.
    pub sorry: Option<(RealName, bool)>,
    /// Whether its checks pause, because its address is not here.
    pub suspended: bool,
    /// Its real servers, in the order of the configuration.
    pub reals: Vec<RealStatus>,
}

/// One real server of a virtual server, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealStatus {
    /// Its name.
    pub name: RealName,
    /// Whether all its checks succeed.
    pub up: bool,
    /// The weight that it is to have in the kernel's table; `None`: it is not to be there.
    pub weight: Option<u32>,
    /// Its checks.
    pub checks: Vec<CheckStatus>,
}

/// One check, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckStatus {
    /// Its keyword and what it looks at.
    pub name: String,
    /// Whether the server lives, by it.
    pub up: bool,
    /// Whether that was found out, or is assumed so far.
    pub tried: bool,
    /// Failures in a row.
    pub failures: u32,
    /// Why the last attempt failed, where it did.
    pub reason: Option<String>,
}

impl Checkers {
    /// All virtual servers, in the order of the configuration.
    #[must_use]
    pub fn status(&self) -> Vec<VirtualStatus> {
        self.order.iter().filter_map(|id| self.servers.get(*id)).map(|server| self.status_of(server)).collect()
    }

    /// The services that the kernel is to have, by the configuration and the health of the real servers.
    #[must_use]
    pub fn wanted(&self) -> &BTreeMap<ServiceKey, Service> {
        self.reconciler.wanted()
    }

    /// Whether the kernel has all of that, as far as is known, and nothing is under way.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.is_busy()
    }

    fn status_of(&self, server: &Virtual) -> VirtualStatus {
        let config = &server.config;
        let sorry = config.sorry_server.map(|s| (RealName { ip: s.ip, port: s.port }, !server.quorum));
        let reals = config.real_servers.iter().zip(&server.reals).map(|(of, real)| RealStatus {
            name: of.name(),
            up: real.alive,
            weight: server.share(of, real).map(|share| share.weight),
            checks: real
                .checks
                .iter()
                .filter_map(|id| self.checkers.get(*id))
                .map(|checker| CheckStatus {
                    name: words::check(&checker.check),
                    up: checker.health.up,
                    tried: checker.health.tried,
                    failures: checker.health.failures,
                    reason: checker.reason.as_deref().map(str::to_owned),
                })
                .collect(),
        });
        VirtualStatus {
            name: server.name(),
            up: server.quorum,
            weight: server.living,
            quorum: config.quorum,
            hysteresis: config.hysteresis,
            sorry,
            suspended: server.suspended,
            reals: reals.collect(),
        }
    }
}
