//! A configuration that was just read.

use super::parts::Parts;
use crate::checkers::Setup;
use crate::conn::Trust;
use crate::files::Loaded;

/// A configuration with what the files say that its `SSL` block names, and what the kernel says to it.
#[derive(Debug)]
pub struct Fresh {
    /// What was read.
    pub loaded: Loaded,
    /// What TLS checks show and trust, or why that is not possible.
    pub trust: Result<Trust, String>,
    /// Whether the kernel has an IPVS for the first virtual servers of this daemon.
    pub kernel: Result<(), String>,
}

impl Fresh {
    /// Reads those files, and deciphers a key where there is one; asks the kernel where nothing was asked of IPVS before (`untried`), which may load a
    /// module. Not to be called between two adverts.
    #[must_use]
    pub fn new(loaded: Loaded, parts: Parts, untried: Option<&Setup>) -> Fresh {
        let ssl = loaded.parsed.config.lvs.ssl.as_ref().filter(|_| parts.checkers);
        let trust = Trust::load(ssl).map_err(|error| error.to_string());
        let config = &loaded.parsed.config;
        let kernel = untried.map_or(Ok(()), |setup| setup.check(config)).map_err(|error| error.to_string());
        Fresh { loaded, trust, kernel }
    }
}
