//! What the kernel has, what we want it to have, and the commands that close the gap.

pub mod addresses;

use crate::net::{Family, IfIndex, MacAddr};
use core::fmt;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// `RTPROT_KEEPALIVED` of `linux/rtnetlink.h`, used as `IFA_PROTO` too: how our addresses are recognised.
pub const PROTO_KEEPALIVED: u8 = 18;

/// An error number of the kernel (`errno.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Errno(pub i32);

impl Errno {
    /// No such file, address or device.
    pub const ENOENT: Errno = Errno(2);
    /// No such process; also "no such route".
    pub const ESRCH: Errno = Errno(3);
    /// Permission denied (here: IPv6 disabled on the interface).
    pub const EACCES: Errno = Errno(13);
    /// Already there.
    pub const EEXIST: Errno = Errno(17);
    /// No such device.
    pub const ENODEV: Errno = Errno(19);
    /// The kernel does not have the protocol; also "no such family of generic netlink".
    pub const EPROTONOSUPPORT: Errno = Errno(93);
    /// No such address.
    pub const EADDRNOTAVAIL: Errno = Errno(99);
    /// The interface is down.
    pub const ENETDOWN: Errno = Errno(100);
    /// No buffer space; also "a netlink socket overran".
    pub const ENOBUFS: Errno = Errno(105);
    /// Given to a command that got no answer in time.
    pub const ETIMEDOUT: Errno = Errno(110);
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            1 => "operation not permitted",
            2 => "no such entry",
            3 => "no such process",
            11 => "try again",
            12 => "out of memory",
            13 => "permission denied",
            17 => "already exists",
            19 => "no such device",
            22 => "invalid argument",
            23 => "too many open files in the whole system",
            24 => "too many open files",
            28 => "no space left",
            34 => "out of range",
            90 => "message too long",
            93 => "protocol not supported",
            97 => "address family not supported",
            98 => "address already in use",
            99 => "no such address",
            100 => "the interface is down",
            101 => "network unreachable",
            105 => "no buffer space",
            110 => "timed out",
            113 => "no route to host",
            other => return write!(f, "errno {other}"),
        };
        write!(f, "{text} (errno {})", self.0)
    }
}

/// An interface as the kernel describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its index.
    pub index: IfIndex,
    /// Its present name.
    pub name: String,
    /// `IFF_UP`: somebody switched it on.
    pub up: bool,
    /// `IFF_RUNNING` with an operational state that can carry traffic: the cable is in.
    pub running: bool,
    /// Its hardware address, where it has a 48-bit one.
    pub mac: Option<MacAddr>,
    /// `ARPHRD_*` of `linux/if_arp.h`: 1 is Ethernet, 772 loopback.
    pub arp_type: u16,
    /// `IFF_NOARP`: neighbours are not resolved here, so nothing is announced.
    pub no_arp: bool,
    /// Its MTU in bytes.
    pub mtu: u32,
}

impl Link {
    /// Whether packets can flow.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.up && self.running
    }
}

/// An address as the kernel describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The interface it is on.
    pub index: IfIndex,
    /// The address (`IFA_LOCAL` for IPv4).
    pub ip: IpAddr,
    /// Its prefix length.
    pub prefix: u8,
    /// `RT_SCOPE_*`.
    pub scope: u8,
    /// `IFA_PROTO`, where the kernel knows it (5.18 and later) and somebody set it.
    pub proto: Option<u8>,
    /// Not usable yet or never: IPv6 duplicate address detection is under way or failed.
    pub tentative: bool,
    /// `IFA_F_DADFAILED`: another host has this IPv6 address.
    pub dad_failed: bool,
    /// `IFA_F_SECONDARY` for IPv4: goes away with its primary.
    pub secondary: bool,
}

/// What the monitor reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KernelEvent {
    /// Everything, read afresh: at start, and after the monitor overran. What is not listed is not there.
    Snapshot {
        /// All interfaces.
        links: Vec<Link>,
        /// All addresses.
        addresses: Vec<Address>,
    },
    /// An interface is there, new or changed.
    Link(Link),
    /// An interface is gone.
    LinkGone(IfIndex),
    /// An address is there, new or changed.
    Address(Address),
    /// An address is gone.
    AddressGone {
        /// The interface it was on.
        index: IfIndex,
        /// The address.
        ip: IpAddr,
        /// Its prefix length.
        prefix: u8,
    },
}

/// Names a command until its result has come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CommandId(pub u64);

/// An address that we put on an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressSpec {
    /// The interface.
    pub index: IfIndex,
    /// The address.
    pub ip: IpAddr,
    /// The prefix length.
    pub prefix: u8,
    /// `RT_SCOPE_*`; ignored by the kernel for IPv6.
    pub scope: u8,
    /// `IFA_BROADCAST`. None: set none (never let a library invent one).
    pub broadcast: Option<core::net::Ipv4Addr>,
    /// `IFA_LABEL`.
    pub label: Option<String>,
    /// `IFA_ADDRESS` of a point-to-point link, where it differs from the address itself.
    pub peer: Option<IpAddr>,
    /// `IFA_FLAGS`.
    pub flags: AddressFlags,
}

/// `IFA_FLAGS` that a configuration can ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressFlags {
    /// `IFA_F_NODAD`: use at once, without duplicate address detection. Always set for virtual IPv6 addresses, for
    /// another master may still hold them.
    pub nodad: bool,
    /// `IFA_F_NOPREFIXROUTE`: no route to the prefix.
    pub noprefixroute: bool,
    /// `IFA_F_HOMEADDRESS`.
    pub home: bool,
    /// `IFA_F_MANAGETEMPADDR`.
    pub mngtmpaddr: bool,
    /// `IFA_F_MCAUTOJOIN`: the kernel joins a multicast address.
    pub autojoin: bool,
    /// Preferred life time 0: never chosen as a source by itself (IPv6).
    pub deprecated: bool,
    /// Seconds after which the kernel makes it deprecated (IPv6); `None`: never.
    pub preferred: Option<core::num::NonZeroU32>,
}

impl AddressSpec {
    /// Its family.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.ip)
    }
}

/// A change to the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KernelOp {
    /// `RTM_NEWADDR`, exclusive.
    AddAddress(AddressSpec),
    /// `RTM_DELADDR`.
    DeleteAddress {
        /// The interface.
        index: IfIndex,
        /// The address.
        ip: IpAddr,
        /// Its prefix length.
        prefix: u8,
    },
}

/// A change to the kernel whose result comes back under its id, in any order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelCommand {
    /// Names the result.
    pub id: CommandId,
    /// The change.
    pub op: KernelOp,
}
