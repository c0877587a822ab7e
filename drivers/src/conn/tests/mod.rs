//! On loopback, with servers that lie.

mod datagrams;
mod streams;
mod tls;

use super::*;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(20);

struct Bed {
    runtime: Runtime,
    conns: Conns,
}

impl Bed {
    fn new() -> Bed {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let conns = {
            let _guard = runtime.enter();
            Conns::new(1000).unwrap()
        };
        Bed { runtime, conns }
    }

    fn open(&mut self, id: u64, dial: &Dial) {
        self.conns.open(ConnId(id), dial);
    }

    fn send(&mut self, id: u64, bytes: &[u8]) {
        self.conns.send(ConnId(id), bytes.into());
    }

    fn close(&mut self, id: u64) {
        self.conns.close(ConnId(id));
    }

    /// What is there without waiting.
    fn at_once(&mut self) -> Option<(u64, ConnNews<'static>)> {
        self.conns.take().map(|(id, news)| (id.0, owned(news)))
    }

    /// Ends the turn and waits for the next one. False: nothing came in `limit`.
    fn turn(&mut self, limit: Duration) -> bool {
        self.conns.settle();
        if self.conns.has_work() {
            return true;
        }
        let conns = &mut self.conns;
        let ready = std::future::poll_fn(|cx| conns.poll_ready(cx));
        self.runtime.block_on(async { tokio::time::timeout(limit, ready).await }).map(Result::unwrap).is_ok()
    }

    fn next(&mut self) -> (u64, ConnNews<'static>) {
        loop {
            if let Some(news) = self.at_once() {
                return news;
            }
            assert!(self.turn(LONG), "no news");
        }
    }

    /// The next news, which is of connection `id`.
    fn of(&mut self, id: u64) -> ConnNews<'static> {
        let (of, news) = self.next();
        assert_eq!(of, id, "{news:?}");
        news
    }

    /// What a connection says after it stands, until its last news.
    fn all(&mut self, id: u64) -> (Vec<u8>, ConnNews<'static>) {
        let mut bytes = Vec::new();
        loop {
            match self.of(id) {
                ConnNews::Data(data) => bytes.extend(data.iter()),
                news => return (bytes, news),
            }
        }
    }

    /// Nothing is said for a while.
    fn is_silent(&mut self) -> bool {
        self.at_once().is_none() && (!self.turn(Duration::from_millis(50)) || self.at_once().is_none())
    }
}

fn owned(news: ConnNews<'_>) -> ConnNews<'static> {
    match news {
        ConnNews::Data(data) => ConnNews::Data(Cow::Owned(data.into_owned())),
        ConnNews::Connected => ConnNews::Connected,
        ConnNews::Closed { clean } => ConnNews::Closed { clean },
        ConnNews::Failed(failure) => ConnNews::Failed(failure),
    }
}

fn dial(transport: Transport, to: SocketAddr) -> Dial {
    Dial { transport, ip: to.ip(), port: to.port(), source: None, source_port: 0, device: None, mark: 0 }
}

fn failed(errno: i32) -> ConnNews<'static> {
    ConnNews::Failed(ConnFailure::Errno(Errno(errno)))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn loopbacks() -> [IpAddr; 2] {
    ["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()]
}
