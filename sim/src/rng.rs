//! Chance, reproducible: xoshiro256** seeded by splitmix64. The same seed gives the same numbers on every machine.

use core::time::Duration;
use keepalived_core::chance;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

/// One step of splitmix64: also a good mixer of two numbers into one.
#[must_use]
pub const fn splitmix(seed: u64) -> u64 {
    let mut state = seed;
    chance::splitmix(&mut state)
}

impl Rng {
    /// The stream of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Rng {
        let a = splitmix(seed);
        let b = splitmix(a);
        let c = splitmix(b);
        Rng { state: [a, b, c, splitmix(c)] }
    }

    /// A stream of its own for `purpose`, so that drawing more numbers for one thing does not change another.
    #[must_use]
    pub fn fork(&mut self, purpose: u64) -> Rng {
        Rng::new(self.next() ^ splitmix(purpose))
    }

    /// 64 random bits.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// An index into something of `len` items.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// True `ppm` times in a million. Draws nothing where the answer is certain.
    pub fn chance(&mut self, ppm: u32) -> bool {
        match ppm {
            0 => false,
            1_000_000.. => true,
            _ => self.below(1_000_000) < u64::from(ppm),
        }
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let at = self.index(items.len());
        &items[at]
    }

    /// A duration from `low` to `high`. Draws nothing where they are equal.
    pub fn duration(&mut self, low: Duration, high: Duration) -> Duration {
        if low >= high {
            return low;
        }
        Duration::from_nanos(self.range(low.as_nanos() as u64, high.as_nanos() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_published_generator() {
        // The first outputs of xoshiro256** for the state 1, 2, 3, 4, from the authors' reference code.
        let mut rng = Rng { state: [1, 2, 3, 4] };
        assert_eq!(
            [rng.next(), rng.next(), rng.next(), rng.next()],
            [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240]
        );
    }

    quickcheck::quickcheck! {
        fn stays_within(seed: u64, low: u32, span: u32) -> bool {
            let mut rng = Rng::new(seed);
            let (low, high) = (u64::from(low), u64::from(low) + u64::from(span));
            (0..100).all(|_| (low..=high).contains(&rng.range(low, high)))
        }

        fn chance_is_fair(seed: u64) -> bool {
            let mut rng = Rng::new(seed);
            let hits = (0..10_000).filter(|_| rng.chance(250_000)).count();
            (2_000..3_000).contains(&hits) && !rng.chance(0) && rng.chance(1_000_000)
        }
    }
}
