//! The pure protocol core of keepalived.
//!
//! Nothing here reads a clock, opens a file or a socket, or depends on the order of a hash map. See `ARCHITECTURE.md`.

pub mod chance;
pub mod check;
pub mod config;
pub mod engine;
pub mod event;
pub mod ipvs;
pub mod kernel;
pub mod net;
pub mod notify;
pub mod reload;
pub mod time;
pub mod timers;
pub mod trace;
pub mod vrrp;
pub mod wire;

pub use engine::Engine;
pub use time::Time;
