//! VRRP adverts: version 2 (RFC 3768 section 5, with the authentication data of RFC 2338) and version 3 (RFC 9568 section 5).
//!
//! ```text
//!  0                   1                   2                   3
//! |Version| Type  | Virtual Rtr ID|   Priority    | Count IP Addr |
//! |  v2: Auth Type | Adver Int (s) |          Checksum             |
//! |  v3: 0 | Max Advert Int (cs)    |          Checksum             |
//! |                       IP addresses ...                         |
//! |        v2, IPv4: 8 bytes of authentication data                |
//! ```

use super::checksum::Sum;
use super::ipv4::PROTO_VRRP;
use crate::config::model::AuthPass;
use crate::net::{AdvertInterval, Family, Priority, Version, Vrid};
use crate::vrrp::DropReason;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Length of the fixed part.
pub const HEADER_LEN: usize = 8;
/// Length of version 2's authentication data.
pub const AUTH_LEN: usize = 8;
/// `auth_type` of a version 2 advert without authentication.
pub const AUTH_NONE: u8 = 0;
/// `auth_type` of a version 2 advert with a plain password (RFC 2338 section 5.3.6).
pub const AUTH_PASS: u8 = 1;

const TYPE_ADVERTISEMENT: u8 = 1;
const CHECKSUM: core::ops::Range<usize> = 6..8;

/// An advert as it came, split but not judged against any configuration. Its lengths agree with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advert<'a> {
    /// 2 or 3.
    pub version: Version,
    /// Whose it is.
    pub vrid: Vrid,
    /// 0 to 255.
    pub priority: Priority,
    /// Version 2: the authentication type; [`AUTH_NONE`] for version 3.
    pub auth_type: u8,
    /// Version 2: the authentication data.
    pub auth: Option<AuthPass>,
    /// The interval; `None` where the field is 0.
    pub interval: Option<AdvertInterval>,
    family: Family,
    addresses: &'a [u8],
    message: &'a [u8],
}

impl<'a> Advert<'a> {
    /// Splits a VRRP message that came in over `family`.
    ///
    /// # Errors
    /// Says why it is no advert: length, version, type or VRID.
    pub fn parse(message: &'a [u8], family: Family) -> Result<Advert<'a>, DropReason> {
        let head = message.first_chunk::<HEADER_LEN>().ok_or(DropReason::TooShort)?;
        let version = match head[0] >> 4 {
            2 if family == Family::V4 => Version::V2,
            3 => Version::V3,
            _ => return Err(DropReason::UnknownVersion),
        };
        if head[0] & 0x0f != TYPE_ADVERTISEMENT {
            return Err(DropReason::UnknownType);
        }
        let vrid = Vrid::new(head[1]).ok_or(DropReason::UnknownVrid)?;
        let list_len = usize::from(head[3]) * address_len(family);
        let auth_len = if version == Version::V2 { AUTH_LEN } else { 0 };
        let rest = &message[HEADER_LEN..];
        match rest.len().cmp(&(list_len + auth_len)) {
            core::cmp::Ordering::Less => return Err(DropReason::TooShort),
            core::cmp::Ordering::Greater => return Err(DropReason::TrailingBytes),
            core::cmp::Ordering::Equal => {}
        }
        let (addresses, auth) = rest.split_at(list_len);
        let (auth_type, interval) = match version {
            Version::V2 => (head[4], AdvertInterval::from_secs(u16::from(head[5]))),
            Version::V3 => (AUTH_NONE, AdvertInterval::from_centis(u16::from_be_bytes([head[4] & 0x0f, head[5]]))),
        };
        Ok(Advert {
            version,
            vrid,
            priority: Priority(head[2]),
            auth_type,
            auth: auth.first_chunk::<AUTH_LEN>().map(|bytes| AuthPass(*bytes)),
            interval,
            family,
            addresses,
            message,
        })
    }

    /// How many addresses it lists.
    #[must_use]
    pub fn count(&self) -> usize {
        self.addresses.len() / address_len(self.family)
    }

    /// The addresses it lists.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + use<'a> {
        let family = self.family;
        self.addresses.chunks_exact(address_len(family)).filter_map(move |bytes| match family {
            Family::V4 => bytes.first_chunk::<4>().map(|b| IpAddr::V4(Ipv4Addr::from(*b))),
            Family::V6 => bytes.first_chunk::<16>().map(|b| IpAddr::V6(Ipv6Addr::from(*b))),
        })
    }

    /// How the checksum was made, or `None` where it is wrong in every way it could be made.
    #[must_use]
    pub fn checksum_style(&self, source: IpAddr, destination: IpAddr) -> Option<ChecksumStyle> {
        let plain = Sum::default().bytes(self.message);
        let with_pseudo_header = || match (source, destination) {
            (IpAddr::V4(s), IpAddr::V4(d)) => plain.pseudo_v4(s, d, PROTO_VRRP, self.message.len()).is_valid(),
            (IpAddr::V6(s), IpAddr::V6(d)) => plain.pseudo_v6(s, d, PROTO_VRRP, self.message.len()).is_valid(),
            _ => false,
        };
        match (self.version, self.family) {
            (Version::V2, _) => plain.is_valid().then_some(ChecksumStyle::Message),
            (Version::V3, Family::V6) => with_pseudo_header().then_some(ChecksumStyle::PseudoHeader),
            (Version::V3, Family::V4) if with_pseudo_header() => Some(ChecksumStyle::PseudoHeader),
            (Version::V3, Family::V4) => plain.is_valid().then_some(ChecksumStyle::Message),
        }
    }
}

/// What a checksum covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumStyle {
    /// The message alone: version 2, and what some take RFC 5798 to mean for version 3 over IPv4.
    Message,
    /// The message and the pseudo-header.
    PseudoHeader,
}

/// What an advert's count of addresses can say.
pub const MAX_ADDRESSES: usize = 255;

/// How many addresses an advert has room for on a link, `mtu` bytes a packet; 0 bytes: not known. The same number as the C version's, which
/// leaves room for an Ethernet header in it: both must list the same addresses, and the C version reads no more than this.
#[must_use]
pub fn room(version: Version, family: Family, mtu: u32) -> usize {
    const ETHERNET_HEADER: usize = 14;
    let ip_header = match family {
        Family::V4 => 20,
        Family::V6 => 40,
    };
    let auth = if version == Version::V2 { AUTH_LEN } else { 0 };
    match usize::try_from(mtu).unwrap_or(usize::MAX) {
        0 => MAX_ADDRESSES,
        mtu => {
            let left = mtu.saturating_sub(ETHERNET_HEADER + ip_header + HEADER_LEN + auth);
            (left / address_len(family)).clamp(1, MAX_ADDRESSES)
        }
    }
}

/// An advert to be sent.
#[derive(Clone, Copy, Debug)]
pub struct AdvertOut {
    /// 2 (IPv4 only) or 3.
    pub version: Version,
    /// Whose it is.
    pub vrid: Vrid,
    /// 0 to resign.
    pub priority: Priority,
    /// In whole seconds for version 2 (rounded down, at least 1).
    pub interval: AdvertInterval,
    /// The password; version 2 only.
    pub auth: Option<AuthPass>,
    /// Where it comes from; decides the family.
    pub source: IpAddr,
    /// Where it goes.
    pub destination: IpAddr,
    /// What the version 3 IPv4 checksum covers.
    pub style: ChecksumStyle,
}

impl AdvertOut {
    /// The message. Addresses of the other family and beyond the 255th are left out.
    #[must_use]
    pub fn emit(&self, addresses: impl Iterator<Item = IpAddr>) -> Vec<u8> {
        let family = Family::of(self.source);
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(&[self.version.number() << 4 | TYPE_ADVERTISEMENT, self.vrid.get(), self.priority.0, 0]);
        match self.version {
            Version::V2 => {
                let auth_type = if self.auth.is_some() { AUTH_PASS } else { AUTH_NONE };
                let secs = (self.interval.centis() / 100).clamp(1, 255);
                out.extend_from_slice(&[auth_type, secs as u8]);
            }
            Version::V3 => out.extend_from_slice(&self.interval.centis().min(0x0fff).to_be_bytes()),
        }
        out.extend_from_slice(&[0, 0]);
        let mut count = 0u8;
        for ip in addresses.filter(|ip| Family::of(*ip) == family).take(MAX_ADDRESSES) {
            match ip {
                IpAddr::V4(ip) => out.extend_from_slice(&ip.octets()),
                IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
            }
            count += 1;
        }
        out[3] = count;
        if self.version == Version::V2 {
            out.extend_from_slice(&self.auth.unwrap_or(AuthPass([0; AUTH_LEN])).0);
        }
        let sum = Sum::default().bytes(&out);
        let sum = match (self.source, self.destination) {
            (IpAddr::V6(s), IpAddr::V6(d)) => sum.pseudo_v6(s, d, PROTO_VRRP, out.len()),
            (IpAddr::V4(s), IpAddr::V4(d))
                if self.version == Version::V3 && self.style == ChecksumStyle::PseudoHeader =>
            {
                sum.pseudo_v4(s, d, PROTO_VRRP, out.len())
            }
            _ => sum,
        };
        out[CHECKSUM].copy_from_slice(&sum.finish().to_be_bytes());
        out
    }
}

const fn address_len(family: Family) -> usize {
    match family {
        Family::V4 => 4,
        Family::V6 => 16,
    }
}

#[cfg(test)]
#[path = "vrrp_tests.rs"]
mod tests;
