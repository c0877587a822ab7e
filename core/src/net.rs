//! The small typed words of the field: interfaces, families, priorities, intervals.

use core::fmt;
use core::net::IpAddr;
use core::num::NonZeroU8;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The name of a configured object. Cheap to clone.
pub type Name = Arc<str>;

/// A kernel interface index (`ifindex`). Never reused while the interface lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IfIndex(pub u32);

impl fmt::Display for IfIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A 48-bit hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// `ff:ff:ff:ff:ff:ff`.
    pub const BROADCAST: MacAddr = MacAddr([0xff; 6]);
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// IPv4
    V4,
    /// IPv6
    V6,
}

impl Family {
    /// The family of `ip`.
    #[must_use]
    pub const fn of(ip: IpAddr) -> Family {
        match ip {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        }
    }

    /// The multicast group of VRRP: 224.0.0.18 or ff02::12 (RFC 9568 sections 5.1.1.2 and 5.1.2.2).
    #[must_use]
    pub const fn vrrp_group(self) -> IpAddr {
        match self {
            Family::V4 => IpAddr::V4(core::net::Ipv4Addr::new(224, 0, 0, 18)),
            Family::V6 => IpAddr::V6(core::net::Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12)),
        }
    }

    /// The least MTU in bytes with which the kernel has the family on an interface (RFC 791, RFC 8200 section 5).
    #[must_use]
    pub const fn least_mtu(self) -> u32 {
        match self {
            Family::V4 => 68,
            Family::V6 => 1280,
        }
    }

    /// The length of a host prefix: 32 or 128.
    #[must_use]
    pub const fn host_prefix(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        })
    }
}

/// A virtual router identifier, 1 to 255 (RFC 9568 section 5.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Vrid(NonZeroU8);

impl Vrid {
    /// `None` for 0.
    #[must_use]
    pub const fn new(id: u8) -> Option<Vrid> {
        match NonZeroU8::new(id) {
            Some(id) => Some(Vrid(id)),
            None => None,
        }
    }

    /// 1 to 255.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A router's priority for a virtual router (RFC 9568 section 5.2.4): 1 to 254, 255 for the address owner,
/// 0 for "I stop being master".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Priority(pub u8);

impl Priority {
    /// The master resigns.
    pub const RESIGN: Priority = Priority(0);
    /// The default of a backup router.
    pub const DEFAULT: Priority = Priority(100);
    /// The router that owns the virtual addresses.
    pub const OWNER: Priority = Priority(255);
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The protocol's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// VRRPv2, RFC 3768: IPv4 only, whole seconds.
    V2,
    /// VRRPv3, RFC 9568: IPv4 and IPv6, hundredths of a second.
    V3,
}

impl Version {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Version::V2 => 2,
            Version::V3 => 3,
        }
    }
}

/// The time between two adverts, in hundredths of a second, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AdvertInterval(u16);

impl AdvertInterval {
    /// The default, one second.
    pub const DEFAULT: AdvertInterval = AdvertInterval(100);
    /// The longest interval that a version 3 advert can carry (12 bits).
    pub const MAX_V3: AdvertInterval = AdvertInterval(0x0fff);

    /// `None` for 0.
    #[must_use]
    pub const fn from_centis(centis: u16) -> Option<AdvertInterval> {
        if centis == 0 { None } else { Some(AdvertInterval(centis)) }
    }

    /// `None` for 0 or above 255 seconds.
    #[must_use]
    pub const fn from_secs(secs: u16) -> Option<AdvertInterval> {
        if secs > 255 { None } else { AdvertInterval::from_centis(secs * 100) }
    }

    /// Hundredths of a second.
    #[must_use]
    pub const fn centis(self) -> u16 {
        self.0
    }

    /// The interval as a duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0 as u64 * 10)
    }

    /// Skew time (RFC 9568 section 6.1): `interval * (256 - priority) / 256`, in whole nanoseconds.
    /// Version 2 (RFC 3768 section 6.1) always skews by a fraction of one second, whatever the interval.
    #[must_use]
    pub const fn skew(self, priority: Priority, version: Version) -> Duration {
        let base = match version {
            Version::V2 => 1_000_000_000,
            Version::V3 => self.0 as u64 * 10_000_000,
        };
        Duration::from_nanos(base * (256 - priority.0 as u64) / 256)
    }

    /// Master down interval: three intervals and the skew.
    #[must_use]
    pub const fn master_down(self, priority: Priority, version: Version) -> Duration {
        Duration::from_nanos(3 * self.0 as u64 * 10_000_000 + self.skew(priority, version).as_nanos() as u64)
    }
}

impl fmt::Display for AdvertInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(100) {
            write!(f, "{} s", self.0 / 100)
        } else {
            write!(f, "{}.{:02} s", self.0 / 100, self.0 % 100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn master_down_is_exact() {
        let one = AdvertInterval::DEFAULT;
        assert_eq!(one.master_down(Priority(100), Version::V2), Duration::from_nanos(3_609_375_000));
        assert_eq!(one.master_down(Priority(100), Version::V3), Duration::from_nanos(3_609_375_000));
        let fast = AdvertInterval::from_centis(1).expect("not zero");
        assert_eq!(fast.master_down(Priority(100), Version::V3), Duration::from_nanos(36_093_750));
        assert_eq!(fast.skew(Priority::OWNER, Version::V3), Duration::from_nanos(39_062));
    }
}
