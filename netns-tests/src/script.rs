//! Notify scripts that write down how they were called.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A shell script that appends its first word and its arguments, one call a line.
#[derive(Debug)]
pub struct Recorder {
    script: PathBuf,
    calls: PathBuf,
}

impl Recorder {
    /// In a directory of its own under `/run`.
    ///
    /// # Panics
    /// When the files cannot be written.
    #[must_use]
    pub fn new(name: &str) -> Recorder {
        let dir = Path::new("/run/notify").join(name);
        std::fs::create_dir_all(&dir).expect("a directory for scripts");
        let (script, calls) = (dir.join("record"), dir.join("calls"));
        std::fs::write(&script, format!("#!/bin/sh\necho \"$@\" >> {}\n", calls.display())).expect("a script");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("executable");
        std::fs::write(&calls, "").expect("a file of calls");
        Recorder { script, calls }
    }

    /// The line for the configuration: `keyword "script word"`.
    #[must_use]
    pub fn line(&self, keyword: &str) -> String {
        format!("{keyword} \"{} {keyword}\"", self.script.display())
    }

    /// The calls so far.
    ///
    /// # Panics
    /// When the file is gone.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        std::fs::read_to_string(&self.calls).expect("calls").lines().map(str::to_owned).collect()
    }
}
