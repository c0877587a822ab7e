//! Equal settings are kept once: in a file with ten thousand objects most say the same as one shortly before.

use crate::config::model::Shared;
use core::borrow::Borrow;

/// How many values are compared with a new one.
const KEPT: usize = 4;

/// The last values of a kind; the one that was asked for last is at the end.
pub(super) struct Alike<T>(Vec<Shared<T>>);

impl<T> Default for Alike<T> {
    fn default() -> Self {
        Alike(Vec::new())
    }
}

impl<T: PartialEq> Alike<T> {
    /// Whether an equal value would be found.
    pub(super) fn has(&self, value: &T) -> bool {
        self.0.iter().any(|kept| **kept == *value)
    }

    /// `value`, or an equal one that is there already.
    pub(super) fn share(&mut self, value: impl Borrow<T> + Into<Shared<T>>) -> Shared<T> {
        match self.0.iter().rposition(|kept| **kept == *value.borrow()) {
            Some(at) => self.0[at..].rotate_left(1),
            None => {
                if self.0.len() == KEPT {
                    self.0.remove(0);
                }
                self.0.push(value.into());
            }
        }
        self.0[self.0.len() - 1].clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one() {
        let mut alike: Alike<u8> = Alike::default();
        let first = alike.share(1);
        for other in [2, 3, 4] {
            assert_eq!(*alike.share(other), other);
            assert!(alike.has(&1) && alike.share(1).is_one_with(&first));
        }
        for other in 5..9 {
            assert_eq!(*alike.share(Shared::from(other)), other);
        }
        let again = alike.share(1);
        assert!(*again == 1 && !again.is_one_with(&first));
        assert_eq!(alike.0.len(), KEPT);
    }
}
