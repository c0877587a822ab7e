use super::*;
use crate::ipvs::attributes::messages;
use crate::ipvs::encode;
use crate::ipvs::fake::{Any, FAMILY, command_of};
use keepalived_core::ipvs::IpvsCommand;
use quickcheck::quickcheck;

/// Bytes that were seen between ipvsadm 1.31 and Linux 6.1 on x86-64.
fn seen(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).expect("digits"), 16).expect("a byte");
    digits.chunks(2).map(byte).collect()
}

macro_rules! seen {
    ($name:literal) => {
        seen(include_str!(concat!("fixtures/", $name, ".hex")))
    };
}

fn request(command: &IpvsCommand) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode::request(&mut bytes, FAMILY, 7, true, command);
    bytes
}

fn service_key(ip: [u8; 4], port: u16) -> ServiceKey {
    ServiceKey::Address { protocol: Protocol::Tcp, ip: IpAddr::from(ip), port }
}

fn settings(scheduler: &str, flags: u32, timeout: u32, netmask: u32) -> ServiceSettings {
    let scheduler = scheduler.to_owned();
    ServiceSettings { scheduler, flags: ServiceFlags(flags), timeout, netmask, engine: None }
}

fn destination_at(
    last: u8,
    port: u16,
    forwarding: Forward,
    weight: u32,
    thresholds: (u32, u32),
) -> (DestinationKey, Destination) {
    let (upper_threshold, lower_threshold) = thresholds;
    let to = DestinationKey { ip: IpAddr::from([10, 1, 0, last]), port };
    (to, Destination { forwarding, weight, upper_threshold, lower_threshold })
}

#[test]
fn a_service_is_written_as_ipvsadm_writes_it() {
    let how = settings("rr", 1, 300, 0xffff_ff00);
    let ours = request(&IpvsCommand::AddService(service_key([10, 7, 0, 1], 80), how));
    let theirs = seen!("add_service");
    // From the generic header on: sequence numbers and port ids differ.
    assert_eq!((&ours[..8], &ours[16..]), (&theirs[..8], &theirs[16..]));
}

#[test]
fn destinations_and_timeouts_say_what_ipvsadm_says() {
    let theirs = seen!("set_destination");
    let command = command_of(&messages(&theirs).next().expect("a message"));
    let gue = Forward::Tunnel(Tunnel::Gue(6080, TunnelChecksum::Remote));
    let (to, how) = destination_at(4, 80, gue, 7, (0, 0));
    assert_eq!(command, Some(IpvsCommand::SetDestination(service_key([10, 0, 0, 1], 80), to, how)));

    let theirs = seen!("set_timeouts");
    let timeouts = Timeouts { tcp: 900, tcp_fin: 120, udp: 300 };
    assert_eq!(request(&IpvsCommand::SetTimeouts(timeouts))[16..], theirs[16..]);
    let theirs = seen!("delete_service");
    let command = command_of(&messages(&theirs).next().expect("a message"));
    assert_eq!(command, Some(IpvsCommand::DeleteService(service_key([10, 7, 0, 1], 80))));
}

#[test]
fn services_are_read() {
    let datagram = seen!("services");
    let read: Vec<_> = messages(&datagram).map(|message| service(&message).expect("a service")).collect();
    let all = u32::MAX;
    let udp = |ip: [u8; 4], port| ServiceKey::Address { protocol: Protocol::Udp, ip: IpAddr::from(ip), port };
    let v6 = IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 1]);
    let sip = ServiceSettings { engine: Some("sip".to_owned()), ..settings("rr", 1, 60, all) };
    let sctp = ServiceKey::Address { protocol: Protocol::Sctp, ip: IpAddr::from([10, 0, 0, 2]), port: 5000 };
    let expected = [
        (service_key([10, 0, 0, 1], 0), settings("wlc", 1, 300, 0xffff_ff00)),
        (service_key([10, 0, 0, 1], 80), settings("rr", 0, 0, all)),
        (udp([10, 0, 0, 1], 53), settings("sh", 0x1c, 0, all)),
        (udp([10, 0, 0, 9], 5060), sip),
        (sctp, settings("nq", 0, 0, all)),
        (ServiceKey::Address { protocol: Protocol::Tcp, ip: v6, port: 443 }, settings("lc", 0, 0, 128)),
        (ServiceKey::Mark { family: Family::V4, mark: 5 }, settings("mh", 0x31, 10, all)),
        (ServiceKey::Mark { family: Family::V6, mark: 6 }, settings("wrr", 1, 20, 64)),
    ];
    for service in &expected {
        assert!(read.contains(service), "{service:?} is not in {read:?}");
    }
    assert_eq!(read.len(), expected.len());
}

#[test]
fn destinations_are_read() {
    let datagram = seen!("destinations");
    let mut read: Vec<_> =
        messages(&datagram).map(|message| destination(&message, Family::V4).expect("a destination")).collect();
    read.sort_by_key(|(to, _)| *to);
    let gue = Forward::Tunnel(Tunnel::Gue(6080, TunnelChecksum::Remote));
    let gre = Forward::Tunnel(Tunnel::Gre(TunnelChecksum::Full));
    let expected = [
        destination_at(1, 8080, Forward::Masquerade, 3, (100, 50)),
        destination_at(2, 80, Forward::Direct, 0, (0, 0)),
        destination_at(3, 80, Forward::Tunnel(Tunnel::Ipip), 1, (0, 0)),
        destination_at(4, 80, gue, 7, (0, 0)),
        destination_at(5, 80, gre, 1, (0, 0)),
    ];
    assert_eq!(read, expected);
}

#[test]
fn daemons_and_timeouts_are_read() {
    let datagram = seen!("daemons");
    let read: Vec<_> = messages(&datagram).map(|message| daemon(&message).expect("a daemon")).collect();
    let expected = |role, id, max_length, group, port, ttl| {
        let group = Some(IpAddr::from(group));
        SyncDaemon { role, interface: "d0".to_owned(), id, max_length, group, port, ttl }
    };
    let master = expected(SyncRole::Master, 3, 1472, [224, 0, 0, 81], 8848, 1);
    assert_eq!(read, [master, expected(SyncRole::Backup, 4, 1024, [224, 0, 0, 82], 8850, 7)]);
    let datagram = seen!("timeouts");
    let read = timeouts(&messages(&datagram).next().expect("a message"));
    assert_eq!(read, Some(Timeouts { tcp: 900, tcp_fin: 120, udp: 300 }));
}

/// Everything that reads, over bytes of any kind.
fn read_all(bytes: &[u8]) {
    for message in messages(bytes) {
        let _ = kind(&message, FAMILY);
        let _ = (service(&message), destination(&message, Family::V4), daemon(&message), timeouts(&message));
    }
}

quickcheck! {
    fn what_is_written_is_read(any: Any) -> bool {
        let bytes = request(&any.0);
        let mut all = messages(&bytes);
        let read = all.next().and_then(|message| command_of(&message));
        read.as_ref() == Some(&any.0) && all.next().is_none() && bytes.len().is_multiple_of(4)
    }

    fn any_bytes_are_read(bytes: Vec<u8>) -> bool {
        read_all(&bytes);
        true
    }

    fn spoilt_messages_are_read(any: Any, spoil: Vec<(u16, u8)>, end: u16) -> bool {
        let mut bytes = request(&any.0);
        for (place, value) in spoil {
            let length = bytes.len();
            bytes[usize::from(place) % length] = value;
        }
        bytes.truncate(usize::from(end) % (bytes.len() + 1));
        read_all(&bytes);
        true
    }
}
