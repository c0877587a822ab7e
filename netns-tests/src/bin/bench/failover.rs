//! How late after the protocol's own deadline the backup's first advert and first gratuitous ARP go out, by the kernel's stamps
//! where they enter the switch.

use crate::table::{Table, quantile};
use crate::{both, name};
use keepalived_netns_tests::capture::{Frame, now};
use keepalived_netns_tests::config::Instance;
use keepalived_netns_tests::daemon::{Daemon, Implementation};
use keepalived_netns_tests::wait::wait_until;
use keepalived_netns_tests::world::World;
use std::net::IpAddr;
use std::time::{Duration, Instant};

const VIP: &str = "10.0.0.100";

/// How the master goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Killed,
    Stopped,
}

struct Case {
    text: &'static str,
    instance: Instance,
    end: End,
}

/// Microseconds after the deadline; below zero is early.
struct Sample {
    advert: f64,
    announcement: f64,
}

pub(crate) fn run(trials: usize) {
    let second = || Instance::new(51).v2().vip("10.0.0.100/24");
    let centis = |centis| Instance::new(51).centis(centis).vip("10.0.0.100/24");
    let cases = [
        Case { text: "kill -9, v2, 1 s", instance: second(), end: End::Killed },
        Case { text: "kill -9, v3, 0.1 s", instance: centis(10), end: End::Killed },
        Case { text: "kill -9, v3, 0.01 s", instance: centis(1), end: End::Killed },
        Case { text: "SIGTERM, v2, 1 s", instance: second(), end: End::Stopped },
        Case { text: "SIGTERM, v3, 0.1 s", instance: centis(10), end: End::Stopped },
        Case { text: "SIGTERM, v3, 0.01 s", instance: centis(1), end: End::Stopped },
    ];
    println!("Lateness after the protocol's deadline in microseconds, {trials} trials each, taking turns.");
    let mut table = Table::new(
        2,
        &["case", "daemon", "bound ms", "n", "false", "advert median", "p90", "max", "ARP median", "p90", "max"],
    );
    for case in &cases {
        let mut samples: [Vec<Sample>; 2] = [Vec::new(), Vec::new()];
        let mut premature = [0; 2];
        let start = Instant::now();
        for _ in 0..trials {
            for (n, implementation) in both().into_iter().enumerate() {
                // On a machine that stalls, a fast backup may rightly take over before anybody was killed: once more then.
                for _ in 0..5 {
                    match trial(case, implementation) {
                        Some(sample) => {
                            samples[n].push(sample);
                            break;
                        }
                        None => premature[n] += 1,
                    }
                }
            }
        }
        eprintln!("{}: {trials} trials of both in {:.0} s", case.text, start.elapsed().as_secs_f64());
        for (n, implementation) in both().into_iter().enumerate() {
            let bound = bound(case).as_secs_f64() * 1e3;
            let mut row = vec![case.text.to_owned(), name(implementation).to_owned(), format!("{bound:.3}")];
            row.extend([samples[n].len().to_string(), premature[n].to_string()]);
            for pick in [|s: &Sample| s.advert, |s: &Sample| s.announcement] {
                let mut sorted: Vec<f64> = samples[n].iter().map(pick).collect();
                sorted.sort_by(f64::total_cmp);
                for part in [0.5, 0.9, 1.0] {
                    row.push(quantile(&sorted, part).map_or("-".into(), |us| format!("{us:.0}")));
                }
            }
            table.row(row);
        }
    }
    table.print();
    println!(
        "\nfalse: the backup took over from a living master because the machine stalled; such a trial is repeated."
    );
}

fn bound(case: &Case) -> Duration {
    match case.end {
        End::Killed => case.instance.master_down(),
        End::Stopped => case.instance.skew(),
    }
}

/// One master, one backup, one end. `None` if the backup took over too early.
fn trial(case: &Case, implementation: Implementation) -> Option<Sample> {
    let world = World::lan(&["a", "b"]);
    let owner = case.instance.clone().priority(255).config().replace("state BACKUP", "state MASTER");
    let start = now();
    let mut a = Daemon::start(&world, "a", implementation, &owner);
    let advert_of = |node: &'static str| move |f: &Frame| f.node == node && f.advert().is_some();
    world.sniffer.wait("the master's first advert", start, Duration::from_secs(5), advert_of("a"));
    let b = Daemon::start(&world, "b", implementation, &case.instance.config());
    wait_until("the backup listens", Duration::from_secs(5), || b.log().contains("BACKUP"));
    // Until it has heard the master, and the second round of announcements is over.
    std::thread::sleep(case.instance.interval() * 2 + Duration::from_millis(1300));
    if world.sniffer.last(advert_of("b")).is_some() {
        return None;
    }
    let signalled = now();
    match case.end {
        End::Killed => a.kill(),
        End::Stopped => a.signal(nix::sys::signal::Signal::SIGTERM),
    }
    let first =
        world.sniffer.wait("the backup's advert", signalled, bound(case) + Duration::from_secs(5), advert_of("b"));
    let ip: IpAddr = VIP.parse().ok()?;
    let announcement =
        world.sniffer.wait("its announcement", signalled, Duration::from_secs(5), |f| f.node == "b" && f.announces(ip));
    let resigned = |f: &Frame| f.advert().is_some_and(|a| a.priority == 0);
    let last = world.sniffer.last(|f| {
        f.node == "a" && f.at < first.at && f.advert().is_some() && (case.end == End::Killed || resigned(f))
    })?;
    let deadline = (last.at + bound(case)).as_secs_f64();
    let late = |frame: &Frame| (frame.at.as_secs_f64() - deadline) * 1e6;
    Some(Sample { advert: late(&first), announcement: late(&announcement) })
}
