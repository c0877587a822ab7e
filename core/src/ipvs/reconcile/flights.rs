//! Commands that are out.

use super::fault::Spot;
use crate::check::IpvsId;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A command that is out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flight {
    pub(super) spot: Spot,
    pub(super) kind: Kind,
}

/// What a command does to its spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Add,
    Set,
    Delete,
}

/// The commands that are out, by their numbers: these follow each other, and answers mostly come in the same order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flights {
    /// The number of the first, or of the next where none is out.
    first: u64,
    /// `None`: it was answered before one that went out earlier.
    flights: VecDeque<Option<Flight>>,
}

impl Flights {
    /// One goes out, and gets its number.
    pub(super) fn start(&mut self, flight: Flight) -> IpvsId {
        self.flights.push_back(Some(flight));
        IpvsId(self.first + self.flights.len() as u64 - 1)
    }

    /// One was answered; `None` where none of this number is out.
    pub(super) fn end(&mut self, id: IpvsId) -> Option<Flight> {
        let place = usize::try_from(id.0.checked_sub(self.first)?).ok()?;
        let flight = self.flights.get_mut(place)?.take();
        while let Some(None) = self.flights.front() {
            self.flights.pop_front();
            self.first += 1;
        }
        flight
    }

    /// How many there are between the first and the last.
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;
    use std::collections::BTreeMap;

    quickcheck! {
        /// Whatever the order of the answers, each finds its command, once.
        fn as_a_map(ops: Vec<(bool, u8)>) -> bool {
            let (mut flights, mut model, mut next) = (Flights::default(), BTreeMap::new(), 0);
            ops.into_iter().all(|(start, n)| {
                let same = if start {
                    let flight = Flight { spot: if n % 2 == 0 { Spot::Timeouts } else { Spot::Everything }, kind: Kind::Set };
                    model.insert(IpvsId(next), flight.clone());
                    next += 1;
                    flights.start(flight) == IpvsId(next - 1)
                } else {
                    let id = IpvsId(u64::from(n) % (next + 2));
                    flights.end(id) == model.remove(&id)
                };
                let between = model.keys().next().map_or(0, |first| next - first.0);
                same && flights.is_empty() == model.is_empty() && flights.len() as u64 == between
            })
        }
    }
}
