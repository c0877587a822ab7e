//! Engines broken on purpose, to see that each invariant can fail.

use core::time::Duration;
use keepalived_core::check::{Checkers, ConnNews, Input, Output};
use keepalived_core::kernel::Errno;
use keepalived_core::vrrp::{ScriptRun, ScriptStatus};
use keepalived_core::{Engine, Time};
use std::collections::VecDeque;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Nothing.
    None,
    /// Wakes up late.
    Oversleeps,
    /// Takes every failure for a success.
    Believes,
    /// Takes every second connection for one that is closed at once.
    Suspects,
    /// Never closes a connection.
    NeverCloses,
    /// Opens every connection twice.
    Stutters,
    /// Loses every fifth command for the kernel, and never looks at the table again.
    LosesCommands,
    /// Does not tell every second quorum.
    Mumbles,
    /// Starts a script again while it runs.
    Overlaps,
    /// Takes every weight that a script says for the least.
    Levels,
}

/// An engine with something wrong.
pub struct Mutant {
    engine: Checkers,
    mutation: Mutation,
    count: u64,
    more: VecDeque<Output>,
    /// The table was read once.
    read: bool,
}

impl Mutant {
    /// A fresh one.
    #[must_use]
    pub fn new(seed: u64, mutation: Mutation) -> Mutant {
        Mutant { engine: Checkers::new(seed), mutation, count: 0, more: VecDeque::new(), read: false }
    }

    /// The engine inside.
    #[must_use]
    pub const fn engine(&self) -> &Checkers {
        &self.engine
    }

    fn every(&mut self, n: u64) -> bool {
        self.count += 1;
        self.count.is_multiple_of(n)
    }

    /// [`Engine::handle`]
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        let input = match (self.mutation, input) {
            (Mutation::Believes, Input::Connection { id, news: ConnNews::Failed(_) }) => {
                Input::Connection { id, news: ConnNews::Connected }
            }
            (Mutation::Suspects, Input::Connection { id, news: ConnNews::Connected }) if self.every(2) => {
                Input::Connection { id, news: ConnNews::Closed { clean: false } }
            }
            (Mutation::LosesCommands, Input::Table(_)) if core::mem::replace(&mut self.read, true) => {
                Input::Table(Err(Errno(5)))
            }
            (Mutation::Levels, Input::ScriptEnded { id, status: ScriptStatus::Exited(3..) }) => {
                Input::ScriptEnded { id, status: ScriptStatus::Exited(2) }
            }
            (_, input) => input,
        };
        self.engine.handle(now, input);
    }

    /// [`Engine::poll`]; the outputs that are lost have an answer at hand.
    pub fn poll(&mut self) -> Option<Told> {
        loop {
            let output = self.more.pop_front().or_else(|| self.engine.poll())?;
            match (self.mutation, &output) {
                (Mutation::NeverCloses, Output::Close(_)) => continue,
                (Mutation::Mumbles, Output::Fifo(line)) if line.starts_with("VS") && self.every(2) => continue,
                (Mutation::LosesCommands, Output::Ipvs(id, _)) if self.every(5) => return Some(Told::Lost(*id)),
                (Mutation::Stutters, Output::Open(..)) if self.every(2) => {
                    if let Output::Open(_, dial) = &output {
                        // Under a name that the engine does not know.
                        let name = keepalived_core::check::ConnId(u64::MAX - self.count);
                        self.more.push_back(Output::Open(name, dial.clone()));
                    }
                }
                (Mutation::Overlaps, Output::RunScript(run)) if self.every(2) => {
                    let twin = ScriptRun { id: keepalived_core::vrrp::ScriptId(u64::MAX - self.count), ..run.clone() };
                    self.more.push_back(Output::RunScript(twin));
                }
                _ => {}
            }
            return Some(Told::Output(output));
        }
    }

    /// [`Engine::deadline`]
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        let late = if self.mutation == Mutation::Oversleeps { Duration::from_secs(7) } else { Duration::ZERO };
        self.engine.deadline().map(|at| at + late)
    }
}

/// What comes out of an engine.
pub enum Told {
    /// Something to do.
    Output(Output),
    /// A command that was lost on its way, and is taken for done.
    Lost(keepalived_core::check::IpvsId),
}
