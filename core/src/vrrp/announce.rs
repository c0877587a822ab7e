//! Gratuitous ARP and unsolicited neighbour advertisements: only for addresses that the kernel has acknowledged.

use super::engine::{TimerKey, Vrrp};
use super::instance::Id;
use super::io::Output;
use super::state::State;
use crate::event::{Event, Occasion};
use crate::kernel::addresses::AddressKey;
use crate::net::{Family, IfIndex};
use crate::time::Time;
use crate::wire::announce;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Bound;

/// `ARPHRD_ETHER` of `linux/if_arp.h`.
const ARPHRD_ETHER: u16 = 1;

/// Announcements that wait for `vrrp_garp_interval` on one link: each address at most once in the queue, in turn.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Pace {
    waiting: BTreeMap<AddressKey, (Id, u32)>,
    last: Option<AddressKey>,
    free_at: Time,
}

impl Vrrp {
    /// The kernel has an address of `id` now.
    pub(super) fn address_present(&mut self, id: Id, key: AddressKey, again: bool) {
        let Some(instance) = self.get(id) else { return };
        if instance.state != State::Master {
            return;
        }
        let repeat = instance.config.garp.repeat;
        let (name, takeover) = (instance.name(), instance.notify_pending);
        self.announce_key(id, key, repeat);
        if self.is_unsure(id) {
            // Announced when it is clear who is master.
        } else if takeover && self.all_present(id) {
            let addresses = self.get(id).map_or(0, |i| i.vips.len()) as u32;
            self.event(Event::Announced { instance: name, addresses, repeat, occasion: Occasion::Takeover });
        } else if again || !takeover {
            let occasion = Occasion::AddressBack;
            self.event(Event::Announced { instance: name, addresses: 1, repeat, occasion });
        }
        self.notify_when_ready(id);
    }

    /// Whether the kernel has all addresses of `id`.
    pub(super) fn all_present(&self, id: Id) -> bool {
        self.get(id).is_some_and(|i| i.vips.iter().all(|vip| self.addresses.is_present(id, vip.key)))
    }

    /// Announces all addresses of `id` as often as after a takeover.
    pub(super) fn announce_all(&mut self, id: Id, occasion: Occasion) {
        if let Some(repeat) = self.get(id).map(|i| i.config.garp.repeat) {
            self.announce_repeat(id, repeat, occasion);
        }
    }

    /// Announces all addresses of `id` that the kernel has, round after round.
    pub(super) fn announce_repeat(&mut self, id: Id, repeat: u32, occasion: Occasion) {
        let Some(instance) = self.get(id).filter(|i| i.state == State::Master) else { return };
        let name = instance.name();
        let vips = instance.vips.iter().map(|vip| vip.key);
        let keys: Vec<AddressKey> = vips.filter(|key| self.addresses.is_present(id, *key)).collect();
        if keys.is_empty() {
            return;
        }
        for _ in 0..repeat {
            for key in &keys {
                self.announce_key(id, *key, 1);
            }
        }
        self.event(Event::Announced { instance: name, addresses: keys.len() as u32, repeat, occasion });
    }

    pub(super) fn second_burst_at(&mut self, id: Id, delay: Duration, repeat: u32, occasion: Occasion) {
        if let Some(instance) = self.get_mut(id) {
            instance.second_burst = Some((repeat, occasion));
        }
        self.timers.set(TimerKey::SecondBurst(id), self.now + delay);
    }

    pub(super) fn second_burst(&mut self, id: Id) {
        if let Some((repeat, occasion)) = self.get_mut(id).and_then(|i| i.second_burst.take()) {
            self.announce_repeat(id, repeat, occasion);
        }
    }

    pub(super) fn refresh(&mut self, id: Id, due: Time) {
        let Some(garp) = self.get(id).map(|i| *i.config.garp) else { return };
        if garp.refresh.is_zero() {
            return;
        }
        let next = due + garp.refresh;
        self.timers.set(TimerKey::Refresh(id), if next > self.now { next } else { self.now + garp.refresh });
        self.announce_repeat(id, garp.refresh_repeat, Occasion::Refresh);
    }

    fn announce_key(&mut self, id: Id, key: AddressKey, times: u32) {
        let Some(garp) = self.get(id).map(|i| *i.config.garp) else { return };
        let family = Family::of(key.ip);
        let spacing = match family {
            Family::V4 => garp.interval,
            Family::V6 => garp.gna_interval,
        };
        if spacing.is_zero() {
            for _ in 0..times {
                self.announce_now(id, key);
            }
            return;
        }
        let now = self.now;
        let most = garp.repeat.max(times);
        let pace = self.paces.entry((key.index, family)).or_default();
        let waiting = pace.waiting.entry(key).or_insert((id, 0));
        *waiting = (id, (waiting.1 + times).min(most));
        let at = pace.free_at.max(now);
        if self.timers.get(TimerKey::Pace(key.index, family)).is_none() {
            self.timers.set(TimerKey::Pace(key.index, family), at);
        }
    }

    /// The link is free for one more announcement.
    pub(super) fn paced(&mut self, index: IfIndex, family: Family) {
        let Some(pace) = self.paces.get_mut(&(index, family)) else { return };
        let after = pace.last.map_or(Bound::Unbounded, Bound::Excluded);
        let next = pace.waiting.range((after, Bound::Unbounded)).next().or_else(|| pace.waiting.iter().next());
        let Some((&key, &(id, count))) = next else { return };
        pace.last = Some(key);
        if count > 1 {
            pace.waiting.insert(key, (id, count - 1));
        } else {
            pace.waiting.remove(&key);
        }
        let more = !pace.waiting.is_empty();
        let spacing = self.get(id).map_or(Duration::ZERO, |i| match family {
            Family::V4 => i.config.garp.interval,
            Family::V6 => i.config.garp.gna_interval,
        });
        let free_at = self.now + spacing.max(Duration::from_micros(1));
        if let Some(pace) = self.paces.get_mut(&(index, family)) {
            pace.free_at = free_at;
        }
        if more {
            self.timers.set(TimerKey::Pace(index, family), free_at);
        }
        if self.addresses.is_present(id, key) {
            self.announce_now(id, key);
        }
    }

    /// Forgets what `id` still had to announce.
    pub(super) fn drop_paced(&mut self, id: Id, keys: &[AddressKey]) {
        for key in keys {
            if let Some(pace) = self.paces.get_mut(&(key.index, Family::of(key.ip)))
                && pace.waiting.get(key).is_some_and(|(owner, _)| *owner == id)
            {
                pace.waiting.remove(key);
            }
        }
    }

    fn announce_now(&mut self, id: Id, key: AddressKey) {
        if self.is_unsure(id) {
            return;
        }
        let Some(link) = self.links.get(&key.index).filter(|l| l.arp_type == ARPHRD_ETHER && !l.no_arp) else { return };
        let Some(mac) = link.mac else { return };
        let frame = announce::frame(key.ip, mac).into();
        self.out.push_back(Output::Announce { index: key.index, frame });
        if let Some(instance) = self.get_mut(id) {
            instance.counters.announcements_sent += 1;
        }
    }
}
