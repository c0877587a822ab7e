//! Which addresses this machine has, for `ha_suspend`.

use crate::netlink::monitor::{self, Monitor};
use keepalived_core::Time;
use keepalived_core::check::Input;
use keepalived_core::kernel::{Address, KernelEvent};
use keepalived_core::net::IfIndex;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::IpAddr;
use std::task::{Context, Poll};

/// An address of an interface.
type Place = (IfIndex, u8);

#[derive(Debug)]
pub(super) struct Addresses {
    monitor: Monitor,
    known: Known,
}

impl Addresses {
    pub(super) fn open() -> io::Result<Addresses> {
        Ok(Addresses { monitor: Monitor::open(monitor::RECEIVE_BUFFER)?, known: Known::default() })
    }

    /// Whether all that there is has been told.
    pub(super) fn is_known(&self) -> bool {
        self.known.complete && self.known.news.is_empty()
    }

    pub(super) fn begin_turn(&mut self) {
        self.monitor.begin_turn();
    }

    pub(super) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.monitor.poll_readable(cx)
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.monitor.deadline()
    }

    pub(super) fn has_work(&self) -> bool {
        self.monitor.has_work() || !self.known.news.is_empty()
    }

    pub(super) fn take(&mut self, now: Time) -> Option<Input<'static>> {
        while self.known.news.is_empty() {
            let event = self.monitor.take(now)?;
            self.known.note(event);
        }
        self.known.news.pop_front().map(|(ip, here)| Input::Address { ip, here })
    }
}

/// An address can be on several interfaces; it is gone when it is on none.
#[derive(Debug, Default)]
struct Known {
    here: BTreeMap<IpAddr, BTreeSet<Place>>,
    /// Those of each interface: they go with it.
    on_link: BTreeMap<IfIndex, BTreeSet<IpAddr>>,
    news: VecDeque<(IpAddr, bool)>,
    complete: bool,
}

impl Known {
    fn note(&mut self, event: KernelEvent) {
        match event {
            KernelEvent::Snapshot { addresses, .. } => {
                let mut here: BTreeMap<IpAddr, BTreeSet<Place>> = BTreeMap::new();
                self.on_link.clear();
                for address in addresses.iter().filter(|address| is_usable(address)) {
                    here.entry(address.ip).or_default().insert((address.index, address.prefix));
                    self.on_link.entry(address.index).or_default().insert(address.ip);
                }
                let gone = self.here.keys().filter(|ip| !here.contains_key(ip)).map(|ip| (*ip, false));
                let new = here.keys().filter(|ip| !self.here.contains_key(ip)).map(|ip| (*ip, true));
                self.news.extend(gone.chain(new));
                self.here = here;
                self.complete = true;
            }
            KernelEvent::Address(address) if is_usable(&address) => {
                self.on_link.entry(address.index).or_default().insert(address.ip);
                let places = self.here.entry(address.ip).or_default();
                if places.is_empty() {
                    self.news.push_back((address.ip, true));
                }
                places.insert((address.index, address.prefix));
            }
            KernelEvent::Address(Address { index, ip, prefix, .. })
            | KernelEvent::AddressGone { index, ip, prefix } => {
                self.gone(ip, |place| *place == (index, prefix));
                let still = self.here.get(&ip).is_some_and(|places| places.iter().any(|place| place.0 == index));
                if let Some(on_link) = self.on_link.get_mut(&index).filter(|_| !still) {
                    on_link.remove(&ip);
                }
            }
            KernelEvent::LinkGone(index) => {
                let all = self.on_link.remove(&index).unwrap_or_default();
                all.into_iter().for_each(|ip| self.gone(ip, |place| place.0 == index));
            }
            KernelEvent::Link(_) => {}
        }
    }

    fn gone(&mut self, ip: IpAddr, which: impl Fn(&Place) -> bool) {
        let Some(places) = self.here.get_mut(&ip) else { return };
        places.retain(|place| !which(place));
        if places.is_empty() {
            self.here.remove(&ip);
            self.news.push_back((ip, false));
        }
    }
}

/// Nobody can be served at an address that is still being tried, or that somebody else has.
fn is_usable(address: &Address) -> bool {
    !address.tentative && !address.dad_failed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(index: u32, ip: &str, tentative: bool) -> Address {
        Address {
            index: IfIndex(index),
            ip: ip.parse().unwrap(),
            prefix: 24,
            scope: 0,
            proto: None,
            tentative,
            dad_failed: false,
            secondary: false,
        }
    }

    fn told(known: &mut Known, event: KernelEvent) -> Vec<(String, bool)> {
        known.note(event);
        known.news.drain(..).map(|(ip, here)| (ip.to_string(), here)).collect()
    }

    fn gone(index: u32, ip: &str) -> KernelEvent {
        KernelEvent::AddressGone { index: IfIndex(index), ip: ip.parse().unwrap(), prefix: 24 }
    }

    #[test]
    fn an_address_is_told_once_however_often_it_is_here() {
        let mut known = Known::default();
        let snapshot = |addresses: Vec<Address>| KernelEvent::Snapshot { links: Vec::new(), addresses };
        let say = |ip: &str, here| (ip.to_owned(), here);
        let first = snapshot(vec![address(1, "10.0.0.1", false), address(2, "10.0.0.1", false)]);
        assert_eq!(told(&mut known, first), [say("10.0.0.1", true)]);
        assert!(told(&mut known, gone(1, "10.0.0.1")).is_empty());
        assert!(told(&mut known, KernelEvent::Address(address(2, "10.0.0.1", false))).is_empty());
        assert_eq!(told(&mut known, gone(2, "10.0.0.1")), [say("10.0.0.1", false)]);
        assert!(told(&mut known, KernelEvent::Address(address(2, "fe80::1", true))).is_empty());
        assert_eq!(told(&mut known, KernelEvent::Address(address(2, "fe80::1", false))), [say("fe80::1", true)]);
        // After an overrun.
        assert!(known.on_link.values().all(|of| of.iter().all(|ip| known.here.contains_key(ip))));
        let second = snapshot(vec![address(3, "10.0.0.2", false)]);
        assert_eq!(told(&mut known, second), [say("fe80::1", false), say("10.0.0.2", true)]);
        assert_eq!(told(&mut known, KernelEvent::LinkGone(IfIndex(3))), [say("10.0.0.2", false)]);
    }
}
