//! One LAN: who is plugged in, and what becomes of a packet on its way.

use crate::rng::Rng;
use crate::scenario::NodeId;
use core::time::Duration;

/// A node's place on a segment.
#[derive(Clone, Debug)]
pub struct Port {
    /// The node.
    pub node: NodeId,
    /// Which of its links.
    pub slot: usize,
    /// Packets pass only between ports of the same island.
    pub island: u8,
    /// Nothing comes in here.
    pub deaf: bool,
    /// Nothing goes out from here.
    pub mute: bool,
}

/// How a segment treats packets. Probabilities are in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// The least delay.
    pub delay: Duration,
    /// The most that is added to it, for each receiver by chance.
    pub jitter: Duration,
    /// How many are lost, for each receiver by chance.
    pub loss: u32,
    /// How many arrive twice.
    pub duplicate: u32,
    /// How many are held back by ten times the delay and jitter, so that later ones overtake them.
    pub reorder: u32,
}

impl Weather {
    /// Everything arrives, once, after `delay`.
    #[must_use]
    pub const fn calm(delay: Duration) -> Weather {
        Weather { delay, jitter: Duration::ZERO, loss: 0, duplicate: 0, reorder: 0 }
    }

    /// Whether every packet arrives exactly once and in order, at all receivers together.
    #[must_use]
    pub const fn is_calm(&self) -> bool {
        self.jitter.is_zero() && self.loss == 0 && self.duplicate == 0 && self.reorder == 0
    }

    /// The latest that a packet which is not lost arrives.
    #[must_use]
    pub fn worst_delay(&self) -> Duration {
        let usual = self.delay + self.jitter;
        if self.reorder == 0 && self.duplicate == 0 { usual } else { usual * 11 }
    }
}

/// A LAN of at most 32 ports.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Who is plugged in.
    pub ports: Vec<Port>,
    /// How packets fare now.
    pub weather: Weather,
    /// How they fare when no fault is at work.
    pub fair: Weather,
}

impl Segment {
    /// An empty segment.
    #[must_use]
    pub const fn new(fair: Weather) -> Segment {
        Segment { ports: Vec::new(), weather: fair, fair }
    }

    /// Plugs a link in.
    pub fn plug(&mut self, node: NodeId, slot: usize) {
        self.ports.push(Port { node, slot, island: 0, deaf: false, mute: false });
    }

    /// The port of `node`, which has one at most.
    #[must_use]
    pub fn port_of(&self, node: NodeId) -> Option<usize> {
        self.ports.iter().position(|port| port.node == node)
    }

    /// Whether what `from` sends can reach `to`; weather aside.
    #[must_use]
    pub fn connects(&self, from: usize, to: usize) -> bool {
        let (from, to) = (&self.ports[from], &self.ports[to]);
        from.island == to.island && !from.mute && !to.deaf
    }

    /// Decides the fate of one packet: calls `plan` with a delay and the ports it reaches then, as often as needed.
    /// `from` is `None` for a stranger, who is heard on all islands. `only` is the port of a unicast destination.
    pub fn carry(
        &self,
        rng: &mut Rng,
        from: Option<usize>,
        only: Option<usize>,
        mut plan: impl FnMut(Duration, u32),
    ) -> bool {
        let mut reach = 0u32;
        for (at, port) in self.ports.iter().enumerate() {
            let passes = match from {
                Some(from) => at != from && self.connects(from, at),
                None => !port.deaf,
            };
            if passes && only.is_none_or(|only| only == at) {
                reach |= 1 << at;
            }
        }
        if reach == 0 {
            return false;
        }
        let weather = &self.weather;
        if weather.is_calm() {
            plan(weather.delay, reach);
            return true;
        }
        let usual = weather.delay + weather.jitter;
        let mut delivered = false;
        for at in 0..self.ports.len() {
            if reach & (1 << at) == 0 || rng.chance(weather.loss) {
                continue;
            }
            let mut delay = rng.duration(weather.delay, usual);
            if rng.chance(weather.reorder) {
                delay += rng.duration(Duration::ZERO, usual * 10);
            }
            plan(delay, 1 << at);
            delivered = true;
            if rng.chance(weather.duplicate) {
                plan(delay + rng.duration(Duration::ZERO, usual * 10), 1 << at);
            }
        }
        delivered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(ports: u8, weather: Weather) -> Segment {
        let mut segment = Segment::new(weather);
        for node in 0..ports {
            segment.plug(node, 0);
        }
        segment
    }

    fn reached(segment: &Segment, from: usize, rng: &mut Rng) -> Vec<(Duration, u32)> {
        let mut plans = Vec::new();
        segment.carry(rng, Some(from), None, |delay, ports| plans.push((delay, ports)));
        plans
    }

    #[test]
    fn calm_weather_is_one_delivery_to_all_others() {
        let ms = Duration::from_millis(1);
        assert_eq!(reached(&segment(4, Weather::calm(ms)), 1, &mut Rng::new(1)), [(ms, 0b1101)]);
    }

    #[test]
    fn islands_and_deafness_have_directions() {
        let mut lan = segment(4, Weather::calm(Duration::ZERO));
        lan.ports[3].island = 1;
        lan.ports[0].deaf = true;
        lan.ports[2].mute = true;
        let mut rng = Rng::new(1);
        assert_eq!(reached(&lan, 0, &mut rng), [(Duration::ZERO, 0b0110)]);
        assert_eq!(reached(&lan, 1, &mut rng), [(Duration::ZERO, 0b0100)]);
        assert_eq!(reached(&lan, 2, &mut rng), []);
        assert_eq!(reached(&lan, 3, &mut rng), []);
    }

    #[test]
    fn loss_duplication_and_delay_are_as_asked() {
        let ms = Duration::from_millis(1);
        let weather = Weather { delay: ms, jitter: ms, loss: 500_000, duplicate: 100_000, reorder: 100_000 };
        let lan = segment(2, weather);
        let mut rng = Rng::new(7);
        let (mut heard, mut twice) = (0, 0);
        for _ in 0..10_000 {
            let plans = reached(&lan, 0, &mut rng);
            heard += usize::from(!plans.is_empty());
            twice += usize::from(plans.len() == 2);
            assert!(
                plans.iter().all(|(delay, ports)| *ports == 2 && *delay >= ms && *delay <= weather.worst_delay() * 2)
            );
        }
        assert!((4_800..5_200).contains(&heard), "{heard}");
        assert!((400..600).contains(&twice), "{twice}");
    }
}
