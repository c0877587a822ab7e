//! Whether the scripts of a configuration can and may run, and its regular expressions be compiled, before the first of them has to.

use super::facts::{gather, search_path};
use super::user::Runners;
use crate::conn::{Trust, TrustError};
use crate::regex::Matcher;
use keepalived_core::config::{self, Parsed, Source, regexes, scripts};

/// Looks at the files of `SSL`, and says what TLS checks show and trust.
///
/// # Errors
/// When one of them cannot be read or used; that is among the diagnostics, too.
pub fn check_trust(parsed: &mut Parsed, source: &Source) -> Result<Trust, TrustError> {
    let (trust, wrong) = Trust::examine(parsed.config.lvs.ssl.as_ref());
    config::trust::check(parsed, source, &wrong);
    trust
}

/// Looks at every script of `parsed`, which is what `source` says: what there is to say of them becomes diagnostics. Those that cannot run, and with `enable_script_security` those that
/// are not secure, are taken out of the configuration. And compiles every regular expression: only PCRE2 knows its language. Returns who runs
/// the scripts, to be noted ([`note`](super::user::note)) where the configuration comes into force.
pub fn check_scripts(parsed: &mut Parsed, source: &Source) -> Runners {
    let search = search_path();
    let questions = scripts::questions(&mut parsed.config, &search);
    let facts = gather(&questions, search);
    scripts::check(parsed, source, &facts);
    regexes::check(parsed, source, |regex| Matcher::new(regex).err().map(|error| error.to_string()));
    facts.runners.into_iter().collect()
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
