//! Simulated servers, and how they treat who connects.

use crate::rng::Rng;
use core::time::Duration;

/// What a server is like at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Answers after so long.
    Well(Duration),
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
            return Manner::Well(rng.duration(Duration::from_micros(200), most));
        }
        *rng.pick(&[Manner::Refuses, Manner::Silent, Manner::Stalls, Manner::Drips, Manner::Lies, Manner::Breaks])
    }

    /// Whether a connection can be made: all that a `TCP_CHECK` asks.
    #[must_use]
    pub const fn listens(self) -> bool {
        !matches!(self, Manner::Refuses | Manner::Silent)
    }

    /// Whether it does what is expected of it: what an `HTTP_GET` asks.
    #[must_use]
    pub const fn serves(self) -> bool {
        matches!(self, Manner::Well(_))
    }

    /// How long it takes for each answer.
    #[must_use]
    pub const fn pace(self) -> Duration {
        match self {
            Manner::Well(pace) => pace,
            _ => Duration::from_millis(1),
        }
    }
}
