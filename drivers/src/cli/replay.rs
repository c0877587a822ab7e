//! `keepalived replay FILE`

use keepalived_core::Time;
use keepalived_core::trace::{self, Divergence, Header, Step, Tail, story};
use keepalived_core::vrrp::Vrrp;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

/// Replays a recording and tells its story on standard output.
pub(super) fn replay(file: &Path) -> ExitCode {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("keepalived: {}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    match tell(&bytes, &mut out).and_then(|same| out.flush().map(|()| same)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Nobody reads any further (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keepalived: {}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

/// Whether all came out the same.
fn tell(bytes: &[u8], out: &mut dyn Write) -> io::Result<bool> {
    let header = trace::header(bytes).map_err(io::Error::other)?;
    writeln!(out, "Recorded by keepalived {}", header.build)?;
    writeln!(out, "      {}  {:>14}  the recording begins", date(&header, header.at), "")?;
    if header.lost > 0 {
        writeln!(out, "      {} steps before that could not be recorded", header.lost)?;
    }
    let mut written = Ok(());
    let mut visit = |step: &Step<'_>, engine: &Vrrp| {
        for line in story::lines(step, engine) {
            if written.is_ok() {
                written = write_line(out, &header, step.at, &line);
            }
        }
    };
    let replay = trace::replay(bytes, &mut visit).map_err(io::Error::other)?;
    written?;
    match replay.tail {
        Tail::Whole => {}
        Tail::Cut(bytes) => writeln!(out, "The recording ends within a step ({bytes} bytes of it are there).")?,
        Tail::Corrupt(bytes) => writeln!(out, "The recording is damaged; its last {bytes} bytes were not looked at.")?,
    }
    let took = seconds(replay.last.since(header.at));
    match replay.divergence {
        None => writeln!(out, "{} steps replayed ({took} s), outputs identical", replay.steps)?,
        Some(divergence) => {
            diverged(out, &header, &divergence)?;
            writeln!(out, "{} steps replayed, then step {} diverged", replay.steps, divergence.step.number)?;
            return Ok(false);
        }
    }
    Ok(true)
}

fn diverged(out: &mut dyn Write, header: &Header, divergence: &Divergence<'_>) -> io::Result<()> {
    let step = &divergence.step;
    writeln!(out, "DIVERGENCE at step {}, {}", step.number, date(header, step.at))?;
    writeln!(
        out,
        "  told:     {}",
        story::input(&step.input, &divergence.engine).unwrap_or_else(|| "a timeout is due".to_owned())
    )?;
    for (title, outputs) in [("recorded:", &step.outputs), ("now:", &divergence.got)] {
        if outputs.is_empty() {
            writeln!(out, "  {title:9} nothing")?;
        }
        for output in outputs {
            writeln!(out, "  {title:9} {}", story::output(output, &divergence.engine))?;
        }
    }
    // Where the short forms do not tell them apart, the whole ones do.
    let differing = step.outputs.iter().zip(&divergence.got).find(|(recorded, now)| recorded != now);
    if let Some((recorded, now)) = differing {
        writeln!(out, "  recorded: {recorded:?}")?;
        writeln!(out, "  now:      {now:?}")?;
    }
    Ok(())
}

fn write_line(out: &mut dyn Write, header: &Header, at: Time, line: &str) -> io::Result<()> {
    writeln!(out, "{:>14}  {}  {line}", format!("+{}", seconds(at.since(header.at))), date(header, at))
}

fn seconds(duration: Duration) -> String {
    format!("{}.{:06}", duration.as_secs(), duration.subsec_micros())
}

/// Local date and time of a moment of the recording.
fn date(header: &Header, at: Time) -> String {
    crate::log::civil(UNIX_EPOCH + Duration::from_nanos(header.wall) + at.since(header.at))
}
