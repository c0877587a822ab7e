//! The command line: what was asked for, and by which status it ends.

mod check;
pub mod commands;
mod explain;
mod format;
mod generate;
mod genhash;
pub mod options;
mod replay;
mod start;

use crate::files::Wanted;
use clap::Parser;
use clap::error::ErrorKind;
use commands::Command;
use options::Options;
use std::ffi::OsString;
use std::process::ExitCode;

/// The statuses of the C version.
pub mod exit {
    /// A bad option, or something that should not happen.
    pub const FATAL: u8 = 1;
    /// The configuration cannot be run.
    pub const CONFIG: u8 = 2;
    /// Missing permission.
    pub const PERMISSION: u8 = 4;
    /// There is no configuration file.
    pub const NO_FILE: u8 = 6;
    /// `-t`: there is no file.
    pub const TEST_NO_FILE: u8 = 4;
    /// `-t`: there is something to complain of.
    pub const TEST_COMPLAINTS: u8 = 5;
    /// `-t`: scripts are not secure.
    pub const TEST_INSECURE: u8 = 6;
}

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(arguments) = options::of_genhash(&arguments) {
        return genhash::main(arguments);
    }
    let options = match Options::try_parse_from(arguments.into_iter().map(options::with_equals_sign)) {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(exit::FATAL) };
        }
    };
    if options.version {
        version();
        return ExitCode::SUCCESS;
    }
    if let Some(name) = &options.signum {
        return signum(name);
    }
    match &options.command {
        Some(Command::Check { file, named, format, strict, explain_defaults, .. }) => {
            let wanted = options.wanted(file.as_deref().or(named.as_deref()));
            check::check(&Wanted { strict: wanted.strict || *strict, ..wanted }, *format, *explain_defaults)
        }
        Some(Command::Explain { word, .. }) => explain::explain(word.as_deref()),
        Some(Command::Fmt { files, check, write, .. }) => format::format(files, *check, *write),
        Some(Command::Genhash { options, .. }) => genhash::genhash(options),
        Some(Command::Completion { shell, .. }) => generate::completion(*shell),
        Some(Command::Generate { what, .. }) => generate::generate(*what),
        Some(Command::Replay { file, .. }) => replay::replay(file),
        None => {
            if let Some(reason) = options.refused() {
                eprintln!("keepalived: {reason}");
                return ExitCode::from(exit::FATAL);
            }
            if options.config_test.is_some() { check::test(&options) } else { start::start(&options) }
        }
    }
}

fn version() {
    // Like the C version: on standard error, and the first line in a form that tools look for.
    eprintln!("Keepalived v{}", env!("CARGO_PKG_VERSION"));
    eprintln!();
    let name = rustix::system::uname();
    let word = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    eprintln!("Running on {} {} {}", word(name.sysname()), word(name.release()), word(name.version()));
    eprintln!(
        "Built: VRRP versions 2 and 3, health checks, IPVS, notify scripts and FIFOs, recording. Not yet: BFD, SNMP."
    );
}

fn signum(name: &str) -> ExitCode {
    match crate::daemon::signals::NAMES.iter().find(|(known, _)| *known == name) {
        Some((_, number)) => {
            println!("{number}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("Unknown sigfunc {name}");
            ExitCode::from(exit::FATAL)
        }
    }
}
