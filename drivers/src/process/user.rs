//! Who runs a script: names to numbers, by the system's user database. It may be slow (it may ask the network).

use keepalived_core::config::model::Credentials;
use nix::unistd::{Gid, Group, Uid, User};

/// The user who runs scripts that name nobody, where the machine has it.
pub const SCRIPT_USER: &str = "keepalived_script";

/// A user as the kernel knows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
}

impl Identity {
    /// Who this process is.
    #[must_use]
    pub fn own() -> Identity {
        let groups = nix::unistd::getgroups().unwrap_or_default();
        let (uid, gid) = (Uid::effective().as_raw(), Gid::effective().as_raw());
        Identity { uid, gid, groups: groups.into_iter().map(Gid::as_raw).collect() }
    }

    /// Whether it has root's rights over files, by user or by group.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.uid == 0 || self.gid == 0
    }
}

/// Resolves who runs a script: `own`, else the global `script_user`, else [`SCRIPT_USER`], else the daemon's own user.
///
/// # Errors
/// A sentence, where a user or group does not exist.
pub fn resolve(own: Option<&Credentials>, global: Option<&Credentials>) -> Result<Identity, String> {
    match own.or(global) {
        Some(credentials) => named(credentials),
        None => match User::from_name(SCRIPT_USER) {
            Ok(Some(user)) => Ok(of(&user, None)),
            _ => Ok(Identity::own()),
        },
    }
}

fn named(credentials: &Credentials) -> Result<Identity, String> {
    let group = credentials.group.as_deref().map(group).transpose()?;
    let name = &credentials.user;
    match User::from_name(name) {
        Ok(Some(user)) => return Ok(of(&user, group)),
        Ok(None) => {}
        Err(error) => return Err(format!("user {name} cannot be looked up: {error}")),
    }
    let uid: u32 = name.parse().map_err(|_| format!("there is no user {name}"))?;
    match (User::from_uid(Uid::from_raw(uid)), group) {
        (Ok(Some(user)), group) => Ok(of(&user, group)),
        (_, Some(gid)) => Ok(Identity { uid, gid, groups: vec![gid] }),
        (_, None) => Err(format!("user {uid} has no entry, so its group must be given")),
    }
}

fn group(name: &str) -> Result<u32, String> {
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group.gid.as_raw()),
        Ok(None) => name.parse().map_err(|_| format!("there is no group {name}")),
        Err(error) => Err(format!("group {name} cannot be looked up: {error}")),
    }
}

fn of(user: &User, group: Option<u32>) -> Identity {
    let gid = group.unwrap_or(user.gid.as_raw());
    // As the C version: others only where they are asked for, which is not built yet.
    Identity { uid: user.uid.as_raw(), gid, groups: vec![gid] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(user: &str, group: Option<&str>) -> Credentials {
        Credentials { user: user.to_owned(), group: group.map(str::to_owned) }
    }

    #[test]
    fn names_and_numbers() {
        let root = resolve(Some(&credentials("root", None)), None).unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert_eq!(resolve(Some(&credentials("0", None)), None), Ok(root.clone()));
        let other = resolve(Some(&credentials("root", Some("1"))), None).unwrap();
        assert_eq!((other.uid, other.gid), (0, 1));
        assert!(other.groups.contains(&1));
        assert!(resolve(Some(&credentials("no-such-user", None)), None).unwrap_err().contains("no-such-user"));
        assert!(resolve(Some(&credentials("root", Some("no-such-group"))), None).is_err());
        assert!(resolve(Some(&credentials("4111222333", None)), None).is_err());
    }

    #[test]
    fn the_nearest_setting_wins() {
        let (own, global) = (credentials("root", Some("1")), credentials("root", Some("2")));
        assert_eq!(resolve(Some(&own), Some(&global)).unwrap().gid, 1);
        assert_eq!(resolve(None, Some(&global)).unwrap().gid, 2);
    }
}
