//! Being a daemon: background, pid file, signals, the service manager.

pub mod detach;
pub mod fresh;
pub mod notify;
pub mod parts;
pub mod pidfile;
mod prefault;
pub mod service;
pub mod signals;
pub mod watcher;

pub use prefault::prefault;
