//! The state machine of one virtual router: a pure, total function, to be read beside RFC 9568 section 6.4.
//!
//! It knows no time, no packet and no address. It says what the state becomes and which of the protocol's few actions
//! follow; `instance` carries them out.

use super::state::State;

/// What happened to a virtual router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// It may take part: its interface, address and socket are there.
    Startup,
    /// Nothing was heard for the master down interval.
    MasterDown,
    /// It is time for the next advert.
    AdvertDue,
    /// A valid advert was heard.
    Heard(Heard),
    /// The sync group makes all its members master.
    GroupMaster,
    /// A member of the sync group went to BACKUP.
    GroupBackup,
    /// There is a reason to be in FAULT.
    Fault,
    /// The last reason to be in FAULT is gone.
    Recovered,
    /// The daemon stops, or the instance is removed.
    Shutdown,
}

/// An advert, compared with what this router would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heard {
    /// Priority 0: the master resigns.
    Resign,
    /// A lower priority.
    Lower,
    /// The same priority from a lower address.
    SameLowerAddress,
    /// The same priority from a higher address.
    SameHigherAddress,
    /// A higher priority.
    Higher,
}

impl Heard {
    /// Of two masters, the one that hears this goes on.
    #[must_use]
    pub fn loses_to_us(self) -> bool {
        matches!(self, Heard::Lower | Heard::SameLowerAddress)
    }
}

/// What the configuration and the moment add to the RFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Priority 255 and `state MASTER`: master at once, without waiting for silence.
    pub owner: bool,
    /// A lower master is tolerated: `nopreempt`, or `preempt_delay` is running.
    pub tolerate_lower: bool,
    /// `nopreempt`, and we slept so long that another may rightfully have taken over.
    pub maybe_deposed: bool,
    /// The other members of the sync group are ready to be master as well (true without a group).
    pub group_ready: bool,
    /// Not `lower_prio_no_advert`, and nothing was sent a moment ago.
    pub answer_lower: bool,
    /// `vrrp_startup_delay` is over.
    pub may_start: bool,
}

/// A timer's new setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// As it was.
    Keep,
    /// The master down interval from now.
    MasterDown,
    /// The skew time from now.
    Skew,
    /// The next advert, one interval after the last.
    NextAdvert,
    /// None.
    Off,
}

/// What to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Send {
    /// Nothing.
    Nothing,
    /// An advert.
    Advert,
    /// An advert with priority 0.
    Resign,
}

/// What follows from a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The state from now on. Entering and leaving MASTER takes and releases the addresses.
    pub next: State,
    /// What is sent, before the addresses move.
    pub send: Send,
    /// The one timer (RFC 9568: Adver_Timer while master, Master_Down_Timer while backup).
    pub timer: Timer,
    /// Whether the advert's sender is taken as the master: its address and interval are learnt.
    pub learn: bool,
    /// Announce the addresses again though they did not move.
    pub announce: bool,
    /// It wants to be master, and waits for its sync group.
    pub want_master: bool,
}

const fn stay(state: State) -> Step {
    Step { next: state, send: Send::Nothing, timer: Timer::Keep, learn: false, announce: false, want_master: false }
}

const fn backup() -> Step {
    Step { timer: Timer::MasterDown, ..stay(State::Backup) }
}

const fn master() -> Step {
    Step { send: Send::Advert, timer: Timer::NextAdvert, ..stay(State::Master) }
}

/// One step. Total: every signal in every state has an answer.
#[must_use]
pub fn step(state: State, signal: Signal, rules: &Rules) -> Step {
    match (state, signal) {
        (State::Master, Signal::Shutdown | Signal::Fault) => {
            let next = if signal == Signal::Fault { State::Fault } else { State::Init };
            Step { send: Send::Resign, timer: Timer::Off, ..stay(next) }
        }
        (_, Signal::Shutdown) => Step { timer: Timer::Off, ..stay(State::Init) },
        (_, Signal::Fault) => Step { timer: Timer::Off, ..stay(State::Fault) },

        (State::Fault, Signal::Recovered) if !rules.may_start => Step { timer: Timer::Off, ..stay(State::Init) },
        (State::Init, Signal::Startup) | (State::Fault, Signal::Recovered) => {
            if !rules.owner {
                backup()
            } else if rules.group_ready {
                master()
            } else {
                Step { want_master: true, ..backup() }
            }
        }
        (State::Init | State::Fault, _) => stay(state),

        (State::Backup, Signal::MasterDown) => {
            if rules.group_ready {
                master()
            } else {
                Step { want_master: true, ..backup() }
            }
        }
        (State::Backup, Signal::GroupMaster) => master(),
        (State::Backup, Signal::Heard(heard)) => heard_as_backup(heard, rules),
        (State::Backup, Signal::Startup | Signal::Recovered | Signal::AdvertDue | Signal::GroupBackup) => stay(state),

        (State::Master, Signal::AdvertDue) => master(),
        (State::Master, Signal::GroupBackup) => Step { send: Send::Resign, ..backup() },
        (State::Master, Signal::Heard(heard)) => heard_as_master(heard, rules),
        (State::Master, Signal::Startup | Signal::Recovered | Signal::MasterDown | Signal::GroupMaster) => stay(state),
    }
}

/// RFC 9568 section 6.4.2 (400).
fn heard_as_backup(heard: Heard, rules: &Rules) -> Step {
    match heard {
        Heard::Resign => Step { timer: Timer::Skew, ..stay(State::Backup) },
        Heard::Lower if !rules.tolerate_lower => stay(State::Backup),
        Heard::Lower | Heard::SameLowerAddress | Heard::SameHigherAddress | Heard::Higher => {
            Step { learn: true, ..backup() }
        }
    }
}

/// RFC 9568 section 6.4.3 (700).
fn heard_as_master(heard: Heard, rules: &Rules) -> Step {
    match heard {
        Heard::Resign => master(),
        Heard::Lower | Heard::SameLowerAddress if rules.maybe_deposed => Step { learn: true, ..backup() },
        Heard::Lower | Heard::SameLowerAddress => {
            let answer = if rules.answer_lower { master() } else { stay(State::Master) };
            Step { announce: true, ..answer }
        }
        // A last advert, always: the other may not have heard that there were two masters, and must announce its addresses again.
        Heard::SameHigherAddress | Heard::Higher => Step { send: Send::Advert, learn: true, ..backup() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARD: [Heard; 5] =
        [Heard::Resign, Heard::Lower, Heard::SameLowerAddress, Heard::SameHigherAddress, Heard::Higher];
    const STATES: [State; 4] = [State::Init, State::Backup, State::Master, State::Fault];

    fn signals() -> Vec<Signal> {
        let mut all = vec![
            Signal::Startup,
            Signal::MasterDown,
            Signal::AdvertDue,
            Signal::GroupMaster,
            Signal::GroupBackup,
            Signal::Fault,
            Signal::Recovered,
            Signal::Shutdown,
        ];
        all.extend(HEARD.map(Signal::Heard));
        all
    }

    fn every_rule() -> impl Iterator<Item = Rules> {
        (0..64u8).map(|bits| Rules {
            owner: bits & 1 != 0,
            tolerate_lower: bits & 2 != 0,
            maybe_deposed: bits & 4 != 0,
            group_ready: bits & 8 != 0,
            answer_lower: bits & 16 != 0,
            may_start: bits & 32 != 0,
        })
    }

    /// Every state, signal and rule: 3,328 steps, all of them.
    fn all_steps(mut check: impl FnMut(State, Signal, &Rules, Step)) {
        for state in STATES {
            for signal in signals() {
                for rules in every_rule() {
                    check(state, signal, &rules, step(state, signal, &rules));
                }
            }
        }
    }

    #[test]
    fn only_a_master_sends() {
        all_steps(|state, signal, _, step| {
            if step.send != Send::Nothing {
                assert!(state == State::Master || step.next == State::Master, "{state:?} {signal:?} {step:?}");
            }
        });
    }

    #[test]
    fn whoever_becomes_master_says_so_and_keeps_saying_so() {
        all_steps(|state, signal, _, step| {
            if state != State::Master && step.next == State::Master {
                assert_eq!((step.send, step.timer), (Send::Advert, Timer::NextAdvert), "{state:?} {signal:?}");
            }
        });
    }

    #[test]
    fn a_backup_always_has_a_timer() {
        all_steps(|state, signal, _, step| {
            if state != State::Backup && step.next == State::Backup {
                assert_eq!(step.timer, Timer::MasterDown, "{state:?} {signal:?}");
            }
            if step.next == State::Init || step.next == State::Fault {
                assert!(step.timer == Timer::Off || state == step.next, "{state:?} {signal:?}");
            }
        });
    }

    #[test]
    fn fault_and_init_are_left_only_by_their_own_doors() {
        all_steps(|state, signal, _, step| {
            if state == State::Fault && step.next != State::Fault {
                assert!(matches!(signal, Signal::Recovered | Signal::Shutdown), "{signal:?}");
            }
            if state == State::Init && step.next != State::Init {
                assert!(matches!(signal, Signal::Startup | Signal::Fault), "{signal:?}");
            }
        });
    }

    #[test]
    fn a_higher_master_is_always_obeyed_and_a_lower_one_never_deposes() {
        all_steps(|state, signal, rules, step| {
            if let (State::Backup | State::Master, Signal::Heard(heard)) = (state, signal) {
                match heard {
                    Heard::Higher | Heard::SameHigherAddress => assert_eq!(step.next, State::Backup),
                    Heard::Lower | Heard::SameLowerAddress => assert!(step.next == state || rules.maybe_deposed),
                    Heard::Resign => assert_eq!(step.next, state),
                }
            }
        });
    }

    #[test]
    fn a_resignation_is_sent_exactly_where_mastership_is_given_up_unasked() {
        all_steps(|state, signal, _, step| {
            let gives_up =
                state == State::Master && matches!(signal, Signal::Shutdown | Signal::Fault | Signal::GroupBackup);
            assert_eq!(step.send == Send::Resign, gives_up, "{state:?} {signal:?}");
        });
    }
}
