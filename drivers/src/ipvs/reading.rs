//! The whole table, question by question: all services, the destinations of each, timeouts, sync daemons.
//!
//! The kernel goes through one dump at a time for each socket.

use super::attributes::Message;
use super::decode::{self, Kind};
use super::encode;
use keepalived_core::ipvs::{Service, ServiceKey, Table};
use keepalived_core::kernel::Errno;
use std::collections::{BTreeMap, VecDeque};

/// A reading that is under way.
#[derive(Debug, Default)]
pub(super) struct Reading {
    table: Box<Table>,
    /// Whose destinations are still to be asked for.
    left: VecDeque<ServiceKey>,
    question: Question,
    /// The sequence number of the question that has no answer yet.
    asked: Option<u32>,
}

/// What is asked for next, or was last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Question {
    #[default]
    Services,
    Destinations(ServiceKey),
    Timeouts,
    Daemons,
    Nothing,
}

/// What comes after a question.
pub(super) enum Next {
    /// Its answer.
    Answer,
    /// Nothing: that is the table.
    Complete(Box<Table>),
}

impl Reading {
    /// Whether a question has no answer yet.
    pub(super) fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// Appends the next question to `buffer`.
    pub(super) fn ask(&mut self, buffer: &mut Vec<u8>, family: u16, sequence: u32) -> Next {
        match &self.question {
            Question::Services => encode::dump_services(buffer, family, sequence),
            Question::Destinations(key) => encode::dump_destinations(buffer, family, sequence, key),
            Question::Timeouts => encode::get_config(buffer, family, sequence),
            Question::Daemons => encode::dump_daemons(buffer, family, sequence),
            Question::Nothing => return Next::Complete(std::mem::take(&mut self.table)),
        }
        self.asked = Some(sequence);
        Next::Answer
    }

    /// A message that may be for us.
    pub(super) fn take(&mut self, message: &Message<'_>, kind: Kind) -> Result<(), Errno> {
        if self.asked != Some(message.sequence) {
            return Ok(());
        }
        match kind {
            Kind::Part => self.part(message),
            Kind::Done(result) | Kind::Acknowledged(result) => {
                self.asked = None;
                result?;
                self.advance();
            }
        }
        Ok(())
    }

    fn part(&mut self, message: &Message<'_>) {
        match self.question {
            Question::Services => {
                if let Some((key, settings)) = decode::service(message) {
                    self.table.services.insert(key, Service { settings, destinations: BTreeMap::new() });
                    self.left.push_back(key);
                }
            }
            Question::Destinations(key) => {
                if let Some((to, how)) = decode::destination(message, key.family())
                    && let Some(service) = self.table.services.get_mut(&key)
                {
                    service.destinations.insert(to, how);
                }
            }
            Question::Timeouts => self.table.timeouts = decode::timeouts(message).unwrap_or_default(),
            Question::Daemons => {
                if let Some(daemon) = decode::daemon(message) {
                    self.table.daemons.insert(daemon.role, daemon);
                }
            }
            Question::Nothing => {}
        }
    }

    fn advance(&mut self) {
        self.question = match (self.question, self.left.pop_front()) {
            (Question::Services | Question::Destinations(_), Some(key)) => Question::Destinations(key),
            (Question::Services | Question::Destinations(_), None) => Question::Timeouts,
            (Question::Timeouts, _) => Question::Daemons,
            _ => Question::Nothing,
        };
    }
}
