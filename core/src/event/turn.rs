//! The events of one turn as lines: one line where it is one cause.
//!
//! A cable that is pulled gives an instance reasons to be in FAULT, one or several, and takes it to FAULT. That is one thing to a person.

use super::log::{Level, sentence};
use super::{Event, Why};
use crate::net::Name;
use crate::vrrp::{FaultReason, State};
use std::collections::{BTreeMap, BTreeSet};

/// What came into an instance's way in a turn, and what went.
#[derive(Default)]
struct Faults<'a> {
    came: BTreeSet<&'a FaultReason>,
    went: BTreeSet<&'a FaultReason>,
    /// How many are left.
    left: u32,
}

impl<'a> Faults<'a> {
    fn add(&mut self, reason: &'a FaultReason) {
        self.left += 1;
        if !self.went.remove(reason) {
            self.came.insert(reason);
        }
    }

    fn clear(&mut self, reason: &'a FaultReason, left: u32) {
        self.left = left;
        if !self.came.remove(reason) {
            self.went.insert(reason);
        }
    }
}

/// Where something is told: at the event of this place.
type Told<'a> = BTreeMap<usize, Faults<'a>>;

/// What there is to tell of a turn, in its order. Faults are told with the change of state that follows from them, and not at all where they
/// came and went within the turn.
#[must_use]
pub fn sentences(events: &[Event]) -> Vec<(Level, String)> {
    let told = collect(events);
    let gone: BTreeSet<&str> = told.values().flat_map(|faults| &faults.came).filter_map(missing).collect();
    let back: BTreeSet<&str> = told.values().flat_map(|faults| &faults.went).filter_map(missing).collect();
    let mut out = Vec::with_capacity(events.len());
    for (at, event) in events.iter().enumerate() {
        match (event, told.get(&at)) {
            (Event::State { instance, to, .. }, Some(faults)) => out.push(moved(event, instance, *to, faults)),
            (Event::Fault { instance, .. } | Event::FaultCleared { instance, .. }, Some(faults)) => {
                out.extend(stayed(instance, faults));
            }
            (Event::Fault { .. } | Event::FaultCleared { .. }, None) => {}
            (Event::LinkVanished { name }, _) if gone.contains(name.as_str()) => {}
            (Event::LinkAppeared { name, .. }, _) if back.contains(name.as_str()) => {}
            _ => out.push(sentence(event)),
        }
    }
    out
}

fn missing<'a>(reason: &&'a FaultReason) -> Option<&'a str> {
    match reason {
        FaultReason::InterfaceMissing(name) => Some(name),
        _ => None,
    }
}

/// Gathers faults at the change of state that follows from them, or at the last of them.
fn collect(events: &[Event]) -> Told<'_> {
    let mut open: BTreeMap<&Name, (usize, Faults<'_>)> = BTreeMap::new();
    let mut told = Told::new();
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Fault { instance, reason } => {
                let (last, faults) = open.entry(instance).or_default();
                *last = at;
                faults.add(reason);
            }
            Event::FaultCleared { instance, reason, remaining } => {
                let (last, faults) = open.entry(instance).or_default();
                *last = at;
                faults.clear(reason, *remaining);
            }
            Event::State { instance, why: Why::Faulty(_) | Why::FaultsCleared, .. } => {
                if let Some((_, faults)) = open.remove(instance) {
                    told.insert(at, faults);
                }
            }
            _ => {}
        }
    }
    told.extend(open.into_values());
    told
}

/// A change of state, with all that led to it.
fn moved(event: &Event, instance: &Name, to: State, faults: &Faults<'_>) -> (Level, String) {
    let (level, text) = sentence(event);
    match to {
        State::Fault if !faults.came.is_empty() => (level, format!("({instance}) {to}: {}", list(&faults.came))),
        State::Backup | State::Master | State::Init if !faults.went.is_empty() => {
            (level, format!("{text} (over: {})", list(&faults.went)))
        }
        _ => (level, text),
    }
}

/// Faults that changed nothing about the state: it was FAULT, or cannot be anything else yet.
fn stayed(instance: &Name, faults: &Faults<'_>) -> Option<(Level, String)> {
    let (came, went) = (list(&faults.came), list(&faults.went));
    let (level, text) = match (faults.came.is_empty(), faults.went.is_empty()) {
        (true, true) => return None,
        (false, true) => (Level::Warning, format!("cannot take part: {came}")),
        (false, false) => (Level::Warning, format!("still cannot take part: {came}; over: {went}")),
        (true, false) if faults.left == 0 => (Level::Info, format!("over: {went}; nothing else is in the way")),
        (true, false) => {
            let left = super::log::count(u64::from(faults.left), "more thing");
            (Level::Info, format!("over: {went}; {left} in the way"))
        }
    };
    Some((level, format!("({instance}) {text}")))
}

fn list(reasons: &BTreeSet<&FaultReason>) -> String {
    reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Priority;
    use FaultReason::{InterfaceDown, InterfaceMissing, NoCarrier};

    fn fault(instance: &str, reason: &FaultReason) -> Event {
        Event::Fault { instance: instance.into(), reason: reason.clone() }
    }

    fn cleared(instance: &str, reason: &FaultReason, remaining: u32) -> Event {
        Event::FaultCleared { instance: instance.into(), reason: reason.clone(), remaining }
    }

    fn state(instance: &str, to: State, why: Why) -> Event {
        Event::State { instance: instance.into(), from: State::Backup, to, priority: Priority(100), why }
    }

    fn texts(events: &[Event]) -> Vec<String> {
        sentences(events).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn one_cause_is_one_line() {
        let (down, carrier) = (InterfaceDown("eth0".into()), NoCarrier("eth0".into()));
        let both = [fault("A", &carrier), fault("A", &down), state("A", State::Fault, Why::Faulty(down.clone()))];
        assert_eq!(texts(&both), ["(A) FAULT: interface eth0 is switched off, interface eth0 has no carrier"]);
        assert_eq!(
            texts(&[fault("A", &carrier), cleared("A", &down, 1)]),
            ["(A) still cannot take part: interface eth0 has no carrier; over: interface eth0 is switched off"]
        );
        assert_eq!(
            texts(&[cleared("A", &carrier, 0), state("A", State::Backup, Why::FaultsCleared)]),
            [
                "(A) BACKUP: nothing is in the way any more, listening for a master (over: interface eth0 has no carrier)"
            ]
        );
    }

    #[test]
    fn what_came_and_went_is_not_told() {
        let (down, carrier) = (InterfaceDown("eth0".into()), NoCarrier("eth0".into()));
        assert!(texts(&[fault("A", &carrier), cleared("A", &carrier, 1)]).is_empty());
        let events = [fault("A", &carrier), fault("A", &down), cleared("A", &carrier, 1)];
        assert_eq!(texts(&events), ["(A) cannot take part: interface eth0 is switched off"]);
    }

    #[test]
    fn an_interface_that_goes_is_told_with_what_follows() {
        let gone = Event::LinkVanished { name: "eth0".into() };
        let other = Event::LinkVanished { name: "eth1".into() };
        let missing = InterfaceMissing("eth0".into());
        let events =
            [gone, other, fault("A", &missing), fault("B", &missing), state("A", State::Fault, Why::Faulty(missing))];
        assert_eq!(
            texts(&events),
            [
                "interface eth1 is gone",
                "(B) cannot take part: there is no interface eth0",
                "(A) FAULT: there is no interface eth0"
            ]
        );
    }

    /// Whatever happens in a turn: what is told last of an instance's state and faults is how things are then.
    #[test]
    fn nothing_that_lasts_is_lost() {
        fn property(changes: Vec<(bool, bool, u8)>) -> bool {
            let reason = |n: u8| InterfaceDown(format!("eth{}", n % 3));
            let name = |first: bool| if first { "A" } else { "B" };
            let mut now: BTreeMap<&str, BTreeSet<FaultReason>> = BTreeMap::new();
            let mut events = Vec::new();
            for (first, add, n) in changes {
                let faults = now.entry(name(first)).or_default();
                if add && faults.insert(reason(n)) {
                    events.push(fault(name(first), &reason(n)));
                } else if !add && faults.remove(&reason(n)) {
                    events.push(cleared(name(first), &reason(n), u32::try_from(faults.len()).unwrap()));
                }
            }
            let lines = texts(&events).join("\n");
            let all_told = now.iter().all(|(name, faults)| {
                let line = lines.lines().find(|line| line.starts_with(&format!("({name})"))).unwrap_or_default();
                faults.iter().all(|fault| line.contains(&fault.to_string()))
            });
            all_told && lines.lines().count() <= 2
        }
        quickcheck::quickcheck(property as fn(Vec<(bool, bool, u8)>) -> bool);
    }
}
