//! When checks are made, and what their results lead to.

use super::checker::{Doing, MOST_STAGES};
use super::engine::Checkers;
use super::health::Finding;
use super::io::{ConnFailure, ConnId, ConnNews, Output};
use super::pool::CheckId;
use super::probe::{self, Attempt, Step, Verdict};
use super::words;
use crate::config::model::{Check, NetworkCheck, Pacing, Probe};
use crate::event::lvs::{LvsEvent, NotMade};
use crate::time::Time;
use core::time::Duration;
use std::sync::Arc;

impl Checkers {
    /// A check begins, or goes on after a pause: at a random moment of its `warmup`.
    pub(super) fn begin(&mut self, id: CheckId) {
        let Some(pacing) = self.checkers.get(id).and_then(|c| c.pacing()) else { return };
        let span = u64::try_from(pacing.warmup.as_nanos()).unwrap_or(u64::MAX);
        let part = (u128::from(self.draw()) * u128::from(span)) >> 64;
        let at = self.now + Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX));
        self.due.set(id, at);
    }

    /// A check stops with whatever it is doing.
    pub(super) fn pause(&mut self, id: CheckId) {
        self.due.cancel(id);
        let Some(checker) = self.checkers.get_mut(id) else { return };
        match core::mem::replace(&mut checker.doing, Doing::Nothing) {
            Doing::Nothing => {}
            Doing::Talking { conn, .. } => {
                self.conns.remove(&conn);
                self.out.push_back(Output::Close(conn));
            }
            Doing::Running { script, .. } => {
                self.scripts.remove(&script);
                self.out.push_back(Output::KillScript(script));
            }
        }
    }

    /// The time of a check has come.
    pub(super) fn check_due(&mut self, id: CheckId, due: Time) {
        let Some(checker) = self.checkers.get_mut(id) else { return };
        match &checker.doing {
            Doing::Nothing => {}
            Doing::Talking { attempt, .. } => {
                if let Check::Network(check) = &checker.check {
                    let verdict = attempt.timed_out(check);
                    self.done_talking(id, verdict);
                }
                return;
            }
            Doing::Running { .. } => return self.script_overdue(id),
        }
        let Some(pacing) = checker.pacing() else { return };
        let late = self.now.since(due);
        // After a pause of the whole machine every check is due at once. They go on in their old rhythm instead.
        if late > pacing.delay_loop / 2 && !checker.skipped {
            let next = due + after(late, pacing.delay_loop);
            checker.skipped = true;
            return self.due.set(id, next);
        }
        // How much sooner the next one comes to be back in the rhythm: however late this one is, not at once.
        let late = late.min(pacing.delay_loop / 2);
        checker.skipped = false;
        match checker.check {
            Check::Network(_) => self.talk(id, late),
            Check::Misc(_) => self.run_check(id),
            Check::File(_) | Check::Bfd(_) => {}
        }
    }

    fn talk(&mut self, id: CheckId, late: Duration) {
        let seed = self.draw();
        let Some(checker) = self.checkers.get_mut(id) else { return };
        let Check::Network(check) = &checker.check else { return };
        let url = checker.round.url;
        let dial = match checker.dials.get(url) {
            Some(Some(dial)) => dial.clone(),
            _ => {
                let dial = Arc::new(probe::dial(check, url));
                checker.dials.resize(probe::urls(check).max(url + 1), None);
                checker.dials[url] = Some(dial.clone());
                dial
            }
        };
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        let attempt = Attempt::new(check, url, seed);
        let timeout = check.manner.timeout;
        checker.doing = Doing::Talking { conn, attempt, stages: 1, late };
        self.conns.insert(conn, id);
        self.out.push_back(Output::Open(conn, dial));
        self.due.set(id, self.now + timeout);
    }

    /// News of a connection.
    pub(super) fn connection(&mut self, conn: ConnId, news: ConnNews<'_>) {
        match news {
            ConnNews::Failed(ConnFailure::NotMade(errno)) => return self.not_made(conn, NotMade::Errno(errno)),
            ConnNews::Failed(ConnFailure::NotSearched) => return self.not_made(conn, NotMade::NotSearched),
            _ => {}
        }
        self.go_on(conn, |attempt, check| attempt.on(check, news));
    }

    /// This machine could not make a check, which says nothing of the server: it is made again at its next time, as in the C version.
    fn not_made(&mut self, conn: ConnId, why: NotMade) {
        let Some(id) = self.conns.remove(&conn) else { return };
        self.out.push_back(Output::Close(conn));
        let Some(checker) = self.checkers.get_mut(id) else { return };
        checker.doing = Doing::Nothing;
        let Check::Network(NetworkCheck { manner, .. }) = &checker.check else { return };
        self.due.set(id, self.now + manner.pacing.delay_loop);
        let check = format!("{}{}", words::check(&checker.check), words::own_end(manner));
        self.out.push_back(Output::Event(LvsEvent::CheckNotMade { real: checker.real, check, why }));
    }

    /// A pattern was looked for.
    pub(super) fn matched(&mut self, conn: ConnId, found: Result<bool, String>) {
        self.go_on(conn, |attempt, check| attempt.matched(check, found));
    }

    fn go_on(&mut self, conn: ConnId, act: impl FnOnce(&mut Attempt, &NetworkCheck) -> Step) {
        let Some(&id) = self.conns.get(&conn) else { return };
        let Some(checker) = self.checkers.get_mut(id) else { return };
        let (Check::Network(check), Doing::Talking { attempt, stages, .. }) = (&checker.check, &mut checker.doing)
        else {
            return;
        };
        let asked = match act(attempt, check) {
            Step::Wait => return,
            Step::Done(verdict) => return self.done_talking(id, verdict),
            Step::Send(bytes) => Output::Send(conn, bytes),
            Step::Match(regex, text) => Output::Match { id: conn, regex, text },
        };
        *stages = stages.saturating_add(1);
        if *stages > MOST_STAGES {
            return self.done_talking(id, Verdict::Failed("the conversation does not come to an end".to_owned()));
        }
        let until = self.now + check.manner.timeout;
        self.out.push_back(asked);
        self.due.set(id, until);
    }

    fn done_talking(&mut self, id: CheckId, verdict: Verdict) {
        let Some(checker) = self.checkers.get_mut(id) else { return };
        let Doing::Talking { conn, late, .. } = core::mem::replace(&mut checker.doing, Doing::Nothing) else { return };
        self.conns.remove(&conn);
        self.out.push_back(Output::Close(conn));
        let Check::Network(check) = &checker.check else { return };
        let pacing = check.manner.pacing;
        let fast = matches!(&check.manner.probe, Probe::Http(http) if http.fast_recovery);
        let is_http = matches!(check.manner.probe, Probe::Http(_));
        let urls = probe::urls(check);
        let delay = match verdict {
            Verdict::Passed => {
                let complete = checker.round.pass(urls);
                // While a server is down nobody waits between its URLs.
                let hurry = fast && !complete && !(checker.health.up && checker.health.tried);
                if complete {
                    self.passed(id);
                } else {
                    checker.health.failures = 0;
                    if checker.health.up {
                        checker.reason = None;
                    }
                }
                if hurry { Duration::ZERO } else { pacing.delay_loop.saturating_sub(late) }
            }
            Verdict::Failed(reason) => {
                let finding = self.failed(id, &pacing, reason);
                let stuck = finding == Finding::Failed;
                if let Some(checker) = self.checkers.get_mut(id).filter(|_| stuck) {
                    checker.round.stuck = true;
                }
                match finding {
                    Finding::Forgiven => pacing.delay_before_retry,
                    // As the C version has it for HTTP.
                    _ if is_http => pacing.delay_loop.max(pacing.delay_before_retry),
                    _ => pacing.delay_loop.saturating_sub(late),
                }
            }
        };
        self.due.set(id, self.now + delay);
    }

    /// An attempt has succeeded.
    pub(super) fn passed(&mut self, id: CheckId) {
        let Some(checker) = self.checkers.get_mut(id) else { return };
        checker.reason = None;
        if checker.health.pass() == Finding::Passed {
            let (real, check) = (checker.real, words::check(&checker.check));
            self.event(LvsEvent::CheckPassed { real, check });
            self.tell_users(id);
        }
    }

    /// An attempt has failed.
    pub(super) fn failed(&mut self, id: CheckId, pacing: &Pacing, reason: String) -> Finding {
        let log = pacing.log_all_failures || self.settings.lvs.log_all_failures;
        let Some(checker) = self.checkers.get_mut(id) else { return Finding::Same };
        let finding = checker.health.fail(pacing.retry);
        let (real, failures) = (checker.real, checker.health.failures);
        match finding {
            Finding::Same | Finding::Passed => checker.reason = Some(reason.into()),
            Finding::Forgiven => {
                checker.reason = Some(reason.as_str().into());
                if log {
                    let check = words::check(&checker.check);
                    self.event(LvsEvent::CheckForgiven { real, check, reason, failures: (failures, pacing.retry) });
                }
            }
            Finding::Failed => {
                checker.reason = Some(reason.as_str().into());
                checker.status = None;
                let check = words::check(&checker.check);
                self.event(LvsEvent::CheckFailed { real, check, reason, failures });
                self.tell_users(id);
            }
        }
        finding
    }

    /// What a check says has changed. One that is made says nothing to who has suspended it; what is told to us is true of everybody.
    pub(super) fn tell_users(&mut self, id: CheckId) {
        let Some(checker) = self.checkers.get_mut(id) else { return };
        let made = checker.pacing().is_some();
        let users = core::mem::take(&mut checker.users);
        for (server, real) in &users {
            let suspended = self.servers.get(*server).is_some_and(|server| server.suspended);
            if !(made && suspended) {
                self.refresh(*server, *real as usize);
            }
        }
        if let Some(checker) = self.checkers.get_mut(id) {
            checker.users = users;
        }
    }
}

/// The least multiple of `interval` that is longer than `late`.
fn after(late: Duration, interval: Duration) -> Duration {
    let interval = interval.as_nanos().max(1);
    let next = (late.as_nanos() / interval + 1).saturating_mul(interval);
    Duration::from_nanos(u64::try_from(next).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rhythm_is_kept() {
        let s = Duration::from_secs;
        assert_eq!(
            [after(s(0), s(5)), after(s(4), s(5)), after(s(5), s(5)), after(s(61), s(5))],
            [s(5), s(5), s(10), s(65)]
        );
    }
}
