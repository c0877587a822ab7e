//! What this machine says of the programs and users of scripts. Nothing is judged here: see `keepalived_core::config::scripts`.

use super::user;
use keepalived_core::config::scripts::facts::{Broken, Kind, Names, Part};
use keepalived_core::config::scripts::{Facts, PathFacts, Questions};
use rustix::fs::lgetxattr;
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fs::{FileType, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

/// As many links as the kernel follows (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// The absolute directories of `PATH`; without it those of confstr(3).
#[must_use]
pub fn search_path() -> Vec<String> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let absolute = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
    absolute.map(|directory| directory.to_string_lossy().into_owned()).collect()
}

/// Answers `questions`. It may be slow: the user database may ask the network.
#[must_use]
pub fn gather(questions: &Questions, search: Vec<String>) -> Facts {
    let runners: Vec<_> = questions.runners.iter().map(|runner| (runner.clone(), user::resolve(runner))).collect();
    let paths: Vec<_> = questions.paths.iter().map(|path| (path.clone(), walk(path))).collect();
    let parts = || paths.iter().flat_map(|(_, way)| &way.parts);
    let identities = || runners.iter().filter_map(|(_, who)| who.as_ref().ok());
    let uids: BTreeSet<u32> = parts().map(|part| part.uid).chain(identities().map(|who| who.uid)).collect();
    let gids: BTreeSet<u32> = parts().map(|part| part.gid).chain(identities().map(|who| who.gid)).collect();
    let names = Names {
        users: uids.into_iter().filter_map(|uid| Some((uid, user::user_name(uid)?))).collect(),
        groups: gids.into_iter().filter_map(|gid| Some((gid, user::group_name(gid)?))).collect(),
    };
    Facts { search, runners: runners.into_iter().collect(), paths: paths.into_iter().collect(), names }
}

/// Goes the way to `path` as the kernel does: name by name, link by link.
#[must_use]
pub fn walk(path: &str) -> PathFacts {
    let mut facts = PathFacts { path: path.to_owned(), parts: Vec::new(), broken: None };
    let mut here = PathBuf::from("/");
    let mut links = 0;
    // What is left to go, the next name last.
    let mut names: Vec<PathBuf> = names(Path::new(path));
    facts.broken = step(&here, &mut facts.parts).err().map(|why| (lossy(&here), why));
    while facts.broken.is_none() {
        let Some(name) = names.pop() else { break };
        if name == Path::new("/") {
            here = name;
            continue;
        }
        if name == Path::new("..") {
            here.pop();
            continue;
        }
        let next = here.join(&name);
        match step(&next, &mut facts.parts) {
            Err(why) => facts.broken = Some((lossy(&next), why)),
            Ok(Kind::Link) => {
                links += 1;
                match std::fs::read_link(&next) {
                    _ if links > MAX_LINKS => facts.broken = Some((lossy(&next), Broken::Loop)),
                    Ok(target) => names.extend(self::names(&target)),
                    Err(error) => facts.broken = Some((lossy(&next), reason(&error))),
                }
            }
            Ok(Kind::Directory) => here = next,
            Ok(Kind::File | Kind::Other(_)) if !names.is_empty() => {
                facts.broken = Some((lossy(&next), Broken::NotADirectory));
            }
            Ok(Kind::File | Kind::Other(_)) => {}
        }
    }
    facts
}

/// The names of a path, the first last; `/` stands for "from the root".
fn names(path: &Path) -> Vec<PathBuf> {
    let parts = path.components().filter(|part| !matches!(part, Component::CurDir | Component::Prefix(_)));
    let mut names: Vec<PathBuf> = parts.map(|part| PathBuf::from(part.as_os_str())).collect();
    names.reverse();
    names
}

/// Looks at one name and notes what it finds.
fn step(path: &Path, parts: &mut Vec<Part>) -> Result<Kind, Broken> {
    let meta = path.symlink_metadata().map_err(|error| reason(&error))?;
    let kind = kind(meta.file_type());
    let shown = lossy(path);
    // A way may come through the same directory twice.
    if !parts.iter().any(|part| part.path == shown) {
        parts.push(part(shown, kind, &meta, path));
    } else if kind != Kind::Directory {
        // It is the last one all the same.
        parts.retain(|part| part.path != shown);
        parts.push(part(shown, kind, &meta, path));
    }
    Ok(kind)
}

fn part(shown: String, kind: Kind, meta: &Metadata, path: &Path) -> Part {
    let list = || lgetxattr(path, c"system.posix_acl_access", &mut [0_u8; 64][..]);
    let acl = kind != Kind::Link && matches!(list(), Ok(_) | Err(Errno::RANGE));
    Part { path: shown, kind, uid: meta.uid(), gid: meta.gid(), mode: meta.mode() & 0o7777, acl }
}

fn kind(file: FileType) -> Kind {
    if file.is_dir() {
        Kind::Directory
    } else if file.is_file() {
        Kind::File
    } else if file.is_symlink() {
        Kind::Link
    } else if file.is_socket() {
        Kind::Other("a socket")
    } else if file.is_fifo() {
        Kind::Other("a FIFO")
    } else {
        Kind::Other("a device")
    }
}

fn reason(error: &io::Error) -> Broken {
    match error.kind() {
        io::ErrorKind::NotFound => Broken::Missing,
        io::ErrorKind::NotADirectory => Broken::NotADirectory,
        io::ErrorKind::PermissionDenied => Broken::Denied,
        _ if error.raw_os_error() == Some(libc::ELOOP) => Broken::Loop,
        _ => Broken::Failed(error.to_string()),
    }
}

fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
