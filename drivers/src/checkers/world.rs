//! What the checkers' engine lives in.

use super::Inbox;
use super::addresses::Addresses;
use super::limits;
use super::mail::Orders;
use super::memory::{self, Memory};
use super::patterns::{Found, Patterns, Refused};
use super::thread::Setup;
use crate::clock::{self, Timer};
use crate::conn::Conns;
use crate::fifo::{Fifo, FifoSpec};
use crate::ipvs::{Answer, Ipvs};
use crate::log::{Level, Part};
use crate::process::{Ends, Scripts};
use crate::run::World;
use crate::track::{TrackFiles, Values};
use keepalived_core::Time;
use keepalived_core::check::{Checkers, ConnFailure, ConnId, ConnNews, Input, Output};
use keepalived_core::config::model::{Check, Config, Fifo as FifoConfig, Global, Regex, Script};
use keepalived_core::config::trust::uses_tls;
use keepalived_core::net::Name;
use keepalived_core::vrrp::{ScriptId, ScriptStatus};
use std::collections::{BTreeSet, VecDeque};
use std::future::poll_fn;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Deadlines that are so near to each other share a turn: with thousands of checks a second, waking up for each costs as much as the check.
const GRAIN: Duration = Duration::from_millis(4);

/// Ends of scripts, values of files and results of searches taken in one turn.
const SIDE_PER_TURN: u32 = 256;

/// How long a configuration waits to be accompanied by what there is to know for it.
const KNOWING: Duration = Duration::from_secs(2);

/// Sockets, files, scripts and the kernel's table, and the daemon's orders.
///
/// Within a turn: the daemon's orders, the kernel's table, addresses, scripts, files, searches, connections.
pub(super) struct CheckersWorld<'m> {
    setup: Setup,
    inbox: &'m mut Inbox,
    memory: &'m mut Memory,
    timer: Timer,
    conns: Conns,
    ipvs: AsyncFd<Ipvs>,
    /// The kernel's table can be worked on without waiting.
    ipvs_more: bool,
    answer: Option<Answer>,
    scripts: Scripts,
    ended: Ends,
    files: TrackFiles,
    values: Values,
    patterns: Patterns,
    addresses: Option<Addresses>,
    fifos: Vec<(FifoSpec, Fifo)>,
    /// Who runs scripts.
    global: Global,
    /// What is to be told, from the daemon or of our own doing.
    waiting: VecDeque<Input<'static>>,
    held: Option<Held>,
    /// There has been a configuration.
    begun: bool,
    /// The engine has one.
    configured: bool,
    side_left: u32,
    /// The turn ended with something left.
    more: bool,
}

/// A configuration that waits for the first values of its files and for the addresses: what is told before it counts from its beginning, and nothing
/// flaps.
struct Held {
    config: Arc<Config>,
    files: BTreeSet<Name>,
    until: Time,
}

impl<'m> CheckersWorld<'m> {
    /// Opens what is always needed. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// Without the kernel's IPVS, the permission to change it, or the resources.
    pub(super) fn new(setup: Setup, inbox: &'m mut Inbox, memory: &'m mut Memory) -> io::Result<CheckersWorld<'m>> {
        let (scripts, ended) = Scripts::start(setup.log.clone(), Part::Checkers, crate::process::Limits::CHECKERS)?;
        let (files, values) = TrackFiles::start(setup.log.clone(), Part::Checkers)?;
        let ipvs = Ipvs::open(setup.ipvs.as_deref())?;
        let mut world = CheckersWorld {
            timer: Timer::new()?,
            conns: Conns::new(16)?,
            ipvs: watched(ipvs)?,
            ipvs_more: false,
            answer: None,
            scripts,
            ended,
            files,
            values,
            patterns: Patterns::start()?,
            addresses: None,
            fifos: Vec::new(),
            global: Global::default(),
            waiting: VecDeque::new(),
            held: None,
            begun: false,
            configured: false,
            side_left: 0,
            more: false,
            setup,
            inbox,
            memory,
        };
        world.memory.ours.begin();
        // After a mistake of ours: what was said before still counts.
        if let Some(orders) = world.memory.orders.clone() {
            world.hold(orders, None);
        }
        let instances = world.memory.instances.iter();
        world.waiting.extend(instances.map(|(name, state)| Input::Instance { name: name.clone(), state: *state }));
        Ok(world)
    }

    /// Ends what goes on outside, and waits for it.
    pub(super) fn finish(mut self) {
        for (_, fifo) in std::mem::take(&mut self.fifos) {
            fifo.finish();
        }
    }

    fn say(&self, level: Level, text: impl Into<String>) {
        self.setup.log.say(Part::Checkers, level, text);
    }

    /// A configuration is to come into force: everything around the engine is made as it says.
    fn hold(&mut self, Orders { config, trust }: Orders, before: Option<Orders>) {
        self.global.clone_from(&config.global);
        if before.is_some_and(|before| before.config.daemon.net_namespace_ipvs != config.daemon.net_namespace_ipvs) {
            self.say(Level::Warning, "net_namespace_ipvs has changed: that needs a restart");
        }
        if !std::mem::replace(&mut self.begun, true) {
            for complaint in limits::run_as(&config.global.processes.checker) {
                self.say(Level::Warning, complaint);
            }
        }
        self.conns.set_limit(limits::connections(&config, self.conns.open_count()));
        if let Err(why) = &trust
            && uses_tls(&config)
        {
            self.say(Level::Error, format!("{why}; SSL_GET checks fail"));
        }
        self.conns.set_trust(trust);
        self.patterns.forget_unused();
        self.set_fifos(&config.global);
        self.watch_addresses(config.lvs.servers.iter().any(|server| server.ha_suspend));
        let checks = config.lvs.servers.iter().flat_map(|server| &server.real_servers).flat_map(|real| &real.checks);
        let wanted: BTreeSet<&Name> = checks
            .filter_map(|check| match check {
                Check::File(file) => Some(&file.file),
                _ => None,
            })
            .collect();
        let files = config.files.iter().filter(|file| wanted.contains(&file.name));
        let files: Vec<_> = files.map(|file| (file.name.clone(), PathBuf::from(&file.path))).collect();
        let names = files.iter().map(|(name, _)| name.clone()).collect();
        self.files.track(files);
        self.held = Some(Held { config, files: names, until: clock::now() + KNOWING });
    }

    fn watch_addresses(&mut self, wanted: bool) {
        match (wanted, &self.addresses) {
            (true, None) => match Addresses::open() {
                Ok(addresses) => self.addresses = Some(addresses),
                Err(error) => self.say(Level::Error, format!("ha_suspend: addresses cannot be watched: {error}")),
            },
            // What it has told is not true for ever; the next one tells all anew.
            (false, Some(_)) => self.addresses = None,
            _ => {}
        }
    }

    fn set_fifos(&mut self, global: &Global) {
        let wanted = fifos(global);
        let (keep, mut end): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.fifos).into_iter().partition(|(spec, _)| wanted.contains(spec));
        self.fifos = keep;
        for spec in wanted {
            if self.fifos.iter().any(|(there, _)| *there == spec) {
                continue;
            }
            let before = end.iter().position(|(there, _)| there.path == spec.path).map(|at| end.swap_remove(at).1);
            match Fifo::open(spec.clone(), before, self.setup.log.clone(), Part::Checkers) {
                Ok(fifo) => self.fifos.push((spec, fifo)),
                Err(error) => self.say(Level::Error, format!("FIFO {}: {error}", spec.path.display())),
            }
        }
    }

    /// The configuration that waits, once nothing is missing.
    fn release(&mut self, now: Time) -> Option<Input<'static>> {
        let held = self.held.as_ref()?;
        let known = held.files.is_empty() && self.addresses.as_ref().is_none_or(Addresses::is_known);
        if !known && now < held.until {
            return None;
        }
        let mut config = self.held.take()?.config;
        // Once: afterwards there may be others', who have come since. An engine looks at it in its first configuration only, and a copy is dear.
        let first = !std::mem::replace(&mut self.configured, true);
        if first && config.global.lvs.flush && self.memory.flushed {
            Arc::make_mut(&mut config).global.lvs.flush = false;
        }
        for (id, command) in self.memory.ours.want(memory::services(&config.lvs)) {
            self.ipvs.get_mut().command(id, command);
        }
        Some(Input::Configure(config))
    }

    fn work_on_table(&mut self) {
        self.ipvs_more = self.ipvs.get_mut().work();
        if self.answer.is_none() {
            self.answer = self.ipvs.get_mut().answer();
        }
    }

    fn answered(&mut self) -> Option<Input<'static>> {
        while let Some(answer) = self.answer.take().or_else(|| self.ipvs.get_mut().answer()) {
            match answer {
                Answer::Done(id, result) if self.memory.ours.done(id, result) => {
                    return Some(Input::IpvsDone { id, result });
                }
                Answer::Done(..) => {}
                Answer::Table(result) => {
                    self.memory.flushed |= result.is_ok();
                    return Some(Input::Table(result));
                }
            }
        }
        None
    }

    fn read_letters(&mut self, cx: &mut Context<'_>) -> bool {
        let Poll::Ready(letters) = self.inbox.poll(cx) else { return false };
        let before = self.memory.note(&letters);
        if let Some(orders) = letters.orders {
            self.hold(orders, before);
        }
        for (name, state) in letters.instances {
            self.waiting.push_back(Input::Instance { name, state });
        }
        if letters.kill_scripts {
            self.scripts.kill_all();
        }
        if let Some(keep_table) = letters.stop {
            // What waits is not waited for.
            self.held = None;
            self.waiting.push_back(Input::Stop { keep_table });
        }
        true
    }

    fn deadline(&self, engine: Option<Time>) -> Option<Time> {
        let addresses = self.addresses.as_ref().and_then(Addresses::deadline);
        let held = self.held.as_ref().map(|held| held.until);
        [engine, addresses, held, self.ipvs.get_ref().deadline()].into_iter().flatten().min()
    }

    /// Something to do that no file descriptor will wake us for.
    fn has_work(&self) -> bool {
        self.more
            || !self.waiting.is_empty()
            || self.conns.has_work()
            || self.ipvs_more
            || self.answer.is_some()
            || self.addresses.as_ref().is_some_and(Addresses::has_work)
    }

    fn poll_sources(&mut self, cx: &mut Context<'_>, mut woken: bool) -> Poll<io::Result<()>> {
        if let Poll::Ready(fired) = self.timer.poll(cx) {
            fired?;
            woken = true;
        }
        if let Poll::Ready(ready) = self.conns.poll_ready(cx) {
            ready?;
            woken = true;
        }
        if let Poll::Ready(readable) = self.ipvs.poll_read_ready(cx) {
            readable?.clear_ready();
            self.work_on_table();
            woken = true;
        }
        if let Some(addresses) = &self.addresses
            && let Poll::Ready(readable) = addresses.poll_readable(cx)
        {
            readable?;
            woken = true;
        }
        woken |= self.read_letters(cx);
        if let Poll::Ready(Some(end)) = self.ended.poll_recv(cx) {
            self.script_ended(end);
            woken = true;
        }
        if let Poll::Ready(Some(value)) = self.values.poll_recv(cx) {
            self.file_says(value);
            woken = true;
        }
        if let Poll::Ready(found) = self.patterns.poll(cx) {
            self.found(found);
            woken = true;
        }
        if woken { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn script_ended(&mut self, (id, status): (ScriptId, ScriptStatus)) {
        self.waiting.push_back(Input::ScriptEnded { id, status });
    }

    fn file_says(&mut self, (name, value): (Name, Option<i32>)) {
        if let Some(held) = &mut self.held {
            held.files.remove(&name);
        }
        self.waiting.push_back(Input::File { name, value });
    }

    /// Ends of scripts, values of files and results of searches, a bounded number a turn. `wait` polls again with a waker that wakes.
    fn take_side(&mut self) -> Option<Input<'static>> {
        let mut cx = Context::from_waker(Waker::noop());
        while self.side_left > 0 {
            self.side_left -= 1;
            if let Poll::Ready(Some(end)) = self.ended.poll_recv(&mut cx) {
                self.script_ended(end);
            } else if let Poll::Ready(Some(value)) = self.values.poll_recv(&mut cx) {
                self.file_says(value);
            } else if let Poll::Ready(found) = self.patterns.poll(&mut cx) {
                self.found(found);
            } else {
                return None;
            }
            if let Some(input) = self.waiting.pop_front() {
                return Some(input);
            }
        }
        self.more = true;
        None
    }

    fn found(&mut self, (id, found): Found) {
        self.waiting.push_back(match found {
            Some(found) => Input::Matched { id, found },
            // The check is made again at its next time.
            None => Input::Connection { id, news: ConnNews::Failed(ConnFailure::NotSearched) },
        });
    }

    fn find(&mut self, id: ConnId, regex: Arc<Regex>, text: Vec<u8>) {
        if let Err(Refused { first }) = self.patterns.find(id, regex, text) {
            if first {
                self.say(Level::Warning, "too many answers wait for a regex to be looked for: checks are put off");
            }
            self.found((id, None));
        }
    }
}

impl Drop for CheckersWorld<'_> {
    /// Nobody is left to end them in their time; after a mistake, too.
    fn drop(&mut self) {
        self.scripts.kill_all();
    }
}

impl World for CheckersWorld<'_> {
    type Engine = Checkers;

    fn now(&self) -> Time {
        clock::now()
    }

    async fn wait(&mut self, deadline: Option<Time>) -> io::Result<()> {
        let work = self.has_work();
        if work {
            // Let the runtime look at its descriptors: a busy turn must not hide an order.
            tokio::task::yield_now().await;
        } else {
            self.timer.arm(self.deadline(deadline).map(shared))?;
        }
        self.more = false;
        poll_fn(|cx| self.poll_sources(cx, work)).await?;
        self.side_left = SIDE_PER_TURN;
        if let Some(addresses) = &mut self.addresses {
            addresses.begin_turn();
        }
        Ok(())
    }

    fn take(&mut self, now: Time) -> Option<Input<'_>> {
        // What is told before a configuration counts from its beginning.
        if let Some(input) = self.waiting.pop_front().or_else(|| self.release(now)) {
            return Some(input);
        }
        if let Some(input) = self.answered() {
            return Some(input);
        }
        if let Some(input) = self.addresses.as_mut().and_then(|addresses| addresses.take(now)) {
            return Some(input);
        }
        if let Some(input) = self.take_side() {
            return Some(input);
        }
        let (id, news) = self.conns.take()?;
        Some(Input::Connection { id, news })
    }

    fn perform(&mut self, _now: Time, output: Output) {
        match output {
            Output::Open(id, dial) => self.conns.open(id, &dial),
            Output::Send(id, bytes) => self.conns.send(id, bytes),
            Output::Close(id) => {
                self.patterns.forget(id);
                self.conns.close(id);
            }
            Output::Match { id, regex, text } => self.find(id, regex, text),
            Output::RunScript(run) => {
                let runner = self.global.runner(run.user.as_ref());
                self.scripts.run(run, runner);
            }
            Output::KillScript(id) => self.scripts.kill(id),
            Output::Ipvs(id, command) => {
                self.memory.ours.given(id, &command);
                self.ipvs.get_mut().command(id, command);
            }
            Output::ReadTable => self.ipvs.get_mut().read(),
            Output::Fifo(line) => self.fifos.iter().for_each(|(_, fifo)| fifo.line(&line)),
            Output::Event(_) | Output::Stopped => {}
        }
    }

    fn answer(&mut self, _now: Time) -> Option<Input<'_>> {
        self.answered()
    }

    fn flush(&mut self, _now: Time) {
        self.work_on_table();
        self.conns.settle();
    }
}

/// The moment at which a deadline is looked at: the next multiple of [`GRAIN`]. The engine keeps the rhythm of its checks whatever they are late.
fn shared(at: Time) -> Time {
    let grain = GRAIN.as_nanos() as u64;
    Time::from_nanos(at.as_nanos().checked_next_multiple_of(grain).unwrap_or(u64::MAX))
}

fn watched(ipvs: Ipvs) -> io::Result<AsyncFd<Ipvs>> {
    #[allow(unsafe_code)]
    // SAFETY: its descriptor is open and the same until it is dropped, which only the AsyncFd can do.
    let watched = unsafe { AsyncFd::register_with_interest(ipvs, Interest::READABLE) };
    Ok(watched?)
}

/// The FIFOs that are told of the load balancer.
fn fifos(global: &Global) -> Vec<FifoSpec> {
    let spec = |fifo: &FifoConfig, script: &Option<Script>| FifoSpec {
        path: PathBuf::from(&fifo.path),
        owner: global.runner(fifo.user.as_ref()),
        script: script.as_ref().map(|script| (script.argv.clone(), global.runner(script.user.as_ref()))),
    };
    let all = &global.fifos;
    let mut wanted = Vec::new();
    for (fifo, script) in [(&all.all, &all.all_script), (&all.lvs, &all.lvs_script)] {
        if let Some(fifo) = fifo
            && !wanted.iter().any(|there: &FifoSpec| there.path.as_os_str() == fifo.path.as_str())
        {
            wanted.push(spec(fifo, script));
        }
    }
    wanted
}
