//! Addresses, routes and rules that a configuration asks for.

use crate::kernel::AddressFlags;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use serde::{Deserialize, Serialize};

/// What is put into the kernel whoever is master.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {}

/// An address that moves with mastership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualAddress {
    /// The address.
    pub ip: IpAddr,
    /// Its prefix length, the host prefix by default.
    pub prefix: u8,
    /// `dev`: where it is put; `None`: the instance's interface.
    pub device: Option<String>,
    /// `brd`: `IFA_BROADCAST`; none unless asked for.
    pub broadcast: Option<Ipv4Addr>,
    /// `scope`: `RT_SCOPE_*`, 0 (global) by default.
    pub scope: u8,
    /// `label`
    pub label: Option<String>,
    /// `peer`
    pub peer: Option<IpAddr>,
    /// `nodad`, `home`, `noprefixroute` and the like.
    pub flags: AddressFlags,
}

impl VirtualAddress {
    /// An address on the instance's interface, with nothing else asked for.
    #[must_use]
    pub fn new(ip: IpAddr, prefix: u8) -> VirtualAddress {
        let (device, broadcast, label, peer) = Default::default();
        VirtualAddress { ip, prefix, device, broadcast, scope: 0, label, peer, flags: AddressFlags::default() }
    }
}

impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.prefix)?;
        if let Some(device) = &self.device {
            write!(f, " dev {device}")?;
        }
        Ok(())
    }
}
