//! Blocks with addresses, routes and rules, beside `virtual_ipaddress`.

use super::{Arg, INSTANCE, Keyword, ROOT, TRACK_GROUP, keyword, route, rule};

/// With the words of their lines, but for those of addresses.
pub(super) const ALL: [&[Keyword]; 3] = [KEYWORDS, route::KEYWORDS, rule::KEYWORDS];

const KEYWORDS: &[Keyword] = &[
    keyword(ROOT, "static_ipaddress", Arg::Lines, "", "addresses that are always there, one on a line")
        .not_yet("static addresses are not made"),
    keyword(
        ROOT,
        "static_routes",
        Arg::Lines,
        "",
        "routes that are always there, one on a line, as `ip route` has them",
    )
    .not_yet("static routes are not made"),
    keyword(ROOT, "static_rules", Arg::Lines, "", "rules that are always there, one on a line, as `ip rule` has them")
        .not_yet("static rules are not made"),
    keyword(ROOT, "track_group", Arg::NamedBlock, "", "instances that suffer when something static is lost")
        .not_yet("static addresses do not follow groups"),
    keyword(TRACK_GROUP, "group", Arg::Names, "", "the names of the instances")
        .not_yet("static addresses do not follow groups"),
    keyword(INSTANCE, "virtual_routes", Arg::Lines, "", "routes that move with mastership, one on a line")
        .not_yet("these routes are not made"),
    keyword(INSTANCE, "virtual_rules", Arg::Lines, "", "rules that move with mastership, one on a line")
        .not_yet("these rules are not made"),
];
