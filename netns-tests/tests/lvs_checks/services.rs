//! Small servers of the kinds that checks talk to, which can be told to be ill. Those of HTTP are in `lvs::server`.

use keepalived_netns_tests::lvs::prelude::*;
use nix::sys::socket::{Shutdown, shutdown};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// How a server treats who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// Answers, but not what it should.
    Wrong,
    /// Takes what it gets, and says nothing.
    Silent,
}

/// What a server talks.
#[derive(Clone, Debug)]
pub(crate) enum Tongue {
    /// HTTP over TLS, with a certificate that it has signed itself.
    Https(Arc<ServerConfig>),
    Smtp,
    Dns,
    /// `pong` to whatever comes, over UDP.
    Pong,
}

impl Tongue {
    pub(crate) fn https() -> Tongue {
        let key = KeyPair::generate().expect("a key");
        let certificate =
            CertificateParams::new(vec!["r1.test".to_owned()]).and_then(|params| params.self_signed(&key));
        let chain = vec![certificate.expect("a certificate").der().clone()];
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key.into()));
        Tongue::Https(Arc::new(config.expect("versions and a key that fit")))
    }
}

/// A server on a machine. Stopped when dropped.
pub(crate) struct Service {
    node: &'static str,
    port: u16,
    tongue: Tongue,
    mood: Arc<Mutex<Mood>>,
    running: Option<(OwnedFd, JoinHandle<()>)>,
}

impl Service {
    pub(crate) fn start(farm: &Farm, node: &'static str, port: u16, tongue: Tongue) -> Service {
        let mut service = Service { node, port, tongue, mood: Arc::new(Mutex::new(Mood::Well)), running: None };
        service.revive(farm);
        service
    }

    /// Changes how it treats those who ask from now on.
    pub(crate) fn behave(&self, mood: Mood) {
        *self.mood.lock().expect("no thread failed") = mood;
    }

    /// Its port is closed.
    pub(crate) fn kill(&mut self) {
        let Some((socket, thread)) = self.running.take() else { return };
        // Wakes the thread that waits for something to come; of a socket for datagrams too, though it is said to be an error.
        let _ = shutdown(socket.as_raw_fd(), Shutdown::Both);
        drop(socket);
        thread.join().expect("the server went on to the end");
    }

    /// Starts it again after [`Service::kill`].
    pub(crate) fn revive(&mut self, farm: &Farm) {
        let (at, tongue, mood) = ((Ipv4Addr::UNSPECIFIED, self.port), self.tongue.clone(), Arc::clone(&self.mood));
        let mood = move || *mood.lock().expect("no thread failed");
        let copy = |fd: &dyn AsFd| fd.as_fd().try_clone_to_owned().expect("one more descriptor");
        self.running = Some(farm.world.namespace(self.node).enter(|| match tongue {
            Tongue::Dns | Tongue::Pong => {
                let socket = UdpSocket::bind(at).expect("a free port");
                (copy(&socket), std::thread::spawn(move || datagrams(&socket, &tongue, mood)))
            }
            Tongue::Https(_) | Tongue::Smtp => {
                let listener = TcpListener::bind(at).expect("a free port");
                (copy(&listener), std::thread::spawn(move || connections(&listener, &tongue, mood)))
            }
        }));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

fn datagrams(socket: &UdpSocket, tongue: &Tongue, mood: impl Fn() -> Mood) {
    let mut datagram = [0; 2048];
    while let Ok((count @ 1.., from)) = socket.recv_from(&mut datagram) {
        let mood = mood();
        let answer = match tongue {
            _ if mood == Mood::Silent => continue,
            Tongue::Dns => answered(&datagram[..count], mood),
            _ if mood == Mood::Wrong => b"what?".to_vec(),
            _ => b"pong".to_vec(),
        };
        let _ = socket.send_to(&answer, from);
    }
}

/// The question, with the bit of an answer (RFC 1035 section 4.1.1), and SERVFAIL if asked for.
fn answered(question: &[u8], mood: Mood) -> Vec<u8> {
    let mut answer = question.to_vec();
    if let Some([flags, code]) = answer.get_mut(2..4) {
        *flags |= 0x80;
        *code = if mood == Mood::Wrong { 2 } else { 0 };
    }
    answer
}

fn connections(listener: &TcpListener, tongue: &Tongue, mood: impl Fn() -> Mood) {
    while let Ok((stream, _)) = listener.accept() {
        let (tongue, mood) = (tongue.clone(), mood());
        // Whoever asks may go away at any time.
        std::thread::spawn(move || match tongue {
            _ if mood == Mood::Silent => io::copy(&mut &stream, &mut io::sink()).map(|_| ()),
            Tongue::Https(config) => https(stream, config, mood),
            _ => smtp(stream, mood),
        });
    }
}

fn https(stream: TcpStream, config: Arc<ServerConfig>, mood: Mood) -> io::Result<()> {
    let session = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(session, stream));
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
    }
    let stream = stream.get_mut();
    let status = if mood == Mood::Wrong { 500 } else { 200 };
    write!(stream, "HTTP/1.1 {status} So\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")?;
    stream.conn.send_close_notify();
    stream.flush()?;
    // Until the other side has read it.
    io::copy(&mut stream.sock, &mut io::sink()).map(|_| ())
}

fn smtp(stream: TcpStream, mood: Mood) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 small\r\n")?;
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        let answer: &[u8] = match (line.trim(), mood) {
            ("QUIT", _) => b"221 bye\r\n",
            (_, Mood::Wrong) => b"550 no\r\n",
            _ => b"250 well\r\n",
        };
        stream.get_mut().write_all(answer)?;
        line.clear();
    }
    Ok(())
}
