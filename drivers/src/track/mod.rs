//! `track_file`: the numbers in files, as they change.
//!
//! A thread of its own reads them, for a file system can be slow. What counts is what a writer has closed or moved into place (inotify(7)), as in
//! the C version: a file that is being written says nothing.

mod number;

use crate::log::{Level, Log, Part};
use crate::post::Post;
use keepalived_core::config::model::FileConfig;
use keepalived_core::net::Name;
use number::{Number, parse};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Values that may wait to be told; the thread waits when they are more.
const TOLD: usize = 256;

/// Bytes of a file that are read, as in the C version.
const LONGEST: u64 = 127;

/// What a file says: `None` when there is none.
pub type Values = Receiver<(Name, Option<i32>)>;

/// The files that are tracked. Dropping it ends the thread.
pub struct TrackFiles(Arc<Post<Wish>>);

enum Wish {
    Nothing,
    Track(Vec<(Name, PathBuf)>),
    End,
}

impl Drop for TrackFiles {
    fn drop(&mut self) {
        self.wish(Wish::End);
    }
}

impl TrackFiles {
    /// Starts the thread of `part`. What a file says is told at first, and when it changes.
    ///
    /// # Errors
    /// When there is no thread or file descriptor to be had.
    pub fn start(log: Log, part: Part) -> io::Result<(TrackFiles, Values)> {
        let wishes = Arc::new(Post::new(Wish::Nothing)?);
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let (told, values) = channel(TOLD);
        let watcher = Watcher {
            wishes: Arc::clone(&wishes),
            inotify,
            told,
            log,
            part,
            files: BTreeMap::new(),
            directories: BTreeMap::new(),
        };
        std::thread::Builder::new().name("files".to_owned()).stack_size(256 * 1024).spawn(move || watcher.work())?;
        Ok((TrackFiles(wishes), values))
    }

    /// These are tracked from now on. All of them are told anew.
    pub fn track(&self, files: Vec<(Name, PathBuf)>) {
        self.wish(Wish::Track(files));
    }

    fn wish(&self, wish: Wish) {
        *self.0.lock() = wish;
        self.0.ring();
    }
}

struct Tracked {
    path: PathBuf,
    /// What was told last.
    last: Option<Option<i32>>,
    /// What it said when it was tracked before.
    before: Option<i32>,
}

struct Watcher {
    wishes: Arc<Post<Wish>>,
    inotify: OwnedFd,
    told: Sender<(Name, Option<i32>)>,
    log: Log,
    part: Part,
    files: BTreeMap<Name, Tracked>,
    /// By watch: the directory's files by their names in it.
    directories: BTreeMap<i32, BTreeMap<Vec<u8>, BTreeSet<Name>>>,
}

impl Watcher {
    fn work(mut self) {
        loop {
            let mut fds = [PollFd::new(&*self.wishes, PollFlags::IN), PollFd::new(&self.inotify, PollFlags::IN)];
            let _ = poll(&mut fds, None);
            self.wishes.hear();
            let wish = std::mem::replace(&mut *self.wishes.lock(), Wish::Nothing);
            match wish {
                Wish::Nothing => {}
                Wish::Track(files) => self.track(files),
                Wish::End => return,
            }
            for name in self.changed() {
                self.tell(&name);
            }
        }
    }

    fn track(&mut self, files: Vec<(Name, PathBuf)>) {
        for watch in std::mem::take(&mut self.directories).into_keys() {
            let _ = inotify::remove_watch(&self.inotify, watch);
        }
        let mut old = std::mem::take(&mut self.files);
        let tracked = files.into_iter().map(|(name, path)| {
            let old = old.remove(&name).filter(|old| old.path == path);
            let before = old.and_then(|old| old.last.unwrap_or(old.before));
            (name, Tracked { path, last: None, before })
        });
        self.files = tracked.collect();
        let names: Vec<Name> = self.files.keys().cloned().collect();
        for name in &names {
            self.watch(name);
            self.tell(name);
        }
    }

    /// Watches the directory of a file, and that of the file which it is a link to.
    fn watch(&mut self, name: &Name) {
        let Some(tracked) = self.files.get(name) else { return };
        let path = tracked.path.clone();
        let target = path.canonicalize().ok().filter(|target| *target != path);
        for path in [Some(path), target].into_iter().flatten() {
            let (Some(directory), Some(file)) = (path.parent(), path.file_name()) else { continue };
            let what = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO | WatchFlags::MOVED_FROM | WatchFlags::DELETE;
            match inotify::add_watch(&self.inotify, directory, what | WatchFlags::ONLYDIR) {
                Ok(watch) => {
                    let files = self.directories.entry(watch).or_default();
                    files.entry(file.as_bytes().to_vec()).or_default().insert(name.clone());
                }
                Err(error) => {
                    let text = format!("track_file {name}: {} cannot be watched: {error}", directory.display());
                    self.log.say(self.part, Level::Warning, text);
                }
            }
        }
    }

    /// Files of which something has changed.
    fn changed(&self) -> BTreeSet<Name> {
        let mut changed = BTreeSet::new();
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        while let Ok(event) = reader.next() {
            if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                return self.files.keys().cloned().collect();
            }
            let files = self.directories.get(&event.wd());
            let named = event.file_name().and_then(|name| files?.get(name.to_bytes()));
            changed.extend(named.into_iter().flatten().cloned());
        }
        changed
    }

    fn tell(&mut self, name: &Name) {
        let Some(tracked) = self.files.get_mut(name) else { return };
        let value = match read(&tracked.path) {
            Ok(Number::Value(value)) => Some(value),
            Ok(Number::OutOfRange) => {
                let text = format!(
                    "track_file {name}: the number in {} is not one of 32 bits; it is ignored",
                    tracked.path.display()
                );
                self.log.say(self.part, Level::Warning, text);
                if tracked.last.is_some() {
                    return;
                }
                // Somebody waits for what it says.
                tracked.before
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                let text = format!("track_file {name}: {} cannot be read: {error}", tracked.path.display());
                self.log.say(self.part, Level::Warning, text);
                None
            }
        };
        if tracked.last != Some(value) {
            tracked.last = Some(value);
            // Fails only when nobody listens any more.
            let _ = self.told.blocking_send((name.clone(), value));
        }
    }
}

fn read(path: &Path) -> io::Result<Number> {
    // A FIFO in its place must not hold us up.
    let file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(parse(&bytes))
}

/// Writes the files that say `init_file`, at the start of the daemon. What cannot be written is told.
#[must_use]
pub fn init(files: &[FileConfig]) -> Vec<String> {
    let initial = files.iter().filter_map(|file| Some((file, file.init?)));
    initial
        .filter(|(file, init)| init.overwrite || !Path::new(&file.path).exists())
        .filter_map(|(file, init)| {
            let open = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o644)
                // Whoever may write to the directory must not choose what we write to.
                .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
                .open(&file.path);
            let error = open.and_then(|mut open| writeln!(open, "{}", init.value)).err()?;
            Some(format!("track_file {}: {} cannot be written: {error}", file.name, file.path))
        })
        .collect()
}

#[cfg(test)]
mod tests;
