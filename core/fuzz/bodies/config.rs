//! Any bytes, as a whole file.

use crate::sound;
use keepalived_core::config::Source;

pub(crate) fn run(data: &[u8]) {
    sound::check(&Source::single("fuzz.conf", String::from_utf8_lossy(data)));
}
