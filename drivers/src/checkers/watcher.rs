//! What happens is told when all of a turn is done.

use crate::log::{Log, Part};
use crate::run::Observer;
use keepalived_core::Time;
use keepalived_core::check::{Checkers, Input, Output};
use keepalived_core::event::lvs::{LvsEvent, NotMade};
use keepalived_core::event::lvs_log::sentence;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::oneshot;

/// Checks that cannot be made for one reason are told at once, and then at most this often, with a count.
const AGAIN: Duration = Duration::from_secs(60);

/// The observer of the checkers' thread.
pub(super) struct Watcher {
    log: Log,
    events: Vec<LvsEvent>,
    not_made: BTreeMap<NotMade, Count>,
    configured: bool,
    /// Told when the kernel has the first table, or cannot be asked.
    first_table: Option<oneshot::Sender<()>>,
}

/// Checks that this machine could not make.
#[derive(Default)]
struct Count {
    told: Option<Time>,
    count: u64,
    example: Option<LvsEvent>,
}

impl Watcher {
    pub(super) fn new(log: Log, first_table: Option<oneshot::Sender<()>>) -> Watcher {
        Watcher { log, events: Vec::new(), not_made: BTreeMap::new(), configured: false, first_table }
    }

    fn tell_not_made(&mut self, now: Time) {
        for kind in self.not_made.values_mut() {
            if kind.told.is_some_and(|told| now < told + AGAIN) {
                continue;
            }
            let Some((level, mut text)) = kind.example.take().map(|event| sentence(&event)) else { continue };
            if kind.count > 1 {
                text = format!("{text} ({} like it)", kind.count - 1);
            }
            self.log.say(Part::Checkers, level, text);
            *kind = Count { told: Some(now), ..Count::default() };
        }
    }
}

impl Observer<Checkers> for Watcher {
    fn input(&mut self, _now: Time, input: &Input<'_>) {
        match input {
            Input::Configure(_) => self.configured = true,
            Input::Table(Err(_)) => drop(self.first_table.take()),
            _ => {}
        }
    }

    fn output(&mut self, _now: Time, output: &Output) {
        match output {
            Output::Event(event @ LvsEvent::CheckNotMade { why, .. }) => {
                let kind = self.not_made.entry(*why).or_default();
                kind.count += 1;
                kind.example.get_or_insert_with(|| event.clone());
            }
            Output::Event(event) => self.events.push(event.clone()),
            _ => {}
        }
    }

    fn turn_over(&mut self, now: Time, engine: &Checkers) {
        if self.first_table.is_some() && self.configured && engine.is_settled() {
            self.first_table = None;
        }
        self.tell_not_made(now);
        for event in self.events.drain(..) {
            let (level, text) = sentence(&event);
            self.log.say(Part::Checkers, level, text);
        }
    }
}
