//! What holds for every text, and for every configuration.

use super::generate::{Sayable, Scraps};
use super::{instance, read, read_back};
use crate::config::codes;
use crate::config::{Secrets, Source, Span, parse, print, render, render_line};
use quickcheck::quickcheck;

/// Parses and renders, and looks at every place that is spoken of.
fn total(text: &str) -> bool {
    let (source, parsed) = read(text);
    let sound = |span: &Span| {
        let text = &source.files[span.file()].text;
        span.start() <= span.end() && text.get(span.start()..span.end()).is_some()
    };
    let _ = render(&parsed.diagnostics, &source, false);
    let ordered = parsed.diagnostics.windows(2).all(|w| w[0].span.start() <= w[1].span.start());
    ordered
        && parsed.diagnostics.iter().all(|d| {
            codes::find(d.code).is_some()
                && sound(&d.span)
                && d.also.iter().all(|(span, _)| sound(span))
                && !render_line(d, &source).contains('\n')
        })
}

quickcheck! {
    fn any_text_is_read(text: String) -> bool { total(&text) }

    fn any_bytes_are_read(bytes: Vec<u8>) -> bool { total(&String::from_utf8_lossy(&bytes)) }

    fn any_scraps_are_read(scraps: Scraps) -> bool { total(&scraps.0) }

    fn scraps_inside_an_instance_are_read(scraps: Scraps) -> bool { total(&instance(&scraps.0)) }

    fn what_is_printed_is_read_back(config: Sayable) -> bool {
        read_back(&config.0);
        true
    }

    fn what_is_read_can_be_printed_and_read(scraps: Scraps) -> bool {
        let (_, first) = read(&instance(&scraps.0));
        if first.is_usable() {
            read_back(&first.config);
        }
        true
    }

    fn a_secret_is_not_printed(config: Sayable) -> bool {
        let text = print(&config.0, Secrets::Hide);
        let (_, parsed) = read(&text);
        parsed.is_usable() && parsed.config.instances.iter().all(|i| i.auth.is_none_or(|a| a.0 == *b"********"))
    }
}

#[test]
fn no_source_is_a_source() {
    let parsed = parse(&Source::default());
    assert!(parsed.is_usable() && parsed.config == Default::default());
}

#[test]
fn ten_thousand_braces_do_not_overflow_the_stack() {
    let (_, parsed) = read(&"a {".repeat(10_000).replace("a {", "a {\n"));
    assert!(super::codes(&parsed).0.contains(&"too-deep"));
    assert!(total(&"{".repeat(16_000)));
    assert!(total(&"}".repeat(16_000)));
}

/// Twice the text must not take much more than twice the work; counted in what comes out, since clocks lie here.
#[test]
fn ten_thousand_instances() {
    let mut text = String::new();
    for n in 0..10_000 {
        let (vlan, vrid) = (n / 250, n % 250 + 1);
        text.push_str(&format!(
            "vrrp_instance VI_{n} {{\n interface eth0.{vlan}\n virtual_router_id {vrid}\n advert_int 1\n \
             virtual_ipaddress {{\n  10.{}.{}.1/24\n }}\n}}\n",
            n / 256,
            n % 256
        ));
    }
    text.push_str("vrrp_sync_group G {\n group {\n");
    (0..10_000).for_each(|n| text.push_str(&format!("VI_{n}\n")));
    text.push_str(" }\n}\n");
    let (_, parsed) = read(&text);
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(parsed.config.instances.len(), 10_000);
    assert_eq!(parsed.config.sync_groups[0].members.len(), 10_000);
}
