//! What the kernel's answers say. What is not understood is no service of ours, and left out.

use super::attributes::{Message, attributes, text_of, u16_of, u32_of};
use super::number::{checksum, daemon, dest, forward, service, state, top, tunnel};
use keepalived_core::config::model::{Protocol, Tunnel, TunnelChecksum};
use keepalived_core::ipvs::{
    Destination, DestinationKey, Forward, ServiceFlags, ServiceKey, ServiceSettings, SyncDaemon, SyncRole, Timeouts,
};
use keepalived_core::kernel::Errno;
use keepalived_core::net::Family;
use std::net::IpAddr;

/// What a message is, as far as netlink goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The request was carried out or refused.
    Acknowledged(Result<(), Errno>),
    /// A dump is at its end, or was broken off.
    Done(Result<(), Errno>),
    /// A part of an answer.
    Part,
}

/// What kind of message it is; `None`: something else.
pub(super) fn kind(message: &Message<'_>, family: u16) -> Option<Kind> {
    let result = |code: u32| match code.cast_signed() {
        0 => Ok(()),
        code => Err(Errno(code.saturating_neg())),
    };
    match libc::c_int::from(message.kind) {
        libc::NLMSG_ERROR => Some(Kind::Acknowledged(result(u32_of(message.payload)?))),
        // Old kernels end a dump without a number.
        libc::NLMSG_DONE => Some(Kind::Done(result(u32_of(message.payload).unwrap_or(0)))),
        kind if kind == libc::c_int::from(family) => Some(Kind::Part),
        _ => None,
    }
}

/// The service that a message is about, with how it balances.
pub(super) fn service(message: &Message<'_>) -> Option<(ServiceKey, ServiceSettings)> {
    let inside = find(message, top::SERVICE)?;
    let key = service_key(inside)?;
    let mut settings = ServiceSettings::default();
    for (kind, value) in attributes(inside) {
        match kind {
            service::SCHED_NAME => settings.scheduler = text_of(value)?.to_owned(),
            service::PE_NAME => settings.engine = Some(text_of(value)?.to_owned()).filter(|name| !name.is_empty()),
            service::FLAGS => settings.flags = ServiceFlags(u32_of(value)?).without(ServiceFlags::HASHED),
            service::TIMEOUT => settings.timeout = u32_of(value)?,
            service::NETMASK => {
                settings.netmask = match key.family() {
                    Family::V4 => u32::from_be_bytes(*value.first_chunk()?),
                    Family::V6 => u32_of(value)?,
                }
            }
            _ => {}
        }
    }
    Some((key, settings))
}

fn service_key(inside: &[u8]) -> Option<ServiceKey> {
    let (mut af, mut mark, mut protocol, mut ip, mut port) = (None, 0, None, None, 0);
    for (kind, value) in attributes(inside) {
        match kind {
            service::AF => af = family(u16_of(value)?),
            service::FWMARK => mark = u32_of(value)?,
            service::PROTOCOL => protocol = Some(libc::c_int::from(u16_of(value)?)),
            service::ADDR => ip = Some(value),
            service::PORT => port = u16::from_be_bytes(*value.first_chunk()?),
            _ => {}
        }
    }
    let family = af?;
    if mark != 0 {
        return Some(ServiceKey::Mark { family, mark });
    }
    let protocol = match protocol? {
        libc::IPPROTO_TCP => Protocol::Tcp,
        libc::IPPROTO_UDP => Protocol::Udp,
        libc::IPPROTO_SCTP => Protocol::Sctp,
        _ => return None,
    };
    Some(ServiceKey::Address { protocol, ip: address(family, ip?)?, port })
}

/// The destination that a message is about; `service` is the family of its service, for kernels that do not say.
pub(super) fn destination(message: &Message<'_>, service: Family) -> Option<(DestinationKey, Destination)> {
    let inside = find(message, top::DEST)?;
    let (mut af, mut ip, mut port) = (service, None, 0);
    let (mut method, mut kind_of_tunnel, mut tunnel_port, mut flags) = (0, tunnel::IPIP, 0, 0);
    let mut destination = Destination { forwarding: Forward::Local, weight: 0, upper_threshold: 0, lower_threshold: 0 };
    for (kind, value) in attributes(inside) {
        match kind {
            dest::ADDR_FAMILY => af = family(u16_of(value)?)?,
            dest::ADDR => ip = Some(value),
            dest::PORT => port = u16::from_be_bytes(*value.first_chunk()?),
            dest::FWD_METHOD => method = u32_of(value)? & forward::MASK,
            dest::WEIGHT => destination.weight = u32_of(value)?,
            dest::U_THRESH => destination.upper_threshold = u32_of(value)?,
            dest::L_THRESH => destination.lower_threshold = u32_of(value)?,
            dest::TUN_TYPE => kind_of_tunnel = *value.first()?,
            dest::TUN_PORT => tunnel_port = u16::from_be_bytes(*value.first_chunk()?),
            dest::TUN_FLAGS => flags = u16_of(value)?,
            _ => {}
        }
    }
    let checksum = match flags {
        checksum::NONE => TunnelChecksum::None,
        flags if flags & checksum::REMOTE != 0 => TunnelChecksum::Remote,
        _ => TunnelChecksum::Full,
    };
    destination.forwarding = match (method, kind_of_tunnel) {
        (forward::MASQ, _) => Forward::Masquerade,
        (forward::DROUTE, _) => Forward::Direct,
        (forward::TUNNEL, tunnel::GUE) => Forward::Tunnel(Tunnel::Gue(tunnel_port, checksum)),
        (forward::TUNNEL, tunnel::GRE) => Forward::Tunnel(Tunnel::Gre(checksum)),
        (forward::TUNNEL, _) => Forward::Tunnel(Tunnel::Ipip),
        // Nothing that is configured, and so never ours.
        _ => Forward::Local,
    };
    Some((DestinationKey { ip: address(af, ip?)?, port }, destination))
}

/// The sync daemon that a message is about.
pub(super) fn daemon(message: &Message<'_>) -> Option<SyncDaemon> {
    let inside = find(message, top::DAEMON)?;
    let mut role = None;
    let mut of = SyncDaemon {
        role: SyncRole::Master,
        interface: String::new(),
        id: 0,
        max_length: 0,
        group: None,
        port: 0,
        ttl: 0,
    };
    for (kind, value) in attributes(inside) {
        match kind {
            daemon::STATE => {
                role = match u32_of(value)? {
                    state::MASTER => Some(SyncRole::Master),
                    state::BACKUP => Some(SyncRole::Backup),
                    _ => None,
                }
            }
            daemon::MCAST_IFN => of.interface = text_of(value)?.to_owned(),
            daemon::SYNC_ID => of.id = u8::try_from(u32_of(value)?).ok()?,
            daemon::SYNC_MAXLEN => of.max_length = u16_of(value)?,
            daemon::MCAST_GROUP => of.group = Some(address(Family::V4, value)?),
            daemon::MCAST_GROUP6 => of.group = Some(address(Family::V6, value)?),
            daemon::MCAST_PORT => of.port = u16_of(value)?,
            daemon::MCAST_TTL => of.ttl = *value.first()?,
            _ => {}
        }
    }
    of.role = role?;
    Some(of)
}

/// The timeouts that a message tells.
pub(super) fn timeouts(message: &Message<'_>) -> Option<Timeouts> {
    let mut timeouts = Timeouts::default();
    for (kind, value) in message.attributes() {
        match kind {
            top::TIMEOUT_TCP => timeouts.tcp = u32_of(value)?,
            top::TIMEOUT_TCP_FIN => timeouts.tcp_fin = u32_of(value)?,
            top::TIMEOUT_UDP => timeouts.udp = u32_of(value)?,
            _ => {}
        }
    }
    Some(timeouts)
}

fn find<'a>(message: &Message<'a>, kind: u16) -> Option<&'a [u8]> {
    message.attributes().find_map(|(found, value)| (found == kind).then_some(value))
}

fn family(af: u16) -> Option<Family> {
    match libc::c_int::from(af) {
        libc::AF_INET => Some(Family::V4),
        libc::AF_INET6 => Some(Family::V6),
        _ => None,
    }
}

fn address(family: Family, bytes: &[u8]) -> Option<IpAddr> {
    Some(match family {
        Family::V4 => IpAddr::from(*bytes.first_chunk::<4>()?),
        Family::V6 => IpAddr::from(*bytes.first_chunk::<16>()?),
    })
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
