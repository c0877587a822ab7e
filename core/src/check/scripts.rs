//! Notify scripts and lines for the FIFOs.
//!
//! Scripts get neither arguments nor an environment of their own, as in the C version.

use super::engine::{Checkers, Running, SCRIPT_WAIT, TimerKey};
use super::io::Output;
use super::pool::ServerId;
use super::words;
use crate::config::model::{Protocol, Script};
use crate::event::lvs::{LvsEvent, RealName};
use crate::net::Name;
use crate::notify::OVERDUE;
use crate::vrrp::{ScriptId, ScriptStatus};

impl Checkers {
    /// The quorum of a virtual server was gained or lost.
    pub(super) fn notify_virtual(&mut self, id: ServerId, up: bool) {
        let Some(server) = self.servers.get(id) else { return };
        let script = if up { &server.config.quorum_up } else { &server.config.quorum_down };
        let (script, label) = (script.clone(), server.label.clone());
        if self.settings.fifo {
            self.out.push_back(Output::Fifo(format!("VS {label} {}", word(up))));
        }
        self.queue(label, script);
    }

    /// A real server of a virtual server came to life or failed.
    pub(super) fn notify_real(&mut self, id: ServerId, real: usize, up: bool) {
        let Some(server) = self.servers.get(id) else { return };
        let Some(config) = server.config.real_servers.get(real) else { return };
        let script = if up { &config.notify_up } else { &config.notify_down };
        if script.is_none() && !self.settings.fifo {
            return;
        }
        let of = (server.label.clone(), server.config.protocol, config.name());
        self.notify(of, script.clone(), up);
    }

    /// A real server that may be configured no longer came to life or failed.
    pub(super) fn notify(
        &mut self,
        (label, protocol, real): (Name, Option<Protocol>, RealName),
        script: Option<Box<Script>>,
        up: bool,
    ) {
        if self.settings.fifo {
            let name = words::real_server(real, protocol);
            self.out.push_back(Output::Fifo(format!("RS {name} {label} {}", word(up))));
        }
        if script.is_some() {
            self.queue(words::owner(&label, protocol, real), script);
        }
    }

    fn queue(&mut self, owner: Name, script: Option<Box<Script>>) {
        let Some(mut script) = script else { return };
        script.user = script.user.or_else(|| self.settings.script_user.clone());
        // Looked at when all that happens now has been asked of the kernel.
        if self.timers.get(TimerKey::Scripts).is_none() {
            self.timers.set(TimerKey::Scripts, self.now + SCRIPT_WAIT);
        }
        if let Some(news) = self.notifier.push(owner, *script) {
            self.event(LvsEvent::Script(news));
        }
    }

    /// Whether the kernel may not have yet what scripts may be about. Where nothing is wanted its table is never read.
    pub(super) fn is_busy(&self) -> bool {
        let unread = !self.table_read && !self.reconciler.wanted().is_empty();
        unread || !self.reconciler.is_idle()
    }

    /// Starts what the queues allow, once the kernel has what was asked of it: what is told may be relied on then.
    pub(super) fn start_scripts(&mut self) {
        if self.timers.get(TimerKey::Scripts).is_some() {
            if self.running == Running::Yes && self.is_busy() {
                return;
            }
            self.timers.cancel(TimerKey::Scripts);
        }
        while let Some(run) = self.notifier.next() {
            self.timers.set(TimerKey::Script(run.id), self.now + OVERDUE);
            self.out.push_back(Output::RunScript(run));
        }
    }

    /// A script has ended: of a check, or one that was notified.
    pub(super) fn script_ended(&mut self, id: ScriptId, status: ScriptStatus) {
        if let Some(check) = self.scripts.remove(&id) {
            return self.check_ended(check, id, status);
        }
        self.timers.cancel(TimerKey::Script(id));
        if let Some(news) = self.notifier.ended(id, status) {
            self.event(LvsEvent::Script(news));
        }
    }
}

const fn word(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}
