//! A director's checks against servers that flap, drag, drip and lie.
//!
//! One engine, a simulated kernel and thousands of simulated servers share a virtual clock. A [`Plan`] is drawn from a seed; in its first part
//! servers change, the machine pauses, the kernel refuses and somebody meddles with its table; in the second nothing happens any more, and
//! everything must have been found out and done. What must hold is in [`watch`].

pub mod mutant;
pub mod plan;
pub mod server;
pub mod watch;
pub mod world;

pub use mutant::Mutation;
pub use plan::Plan;
pub use watch::Violation;
pub use world::{Figures, run};
