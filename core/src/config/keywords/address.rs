//! After the address or interface on a line of a block of lines.

use super::{ADDRESS, Arg, Keyword, PEER, STATIC_ADDRESS, TRACK, alias, keyword};

const fn word(name: &'static str, arg: Arg, default: &'static str, doc: &'static str) -> Keyword {
    keyword(ADDRESS, name, arg, default, doc)
}

const BROADCAST: Keyword =
    word("brd", Arg::Form("ADDRESS|+|-", 1, 1), "none", "the broadcast address; + and -: all host bits set, or none");

pub(super) const KEYWORDS: &[Keyword] = &[
    word("dev", Arg::Interface, "the instance's interface", "where the address is put"),
    word("scope", Arg::Form("SCOPE", 1, 1), "global", "global, site, link, host, nowhere or a number; IPv4 only"),
    BROADCAST,
    alias(BROADCAST, "broadcast"),
    word("label", Arg::Interface, "none", "the address's label; IPv4 only"),
    word("peer", Arg::Address, "none", "the other end of a point-to-point link"),
    word("home", Arg::Flag, "off", "a home address (Mobile IPv6)"),
    word("nodad", Arg::Flag, "on", "used at once, without duplicate address detection"),
    word("-nodad", Arg::Flag, "off", "with duplicate address detection"),
    word("mngtmpaddr", Arg::Flag, "off", "the kernel makes temporary addresses from it"),
    word("noprefixroute", Arg::Flag, "off", "no route to its prefix"),
    word("autojoin", Arg::Flag, "off", "the kernel joins it, where it is a multicast address"),
    word(
        "preferred_lft",
        Arg::Form("SECONDS|forever", 1, 1),
        "0 for a single IPv6 address, else forever",
        "seconds for which it may be chosen as a source; 0: only where asked for; IPv6 only",
    ),
    word("no_track", Arg::Flag, "off", "its loss is neither a fault nor repaired")
        .not_yet("the address is tracked like every other"),
    word("use_vmac", Arg::Flag, "off", "it is put on the instance's virtual interface; not for static addresses")
        .not_yet("the address is put on the real interface"),
    keyword(STATIC_ADDRESS, "track_group", Arg::Word, "none", "the instances that suffer when its interface goes")
        .not_yet("the address does not follow a group"),
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
