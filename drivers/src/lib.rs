//! keepalived: binds the protocol core to Linux. A driver moves bytes and reports results; it decides nothing.

pub mod checkers;
pub mod cli;
pub mod clock;
pub mod conn;
pub mod daemon;
pub mod doubts;
mod elsewhere;
pub mod fifo;
pub mod files;
pub mod ipvs;
pub mod log;
pub mod net;
pub mod netlink;
mod post;
pub mod process;
pub mod record;
pub mod regex;
pub mod run;
pub mod track;
pub mod world;
