//! keepalived: binds the protocol core to Linux. A driver moves bytes and reports results; it decides nothing.

pub mod clock;
pub mod net;
pub mod netlink;
pub mod run;
pub mod world;
