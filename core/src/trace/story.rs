//! A recording as lines that a person reads.

use super::Step;
use crate::event::log::count;
use crate::kernel::{Errno, KernelCommand, KernelEvent, KernelOp};
use crate::net::IfIndex;
use crate::vrrp::{Input, Output, ScriptStatus, Vrrp};
use core::fmt;

/// What the engine was told, in a line. A due timeout is not worth one: what follows from it is told anyway.
#[must_use]
pub fn input(input: &Input<'_>, engine: &Vrrp) -> Option<String> {
    let on = |index| Interface(engine, index);
    Some(match input {
        Input::Timeout => return None,
        Input::Packet(packet) => {
            let ttl = packet.ttl.map_or_else(|| "?".to_owned(), |ttl| ttl.to_string());
            let (source, destination) = (packet.source, packet.destination);
            format!("<- {} from {source} to {destination} on {}, TTL {ttl}", Message(&packet.payload), on(packet.index))
        }
        Input::Kernel(event) => kernel_event(event, engine),
        Input::KernelDone { id, result } => format!("kernel: command {} {}", id.0, Done(*result)),
        Input::Socket { key, result } => {
            format!("socket: {} on {} {}", key.family, on(key.index), Done(*result))
        }
        Input::SendFailed { index, errno } => format!("socket: sending on {} failed: {errno}", on(*index)),
        Input::ScriptEnded { id, status } => format!("script: {} {}", id.0, Ended(*status)),
        Input::Configure(config) => {
            let (instances, groups) = (config.instances.len() as u64, config.sync_groups.len() as u64);
            format!("configuration: {}, {}", count(instances, "instance"), count(groups, "sync group"))
        }
        Input::Stop { keep_addresses: false } => "stop is asked for".to_owned(),
        Input::Stop { keep_addresses: true } => "stop is asked for, addresses stay".to_owned(),
    })
}

/// What the engine asked for, in a line.
#[must_use]
pub fn output(output: &Output, engine: &Vrrp) -> String {
    let on = |index| Interface(engine, index);
    match output {
        Output::Send(transmit) => format!(
            "-> {} from {} to {} on {}",
            Message(&transmit.payload),
            transmit.source,
            transmit.destination,
            on(transmit.socket.index)
        ),
        Output::Announce { index, frame } => format!("-> {} on {}", Announcement(frame), on(*index)),
        Output::Kernel(KernelCommand { id, op: KernelOp::AddAddress(address) }) => {
            format!("kernel: command {}: add {}/{} to {}", id.0, address.ip, address.prefix, on(address.index))
        }
        Output::Kernel(KernelCommand { id, op: KernelOp::DeleteAddress { index, ip, prefix } }) => {
            format!("kernel: command {}: delete {ip}/{prefix} from {}", id.0, on(*index))
        }
        Output::OpenSocket { key, groups } => {
            let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
            let groups = if groups.is_empty() { "no group".to_owned() } else { groups.join(", ") };
            format!("socket: open {} on {}, {groups}", key.family, on(key.index))
        }
        Output::CloseSocket(key) => format!("socket: close {} on {}", key.family, on(key.index)),
        Output::RunScript(run) => format!("script: {} for {}: {}", run.id.0, run.owner, run.argv.join(" ")),
        Output::KillScript(id) => format!("script: kill {}", id.0),
        Output::Event(event) => crate::event::log::sentence(event).1,
        Output::Stopped => "stopped".to_owned(),
    }
}

/// All lines of a step. `engine`, as it is after the step, knows the names of interfaces.
pub fn lines(step: &Step<'_>, engine: &Vrrp) -> impl Iterator<Item = String> {
    input(&step.input, engine).into_iter().chain(step.outputs.iter().map(|one| output(one, engine)))
}

/// An interface by its name.
struct Interface<'a>(&'a Vrrp, IfIndex);

impl fmt::Display for Interface<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.link_name(self.1))
    }
}

fn kernel_event(event: &KernelEvent, engine: &Vrrp) -> String {
    match event {
        KernelEvent::Snapshot { links, addresses } => {
            let names: Vec<String> = links.iter().map(|link| format!("{} {}", link.index, link.name)).collect();
            format!("kernel: interfaces {}; {}", names.join(", "), count(addresses.len() as u64, "address"))
        }
        KernelEvent::Link(link) => {
            let state = match (link.up, link.running) {
                (false, _) => "off",
                (true, false) => "no carrier",
                (true, true) => "up",
            };
            format!("kernel: interface {} {}: {state}", link.index, link.name)
        }
        KernelEvent::LinkGone(index) => format!("kernel: interface {index} is gone"),
        KernelEvent::Address(address) => {
            format!("kernel: {}/{} is on {}", address.ip, address.prefix, Interface(engine, address.index))
        }
        KernelEvent::AddressGone { index, ip, prefix } => {
            format!("kernel: {ip}/{prefix} is gone from {}", Interface(engine, *index))
        }
    }
}

/// A VRRP message in a few words. Only its header is looked at.
struct Message<'a>(&'a [u8]);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self.0 {
            [kind, vrid, priority, addresses, _, _, _, _, ..] if kind & 0x0f == 1 => {
                write!(
                    f,
                    "advert v{} vrid {vrid} priority {priority}, {}",
                    kind >> 4,
                    count(addresses.into(), "address")
                )
            }
            _ => write!(f, "{} bytes that are no advert", self.0.len()),
        }
    }
}

/// An announcing frame in a few words.
struct Announcement<'a>(&'a [u8]);

impl fmt::Display for Announcement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(12..14) {
            // Sender protocol address of an ARP packet for IPv4 over Ethernet (RFC 826).
            Some([0x08, 0x06]) if self.0.len() >= 32 => {
                let ip = core::net::Ipv4Addr::new(self.0[28], self.0[29], self.0[30], self.0[31]);
                write!(f, "gratuitous ARP for {ip}")
            }
            // Source address of the IPv6 header, which for an unsolicited advertisement is the target.
            Some([0x86, 0xdd]) => match self.0.get(22..38).and_then(|ip| <[u8; 16]>::try_from(ip).ok()) {
                Some(ip) => write!(f, "unsolicited NA for {}", core::net::Ipv6Addr::from(ip)),
                None => f.write_str("unsolicited NA"),
            },
            _ => write!(f, "a frame of {} bytes", self.0.len()),
        }
    }
}

struct Done(Result<(), Errno>);

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(()) => f.write_str("done"),
            Err(errno) => write!(f, "failed: {errno}"),
        }
    }
}

struct Ended(ScriptStatus);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ScriptStatus::Exited(status) => write!(f, "exited with {status}"),
            ScriptStatus::Signalled(signal) => write!(f, "was ended by signal {signal}"),
            ScriptStatus::NotStarted(errno) => write!(f, "was not started: {errno}"),
        }
    }
}
