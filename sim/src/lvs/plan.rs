//! What a run is made of: a configuration, and what happens when.

use crate::rng::Rng;
use core::fmt::Write;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::config::model::Config;
use keepalived_core::config::{self, Source};

/// What a real server is checked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Tcp,
    /// One page.
    Page,
    /// Several, of which the server may lack the last.
    Pages,
    /// A script that passes or fails.
    Script,
    /// One that says a weight (`misc_dynamic`).
    Weigh,
}

/// The pages that are asked for where several are.
const PAGES: [&str; 3] = ["/", "/b", LAST_PAGE];
/// The last of them.
pub const LAST_PAGE: &str = "/c";
/// The ports of checks of several pages.
pub const PAGES_PORTS: [u16; 2] = [84, 85];
/// The script that passes or fails. It is told the number of the server.
pub const CHECK: &str = "/check";
/// The one that says a weight.
pub const WEIGH: &str = "/weigh";

impl Kind {
    fn draw(rng: &mut Rng) -> Kind {
        match rng.below(16) {
            0 => Kind::Script,
            1 => Kind::Weigh,
            2..4 => Kind::Pages,
            4..10 => Kind::Page,
            _ => Kind::Tcp,
        }
    }

    /// The check of a server. Each kind has a port of its own, so that it can be told whose a connection is; and those that are down until
    /// they are proven have another, since they are other checks.
    fn write(self, real: u32, alpha: bool, pace: Pace) -> String {
        let Pace { delay_loop, delay_before_retry, retry, timeout } = pace;
        let url = |path: &str| format!("url {{\npath {path}\nstatus_code 200\n}}\n");
        let script = |program: &str| format!("misc_path \"{program} {real} {alpha}\"\nmisc_timeout {timeout}\n");
        let (keyword, lines) = match self {
            Kind::Tcp => ("TCP_CHECK", String::new()),
            Kind::Page => ("HTTP_GET", url("/")),
            Kind::Pages => ("HTTP_GET", PAGES.map(url).concat()),
            Kind::Script => ("MISC_CHECK", script(CHECK)),
            Kind::Weigh => ("MISC_CHECK", script(WEIGH) + "misc_dynamic\n"),
        };
        let connect = match self {
            Kind::Script | Kind::Weigh => String::new(),
            _ => format!("connect_timeout {timeout}\nconnect_port {}\n", 80 + 2 * self as u16 + u16::from(alpha)),
        };
        format!(
            "{keyword} {{\n{lines}{connect}delay_loop {delay_loop}\nretry {retry}\ndelay_before_retry \
             {delay_before_retry}\nwarmup {delay_loop}\n}}\n"
        )
    }
}

/// How a virtual server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Address,
    Mark,
    /// A range of addresses and a mark.
    Group,
}

impl Way {
    fn draw(rng: &mut Rng) -> Way {
        match rng.below(8) {
            0 => Way::Mark,
            1..3 => Way::Group,
            _ => Way::Address,
        }
    }

    /// How the block of the virtual server with this number begins, and what goes before it.
    fn write(self, at: usize) -> String {
        let (high, low) = (at / 250, at % 250);
        match self {
            Way::Address => format!("virtual_server 10.0.{high}.{low} 80 {{\nprotocol TCP\n"),
            Way::Mark => format!("virtual_server fwmark {} {{\n", 1 + at),
            Way::Group => format!(
                "virtual_server_group g{at} {{\n10.{}.{low}.1-3 80\nfwmark {}\n}}\nvirtual_server group g{at} {{\nprotocol TCP\n",
                16 + high,
                100_000 + at
            ),
        }
    }
}

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

    /// How much longer that takes where several pages are asked for, one at a time: a round of them, and for a recovery the one that was missing
    /// first.
    #[must_use]
    pub fn round(&self) -> Duration {
        let each = Duration::from_secs(self.delay_loop.max(self.delay_before_retry)) + self.attempt();
        each * u32::try_from(PAGES.len()).unwrap_or(u32::MAX)
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
        let end = calm + pace.fall().max(pace.rise()) + pace.round() + Duration::from_secs(130);
        Plan { seed, servers, well: rng.range(4, 9), pace, configs, acts, calm, end }
    }
}

/// A configuration before it is written.
struct Drawn {
    virtuals: Vec<Virtual>,
}

struct Virtual {
    way: Way,
    lines: String,
    reals: Vec<(u32, u64, Kind)>,
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
                "{}lvs_sched wlc\nlvs_method NAT\nquorum_up /up\nquorum_down /down\n{}",
                server.way.write(at),
                server.lines
            );
            let alpha = server.lines.contains("alpha");
            for (real, weight, kind) in &server.reals {
                let check = kind.write(*real, alpha, pace);
                let _ = write!(text, "real_server {} 80 {{\nweight {weight}\n{check}}}\n", address(*real));
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
        let mut reals: Vec<(u32, u64, Kind)> =
            (0..count).map(|_| (rng.below(u64::from(servers)) as u32, rng.range(0, 4), Kind::draw(rng))).collect();
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
        Virtual { way: Way::draw(rng), lines, reals }
    }
}
