//! One virtual router at run time.

use super::counters::Counters;
use super::fsm::Rules;
use super::state::{FaultReason, State};
use crate::config::model::{InitialState, InstanceConfig, Transport, VirtualAddress};
use crate::event::Why;
use crate::kernel::AddressSpec;
use crate::kernel::addresses::AddressKey;
use crate::net::{AdvertInterval, IfIndex, Name, Priority, Version};
use crate::time::Time;
use crate::wire::vrrp::{AdvertOut, ChecksumStyle, MAX_ADDRESSES};
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An instance's place in the engine; not reused while the instance lives.
pub(super) type Id = u32;

/// Peers whose checksum style is remembered, and senders of which is told, at most.
pub(super) const PEERS_MAX: usize = 16;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Instance {
    pub config: InstanceConfig,
    pub state: State,
    /// The present index of the configured interface.
    pub index: Option<IfIndex>,
    /// Where adverts come from.
    pub source: Option<IpAddr>,
    /// How many addresses an advert has room for on the present interface.
    pub room: usize,
    /// The priority in force.
    pub priority: Priority,
    pub faults: BTreeSet<FaultReason>,
    /// Place of its sync group.
    pub group: Option<usize>,
    /// The last master that was heard and accepted, while backup.
    pub master: Option<Master>,
    /// A master that was heard since `heard_at` and not accepted: its priority is lower than ours.
    pub lower: Option<Master>,
    /// The master's interval where it is not ours (version 3).
    pub learnt: Option<AdvertInterval>,
    /// When listening began, or the last accepted advert came.
    pub heard_at: Time,
    /// When it last became master.
    pub master_since: Time,
    /// When its last advert was sent.
    pub sent_at: Time,
    /// Until when a lower master is tolerated; set by the first lower advert.
    pub preempt_at: Option<Time>,
    /// Waiting for the sync group to be ready for MASTER.
    pub want_master: bool,
    /// The master down timer came late once and one more interval was listened.
    pub relistened: bool,
    /// See [`Rules::maybe_deposed`].
    pub maybe_deposed: bool,
    pub duel: Option<Duel>,
    /// When the addresses were last announced because another was master too.
    pub duel_announced: Option<Time>,
    /// Rivals of which was told since it became master.
    pub rivals_told: BTreeSet<IpAddr>,
    /// What the burst behind the second-announcement timer is.
    pub second_burst: Option<(u32, crate::event::Occasion)>,
    /// The addresses, advertised ones first, on their present interfaces.
    pub vips: Vec<Vip>,
    /// Became master, and the scripts wait for the addresses.
    pub notify_pending: bool,
    /// The checksum style last heard, of each peer.
    pub styles: BTreeMap<IpAddr, bool>,
    pub pseudo_header: bool,
    pub collisions_told: BTreeSet<IpAddr>,
    pub counters: Counters,
    /// The adverts as they are sent, until something in them changes.
    #[serde(skip)]
    pub prepared: Vec<Prepared>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Master {
    pub ip: IpAddr,
    pub priority: Priority,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Duel {
    pub rival: IpAddr,
    /// It was replaced by us a moment ago, and has said no more than that it was there.
    pub last_word: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Vip {
    /// Place in `addresses` followed by `excluded`.
    pub place: usize,
    pub key: AddressKey,
}

#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub destination: IpAddr,
    pub ttl: u8,
    pub payload: Arc<[u8]>,
}

impl Instance {
    pub(super) fn new(config: InstanceConfig) -> Instance {
        let pseudo_header = config.v3_checksum_pseudo_header;
        Instance {
            priority: config.priority,
            config,
            state: State::Init,
            index: None,
            source: None,
            room: MAX_ADDRESSES,
            faults: BTreeSet::new(),
            group: None,
            master: None,
            lower: None,
            learnt: None,
            heard_at: Time::ZERO,
            master_since: Time::ZERO,
            sent_at: Time::ZERO,
            preempt_at: None,
            want_master: false,
            relistened: false,
            maybe_deposed: false,
            duel: None,
            duel_announced: None,
            rivals_told: BTreeSet::new(),
            second_burst: None,
            vips: Vec::new(),
            notify_pending: false,
            styles: BTreeMap::new(),
            pseudo_header,
            collisions_told: BTreeSet::new(),
            counters: Counters::default(),
            prepared: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> Name {
        self.config.name.clone()
    }

    /// Why a backup whose time has come becomes master.
    pub(super) fn why_master(&self, now: Time) -> Why {
        match self.lower.filter(|_| self.config.preempt).or(self.master) {
            Some(Master { ip, priority: Priority::RESIGN }) => Why::MasterResigned { last: ip },
            Some(master) if master.priority < self.priority && self.config.preempt => {
                Why::Preempted { lower: master.ip, priority: master.priority }
            }
            last => Why::MasterSilent { last: last.map(|m| m.ip), silence: now.since(self.heard_at) },
        }
    }

    /// The interval that a backup counts by: the master's.
    pub(super) fn master_interval(&self) -> AdvertInterval {
        self.learnt.unwrap_or(self.config.advert_interval)
    }

    pub(super) fn master_down(&self) -> Duration {
        self.master_interval().master_down(self.priority, self.config.version)
    }

    pub(super) fn skew(&self) -> Duration {
        self.master_interval().skew(self.priority, self.config.version)
    }

    pub(super) fn interval(&self) -> Duration {
        self.config.advert_interval.duration()
    }

    /// How late a timer may be before we must assume to have slept through adverts.
    pub(super) fn tolerated_lateness(&self) -> Duration {
        (self.master_interval().duration() / 4).max(Duration::from_millis(25))
    }

    pub(super) fn is_owner(&self) -> bool {
        self.priority == Priority::OWNER && self.config.state == InitialState::Master
    }

    pub(super) fn rules(&self, now: Time, group_ready: bool, may_start: bool) -> Rules {
        Rules {
            owner: self.is_owner(),
            tolerate_lower: !self.config.preempt || self.preempt_at.is_some_and(|at| now < at),
            maybe_deposed: self.maybe_deposed,
            group_ready,
            may_start,
            // One answer is enough for adverts that come in one heap, as after a sleep.
            answer_lower: !self.config.lower_prio_no_advert && now.since(self.sent_at) >= self.interval() / 16,
        }
    }

    /// All virtual addresses, advertised ones first.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &VirtualAddress> {
        self.config.addresses.iter().chain(&self.config.excluded)
    }

    /// Those that an advert carries. The others are virtual addresses all the same, as if they were excluded ones.
    pub(super) fn advertised(&self) -> impl ExactSizeIterator<Item = IpAddr> {
        self.config.addresses.iter().take(self.room).map(|address| address.ip)
    }

    /// The names of all interfaces it depends on or puts addresses on.
    pub(super) fn interface_names(&self) -> impl Iterator<Item = &str> {
        let devices = self.addresses().filter_map(|a| a.device.as_deref());
        let tracked = self.config.track_interfaces.iter().map(|t| t.name.as_str());
        core::iter::once(self.config.interface.as_str()).chain(devices).chain(tracked)
    }

    /// Whether it has a reason to be in FAULT that is not another member's of its group.
    pub(super) fn has_own_faults(&self) -> bool {
        self.faults.iter().any(|f| !matches!(f, FaultReason::Group(_)))
    }

    /// Remembers how `peer` makes its version 3 checksum. Returns the new style where it is news.
    pub(super) fn learn_style(&mut self, peer: IpAddr, style: ChecksumStyle) -> Option<bool> {
        if self.config.version != Version::V3 || peer.is_ipv6() {
            return None;
        }
        let pseudo = style == ChecksumStyle::PseudoHeader;
        let expected = match &self.config.transport {
            Transport::Multicast { .. } => self.styles.len() < PEERS_MAX || self.styles.contains_key(&peer),
            Transport::Unicast { peers, .. } => peers.iter().any(|p| p.ip == peer),
        };
        if !expected {
            return None;
        }
        let known = self.styles.insert(peer, pseudo);
        if known == Some(pseudo) {
            return None;
        }
        let usual = known.unwrap_or(self.pseudo_header);
        if matches!(self.config.transport, Transport::Multicast { .. }) {
            self.pseudo_header = pseudo;
        }
        self.prepared.clear();
        (usual != pseudo).then_some(pseudo)
    }

    /// The adverts to send, one for each destination; made anew only when something in them changed.
    pub(super) fn adverts(&mut self) -> &[Prepared] {
        if self.prepared.is_empty() {
            self.prepared = self.make_adverts(self.priority);
        }
        &self.prepared
    }

    /// Adverts of another priority (0 to resign).
    pub(super) fn make_adverts(&self, priority: Priority) -> Vec<Prepared> {
        let Some(source) = self.source else { return Vec::new() };
        let make = |destination: IpAddr, ttl: u8, pseudo: bool| {
            let out = AdvertOut {
                version: self.config.version,
                vrid: self.config.vrid,
                priority,
                interval: self.config.advert_interval,
                auth: self.config.auth,
                source,
                destination,
                style: if pseudo { ChecksumStyle::PseudoHeader } else { ChecksumStyle::Message },
            };
            let payload = out.emit(self.advertised()).into();
            Prepared { destination, ttl, payload }
        };
        match &self.config.transport {
            Transport::Multicast { group } => vec![make(*group, 255, self.pseudo_header)],
            Transport::Unicast { peers, ttl } => peers
                .iter()
                .map(|peer| make(peer.ip, *ttl, self.styles.get(&peer.ip).copied().unwrap_or(self.pseudo_header)))
                .collect(),
        }
    }
}

/// What the kernel is asked for to have `address` on the interface `index`. IPv6 addresses are used at once, without duplicate
/// address detection: another master may hold them for a moment still.
pub(super) fn spec(address: &VirtualAddress, index: IfIndex) -> AddressSpec {
    let mut flags = address.flags;
    flags.nodad |= address.ip.is_ipv6();
    AddressSpec {
        index,
        ip: address.ip,
        prefix: address.prefix,
        scope: address.scope,
        broadcast: address.broadcast,
        label: address.label.clone(),
        peer: address.peer,
        flags,
    }
}
