//! Watches the loop: what happens is logged, recorded and told to the service manager when all adverts of a turn have left.

use super::detach::Starting;
use super::notify::Notifier;
use crate::log::{Log, Part};
use crate::record::Recording;
use crate::run::Observer;
use keepalived_core::Time;
use keepalived_core::event::Event;
use keepalived_core::event::turn::sentences;
use keepalived_core::kernel::KernelEvent;
use keepalived_core::vrrp::{Input, InstanceStatus, Output, Vrrp};
use std::rc::Rc;

/// The observer of the daemon.
pub struct Watcher {
    log: Log,
    notifier: Rc<Notifier>,
    recording: Option<Recording>,
    events: Vec<Event>,
    starting: Option<Starting>,
    kernel_known: bool,
    configured: bool,
    changed: bool,
}

impl Watcher {
    /// `starting` is let go when the first configuration is in force.
    #[must_use]
    pub fn new(log: Log, notifier: Rc<Notifier>, recording: Option<Recording>, starting: Starting) -> Watcher {
        Watcher {
            log,
            notifier,
            recording,
            events: Vec::new(),
            starting: Some(starting),
            kernel_known: false,
            configured: false,
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
        for (level, text) in sentences(&self.events) {
            self.log.say(Part::Vrrp, level, text);
        }
        self.events.clear();
        if self.configured && self.kernel_known {
            self.configured = false;
            self.changed = false;
            self.notifier.ready(&summary(&engine.status()));
            if let Some(starting) = self.starting.take() {
                starting.ready();
            }
        } else if self.changed && self.starting.is_none() {
            self.changed = false;
            self.notifier.status(&summary(&engine.status()));
        }
    }
}

/// All instances in one line: by name while they are few.
fn summary(instances: &[InstanceStatus]) -> String {
    const BY_NAME: usize = 4;
    if instances.len() <= BY_NAME {
        let each: Vec<String> = instances.iter().map(|one| format!("{} {}", one.name, one.state)).collect();
        return if each.is_empty() { "No vrrp_instance is configured".to_owned() } else { each.join(", ") };
    }
    let mut states: Vec<_> = instances.iter().map(|one| one.state).collect();
    states.sort_unstable();
    let counts: Vec<String> =
        states.chunk_by(|a, b| a == b).map(|equal| format!("{} {}", equal.len(), equal[0])).collect();
    counts.join(", ")
}
