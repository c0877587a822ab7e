//! Links and addresses as they change.
//!
//! First everything is read (a snapshot), then changes are told one by one. The socket listens before it asks, so that
//! nothing falls between the two: while a dump is under way, dumped objects and changes come in one queue, and the later
//! wins. When the queue overran, or the kernel says that a dump is not consistent (`NLM_F_DUMP_INTR`), the queue is
//! emptied - before that the kernel goes on losing messages without a word - and everything is read afresh.

use super::decode::{self, News, Raw};
use super::socket::RouteSocket;
use super::{Peers, encode};
use keepalived_core::Time;
use keepalived_core::kernel::{Address, KernelEvent, Link};
use keepalived_core::net::IfIndex;
use netlink_packet_core::NLM_F_DUMP_INTR;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::task::{Context, Poll};
use std::time::Duration;

// linux/rtnetlink.h
const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_IPV4_IFADDR: u32 = 5;
const RTNLGRP_IPV6_IFADDR: u32 = 9;
const GROUPS: [u32; 3] = [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR];

/// Room for some thousand changes.
pub(crate) const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// A dump that is refused is asked for again after this time, one that does not end is given up after ten times that.
const RETRY: Duration = Duration::from_millis(200);

/// Datagrams read in one turn.
const BUDGET: u32 = 64;

/// The monitor's socket, and what it has understood so far.
#[derive(Debug)]
pub(crate) struct Monitor {
    socket: RouteSocket,
    receive_buffer: usize,
    state: State,
    sequence: u32,
    /// Told one by one; never more than one datagram's worth.
    events: VecDeque<KernelEvent>,
    peers: Peers,
    budget: u32,
}

#[derive(Debug)]
enum State {
    /// Something was missed: the queue is emptied, then all is read afresh.
    Emptying,
    /// A dump is under way and given up at `deadline`.
    Dumping { stage: Stage, found: Found, deadline: Time },
    /// A dump was refused.
    Waiting { until: Time },
    /// Changes are told as they come.
    Following,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Links,
    Addresses,
}

/// What a dump has found so far, changes included.
#[derive(Debug, Default)]
struct Found {
    links: BTreeMap<IfIndex, Link>,
    addresses: BTreeMap<(IfIndex, IpAddr, u8), Address>,
}

impl Found {
    fn note(&mut self, news: News) {
        match news {
            News::Link(link) => {
                self.links.insert(link.index, link);
            }
            News::LinkGone(index) => {
                self.links.remove(&index);
                self.addresses.retain(|&(on, ..), _| on != index);
            }
            News::Address(address, _) => {
                self.addresses.insert((address.index, address.ip, address.prefix), address);
            }
            News::AddressGone { index, ip, prefix } => {
                self.addresses.remove(&(index, ip, prefix));
            }
        }
    }
}

impl Monitor {
    /// Listens from now on. Needs a runtime with I/O.
    pub(crate) fn open(receive_buffer: usize) -> io::Result<Monitor> {
        Ok(Monitor {
            socket: RouteSocket::open(receive_buffer, &GROUPS)?,
            receive_buffer,
            state: State::Emptying,
            sequence: 0,
            events: VecDeque::new(),
            peers: Peers::new(),
            budget: BUDGET,
        })
    }

    /// The far ends of point-to-point addresses.
    pub(crate) fn peers(&self) -> &Peers {
        &self.peers
    }

    /// When [`take`](Self::take) must be called even if nothing comes.
    pub(crate) fn deadline(&self) -> Option<Time> {
        match self.state {
            State::Dumping { deadline, .. } => Some(deadline),
            State::Waiting { until } => Some(until),
            State::Emptying | State::Following => None,
        }
    }

    /// Begins a turn.
    pub(crate) fn begin_turn(&mut self) {
        self.budget = BUDGET;
    }

    /// Whether the last turn ended before everything was read.
    pub(crate) fn has_work(&self) -> bool {
        self.budget == 0 || !self.events.is_empty() || matches!(self.state, State::Emptying)
    }

    /// The next event that is there, within the turn's budget.
    pub(crate) fn take(&mut self, now: Time) -> Option<KernelEvent> {
        self.keep_time(now);
        while self.events.is_empty() && self.budget > 0 {
            self.budget -= 1;
            match self.read(now) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !matches!(self.state, State::Emptying) {
                        break;
                    }
                    self.dump(now, Stage::Links, Found::default());
                }
                // Whatever it is: something may be missing.
                Err(_) => self.state = State::Emptying,
            }
        }
        self.events.pop_front()
    }

    /// Ready when [`take`](Self::take) may have something that has just arrived.
    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_readable(cx)
    }

    fn keep_time(&mut self, now: Time) {
        match self.state {
            State::Dumping { deadline, .. } if deadline <= now => {
                // The kernel has forgotten us; a new socket has no past.
                match RouteSocket::open(self.receive_buffer, &GROUPS) {
                    Ok(socket) => {
                        self.socket = socket;
                        self.state = State::Emptying;
                    }
                    Err(_) => self.state = State::Waiting { until: now + RETRY },
                }
            }
            State::Waiting { until } if until <= now => self.state = State::Emptying,
            _ => {}
        }
    }

    /// Asks for everything.
    fn dump(&mut self, now: Time, stage: Stage, found: Found) {
        self.sequence = self.sequence.wrapping_add(1).max(1);
        let mut request = Vec::new();
        match stage {
            Stage::Links => encode::dump_links(&mut request, self.sequence),
            Stage::Addresses => encode::dump_addresses(&mut request, self.sequence),
        }
        self.state = match self.socket.send(&request) {
            Ok(()) => State::Dumping { stage, found, deadline: now + RETRY * 10 },
            Err(_) => State::Waiting { until: now + RETRY },
        };
    }

    /// Reads one datagram.
    fn read(&mut self, now: Time) -> io::Result<()> {
        let mut finished = None;
        for message in decode::messages(self.socket.receive()?) {
            // Replies carry our number, changes that others made do not.
            let reply = message.sequence == self.sequence && matches!(self.state, State::Dumping { .. });
            if reply {
                finished = finished.or(verdict(message));
            }
            let Some(news) = decode::news(message) else { continue };
            note_peer(&mut self.peers, &news);
            match &mut self.state {
                State::Dumping { found, .. } => found.note(news),
                State::Following => self.events.push_back(event(news)),
                State::Emptying | State::Waiting { .. } => {}
            }
        }
        if let Some(verdict) = finished {
            self.finish(now, verdict);
        }
        Ok(())
    }

    /// A dump has ended.
    fn finish(&mut self, now: Time, verdict: Verdict) {
        match (std::mem::replace(&mut self.state, State::Emptying), verdict) {
            (State::Dumping { stage: Stage::Links, found, .. }, Verdict::Complete) => {
                self.dump(now, Stage::Addresses, found);
            }
            (State::Dumping { stage: Stage::Addresses, found, .. }, Verdict::Complete) => {
                self.peers.retain(|key, _| found.addresses.contains_key(key));
                self.events.push_back(KernelEvent::Snapshot {
                    links: found.links.into_values().collect(),
                    addresses: found.addresses.into_values().collect(),
                });
                self.state = State::Following;
            }
            (_, Verdict::Inconsistent) => {}
            (_, Verdict::Refused) => self.state = State::Waiting { until: now + RETRY },
            (state, Verdict::Complete) => self.state = state,
        }
    }
}

/// How a dump ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Complete,
    Inconsistent,
    Refused,
}

/// What a reply says of the dump as a whole. `Inconsistent` may come before its end; the rest is then read for nothing.
fn verdict(message: Raw<'_>) -> Option<Verdict> {
    match message.kind {
        _ if message.flags & NLM_F_DUMP_INTR != 0 => Some(Verdict::Inconsistent),
        decode::NLMSG_DONE if decode::error_code(message.payload) == 0 => Some(Verdict::Complete),
        decode::NLMSG_DONE | decode::NLMSG_ERROR => Some(Verdict::Refused),
        _ => None,
    }
}

fn note_peer(peers: &mut Peers, news: &News) {
    match *news {
        News::Address(ref address, Some(peer)) => {
            peers.insert((address.index, address.ip, address.prefix), peer);
        }
        News::Address(ref address, None) => {
            peers.remove(&(address.index, address.ip, address.prefix));
        }
        News::AddressGone { index, ip, prefix } => {
            peers.remove(&(index, ip, prefix));
        }
        News::LinkGone(index) => peers.retain(|&(on, ..), _| on != index),
        News::Link(_) => {}
    }
}

fn event(news: News) -> KernelEvent {
    match news {
        News::Link(link) => KernelEvent::Link(link),
        News::LinkGone(index) => KernelEvent::LinkGone(index),
        News::Address(address, _) => KernelEvent::Address(address),
        News::AddressGone { index, ip, prefix } => KernelEvent::AddressGone { index, ip, prefix },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    const NOW: Time = Time::from_secs(100);

    /// The first event of a monitor in `state`, with the clock at `now`. The machine's own links are enough to look at.
    fn first_event(state: State, now: Time) -> KernelEvent {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let mut monitor = Monitor::open(RECEIVE_BUFFER).unwrap();
            monitor.state = state;
            poll_fn(|cx| {
                loop {
                    monitor.begin_turn();
                    if let Some(event) = monitor.take(now) {
                        return Poll::Ready(event);
                    }
                    if monitor.poll_readable(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
            })
            .await
        })
    }

    fn is_snapshot(event: &KernelEvent) -> bool {
        matches!(event, KernelEvent::Snapshot { links, .. } if links.iter().any(|link| link.arp_type == 772))
    }

    #[test]
    fn it_begins_with_a_snapshot() {
        assert!(is_snapshot(&first_event(State::Emptying, NOW)));
    }

    #[test]
    fn a_dump_that_does_not_end_is_given_up_and_asked_for_anew() {
        for stage in [Stage::Links, Stage::Addresses] {
            // Nothing was asked for, so nothing will come.
            let hanging = State::Dumping { stage, found: Found::default(), deadline: NOW };
            assert!(is_snapshot(&first_event(hanging, NOW)));
        }
    }

    #[test]
    fn a_refused_dump_is_asked_for_again() {
        assert!(is_snapshot(&first_event(State::Waiting { until: NOW }, NOW)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _guard = runtime.enter();
        let mut monitor = Monitor::open(RECEIVE_BUFFER).unwrap();
        monitor.state = State::Dumping { stage: Stage::Links, found: Found::default(), deadline: NOW };
        monitor.finish(NOW, Verdict::Refused);
        assert_eq!(monitor.deadline(), Some(NOW + RETRY));
        assert_eq!(monitor.take(NOW), None);
        assert!(!monitor.has_work(), "it sleeps until then");
    }
}
