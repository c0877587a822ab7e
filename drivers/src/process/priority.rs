//! Priority and processors: what a thread of the daemon has for itself is not for the programs that it starts.

use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::sync::OnceLock;

/// What the calling thread had before it was given something else for the first time.
static INHERITED: OnceLock<Inherited> = OnceLock::new();

/// What a program has that nobody has given anything else.
#[derive(Clone, Copy)]
pub(super) struct Inherited {
    nice: i32,
    processors: Option<CpuSet>,
}

/// Notes what the calling thread has. To be called before it is given anything else.
pub(crate) fn note() {
    INHERITED.get_or_init(|| Inherited {
        nice: getpriority_process(None).unwrap_or(0),
        processors: sched_getaffinity(None).ok(),
    });
}

/// What programs are to have, where it has to be given to them.
pub(super) fn inherited() -> Option<Inherited> {
    INHERITED.get().copied()
}

impl Inherited {
    /// Gives it to the calling thread, as far as that is allowed. Makes system calls only.
    pub(super) fn give_back(&self) {
        let _ = setpriority_process(None, self.nice);
        if let Some(processors) = &self.processors {
            let _ = sched_setaffinity(None, processors);
        }
    }
}
