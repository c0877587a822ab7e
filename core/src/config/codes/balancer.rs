//! Virtual servers, real servers and their checks.

use super::{Code, Example};
use crate::config::Severity::{Error, Warning};

pub(super) const CODES: &[Code] = &[
    Code {
        name: "default-used",
        usual: Warning,
        title: "something left open that should be said",
        means: "A virtual server does not say something that others decide in different ways: how packets reach the real \
                servers, how one is chosen, or which protocol it is. The default is used.",
        why: "The defaults are those of the C version, and few people know them.",
        wrong: Example::Service("protocol TCP\nlvs_sched rr"),
        right: Example::Service("protocol TCP\nlvs_sched rr\nlvs_method NAT"),
    },
    Code {
        name: "no-real-server",
        usual: Warning,
        title: "a virtual server without real servers",
        means: "A virtual server has no `real_server`. It is left out, with its sorry server.",
        why: "There is nobody to do the work, and the C version leaves it out too.",
        wrong: Example::File(
            "virtual_server 192.0.2.1 80 {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    sorry_server 10.0.0.9 80\n}\n",
        ),
        right: Example::Service("protocol TCP\nlvs_sched rr\nlvs_method NAT\nsorry_server 10.0.0.9 80"),
    },
    Code {
        name: "duplicate-service",
        usual: Error,
        title: "two virtual servers for the same packets",
        means: "The addresses, ports, marks and protocols of two virtual servers overlap.",
        why: "The kernel has one list of real servers for a service: each of the two would undo what the other does.",
        wrong: Example::File(
            "virtual_server 192.0.2.1 80 {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.2 80 {\n    }\n}\n\n\
             virtual_server 192.0.2.1 80 {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.3 80 {\n    }\n}\n",
        ),
        right: Example::File(
            "virtual_server 192.0.2.1 80 {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.2 80 {\n    }\n    \
             real_server 10.0.0.3 80 {\n    }\n}\n",
        ),
    },
    Code {
        name: "unknown-group",
        usual: Error,
        title: "a group that there is not",
        means: "A group of addresses, or of what is tracked, is named and not defined.",
        why: "Nothing would belong to it: no address would be served, or nothing would be followed.",
        wrong: Example::File(
            "virtual_server group web {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.2 80 {\n    }\n}\n",
        ),
        right: Example::File(
            "virtual_server_group web {\n    192.0.2.1 80\n}\n\n\
             virtual_server group web {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.2 80 {\n    }\n}\n",
        ),
    },
    Code {
        name: "bad-range",
        usual: Error,
        title: "this is no range of addresses",
        means: "A range is written as `192.0.2.10-20`, as two addresses, or as a network with its length.",
        why: "The C version leaves the line out: nobody serves these addresses.",
        wrong: Example::File("virtual_server_group web {\n    192.0.2.20-10 80\n}\n"),
        right: Example::File(
            "virtual_server_group web {\n    192.0.2.10-20 80\n}\n\n\
             virtual_server group web {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.2 80 {\n    }\n}\n",
        ),
    },
    Code {
        name: "ssl-file",
        usual: Error,
        title: "a certificate or key that cannot be used",
        means: "A file that `SSL` names cannot be read, or what is in it cannot be used. It is a warning where there are no \
                SSL_GET checks.",
        why: "Every SSL_GET check would fail, and take its server out of the pool. The health checks of the C version end.",
        wrong: Example::Told("`ca /etc/keepalived/ca.pem`, where there is no such file."),
        right: Example::File("SSL {\n    ca /etc/ssl/certs/ca-certificates.crt\n}\n"),
    },
    Code {
        name: "unknown-file",
        usual: Error,
        title: "a file to follow that is not defined",
        means: "`FILE_CHECK` names a `track_file` that there is not.",
        why: "The real server would be checked by nothing.",
        wrong: Example::Check("FILE_CHECK {\n    track_file load\n}"),
        right: Example::File(
            "track_file load {\n    file /run/load\n    weight 1\n}\n\n\
             virtual_server 192.0.2.1 80 {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.2 80 {\n        \
             FILE_CHECK {\n            track_file load\n        }\n    }\n}\n",
        ),
    },
    Code {
        name: "unknown-session",
        usual: Error,
        title: "a BFD session that is not defined",
        means: "`BFD_CHECK` names a `bfd_instance` that there is not.",
        why: "The real server would be checked by nothing.",
        wrong: Example::Check("BFD_CHECK {\n    name link1\n}"),
        right: Example::File(
            "bfd_instance link1 {\n    neighbor_ip 10.0.0.2\n}\n\n\
             virtual_server 192.0.2.1 80 {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.2 80 {\n        \
             BFD_CHECK {\n            name link1\n        }\n    }\n}\n",
        ),
    },
    Code {
        name: "has-no-checker",
        usual: Error,
        title: "a BFD session that checks are not told of",
        means: "`BFD_CHECK` names a `bfd_instance` that has `vrrp` and not `checker`.",
        why: "The real server would stay in the pool when the session ends.",
        wrong: Example::File(
            "bfd_instance link1 {\n    neighbor_ip 10.0.0.2\n    vrrp\n}\n\n\
             virtual_server 192.0.2.1 80 {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.2 80 {\n        \
             BFD_CHECK {\n            name link1\n        }\n    }\n}\n",
        ),
        right: Example::File(
            "bfd_instance link1 {\n    neighbor_ip 10.0.0.2\n    checker\n}\n\n\
             virtual_server 192.0.2.1 80 {\n    protocol TCP\n    lvs_sched rr\n    lvs_method NAT\n    real_server 10.0.0.2 80 {\n        \
             BFD_CHECK {\n            name link1\n        }\n    }\n}\n",
        ),
    },
    Code {
        name: "bad-regex",
        usual: Error,
        title: "a regular expression that cannot be read",
        means: "The pattern that an answer is compared with is no regular expression.",
        why: "No answer could ever match it, so the real server would never be in the pool.",
        wrong: Example::Check("HTTP_GET {\n    url {\n        path /\n        regex \"up (\"\n    }\n}"),
        right: Example::Check("HTTP_GET {\n    url {\n        path /\n        regex \"up \\\\(\"\n    }\n}"),
    },
    Code {
        name: "lost-backslash",
        usual: Warning,
        title: "a backslash that is taken away too early",
        means: "Texts in quotes are read with escapes of their own, so a `\\d` in a pattern becomes a `d` before it is read as a \
                regular expression.",
        why: "The pattern matches something else than was meant. The C version reads it so too.",
        wrong: Example::Check("HTTP_GET {\n    url {\n        path /\n        regex \"version \\d+\"\n    }\n}"),
        right: Example::Check("HTTP_GET {\n    url {\n        path /\n        regex \"version \\\\d+\"\n    }\n}"),
    },
    Code {
        name: "bad-text",
        usual: Error,
        title: "a text whose escapes cannot be read",
        means: "A text has an escape for a zero byte, or ends in a lone backslash.",
        why: "Another text than was meant would be compared or sent.",
        wrong: Example::Check("HTTP_GET {\n    url {\n        path /\n        regex \"a\\x00\"\n    }\n}"),
        right: Example::Check("HTTP_GET {\n    url {\n        path /\n        regex \"a\\x41\"\n    }\n}"),
    },
    Code {
        name: "was-ignored",
        usual: Warning,
        title: "a word that the C version does not read",
        means: "A keyword that only switches something on is written with `off`. Here it is switched off.",
        why: "The C version does not look at the word and switches it on: the same file does the opposite there.",
        wrong: Example::Service("protocol TCP\nlvs_sched rr\nlvs_method NAT\nalpha off"),
        right: Example::Service("protocol TCP\nlvs_sched rr\nlvs_method NAT"),
    },
];
