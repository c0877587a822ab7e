//! Client, two directors, three real servers.
//!
//! ```text
//!            front 10.1.0.0/24 fd01::/64          back 10.2.0.0/24 fd02::/64
//! client .9 ──┬── eth0 .1  d1  eth1 .1 ──┬── eth0 .11  r1
//!             ├── eth0 .2  d2  eth1 .2 ──┼── eth0 .12  r2
//!             │                          └── eth0 .13  r3
//!             └── eth1 .11, .12, .13: the way of r1 to r3 to the client, where they answer themselves (DR, TUN)
//! ```
//!
//! The service is 10.1.0.100 or fd01::100, port 80. With NAT the servers' way back is 10.2.0.254 or fd02::254, which follows the service.

use crate::daemon::{Daemon, Implementation, Part};
use crate::lvs::client;
use crate::lvs::config::{Real, Virtual};
use crate::lvs::server::Server;
use crate::lvs::table::Saved;
use crate::wait::SLACK;
use crate::world::World;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

/// The real servers' machines.
pub const SERVERS: [&str; 3] = ["r1", "r2", "r3"];
const DIRECTORS: [&str; 2] = ["d1", "d2"];

/// How packets reach a real server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Through the director, both ways.
    Nat,
    /// On the link; the server holds the service's address and answers itself.
    Direct,
    /// Inside IP packets; the server holds the service's address and answers itself.
    Tunnel,
}

/// Of the service and its servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// The topology with its servers running.
#[derive(Debug)]
pub struct Farm {
    /// The wires.
    pub world: World,
    /// Those on port 80 of [`SERVERS`].
    pub servers: Vec<Server>,
    method: Method,
    family: Family,
}

impl Farm {
    /// Everything but the daemons and the service's address.
    ///
    /// # Panics
    /// When the kernel refuses.
    #[must_use]
    pub fn new(method: Method, family: Family) -> Farm {
        let mut world = World::new();
        world.segment("front");
        world.segment("back");
        world.node("client");
        world.cable("client", "eth0", "front", &["10.1.0.9/24", "fd01::9/64"]);
        for (n, name) in (1..).zip(DIRECTORS) {
            world.node(name);
            world.cable(name, "eth0", "front", &[&format!("10.1.0.{n}/24"), &format!("fd01::{n}/64")]);
            world.cable(name, "eth1", "back", &[&format!("10.2.0.{n}/24"), &format!("fd02::{n}/64")]);
            set(&world, name, &[("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"), LAX]);
        }
        for (n, name) in (11..).zip(SERVERS) {
            world.node(name);
            world.cable(name, "eth0", "back", &[&format!("10.2.0.{n}/24"), &format!("fd02::{n}/64")]);
            if method == Method::Nat {
                world.ip_on(name, "route add default via 10.2.0.254\nroute add default via fd02::254");
                continue;
            }
            // Others must not learn that the service's address is here, too.
            let quiet = [("ipv4/conf/all/arp_ignore", "1"), ("ipv4/conf/all/arp_announce", "2"), LAX];
            set(&world, name, &quiet);
            world.cable(name, "eth1", "front", &[&format!("10.1.0.{n}/24"), &format!("fd01::{n}/64")]);
            let mut lines = "address add 10.1.0.100/32 dev lo\naddress add fd01::100/128 dev lo nodad\n".to_owned();
            if method == Method::Tunnel {
                let _ = write!(
                    lines,
                    "link add tun4 type ipip local 10.2.0.{n}\nlink set tun4 up\n\
                     link add tun6 type ip6tnl mode ip6ip6 local fd02::{n}\nlink set tun6 up\n"
                );
            }
            world.ip_on(name, &lines);
        }
        let servers = SERVERS.iter().map(|name| Server::start(&world, name, 80)).collect();
        Farm { world, servers, method, family }
    }

    /// Gives a director the service's address and the servers' way back, where no VRRP does.
    #[must_use]
    pub fn held_by(self, director: &str) -> Farm {
        self.world.ip_on(
            director,
            "address add 10.1.0.100/32 dev eth0\naddress add fd01::100/128 dev eth0 nodad\n\
             address add 10.2.0.254/24 dev eth1\naddress add fd02::254/64 dev eth1 nodad",
        );
        self
    }

    /// Where the service is.
    #[must_use]
    pub fn service(&self) -> SocketAddr {
        let ip: IpAddr = match self.family {
            Family::V4 => Ipv4Addr::new(10, 1, 0, 100).into(),
            Family::V6 => Ipv6Addr::new(0xfd01, 0, 0, 0, 0, 0, 0, 0x100).into(),
        };
        SocketAddr::new(ip, 80)
    }

    /// Where the n-th real server is, from 0.
    ///
    /// # Panics
    /// When there is no such.
    #[must_use]
    pub fn real(&self, n: usize) -> SocketAddr {
        assert!(n < SERVERS.len());
        let host = u8::try_from(n + 11).expect("few servers");
        let ip: IpAddr = match self.family {
            Family::V4 => Ipv4Addr::new(10, 2, 0, host).into(),
            // fd02::11 reads as the IPv4 address does.
            Family::V6 => Ipv6Addr::new(0xfd02, 0, 0, 0, 0, 0, 0, 0x11 + u16::from(host - 11)).into(),
        };
        SocketAddr::new(ip, 80)
    }

    /// The service over real servers with these weights, each with a `TCP_CHECK`.
    #[must_use]
    pub fn virtual_server(&self, weights: &[u32]) -> Virtual {
        let service = Virtual::new(self.service(), self.method);
        let reals = weights.iter().enumerate().map(|(n, weight)| Real::new(self.real(n)).weight(*weight).tcp_check());
        reals.fold(service, Virtual::real)
    }

    /// A daemon for the load balancer alone (`-C`).
    #[must_use]
    pub fn balance(&self, director: &str, implementation: Implementation, config: &str) -> Daemon {
        Daemon::launch(&self.world, director, implementation, Part::Checkers, config, &[])
    }

    /// The table of a director, now.
    #[must_use]
    pub fn table(&self, director: &str) -> Saved {
        Saved::of(&self.world, director)
    }

    /// Waits until a director's table is `want`, all of it.
    ///
    /// # Panics
    /// When it is not within `limit` and the slack.
    pub fn await_table(&self, director: &str, want: &Saved, limit: Duration) -> Duration {
        let start = Instant::now();
        loop {
            let have = self.table(director);
            if have == *want {
                return start.elapsed();
            }
            assert!(
                start.elapsed() < limit + SLACK,
                "after {limit:?} (and {SLACK:?} of slack) the table of {director} is\n{have}where it should be\n{want}"
            );
            // A program is run for each look: those who wait long look less often.
            std::thread::sleep((start.elapsed() / 50).max(Duration::from_millis(10)));
        }
    }

    /// One request of the client to the service.
    ///
    /// # Errors
    /// When there was no good answer within 2 s.
    pub fn ask(&self) -> std::io::Result<String> {
        client::ask(&self.world, "client", self.service(), Duration::from_secs(2))
    }

    /// How many of `count` requests each server answered.
    ///
    /// # Panics
    /// When one of them is not answered.
    #[must_use]
    pub fn spread(&self, count: usize) -> BTreeMap<String, usize> {
        let mut spread = BTreeMap::new();
        for n in 0..count {
            let name = self.ask().unwrap_or_else(|e| panic!("request {n} of {count}: {e}\n{}", self.table("d1")));
            *spread.entry(name).or_default() += 1;
        }
        spread
    }
}

/// Packets may come by another interface than answers to them leave by.
const LAX: (&str, &str) = ("ipv4/conf/all/rp_filter", "0");

/// Sets values below `/proc/sys/net` on a machine.
fn set(world: &World, node: &str, values: &[(&str, &str)]) {
    world.namespace(node).enter(|| {
        for (name, value) in values {
            let path = format!("/proc/sys/net/{name}");
            std::fs::write(&path, value).unwrap_or_else(|e| panic!("{path} on {node}: {e}"));
        }
    });
}
