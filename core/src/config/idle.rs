//! Whether there is anything to run.

use super::diagnostic::{Diagnostic, Span};
use super::{Parsed, Source};

/// Warns where nothing of `parsed`, which is what `source` says, could be run. Files that are parts of others need not be looked at.
pub fn check(parsed: &mut Parsed, source: &Source) {
    let config = &parsed.config;
    let network = &config.network;
    let is_static = !(network.addresses.is_empty() && network.routes.is_empty() && network.rules.is_empty());
    if !parsed.is_usable() || is_static || !config.instances.is_empty() || !config.lvs.servers.is_empty() {
        return;
    }
    // The whole of what is written, or the first line of nothing.
    let text = source.files.first().map_or("", |file| file.text.as_str());
    let start = text.len() - text.trim_start().len();
    let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    let diagnostic = Diagnostic::warning("nothing-to-run", Span::new(0, start, end), "there is nothing to run")
        .label("from here to the end there is no `vrrp_instance` and no `virtual_server` that could be run")
        .note("the daemon would start, and wait for a reload");
    parsed.add(vec![diagnostic], source);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{parse, render};

    #[test]
    fn files_without_anything_to_run() {
        let instance =
            "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n";
        let server = "virtual_server 10.0.0.1 80 {\n protocol TCP\n lvs_sched rr\n lvs_method NAT\n";
        let cases = [
            (String::new(), true),
            ("\n# later\n".to_owned(), true),
            ("global_defs {\n router_id a\n}\n".to_owned(), true),
            (format!("{server}}}\n"), true),
            (format!("{server} real_server 10.0.0.2 80 {{\n }}\n}}\n"), false),
            (instance.to_owned(), false),
            ("static_ipaddress {\n 10.0.0.1/24 dev eth0\n}\n".to_owned(), false),
        ];
        for (text, idle) in cases {
            let source = Source::single("test.conf", &text);
            let mut parsed = parse(&source);
            check(&mut parsed, &source);
            let found = parsed.diagnostics.iter().any(|d| d.code == "nothing-to-run");
            assert_eq!(found, idle, "{text}\n{}", render(&parsed.diagnostics, &source, false));
        }
    }
}
