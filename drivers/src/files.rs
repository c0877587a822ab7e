//! The configuration's files.
//!
//! Which files belong to it is decided in core, by what the text says; they are looked up and read here.

use keepalived_core::config::again::Before;
use keepalived_core::config::source::{Answer, Content, Match, Need};
use keepalived_core::config::{self, Diagnostic, Parsed, Settings, Source, SourceFile, pattern};
use rustix::fs::OFlags;
use rustix::rand::{GetRandomFlags, getrandom};
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Where the configuration is, unless `-f` says otherwise.
pub const DEFAULT: &str = "/etc/keepalived/keepalived.conf";

/// How much is read in all, in bytes: who writes more has included something else.
const MAX_BYTES: u64 = 256 << 20;

/// How many files one pattern may stand for; with more the configuration is refused.
const MAX_MATCHES: usize = 10_000;

/// How often files are looked for that only became known by the files before.
const MAX_ROUNDS: usize = 100;

/// Which configuration, and what it may ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The main file; `-` is standard input.
    pub file: PathBuf,
    /// The id of lines that begin with `@`; `None`: the host's name up to its first dot.
    pub id: Option<String>,
    /// Whatever an `include` does not find is an error.
    pub all_files: bool,
    /// A warning is enough to refuse it.
    pub strict: bool,
}

/// A configuration as it was read: the text is kept for its diagnostics.
#[derive(Debug)]
pub struct Loaded {
    /// The text.
    pub source: Source,
    /// What it says.
    pub parsed: Parsed,
    /// A warning is enough to refuse it.
    pub strict: bool,
}

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("configuration file {0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// Reading it ended in a mistake of keepalived itself.
    #[error("configuration file {0}: reading it ended in a mistake of keepalived itself")]
    Panicked(PathBuf),
    /// Nothing is in it.
    #[error("configuration file {0} is empty")]
    Empty(PathBuf),
}

/// Reads and parses a configuration; `-` is standard input.
///
/// # Errors
/// When there is none. Mistakes in it are no error here: see [`Parsed::is_usable`].
pub fn load(wanted: &Wanted) -> Result<Loaded, LoadError> {
    load_by(wanted, config::parse)
}

/// The same for a daemon, which will read it again: sooner where something was read before.
///
/// # Errors
/// When there is none.
pub fn load_again(wanted: &Wanted, before: Before<'_>) -> Result<Loaded, LoadError> {
    load_by(wanted, |source| config::parse_again(source, before))
}

fn load_by(wanted: &Wanted, parse: impl FnOnce(&Source) -> Parsed) -> Result<Loaded, LoadError> {
    let source = read(wanted)?;
    let parsed = parse(&source);
    Ok(Loaded { source, parsed, strict: wanted.strict })
}

/// Reads a configuration with all the files that it includes.
///
/// # Errors
/// When there is none. What is wrong with an included file is the parser's to say.
pub fn read(wanted: &Wanted) -> Result<Source, LoadError> {
    let path = &wanted.file;
    let unreadable = |error| LoadError::Unreadable(path.clone(), error);
    let mut reader = Reader { left: MAX_BYTES };
    let text = reader.text(path).map_err(unreadable)?;
    if text.is_empty() {
        return Err(LoadError::Empty(path.clone()));
    }
    let name = if is_stdin(path) { "<stdin>".to_owned() } else { lossy(path) };
    let main = SourceFile { name, text, directory: directory(path), identity: identity(path) };
    let mut source = Source::new(main, settings(wanted));
    for _ in 0..MAX_ROUNDS {
        let needs = config::needs(&source);
        if needs.is_empty() {
            break;
        }
        for need in needs {
            let answer = reader.find(&need);
            source.give(need, answer);
        }
    }
    Ok(source)
}

/// Whether standard input is meant.
#[must_use]
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The host's name up to its first dot, as it is now.
#[must_use]
pub fn host_id() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    name.split('.').next().unwrap_or_default().to_owned()
}

fn settings(wanted: &Wanted) -> Settings {
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    let mut seed = [0; 4];
    // Without randomness it is always the same number, which is not worth a failure.
    let _ = getrandom(&mut seed, GetRandomFlags::empty());
    let id = wanted.id.clone().unwrap_or_else(host_id);
    Settings { id, environment, seed: u32::from_ne_bytes(seed), all_files: wanted.all_files }
}

struct Reader {
    /// How many bytes may still be read.
    left: u64,
}

impl Reader {
    fn text(&mut self, path: &Path) -> io::Result<String> {
        if is_stdin(path) {
            return self.rest(io::stdin().lock(), 0);
        }
        let (file, meta) = open(path)?;
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        self.rest(file, meta.len())
    }

    /// The text of an open file that has about `size` bytes.
    fn rest(&mut self, file: impl Read, size: u64) -> io::Result<String> {
        // One more, so that the end is seen without asking for more room.
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(self.left) + 1).unwrap_or_default());
        file.take(self.left + 1).read_to_end(&mut bytes)?;
        self.taken(bytes)
    }

    fn taken(&mut self, bytes: Vec<u8>) -> io::Result<String> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::FileTooLarge, format!("the files are larger than {} MiB", MAX_BYTES >> 20))
        })?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// Looks for files and reads them.
    fn find(&mut self, need: &Need) -> Answer {
        let mut walk = Walk { base: Path::new(&need.directory), found: Vec::new(), trouble: None };
        let root = if need.pattern.starts_with('/') { "/" } else { "" };
        let parts: Vec<&str> = need.pattern.split('/').filter(|part| !part.is_empty()).collect();
        walk.step(root, &parts, false);
        let Walk { mut found, trouble, .. } = walk;
        if found.len() > MAX_MATCHES {
            return Answer { matches: Vec::new(), trouble: None, too_many: true };
        }
        found.sort();
        let base = Path::new(&need.directory);
        let matches = found
            .into_iter()
            .map(|path| {
                let content = self.content(&base.join(&path));
                Match { path, content }
            })
            .collect();
        Answer { matches, trouble, too_many: false }
    }

    fn content(&mut self, path: &Path) -> Content {
        let (file, meta) = match open(path) {
            Ok(opened) => opened,
            Err(error) => return Content::Unusable(words(&error)),
        };
        if meta.is_dir() {
            return Content::Directory;
        }
        if !meta.is_file() {
            return Content::Unusable("it is no regular file".to_owned());
        }
        if meta.permissions().mode() & 0o111 != 0 {
            return Content::Unusable("it is executable, which no configuration is".to_owned());
        }
        match self.rest(file, meta.len()) {
            Ok(text) => Content::Text { text, directory: directory(path), identity: identity(path) },
            Err(error) => Content::Unusable(words(&error)),
        }
    }
}

/// Opens a file without waiting for a FIFO's other end, and looks at what was opened: by its path it may be another one already.
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let meta = file.metadata()?;
    Ok((file, meta))
}

/// The way from a directory to what matches a pattern.
struct Walk<'a> {
    base: &'a Path,
    found: Vec<String>,
    trouble: Option<String>,
}

impl Walk<'_> {
    /// `path`: what is found of the pattern so far. `wild`: by a wildcard.
    fn step(&mut self, path: &str, parts: &[&str], wild: bool) {
        let Some((part, rest)) = parts.split_first() else {
            match fs::symlink_metadata(self.base.join(path)) {
                Ok(_) => self.found.push(path.to_owned()),
                // Where a wildcard stands before it, it need not be everywhere.
                Err(_) if wild => {}
                Err(error) => self.trouble = Some(words(&error)),
            }
            return;
        };
        let join = |name: &str| match path {
            "" | "/" => format!("{path}{name}"),
            path => format!("{path}/{name}"),
        };
        if !pattern::is_wild(part) {
            self.step(&join(&pattern::plain(part)), rest, wild);
            return;
        }
        let names = match fs::read_dir(self.base.join(path)) {
            Ok(entries) => entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned()),
            Err(error) => {
                if !wild {
                    self.trouble = Some(words(&error));
                }
                return;
            }
        };
        for name in names.filter(|name| pattern::matches(part, name)) {
            if self.found.len() > MAX_MATCHES {
                return;
            }
            let path = join(&name);
            if rest.is_empty() {
                self.found.push(path);
            } else if self.base.join(&path).is_dir() {
                self.step(&path, rest, true);
            }
        }
    }
}

/// Where a file is, without symbolic links.
fn directory(path: &Path) -> String {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    lossy(&fs::canonicalize(parent).unwrap_or_else(|_| parent.to_owned()))
}

/// Which file it is, by whatever name.
fn identity(path: &Path) -> String {
    lossy(&fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
}

/// What an error says, without its number.
pub(crate) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().map_or_else(String::new, str::to_owned)
}

fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl Loaded {
    /// Whether it can be run: without errors, and where it is wanted so without warnings too.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.parsed.is_usable() && (!self.strict || self.parsed.diagnostics.is_empty())
    }

    /// All diagnostics for a person to read.
    #[must_use]
    pub fn rendered(&self, colour: bool) -> String {
        config::render_strictly(&self.parsed.diagnostics, &self.source, colour, self.strict)
    }

    /// Each diagnostic as a line of the log.
    pub fn lines(&self) -> impl Iterator<Item = (&Diagnostic, String)> {
        let all = &self.parsed.diagnostics;
        // To find the lines of a large text takes long.
        let lines = if all.is_empty() { Vec::new() } else { config::render_lines(all, &self.source) };
        self.parsed.diagnostics.iter().zip(lines)
    }
}
