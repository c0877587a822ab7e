//! A director in a small world: servers that answer at once or never, a kernel's table, scripts that end when they are told to.
#![allow(dead_code, unreachable_pub, clippy::expect_used)] // Each test uses a part of it, and says what it expects.

use keepalived_core::check::*;
use keepalived_core::config::model::Config;
use keepalived_core::config::{self, Source};
use keepalived_core::event::lvs::{LvsEvent, RealName};
use keepalived_core::ipvs::{IpvsCommand, SyncDaemon, SyncRole, Table, diff};
use keepalived_core::kernel::Errno;
use keepalived_core::vrrp::{ScriptId, ScriptRun, ScriptStatus};
use keepalived_core::{Engine, Time};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

/// What a server does with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Takes it.
    Up,
    /// Refuses it.
    Refuses,
    /// Says nothing.
    Silent,
    /// This machine has no descriptor left.
    Unreached,
}

/// The engine and its world.
#[derive(Clone)]
pub struct Director {
    pub engine: Checkers,
    pub now: Time,
    pub kernel: Table,
    pub sync: BTreeMap<SyncRole, SyncDaemon>,
    /// Every address that is not here is up.
    pub servers: BTreeMap<IpAddr, Server>,
    pub commands: Vec<IpvsCommand>,
    pub events: Vec<LvsEvent>,
    pub fifo: Vec<String>,
    /// Connections that were opened, and when.
    pub opened: Vec<(Time, IpAddr)>,
    open: BTreeMap<ConnId, (Time, IpAddr)>,
    /// The longest that a connection was open.
    pub longest: Duration,
    /// How a program ends; those that are not here end with 0. `None`: not before it is told to.
    pub programs: BTreeMap<String, Option<ScriptStatus>>,
    pub ran: Vec<String>,
    pub running: Vec<ScriptRun>,
    pub killed: Vec<ScriptId>,
    /// Scripts die of it.
    pub kills: bool,
    pub stopped: bool,
    inbox: VecDeque<Input<'static>>,
}

pub fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A configuration; there may be warnings, but no errors.
pub fn read(text: &str) -> Config {
    let source = Source::single("lvs.conf", text);
    let parsed = config::parse(&source);
    let said: Vec<String> = parsed.diagnostics.iter().map(|d| config::render_line(d, &source)).collect();
    assert!(parsed.is_usable(), "{text}\n{said:#?}");
    parsed.config
}

impl Director {
    pub fn bare(seed: u64) -> Director {
        Director {
            engine: Checkers::new(seed),
            now: Time::from_secs(1000),
            kernel: Table::default(),
            sync: BTreeMap::new(),
            servers: BTreeMap::new(),
            commands: Vec::new(),
            events: Vec::new(),
            fifo: Vec::new(),
            opened: Vec::new(),
            open: BTreeMap::new(),
            longest: Duration::ZERO,
            programs: BTreeMap::new(),
            ran: Vec::new(),
            running: Vec::new(),
            killed: Vec::new(),
            kills: false,
            stopped: false,
            inbox: VecDeque::new(),
        }
    }

    pub fn new(text: &str) -> Director {
        let mut director = Director::bare(1);
        director.configure(text);
        director
    }

    /// The engine is written down and read back.
    pub fn restore(&mut self) {
        let bytes = self.snapshot();
        self.engine = postcard::from_bytes(&bytes).expect("a snapshot");
    }

    pub fn snapshot(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.engine).expect("a snapshot")
    }

    pub fn configure(&mut self, text: &str) {
        self.input(Input::Configure(std::sync::Arc::new(read(text))));
    }

    pub fn input(&mut self, input: Input<'static>) {
        self.inbox.push_back(input);
        while let Some(input) = self.inbox.pop_front() {
            self.engine.handle(self.now, input);
            while let Some(output) = self.engine.poll() {
                self.act(output);
            }
        }
    }

    fn act(&mut self, output: Output) {
        match output {
            Output::Open(id, dial) => {
                self.opened.push((self.now, dial.ip));
                assert!(self.open.insert(id, (self.now, dial.ip)).is_none(), "a connection's name was used twice");
                let news = match self.server(dial.ip) {
                    Server::Up => ConnNews::Connected,
                    Server::Refuses => ConnNews::Failed(ConnFailure::Errno(Errno(111))),
                    Server::Unreached => ConnNews::Failed(ConnFailure::NotMade(Errno(24))),
                    Server::Silent => return,
                };
                self.inbox.push_back(Input::Connection { id, news });
            }
            Output::Send(id, bytes) => {
                let Some((_, ip)) = self.open.get(&id).copied() else { return };
                let answer = |status: &str| format!("HTTP/1.0 {status}\r\nContent-Length: 0\r\n\r\n").into_bytes();
                let text = String::from_utf8_lossy(&bytes);
                let news = match self.server(ip) {
                    Server::Up if text.starts_with("GET /bad") => answer("500 Not now"),
                    Server::Up if text.starts_with("GET ") => answer("200 OK"),
                    _ => return,
                };
                self.inbox.push_back(Input::Connection { id, news: ConnNews::Data(Cow::Owned(news)) });
            }
            Output::Close(id) => {
                let (since, _) = self.open.remove(&id).expect("a connection that is open");
                self.longest = self.longest.max(self.now - since);
            }
            Output::Match { id, .. } => self.inbox.push_back(Input::Matched { id, found: Ok(true) }),
            Output::RunScript(run) => {
                self.ran.push(run.argv.join(" "));
                match self.programs.get(&run.argv[0]).copied().unwrap_or(Some(ScriptStatus::Exited(0))) {
                    Some(status) => self.inbox.push_back(Input::ScriptEnded { id: run.id, status }),
                    None => self.running.push(run),
                }
            }
            Output::KillScript(id) => {
                self.killed.push(id);
                if self.kills {
                    let at = self.running.iter().position(|run| run.id == id);
                    if let Some(run) = at.map(|at| self.running.remove(at)) {
                        self.inbox.push_back(Input::ScriptEnded { id: run.id, status: ScriptStatus::Signalled(9) });
                    }
                }
            }
            Output::Ipvs(id, command) => {
                let result = match &command {
                    IpvsCommand::StartSync(daemon) => {
                        self.sync.insert(daemon.role, daemon.clone());
                        Ok(())
                    }
                    IpvsCommand::StopSync { role, .. } => {
                        self.sync.remove(role);
                        Ok(())
                    }
                    command => diff::apply(&mut self.kernel, command),
                };
                self.commands.push(command);
                self.inbox.push_back(Input::IpvsDone { id, result });
            }
            Output::ReadTable => self.inbox.push_back(Input::Table(Ok(Box::new(self.kernel.clone())))),
            Output::Fifo(line) => self.fifo.push(line),
            Output::Event(event) => self.events.push(event),
            Output::Stopped => self.stopped = true,
        }
    }

    pub fn server(&self, ip: IpAddr) -> Server {
        self.servers.get(&ip).copied().unwrap_or(Server::Up)
    }

    /// A script that waits for it ends.
    pub fn end(&mut self, program: &str, status: ScriptStatus) {
        let at = self.running.iter().position(|run| run.argv[0] == program).expect("a script that runs");
        let run = self.running.remove(at);
        self.input(Input::ScriptEnded { id: run.id, status });
    }

    /// Time passes.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let mut turns = 0;
        while let Some(at) = self.engine.deadline().filter(|at| *at <= end) {
            turns = if at > self.now { 0 } else { turns + 1 };
            assert!(turns < 1000, "timeouts that do nothing");
            self.now = self.now.max(at);
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// Time passes, and nobody calls the engine; then it is called once.
    pub fn sleep(&mut self, time: Duration) {
        self.now = self.now + time;
        // What nobody could see does not count.
        self.open.values_mut().for_each(|(since, _)| *since = *since + time);
        self.input(Input::Timeout);
    }

    /// The kernel's table: a line for each service and each of its destinations.
    pub fn table(&self) -> Vec<String> {
        lines(&self.kernel)
    }

    pub fn take_events(&mut self) -> Vec<LvsEvent> {
        std::mem::take(&mut self.events)
    }

    pub fn take_ran(&mut self) -> Vec<String> {
        std::mem::take(&mut self.ran)
    }

    pub fn take_fifo(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fifo)
    }

    /// How often each server was connected to since the last call.
    pub fn take_opened(&mut self) -> BTreeMap<IpAddr, usize> {
        let mut counts = BTreeMap::new();
        for (_, ip) in self.opened.drain(..) {
            *counts.entry(ip).or_default() += 1;
        }
        counts
    }

    /// The weights of a virtual server's living real servers, by their last number.
    pub fn up(&self, server: usize) -> Vec<(RealName, bool)> {
        self.engine.status()[server].reals.iter().map(|real| (real.name, real.up)).collect()
    }
}

pub fn lines(table: &Table) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, service) in &table.services {
        lines.push(match key {
            keepalived_core::ipvs::ServiceKey::Address { ip, port, .. } => format!("{ip}:{port}"),
            keepalived_core::ipvs::ServiceKey::Mark { mark, .. } => format!("mark {mark}"),
        });
        for (to, how) in &service.destinations {
            lines.push(format!("-> {}:{} weight {}", to.ip, to.port, how.weight));
        }
    }
    lines
}
