//! Requests as bytes.

use super::attributes::{message, nest, put, put_text, put_u16, put_u32};
use super::number::{checksum, command, daemon, dest, forward, service, state, top, tunnel};
use keepalived_core::config::model::{Protocol, Tunnel, TunnelChecksum};
use keepalived_core::ipvs::{
    Destination, DestinationKey, Forward, IpvsCommand, ServiceKey, ServiceSettings, SyncDaemon, SyncRole, Timeouts,
};
use keepalived_core::net::Family;
use std::net::IpAddr;

const REQUEST: u16 = libc::NLM_F_REQUEST as u16;
const ACK: u16 = libc::NLM_F_ACK as u16;
const DUMP: u16 = libc::NLM_F_DUMP as u16;

/// Appends the request for a command. With `ack` the kernel answers in any case, without it only when it refuses.
pub(super) fn request(buffer: &mut Vec<u8>, family: u16, sequence: u32, ack: bool, of: &IpvsCommand) {
    let flags = if ack { REQUEST | ACK } else { REQUEST };
    let mut send = |command, attributes: &dyn Fn(&mut Vec<u8>)| {
        message(buffer, (family, command), flags, sequence, |buffer| attributes(buffer));
    };
    match of {
        IpvsCommand::Flush => send(command::FLUSH, &|_| ()),
        IpvsCommand::AddService(key, how) => send(command::NEW_SERVICE, &|b| whole_service(b, key, how)),
        IpvsCommand::SetService(key, how) => send(command::SET_SERVICE, &|b| whole_service(b, key, how)),
        IpvsCommand::DeleteService(key) => send(command::DEL_SERVICE, &|b| which_service(b, key)),
        IpvsCommand::AddDestination(key, to, how) => send(command::NEW_DEST, &|b| destination(b, key, to, Some(how))),
        IpvsCommand::SetDestination(key, to, how) => send(command::SET_DEST, &|b| destination(b, key, to, Some(how))),
        IpvsCommand::DeleteDestination(key, to) => send(command::DEL_DEST, &|b| destination(b, key, to, None)),
        IpvsCommand::SetTimeouts(timeouts) => send(command::SET_CONFIG, &|b| config(b, *timeouts)),
        IpvsCommand::StartSync(daemon) => send(command::NEW_DAEMON, &|b| start(b, daemon)),
        IpvsCommand::StopSync { role, id } => {
            send(command::DEL_DAEMON, &|b| nest(b, top::DAEMON, |b| role_of(b, *role, *id)))
        }
    }
}

/// Appends the request for all services.
pub(super) fn dump_services(buffer: &mut Vec<u8>, family: u16, sequence: u32) {
    message(buffer, (family, command::GET_SERVICE), REQUEST | DUMP, sequence, |_| ());
}

/// Appends the request for all destinations of a service.
pub(super) fn dump_destinations(buffer: &mut Vec<u8>, family: u16, sequence: u32, key: &ServiceKey) {
    message(buffer, (family, command::GET_DEST), REQUEST | DUMP, sequence, |buffer| which_service(buffer, key));
}

/// Appends the request for the sync daemons.
pub(super) fn dump_daemons(buffer: &mut Vec<u8>, family: u16, sequence: u32) {
    message(buffer, (family, command::GET_DAEMON), REQUEST | DUMP, sequence, |_| ());
}

/// Appends the request for the timeouts.
pub(super) fn get_config(buffer: &mut Vec<u8>, family: u16, sequence: u32) {
    message(buffer, (family, command::GET_CONFIG), REQUEST | ACK, sequence, |_| ());
}

fn which_service(buffer: &mut Vec<u8>, key: &ServiceKey) {
    nest(buffer, top::SERVICE, |buffer| service_key(buffer, key));
}

fn whole_service(buffer: &mut Vec<u8>, key: &ServiceKey, how: &ServiceSettings) {
    nest(buffer, top::SERVICE, |buffer| {
        service_key(buffer, key);
        put_text(buffer, service::SCHED_NAME, &how.scheduler);
        if let Some(engine) = &how.engine {
            put_text(buffer, service::PE_NAME, engine);
        }
        // `struct ip_vs_flags`: the flags, and which of them count.
        let mut flags = [0xff; 8];
        flags[..4].copy_from_slice(&how.flags.0.to_ne_bytes());
        put(buffer, service::FLAGS, &flags);
        put_u32(buffer, service::TIMEOUT, how.timeout);
        match key.family() {
            Family::V4 => put(buffer, service::NETMASK, &how.netmask.to_be_bytes()),
            Family::V6 => put_u32(buffer, service::NETMASK, how.netmask),
        }
    });
}

fn service_key(buffer: &mut Vec<u8>, key: &ServiceKey) {
    put_u16(buffer, service::AF, family(key.family()));
    match *key {
        ServiceKey::Mark { mark, .. } => put_u32(buffer, service::FWMARK, mark),
        ServiceKey::Address { protocol, ip, port } => {
            let protocol = match protocol {
                Protocol::Tcp => libc::IPPROTO_TCP,
                Protocol::Udp => libc::IPPROTO_UDP,
                Protocol::Sctp => libc::IPPROTO_SCTP,
            };
            put_u16(buffer, service::PROTOCOL, protocol as u16);
            put(buffer, service::ADDR, &address(ip));
            put(buffer, service::PORT, &port.to_be_bytes());
        }
    }
}

fn destination(buffer: &mut Vec<u8>, key: &ServiceKey, to: &DestinationKey, how: Option<&Destination>) {
    which_service(buffer, key);
    nest(buffer, top::DEST, |buffer| {
        put_u16(buffer, dest::ADDR_FAMILY, family(Family::of(to.ip)));
        put(buffer, dest::ADDR, &address(to.ip));
        put(buffer, dest::PORT, &to.port.to_be_bytes());
        let Some(how) = how else { return };
        let method = match how.forwarding {
            Forward::Masquerade => forward::MASQ,
            Forward::Local => forward::LOCALNODE,
            Forward::Tunnel(_) => forward::TUNNEL,
            Forward::Direct => forward::DROUTE,
        };
        put_u32(buffer, dest::FWD_METHOD, method);
        put_u32(buffer, dest::WEIGHT, how.weight);
        if let Forward::Tunnel(tunnel) = how.forwarding {
            encapsulation(buffer, tunnel);
        }
        put_u32(buffer, dest::U_THRESH, how.upper_threshold);
        put_u32(buffer, dest::L_THRESH, how.lower_threshold);
    });
}

fn encapsulation(buffer: &mut Vec<u8>, of: Tunnel) {
    let flags = |checksum| match checksum {
        TunnelChecksum::None => checksum::NONE,
        TunnelChecksum::Full => checksum::FULL,
        TunnelChecksum::Remote => checksum::REMOTE,
    };
    match of {
        Tunnel::Ipip => put(buffer, dest::TUN_TYPE, &[tunnel::IPIP]),
        Tunnel::Gue(port, checksum) => {
            put(buffer, dest::TUN_TYPE, &[tunnel::GUE]);
            put(buffer, dest::TUN_PORT, &port.to_be_bytes());
            put_u16(buffer, dest::TUN_FLAGS, flags(checksum));
        }
        Tunnel::Gre(checksum) => {
            put(buffer, dest::TUN_TYPE, &[tunnel::GRE]);
            put_u16(buffer, dest::TUN_FLAGS, flags(checksum));
        }
    }
}

fn config(buffer: &mut Vec<u8>, timeouts: Timeouts) {
    let Timeouts { tcp, tcp_fin, udp } = timeouts;
    // What is left out stays as it is.
    for (kind, seconds) in [(top::TIMEOUT_TCP, tcp), (top::TIMEOUT_TCP_FIN, tcp_fin), (top::TIMEOUT_UDP, udp)] {
        if seconds != 0 {
            put_u32(buffer, kind, seconds);
        }
    }
}

fn start(buffer: &mut Vec<u8>, of: &SyncDaemon) {
    nest(buffer, top::DAEMON, |buffer| {
        role_of(buffer, of.role, of.id);
        put_text(buffer, daemon::MCAST_IFN, &of.interface);
        if of.max_length != 0 {
            put_u16(buffer, daemon::SYNC_MAXLEN, of.max_length);
        }
        match of.group {
            Some(IpAddr::V4(ip)) => put(buffer, daemon::MCAST_GROUP, &ip.octets()),
            Some(IpAddr::V6(ip)) => put(buffer, daemon::MCAST_GROUP6, &ip.octets()),
            None => {}
        }
        if of.port != 0 {
            put_u16(buffer, daemon::MCAST_PORT, of.port);
        }
        if of.ttl != 0 {
            put(buffer, daemon::MCAST_TTL, &[of.ttl]);
        }
    });
}

fn role_of(buffer: &mut Vec<u8>, role: SyncRole, id: u8) {
    let state = match role {
        SyncRole::Master => state::MASTER,
        SyncRole::Backup => state::BACKUP,
    };
    put_u32(buffer, daemon::STATE, state);
    put_u32(buffer, daemon::SYNC_ID, id.into());
}

fn family(of: Family) -> u16 {
    match of {
        Family::V4 => libc::AF_INET as u16,
        Family::V6 => libc::AF_INET6 as u16,
    }
}

/// `union nf_inet_addr`
fn address(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V6(ip) => ip.octets(),
        IpAddr::V4(ip) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&ip.octets());
            bytes
        }
    }
}
