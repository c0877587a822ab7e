//! Any bytes, as lines about the text: definitions, repetitions, conditions and included files.
//!
//! A byte 0 begins the next file. The first file includes the others, which are called `1`, `2` and `3`.

#[path = "sound.rs"]
mod sound;

use keepalived_core::config::Source;

/// What every run can use, so that few bytes go far.
const HEAD: &str = "$A=1\n$B=a ${A}\n$C= \\\n virtual_router_id ${A} \\\n priority ${X}\n$LOOP=${LOOP} ${LOOP}\n";

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    sound::check(&Source::single("fuzz.conf", format!("{HEAD}{text}")));
}
