//! What the preprocessor makes of a text: every form of it. Where nothing else is said, `keepalived -d` 2.2.7 shows the same.

use super::files::{SETTINGS_ID, read_files, settings};
use super::{codes, instance, read};
use crate::config::Source;
use crate::config::preprocess::{Limits, Reader};

/// The lines of the language proper, for the machine `main`.
fn lines(text: &str) -> Vec<String> {
    let mut source = Source::single("k.conf", text);
    source.settings = settings();
    source.files[0].directory = "/etc/keepalived".into();
    lines_of(&source).0
}

/// Lines, and the codes of what is said about them.
fn lines_of(source: &Source) -> (Vec<String>, Vec<&'static str>) {
    let mut reader = Reader::new(source);
    let (mut out, mut lines) = (Vec::new(), Vec::new());
    while let Some(line) = reader.next(&mut out) {
        lines.push(line.text.as_str().to_owned());
    }
    (lines, out.iter().map(|d| d.code).collect())
}

/// What is said about the text itself.
fn said(text: &str) -> Vec<&'static str> {
    let mut source = Source::single("k.conf", text);
    source.settings = settings();
    lines_of(&source).1
}

#[test]
fn conditions() {
    assert_eq!(SETTINGS_ID, "main");
    assert_eq!(
        lines("@main a\n@backup b\n@^main c\n@^backup d\n  @main   e f\n@main\n@mai g\n@mainx h"),
        ["a", "d", "e f"]
    );
    assert_eq!(lines("@main $A=1\n@backup $A=2\nx $A"), ["x 1"]);
    assert_eq!(lines("a { @main b\n@backup }\n}"), ["a {", "b", "}"], "behind a brace too");
    assert_eq!(lines("$IF_MAIN=@main\n$IF_MAIN x\n$IF_OTHER=@other\n$IF_OTHER x"), ["x"]);
}

/// Behind the empty line that ended one definition another one may begin, for some ids or for all.
#[test]
fn a_definition_with_an_id_behind_an_empty_line() {
    for (line, value) in [("$Y= \\", "2"), ("@^other $Y= \\", "2"), ("@^other @^another $Y= \\", "2")] {
        let text = format!("$X= \\\n1 \\\n\n{line}\n2 \\\n\n");
        let (_, parsed) = read(&(text + &instance("priority $Y\npreempt_delay $X")));
        assert!(parsed.diagnostics.is_empty(), "{line}: {:?}", parsed.diagnostics);
        assert_eq!(parsed.config.instances[0].priority.0.to_string(), value);
    }
}

#[test]
fn definitions() {
    assert_eq!(lines("$A=x y\np $A q ${A}z"), ["p x y q x yz"]);
    assert_eq!(lines("$A=\np ${A}q $A r"), ["p q  r"]);
    assert_eq!(lines("$A=1\n$A=2\n$A"), ["2"]);
    assert_eq!(lines("$_a1=x\n\"${_a1}\""), ["\"x\""]);
    // Only with braces, or before a blank, a comma, a parenthesis or the end.
    assert_eq!(lines("$A=1\n$A,$A) $A/ \"$A\" $A.b"), ["1,1) $A/ \"$A\" $A.b"]);
    assert_eq!(lines("$ $1 $, a$b"), ["$ $1 $, a$b"]);
    assert_eq!(lines("$A = 1\nx $A"), ["x 1"], "and it is an error");
}

#[test]
fn names_may_be_put_together() {
    assert_eq!(lines("$P_1=a\n$P_2=b\n$N=2\np ${P_${N}}"), ["p b"]);
    assert_eq!(lines("$M=N\n$N=x\n${${M}}"), ["x"]);
    assert_eq!(lines("$P_1=a\n~SEQ(i, 1, 1) p ${P_${i}}"), ["p a"]);
    assert_eq!(said("$N=2\np ${P_${N}}"), ["undefined-variable"]);
    assert_eq!(said("$A=A\n$B=${${A}}\n$B"), [""; 0]);
}

#[test]
fn values_are_replaced_when_they_are_used() {
    let text = "$BASE=10.2.${SUB}\n$SUB=0\n${BASE}.100/32\n$SUB=10\n${BASE}.100/32";
    assert_eq!(lines(text), ["10.2.0.100/32", "10.2.10.100/32"]);
    assert_eq!(lines("$A=$B\n$B=$C\n$C=x\n$A"), ["x"]);
    // What follows a value belongs to the name at its end.
    assert_eq!(lines("$A=$B\n$B=1\n$BC=2\n${A}C"), ["2"]);
}

#[test]
fn definitions_of_several_lines() {
    let text = "$I= \\\nvrrp_instance V${N} { \\\n  interface e${N}\\\n  priority 1  \\\n}\n$N=0\n$I\n$N=1\n$I";
    assert_eq!(
        lines(text),
        [
            "vrrp_instance V0 {",
            "interface e0",
            "priority 1",
            "}",
            "vrrp_instance V1 {",
            "interface e1",
            "priority 1",
            "}",
        ]
    );
    assert_eq!(lines("$M=a \\\nb\nx $M\n$M"), ["x a", "b", "a", "b"], "what stands before belongs to the first line");
    // Lines that hold nothing but a comment do not end it; in 2.2.7 they did.
    assert_eq!(lines("$M= \\\na \\\n  # comment\n   \n b\n$M"), ["a", "b"]);
    assert_eq!(lines("@main $M= \\\na\n@backup $M= \\\nb\n$M"), ["a"]);
    assert_eq!(lines("$M= \\\n@main a \\\n@backup b \\\n$X=1 \\\nc $X\n$M"), ["a", "c 1"]);
}

#[test]
fn definitions_within_definitions() {
    let text = "$RS= \\\nreal ${V}.${R} \\\n{ \\\n}\n$VS= \\\nvirtual ${V} { \\\n$R=1 \\\n$RS \\\n$R=2 \\\n$RS \\\n}\n\
                $V=0\n$VS\n$V=1\n$VS";
    let one = |v: u8| format!("virtual {v} {{|real {v}.1|{{|}}|real {v}.2|{{|}}|}}");
    assert_eq!(lines(text).join("|"), format!("{}|{}", one(0), one(1)));
}

#[test]
fn sequences() {
    assert_eq!(lines("~SEQ(N, 0, 2) a ${N}.$N"), ["a 0.0", "a 1.1", "a 2.2"]);
    assert_eq!(lines("~SEQ(N, 2) $N"), ["1", "2"]);
    assert_eq!(lines("~SEQ(N, -2) $N"), ["-1", "-2"]);
    assert_eq!(lines("~SEQ(N, 0) $N"), ["1", "0"]);
    assert_eq!(lines("~SEQ(N, 3, 1) $N"), ["3", "2", "1"]);
    assert_eq!(lines("~SEQ(N, 1, 3, 8) $N"), ["1", "4", "7"]);
    assert_eq!(lines("~SEQ( N , 010 , -2 , 0x4 )   $N"), ["8", "6", "4"]);
    assert_eq!(lines("~SEQx(N, 0x90, 16, 0xb0) fe80::${N}"), ["fe80::90", "fe80::a0", "fe80::b0"]);
    assert_eq!(lines("$END=2\n~SEQ(N, 1, $END) $N"), ["1", "2"]);
    assert_eq!(lines("$S=~SEQ(N,1,2)\n$S x $N"), ["x 1", "x 2"], "2.2.7 takes this for a keyword");
    assert_eq!(lines("~SEQ(N,9223372036854775806,9223372036854775807) $N").len(), 2);
}

#[test]
fn lists() {
    assert_eq!(lines("~LST(A, x, y ,z) $A"), ["x", "y", "z"]);
    assert_eq!(lines("~LST({A, B}, {1,2},{3},{}, {4, 5}) ${A}.${B}"), ["1.2", "3.", ".", "4.5"]);
    assert_eq!(lines("~LST({A},{1},2) $A"), ["1", "2"]);
    assert_eq!(lines("$X=7\n~LST(A, $X, 8) $A"), ["7", "8"]);
    assert_eq!(lines("~LST(A, 1, 2) ~LST(B, 5,6) $A.${B}"), ["$A.5", "$A.6", "$A.5", "$A.6"]);
    assert_eq!(lines("~LST(A,) x${A}y"), ["xy"]);
}

#[test]
fn repetitions_within_repetitions() {
    assert_eq!(lines("~SEQ(A,1,2) ~SEQ(B,1,2) ${A}${B}"), ["11", "12", "21", "22"]);
    let text = "~LST({IP, IP1}, {10,1},{20,4}) ~SEQ(IP2,168,2,172) 192.${IP2}.${IP}.${IP1}";
    let want = "192.168.10.1 192.170.10.1 192.172.10.1 192.168.20.4 192.170.20.4 192.172.20.4";
    assert_eq!(lines(text).join(" "), want);
    assert_eq!(lines("~SEQ(A,1,3) ~SEQ(B,1,$A) ${A}${B}"), ["11", "21", "22", "31", "32", "33"]);
    let text = "$M= \\\na ${N} \\\n~SEQ(O,1,2) b ${N}${O} \\\nc\n~SEQ(N,1,2) $M";
    assert_eq!(lines(text), ["a 1", "b 11", "b 12", "c", "a 2", "b 21", "b 22", "c"]);
    assert_eq!(lines("v { ~SEQ(N,1,2) 10.0.0.${N}\n}"), ["v {", "10.0.0.1", "10.0.0.2", "}"]);
}

#[test]
fn the_example_of_the_manual() {
    let text = "$VI= \\\nvrrp_instance v.${IF}.${NUM}.${ID} { \\\n interface bond${IF}.${NUM} \\\n virtual_router_id ${ID} \\\n \
                virtual_ipaddress { \\\n  10.${IF}.${NUM}.${ID}/24 \\\n } \\\n}\n\n\
                ~SEQ(IF,0,1) ~SEQ(NUM,0,2) ~SEQ(ID,1,254) $VI";
    let (_, parsed) = read(text);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    assert_eq!(parsed.config.instances.len(), 2 * 3 * 254);
    let last = parsed.config.instances.last().expect("an instance");
    assert_eq!((&*last.name, last.interface.as_str(), last.vrid.get()), ("v.1.2.254", "bond1.2", 254));
}

#[test]
fn what_needs_no_definition() {
    assert_eq!(lines("${_PWD} $_PWD ${_INSTANCE}"), ["/etc/keepalived /etc/keepalived main"]);
    assert_eq!(lines("\"${_ENV HOME_OF_TEST}\" x${_ENV NOWHERE}y"), ["\"/home/test\" xy"]);
    assert_eq!(said("${_ENV NOWHERE}"), ["undefined-variable"]);
    // In 2.2.7 and 2.4.3 they begin a comment, unless they are in quotes.
    assert_eq!(lines("a${_HASH}b ${_BANG}"), ["a#b !"]);
    assert_eq!(lines("$_PWD=x\n${_PWD}"), ["x"], "but may have one");
    assert_eq!(lines("${_RANDOM 5 5} ${_RANDOM  7  7}"), ["5 7"]);
    assert_eq!(said("${_RANDOM 7 5}"), ["out-of-range"]);
    for wrong in ["${_RANDOM a}", "${_RANDOM 1 2 3}", "${_PWD x}", "${_ENV}"] {
        assert_eq!(said(wrong).len(), 1, "{wrong}");
    }
}

#[test]
fn chance_is_what_the_seed_says() {
    let text = "${_RANDOM} ${_RANDOM 10} ${_RANDOM 1 6}";
    // The seed of the tests is 1; these are rand() % 32768 and so on.
    assert_eq!(lines(text), [format!("{} {} {}", 1804289383 % 32768, 846930886 % 32758 + 10, 1681692777 % 6 + 1)]);
    let seeded = |at: &str| lines(&at.replace('|', "global_defs {\nrandom_seed 42\n}\n")).join("\n");
    assert!(seeded(&format!("{text}\n|")).starts_with(&format!("{} ", 71876166 % 32768)));
    assert!(seeded(&format!("|{text}")).contains(&format!("{} ", 71876166 % 32768)));
}

#[test]
fn comments_come_before_everything() {
    assert_eq!(lines("$A=1 # one\n$A ! x\n~SEQ(N,1,2) $N # n"), ["1", "1", "2"]);
    // A protected character is meant as it is, whatever it goes through. (In the C version it begins a comment the second time.)
    assert_eq!(lines("$A=a\\#b\nx ${A} \\! \"\\#\""), ["x a#b ! \"\\#\""]);
}

#[test]
fn braces_of_names_are_no_blocks() {
    assert_eq!(lines("$A=1\nx ${A}{ y }"), ["x 1{ y }"]);
    let (i, warnings) =
        super::rules::only(&instance("priority ${P} }\n").replace("priority", "$P=7\npriority").replace("} }", "}"));
    assert_eq!((i.priority.0, warnings.len()), (7, 0));
}

#[test]
fn what_is_not_defined_stays_as_it_is() {
    assert_eq!(lines("$A=1\nx $UNDEF \"${UNDEF}\" a$b"), ["x $UNDEF \"${UNDEF}\" a$b"]);
    assert_eq!(said("x $UNDEF"), ["undefined-variable"]);
    assert!(said("x \"$UNDEF ${UNDEF}\" a$b $1 \"$(date)\"").is_empty());
    assert!(said("auth_pass $ecret").is_empty());
    assert_eq!(said("$VIRTUAL=1\nscript \"/x ${VIRTUA}\""), ["undefined-variable"], "nearly a name that is defined");
    assert_eq!(said("$A=1\nx $A/24"), ["undefined-variable"]);
}

#[test]
fn repetitions_that_cannot_be_read() {
    for wrong in [
        "~SEQ",
        "~SEQ x",
        "~SEQ(",
        "~SEQ()",
        "~SEQ(N) x",
        "~SEQ(N,) x",
        "~SEQ(N,1,2,3,4) x",
        "~SEQ(N,a) x",
        "~SEQ(N,1,0,2) x",
        "~SEQ(N,1,-1,2) x",
        "~SEQ(1,2) x",
        "~SEQ({N},2) x",
        "~SEQx(N,-1,2) x",
        "~SEQ(N,1,2",
        "~SEQ(N,1,2)",
        "~SEQ(N,1 2) x",
        "~SEQ(N,99999999999999999999) x",
        "~LST",
        "~LST()",
        "~LST(A) x",
        "~LST(A B,1) x",
        "~LST({A,1) x",
        "~LST({A},{1,2}) x",
        "~LST(A,{1) x",
        "~LST(A,{1}2) x",
        "~LST(A,1 2) x",
        "~LST({A,},1) x",
        "~LST(A,1",
    ] {
        assert_eq!(said(wrong), ["bad-repeat"], "{wrong}");
        assert!(lines(wrong).is_empty(), "{wrong}");
    }
}

#[test]
fn an_empty_line_ends_a_definition() {
    assert_eq!(said("$M= \\\na \\\n\nb"), [""; 0]);
    assert_eq!(said("$M= \\\na \\\n\n$N= \\\nb"), [""; 0]);
    assert_eq!(said("$M= \\\na \\\n\nb \\\nc"), ["bad-definition"]);
}

#[test]
fn what_never_ends_is_an_error() {
    assert_eq!(said("$A=$A\nx $A"), ["recursive-definition"]);
    assert_eq!(said("$A=${B} x\n$B=y ${A}\n$A"), ["recursive-definition"]);
    assert_eq!(said("$A=x \\\n$A\n$A"), ["recursive-definition"]);
    assert_eq!(said("$A=x \\\n$B\n$B=y \\\n$A\n$A"), ["recursive-definition"]);
    assert_eq!(said("$A=@main $A\n$A x"), ["recursive-definition"]);
    assert_eq!(said("$A= \\\n~SEQ(N,1,9) $A\n$A"), ["recursive-definition"]);
}

/// A text in which each of so many definitions uses the one before twice.
fn doubling(levels: usize, first: &str) -> String {
    let mut text = format!("$A0={first}\n");
    for n in 1..=levels {
        let m = n - 1;
        text.push_str(&format!("$A{n}=${{A{m}}}${{A{m}}}\n"));
    }
    format!("{text}x ${{A{levels}}}\n")
}

#[test]
fn bombs_do_not_go_off() {
    for text in [
        doubling(60, ""),
        doubling(60, "x"),
        doubling(200, "x"),
        "~SEQ(A,1,100000) ~SEQ(B,1,100000) x\n".to_owned(),
        "~SEQ(A,1,9223372036854775807) x\n".to_owned(),
        "~SEQ(A,1,9) ".repeat(1000) + "x",
        "~SEQ(A,1,1000000000) $X=${A}\n".to_owned(),
        "~SEQ(A,1,1000000000) @nobody x\n".to_owned(),
        format!("$X={}\n~SEQ(A,1,1000000000) ${{X}}\n", "a".repeat(16_000)),
    ] {
        let source = Source::single("bomb", text);
        let mut reader = Reader::with_limits(&source, Limits { lines: 3_000, bytes: 4 << 20 });
        let (mut out, mut bytes) = (Vec::new(), 0);
        while let Some(line) = reader.next(&mut out) {
            bytes += line.text.as_str().len();
        }
        assert!(out.iter().any(|d| d.code == "expansion-too-large"), "{:.80} {out:?}", source.files[0].text);
        assert!(bytes <= 5 << 20 && out.len() < 5);
    }
}

#[test]
fn values_that_use_each_other_deeply_are_read_up_to_a_bound() {
    let chain = |n: usize| {
        let text: String = (1..=n).map(|n| format!("$A{n}=$A{}\n", n - 1)).collect();
        format!("$A0=end\n{text}$A{n}\n")
    };
    assert_eq!(lines(&chain(60)), ["end"]);
    assert_eq!(said(&chain(70)), ["expansion-too-large"]);
}

/// Sixty times as many lines must not take more than sixty times the work; counted in what comes out.
#[test]
fn thousands_of_repetitions_are_read() {
    let (_, parsed) = read("~SEQ(A,1,60) ~SEQ(B,1,250) x ${A}.${B}");
    // One complaint with a count, and not fifteen thousand.
    assert_eq!(parsed.diagnostics.len(), 1);
    assert!(parsed.diagnostics[0].notes.iter().any(|note| note.contains("14999")), "{:?}", parsed.diagnostics);
}

#[test]
fn definitions_of_included_files_count_from_there_on() {
    let files = [("k.conf", "x ${A}\ninclude a.conf\nx ${A}"), ("a.conf", "$A=1\n$B=${_PWD}")];
    let (source, parsed) = read_files(&files);
    assert_eq!(codes(&parsed).0, ["undefined-variable"]);
    assert_eq!(lines_of(&source).0, ["x ${A}", "x 1"]);
}

/// Pieces of the preprocessor's language in any order.
#[derive(Clone, Debug)]
struct Pieces(String);

impl quickcheck::Arbitrary for Pieces {
    fn arbitrary(g: &mut quickcheck::Gen) -> Self {
        const PIECES: &[&str] = &[
            "\n",
            "\n",
            "\n",
            " ",
            " ",
            "\\\n",
            " \\\n",
            "$A=",
            "$B=",
            "$A",
            "$B",
            "${A}",
            "${B}",
            "${",
            "}",
            "{",
            "$",
            "=",
            "@main ",
            "@^main ",
            "@x ",
            "~SEQ(A,1,3) ",
            "~SEQ(B,$A) ",
            "~SEQx(A,0x9,0xb)",
            "~SEQ(",
            "~LST(A,x,y) ",
            "~LST({A,B},{1,2},{3}) ",
            "~LST({A",
            ")",
            ",",
            "\"",
            "#",
            "!",
            "\\#",
            "\\",
            "é",
            "\u{feff}",
            "\0",
            "\u{fffd}",
            "${_RANDOM 1 3}",
            "${_ENV HOME_OF_TEST}",
            "${_HASH}",
            "${_PWD}",
            "${_RANDOM",
            "$_INSTANCE",
            "include a.conf",
            "includea {a,b}.conf",
            "include b.conf",
            "include *",
            "include_check",
            "random_seed 3",
            "global_defs {",
            "vrrp_instance V${A} {",
            "interface",
            "priority ",
            "virtual_ipaddress {",
            "10.0.0.${A}",
            "notify_master \"/x ${A}\"",
            "\r\n",
        ];
        let count = usize::arbitrary(g) % 60;
        Pieces((0..count).map(|_| *g.choose(PIECES).unwrap_or(&"")).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Pieces))
    }
}

quickcheck::quickcheck! {
    /// Whatever the text and the files that it includes: it ends, and every place that is spoken of is one.
    fn any_pieces_are_read(main: Pieces, a: Pieces, b: Pieces) -> bool {
        let files = [("k.conf", main.0.as_str()), ("a.conf", &*a.0), ("b.conf", &*b.0)];
        let (source, parsed) = read_files(&files);
        let sound = |span: &crate::config::Span| {
            span.start() <= span.end() && source.files[span.file()].text.get(span.start()..span.end()).is_some()
        };
        let _ = crate::config::render(&parsed.diagnostics, &source, false);
        parsed.diagnostics.iter().all(|d| sound(&d.span) && d.also.iter().all(|(span, _)| sound(span)))
    }

    /// A text without anything of the preprocessor's comes out as it is.
    fn plain_lines_stay(lines: Vec<u16>) -> bool {
        let lines: Vec<String> = lines.iter().map(|n| format!("word{n} a{{b}} \"c d\"")).collect();
        self::lines(&lines.join("\n")) == lines
    }

    /// Counting is counting, in whichever direction.
    fn sequences_count(start: i16, step: u8, count: u8) -> bool {
        let step = i64::from(step) + 1;
        let numbers: Vec<i64> = (0..=i64::from(count)).map(|n| i64::from(start) + n * step).collect();
        let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
        let up = lines(&format!("~SEQ(N, {first}, {step}, {last}) $N"));
        let mut down = lines(&format!("~SEQ(N, {last}, -{step}, {first}) $N"));
        if first != last {
            down.reverse();
        }
        let want: Vec<String> = numbers.iter().map(i64::to_string).collect();
        up == want && (down == want || first == last)
    }
}
