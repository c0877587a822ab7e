//! Routes, as `ip route` has them.

use super::names::{Dsfield, Realms, RouteProtocol, Scope, Table};
use super::net::Prefix;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// One line of `virtual_routes` or `static_routes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What becomes of packets.
    pub kind: RouteKind,
    /// The destination; its family is the route's.
    pub to: Prefix,
    /// `from`: the source of the packets it is for; IPv6 only.
    pub from: Option<Prefix>,
    /// `src`: the source address that own packets get.
    pub source: Option<IpAddr>,
    /// `via`: the router.
    pub via: Option<IpAddr>,
    /// `dev`: the interface.
    pub device: Option<String>,
    /// `onlink`: the router is on the link, whatever the addresses of the interface say.
    pub onlink: bool,
    /// `tos`: packets of this type of service only.
    pub tos: Option<Dsfield>,
    /// `table`, or that of `vrf`.
    pub table: RouteTable,
    /// `protocol`; `None`: keepalived's own, which is the only one that can be tracked.
    pub protocol: Option<RouteProtocol>,
    /// `scope`; `None`: global.
    pub scope: Option<Scope>,
    /// `metric`: the lowest is preferred. `None`: 0 for IPv4, 1024 for IPv6.
    pub metric: Option<u32>,
    /// `realms`; IPv4 only.
    pub realms: Option<Realms>,
    /// What TCP and IP are to assume about the way.
    pub metrics: RouteMetrics,
    /// `pref`: the preference among routers (RFC 4191); IPv6 only.
    pub preference: Option<RouterPreference>,
    /// `expires`: seconds after which the kernel removes it; IPv6 only.
    pub expires: Option<u32>,
    /// `ttl-propagate`: whether the TTL is copied between MPLS and IP headers.
    pub ttl_propagate: Option<bool>,
    /// `encap`: what packets are wrapped in.
    pub encap: Option<Encap>,
    /// `nexthop`: several ways; then there is no `via` of the route itself.
    pub nexthops: Vec<Nexthop>,
    /// Where it comes among routes like it.
    pub placement: Placement,
    /// `no_track`: its loss is neither a fault nor repaired.
    pub no_track: bool,
}

impl Route {
    /// A route in the main table with nothing else said.
    #[must_use]
    pub fn new(to: Prefix) -> Route {
        Route {
            kind: RouteKind::Unicast,
            to,
            from: None,
            source: None,
            via: None,
            device: None,
            onlink: false,
            tos: None,
            table: RouteTable::Table(Table::default()),
            protocol: None,
            scope: None,
            metric: None,
            realms: None,
            metrics: RouteMetrics::default(),
            preference: None,
            expires: None,
            ttl_propagate: None,
            encap: None,
            nexthops: Vec::new(),
            placement: Placement::Prepend,
            no_track: false,
        }
    }
}

/// What becomes of packets: `RTN_*` of linux/rtnetlink.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the kernel's names")]
pub enum RouteKind {
    Unicast = 1,
    Local = 2,
    Broadcast = 3,
    Anycast = 4,
    Multicast = 5,
    Blackhole = 6,
    Unreachable = 7,
    Prohibit = 8,
    Throw = 9,
    Nat = 10,
    Xresolve = 11,
}

impl RouteKind {
    /// All of them, with their names; the first one is how it is written.
    pub const ALL: [(&'static str, RouteKind); 12] = [
        ("unicast", RouteKind::Unicast),
        ("local", RouteKind::Local),
        ("broadcast", RouteKind::Broadcast),
        ("brd", RouteKind::Broadcast),
        ("anycast", RouteKind::Anycast),
        ("multicast", RouteKind::Multicast),
        ("blackhole", RouteKind::Blackhole),
        ("unreachable", RouteKind::Unreachable),
        ("prohibit", RouteKind::Prohibit),
        ("throw", RouteKind::Throw),
        ("nat", RouteKind::Nat),
        ("xresolve", RouteKind::Xresolve),
    ];

    /// The one of that name or number.
    #[must_use]
    pub fn from_word(word: &str) -> Option<RouteKind> {
        let named = |(name, kind): &(&str, RouteKind)| *name == word || word.parse() == Ok(*kind as u8);
        Self::ALL.iter().find(|entry| named(entry)).map(|(_, kind)| *kind)
    }

    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether packets go nowhere, so that a router or an interface would be senseless.
    #[must_use]
    pub const fn drops(self) -> bool {
        matches!(self, RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit | RouteKind::Throw)
    }
}

/// In which table a route is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RouteTable {
    /// `table`
    Table(Table),
    /// `vrf`: the table of this VRF interface.
    Vrf(String),
}

/// Where a route comes among those that the kernel takes for the same destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Placement {
    /// `prepend`: before them.
    #[default]
    Prepend,
    /// `add`: only where there is none.
    Add,
    /// `append`: after them.
    Append,
}

/// A value, and whether the kernel may learn a better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockable<T> {
    /// The value.
    pub value: T,
    /// `lock`: it stays.
    pub locked: bool,
}

/// `RTA_METRICS` of linux/rtnetlink.h.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteMetrics {
    /// `mtu`, bytes.
    pub mtu: Option<Lockable<u32>>,
    /// `advmss`: the segment size that TCP announces, bytes.
    pub advmss: Option<Lockable<u32>>,
    /// `hoplimit`
    pub hoplimit: Option<u8>,
    /// `rtt`: the first estimate of the round trip time, in steps of an eighth of a millisecond.
    pub rtt: Option<Lockable<Duration>>,
    /// `rttvar`: that of its variance, in steps of a quarter of a millisecond.
    pub rttvar: Option<Lockable<Duration>>,
    /// `rto_min`: the shortest retransmission timeout, in milliseconds.
    pub rto_min: Option<Lockable<Duration>>,
    /// `reordering`: packets that may overtake each other.
    pub reordering: Option<Lockable<u32>>,
    /// `window`: the greatest window that TCP announces, bytes.
    pub window: Option<u32>,
    /// `cwnd`: the greatest congestion window, segments.
    pub cwnd: Option<Lockable<u32>>,
    /// `ssthresh`: the slow start threshold, segments.
    pub ssthresh: Option<Lockable<u32>>,
    /// `initcwnd`: the first congestion window, segments.
    pub initcwnd: Option<u32>,
    /// `initrwnd`: the first receive window, segments.
    pub initrwnd: Option<u32>,
    /// `features ecn`: explicit congestion notification.
    pub ecn: bool,
    /// `quickack`: acknowledgements are not delayed.
    pub quickack: Option<bool>,
    /// `fastopen_no_cookie`: TCP Fast Open without a cookie.
    pub fastopen_no_cookie: Option<bool>,
    /// `congctl`: the congestion control's name.
    pub congctl: Option<Lockable<String>>,
}

/// `pref`: `ICMPV6_ROUTER_PREF_*` of linux/icmpv6.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "RFC 4191's names")]
pub enum RouterPreference {
    Low = 3,
    Medium = 0,
    High = 1,
}

/// One of several ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nexthop {
    /// `via`: the router.
    pub via: Option<IpAddr>,
    /// `dev`: the interface.
    pub device: Option<String>,
    /// `weight`: its share, 1 to 256.
    pub weight: u16,
    /// `onlink`
    pub onlink: bool,
    /// `encap`
    pub encap: Option<Encap>,
    /// `realms`; IPv4 only.
    pub realms: Option<Realms>,
}

impl Default for Nexthop {
    fn default() -> Nexthop {
        Nexthop { via: None, device: None, weight: 1, onlink: false, encap: None, realms: None }
    }
}

/// A lightweight tunnel: `LWTUNNEL_ENCAP_*` of linux/lwtunnel.h.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encap {
    /// Labels of 20 bits, the outermost first.
    Mpls(Vec<u32>),
    /// An IPv4 tunnel.
    Ip(EncapIp),
    /// An IPv6 tunnel.
    Ip6(EncapIp6),
    /// The locator of identifier-locator addressing.
    Ila([u16; 4]),
    /// IPv6 segment routing.
    Seg6(EncapSeg6),
}

/// `encap ip`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncapIp {
    /// `id`: the tunnel's number or key.
    pub id: Option<u64>,
    /// `dst`: the other end.
    pub dst: Option<Ipv4Addr>,
    /// `src`: this end.
    pub src: Option<Ipv4Addr>,
    /// `tos`
    pub tos: Option<Dsfield>,
    /// `ttl`
    pub ttl: Option<u8>,
    /// `flags`: `TUNNEL_*` of linux/if_tunnel.h.
    pub flags: Option<u16>,
}

/// `encap ip6`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncapIp6 {
    /// `id`: the tunnel's number or key.
    pub id: Option<u64>,
    /// `dst`: the other end.
    pub dst: Option<Ipv6Addr>,
    /// `src`: this end.
    pub src: Option<Ipv6Addr>,
    /// `tc`: the traffic class.
    pub tc: Option<Dsfield>,
    /// `hoplimit`
    pub hoplimit: Option<u8>,
    /// `flags`: `TUNNEL_*` of linux/if_tunnel.h.
    pub flags: Option<u16>,
}

/// `encap seg6`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncapSeg6 {
    /// `mode`
    pub mode: Seg6Mode,
    /// `segs`: the way, the first stop first.
    pub segments: Vec<Ipv6Addr>,
    /// `hmac`: the key's number.
    pub hmac: Option<u32>,
}

/// `SEG6_IPTUN_MODE_*` of linux/seg6_iptunnel.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the kernel's names")]
pub enum Seg6Mode {
    Inline,
    Encap,
    L2Encap,
    EncapRed,
    L2EncapRed,
}
