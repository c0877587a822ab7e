//! `keepalived-sim`: replays a seed, runs a swarm of them, or measures.

use clap::Parser;
use core::ops::Range;
use core::time::Duration;
use keepalived_core::vrrp::Vrrp;
use keepalived_sim::invariants::Invariants;
use keepalived_sim::run::{Verdict, Wanted, run};
use keepalived_sim::scenario::Scenario;
use keepalived_sim::speed;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Many keepalived cores in one virtual world, with faults drawn from a seed.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Run this seed and say what did not hold.
    #[arg(long, conflicts_with_all = ["seeds", "speed"])]
    seed: Option<u64>,
    /// With --seed: write every packet as a pcapng, one interface for each segment.
    #[arg(long, requires = "seed", value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// With --seed: print what happened, line by line.
    #[arg(long, requires = "seed")]
    timeline: bool,
    /// With --seed: print the scenario.
    #[arg(long, requires = "seed")]
    scenario: bool,
    /// Run the seeds from A up to, and without, B.
    #[arg(long, value_name = "A..B", value_parser = range, conflicts_with = "speed")]
    seeds: Option<Range<u64>>,
    /// With --seeds: go on after a failure.
    #[arg(long, requires = "seeds")]
    keep_going: bool,
    /// Measure simulated node-seconds per second of one core.
    #[arg(long)]
    speed: bool,
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let (from, to) = text.split_once("..").ok_or("expected A..B")?;
    let number = |part: &str| part.parse::<u64>().map_err(|error| format!("{part:?}: {error}"));
    Ok(number(from)?..number(to)?)
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = if options.speed {
        measure()
    } else if let Some(seeds) = options.seeds.clone() {
        swarm(seeds, options.keep_going)
    } else {
        one(&options)
    };
    done.unwrap_or_else(|error| {
        eprintln!("keepalived-sim: {error}");
        ExitCode::from(2)
    })
}

fn simulate(seed: u64, wanted: Wanted) -> Verdict {
    run(Scenario::random(seed), wanted, Vrrp::new)
}

fn one(options: &Options) -> io::Result<ExitCode> {
    let seed = options.seed.unwrap_or(0);
    if options.scenario {
        println!("{:#?}", Scenario::random(seed));
    }
    let verdict = simulate(seed, Wanted { record: options.timeline || options.pcap.is_some(), replay: true });
    if let Some(recorder) = &verdict.recorder {
        if options.timeline {
            recorder.timeline(BufWriter::new(io::stdout().lock()))?;
        }
        if let Some(path) = &options.pcap {
            let mut file = BufWriter::new(File::create(path)?);
            recorder.pcapng(&mut file)?;
            file.flush()?;
            println!("{} frames in {}", recorder.frames().len(), path.display());
        }
    }
    println!("{verdict}");
    Ok(if verdict.violation.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn swarm(seeds: Range<u64>, keep_going: bool) -> io::Result<ExitCode> {
    let begin = Instant::now();
    let (mut runs, mut failures, mut world) = (0u64, 0u64, Duration::ZERO);
    for seed in seeds {
        let verdict = simulate(seed, Wanted { record: false, replay: seed % 4 == 0 });
        runs += 1;
        world += verdict.length;
        if verdict.violation.is_some() {
            failures += 1;
            println!("{verdict}");
            if !keep_going {
                println!(
                    "replay it with: cargo run -p keepalived-sim -- --seed {seed} --timeline --pcap seed-{seed}.pcapng"
                );
                break;
            }
        }
    }
    println!("{runs} runs, {failures} failed; {world:.0?} of the world in {:.1?}", begin.elapsed());
    Ok(if failures > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn measure() -> io::Result<ExitCode> {
    for nodes in [2, 3, 5] {
        for (what, invariants) in [("all invariants", Invariants::all()), ("no invariants", Invariants::none())] {
            let Some(speed) = speed::node_seconds_per_second(nodes, Duration::from_secs(400_000), invariants) else {
                println!("{nodes} nodes: no master, nothing to measure");
                return Ok(ExitCode::FAILURE);
            };
            println!(
                "{nodes} nodes, one virtual router, adverts every second, {what}: {speed:.0} node-seconds per second"
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
