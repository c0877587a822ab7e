//! The world of one director: its clock, its servers, its kernel.

use super::mutant::{Mutant, Mutation, Told};
use super::plan::{Act, CHECK, LAST_PAGE, Plan, WEIGH, address};
use super::server::Manner;
use super::watch::{Violation, Watch};
use crate::rng::Rng;
use core::net::IpAddr;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::check::{ConnFailure, ConnId, ConnNews, Input, IpvsId, Output};
use keepalived_core::ipvs::{Table, diff};
use keepalived_core::kernel::Errno;
use keepalived_core::vrrp::{ScriptId, ScriptRun, ScriptStatus};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Something that is on its way.
enum Coming {
    News(ConnId, ConnNews<'static>),
    /// The next byte of an answer that never ends.
    Drip(ConnId),
    ScriptEnds(ScriptId, u8),
    Done(IpvsId, Result<(), Errno>),
    Table(Box<Table>),
    Act(Act),
    Look,
}

/// What a run was like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Connections that were opened.
    pub opened: u64,
    /// The most that were open at a time.
    pub most_open: usize,
    /// Commands for the kernel.
    pub commands: u64,
    /// Events that were told.
    pub events: u64,
    /// A number that depends on every output.
    pub fingerprint: u64,
}

struct World {
    now: Time,
    seq: u64,
    queue: BTreeMap<(Time, u64), Coming>,
    engine: Mutant,
    inbox: VecDeque<Input<'static>>,
    plan: Plan,
    loaded: usize,
    manners: Vec<Manner>,
    kernel: Table,
    refuses: bool,
    rng: Rng,
    watch: Watch,
    dialled: BTreeMap<ConnId, IpAddr>,
    /// Scripts of checks that run for a server that hangs.
    hanging: BTreeSet<ScriptId>,
    figures: Figures,
}

/// Runs a plan to its end, or until too much is wrong. Returns what was seen that must not be.
#[must_use]
pub fn run(plan: &Plan, mutation: Mutation) -> (Vec<Violation>, Figures) {
    let mut rng = Rng::new(plan.seed ^ 0x5eed);
    let timeout = Duration::from_secs(plan.pace.timeout);
    let manners: Vec<Manner> = (0..plan.servers).map(|_| Manner::draw(&mut rng, plan.well, timeout)).collect();
    let mut world = World {
        now: Time::ZERO,
        seq: 0,
        queue: BTreeMap::new(),
        engine: Mutant::new(plan.seed, mutation),
        inbox: VecDeque::new(),
        loaded: 0,
        watch: Watch::new(plan.pace, manners.len()),
        manners,
        kernel: Table::default(),
        refuses: false,
        rng,
        dialled: BTreeMap::new(),
        hanging: BTreeSet::new(),
        figures: Figures::default(),
        plan: plan.clone(),
    };
    world.act(Act::Reload);
    world.turn();
    for (at, act) in plan.acts.clone() {
        world.later(at, Coming::Act(act));
    }
    world.later(Time::from_secs(1), Coming::Look);
    world.go_on();
    let engine = world.engine.engine();
    let config = world.plan.configs.get(world.loaded.saturating_sub(1));
    world.watch.end(world.now, engine, config.map(|config| &config.lvs), &world.kernel);
    (world.watch.violations, world.figures)
}

impl World {
    fn later(&mut self, at: Time, what: Coming) {
        self.seq += 1;
        self.queue.insert((at, self.seq), what);
    }

    fn after(&mut self, time: Duration, what: Coming) {
        self.later(self.now + time, what);
    }

    fn go_on(&mut self) {
        while self.watch.violations.len() < 20 {
            let coming = self.queue.first_key_value().map(|((at, _), _)| *at);
            let deadline = self.engine.deadline().map(|at| at.max(self.now));
            let Some(next) = [coming, deadline].into_iter().flatten().min().filter(|at| *at <= self.plan.end) else {
                break;
            };
            self.now = self.now.max(next);
            // What comes at the same time as a deadline comes first.
            if coming == Some(next) || coming.is_some_and(|at| at <= self.now) {
                if let Some((_, what)) = self.queue.pop_first() {
                    self.come(what);
                }
            } else {
                self.inbox.push_back(Input::Timeout);
            }
            self.turn();
        }
        self.now = self.plan.end;
    }

    fn turn(&mut self) {
        while let Some(input) = self.inbox.pop_front() {
            self.engine.handle(self.now, input);
            while let Some(told) = self.engine.poll() {
                match told {
                    Told::Output(output) => self.carry_out(output),
                    Told::Lost(id) => self.after(Duration::from_millis(1), Coming::Done(id, Ok(()))),
                }
            }
        }
    }

    fn come(&mut self, what: Coming) {
        let input = match what {
            Coming::News(id, news) if self.dialled.contains_key(&id) => Input::Connection { id, news },
            Coming::Drip(id) if self.dialled.contains_key(&id) => {
                self.after(Duration::from_millis(300), Coming::Drip(id));
                Input::Connection { id, news: ConnNews::Data(Cow::Borrowed(b"x")) }
            }
            Coming::News(..) | Coming::Drip(_) => return,
            Coming::ScriptEnds(id, status) => {
                self.watch.ended(id);
                self.hanging.remove(&id);
                Input::ScriptEnded { id, status: ScriptStatus::Exited(status) }
            }
            Coming::Done(id, result) => Input::IpvsDone { id, result },
            Coming::Table(table) => Input::Table(Ok(table)),
            Coming::Act(act) => return self.act(act),
            Coming::Look => {
                self.watch.look(self.now, self.engine.engine(), &self.manners);
                return self.after(Duration::from_secs(2), Coming::Look);
            }
        };
        self.inbox.push_back(input);
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Server(n) => {
                let timeout = Duration::from_secs(self.plan.pace.timeout);
                let manner = Manner::draw(&mut self.rng, self.plan.well, timeout);
                if let Some(before) = self.manners.get_mut(n as usize) {
                    *before = manner;
                }
                self.watch.changed(self.now, n as usize);
            }
            Act::Sleep(time) => {
                self.now = self.now + time;
                self.watch.slept(self.now, time);
            }
            Act::Reload => {
                let Some(config) = self.plan.configs.get(self.loaded) else { return };
                self.loaded += 1;
                self.watch.configured(self.now);
                self.inbox.push_back(Input::Configure(std::sync::Arc::new(config.clone())));
            }
            Act::Meddle => {
                let keys: Vec<_> = self.kernel.services.keys().copied().collect();
                if !keys.is_empty() {
                    self.kernel.services.remove(self.rng.pick(&keys));
                }
            }
            Act::Refuse(refuses) => self.refuses = refuses,
        }
    }

    fn manner(&self, ip: IpAddr) -> Manner {
        let IpAddr::V4(v4) = ip else { return Manner::Silent };
        let n = v4.to_bits().wrapping_sub(match address(0) {
            IpAddr::V4(first) => first.to_bits(),
            IpAddr::V6(_) => 0,
        });
        self.manners.get(n as usize).copied().unwrap_or(Manner::Silent)
    }

    fn carry_out(&mut self, output: Output) {
        let bytes = postcard::to_stdvec(&output).unwrap_or_default();
        self.figures.fingerprint = bytes
            .iter()
            .fold(self.figures.fingerprint, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        match output {
            Output::Open(id, dial) => {
                self.figures.opened += 1;
                self.watch.opened(self.now, id, (dial.ip, dial.port));
                self.dialled.insert(id, dial.ip);
                self.figures.most_open = self.figures.most_open.max(self.dialled.len());
                let manner = self.manner(dial.ip);
                let news = match manner {
                    Manner::Silent => return,
                    Manner::Refuses => ConnNews::Failed(ConnFailure::Errno(Errno(111))),
                    _ => ConnNews::Connected,
                };
                self.after(manner.pace(), Coming::News(id, news));
            }
            Output::Send(id, request) => self.answer(id, &request),
            Output::Close(id) => {
                self.watch.closed(self.now, id);
                self.dialled.remove(&id);
            }
            Output::Match { id, .. } => self.inbox.push_back(Input::Matched { id, found: Ok(true) }),
            Output::RunScript(run) => self.script(&run),
            Output::KillScript(id) => {
                self.watch.killed(id);
                if self.hanging.contains(&id) {
                    self.after(Duration::from_millis(5), Coming::ScriptEnds(id, 137));
                }
            }
            Output::Ipvs(id, command) => {
                self.figures.commands += 1;
                let refused = self.refuses && self.rng.below(20) == 0;
                let result = if refused { Err(Errno(12)) } else { diff::apply(&mut self.kernel, &command) };
                self.after(Duration::from_millis(1), Coming::Done(id, result));
            }
            Output::ReadTable => {
                let table = Box::new(self.kernel.clone());
                self.after(Duration::from_millis(3), Coming::Table(table));
            }
            Output::Fifo(line) => self.watch.line(self.now, &line),
            Output::Event(_) => self.figures.events += 1,
            Output::Stopped => {}
        }
    }

    /// A server has got a request.
    fn answer(&mut self, id: ConnId, request: &[u8]) {
        let Some(ip) = self.dialled.get(&id).copied() else { return };
        let manner = self.manner(ip);
        let pace = manner.pace();
        let data = |text: &'static str| ConnNews::Data(Cow::Borrowed(text.as_bytes()));
        match manner {
            Manner::Lacks(_) if request.starts_with(format!("GET {LAST_PAGE} ").as_bytes()) => {
                self.after(pace, Coming::News(id, data("HTTP/1.0 404 No\r\nContent-Length: 0\r\n\r\n")));
            }
            Manner::Well(_) | Manner::Lacks(_) => {
                self.after(pace / 2, Coming::News(id, data("HTTP/1.0 200 OK\r\nContent-")));
                self.after(pace, Coming::News(id, data("Length: 2\r\n\r\nok")));
            }
            Manner::Lies => self.after(pace, Coming::News(id, data("HTTP/1.0 500 No\r\nContent-Length: 0\r\n\r\n"))),
            Manner::Breaks => {
                self.after(pace, Coming::News(id, data("HTTP/1.0 20")));
                self.after(pace * 2, Coming::News(id, ConnNews::Closed { clean: false }));
            }
            Manner::Drips => {
                self.after(pace, Coming::News(id, data("HTTP/1.0 200 OK\r\nX: ")));
                self.after(pace * 2, Coming::Drip(id));
            }
            Manner::Refuses | Manner::Silent | Manner::Stalls => {}
        }
    }

    fn script(&mut self, run: &ScriptRun) {
        let program = run.argv.first().map_or("", String::as_str);
        if ![CHECK, WEIGH].contains(&program) {
            self.watch.started(self.now, run);
            let time = self.rng.duration(Duration::from_millis(1), Duration::from_secs(3));
            return self.after(time, Coming::ScriptEnds(run.id, 0));
        }
        self.watch.check_started(self.now, run);
        let server = run.argv.get(1).and_then(|n| n.parse().ok()).unwrap_or(u32::MAX);
        let manner = self.manner(address(server));
        let status = match manner {
            Manner::Silent | Manner::Stalls | Manner::Drips => {
                self.hanging.insert(run.id);
                return;
            }
            _ if !manner.serves() => 1,
            // From 2 on it is a weight and 2.
            _ if program == WEIGH => 2 + manner.worth(),
            _ => 0,
        };
        self.after(manner.pace(), Coming::ScriptEnds(run.id, status));
    }
}
