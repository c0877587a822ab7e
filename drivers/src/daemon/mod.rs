//! Being a daemon: background, pid file, signals, the service manager.

pub mod detach;
pub mod notify;
pub mod pidfile;
pub mod service;
pub mod signals;
pub mod watcher;
