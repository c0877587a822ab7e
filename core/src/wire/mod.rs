//! Bytes to values and back. Nothing here panics, whatever the bytes, and nothing allocates for each packet read.

pub mod announce;
pub mod checksum;
pub mod ipv4;
pub mod vrrp;
