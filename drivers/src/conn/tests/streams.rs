use super::*;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

fn listen(ip: IpAddr) -> (TcpListener, Dial) {
    let listener = TcpListener::bind((ip, 0)).unwrap();
    let dial = dial(Transport::Tcp, listener.local_addr().unwrap());
    (listener, dial)
}

fn v4() -> IpAddr {
    Ipv4Addr::LOCALHOST.into()
}

/// A port where nobody listens.
fn closed(ip: IpAddr) -> Dial {
    listen(ip).1
}

/// A listener, and what is done with each of its connections.
fn serve(mut with: impl FnMut(TcpStream) + Send + 'static) -> Dial {
    let (listener, dial) = listen(v4());
    thread::spawn(move || listener.incoming().for_each(|stream| with(stream.unwrap())));
    dial
}

fn reset(stream: &TcpStream) {
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
}

#[test]
fn here_a_check_is_over_without_a_turn_of_the_epoll() {
    let mut bed = Bed::new();
    for (id, ip) in (1..).zip(loopbacks()) {
        let (_listener, dial) = listen(ip);
        bed.open(id, &dial);
        assert_eq!(bed.at_once(), Some((id, ConnNews::Connected)));
        assert!(bed.conns.table[&ConnId(id)].watched.is_empty());
        bed.close(id);
        bed.open(id + 10, &closed(ip));
        assert_eq!(bed.at_once(), Some((id + 10, failed(libc::ECONNREFUSED))));
        bed.close(id + 10);
    }
    assert_eq!((bed.conns.open_count(), bed.at_once()), (0, None));
}

#[test]
fn what_is_closed_before_the_end_is_reset() {
    let (listener, dial) = listen(v4());
    let mut bed = Bed::new();
    for id in 1..=100 {
        bed.open(id, &dial);
        assert_eq!(bed.of(id), ConnNews::Connected);
        bed.close(id);
        // Accepted or not, the peer is told at once.
        let mut stream = listener.accept().unwrap().0;
        assert_eq!(stream.read(&mut [0]).unwrap_err().raw_os_error(), Some(libc::ECONNRESET));
    }
    let waiting = || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let port = format!(":{:04X} 06 ", dial.port);
        table.lines().filter(|line| line.contains(&port)).count()
    };
    assert_eq!(waiting(), 0, "connections in TIME_WAIT");
}

/// Again and again with the same sockets, and nothing is left behind, whatever came of it.
#[test]
fn who_only_knocks_bothers_nobody() {
    let mut bed = Bed::new();
    for (n, ip) in (0..).zip(loopbacks()) {
        let (listener, dial) = listen(ip);
        listener.set_nonblocking(true).unwrap();
        let knock = |dial: Dial| Dial { transport: Transport::Knock, ..dial };
        let (up, down) = (knock(dial), knock(closed(ip)));
        for id in (1000 * n + 1..).step_by(2).take(200) {
            bed.open(id, &up);
            assert_eq!(bed.of(id), ConnNews::Connected);
            bed.open(id + 1, &down);
            assert_eq!(bed.of(id + 1), failed(libc::ECONNREFUSED));
            bed.close(id);
            bed.close(id + 1);
        }
        let nobody = listener.accept().unwrap_err();
        assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
        let table = std::fs::read_to_string(if ip.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" }).unwrap();
        let port = format!(":{:04X} ", up.port);
        let left = table.lines().filter(|line| line.contains(&port) && !line.contains(" 0A ")).count();
        assert_eq!(left, 0, "connections that go on: {table}");
    }
    assert_eq!((bed.conns.open_count(), bed.at_once()), (0, None));
}

/// A socket that waited in the epoll is used again.
#[test]
fn who_knocked_in_vain_knocks_again() {
    let (listener, dial) = listen(v4());
    rustix::net::listen(&listener, 0).unwrap();
    let full = Dial { transport: Transport::Knock, ..dial };
    // Its queue of connections is full.
    let _first = TcpStream::connect((full.ip, full.port)).unwrap();
    let mut bed = Bed::new();
    for id in (1..40).step_by(2) {
        bed.open(id, &full);
        assert!(bed.at_once().is_none());
        bed.conns.settle();
        bed.close(id);
        let (_open, dial) = listen(v4());
        bed.open(id + 1, &Dial { transport: Transport::Knock, ..dial });
        assert_eq!(bed.of(id + 1), ConnNews::Connected);
        bed.close(id + 1);
    }
    assert!(bed.is_silent());
}

#[test]
fn what_the_peer_has_ended_ends_quietly() {
    let (listener, dial) = listen(v4());
    let mut bed = Bed::new();
    bed.open(1, &dial);
    let mut stream = listener.accept().unwrap().0;
    stream.write_all(b"220 hello\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(bed.of(1), ConnNews::Connected);
    assert_eq!(bed.all(1), (b"220 hello\r\n".to_vec(), ConnNews::Closed { clean: true }));
    assert!(bed.is_silent(), "the last news is told once");
    bed.close(1);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "no reset");
}

#[test]
fn requests_and_answers() {
    let dial = serve(|mut stream| {
        let mut request = [0; 5];
        stream.read_exact(&mut request).unwrap();
        // Byte for byte.
        for byte in request {
            stream.write_all(&[byte + 1]).unwrap();
            thread::sleep(Duration::from_millis(2));
        }
    });
    let mut bed = Bed::new();
    bed.open(1, &dial);
    assert_eq!(bed.of(1), ConnNews::Connected);
    bed.send(1, b"abc");
    bed.send(1, b"de");
    assert_eq!(bed.all(1), (b"bcdef".to_vec(), ConnNews::Closed { clean: true }));
}

#[test]
fn what_finds_no_room_is_sent_later() {
    let dial = serve(|mut stream| {
        thread::sleep(Duration::from_millis(20));
        let mut count = 0_u32;
        let mut buffer = vec![0; 1 << 20];
        while count < 8 << 20 {
            count += u32::try_from(stream.read(&mut buffer).unwrap()).unwrap();
        }
        stream.write_all(b"all").unwrap();
    });
    let mut bed = Bed::new();
    bed.open(1, &dial);
    assert_eq!(bed.of(1), ConnNews::Connected);
    bed.send(1, &vec![7; 5 << 20]);
    bed.send(1, &vec![8; 3 << 20]);
    assert_eq!(bed.all(1), (b"all".to_vec(), ConnNews::Closed { clean: true }));
}

#[test]
fn a_reset_is_a_failure() {
    let dial = serve(|mut stream| {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        reset(&stream);
    });
    let mut bed = Bed::new();
    bed.open(1, &dial);
    assert_eq!(bed.of(1), ConnNews::Connected);
    bed.send(1, b"x");
    assert_eq!(bed.of(1), failed(libc::ECONNRESET));
    bed.send(1, b"y");
    assert!(bed.is_silent());
}

#[test]
fn a_server_that_never_ends_holds_up_nobody() {
    let flood = serve(|mut stream| {
        thread::spawn(move || while stream.write_all(&[b'x'; 65536]).is_ok() {});
    });
    let word = serve(|mut stream| stream.write_all(b"word").unwrap());
    let mut bed = Bed::new();
    bed.open(1, &flood);
    bed.open(2, &word);
    let (mut turns, mut in_turn) = (0, 0);
    loop {
        match bed.at_once() {
            Some((2, ConnNews::Closed { .. })) => break,
            Some((1, ConnNews::Data(_))) => in_turn += 1,
            Some((_, news)) => assert!(!matches!(news, ConnNews::Failed(_)), "{news:?}"),
            None => {
                assert!(in_turn <= READS_PER_TURN, "{in_turn} reads in a turn");
                (turns, in_turn) = (turns + 1, 0);
                assert!(turns < 100_000 && bed.turn(LONG));
            }
        }
    }
    bed.close(1);
    assert_eq!(bed.conns.open_count(), 1);
}

#[test]
fn nobody_answers_and_nothing_is_said() {
    // Its queue of connections is full: further ones get no answer.
    let (listener, dial) = listen(v4());
    rustix::net::listen(&listener, 0).unwrap();
    let mut bed = Bed::new();
    let mut stuck = None;
    for id in 1..10 {
        bed.open(id, &dial);
        if bed.at_once().is_none() {
            stuck = Some(id);
            break;
        }
    }
    let stuck = stuck.unwrap();
    assert!(bed.is_silent());
    bed.close(stuck);
    assert!(bed.is_silent());
}

#[test]
fn connections_come_from_where_they_should() {
    let (listener, dial) = listen(v4());
    let source = "127.0.0.9".parse().unwrap();
    let mut bed = Bed::new();
    let from = |bed: &mut Bed, id, dial: &Dial| {
        bed.open(id, dial);
        assert_eq!(bed.of(id), ConnNews::Connected);
        let peer = listener.accept().unwrap().1;
        bed.close(id);
        peer
    };
    assert_eq!(from(&mut bed, 1, &Dial { source: Some(source), ..dial.clone() }).ip(), source);
    let port = listen(v4()).1.port;
    let both = Dial { source: Some(source), source_port: port, ..dial.clone() };
    // Again and again: nothing is left behind.
    for id in 2..10 {
        assert_eq!(from(&mut bed, id, &both), SocketAddr::new(source, port));
    }
    assert_eq!(from(&mut bed, 10, &Dial { source_port: port, ..dial.clone() }).port(), port);
    let device = |name: &str| Dial { device: Some(name.into()), ..dial.clone() };
    from(&mut bed, 11, &device("lo"));
    if is_root() {
        from(&mut bed, 12, &Dial { mark: 7, ..dial.clone() });
    }
}

#[test]
fn what_is_our_own_fault_is_told_apart() {
    let (_listener, dial) = listen(v4());
    let mut bed = Bed::new();
    let elsewhere = Dial { source: Some("192.0.2.1".parse().unwrap()), ..dial.clone() };
    bed.open(1, &elsewhere);
    let no_device = Dial { device: Some("no-such-dev".into()), ..dial.clone() };
    bed.open(2, &no_device);
    bed.conns.set_limit(2);
    for id in 3..=5 {
        bed.open(id, &dial);
    }
    let mut told: Vec<_> = (0..5).map(|_| bed.next()).collect();
    told.sort_by_key(|(id, _)| *id);
    let not_made = |errno| ConnNews::Failed(ConnFailure::NotMade(Errno(errno)));
    assert_eq!(told[0].1, not_made(libc::EADDRNOTAVAIL));
    assert_eq!(told[1].1, not_made(libc::ENODEV));
    assert_eq!((&told[2].1, &told[3].1), (&ConnNews::Connected, &ConnNews::Connected));
    assert_eq!(told[4].1, not_made(libc::EMFILE));
    bed.close(3);
    bed.open(6, &dial);
    assert_eq!(bed.of(6), ConnNews::Connected);
}
