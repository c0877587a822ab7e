//! What was read before: a section of which not a byte has changed says what it said.
//!
//! Of ten thousand virtual servers a reload changes one. A plain section that names nothing that is declared elsewhere depends on its own bytes and on a few
//! settings only, so it is found again by a digest of both. What was complained of is read again, for the complaint names a place.

use super::model::{Check, RealServer, Service, VirtualServer};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

/// Digests of the sections that can be found again.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    /// In order once [`Sections::finish`] was called, with the place of what was read among the virtual servers.
    digests: Vec<(u128, u32)>,
}

/// What was read before, and where: the virtual servers that [`Parsed::sections`](super::Parsed::sections) is about, as they were read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before<'a> {
    /// Where.
    pub sections: Option<&'a Sections>,
    /// What.
    pub servers: &'a [VirtualServer],
}

impl<'a> Before<'a> {
    /// What a section said.
    pub(super) fn find(&self, digest: u128) -> Option<&'a VirtualServer> {
        let digests = &self.sections?.digests;
        let at = digests.binary_search_by_key(&digest, |(digest, _)| *digest).ok()?;
        self.servers.get(digests.get(at)?.1 as usize)
    }
}

impl Sections {
    /// The virtual server in this place was read from a section with this digest.
    pub(super) fn note(&mut self, digest: u128, place: usize) {
        if let Ok(place) = u32::try_from(place) {
            self.digests.push((digest, place));
        }
    }

    /// There are no more.
    pub(super) fn finish(&mut self) {
        self.digests.sort_unstable();
        self.digests.shrink_to_fit();
    }
}

/// A number for a section and the settings that count for all of them.
pub(super) fn digest(text: &str, settings: [bool; 3]) -> u128 {
    let mut hasher = SipHasher13::new();
    hasher.write(&settings.map(u8::from));
    hasher.write(text.as_bytes());
    hasher.finish128().as_u128()
}

/// Whether a virtual server names nothing that is declared elsewhere, and says nothing that remembers its place.
pub(super) fn stands_alone(server: &VirtualServer) -> bool {
    let own = matches!(server.service, Service::Address(..) | Service::Mark(_)) && server.local_addresses.is_none();
    own && server.bind_device.is_none()
        && server.quorum_up.is_none()
        && server.quorum_down.is_none()
        && server.real_servers.iter().all(says_no_place)
}

/// The same for a real server.
pub(super) fn says_no_place(real: &RealServer) -> bool {
    // Interfaces are collected while the text is read.
    let network = |check: &Check| matches!(check, Check::Network(check) if check.manner.device.is_none());
    real.notify_up.is_none() && real.notify_down.is_none() && real.checks.iter().all(network)
}
