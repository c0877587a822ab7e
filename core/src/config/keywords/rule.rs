//! The words of a rule, as `ip rule` has them.

use super::{Arg, Keyword, RULE, alias, keyword};

const fn word(name: &'static str, arg: Arg, default: &'static str, doc: &'static str) -> Keyword {
    keyword(RULE, name, arg, default, doc).not_yet("rules are not made")
}

const NUMBER: Arg = Arg::Integer(0, u32::MAX as i64);
const PREFIX: Arg = Arg::Form("PREFIX", 1, 1);
const ID: Arg = Arg::Form("NUMBER|NAME", 1, 1);
const PORTS: Arg = Arg::Form("PORT[-PORT]", 1, 1);

const TABLE: Keyword = word("table", ID, "", "packets go by this routing table; a number or a name of rt_tables");
const PREFERENCE: Keyword =
    word("preference", NUMBER, "counted down from 16384", "its place: rules with smaller numbers are asked first");
const TOS: Keyword = word("tos", ID, "any", "packets with this type of service; a number or a name of rt_dsfield");
const IIF: Keyword = word("iif", Arg::Interface, "any", "packets that came in here; `lo`: those of this machine");
const PREFIXLENGTH: Keyword = word(
    "suppress_prefixlength",
    Arg::Integer(0, i32::MAX as i64),
    "none",
    "routes with a prefix of this length or a shorter one do not count",
);
const IFGROUP: Keyword = word("suppress_ifgroup", ID, "none", "routes to interfaces of this group do not count");

pub(super) const KEYWORDS: &[Keyword] = &[
    word("inet", Arg::Flag, "where nothing else says so", "a rule for IPv4"),
    word("inet6", Arg::Flag, "off", "a rule for IPv6"),
    word("not", Arg::Flag, "off", "for packets that do not match"),
    word("from", PREFIX, "all", "packets from here"),
    word("to", PREFIX, "all", "packets to there"),
    TOS,
    alias(TOS, "dsfield"),
    word("fwmark", Arg::Form("MARK[/MASK]", 1, 1), "any", "packets with this mark of the packet filter"),
    IIF,
    alias(IIF, "dev"),
    word("oif", Arg::Interface, "any", "packets whose socket is bound to this interface"),
    word("tunnel-id", Arg::Form("NUMBER", 1, 1), "any", "packets from this tunnel"),
    word("uidrange", Arg::Form("UID-UID", 1, 1), "any", "packets that these users sent"),
    word("ipproto", ID, "any", "packets of this protocol, like tcp; a number or a name of /etc/protocols"),
    word("sport", PORTS, "any", "packets from these ports"),
    word("dport", PORTS, "any", "packets to these ports"),
    TABLE,
    alias(TABLE, "lookup"),
    word("l3mdev", Arg::Flag, "off", "packets go by the routing table of their VRF"),
    word("goto", NUMBER, "", "the search goes on at the rule with this greater number"),
    word("nop", Arg::Flag, "off", "the search goes on"),
    word("blackhole", Arg::Flag, "off", "packets vanish"),
    word("unreachable", Arg::Flag, "off", "packets are answered with \"network unreachable\""),
    word("prohibit", Arg::Flag, "off", "packets are answered with \"administratively prohibited\""),
    word("type", Arg::Form("ACTION", 1, 2), "", "may stand before `goto`, `nop`, `blackhole` and the like"),
    word("realms", Arg::Form("[REALM/]REALM", 1, 1), "none", "for traffic control; IPv4 only"),
    PREFIXLENGTH,
    alias(PREFIXLENGTH, "sup_pl"),
    IFGROUP,
    alias(IFGROUP, "sup_group"),
    PREFERENCE,
    alias(PREFERENCE, "priority"),
    alias(PREFERENCE, "order"),
    word("protocol", ID, "keepalived", "who made the rule; others than `keepalived` cannot be tracked"),
    word("no_track", Arg::Flag, "off", "its loss is neither a fault nor repaired"),
    word("track_group", Arg::Word, "none", "static rules only: the instances that suffer when its `iif` goes"),
];
