//! The checkers' engine: its parts, and the door in and out.

use super::anew::Recalled;
use super::checker::Checker;
use super::due::Due;
use super::io::{ConnId, Input, Output};
use super::pool::{CheckId, ServerId, Virtual};
use super::slab::Slab;
use super::suspend::Watch;
use crate::chance::splitmix;
use crate::config::model::{Credentials, GroupEntry, LvsGlobal};
use crate::engine::Engine;
use crate::event::lvs::{LvsEvent, RealName};
use crate::ipvs::{Action, Reconciler, ServiceKey};
use crate::net::Name;
use crate::notify::Notifier;
use crate::time::Time;
use crate::timers::Timers;
use crate::vrrp::{ScriptId, State};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long a stop waits for the kernel and for scripts before it goes without them.
pub const STOP_LIMIT: Duration = Duration::from_secs(5);

/// How long notify scripts wait for the kernel to have what they are about.
pub const SCRIPT_WAIT: Duration = Duration::from_secs(1);

/// What the timers are for, besides checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum TimerKey {
    /// A notify script runs for too long.
    Script(ScriptId),
    /// Scripts wait for the kernel no longer.
    Scripts,
    /// A stop waits no longer.
    StopLimit,
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Running {
    Yes,
    Stopping,
    Stopped,
}

/// What the configuration says besides its virtual servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) lvs: LvsGlobal,
    pub(super) script_user: Option<Credentials>,
    /// Whether anybody reads the lines for the FIFOs.
    pub(super) fifo: bool,
    /// The `id` of a sync daemon that names none.
    pub(super) sync_id: u8,
    pub(super) groups: BTreeMap<Name, Vec<GroupEntry>>,
}

/// All virtual servers of one daemon, and the checks of their real servers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkers {
    pub(super) now: Time,
    /// Where the next random number comes from.
    pub(super) seed: u64,
    pub(super) configured: bool,
    pub(super) running: Running,
    pub(super) settings: Settings,
    pub(super) servers: Slab<Virtual>,
    /// Virtual servers in the order of the configuration.
    pub(super) order: Vec<ServerId>,
    /// Whose a service of the kernel is.
    pub(super) owners: BTreeMap<ServiceKey, ServerId>,
    pub(super) checkers: Slab<Checker>,
    pub(super) by_check: BTreeMap<(RealName, u64), Vec<CheckId>>,
    /// What checks had found out before a mistake; forgotten with the first configuration.
    pub(super) recalled: Recalled,
    pub(super) conns: BTreeMap<ConnId, CheckId>,
    pub(super) next_conn: u64,
    /// Scripts of checks that run.
    pub(super) scripts: BTreeMap<ScriptId, CheckId>,
    pub(super) files: BTreeMap<Name, i32>,
    pub(super) sessions: BTreeMap<Name, bool>,
    /// Checks by the `track_file` or the BFD session that they look at.
    pub(super) listeners: BTreeMap<(bool, Name), BTreeSet<CheckId>>,
    pub(super) watch: Watch,
    pub(super) instances: BTreeMap<Name, State>,
    pub(super) notifier: Notifier<Name>,
    /// Whether the kernel's table was ever read.
    pub(super) table_read: bool,
    /// When a check is due, or has taken too long.
    pub(super) due: Due,
    pub(super) timers: Timers<TimerKey>,
    pub(super) reconciler: Reconciler,
    pub(super) out: VecDeque<Output>,
}

impl Checkers {
    /// An engine without configuration. `seed` decides what is left to chance: when first checks come, and what is in random payloads.
    ///
    /// What is told before the configuration - values of files, BFD sessions, addresses, instances - counts from its beginning.
    #[must_use]
    pub fn new(seed: u64) -> Checkers {
        Checkers {
            now: Time::ZERO,
            seed,
            configured: false,
            running: Running::Yes,
            settings: Settings::default(),
            servers: Slab::default(),
            order: Vec::new(),
            owners: BTreeMap::new(),
            checkers: Slab::default(),
            by_check: BTreeMap::new(),
            recalled: Recalled::new(),
            conns: BTreeMap::new(),
            next_conn: 0,
            scripts: BTreeMap::new(),
            files: BTreeMap::new(),
            sessions: BTreeMap::new(),
            listeners: BTreeMap::new(),
            watch: Watch::default(),
            instances: BTreeMap::new(),
            notifier: Notifier::default(),
            table_read: false,
            due: Due::default(),
            timers: Timers::default(),
            reconciler: Reconciler::new(false),
            out: VecDeque::new(),
        }
    }

    pub(super) fn event(&mut self, event: LvsEvent) {
        self.out.push_back(Output::Event(event));
    }

    /// A random number.
    pub(super) fn draw(&mut self) -> u64 {
        splitmix(&mut self.seed)
    }

    fn fire(&mut self, key: TimerKey) {
        match key {
            TimerKey::Script(id) => self.notifier.overdue(id),
            TimerKey::Scripts => {}
            TimerKey::StopLimit => self.stop_now(),
        }
    }

    /// Hands out what the reconciler asks for, and starts scripts whose time has come.
    fn drain(&mut self) {
        if self.configured {
            while let Some(action) = self.reconciler.poll() {
                self.out.push_back(match action {
                    Action::Command(id, command) => Output::Ipvs(id, command),
                    Action::Read => Output::ReadTable,
                    Action::Event(event) => Output::Event(event),
                });
            }
        }
        self.start_scripts();
        if self.running == Running::Stopping && self.reconciler.is_idle() && self.notifier.is_idle() {
            self.finish();
        }
    }
}

impl Engine for Checkers {
    type Input<'a> = Input<'a>;
    type Output = Output;

    fn handle(&mut self, now: Time, input: Input<'_>) {
        self.now = self.now.max(now);
        let running = self.running == Running::Yes;
        match input {
            _ if self.running == Running::Stopped => return,
            Input::Timeout => {
                if self.reconciler.deadline().is_some_and(|at| at <= self.now) {
                    self.reconciler.timeout(self.now);
                }
                while let Some((due, id)) = self.due.pop(self.now) {
                    self.check_due(id, due);
                }
                while let Some((_, key)) = self.timers.pop_due(self.now) {
                    self.fire(key);
                }
            }
            Input::Configure(config) if running => self.configure(&config),
            Input::Stop { keep_table } => self.stop(keep_table),
            Input::Connection { id, news } => self.connection(id, news),
            Input::Matched { id, found } => self.matched(id, found),
            Input::ScriptEnded { id, status } => self.script_ended(id, status),
            Input::IpvsDone { id, result } => self.reconciler.done(self.now, id, result),
            Input::Table(table) => {
                self.table_read |= table.is_ok();
                self.reconciler.read(self.now, table);
            }
            Input::File { name, value } if running => self.file(name, value),
            Input::Bfd { name, up } if running => self.session(name, up),
            Input::Address { ip, here } if running => self.address(ip, here),
            Input::Instance { name, state } if running => {
                self.instances.insert(name, state);
                self.sync_daemons();
            }
            // What is being stopped does not begin anew.
            Input::Configure(_)
            | Input::File { .. }
            | Input::Bfd { .. }
            | Input::Address { .. }
            | Input::Instance { .. } => {}
        }
        self.drain();
    }

    fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        if self.running == Running::Stopped || !self.configured {
            return None;
        }
        [self.due.next(), self.timers.next(), self.reconciler.deadline()].into_iter().flatten().min()
    }
}
