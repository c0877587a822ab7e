//! Two routers, one address, one client: shown, or kept to play with. Run it through `scripts/lab`.

mod client;
mod lvs;
mod persist;
mod show;
mod timeline;

use keepalived_netns_tests::daemon::{Daemon, Implementation};
use keepalived_netns_tests::sandbox::enter_sandbox;
use keepalived_netns_tests::world::World;
use std::path::Path;
use std::process::ExitCode;

const VIP: &str = "192.0.2.100";
const ROUTERS: [&str; 2] = ["router-a", "router-b"];
const HELP: &str = "\
scripts/lab               show it: two routers, a client, and what happens when one fails
scripts/lab lvs           show the load balancer: three servers, two directors, and what can happen to them
scripts/lab up            make routers and client, and leave them running
scripts/lab status        who is master now
scripts/lab shell NODE    a shell on router-a, router-b or client
scripts/lab down          stop everything that `up` made";

fn main() -> ExitCode {
    // The harness fails by panicking; an operator reads one sentence.
    std::panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("an unknown mistake");
        // Whoever reads through `head` has seen enough.
        if !what.contains("Broken pipe") {
            eprintln!("lab: {what}");
        }
    }));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [] => {
            enter_sandbox();
            show::run()
        }
        ["lvs"] => {
            enter_sandbox();
            lvs::run()
        }
        ["up"] => persist::up(),
        ["hold"] => {
            enter_sandbox();
            persist::hold()
        }
        ["down"] => persist::down(),
        ["status"] => persist::status(),
        ["status-inside"] => persist::status_inside(),
        ["shell", node] => persist::shell(node),
        _ => {
            println!("{HELP}");
            return if matches!(words.as_slice(), ["help" | "-h" | "--help"]) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("lab: {why}");
            ExitCode::FAILURE
        }
    }
}

/// The wires: both routers and the client on one segment.
fn build() -> World {
    let mut world = World::new();
    world.segment("lan");
    for (node, address) in [("router-a", "192.0.2.1/24"), ("router-b", "192.0.2.2/24"), ("client", "192.0.2.9/24")] {
        world.node(node);
        world.cable(node, "eth0", "lan", &[address]);
    }
    world
}

/// The daemon on a router, from its file under `examples/lab`.
fn start(world: &World, router: &str) -> Result<Daemon, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lab").join(format!("{router}.conf"));
    let config = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(Daemon::start(world, router, Implementation::under_test(), &config))
}
