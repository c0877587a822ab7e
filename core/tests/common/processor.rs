//! What a piece of work costs.

use rustix::time::{ClockId, Timespec, clock_gettime};
use std::time::Duration;

/// How long this thread ran for it: others use this machine too, and the clock on the wall counts them in.
pub(crate) fn processor_time(work: impl FnOnce()) -> Duration {
    let now = || {
        let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(tv_sec.unsigned_abs(), u32::try_from(tv_nsec).unwrap_or_default())
    };
    let begin = now();
    work();
    now() - begin
}
