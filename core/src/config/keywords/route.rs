//! The words of a route, as `ip route` has them.

use super::{Arg, ENCAP_IP, ENCAP_IP6, ENCAP_SEG6, Keyword, NEXTHOP, ROUTE, alias, deprecated, keyword};

const EFFECT: &str = "routes are not made";

const fn word(name: &'static str, arg: Arg, default: &'static str, doc: &'static str) -> Keyword {
    keyword(ROUTE, name, arg, default, doc).not_yet(EFFECT)
}

const fn kind(name: &'static str, doc: &'static str) -> Keyword {
    keyword(ROUTE, name, Arg::Form("[to] TYPE PREFIX", 1, 1), "", doc).not_yet(EFFECT)
}

const fn hop(name: &'static str, arg: Arg, default: &'static str, doc: &'static str) -> Keyword {
    keyword(NEXTHOP, name, arg, default, doc).not_yet(EFFECT)
}

const fn ip(name: &'static str, arg: Arg, doc: &'static str) -> Keyword {
    keyword(ENCAP_IP, name, arg, "", doc).not_yet(EFFECT)
}

const fn ip6(name: &'static str, arg: Arg, doc: &'static str) -> Keyword {
    keyword(ENCAP_IP6, name, arg, "", doc).not_yet(EFFECT)
}

const fn seg6(name: &'static str, arg: Arg, doc: &'static str) -> Keyword {
    keyword(ENCAP_SEG6, name, arg, "", doc).not_yet(EFFECT)
}

const NUMBER: Arg = Arg::Integer(0, u32::MAX as i64);
const LOCKABLE: Arg = Arg::Form("[lock] NUMBER", 1, 2);
const TIME: Arg = Arg::Form("[lock] TIME[s|ms]", 1, 2);
const YES_NO: Arg = Arg::Choice(&["0", "1"]);
const VIA: Arg = Arg::Form("[inet|inet6] ADDRESS", 1, 2);
const ENCAP: Arg = Arg::Form("ip|ip6|mpls|ila|seg6 ...", 2, usize::MAX);
const ID: Arg = Arg::Form("NUMBER|NAME", 1, 1);
const REALMS: Arg = Arg::Form("[REALM/]REALM", 1, 1);

const BROADCAST: Keyword = kind("broadcast", "packets go to everybody on the link");
const METRIC: Keyword =
    word("metric", NUMBER, "0 for IPv4, 1024 for IPv6", "of routes to the same place the one with the lowest is used");
const VIA_ROUTE: Keyword = word("via", VIA, "none", "the router that packets are given to");
const TOS: Keyword = word("tos", ID, "any", "only packets with this type of service; a number or a name of rt_dsfield");
const DEV: Keyword = word("dev", Arg::Interface, "that of the router", "the interface that packets go out on");

pub(super) const KEYWORDS: &[Keyword] = &[
    word("to", Arg::Form("[TYPE] PREFIX", 1, 2), "", "where packets are going to, which may also be written alone"),
    word("inet", Arg::Flag, "where nothing else says so", "an IPv4 route"),
    word("inet6", Arg::Flag, "off", "an IPv6 route"),
    kind("unicast", "packets go on by the way that is described"),
    kind("local", "packets are for this machine"),
    BROADCAST,
    alias(BROADCAST, "brd"),
    kind("anycast", "packets are for this machine as for others"),
    kind("multicast", "packets go to a group"),
    kind("blackhole", "packets vanish"),
    kind("unreachable", "packets are answered with \"host unreachable\""),
    kind("prohibit", "packets are answered with \"administratively prohibited\""),
    kind("throw", "the search goes on with the next rule, as if there was no route"),
    kind("nat", "addresses are translated; kernels since 2.6 cannot"),
    kind("xresolve", "somebody else is to find the way; no kernel can"),
    word("src", Arg::Address, "the kernel's choice", "the source address of this machine's own packets"),
    word("from", Arg::Form("PREFIX", 1, 1), "any", "only packets from here; IPv6 only"),
    VIA_ROUTE,
    deprecated(VIA_ROUTE, "gw"),
    DEV,
    alias(DEV, "oif"),
    word("or", Arg::Address, "none", "a second router; `nexthop` says it better"),
    TOS,
    alias(TOS, "dsfield"),
    word("table", ID, "main", "the routing table; a number or a name of rt_tables"),
    word("vrf", Arg::Interface, "none", "the routing table of this VRF"),
    word("protocol", ID, "keepalived", "who made the route; others than `keepalived` cannot be tracked"),
    word("scope", ID, "global", "how far away the destination is: global, site, link, host, nowhere or a number"),
    METRIC,
    alias(METRIC, "priority"),
    alias(METRIC, "preference"),
    word("onlink", Arg::Flag, "off", "the router is on the link, even if no address of the interface says so"),
    word("encap", ENCAP, "none", "what packets are wrapped in"),
    word("expires", NUMBER, "never", "seconds after which the kernel removes the route; IPv6 only"),
    word("mtu", LOCKABLE, "that of the interface", "the largest packet in bytes; locked: never measured"),
    word("hoplimit", Arg::Integer(0, 255), "the system's", "the hop limit of this machine's own packets"),
    word("advmss", LOCKABLE, "from the MTU", "the segment size in bytes that TCP announces"),
    word("rtt", TIME, "measured", "the first guess at the round trip time; without a unit in eighths of a millisecond"),
    word("rttvar", TIME, "measured", "that at its variance; without a unit in quarters of a millisecond"),
    word("rto_min", TIME, "0.2 s", "the shortest time until TCP sends again; without a unit in milliseconds"),
    word("reordering", LOCKABLE, "the system's", "how many packets may overtake one before it counts as lost"),
    word("window", NUMBER, "no limit", "the greatest window in bytes that TCP announces"),
    word("cwnd", LOCKABLE, "no limit", "the greatest congestion window in segments; only when locked"),
    word("ssthresh", LOCKABLE, "learned", "the window in segments at which slow start ends"),
    word("initcwnd", NUMBER, "10", "the first congestion window in segments"),
    word("initrwnd", NUMBER, "the system's", "the first receive window in segments"),
    word("features", Arg::Choice(&["ecn"]), "none", "explicit congestion notification"),
    word("quickack", YES_NO, "0", "acknowledgements are sent at once"),
    word("congctl", Arg::Form("[lock] NAME", 1, 2), "the system's", "the congestion control of TCP"),
    word("pref", Arg::Choice(&["low", "medium", "high"]), "medium", "the preference among routers; IPv6 only"),
    word("ttl-propagate", Arg::Choice(&["enabled", "disabled"]), "the system's", "MPLS and IP share their TTL"),
    word("fastopen_no_cookie", YES_NO, "0", "TCP Fast Open goes without a cookie"),
    word("realms", REALMS, "none", "for traffic control; numbers or names of rt_realms; IPv4 only"),
    word("add", Arg::Flag, "off", "only where there is no such route yet"),
    word("append", Arg::Flag, "off", "after routes to the same place"),
    word("prepend", Arg::Flag, "on", "before routes to the same place"),
    word("nexthop", Arg::Form("via ADDRESS [dev IF] ...", 2, usize::MAX), "none", "one of several ways; the last word"),
    word("as", Arg::Form("[to] ADDRESS", 1, 2), "none", "another label for MPLS")
        .no_effect("there are no MPLS routes here"),
    word("no_track", Arg::Flag, "off", "its loss is neither a fault nor repaired"),
    word("track_group", Arg::Word, "none", "static routes only: the instances that suffer when its interface goes"),
    hop("via", VIA, "none", "the router that packets are given to"),
    hop("dev", Arg::Interface, "that of the router", "the interface that packets go out on"),
    hop("weight", Arg::Integer(1, 256), "1", "its share of the traffic"),
    hop("onlink", Arg::Flag, "off", "the router is on the link, even if no address of the interface says so"),
    hop("encap", ENCAP, "none", "what packets are wrapped in"),
    hop("realms", REALMS, "none", "for traffic control; IPv4 only"),
    ip("id", Arg::Form("NUMBER", 1, 1), "the tunnel's number or key"),
    ip("dst", Arg::Address, "the other end of the tunnel"),
    ip("src", Arg::Address, "this end of the tunnel"),
    ip("tos", ID, "the type of service outside"),
    ip("ttl", Arg::Integer(0, 255), "the TTL outside"),
    ip("flags", Arg::Integer(0, 65535), "the kernel's TUNNEL_* flags"),
    ip6("id", Arg::Form("NUMBER", 1, 1), "the tunnel's number or key"),
    ip6("dst", Arg::Address, "the other end of the tunnel"),
    ip6("src", Arg::Address, "this end of the tunnel"),
    ip6("tc", ID, "the traffic class outside"),
    ip6("hoplimit", Arg::Integer(0, 255), "the hop limit outside"),
    ip6("flags", Arg::Integer(0, 65535), "the kernel's TUNNEL_* flags"),
    seg6("mode", Arg::Choice(&["inline", "encap", "l2encap", "encap.red", "l2encap.red"]), "how the way is written"),
    seg6("segs", Arg::Form("ADDRESS,ADDRESS...", 1, 1), "the way, the first stop first"),
    seg6("hmac", NUMBER, "the number of the key"),
];
