use super::*;
use std::net::UdpSocket;

#[test]
fn a_datagram_goes_there_and_comes_back() {
    for ip in loopbacks() {
        let server = UdpSocket::bind((ip, 0)).unwrap();
        let mut bed = Bed::new();
        bed.open(1, &dial(Transport::Udp, server.local_addr().unwrap()));
        assert_eq!(bed.at_once(), Some((1, ConnNews::Connected)), "it stands at once");
        bed.send(1, b"ask");
        let mut buffer = [0; 10];
        let (length, from) = server.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"ask");
        server.send_to(b"answer", from).unwrap();
        server.send_to(b"", from).unwrap();
        assert_eq!(bed.of(1), ConnNews::Data(b"answer".to_vec().into()));
        assert_eq!(bed.of(1), ConnNews::Data(Vec::new().into()), "an empty datagram is one");
        // Nobody else is heard.
        UdpSocket::bind((ip, 0)).unwrap().send_to(b"no", from).unwrap();
        assert!(bed.is_silent());
        bed.close(1);
    }
}

#[test]
fn that_nobody_is_there_is_told() {
    for ip in loopbacks() {
        let nobody = UdpSocket::bind((ip, 0)).unwrap().local_addr().unwrap();
        let mut bed = Bed::new();
        bed.open(1, &dial(Transport::Udp, nobody));
        assert_eq!(bed.of(1), ConnNews::Connected);
        bed.send(1, b"ask");
        assert_eq!(bed.of(1), failed(libc::ECONNREFUSED));
    }
}

#[test]
fn many_echoes_at_once_and_each_gets_its_own() {
    if !is_root() {
        return;
    }
    for ip in loopbacks() {
        let mut bed = Bed::new();
        for id in 1..=20_u64 {
            bed.open(id, &dial(Transport::Ping, SocketAddr::new(ip, 0)));
            assert_eq!(bed.of(id), ConnNews::Connected);
        }
        for id in 1..=20_u64 {
            bed.send(id, format!("echo {id}").as_bytes());
        }
        let mut heard: Vec<_> = (0..20).map(|_| bed.next()).collect();
        heard.sort_by_key(|(id, _)| *id);
        let wanted: Vec<_> =
            (1..=20).map(|id| (id, ConnNews::Data(format!("echo {id}").into_bytes().into()))).collect();
        assert_eq!(heard, wanted);
        assert!(bed.is_silent());
    }
}

/// A network namespace of the test's own: in a new one nobody may have the kernel's own sockets for echoes (`net.ipv4.ping_group_range`), and they
/// are raw.
fn where_echoes_are_raw() {
    #[allow(unsafe_code)]
    // SAFETY: it takes no memory, and concerns this thread alone, which is the test's own.
    let own = unsafe { libc::unshare(libc::CLONE_NEWNET) };
    assert_eq!(own, 0);
    assert!(std::process::Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
}

#[test]
fn an_echo_comes_from_the_address_that_it_is_to_come_from() {
    if !is_root() {
        return;
    }
    where_echoes_are_raw();
    for ip in loopbacks() {
        let mut bed = Bed::new();
        bed.open(1, &Dial { source: Some(ip), ..dial(Transport::Ping, SocketAddr::new(ip, 0)) });
        assert_eq!(bed.of(1), ConnNews::Connected);
        bed.send(1, b"echo");
        assert_eq!(bed.of(1), ConnNews::Data(b"echo".to_vec().into()));
    }
}

#[test]
fn what_fails_before_anybody_is_asked_is_no_fault_of_the_server() {
    let mut bed = Bed::new();
    for (id, transport) in (1..).zip([Transport::Tcp, Transport::Knock, Transport::Udp]) {
        // An address of the wrong family: EAFNOSUPPORT.
        let source = Some("::1".parse().unwrap());
        bed.open(id, &Dial { source, ..dial(transport, "127.0.0.1:9".parse().unwrap()) });
        let news = bed.of(id);
        assert!(matches!(news, ConnNews::Failed(ConnFailure::NotMade(_))), "{news:?}");
    }
}
