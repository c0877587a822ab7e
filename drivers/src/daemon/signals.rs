//! What an operator tells the daemon by signals.

use std::io;
use std::task::{Context, Poll};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// TERM or INT.
    Stop,
    /// HUP.
    Reload,
    /// One that asks the C version for a file with its state; by its name in `--signum`.
    NotYet(&'static str),
}

/// The numbers of `--signum`, by the names of the C version.
pub const NAMES: [(&str, i32); 6] =
    [("STOP", 15), ("RELOAD", 1), ("DATA", 10), ("STATS", 12), ("STATS_CLEAR", 63), ("JSON", 36)];

/// All signals that mean something.
pub struct Signals(Vec<(Signal, Wish)>);

impl Signals {
    /// Catches them. Needs a runtime with I/O.
    ///
    /// # Errors
    /// When a handler cannot be installed.
    pub fn catch(ignore_int: bool) -> io::Result<Signals> {
        let mut signals = Vec::new();
        for (name, number) in NAMES {
            let wish = match name {
                "STOP" => Wish::Stop,
                "RELOAD" => Wish::Reload,
                other => Wish::NotYet(other),
            };
            signals.push((signal(SignalKind::from_raw(number))?, wish));
        }
        let interrupt = signal(SignalKind::interrupt())?;
        if !ignore_int {
            signals.push((interrupt, Wish::Stop));
        }
        Ok(Signals(signals))
    }

    /// The next wish.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Wish> {
        for (signal, wish) in &mut self.0 {
            if signal.poll_recv(cx).is_ready() {
                return Poll::Ready(*wish);
            }
        }
        Poll::Pending
    }
}

/// Undoes what the caller's caller may have left to us: blocked signals, which would make us deaf to TERM, and an ignored CHLD, with which no
/// script's end can be told. Until there are handlers, a reload or a question must not kill us.
#[allow(unsafe_code)]
pub fn ignore_until_ready() {
    for (name, number) in NAMES {
        if name != "STOP" {
            // SAFETY: `SIG_IGN` is no function of ours.
            unsafe { libc::signal(number, libc::SIG_IGN) };
        }
    }
    // SAFETY: `set` is written by `sigemptyset` before it is read; the process has one thread, whose mask the others inherit.
    // `SIG_DFL` is no function of ours.
    unsafe {
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
    }
}
