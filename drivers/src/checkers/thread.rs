//! The thread, and what happens when there is a mistake in it: a new engine begins with the configuration in force, and VRRP goes on.

use super::Inbox;
use super::watcher::Watcher;
use super::world::CheckersWorld;
use crate::clock::{self, Timer};
use crate::log::{Level, Log, Part};
use crate::run::run;
use keepalived_core::check::Checkers;
use keepalived_core::config::model::Config;
use keepalived_core::net::Name;
use keepalived_core::vrrp::State;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;

/// The time until it is tried again, at first and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// What the thread is started with.
#[derive(Clone)]
pub struct Setup {
    /// Where it says what happens.
    pub log: Log,
    /// The network namespace of the load balancer, by name or path; `None`: that of the daemon.
    pub ipvs: Option<String>,
}

/// What was said to the thread and holds until something else is said.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) config: Option<Arc<Config>>,
    pub(super) instances: BTreeMap<Name, State>,
    pub(super) stop: Option<bool>,
    /// Who waits for the first table.
    first_table: Option<oneshot::Sender<()>>,
}

/// What the thread tells: that it has ended, and that the kernel has the first table or will not have it soon. That it says nothing and hangs up
/// means the same.
pub(super) struct News {
    pub(super) end: oneshot::Receiver<()>,
    pub(super) first_table: oneshot::Receiver<()>,
}

/// Starts the thread.
pub(super) fn start(setup: Setup, inbox: Inbox) -> io::Result<News> {
    let ((ended, end), (made, first_table)) = (oneshot::channel(), oneshot::channel());
    std::thread::Builder::new().name("checkers".to_owned()).spawn(move || {
        let memory = Memory { first_table: Some(made), ..Memory::default() };
        supervise(&setup.log, inbox, memory, AGAIN, |inbox, memory| live(&setup, inbox, memory));
        drop(ended);
    })?;
    Ok(News { end, first_table })
}

/// Calls `live` until it comes to its end, with what was said to it before. `again`: the time until the next try, at first and at most.
fn supervise(
    log: &Log,
    mut inbox: Inbox,
    mut memory: Memory,
    again: (Duration, Duration),
    mut live: impl FnMut(&mut Inbox, &mut Memory) -> io::Result<()>,
) {
    let mut pause = again.0;
    loop {
        let lived = std::time::Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| live(&mut inbox, &mut memory)));
        if lived.elapsed() > again.1 {
            pause = again.0;
        }
        let say = |text: String| log.say(Part::Checkers, Level::Error, text);
        match result {
            Ok(Ok(())) => return,
            Ok(Err(error)) => {
                say(format!("no health checks, no load balancing: {error}; tried again in {} s", pause.as_secs_f32()));
            }
            Err(_) => say(format!("the health checks begin anew in {} s", pause.as_secs_f32())),
        }
        if memory.stop.is_some() || wait(&mut inbox, &mut memory, pause) {
            return;
        }
        pause = (pause * 2).min(again.1);
    }
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_io().build()
}

fn live(setup: &Setup, inbox: &mut Inbox, memory: &mut Memory) -> io::Result<()> {
    // Its end, too, is the end of waiting.
    let first_table = memory.first_table.take();
    let mut seed = [0; 8];
    rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())?;
    let mut engine = Checkers::new(u64::from_ne_bytes(seed));
    runtime()?.block_on(async {
        let mut world = CheckersWorld::new(setup.clone(), inbox, memory)?;
        let mut watcher = Watcher::new(setup.log.clone(), first_table);
        let result = run(&mut engine, &mut world, &mut watcher).await;
        world.finish();
        result
    })
}

/// Until the next try: what is said meanwhile is kept. True: it is to stop.
fn wait(inbox: &mut Inbox, memory: &mut Memory, pause: Duration) -> bool {
    let listened = runtime().and_then(|runtime| {
        runtime.block_on(async {
            let mut timer = Timer::new()?;
            timer.arm(Some(clock::now() + pause))?;
            Ok(poll_fn(|cx| listen(cx, inbox, memory, &mut timer)).await)
        })
    });
    listened.unwrap_or_else(|_| {
        std::thread::sleep(pause);
        false
    })
}

fn listen(cx: &mut Context<'_>, inbox: &mut Inbox, memory: &mut Memory, timer: &mut Timer) -> Poll<bool> {
    while let Poll::Ready(letters) = inbox.poll(cx) {
        memory.config = letters.config.or(memory.config.take());
        memory.instances.extend(letters.instances);
        memory.stop = letters.stop.or(memory.stop);
        if memory.stop.is_some() {
            return Poll::Ready(true);
        }
    }
    timer.poll(cx).map(|_| false)
}

#[cfg(test)]
mod tests {
    use super::super::mail;
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Reads what was said, as a world does.
    fn hear(inbox: &mut Inbox, memory: &mut Memory) {
        let heard = runtime().unwrap().block_on(poll_fn(|cx| inbox.poll(cx)));
        memory.config = heard.config.or(memory.config.take());
        memory.instances.extend(heard.instances);
        memory.stop = heard.stop.or(memory.stop);
    }

    #[test]
    fn after_a_mistake_it_begins_anew_with_what_was_said() {
        let (sender, inbox) = mail::open();
        let log = Log::start(Vec::new(), Level::Error).unwrap();
        sender.configure(Arc::new(Config::default()));
        sender.instance(&Name::from("VI_1"), State::Master);
        let lives = AtomicU32::new(0);
        supervise(
            &log,
            inbox,
            Memory::default(),
            (Duration::from_millis(1), Duration::from_millis(1)),
            |inbox, memory| match lives.fetch_add(1, Ordering::Relaxed) {
                0 => {
                    hear(inbox, memory);
                    panic!("on purpose");
                }
                1 => Err(io::Error::other("no kernel")),
                _ => {
                    assert!(memory.config.is_some());
                    assert_eq!(memory.instances[&Name::from("VI_1")], State::Master);
                    Ok(())
                }
            },
        );
        assert_eq!(lives.into_inner(), 3);
    }

    #[test]
    fn a_stop_is_heard_while_it_waits() {
        let (sender, inbox) = mail::open();
        let log = Log::start(Vec::new(), Level::Error).unwrap();
        let mut lives = 0;
        let long = Duration::from_secs(3600);
        supervise(&log, inbox, Memory::default(), (long, long), |_, _| {
            lives += 1;
            sender.stop(false);
            Err(io::Error::other("no kernel"))
        });
        assert_eq!(lives, 1);
    }
}
