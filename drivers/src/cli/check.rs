//! `keepalived check` and `-t`.

use super::exit;
use super::options::Options;
use crate::files::{self, LoadError, Wanted};
use crate::process::checks::check_scripts;
use keepalived_core::config::scripts::SECURITY;
use rustix::fs::{Mode, OFlags, open};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// All mistakes of a file, on standard error.
pub(super) fn check(wanted: &Wanted) -> ExitCode {
    let mut err = std::io::stderr();
    let colour = err.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let status = report(wanted, colour, &mut err);
    match status {
        Ok(report) if report.usable && !report.complaints => {
            let _ = writeln!(err, "{}: nothing to complain of", wanted.file.display());
            ExitCode::SUCCESS
        }
        Ok(report) if report.usable => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The same with the exit statuses of the C version.
pub(super) fn test(options: &Options) -> ExitCode {
    let wanted = options.wanted(None);
    let status = match &options.config_test {
        Some(Some(path)) => {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match open(path, flags, Mode::from_raw_mode(0o644)) {
                Ok(out) => report(&wanted, false, &mut std::fs::File::from(out)),
                Err(error) => {
                    eprintln!("keepalived: {}: {error}", path.display());
                    return ExitCode::from(exit::FATAL);
                }
            }
        }
        _ => report(&wanted, std::io::stderr().is_terminal(), &mut std::io::stderr()),
    };
    match status {
        Err(_) => ExitCode::from(exit::TEST_NO_FILE),
        Ok(Report { insecure: true, .. }) => ExitCode::from(exit::TEST_INSECURE),
        Ok(Report { complaints: true, .. }) => ExitCode::from(exit::TEST_COMPLAINTS),
        Ok(_) => ExitCode::SUCCESS,
    }
}

struct Report {
    usable: bool,
    complaints: bool,
    insecure: bool,
}

fn report(wanted: &Wanted, colour: bool, out: &mut dyn Write) -> Result<Report, LoadError> {
    let mut loaded = match files::load(wanted) {
        Ok(loaded) => loaded,
        Err(error) => {
            let _ = writeln!(out, "keepalived: {error}");
            return Err(error);
        }
    };
    check_scripts(&mut loaded.parsed, &loaded.source);
    let _ = out.write_all(loaded.rendered(colour).as_bytes());
    Ok(Report {
        usable: loaded.parsed.is_usable(),
        complaints: !loaded.parsed.diagnostics.is_empty(),
        insecure: loaded.parsed.diagnostics.iter().any(|diagnostic| SECURITY.contains(&diagnostic.code)),
    })
}
