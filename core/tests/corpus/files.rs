//! The files, and what the C version says of each.

use keepalived_core::config::{Parsed, Source, parse};
use std::path::{Path, PathBuf};

/// The folder, which stands beside the repository and not in it.
pub(crate) fn folder() -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(2);
    let found = above.map(|path| path.join("shared/corpus")).find(|path| path.join("MANIFEST.tsv").is_file());
    if found.is_none() {
        // Not `eprintln!`: the harness keeps that to itself where a test succeeds.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"SKIPPED: no folder shared/corpus beside the repository; nothing is proved about real files\n",
        );
    }
    found
}

/// What the C version makes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theirs {
    /// `-t` has nothing to say.
    Fine,
    /// `-t` complains (5, or 6: about scripts), and the daemon runs.
    Complains,
    /// `-t` complains, and the daemon does not run: see `stopped.txt`.
    Stops,
    /// `-t` ends at the first mistake (2 or 4), as the daemon does.
    Dies,
    /// `-t` crashes (139) or does not come to an end (124).
    Breaks,
}

impl Theirs {
    /// Whether somebody who uses this file has a running daemon.
    pub(crate) fn runs(self) -> bool {
        matches!(self, Theirs::Fine | Theirs::Complains)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Theirs::Fine => "fine",
            Theirs::Complains => "complains",
            Theirs::Stops => "complains and stops",
            Theirs::Dies => "dies",
            Theirs::Breaks => "crashes or hangs",
        }
    }
}

/// What we make of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ours {
    /// Nothing to say, but perhaps that parts are not built yet.
    Fine,
    /// Warnings: it is run.
    Warns,
    /// Errors: it is not run.
    Refuses,
}

impl Ours {
    pub(crate) fn of(parsed: &Parsed) -> Ours {
        if !parsed.is_usable() {
            Ours::Refuses
        } else if complaints(parsed).next().is_some() {
            Ours::Warns
        } else {
            Ours::Fine
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Ours::Fine => "fine",
            Ours::Warns => "warns",
            Ours::Refuses => "refuses",
        }
    }
}

/// Diagnostics about the file, not about how far we are.
pub(crate) fn complaints(parsed: &Parsed) -> impl Iterator<Item = &keepalived_core::config::Diagnostic> {
    parsed.diagnostics.iter().filter(|d| d.code != "not-yet")
}

pub(crate) struct Real {
    pub(crate) name: String,
    pub(crate) theirs: Theirs,
    /// What the C version has against it is about scripts (6), whose files are not looked at here.
    pub(crate) only_scripts: bool,
    pub(crate) source: Source,
}

impl Real {
    pub(crate) fn text(&self) -> &str {
        &self.source.files[0].text
    }

    pub(crate) fn parse(&self) -> Parsed {
        parse(&self.source)
    }

    /// The file as the first machine reads it that its lines speak of (`@id`).
    pub(crate) fn of_its_machine(&self) -> Source {
        let id =
            self.text().lines().filter_map(|line| line.trim().strip_prefix('@')).find(|line| !line.starts_with('^'));
        let mut source = self.source.clone();
        source.settings.id = id.and_then(|id| id.split([' ', '\t']).next()).unwrap_or_default().to_owned();
        source
    }
}

/// All files, in the order of the manifest. `None`: they are not here.
pub(crate) fn real() -> Option<Vec<Real>> {
    let folder = folder()?;
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut columns = manifest.lines().next().unwrap().split('\t');
    // The verdicts where the interfaces and scripts of each file exist.
    let verdict = columns.position(|column| column == "rc_2.4.3_stub").unwrap();
    let stopped: Vec<&str> = include_str!("stopped.txt").lines().filter(|line| !line.starts_with('#')).collect();
    let files = manifest.lines().skip(1).map(|row| {
        let fields: Vec<&str> = row.split('\t').collect();
        let bytes = std::fs::read(folder.join(fields[0])).unwrap();
        let theirs = match fields[verdict] {
            "0" => Theirs::Fine,
            "5" | "6" if stopped.contains(&fields[0]) => Theirs::Stops,
            "5" | "6" => Theirs::Complains,
            "2" | "4" => Theirs::Dies,
            "124" | "139" => Theirs::Breaks,
            other => panic!("{}: what does exit status {other} mean?", fields[0]),
        };
        Real {
            name: fields[0].to_owned(),
            theirs,
            only_scripts: fields[verdict] == "6",
            // As a machine reads it that no line speaks of (`@id`): the C version was asked on such a one.
            source: Source::single(fields[0], String::from_utf8_lossy(&bytes)),
        }
    });
    Some(files.collect())
}
