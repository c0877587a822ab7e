//! Packets: whose they are, whether they are valid, and what they mean for the election.

use super::elect::Rival;
use super::engine::Vrrp;
use super::fsm::Heard;
use super::instance::{Id, Instance, PEERS_MAX};
use super::io::Packet;
use super::state::{DropReason, State};
use crate::config::model::Transport;
use crate::event::Event;
use crate::net::{Family, Priority, Version};
use crate::wire::vrrp::{AUTH_NONE, AUTH_PASS, Advert, ChecksumStyle};
use core::net::IpAddr;

impl Vrrp {
    pub(super) fn packet(&mut self, packet: &Packet<'_>) {
        if !self.configured {
            return;
        }
        let family = Family::of(packet.source);
        let advert = match Advert::parse(&packet.payload, family) {
            Ok(advert) => advert,
            Err(reason) => return self.dropped(None, packet, reason),
        };
        let Some(candidates) = self.listeners.get(&(packet.index, family, advert.vrid)) else {
            return self.dropped(None, packet, DropReason::UnknownVrid);
        };
        // Several unicast instances may share a VRID: it is the one whose peer sent the packet, or the first that asks for no peer.
        let mut refusal = (None, DropReason::UnknownVrid);
        let mut chosen = None;
        for &id in candidates {
            let Some(instance) = self.get(id) else { continue };
            match addressed(instance, packet) {
                Ok(Addressed::Exactly) => {
                    chosen = Some(id);
                    break;
                }
                Ok(Addressed::Perhaps) => chosen = chosen.or(Some(id)),
                Err(reason) => refusal = (Some(id), reason),
            }
        }
        let Some(id) = chosen else { return self.dropped(refusal.0, packet, refusal.1) };
        match self.get(id).map(|instance| validate(instance, packet, &advert)) {
            Some(Ok(style)) => self.advert(id, packet, &advert, style),
            Some(Err(reason)) => self.dropped(Some(id), packet, reason),
            None => {}
        }
    }

    /// A valid advert.
    fn advert(&mut self, id: Id, packet: &Packet<'_>, advert: &Advert<'_>, style: ChecksumStyle) {
        let Some(instance) = self.get_mut(id) else { return };
        if !matches!(instance.state, State::Backup | State::Master) {
            return;
        }
        if let Some(pseudo_header) = instance.learn_style(packet.source, style) {
            let instance = instance.name();
            self.event(Event::ChecksumStyle { instance, peer: packet.source, pseudo_header });
        }
        let Some(instance) = self.get(id) else { return };
        let known = instance.master.is_some_and(|m| m.ip == packet.source);
        let checked = !instance.config.skip_check_adv_addr || !known;
        if checked && !lists_our_addresses(instance, advert) {
            // Noticed, not refused: whoever refuses ends with two masters, and the C version does not refuse either.
            self.dropped(Some(id), packet, DropReason::AddressList);
        }
        let Some(instance) = self.get(id) else { return };
        let ours = instance.priority;
        let heard = if advert.priority == Priority::RESIGN {
            Heard::Resign
        } else {
            match advert.priority.cmp(&ours) {
                core::cmp::Ordering::Less => Heard::Lower,
                core::cmp::Ordering::Greater => Heard::Higher,
                core::cmp::Ordering::Equal if instance.source.is_some_and(|ours| packet.source < ours) => {
                    Heard::SameLowerAddress
                }
                core::cmp::Ordering::Equal => Heard::SameHigherAddress,
            }
        };
        let interval = advert.interval.filter(|_| advert.version == Version::V3);
        self.heard(id, Rival { ip: packet.source, priority: advert.priority, interval, heard, age: packet.age });
    }

    /// Counts a packet that was not accepted, and tells of the first of its kind.
    fn dropped(&mut self, id: Option<Id>, packet: &Packet<'_>, reason: DropReason) {
        let instance = id.and_then(|id| self.get_mut(id)).map(|instance| {
            *instance.counters.dropped.entry(reason).or_default() += 1;
            instance.name()
        });
        if let Some(name) = &instance
            && reason.is_collision()
        {
            self.collision(id, name.clone(), packet.source, reason);
        }
        if let Some(count) = self.drops.entry((packet.index, id, reason)).or_default().count(self.now) {
            let interface = self.link_name(packet.index);
            let detail = id.and_then(|id| self.get(id)).and_then(|instance| detail(instance, packet, reason));
            self.event(Event::Dropped { instance, interface, from: packet.source, reason, detail, count });
        }
    }

    fn collision(&mut self, id: Option<Id>, name: crate::net::Name, from: IpAddr, reason: DropReason) {
        let Some(instance) = id.and_then(|id| self.get_mut(id)) else { return };
        if instance.collisions_told.len() < PEERS_MAX && instance.collisions_told.insert(from) {
            let vrid = instance.config.vrid;
            self.event(Event::Collision { instance: name, vrid, from, reason });
        }
    }
}

enum Addressed {
    Exactly,
    /// From nobody it names as a peer, but it does not check.
    Perhaps,
}

/// Whether a packet is meant for this instance: to its group, or from one of its peers to its own address.
fn addressed(instance: &Instance, packet: &Packet<'_>) -> Result<Addressed, DropReason> {
    match &instance.config.transport {
        Transport::Multicast { group } if packet.destination == *group => Ok(Addressed::Exactly),
        Transport::Multicast { .. } => Err(DropReason::Destination),
        Transport::Unicast { .. } if packet.destination.is_multicast() => Err(DropReason::Destination),
        Transport::Unicast { .. } if instance.source.is_some_and(|ours| ours != packet.destination) => {
            Err(DropReason::Destination)
        }
        Transport::Unicast { peers, .. } if peers.iter().any(|peer| peer.ip == packet.source) => Ok(Addressed::Exactly),
        Transport::Unicast { .. } if instance.config.check_unicast_src => Err(DropReason::UnknownPeer),
        Transport::Unicast { .. } => Ok(Addressed::Perhaps),
    }
}

/// RFC 9568 section 7.1, with the checks of RFC 2338 for version 2.
fn validate(instance: &Instance, packet: &Packet<'_>, advert: &Advert<'_>) -> Result<ChecksumStyle, DropReason> {
    let config = &instance.config;
    if instance.source == Some(packet.source) {
        return Err(DropReason::OwnAddress);
    }
    let ttl_ok = match (&config.transport, packet.ttl) {
        (Transport::Multicast { .. }, ttl) => ttl == Some(255),
        (Transport::Unicast { peers, .. }, Some(ttl)) => peers
            .iter()
            .find(|peer| peer.ip == packet.source)
            .is_none_or(|peer| (peer.min_ttl..=peer.max_ttl).contains(&ttl)),
        (Transport::Unicast { .. }, None) => true,
    };
    if !ttl_ok {
        return Err(DropReason::Ttl);
    }
    if advert.version != config.version {
        return Err(DropReason::WrongVersion);
    }
    let style = advert.checksum_style(packet.source, packet.destination).ok_or(DropReason::Checksum)?;
    let interval = advert.interval.ok_or(DropReason::Interval)?;
    if config.version == Version::V2 {
        let expected = if config.auth.is_some() { AUTH_PASS } else { AUTH_NONE };
        if advert.auth_type != expected {
            return Err(DropReason::AuthType);
        }
        if config.auth.is_some() && advert.auth != config.auth {
            return Err(DropReason::AuthData);
        }
        if interval.centis() / 100 != (config.advert_interval.centis() / 100).max(1) {
            return Err(DropReason::Interval);
        }
    }
    if advert.count() == 0 && !config.addresses.is_empty() {
        return Err(DropReason::NoAddresses);
    }
    Ok(style)
}

/// What a refused advert said, beside what was expected. Never a password.
fn detail(instance: &Instance, packet: &Packet<'_>, reason: DropReason) -> Option<String> {
    let config = &instance.config;
    let advert = Advert::parse(&packet.payload, Family::of(packet.source)).ok()?;
    match reason {
        DropReason::WrongVersion => {
            Some(format!("it speaks version {}, we {}", advert.version.number(), config.version.number()))
        }
        DropReason::Interval => {
            let theirs = advert.interval.map_or_else(|| "0 s".to_owned(), |interval| interval.to_string());
            Some(format!("its interval is {theirs}, ours {}", config.advert_interval))
        }
        DropReason::AddressList => {
            let list = |ips: &mut dyn Iterator<Item = IpAddr>| {
                const SHOWN: usize = 8;
                let all: Vec<String> = ips.map(|ip| ip.to_string()).collect();
                let more = all.len().saturating_sub(SHOWN);
                let shown = all[..all.len() - more].join(", ");
                if more > 0 { format!("{shown} and {more} more") } else { shown }
            };
            let ours = list(&mut config.addresses.iter().map(|a| a.ip));
            Some(format!("it lists {}; we {ours}", list(&mut advert.addresses())))
        }
        DropReason::Ttl => packet.ttl.map(|ttl| format!("TTL {ttl}")),
        _ => None,
    }
}

/// The same addresses as ours, in any order.
fn lists_our_addresses(instance: &Instance, advert: &Advert<'_>) -> bool {
    if advert.addresses().eq(instance.advertised()) {
        return true;
    }
    if advert.count() != instance.advertised().len() {
        return false;
    }
    let mut theirs: Vec<IpAddr> = advert.addresses().collect();
    let mut ours: Vec<IpAddr> = instance.advertised().collect();
    theirs.sort_unstable();
    ours.sort_unstable();
    theirs == ours
}
