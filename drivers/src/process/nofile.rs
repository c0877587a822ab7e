//! The limit of open files: raised for the daemon's own connections, but not for the programs that it starts.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::OnceLock;

/// The limit as it was before it was raised for the first time.
static INHERITED: OnceLock<Rlimit> = OnceLock::new();

/// Raises this process's limit of open files to `wanted`, never above what the system allows. Returns what it is then.
pub(crate) fn raise(wanted: u64) -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let now = limit.current.unwrap_or(u64::MAX);
    if wanted <= now {
        return now;
    }
    let hard = limit.maximum.unwrap_or(u64::MAX);
    // Before it is changed: a script may be started at the same moment.
    INHERITED.get_or_init(|| limit);
    // Only root may raise the hard one.
    for (current, maximum) in [(wanted, hard.max(wanted)), (wanted.min(hard), hard)] {
        let limit = Rlimit { current: Some(current), maximum: (maximum != u64::MAX).then_some(maximum) };
        if setrlimit(Resource::Nofile, limit).is_ok() {
            return current;
        }
    }
    now
}

/// The limit with which this process was started, where it has another now. Many programs close every file that they might have, or cannot
/// use those beyond 1023.
pub(super) fn inherited() -> Option<Rlimit> {
    INHERITED.get().copied()
}
