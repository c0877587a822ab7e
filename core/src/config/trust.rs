//! Whether the files of `SSL` can be used. The driver reads them.

use super::diagnostic::{Diagnostic, Severity};
use super::model::{Check, Config, NetworkCheck, Probe};
use super::{Parsed, Source};

/// Tells what is `wrong` with the files of the `SSL` block of `parsed`, which is what `source` says: the keyword that names each, and why it cannot be used.
pub fn check(parsed: &mut Parsed, source: &Source, wrong: &[(&'static str, String)]) {
    let Some(ssl) = &parsed.config.lvs.ssl else { return };
    let severity = if uses_tls(&parsed.config) { Severity::Error } else { Severity::Warning };
    let diagnostic = |(keyword, why): &(&'static str, String)| {
        let file = match *keyword {
            "ca" => &ssl.ca,
            "certificate" => &ssl.certificate,
            _ => &ssl.key,
        };
        let file = file.as_ref()?;
        let message = format!("`{}` cannot be used", file.path);
        let diagnostic = Diagnostic { severity, ..Diagnostic::error("ssl-file", file.at.span()?, message) }.label(why);
        Some(match severity {
            Severity::Error => diagnostic.note("without it every SSL_GET check would fail"),
            Severity::Warning => diagnostic.note("nothing comes of it: there are no SSL_GET checks"),
        })
    };
    let found = wrong.iter().filter_map(diagnostic).collect();
    parsed.add(found, source);
}

/// Whether any check uses what the `SSL` block says.
#[must_use]
pub fn uses_tls(config: &Config) -> bool {
    let checks = config.lvs.servers.iter().flat_map(|server| &server.real_servers).flat_map(|real| &real.checks);
    checks.into_iter().any(|check| match check {
        Check::Network(NetworkCheck { manner, .. }) => {
            matches!(&manner.probe, Probe::Http(http) if http.tls.is_some())
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    #[test]
    fn files_that_cannot_be_used_are_shown_where_they_are_named() {
        let ssl = "SSL {\n ca /nope/ca.pem\n certificate /c.pem\n key /k.pem\n}\n";
        let checked = "virtual_server 10.0.0.1 443 {\n protocol TCP\n lvs_sched rr\n lvs_method NAT\n real_server 10.0.0.2 443 {\n \
                       SSL_GET {\n url {\n path /\n }\n }\n }\n}\n";
        for (text, usable) in [(format!("{ssl}{checked}"), false), (ssl.to_owned(), true)] {
            let source = Source::single("test.conf", text);
            let mut parsed = parse(&source);
            assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
            check(&mut parsed, &source, &[("key", "no key".to_owned()), ("ca", "not there".to_owned())]);
            let told: Vec<_> = parsed
                .diagnostics
                .iter()
                .map(|d| (d.code, d.label.as_str(), &source.files[0].text[d.span.start()..d.span.end()]))
                .collect();
            assert_eq!(told, [("ssl-file", "not there", "/nope/ca.pem"), ("ssl-file", "no key", "/k.pem")]);
            assert_eq!(parsed.is_usable(), usable);
        }
    }
}
