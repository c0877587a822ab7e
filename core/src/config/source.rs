//! The text of a configuration, and all else that it depends on, as the driver gave it.
//!
//! Which files belong to a configuration is decided here, reading them is the driver's: it asks [`needs`](super::needs) what is
//! missing, looks it up, hands it to [`Source::give`], and asks again until nothing is.

use std::collections::BTreeMap;

/// A configuration before it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The main file first, then each included file once, in the order in which they were found.
    pub files: Vec<SourceFile>,
    /// What the text may ask for.
    pub settings: Settings,
    found: BTreeMap<Need, Found>,
    /// The files that were given, by what tells them from others.
    given: BTreeMap<String, usize>,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path, as a person would name it.
    pub name: String,
    /// Its text; bytes that are not UTF-8 have been replaced.
    pub text: String,
    /// The absolute path of the directory it is in: `${_PWD}`, and where the files it includes are looked for.
    pub directory: String,
    /// What tells it from other files: an absolute path without symbolic links. Empty: nothing is the same.
    pub identity: String,
}

/// What a configuration depends on besides its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The id that lines beginning with `@` ask for: `-i`, or the host's name up to its first dot.
    pub id: String,
    /// For `${_ENV NAME}`.
    pub environment: BTreeMap<String, String>,
    /// For `${_RANDOM}`, unless the text has a `random_seed`.
    pub seed: u32,
    /// Whether everything that an `include` does not find is an error: `-e`.
    pub all_files: bool,
}

/// Files that a source includes: the path of one, or of several with the wildcards of [`pattern`](super::pattern).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The absolute path of the directory where a relative pattern begins.
    pub directory: String,
    /// The path, without braces.
    pub pattern: String,
    /// How a person names the directory; empty, or with a slash at its end.
    pub shown: String,
}

/// What the driver found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// All that matches, in the order of the bytes of its names.
    pub matches: Vec<Match>,
    /// Why something could not be looked for, or is not there: the words of an errno.
    pub trouble: Option<String>,
    /// More matches than is meant by anybody; then none of it need be here.
    pub too_many: bool,
}

/// One thing that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its path, in the way the pattern is written: relative or absolute.
    pub path: String,
    /// What it is.
    pub content: Content,
}

/// What there is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file: its text, its directory and what tells it from others, as in [`SourceFile`].
    Text {
        /// Its text.
        text: String,
        /// Its directory.
        directory: String,
        /// Which file it is.
        identity: String,
    },
    /// A directory.
    Directory,
    /// A file that cannot be used, and why: the words of an errno, or "it is executable" and the like.
    Unusable(String),
}

/// An answer whose files are among those of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) files: Vec<(String, Included)>,
    pub(super) trouble: Option<String>,
    pub(super) too_many: bool,
}

/// What there is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Included {
    /// The file of that index.
    File(usize),
    Directory,
    Unusable(String),
}

impl Source {
    /// A configuration of one file.
    #[must_use]
    pub fn single(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source::new(SourceFile { name: name.into(), text: text.into(), ..SourceFile::default() }, Settings::default())
    }

    /// A configuration whose included files are still to come.
    #[must_use]
    pub fn new(main: SourceFile, settings: Settings) -> Source {
        let given = BTreeMap::from([(main.identity.clone(), 0)]);
        Source { files: vec![main], settings, found: BTreeMap::new(), given }
    }

    /// Adds what was needed.
    pub fn give(&mut self, need: Need, answer: Answer) {
        let Answer { matches, trouble, too_many } = answer;
        let mut files = Vec::with_capacity(matches.len());
        for Match { path, content } in matches {
            let shown = if path.starts_with('/') { path } else { format!("{}{path}", need.shown) };
            let included = match content {
                Content::Directory => Included::Directory,
                Content::Unusable(why) => Included::Unusable(why),
                Content::Text { text, directory, identity } => {
                    let known = self.given.get(&identity).copied().filter(|_| !identity.is_empty());
                    Included::File(known.unwrap_or_else(|| {
                        let at = self.files.len();
                        self.given.insert(identity.clone(), at);
                        self.files.push(SourceFile { name: shown.clone(), text, directory, identity });
                        at
                    }))
                }
            };
            files.push((shown, included));
        }
        self.found.insert(need, Found { files, trouble, too_many });
    }

    /// What could not be included, and why, by the names that braces and wildcards were taken for.
    pub fn missing(&self) -> impl Iterator<Item = String> {
        self.found.iter().filter_map(|(need, found)| {
            let name = if need.pattern.starts_with('/') { "" } else { need.shown.as_str() };
            Some(format!("`{name}{}` cannot be included: {}", need.pattern, found.trouble.as_ref()?))
        })
    }

    pub(super) fn found(&self, need: &Need) -> Option<&Found> {
        self.found.get(need)
    }

    pub(super) fn text(&self, file: usize) -> &str {
        self.files.get(file).map_or("", |file| file.text.as_str())
    }
}
