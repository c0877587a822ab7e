//! Events as sentences about the operator's world.

use super::{AddressNews, Event, Occasion, Why};
use crate::net::Name;
use crate::notify::{News, Outcome};
use crate::vrrp::{DropReason, ScriptStatus, State};
use core::time::Duration;

/// How much a sentence matters; the severities of syslog(3) that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For who asked for detail (`-D`).
    Debug,
    /// The ordinary course of things.
    Info,
    /// A change of state.
    Notice,
    /// Something is not as it should be.
    Warning,
    /// Something does not work.
    Error,
}

/// The event, told in one line.
#[must_use]
pub fn sentence(event: &Event) -> (Level, String) {
    (level(event), text(event))
}

fn level(event: &Event) -> Level {
    match event {
        Event::State { to: State::Fault, .. } => Level::Error,
        Event::State { .. } | Event::GroupState { .. } | Event::Stopping | Event::Configured { .. } => Level::Notice,
        Event::Dropped { reason: DropReason::UnknownVrid, .. } => Level::Debug,
        Event::Announced { occasion: Occasion::Refresh | Occasion::LastWord, .. } => Level::Debug,
        // The collision is told beside it.
        Event::Dropped { reason, count: 1, .. } if reason.is_collision() => Level::Debug,
        Event::Address { news: AddressNews::AddFailed { .. } | AddressNews::RemoveFailed { .. }, .. }
        | Event::SocketFailed { .. } => Level::Error,
        Event::Address {
            news: AddressNews::Conflict | AddressNews::PutBack | AddressNews::LeftoverRemoved, ..
        }
        | Event::Fault { .. }
        | Event::Duel { .. }
        | Event::Stalled { .. }
        | Event::Dropped { .. }
        | Event::Collision { .. }
        | Event::SendFailed { .. }
        | Event::AdvertFull { .. }
        | Event::LinkVanished { .. } => Level::Warning,
        Event::Script(news) => script_level(news),
        Event::FaultCleared { .. }
        | Event::PriorityChanged { .. }
        | Event::MasterLearned { .. }
        | Event::DuelWon { .. }
        | Event::IntervalLearned { .. }
        | Event::PreemptDelayed { .. }
        | Event::ChecksumStyle { .. }
        | Event::Address { .. }
        | Event::Announced { .. }
        | Event::LinkAppeared { .. }
        | Event::LinkRenamed { .. } => Level::Info,
    }
}

fn text(event: &Event) -> String {
    match event {
        Event::State { instance, to: State::Init, why: Why::FaultsCleared, .. } => {
            format!("({instance}) nothing is in the way any more, waiting for vrrp_startup_delay")
        }
        Event::State { instance, to, priority, why, .. } => {
            format!("({instance}) {}: {}", shown(*to), reason(*to, why, priority.0))
        }
        Event::GroupState { group, to } => format!("(group {group}) all members are {} now", shown(*to)),
        Event::Fault { instance, reason } => format!("({instance}) cannot take part: {reason}"),
        Event::FaultCleared { instance, reason, remaining: 0 } => {
            format!("({instance}) over: {reason}; nothing else is in the way")
        }
        Event::FaultCleared { instance, reason, remaining } => {
            format!("({instance}) over: {reason}; {} in the way", count(u64::from(*remaining), "more thing"))
        }
        Event::PriorityChanged { instance, from, to, tracked } => {
            let tracked: Vec<String> = tracked
                .iter()
                .map(|(name, up)| format!("tracked interface {name} is {}", if *up { "up" } else { "down" }))
                .collect();
            let why = if tracked.is_empty() { String::new() } else { format!(": {}", tracked.join(", ")) };
            format!("({instance}) priority {to} now, was {from}{why}")
        }
        Event::MasterLearned { instance, master, priority } => {
            format!("({instance}) master is {master}, priority {priority}")
        }
        Event::Duel { instance, rival, priority } => {
            format!("({instance}) {rival} is master too, with priority {priority}: it has to give way")
        }
        Event::DuelWon { instance, rival } => {
            format!("({instance}) {rival} is no longer master; announcing our addresses again")
        }
        Event::IntervalLearned { instance, centis } => {
            format!(
                "({instance}) following the master's advert interval of {}",
                secs(Duration::from_millis(u64::from(*centis) * 10))
            )
        }
        Event::PreemptDelayed { instance, delay } => {
            format!("({instance}) the master is lower; taking over in {} at the earliest (preempt_delay)", secs(*delay))
        }
        Event::Stalled { instance, late } => format!(
            "({instance}) this machine or process slept: the advert is {} late, another router may have taken over",
            secs(*late)
        ),
        Event::Dropped { instance, interface, from, reason, detail, count: n } => {
            let whose = instance.as_ref().map_or_else(String::new, |name| format!("({name}) "));
            let noticed = if *reason == DropReason::AddressList { "accepted" } else { "ignored" };
            let more = if *n > 1 { format!("; {n} like this since the last report") } else { String::new() };
            let detail = detail.as_ref().map_or_else(String::new, |detail| format!(" ({detail})"));
            format!("{whose}{noticed} an advert from {from} on {interface}: {reason}{detail}{more}")
        }
        Event::ChecksumStyle { instance, peer, pseudo_header: true } => {
            format!("({instance}) {peer} makes its checksum with the pseudo-header (RFC 9568); so do we now")
        }
        Event::ChecksumStyle { instance, peer, pseudo_header: false } => {
            format!("({instance}) {peer} makes its checksum without the pseudo-header; so do we now")
        }
        Event::Address { interface, ip, prefix, news } => address(interface, &format!("{ip}/{prefix}"), news),
        Event::Announced { instance, addresses, repeat, occasion } => {
            let why = match occasion {
                Occasion::Takeover => "after the takeover",
                Occasion::Delayed => "again (garp_master_delay)",
                Occasion::Refresh => "again (garp_master_refresh)",
                Occasion::LowerMaster => "because a lower master was heard",
                Occasion::LastWord => "after the last word of the master before",
                Occasion::DuelOver => "because another was master too",
                Occasion::Stall => "because this machine slept",
                Occasion::AddressBack => "because it is new or back",
                Occasion::LinkBack => "because the interface is back",
            };
            format!(
                "({instance}) announced {}, {} each, {why}",
                count(u64::from(*addresses), "address"),
                times(*repeat)
            )
        }
        Event::SocketFailed { interface, family, errno } => {
            format!("no {family} socket for adverts on {interface}: {errno}; trying again")
        }
        Event::SendFailed { interface, errno, count: n } => {
            format!("could not send on {interface}: {errno} ({} since the last report)", count(*n, "packet"))
        }
        Event::AdvertFull { instance, interface, mtu, room, addresses } => format!(
            "({instance}) the adverts name only the first {room} of {addresses} addresses: the MTU of {interface} is {mtu}"
        ),
        Event::LinkAppeared { name, .. } => format!("interface {name} is there now"),
        Event::LinkRenamed { from, to } => format!("interface {from} is called {to} now"),
        Event::LinkVanished { name } => format!("interface {name} is gone"),
        Event::Collision { instance, vrid, from, reason } => {
            let otherwise = match reason {
                DropReason::AddressList => "for other virtual addresses",
                DropReason::AuthType => "with another auth_type",
                _ => "with another auth_pass",
            };
            format!(
                "({instance}) {from} uses virtual_router_id {vrid} {otherwise}: \
                 one of the routers is configured wrongly, or two clusters share the number"
            )
        }
        Event::Script(news) => script(news),
        Event::Configured { added, removed, absorbed, restarted, kept } => {
            configured(added, removed, absorbed, restarted, *kept)
        }
        Event::Stopping => "stopping".to_owned(),
    }
}

pub(super) fn script_level(news: &News) -> Level {
    match news.what {
        Outcome::Ended(ScriptStatus::Exited(0)) => Level::Debug,
        Outcome::Ended(_) | Outcome::Killed | Outcome::Skipped => Level::Warning,
    }
}

pub(super) fn script(News { owner, program, what }: &News) -> String {
    let what = match what {
        Outcome::Ended(ScriptStatus::Exited(0)) => "done".to_owned(),
        Outcome::Ended(ScriptStatus::Exited(code)) => format!("ended with status {code}"),
        Outcome::Ended(ScriptStatus::Signalled(signal)) => format!("was killed by signal {signal}"),
        Outcome::Ended(ScriptStatus::NotStarted(errno)) => format!("could not be started: {errno}"),
        Outcome::Killed => "still ran at the end, and is killed".to_owned(),
        Outcome::Skipped => "was not run: an earlier one runs for too long".to_owned(),
    };
    format!("({owner}) script {program} {what}")
}

fn shown(state: State) -> &'static str {
    match state {
        State::Init => "stopped",
        State::Backup => "BACKUP",
        State::Master => "MASTER",
        State::Fault => "FAULT",
    }
}

fn reason(to: State, why: &Why, ours: u8) -> String {
    match why {
        Why::Startup => format!("starting with priority {ours}, listening for a master"),
        Why::Owner => "this router owns the addresses (priority 255)".to_owned(),
        Why::MasterSilent { last: Some(last), silence } => format!("no advert from {last} for {}", secs(*silence)),
        Why::MasterSilent { last: None, silence } => format!("no advert from anybody for {}", secs(*silence)),
        Why::MasterResigned { last } => format!("{last} has resigned"),
        Why::Preempted { lower, priority } => format!("our priority {ours} is higher than {lower}'s {priority}"),
        Why::HigherPriority { master, priority } => format!("{master} has priority {priority}, ours is {ours}"),
        Why::HigherAddress { master } => format!("{master} has the same priority {ours} and the higher address"),
        Why::LiveMasterAfterStall { master } => format!("{master} took over while we slept, and nopreempt is set"),
        Why::GroupFollows { member } => format!("following {member} of its sync group"),
        Why::Faulty(fault) => fault.to_string(),
        Why::FaultsCleared if to == State::Master => {
            "nothing is in the way any more, and this router owns the addresses".to_owned()
        }
        Why::FaultsCleared => "nothing is in the way any more, listening for a master".to_owned(),
        Why::Reconfigured => "the configuration has changed".to_owned(),
        Why::Stopped => "the daemon stops".to_owned(),
    }
}

fn address(interface: &str, address: &str, news: &AddressNews) -> String {
    match news {
        AddressNews::Added => format!("{address} is on {interface} now"),
        AddressNews::Removed => format!("{address} is off {interface} now"),
        AddressNews::LeftoverRemoved => {
            format!("{address} was on {interface} though this router is not its master; removed it")
        }
        AddressNews::PutBack => format!("{address} had vanished from {interface}; put it back"),
        AddressNews::AddFailed { errno, retry } => {
            format!("the kernel refused {address} on {interface}: {errno}; trying again in {}", secs(*retry))
        }
        AddressNews::RemoveFailed { errno, retry } => {
            format!("the kernel would not remove {address} from {interface}: {errno}; trying again in {}", secs(*retry))
        }
        AddressNews::Conflict => format!("another host on {interface} uses {address}"),
    }
}

fn configured(
    added: &[Name],
    removed: &[Name],
    absorbed: &[(Name, Vec<String>)],
    restarted: &[(Name, Vec<String>)],
    kept: u32,
) -> String {
    let with_keywords = |list: &[(Name, Vec<String>)]| {
        list.iter().map(|(name, keywords)| format!("{name} ({})", keywords.join(", "))).collect::<Vec<_>>()
    };
    let mut parts = Vec::new();
    let mut part = |what: &str, names: Vec<String>| {
        const SHOWN: usize = 8;
        match names.len() {
            0 => {}
            n if n > SHOWN => parts.push(format!("{what} {} and {} more", names[..SHOWN].join(", "), n - SHOWN)),
            _ => parts.push(format!("{what} {}", names.join(", "))),
        }
    };
    part("new:", added.iter().map(ToString::to_string).collect());
    part("changed without leaving its state:", with_keywords(absorbed));
    part("begins anew:", with_keywords(restarted));
    part("removed:", removed.iter().map(ToString::to_string).collect());
    if parts.is_empty() && kept == 0 {
        return "configuration in force: no VRRP instances".to_owned();
    }
    if parts.is_empty() {
        return format!("configuration in force: nothing changed ({})", count(u64::from(kept), "instance"));
    }
    if kept > 0 {
        parts.push(format!("{} unchanged", count(u64::from(kept), "instance")));
    }
    format!("configuration in force: {}", parts.join("; "))
}

pub(super) fn secs(duration: Duration) -> String {
    let millis = duration.as_micros().div_ceil(1000);
    if millis.is_multiple_of(1000) {
        format!("{} s", millis / 1000)
    } else if millis < 1000 {
        format!("{}.{:03} s", millis / 1000, millis % 1000)
    } else {
        format!("{}.{:02} s", millis / 1000, millis % 1000 / 10)
    }
}

pub(crate) fn count(n: u64, what: &str) -> String {
    match (n, what.ends_with('s')) {
        (1, _) => format!("1 {what}"),
        (_, false) => format!("{n} {what}s"),
        (_, true) => format!("{n} {what}es"),
    }
}

fn times(n: u32) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{n} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Priority;

    #[test]
    fn a_takeover_reads_like_a_sentence() {
        let event = Event::State {
            instance: "VI_1".into(),
            from: State::Backup,
            to: State::Master,
            priority: Priority(100),
            why: Why::MasterSilent { last: "10.0.0.2".parse().ok(), silence: Duration::from_micros(3_609_375) },
        };
        assert_eq!(sentence(&event), (Level::Notice, "(VI_1) MASTER: no advert from 10.0.0.2 for 3.61 s".to_owned()));
    }

    #[test]
    fn plurals() {
        assert_eq!((count(1, "address"), count(2, "address")), ("1 address".to_owned(), "2 addresses".to_owned()));
        assert_eq!(
            (secs(Duration::from_millis(40)), secs(Duration::from_secs(5))),
            ("0.040 s".to_owned(), "5 s".to_owned())
        );
    }
}
