//! Signals to an instance, and what follows from them.

use super::engine::{Running, TimerKey, Vrrp};
use super::fsm::{self, Heard, Send, Signal, Step, Timer};
use super::instance::{Duel, Id, Master, PEERS_MAX};
use super::io::{Output, SocketKey, Transmit};
use super::state::State;
use crate::event::{Event, Occasion, Why};
use crate::net::{AdvertInterval, Priority};
use crate::time::Time;
use core::net::IpAddr;
use core::time::Duration;

/// How long the scripts of a new master wait for its addresses.
const NOTIFY_LIMIT: Duration = Duration::from_secs(1);

/// A timer that an advert starts runs from the moment it came in, but no further back than this: when we were held up, a full
/// socket has kept the oldest adverts and dropped the newest.
const AGE_LIMIT: Duration = Duration::from_millis(1);

/// A valid advert, as far as the election is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rival {
    pub ip: IpAddr,
    pub priority: Priority,
    pub interval: Option<AdvertInterval>,
    pub heard: Heard,
    /// How long ago it came in.
    pub age: Duration,
}

impl Vrrp {
    /// Gives `signal` to an instance and carries out what follows.
    pub(super) fn signal(&mut self, id: Id, signal: Signal, why: Why) {
        self.step(id, signal, why, None);
    }

    /// A valid advert for an instance that is BACKUP or MASTER.
    pub(super) fn heard(&mut self, id: Id, rival: Rival) {
        let now = self.now;
        if let Some(late) = self.stalled(id) {
            self.notice_stall(id, late);
        }
        let Some(instance) = self.get_mut(id) else { return };
        instance.counters.adverts_received += 1;
        if rival.heard == Heard::Resign {
            instance.counters.resigned_received += 1;
        }
        let delay = instance.config.preempt_delay;
        let mut delayed = None;
        match rival.heard {
            Heard::Lower if instance.state == State::Backup && instance.config.preempt && !delay.is_zero() => {
                if instance.preempt_at.is_none() {
                    instance.preempt_at = Some(now + delay);
                    delayed = Some(Event::PreemptDelayed { instance: instance.name(), delay });
                }
            }
            Heard::SameLowerAddress | Heard::SameHigherAddress | Heard::Higher => instance.preempt_at = None,
            Heard::Lower | Heard::Resign => {}
        }
        let why = match rival.heard {
            Heard::SameHigherAddress => Why::HigherAddress { master: rival.ip },
            Heard::Lower | Heard::SameLowerAddress => Why::LiveMasterAfterStall { master: rival.ip },
            Heard::Higher | Heard::Resign => Why::HigherPriority { master: rival.ip, priority: rival.priority },
        };
        if let Some(event) = delayed {
            self.event(event);
        }
        self.step(id, Signal::Heard(rival.heard), why, Some(rival));
    }

    fn step(&mut self, id: Id, signal: Signal, why: Why, rival: Option<Rival>) {
        let asks = matches!(signal, Signal::Startup | Signal::Recovered | Signal::MasterDown);
        let ready = asks && self.group_ready(id);
        let (now, may_start) = (self.now, self.may_start);
        let Some(instance) = self.get_mut(id) else { return };
        let from = instance.state;
        let step = fsm::step(from, signal, &instance.rules(now, ready, may_start));
        // Kept while nobody is accepted as master: the members of a group seldom come to want it at the same moment.
        instance.want_master = step.want_master || (instance.want_master && !step.learn && step.next == from);
        if let Some(rival) = rival {
            instance.relistened = false;
            if rival.heard == Heard::Lower && step.next == State::Backup && !step.learn {
                instance.lower = Some(Master { ip: rival.ip, priority: rival.priority });
            }
        }
        match step.send {
            Send::Nothing => {}
            Send::Advert => self.send_adverts(id),
            Send::Resign => self.resign(id),
        }
        if step.learn
            && let Some(rival) = rival
        {
            self.learn(id, rival);
        }
        if step.next != from {
            self.move_to(id, from, step.next, why);
        }
        self.set_timer(id, step, rival);
        if from == State::Master && step.next == State::Master {
            match (signal, rival) {
                (Signal::Heard(Heard::Resign), Some(rival)) => self.rival_gave_up(id, rival),
                (Signal::Heard(_), Some(rival)) => self.duel(id, rival),
                _ => {}
            }
        }
        if step.next != from && !self.group_moves {
            // The others' steps come back here: they have nobody else to call.
            self.group_moves = true;
            self.group_follows(id, from, step.next);
            self.group_moves = false;
            self.settle_group_of(id);
        }
        if step.want_master {
            self.group_wants(id);
        }
    }

    fn set_timer(&mut self, id: Id, step: Step, rival: Option<Rival>) {
        let now = self.now;
        let heard = rival.map_or(now, |rival| now.ago(rival.age.min(AGE_LIMIT)));
        let Some(instance) = self.get_mut(id) else { return };
        let at = match step.timer {
            Timer::Keep => return,
            Timer::Off => {
                self.timers.cancel(TimerKey::Main(id));
                return;
            }
            Timer::MasterDown => {
                instance.heard_at = heard;
                instance.lower = None;
                let at = heard + instance.master_down();
                // An advert never brings the deadline forward: it may be the last word of a loser that sends more often than the winner.
                let pending = rival.and_then(|_| self.timers.get(TimerKey::Main(id)));
                pending.map_or(at, |pending| pending.max(at))
            }
            Timer::Skew => {
                instance.lower = None;
                if let Some(rival) = rival {
                    instance.master = Some(Master { ip: rival.ip, priority: Priority::RESIGN });
                }
                heard + instance.skew()
            }
            Timer::NextAdvert => now + instance.interval(),
        };
        self.timers.set(TimerKey::Main(id), at);
    }

    /// Takes the sender of an accepted advert as the master.
    fn learn(&mut self, id: Id, rival: Rival) {
        let Some(instance) = self.get_mut(id) else { return };
        let news = instance.master.is_none_or(|m| m.ip != rival.ip);
        instance.master = Some(Master { ip: rival.ip, priority: rival.priority });
        let ours = instance.config.advert_interval;
        let learnt = rival.interval.filter(|i| *i != ours);
        let changed = learnt != instance.learnt;
        instance.learnt = learnt;
        let name = instance.name();
        if news {
            self.event(Event::MasterLearned { instance: name.clone(), master: rival.ip, priority: rival.priority });
        }
        if changed {
            self.event(Event::IntervalLearned { instance: name, centis: learnt.unwrap_or(ours).centis() });
        }
    }

    fn move_to(&mut self, id: Id, from: State, to: State, why: Why) {
        let now = self.now;
        let Some(instance) = self.get_mut(id) else { return };
        instance.state = to;
        instance.relistened = false;
        instance.maybe_deposed = false;
        instance.preempt_at = None;
        instance.duel = None;
        instance.rivals_told.clear();
        if to != State::Backup {
            instance.master = None;
            instance.learnt = None;
            instance.want_master = false;
        }
        let keys: Vec<_> = instance.vips.iter().map(|vip| vip.key).collect();
        let garp = *instance.config.garp;
        let state = Event::State { instance: instance.name(), from, to, priority: instance.priority, why };
        if to == State::Master {
            instance.counters.became_master += 1;
            instance.master_since = now;
        }
        if from == State::Master {
            instance.counters.left_master += 1;
        }
        self.event(state);
        if from == State::Master {
            self.flush_notify(id);
            for key in [TimerKey::Duel(id), TimerKey::SecondBurst(id), TimerKey::Refresh(id)] {
                self.timers.cancel(key);
            }
            self.drop_paced(id, &keys);
            for key in keys.iter().rev() {
                self.addresses.release(now, id, *key);
            }
        }
        if to == State::Master {
            if !garp.delay.is_zero() {
                self.second_burst_at(id, garp.delay, garp.repeat, Occasion::Delayed);
            }
            if !garp.refresh.is_zero() {
                self.timers.set(TimerKey::Refresh(id), now + garp.delay + garp.refresh);
            }
            if let Some(instance) = self.get_mut(id) {
                instance.notify_pending = true;
            }
            self.timers.set(TimerKey::Notify(id), now + NOTIFY_LIMIT);
            for key in &keys {
                self.addresses.want(now, id, *key);
            }
        }
        self.drain_addresses();
        match to {
            State::Master => self.notify_when_ready(id),
            // From FAULT back to waiting for vrrp_startup_delay: nothing has stopped.
            State::Init if from == State::Fault && self.running == Running::Yes && !self.may_start => {}
            State::Backup | State::Fault | State::Init => self.notify_instance(id, to),
        }
    }

    /// The one timer of an instance has expired, `due` at the time given.
    pub(super) fn main_timer(&mut self, id: Id, due: Time) {
        let now = self.now;
        let late = now.since(due);
        let Some(instance) = self.get_mut(id) else { return };
        match instance.state {
            State::Backup => {
                if late > instance.tolerated_lateness() && !instance.relistened {
                    instance.relistened = true;
                    let again = instance.master_interval().duration() + instance.skew();
                    self.timers.set(TimerKey::Main(id), now + again);
                    return;
                }
                let why = instance.why_master(now);
                self.signal(id, Signal::MasterDown, why);
            }
            State::Master => self.advert_due(id, due, late),
            State::Init | State::Fault => {}
        }
    }

    /// How late the next advert is, where that is longer than a master down interval.
    fn stalled(&self, id: Id) -> Option<Duration> {
        let instance = self.get(id).filter(|i| i.state == State::Master && !i.maybe_deposed)?;
        let late = self.now.since(self.timers.get(TimerKey::Main(id))?);
        (late > instance.master_down()).then_some(late)
    }

    /// Slept, and `nopreempt` is set: nothing is announced until it is clear who is master.
    pub(super) fn is_unsure(&self, id: Id) -> bool {
        let unsure = |i: &super::instance::Instance| i.maybe_deposed || !i.config.preempt && self.stalled(id).is_some();
        self.get(id).is_some_and(unsure)
    }

    /// We slept, and another may have taken over: with `nopreempt` we listen before we speak.
    fn notice_stall(&mut self, id: Id, late: Duration) {
        let now = self.now;
        let Some(instance) = self.get_mut(id) else { return };
        let name = instance.name();
        let nopreempt = !instance.config.preempt;
        instance.maybe_deposed = nopreempt;
        let listen = if nopreempt { instance.interval() + instance.skew() } else { Duration::ZERO };
        self.timers.set(TimerKey::Main(id), now + listen);
        self.event(Event::Stalled { instance: name, late });
        if !nopreempt {
            self.announce_all(id, Occasion::Stall);
        }
    }

    fn advert_due(&mut self, id: Id, due: Time, late: Duration) {
        let Some(instance) = self.get_mut(id) else { return };
        let interval = instance.interval();
        if late > instance.master_down() {
            return self.notice_stall(id, late);
        }
        if core::mem::replace(&mut instance.maybe_deposed, false) {
            self.announce_all(id, Occasion::Stall);
        }
        self.signal(id, Signal::AdvertDue, Why::Startup);
        // In step with the schedule, unless that would mean to catch up.
        if late < interval {
            self.timers.set(TimerKey::Main(id), due + interval);
        }
    }

    /// Another master was heard that must give way to us.
    fn duel(&mut self, id: Id, rival: Rival) {
        let now = self.now;
        let Some(instance) = self.get_mut(id) else { return };
        let interval = instance.interval();
        let garp = *instance.config.garp;
        let name = instance.name();
        // Whoever is preempted says a last word. That is no duel, and needs but one more announcement when it is silent.
        let last_word = now.since(instance.master_since) < interval;
        instance.duel = Some(Duel { rival: rival.ip, last_word });
        let tell = !last_word && instance.rivals_told.len() < PEERS_MAX && instance.rivals_told.insert(rival.ip);
        if tell {
            self.event(Event::Duel { instance: name, rival: rival.ip, priority: rival.priority });
        }
        let silence = interval.max(rival.interval.map_or(interval, AdvertInterval::duration));
        self.timers.set(TimerKey::Duel(id), now + silence + silence / 2);
        if !last_word && garp.lower_prio_repeat > 0 && self.may_announce_duel(id) {
            self.announce_repeat(id, garp.lower_prio_repeat, Occasion::LowerMaster);
            if !garp.lower_prio_delay.is_zero() {
                self.second_burst_at(id, garp.lower_prio_delay, garp.lower_prio_repeat, Occasion::LowerMaster);
            }
        }
    }

    /// However many rivals there are, they do not make us announce more than once a second.
    fn may_announce_duel(&mut self, id: Id) -> bool {
        let now = self.now;
        let Some(instance) = self.get_mut(id) else { return false };
        let may = instance.duel_announced.is_none_or(|at| now.since(at) >= Duration::from_secs(1));
        if may {
            instance.duel_announced = Some(now);
        }
        may
    }

    /// Priority 0 from another: there was a second master, whether it had been heard or not.
    fn rival_gave_up(&mut self, id: Id, rival: Rival) {
        if self.get(id).is_some_and(|i| i.duel.is_some_and(|duel| duel.rival == rival.ip)) {
            self.duel_over(id);
        } else if self.may_announce_duel(id) {
            self.announce_all(id, Occasion::DuelOver);
        }
    }

    /// The rival of a duel is silent: what the link learnt from it must be unlearnt.
    pub(super) fn duel_over(&mut self, id: Id) {
        self.timers.cancel(TimerKey::Duel(id));
        let Some(instance) = self.get_mut(id) else { return };
        let Some(duel) = instance.duel.take() else { return };
        instance.rivals_told.remove(&duel.rival);
        let name = instance.name();
        if duel.last_word {
            return self.announce_all(id, Occasion::LastWord);
        }
        self.event(Event::DuelWon { instance: name, rival: duel.rival });
        self.announce_all(id, Occasion::DuelOver);
    }

    fn send_adverts(&mut self, id: Id) {
        self.transmit(id, false);
    }

    pub(super) fn resign(&mut self, id: Id) {
        if !(self.running == Running::Stopping && self.keep_addresses) {
            self.transmit(id, true);
        }
    }

    fn transmit(&mut self, id: Id, resign: bool) {
        let Some(instance) = self.instances.get_mut(id as usize).and_then(Option::as_mut) else { return };
        let (Some(index), Some(source)) = (instance.index, instance.source) else { return };
        let socket = SocketKey { index, family: instance.config.family };
        let resignation;
        let adverts = if resign {
            resignation = instance.make_adverts(Priority::RESIGN);
            &resignation[..]
        } else {
            instance.adverts()
        };
        let count = adverts.len() as u64;
        let now = self.now;
        self.out.extend(adverts.iter().map(|advert| {
            Output::Send(Transmit {
                socket,
                source,
                destination: advert.destination,
                ttl: advert.ttl,
                payload: advert.payload.clone(),
            })
        }));
        instance.counters.adverts_sent += count;
        instance.sent_at = now;
        if resign {
            instance.counters.resigned_sent += count;
        }
    }

    /// Stops an instance for good.
    pub(super) fn shut_down(&mut self, id: Id, why: Why) {
        self.signal(id, Signal::Shutdown, why);
    }
}
