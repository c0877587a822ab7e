//! One check: what it is, whom it concerns, and what it is doing.

use super::health::{Health, Round};
use super::io::{ConnId, Dial};
use super::pool::{MAX_WEIGHT, Say, ServerId};
use super::probe::Attempt;
use crate::config::model::{Check, FileCheck, Manner, Pacing};
use crate::event::lvs::RealName;
use crate::time::Time;
use crate::vrrp::ScriptId;
use core::hash::Hasher;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use std::sync::Arc;

/// A check of a real server, made once for all virtual servers that ask for the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checker {
    /// The real server.
    pub(super) real: RealName,
    /// What is done.
    pub(super) check: Check,
    /// A number for it, by which it is found again.
    pub(super) hash: u64,
    /// The real servers it speaks for, in order: the virtual server, and which of its real servers.
    pub(super) users: Vec<(ServerId, u32)>,
    /// How many of those are in virtual servers that are not suspended.
    pub(super) awake: u32,
    /// What it says.
    pub(super) health: Health,
    /// The reason of the last failure, until it succeeds.
    pub(super) reason: Option<Arc<str>>,
    /// The exit status of a `misc_dynamic` script, while it says a weight.
    pub(super) status: Option<u8>,
    /// The number in the file.
    pub(super) value: i32,
    /// Where an HTTP check is.
    pub(super) round: Round,
    /// The connections to open, one for each URL; made when they are needed.
    pub(super) dials: Vec<Option<Arc<Dial>>>,
    /// It came late, and was left out once for that.
    pub(super) skipped: bool,
    /// What it is doing.
    pub(super) doing: Doing,
}

/// What a check is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Doing {
    /// It waits for its time.
    Nothing,
    /// It talks.
    Talking {
        conn: ConnId,
        attempt: Attempt,
        /// How many stages there have been.
        stages: u8,
        /// How late it began.
        late: Duration,
    },
    /// Its script runs.
    Running {
        script: ScriptId,
        since: Time,
        /// Whether it takes too long.
        overdue: Overdue,
    },
}

/// How far it is with a script that takes too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Overdue {
    /// It does not.
    No,
    /// It is being killed; how it ends decides.
    Killed,
    /// It did not end of that. The server was judged without waiting for it.
    Judged,
}

/// The longest conversation of any kind of check is shorter than this. Whatever a peer does, an attempt ends after so many stages.
pub(super) const MOST_STAGES: u8 = 16;

impl Checker {
    pub(super) fn new(real: RealName, check: Check, hash: u64, health: Health) -> Checker {
        Checker {
            real,
            check,
            hash,
            users: Vec::new(),
            awake: 0,
            health,
            reason: None,
            status: None,
            value: 0,
            round: Round::default(),
            dials: Vec::new(),
            skipped: false,
            doing: Doing::Nothing,
        }
    }

    /// What it says of a real server that has this weight in the configuration.
    pub(super) fn say(&self, configured: u32) -> Say {
        let up = self.health.up;
        let weight = match (&self.check, self.status) {
            (Check::Misc(_), Some(status)) if up => i64::from(status) - 2 - i64::from(configured),
            (Check::File(file), _) if up => file_weight(file, self.value).unwrap_or(0),
            _ => 0,
        };
        Say { up, weight }
    }

    pub(super) fn pacing(&self) -> Option<&Pacing> {
        pacing(&self.check)
    }

    pub(super) fn add_user(&mut self, user: (ServerId, u32), awake: bool) {
        if let Err(place) = self.users.binary_search(&user) {
            self.users.insert(place, user);
            self.awake += u32::from(awake);
        }
    }

    pub(super) fn remove_user(&mut self, user: (ServerId, u32), awake: bool) {
        if let Ok(place) = self.users.binary_search(&user) {
            self.users.remove(place);
            self.awake -= u32::from(awake);
        }
    }
}

/// When a check is made; what is told to us has no time of its own.
pub(super) fn pacing(check: &Check) -> Option<&Pacing> {
    match check {
        Check::Network(check) => Some(&check.manner.pacing),
        Check::Misc(check) => Some(&check.pacing),
        Check::File(_) | Check::Bfd(_) => None,
    }
}

/// Whether a check counts as failed until it has succeeded. Not a session's: while BFD is not built nobody would ever tell that it is up.
pub(super) fn alpha(check: &Check) -> bool {
    pacing(check).is_some_and(|pacing| pacing.alpha)
}

/// Whether two checks ask for the same, perhaps at another pace: what one has found is true for the other.
pub(super) fn same_question(a: &Check, b: &Check) -> bool {
    match (a, b) {
        (Check::Network(a), Check::Network(b)) => a.target == b.target && same_manner(&a.manner, &b.manner),
        (Check::Misc(a), Check::Misc(b)) => a.script == b.script && a.dynamic == b.dynamic,
        (Check::File(a), Check::File(b)) => a == b,
        (Check::Bfd(a), Check::Bfd(b)) => a.name == b.name,
        _ => false,
    }
}

/// Whether two checks are made in the same manner, perhaps at another pace.
fn same_manner(a: &Manner, b: &Manner) -> bool {
    let Manner { pacing: _, timeout, source, source_port, device, mark, probe } = a;
    (timeout, source, source_port, device, mark) == (&b.timeout, &b.source, &b.source_port, &b.device, &b.mark)
        && *probe == b.probe
}

/// A number for a check: equal checks have the same.
pub(super) fn hash(check: &Check) -> u64 {
    struct Into(SipHasher13);
    impl postcard::ser_flavors::Flavor for Into {
        type Output = u64;
        fn try_push(&mut self, data: u8) -> postcard::Result<()> {
            self.0.write_u8(data);
            Ok(())
        }
        fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
            self.0.write(data);
            Ok(())
        }
        fn finalize(self) -> postcard::Result<u64> {
            Ok(self.0.finish())
        }
    }
    // Without an allocation and without a way to fail; were there one, equal numbers do no harm.
    postcard::serialize_with_flavor(check, Into(SipHasher13::new())).unwrap_or(0)
}

/// What a number in a file adds to the weight; `None`: it means that the server has failed. As in the C version: without a weight any number
/// but 0 is a failure; otherwise the product is one at -2^31 and below.
pub(super) fn file_weight(check: &FileCheck, value: i32) -> Option<i64> {
    if check.weight == 0 {
        return ((value != 0) == check.reverse).then_some(0);
    }
    let product = i64::from(value) * i64::from(check.weight) * if check.reverse { -1 } else { 1 };
    (product > i64::from(i32::MIN)).then_some(product.min(MAX_WEIGHT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_files() {
        let of = |weight, reverse, value| file_weight(&FileCheck { file: "f".into(), weight, reverse }, value);
        assert_eq!([of(0, false, 0), of(0, false, 1), of(0, true, 0), of(0, true, -3)], [Some(0), None, None, Some(0)]);
        assert_eq!([of(2, false, 5), of(2, true, 5)], [Some(10), Some(-10)]);
        assert_eq!([of(1, false, i32::MIN), of(1, false, -i32::MAX)], [None, Some(-i64::from(i32::MAX))]);
        assert_eq!([of(2, false, i32::MAX), of(-2, false, i32::MAX)], [Some(MAX_WEIGHT), None]);
    }
}
