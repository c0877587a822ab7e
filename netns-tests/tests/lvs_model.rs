//! Two hundred random events: after each the kernel's table is what the configuration and the servers' health say. The C version,
//! on the other director, lives through the same.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived_core::config::model::RealServer;
use keepalived_core::config::{Source, parse};
use keepalived_core::ipvs::{Forward, ServiceKey, desired};
use keepalived_core::reload::Balancer;
use keepalived_netns_tests::lvs::config::file;
use keepalived_netns_tests::lvs::farm::SERVERS;
use keepalived_netns_tests::lvs::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

const EVENTS: usize = 200;
const SERVICES: usize = 4;
const SCHEDULERS: [&str; 5] = ["wrr", "rr", "lc", "wlc", "sed"];

/// What the operator wrote, and which servers live: all that the table may depend on.
#[derive(Clone, Debug)]
struct Model {
    services: Vec<Option<Service>>,
    /// By service and machine.
    lives: [[bool; 3]; SERVICES],
}

#[derive(Clone, Debug)]
struct Service {
    scheduler: &'static str,
    quorum: u32,
    inhibit: bool,
    /// Weights by machine.
    reals: BTreeMap<usize, u32>,
}

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).expect("31 bits") % limit
    }

    fn weight(&mut self) -> u32 {
        u32::try_from(self.below(6)).expect("small")
    }
}

/// The farm's own servers have port 80.
fn port(service: usize) -> u16 {
    8000 + u16::try_from(service).expect("few services")
}

fn real(farm: &Farm, service: usize, machine: usize) -> SocketAddr {
    let mut at = farm.real(machine);
    at.set_port(port(service));
    at
}

impl Model {
    fn new() -> Model {
        let service = |n| Service {
            scheduler: SCHEDULERS[n],
            quorum: 1,
            inhibit: n == 1,
            reals: (0..3).map(|machine| (machine, 1)).collect(),
        };
        Model { services: (0..SERVICES).map(|n| Some(service(n))).collect(), lives: [[true; 3]; SERVICES] }
    }

    fn write(farm: &Farm, n: usize, service: &Service) -> Virtual {
        let mut at = farm.service();
        at.set_port(port(n));
        let mut block = Virtual::new(at, Method::Nat)
            .delay(Duration::from_millis(200))
            .scheduler(service.scheduler)
            .line(&format!("quorum {}", service.quorum));
        for (machine, weight) in &service.reals {
            let mut one = Real::new(real(farm, n, *machine)).weight(*weight).tcp_check();
            if service.inhibit {
                one = one.line("inhibit_on_failure");
            }
            block = block.real(one);
        }
        if has_sorry(n) { block.sorry(sorry(farm)) } else { block }
    }

    fn blocks(&self, farm: &Farm) -> Vec<Virtual> {
        self.present().map(|(n, service)| Model::write(farm, n, service)).collect()
    }

    fn present(&self) -> impl Iterator<Item = (usize, &Service)> {
        self.services.iter().enumerate().filter_map(|(n, service)| Some((n, service.as_ref()?)))
    }

    fn config(&self, farm: &Farm) -> String {
        file(&self.blocks(farm))
    }

    /// What core's `desired` says of this configuration, and of these servers.
    fn table(&self, farm: &Farm) -> Saved {
        let source = Source::single("keepalived.conf", self.config(farm));
        let parsed = parse(&source);
        assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
        let lvs = &parsed.config.lvs;
        let groups = Balancer::of(lvs);
        let lives = |real: &RealServer| {
            let machine = (0..3).find(|machine| farm.real(*machine).ip() == real.ip).expect("a machine of ours");
            self.lives[usize::from(real.port - port(0))][machine]
        };
        let mut text = String::new();
        for server in &lvs.servers {
            let weight: u32 = server.real_servers.iter().filter(|real| lives(real)).map(|real| real.weight).sum();
            // A quorum that can never be reached is what can be.
            let quorum = server.quorum.min(server.real_servers.iter().map(|real| real.weight).sum());
            let sorry = server.sorry_server.as_ref().filter(|_| weight == 0 || weight < quorum);
            let mut take_part = Vec::new();
            match sorry {
                Some(sorry) => take_part.push((sorry.ip, sorry.port, desired::destination(sorry.forwarding, 1, 0, 0))),
                None => {
                    for real in server.real_servers.iter().filter(|real| lives(real) || real.inhibit) {
                        let weight = if lives(real) { real.weight } else { 0 };
                        take_part.push((real.ip, real.port, desired::destination(real.forwarding, weight, 0, 0)));
                    }
                }
            }
            for key in desired::keys(server, groups.entries(server)) {
                let ServiceKey::Address { ip, port, .. } = key else { panic!("no marks here: {key}") };
                let at = SocketAddr::new(ip, port);
                let _ = writeln!(text, "-A -t {at} -s {}", desired::settings(server, key.family()).scheduler);
                for (ip, port, destination) in &take_part {
                    assert_eq!(destination.forwarding, Forward::Masquerade);
                    let real = SocketAddr::new(*ip, *port);
                    let _ = writeln!(text, "-a -t {at} -r {real} -m -w {}", destination.weight);
                }
            }
        }
        Saved::parse(&text)
    }
}

fn has_sorry(service: usize) -> bool {
    service == 2
}

fn sorry(farm: &Farm) -> SocketAddr {
    let mut at = farm.real(2);
    at.set_port(9000);
    at
}

/// One event: changes the model; says whether the configuration changed, and in words what happened.
fn event(model: &mut Model, random: &mut Random) -> (bool, String) {
    let n = random.below(SERVICES);
    let machine = random.below(3);
    let Some(service) = &mut model.services[n] else {
        model.services[n] = Model::new().services[n].clone();
        return (true, format!("service {n} is configured again"));
    };
    match random.below(16) {
        0..8 => {
            let lives = &mut model.lives[n][machine];
            *lives = !*lives;
            (false, format!("server {n} on r{} {}", machine + 1, if *lives { "starts" } else { "dies" }))
        }
        8..11 => {
            let weight = random.weight();
            service.reals.insert(machine, weight);
            (true, format!("service {n} has r{} with weight {weight}", machine + 1))
        }
        11 if service.reals.len() > 1 && service.reals.remove(&machine).is_some() => {
            (true, format!("service {n} has no r{} any more", machine + 1))
        }
        12 => {
            service.scheduler = SCHEDULERS[random.below(SCHEDULERS.len())];
            (true, format!("service {n} is scheduled by {}", service.scheduler))
        }
        13 => {
            service.quorum = 1 + random.weight();
            (true, format!("service {n} has quorum {}", service.quorum))
        }
        14 => {
            model.services[n] = None;
            (true, format!("service {n} is not configured any more"))
        }
        _ => (true, "the same configuration again".into()),
    }
}

#[test]
fn after_every_one_of_200_events_the_table_is_what_it_should_be() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() || !Implementation::C.is_here() {
            return;
        }
        let seed = std::env::var("KEEPALIVED_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        eprintln!("KEEPALIVED_SEED={seed}");
        let mut random = Random(seed);
        let farm = Farm::new(Method::Nat, Family::V4);
        let mut model = Model::new();
        let mut servers: BTreeMap<(usize, usize), Server> = BTreeMap::new();
        for n in 0..SERVICES {
            for (machine, name) in SERVERS.iter().enumerate() {
                servers.insert((n, machine), Server::start(&farm.world, name, port(n)));
            }
        }
        let config = model.config(&farm);
        let daemons = [
            ("d1", farm.balance("d1", Implementation::under_test(), &config)),
            ("d2", farm.balance("d2", Implementation::C, &config)),
        ];
        let settle = |model: &Model| {
            for (director, _) in &daemons {
                farm.await_table(director, &model.table(&farm), Duration::from_secs(5));
            }
        };
        settle(&model);
        for step in 1..=EVENTS {
            let before = model.clone();
            let (configuration, what) = event(&mut model, &mut random);
            eprintln!("{step}: {what}");
            for (n, machine) in (0..SERVICES).flat_map(|n| (0..3).map(move |machine| (n, machine))) {
                if before.lives[n][machine] == model.lives[n][machine] {
                    continue;
                }
                let server = servers.get_mut(&(n, machine)).expect("a server of ours");
                if model.lives[n][machine] { server.revive(&farm.world) } else { server.kill() }
            }
            if configuration {
                for (_, daemon) in &daemons {
                    daemon.rewrite(&model.config(&farm));
                    daemon.reload();
                }
            }
            settle(&model);
        }
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(farm.table("d1"), model.table(&farm), "the end");
        assert_eq!(farm.table("d1"), farm.table("d2"), "ours and the C version's");
    });
}
