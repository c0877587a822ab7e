//! The show: each way to fail, what the protocol promises, and what was measured.

use crate::client::{Client, PERIOD};
use crate::timeline::{Timeline, spell};
use crate::{ROUTERS, VIP, build, start};
use keepalived_netns_tests::capture::{Frame, now};
use keepalived_netns_tests::daemon::Daemon;
use keepalived_netns_tests::wait::SLACK;
use keepalived_netns_tests::world::World;
use std::net::IpAddr;
use std::time::Duration;

/// RFC 3768 section 6.1 with the priorities of `examples/lab`: skew is (256 - priority) / 256 seconds.
const SKEW_A: Duration = Duration::from_nanos(1_000_000_000 * (256 - 150) / 256);
const SKEW_B: Duration = Duration::from_nanos(1_000_000_000 * (256 - 100) / 256);
const THREE_ADVERTS: Duration = Duration::from_secs(3);

/// One row of the table.
struct Row {
    event: String,
    bound: Duration,
    takeover: Option<Duration>,
    outage: Duration,
    /// By each of the routers.
    adverts: [usize; 2],
    kept: bool,
}

/// Who does what to whom, and who should be master then.
struct Step {
    event: &'static str,
    bound: Duration,
    winner: &'static str,
}

pub(crate) fn run() -> Result<(), String> {
    println!("Two routers share {VIP}; a client asks that address every {} ms.", PERIOD.as_millis());
    println!("router-a: priority 150, router-b: priority 100 (examples/lab). An advert every second.");
    let world = build();
    let vip = VIP.parse().map_err(|e| format!("{VIP}: {e}"))?;
    let mut line = Timeline::new(&world)?;
    let mut rows = Vec::new();
    let mut daemons: [Option<Daemon>; 2] = [None, None];
    let _client = Client::start(&world, vip)?;

    let (a, b) = (THREE_ADVERTS + SKEW_A, THREE_ADVERTS + SKEW_B);
    let step = |event, bound, winner| Step { event, bound, winner };
    rows.push(play(&mut line, &step("start", a, "router-a"), || {
        daemons = [Some(start(&world, ROUTERS[0])?), Some(start(&world, ROUTERS[1])?)];
        Ok(())
    })?);
    rows.push(play(&mut line, &step("kill -9 of router-a", b, "router-b"), || {
        daemons[0].iter_mut().for_each(Daemon::kill);
        Ok(())
    })?);
    rows.push(play(&mut line, &step("router-a starts again", a, "router-a"), || {
        daemons[0] = Some(start(&world, ROUTERS[0])?);
        Ok(())
    })?);
    rows.push(play(&mut line, &step("graceful stop of router-a", SKEW_B, "router-b"), || stop(&mut daemons[0]))?);
    rows.push(play(&mut line, &step("router-a starts again", a, "router-a"), || {
        daemons[0] = Some(start(&world, ROUTERS[0])?);
        Ok(())
    })?);
    rows.push(play(&mut line, &step("cable of router-a pulled", b, "router-b"), || {
        world.unplug("router-a", "eth0");
        Ok(())
    })?);
    rows.push(play(&mut line, &step("cable plugged in again", a, "router-a"), || {
        world.plug("router-a", "eth0");
        Ok(())
    })?);

    line.act("both stop");
    let clean = end(&world, &mut daemons);
    line.follow(Duration::from_millis(300), |_| false);
    table(&rows);
    clean?;
    let broken: Vec<&str> = rows.iter().filter(|r| !r.kept).map(|r| r.event.as_str()).collect();
    if broken.is_empty() {
        println!("\nEvery bound was kept (bound and {} s of slack).", SLACK.as_secs());
        return Ok(());
    }
    Err(format!("a bound was broken: {}", broken.join(", ")))
}

/// Does it, watches until the winner serves the client, and one second more.
fn play(line: &mut Timeline<'_>, step: &Step, act: impl FnOnce() -> Result<(), String>) -> Result<Row, String> {
    line.act(step.event);
    let since = now();
    act()?;
    let is_winner = |f: &Frame| f.at >= since && f.node == step.winner && f.advert().is_some_and(|a| a.priority != 0);
    let vip: IpAddr = VIP.parse().map_err(|e| format!("{VIP}: {e}"))?;
    let announced = |f: &Frame| f.at >= since && f.node == step.winner && f.announces(vip);
    let limit = step.bound + SLACK + Duration::from_secs(1);
    line.follow(limit, |frames| frames.iter().any(is_winner) && frames.iter().any(announced));
    line.follow(Duration::from_millis(1500), |_| false);
    let takeover = line.since(since).find(|f| is_winner(f)).map(|f| f.at - since);
    let adverts = ROUTERS.map(|router| line.since(since).filter(|f| f.node == router && f.advert().is_some()).count());
    let outage = line.outage(since);
    let limit = step.bound + SLACK;
    // Before the first election nobody could answer.
    let outage_kept = step.event == "start" || outage <= limit;
    let kept = takeover.is_some_and(|t| t <= limit) && outage_kept;
    Ok(Row { event: step.event.into(), bound: step.bound, takeover, outage, adverts, kept })
}

fn stop(daemon: &mut Option<Daemon>) -> Result<(), String> {
    let Some(daemon) = daemon else { return Ok(()) };
    let status = daemon.stop();
    if status.success() { Ok(()) } else { Err(format!("a stopped daemon ended with {status}\n{}", daemon.log())) }
}

/// Stops both and looks whether anything stays in the kernel.
fn end(world: &World, daemons: &mut [Option<Daemon>; 2]) -> Result<(), String> {
    // The backup first: nobody needs to take over from a master that goes last.
    for daemon in daemons.iter_mut().rev() {
        stop(daemon)?;
    }
    match world.holders(VIP).as_slice() {
        [] => Ok(()),
        left => Err(format!("{VIP} stays behind on {}", left.join(" and "))),
    }
}

fn table(rows: &[Row]) {
    println!();
    println!("{:<27} {:>8}  {:>11}  {:>14}  {:>13}", "event", "bound", "new master", "client without", "adverts seen");
    println!("{:<27} {:>8}  {:>11}  {:>14}  {:>13}", "", "", "after", "answer", "(a / b)");
    for row in rows {
        let takeover = row.takeover.map_or("never".into(), spell);
        let outage = if row.event == "start" {
            "-".into()
        } else if row.outage <= 3 * PERIOD {
            "none".into()
        } else {
            spell(row.outage)
        };
        let adverts = format!("{} / {}", row.adverts[0], row.adverts[1]);
        let verdict = if row.kept { "" } else { "  <-- BROKEN" };
        println!("{:<27} {:>8}  {takeover:>11}  {outage:>14}  {adverts:>13}{verdict}", row.event, spell(row.bound));
    }
    println!("\nAfter kill -9 the dead router's kernel still answers, until the new master announces itself.");
}
