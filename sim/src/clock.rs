//! A node's own idea of time.

use core::time::Duration;
use keepalived_core::Time;

/// Nanoseconds of the world to nanoseconds of the node: another origin, and a rate that is wrong by some parts in a million.
#[derive(Clone, Debug)]
pub struct Clock {
    world: u64,
    local: u64,
    ppm: i64,
    frozen: bool,
}

impl Clock {
    /// A clock that shows `offset` at the world's epoch and gains `ppm` microseconds in each second.
    #[must_use]
    pub const fn new(offset: Duration, ppm: i32) -> Clock {
        Clock { world: 0, local: offset.as_nanos() as u64, ppm: ppm as i64, frozen: false }
    }

    /// What it shows.
    #[must_use]
    pub const fn local(&self, world: Time) -> Time {
        if self.frozen {
            return Time::from_nanos(self.local);
        }
        let passed = world.as_nanos().saturating_sub(self.world);
        if self.ppm == 0 {
            return Time::from_nanos(self.local + passed);
        }
        Time::from_nanos(self.local.saturating_add_signed(passed as i64 + passed as i64 * self.ppm / 1_000_000))
    }

    /// The first moment of the world at which it shows `local` or more; [`Time::MAX`] while it stands still.
    #[must_use]
    pub fn when(&self, local: Time) -> Time {
        if self.frozen || local == Time::MAX {
            return Time::MAX;
        }
        let ahead = local.as_nanos().saturating_sub(self.local);
        if self.ppm == 0 {
            return Time::from_nanos(self.world.saturating_add(ahead));
        }
        let guess = (i128::from(ahead) * 1_000_000 / i128::from(1_000_000 + self.ppm)) as u64;
        let mut at = self.world.saturating_add(guess.saturating_sub(2));
        while self.local(Time::from_nanos(at)) < local {
            at += 1;
        }
        Time::from_nanos(at)
    }

    /// Stops it, as a suspended virtual machine's does.
    pub fn freeze(&mut self, world: Time) {
        self.local = self.local(world).as_nanos();
        self.world = world.as_nanos();
        self.frozen = true;
    }

    /// Lets it run on from where it stopped.
    pub fn thaw(&mut self, world: Time) {
        self.world = world.as_nanos();
        self.frozen = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    quickcheck::quickcheck! {
        fn when_is_the_first_moment(offset: u32, ppm: i16, ahead: u64) -> bool {
            let clock = Clock::new(Duration::from_nanos(u64::from(offset)), i32::from(ppm) / 100);
            let local = Time::from_nanos(u64::from(offset) + ahead % 1_000_000_000_000_000);
            let world = clock.when(local);
            clock.local(world) >= local
                && (world == Time::ZERO || clock.local(Time::from_nanos(world.as_nanos() - 1)) < local)
        }
    }

    #[test]
    fn a_frozen_clock_loses_the_time() {
        let mut clock = Clock::new(Duration::from_secs(5), 100);
        clock.freeze(Time::from_secs(10));
        let shown = clock.local(Time::from_secs(10));
        assert_eq!(clock.local(Time::from_secs(20)), shown);
        assert_eq!(clock.when(shown), Time::MAX);
        clock.thaw(Time::from_secs(20));
        assert_eq!(clock.local(Time::from_secs(20)), shown);
        assert_eq!(clock.local(Time::from_secs(21)).since(shown), Duration::from_nanos(1_000_100_000));
    }
}
