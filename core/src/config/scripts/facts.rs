//! What the machine says of paths and users. The driver reads it; nothing is judged here.

use crate::config::model::{Credentials, Global};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The user who runs scripts that name nobody, where the machine has it.
pub const USUAL_USER: &str = "keepalived_script";

/// A user as the kernel knows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
}

impl Identity {
    /// Whether it has root's rights over files, by user or by group.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.uid == 0 || self.is_in(0)
    }

    /// Whether a group is one of its groups.
    #[must_use]
    pub fn is_in(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

/// Who is to run a script, before anybody has looked whether there is such a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Runner {
    /// User and group by name or number. `None`: [`USUAL_USER`].
    pub named: Option<Credentials>,
    /// With all groups that the user is in.
    pub supplementary: bool,
    /// Where [`USUAL_USER`] does not exist, the daemon's own user runs it.
    pub or_self: bool,
}

impl Global {
    /// Who runs a script that names `own`: that user, else `script_user`, else [`USUAL_USER`], else, unless `enable_script_security` is set, the
    /// daemon's own user.
    #[must_use]
    pub fn runner(&self, own: Option<&Credentials>) -> Runner {
        let named = own.or(self.script_user.as_ref()).cloned();
        let asked = named.as_ref().is_some_and(|credentials| credentials.supplementary);
        let or_self = named.is_none() && !self.script_security;
        Runner { named, supplementary: asked || self.supplementary_groups, or_self }
    }
}

/// Why a user cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoUser {
    /// There is none of this name.
    User(String),
    /// There is no group of this name.
    Group(String),
    /// The number has no entry, and so no group of its own.
    Number(u32),
    /// The user database does not answer.
    Failed(String),
}

impl fmt::Display for NoUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoUser::User(name) => write!(f, "there is no user {name}"),
            NoUser::Group(name) => write!(f, "there is no group {name}"),
            NoUser::Number(uid) => write!(f, "user {uid} has no entry, so a group must be named"),
            NoUser::Failed(reason) => write!(f, "the user database does not answer: {reason}"),
        }
    }
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// Anything else: "a socket".
    Other(&'static str),
}

/// One directory, link or file on the way to a program, itself and not what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its path.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its permissions: the lowest 12 bits of the mode.
    pub mode: u32,
    /// It has an access control list: the mode does not say everything.
    pub acl: bool,
}

/// Why a way ends before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// There is nothing of this name.
    Missing,
    /// More is asked for than a file can hold.
    NotADirectory,
    /// Links lead to each other.
    Loop,
    /// Who looked may not.
    Denied,
    /// What the kernel said.
    Failed(String),
}

/// The way to a program, as the kernel goes it: every directory, link and file that is gone through, in order, from `/` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFacts {
    /// The path that was asked for, absolute.
    pub path: String,
    /// What is gone through. The last is where it ends.
    pub parts: Vec<Part>,
    /// Where it breaks off, and why.
    pub broken: Option<(String, Broken)>,
}

/// Names of users and groups, where they have one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// By number.
    pub users: BTreeMap<u32, String>,
    /// By number.
    pub groups: BTreeMap<u32, String>,
}

impl Names {
    /// The user's name, or its number.
    #[must_use]
    pub fn user(&self, uid: u32) -> String {
        self.users.get(&uid).cloned().unwrap_or_else(|| uid.to_string())
    }

    /// The group's name, or its number.
    #[must_use]
    pub fn group(&self, gid: u32) -> String {
        self.groups.get(&gid).cloned().unwrap_or_else(|| gid.to_string())
    }
}

/// Everything that the machine says of the scripts of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Where programs without a slash in their name are looked for: absolute directories, in order.
    pub search: Vec<String>,
    /// Who each runner is.
    pub runners: BTreeMap<Runner, Result<Identity, NoUser>>,
    /// The way to each program, by its absolute path.
    pub paths: BTreeMap<String, PathFacts>,
    /// Names for people.
    pub names: Names,
}
