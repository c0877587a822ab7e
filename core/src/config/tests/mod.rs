//! Tests of the whole way from text to configuration.

mod again;
mod checks;
mod copies;
mod files;
pub(in crate::config) mod generate;
mod lvs;
mod lvs_generate;
mod lvs_mistakes;
mod lvs_table;
mod mistakes;
mod net;
mod net_generate;
mod numbers;
mod properties;
mod rules;
mod table;
mod text;
mod tracking;

pub(super) use generate::Scraps;

use super::model::Config;
use super::{Parsed, Secrets, Severity, Source, parse, print, render};

/// Parses a text that stands for a file.
fn read(text: &str) -> (Source, Parsed) {
    let source = Source::single("keepalived.conf", text);
    let parsed = parse(&source);
    (source, parsed)
}

/// Prints a configuration and reads it again: it must be the same.
fn read_back(config: &Config) -> Parsed {
    let printed = print(config, Secrets::Show);
    let (source, again) = read(&printed);
    if !again.is_usable() || again.config != *config {
        let said = render(&again.diagnostics, &source, false);
        let (before, after) = (format!("{config:#?}"), format!("{:#?}", again.config));
        let differs = before.lines().zip(after.lines()).find(|(before, after)| before != after);
        panic!("{printed}\n{said}\nbefore and after: {differs:?}");
    }
    again
}

/// The codes of errors and of warnings.
fn codes(parsed: &Parsed) -> (Vec<&'static str>, Vec<&'static str>) {
    let (errors, warnings): (Vec<_>, Vec<_>) = parsed.diagnostics.iter().partition(|d| d.severity == Severity::Error);
    (errors.iter().map(|d| d.code).collect(), warnings.iter().map(|d| d.code).collect())
}

/// An instance with more lines.
pub(in crate::config) fn instance(lines: &str) -> String {
    let base = "interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        10.0.0.1/24\n    }";
    format!("vrrp_instance VI_1 {{\n    {base}\n    {lines}\n}}\n")
}
