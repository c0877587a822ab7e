//! `keepalived fmt`

use crate::files::is_stdin;
use keepalived_core::config::format::{self, Formatted};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Prints files in their normal form, or writes them back, or tells which are not in it.
pub(super) fn format(files: &[PathBuf], check: bool, write: bool) -> ExitCode {
    let mut good = true;
    for file in files {
        match one(file, check, write) {
            Ok(same) => good &= same,
            Err(error) => {
                eprintln!("keepalived: {}: {error}", file.display());
                good = false;
            }
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether there is nothing to complain of.
fn one(file: &Path, check: bool, write: bool) -> io::Result<bool> {
    let text = read(file)?;
    let Formatted { text: formatted, doubt } = format::format(&text);
    if let Some((line, why)) = doubt {
        // Its indentation is what its author can find the mistake by.
        let help = "`keepalived check` says more; nothing is changed";
        return Err(io::Error::other(format!("line {line}: {why}; {help}")));
    }
    if check {
        if let Some(line) = first_difference(&text, &formatted) {
            eprintln!("{}:{line}: not in its normal form", file.display());
            return Ok(false);
        }
        return Ok(true);
    }
    if write && !is_stdin(file) {
        if text != formatted {
            replace(file, &formatted)?;
        }
        return Ok(true);
    }
    match io::stdout().lock().write_all(&formatted) {
        // Nobody reads any further (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        result => result.map(|()| true),
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    if !is_stdin(file) {
        return std::fs::read(file);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The first line that is another, from 1.
fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    if a == b {
        return None;
    }
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    Some(a[..same].iter().filter(|b| **b == b'\n').count() + 1)
}

/// Puts `text` in the place of what `file` holds, all of it or nothing, with the same owner and rights.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    // What is behind a symbolic link is replaced, not the link.
    let file = file.canonicalize()?;
    let before = std::fs::metadata(&file)?;
    let mut name = file.clone().into_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(name);
    let written = (|| {
        let mut out = std::fs::File::create_new(&temporary)?;
        fchown(&out, Some(before.uid()), Some(before.gid()))?;
        out.set_permissions(before.permissions())?;
        out.write_all(text)?;
        out.sync_all()?;
        std::fs::rename(&temporary, &file)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
