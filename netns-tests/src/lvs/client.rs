//! Clients: one request, a connection that is kept, and one who keeps asking.

use crate::capture::{Stamp, now};
use crate::world::World;
use nix::sched::{CloneFlags, setns};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// One request over a connection of its own; the name of the server that answered.
///
/// # Errors
/// When there was no whole answer with status 200 within `limit`.
pub fn ask(world: &World, node: &str, at: SocketAddr, limit: Duration) -> io::Result<String> {
    world.namespace(node).enter(|| once(at, limit))
}

fn once(at: SocketAddr, limit: Duration) -> io::Result<String> {
    let mut kept = Kept::open(at, limit)?;
    kept.request("close")
}

/// A connection that serves several requests.
#[derive(Debug)]
pub struct Kept {
    stream: BufReader<Timed>,
    limit: Duration,
}

/// A connection whose reads end at a deadline, however slowly bytes come.
#[derive(Debug)]
struct Timed {
    stream: TcpStream,
    until: Instant,
}

impl Read for Timed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no whole answer in time"));
        }
        self.stream.set_read_timeout(Some(left))?;
        match self.stream.read(bytes) {
            // What Linux says of a socket whose time is up.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))
            }
            other => other,
        }
    }
}

impl Kept {
    /// Connects from a machine.
    ///
    /// # Errors
    /// When nobody answers within `limit`, which is also the limit for each answer.
    pub fn connect(world: &World, node: &str, at: SocketAddr, limit: Duration) -> io::Result<Kept> {
        world.namespace(node).enter(|| Kept::open(at, limit))
    }

    fn open(at: SocketAddr, limit: Duration) -> io::Result<Kept> {
        let stream = TcpStream::connect_timeout(&at, limit)?;
        stream.set_nodelay(true)?;
        let timed = Timed { stream, until: Instant::now() };
        Ok(Kept { stream: BufReader::new(timed), limit })
    }

    /// One more request; the name of the server that answered.
    ///
    /// # Errors
    /// When there was no whole answer with status 200.
    pub fn ask(&mut self) -> io::Result<String> {
        self.request("keep-alive")
    }

    fn request(&mut self, connection: &str) -> io::Result<String> {
        let request = format!("GET / HTTP/1.1\r\nHost: service\r\nConnection: {connection}\r\n\r\n");
        let timed = self.stream.get_mut();
        timed.until = Instant::now() + self.limit;
        timed.stream.write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 200") {
            return Err(io::Error::other(format!("answered {:?}", line.trim())));
        }
        let mut length = 0;
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match line.trim().split_once(':') {
                None if line.trim().is_empty() => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(io::Error::other)?;
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(String::from_utf8_lossy(&body).trim().to_owned())
    }
}

/// What became of one question.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When it was asked.
    pub at: Stamp,
    /// Who answered, or why nobody did.
    pub answer: Result<String, String>,
}

/// Asks again and again, each time over a new connection. Stops when dropped.
#[derive(Debug)]
pub struct Asker {
    stop: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<Asked>>>,
    thread: Option<JoinHandle<()>>,
}

impl Asker {
    /// One question every `period`, if it is answered sooner; given up after `limit`.
    ///
    /// # Panics
    /// When there is no thread for it.
    #[must_use]
    pub fn start(world: &World, node: &str, at: SocketAddr, period: Duration, limit: Duration) -> Asker {
        let namespace = world.namespace(node).file().try_clone().expect("one more descriptor");
        let stop = Arc::new(AtomicBool::new(false));
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (halt, log) = (Arc::clone(&stop), Arc::clone(&asked));
        let work = move || {
            setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET).expect("the client's namespace");
            while !halt.load(Ordering::Relaxed) {
                let at_time = now();
                let answer = once(at, limit).map_err(|e| e.to_string());
                log.lock().unwrap_or_else(PoisonError::into_inner).push(Asked { at: at_time, answer });
                std::thread::sleep(period.saturating_sub(now() - at_time));
            }
        };
        let thread = std::thread::Builder::new().name(format!("asker on {node}")).spawn(work).expect("a thread");
        Asker { stop, asked, thread: Some(thread) }
    }

    /// Everything so far.
    ///
    /// # Panics
    /// Never in practice.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those that were asked since.
    #[must_use]
    pub fn since(&self, time: Stamp) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.at >= time).collect()
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
