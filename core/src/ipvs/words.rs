//! How services, destinations and sync daemons are named to people.

use super::{DestinationKey, ServiceKey, SyncRole};
use crate::config::model::Choice;
use crate::net::Family;
use core::fmt;
use core::net::SocketAddr;

impl fmt::Display for ServiceKey {
    /// `TCP 10.0.0.1:80`, `UDP [fd00::1]:53`, `fwmark 5`, `fwmark 5 IPv6`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ServiceKey::Address { protocol, ip, port } => {
                write!(f, "{} {}", protocol.word(), SocketAddr::new(ip, port))
            }
            ServiceKey::Mark { family: Family::V4, mark } => write!(f, "fwmark {mark}"),
            ServiceKey::Mark { family: Family::V6, mark } => write!(f, "fwmark {mark} IPv6"),
        }
    }
}

impl fmt::Display for DestinationKey {
    /// `10.0.0.2:80`, `[fd00::2]:80`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.ip, self.port).fmt(f)
    }
}

impl fmt::Display for SyncRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SyncRole::Master => "master",
            SyncRole::Backup => "backup",
        })
    }
}
