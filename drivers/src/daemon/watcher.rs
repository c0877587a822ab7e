//! Watches the loop: what happens is logged, recorded and told to the service manager when all adverts of a turn have left.

use super::detach::Starting;
use super::notify::Notifier;
use crate::checkers::Balancer;
use crate::log::{Log, Part};
use crate::record::Recording;
use crate::run::Observer;
use keepalived_core::Time;
use keepalived_core::event::Event;
use keepalived_core::event::turn::sentences;
use keepalived_core::kernel::KernelEvent;
use keepalived_core::vrrp::{Input, InstanceStatus, Output, Vrrp};
use std::cell::RefCell;
use std::rc::Rc;

/// The observer of the daemon.
pub struct Watcher {
    log: Log,
    notifier: Rc<Notifier>,
    balancer: Rc<RefCell<Balancer>>,
    recording: Option<Recording>,
    events: Vec<Event>,
    starting: Option<Starting>,
    kernel_known: bool,
    configured: bool,
    /// A configuration is in force, and this was not told yet.
    to_be_ready: bool,
    changed: bool,
}

impl Watcher {
    /// `starting` is let go when the first configuration is in force, in the kernel's table too.
    #[must_use]
    pub fn new(
        log: Log,
        notifier: Rc<Notifier>,
        balancer: Rc<RefCell<Balancer>>,
        recording: Option<Recording>,
        starting: Starting,
    ) -> Watcher {
        Watcher {
            log,
            notifier,
            balancer,
            recording,
            events: Vec::new(),
            starting: Some(starting),
            kernel_known: false,
            configured: false,
            to_be_ready: false,
            changed: false,
        }
    }

    /// The recording, to be finished.
    #[must_use]
    pub fn into_recording(self) -> Option<Recording> {
        self.recording
    }
}

impl Observer<Vrrp> for Watcher {
    fn input(&mut self, now: Time, input: &Input<'_>) {
        match input {
            Input::Configure(_) => self.configured = true,
            Input::Kernel(KernelEvent::Snapshot { .. }) => self.kernel_known = true,
            _ => {}
        }
        if let Some(recording) = &mut self.recording {
            recording.input(now, input);
        }
    }

    fn output(&mut self, _now: Time, output: &Output) {
        if let Output::Event(event) = output {
            self.changed |= matches!(event, Event::State { .. });
            self.events.push(event.clone());
        }
        if let Some(recording) = &mut self.recording {
            recording.output(output);
        }
    }

    fn turn_over(&mut self, now: Time, engine: &Vrrp) {
        if let Some(recording) = &mut self.recording {
            recording.turn_over(now, engine);
        }
        if engine.status().is_empty() && self.balancer.borrow().summary().is_some() {
            // Who only balances need not hear that there are no instances.
            self.events.retain(|event| !matches!(event, Event::Configured { removed, .. } if removed.is_empty()));
        }
        for event in &self.events {
            if let Event::State { instance, to, .. } = event {
                self.balancer.borrow_mut().instance(instance, *to);
            }
        }
        for (level, text) in sentences(&self.events) {
            self.log.say(Part::Vrrp, level, text);
        }
        self.events.clear();
        if std::mem::take(&mut self.configured) {
            // An instance that got another name is told of as nothing else would.
            for InstanceStatus { name, state, .. } in engine.status() {
                self.balancer.borrow_mut().instance(&name, state);
            }
            self.to_be_ready = true;
        }
        if self.to_be_ready && self.kernel_known && !self.balancer.borrow().makes_first_table() {
            self.to_be_ready = false;
            self.changed = false;
            let balanced = self.balancer.borrow().summary();
            self.notifier.ready(&summary(&engine.status(), balanced));
            if let Some(starting) = self.starting.take() {
                starting.ready();
            }
        } else if self.changed && self.starting.is_none() {
            self.changed = false;
            let balanced = self.balancer.borrow().summary();
            self.notifier.status(&summary(&engine.status(), balanced));
        }
    }
}

/// All instances in one line, by name while they are few, and how much is balanced.
fn summary(instances: &[InstanceStatus], balanced: Option<String>) -> String {
    let states = match (instances.is_empty(), &balanced) {
        (true, None) => Some("No vrrp_instance is configured".to_owned()),
        (true, Some(_)) => None,
        (false, _) => Some(states(instances)),
    };
    states.into_iter().chain(balanced).collect::<Vec<_>>().join(", ")
}

fn states(instances: &[InstanceStatus]) -> String {
    const BY_NAME: usize = 4;
    if instances.len() <= BY_NAME {
        let each: Vec<String> = instances.iter().map(|one| format!("{} {}", one.name, one.state)).collect();
        return each.join(", ");
    }
    let mut states: Vec<_> = instances.iter().map(|one| one.state).collect();
    states.sort_unstable();
    let counts: Vec<String> =
        states.chunk_by(|a, b| a == b).map(|equal| format!("{} {}", equal.len(), equal[0])).collect();
    counts.join(", ")
}
