//! The states of a virtual router, the reasons to be in FAULT, and the reasons to drop a packet.

use crate::kernel::Errno;
use crate::net::{Family, Name};
use core::fmt;
use serde::{Deserialize, Serialize};

/// RFC 9568 section 6.4, with FAULT for what the RFC leaves to the administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// Not taking part yet, or no longer.
    Init,
    /// Listening to a master.
    Backup,
    /// Holding the addresses.
    Master,
    /// Unable to take part.
    Fault,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            State::Init => "INIT",
            State::Backup => "BACKUP",
            State::Master => "MASTER",
            State::Fault => "FAULT",
        })
    }
}

/// One reason to be in FAULT. An instance is in FAULT exactly while its set of these is not empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FaultReason {
    /// There is no interface of that name.
    InterfaceMissing(String),
    /// The interface is switched off.
    InterfaceDown(String),
    /// The interface has no carrier.
    NoCarrier(String),
    /// The interface has no address of the family to send adverts from.
    NoAddress(String, Family),
    /// The socket for adverts could not be opened.
    Socket(String, Family, Errno),
    /// A tracked interface (without weight) is not usable.
    TrackedInterface(String),
    /// Another member of the sync group has a reason of its own.
    Group(Name),
}

impl fmt::Display for FaultReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultReason::InterfaceMissing(name) => write!(f, "there is no interface {name}"),
            FaultReason::InterfaceDown(name) => write!(f, "interface {name} is switched off"),
            FaultReason::NoCarrier(name) => write!(f, "interface {name} has no carrier"),
            FaultReason::NoAddress(name, family) => write!(f, "interface {name} has no {family} address to send from"),
            FaultReason::Socket(name, family, errno) => write!(f, "no {family} socket for adverts on {name}: {errno}"),
            FaultReason::TrackedInterface(name) => write!(f, "tracked interface {name} is down"),
            FaultReason::Group(name) => write!(f, "another member of sync group {name} is in FAULT"),
        }
    }
}

/// Why a packet was not accepted. Each is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DropReason {
    /// Shorter than its header, or than its count of addresses demands.
    TooShort,
    /// Longer than its count of addresses allows.
    TrailingBytes,
    /// Neither version 2 nor 3.
    UnknownVersion,
    /// Version 3 where the instance speaks 2, or the other way round.
    WrongVersion,
    /// Not an ADVERTISEMENT (type 1).
    UnknownType,
    /// The checksum is wrong in every way it could be made.
    Checksum,
    /// TTL or hop limit is not 255 (RFC 9568 section 7.1), or outside a unicast peer's range.
    Ttl,
    /// VRID 0, or one that no instance on the interface has.
    UnknownVrid,
    /// It comes from an address of our own.
    OwnAddress,
    /// A unicast advert from somebody who is no peer.
    UnknownPeer,
    /// Neither to the group nor to us.
    Destination,
    /// Another authentication type than ours (version 2).
    AuthType,
    /// Another password (version 2).
    AuthData,
    /// Another advert interval than ours (version 2), or zero (version 3).
    Interval,
    /// Another list of addresses than ours.
    AddressList,
    /// An advert without addresses.
    NoAddresses,
}

impl DropReason {
    /// Whether it shows that another router with our VRID is configured otherwise.
    #[must_use]
    pub const fn is_collision(self) -> bool {
        matches!(self, DropReason::AuthType | DropReason::AuthData | DropReason::AddressList)
    }

    /// All reasons, for tables of counters.
    pub const ALL: [DropReason; 16] = [
        DropReason::TooShort,
        DropReason::TrailingBytes,
        DropReason::UnknownVersion,
        DropReason::WrongVersion,
        DropReason::UnknownType,
        DropReason::Checksum,
        DropReason::Ttl,
        DropReason::UnknownVrid,
        DropReason::OwnAddress,
        DropReason::UnknownPeer,
        DropReason::Destination,
        DropReason::AuthType,
        DropReason::AuthData,
        DropReason::Interval,
        DropReason::AddressList,
        DropReason::NoAddresses,
    ];
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DropReason::TooShort => "shorter than it says",
            DropReason::TrailingBytes => "longer than it says",
            DropReason::UnknownVersion => "unknown VRRP version",
            DropReason::WrongVersion => "another VRRP version than ours",
            DropReason::UnknownType => "not an advertisement",
            DropReason::Checksum => "wrong checksum",
            DropReason::Ttl => "wrong TTL (it was routed, or forged from afar)",
            DropReason::UnknownVrid => "a virtual_router_id that is not configured here",
            DropReason::OwnAddress => "sent from an address of our own",
            DropReason::UnknownPeer => "not from a unicast_peer",
            DropReason::Destination => "neither to the multicast group nor to us",
            DropReason::AuthType => "another auth_type than ours",
            DropReason::AuthData => "another auth_pass than ours",
            DropReason::Interval => "another advert_int than ours",
            DropReason::AddressList => "another list of virtual addresses than ours",
            DropReason::NoAddresses => "no virtual address in it",
        })
    }
}
