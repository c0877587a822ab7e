//! The log: lines go into a bounded queue, and a thread of its own writes them. Writing can be slow; saying cannot.

mod sink;
mod stamp;
pub mod syslog;

pub use sink::{File, Sink, Stderr, stderr_is_journal};

pub use keepalived_core::event::log::Level;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::Builder;
use std::time::{Duration, Instant, SystemTime};

/// How many lines may wait.
const QUEUE: usize = 2048;

/// How many of four the health checks may have: when ten thousand servers fail at once there is still room for what VRRP has to say.
const OF_CHECKERS: usize = 3;

/// A moment as local date and time, to the millisecond.
#[must_use]
pub fn civil(at: SystemTime) -> String {
    stamp::Stamp::local(at).iso()
}

/// Which part of the daemon speaks: the identity of its syslog lines, as the C version's processes have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The daemon itself.
    Daemon,
    /// The VRRP engine.
    Vrrp,
    /// Health checks and the load balancer.
    Checkers,
}

impl Part {
    /// The syslog identity.
    #[must_use]
    pub const fn ident(self) -> &'static str {
        match self {
            Part::Daemon => "Keepalived",
            Part::Vrrp => "Keepalived_vrrp",
            Part::Checkers => "Keepalived_healthcheckers",
        }
    }
}

/// The severity of a level in syslog (RFC 5424 section 6.2.1).
#[must_use]
pub const fn severity(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warning => 4,
        Level::Notice => 5,
        Level::Info => 6,
        Level::Debug => 7,
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was said, which may be a while before it is written.
    pub at: SystemTime,
    /// How much it matters.
    pub level: Level,
    /// Who says it.
    pub part: Part,
    /// What is said, without a newline.
    pub text: String,
}

enum Message {
    Line(Line),
    Flush(SyncSender<()>),
}

/// A place to say things. Cheap to clone; never blocks.
#[derive(Clone)]
pub struct Log {
    queue: SyncSender<Message>,
    counts: Arc<Counts>,
    /// How many lines of the health checks may wait.
    of_checkers: usize,
    least: Level,
}

#[derive(Default)]
struct Counts {
    lost: AtomicU64,
    /// Lines of the health checks that wait.
    of_checkers: AtomicUsize,
}

impl Log {
    /// Starts the writing thread. Lines of lower importance than `least` are not written.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(sinks: Vec<Box<dyn Sink>>, least: Level) -> io::Result<Log> {
        Log::with_queue(sinks, least, QUEUE)
    }

    fn with_queue(sinks: Vec<Box<dyn Sink>>, least: Level, length: usize) -> io::Result<Log> {
        let (queue, lines) = sync_channel(length);
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        Builder::new().name("log".to_owned()).stack_size(128 * 1024).spawn(move || write(&lines, sinks, &shared))?;
        Ok(Log { queue, counts, of_checkers: length / 4 * OF_CHECKERS, least })
    }

    /// Says something. When too much is waiting to be written the line is lost, and counted.
    pub fn say(&self, part: Part, level: Level, text: impl Into<String>) {
        if level < self.least {
            return;
        }
        let waiting = (part == Part::Checkers).then_some(&self.counts.of_checkers);
        let room = waiting.is_none_or(|count| count.fetch_add(1, Ordering::Relaxed) < self.of_checkers);
        let line = || Line { at: SystemTime::now(), level, part, text: text.into() };
        if !room || matches!(self.queue.try_send(Message::Line(line())), Err(TrySendError::Full(_))) {
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
            if let Some(waiting) = waiting {
                waiting.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    /// Says something of the daemon itself.
    pub fn daemon(&self, level: Level, text: impl Into<String>) {
        self.say(Part::Daemon, level, text);
    }

    /// Whether lines of this importance are written.
    #[must_use]
    pub fn wants(&self, level: Level) -> bool {
        level >= self.least
    }

    /// Waits until everything said so far is written, but no longer than `limit`. Not for the loop.
    pub fn flush(&self, limit: Duration) {
        let until = Instant::now() + limit;
        let (done, wait) = sync_channel(1);
        let mut message = Message::Flush(done);
        while let Err(TrySendError::Full(back)) = self.queue.try_send(message) {
            if Instant::now() >= until {
                return;
            }
            message = back;
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = wait.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

fn write(lines: &Receiver<Message>, mut sinks: Vec<Box<dyn Sink>>, counts: &Counts) {
    loop {
        let message = match lines.try_recv() {
            Ok(message) => message,
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {
                // Nothing more for now: what was written so far can be read.
                sinks.iter_mut().for_each(|sink| sink.flush());
                match lines.recv() {
                    Ok(message) => message,
                    Err(_) => return,
                }
            }
        };
        let flush = match message {
            Message::Line(line) => {
                if line.part == Part::Checkers {
                    counts.of_checkers.fetch_sub(1, Ordering::Relaxed);
                }
                sinks.iter_mut().for_each(|sink| sink.write(&line));
                None
            }
            Message::Flush(done) => Some(done),
        };
        let count = counts.lost.swap(0, Ordering::Relaxed);
        if count > 0 {
            let text = format!("{count} log lines are lost: they came faster than they could be written");
            let line = Line { at: SystemTime::now(), level: Level::Warning, part: Part::Daemon, text };
            sinks.iter_mut().for_each(|sink| sink.write(&line));
        }
        if let Some(done) = flush {
            sinks.iter_mut().for_each(|sink| sink.flush());
            let _ = done.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    /// Writes into a list, each line only when it gets a permit.
    struct Slow(Receiver<()>, Arc<Mutex<Vec<String>>>);

    impl Sink for Slow {
        fn write(&mut self, line: &Line) {
            let _ = self.0.recv();
            self.1.lock().unwrap().push(line.text.clone());
        }
    }

    #[test]
    fn a_stuck_writer_blocks_nobody_and_tells_what_was_lost() {
        let (permits, permitted) = channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        let log = Log::with_queue(vec![Box::new(Slow(permitted, Arc::clone(&written)))], Level::Info, 4).unwrap();
        for number in 0..100 {
            log.daemon(Level::Info, format!("line {number}"));
        }
        drop(permits);
        log.flush(Duration::from_secs(20));
        let written = written.lock().unwrap().clone();
        let lines = written.iter().filter(|line| line.starts_with("line ")).count();
        let lost: usize = written
            .iter()
            .filter(|line| line.contains("log lines are lost"))
            .map(|line| line.split(' ').next().unwrap().parse::<usize>().unwrap())
            .sum();
        assert!((4..=6).contains(&lines), "{written:?}");
        assert_eq!(lines + lost, 100);
        assert_eq!(written[0], "line 0", "what comes first is kept");
    }

    #[test]
    fn health_checks_leave_room_for_the_others() {
        let (permits, permitted) = channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        let log = Log::with_queue(vec![Box::new(Slow(permitted, Arc::clone(&written)))], Level::Info, 64).unwrap();
        for round in 0..3 {
            for number in 0..200 {
                log.say(Part::Checkers, Level::Error, format!("server {number} is DOWN"));
            }
            log.say(Part::Vrrp, Level::Notice, format!("MASTER {round}"));
        }
        drop(permits);
        log.flush(Duration::from_secs(20));
        let masters = written.lock().unwrap().iter().filter(|line| line.starts_with("MASTER")).count();
        assert_eq!(masters, 3);
        // What was written makes room.
        log.say(Part::Checkers, Level::Error, "server 1 is up");
        log.flush(Duration::from_secs(20));
        assert!(written.lock().unwrap().iter().any(|line| line == "server 1 is up"));
    }

    #[test]
    fn unimportant_lines_are_left_out() {
        let (permits, permitted) = channel();
        drop(permits);
        let written = Arc::new(Mutex::new(Vec::new()));
        let log = Log::start(vec![Box::new(Slow(permitted, Arc::clone(&written)))], Level::Info).unwrap();
        log.daemon(Level::Debug, "detail");
        log.daemon(Level::Error, "mistake");
        log.flush(Duration::from_secs(20));
        assert_eq!(*written.lock().unwrap(), ["mistake"]);
    }
}
