//! What a file looks like: characters, quotes, lines, braces, and lines that speak about the text itself.

use super::{Code, Example};
use crate::config::Severity::Error;

pub(super) const CODES: &[Code] = &[
    Code {
        name: "unreadable",
        usual: Error,
        title: "there is no configuration to read",
        means: "The main file does not exist, cannot be read, is no regular file, or is empty. It is given with `--format json`; \
                people are told in a line.",
        why: "-t ends with 4, and the daemon does not start.",
        wrong: Example::Told("`keepalived check /etc/keepalived/keepalived.cnf`"),
        right: Example::Instance(""),
    },
    Code {
        name: "missing-brace",
        usual: Error,
        title: "a brace is missing",
        means: "A block is opened and never closed, or a keyword that stands outside every block comes while one is still \
                open, or a section has no `{`. The place named is where it becomes certain; where the indentation shows \
                that the brace was forgotten earlier, that place is named too.",
        why: "Everything down to the next `}` that is too many belongs to another block than it seems to. The C version \
              reads on and complains of the keywords it finds in the wrong place, up to 80 lines for one brace.",
        wrong: Example::Instance("priority 100\nvirtual_ipaddress {\n    192.0.2.1/24"),
        right: Example::Instance("priority 100\nvirtual_ipaddress {\n    192.0.2.1/24\n}"),
    },
    Code {
        name: "unexpected-brace",
        usual: Error,
        title: "a brace that belongs to nothing",
        means: "A `}` closes nothing, because no block is open there, or a `{` follows no keyword.",
        why: "A block ended earlier than its author thought: keywords after that place count for another block, or for none.",
        wrong: Example::File(
            "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n}\n",
        ),
        right: Example::Instance(""),
    },
    Code {
        name: "too-deep",
        usual: Error,
        title: "blocks are nested too deeply",
        means: "More than 32 blocks are open at once. What is deeper is not read.",
        why: "Nothing in the language is nested deeper than five blocks. Such a text is damaged, or was made by a program \
              that went wrong.",
        wrong: Example::File(
            "a {\nb {\nc {\nd {\ne {\nf {\ng {\nh {\ni {\nj {\nk {\nl {\nm {\nn {\no {\np {\nq {\nr {\ns {\nt {\nu {\nv {\nw {\nx {\ny {\nz {\na {\nb {\nc {\nd {\ne {\nf {\ng {\nh {\n",
        ),
        right: Example::Instance(""),
    },
    Code {
        name: "unterminated-quote",
        usual: Error,
        title: "a quote is not closed",
        means: "A word begins with a quote and the closing one is missing. A quoted word ends on the line it begins on, and \
                cannot contain a `\"` itself; commands of scripts can, as `\\\"`.",
        why: "Where the word ends can only be guessed, and blanks, `#` and braces after the quote mean something else \
              inside it than outside. The C version 2.4.3 crashes on such a line.",
        wrong: Example::Instance("notify_master \"/etc/keepalived/up.sh eth0"),
        right: Example::Instance("notify_master \"/etc/keepalived/up.sh eth0\""),
    },
    Code {
        name: "curly-quote",
        usual: Error,
        title: "a typographic quotation mark",
        means: "A word contains one of the quotation marks that word processors and web pages put in the place of a `\"`. \
                They quote nothing: they are letters of the word.",
        why: "A command in such quotes names a program whose name begins with a quotation mark, and every argument would be \
              taken for something else.",
        wrong: Example::Instance("notify_master \u{201c}/etc/keepalived/up.sh\u{201d}"),
        right: Example::Instance("notify_master \"/etc/keepalived/up.sh\""),
    },
    Code {
        name: "odd-space",
        usual: Error,
        title: "an invisible character that is no blank",
        means: "A no-break space, a zero-width space or something like it stands in a word. Only the space and the tab \
                separate words.",
        why: "Two words that seem to be separate are one, so the keyword is unknown although it looks right. It usually \
              comes from copying out of a web page.",
        wrong: Example::Instance("priority\u{a0}100"),
        right: Example::Instance("priority 100"),
    },
    Code {
        name: "line-too-long",
        usual: Error,
        title: "a line is too long",
        means: "A line has more than 16,384 bytes. It is left out.",
        why: "Nobody writes such a line; the file is probably not a configuration. The C version drops lines of more \
              than 1,022 bytes.",
        wrong: Example::File(TOO_LONG),
        right: Example::Instance(""),
    },
    Code {
        name: "nul-byte",
        usual: Error,
        title: "a zero byte in the text",
        means: "The text contains a byte of value zero.",
        why: "Text has none. The file is damaged, is in UTF-16, or is not a configuration at all.",
        wrong: Example::Instance("priority 10\0"),
        right: Example::Instance("priority 100"),
    },
    Code {
        name: "not-utf-8",
        usual: Error,
        title: "bytes that are no UTF-8",
        means: "A line contains bytes that are no UTF-8, outside comments. In comments it does not matter.",
        why: "Which character is meant depends on who reads it. A password or an argument would silently be another than \
              was written.",
        wrong: Example::Instance("authentication {\n    auth_type PASS\n    auth_pass pas\u{fffd}\n}"),
        right: Example::Instance("authentication {\n    auth_type PASS\n    auth_pass passe\n}"),
    },
    Code {
        name: "undefined-variable",
        usual: Error,
        title: "a definition that is used is missing",
        means: "`${NAME}` is used, and no line `$NAME=value` before gives it a value.",
        why: "The C version leaves the text as it is and then takes its braces for a block, which is never meant. Often the \
              file is a template that another program should have filled in.",
        wrong: Example::Instance("interface ${INTERFACE}"),
        right: Example::Instance("interface eth1"),
    },
];

const TOO_LONG: &str = {
    static BYTES: [u8; 16_400] = {
        let mut bytes = [b'a'; 16_400];
        bytes[16_399] = b'\n';
        bytes
    };
    match core::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};
