//! Many keepalived cores in one virtual world.
//!
//! A [`Scenario`](scenario::Scenario) is drawn from a seed (or written by hand) and set in motion as a [`World`](world::World): real
//! engines on simulated machines, kernels and segments, with one queue of what will happen. A run has a faulty phase, in
//! which the [`invariants`] of safety must hold, and a quiet one, in which the nodes must agree. The same seed gives the
//! same run on every machine.

pub mod clock;
pub mod fault;
pub mod invariants;
pub mod kernel;
pub mod lvs;
pub mod mutant;
pub mod node;
pub mod queue;
pub mod replay;
pub mod report;
pub mod rng;
pub mod run;
pub mod scenario;
pub mod segment;
pub mod speed;
pub mod subject;
pub mod world;
