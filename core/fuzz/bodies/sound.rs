//! What holds for every text, whoever made it.

use keepalived_core::config::{Parsed, Secrets, Source, parse, print, render, render_lines};

/// Reads and renders; every place that is spoken of exists, what can be run can be printed and read again.
pub(crate) fn check(source: &Source) -> Parsed {
    let parsed = parse(source);
    for diagnostic in &parsed.diagnostics {
        for span in std::iter::once(&diagnostic.span).chain(diagnostic.also.iter().map(|(span, _)| span)) {
            let text = source.files.get(span.file()).map(|file| &file.text);
            assert!(text.is_some_and(|text| text.get(span.start()..span.end()).is_some()), "{diagnostic:?}");
        }
    }
    let lines = render_lines(&parsed.diagnostics, source);
    assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{lines:?}");
    let _ = render(&parsed.diagnostics, source, true);
    if parsed.is_usable() {
        let text = print(&parsed.config, Secrets::Show);
        let again = parse(&Source::single("printed", text.as_str()));
        assert!(again.is_usable() && again.config == parsed.config, "{text}\n{:?}", again.diagnostics);
    }
    parsed
}
