//! Packets on their way, in reused places.

use keepalived_core::vrrp::Transmit;

/// A packet that somebody will receive.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    /// As it was sent.
    pub(super) transmit: Transmit,
    /// Where it travels.
    pub(super) segment: usize,
    /// Whether no node sent it.
    pub(super) forged: bool,
    uses: u32,
}

#[derive(Debug, Default)]
pub(super) struct Packets {
    places: Vec<Option<InFlight>>,
    free: Vec<u32>,
}

impl Packets {
    /// Keeps a packet; its place. [`Packets::share`] says how often it will be taken.
    pub(super) fn put(&mut self, transmit: Transmit, segment: usize, forged: bool) -> u32 {
        let packet = Some(InFlight { transmit, segment, forged, uses: 0 });
        match self.free.pop() {
            Some(place) => {
                self.places[place as usize] = packet;
                place
            }
            None => {
                self.places.push(packet);
                (self.places.len() - 1) as u32
            }
        }
    }

    /// It will be taken `uses` times; if never, it is dropped now.
    pub(super) fn share(&mut self, place: u32, uses: u32) {
        if uses == 0 {
            self.places[place as usize] = None;
            self.free.push(place);
        } else if let Some(packet) = &mut self.places[place as usize] {
            packet.uses = uses;
        }
    }

    /// Takes it once. The last time it is moved, before that copied (the payload is shared).
    pub(super) fn take(&mut self, place: u32) -> Option<InFlight> {
        let packet = self.places[place as usize].as_mut()?;
        packet.uses = packet.uses.saturating_sub(1);
        if packet.uses > 0 {
            return Some(packet.clone());
        }
        self.free.push(place);
        self.places[place as usize].take()
    }
}
