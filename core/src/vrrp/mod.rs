//! VRRP: adverts, elections, addresses, announcements.

mod announce;
mod configure;
pub mod counters;
mod elect;
pub mod engine;
pub mod fsm;
mod groups;
mod instance;
pub mod io;
mod links;
mod receive;
mod scripts;
mod sockets;
pub mod state;
pub mod status;

pub use counters::Counters;
pub use engine::Vrrp;
pub use io::{Input, Output, Packet, ScriptId, ScriptRun, ScriptStatus, SocketKey, Transmit};
pub use state::{DropReason, FaultReason, State};
pub use status::InstanceStatus;
