//! What the kernel says about the addresses of a machine, by rtnetlink: `ip` of Debian 12 does not show `IFA_PROTO`.

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage, AddressScope};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use std::net::IpAddr;

/// One address of the calling thread's network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The interface.
    pub interface: String,
    /// The address.
    pub ip: IpAddr,
    /// The prefix length.
    pub prefix: u8,
    /// The scope: 0 global, 253 link, 254 host.
    pub scope: u8,
    /// The broadcast address, if set.
    pub broadcast: Option<IpAddr>,
    /// The label (IPv4), which is the interface's name by default.
    pub label: Option<String>,
    /// Who made it (`IFA_PROTO`, Linux 5.18); 0 where nobody said.
    pub proto: u8,
    /// Whether duplicate address detection has not ended.
    pub tentative: bool,
}

/// All of them.
///
/// # Panics
/// When the kernel does not answer.
#[must_use]
pub fn all() -> Vec<Address> {
    let mut socket = Socket::new(NETLINK_ROUTE).expect("netlink socket");
    socket.bind_auto().expect("bind");
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let body = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    let mut request = NetlinkMessage::new(header, NetlinkPayload::from(body));
    request.finalize();
    let mut bytes = vec![0; request.buffer_len()];
    request.serialize(&mut bytes);
    socket.send_to(&bytes, &SocketAddr::new(0, 0), 0).expect("request");

    let names = nix::net::if_::if_nameindex().expect("names of interfaces");
    let name = |index| names.iter().find(|i| i.index() == index).map(|i| i.name().to_string_lossy().into_owned());
    let mut found = Vec::new();
    loop {
        let (datagram, _) = socket.recv_from_full().expect("answer");
        let mut rest = datagram.as_slice();
        while !rest.is_empty() {
            let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest).expect("a netlink message");
            match message.payload {
                NetlinkPayload::Done(_) => return found,
                NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewAddress(entry)) => {
                    found.extend(name(entry.header.index).and_then(|name| read(&entry, name)));
                }
                other => panic!("not an address: {other:?}"),
            }
            // Messages are aligned to four bytes.
            let length = usize::try_from(message.header.length).expect("small").next_multiple_of(4);
            rest = rest.get(length..).unwrap_or_default();
        }
    }
}

fn read(entry: &AddressMessage, interface: String) -> Option<Address> {
    let mut address = Address {
        interface,
        ip: IpAddr::from([0; 4]),
        prefix: entry.header.prefix_len,
        scope: match entry.header.scope {
            AddressScope::Universe => 0,
            other => other.into(),
        },
        broadcast: None,
        label: None,
        proto: 0,
        tentative: entry.header.flags.contains(AddressHeaderFlags::Tentative),
    };
    let mut local = None;
    let mut remote = None;
    for attribute in &entry.attributes {
        match attribute {
            AddressAttribute::Local(ip) => local = Some(*ip),
            AddressAttribute::Address(ip) => remote = Some(*ip),
            AddressAttribute::Broadcast(ip) => address.broadcast = Some(IpAddr::V4(*ip)),
            AddressAttribute::Label(label) => address.label = Some(label.clone()),
            AddressAttribute::Protocol(proto) => address.proto = u8::from(*proto),
            _ => {}
        }
    }
    // IPv6 has no local address but on point-to-point links.
    address.ip = local.or(remote)?;
    Some(address)
}
