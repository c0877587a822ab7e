//! Checks whose results are told to us: numbers in files, and BFD sessions.

use super::checker::file_weight;
use super::engine::Checkers;
use super::pool::CheckId;
use super::words;
use crate::config::model::Check;
use crate::event::lvs::LvsEvent;
use crate::net::Name;

impl Checkers {
    /// The number in a `track_file`. A file that is not there counts as 0, as in the C version.
    pub(super) fn file(&mut self, name: Name, value: Option<i32>) {
        self.files.insert(name.clone(), value.unwrap_or(0));
        self.told(false, &name);
    }

    /// The state of a BFD session.
    pub(super) fn session(&mut self, name: Name, up: bool) {
        self.sessions.insert(name.clone(), up);
        self.told(true, &name);
    }

    fn told(&mut self, session: bool, name: &Name) {
        let ids: Vec<CheckId> =
            self.listeners.get(&(session, name.clone())).map(|ids| ids.iter().copied().collect()).unwrap_or_default();
        for id in ids {
            let before = self.checkers.get(id).map(|c| (c.health.up, c.value));
            self.look(id);
            let Some(checker) = self.checkers.get(id) else { continue };
            if before == Some((checker.health.up, checker.value)) {
                continue;
            }
            let (real, check) = (checker.real, words::check(&checker.check));
            match (before.is_some_and(|(up, _)| up), checker.health.up) {
                (false, true) => self.event(LvsEvent::CheckPassed { real, check }),
                (true, false) => self.tell_given(id),
                _ => {}
            }
            self.tell_users(id);
        }
    }

    /// Tells that a check fails by its file or session, where it does.
    pub(super) fn tell_given(&mut self, id: CheckId) {
        let Some(checker) = self.checkers.get(id).filter(|checker| !checker.health.up) else { return };
        let (real, check) = (checker.real, words::check(&checker.check));
        let reason = checker.reason.as_deref().unwrap_or_default().to_owned();
        self.event(LvsEvent::CheckFailed { real, check, reason, failures: 1 });
    }

    /// Takes over what is known of a check's file or session.
    pub(super) fn look(&mut self, id: CheckId) {
        let Some(checker) = self.checkers.get_mut(id) else { return };
        let reason = match &checker.check {
            Check::File(file) => {
                checker.value = self.files.get(&file.file).copied().unwrap_or(0);
                let up = file_weight(file, checker.value).is_some();
                (!up).then(|| format!("the number in the file is {}", checker.value))
            }
            Check::Bfd(bfd) => match self.sessions.get(&bfd.name) {
                None => return,
                Some(up) => (!up).then(|| "the session is down".to_owned()),
            },
            Check::Network(_) | Check::Misc(_) => return,
        };
        checker.health.tried = true;
        checker.health.up = reason.is_none();
        checker.health.failures = u32::from(reason.is_some());
        checker.reason = reason.map(Into::into);
    }

    /// What a check listens to.
    pub(super) fn source(check: &Check) -> Option<(bool, Name)> {
        match check {
            Check::File(file) => Some((false, file.file.clone())),
            Check::Bfd(bfd) => Some((true, bfd.name.clone())),
            Check::Network(_) | Check::Misc(_) => None,
        }
    }
}
