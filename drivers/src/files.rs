//! The configuration's files.

use keepalived_core::config::{self, Diagnostic, Parsed, Source};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Where the configuration is, unless `-f` says otherwise.
pub const DEFAULT: &str = "/etc/keepalived/keepalived.conf";

/// A configuration as it was read: the text is kept for its diagnostics.
#[derive(Debug)]
pub struct Loaded {
    /// The text.
    pub source: Source,
    /// What it says.
    pub parsed: Parsed,
}

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("configuration file {0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// Nothing is in it.
    #[error("configuration file {0} is empty")]
    Empty(PathBuf),
}

/// Reads and parses a configuration.
///
/// # Errors
/// When there is none. Mistakes in it are no error here: see [`Parsed::is_usable`].
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let bytes = std::fs::read(path).map_err(|error| LoadError::Unreadable(path.to_owned(), error))?;
    if bytes.is_empty() {
        return Err(LoadError::Empty(path.to_owned()));
    }
    let source = Source::single(path.to_string_lossy(), String::from_utf8_lossy(&bytes));
    let parsed = config::parse(&source);
    Ok(Loaded { source, parsed })
}

impl Loaded {
    /// All diagnostics for a person to read.
    #[must_use]
    pub fn rendered(&self, colour: bool) -> String {
        config::render(&self.parsed.diagnostics, &self.source, colour)
    }

    /// What is said of words that are not understood or not clear. The file is run without them, as the C version does.
    #[must_use]
    pub fn doubts(&self) -> BTreeSet<String> {
        let doubtful = |code| matches!(code, "unknown-keyword" | "trailing-words" | "repeated" | "contradiction");
        let doubts = self.parsed.diagnostics.iter().filter(|diagnostic| doubtful(diagnostic.code));
        doubts.map(|diagnostic| diagnostic.message.clone()).collect()
    }

    /// Each diagnostic as a line of the log.
    pub fn lines(&self) -> impl Iterator<Item = (&Diagnostic, String)> {
        self.parsed.diagnostics.iter().map(|diagnostic| (diagnostic, config::render_line(diagnostic, &self.source)))
    }
}
