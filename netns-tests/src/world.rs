//! Machines, switches and cables.

use crate::address::{self, Address};
use crate::capture::{Ports, Sniffer};
use crate::namespace::Namespace;
use crate::wait::{SLACK, wait_until};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Everything that a test needs to be alone with its routers. Gone when dropped.
#[derive(Debug)]
pub struct World {
    /// What the switches saw.
    pub sniffer: Sniffer,
    switch: Namespace,
    ports: Ports,
    nodes: BTreeMap<String, Namespace>,
    cables: RefCell<BTreeMap<(String, String), Cable>>,
}

/// The other end of a machine's interface.
#[derive(Clone, Debug)]
struct Cable {
    port: String,
    segment: String,
}

impl World {
    /// No machine, no segment yet.
    #[must_use]
    pub fn new() -> World {
        let switch = Namespace::new("switch");
        no_ipv6(&switch);
        let ports = Ports::default();
        let sniffer = Sniffer::start(&switch, Ports::clone(&ports));
        World { sniffer, switch, ports, nodes: BTreeMap::new(), cables: RefCell::default() }
    }

    /// One segment `lan` with these machines on it: `eth0` of the n-th has 10.0.0.n/24 and fd00::n/64.
    #[must_use]
    pub fn lan(names: &[&str]) -> World {
        let mut world = World::new();
        world.segment("lan");
        for (n, name) in (1..).zip(names) {
            world.node(name);
            world.cable(name, "eth0", "lan", &[&format!("10.0.0.{n}/24"), &format!("fd00::{n}/64")]);
        }
        world
    }

    /// Adds a segment: a bridge that floods multicast and forwards at once. Its name has at most ten letters.
    pub fn segment(&mut self, name: &str) {
        self.bridge(name);
    }

    fn bridge(&self, name: &str) {
        self.ip_on(
            "switch",
            &format!("link add {name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0\nlink set {name} up"),
        );
    }

    /// Adds a machine.
    ///
    /// # Panics
    /// When the kernel refuses.
    pub fn node(&mut self, name: &str) {
        let node = Namespace::new(name);
        node.enter(|| {
            // Duplicate address detection would only add a second to everything.
            for which in ["all", "default"] {
                let _ = std::fs::write(format!("/proc/sys/net/ipv6/conf/{which}/accept_dad"), "0");
            }
        });
        self.nodes.insert(name.to_owned(), node);
        self.ip_on(name, "link set lo up");
    }

    /// Adds `interface` to a machine, plugged into a segment, with addresses in the form `10.0.0.1/24`.
    ///
    /// # Panics
    /// When the kernel refuses.
    pub fn cable(&self, node: &str, interface: &str, segment: &str, addresses: &[&str]) {
        let port = format!("{node}.{}", self.cables.borrow().len());
        self.ip_on(
            "switch",
            &format!(
                "link add {port} type veth peer name {interface} netns {node}\n\
                 link set {port} master {segment} up"
            ),
        );
        let index = self.switch.enter(|| nix::net::if_::if_nametoindex(port.as_str())).expect("the port just made");
        self.ports.lock().expect("ports").insert(index as usize, (node.to_owned(), segment.to_owned()));
        let mut batch = String::new();
        for address in addresses {
            let nodad = if address.contains(':') { " nodad" } else { "" };
            batch.push_str(&format!("address add {address} dev {interface}{nodad}\n"));
        }
        self.ip_on(node, &format!("link set {interface} up\n{batch}"));
        let cable = Cable { port, segment: segment.to_owned() };
        self.cables.borrow_mut().insert((node.to_owned(), interface.to_owned()), cable);
        if addresses.iter().any(|a| a.contains(':')) {
            let ready = || {
                let all = self.addresses(node);
                let mut v6 = all.iter().filter(|a| a.interface == interface && a.ip.is_ipv6());
                v6.clone().any(|a| a.scope == 253) && !v6.any(|a| a.tentative)
            };
            wait_until("IPv6 addresses are usable", Duration::from_secs(3), ready);
        }
    }

    /// Pulls the cable out of a machine's interface: no carrier there.
    pub fn unplug(&self, node: &str, interface: &str) {
        self.ip_on("switch", &format!("link set {} down", self.end(node, interface).port));
    }

    /// Puts it back.
    pub fn plug(&self, node: &str, interface: &str) {
        self.ip_on("switch", &format!("link set {} up", self.end(node, interface).port));
    }

    /// Cuts these machines off from the rest of a segment; among each other they still hear. Carriers stay.
    pub fn partition(&self, segment: &str, apart: &[&str]) {
        let island = format!("{segment}-cut");
        self.bridge(&island);
        for ((node, _), cable) in self.cables.borrow().iter() {
            if cable.segment == segment && apart.contains(&node.as_str()) {
                self.ip_on("switch", &format!("link set {} master {island}", cable.port));
            }
        }
    }

    /// Ends a partition.
    pub fn heal(&self, segment: &str) {
        for cable in self.cables.borrow().values().filter(|c| c.segment == segment) {
            self.ip_on("switch", &format!("link set {} master {segment}", cable.port));
        }
        self.ip_on("switch", &format!("link del {segment}-cut"));
    }

    fn end(&self, node: &str, interface: &str) -> Cable {
        let key = (node.to_owned(), interface.to_owned());
        self.cables.borrow().get(&key).unwrap_or_else(|| panic!("no cable {interface} at {node}")).clone()
    }

    /// A machine's namespace.
    ///
    /// # Panics
    /// When there is no such machine.
    #[must_use]
    pub fn namespace(&self, node: &str) -> &Namespace {
        if node == "switch" {
            return &self.switch;
        }
        self.nodes.get(node).unwrap_or_else(|| panic!("no machine {node}"))
    }

    /// Runs lines of `ip -batch` on a machine.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn ip_on(&self, node: &str, lines: &str) {
        let mut ip = Command::new("ip")
            .args(["-n", node, "-batch", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("ip (package iproute2): {e}"));
        ip.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("ip reads its batch");
        let done = ip.wait_with_output().expect("ip ends");
        assert!(done.status.success(), "on {node}:\n{lines}\n{}", String::from_utf8_lossy(&done.stderr));
    }

    /// The addresses of a machine.
    #[must_use]
    pub fn addresses(&self, node: &str) -> Vec<Address> {
        self.namespace(node).enter(address::all)
    }

    /// A machine's address entry for `ip`.
    #[must_use]
    pub fn address(&self, node: &str, ip: &str) -> Option<Address> {
        let ip: IpAddr = ip.parse().unwrap_or_else(|e| panic!("{ip}: {e}"));
        self.addresses(node).into_iter().find(|a| a.ip == ip)
    }

    /// The machines that hold a virtual address.
    #[must_use]
    pub fn holders(&self, vip: &str) -> Vec<String> {
        self.nodes.keys().filter(|node| self.address(node, vip).is_some()).cloned().collect()
    }

    /// Waits until exactly this machine holds `vip`.
    ///
    /// # Panics
    /// When it does not within 12 s, longer than any election here.
    pub fn await_master(&self, node: &str, vip: &str) -> Duration {
        self.await_master_within(node, vip, Duration::from_secs(12) - SLACK)
    }

    /// Waits until exactly this machine holds `vip`.
    ///
    /// # Panics
    /// When it does not within `limit` and the slack.
    pub fn await_master_within(&self, node: &str, vip: &str, limit: Duration) -> Duration {
        wait_until(&format!("{node} alone holds {vip}"), limit, || self.holders(vip) == [node])
    }

    /// Waits until this machine holds `vip`, whoever else does: a killed master's kernel keeps its addresses.
    ///
    /// # Panics
    /// When it does not within `limit` and the slack.
    pub fn await_takeover(&self, node: &str, vip: &str, limit: Duration) -> Duration {
        wait_until(&format!("{node} holds {vip}"), limit, || self.address(node, vip).is_some())
    }
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        eprintln!("--- what the switches saw last");
        let frames = self.sniffer.all();
        let first = frames.first().map_or(Duration::ZERO, |f| f.at);
        for frame in frames.iter().skip(frames.len().saturating_sub(60)) {
            let seen = match &frame.seen {
                crate::decode::Seen::Advert(a) => format!(
                    "advert v{} vrid {} priority {} {} -> {} {:?}",
                    a.version, a.vrid, a.priority, a.from, a.to, a.addresses
                ),
                other => format!("{other:?}"),
            };
            eprintln!("{:9.4} {}/{} {seen}", (frame.at - first).as_secs_f64(), frame.node, frame.segment);
        }
    }
}

/// A switch does not speak.
fn no_ipv6(switch: &Namespace) {
    switch.enter(|| {
        for which in ["all", "default"] {
            let _ = std::fs::write(format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6"), "1");
        }
    });
}
