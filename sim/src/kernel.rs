//! A simulated kernel: links, addresses, commands that take their time or fail, and a monitor that tells of changes.

use crate::rng::Rng;
use core::net::IpAddr;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::kernel::{
    Address, CommandId, Errno, KernelCommand, KernelEvent, KernelOp, Link, PROTO_KEEPALIVED,
};
use keepalived_core::net::{IfIndex, MacAddr};
use keepalived_core::vrrp::{Input, SocketKey};
use std::collections::BTreeMap;

/// A link that exists now or has existed.
#[derive(Clone, Debug)]
pub struct SimLink {
    /// As the kernel describes it.
    pub link: Link,
    /// False after it was deleted.
    pub present: bool,
    /// The segment that its cable leads to.
    pub segment: usize,
    /// The name it has when nobody renamed it.
    pub plain_name: String,
    /// The addresses that the machine's own configuration puts on it.
    pub home: Vec<(IpAddr, u8)>,
}

impl SimLink {
    /// Whether packets pass.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.present && self.link.is_usable()
    }
}

/// How a kernel behaves. Probabilities are in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Temper {
    /// The least time until a command is carried out.
    pub quick: Duration,
    /// The most time.
    pub slow: Duration,
    /// The most time until the monitor tells of a change.
    pub monitor: Duration,
    /// How many commands fail.
    pub errors: u32,
    /// How many sockets cannot be opened.
    pub socket_errors: u32,
    /// How many sends fail.
    pub send_errors: u32,
}

impl Temper {
    /// What an idle machine does.
    pub const FAIR: Temper = Temper {
        quick: Duration::from_micros(20),
        slow: Duration::from_micros(200),
        monitor: Duration::from_micros(300),
        errors: 0,
        socket_errors: 0,
        send_errors: 0,
    };
}

#[derive(Clone, Debug)]
enum Due {
    Execute { command: KernelCommand, life: u32 },
    Tell { life: u32, input: Box<Input<'static>> },
    Monitor(KernelEvent),
    Snapshot,
}

/// What has become of something that was due.
#[derive(Debug)]
pub enum Tick {
    /// The daemon of this life is told.
    Tell(Input<'static>),
    /// A command was carried out (or failed), and the kernel may have changed.
    Executed(KernelCommand, Result<(), Errno>),
}

/// The kernel of one node.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// Links, by slot. A slot keeps its place through deletion and recreation.
    pub links: Vec<SimLink>,
    /// All addresses.
    pub addresses: Vec<Address>,
    /// How it behaves now.
    pub temper: Temper,
    /// Whether it knows `IFA_PROTO` (5.18 and later).
    pub knows_proto: bool,
    life: u32,
    next_index: u32,
    due: BTreeMap<(Time, u64), Due>,
    seq: u64,
    executed: Time,
    opened: Time,
    told: Time,
    rng: Rng,
}

impl Kernel {
    /// A kernel without links.
    #[must_use]
    pub fn new(rng: Rng, knows_proto: bool) -> Kernel {
        Kernel {
            links: Vec::new(),
            addresses: Vec::new(),
            temper: Temper::FAIR,
            knows_proto,
            life: 0,
            next_index: 2,
            due: BTreeMap::new(),
            seq: 0,
            executed: Time::ZERO,
            opened: Time::ZERO,
            told: Time::ZERO,
            rng,
        }
    }

    /// Adds a link that is up and has the addresses `home`. Returns its slot.
    pub fn add_link(&mut self, name: &str, mac: MacAddr, segment: usize, home: Vec<(IpAddr, u8)>) -> usize {
        let index = self.take_index();
        let link = Link {
            index,
            name: name.to_owned(),
            up: true,
            running: true,
            mac: Some(mac),
            arp_type: 1,
            no_arp: false,
            mtu: 1500,
        };
        self.links.push(SimLink { link, present: true, segment, plain_name: name.to_owned(), home });
        self.links.len() - 1
    }

    fn take_index(&mut self) -> IfIndex {
        self.next_index += 1;
        IfIndex(self.next_index - 1)
    }

    /// The slot of the present link `index`.
    #[must_use]
    pub fn slot(&self, index: IfIndex) -> Option<usize> {
        self.links.iter().position(|link| link.link.index == index && link.present)
    }

    /// Whether `ip` is on the link in `slot`.
    #[must_use]
    pub fn has(&self, slot: usize, ip: IpAddr) -> bool {
        let index = self.links[slot].link.index;
        self.links[slot].present && self.addresses.iter().any(|a| a.ip == ip && a.index == index)
    }

    /// All that is there now.
    #[must_use]
    pub fn snapshot(&self) -> KernelEvent {
        let links = self.links.iter().filter(|l| l.present).map(|l| l.link.clone()).collect();
        KernelEvent::Snapshot { links, addresses: self.addresses.clone() }
    }

    fn plan(&mut self, at: Time, due: Due) {
        self.seq += 1;
        self.due.insert((at, self.seq), due);
    }

    /// When something is due next.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// Another life of the daemon begins: answers to the former one go nowhere, its commands are still carried out.
    pub fn begin_life(&mut self, life: u32) {
        self.life = life;
        self.due.retain(|_, due| matches!(due, Due::Execute { .. }));
    }

    /// The machine loses power: nothing is pending and only the machine's own addresses come back.
    pub fn power_cycle(&mut self) {
        self.due.clear();
        self.addresses.clear();
        for slot in 0..self.links.len() {
            self.links[slot].present = true;
            self.links[slot].link.up = true;
            self.links[slot].link.name = self.links[slot].plain_name.clone();
            for (ip, prefix) in self.links[slot].home.clone() {
                self.put(slot, ip, prefix, None);
            }
        }
    }

    /// How long the commands that wait already will take.
    #[must_use]
    pub fn backlog(&self, now: Time) -> Duration {
        self.executed.since(now)
    }

    /// Carries out soon what waits, in its order: the kernel is quick again.
    pub fn hasten(&mut self, now: Time) {
        let waiting = core::mem::take(&mut self.due);
        let step = Duration::from_micros(1);
        (self.executed, self.told, self.opened) = (now, now, now);
        for (at, (key, due)) in waiting.into_iter().enumerate() {
            let soon = (now + step * at as u32).min(key.0.max(now));
            self.executed = self.executed.max(soon);
            self.told = self.told.max(soon);
            self.opened = self.opened.max(soon);
            self.due.insert((soon, key.1), due);
        }
    }

    /// A command arrives. Commands are carried out in their order.
    pub fn submit(&mut self, now: Time, command: KernelCommand) {
        let delay = self.rng.duration(self.temper.quick, self.temper.slow);
        self.executed = self.executed.max(now) + delay;
        let life = self.life;
        self.plan(self.executed, Due::Execute { command, life });
    }

    /// Something else that the daemon is told after a moment: the end of opening a socket, a failed send.
    pub fn answer(&mut self, now: Time, input: Input<'static>) {
        let delay = self.rng.duration(self.temper.quick, self.temper.slow);
        let life = self.life;
        self.plan(now + delay, Due::Tell { life, input: Box::new(input) });
    }

    /// Opens a socket, or fails to.
    pub fn open_socket(&mut self, now: Time, key: SocketKey) -> Result<(), Errno> {
        let result = if self.slot(key.index).is_none() {
            Err(Errno::ENODEV)
        } else if self.rng.chance(self.temper.socket_errors) {
            Err(*self.rng.pick(&[Errno::ENOBUFS, Errno(12), Errno(1)]))
        } else {
            Ok(())
        };
        // Sockets are opened one after the other, so their answers keep the order.
        let delay = self.rng.duration(self.temper.quick, self.temper.slow);
        self.opened = self.opened.max(now) + delay;
        let life = self.life;
        self.plan(self.opened, Due::Tell { life, input: Box::new(Input::Socket { key, result }) });
        result
    }

    /// Whether a packet can leave through `index`; the slot of the link.
    pub fn send(&mut self, index: IfIndex) -> Result<usize, Errno> {
        let slot = self.slot(index).ok_or(Errno::ENODEV)?;
        if !self.links[slot].is_usable() {
            return Err(Errno::ENETDOWN);
        }
        if self.rng.chance(self.temper.send_errors) {
            return Err(Errno::ENOBUFS);
        }
        Ok(slot)
    }

    /// Takes the next thing that is due.
    pub fn pop(&mut self, now: Time) -> Option<Tick> {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            match entry.remove() {
                Due::Execute { command, life } => {
                    let result = self.execute(now, &command.op);
                    if life == self.life {
                        self.report(now, command.id, result);
                    }
                    return Some(Tick::Executed(command, result));
                }
                Due::Tell { life, input } if life == self.life => return Some(Tick::Tell(*input)),
                Due::Tell { .. } => {}
                Due::Monitor(event) => return Some(Tick::Tell(Input::Kernel(event))),
                Due::Snapshot => return Some(Tick::Tell(Input::Kernel(self.snapshot()))),
            }
        }
        None
    }

    fn report(&mut self, now: Time, id: CommandId, result: Result<(), Errno>) {
        self.answer(now, Input::KernelDone { id, result });
    }

    fn execute(&mut self, now: Time, op: &KernelOp) -> Result<(), Errno> {
        let index = match op {
            KernelOp::AddAddress(spec) => spec.index,
            KernelOp::DeleteAddress { index, .. } => *index,
        };
        let slot = self.slot(index).ok_or(Errno::ENODEV)?;
        if self.rng.chance(self.temper.errors) {
            let errno = *self.rng.pick(&[Errno::ENOBUFS, Errno(12), Errno(1), Errno::ETIMEDOUT]);
            // A command that timed out may have been carried out all the same.
            if errno != Errno::ETIMEDOUT || self.rng.chance(500_000) {
                return Err(errno);
            }
            self.change(now, slot, op)?;
            return Err(errno);
        }
        self.change(now, slot, op)
    }

    fn change(&mut self, now: Time, slot: usize, op: &KernelOp) -> Result<(), Errno> {
        match op {
            KernelOp::AddAddress(spec) => {
                // IPv4 tells the same address with two prefix lengths apart, IPv6 does not.
                let same = |a: &Address| {
                    a.index == spec.index && a.ip == spec.ip && (a.ip.is_ipv6() || a.prefix == spec.prefix)
                };
                if self.addresses.iter().any(same) {
                    return Err(Errno::EEXIST);
                }
                let proto = self.knows_proto.then_some(PROTO_KEEPALIVED);
                let address = self.put(slot, spec.ip, spec.prefix, proto);
                self.tell(now, KernelEvent::Address(address));
                Ok(())
            }
            KernelOp::DeleteAddress { ip, prefix, .. } => {
                if self.remove(now, slot, *ip, Some(*prefix)) {
                    Ok(())
                } else {
                    Err(Errno::EADDRNOTAVAIL)
                }
            }
        }
    }

    fn put(&mut self, slot: usize, ip: IpAddr, prefix: u8, proto: Option<u8>) -> Address {
        let link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        let address = Address {
            index: self.links[slot].link.index,
            ip,
            prefix,
            scope: if link_local { 253 } else { 0 },
            proto,
            tentative: false,
            dad_failed: false,
            secondary: false,
        };
        self.addresses.push(address.clone());
        address
    }

    fn tell(&mut self, now: Time, event: KernelEvent) {
        let delay = self.rng.duration(Duration::ZERO, self.temper.monitor);
        self.told = self.told.max(now + delay);
        self.plan(self.told, Due::Monitor(event));
    }

    /// Somebody removes an address. True if it was there.
    pub fn remove(&mut self, now: Time, slot: usize, ip: IpAddr, prefix: Option<u8>) -> bool {
        let index = self.links[slot].link.index;
        let found = self
            .addresses
            .iter()
            .position(|a| a.index == index && a.ip == ip && prefix.is_none_or(|prefix| a.prefix == prefix));
        let Some(at) = found else { return false };
        let gone = self.addresses.remove(at);
        self.tell(now, KernelEvent::AddressGone { index, ip, prefix: gone.prefix });
        true
    }

    /// The monitor overran: what it had not told yet is lost, and everything is read afresh.
    pub fn overrun(&mut self, now: Time) {
        self.due.retain(|_, due| !matches!(due, Due::Monitor(_) | Due::Snapshot));
        self.told = self.told.max(now) + self.temper.monitor;
        self.plan(self.told, Due::Snapshot);
    }

    /// The cable goes in or out. True if that changed anything.
    pub fn set_carrier(&mut self, now: Time, slot: usize, on: bool) -> bool {
        let changed = self.links[slot].link.running != on;
        self.links[slot].link.running = on;
        if changed && self.links[slot].present {
            self.tell(now, KernelEvent::Link(self.links[slot].link.clone()));
        }
        changed
    }

    /// Somebody switches the link on or off. Off takes the IPv6 addresses away; on brings the machine's own back.
    pub fn set_admin(&mut self, now: Time, slot: usize, on: bool) -> bool {
        if !self.links[slot].present || self.links[slot].link.up == on {
            return false;
        }
        self.links[slot].link.up = on;
        self.tell(now, KernelEvent::Link(self.links[slot].link.clone()));
        if on {
            self.restore_home(now, slot);
        } else {
            let index = self.links[slot].link.index;
            let lost: Vec<IpAddr> =
                self.addresses.iter().filter(|a| a.index == index && a.ip.is_ipv6()).map(|a| a.ip).collect();
            for ip in lost {
                self.remove(now, slot, ip, None);
            }
        }
        true
    }

    /// Somebody removes the machine's own addresses from a link.
    pub fn remove_home(&mut self, now: Time, slot: usize) -> bool {
        let home = self.links[slot].home.clone();
        let mut changed = false;
        for (ip, _) in home {
            changed |= self.remove(now, slot, ip, None);
        }
        changed
    }

    /// The machine's own addresses come back.
    pub fn restore_home(&mut self, now: Time, slot: usize) -> bool {
        if !self.links[slot].present {
            return false;
        }
        let mut changed = false;
        for (ip, prefix) in self.links[slot].home.clone() {
            if !self.has(slot, ip) && (ip.is_ipv4() || self.links[slot].link.up) {
                let address = self.put(slot, ip, prefix, None);
                self.tell(now, KernelEvent::Address(address));
                changed = true;
            }
        }
        changed
    }

    /// Somebody deletes the link, and its addresses with it.
    pub fn delete_link(&mut self, now: Time, slot: usize) -> bool {
        if !self.links[slot].present {
            return false;
        }
        let index = self.links[slot].link.index;
        self.links[slot].present = false;
        let lost: Vec<Address> = self.addresses.extract_if(.., |a| a.index == index).collect();
        for address in lost {
            self.tell(now, KernelEvent::AddressGone { index, ip: address.ip, prefix: address.prefix });
        }
        self.tell(now, KernelEvent::LinkGone(index));
        true
    }

    /// Somebody makes the link again: the same name, another index.
    pub fn recreate_link(&mut self, now: Time, slot: usize) -> bool {
        if self.links[slot].present {
            return false;
        }
        let index = self.take_index();
        let link = &mut self.links[slot];
        link.present = true;
        link.link.index = index;
        link.link.up = true;
        link.link.name = link.plain_name.clone();
        let event = KernelEvent::Link(link.link.clone());
        self.tell(now, event);
        self.restore_home(now, slot);
        true
    }

    /// Somebody renames the link away, or back.
    pub fn rename(&mut self, now: Time, slot: usize, away: bool) -> bool {
        let link = &mut self.links[slot];
        let name = if away { format!("{}-old", link.plain_name) } else { link.plain_name.clone() };
        if !link.present || link.link.name == name {
            return false;
        }
        link.link.name = name;
        let event = KernelEvent::Link(link.link.clone());
        self.tell(now, event);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::kernel::{AddressFlags, AddressSpec};

    fn kernel() -> Kernel {
        let mut kernel = Kernel::new(Rng::new(3), true);
        kernel.add_link("eth0", MacAddr([2; 6]), 0, vec![("10.0.0.1".parse().unwrap(), 24)]);
        kernel.restore_home(Time::ZERO, 0);
        kernel.due.clear();
        kernel
    }

    fn add(id: u64, index: IfIndex) -> KernelCommand {
        let spec = AddressSpec {
            index,
            ip: "10.0.0.9".parse().unwrap(),
            prefix: 32,
            scope: 0,
            broadcast: None,
            label: None,
            peer: None,
            flags: AddressFlags::default(),
        };
        KernelCommand { id: CommandId(id), op: KernelOp::AddAddress(spec) }
    }

    fn drain(kernel: &mut Kernel) -> Vec<Tick> {
        core::iter::from_fn(|| kernel.pop(Time::MAX)).collect()
    }

    #[test]
    fn an_address_is_added_once_told_and_answered() {
        let mut kernel = kernel();
        let index = kernel.links[0].link.index;
        kernel.submit(Time::ZERO, add(1, index));
        kernel.submit(Time::ZERO, add(2, index));
        let ticks = drain(&mut kernel);
        let results: Vec<_> = ticks
            .iter()
            .filter_map(|tick| match tick {
                Tick::Tell(Input::KernelDone { id, result }) => Some((id.0, *result)),
                _ => None,
            })
            .collect();
        assert!(results.contains(&(1, Ok(()))) && results.contains(&(2, Err(Errno::EEXIST))), "{results:?}");
        let told = ticks.iter().filter(|t| matches!(t, Tick::Tell(Input::Kernel(KernelEvent::Address(_))))).count();
        assert_eq!(told, 1);
        assert!(kernel.has(0, "10.0.0.9".parse().unwrap()));
    }

    #[test]
    fn a_deleted_link_takes_its_addresses_and_returns_with_another_index() {
        let mut kernel = kernel();
        let before = kernel.links[0].link.index;
        assert!(kernel.delete_link(Time::ZERO, 0));
        assert!(kernel.addresses.is_empty());
        assert_eq!(kernel.send(before), Err(Errno::ENODEV));
        assert!(kernel.recreate_link(Time::ZERO, 0));
        assert_ne!(kernel.links[0].link.index, before);
        assert!(kernel.has(0, "10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_crashed_life_gets_no_answer_but_its_command_is_carried_out() {
        let mut kernel = kernel();
        let index = kernel.links[0].link.index;
        kernel.submit(Time::ZERO, add(1, index));
        kernel.begin_life(1);
        let ticks = drain(&mut kernel);
        assert!(ticks.iter().any(|t| matches!(t, Tick::Executed(_, Ok(())))));
        assert!(!ticks.iter().any(|t| matches!(t, Tick::Tell(Input::KernelDone { .. }))));
    }

    #[test]
    fn an_overrun_replaces_what_was_not_told() {
        let mut kernel = kernel();
        kernel.set_carrier(Time::ZERO, 0, false);
        kernel.overrun(Time::ZERO);
        let ticks = drain(&mut kernel);
        let [Tick::Tell(Input::Kernel(KernelEvent::Snapshot { links, .. }))] = &ticks[..] else { panic!("{ticks:?}") };
        assert!(!links[0].running);
    }
}
