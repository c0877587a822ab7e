//! The kernel's load balancer: what it has, what it should have, and the commands that close the gap.

pub mod desired;
pub mod diff;
mod model;
pub mod reconcile;
#[cfg(test)]
mod samples;
mod words;

pub use model::*;
pub use reconcile::{Action, Leave, Reconciler};
