//! The load balancer's show: what can happen to a service, what was promised, and what was measured.

mod story;

use crate::timeline::spell;
use keepalived_netns_tests::capture::now;
use keepalived_netns_tests::daemon::{Daemon, Implementation, Part};
use keepalived_netns_tests::lvs::client::Kept;
use keepalived_netns_tests::lvs::farm::{Family, Farm, Method};
use keepalived_netns_tests::lvs::server::{Manner, Server};
use keepalived_netns_tests::lvs::table::needs_ipvs;
use keepalived_netns_tests::wait::SLACK;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use story::{Look, Story};

/// With `examples/lab/service.conf`: a check every second; a failure is forgiven once, and looked at again half a second later.
const DELAY: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_millis(500);
/// `connect_timeout`: the longest that a check may take.
const CHECK: Duration = Duration::from_secs(1);
/// Three adverts and the skew of priority 150 and of 100 (RFC 3768 section 6.1).
const DOWN_D1: Duration = Duration::from_nanos(3_000_000_000 + 1_000_000_000 * (256 - 150) / 256);
const DOWN_D2: Duration = Duration::from_nanos(3_000_000_000 + 1_000_000_000 * (256 - 100) / 256);

const DIRECTORS: [&str; 2] = ["d1", "d2"];
const ALL: &str = "r1=3 r2=2 r3=1";

/// What is done, and what is promised of it.
struct Step {
    event: &'static str,
    /// How long until the tables and the master are as they should be.
    bound: Duration,
    /// Whether requests may fail meanwhile: they do not wait for a check to notice.
    may_fail: bool,
    /// Who is master then.
    master: &'static str,
    /// The table of every director that runs, then.
    table: &'static str,
}

/// One row of the table.
struct Row {
    step: Step,
    took: Option<Duration>,
    answers: BTreeMap<String, usize>,
    failed: usize,
}

impl Row {
    fn kept(&self) -> bool {
        self.took.is_some_and(|took| took <= self.step.bound + SLACK) && (self.step.may_fail || self.failed == 0)
    }
}

pub(crate) fn run() -> Result<(), String> {
    println!(
        "Three servers with the weights 3, 2 and 1, two directors (NAT), and a client that asks 20 times a second."
    );
    println!(
        "A check every second, one failure forgiven; a quorum of 2; a sorry server (examples/lab/d1.conf, service.conf)."
    );
    if !needs_ipvs() {
        return Err("nothing to show without IPVS".into());
    }
    let mut farm = Farm::new(Method::Nat, Family::V4);
    let sorry = Server::start(&farm.world, "r3", 81);
    let mut daemons = Vec::new();
    let mut story = Story::new(&farm);
    let mut rows = Vec::new();
    // Refused at once: the next check, and the one that is forgiven; and as long until it is seen again. A check that is never answered takes its time twice.
    let refused = DELAY + RETRY;
    let silent = refused + 2 * CHECK;
    let step = |event, bound, may_fail, table| Step { event, bound, may_fail, master: "d1", table };

    rows.push(play(&mut story, &mut farm, step("both directors start", DOWN_D1 + 2 * DELAY, true, ALL), |farm| {
        for director in DIRECTORS {
            daemons.push(start(farm, director)?);
        }
        Ok(())
    })?);
    rows.push(play(&mut story, &mut farm, step("r2 is killed", refused, true, "r1=3 r3=1"), |farm| {
        farm.servers[1].kill();
        Ok(())
    })?);
    rows.push(play(&mut story, &mut farm, step("r2 starts again", refused, false, ALL), |farm| {
        farm.servers[1].revive(&farm.world);
        Ok(())
    })?);
    rows.push(play(&mut story, &mut farm, step("r1 answers, a byte in 0.3 s", silent, true, "r2=2 r3=1"), |farm| {
        farm.servers[0].behave(Manner::Drip(Duration::from_millis(300)));
        Ok(())
    })?);
    rows.push(play(&mut story, &mut farm, step("r1 is well again", refused, false, ALL), |farm| {
        farm.servers[0].behave(Manner::Well);
        Ok(())
    })?);
    rows.push(play(
        &mut story,
        &mut farm,
        step("r1 is drained: weight 0, reload", DELAY, false, "r1=0 r2=2 r3=1"),
        |_| reload(&daemons, |service| service.replacen("weight 3", "weight 0", 1)),
    )?);
    rows.push(play(&mut story, &mut farm, step("r1 gets its weight back, reload", DELAY, false, ALL), |_| {
        reload(&daemons, str::to_owned)
    })?);
    rows.push(play(&mut story, &mut farm, step("r1 and r2 are killed", refused, true, "r3:81=1"), |farm| {
        farm.servers[0].kill();
        farm.servers[1].kill();
        Ok(())
    })?);
    rows.push(play(&mut story, &mut farm, step("r1 and r2 start again", refused, false, ALL), |farm| {
        farm.servers[0].revive(&farm.world);
        farm.servers[1].revive(&farm.world);
        Ok(())
    })?);

    let mut kept = Kept::connect(&farm.world, "client", farm.service(), Duration::from_secs(10))
        .map_err(|e| format!("a connection to keep: {e}"))?;
    let served_by =
        (0..6).try_fold(String::new(), |_, _| kept.ask()).map_err(|e| format!("on that connection: {e}"))?;
    // The kernel tells the other director of connections every two seconds.
    std::thread::sleep(Duration::from_millis(2500));
    let dies = Step { event: "d1 loses its power", bound: DOWN_D2, may_fail: true, master: "d2", table: ALL };
    rows.push(play(&mut story, &mut farm, dies, |farm| {
        for interface in ["eth0", "eth1"] {
            farm.world.unplug("d1", interface);
        }
        Ok(())
    })?);
    let survivor = kept.ask().map_err(|e| e.to_string());
    story.remark(
        "client",
        &match &survivor {
            Ok(name) => format!("the connection that it kept is still served by {name}"),
            Err(why) => format!("the connection that it kept is broken: {why}"),
        },
    );
    rows.push(play(&mut story, &mut farm, step("d1 is back", DOWN_D1 + silent, true, ALL), |farm| {
        for interface in ["eth0", "eth1"] {
            farm.world.plug("d1", interface);
        }
        Ok(())
    })?);

    story.act("both stop");
    drop(sorry);
    for daemon in daemons.iter_mut().rev() {
        let status = daemon.stop();
        if !status.success() {
            return Err(format!("a stopped daemon ended with {status}\n{}", daemon.log()));
        }
    }
    table(&rows);
    for director in DIRECTORS {
        let (services, _) = farm.table(director).size();
        if services != 0 {
            return Err(format!("{services} services stay behind on {director}"));
        }
    }
    if survivor.ok().as_ref() != Some(&served_by) {
        return Err(format!("the connection to {served_by} did not survive d1"));
    }
    let broken: Vec<&str> = rows.iter().filter(|row| !row.kept()).map(|row| row.step.event).collect();
    if broken.is_empty() {
        println!(
            "\nEvery bound was kept (bound and {} s of slack); nothing was left in either kernel.",
            SLACK.as_secs()
        );
        return Ok(());
    }
    Err(format!("a promise was broken: {}", broken.join(", ")))
}

/// Does it, watches until everything is as it should be, and a second more.
fn play(
    story: &mut Story,
    farm: &mut Farm,
    step: Step,
    act: impl FnOnce(&mut Farm) -> Result<(), String>,
) -> Result<Row, String> {
    story.act(step.event);
    let since = now();
    act(farm)?;
    let done = |look: &Look| {
        // A machine without power has the table that it had.
        let directors = if step.master == "d2" { &DIRECTORS[1..] } else { &DIRECTORS };
        look.master() == step.master && directors.iter().all(|director| look.table(director) == step.table)
    };
    let took = story.follow(farm, step.bound + SLACK + Duration::from_secs(1), done);
    story.follow(farm, Duration::from_millis(1200), |_| false);
    let (answers, failed) = story.asked(since);
    Ok(Row { step, took, answers, failed })
}

/// The daemon on a director, from its file under `examples/lab`.
fn start(farm: &Farm, director: &str) -> Result<Daemon, String> {
    let config = example(&format!("{director}.conf"))?;
    let daemon = Daemon::prepare(director, &config);
    std::fs::write(daemon.join("service.conf"), example("service.conf")?).map_err(|e| e.to_string())?;
    Ok(Daemon::launch_in(daemon, &farm.world, director, Implementation::under_test(), Part::Both, &[]))
}

fn example(name: &str) -> Result<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lab").join(name);
    std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
}

fn reload(daemons: &[Daemon], edit: impl Fn(&str) -> String) -> Result<(), String> {
    let service = edit(&example("service.conf")?);
    for daemon in daemons {
        std::fs::write(daemon.dir.join("service.conf"), &service).map_err(|e| e.to_string())?;
        daemon.reload();
    }
    Ok(())
}

fn table(rows: &[Row]) {
    println!();
    println!("{:<32} {:>7}  {:>10}  {:>6}  answered by", "event", "bound", "done after", "failed");
    for row in rows {
        let took = row.took.map_or("never".into(), spell);
        let answers: Vec<String> = row.answers.iter().map(|(who, count)| format!("{who} {count}")).collect();
        let verdict = if row.kept() { "" } else { "  <-- BROKEN" };
        println!(
            "{:<32} {:>7}  {took:>10}  {:>6}  {}{verdict}",
            row.step.event,
            spell(row.step.bound),
            row.failed,
            answers.join(", ")
        );
    }
    println!("\nRequests to a server that has just died fail until a check notices; of a drained one none does.");
}
