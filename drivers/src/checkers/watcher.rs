//! What happens is told when all of a turn is done.

use crate::log::{Level, Log, Part};
use crate::run::Observer;
use keepalived_core::Time;
use keepalived_core::check::{Checkers, ConnFailure, ConnNews, Input, Output};
use keepalived_core::event::lvs::LvsEvent;
use keepalived_core::event::lvs_log::sentence;
use keepalived_core::kernel::Errno;
use std::collections::BTreeMap;
use std::time::Duration;

/// Failures of our own of one kind are told at once, and then at most this often, with a count.
const AGAIN: Duration = Duration::from_secs(60);

/// The observer of the checkers' thread.
pub(super) struct Watcher {
    log: Log,
    events: Vec<LvsEvent>,
    ours: BTreeMap<Errno, Ours>,
}

/// Connections that this machine could not make.
#[derive(Default)]
struct Ours {
    told: Option<Time>,
    count: u64,
}

impl Watcher {
    pub(super) fn new(log: Log) -> Watcher {
        Watcher { log, events: Vec::new(), ours: BTreeMap::new() }
    }

    fn tell_ours(&mut self, now: Time) {
        for (errno, ours) in &mut self.ours {
            if ours.count == 0 || ours.told.is_some_and(|told| now < told + AGAIN) {
                continue;
            }
            let text = format!(
                "{} checks could not be made, through no fault of the servers: this machine says {errno}",
                ours.count
            );
            self.log.say(Part::Checkers, Level::Error, text);
            *ours = Ours { told: Some(now), count: 0 };
        }
    }
}

impl Observer<Checkers> for Watcher {
    fn input(&mut self, _now: Time, input: &Input<'_>) {
        if let Input::Connection { news: ConnNews::Failed(ConnFailure::NotMade(errno)), .. } = input {
            self.ours.entry(*errno).or_default().count += 1;
        }
    }

    fn output(&mut self, _now: Time, output: &Output) {
        if let Output::Event(event) = output {
            self.events.push(event.clone());
        }
    }

    fn turn_over(&mut self, now: Time, _engine: &Checkers) {
        self.tell_ours(now);
        for event in self.events.drain(..) {
            let (level, text) = sentence(&event);
            self.log.say(Part::Checkers, level, text);
        }
    }
}
