//! Rules of the protocol, and words from which nothing comes.

use super::{Code, Example};
use crate::config::Severity::{Error, Warning};

pub(super) const CODES: &[Code] = &[
    Code {
        name: "not-yet",
        usual: Warning,
        title: "a keyword that is not built yet",
        means: "The keyword belongs to the language and is understood, but this version does nothing about it. What follows \
                from that stands in a note.",
        why: "A file that works with the C version can be read, and what it would lack here is known before it matters. \
              docs/coverage.md lists all such keywords.",
        wrong: Example::Instance("authentication {\n    auth_type AH\n    auth_pass secret\n}"),
        right: Example::Instance("authentication {\n    auth_type PASS\n    auth_pass secret\n}"),
    },
    Code {
        name: "no-effect",
        usual: Warning,
        title: "words from which nothing comes",
        means: "What is written is understood and can do nothing here: because of other lines, because of what it is applied \
                to, or because this daemon does the same without it.",
        why: "Whoever wrote it expects something that does not happen. Nothing breaks; removing the line, or the one that is \
              named beside it, makes the file say what is so.",
        wrong: Example::Instance("state MASTER\nnopreempt"),
        right: Example::Instance("state BACKUP\nnopreempt"),
    },
    Code {
        name: "contradiction",
        usual: Warning,
        title: "two lines that cannot both hold",
        means: "Two lines of a block say opposite things. Where the C version is clear about which of them counts, the same \
                one counts here; otherwise it is an error.",
        why: "The line that does not count misleads whoever reads the file next.",
        wrong: Example::Instance("preempt\nnopreempt"),
        right: Example::Instance("nopreempt"),
    },
    Code {
        name: "wrong-family",
        usual: Error,
        title: "an address of the wrong family",
        means: "IPv4 and IPv6 are mixed where they cannot be. An instance is of the family of its first address (or of IPv6, \
                with `native_ipv6`), and its other addresses, peers and sources are of the same.",
        why: "An advert carries addresses of one family. The C version leaves the others out and runs without them. \
              Addresses of the other family belong into `virtual_ipaddress_excluded`, or into an instance of their own.",
        wrong: Example::Instance("virtual_ipaddress {\n    192.0.2.1/24\n    2001:db8::1/64\n}"),
        right: Example::Instance(
            "virtual_ipaddress {\n    192.0.2.1/24\n}\nvirtual_ipaddress_excluded {\n    2001:db8::1/64\n}",
        ),
    },
    Code {
        name: "no-address",
        usual: Warning,
        title: "an instance without addresses",
        means: "`virtual_ipaddress` is missing or empty. With version 3 it is an error, because an advert carries at least \
                one address.",
        why: "There is nothing that could move from one router to another; perhaps the block is misspelt, or stands in \
              another one.",
        wrong: Example::Instance("virtual_ipaddress {\n}"),
        right: Example::Instance("virtual_ipaddress {\n    192.0.2.1/24\n}"),
    },
    Code {
        name: "too-many",
        usual: Warning,
        title: "more than there is room for",
        means: "An advert names its addresses, and has room for 255. The rest are treated like \
                `virtual_ipaddress_excluded`: they move with the others, and adverts do not name them. An `include` that \
                more than 10,000 files match is refused: nobody means that, and a part of them would be chance.",
        why: "With addresses the C version does the same. Other routers that are told another list may complain.",
        wrong: Example::Told("A `virtual_ipaddress` of more than 255 lines."),
        right: Example::Instance(
            "virtual_ipaddress {\n    192.0.2.1/24\n}\nvirtual_ipaddress_excluded {\n    192.0.2.2/24\n}",
        ),
    },
    Code {
        name: "no-authentication",
        usual: Warning,
        title: "a password that is not used",
        means: "Adverts carry a password only with VRRP version 2, and with both `auth_type PASS` and `auth_pass`. Here \
                something of that is not so, and adverts carry none.",
        why: "Routers with a password do not listen to those without. All of them need the same lines, or none of them.",
        wrong: Example::Instance("version 3\nauthentication {\n    auth_type PASS\n    auth_pass secret\n}"),
        right: Example::Instance("authentication {\n    auth_type PASS\n    auth_pass secret\n}"),
    },
    Code {
        name: "no-peers",
        usual: Warning,
        title: "unicast without anybody to send to",
        means: "`unicast_src_ip` or another keyword of unicast is written, and `unicast_peer` is not, or is empty. Adverts go \
                to the multicast group, as in the C version. With `unicast_fault_no_peer` it is an error: the instance could \
                do nothing.",
        why: "A router whose peers use unicast hears nobody by multicast, and becomes a second master.",
        wrong: Example::Instance("unicast_src_ip 192.0.2.8"),
        right: Example::Instance("unicast_src_ip 192.0.2.8\nunicast_peer {\n    192.0.2.9\n}"),
    },
    Code {
        name: "not-multicast",
        usual: Error,
        title: "an address that is no multicast group",
        means: "A multicast group was expected: 224.0.0.0 to 239.255.255.255, or an IPv6 address that begins with ff.",
        why: "Adverts to another address reach one machine at most. To send to some machines, use `unicast_peer`.",
        wrong: Example::Instance("mcast_dst_ip 192.0.2.9"),
        right: Example::Instance("mcast_dst_ip 224.0.0.99"),
    },
    Code {
        name: "not-link-local",
        usual: Warning,
        title: "a multicast group that reaches beyond the link",
        means: "The IPv6 group does not begin with ff02, so its packets may leave the link.",
        why: "VRRP is spoken on one link; receivers drop adverts that were routed.",
        wrong: Example::File("global_defs {\n    vrrp_mcast_group6 ff05::12\n}\n"),
        right: Example::File("global_defs {\n    vrrp_mcast_group6 ff02::1234\n}\n"),
    },
    Code {
        name: "loopback",
        usual: Error,
        title: "adverts cannot go out on the loopback interface",
        means: "`interface lo` is written.",
        why: "No other router is on this link. An address that is to be put on `lo` says so itself: `192.0.2.1/32 dev lo`.",
        wrong: Example::Instance("interface lo"),
        right: Example::Instance("virtual_ipaddress {\n    192.0.2.1/32 dev lo\n}"),
    },
    Code {
        name: "strict",
        usual: Warning,
        title: "something that strict mode does not allow",
        means: "With `vrrp_strict` or `strict_mode` an instance does what the RFC says and nothing else. What is written here \
                goes beyond it and does not hold; only unicast stays, because nothing is left of the instance without it.",
        why: "The C version changes these settings too. Its newer releases do not start with unicast peers.",
        wrong: Example::Instance("strict_mode on\nstate MASTER\npriority 100"),
        right: Example::Instance("strict_mode on\nstate BACKUP\npriority 100"),
    },
    Code {
        name: "implied",
        usual: Warning,
        title: "something that follows although it is not written",
        means: "Two lines only make sense with a third one, which is taken for written.",
        why: "The C version does so too. Writing the line makes the file say what is so.",
        wrong: Example::Instance("use_vmac\nunicast_peer {\n    192.0.2.9\n}"),
        right: Example::Instance("use_vmac\nvmac_xmit_base\nunicast_peer {\n    192.0.2.9\n}"),
    },
    Code {
        name: "timers",
        usual: Warning,
        title: "times that do not fit each other",
        means: "One time is longer than another one leaves room for: announcements that are to begin anew before they are \
                through, or a delay of an interface that outlasts the patience of a backup.",
        why: "One of the two never holds as it is written. Where the C version takes a delay for 0, so does this one.",
        wrong: Example::File(
            "interface_up_down_delays {\n    eth0 5\n}\n\nvrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n",
        ),
        right: Example::File(
            "interface_up_down_delays {\n    eth0 1\n}\n\nvrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n",
        ),
    },
];
