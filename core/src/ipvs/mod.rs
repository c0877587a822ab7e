//! The kernel's load balancer: what it has, what it should have, and the commands that close the gap.

mod model;

pub use model::*;
