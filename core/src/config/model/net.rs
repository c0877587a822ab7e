//! Addresses, routes and rules that a configuration asks for.

use super::{Route, Rule};
use crate::kernel::AddressFlags;
use crate::net::Name;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};

/// What is put into the kernel whoever is master.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// `track_group`, in the file's order. Names are unique.
    pub track_groups: Vec<TrackGroup>,
    /// `static_ipaddress`; those without a device are on `default_interface`.
    pub addresses: Vec<Static<VirtualAddress>>,
    /// `static_routes`
    pub routes: Vec<Static<Route>>,
    /// `static_rules`
    pub rules: Vec<Static<Rule>>,
}

/// Something that is always there, whoever is master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Static<T> {
    /// What it is.
    pub what: T,
    /// `track_group`: whose fault it is when the interface goes; one of [`Network::track_groups`].
    pub track_group: Option<Name>,
}

/// `track_group`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackGroup {
    /// Its name.
    pub name: Name,
    /// `group`: instances of the configuration.
    pub members: Vec<Name>,
}

/// An address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Prefix {
    /// The address; bits after the prefix are as they were written.
    pub ip: IpAddr,
    /// The prefix length, up to 32 or 128.
    pub length: u8,
}

impl Prefix {
    /// The address with the bits after the prefix cleared.
    #[must_use]
    pub fn network(self) -> IpAddr {
        let length = u32::from(self.length);
        match self.ip {
            IpAddr::V4(ip) => Ipv4Addr::from(u32::from(ip) & !u32::MAX.checked_shr(length).unwrap_or(0)).into(),
            IpAddr::V6(ip) => Ipv6Addr::from(u128::from(ip) & !u128::MAX.checked_shr(length).unwrap_or(0)).into(),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.length)
    }
}

/// An address that moves with mastership, or a static one.
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
    /// `use_vmac`: it is put on the instance's virtual interface, whatever `dev` says.
    pub use_vmac: bool,
    /// `no_track`: its loss is neither a fault nor repaired.
    pub no_track: bool,
}

impl VirtualAddress {
    /// An address on the instance's interface, with nothing else asked for.
    #[must_use]
    pub fn new(ip: IpAddr, prefix: u8) -> VirtualAddress {
        let (device, broadcast, label, peer) = Default::default();
        let flags = AddressFlags::default();
        VirtualAddress { ip, prefix, device, broadcast, scope: 0, label, peer, flags, use_vmac: false, no_track: false }
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
