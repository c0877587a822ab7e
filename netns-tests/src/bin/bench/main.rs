//! Figures, ours and the C version side by side in one run. Run it through `scripts/bench`.

mod beside;
mod checks;
mod config;
mod failover;
mod lvs;
mod openings;
mod steady;
mod table;

use keepalived_netns_tests::daemon::Implementation;
use keepalived_netns_tests::sandbox::enter_sandbox;
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "\
scripts/bench failover [--quick] [--trials N]   how late after the protocol's deadline a backup takes over
scripts/bench steady [--quick]                  CPU and memory of 255 masters
scripts/bench config [--quick] [--trials N]     time and memory of `-t` with large files
scripts/bench lvs [--quick] [--trials N]        time to program and to change 1,000 and 10,000 virtual servers of ten
scripts/bench checks [--quick] [--rate N]       CPU and lateness of N (10,000) TCP checks a second
scripts/bench beside [--quick] [--every N]      how late adverts are beside 10,000 failing checks every N (1) seconds, and beside scripts";

/// Both, in the order in which they take turns. With `KEEPALIVED_UNDER_TEST=c` the C version twice: how far chance alone goes.
fn both() -> [Implementation; 2] {
    [Implementation::under_test(), Implementation::C]
}

fn name(implementation: Implementation) -> &'static str {
    match implementation {
        Implementation::Ours => "ours",
        Implementation::C => "C",
    }
}

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("bench: {}", panic.payload_as_str().unwrap_or("an unknown mistake"));
    }));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let number =
        |option: &str| -> Option<u32> { arguments.get(arguments.iter().position(|a| a == option)? + 1)?.parse().ok() };
    let trials = number("--trials").and_then(|trials| usize::try_from(trials).ok());
    match arguments.first().map(String::as_str) {
        Some("failover") => {
            enter_sandbox();
            failover::run(trials.unwrap_or(if quick { 3 } else { 20 }));
        }
        Some("config") => {
            enter_sandbox();
            let patience = Duration::from_secs(if quick { 10 } else { 120 });
            config::run(trials.unwrap_or(if quick { 1 } else { 5 }), patience);
        }
        Some("lvs") => {
            enter_sandbox();
            lvs::run(trials.unwrap_or(if quick { 1 } else { 3 }), quick);
        }
        Some("checks") => {
            enter_sandbox();
            checks::run(number("--rate").unwrap_or(10_000), if quick { 5 } else { 30 });
        }
        Some("beside") => {
            enter_sandbox();
            let every = Duration::from_secs(number("--every").unwrap_or(1).into());
            beside::run((10_000, every), number("--scripts").unwrap_or(1000), if quick { 5 } else { 30 });
        }
        Some("steady") => {
            enter_sandbox();
            steady::run(if quick { 5 } else { 30 });
        }
        _ => {
            println!("{HELP}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
