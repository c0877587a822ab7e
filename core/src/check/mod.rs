//! Health checks, and what they mean for the pool of real servers.
//!
//! The engine decides when and how to ask, judges the answers byte by byte, keeps the rules of the pool (retries, quorum, hysteresis, sorry
//! server, weights) and reconciles the kernel's table. A driver moves the bytes.

mod io;
pub mod probe;

pub use io::*;
