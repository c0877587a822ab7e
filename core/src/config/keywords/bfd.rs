//! Inside `bfd_instance`.

use super::{Arg, BFD, Keyword, alias, keyword};

/// As far as the packet's 32 bits of microseconds go (RFC 5880 section 4.1).
const MOST: u64 = u32::MAX as u64 / 1000 * 1000;

const NEIGHBOR: Keyword = keyword(BFD, "neighbor_ip", Arg::Address, "", "the address of the other end");
const TTL: Keyword =
    keyword(BFD, "ttl", Arg::Integer(1, 255), "255, or 64 for IPv6", "TTL or hop limit of the packets that are sent");

pub(super) const KEYWORDS: &[Keyword] = &[
    NEIGHBOR,
    alias(NEIGHBOR, "neighbour_ip"),
    keyword(BFD, "source_ip", Arg::Address, "chosen by the kernel", "where packets come from"),
    keyword(BFD, "min_rx", Arg::Millis(1000, MOST), "10", "milliseconds between packets that are received at least"),
    keyword(BFD, "min_tx", Arg::Millis(1000, MOST), "10", "milliseconds between packets that are sent at least"),
    keyword(
        BFD,
        "idle_tx",
        Arg::Millis(1_000_000, MOST),
        "1000",
        "milliseconds between packets while the session is down",
    ),
    keyword(BFD, "multiplier", Arg::Integer(1, 255), "5", "so many missing packets end the session"),
    keyword(BFD, "passive", Arg::Flag, "off", "wait for the neighbour to speak first"),
    TTL,
    alias(TTL, "hoplimit"),
    keyword(BFD, "max_hops", Arg::Integer(-1, 255), "0", "so many routers may lie between; -1: any number"),
    keyword(BFD, "multihop", Arg::Switch, "off", "the session is one across routers, on port 4784"),
    keyword(
        BFD,
        "weight",
        Arg::Form("WEIGHT [reverse]", 1, 2),
        "0",
        "what the session means to instances that track it without a weight of their own",
    ),
    keyword(BFD, "vrrp", Arg::Flag, "on, unless `checker` stands alone", "tell instances"),
    keyword(BFD, "checker", Arg::Flag, "on, unless `vrrp` stands alone", "tell health checks"),
];
