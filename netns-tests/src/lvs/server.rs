//! A small HTTP server that answers with its name, and can be told to be ill in several ways.

use crate::capture::{Stamp, now};
use crate::world::World;
use nix::sys::socket::{Shutdown, shutdown};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How a server treats a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// 200, with its name.
    Well,
    /// This status.
    Status(u16),
    /// 200, after this time.
    Slow(Duration),
    /// 200, a byte each time.
    Drip(Duration),
    /// Takes the connection and the request, and never answers.
    Mute,
    /// 200, with this instead of its name.
    Says(&'static str),
    /// 404 for this path, for all others 200.
    Lacks(&'static str),
}

/// A server on a machine. Stopped when dropped.
#[derive(Debug)]
pub struct Server {
    node: String,
    at: SocketAddr,
    shared: Arc<Shared>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Shared {
    name: String,
    manner: Mutex<Manner>,
    asked: AtomicUsize,
    open: Mutex<BTreeMap<usize, TcpStream>>,
    connected: Mutex<Vec<Stamp>>,
}

#[derive(Debug)]
struct Running {
    listener: OwnedFd,
    thread: JoinHandle<()>,
}

impl Server {
    /// Listens on every address of the machine, of both families. It answers with the machine's name, and the port if that is not 80.
    ///
    /// # Panics
    /// When the port is taken.
    #[must_use]
    pub fn start(world: &World, node: &str, port: u16) -> Server {
        let shared = Shared {
            name: if port == 80 { node.to_owned() } else { format!("{node}:{port}") },
            manner: Mutex::new(Manner::Well),
            asked: AtomicUsize::new(0),
            open: Mutex::default(),
            connected: Mutex::default(),
        };
        let at = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
        let mut server = Server { node: node.to_owned(), at, shared: Arc::new(shared), running: None };
        server.revive(world);
        server
    }

    /// Changes how it treats requests that come from now on.
    pub fn behave(&self, manner: Manner) {
        *lock(&self.shared.manner) = manner;
    }

    /// How many requests it has been given, those of checks too.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::Relaxed)
    }

    /// When each connection was taken.
    #[must_use]
    pub fn connected(&self) -> Vec<Stamp> {
        lock(&self.shared.connected).clone()
    }

    /// Whether it listens.
    #[must_use]
    pub fn lives(&self) -> bool {
        self.running.is_some()
    }

    /// Ends as a process does: the port is closed, connections break.
    pub fn kill(&mut self) {
        let Some(running) = self.running.take() else { return };
        // Wakes the thread that waits in accept.
        let _ = shutdown(running.listener.as_raw_fd(), Shutdown::Both);
        drop(running.listener);
        let _ = running.thread.join();
        for stream in lock(&self.shared.open).values() {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }

    /// Starts it again after [`Server::kill`].
    ///
    /// # Panics
    /// When the port is taken.
    pub fn revive(&mut self, world: &World) {
        if self.running.is_some() {
            return;
        }
        let (node, at) = (&self.node, self.at);
        // std sets SO_REUSEADDR: connections of the former life do not hold the port.
        let listener = world
            .namespace(node)
            .enter(|| TcpListener::bind(at))
            .unwrap_or_else(|e| panic!("the server on {node} at {at}: {e}"));
        let handle = listener.try_clone().expect("one more descriptor").into();
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name(node.clone()).spawn(move || accept(&listener, &shared));
        self.running = Some(Running { listener: handle, thread: thread.expect("a thread") });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A thread that failed leaves nothing half-done behind these locks.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept() {
        let shared = Arc::clone(shared);
        lock(&shared.connected).push(now());
        let id = lock(&shared.connected).len();
        if let Ok(copy) = stream.try_clone() {
            lock(&shared.open).insert(id, copy);
        }
        let work = move || {
            converse(stream, &shared);
            lock(&shared.open).remove(&id);
        };
        let _ = std::thread::Builder::new().stack_size(128 * 1024).spawn(work);
    }
}

/// Requests of one connection until it ends.
fn converse(mut stream: TcpStream, shared: &Shared) {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    // A checker that only connects may close at once: nothing to answer then.
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        request.extend_from_slice(&chunk[..count]);
        while let Some(end) = request.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            request.drain(..end + 4);
            shared.asked.fetch_add(1, Ordering::Relaxed);
            let last = head.contains("connection: close") || head.contains("http/1.0");
            let path = head.split_whitespace().nth(1).unwrap_or_default();
            if answer(&mut stream, shared, path, last).is_err() || last {
                let _ = stream.shutdown(std::net::Shutdown::Both);
                return;
            }
        }
    }
}

fn answer(stream: &mut TcpStream, shared: &Shared, path: &str, last: bool) -> std::io::Result<()> {
    let manner = *lock(&shared.manner);
    let status = match manner {
        Manner::Status(status) => status,
        Manner::Lacks(missing) if missing == path => 404,
        _ => 200,
    };
    let body = match manner {
        Manner::Says(text) => text.to_owned(),
        _ => format!("{}\n", shared.name),
    };
    let connection = if last { "close" } else { "keep-alive" };
    let answer = format!(
        "HTTP/1.1 {status} So\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: {connection}\r\n\r\n{body}",
        body.len()
    );
    match manner {
        Manner::Well | Manner::Status(_) | Manner::Says(_) | Manner::Lacks(_) => stream.write_all(answer.as_bytes()),
        Manner::Slow(time) => {
            std::thread::sleep(time);
            stream.write_all(answer.as_bytes())
        }
        Manner::Drip(time) => {
            for byte in answer.as_bytes() {
                stream.write_all(&[*byte])?;
                std::thread::sleep(time);
            }
            Ok(())
        }
        Manner::Mute => {
            // Until the other side has had enough.
            let mut rest = [0; 64];
            while stream.read(&mut rest)? > 0 {}
            Ok(())
        }
    }
}
