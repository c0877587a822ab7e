//! The kernel's table, as `ipvsadm-save -n` writes it.

use crate::sandbox::skip;
use crate::world::World;
use nix::sched::{CloneFlags, setns};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Services and, below each, its destinations: the lines of `ipvsadm-save -n`, in an order of our own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    services: BTreeMap<String, (String, Vec<String>)>,
}

impl Saved {
    /// What `ipvsadm -S -n`, which is what ipvsadm-save runs, prints on a machine.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn of(world: &World, node: &str) -> Saved {
        Saved::parse(&ipvsadm(world, node, &["-S", "-n"]))
    }

    /// Reads the lines.
    ///
    /// # Panics
    /// When it is not what ipvsadm-save writes.
    #[must_use]
    pub fn parse(text: &str) -> Saved {
        let mut saved = Saved::default();
        for line in text.lines() {
            saved.add(line);
        }
        for (_, destinations) in saved.services.values_mut() {
            destinations.sort();
        }
        saved
    }

    fn add(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let (Some(verb), Some(kind), Some(name)) = (words.next(), words.next(), words.next()) else {
            panic!("not a line of ipvsadm-save: {line:?}")
        };
        // A mark is a service in each family.
        let family = if line.contains(" -6") { " -6" } else { "" };
        let key = format!("{kind} {name}{family}");
        match verb {
            "-A" => {
                self.services.entry(key).or_default().0 = line.trim().to_owned();
            }
            "-a" => self.services.entry(key).or_default().1.push(line.trim().to_owned()),
            _ => panic!("not a line of ipvsadm-save: {line:?}"),
        }
    }

    /// Both tables.
    #[must_use]
    pub fn with(mut self, other: Saved) -> Saved {
        self.services.extend(other.services);
        self
    }

    /// How many services, and how many destinations.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.services.len(), self.services.values().map(|(_, destinations)| destinations.len()).sum())
    }
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (service, destinations) in self.services.values() {
            writeln!(f, "{service}")?;
            for destination in destinations {
                writeln!(f, "{destination}")?;
            }
        }
        if self.services.is_empty() { writeln!(f, "(nothing)") } else { Ok(()) }
    }
}

/// Runs `ipvsadm` on a machine.
///
/// # Panics
/// When it fails.
pub fn ipvsadm(world: &World, node: &str, arguments: &[&str]) -> String {
    let namespace = world.namespace(node).file().try_clone().expect("one more descriptor");
    let mut command = Command::new("ipvsadm");
    command.args(arguments);
    // SAFETY: between fork and exec only a system call is made.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(move || Ok(setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET)?));
    }
    let done = command.output().unwrap_or_else(|e| panic!("ipvsadm (package ipvsadm): {e}"));
    assert!(done.status.success(), "ipvsadm {arguments:?} on {node}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// The IPv4 destinations in a machine's table, of all its services: address, port, weight. Fast: no program is run.
#[must_use]
pub fn destinations(world: &World, node: &str) -> BTreeSet<(Ipv4Addr, u16, u32)> {
    // A thread in another namespace than its process finds its own only here.
    let table = world.namespace(node).enter(|| std::fs::read_to_string("/proc/thread-self/net/ip_vs"));
    let read = |line: &str| {
        let mut words = line.trim().strip_prefix("-> ")?.split_whitespace();
        let (ip, port) = words.next()?.split_once(':')?;
        let ip = u32::from_str_radix(ip, 16).ok()?;
        Some((Ipv4Addr::from(ip), u16::from_str_radix(port, 16).ok()?, words.nth(1)?.parse().ok()?))
    };
    // Before anybody needed IPVS there is no such file.
    table.unwrap_or_default().lines().filter_map(read).collect()
}

/// Whether this kernel has IPVS, and we may use it; if not, says so (see [`skip`]). What is loaded on first use is loaded then: nobody has to
/// wait for it later.
///
/// # Panics
/// Where skipping is not allowed.
#[must_use]
pub fn needs_ipvs() -> bool {
    for arguments in [["-A", "-f", "1", "-s", "wrr"].as_slice(), &["-D", "-f", "1"]] {
        let why = match Command::new("ipvsadm").args(arguments).output() {
            Ok(done) if done.status.success() => continue,
            Ok(done) => String::from_utf8_lossy(&done.stderr).trim().to_owned(),
            Err(e) => format!("ipvsadm (package ipvsadm): {e}"),
        };
        skip("ip_vs", &format!("no IPVS to use on this kernel; scripts/guest has one ({why})"));
        return false;
    }
    true
}
