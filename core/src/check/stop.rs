//! The end: nothing of ours is left in the kernel that is not asked to be left.

use super::engine::{Checkers, Running, STOP_LIMIT, TimerKey};
use super::io::Output;
use super::pool::ServerId;
use crate::config::model::FlushOnStop;
use crate::event::lvs::LvsEvent;
use crate::ipvs::Leave;

impl Checkers {
    pub(super) fn stop(&mut self, keep_table: bool) {
        if self.running != Running::Yes {
            return self.stop_now();
        }
        self.running = Running::Stopping;
        self.event(LvsEvent::Stopping);
        for id in self.checkers.ids() {
            self.pause(id);
        }
        // What runs still is not waited for: the scripts of the end are to run now.
        self.notifier.let_all();
        let leave = match (keep_table, self.settings.lvs.flush_on_stop) {
            (true, _) => Leave::Services,
            (false, Some(FlushOnStop::Everything)) => Leave::Nothing,
            (false, _) => Leave::Others,
        };
        if !keep_table {
            for id in self.order.clone() {
                if self.servers.get(id).is_some_and(|server| server.config.omega) {
                    self.tell_end(id, true);
                }
            }
        }
        self.reconciler.stop(leave);
        self.timers.set(TimerKey::StopLimit, self.now + STOP_LIMIT);
    }

    /// A virtual server ends: what lives goes down, and so does its quorum. Where the daemon stops, the quorum's script runs even if the quorum
    /// was never there, as in the C version.
    pub(super) fn tell_end(&mut self, id: ServerId, stopping: bool) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let alive: Vec<usize> = (0..).zip(&server.reals).filter(|(_, real)| real.alive).map(|(at, _)| at).collect();
        let tell = (server.quorum || stopping) && server.told != Some(false);
        server.told = Some(false);
        for real in alive {
            self.notify_real(id, real, false);
        }
        if tell {
            self.notify_virtual(id, false);
        }
    }

    /// The stop has waited long enough, or was asked for twice.
    pub(super) fn stop_now(&mut self) {
        let (running, told) = self.notifier.kill_all();
        self.out.extend(told.into_iter().map(|news| Output::Event(LvsEvent::Script(news))));
        self.out.extend(running.into_iter().map(Output::KillScript));
        self.finish();
    }

    pub(super) fn finish(&mut self) {
        if self.running != Running::Stopped {
            self.running = Running::Stopped;
            self.timers.retain(|_| false);
            self.due.clear();
            self.out.push_back(Output::Stopped);
        }
    }
}
