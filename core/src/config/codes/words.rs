//! A keyword and the words after it.

use super::{Code, Example};
use crate::config::Severity::{Error, Warning};

pub(super) const CODES: &[Code] = &[
    Code {
        name: "unknown-keyword",
        usual: Warning,
        title: "a word that is no keyword where it stands",
        means: "The first word of a line is no keyword of the block it stands in. The line is skipped, with its block where \
                it has one. It is an error where a whole section is lost by a slip of the pen.",
        why: "The C version goes on without the line, and so does this one. What the line should have said does not hold: a \
              misspelt `priority` leaves the priority at 100. `--strict` refuses such files.",
        wrong: Example::Instance("prioritty 150"),
        right: Example::Instance("priority 150"),
    },
    Code {
        name: "unknown-word",
        usual: Error,
        title: "a word that says nothing where it stands",
        means: "A word after an address, an interface or another entry of a list is none of those that may stand there.",
        why: "The C version skips the word and goes on with the next one, so that half of the entry is understood in \
              another way than it was written.",
        wrong: Example::Instance("virtual_ipaddress {\n    192.0.2.1/24 device eth1\n}"),
        right: Example::Instance("virtual_ipaddress {\n    192.0.2.1/24 dev eth1\n}"),
    },
    Code {
        name: "missing-argument",
        usual: Error,
        title: "a keyword without what it needs",
        means: "A keyword that takes a value has none.",
        why: "There is no value to go on with. The C version ends at once.",
        wrong: Example::Instance("priority"),
        right: Example::Instance("priority 100"),
    },
    Code {
        name: "trailing-words",
        usual: Warning,
        title: "more words than a keyword takes",
        means: "Words follow that the keyword does not take. They are not read. A script with loose words is not run at all: \
                the first of them would be taken for a user's name.",
        why: "Every keyword begins a line of its own, so what stands there is not in force. The C version says nothing.",
        wrong: Example::Instance("priority 100 state MASTER"),
        right: Example::Instance("priority 100\nstate MASTER"),
    },
    Code {
        name: "repeated",
        usual: Warning,
        title: "the same thing is written twice",
        means: "A keyword that means one value, or an entry of a list, is written again. Of two values the later one counts; \
                a second entry is left out. It is an error where nothing says which of the two is meant.",
        why: "Somebody who changes the first one will see no effect. The C version says nothing.",
        wrong: Example::Instance("priority 100\npriority 150"),
        right: Example::Instance("priority 150"),
    },
    Code {
        name: "not-a-number",
        usual: Error,
        title: "a word that should be a number",
        means: "A number was expected. Whole numbers have digits only; seconds may have a point and up to six decimals. \
                There are no units: `500ms` is written `0.5`.",
        why: "The C version runs with the leading digits, or with the default, which is seldom what was meant: \
              `advert_int 500ms` would be 500 seconds.",
        wrong: Example::Instance("advert_int 500ms"),
        right: Example::Instance("version 3\nadvert_int 0.5"),
    },
    Code {
        name: "number-tail",
        usual: Warning,
        title: "a number with something harmless behind it",
        means: "A `;` stands behind a whole number, or an `s` behind whole seconds. The number is read without it.",
        why: "What was meant is clear. Lines end without a sign, and every number has the unit that the manual names.",
        wrong: Example::Instance("garp_master_delay 10s"),
        right: Example::Instance("garp_master_delay 10"),
    },
    Code {
        name: "out-of-range",
        usual: Error,
        title: "a number outside its range",
        means: "The number is smaller or greater than the keyword allows. The range stands beside the place.",
        why: "The C version drops the line and runs with the default, which is another value than was written, and may be \
              another one than that of the other routers.",
        wrong: Example::Instance("virtual_router_id 300"),
        right: Example::Instance("virtual_router_id 30"),
    },
    Code {
        name: "rounded",
        usual: Warning,
        title: "a time finer than it can be",
        means: "A time has more decimals than count, or VRRP version 2 cannot carry it: its adverts name whole seconds, \
                those of version 3 hundredths up to 40.95 seconds. The nearest possible value is used.",
        why: "All routers of a link must use the same interval. With version 2 an interval of half a second becomes one \
              second, as in the C version.",
        wrong: Example::Instance("advert_int 0.5"),
        right: Example::Instance("version 3\nadvert_int 0.5"),
    },
    Code {
        name: "clamped",
        usual: Warning,
        title: "a number beyond the last that counts",
        means: "A weight of 254 or -254 is read as 253 or -253. A quorum of 0 is read as 1, and one that all real servers \
                together cannot reach as what they reach; the hysteresis stays below the quorum.",
        why: "Priorities of routers that do not own the addresses go from 1 to 254, so 253 is the greatest difference there \
              can be. The C version reads all these numbers so too.",
        wrong: Example::Instance("track_interface {\n    eth1 weight 254\n}"),
        right: Example::Instance("track_interface {\n    eth1 weight 253\n}"),
    },
    Code {
        name: "bad-value",
        usual: Error,
        title: "a value that the keyword does not know",
        means: "The keyword takes one of a few words, or values that fit each other, and this is none of them. What is \
                possible stands beside the place.",
        why: "The C version goes on with a default: an instance with `state MSTER` begins as backup.",
        wrong: Example::Instance("state MSTER"),
        right: Example::Instance("state MASTER"),
    },
    Code {
        name: "bad-switch",
        usual: Error,
        title: "neither on nor off",
        means: "A keyword that is switched on or off takes `on`, `true`, `yes`, `off`, `false` or `no`, in small letters, or \
                nothing, which means on.",
        why: "The C version ignores the line, so `= yes` or `1` leaves the switch where it was.",
        wrong: Example::Instance("check_unicast_src 1\nunicast_peer {\n    192.0.2.9\n}"),
        right: Example::Instance("check_unicast_src on\nunicast_peer {\n    192.0.2.9\n}"),
    },
    Code {
        name: "bad-address",
        usual: Error,
        title: "this is no IP address",
        means: "An address of IPv4 (four numbers from 0 to 255) or IPv6 was expected.",
        why: "The C version leaves the address out and runs without it: the service it was meant for is not there.",
        wrong: Example::Instance("virtual_ipaddress {\n    192.0.300.1/24\n}"),
        right: Example::Instance("virtual_ipaddress {\n    192.0.2.1/24\n}"),
    },
    Code {
        name: "bad-prefix",
        usual: Error,
        title: "this is no prefix length",
        means: "After the `/` of an address stands the number of its network's bits: 0 to 32 for IPv4, 0 to 128 for IPv6. \
                Masks like 255.255.255.0 are not read.",
        why: "The C version takes 32 or 128 instead, so the address has no network and some neighbours cannot be reached.",
        wrong: Example::Instance("virtual_ipaddress {\n    192.0.2.1/255.255.255.0\n}"),
        right: Example::Instance("virtual_ipaddress {\n    192.0.2.1/24\n}"),
    },
    Code {
        name: "bad-name",
        usual: Error,
        title: "this cannot be such a name",
        means: "Names of interfaces and labels of addresses have 1 to 15 characters, without blanks and `/`.",
        why: "The kernel knows no longer names, so no such interface can ever appear.",
        wrong: Example::Instance("interface a_very_long_interface"),
        right: Example::Instance("interface bond0.1024"),
    },
    Code {
        name: "bad-command",
        usual: Error,
        title: "a command that cannot be split into words",
        means: "A script's command has a quote inside that is not closed, or an escape that ends too early. Commands are \
                split as a shell does it, with single and double quotes and backslashes, but nothing else of a shell works.",
        why: "The program would be called with other arguments than were meant. The C version drops the script, and says so \
              in the log only.",
        wrong: Example::Instance("notify_master \"/etc/keepalived/up.sh 'eth0\""),
        right: Example::Instance("notify_master \"/etc/keepalived/up.sh 'eth0'\""),
    },
    Code {
        name: "script-user",
        usual: Warning,
        title: "a word that is taken for a user",
        means: "The word after a script's command is the user who runs it, and the word after that the group. This one does \
                not look like a user.",
        why: "Arguments belong into the same quotes as the command. Where there is no such user, the script is not run.",
        wrong: Example::Instance("notify_master /bin/sh /etc/keepalived/up.sh"),
        right: Example::Instance("notify_master \"/bin/sh /etc/keepalived/up.sh\""),
    },
    Code {
        name: "truncated",
        usual: Warning,
        title: "more than can be kept",
        means: "A text is longer than what it is for has room for, and is cut.",
        why: "A password of VRRP has 8 bytes. The other routers may cut it in the same way, or not; and whoever thinks a long \
              password is a strong one is mistaken, since it is sent in the clear.",
        wrong: Example::Instance("authentication {\n    auth_type PASS\n    auth_pass correcthorse\n}"),
        right: Example::Instance("authentication {\n    auth_type PASS\n    auth_pass correcth\n}"),
    },
    Code {
        name: "missing-block",
        usual: Error,
        title: "a keyword without its block",
        means: "The keyword has a block in braces, and here there is none.",
        why: "What stands below it would be read as part of the block around it.",
        wrong: Example::Instance("track_interface eth1"),
        right: Example::Instance("track_interface {\n    eth1\n}"),
    },
    Code {
        name: "unexpected-block",
        usual: Error,
        title: "a block where none belongs",
        means: "A `{` stands after a keyword or entry that has no block. The block is skipped.",
        why: "A `}` is probably missing before it, or the keyword is not the one that was meant.",
        wrong: Example::Instance("priority 100 {\n    state MASTER\n}"),
        right: Example::Instance("priority 100\nstate MASTER"),
    },
    Code {
        name: "missing-keyword",
        usual: Error,
        title: "something that cannot be done without",
        means: "A block lacks a keyword without which it means nothing.",
        why: "There is no default that could be right. The C version does not start either.",
        wrong: Example::File(
            "vrrp_instance VI_1 {\n    interface eth0\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n",
        ),
        right: Example::Instance(""),
    },
    Code {
        name: "deprecated",
        usual: Warning,
        title: "an old way to write something",
        means: "The keyword, or its form, still works, and a newer one means the same.",
        why: "Old names go away some day, and people who look them up find little.",
        wrong: Example::File("global_defs {\n    enable_snmp_keepalived\n}\n"),
        right: Example::File("global_defs {\n    enable_snmp_vrrp\n}\n"),
    },
    Code {
        name: "bad-hex",
        usual: Error,
        title: "these are no bytes in hexadecimal",
        means: "Bytes are written as pairs of hexadecimal digits, as many as the keyword says.",
        why: "Other bytes than were meant would be sent, or expected.",
        wrong: Example::Check("HTTP_GET {\n    url {\n        path /\n        digest 9b3a0c85a887a256\n    }\n}"),
        right: Example::Check(
            "HTTP_GET {\n    url {\n        path /\n        digest 9b3a0c85a887a256d6939da88aabd8cd\n    }\n}",
        ),
    },
    Code {
        name: "bad-umask",
        usual: Error,
        title: "this is no mask of permissions",
        means: "`umask` takes an octal number up to 0777, or names of permissions with `|` between them.",
        why: "Files that the daemon writes would be readable for others than was meant.",
        wrong: Example::File("global_defs {\n    umask 0888\n}\n"),
        right: Example::File("global_defs {\n    umask 0077\n}\n"),
    },
    Code {
        name: "relative-path",
        usual: Warning,
        title: "a path that does not begin with a slash",
        means: "The path counts from the directory that the daemon works in.",
        why: "That is the directory it was started in, or `/` once it is in the background, so the path leads to different \
              files at different times.",
        wrong: Example::File(
            "vrrp_track_process haproxy {\n    process /usr/sbin/haproxy\n}\n\nglobal_defs {\n    state_dump_file keepalived.data\n}\n",
        ),
        right: Example::File("global_defs {\n    state_dump_file /run/keepalived.data\n}\n"),
    },
    Code {
        name: "large",
        usual: Warning,
        title: "a number larger than anything it is for",
        means: "The number is allowed and is read as it stands, but is beyond what can make a difference.",
        why: "Priorities go from 1 to 254, so a first value beyond that is probably a slip.",
        wrong: Example::File("track_file load {\n    file /run/load\n    init_file 1000\n}\n"),
        right: Example::File("track_file load {\n    file /run/load\n    init_file 100\n}\n"),
    },
    Code {
        name: "bad-key",
        usual: Error,
        title: "a key of the wrong length",
        means: "A key that signs adverts has 32 to 64 bytes: as hexadecimal digits after `hex:`, as text, or in a file.",
        why: "A shorter key can be guessed, and the other routers would refuse it.",
        wrong: Example::Instance("auth_hmac {\n    key 1 hex:00112233\n    active_key 1\n}"),
        right: Example::Instance(
            "auth_hmac {\n    key 1 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n    active_key 1\n}",
        ),
    },
];
