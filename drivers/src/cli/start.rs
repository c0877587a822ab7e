//! The daemon: from the command line to the loop, and out again.

use super::check::in_colour;
use super::exit;
use super::options::Options;
use crate::checkers::{Balancer, Setup};
use crate::daemon::detach::{Side, Starting, detach, let_go_of_files};
use crate::daemon::fresh::Fresh;
use crate::daemon::notify::Notifier;
use crate::daemon::parts::Parts;
use crate::daemon::pidfile::PidFile;
use crate::daemon::service::{Keep, Service};
use crate::daemon::signals::{Signals, ignore_until_ready};
use crate::daemon::watcher::Watcher;
use crate::files::{self, LoadError, Loaded, Wanted};
use crate::log::syslog::{self, Facility, Syslog};
use crate::log::{File, Level, Log, Part, Sink, Stderr, stderr_is_journal};
use crate::process::{Limits, Scripts};
use crate::record::Recording;
use crate::run::{Observer, run};
use crate::track;
use crate::world::LinuxWorld;
use keepalived_core::config::again::Before;
use keepalived_core::config::{self, Secrets};
use keepalived_core::vrrp::Vrrp;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};
use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IsTerminal};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// How long the end waits for the log and the recording to be written.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Why it did not start, or did not go on: a status, and a sentence for standard error and the log.
struct Failure(u8, String);

impl Failure {
    fn of(what: &str, error: &io::Error) -> Failure {
        let status = match error.kind() {
            io::ErrorKind::PermissionDenied => exit::PERMISSION,
            _ => exit::FATAL,
        };
        Failure(status, format!("{what}: {error}"))
    }
}

fn no_network(error: &io::Error) -> Failure {
    let permission = error.kind() == io::ErrorKind::PermissionDenied;
    let help = if permission { " (VRRP needs root, or CAP_NET_ADMIN and CAP_NET_RAW)" } else { "" };
    Failure::of(&format!("cannot open the network sockets{help}"), error)
}

/// What is left of the options once they are understood.
struct Plan {
    wanted: Wanted,
    record: Option<(PathBuf, u64)>,
    foreground: bool,
    parts: Parts,
    /// The network namespace that we were started in.
    home: Option<std::fs::File>,
    /// What to log once there is a log.
    complaints: Vec<String>,
}

/// Runs the daemon until it is stopped. In the process that was called: until the daemon is ready.
pub(super) fn start(options: &Options) -> ExitCode {
    match prepare(options) {
        Ok(status) => status,
        Err(Failure(status, reason)) => {
            eprintln!("keepalived: {reason}");
            ExitCode::from(status)
        }
    }
}

fn prepare(options: &Options) -> Result<ExitCode, Failure> {
    let_go_of_files(!options.dont_fork);
    ignore_until_ready();
    let plan = plan(options)?;
    for complaint in &plan.complaints {
        eprintln!("keepalived: {complaint}");
    }
    if let Some(name) = &options.namespace {
        enter_namespace(name)?;
    }
    // What is asked of the kernel waits until there is a log.
    let mut fresh = Fresh::read(&plan.wanted, Before::default(), plan.parts, None).map_err(|error| match error {
        LoadError::Unreadable(..) | LoadError::Empty(_) | LoadError::Panicked(_) => {
            Failure(exit::NO_FILE, error.to_string())
        }
    })?;
    let loaded = &fresh.loaded;
    if !loaded.is_usable() {
        let rendered = loaded.rendered(in_colour(&io::stderr()));
        let what = if loaded.parsed.is_usable() { "warnings, and --strict refuses them" } else { "errors" };
        let file = plan.wanted.file.display();
        return Err(Failure(exit::CONFIG, format!("{file} has {what}\n\n{}", rendered.trim_end())));
    }

    let mut pid_files = Vec::new();
    // Daemons in several namespaces do not take each other's.
    let default = match &options.namespace {
        Some(name) => PathBuf::from(format!("/run/keepalived-{name}.pid")),
        None => PathBuf::from("/run/keepalived.pid"),
    };
    let main = options.pid.as_deref().unwrap_or(&default);
    let vrrp = options.vrrp_pid.as_deref().filter(|_| plan.parts.vrrp);
    let checkers = options.checkers_pid.as_deref().filter(|_| plan.parts.checkers);
    for path in [Some(main), vrrp, checkers].into_iter().flatten() {
        let taken = PidFile::take(&absolute(path)?);
        pid_files.push(taken.map_err(|error| Failure(exit::FATAL, error.to_string()))?);
    }
    let Sinks { sinks, on_stderr } = sinks(options, plan.foreground)?;
    let starting = if plan.foreground {
        Starting::foreground()
    } else {
        match detach().map_err(|error| Failure::of("cannot go into the background", &error))? {
            Side::Caller(status) => {
                // They are the daemon's now.
                pid_files.into_iter().for_each(std::mem::forget);
                return Ok(status);
            }
            Side::Daemon(starting) => starting,
        }
    };
    for file in &mut pid_files {
        file.write().map_err(|error| Failure::of("pid file", &error))?;
    }

    let least = if options.log_detail > 0 { Level::Debug } else { Level::Info };
    let log = Log::start(sinks, least).map_err(|error| Failure::of("no thread for the log", &error))?;
    log_panics(&log);
    log.daemon(
        Level::Info,
        format!("keepalived {} starts with {}", env!("CARGO_PKG_VERSION"), plan.wanted.file.display()),
    );
    for complaint in &plan.complaints {
        log.daemon(Level::Warning, complaint.as_str());
    }
    fresh.tell(&log);
    let loaded = &fresh.loaded;
    if options.dump_conf {
        for line in config::print(&loaded.parsed.config, Secrets::Hide).lines() {
            log.daemon(Level::Info, line);
        }
    }
    for complaint in track::init(&loaded.parsed.config.files) {
        log.daemon(Level::Warning, complaint);
    }
    let result = serve(options, &plan, log.clone(), starting, fresh);
    match &result {
        Ok(()) => log.daemon(Level::Info, "keepalived has stopped"),
        Err(Failure(_, reason)) => log.daemon(Level::Error, reason.as_str()),
    }
    log.flush(LAST_WORDS);
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(Failure(status, _)) if on_stderr => Ok(ExitCode::from(status)),
        Err(failure) => Err(failure),
    }
}

fn serve(options: &Options, plan: &Plan, log: Log, starting: Starting, fresh: Fresh) -> Result<(), Failure> {
    let mut seed = [0; 8];
    rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| Failure::of("no randomness", &error.into()))?;
    let mut engine = Vrrp::new(u64::from_ne_bytes(seed));
    let recording = match &plan.record {
        Some((directory, limit)) => {
            let recording = Recording::start(directory, *limit, log.clone())
                .map_err(|error| Failure::of(&format!("recording into {}", directory.display()), &error))?;
            Some(recording)
        }
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(|error| Failure::of("no event loop", &error))?;
    let notifier = Rc::new(Notifier::from_env());
    let setup = setup(plan, &log, &fresh.loaded);
    if let Some(setup) = &setup {
        // As in the C version: addresses that lead to no server help nobody, and another director may have what we lack.
        let checked = setup.check(&fresh.loaded.parsed.config);
        checked.map_err(|error| Failure::of("virtual servers cannot be made", &error))?;
    }
    let balancer = Rc::new(RefCell::new(Balancer::new(setup)));
    let scripts = Scripts::start(log.clone(), Part::Vrrp, Limits::VRRP)
        .map_err(|error| Failure::of("no thread for scripts", &error))?;
    let give_up = Arc::new(tokio::sync::Notify::new());

    runtime.block_on(async {
        let signals =
            Signals::catch(options.ignore_sigint).map_err(|error| Failure::of("cannot catch signals", &error))?;
        let file = (plan.wanted.clone(), fresh);
        let keep = Keep { addresses: options.dont_release_vrrp, table: options.dont_release_ipvs };
        let instances = plan.parts.scale(&file.1.loaded.parsed.config).instances;
        let parts = (plan.parts, Rc::clone(&balancer));
        let service = Service::new(
            log.clone(),
            Rc::clone(&notifier),
            signals,
            scripts,
            parts,
            file,
            (keep, Arc::clone(&give_up)),
        );
        crate::daemon::prefault();
        let mut world = LinuxWorld::new(service).map_err(|error| no_network(&error))?;
        if instances > 0 {
            world.open_announcer().map_err(|error| no_network(&error))?;
        }
        let mut watcher = Watcher::new(log.clone(), notifier, Rc::clone(&balancer), recording, starting);
        // A recording begins with the engine as it is before its first input.
        watcher.turn_over(crate::clock::now(), &engine);
        let result = {
            let mut running = pin!(async {
                run(&mut engine, &mut world, &mut watcher).await?;
                // Only the health checks are left to stop, and can be asked to hurry.
                poll_fn(|cx| {
                    let _ = world.side_mut().poll_signals(cx);
                    balancer.borrow_mut().poll_ended(cx)
                })
                .await;
                Ok(())
            });
            let mut given_up = pin!(give_up.notified());
            poll_fn(|cx| match running.as_mut().poll(cx) {
                Poll::Pending => given_up.as_mut().poll(cx).map(|()| None),
                Poll::Ready(result) => Poll::Ready(Some(result)),
            })
            .await
        };
        if let Some(recording) = watcher.into_recording() {
            recording.finish(LAST_WORDS);
        }
        match result {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(Failure::of("the event loop failed", &error)),
            None => Err(Failure(exit::FATAL, "ended before everything was cleaned up".to_owned())),
        }
    })
}

/// What health checks work with; `None` without any (`--vrrp`).
fn setup(plan: &Plan, log: &Log, loaded: &Loaded) -> Option<Setup> {
    let ipvs = match loaded.parsed.config.daemon.net_namespace_ipvs.as_deref() {
        Some("") => plan.home.as_ref().map(|home| format!("/proc/self/fd/{}", home.as_raw_fd())),
        name => name.map(str::to_owned),
    };
    plan.parts.checkers.then(|| Setup { log: log.clone(), ipvs })
}

fn plan(options: &Options) -> Result<Plan, Failure> {
    let mut complaints = options.not_yet();
    let mut mask = Mode::from_raw_mode(0o177);
    if let Some(word) = &options.umask {
        match parse_mask(word) {
            Some(bits) => mask = Mode::from_raw_mode(bits),
            None => complaints.push(format!("-u/--umask {word} is no file mode mask; it stays 0177")),
        }
    }
    umask(mask);
    if options.core_dump {
        let unlimited = Rlimit { current: None, maximum: None };
        if let Err(error) = setrlimit(Resource::Core, unlimited) {
            complaints.push(format!("-m/--core-dump has no effect: {error}"));
        }
    }
    let record = match &options.record {
        Some(directory) => Some((absolute(directory)?, options.record_limit << 20)),
        None => None,
    };
    Ok(Plan {
        wanted: wanted(options)?,
        record,
        foreground: options.dont_fork,
        parts: Parts::new(options.vrrp, options.check),
        home: std::fs::File::open("/proc/thread-self/ns/net").ok(),
        complaints,
    })
}

/// What is read now and at every reload: the same, whatever the directory and the host are called by then.
fn wanted(options: &Options) -> Result<Wanted, Failure> {
    let mut wanted = options.wanted(None);
    wanted.file = absolute(&wanted.file)?;
    wanted.id.get_or_insert_with(files::host_id);
    Ok(wanted)
}

/// In the manner of strtol(3) with base 0, as the C version reads it.
fn parse_mask(word: &str) -> Option<u32> {
    let bits = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None if word.starts_with('0') => u32::from_str_radix(word, 8).ok()?,
        None => word.parse().ok()?,
    };
    (bits <= 0o777).then_some(bits)
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::of(&path.display().to_string(), &error))
}

fn enter_namespace(name: &str) -> Result<(), Failure> {
    let path = Path::new("/run/netns").join(name);
    let failed = |error: io::Error| Failure::of(&format!("network namespace {name}"), &error);
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return Err(Failure(exit::FATAL, format!("network namespace {name}: this is no name")));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    let kind = rustix::thread::LinkNameSpaceType::Network;
    rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&file), Some(kind))
        .map_err(|error| failed(error.into()))
}

struct Sinks {
    sinks: Vec<Box<dyn Sink>>,
    /// One of them is standard error.
    on_stderr: bool,
}

/// Where lines go.
fn sinks(options: &Options, foreground: bool) -> Result<Sinks, Failure> {
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    if let Some(path) = &options.log_file {
        let path = absolute(path.as_deref().unwrap_or(Path::new("/var/log/keepalived.log")))?;
        let file = File::open(&path, options.flush_log_file)
            .map_err(|error| Failure::of(&format!("log file {}", path.display()), &error))?;
        sinks.push(Box::new(file));
    }
    if foreground && stderr_is_journal() {
        // The journal would get every line twice.
        sinks.push(Box::new(Stderr::Journal));
        return Ok(Sinks { sinks, on_stderr: true });
    }
    let syslog = !options.no_syslog && Path::new(syslog::PATH).exists();
    // Somebody who starts it by hand wants to see something, and a log that goes nowhere helps nobody.
    let on_stderr = foreground && (options.log_console || io::stderr().is_terminal() || !syslog && sinks.is_empty());
    if on_stderr {
        sinks.push(Box::new(Stderr::Stamped));
    }
    if !options.no_syslog {
        let facility = match options.log_facility.as_deref().map(str::parse) {
            None => Facility::DAEMON,
            Some(Ok(facility)) => facility,
            Some(Err(complaint)) => {
                eprintln!("keepalived: {complaint}");
                Facility::DAEMON
            }
        };
        sinks.push(Box::new(Syslog::new(syslog::PATH, facility)));
    }
    Ok(Sinks { sinks, on_stderr })
}

fn log_panics(log: &Log) {
    let log = log.clone();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        log.daemon(Level::Error, format!("a mistake in keepalived itself: {info}"));
        log.flush(LAST_WORDS);
        usual(info);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_settled_at_the_start() {
        use clap::Parser;
        for (arguments, id) in [(&["keepalived"][..], files::host_id()), (&["keepalived", "-i", "main"], "main".into())]
        {
            let options = Options::try_parse_from(arguments).unwrap();
            assert_eq!(wanted(&options).ok().and_then(|wanted| wanted.id), Some(id));
        }
    }

    #[test]
    fn masks_are_read_as_in_c() {
        for (word, mask) in [("022", Some(0o22)), ("0x12", Some(0o22)), ("18", Some(0o22)), ("0", Some(0))] {
            assert_eq!(parse_mask(word), mask, "{word}");
        }
        for wrong in ["", "9x", "01000", "-1", "08"] {
            assert_eq!(parse_mask(wrong), None, "{wrong}");
        }
    }
}
