//! Who runs a script: names to numbers, by the system's user database. It may be slow (it may ask the network).

use keepalived_core::config::model::Credentials;
use keepalived_core::config::scripts::{Identity, NoUser, Runner, USUAL_USER};
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::{Mutex, PoisonError};

/// What was found out for the configurations that came into force: the user database may ask a network that is down when a script is to run.
static KNOWN: Mutex<BTreeMap<Runner, Identity>> = Mutex::new(BTreeMap::new());

/// Who this process is.
#[must_use]
pub fn own() -> Identity {
    let groups = nix::unistd::getgroups().unwrap_or_default();
    let (uid, gid) = (Uid::effective().as_raw(), Gid::effective().as_raw());
    Identity { uid, gid, groups: groups.into_iter().map(Gid::as_raw).collect() }
}

/// Finds out who is to run a script.
///
/// # Errors
/// Where there is no such user or group.
pub fn resolve(runner: &Runner) -> Result<Identity, NoUser> {
    match &runner.named {
        Some(credentials) => named(credentials, runner.supplementary),
        None => match User::from_name(USUAL_USER) {
            Ok(Some(user)) => Ok(of(&user, None, runner.supplementary)),
            _ if runner.or_self => Ok(own()),
            Ok(None) => Err(NoUser::User(USUAL_USER.to_owned())),
            Err(error) => Err(NoUser::Failed(error.to_string())),
        },
    }
}

/// As [`resolve`], which is asked only where [`note`] has not noted its answer.
///
/// # Errors
/// Those of [`resolve`].
pub fn known(runner: &Runner) -> Result<Identity, NoUser> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(runner).cloned();
    known.map_or_else(|| resolve(runner), Ok)
}

/// What [`resolve`] said of those who run the scripts of a configuration.
pub type Runners = Vec<(Runner, Result<Identity, NoUser>)>;

/// Notes what was found out for a configuration that comes into force. As in the C version a change of the user database counts from the next
/// one.
pub fn note(found: Runners) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    for (runner, identity) in found {
        match identity {
            Ok(identity) => known.insert(runner, identity),
            Err(_) => known.remove(&runner),
        };
    }
}

/// What a user is called.
#[must_use]
pub fn user_name(uid: u32) -> Option<String> {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name)
}

/// What a group is called.
#[must_use]
pub fn group_name(gid: u32) -> Option<String> {
    Group::from_gid(Gid::from_raw(gid)).ok().flatten().map(|group| group.name)
}

fn named(credentials: &Credentials, supplementary: bool) -> Result<Identity, NoUser> {
    let group = credentials.group.as_deref().map(group).transpose()?;
    let name = &credentials.user;
    match User::from_name(name) {
        Ok(Some(user)) => return Ok(of(&user, group, supplementary)),
        Ok(None) => {}
        Err(error) => return Err(NoUser::Failed(error.to_string())),
    }
    let uid: u32 = name.parse().map_err(|_| NoUser::User(name.clone()))?;
    match (User::from_uid(Uid::from_raw(uid)), group) {
        (Ok(Some(user)), group) => Ok(of(&user, group, supplementary)),
        (_, Some(gid)) => Ok(Identity { uid, gid, groups: vec![gid] }),
        (_, None) => Err(NoUser::Number(uid)),
    }
}

fn group(name: &str) -> Result<u32, NoUser> {
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group.gid.as_raw()),
        Ok(None) => name.parse().map_err(|_| NoUser::Group(name.to_owned())),
        Err(error) => Err(NoUser::Failed(error.to_string())),
    }
}

/// Supplementary groups only where they are asked for, as in the C version.
fn of(user: &User, group: Option<u32>, supplementary: bool) -> Identity {
    let gid = group.unwrap_or(user.gid.as_raw());
    let mut groups = vec![gid];
    if supplementary && let Ok(name) = CString::new(user.name.as_str()) {
        groups = getgrouplist(&name, user.gid).unwrap_or_default().into_iter().map(Gid::as_raw).collect();
    }
    Identity { uid: user.uid.as_raw(), gid, groups }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::config::model::Global;

    fn who(user: &str, group: Option<&str>) -> Result<Identity, NoUser> {
        resolve(&Global::default().runner(Some(&Credentials::new(user, group))))
    }

    #[test]
    fn names_and_numbers() {
        let root = who("root", None).unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert_eq!(who("0", None), Ok(root));
        let other = who("root", Some("1")).unwrap();
        assert_eq!((other.uid, other.gid, other.groups), (0, 1, vec![1]));
        assert_eq!(who("no-such-user", None), Err(NoUser::User("no-such-user".to_owned())));
        assert_eq!(who("root", Some("no-such-group")), Err(NoUser::Group("no-such-group".to_owned())));
        assert_eq!(who("4111222333", None), Err(NoUser::Number(4_111_222_333)));
        assert_eq!(who("4111222333", Some("1")).map(|who| who.gid), Ok(1));
    }

    #[test]
    fn a_colon_or_the_global_keyword_bring_all_groups() {
        let asked = Credentials { supplementary: true, ..Credentials::new("root", Some("1")) };
        let global = Global { supplementary_groups: true, ..Global::default() };
        let all = resolve(&Global::default().runner(Some(&asked))).unwrap();
        assert_eq!(Ok(&all), resolve(&global.runner(Some(&Credentials::new("root", Some("1"))))).as_ref());
        assert_eq!(all.gid, 1);
        assert!(all.groups.contains(&0), "the user's own group is one of them: {all:?}");
    }

    #[test]
    fn with_security_nobody_runs_a_script_by_chance() {
        let runner = |script_security| Global { script_security, ..Global::default() }.runner(None);
        if User::from_name(USUAL_USER).unwrap().is_none() {
            assert_eq!(resolve(&runner(false)), Ok(own()));
            assert_eq!(resolve(&runner(true)), Err(NoUser::User(USUAL_USER.to_owned())));
        }
    }
}
