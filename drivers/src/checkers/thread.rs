//! The thread, and what happens when there is a mistake in it: a new engine begins with the configuration in force, and VRRP goes on.

use super::Inbox;
use super::memory::Memory;
use super::watcher::Watcher;
use super::world::CheckersWorld;
use crate::clock::{self, Timer};
use crate::ipvs::{self, Ipvs};
use crate::log::{Level, Log, Part};
use crate::run::run;
use keepalived_core::check::Checkers;
use keepalived_core::config::model::FlushOnStop;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The time until it is tried again, at first and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How long the kernel may take to remove what is left.
const LAST: Duration = Duration::from_secs(5);

/// What the thread is started with.
#[derive(Clone)]
pub struct Setup {
    /// Where it says what happens.
    pub log: Log,
    /// The network namespace of the load balancer, by name or path; `None`: that of the daemon.
    pub ipvs: Option<String>,
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
        let memory = supervise(&setup.log, inbox, memory, AGAIN, |inbox, memory| live(&setup, inbox, memory));
        clean_up(&setup, &memory);
        drop(ended);
    })?;
    Ok(News { end, first_table })
}

/// Calls `live` until it comes to its end, with what was said to it before, and returns what is left of that. `again`: the time until the next try, at
/// first and at most.
fn supervise(
    log: &Log,
    mut inbox: Inbox,
    mut memory: Memory,
    again: (Duration, Duration),
    mut live: impl FnMut(&mut Inbox, &mut Memory) -> io::Result<()>,
) -> Memory {
    let mut pause = again.0;
    loop {
        let lived = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| live(&mut inbox, &mut memory)));
        if lived.elapsed() > again.1 {
            pause = again.0;
        }
        let say = |text: String| log.say(Part::Checkers, Level::Error, text);
        match result {
            Ok(Ok(())) => return memory,
            Ok(Err(error)) => {
                say(format!("no health checks, no load balancing: {error}; tried again in {} s", pause.as_secs_f32()));
            }
            Err(_) => say(format!("the health checks begin anew in {} s", pause.as_secs_f32())),
        }
        if memory.stop.is_some() || wait(&mut inbox, &mut memory, pause) {
            return memory;
        }
        pause = (pause * 2).min(again.1);
    }
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_io().build()
}

fn seed() -> io::Result<u64> {
    let mut seed = [0; 8];
    rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())?;
    Ok(u64::from_ne_bytes(seed))
}

fn live(setup: &Setup, inbox: &mut Inbox, memory: &mut Memory) -> io::Result<()> {
    // Its end, too, is the end of waiting.
    let first_table = memory.first_table.take();
    let (first, again) = (seed()?, seed()?);
    let pool = memory.pool.take();
    let (knew, began) = (pool.is_some(), Instant::now());
    let mut engine = pool.unwrap_or_else(|| Box::new(Checkers::new(first)));
    let mut begun = false;
    let lived = catch_unwind(AssertUnwindSafe(|| {
        runtime()?.block_on(async {
            let mut world = CheckersWorld::new(setup.clone(), inbox, memory)?;
            begun = true;
            let mut watcher = Watcher::new(setup.log.clone(), first_table);
            let result = run(engine.as_mut(), &mut world, &mut watcher).await;
            world.finish();
            result
        })
    }));
    if !matches!(lived, Ok(Ok(()))) {
        memory.pool = match begun {
            false => Some(engine).filter(|_| knew),
            // Where it ends soon again, what it knows may be what is wrong.
            true if knew && began.elapsed() < AGAIN.1 => None,
            true => catch_unwind(AssertUnwindSafe(|| Box::new(engine.anew(again)))).ok(),
        };
    }
    lived.unwrap_or_else(|mistake| resume_unwind(mistake))
}

/// Removes what may be left in the kernel, where it ended with a mistake or before it knew what is there.
fn clean_up(setup: &Setup, memory: &Memory) {
    if !memory.leaves_something() {
        return;
    }
    let flush = memory.orders.as_ref().and_then(|orders| orders.config.global.lvs.flush_on_stop);
    let everything = flush == Some(FlushOnStop::Everything);
    let until = Instant::now() + LAST;
    let wait = |ipvs: &Ipvs| {
        let left = until.saturating_duration_since(Instant::now());
        let limit = Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(0) + 1, tv_nsec: 0 };
        let waited = || poll(&mut [PollFd::new(ipvs, PollFlags::IN)], Some(&limit));
        // A signal is no reason to give up.
        !left.is_zero() && matches!(waited(), Ok(_) | Err(Errno::INTR))
    };
    let removed = Ipvs::open(setup.ipvs.as_deref()).map_err(|error| error.to_string()).and_then(|mut ipvs| {
        let removed = ipvs::remove(&mut ipvs, (&memory.ours.services, everything), &memory.ours.sync, wait);
        removed.map_err(|errno| errno.to_string())
    });
    let say = |level, text| setup.log.say(Part::Checkers, level, text);
    match removed {
        Ok(0) => {}
        Ok(count) => say(Level::Notice, format!("virtual servers removed from the kernel at the end: {count}")),
        Err(why) => say(Level::Error, format!("virtual servers may be left in the kernel: {why}")),
    }
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
        memory.note(&letters);
        if memory.stop.is_some() {
            return Poll::Ready(true);
        }
    }
    timer.poll(cx).map(|_| false)
}

#[cfg(test)]
mod tests {
    use super::super::mail::{self, Orders};
    use super::*;
    use crate::conn::Trust;
    use keepalived_core::config::model::Config;
    use keepalived_core::ipvs::ServiceKey;
    use keepalived_core::net::{Family, Name};
    use keepalived_core::vrrp::State;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn orders(config: Config) -> Orders {
        Orders { config: Arc::new(config), trust: Ok(Trust::anything()) }
    }

    /// Reads what was said, as a world does.
    fn hear(inbox: &mut Inbox, memory: &mut Memory) {
        memory.note(&runtime().unwrap().block_on(poll_fn(|cx| inbox.poll(cx))));
    }

    #[test]
    fn after_a_mistake_it_begins_anew_with_what_was_said() {
        let (sender, inbox) = mail::open();
        let log = Log::start(Vec::new(), Level::Error).unwrap();
        sender.configure(orders(Config::default()));
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
                    assert!(memory.orders.is_some());
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
        let ours = ServiceKey::Mark { family: Family::V4, mark: 7 };
        let memory = supervise(&log, inbox, Memory::default(), (long, long), |_, memory| {
            lives += 1;
            memory.ours.services.insert(ours);
            sender.stop(false);
            Err(io::Error::other("no kernel"))
        });
        assert_eq!(lives, 1);
        assert!(memory.leaves_something() && memory.ours.services.contains(&ours));
    }
}
