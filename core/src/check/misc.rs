//! `MISC_CHECK`: a program says how a server fares.

use super::checker::{Doing, Overdue};
use super::engine::Checkers;
use super::health::Finding;
use super::io::Output;
use super::pool::CheckId;
use super::words;
use crate::config::model::{Check, MiscCheck};
use crate::event::lvs::{LvsEvent, NotMade};
use crate::kernel::Errno;
use crate::time::Time;
use crate::vrrp::{ScriptId, ScriptRun, ScriptStatus};
use core::time::Duration;

/// A script that was killed ends at once, or cannot be killed. This is also the least time between two tries.
const KILL_WAIT: Duration = Duration::from_secs(1);

/// What the end of a script says.
enum Outcome {
    /// The server lives; with a weight where the status says one.
    Passed(Option<u8>),
    /// It does not.
    Failed(String),
    /// Nothing: it never ran, and that is not the server's fault.
    Unknown(Errno),
}

impl Checkers {
    /// Runs the script of a check.
    pub(super) fn run_check(&mut self, id: CheckId) {
        let default = self.settings.script_user.clone();
        let Some(checker) = self.checkers.get_mut(id) else { return };
        let Check::Misc(check) = &checker.check else { return };
        let MiscCheck { script, timeout, .. } = &**check;
        let run = ScriptRun {
            id: self.notifier.next_id(),
            owner: words::real_server(checker.real, None).into(),
            argv: script.argv.clone(),
            user: script.user.clone().or(default),
        };
        let timeout = *timeout;
        checker.doing = Doing::Running { script: run.id, since: self.now, overdue: Overdue::No };
        self.scripts.insert(run.id, id);
        self.out.push_back(Output::RunScript(run));
        self.due.set(id, self.now + timeout);
    }

    /// A script has taken too long, or has not died of that yet.
    pub(super) fn script_overdue(&mut self, id: CheckId) {
        let Some(checker) = self.checkers.get_mut(id) else { return };
        let Check::Misc(check) = &checker.check else { return };
        let pacing = check.pacing;
        let Doing::Running { script, since, overdue } = &mut checker.doing else { return };
        let (script, since) = (*script, *since);
        self.out.push_back(Output::KillScript(script));
        let mut at = self.now + KILL_WAIT;
        if *overdue == Overdue::No {
            // Its end says whether it ever began: where too many run at once one may have waited for its turn all the time.
            *overdue = Overdue::Killed;
        } else {
            *overdue = Overdue::Judged;
            let finding = self.failed(id, &pacing, "the script still runs though it was killed".to_owned());
            at = at.max(self.next_run(id, since, finding));
        }
        self.due.set(id, at);
    }

    /// The script of a check has ended.
    pub(super) fn check_ended(&mut self, id: CheckId, script: ScriptId, status: ScriptStatus) {
        let Some(checker) = self.checkers.get_mut(id) else { return };
        let Check::Misc(check) = &checker.check else { return };
        let MiscCheck { pacing, timeout, dynamic, .. } = &**check;
        let (pacing, timeout, dynamic) = (*pacing, *timeout, *dynamic);
        let Doing::Running { script: current, since, overdue } = checker.doing else { return };
        if current != script {
            return;
        }
        checker.doing = Doing::Nothing;
        let outcome = match (overdue, outcome(status, dynamic)) {
            // The next run has its time already.
            (Overdue::Judged, _) => return,
            (Overdue::Killed, Outcome::Passed(_) | Outcome::Failed(_)) => {
                Outcome::Failed(format!("the script ran for more than {} s", timeout.as_secs_f64()))
            }
            (_, outcome) => outcome,
        };
        let finding = match outcome {
            Outcome::Passed(status) => {
                let changed = core::mem::replace(&mut checker.status, status) != status;
                let was_up = checker.health.up;
                self.passed(id);
                if changed && was_up {
                    self.tell_users(id);
                }
                Finding::Same
            }
            Outcome::Failed(reason) => self.failed(id, &pacing, reason),
            Outcome::Unknown(errno) => {
                let (real, check) = (checker.real, words::check(&checker.check));
                self.event(LvsEvent::CheckNotMade { real, check, why: NotMade::Errno(errno) });
                Finding::Same
            }
        };
        let at = self.next_run(id, since, finding);
        self.due.set(id, at);
    }

    /// Scripts are started in the interval from start to start, but one after the other.
    fn next_run(&self, id: CheckId, since: Time, finding: Finding) -> Time {
        let pacing = self.checkers.get(id).and_then(|c| c.pacing());
        let delay = pacing.map(|p| if finding == Finding::Forgiven { p.delay_before_retry } else { p.delay_loop });
        (since + delay.unwrap_or_default()).max(self.now)
    }
}

fn outcome(status: ScriptStatus, dynamic: bool) -> Outcome {
    match status {
        ScriptStatus::Exited(0) => Outcome::Passed(None),
        ScriptStatus::Exited(status @ 2..) if dynamic => Outcome::Passed(Some(status)),
        ScriptStatus::Exited(status) => Outcome::Failed(format!("the script ended with status {status}")),
        ScriptStatus::Signalled(signal) => Outcome::Failed(format!("the script was killed by signal {signal}")),
        ScriptStatus::NotStarted(errno) => Outcome::Unknown(errno),
    }
}
