//! One engine, a clock, and a kernel that does what it is told at once.
#![allow(clippy::expect_used, dead_code, unreachable_pub)] // Each test file uses its own part.

use keepalived_core::config::model::{Config, InstanceConfig, SyncGroupConfig, Transport, VirtualAddress};
use keepalived_core::event::Event;
use keepalived_core::kernel::{Address, Errno, KernelEvent, KernelOp, Link};
use keepalived_core::net::{IfIndex, MacAddr, Name, Priority, Vrid};
use keepalived_core::vrrp::{Input, Output, Packet, ScriptRun, ScriptStatus, State, Transmit, Vrrp};
use keepalived_core::wire::vrrp::{AdvertOut, ChecksumStyle};
use keepalived_core::{Engine, Time};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

pub const ETH0: IfIndex = IfIndex(2);
pub const GROUP: &str = "224.0.0.18";
pub const OURS: &str = "10.0.0.1";

pub fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub fn link(index: u32, name: &str) -> Link {
    Link {
        index: IfIndex(index),
        name: name.to_owned(),
        up: true,
        running: true,
        mac: Some(MacAddr([2, 0, 0, 0, 0, index as u8])),
        arp_type: 1,
        no_arp: false,
        mtu: 1500,
    }
}

pub fn address(index: u32, text: &str, prefix: u8) -> Address {
    Address {
        index: IfIndex(index),
        ip: ip(text),
        prefix,
        scope: 0,
        proto: None,
        tentative: false,
        dad_failed: false,
        secondary: false,
    }
}

pub fn vip(text: &str) -> VirtualAddress {
    VirtualAddress::new(ip(text), 24)
}

/// `vrrp_instance NAME` on eth0 with VRID 51, priority 100, one address and the defaults.
pub fn instance(name: &str) -> InstanceConfig {
    InstanceConfig::new(name, "eth0", Vrid::new(51).expect("not zero"), vec![vip("10.0.0.100")])
}

pub fn config(instances: impl IntoIterator<Item = InstanceConfig>) -> Config {
    Config { instances: instances.into_iter().collect(), ..Config::default() }
}

/// The sync group G of these.
pub fn sync_group(members: impl IntoIterator<Item = impl Into<Name>>) -> SyncGroupConfig {
    let members = members.into_iter().map(Into::into).collect();
    SyncGroupConfig { name: "G".into(), members, ..SyncGroupConfig::default() }
}

/// All of them in one sync group, G.
pub fn grouped(instances: impl IntoIterator<Item = InstanceConfig>) -> Config {
    let mut config = config(instances);
    config.sync_groups.push(sync_group(config.instances.iter().map(|i| i.name.clone())));
    config
}

pub struct Node {
    pub engine: Vrrp,
    pub now: Time,
    pub sent: Vec<(Time, Transmit)>,
    pub frames: Vec<(Time, Vec<u8>)>,
    pub events: Vec<Event>,
    pub scripts: Vec<ScriptRun>,
    pub kernel: BTreeMap<(IfIndex, IpAddr, u8), Address>,
    pub commands: Vec<KernelOp>,
    /// What the kernel answers instead of success, first in first out.
    pub refusals: VecDeque<Errno>,
    /// Commands are answered only on demand.
    pub slow: bool,
    pub unanswered: VecDeque<(keepalived_core::kernel::CommandId, KernelOp)>,
    /// Scripts end only on demand.
    pub slow_scripts: bool,
    pub stopped: bool,
}

impl Node {
    /// A machine with eth0 (index 2, 10.0.0.1/24), eth1 (index 3, 10.1.0.1/24), and no configuration.
    pub fn bare() -> Node {
        let mut node = Node {
            engine: Vrrp::new(1),
            now: Time::from_secs(1000),
            sent: Vec::new(),
            frames: Vec::new(),
            events: Vec::new(),
            scripts: Vec::new(),
            kernel: BTreeMap::new(),
            commands: Vec::new(),
            refusals: VecDeque::new(),
            slow: false,
            unanswered: VecDeque::new(),
            slow_scripts: false,
            stopped: false,
        };
        for a in [address(2, OURS, 24), address(3, "10.1.0.1", 24)] {
            node.kernel.insert((a.index, a.ip, a.prefix), a);
        }
        node
    }

    pub fn snapshot(&mut self) {
        let links = vec![link(1, "lo"), link(2, "eth0"), link(3, "eth1")];
        let addresses = self.kernel.values().cloned().collect();
        self.input(Input::Kernel(KernelEvent::Snapshot { links, addresses }));
    }

    pub fn new(config: Config) -> Node {
        let mut node = Node::bare();
        node.snapshot();
        node.configure(config);
        node
    }

    pub fn configure(&mut self, config: Config) {
        self.input(Input::Configure(Box::new(config)));
    }

    pub fn input(&mut self, input: Input<'_>) {
        self.engine.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Send(transmit) => self.sent.push((self.now, transmit)),
                Output::Announce { frame, .. } => self.frames.push((self.now, frame.to_vec())),
                Output::Event(event) => self.events.push(event),
                Output::Kernel(command) => self.unanswered.push_back((command.id, command.op)),
                Output::RunScript(run) => {
                    let id = run.id;
                    self.scripts.push(run);
                    if !self.slow_scripts {
                        self.engine.handle(self.now, Input::ScriptEnded { id, status: ScriptStatus::Exited(0) });
                    }
                }
                Output::OpenSocket { key, .. } => {
                    self.engine.handle(self.now, Input::Socket { key, result: Ok(()) });
                }
                Output::CloseSocket(_) | Output::KillScript(_) => {}
                Output::Stopped => self.stopped = true,
            }
        }
        if !self.slow {
            self.answer();
        }
    }

    /// Carries out and answers what the kernel was asked.
    pub fn answer(&mut self) {
        while let Some((id, op)) = self.unanswered.pop_front() {
            self.commands.push(op.clone());
            let result = match self.refusals.pop_front() {
                Some(errno) => Err(errno),
                None => self.carry_out(op),
            };
            self.input(Input::KernelDone { id, result });
        }
    }

    fn carry_out(&mut self, op: KernelOp) -> Result<(), Errno> {
        match op {
            KernelOp::AddAddress(spec) => {
                let key = (spec.index, spec.ip, spec.prefix);
                if self.kernel.contains_key(&key) {
                    return Err(Errno::EEXIST);
                }
                let mut a = address(spec.index.0, "0.0.0.0", spec.prefix);
                a.ip = spec.ip;
                a.proto = Some(keepalived_core::kernel::PROTO_KEEPALIVED);
                self.kernel.insert(key, a);
                Ok(())
            }
            KernelOp::DeleteAddress { index, ip, prefix } => {
                self.kernel.remove(&(index, ip, prefix)).map(|_| ()).ok_or(Errno::EADDRNOTAVAIL)
            }
        }
    }

    /// Lets time pass, firing every deadline on the way exactly when it is due.
    pub fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(at) = self.engine.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// Lets time pass without calling the engine, as when the machine sleeps.
    pub fn sleep(&mut self, duration: Duration) {
        self.now = self.now + duration;
    }

    pub fn state(&self, name: &str) -> State {
        self.engine.state(name).expect("configured")
    }

    pub fn holds(&self, text: &str) -> bool {
        self.kernel.keys().any(|(_, have, _)| *have == ip(text))
    }

    /// Priorities of the adverts sent since the last call.
    pub fn take_sent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.sent).iter().map(|(_, t)| t.payload[2]).collect()
    }

    /// An advert from `source` for the instance that `like` configures, otherwise as `like` would send it.
    pub fn advert(&mut self, like: &InstanceConfig, source: &str, priority: u8) {
        let payload = advert(like, source, priority);
        self.packet(source, GROUP, Some(255), &payload);
    }

    pub fn packet(&mut self, source: &str, destination: &str, ttl: Option<u8>, payload: &[u8]) {
        self.aged_packet(source, destination, ttl, payload, Duration::ZERO);
    }

    /// A packet that came in `age` ago.
    pub fn aged_packet(&mut self, source: &str, destination: &str, ttl: Option<u8>, payload: &[u8], age: Duration) {
        self.input(Input::Packet(Packet {
            index: ETH0,
            source: ip(source),
            destination: ip(destination),
            ttl,
            age,
            payload: Cow::Borrowed(payload),
        }));
    }
}

pub fn advert(like: &InstanceConfig, source: &str, priority: u8) -> Vec<u8> {
    let out = AdvertOut {
        version: like.version,
        vrid: like.vrid,
        priority: Priority(priority),
        interval: like.advert_interval,
        auth: like.auth,
        source: ip(source),
        destination: match like.transport {
            Transport::Multicast { group } => group,
            Transport::Unicast { .. } => ip(OURS),
        },
        style: ChecksumStyle::PseudoHeader,
    };
    out.emit(like.addresses.iter().map(|a| a.ip))
}

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
