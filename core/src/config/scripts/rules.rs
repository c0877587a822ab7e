//! Whether a user can run a program, and whether somebody else than root can change what root runs. Pure rules over [`PathFacts`].

use super::facts::{Broken, Identity, Kind, Part, PathFacts};

/// Who else than root can change a part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Its owner.
    Owner,
    /// The members of its group.
    Group,
    /// Everybody.
    Everybody,
}

/// Why root's rights are at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Root, or somebody in root's group, runs it.
    Runner,
    /// The program takes root's rights itself (set-user-ID).
    SetUser,
    /// The program takes the rights of root's group itself (set-group-ID).
    SetGroup,
}

/// What is wrong with the way to a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw<'a> {
    /// It breaks off here.
    Broken(&'a str, &'a Broken),
    /// It leads through a directory that the user may not enter.
    Closed(&'a Part),
    /// It ends at something else than a regular file.
    NotAFile(&'a Part),
    /// The user may not execute it.
    NotExecutable(&'a Part),
    /// It would run with root's rights, and others than root can change what runs.
    Weak(&'a Part, Weakness, Power),
}

/// The first flaw of a way for who is to run what it leads to.
#[must_use]
pub fn flaw<'a>(facts: &'a PathFacts, who: &Identity) -> Option<Flaw<'a>> {
    let closed = |part: &&Part| part.kind == Kind::Directory && !may_execute(part, who);
    // Of a directory that is not gone into, no leave is needed.
    let last = facts.parts.len() - usize::from(facts.broken.is_none() && !facts.parts.is_empty());
    if let Some(part) = facts.parts[..last].iter().find(closed) {
        return Some(Flaw::Closed(part));
    }
    if let Some((path, broken)) = &facts.broken {
        return Some(Flaw::Broken(path, broken));
    }
    let end = facts.parts.last()?;
    if end.kind != Kind::File {
        return Some(Flaw::NotAFile(end));
    }
    if !may_execute(end, who) {
        return Some(Flaw::NotExecutable(end));
    }
    let power = power(end, who)?;
    facts.parts.iter().find_map(|part| Some(Flaw::Weak(part, weakness(part)?, power)))
}

/// Whether who is named may execute a file, or enter a directory.
#[must_use]
pub fn may_execute(part: &Part, who: &Identity) -> bool {
    let bits = if who.uid == 0 {
        // Root enters every directory, and executes what anybody may.
        if part.kind == Kind::Directory { 0o111 } else { part.mode }
    } else if who.uid == part.uid {
        part.mode & 0o100
    } else if part.acl {
        // The list may name this user. Whoever it lets in shows in the bits of the group.
        part.mode & 0o011
    } else if who.is_in(part.gid) {
        part.mode & 0o010
    } else {
        part.mode & 0o001
    };
    bits & 0o111 != 0
}

/// Whether running it gives it root's rights.
fn power(end: &Part, who: &Identity) -> Option<Power> {
    if who.is_root() {
        Some(Power::Runner)
    } else if end.uid == 0 && end.mode & 0o4100 == 0o4100 {
        Some(Power::SetUser)
    } else if end.gid == 0 && end.mode & 0o2010 == 0o2010 {
        Some(Power::SetGroup)
    } else {
        None
    }
}

/// Who else than root can change this part of a path.
#[must_use]
pub fn weakness(part: &Part) -> Option<Weakness> {
    if part.uid != 0 {
        return Some(Weakness::Owner);
    }
    // In a sticky directory only its owner can replace an entry, and the entry itself is looked at too. The bits of a link mean nothing.
    if part.kind == Kind::Link || part.kind == Kind::Directory && part.mode & 0o1000 != 0 {
        return None;
    }
    if part.mode & 0o002 != 0 {
        Some(Weakness::Everybody)
    } else if part.mode & 0o020 != 0 && part.gid != 0 {
        Some(Weakness::Group)
    } else {
        None
    }
}
