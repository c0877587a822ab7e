//! Names, references between objects, groups.

use super::{Code, Example};
use crate::config::Severity::{Error, Warning};

pub(super) const CODES: &[Code] = &[
    Code {
        name: "address-twice",
        usual: Warning,
        title: "one address in two instances",
        means: "Two instances have the same virtual address on the same interface.",
        why: "When both are master the address is there once; whichever is no master any more removes it, and the other goes on \
              saying that it has it.",
        wrong: Example::File(
            "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n\n\
             vrrp_instance VI_2 {\n    interface eth0\n    virtual_router_id 52\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n",
        ),
        right: Example::File(
            "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n\n\
             vrrp_instance VI_2 {\n    interface eth0\n    virtual_router_id 52\n    virtual_ipaddress {\n        192.0.2.2/24\n    }\n}\n",
        ),
    },
    Code {
        name: "nothing-to-run",
        usual: Warning,
        title: "nothing that could be run",
        means: "There is no `vrrp_instance`, and no `virtual_server` with real servers, in the file and in what it includes. `check` \
                and -t look.",
        why: "The daemon starts and does nothing, which somebody takes for working.",
        wrong: Example::Told("A file with `global_defs` alone."),
        right: Example::Instance(""),
    },
    Code {
        name: "no-interface",
        usual: Warning,
        title: "an interface that is not there",
        means: "An interface is named that this machine does not have now. `check` and -t look, unless `dynamic_interfaces` says \
                that interfaces come later.",
        why: "An instance waits in FAULT until its interface comes; the C version ends, without `dynamic_interfaces`. Often it is \
              a slip, or the file is that of another machine.",
        wrong: Example::Told("`interface eth0` on a machine with `ens3`."),
        right: Example::Instance("interface ens3"),
    },
    Code {
        name: "duplicate-name",
        usual: Error,
        title: "two objects of the same name",
        means: "Two objects of one kind have the same name.",
        why: "What refers to the name could mean either. The C version leaves the second one out and runs without it.",
        wrong: Example::File(
            "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n\n\
             vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 52\n    virtual_ipaddress {\n        192.0.2.2/24\n    }\n}\n",
        ),
        right: Example::File(
            "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n\n\
             vrrp_instance VI_2 {\n    interface eth0\n    virtual_router_id 52\n    virtual_ipaddress {\n        192.0.2.2/24\n    }\n}\n",
        ),
    },
    Code {
        name: "duplicate-vrid",
        usual: Error,
        title: "two instances that cannot be told apart",
        means: "Two instances have the same `virtual_router_id` and family, on one interface with the same multicast group, \
                or with a unicast peer in common.",
        why: "An advert for one would be taken for the other, so each would see the other as a rival. The C version does not \
              start either.",
        wrong: Example::File(
            "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n\n\
             vrrp_instance VI_2 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.2/24\n    }\n}\n",
        ),
        right: Example::File(
            "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n\n\
             vrrp_instance VI_2 {\n    interface eth0\n    virtual_router_id 52\n    virtual_ipaddress {\n        192.0.2.2/24\n    }\n}\n",
        ),
    },
    Code {
        name: "unknown-instance",
        usual: Warning,
        title: "an instance that there is not",
        means: "A sync group names an instance that is not defined. It is left out; where nobody is left, it is an error.",
        why: "The C version leaves it out of the group, so the instance that was meant moves alone: half of a router is \
              master here and the other half elsewhere.",
        wrong: Example::File(
            "vrrp_sync_group G1 {\n    group {\n        VI_1\n        VI_2\n    }\n}\n\n\
             vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n",
        ),
        right: Example::File(GROUP_OF_TWO),
    },
    Code {
        name: "two-groups",
        usual: Error,
        title: "an instance in two sync groups",
        means: "An instance is a member of two sync groups. It can be in one.",
        why: "The members of a group change state together. Two groups with a common member would have to be one.",
        wrong: Example::File(
            "vrrp_sync_group G1 {\n    group {\n        VI_1\n    }\n}\n\nvrrp_sync_group G2 {\n    group {\n        VI_1\n    }\n}\n\n\
             vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n",
        ),
        right: Example::File(GROUP_OF_TWO),
    },
    Code {
        name: "empty-group",
        usual: Warning,
        title: "a group without members",
        means: "A sync group has no members. It is left out.",
        why: "Nothing ever happens to it, so its scripts are never run. Members are named in a block `group`.",
        wrong: Example::File("vrrp_sync_group G1 {\n    notify_master \"/etc/keepalived/up.sh\"\n}\n"),
        right: Example::File(GROUP_OF_TWO),
    },
    Code {
        name: "small-group",
        usual: Warning,
        title: "a group with one member",
        means: "A sync group has a single member. It is kept.",
        why: "It moves with nobody. Another member has perhaps been forgotten, or its name was misspelt.",
        wrong: Example::File(
            "vrrp_sync_group G1 {\n    group {\n        VI_1\n    }\n}\n\n\
             vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n",
        ),
        right: Example::File(GROUP_OF_TWO),
    },
    Code {
        name: "unknown-object",
        usual: Error,
        title: "something to track that there is not",
        means: "A script, process, file or BFD session is to be tracked and is not defined, or is not there for instances.",
        why: "The C version goes on without it: what should have ended the mastership is not watched.",
        wrong: Example::Instance("track_script {\n    chk_haproxy\n}"),
        right: Example::File(TRACKED),
    },
    Code {
        name: "unused",
        usual: Warning,
        title: "a script that nobody tracks",
        means: "A `vrrp_script` is defined and no instance and no group tracks it. It is not run.",
        why: "Its author expects that something happens when it fails. Name it in `track_script`.",
        wrong: Example::File("vrrp_script chk_haproxy {\n    script \"/usr/bin/pgrep haproxy\"\n}\n"),
        right: Example::File(TRACKED),
    },
    Code {
        name: "unreachable",
        usual: Error,
        title: "a condition that can never be met",
        means: "Two limits exclude each other, such as a `quorum` above the `quorum_max`.",
        why: "The condition never holds, so whoever tracks it is in fault for ever.",
        wrong: Example::File(
            "vrrp_track_process haproxy {\n    process /usr/sbin/haproxy\n    quorum 3\n    quorum_max 2\n}\n",
        ),
        right: Example::File(
            "vrrp_track_process haproxy {\n    process /usr/sbin/haproxy\n    quorum 2\n    quorum_max 3\n}\n",
        ),
    },
    Code {
        name: "unknown-key",
        usual: Error,
        title: "a key that is not there",
        means: "`active_key` names a key that the block does not define.",
        why: "No advert could be signed, so no other router would listen.",
        wrong: Example::Instance(
            "auth_hmac {\n    key 1 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n    active_key 2\n}",
        ),
        right: Example::Instance(
            "auth_hmac {\n    key 1 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n    active_key 1\n}",
        ),
    },
    Code {
        name: "duplicate-session",
        usual: Error,
        title: "two BFD sessions that cannot be told apart",
        means: "Two sessions have the same neighbour, the same source and the same kind.",
        why: "A packet of the neighbour could be for either.",
        wrong: Example::File(
            "bfd_instance A {\n    neighbor_ip 192.0.2.9\n}\n\nbfd_instance B {\n    neighbor_ip 192.0.2.9\n}\n",
        ),
        right: Example::File(
            "bfd_instance A {\n    neighbor_ip 192.0.2.9\n}\n\nbfd_instance B {\n    neighbor_ip 192.0.2.10\n}\n",
        ),
    },
    Code {
        name: "mixed-owners",
        usual: Warning,
        title: "owners of addresses and others in one group",
        means: "Some members of a sync group own their addresses (priority 255), and others do not.",
        why: "An owner is master as soon as it can be, and the others are not, so the group can never move together.",
        wrong: Example::File(
            "vrrp_sync_group G1 {\n    group {\n        VI_1\n        VI_2\n    }\n}\n\n\
             vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    priority 255\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n\n\
             vrrp_instance VI_2 {\n    interface eth1\n    virtual_router_id 51\n    priority 100\n    virtual_ipaddress {\n        198.51.100.1/24\n    }\n}\n",
        ),
        right: Example::File(GROUP_OF_TWO),
    },
];

const GROUP_OF_TWO: &str = "\
vrrp_sync_group G1 {
    group {
        VI_1
        VI_2
    }
}

vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.1/24
    }
}

vrrp_instance VI_2 {
    interface eth1
    virtual_router_id 51
    virtual_ipaddress {
        198.51.100.1/24
    }
}
";

const TRACKED: &str = "\
vrrp_script chk_haproxy {
    script \"/usr/bin/pgrep haproxy\"
}

vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    track_script {
        chk_haproxy
    }
    virtual_ipaddress {
        192.0.2.1/24
    }
}
";
