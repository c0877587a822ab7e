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
use keepalived_core::vrrp::{Input, Output, State, Vrrp};
use std::cell::RefCell;
use std::collections::BTreeMap;
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
        if !self.events.is_empty() {
            self.tell(engine);
        }
        if std::mem::take(&mut self.configured) {
            // An instance that got another name is told of as nothing else would.
            for (name, state) in engine.states() {
                self.balancer.borrow_mut().instance(name, state);
            }
            self.to_be_ready = true;
        }
        if self.to_be_ready && self.kernel_known && !self.balancer.borrow().makes_first_table() {
            self.to_be_ready = false;
            self.changed = false;
            self.notifier.ready(&summary(engine, self.balancer.borrow().summary()));
            if let Some(starting) = self.starting.take() {
                starting.ready();
            }
        } else if self.changed && self.starting.is_none() {
            self.changed = false;
            self.notifier.status(|| summary(engine, self.balancer.borrow().summary()));
        }
    }
}

impl Watcher {
    /// Tells what happened in a turn.
    fn tell(&mut self, engine: &Vrrp) {
        if engine.states().next().is_none() && self.balancer.borrow().summary().is_some() {
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
    }
}

/// All instances in one line, by name while they are few, and how much is balanced.
fn summary(engine: &Vrrp, balanced: Option<String>) -> String {
    let states = match (engine.states().next(), &balanced) {
        (None, None) => Some("No vrrp_instance is configured".to_owned()),
        (None, Some(_)) => None,
        (Some(_), _) => Some(states(engine)),
    };
    states.into_iter().chain(balanced).collect::<Vec<_>>().join(", ")
}

fn states(engine: &Vrrp) -> String {
    const BY_NAME: usize = 4;
    if engine.states().nth(BY_NAME).is_none() {
        let each: Vec<String> = engine.states().map(|(name, state)| format!("{name} {state}")).collect();
        return each.join(", ");
    }
    let mut counts: BTreeMap<State, usize> = BTreeMap::new();
    engine.states().for_each(|(_, state)| *counts.entry(state).or_default() += 1);
    let counts: Vec<String> = counts.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
    counts.join(", ")
}
