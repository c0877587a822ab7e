//! Every kind of check in one daemon, each the guard of one real server.
#![allow(clippy::expect_used, clippy::panic)]

mod services;

use keepalived_netns_tests::lvs::config::GLOBAL;
use keepalived_netns_tests::lvs::prelude::*;
use services::{Mood, Service, Tongue};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

/// Checks come every 0.3 s, and each has a second.
const LIMIT: Duration = Duration::from_secs(3);

/// The real servers by their numbers, which are those of the ports on r1 too. Those from PING on are on machines of their own.
const TCP: usize = 0;
const STATUS: usize = 1;
const DIGEST: usize = 2;
const REGEX: usize = 3;
const PAGES: usize = 4;
const HTTPS: usize = 5;
const SMTP: usize = 6;
const DNS: usize = 7;
const UDP: usize = 8;
const PING: usize = 9;
const MISC: usize = 10;
const FILE: usize = 11;

/// The weight of the one that a script guards, if it says nothing else.
const WEIGHT: u32 = 10;

/// The farm with what the checks ask.
struct Bench {
    farm: Farm,
    /// From TCP to PAGES.
    pages: Vec<Server>,
    /// From HTTPS to UDP.
    services: Vec<Service>,
}

impl Bench {
    fn start() -> Bench {
        let farm = Farm::new(Method::Nat, Family::V4);
        let pages = (TCP..=PAGES).map(|n| Server::start(&farm.world, "r1", port(n))).collect();
        let tongues = [Tongue::https(), Tongue::Smtp, Tongue::Dns, Tongue::Pong];
        let services = (HTTPS..).zip(tongues).map(|(n, tongue)| Service::start(&farm, "r1", port(n), tongue)).collect();
        std::fs::write("/run/judge", JUDGE).expect("a script");
        std::fs::set_permissions("/run/judge", std::fs::Permissions::from_mode(0o755)).expect("executable");
        verdict("0");
        load("0");
        Bench { farm, pages, services }
    }

    fn page(&mut self, n: usize) -> &mut Server {
        &mut self.pages[n]
    }

    fn service(&mut self, n: usize) -> &mut Service {
        &mut self.services[n - HTTPS]
    }

    fn kill(&mut self, n: usize) {
        if n < HTTPS { self.page(n).kill() } else { self.service(n).kill() }
    }

    fn revive(&mut self, n: usize) {
        if n < HTTPS { self.pages[n].revive(&self.farm.world) } else { self.services[n - HTTPS].revive(&self.farm) }
    }

    /// Where the n-th real server is.
    fn at(&self, n: usize) -> SocketAddr {
        match n {
            PING => self.farm.real(2),
            MISC | FILE => SocketAddr::new(self.farm.real(1).ip(), port(n)),
            _ => SocketAddr::new(self.farm.real(0).ip(), port(n)),
        }
    }
}

fn port(n: usize) -> u16 {
    8001 + u16::try_from(n).expect("few")
}

/// Ends as `/run/verdict` says, or not at all.
const JUDGE: &str = "#!/bin/sh\nread verdict </run/verdict\n[ $verdict = never ] && exec sleep 1000\nexit $verdict\n";

fn verdict(word: &str) {
    std::fs::write("/run/verdict", word).expect("a verdict");
}

fn load(number: &str) {
    std::fs::write("/run/load", number).expect("a number");
}

/// What each real server is checked by.
fn check(n: usize) -> String {
    let url = |lines: &str| format!("url {{\n{lines}\n}}");
    // That of `r1:8003` and a newline, which is what the server there says.
    let digest = "digest c4d47d91b47cfcfe5c7c90183ada0d88";
    let (kind, lines) = match n {
        TCP => ("TCP_CHECK", String::new()),
        STATUS => ("HTTP_GET", url("path /\nstatus_code 200-204")),
        DIGEST => ("HTTP_GET", url(&format!("path /\n{digest}"))),
        REGEX => ("HTTP_GET", url("path /\nregex \"^r[0-9]:8004$\"\nregex_options multiline")),
        PAGES => (
            "HTTP_GET",
            ["/first", "/second", "/third"].map(|path| url(&format!("path {path}\nstatus_code 200"))).join("\n"),
        ),
        HTTPS => ("SSL_GET", url("path /\nstatus_code 200")),
        SMTP => ("SMTP_CHECK", "helo_name director".to_owned()),
        DNS => ("DNS_CHECK", format!("name example.org\nconnect_port {}", port(DNS))),
        // `pong`
        UDP => ("UDP_CHECK", "payload 70696e67\nrequire_reply 706f6e67".to_owned()),
        PING => ("PING_CHECK", String::new()),
        MISC => return "MISC_CHECK {\nmisc_path /run/judge\nmisc_timeout 1\nmisc_dynamic\n}".to_owned(),
        FILE => return "FILE_CHECK {\ntrack_file load\nweight 0\n}".to_owned(),
        _ => panic!("no such server"),
    };
    format!("{kind} {{\n{lines}\nconnect_timeout 1\nretry 0\ndelay_before_retry 0.1\n}}")
}

/// A server, what is wrong with it, and how it becomes that and right again.
type Story = (usize, &'static str, fn(&mut Bench), fn(&mut Bench));

const STORIES: [Story; 22] = [
    (TCP, "stopped", |b| b.kill(TCP), |b| b.revive(TCP)),
    (STATUS, "says 503", |b| b.page(STATUS).behave(Manner::Status(503)), |b| b.page(STATUS).behave(Manner::Well)),
    (STATUS, "mute", |b| b.page(STATUS).behave(Manner::Mute), |b| b.page(STATUS).behave(Manner::Well)),
    (
        DIGEST,
        "has another page",
        |b| b.page(DIGEST).behave(Manner::Says("r1:8003")),
        |b| {
            b.page(DIGEST).behave(Manner::Well);
        },
    ),
    (
        REGEX,
        "has another page",
        |b| b.page(REGEX).behave(Manner::Says("r1:80045\n")),
        |b| {
            b.page(REGEX).behave(Manner::Well);
        },
    ),
    (
        PAGES,
        "lacks its first page",
        |b| b.page(PAGES).behave(Manner::Lacks("/first")),
        |b| {
            b.page(PAGES).behave(Manner::Well);
        },
    ),
    (
        PAGES,
        "lacks its last page",
        |b| b.page(PAGES).behave(Manner::Lacks("/third")),
        |b| {
            b.page(PAGES).behave(Manner::Well);
        },
    ),
    (HTTPS, "stopped", |b| b.kill(HTTPS), |b| b.revive(HTTPS)),
    (HTTPS, "says 500", |b| b.service(HTTPS).behave(Mood::Wrong), |b| b.service(HTTPS).behave(Mood::Well)),
    (HTTPS, "does not shake hands", |b| b.service(HTTPS).behave(Mood::Silent), |b| b.service(HTTPS).behave(Mood::Well)),
    (SMTP, "stopped", |b| b.kill(SMTP), |b| b.revive(SMTP)),
    (SMTP, "says 550", |b| b.service(SMTP).behave(Mood::Wrong), |b| b.service(SMTP).behave(Mood::Well)),
    (SMTP, "does not greet", |b| b.service(SMTP).behave(Mood::Silent), |b| b.service(SMTP).behave(Mood::Well)),
    (DNS, "stopped", |b| b.kill(DNS), |b| b.revive(DNS)),
    (DNS, "says SERVFAIL", |b| b.service(DNS).behave(Mood::Wrong), |b| b.service(DNS).behave(Mood::Well)),
    (DNS, "silent", |b| b.service(DNS).behave(Mood::Silent), |b| b.service(DNS).behave(Mood::Well)),
    (UDP, "answers otherwise", |b| b.service(UDP).behave(Mood::Wrong), |b| b.service(UDP).behave(Mood::Well)),
    (UDP, "silent", |b| b.service(UDP).behave(Mood::Silent), |b| b.service(UDP).behave(Mood::Well)),
    (PING, "not connected", |b| b.farm.world.unplug("r3", "eth0"), |b| b.farm.world.plug("r3", "eth0")),
    (MISC, "condemned", |_| verdict("1"), |_| verdict("0")),
    (MISC, "never judged", |_| verdict("never"), |_| verdict("0")),
    (FILE, "given up in its file", |_| load("1"), |_| load("0")),
];

#[test]
fn each_check_guards_its_server_and_no_other() {
    in_sandbox(|| {
        if !needs_ipvs() || !Implementation::under_test().is_here() {
            return;
        }
        let mut bench = Bench::start();
        // With alpha a server takes part only when its check has succeeded.
        let start = Virtual::new(bench.farm.service(), Method::Nat).line("alpha");
        let service = (TCP..=FILE).fold(start, |service, n| {
            let weight = if n == MISC { WEIGHT } else { 1 };
            service.real(Real::new(bench.at(n)).weight(weight).line(&check(n)))
        });
        let config = format!("{GLOBAL}track_file load {{\n    file /run/load\n}}\n{}", service.block());
        let _d1 = bench.farm.balance("d1", Implementation::under_test(), &config);
        bench.farm.await_table("d1", &service.saved_whole(), LIMIT);

        for (n, what, wrong, right) in STORIES {
            let others: Vec<usize> = (TCP..=FILE).filter(|other| *other != n).collect();
            wrong(&mut bench);
            let out = bench.farm.await_table("d1", &service.saved(&others), LIMIT);
            right(&mut bench);
            // A neighbour that was away may have to be found again.
            let back = bench.farm.await_table("d1", &service.saved_whole(), LIMIT * 2);
            eprintln!(
                "{} {what}: out after {out:?}, back after {back:?}",
                check(n).split(' ').next().unwrap_or_default()
            );
        }

        for (word, weight) in [("52", 50), ("2", 0), ("0", WEIGHT)] {
            verdict(word);
            let judged = service
                .reals
                .iter()
                .enumerate()
                .map(|(n, real)| (real.at, if n == MISC { weight } else { real.weight }));
            bench.farm.await_table("d1", &service.saved_with(judged), LIMIT);
        }
    });
}
