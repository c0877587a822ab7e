//! Files, definitions and repetitions.

use super::{Code, Example};
use crate::config::Severity::{Error, Warning};

pub(super) const CODES: &[Code] = &[
    Code {
        name: "missing-include",
        usual: Warning,
        title: "a file to include is not there",
        means: "An `include` names a file that does not exist, or a pattern that matches nothing. It is an error with the \
                variants of `include` that ask for it (`includea` asks for everything), after `include_check`, and with -e.",
        why: "Everything in the file is missing, and the C version says so only where it is told to check. A pattern that \
              matches nothing is no mistake by itself: a folder for additions may be empty.",
        wrong: Example::Files(&[("keepalived.conf", "include instances.conf\n")]),
        right: Example::Files(&[
            ("keepalived.conf", "include instances.conf\n"),
            (
                "instances.conf",
                "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n",
            ),
        ]),
    },
    Code {
        name: "unreadable-include",
        usual: Warning,
        title: "a file to include cannot be read",
        means: "What an `include` finds is a directory, may not be read, is no regular file, or is executable. It is skipped; \
                with `includer`, `includea`, `include_check` or -e it is an error.",
        why: "Everything in the file is missing. An executable file is left alone, as the C version does, because no \
              configuration is one.",
        wrong: Example::Told("`include conf.d`, where `conf.d` is a directory."),
        right: Example::Told("`include conf.d/*.conf`."),
    },
    Code {
        name: "include-loop",
        usual: Error,
        title: "files include each other for ever",
        means: "A file includes itself, perhaps through others, or files include each other too deeply. The file is not read \
                again.",
        why: "The same text would be read again and again, and it would never end.",
        wrong: Example::Files(&[
            ("keepalived.conf", "include a.conf\n"),
            ("a.conf", "include b.conf\n"),
            ("b.conf", "include a.conf\n"),
        ]),
        right: Example::Files(&[
            ("keepalived.conf", "include a.conf\ninclude b.conf\n"),
            ("a.conf", "# instances\n"),
            ("b.conf", "# groups\n"),
        ]),
    },
    Code {
        name: "bad-definition",
        usual: Error,
        title: "a definition that does not say what it seems to",
        means: "A blank stands before the `=` of a definition, an empty line comes in the middle of its value, or words follow \
                a definition of several lines.",
        why: "Where a value begins and ends decides what every line that uses it says.",
        wrong: Example::File(
            "$VIP =192.0.2.1\n\nvrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        ${VIP}/24\n    }\n}\n",
        ),
        right: Example::File(
            "$VIP=192.0.2.1\n\nvrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        ${VIP}/24\n    }\n}\n",
        ),
    },
    Code {
        name: "recursive-definition",
        usual: Error,
        title: "a definition that uses itself",
        means: "The value of a definition contains, perhaps through others, the definition itself.",
        why: "It would never end: the C version hangs.",
        wrong: Example::File("$A=$B\n$B=$A\n\nglobal_defs {\n    router_id $A\n}\n"),
        right: Example::File("$A=$B\n$B=edge\n\nglobal_defs {\n    router_id $A\n}\n"),
    },
    Code {
        name: "bad-repeat",
        usual: Error,
        title: "a repetition that cannot be counted",
        means: "A `~SEQ` or `~LST` is not in its form, its numbers lead nowhere, or nothing follows that could be repeated.",
        why: "How often the line counts is not known, so it is left out, and the configuration is refused.",
        wrong: Example::Instance("virtual_ipaddress {\n    ~SEQ(N, 1, x) 192.0.2.${N}/24\n}"),
        right: Example::Instance("virtual_ipaddress {\n    ~SEQ(N, 1, 9) 192.0.2.${N}/24\n}"),
    },
    Code {
        name: "expansion-too-large",
        usual: Error,
        title: "definitions and repetitions expand to too much",
        means: "What definitions, repetitions and files that are read again expand to is larger than any configuration, or is \
                nested too deeply. The rest is not read.",
        why: "A few lines can expand to more than any memory holds.",
        wrong: Example::File(
            "$A=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n$B=$A $A $A $A $A $A $A $A\n$C=$B $B $B $B $B $B $B $B\n\
             $D=$C $C $C $C $C $C $C $C\n$E=$D $D $D $D $D $D $D $D\n$F=$E $E $E $E $E $E $E $E\n\nglobal_defs {\n    router_id $F\n}\n",
        ),
        right: Example::File("$A=aaaa\n$B=${A}${A}\n\nglobal_defs {\n    router_id $B\n}\n"),
    },
];
