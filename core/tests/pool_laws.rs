//! The laws of the load balancer, over random configurations and random histories.
#![allow(clippy::expect_used)] // A test says what it expects.

mod director;
use director::*;
use keepalived_core::Engine;
use keepalived_core::check::{Input, Output};
use keepalived_core::event::lvs::LvsEvent;
use keepalived_core::ipvs::{DestinationKey, Service, ServiceKey};
use quickcheck::{Arbitrary, Gen, quickcheck};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

/// A configuration, small enough for changes to meet.
#[derive(Clone, Debug, PartialEq)]
struct Pool {
    servers: BTreeMap<u8, Virtual>,
    init_notifies: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Virtual {
    reals: BTreeMap<u8, Real>,
    quorum: u8,
    hysteresis: u8,
    sorry: Option<(u8, bool)>,
    omega: bool,
    suspend: bool,
    direct: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Real {
    weight: u8,
    inhibit: bool,
    alpha: bool,
    tcp: bool,
    /// A second check, to another address.
    other: Option<u8>,
    /// A `FILE_CHECK`, with its weight.
    file: Option<i8>,
    retry: u8,
    delay: u8,
}

fn maybe<T>(g: &mut Gen, one_in: u8, value: T) -> Option<T> {
    u8::arbitrary(g).is_multiple_of(one_in).then_some(value)
}

impl Arbitrary for Real {
    fn arbitrary(g: &mut Gen) -> Real {
        let (other, file) = (u8::arbitrary(g) % 5, i8::arbitrary(g) % 4);
        Real {
            weight: u8::arbitrary(g) % 4,
            inhibit: bool::arbitrary(g),
            alpha: bool::arbitrary(g),
            tcp: u8::arbitrary(g) % 5 > 0,
            other: maybe(g, 4, other),
            file: maybe(g, 3, file),
            retry: u8::arbitrary(g) % 3,
            delay: u8::arbitrary(g) % 3 + 2,
        }
    }
}

impl Arbitrary for Virtual {
    fn arbitrary(g: &mut Gen) -> Virtual {
        let count = u8::arbitrary(g) % 4 + 1;
        let sorry = (u8::arbitrary(g) % 6, bool::arbitrary(g));
        Virtual {
            reals: (0..count).map(|_| (u8::arbitrary(g) % 5, Real::arbitrary(g))).collect(),
            quorum: u8::arbitrary(g) % 4 + 1,
            hysteresis: u8::arbitrary(g) % 3,
            sorry: maybe(g, 2, sorry),
            omega: bool::arbitrary(g),
            suspend: u8::arbitrary(g).is_multiple_of(5),
            direct: bool::arbitrary(g),
        }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Virtual>> {
        let this = self.clone();
        Box::new(self.reals.clone().into_keys().filter(move |_| this.reals.len() > 1).map({
            let this = self.clone();
            move |gone| {
                let mut less = this.clone();
                less.reals.remove(&gone);
                less
            }
        }))
    }
}

impl Arbitrary for Pool {
    fn arbitrary(g: &mut Gen) -> Pool {
        let count = u8::arbitrary(g) % 4;
        Pool {
            servers: (0..count).map(|_| (u8::arbitrary(g) % 4, Virtual::arbitrary(g))).collect(),
            init_notifies: bool::arbitrary(g),
        }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Pool>> {
        let this = self.clone();
        let fewer = self.servers.clone().into_keys().map({
            let this = this.clone();
            move |gone| {
                let mut less = this.clone();
                less.servers.remove(&gone);
                less
            }
        });
        let smaller = self.servers.clone().into_iter().flat_map(move |(at, server)| {
            let this = this.clone();
            server.shrink().map(move |server| {
                let mut less = this.clone();
                less.servers.insert(at, server);
                less
            })
        });
        Box::new(fewer.chain(smaller))
    }
}

fn real_ip(n: u8) -> IpAddr {
    IpAddr::from([10, 1, 0, n + 1])
}

impl Pool {
    fn text(&self) -> String {
        let init = if self.init_notifies { "rs_init_notifies\n" } else { "" };
        let mut text =
            format!("global_defs {{\nlvs_notify_fifo /run/f\n{init}}}\ntrack_file f {{\nfile /run/v\nweight 1\n}}\n");
        for (at, server) in &self.servers {
            let flag = |on: bool, word: &str| if on { format!("{word}\n") } else { String::new() };
            let hysteresis = server.hysteresis.min(server.quorum - 1);
            let method = if server.direct { "DR" } else { "NAT" };
            text += &format!(
                "virtual_server 10.0.0.{at} 80 {{\nprotocol TCP\nlvs_sched rr\nlvs_method {method}\nquorum {}\nhysteresis {hysteresis}\n\
                 quorum_up /up{at}\nquorum_down /down{at}\n",
                server.quorum
            );
            text += &flag(server.omega, "omega");
            text += &flag(server.suspend, "ha_suspend");
            if let Some((sorry, inhibit)) = server.sorry {
                text += &format!("sorry_server {} 80\n{}", real_ip(sorry), flag(inhibit, "sorry_server_inhibit"));
            }
            for (n, real) in &server.reals {
                text += &format!("real_server {} 80 {{\nweight {}\n", real_ip(*n), real.weight);
                text += &flag(real.inhibit, "inhibit_on_failure");
                text += &format!("notify_up \"/r {at} {n} up\"\nnotify_down \"/r {at} {n} down\"\n");
                let pace = format!(
                    "connect_timeout 1\nretry {}\ndelay_before_retry 1\ndelay_loop {}\nwarmup {}\n{}",
                    real.retry,
                    real.delay,
                    real.delay,
                    flag(real.alpha, "alpha")
                );
                if real.tcp {
                    text += &format!("TCP_CHECK {{\n{pace}}}\n");
                }
                if let Some(other) = real.other {
                    text += &format!("TCP_CHECK {{\nconnect_ip {}\n{pace}}}\n", real_ip(other));
                }
                if let Some(weight) = real.file {
                    text += &format!("FILE_CHECK {{\ntrack_file f\nweight {weight}\n}}\n");
                }
                text += "}\n";
            }
            text += "}\n";
        }
        text
    }
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Op {
    Server(u8, u8),
    File(Option<i8>),
    Address(u8, bool),
    Pass(u8),
    Sleep(u8),
    Reload(Pool),
    /// The same, or a small change of it.
    Tweak(u8, Virtual),
    Restore,
    Damage(u8),
}

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Op {
        match u8::arbitrary(g) % 16 {
            0..5 => Op::Server(u8::arbitrary(g) % 5, u8::arbitrary(g) % 3),
            5 => Op::File(Option::arbitrary(g)),
            6 => Op::Address(u8::arbitrary(g) % 4, bool::arbitrary(g)),
            7..11 => Op::Pass(u8::arbitrary(g) % 12 + 1),
            11 => Op::Sleep(u8::arbitrary(g)),
            12 => Op::Reload(Pool::arbitrary(g)),
            13 => Op::Tweak(u8::arbitrary(g) % 4, Virtual::arbitrary(g)),
            14 => Op::Restore,
            _ => Op::Damage(u8::arbitrary(g)),
        }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Op>> {
        match self {
            Op::Reload(pool) => Box::new(pool.shrink().map(Op::Reload)),
            Op::Tweak(at, server) => {
                let at = *at;
                Box::new(server.shrink().map(move |server| Op::Tweak(at, server)))
            }
            _ => quickcheck::empty_shrinker(),
        }
    }
}

/// A director, what it was configured with, and what the world is like.
#[derive(Clone)]
struct World {
    director: Director,
    pool: Pool,
    file: i64,
}

impl World {
    fn new(pool: &Pool) -> World {
        World::with(pool, BTreeMap::new(), 0)
    }

    fn with(pool: &Pool, servers: BTreeMap<IpAddr, Server>, file: i64) -> World {
        let mut director = Director::bare(7);
        director.servers = servers;
        director.input(Input::File { name: "f".into(), value: i32::try_from(file).ok() });
        director.configure(&pool.text());
        World { director, pool: pool.clone(), file }
    }

    fn act(&mut self, op: &Op) {
        let director = &mut self.director;
        match op {
            Op::Server(n, how) => {
                let how = [Server::Up, Server::Refuses, Server::Silent][usize::from(*how)];
                director.servers.insert(real_ip(*n), how);
            }
            Op::File(value) => {
                self.file = i64::from(value.unwrap_or(0));
                director.input(Input::File { name: "f".into(), value: value.map(i32::from) });
            }
            Op::Address(n, here) => director.input(Input::Address { ip: IpAddr::from([10, 0, 0, *n]), here: *here }),
            Op::Pass(time) => director.pass(secs(u64::from(*time))),
            Op::Sleep(time) => director.sleep(secs(u64::from(*time))),
            Op::Reload(pool) => {
                self.pool = pool.clone();
                director.configure(&pool.text());
            }
            Op::Tweak(at, server) => {
                self.pool.servers.insert(*at, server.clone());
                director.configure(&self.pool.text());
            }
            Op::Restore => director.restore(),
            Op::Damage(which) => {
                let keys: Vec<ServiceKey> = director.kernel.services.keys().copied().collect();
                if let Some(key) = keys.get(usize::from(*which) % keys.len().max(1)) {
                    director.kernel.services.remove(key);
                }
            }
        }
    }

    /// The plain model: the table that follows from the configuration and from who is up.
    fn model(&self) -> BTreeMap<String, BTreeMap<DestinationKey, u32>> {
        let status = self.director.engine.status();
        let mut table = BTreeMap::new();
        for ((at, server), status) in self.pool.servers.iter().zip(&status) {
            let mut destinations = BTreeMap::new();
            let mut put = |ip: IpAddr, weight: u32| {
                let there = destinations.entry(DestinationKey { ip, port: 80 }).or_insert(weight);
                if *there == 0 {
                    *there = weight;
                }
            };
            let sorry_used = server.sorry.is_some() && !status.up;
            // A sorry server that is a real server too is inhibited exactly where that is.
            let inhibited = server.sorry.map(|(n, own)| server.reals.get(&n).map_or(own, |real| real.inhibit));
            if let (Some((sorry, _)), Some(inhibit)) = (server.sorry, inhibited)
                && (sorry_used || inhibit)
            {
                put(real_ip(sorry), u32::from(sorry_used));
            }
            for ((n, real), status) in server.reals.iter().zip(&status.reals) {
                let file = real.file.map_or(0, |weight| i64::from(weight) * self.file);
                let weight = (i64::from(real.weight) + file).max(0) as u32;
                if status.up && !sorry_used {
                    put(real_ip(*n), weight);
                } else if real.inhibit {
                    put(real_ip(*n), 0);
                }
            }
            table.insert(format!("10.0.0.{at}"), destinations);
        }
        table
    }

    fn check(&self) -> Result<(), String> {
        let director = &self.director;
        let of = |services: &BTreeMap<ServiceKey, Service>| -> BTreeMap<String, BTreeMap<DestinationKey, u32>> {
            let name = |key: &ServiceKey| match key {
                ServiceKey::Address { ip, .. } => ip.to_string(),
                ServiceKey::Mark { mark, .. } => mark.to_string(),
            };
            let weights = |service: &Service| service.destinations.iter().map(|(to, how)| (*to, how.weight)).collect();
            services.iter().map(|(key, service)| (name(key), weights(service))).collect()
        };
        let (wanted, model) = (of(director.engine.wanted()), self.model());
        if wanted != model {
            return Err(format!("wanted {wanted:?}\nmodel {model:?}"));
        }
        if !director.engine.is_settled() {
            return Err("something is still under way".into());
        }
        for (server, status) in self.pool.servers.values().zip(director.engine.status()) {
            let living: u64 = server
                .reals
                .values()
                .zip(&status.reals)
                .filter(|(_, status)| status.up)
                .map(|(real, _)| i64::from(real.weight) + real.file.map_or(0, |w| i64::from(w) * self.file))
                .map(|weight| weight.max(0) as u64)
                .sum();
            let (quorum, hysteresis) = (u64::from(status.quorum), u64::from(status.hysteresis));
            let right = living == status.weight
                && (!status.up || (living > 0 && living >= quorum - hysteresis))
                && (status.up || living < quorum + hysteresis);
            if !right {
                return Err(format!("living {living}, {status:?}"));
            }
        }
        if director.longest > secs(1) {
            return Err(format!("an attempt took {:?}", director.longest));
        }
        Ok(())
    }

    /// Nothing happens any more until everything was found out.
    fn settle(&mut self) {
        for n in 0..4 {
            self.act(&Op::Address(n, true));
        }
        // Checks of at most 4 s, after a pause once left out, each attempt of 1 s, up to 3 of them; then an audit.
        self.director.pass(secs(100));
    }
}

/// Up and down take turns for everybody that is told of; a new life may begin after a removal.
fn alternates(ran: &[String], fifo: &[String]) -> Result<(), String> {
    let mut last: BTreeMap<String, bool> = BTreeMap::new();
    for line in fifo {
        let (who, word) = line.rsplit_once(' ').ok_or("a line without words")?;
        if let Some(before) = last.insert(who.to_owned(), word == "UP")
            && before == (word == "UP")
        {
            return Err(format!("{line} twice in a row: {fifo:?}"));
        }
    }
    let scripts = ran.iter().filter(|run| run.starts_with("/up") || run.starts_with("/down"));
    let lines = fifo.iter().filter(|line| line.starts_with("VS"));
    let (scripts, lines) = (scripts.count(), lines.count());
    if scripts == lines { Ok(()) } else { Err(format!("{scripts} scripts, {lines} lines: {ran:?} {fifo:?}")) }
}

fn holds(result: Result<(), String>) -> bool {
    if let Err(why) = &result {
        eprintln!("{why}");
    }
    result.is_ok()
}

quickcheck! {
    /// Laws 4 and 11, and every decision within its deadline.
    fn the_table_follows_from_health(pool: Pool, ops: Vec<Op>) -> bool {
        let mut world = World::new(&pool);
        let mut damaged = false;
        ops.iter().all(|op| {
            world.act(op);
            damaged |= matches!(op, Op::Damage(_));
            holds(world.check()) && (damaged || world.director.kernel.services == *world.director.engine.wanted())
        })
    }

    /// What somebody else changed is put right at the next audit at the latest.
    fn damage_is_repaired(pool: Pool, ops: Vec<Op>) -> bool {
        let mut world = World::new(&pool);
        ops.iter().for_each(|op| world.act(op));
        world.settle();
        world.director.kernel.services == *world.director.engine.wanted()
    }

    /// In the end everybody is what its servers are.
    fn health_is_the_last_result(pool: Pool, ops: Vec<Op>) -> bool {
        let mut world = World::new(&pool);
        ops.iter().for_each(|op| world.act(op));
        world.settle();
        let up = |n: u8| world.director.server(real_ip(n)) == Server::Up;
        world.pool.servers.values().zip(world.director.engine.status()).all(|(server, status)| {
            server.reals.iter().zip(status.reals).all(|((n, real), status)| {
                let file = real.file != Some(0) || world.file == 0;
                status.up == ((!real.tcp || up(*n)) && real.other.is_none_or(up) && file)
            })
        })
    }

    /// Law 2: a start and a reload end as a start does. Only between the two thresholds of a quorum it counts where it came from.
    fn a_reload_ends_as_a_start(a: Pool, b: Pool, ops: Vec<Op>) -> bool {
        let mut b = b;
        b.servers.values_mut().for_each(|server| server.hysteresis = 0);
        let mut reloaded = World::new(&a);
        ops.iter().for_each(|op| reloaded.act(op));
        reloaded.act(&Op::Reload(b.clone()));
        let mut started = World::with(&b, reloaded.director.servers.clone(), reloaded.file);
        reloaded.settle();
        started.settle();
        let (left, right) = (reloaded.director.table(), started.director.table());
        if left != right { eprintln!("{left:?}\n{right:?}"); }
        left == right
    }

    /// Law 2: the same configuration again does nothing at all.
    fn the_same_configuration_does_nothing(pool: Pool, ops: Vec<Op>) -> bool {
        let mut world = World::new(&pool);
        ops.iter().for_each(|op| world.act(op));
        world.director.input(Input::Timeout);
        let (before, deadline) = (world.director.snapshot(), world.director.engine.deadline());
        let config = read(&world.pool.text());
        let now = world.director.now;
        let engine = &mut world.director.engine;
        engine.handle(now, Input::Configure(std::sync::Arc::new(config)));
        let outputs: Vec<Output> = std::iter::from_fn(|| engine.poll()).collect();
        let alone = matches!(&outputs[..], [Output::Event(LvsEvent::Configured { added: 0, removed: 0, changed: 0, .. })]);
        alone && engine.deadline() == deadline && world.director.snapshot() == before
    }

    /// Law 9: a snapshot goes on as the engine would have.
    fn a_snapshot_goes_on_alike(pool: Pool, ops: Vec<Op>, more: Vec<Op>) -> bool {
        let mut world = World::new(&pool);
        ops.iter().for_each(|op| world.act(op));
        let mut copy = world.clone();
        copy.director.restore();
        for op in &more {
            world.act(op);
            copy.act(op);
        }
        let of = |world: &World| (world.director.commands.clone(), world.director.events.clone(), world.director.ran.clone());
        of(&world) == of(&copy) && world.director.snapshot() == copy.director.snapshot()
    }

    fn scripts_alternate(pool: Pool, ops: Vec<Op>) -> bool {
        let mut world = World::new(&pool);
        let mut good = true;
        for op in &ops {
            // Who is removed and comes again begins a new life, in which the first word may be any.
            if matches!(op, Op::Reload(_) | Op::Tweak(..)) {
                good &= holds(alternates(&world.director.take_ran(), &world.director.take_fifo()));
                world.act(op);
                world.director.take_ran();
                world.director.take_fifo();
            } else {
                world.act(op);
            }
        }
        world.director.input(Input::Stop { keep_table: false });
        good && holds(alternates(&world.director.take_ran(), &world.director.take_fifo()))
    }

    /// Nobody is told down but who was told up before, of whom a check has failed, or who goes.
    fn nobody_is_told_down_before_a_check_has_failed(pool: Pool, ops: Vec<Op>) -> bool {
        let mut world = World::new(&pool);
        let mut up = BTreeSet::new();
        let mut failed = BTreeSet::new();
        let first = [Op::Pass(0)];
        first.iter().chain(&ops).all(|op| {
            world.act(op);
            failed.extend(world.director.take_events().iter().filter_map(|event| match event {
                LvsEvent::CheckFailed { real, .. } => Some(real.ip),
                _ => None,
            }));
            let Pool { servers, .. } = &world.pool;
            let stay: BTreeMap<String, IpAddr> = servers
                .iter()
                .flat_map(|(at, server)| server.reals.keys().map(move |n| (at, real_ip(*n))))
                .map(|(at, ip)| (format!("RS [{ip}]:tcp:80 [10.0.0.{at}]:tcp:80"), ip))
                .collect();
            world.director.take_fifo().iter().all(|line| {
                let Some((who, word)) = line.rsplit_once(' ') else { return false };
                if word == "UP" {
                    up.insert(who.to_owned());
                    return true;
                }
                let was_up = up.remove(who);
                stay.get(who).is_none_or(|ip| was_up || failed.contains(ip))
            })
        })
    }

    /// Law 10: nothing is left.
    fn a_stop_leaves_nothing(pool: Pool, ops: Vec<Op>) -> bool {
        let mut world = World::new(&pool);
        ops.iter().for_each(|op| world.act(op));
        world.director.input(Input::Stop { keep_table: false });
        world.director.pass(Duration::from_secs(10));
        world.director.stopped && world.director.kernel.services.is_empty() && world.director.engine.deadline().is_none()
    }
}
