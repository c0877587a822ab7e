//! The text means the same in its normal form, and has one normal form.

use super::format;
use crate::config::model::Config;
use crate::config::tests::generate::{Sayable, Scraps};
use crate::config::{Secrets, Severity, Source, parse, print};
use quickcheck::quickcheck;

fn formatted(text: &str) -> String {
    String::from_utf8(format(text.as_bytes()).text).unwrap()
}

/// What a text means, and what is said of it, apart from places and so from the order.
fn meaning(text: &str) -> (Config, Vec<(Severity, &'static str, String)>) {
    let parsed = parse(&Source::single("keepalived.conf", text));
    let mut said: Vec<_> = parsed.diagnostics.into_iter().map(|d| (d.severity, d.code, d.message)).collect();
    said.sort();
    (parsed.config, said)
}

/// Both laws.
fn holds(text: &str) -> bool {
    let once = formatted(text);
    let twice = formatted(&once);
    if once != twice {
        eprintln!("NOT IDEMPOTENT\n{text:?}\n{once:?}\n{twice:?}");
        return false;
    }
    let (before, after) = (meaning(text), meaning(&once));
    if before != after {
        eprintln!("NOT THE SAME\n{text:?}\n{once:?}\n{:#?}\n{:#?}", before.1, after.1);
    }
    before == after
}

/// Lines in which everything that makes formatting difficult is frequent.
#[derive(Clone, Debug)]
struct Knots(String);

impl quickcheck::Arbitrary for Knots {
    fn arbitrary(g: &mut quickcheck::Gen) -> Knots {
        const PIECES: &[&str] = &[
            "vrrp_instance A ",
            "priority 100",
            "track_interface ",
            "eth0",
            "{",
            "}",
            " { ",
            " } ",
            "{\n",
            "}\n",
            "\n",
            "\n\n\n",
            " ",
            "  ",
            "\t",
            "# comment",
            "! comment",
            " #",
            "\"",
            "\"a  b\"",
            "'",
            "'a  b'",
            "\\",
            "\\\"",
            "\\#",
            " \\\n",
            "$X=",
            "$X= a \\\n",
            "$X",
            "${X}",
            "${X",
            "@a ",
            "@^a ",
            "\n@a ",
            "\n@b ",
            "~SEQ(I, 1, 3) ",
            "~LST({A, B}, {1,2}) ",
            "include x",
            "\ninclude {a,b}",
            "\r\n",
            "\u{a0}",
            "\u{fffd}",
            "\u{e4}",
            "\0",
            "virtual_ipaddress",
            "10.0.0.1",
            "notify \"/x  y\" u",
            "group {A B}",
            "=",
            "(",
            ")",
        ];
        let count = usize::arbitrary(g) % 24;
        Knots((0..count).map(|_| *g.choose(PIECES).unwrap()).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Knots>> {
        Box::new(self.0.shrink().map(Knots))
    }
}

quickcheck! {
    fn any_text_keeps_its_meaning(text: String) -> bool { holds(&text) }

    fn any_knots_keep_their_meaning(knots: Knots) -> bool { holds(&knots.0) }

    fn any_scraps_keep_their_meaning(scraps: Scraps) -> bool { holds(&scraps.0) }

    fn scraps_inside_an_instance_keep_their_meaning(scraps: Scraps) -> bool {
        holds(&crate::config::tests::instance(&scraps.0))
    }

    fn what_is_printed_keeps_its_meaning(config: Sayable) -> bool { holds(&print(&config.0, Secrets::Show)) }

    fn any_bytes_stay_bytes(bytes: Vec<u8>) -> bool {
        let bytes = bytes.strip_prefix(super::BYTE_ORDER_MARK).unwrap_or(&bytes);
        let once = format(bytes).text;
        // Blanks and line ends come and go, and nothing else.
        let solid = |text: &[u8]| -> Vec<u8> {
            text.iter().copied().filter(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')).collect()
        };
        let mut these = solid(bytes);
        let mut those = solid(&once);
        // A `{` may move over a comment.
        these.sort_unstable();
        those.sort_unstable();
        these == those && format(&once).text == once
    }
}

#[test]
fn a_section_without_a_brace_keeps_its_meaning() {
    for text in ["vrrp_instance}%", "vrrp_instance}x", "vrrp_instance }\n%", "vrrp_instance\n}\n%\n"] {
        assert!(holds(text), "{text}");
    }
}

macro_rules! cases {
    ($($name:ident: $text:expr => $expected:expr;)*) => {$(
        #[test]
        fn $name() {
            let text = $text;
            assert!(holds(text));
            assert_eq!(formatted(text), $expected);
        }
    )*};
}

cases! {
    blocks_are_indented: "a  b\t{\nc {\n\td   e\n}\n  }" => "a b {\n    c {\n        d e\n    }\n}\n";
    braces_stand_where_blocks_begin: "a\n{\nb { c }\n}\nd{e}f" => "a {\n    b {\n        c\n    }\n}\nd {\n    e\n}\nf\n";
    blank_lines_do_not_come_in_rows: "\n\na\n\n\n\nb {\n\nc\n\n}\n\n\n" => "a\n\nb {\n    c\n}\n";
    comments_stay: "# a\nb # c\nd {# e\n  #f\n! g\n}#h" => "# a\nb # c\nd { # e\n    #f\n    ! g\n} #h\n";
    a_brace_moves_over_a_comment: "a # b\n# c\n{ # d\ne\n}" => "a { # b\n    # c\n    # d\n    e\n}\n";
    comments_behind_neighbours_stand_under_each_other: "a # b\nccc     # d\n\ne # f\n" => "a   # b\nccc # d\n\ne # f\n";
    quotes_are_left_alone: "a  \"b  {  #  c\"   d" => "a \"b  {  #  c\" d\n";
    commands_are_left_alone: "notify  '/x  y'\nnotify  \"a \\\"b  c\"\n" => "notify  '/x  y'\nnotify  \"a \\\"b  c\"\n";
    includes_are_left_alone: "a {\ninclude  /etc/{a,b}.conf\n}" => "a {\n    include  /etc/{a,b}.conf\n}\n";
    an_include_does_not_become_one: "a { include x }" => "a { include x }\n";
    definitions_go_on: "a {\n$X= \\\nb {   \\\nc   d\\\n\n}\ne\n}" =>
        "a {\n    $X= \\\n        b { \\\n            c   d\\\n\n        }\n    e\n}\n";
    conditions_are_alternatives: "@a  x {\n@^a y {\nz\n}\nv" => "@a x {\n@^a y {\n    z\n}\nv\n";
    a_condition_has_a_block: "a {\n@b c {\n@b d\n@b }\ne\n}" => "a {\n    @b c {\n        @b d\n    @b }\n    e\n}\n";
    sequences_are_left_alone: "a {\n~LST({I, J}, {1,2}) x${I} {\ny\n}\n}" => "a {\n    ~LST({I, J}, {1,2}) x${I} {\n        y\n    }\n}\n";
    other_ends_of_lines: "\u{feff}a {\r\n b\r\n}\r\n" => "a {\n    b\n}\n";
    nothing: "\n \n\t\n" => "";
}

#[test]
fn blanks_alone_inside_a_definition_keep_their_meaning() {
    for text in ["$A=\\\n\t\n\0", "$A=\\\n  \n}\n", "$A=\\\n\n}\n", "$A=\\\n \t\r\n@x b\\\n\nc\n"] {
        assert!(holds(text), "{text:?}");
    }
}

#[test]
fn the_name_of_a_file_keeps_its_blanks() {
    for text in ["@ include %  %", "@a @^b include  x  y", "@a includer a  b\n", "include a   b\n"] {
        assert!(holds(text), "{text:?}");
    }
}

#[test]
fn doubts_name_their_line() {
    let doubt = |text: &str| format(text.as_bytes()).doubt;
    assert_eq!(doubt("a {\nb\n}\n"), None);
    assert_eq!(doubt("a {\nb\n"), Some((2, "a block is not closed")));
    assert_eq!(doubt("a\n}\nb {\n"), Some((2, "a `}` closes nothing")));
    assert_eq!(doubt("a \"b\n"), Some((1, "a quote is not closed")));
    assert_eq!(doubt("@x a {\n@^x b {\nc\n}\n"), None);
    assert_eq!(doubt("$END=}\na {\n$END\n"), None);
}

#[test]
fn bytes_that_are_no_text_stay() {
    assert_eq!(format(b"a  b # f\xfcr \n").text, b"a b # f\xfcr\n");
}

#[test]
fn long_lines_stay_as_they_are() {
    let text = format!("a {{\n   b {}\n}}\n", "c ".repeat(9000));
    assert!(formatted(&text).lines().any(|line| line.starts_with("   b ")));
}
