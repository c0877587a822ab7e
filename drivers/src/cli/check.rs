//! `keepalived check` and `-t`.

use super::commands::Format;
use super::exit;
use super::options::Options;
use crate::files::{self, LoadError, Loaded, Wanted};
use crate::process::checks::{check_scripts, check_trust};
use keepalived_core::config::report::{Report, Verdict, report, unreadable};
use keepalived_core::config::{idle, interfaces};
use keepalived_core::config::{origin::in_order, origins, scripts::SECURITY};
use rustix::fs::{Mode, OFlags, open};
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Whether to write to this terminal in colour (<https://no-color.org>).
pub(super) fn in_colour(out: &impl IsTerminal) -> bool {
    out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// All mistakes of a file: for people on standard error, for machines on standard output. With `all` every value in force, too.
pub(super) fn check(wanted: &Wanted, format: Format, all: bool) -> ExitCode {
    let usable = match (load(wanted, true), format) {
        (Err(error), Format::Text) => {
            eprintln!("keepalived: {error}");
            false
        }
        (Err(error), Format::Json) => print_json(&unreadable(&wanted.file.to_string_lossy(), &error.to_string())),
        (Ok(loaded), Format::Text) => {
            let mut err = std::io::stderr();
            let _ = err.write_all(loaded.rendered(in_colour(&err)).as_bytes());
            if all {
                // Nobody reads any further (`| head`).
                let _ = std::io::stdout().write_all(origins(&loaded.source).as_bytes());
            } else if loaded.parsed.diagnostics.is_empty() {
                let _ = writeln!(err, "{}: nothing to complain of", wanted.file.display());
            }
            let usable = loaded.is_usable();
            leave(loaded);
            usable
        }
        (Ok(loaded), Format::Json) => {
            let in_force = all.then(|| in_order(&loaded.source));
            let report = report(&loaded.parsed.diagnostics, &loaded.source, loaded.strict);
            leave(loaded);
            print_json(&Report { in_force, ..report })
        }
    };
    if usable { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The same with the exit statuses of the C version.
pub(super) fn test(options: &Options) -> ExitCode {
    let mut colour = false;
    let mut out: Box<dyn Write> = match &options.config_test {
        Some(Some(path)) => {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match open(path, flags, Mode::from_raw_mode(0o644)) {
                Ok(out) => Box::new(std::fs::File::from(out)),
                Err(error) => {
                    eprintln!("keepalived: {}: {error}", path.display());
                    return ExitCode::from(exit::FATAL);
                }
            }
        }
        _ => {
            colour = in_colour(&std::io::stderr());
            Box::new(std::io::stderr())
        }
    };
    let wanted = options.wanted(None);
    let loaded = match load(&wanted, options.namespace.is_none()) {
        Ok(loaded) => loaded,
        Err(error) => {
            let _ = writeln!(out, "keepalived: {error}");
            return ExitCode::from(exit::TEST_NO_FILE);
        }
    };
    let _ = out.write_all(loaded.rendered(colour).as_bytes());
    let diagnostics = &loaded.parsed.diagnostics;
    let status = if diagnostics.iter().any(|diagnostic| SECURITY.contains(&diagnostic.code)) {
        ExitCode::from(exit::TEST_INSECURE)
    } else if diagnostics.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::TEST_COMPLAINTS)
    };
    leave(loaded);
    status
}

/// The interfaces of this network namespace.
fn there() -> std::io::Result<BTreeSet<String>> {
    // Two lines of headings, and a line `eth0: ...` for each.
    let table = std::fs::read_to_string("/proc/thread-self/net/dev")?;
    let names = table.lines().skip(2).filter_map(|line| line.split_once(':'));
    Ok(names.map(|(name, _)| name.trim().to_owned()).collect())
}

/// The process ends: its memory need not be given back object by object.
fn leave(loaded: Loaded) {
    std::mem::forget(loaded);
}

/// A configuration, and what there is to say of it and of what it needs of this machine. `here`: it is for this network namespace.
fn load(wanted: &Wanted, here: bool) -> Result<Loaded, LoadError> {
    let mut loaded = files::load(wanted)?;
    check_scripts(&mut loaded.parsed, &loaded.source);
    // What is wrong is among the diagnostics.
    let _ = check_trust(&mut loaded.parsed, &loaded.source);
    idle::check(&mut loaded.parsed, &loaded.source);
    if let (true, Ok(there)) = (here, there()) {
        interfaces::check(&mut loaded.parsed, &loaded.source, &there);
    }
    Ok(loaded)
}

/// Prints it; whether the configuration can be run.
fn print_json(report: &Report) -> bool {
    let mut out = std::io::stdout().lock();
    // Nobody reads any further (`| head`), or the disk is full: the status still tells.
    let _ = serde_json::to_writer_pretty(&mut out, report).map_err(std::io::Error::from).and_then(|()| writeln!(out));
    report.verdict != Verdict::Refused
}
