//! Plain sections mean what they mean line by line.

use super::*;
use crate::config::tests::Scraps;
use crate::config::{Source, ast, lexer, preprocess};

/// The statements and diagnostics of a text, and how many sections of it were plain.
fn read(text: &str, plainly: bool) -> (String, usize) {
    let source = Source::single("keepalived.conf", text);
    let (mut out, mut tokens, mut count) = (Vec::new(), Vec::new(), 0);
    let mut reader = preprocess::Reader::new(&source);
    let mut builder = ast::Builder::new(&source, keywords::begins_a_section);
    loop {
        if plainly
            && builder.is_outside()
            && let Some((file, section)) = reader.plain()
        {
            builder.plain(file, &section);
            count += 1;
            continue;
        }
        let Some(line) = reader.next(&mut out) else { break };
        lexer::tokens(&line, &mut out, &mut reader.partial, &mut tokens);
        builder.partial = reader.partial;
        tokens.drain(..).for_each(|token| builder.take(token, &mut out));
    }
    builder.partial = reader.partial;
    let tree = builder.finish(&mut out);
    let statements: Vec<_> = tree.tops.iter().map(|top| tree.whole(top, &source)).collect();
    (format!("{statements:#?} {out:#?} {}", reader.partial), count)
}

fn plain(text: &str) -> usize {
    let (by_lines, _) = read(text, false);
    let (plainly, count) = read(text, true);
    assert_eq!(by_lines, plainly, "{text}");
    count
}

#[test]
fn plain_sections_are_the_same_statements() {
    for text in [
        "vrrp_instance A {\n  a b\n}\nvrrp_instance B {\n\tc \"d e\" f\"g\"h\n\tk { l\n m\n\t}\n}",
        "virtual_server 10.0.0.1 80 { # {\n\r\n  a ! é $x\n\n  b\n  {\n   c }\n} # x\r\nvirtual_server \"a b\" {\n}\n",
        "vrrp_instance A { a } b\nvrrp_instance B { a { b } c { d } }\n\n  vrrp_instance  C  {\n  }\nvrrp_instance D { \"\" }",
    ] {
        assert!(plain(text) >= 2, "{text}");
    }
}

#[test]
fn what_means_more_than_it_says_goes_by_lines() {
    for inside in [
        "a $B",
        "a \\# b",
        "@id a",
        "~SEQ(A,1,2) b",
        "include x",
        "include_check",
        "random_seed 1",
        "a { random_seed 1",
        "a \"b",
        "a \"{\"",
        "a é",
        "a \0",
        "a \r b",
        "{ a }",
        "a { b } { c }",
        "a {\n  }",
        "vrrp_instance B {\n}",
        "} b {",
        "} b",
        "{",
    ] {
        let text = format!("$B=1\nvrrp_instance A {{\n{inside}\n}}\n");
        assert_eq!(plain(&text), 0, "{text}");
    }
    for text in ["vrrp_instance A\n{\n}\n", "vrrp_instances A {\n}\n", "vrrp_instance A {\n", "vrrp_instance{\n}\n"] {
        assert_eq!(plain(text), 0, "{text}");
    }
    let long = |count| format!("vrrp_instance A {{\n# {}\n}}\n", "x".repeat(count));
    assert_eq!((plain(&long(MAX_LINE - 10)), plain(&long(MAX_LINE))), (1, 0));
}

/// What is behind a copy is where it would be behind any other block.
#[test]
fn copies_are_the_same_statements() {
    let block = "r {\n  a b\n    c {\n    }\n  }";
    for (text, count) in [
        (format!("virtual_server A {{\n  {block}\n  {block}\n}}\nvirtual_server B {{\n  {block}\n}}\n"), 2),
        (format!("virtual_server A {{\n  {block}\n{block}\n}}\n"), 0),
        (format!("virtual_server A {{\n  {block}\n  {block} }}\n"), 1),
        (format!("virtual_server A {{ {block}\n}}\nvirtual_server B {{\n  {block} {block}\n  x\n}}\n"), 1),
        ("virtual_server A {\n r { a }\n r { a } s { a } }\n".to_owned(), 1),
        (format!("virtual_server A {{\n r {{ a }}\n r {{ a }} {}\n}}\n", "x".repeat(MAX_LINE)), 0),
    ] {
        assert_eq!(plain(&text), count, "{text}");
    }
}

quickcheck::quickcheck! {
    fn any_text_is_the_same(scraps: Scraps) -> bool {
        plain(&scraps.0);
        plain(&format!("vrrp_instance A {{\n{}\n}}\n{}", scraps.0, scraps.0));
        let block = format!("real_server A {{\n{}\n}}", scraps.0);
        plain(&format!("virtual_server A {{\n{block}\n{block} {block}\n  {block}\n}}\nvirtual_server B {{\n {block}\n}}\n"));
        true
    }
}
