//! Health checks, and what they mean for the pool of real servers.
//!
//! The engine decides when and how to ask, judges the answers byte by byte, keeps the rules of the pool (retries, quorum, hysteresis, sorry
//! server, weights) and reconciles the kernel's table. A driver moves the bytes.

mod anew;
mod apply;
mod checker;
mod configure;
mod due;
mod engine;
mod given;
mod health;
pub mod io;
mod misc;
mod pool;
pub mod probe;
mod schedule;
mod scripts;
mod slab;
pub mod status;
mod stop;
mod suspend;
mod sync;
mod words;

pub use engine::{Checkers, SCRIPT_WAIT, STOP_LIMIT};
pub use io::*;
pub use status::{CheckStatus, RealStatus, VirtualStatus};
