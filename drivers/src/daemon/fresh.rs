//! A configuration that was just read, at the start or at a reload.

use super::parts::Parts;
use crate::checkers::Setup;
use crate::conn::Trust;
use crate::doubts::Doubts;
use crate::files::{LoadError, Loaded, Wanted, load_again};
use crate::log::{Level, Log};
use crate::process::checks::{check_scripts, check_trust};
use crate::process::user::Runners;
use keepalived_core::config::Severity;
use keepalived_core::config::again::Before;

/// A configuration with what the files say that its `SSL` block names, and what the kernel says to it.
#[derive(Debug)]
pub struct Fresh {
    /// What was read, with what there is to say of the files that it names.
    pub loaded: Loaded,
    /// Who runs its scripts.
    pub runners: Runners,
    /// What there is to say of it, for the log.
    lines: Vec<(Level, String)>,
    /// What is not understood or not clear in it.
    pub doubts: Doubts,
    /// What TLS checks show and trust, or why that is not possible.
    pub trust: Result<Trust, String>,
    /// Whether the kernel has an IPVS for the first virtual servers of this daemon.
    pub kernel: Result<(), String>,
}

impl Fresh {
    /// Reads it, and the files that it names; asks the kernel where nothing was asked of IPVS before (`untried`), which may load a module. Slow: not to be
    /// called between two adverts.
    ///
    /// # Errors
    /// When there is none. Mistakes in it are no error here.
    pub fn read(
        wanted: &Wanted,
        before: Before<'_>,
        parts: Parts,
        untried: Option<&Setup>,
    ) -> Result<Fresh, LoadError> {
        let mut loaded = load_again(wanted, before)?;
        let runners = check_scripts(&mut loaded.parsed, &loaded.source);
        let trust = if parts.checkers {
            check_trust(&mut loaded.parsed, &loaded.source).map_err(|error| error.to_string())
        } else {
            Ok(Trust::anything())
        };
        let config = &loaded.parsed.config;
        let kernel = untried.map_or(Ok(()), |setup| setup.check(config)).map_err(|error| error.to_string());
        let (lines, doubts) = (lines(&loaded), Doubts::of(&loaded));
        Ok(Fresh { loaded, runners, lines, doubts, trust, kernel })
    }

    /// Logs what there is to say of it.
    pub fn tell(&mut self, log: &Log) {
        for (level, line) in std::mem::take(&mut self.lines) {
            log.daemon(level, line);
        }
    }
}

fn lines(loaded: &Loaded) -> Vec<(Level, String)> {
    let level = |severity| match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
    };
    loaded.lines().map(|(diagnostic, line)| (level(diagnostic.severity), line)).collect()
}
