//! Addresses, routes and rules.

use super::{Code, Example};
use crate::config::Severity::{Error, Warning};

pub(super) const CODES: &[Code] = &[
    Code {
        name: "odd-address",
        usual: Warning,
        title: "an address that a host cannot well have",
        means: "A virtual or static address is of a kind that hosts are not reached by: multicast, loopback, broadcast, reserved, \
                or that of the network itself. It is used as it is written.",
        why: "The kernel refuses some of them, and others never get a packet. Often a digit is missing.",
        wrong: Example::Instance("virtual_ipaddress {\n    192.0.2.255/24\n}"),
        right: Example::Instance("virtual_ipaddress {\n    192.0.2.25/24\n}"),
    },
    Code {
        name: "host-bits",
        usual: Warning,
        title: "a route to something that is no network",
        means: "The destination of a route has bits beyond its prefix length.",
        why: "The kernel refuses such a route, so it will never be there.",
        wrong: Example::Instance("virtual_routes {\n    198.51.100.7/24 via 192.0.2.254\n}"),
        right: Example::Instance("virtual_routes {\n    198.51.100.0/24 via 192.0.2.254\n}"),
    },
    Code {
        name: "no-destination",
        usual: Error,
        title: "a route without a destination",
        means: "A line of routes has words about the way and none about where it leads.",
        why: "The C version leaves the line out.",
        wrong: Example::Instance("virtual_routes {\n    via 192.0.2.254\n}"),
        right: Example::Instance("virtual_routes {\n    default via 192.0.2.254\n}"),
    },
    Code {
        name: "two-destinations",
        usual: Error,
        title: "a route with two destinations",
        means: "A line names two networks. Each line is one route.",
        why: "One of the two would silently be missing.",
        wrong: Example::Instance("virtual_routes {\n    198.51.100.0/24 203.0.113.0/24 via 192.0.2.254\n}"),
        right: Example::Instance(
            "virtual_routes {\n    198.51.100.0/24 via 192.0.2.254\n    203.0.113.0/24 via 192.0.2.254\n}",
        ),
    },
    Code {
        name: "misplaced",
        usual: Error,
        title: "a word that belongs somewhere else",
        means: "The word is known, and means nothing at this place of a route, a rule or an address.",
        why: "The C version skips it, or reads it as part of something else.",
        wrong: Example::Instance("virtual_routes {\n    198.51.100.0/24 nexthop via 192.0.2.254 metric 5\n}"),
        right: Example::Instance(
            "virtual_routes {\n    198.51.100.0/24 metric 5 nexthop via 192.0.2.253 nexthop via 192.0.2.254\n}",
        ),
    },
    Code {
        name: "no-action",
        usual: Error,
        title: "a rule that does nothing",
        means: "A rule says which packets it is for, and not what becomes of them.",
        why: "The kernel would look into the main table, as it does without the rule.",
        wrong: Example::Instance("virtual_rules {\n    from 192.0.2.0/24 preference 100\n}"),
        right: Example::Instance("virtual_rules {\n    from 192.0.2.0/24 table 100 preference 100\n}"),
    },
    Code {
        name: "two-actions",
        usual: Error,
        title: "a rule that does two things",
        means: "A rule has one action: a table, `goto`, `blackhole` or the like.",
        why: "One of the two would silently be missing.",
        wrong: Example::Instance("virtual_rules {\n    from 192.0.2.0/24 table 100 blackhole preference 100\n}"),
        right: Example::Instance("virtual_rules {\n    from 192.0.2.0/24 table 100 preference 100\n}"),
    },
    Code {
        name: "no-preference",
        usual: Warning,
        title: "a rule without a place among the others",
        means: "A rule has no `preference`. It gets a number. With `goto` it is an error, because rules only go on to greater \
                numbers.",
        why: "The kernel asks rules in the order of their numbers, so which one counts is a matter of chance.",
        wrong: Example::Instance("virtual_rules {\n    from 192.0.2.0/24 table 100\n}"),
        right: Example::Instance("virtual_rules {\n    from 192.0.2.0/24 table 100 preference 100\n}"),
    },
    Code {
        name: "never",
        usual: Warning,
        title: "a rule that can never be met",
        means: "A mark has bits that its mask takes away.",
        why: "No packet can have this mark, so nothing ever comes of the rule.",
        wrong: Example::Instance("virtual_rules {\n    fwmark 0x10/0x0f table 100 preference 100\n}"),
        right: Example::Instance("virtual_rules {\n    fwmark 0x10/0xf0 table 100 preference 100\n}"),
    },
];
