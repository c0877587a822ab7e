//! A kernel for the tests of this folder, and random commands for it.

use super::attributes::{attributes, message, messages, put, u16_of, u32_of};
use super::decode;
use super::encode;
use super::number::{command, dest, top};
use super::socket::Channel;
use keepalived_core::config::model::{Protocol, Tunnel, TunnelChecksum};
use keepalived_core::ipvs::diff::apply;
use keepalived_core::ipvs::{
    Destination, DestinationKey, Forward, IpvsCommand, ServiceFlags, ServiceKey, ServiceSettings, SyncDaemon, SyncRole,
    Table, Timeouts,
};
use keepalived_core::kernel::Errno;
use keepalived_core::net::Family;
use quickcheck::{Arbitrary, Gen};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;

/// The number of its family.
pub(super) const FAMILY: u16 = 32;

/// What it knows how to do.
#[derive(Debug, Default)]
pub(super) struct Kernel {
    pub(super) table: RefCell<Table>,
    /// Whether it has IPVS.
    pub(super) there: Cell<bool>,
    /// What it has to say.
    replies: RefCell<VecDeque<io::Result<Vec<u8>>>>,
    /// How many messages came with each sending.
    pub(super) sent: RefCell<Vec<usize>>,
    /// After so many datagrams some are lost.
    pub(super) loses_after: Cell<Option<usize>>,
    /// After so many datagrams one does not fit into the buffer; it is said like those that are lost, but there are more to come.
    pub(super) breaks_after: Cell<Option<usize>>,
    /// How many requests were more than it could take at a time.
    pub(super) dumps_at_once: Cell<usize>,
}

impl Channel for &Kernel {
    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut count = 0;
        for message in messages(bytes) {
            count += 1;
            self.handle(&message, flags(bytes, count));
        }
        self.sent.borrow_mut().push(count);
        Ok(())
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(left) = self.loses_after.get() {
            self.loses_after.set(left.checked_sub(1));
            if left == 0 {
                self.replies.borrow_mut().clear();
                return Err(io::Error::from_raw_os_error(libc::ENOBUFS));
            }
        }
        if let Some(left) = self.breaks_after.get() {
            self.breaks_after.set(left.checked_sub(1));
            if left == 0 && self.replies.borrow_mut().pop_front().is_some() {
                return Err(io::Error::from_raw_os_error(libc::ENOBUFS));
            }
        }
        let datagram = self.replies.borrow_mut().pop_front().ok_or(io::ErrorKind::WouldBlock)??;
        buffer[..datagram.len()].copy_from_slice(&datagram);
        Ok(datagram.len())
    }
}

/// The flags of the message of that number, from 1.
fn flags(mut bytes: &[u8], number: usize) -> u16 {
    for _ in 1..number {
        let length = u32_of(bytes).expect("a length") as usize;
        bytes = &bytes[length.next_multiple_of(4)..];
    }
    u16_of(&bytes[6..]).expect("flags")
}

impl Kernel {
    pub(super) fn new(table: Table) -> Kernel {
        Kernel { table: RefCell::new(table), there: Cell::new(true), ..Kernel::default() }
    }

    fn say(&self, datagram: Vec<u8>) {
        self.replies.borrow_mut().push_back(Ok(datagram));
    }

    /// `NLMSG_ERROR` or `NLMSG_DONE`.
    fn end(&self, kind: i32, sequence: u32, code: i32) {
        let mut datagram = Vec::new();
        message(&mut datagram, (kind as u16, 0), 0, sequence, |_| ());
        datagram.truncate(16);
        datagram.extend_from_slice(&(-code).to_ne_bytes());
        datagram[..4].copy_from_slice(&20u32.to_ne_bytes());
        self.say(datagram);
    }

    fn handle(&self, request: &super::attributes::Message<'_>, flags: u16) {
        let acknowledges = flags & libc::NLM_F_ACK as u16 != 0;
        let finish = |result: Result<(), Errno>| match result {
            Ok(()) if acknowledges => self.end(libc::NLMSG_ERROR, request.sequence, 0),
            Ok(()) => {}
            Err(errno) => self.end(libc::NLMSG_ERROR, request.sequence, errno.0),
        };
        if request.kind == libc::GENL_ID_CTRL as u16 {
            if !self.there.get() {
                return finish(Err(Errno::ENOENT));
            }
            let mut datagram = Vec::new();
            message(&mut datagram, (request.kind, 1), 0, request.sequence, |b| put(b, 1, &FAMILY.to_ne_bytes()));
            self.say(datagram);
            return finish(Ok(()));
        }
        assert_eq!(request.kind, FAMILY);
        match request.payload[0] {
            command::GET_SERVICE | command::GET_DEST | command::GET_DAEMON => {
                assert_eq!(flags, (libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16);
                if !self.replies.borrow().is_empty() {
                    self.dumps_at_once.set(self.dumps_at_once.get() + 1);
                    return self.end(libc::NLMSG_ERROR, request.sequence, libc::EBUSY);
                }
                self.dump(request);
                self.end(libc::NLMSG_DONE, request.sequence, 0);
            }
            command::GET_CONFIG => {
                let timeouts = self.table.borrow().timeouts;
                self.part(request.sequence, &IpvsCommand::SetTimeouts(timeouts));
                finish(Ok(()));
            }
            _ => {
                let command = command_of(request).expect("a command");
                finish(apply(&mut self.table.borrow_mut(), &command));
            }
        }
    }

    /// The kernel's answers have the form of requests.
    fn part(&self, sequence: u32, as_command: &IpvsCommand) {
        let mut datagram = Vec::new();
        encode::request(&mut datagram, FAMILY, sequence, false, as_command);
        self.say(datagram);
    }

    fn dump(&self, request: &super::attributes::Message<'_>) {
        let table = self.table.borrow();
        match request.payload[0] {
            command::GET_SERVICE => {
                for (key, service) in &table.services {
                    self.part(request.sequence, &IpvsCommand::AddService(*key, service.settings.clone()));
                }
            }
            command::GET_DEST => {
                let (key, _) = decode::service(request).expect("a service");
                for (to, how) in table.services.get(&key).iter().flat_map(|service| &service.destinations) {
                    self.part(request.sequence, &IpvsCommand::AddDestination(key, *to, *how));
                }
            }
            _ => {
                for daemon in table.daemons.values() {
                    self.part(request.sequence, &IpvsCommand::StartSync(daemon.clone()));
                }
            }
        }
    }
}

/// The command that a request is.
pub(super) fn command_of(request: &super::attributes::Message<'_>) -> Option<IpvsCommand> {
    let service = || decode::service(request);
    let key = || service().map(|(key, _)| key);
    let destination = || decode::destination(request, key()?.family());
    let inside = |kind| request.attributes().find_map(|(found, value)| (found == kind).then_some(value));
    Some(match request.payload[0] {
        command::FLUSH => IpvsCommand::Flush,
        command::NEW_SERVICE => IpvsCommand::AddService(key()?, service()?.1),
        command::SET_SERVICE => IpvsCommand::SetService(key()?, service()?.1),
        command::DEL_SERVICE => IpvsCommand::DeleteService(key()?),
        command::NEW_DEST => IpvsCommand::AddDestination(key()?, destination()?.0, destination()?.1),
        command::SET_DEST => IpvsCommand::SetDestination(key()?, destination()?.0, destination()?.1),
        command::DEL_DEST => {
            assert!(attributes(inside(top::DEST)?).all(|(kind, _)| kind != dest::WEIGHT));
            IpvsCommand::DeleteDestination(key()?, destination()?.0)
        }
        command::SET_CONFIG => IpvsCommand::SetTimeouts(decode::timeouts(request)?),
        command::NEW_DAEMON => IpvsCommand::StartSync(decode::daemon(request)?),
        command::DEL_DAEMON => {
            let SyncDaemon { role, id, .. } = decode::daemon(request)?;
            IpvsCommand::StopSync { role, id }
        }
        _ => return None,
    })
}

/// A random command.
#[derive(Clone, Debug)]
pub(super) struct Any(pub(super) IpvsCommand);

fn pick<T: Clone>(g: &mut Gen, of: &[T]) -> T {
    g.choose(of).cloned().expect("something to choose from")
}

fn service_key(g: &mut Gen) -> ServiceKey {
    let family = pick(g, &[Family::V4, Family::V6]);
    if bool::arbitrary(g) {
        return ServiceKey::Mark { family, mark: pick(g, &[1, 2, u32::MAX]) };
    }
    let ip = match family {
        Family::V4 => IpAddr::from([10, 0, 0, u8::arbitrary(g) % 4]),
        Family::V6 => IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, u16::arbitrary(g) % 4]),
    };
    let protocol = pick(g, &[Protocol::Tcp, Protocol::Udp, Protocol::Sctp]);
    ServiceKey::Address { protocol, ip, port: pick(g, &[0, 80, 65535]) }
}

fn settings(g: &mut Gen) -> ServiceSettings {
    ServiceSettings {
        scheduler: pick(g, &["rr", "wlc", "mh"]).to_owned(),
        flags: ServiceFlags(u32::arbitrary(g)).without(ServiceFlags::HASHED),
        timeout: u32::arbitrary(g),
        netmask: u32::arbitrary(g),
        engine: pick(g, &[None, Some("sip".to_owned())]),
    }
}

fn destination_key(g: &mut Gen) -> DestinationKey {
    let v4 = IpAddr::from([10, 1, 0, u8::arbitrary(g) % 4]);
    let v6 = IpAddr::from([0xfd01, 0, 0, 0, 0, 0, 0, u16::arbitrary(g) % 4]);
    DestinationKey { ip: pick(g, &[v4, v6]), port: pick(g, &[0, 80, 8080]) }
}

fn destination(g: &mut Gen) -> Destination {
    let checksum = pick(g, &[TunnelChecksum::None, TunnelChecksum::Full, TunnelChecksum::Remote]);
    let tunnels = [Tunnel::Ipip, Tunnel::Gre(checksum), Tunnel::Gue(u16::arbitrary(g), checksum)];
    let tunnel = Forward::Tunnel(pick(g, &tunnels));
    Destination {
        forwarding: pick(g, &[Forward::Masquerade, Forward::Direct, Forward::Local, tunnel, tunnel]),
        weight: u32::arbitrary(g),
        upper_threshold: u32::arbitrary(g),
        lower_threshold: u32::arbitrary(g),
    }
}

impl Arbitrary for Any {
    fn arbitrary(g: &mut Gen) -> Any {
        let key = service_key(g);
        Any(match u8::arbitrary(g) % 12 {
            0 => IpvsCommand::Flush,
            1 | 2 => IpvsCommand::AddService(key, settings(g)),
            3 => IpvsCommand::SetService(key, settings(g)),
            4 => IpvsCommand::DeleteService(key),
            5 | 6 => IpvsCommand::AddDestination(key, destination_key(g), destination(g)),
            7 => IpvsCommand::SetDestination(key, destination_key(g), destination(g)),
            8 => IpvsCommand::DeleteDestination(key, destination_key(g)),
            9 => {
                let (tcp, tcp_fin, udp) = Arbitrary::arbitrary(g);
                IpvsCommand::SetTimeouts(Timeouts { tcp, tcp_fin, udp })
            }
            10 => IpvsCommand::StopSync { role: pick(g, &[SyncRole::Master, SyncRole::Backup]), id: u8::arbitrary(g) },
            _ => IpvsCommand::StartSync(SyncDaemon {
                role: pick(g, &[SyncRole::Master, SyncRole::Backup]),
                interface: pick(g, &["eth0", "a-long-name-0123"]).to_owned(),
                id: u8::arbitrary(g),
                max_length: u16::arbitrary(g),
                group: pick(
                    g,
                    &[None, Some(IpAddr::from([224, 0, 0, 9])), Some(IpAddr::from([0xff02u16, 0, 0, 0, 0, 0, 0, 9]))],
                ),
                port: u16::arbitrary(g),
                ttl: u8::arbitrary(g),
            }),
        })
    }
}
