//! After the address or interface on a line of a block of lines.

use super::{ADDRESS, Arg, Keyword, PEER, TRACK, keyword, later};

const SCOPES: Arg = Arg::Word;

pub(super) const KEYWORDS: &[Keyword] = &[
    keyword(ADDRESS, "dev", Arg::Interface, "the instance's interface", "where the address is put"),
    keyword(ADDRESS, "scope", SCOPES, "global", "global, site, link, host, nowhere or a number"),
    keyword(ADDRESS, "brd", Arg::Word, "none", "the broadcast address; + and -: all host bits set, or none"),
    keyword(ADDRESS, "broadcast", Arg::Word, "none", "the same as brd"),
    keyword(ADDRESS, "label", Arg::Interface, "none", "the address's label"),
    keyword(ADDRESS, "peer", Arg::Address, "none", "the other end of a point-to-point link"),
    keyword(ADDRESS, "home", Arg::Flag, "off", "a home address (Mobile IPv6)"),
    keyword(ADDRESS, "nodad", Arg::Flag, "on", "used at once, without duplicate address detection"),
    keyword(ADDRESS, "-nodad", Arg::Flag, "off", "with duplicate address detection"),
    keyword(ADDRESS, "mngtmpaddr", Arg::Flag, "off", "the kernel makes temporary addresses from it"),
    keyword(ADDRESS, "noprefixroute", Arg::Flag, "off", "no route to its prefix"),
    keyword(
        ADDRESS,
        "preferred_lft",
        Arg::Word,
        "0 for a single IPv6 address, else forever",
        "0: never chosen as a source by itself",
    ),
    later(ADDRESS, "autojoin", "multicast groups are not joined by the kernel"),
    later(ADDRESS, "no_track", "the address is tracked like every other"),
    later(ADDRESS, "use_vmac", "the address is put on the real interface"),
    later(ADDRESS, "track_group", "the address does not follow a group"),
    keyword(PEER, "min_ttl", Arg::Integer(0, 255), "0", "the smallest TTL accepted from the peer"),
    keyword(PEER, "max_ttl", Arg::Integer(0, 255), "255", "the greatest TTL accepted from the peer"),
    keyword(
        TRACK,
        "weight",
        Arg::Integer(-254, 254),
        "0",
        "added to the priority while up, or (negative) while down; 0: its failure is a fault",
    ),
    keyword(TRACK, "reverse", Arg::Flag, "off", "up counts as down, and down as up"),
];
