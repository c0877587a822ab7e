//! Whether a script can run, and whether somebody else could have written it.

use super::user::Identity;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What there is to say of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// It cannot run.
    Unusable(String),
    /// It would run with root's rights, and others than root can change what runs.
    Insecure(String),
}

/// Looks at the program of a script that `identity` is to run.
#[must_use]
pub fn check(program: &str, identity: &Identity) -> Verdict {
    let path = match find(program) {
        Ok(path) => path,
        Err(reason) => return Verdict::Unusable(reason),
    };
    let shown = path.display();
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) => return Verdict::Unusable(format!("{shown}: {error}")),
    };
    let meta = match real.metadata() {
        Ok(meta) => meta,
        Err(error) => return Verdict::Unusable(format!("{shown}: {error}")),
    };
    if !meta.is_file() {
        return Verdict::Unusable(format!("{shown} is not a regular file"));
    }
    if !may_execute(&meta, identity) {
        return Verdict::Unusable(format!(
            "{shown} (mode {:04o}, owner {}:{}) is not executable for user {} group {}",
            meta.mode() & 0o7777,
            meta.uid(),
            meta.gid(),
            identity.uid,
            identity.gid
        ));
    }
    let becomes_root = identity.is_root()
        || meta.mode() & 0o4000 != 0 && meta.uid() == 0
        || meta.mode() & 0o2000 != 0 && meta.gid() == 0;
    if becomes_root {
        // Both ways to the file: by the links, and where they end.
        for part in path.ancestors().chain(real.ancestors()) {
            if let Some(reason) = weakness(part) {
                return Verdict::Insecure(reason);
            }
        }
    }
    Verdict::Fine
}

/// The absolute path of a program; by `PATH` where it has no slash.
pub(super) fn find(program: &str) -> Result<PathBuf, String> {
    if program.contains('/') {
        return std::path::absolute(program).map_err(|error| format!("{program}: {error}"));
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(program))
        .find(|path| path.metadata().is_ok_and(|meta| meta.is_file() && meta.mode() & 0o111 != 0))
        .ok_or_else(|| format!("there is no {program} in PATH"))
}

fn may_execute(meta: &Metadata, identity: &Identity) -> bool {
    let mode = meta.mode();
    if identity.uid == 0 {
        mode & 0o111 != 0
    } else if identity.uid == meta.uid() {
        mode & 0o100 != 0
    } else if identity.gid == meta.gid() || identity.groups.contains(&meta.gid()) {
        mode & 0o010 != 0
    } else {
        mode & 0o001 != 0
    }
}

/// Why somebody else than root can change this part of a path.
fn weakness(part: &Path) -> Option<String> {
    let shown = part.display();
    let meta = part.symlink_metadata().ok()?;
    if meta.uid() != 0 {
        return Some(format!("{shown} belongs to user {}, not to root", meta.uid()));
    }
    // In a sticky directory only the owner can replace an entry, and the entry itself is looked at too.
    if meta.is_symlink() || meta.is_dir() && meta.mode() & 0o1000 != 0 {
        return None;
    }
    if meta.mode() & 0o002 != 0 {
        return Some(format!("everybody can write to {shown}"));
    }
    if meta.mode() & 0o020 != 0 && meta.gid() != 0 {
        return Some(format!("group {} can write to {shown}", meta.gid()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    const ROOT: Identity = Identity { uid: 0, gid: 0, groups: Vec::new() };
    const NOBODY: Identity = Identity { uid: 65534, gid: 65534, groups: Vec::new() };

    fn script(directory: &Path, mode: u32) -> String {
        let path = directory.join("script");
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn what_cannot_run_is_unusable() {
        let dir = tempfile::tempdir().unwrap();
        let unusable = |program: &str, who: &Identity| matches!(check(program, who), Verdict::Unusable(_));
        assert!(unusable("/no/such/file", &ROOT));
        assert!(unusable("no-such-program-anywhere", &ROOT));
        assert!(unusable(dir.path().to_str().unwrap(), &ROOT));
        assert!(unusable(&script(dir.path(), 0o644), &ROOT));
        assert!(unusable(&script(dir.path(), 0o744), &NOBODY));
        assert_eq!(check(&script(dir.path(), 0o755), &NOBODY), Verdict::Fine);
        assert_eq!(check("sh", &NOBODY), Verdict::Fine);
    }

    #[test]
    fn what_others_can_change_is_insecure_for_root() {
        if !nix::unistd::Uid::effective().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let insecure = |program: &str, word: &str| match check(program, &ROOT) {
            Verdict::Insecure(reason) => assert!(reason.contains(word), "{reason}"),
            other => panic!("{other:?}"),
        };
        let good = script(dir.path(), 0o755);
        assert_eq!(check(&good, &ROOT), Verdict::Fine, "/tmp is sticky");
        insecure(&script(dir.path(), 0o757), "everybody");
        let path = script(dir.path(), 0o755);
        chown(&path, Some(65534), None).unwrap();
        insecure(&path, "65534");
        chown(&path, Some(0), Some(65534)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o775)).unwrap();
        insecure(&path, "group 65534");
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        insecure(link.to_str().unwrap(), "group 65534");
        script(dir.path(), 0o755);
        fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
        insecure(&path, "everybody");
    }
}
