//! The daemon's side of the loop: signals, reloads and scripts become inputs of the engine.

use super::fresh::Fresh;
use super::notify::Notifier;
use super::parts::{Parts, Scale};
use super::signals::{Signals, Wish};
use crate::checkers::Balancer;
use crate::clock::{self, Timer};
use crate::doubts::Doubts;
use crate::elsewhere::drop_elsewhere;
use crate::files::{LoadError, Wanted};
use crate::log::{Level, Log};
use crate::process::{Ends, Scripts, user};
use crate::world::Side;
use keepalived_core::config::again::{Before, Sections};
use keepalived_core::config::model::{Config, Global};
use keepalived_core::config::trust::uses_tls;
use keepalived_core::vrrp::{Input, ScriptId, ScriptRun};
use std::cell::RefCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How long the first table may keep us from being ready. The kernel makes 100,000 entries in less.
const FIRST_TABLE: Duration = Duration::from_secs(5);

/// What a reload found, from the thread that read it.
type Reloaded = Result<Fresh, LoadError>;

/// Signals, reloads and scripts.
pub struct Service {
    log: Log,
    notifier: Rc<Notifier>,
    signals: Signals,
    scripts: Scripts,
    ended: Ends,
    parts: Parts,
    balancer: Rc<RefCell<Balancer>>,
    /// How long the first table is waited for.
    patience: Option<Timer>,
    wanted: Wanted,
    /// The first configuration, until the engine has it.
    first: Option<Fresh>,
    /// What of the configuration in force need not be read again. The thread of the checkers has it anyway.
    before: Option<Arc<(Sections, Arc<Config>)>>,
    /// What is not understood or not clear in the configuration in force.
    doubts: Doubts,
    /// How much there is in it.
    scale: Scale,
    /// Who runs scripts.
    global: Global,
    reload: Reload,
    reader: (Sender<Reloaded>, Receiver<Reloaded>),
    keep: Keep,
    stops: u32,
    give_up: Arc<Notify>,
}

/// What a stop leaves in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Virtual addresses (`--dont-release-vrrp`).
    pub addresses: bool,
    /// The IPVS table (`--dont-release-ipvs`).
    pub table: bool,
}

/// How a reload stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reload {
    None,
    Reading,
    /// Another was asked for meanwhile: the file may have changed since it was read.
    ReadingAndAgain,
}

impl Service {
    /// Everything in place; the first input will be the configuration that was read. A third wish to stop calls `give_up`.
    pub fn new(
        log: Log,
        notifier: Rc<Notifier>,
        signals: Signals,
        (scripts, ended): (Scripts, Ends),
        (parts, balancer): (Parts, Rc<RefCell<Balancer>>),
        (wanted, fresh): (Wanted, Fresh),
        (keep, give_up): (Keep, Arc<Notify>),
    ) -> Service {
        Service {
            log,
            notifier,
            signals,
            scripts,
            ended,
            parts,
            balancer,
            patience: None,
            wanted,
            first: Some(fresh),
            before: None,
            doubts: Doubts::default(),
            scale: Scale::default(),
            global: Global::default(),
            reload: Reload::None,
            reader: channel(1),
            keep,
            stops: 0,
            give_up,
        }
    }

    fn configure(&mut self, Fresh { mut loaded, runners, doubts, trust, .. }: Fresh) -> Input<'static> {
        user::note(runners);
        self.doubts = doubts;
        let mut config = std::mem::take(&mut loaded.parsed.config);
        let sections = std::mem::take(&mut loaded.parsed.sections);
        drop_elsewhere(loaded);
        self.scale = self.parts.keep(&mut config);
        self.global.clone_from(&config.global);
        // Both have it, or neither: whatever could be refused has been by now.
        let mut balancer = self.balancer.borrow_mut();
        let now = balancer.configure(&mut config, trust).map(|config| Arc::new((sections, config)));
        // We may be the last who have it.
        if let Some(before) = std::mem::replace(&mut self.before, now) {
            drop_elsewhere(before);
        }
        if balancer.makes_first_table() && self.patience.is_none() {
            self.patience = Timer::new().and_then(armed).ok();
            if self.patience.is_none() {
                balancer.forget_first_table();
            }
        }
        Input::Configure(Box::new(config))
    }

    fn stop(&mut self) -> Option<Input<'static>> {
        self.stops += 1;
        match self.stops {
            1 => {
                self.notifier.stopping();
                self.balancer.borrow().stop(self.keep.table);
                return Some(Input::Stop { keep_addresses: self.keep.addresses });
            }
            2 => {
                self.log.daemon(Level::Notice, "asked to stop again: running scripts are killed");
                self.scripts.kill_all();
                self.balancer.borrow().kill_scripts();
            }
            _ => {
                self.log.daemon(Level::Warning, "asked to stop a third time: ending at once");
                self.give_up.notify_one();
            }
        }
        None
    }

    /// What is asked by signals. To be polled as long as anything runs, also when VRRP has stopped.
    pub fn poll_signals(&mut self, cx: &mut Context<'_>) -> Poll<Input<'static>> {
        while let Poll::Ready(wish) = self.signals.poll_next(cx) {
            match wish {
                Wish::Stop => {
                    if let Some(input) = self.stop() {
                        return Poll::Ready(input);
                    }
                }
                Wish::Reload => self.begin_reload(),
                Wish::NotYet(name) => {
                    let text = format!("asked by signal for {name}: not built yet, nothing is written");
                    self.log.daemon(Level::Warning, text);
                }
            }
        }
        Poll::Pending
    }

    fn begin_reload(&mut self) {
        match self.reload {
            _ if self.stops > 0 => return,
            Reload::None => {}
            Reload::Reading | Reload::ReadingAndAgain => {
                self.reload = Reload::ReadingAndAgain;
                return;
            }
        }
        self.notifier.reloading();
        self.log.daemon(Level::Notice, format!("reading {} again", self.wanted.file.display()));
        let (wanted, parts, result) = (self.wanted.clone(), self.parts, self.reader.0.clone());
        let (before, untried) = (self.before.clone(), self.balancer.borrow().untried().cloned());
        // Files and user databases can be slow; adverts cannot wait for them.
        let read = move || {
            let loaded = or_panicked(&wanted, || {
                let before = before.as_deref().map_or(Before::default(), |(sections, config)| Before {
                    sections: Some(sections),
                    servers: &config.lvs.servers,
                });
                Fresh::read(&wanted, before, parts, untried.as_ref())
            });
            let _ = result.blocking_send(loaded);
        };
        match std::thread::Builder::new().name("reload".to_owned()).spawn(read) {
            Ok(_) => self.reload = Reload::Reading,
            Err(error) => self.refuse(&format!("no thread to read it: {error}")),
        }
    }

    fn end_reload(&mut self, result: Reloaded) -> Option<Input<'static>> {
        if std::mem::replace(&mut self.reload, Reload::None) == Reload::ReadingAndAgain {
            drop_elsewhere(result);
            self.begin_reload();
            return None;
        }
        if self.stops > 0 {
            return None;
        }
        let mut fresh = match result {
            Ok(fresh) => fresh,
            Err(error) => {
                self.refuse(&error.to_string());
                return None;
            }
        };
        fresh.tell(&self.log);
        if let Err(why) = self.judge(&fresh) {
            self.refuse(&why);
            drop_elsewhere(fresh);
            return None;
        }
        Some(self.configure(fresh))
    }

    /// Whether a new configuration may come into force.
    fn judge(&self, Fresh { loaded, doubts, trust, kernel, .. }: &Fresh) -> Result<(), String> {
        if !loaded.parsed.is_usable() {
            return Err("there are errors in it".to_owned());
        }
        if !loaded.is_usable() {
            return Err("there are warnings, and --strict refuses them".to_owned());
        }
        // At the start what is not understood is skipped, as the C version does. Here somebody has just written it, and skipping
        // it would take back what is in force.
        if let Some(new) = doubts.new_since(&self.doubts) {
            return Err(format!("{new}, and that is not so in the configuration in force"));
        }
        if let Err(wrong) = trust
            && uses_tls(&loaded.parsed.config)
        {
            return Err(wrong.clone());
        }
        if let Err(lacking) = kernel {
            return Err(format!("virtual servers cannot be made: {lacking}"));
        }
        if self.parts.scale(&loaded.parsed.config).is_empty() && !self.scale.is_empty() {
            return Err(self.scale.nothing_left().to_owned());
        }
        Ok(())
    }

    fn refuse(&self, reason: &str) {
        self.log.daemon(Level::Error, format!("the new configuration is refused, nothing changes: {reason}"));
        self.notifier.ready("The last new configuration was refused; the one before is in force");
    }
}

fn armed(mut timer: Timer) -> io::Result<Timer> {
    timer.arm(Some(clock::now() + FIRST_TABLE))?;
    Ok(timer)
}

/// Without an answer no reload would ever begin again.
fn or_panicked(wanted: &Wanted, read: impl FnOnce() -> Reloaded) -> Reloaded {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(LoadError::Panicked(wanted.file.clone())))
}

impl Side for Service {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Input<'static>> {
        if let Some(loaded) = self.first.take() {
            return Poll::Ready(self.configure(loaded));
        }
        if let Some(patience) = &mut self.patience {
            let mut balancer = self.balancer.borrow_mut();
            if patience.poll(cx).is_ready() {
                balancer.forget_first_table();
            }
            if balancer.poll_first_table(cx).is_ready() {
                self.patience = None;
                // Nothing is due: it is a turn for the watcher, who lets the service manager know.
                return Poll::Ready(Input::Timeout);
            }
        }
        if let Poll::Ready(Some((id, status))) = self.ended.poll_recv(cx) {
            return Poll::Ready(Input::ScriptEnded { id, status });
        }
        while let Poll::Ready(Some(result)) = self.reader.1.poll_recv(cx) {
            if let Some(input) = self.end_reload(result) {
                return Poll::Ready(input);
            }
        }
        self.poll_signals(cx)
    }

    fn run_script(&mut self, run: ScriptRun) {
        let runner = self.global.runner(run.user.as_ref());
        self.scripts.run(run, runner);
    }

    fn kill_script(&mut self, id: ScriptId) {
        self.scripts.kill(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failed_reload() {
        let wanted = Wanted { file: "k.conf".into(), ..Wanted::default() };
        let result = or_panicked(&wanted, || panic!("on purpose"));
        assert!(result.is_err_and(|error| error.to_string().starts_with("configuration file k.conf: ")));
    }
}
