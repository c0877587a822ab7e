//! Any bytes, as lines of an instance: words, quotes, comments, braces and the ends of lines.

use crate::sound;
use keepalived_core::config::Source;

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let text = text.as_ref();
    let here = sound::check(&file(text));
    // Another way to end a line, a comment behind everything and blanks around it say nothing.
    let mut same = Vec::new();
    if !text.contains('\r') {
        same.push(text.replace('\n', "\r\n"));
    }
    same.push(format!("# nothing\n\n{text}\n\n   ! nothing"));
    for other in same {
        let there = sound::check(&file(&other));
        assert_eq!(here.config, there.config, "{other:?}");
        let codes = |parsed: &keepalived_core::config::Parsed| -> Vec<&str> {
            parsed.diagnostics.iter().map(|d| d.code).collect()
        };
        assert_eq!(codes(&here), codes(&there), "{other:?}");
    }
}

fn file(lines: &str) -> Source {
    Source::single(
        "fuzz.conf",
        format!(
            "vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {{\n 10.0.0.1\n }}\n\
             {lines}\n}}\nvrrp_sync_group G1 {{\n group {{\n VI_1\n }}\n}}\n"
        ),
    )
}
