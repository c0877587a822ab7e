//! BFD sessions.

use super::Weight;
use crate::net::Name;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// `bfd_instance`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BfdConfig {
    /// Its name.
    pub name: Name,
    /// `neighbor_ip`: the other end.
    pub neighbor: IpAddr,
    /// `source_ip`; of the neighbour's family.
    pub source: Option<IpAddr>,
    /// `min_rx`: the shortest pause between packets that this end can receive; at least a millisecond.
    pub min_rx: Duration,
    /// `min_tx`: the shortest pause between packets that this end would send; at least a millisecond.
    pub min_tx: Duration,
    /// `idle_tx`: the pause between packets while the session is down; at least a second.
    pub idle_tx: Duration,
    /// `multiplier`: so many missing packets end the session (RFC 5880 section 6.8.1, `DetectMult`).
    pub multiplier: u8,
    /// `passive`: the neighbour speaks first.
    pub passive: bool,
    /// `ttl` or `hoplimit`: of sent packets; `None`: 255 for IPv4, 64 for IPv6.
    pub ttl: Option<u8>,
    /// `max_hops`: how many routers may lie between; -1: any number.
    pub max_hops: i16,
    /// `multihop`: the session is one of RFC 5883, on another port.
    pub multihop: bool,
    /// `weight`: what the session means to instances that track it without a weight of their own.
    pub weight: Weight,
    /// `vrrp`: instances are told; with neither this nor `checker`, both are.
    pub vrrp: bool,
    /// `checker`: checkers are told.
    pub checker: bool,
}

impl BfdConfig {
    /// A session with the C version's defaults.
    #[must_use]
    pub fn new(name: Name, neighbor: IpAddr) -> BfdConfig {
        BfdConfig {
            name,
            neighbor,
            source: None,
            min_rx: Duration::from_millis(10),
            min_tx: Duration::from_millis(10),
            idle_tx: Duration::from_secs(1),
            multiplier: 5,
            passive: false,
            ttl: None,
            max_hops: 0,
            multihop: false,
            weight: Weight::default(),
            vrrp: false,
            checker: false,
        }
    }

    /// A session with nobody yet.
    pub(crate) fn nameless(name: Name) -> BfdConfig {
        BfdConfig::new(name, IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}
