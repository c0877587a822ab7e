//! The kernel's IPVS over generic netlink (linux/ip_vs.h).
//!
//! The socket and the family's number are `neli`'s business; messages are made and read here: the kernel's answers for 10,000 services are read
//! without an allocation for each attribute, and no byte sequence can do harm.

mod attributes;
mod decode;
mod encode;
#[cfg(test)]
mod fake;
mod family;
mod number;
mod pipeline;
mod reading;
mod removal;
mod socket;

pub use pipeline::{Answer, BATCH, Ipvs};
pub use removal::{is_gone, remove};
pub use socket::{Channel, Socket};
