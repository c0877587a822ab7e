//! `CLOCK_BOOTTIME`, and the one timer of a loop.

use keepalived_core::Time;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime, timerfd_create,
    timerfd_settime,
};
use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Nanoseconds since the machine started, time asleep included.
#[must_use]
pub fn now() -> Time {
    let at = clock_gettime(ClockId::Boottime);
    let secs = u64::try_from(at.tv_sec).unwrap_or(0);
    Time::from_nanos(secs.saturating_mul(1_000_000_000).saturating_add(u64::try_from(at.tv_nsec).unwrap_or(0)))
}

/// `CLOCK_REALTIME`, since 1970: the clock of the kernel's receive time stamps. Only for differences of an instant.
pub(crate) fn wall() -> Duration {
    let at = clock_gettime(ClockId::Realtime);
    Duration::new(u64::try_from(at.tv_sec).unwrap_or(0), u32::try_from(at.tv_nsec).unwrap_or(0))
}

/// Watches a descriptor for being readable. Needs a runtime with I/O.
pub(crate) fn readable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    #[allow(unsafe_code)]
    // SAFETY: an OwnedFd is open and the same descriptor until it is dropped, which only the AsyncFd can do.
    let watched = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) };
    Ok(watched?)
}

/// One `timerfd` on `CLOCK_BOOTTIME`, for absolute times. (The runtime's own timers are a millisecond coarse.)
#[derive(Debug)]
pub(crate) struct Timer {
    fd: AsyncFd<OwnedFd>,
    armed: Option<Time>,
}

impl Timer {
    /// A timer that is not armed. Needs a runtime with I/O.
    pub(crate) fn new() -> io::Result<Timer> {
        let fd = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        Ok(Timer { fd: readable(fd)?, armed: None })
    }

    /// Makes the timer fire at `at` or earlier. A deadline that only moved back costs no system call: the timer fires
    /// once for nothing and is armed anew then.
    pub(crate) fn arm(&mut self, at: Option<Time>) -> io::Result<()> {
        let Some(at) = at else { return Ok(()) };
        if self.armed.is_some_and(|armed| armed <= at) {
            return Ok(());
        }
        // All zeros would disarm it.
        let nanos = at.as_nanos().max(1);
        let value = Timespec {
            tv_sec: i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(nanos % 1_000_000_000).unwrap_or(0),
        };
        let spec = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(self.fd.get_ref(), TimerfdTimerFlags::ABSTIME, &spec)?;
        self.armed = Some(at);
        Ok(())
    }

    /// Ready when the timer has fired; it is disarmed then. Its count is never read: setting it anew resets it.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.fd.poll_read_ready(cx))?.clear_ready();
        self.armed = None;
        Poll::Ready(Ok(()))
    }
}
