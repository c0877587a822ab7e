//! Whether the scripts of a configuration can and may run, and its regular expressions be compiled, before the first of them has to.

use super::facts::{gather, search_path};
use crate::conn::Trust;
use crate::regex::Matcher;
use keepalived_core::config::{Parsed, Source, regexes, scripts, trust};

/// Looks at the files of `SSL`.
pub fn check_trust(parsed: &mut Parsed, source: &Source) {
    let wrong = parsed.config.lvs.ssl.as_ref().map_or_else(Vec::new, Trust::problems);
    trust::check(parsed, source, &wrong);
}

/// Looks at every script of `parsed`, which is what `source` says: what there is to say of them becomes diagnostics. Those that cannot run, and with `enable_script_security` those that
/// are not secure, are taken out of the configuration. And compiles every regular expression: only PCRE2 knows its language.
pub fn check_scripts(parsed: &mut Parsed, source: &Source) {
    let search = search_path();
    let questions = scripts::questions(&mut parsed.config, &search);
    let facts = gather(&questions, search);
    scripts::check(parsed, source, &facts);
    regexes::check(parsed, source, |regex| Matcher::new(regex).err().map(|error| error.to_string()));
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
