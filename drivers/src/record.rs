//! `--record`: what the engine is told and answers, into files that are bounded in number and size.
//!
//! The loop only puts bytes into a queue; a thread writes them. When the queue is full or the disk fails, what follows is not recorded but
//! counted, until a new file with a fresh snapshot can begin: within a file nothing is ever missing.

use crate::log::{Level, Log};
use keepalived_core::Time;
use keepalived_core::trace::{Key, Recorder};
use keepalived_core::vrrp::{Input, Output, Vrrp};
use rustix::fs::{Mode, OFlags};
use rustix::rand::{GetRandomFlags, getrandom};
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How many files are kept.
const FILES: usize = 4;

/// How much may wait to be written, in bytes and in pieces.
const WAITING_BYTES: usize = 4 << 20;
const WAITING_PIECES: usize = 1024;

/// After a failure the next file is tried this much later.
const PAUSE: Duration = Duration::from_secs(10);

enum Piece {
    /// The beginning of a new file.
    Begin(Vec<u8>),
    /// More of the present one.
    More(Vec<u8>),
}

/// What the loop and the writing thread share.
#[derive(Default)]
struct Shared {
    waiting: AtomicUsize,
    /// The present file cannot be written on.
    broken: AtomicBool,
}

/// A recording under way.
pub struct Recording {
    recorder: Recorder,
    pieces: Option<SyncSender<Piece>>,
    writer: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    /// Steps of the present turn, and how many.
    turn: Vec<u8>,
    steps: u64,
    in_step: bool,
    /// Bytes in the present file, and how many it may have.
    size: usize,
    limit: usize,
    /// What it may have where its snapshot alone takes more than half of `limit`: as much again. Otherwise every turn would begin a new file.
    end: usize,
    log: Log,
    state: State,
    lost: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No file has begun; begin one with the next turn.
    Begin,
    /// Into a file.
    Running,
    /// Something went wrong: begin a file not before this time.
    Pause(Time),
}

impl Recording {
    /// Begins to record into `directory`, which is created where it is missing, at most `limit` bytes in all.
    ///
    /// # Errors
    /// When the directory cannot be had or there is no thread or randomness.
    pub fn start(directory: &Path, limit: u64, log: Log) -> io::Result<Recording> {
        if !directory.is_dir() {
            fs::create_dir_all(directory)?;
            // Whatever the umask.
            fs::set_permissions(directory, Permissions::from_mode(0o700))?;
        }
        // Tells a directory that cannot be written to at once.
        recordings(directory)?;
        rustix::fs::access(directory, rustix::fs::Access::WRITE_OK)?;
        let mut key = [0; 16];
        getrandom(&mut key, GetRandomFlags::empty())?;
        let (pieces, received) = sync_channel(WAITING_PIECES);
        let shared = Arc::new(Shared::default());
        let files = Files { directory: directory.to_owned(), present: None, log: log.clone() };
        let theirs = Arc::clone(&shared);
        let writer = Builder::new()
            .name("record".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || files.write(&received, &theirs))?;
        Ok(Recording {
            recorder: Recorder::new(Key::new(key), env!("CARGO_PKG_VERSION")),
            pieces: Some(pieces),
            writer: Some(writer),
            shared,
            turn: Vec::new(),
            steps: 0,
            in_step: false,
            size: 0,
            limit: usize::try_from(limit).unwrap_or(usize::MAX) / FILES,
            end: 0,
            log,
            state: State::Begin,
            lost: 0,
        })
    }

    /// The engine is about to be told something.
    pub fn input(&mut self, now: Time, input: &Input<'_>) {
        self.end_step();
        self.steps += 1;
        if self.state == State::Running {
            self.recorder.step(now, input);
            self.in_step = true;
        }
    }

    /// The engine has answered.
    pub fn output(&mut self, output: &Output) {
        if self.in_step {
            self.recorder.output(output);
        }
    }

    /// All of a turn is done. The first call, before the first turn, begins the first file.
    pub fn turn_over(&mut self, now: Time, engine: &Vrrp) {
        self.end_step();
        let steps = std::mem::take(&mut self.steps);
        let turn = std::mem::take(&mut self.turn);
        if self.state == State::Running {
            if self.shared.broken.load(Ordering::Acquire) || !self.push(Piece::More(turn)) {
                self.state = State::Pause(now + PAUSE);
                self.lost += steps;
            } else if self.size >= self.end {
                self.state = State::Begin;
            }
        } else {
            self.lost += steps;
        }
        let begin = match self.state {
            State::Begin => true,
            State::Running => false,
            State::Pause(until) => now >= until,
        };
        if begin {
            self.state = if self.begin(now, engine) { State::Running } else { State::Pause(now + PAUSE) };
        }
    }

    /// Waits until all is written, but no longer than `limit`.
    pub fn finish(mut self, limit: Duration) {
        self.pieces = None;
        let until = std::time::Instant::now() + limit;
        while let Some(writer) = &self.writer
            && !writer.is_finished()
            && std::time::Instant::now() < until
        {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn begin(&mut self, now: Time, engine: &Vrrp) -> bool {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let wall = u64::try_from(wall).unwrap_or(u64::MAX);
        let Some(bytes) = self.recorder.begin(now, wall, self.lost, engine) else { return false };
        self.shared.broken.store(false, Ordering::Release);
        self.size = 0;
        let end = self.limit.max(bytes.len() * 2);
        if end > self.limit.max(self.end) {
            let (each, all) = (bytes.len() >> 10, (end * FILES) >> 20);
            let text =
                format!("the snapshot that each recording begins with takes {each} KiB: up to {all} MiB are kept");
            self.log.daemon(Level::Warning, text);
        }
        self.end = end;
        let begun = self.push(Piece::Begin(bytes));
        if begun {
            self.lost = 0;
        }
        begun
    }

    fn end_step(&mut self) {
        if std::mem::take(&mut self.in_step) {
            match self.recorder.end() {
                Some(frame) => self.turn.extend_from_slice(frame),
                None => self.state = State::Begin,
            }
        }
    }

    fn push(&mut self, piece: Piece) -> bool {
        let (Piece::Begin(bytes) | Piece::More(bytes)) = &piece;
        let length = bytes.len();
        if length == 0 {
            return true;
        }
        if self.shared.waiting.load(Ordering::Acquire) + length > WAITING_BYTES {
            return false;
        }
        self.shared.waiting.fetch_add(length, Ordering::AcqRel);
        let pushed = self.pieces.as_ref().is_some_and(|pieces| pieces.try_send(piece).is_ok());
        if pushed {
            self.size += length;
        } else {
            self.shared.waiting.fetch_sub(length, Ordering::AcqRel);
        }
        pushed
    }
}

/// The files of a recording, in the writing thread.
struct Files {
    directory: PathBuf,
    present: Option<File>,
    log: Log,
}

impl Files {
    fn write(mut self, pieces: &Receiver<Piece>, shared: &Shared) {
        while let Ok(piece) = pieces.recv() {
            let (Piece::Begin(bytes) | Piece::More(bytes)) = &piece;
            let done = match &piece {
                Piece::Begin(bytes) => self.begin(bytes),
                // After a failure the rest of the file is of no use.
                Piece::More(bytes) => self.present.as_mut().map_or(Ok(()), |file| file.write_all(bytes)),
            };
            shared.waiting.fetch_sub(bytes.len(), Ordering::AcqRel);
            if let Err(error) = done {
                self.present = None;
                shared.broken.store(true, Ordering::Release);
                let directory = self.directory.display();
                self.log.daemon(Level::Warning, format!("recording into {directory} is interrupted: {error}"));
            }
        }
    }

    fn begin(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.present = None;
        let old = recordings(&self.directory)?;
        for path in old.iter().rev().skip(FILES - 1) {
            fs::remove_file(path)?;
        }
        // Names in the order of writing, also when the clock was set back: otherwise the newest would be taken for the oldest.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let after = old.last().and_then(|path| moment(path)).map(|last| last + Duration::from_nanos(1));
        let now = after.map_or(now, |after| now.max(after));
        let name = format!("vrrp-{:010}.{:09}.rec", now.as_secs(), now.subsec_nanos());
        let path = self.directory.join(name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut file: File = rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))?.into();
        file.write_all(bytes)?;
        self.present = Some(file);
        Ok(())
    }
}

/// The time in a recording's name.
fn moment(path: &Path) -> Option<Duration> {
    let (seconds, nanos) = path.file_name()?.to_str()?.strip_prefix("vrrp-")?.strip_suffix(".rec")?.split_once('.')?;
    // Far from what a Duration cannot hold, and from what its ten digits cannot say.
    let seconds = seconds.parse().ok().filter(|seconds: &u64| *seconds < 9_999_999_999)?;
    Some(Duration::new(seconds, nanos.parse().ok().filter(|nanos: &u32| *nanos < 1_000_000_000)?))
}

/// The recordings in a directory, the oldest first.
fn recordings(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with("vrrp-") && name.ends_with(".rec")) {
            found.push(entry.path());
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::Engine;
    use keepalived_core::trace::{Tail, replay};

    fn log() -> Log {
        Log::start(Vec::new(), Level::Error).unwrap()
    }

    fn turn(recording: &mut Recording, engine: &mut Vrrp, now: Time) {
        recording.input(now, &Input::Timeout);
        engine.handle(now, Input::Timeout);
        while let Some(output) = engine.poll() {
            recording.output(&output);
        }
        recording.turn_over(now, engine);
    }

    fn turns(directory: &Path, limit: u64, count: u64) {
        let mut engine = Vrrp::new(1);
        let mut recording = Recording::start(directory, limit, log()).unwrap();
        recording.turn_over(Time::ZERO, &engine);
        for second in 1..=count {
            // The writer keeps up: otherwise this would be a test of the machine's load.
            while recording.shared.waiting.load(Ordering::Acquire) > 0 {
                std::thread::yield_now();
            }
            turn(&mut recording, &mut engine, Time::from_secs(second));
        }
        recording.finish(Duration::from_secs(20));
    }

    #[test]
    fn what_is_recorded_replays() {
        let dir = tempfile::tempdir().unwrap();
        turns(dir.path(), 1 << 20, 100);
        let files = recordings(dir.path()).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let bytes = fs::read(&files[0]).unwrap();
        let replay = replay(&bytes, |_, _| {}).unwrap();
        assert_eq!((replay.steps, replay.last, replay.tail), (100, Time::from_secs(100), Tail::Whole));
        assert!(replay.divergence.is_none());
    }

    #[test]
    fn files_are_bounded_and_each_stands_alone() {
        let dir = tempfile::tempdir().unwrap();
        turns(dir.path(), 4000, 2000);
        turns(dir.path(), 4000, 2000);
        let files = recordings(dir.path()).unwrap();
        assert_eq!(files.len(), FILES);
        for file in &files {
            let bytes = fs::read(file).unwrap();
            assert!(bytes.len() < 1000 + 500, "{}", bytes.len());
            let replay = replay(&bytes, |_, _| {}).unwrap();
            assert!(replay.divergence.is_none());
            assert_eq!(replay.header.lost, 0);
        }
    }

    #[test]
    fn a_limit_below_the_snapshots_does_not_make_a_file_of_every_turn() {
        let dir = tempfile::tempdir().unwrap();
        turns(dir.path(), 4, 2000);
        let files = recordings(dir.path()).unwrap();
        assert_eq!(files.len(), FILES);
        // The last may have just begun.
        for file in &files[..FILES - 1] {
            let steps = replay(&fs::read(file).unwrap(), |_, _| {}).unwrap().steps;
            assert!(steps > 3, "{steps}");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_the_old_files() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..FILES {
            fs::write(dir.path().join(format!("vrrp-9000000000.{number:09}.rec")), "old").unwrap();
        }
        turns(dir.path(), 4000, 2000);
        let files = recordings(dir.path()).unwrap();
        assert_eq!(files.len(), FILES);
        for file in files {
            assert!(replay(&fs::read(&file).unwrap(), |_, _| {}).is_ok(), "{} is kept", file.display());
        }
    }

    #[test]
    fn what_could_not_be_written_is_counted_in_the_next_file() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Vrrp::new(1);
        let mut recording = Recording::start(dir.path(), 1 << 20, log()).unwrap();
        recording.turn_over(Time::ZERO, &engine);
        let full = WAITING_BYTES;
        recording.shared.waiting.fetch_add(full, Ordering::AcqRel);
        for second in 1..=5 {
            recording.input(Time::from_secs(second), &Input::Timeout);
            recording.turn_over(Time::from_secs(second), &engine);
        }
        recording.shared.waiting.fetch_sub(full, Ordering::AcqRel);
        for second in 20..25 {
            recording.input(Time::from_secs(second), &Input::Timeout);
            recording.turn_over(Time::from_secs(second), &engine);
        }
        recording.finish(Duration::from_secs(20));
        let files = recordings(dir.path()).unwrap();
        assert_eq!(files.len(), 2);
        let bytes = fs::read(&files[1]).unwrap();
        let replay = replay(&bytes, |_, _| {}).unwrap();
        assert_eq!(
            (replay.header.lost, replay.steps),
            (6, 4),
            "five while it was full, and the one that found it free"
        );
    }
}
