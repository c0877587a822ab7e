//! A configuration that was just read.

use super::parts::Parts;
use crate::conn::Trust;
use crate::files::Loaded;

/// A configuration with what the files say that its `SSL` block names.
#[derive(Debug)]
pub struct Fresh {
    /// What was read.
    pub loaded: Loaded,
    /// What TLS checks show and trust, or why that is not possible.
    pub trust: Result<Trust, String>,
}

impl Fresh {
    /// Reads those files, and deciphers a key where there is one: not to be called between two adverts.
    #[must_use]
    pub fn new(loaded: Loaded, parts: Parts) -> Fresh {
        let ssl = loaded.parsed.config.lvs.ssl.as_ref().filter(|_| parts.checkers);
        let trust = Trust::load(ssl).map_err(|error| error.to_string());
        Fresh { loaded, trust }
    }
}
