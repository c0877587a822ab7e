//! Numbers that iproute2 has names for, in files like `/etc/iproute2/rt_tables`.

use crate::net::Name;
use core::fmt;
use serde::{Deserialize, Serialize};

/// A number that may be written as a name.
pub trait Identifier: Sized {
    /// The file of iproute2 with the names.
    const FILE: &'static str;
    /// What it identifies, with its article.
    const WHAT: &'static str;
    /// The greatest number.
    const MAX: u32;
    /// Names that are known without the file.
    const KNOWN: &'static [(&'static str, u32)];

    /// One that is written as a number up to [`Identifier::MAX`].
    fn number(number: u32) -> Self;

    /// One whose number only the file tells.
    fn named(name: Name) -> Self;
}

macro_rules! identifiers {
    ($($(#[$meta:meta])* $name:ident($int:ty) up to $max:expr, $what:literal in $file:literal: [$($known:literal = $number:literal),*],)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            /// The number itself, also where a well-known name was written.
            Number($int),
            /// A name that is looked up in the file when it is used.
            Name(Name),
        }

        impl Identifier for $name {
            const FILE: &'static str = $file;
            const WHAT: &'static str = $what;
            const MAX: u32 = $max;
            const KNOWN: &'static [(&'static str, u32)] = &[$(($known, $number)),*];

            fn number(number: u32) -> Self {
                $name::Number(<$int>::try_from(number).unwrap_or(<$int>::MAX))
            }

            fn named(name: Name) -> Self {
                $name::Name(name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $name::Name(name) => f.write_str(name),
                    $name::Number(number) => match Self::KNOWN.iter().find(|(_, n)| *n == u32::from(*number)) {
                        Some((name, _)) => f.write_str(name),
                        None => write!(f, "{number}"),
                    },
                }
            }
        }
    )*};
}

identifiers! {
    /// A routing table.
    Table(u32) up to u32::MAX, "a routing table" in "rt_tables": ["default" = 253, "main" = 254, "local" = 255],
    /// Who made a route or rule: `RTPROT_*` of linux/rtnetlink.h.
    RouteProtocol(u8) up to 255, "a routing protocol" in "rt_protos": [
        "none" = 0, "redirect" = 1, "kernel" = 2, "boot" = 3, "static" = 4, "gated" = 8, "ra" = 9, "mrt" = 10,
        "zebra" = 11, "bird" = 12, "dnrouted" = 13, "xorp" = 14, "ntk" = 15, "dhcp" = 16, "keepalived" = 18, "babel" = 42
    ],
    /// How far away a destination is: `RT_SCOPE_*` of linux/rtnetlink.h.
    Scope(u8) up to 255, "a scope" in "rt_scopes": [
        "global" = 0, "universe" = 0, "site" = 200, "link" = 253, "host" = 254, "nowhere" = 255
    ],
    /// A value of the type of service or traffic class field.
    Dsfield(u8) up to 255, "a type of service" in "rt_dsfield": [],
    /// A realm of routes, for traffic control and accounting.
    Realm(u8) up to 255, "a realm" in "rt_realms": [],
    /// A group of interfaces.
    InterfaceGroup(u32) up to i32::MAX as u32, "a group of interfaces" in "group": ["default" = 0],
    /// A protocol above IP.
    IpProtocol(u8) up to 255, "an IP protocol" in "/etc/protocols": [
        "icmp" = 1, "igmp" = 2, "tcp" = 6, "udp" = 17, "gre" = 47, "esp" = 50, "ah" = 51, "ipv6-icmp" = 58,
        "ospf" = 89, "vrrp" = 112, "sctp" = 132
    ],
}

impl Default for Table {
    fn default() -> Table {
        Table::Number(254)
    }
}

/// The realms that a route gives to what comes from and goes to its destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realms {
    /// The source's.
    pub from: Option<Realm>,
    /// The destination's.
    pub to: Realm,
}

impl fmt::Display for Realms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(from) = &self.from {
            write!(f, "{from}/")?;
        }
        write!(f, "{}", self.to)
    }
}
