//! How late adverts are beside checks at their worst: servers that all fail, that never answer, and scripts without end.

use crate::checks::{PORT, adverts, last_words, launch, pool, three};
use crate::table::Table;
use crate::{both, name};
use keepalived_netns_tests::capture::now;
use keepalived_netns_tests::daemon::Implementation;
use keepalived_netns_tests::lvs::config::{Real, Virtual};
use keepalived_netns_tests::world::World;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

/// Until all servers are found to be down and taken out.
const WARMUP: Duration = Duration::from_secs(8);

pub(crate) fn run(failing: (u32, Duration), scripts: u32, seconds: u64) {
    println!(
        "A master with an advert every 100 ms, over {seconds} s. Lateness of an advert: after the one before it and its interval.\n\
         Failing: {} TCP checks every {} s to ports where nobody listens. Stuck: 100 HTTP checks of servers that take connections and\n\
         say nothing, and 10 scripts that ignore SIGTERM. Storm: {scripts} scripts every second. Beginning: the first {} s of the failing.",
        failing.0,
        failing.1.as_secs(),
        WARMUP.as_secs()
    );
    let nothing = |_: &World| Ok(None);
    let second = Duration::from_secs(1);
    let misc = |real: Real, path: &str| {
        real.line(&format!("MISC_CHECK {{\n            misc_path \"{path}\"\n            misc_timeout 5\n        }}"))
    };
    let mut stuck = pool(100, second, |real| real.http_check_with("retry 0"));
    stuck.extend(pool(10, second, |real| misc(real, "/bin/sh -c 'trap : TERM; while :; do sleep 100; done'")));
    let cases: [(&str, Vec<Virtual>, Prepare); 4] = [
        ("nothing", Vec::new(), nothing),
        ("failing", pool(failing.0, failing.1, |real| real.tcp_check()), nothing),
        ("stuck", apart(stuck), mute),
        ("storm", pool(scripts, second, |real| misc(real, "/bin/true")), nothing),
    ];
    let mut table = Table::new(2, &["beside", "daemon", "adverts", "p50 ms", "p99", "max"]);
    for (what, services, prepare) in &cases {
        for implementation in both() {
            match measure(implementation, services, *prepare, seconds) {
                Ok([beginning, after]) => {
                    for (which, late) in [("beginning", beginning), ("", after)] {
                        if which.is_empty() || *what == "failing" {
                            let what = if which.is_empty() { what } else { which };
                            let mut row =
                                vec![(*what).to_owned(), name(implementation).to_owned(), late.len().to_string()];
                            row.extend(three(&late));
                            table.row(row);
                        }
                    }
                }
                Err(why) => eprintln!("{what}, {}: {why}", name(implementation)),
            }
        }
    }
    table.print();
}

type Prepare = fn(&World) -> Result<Option<TcpListener>, String>;

/// Takes connections, and never looks at them.
fn mute(world: &World) -> Result<Option<TcpListener>, String> {
    let open = || TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT));
    world.namespace("a").enter(open).map(Some).map_err(|e| format!("a listener: {e}"))
}

/// The services of two pools begin at the same port.
fn apart(services: Vec<Virtual>) -> Vec<Virtual> {
    services
        .into_iter()
        .enumerate()
        .map(|(n, service)| service.port(1000 + u16::try_from(n).unwrap_or(u16::MAX)))
        .collect()
}

/// How late adverts are, at first and afterwards.
fn measure(
    implementation: Implementation,
    services: &[Virtual],
    prepare: Prepare,
    seconds: u64,
) -> Result<[Vec<f64>; 2], String> {
    let world = World::lan(&["a"]);
    let _server = prepare(&world)?;
    let mut daemon = launch(&world, implementation, services);
    world.sniffer.wait("an advert", Duration::ZERO, Duration::from_secs(30), |frame| frame.advert().is_some());
    let first = now();
    std::thread::sleep(WARMUP);
    let beginning = adverts(&world, first);
    let since = now();
    std::thread::sleep(Duration::from_secs(seconds));
    let after = adverts(&world, since);
    if daemon.runs() { Ok([beginning, after]) } else { Err(format!("it has ended; {}", last_words(&daemon))) }
}
