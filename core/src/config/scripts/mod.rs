//! Whether the scripts of a configuration can run, and whether anybody else than root can change what root runs.
//!
//! The driver asks [`questions`], reads the machine into [`Facts`], and [`check`] judges.

mod check;
pub mod facts;
pub mod rules;
#[cfg(test)]
mod tests;
mod visit;

pub use check::{Questions, SECURITY, candidates, check, questions};
pub use facts::{Facts, Identity, NoUser, PathFacts, Runner, USUAL_USER};
