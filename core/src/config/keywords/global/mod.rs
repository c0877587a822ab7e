//! Inside `global_defs`.

mod daemon;
mod firewall;
mod lvs;
mod mail;
mod process;
mod telemetry;
mod vrrp;

use super::{Arg, GLOBAL, Keyword, keyword};

pub(super) const KEYWORDS: [&[Keyword]; 7] = [
    daemon::KEYWORDS,
    mail::KEYWORDS,
    process::KEYWORDS,
    vrrp::KEYWORDS,
    firewall::KEYWORDS,
    lvs::KEYWORDS,
    telemetry::KEYWORDS,
];

/// A keyword of `global_defs`.
const fn row(name: &'static str, arg: Arg, default: &'static str, doc: &'static str) -> Keyword {
    keyword(GLOBAL, name, arg, default, doc)
}
