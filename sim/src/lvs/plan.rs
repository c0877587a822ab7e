//! What a run is made of: a configuration, and what happens when.

use crate::rng::Rng;
use core::fmt::Write;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::config::model::Config;
use keepalived_core::config::{self, Source};

/// The kinds of checks, as they are written.
const KINDS: [&str; 3] = ["TCP_CHECK", "HTTP_GET", "MISC_CHECK"];

/// How the checks of a run are paced; all have the same, so that bounds are easily told.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// `delay_loop`, in seconds.
    pub delay_loop: u64,
    /// `delay_before_retry`, in seconds.
    pub delay_before_retry: u64,
    /// `retry`
    pub retry: u64,
    /// `connect_timeout` and `misc_timeout`, in seconds.
    pub timeout: u64,
}

impl Pace {
    /// How long an attempt may take at the most: an HTTP attempt has two stages.
    #[must_use]
    pub const fn attempt(&self) -> Duration {
        Duration::from_secs(2 * self.timeout)
    }

    /// The longest time from a server's failure until it is found out.
    #[must_use]
    pub fn fall(&self) -> Duration {
        let waits = Duration::from_secs(self.delay_loop + self.retry * self.delay_before_retry);
        waits + self.attempt() * u32::try_from(self.retry + 2).unwrap_or(u32::MAX) + SLACK
    }

    /// The longest time from a server's recovery until it is found out.
    #[must_use]
    pub fn rise(&self) -> Duration {
        Duration::from_secs(self.delay_loop.max(self.delay_before_retry)) + self.attempt() * 2 + SLACK
    }
}

/// What bounds leave to latencies.
pub const SLACK: Duration = Duration::from_millis(100);

/// Something that happens to the world.
#[derive(Clone, Debug)]
pub enum Act {
    /// A server changes its manners.
    Server(u32),
    /// The machine sleeps for so long.
    Sleep(Duration),
    /// A configuration is handed in; one after the other.
    Reload,
    /// Somebody removes a service from the kernel's table.
    Meddle,
    /// From now on the kernel refuses some commands, or no more.
    Refuse(bool),
}

/// A run, drawn from a seed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// How many servers there are.
    pub servers: u32,
    /// How many of 10 are well at any time.
    pub well: u64,
    /// The pace of checks.
    pub pace: Pace,
    /// The configurations: the first, and what is loaded later.
    pub configs: Vec<Config>,
    /// What happens when.
    pub acts: Vec<(Time, Act)>,
    /// When nothing happens any more.
    pub calm: Time,
    /// When the run ends.
    pub end: Time,
}

/// The address of a server.
#[must_use]
pub fn address(server: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a01_0000 + server).into()
}

impl Plan {
    /// The run of a seed with so many virtual servers and servers.
    #[must_use]
    pub fn draw(seed: u64, virtuals: u32, servers: u32) -> Plan {
        let mut rng = Rng::new(seed);
        let timeout = rng.range(1, 3);
        let pace =
            Pace { delay_loop: rng.range(2, 8), delay_before_retry: rng.range(1, 3), retry: rng.range(0, 3), timeout };
        let calm = Time::from_secs(120);
        let mut acts = Vec::new();
        let mut at = |rng: &mut Rng, act: Act| {
            acts.push((Time::from_nanos(rng.range(1, calm.as_nanos())), act));
        };
        // Every server changes about every 40 seconds, and a few of them all the time.
        for server in 0..servers {
            let changes = if rng.below(10) == 0 { 60 } else { 3 };
            for _ in 0..rng.below(changes + 1) {
                at(&mut rng, Act::Server(server));
            }
        }
        for _ in 0..rng.below(3) {
            let sleep = rng.duration(Duration::from_millis(50), Duration::from_secs(30));
            at(&mut rng, Act::Sleep(sleep));
        }
        let reloads = 1 + rng.below(3);
        for _ in 0..reloads {
            at(&mut rng, Act::Reload);
            at(&mut rng, Act::Meddle);
        }
        at(&mut rng, Act::Refuse(true));
        acts.push((calm, Act::Refuse(false)));
        acts.sort_by_key(|(at, _)| *at);
        let mut drawn = Drawn::draw(&mut rng, virtuals, servers);
        let mut configs = vec![drawn.read(pace)];
        for _ in 0..reloads {
            drawn.change(&mut rng, servers);
            configs.push(drawn.read(pace));
        }
        // Retries of the kernel wait for a minute at most, and so does the audit.
        let end = calm + pace.fall().max(pace.rise()) + Duration::from_secs(130);
        Plan { seed, servers, well: rng.range(4, 9), pace, configs, acts, calm, end }
    }
}

/// A configuration before it is written.
struct Drawn {
    virtuals: Vec<Virtual>,
}

struct Virtual {
    lines: String,
    reals: Vec<(u32, u64, usize)>,
}

impl Drawn {
    fn draw(rng: &mut Rng, virtuals: u32, servers: u32) -> Drawn {
        Drawn { virtuals: (0..virtuals).map(|_| Virtual::draw(rng, servers)).collect() }
    }

    /// A few virtual servers change, one goes, one comes.
    fn change(&mut self, rng: &mut Rng, servers: u32) {
        for _ in 0..1 + self.virtuals.len() / 20 {
            let at = rng.index(self.virtuals.len());
            self.virtuals[at] = Virtual::draw(rng, servers);
        }
        self.virtuals.truncate(self.virtuals.len().saturating_sub(1).max(1));
        self.virtuals.push(Virtual::draw(rng, servers));
    }

    fn read(&self, pace: Pace) -> Config {
        let mut text = "global_defs {\nlvs_notify_fifo /run/f\n}\n".to_owned();
        for (at, server) in self.virtuals.iter().enumerate() {
            let _ = write!(
                text,
                "virtual_server 10.0.{}.{} 80 {{\nprotocol TCP\nlvs_sched wlc\nlvs_method NAT\nquorum_up /up\nquorum_down /down\n{}",
                at / 250,
                at % 250,
                server.lines
            );
            for (real, weight, kind) in &server.reals {
                // Each kind of check has a port of its own, so that it can be told whose a connection is.
                let port = 80 + 2 * kind + usize::from(server.lines.contains("alpha"));
                let misc = if KINDS[*kind] == "MISC_CHECK" {
                    format!("misc_path \"/check {real}\"\nmisc_timeout {}\n", pace.timeout)
                } else {
                    format!("connect_timeout {}\nconnect_port {port}\n", pace.timeout)
                };
                let url = if KINDS[*kind] == "HTTP_GET" { "url {\npath /\nstatus_code 200\n}\n" } else { "" };
                let Pace { delay_loop, delay_before_retry, retry, .. } = pace;
                let _ = write!(
                    text,
                    "real_server {} 80 {{\nweight {weight}\n{} {{\n{misc}{url}delay_loop {delay_loop}\nretry {retry}\ndelay_before_retry \
                     {delay_before_retry}\nwarmup {delay_loop}\n}}\n}}\n",
                    address(*real),
                    KINDS[*kind],
                );
            }
            text += "}\n";
        }
        let parsed = config::parse(&Source::single("drawn.conf", text));
        assert!(parsed.is_usable(), "a configuration that cannot be used was drawn");
        parsed.config
    }
}

impl Virtual {
    fn draw(rng: &mut Rng, servers: u32) -> Virtual {
        let count = rng.range(1, 10);
        let mut reals: Vec<(u32, u64, usize)> = (0..count)
            .map(|_| {
                let kind = if rng.below(12) == 0 { 2 } else { rng.index(2) };
                (rng.below(u64::from(servers)) as u32, rng.range(0, 4), kind)
            })
            .collect();
        reals.sort_unstable();
        reals.dedup_by_key(|(real, ..)| *real);
        let mut lines = String::new();
        let mut flag = |rng: &mut Rng, line: &str| {
            if rng.below(3) == 0 {
                lines += line;
                lines.push('\n');
            }
        };
        flag(rng, "alpha");
        flag(rng, "omega");
        flag(rng, "inhibit_on_failure");
        flag(rng, "sorry_server 10.9.0.1 80");
        flag(rng, "quorum 3");
        flag(rng, "hysteresis 1");
        // A hysteresis needs a quorum above it.
        let lines =
            if lines.contains("hysteresis") && !lines.contains("quorum") { lines + "quorum 2\n" } else { lines };
        Virtual { lines, reals }
    }
}
