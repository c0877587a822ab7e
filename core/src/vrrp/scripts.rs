//! Which notify scripts a change runs, and when.

use super::engine::{TimerKey, Vrrp};
use super::instance::Id;
use super::io::Output;
use super::state::State;
use crate::config::model::{NotifyScripts, Script};
use crate::event::Event;
use crate::net::Name;
use crate::notify::OVERDUE;

impl Vrrp {
    /// The scripts of a new master run once the kernel has its addresses: what they start may bind to them.
    pub(super) fn notify_when_ready(&mut self, id: Id) {
        if self.get(id).is_some_and(|i| i.notify_pending) && self.all_present(id) {
            self.flush_notify(id);
        }
    }

    /// Runs the scripts of a new master now, if they have not run.
    pub(super) fn flush_notify(&mut self, id: Id) {
        self.timers.cancel(TimerKey::Notify(id));
        let Some(instance) = self.get_mut(id) else { return };
        if core::mem::replace(&mut instance.notify_pending, false) {
            let group = instance.group;
            self.notify_instance(id, State::Master);
            if let Some(place) = group {
                self.notify_group_when_ready(place);
            }
        }
    }

    /// An address was refused: the scripts need not wait for it.
    pub(super) fn address_failed(&mut self, key: crate::kernel::addresses::AddressKey) {
        let ids: Vec<Id> = self.addresses.wanted_by(key).collect();
        for id in ids {
            self.flush_notify(id);
        }
    }

    pub(super) fn notify_instance(&mut self, id: Id, to: State) {
        let Some(instance) = self.get(id) else { return };
        let (scripts, name) = (instance.config.notify.clone(), instance.name());
        let priority = instance.priority.0;
        self.queue(&scripts, "INSTANCE", &name, to, priority);
    }

    pub(super) fn notify_group_when_ready(&mut self, place: usize) {
        let Some(group) = self.groups.get(place).filter(|g| g.notify_pending) else { return };
        if group.members.iter().filter_map(|m| self.get(*m)).any(|i| i.notify_pending) {
            return;
        }
        if let Some(group) = self.groups.get_mut(place) {
            group.notify_pending = false;
        }
        self.notify_group(place, State::Master);
    }

    pub(super) fn notify_group(&mut self, place: usize, to: State) {
        let Some(group) = self.groups.get(place) else { return };
        let (scripts, name) = (group.config.notify.clone(), group.config.name.clone());
        self.queue(&scripts, "GROUP", &name, to, 0);
    }

    /// First the script of the state, then the one for every state, which gets four arguments as the C version gives them.
    fn queue(&mut self, scripts: &NotifyScripts, kind: &'static str, name: &Name, to: State, priority: u8) {
        let (special, word) = match to {
            State::Master => (&scripts.master, "MASTER"),
            State::Backup => (&scripts.backup, "BACKUP"),
            State::Fault => (&scripts.fault, "FAULT"),
            State::Init => (&scripts.stop, "STOP"),
        };
        let object = (kind == "GROUP", name.clone());
        let default_user = self.config.global.script_user.clone();
        let mut runs = Vec::new();
        if let Some(script) = special {
            runs.push((**script).clone());
        }
        if let Some(Script { argv, user, at }) = scripts.any.as_deref() {
            let more = [kind.to_owned(), name.to_string(), word.to_owned(), priority.to_string()];
            runs.push(Script { argv: argv.iter().cloned().chain(more).collect(), user: user.clone(), at: *at });
        }
        for mut script in runs {
            script.user = script.user.or_else(|| default_user.clone());
            if let Some(news) = self.notifier.push(object.clone(), script) {
                self.event(Event::Script(news));
            }
        }
    }

    /// Starts what the queues allow.
    pub(super) fn start_scripts(&mut self) {
        while let Some(run) = self.notifier.next() {
            self.timers.set(TimerKey::Script(run.id), self.now + OVERDUE);
            self.out.push_back(Output::RunScript(run));
        }
    }
}
