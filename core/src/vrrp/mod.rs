//! VRRP: adverts, elections, addresses, announcements.

pub mod engine;
pub mod io;
pub mod state;

pub use engine::Vrrp;
pub use io::{Input, Output, Packet, ScriptId, ScriptRun, ScriptStatus, SocketKey, Transmit};
pub use state::{DropReason, FaultReason, State};
