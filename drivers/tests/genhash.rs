//! `genhash`: what the check of a real server computes, on servers of ours, beside the C version where it is installed.
#![allow(clippy::expect_used, clippy::panic)]

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread;

const C: &str = "/usr/bin/genhash";
/// Of "hello".
const HELLO: &str = "5d41402abc4b2a76b9719d911017c592\n";

/// How a server answers.
#[derive(Clone)]
struct Answer {
    pieces: Vec<Vec<u8>>,
    tls: Option<Arc<ServerConfig>>,
    /// With a `close_notify`.
    announced: bool,
}

impl Answer {
    fn new(text: impl AsRef<[u8]>) -> Answer {
        Answer { pieces: vec![text.as_ref().to_vec()], tls: None, announced: true }
    }
}

fn until_empty_line(stream: &mut impl Read) -> Vec<u8> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|length| length > 0) {
        request.push(byte[0]);
    }
    request
}

/// Serves until the process ends. Requests are answered alike, each is sent back in the header `X-Request`.
fn serve(answer: Answer) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || respond(stream, &answer));
        }
    });
    address
}

fn respond(mut stream: TcpStream, answer: &Answer) {
    let Some(config) = &answer.tls else {
        until_empty_line(&mut stream);
        for piece in &answer.pieces {
            let _ = stream.write_all(piece);
        }
        return;
    };
    let session = ServerConnection::new(Arc::clone(config)).expect("a session");
    let mut stream = StreamOwned::new(session, stream);
    until_empty_line(&mut stream);
    for piece in &answer.pieces {
        let _ = stream.write_all(piece);
    }
    if answer.announced {
        stream.conn.send_close_notify();
    }
    let _ = stream.flush();
}

fn self_signed() -> Arc<ServerConfig> {
    let made = rcgen::generate_simple_self_signed(vec!["www.example.org".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a configuration");
    Arc::new(config)
}

fn ours(address: SocketAddr, more: &[&str]) -> Output {
    run(Command::new(env!("CARGO_BIN_EXE_keepalived")).arg0("genhash"), address, more)
}

fn run(command: &mut Command, address: SocketAddr, more: &[&str]) -> Output {
    let (ip, port) = (address.ip().to_string(), address.port().to_string());
    command.args(["-s", &ip, "-p", &port, "-u", "/page"]).args(more).output().expect("it can be started")
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Every way in which a body can end, and the C version's sum of it.
#[test]
fn the_sums_are_those_of_the_c_version() {
    let long: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    let with_length = |body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let until_close = |body: &[u8]| [b"HTTP/1.0 200 OK\r\n\r\n", body].concat();
    let mut answers = vec![
        ("length", Answer::new(with_length(b"hello")), Some(HELLO)),
        ("close", Answer::new(until_close(b"hello")), Some(HELLO)),
        ("more than its length", Answer::new("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello world"), Some(HELLO)),
        ("an error", Answer::new("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello"), Some(HELLO)),
        ("less than its length", Answer::new("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), Some(HELLO)),
        ("empty", Answer::new(with_length(b"")), Some("d41d8cd98f00b204e9800998ecf8427e\n")),
        ("long", Answer::new(with_length(&long)), None),
        ("long until the close", Answer::new(until_close(&long)), None),
        (
            "chunks",
            Answer::new("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;a\r\nabc\r\n0\r\n\r\n"),
            None,
        ),
    ];
    let mut pieces = Answer::new(b"HTTP/1.1 200 OK\r\nConten");
    pieces.pieces.extend([b"t-Length: 5\r\n\r\nhe".to_vec(), b"llo".to_vec()]);
    answers.push(("pieces", pieces, Some(HELLO)));
    for (announced, what) in [(true, "TLS"), (false, "TLS without an announced end")] {
        let mut tls = Answer::new(until_close(b"hello"));
        (tls.tls, tls.announced) = (Some(self_signed()), announced);
        answers.push((what, tls, Some(HELLO)));
    }
    let with_c = Path::new(C).exists();
    for (what, answer, expected) in answers {
        let tls: &[&str] = if answer.tls.is_some() { &["-S"] } else { &[] };
        let address = serve(answer);
        let got = printed(&ours(address, tls));
        if let Some(expected) = expected {
            assert_eq!(got, expected, "{what}");
        }
        if with_c {
            let of_c = run(&mut Command::new(C), address, tls);
            assert_eq!(got, String::from_utf8_lossy(&of_c.stdout), "{what}: the C version");
        }
    }
    if !with_c {
        println!("{C} is not here: the sums were not compared with it");
    }
}

#[test]
fn it_is_called_by_many_names() {
    let address = serve(Answer::new("HTTP/1.0 200 OK\r\n\r\nhello"));
    let program = || Command::new(env!("CARGO_BIN_EXE_keepalived"));
    assert_eq!(printed(&run(program().arg("genhash"), address, &[])), HELLO);
    assert_eq!(printed(&run(program().arg("--genhash"), address, &[])), HELLO);
    assert_eq!(printed(&run(program().arg("-T"), address, &["-P", "1.0c", "-t", "5", "-V", "a.example.org"])), HELLO);
}

#[test]
fn the_dialogue_is_shown() {
    let address = serve(Answer::new("HTTP/1.0 200 OK\r\nX: y\r\n\r\nhello"));
    let text = printed(&ours(address, &["-v", "-P", "1.1", "-V", "www.example.org"]));
    let expected = "GET /page HTTP/1.1\nUser-Agent: KeepAliveClient\nConnection: close\nHost: www.example.org\n\n\
                    HTTP/1.0 200 OK\nX: y\n00000000  68 65 6c 6c 6f                                    |hello|\n\
                    5 bytes of the body in ";
    assert!(text.replace('\r', "").starts_with(expected), "{text}");
    assert!(text.ends_with(HELLO), "{text}");
}

#[test]
fn why_there_is_no_sum() {
    let failed = |address: SocketAddr, more: &[&str], reason: &str| {
        let output = ours(address, more);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("genhash: {reason}\n"));
    };
    failed(serve(Answer::new("")), &[], "the connection was closed after no answer");
    failed(serve(Answer::new("SSH-2.0-x\r\n\r\n")), &[], "the answer is not HTTP: \"SSH-2.0-x\\r\\n\\r\\n\"");
    // Bound, and nobody listens any more.
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("an address");
    failed(closed, &[], "not connected: connection refused");
    // Nobody answers.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = silent.local_addr().expect("an address");
    failed(address, &["-t", "1"], "no complete answer within 1 s: no answer");
    failed(address, &["-S", "-t", "1"], "no TLS session within 1 s");
    let output = Command::new(env!("CARGO_BIN_EXE_keepalived")).args(["genhash", "-s", "x"]).output().expect("started");
    assert_eq!(output.status.code(), Some(1));
}
