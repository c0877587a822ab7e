//! Engines broken on purpose, to see that each invariant can fail.

use crate::subject::Subject;
use keepalived_core::event::{Event, Why};
use keepalived_core::kernel::{CommandId, KernelCommand, KernelOp};
use keepalived_core::vrrp::{Input, Output, Packet, State, Transmit, Vrrp};
use keepalived_core::{Engine, Time};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is wrong with a [`Mutant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Nothing.
    None,
    /// Sends its last advert once more after it has become BACKUP.
    AdvertsAsBackup,
    /// Drops every second advert.
    SkipsAdverts,
    /// Sends every advert three times.
    StuttersAdverts,
    /// Never announces.
    NeverAnnounces,
    /// Announces what it announced last time as soon as it asks for the address, without waiting for the kernel.
    AnnouncesEarly,
    /// Announces only the first time it becomes MASTER.
    AnnouncesOnce,
    /// Announces only within a second of becoming MASTER.
    SilentSurvivor,
    /// Keeps its addresses when it leaves MASTER, and believes it had removed them.
    KeepsAddresses,
    /// Never adds an address.
    AddsNothing,
    /// Does not hear other masters while it is MASTER.
    IgnoresRivals,
    /// Never hears anybody.
    Deaf,
    /// Preempts whatever the configuration says.
    AlwaysPreempts,
    /// Never preempts, whatever the configuration says.
    NeverPreempts,
    /// Never wants to be called.
    NeverWakes,
    /// Does not know sync groups.
    Ungrouped,
    /// Does not tell that a reason for FAULT is gone.
    HidesRecovery,
    /// Tells its first state twice.
    RepeatsStates,
    /// Says a thousand things where one would do.
    Babbles,
    /// Begins anew at each reload.
    RestartsAtReload,
    /// Draws from outside: the same inputs do not give the same outputs.
    Undetermined,
    /// Cannot be saved.
    Unsaveable,
}

/// The real engine behind a fault.
#[derive(Debug)]
pub struct Mutant {
    inner: Vrrp,
    mutation: Mutation,
    now: Time,
    out: VecDeque<Output>,
    /// Answers that it makes up for commands that it did not pass on.
    lies: Vec<CommandId>,
    adverts: u64,
    announced: Vec<Output>,
    reigns: u32,
    since: Time,
    last_advert: Option<Transmit>,
    master: bool,
    told: bool,
}

/// What a [`Mutation::Undetermined`] engine draws from.
static OUTSIDE: AtomicU64 = AtomicU64::new(0);

impl Mutant {
    /// An engine with a fault.
    #[must_use]
    pub fn new(seed: u64, mutation: Mutation) -> Mutant {
        Mutant {
            inner: Vrrp::new(seed),
            mutation,
            now: Time::ZERO,
            out: VecDeque::new(),
            lies: Vec::new(),
            adverts: 0,
            announced: Vec::new(),
            reigns: 0,
            since: Time::ZERO,
            last_advert: None,
            master: false,
            told: false,
        }
    }

    /// Lets the real engine speak, and distorts it.
    fn collect(&mut self) {
        while let Some(output) = self.inner.poll() {
            match (&output, self.mutation) {
                (Output::Event(Event::State { to, .. }), _) => {
                    self.master = *to == State::Master;
                    self.reigns += u32::from(self.master);
                    self.since = self.now;
                }
                (Output::Send(advert), _) => {
                    self.adverts += 1;
                    self.last_advert = Some(advert.clone());
                }
                _ => {}
            }
            self.distort(output);
        }
    }

    fn distort(&mut self, output: Output) {
        match (&output, self.mutation) {
            (Output::Send(_), Mutation::SkipsAdverts) if self.adverts.is_multiple_of(2) => {}
            (Output::Send(_), Mutation::StuttersAdverts) => self.out.extend([output.clone(), output.clone(), output]),
            (Output::Announce { .. }, Mutation::NeverAnnounces | Mutation::AddsNothing) => {}
            (Output::Announce { .. }, Mutation::AnnouncesOnce) if self.reigns > 1 => {}
            (Output::Announce { .. }, Mutation::SilentSurvivor) if self.now.since(self.since).as_secs() >= 1 => {}
            (Output::Announce { .. }, Mutation::AnnouncesEarly) => {
                if self.announced.len() < 4 {
                    self.announced.push(output.clone());
                }
                self.out.push_back(output);
            }
            (Output::Kernel(KernelCommand { op: KernelOp::AddAddress(_), .. }), Mutation::AnnouncesEarly) => {
                self.out.extend(self.announced.drain(..));
                self.out.push_back(output);
            }
            (Output::Kernel(KernelCommand { id, op: KernelOp::DeleteAddress { .. } }), Mutation::KeepsAddresses)
            | (Output::Kernel(KernelCommand { id, op: KernelOp::AddAddress(_) }), Mutation::AddsNothing) => {
                self.lies.push(*id);
            }
            (Output::Event(Event::State { from: State::Master, .. }), Mutation::AdvertsAsBackup) => {
                self.out.push_back(output);
            }
            (Output::Event(Event::FaultCleared { .. }), Mutation::HidesRecovery) => {}
            (Output::Event(Event::State { .. }), Mutation::RepeatsStates) if !self.told => {
                self.told = true;
                self.out.extend([output.clone(), output]);
            }
            (Output::Event(Event::Configured { .. }), Mutation::Babbles) => {
                self.out.extend(core::iter::repeat_n(output, 1000))
            }
            (Output::Event(Event::State { .. }), Mutation::Undetermined) => {
                // Every call draws another number, as a clock or a process-wide counter would give.
                let drawn = OUTSIDE.fetch_add(1, Ordering::Relaxed);
                let instance = format!("{drawn}").as_str().into();
                let rival = core::net::Ipv4Addr::UNSPECIFIED.into();
                self.out.extend([output, Output::Event(Event::DuelWon { instance, rival })]);
            }
            _ => self.out.push_back(output),
        }
    }

    fn restart_all(&mut self, config: &keepalived_core::config::model::Config) {
        // Tells that every instance which is MASTER went through BACKUP.
        for instance in &config.instances {
            if self.master {
                let told = |from, to| {
                    let (instance, priority) = (instance.name.clone(), instance.priority);
                    Output::Event(Event::State { instance, from, to, priority, why: Why::Reconfigured })
                };
                self.out.extend([told(State::Master, State::Backup), told(State::Backup, State::Master)]);
            }
        }
    }
}

impl Engine for Mutant {
    type Input<'a> = Input<'a>;
    type Output = Output;

    fn handle(&mut self, now: Time, input: Input<'_>) {
        self.now = now;
        match (&input, self.mutation) {
            (Input::Packet(_), Mutation::Deaf) => return,
            (Input::Packet(Packet { payload, .. }), Mutation::IgnoresRivals)
                if self.master && payload.get(2) != Some(&0) =>
            {
                return;
            }
            (Input::Configure(config), Mutation::AlwaysPreempts) => {
                let mut config = config.clone();
                config.instances.iter_mut().for_each(|instance| instance.preempt = true);
                self.inner.handle(now, Input::Configure(config));
            }
            (Input::Configure(config), Mutation::NeverPreempts) => {
                let mut config = config.clone();
                config.instances.iter_mut().for_each(|instance| instance.preempt = false);
                self.inner.handle(now, Input::Configure(config));
            }
            (Input::Configure(config), Mutation::Ungrouped) => {
                let mut config = config.clone();
                config.sync_groups.clear();
                self.inner.handle(now, Input::Configure(config));
            }
            (Input::Configure(config), Mutation::RestartsAtReload) => {
                self.restart_all(config);
                self.inner.handle(now, input);
            }
            _ => self.inner.handle(now, input),
        }
        let was_master = self.master;
        self.collect();
        for id in core::mem::take(&mut self.lies) {
            self.inner.handle(now, Input::KernelDone { id, result: Ok(()) });
            self.collect();
        }
        let late = self.mutation == Mutation::AdvertsAsBackup && !was_master && !self.master;
        if late && let Some(advert) = self.last_advert.take() {
            self.out.push_back(Output::Send(advert));
        }
    }

    fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        if self.mutation == Mutation::NeverWakes { None } else { self.inner.deadline() }
    }
}

impl Subject for Mutant {
    fn save(&self) -> Result<Vec<u8>, String> {
        if self.mutation == Mutation::Unsaveable { Err("it forgot how".to_owned()) } else { self.inner.save() }
    }

    fn restore(saved: &[u8]) -> Result<Mutant, String> {
        // The tests of mutants that are restored do not look at what came before.
        Ok(Mutant { inner: Vrrp::restore(saved)?, ..Mutant::new(0, Mutation::None) })
    }
}
