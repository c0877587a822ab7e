//! Simulated servers, and how they treat who connects.

use crate::rng::Rng;
use core::time::Duration;

/// What a server is like at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Answers after so long.
    Well(Duration),
    /// The same, but its last page is not there.
    Lacks(Duration),
    /// Refuses connections.
    Refuses,
    /// Loses every packet.
    Silent,
    /// Takes connections and says nothing.
    Stalls,
    /// Answers a byte at a time and never comes to an end.
    Drips,
    /// Answers something else than what is asked for.
    Lies,
    /// Closes the connection in the middle of its answer.
    Breaks,
}

impl Manner {
    /// A manner at random; `well`: how many of 10 are well.
    pub fn draw(rng: &mut Rng, well: u64, timeout: Duration) -> Manner {
        if rng.below(10) < well {
            // Some are slow, but not too slow.
            let most = if rng.below(4) == 0 { timeout * 8 / 10 } else { Duration::from_millis(50) };
            let pace = rng.duration(Duration::from_micros(200), most);
            return if rng.below(8) == 0 { Manner::Lacks(pace) } else { Manner::Well(pace) };
        }
        *rng.pick(&[Manner::Refuses, Manner::Silent, Manner::Stalls, Manner::Drips, Manner::Lies, Manner::Breaks])
    }

    /// Whether a connection can be made: all that a `TCP_CHECK` asks.
    #[must_use]
    pub const fn listens(self) -> bool {
        !matches!(self, Manner::Refuses | Manner::Silent)
    }

    /// Whether it does what is expected of it: what an `HTTP_GET` of a page asks, or a script.
    #[must_use]
    pub const fn serves(self) -> bool {
        matches!(self, Manner::Well(_) | Manner::Lacks(_))
    }

    /// Whether all of its pages are there.
    #[must_use]
    pub const fn serves_all(self) -> bool {
        matches!(self, Manner::Well(_))
    }

    /// The weight that a script finds for it.
    #[must_use]
    pub fn worth(self) -> u8 {
        u8::try_from(self.pace().as_nanos() % 5).unwrap_or(0)
    }

    /// How long it takes for each answer.
    #[must_use]
    pub const fn pace(self) -> Duration {
        match self {
            Manner::Well(pace) | Manner::Lacks(pace) => pace,
            _ => Duration::from_millis(1),
        }
    }
}
