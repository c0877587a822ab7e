//! Routing netlink (rtnetlink(7)): commands on one socket, the monitor on another, so that neither's replies can crowd
//! out the other's.
//!
//! No type of a netlink library leaves this folder.

pub(crate) mod commands;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod monitor;
mod socket;

use keepalived_core::net::IfIndex;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The far ends of point-to-point addresses, by interface, local address and prefix length. The kernel wants them named
/// when it deletes such an address. As many as the kernel has addresses of this kind.
pub(crate) type Peers = BTreeMap<(IfIndex, IpAddr, u8), IpAddr>;
