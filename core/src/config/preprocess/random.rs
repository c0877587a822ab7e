//! `${_RANDOM}`: the numbers of random(3), so that a `random_seed` makes the configuration that the C version makes of it.

/// The additive feedback generator of glibc in its default size.
#[derive(Clone, Debug)]
pub(super) struct Random {
    state: [u32; SIZE],
    at: usize,
}

const SIZE: usize = 31;
/// The distance between the two numbers that make the next one.
const LAG: usize = 3;
/// The first numbers that are thrown away.
const WARM_UP: usize = 10 * SIZE;

impl Random {
    /// As after srandom(3).
    pub(super) fn new(seed: u32) -> Random {
        let mut state = [0; SIZE];
        // A seed of 0 would give nothing but zeros.
        let mut word = i64::from(seed.max(1).cast_signed());
        for slot in &mut state {
            *slot = word as u32;
            word = word * 16_807 % 0x7fff_ffff;
            if word < 0 {
                word += 0x7fff_ffff;
            }
        }
        let mut random = Random { state, at: LAG };
        for _ in 0..WARM_UP {
            random.next();
        }
        random
    }

    /// From 0 to 2^31 - 1.
    pub(super) fn next(&mut self) -> u32 {
        let other = self.state[(self.at + SIZE - LAG) % SIZE];
        let value = self.state[self.at].wrapping_add(other);
        self.state[self.at] = value;
        self.at = (self.at + 1) % SIZE;
        value >> 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn these_are_the_numbers_of_glibc() {
        let first = |seed| {
            let mut random = Random::new(seed);
            [random.next(), random.next(), random.next()]
        };
        assert_eq!(first(1), [1804289383, 846930886, 1681692777]);
        assert_eq!(first(0), first(1));
        assert_eq!(first(42), [71876166, 708592740, 1483128881]);
        assert_eq!(first(u32::MAX), [254925627, 1205188300, 366127624]);
    }
}
