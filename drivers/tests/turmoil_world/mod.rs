//! A world of turmoil: adverts in UDP datagrams between hosts, a virtual clock, and a machine whose kernel takes its time.

#![allow(unreachable_pub, reason = "a test program has no outside")]

use keepalived::run::{Observer, World};
use keepalived_core::Time;
use keepalived_core::config::model::{Config, InstanceConfig, Transport, VirtualAddress};
use keepalived_core::event::Event;
use keepalived_core::kernel::{Address, Errno, KernelCommand, KernelEvent, KernelOp, Link};
use keepalived_core::net::{IfIndex, MacAddr, Priority, Version, Vrid};
use keepalived_core::vrrp::{Input, Output, Packet, State, Transmit, Vrrp};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;
use turmoil::net::UdpSocket;

pub const VIP: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 100));
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
const ETH0: IfIndex = IfIndex(2);
const PORT: u16 = 112;

/// How long the kernel takes for a command.
const KERNEL: Duration = Duration::from_millis(3);

/// Packets read in one turn, and packets that may wait to be sent.
const PER_TURN: u32 = 16;

/// What outlives the daemon: the kernel's addresses, and a diary that the test reads.
#[derive(Debug, Default)]
pub struct Machine {
    /// Virtual addresses that the kernel has.
    pub addresses: BTreeSet<IpAddr>,
    /// State changes of the instance.
    pub states: Vec<(Time, State)>,
    /// When announcements left.
    pub announcements: Vec<Time>,
    /// Adverts received.
    pub heard: u64,
    /// Somebody asked the daemon to stop.
    pub stop: bool,
    /// When `run` came back.
    pub ended: Option<Time>,
}

impl Machine {
    pub fn state(&self) -> Option<State> {
        self.states.last().map(|&(_, state)| state)
    }
}

pub type Shared = Rc<RefCell<Machine>>;

pub struct TurmoilWorld {
    machine: Shared,
    me: Ipv4Addr,
    peers: Vec<IpAddr>,
    socket: UdpSocket,
    /// Inputs that become due.
    coming: BTreeMap<(Time, u64), Input<'static>>,
    numbers: u64,
    sending: VecDeque<Transmit>,
    commands: VecDeque<KernelCommand>,
    packet: Vec<u8>,
    left: u32,
    stopping: bool,
}

/// Time zero is no time at which a machine runs.
pub fn now() -> Time {
    Time::from_secs(1) + turmoil::sim_elapsed().expect("within the simulation")
}

impl TurmoilWorld {
    /// The world of a daemon that starts on `machine`, among `peers`.
    pub async fn start(machine: Shared, me: Ipv4Addr, peers: Vec<IpAddr>, config: Config) -> io::Result<TurmoilWorld> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
        let mut world = TurmoilWorld {
            machine,
            me,
            peers,
            socket,
            coming: BTreeMap::new(),
            numbers: 0,
            sending: VecDeque::new(),
            commands: VecDeque::new(),
            packet: vec![0; 2048],
            left: 0,
            stopping: false,
        };
        let snapshot = world.snapshot();
        world.later(Duration::ZERO, Input::Configure(Box::new(config)));
        world.later(Duration::ZERO, Input::Kernel(snapshot));
        Ok(world)
    }

    fn later(&mut self, delay: Duration, input: Input<'static>) {
        self.numbers += 1;
        self.coming.insert((now() + delay, self.numbers), input);
    }

    fn address(&self, ip: IpAddr, prefix: u8, proto: Option<u8>) -> Address {
        Address { index: ETH0, ip, prefix, scope: 0, proto, tentative: false, dad_failed: false, secondary: false }
    }

    fn snapshot(&self) -> KernelEvent {
        let [.., low] = self.me.octets();
        let link = Link {
            index: ETH0,
            name: "eth0".into(),
            up: true,
            running: true,
            mac: Some(MacAddr([2, 0, 0, 0, 0, low])),
            arp_type: 1,
            no_arp: false,
            mtu: 1500,
        };
        let mut addresses = vec![self.address(self.me.into(), 24, None)];
        addresses.extend(self.machine.borrow().addresses.iter().map(|&ip| self.address(ip, 32, Some(18))));
        KernelEvent::Snapshot { links: vec![link], addresses }
    }

    /// The kernel carries out a command; the answer and the news come later.
    fn carry_out(&mut self, command: KernelCommand) {
        let (result, news) = match command.op {
            KernelOp::AddAddress(spec) => {
                let new = self.machine.borrow_mut().addresses.insert(spec.ip);
                let news = KernelEvent::Address(self.address(spec.ip, spec.prefix, Some(18)));
                (if new { Ok(()) } else { Err(Errno::EEXIST) }, news)
            }
            KernelOp::DeleteAddress { index, ip, prefix } => {
                let there = self.machine.borrow_mut().addresses.remove(&ip);
                let news = KernelEvent::AddressGone { index, ip, prefix };
                (if there { Ok(()) } else { Err(Errno::EADDRNOTAVAIL) }, news)
            }
        };
        self.later(KERNEL, Input::KernelDone { id: command.id, result });
        if result.is_ok() {
            self.later(KERNEL, Input::Kernel(news));
        }
    }

    fn due(&mut self, now: Time) -> Option<Input<'static>> {
        if self.machine.borrow().stop && !self.stopping {
            self.stopping = true;
            return Some(Input::Stop { keep_addresses: false });
        }
        let first = self.coming.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }
}

impl World for TurmoilWorld {
    type Engine = Vrrp;

    fn now(&self) -> Time {
        now()
    }

    async fn wait(&mut self, deadline: Option<Time>) -> io::Result<()> {
        self.left = PER_TURN;
        let own = self.coming.first_key_value().map(|(&(at, _), _)| at);
        // Also looks now and then whether it is to stop.
        let until = [deadline, own].into_iter().flatten().fold(now() + Duration::from_millis(50), Time::min);
        tokio::select! {
            biased;
            readable = self.socket.readable() => readable,
            () = tokio::time::sleep(until - now()) => Ok(()),
        }
    }

    fn take(&mut self, now: Time) -> Option<Input<'_>> {
        if self.left > 0
            && let Ok((len, _)) = self.socket.try_recv_from(&mut self.packet)
        {
            self.left -= 1;
            self.machine.borrow_mut().heard += 1;
            let [ttl, a, b, c, d, payload @ ..] = &self.packet[..len] else { panic!("not from one of us") };
            return Some(Input::Packet(Packet {
                index: ETH0,
                source: Ipv4Addr::new(*a, *b, *c, *d).into(),
                destination: GROUP.into(),
                ttl: Some(*ttl),
                age: Duration::ZERO,
                payload: Cow::Borrowed(payload),
            }));
        }
        self.due(now)
    }

    fn perform(&mut self, now: Time, output: Output) {
        match output {
            Output::Send(advert) => self.sending.push_back(advert),
            Output::Announce { .. } => self.machine.borrow_mut().announcements.push(now),
            Output::Kernel(command) => self.commands.push_back(command),
            Output::OpenSocket { key, .. } => self.later(Duration::ZERO, Input::Socket { key, result: Ok(()) }),
            Output::CloseSocket(_) | Output::Event(_) | Output::Stopped => {}
            Output::RunScript(_) | Output::KillScript(_) => panic!("no scripts are configured"),
        }
    }

    fn flush(&mut self, _now: Time) {
        while let Some(advert) = self.sending.pop_front() {
            let IpAddr::V4(source) = advert.source else { panic!("no IPv6 here") };
            let mut datagram = vec![advert.ttl];
            datagram.extend(source.octets());
            datagram.extend_from_slice(&advert.payload);
            for peer in &self.peers {
                // Turmoil refuses what cannot arrive; a network says nothing.
                let _ = self.socket.try_send_to(&datagram, (*peer, PORT));
            }
        }
        while let Some(command) = self.commands.pop_front() {
            self.carry_out(command);
        }
    }
}

/// Writes the diary.
pub struct Diary(pub Shared);

impl Observer<Vrrp> for Diary {
    fn output(&mut self, now: Time, output: &Output) {
        if let Output::Event(Event::State { to, .. }) = output {
            self.0.borrow_mut().states.push((now, *to));
        }
    }
}

/// One instance, VRRPv3, a second between adverts.
pub fn config(priority: u8) -> Config {
    let vip = VirtualAddress::new(VIP, 32);
    let instance = InstanceConfig::new("VI_1", "eth0", Vrid::new(1).expect("not 0"), vec![vip]).with(|vi| {
        vi.priority = Priority(priority);
        vi.version = Version::V3;
        vi.transport = Transport::Multicast { group: GROUP.into() };
    });
    Config { instances: vec![instance], ..Config::default() }
}
