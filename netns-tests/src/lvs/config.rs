//! `virtual_server` blocks in a few words, and what the kernel's table should be for them.

use crate::lvs::farm::Method;
use crate::lvs::table::Saved;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// One `virtual_server`: TCP, wrr, a check every 0.3 s.
#[derive(Clone, Debug)]
pub struct Virtual {
    at: SocketAddr,
    method: Method,
    scheduler: &'static str,
    delay: Duration,
    sorry: Option<SocketAddr>,
    lines: Vec<String>,
    /// Its real servers.
    pub reals: Vec<Real>,
}

/// One `real_server`.
#[derive(Clone, Debug)]
pub struct Real {
    /// Where it is.
    pub at: SocketAddr,
    /// Its share.
    pub weight: u32,
    lines: Vec<String>,
}

impl Real {
    /// Weight 1, no check.
    #[must_use]
    pub fn new(at: SocketAddr) -> Real {
        Real { at, weight: 1, lines: Vec::new() }
    }

    /// `weight`.
    #[must_use]
    pub fn weight(mut self, weight: u32) -> Real {
        self.weight = weight;
        self
    }

    /// One more line or block of its own.
    #[must_use]
    pub fn line(mut self, line: &str) -> Real {
        self.lines.push(line.into());
        self
    }

    /// `TCP_CHECK` that forgives nothing.
    #[must_use]
    pub fn tcp_check(self) -> Real {
        self.tcp_check_with("retry 0")
    }

    /// `TCP_CHECK` with more lines.
    #[must_use]
    pub fn tcp_check_with(self, lines: &str) -> Real {
        self.line(&format!("TCP_CHECK {{\n            connect_timeout 1\n            {lines}\n        }}"))
    }

    /// `HTTP_GET` of `/` that wants status 200, with more lines.
    #[must_use]
    pub fn http_check_with(self, lines: &str) -> Real {
        self.line(&format!(
            "HTTP_GET {{\n            url {{\n                path /\n                status_code 200\n            }}\n            \
             connect_timeout 1\n            {lines}\n        }}"
        ))
    }
}

impl Virtual {
    /// Without real servers.
    #[must_use]
    pub fn new(at: SocketAddr, method: Method) -> Virtual {
        Virtual {
            at,
            method,
            scheduler: "wrr",
            delay: Duration::from_millis(300),
            sorry: None,
            lines: Vec::new(),
            reals: Vec::new(),
        }
    }

    /// One more real server.
    #[must_use]
    pub fn real(mut self, real: Real) -> Virtual {
        self.reals.push(real);
        self
    }

    /// At another port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Virtual {
        self.at.set_port(port);
        self
    }

    /// `lvs_sched`.
    #[must_use]
    pub fn scheduler(mut self, name: &'static str) -> Virtual {
        self.scheduler = name;
        self
    }

    /// `delay_loop`.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Virtual {
        self.delay = delay;
        self
    }

    /// `sorry_server`.
    #[must_use]
    pub fn sorry(mut self, at: SocketAddr) -> Virtual {
        self.sorry = Some(at);
        self
    }

    /// One more line or block of its own.
    #[must_use]
    pub fn line(mut self, line: &str) -> Virtual {
        self.lines.push(line.into());
        self
    }

    /// The block.
    #[must_use]
    pub fn block(&self) -> String {
        let kind = match self.method {
            Method::Nat => "NAT",
            Method::Direct => "DR",
            Method::Tunnel => "TUN",
        };
        let mut text = format!(
            "virtual_server {} {} {{\n    lvs_sched {}\n    lvs_method {kind}\n    protocol TCP\n    delay_loop {:.3}\n",
            self.at.ip(),
            self.at.port(),
            self.scheduler,
            self.delay.as_secs_f64()
        );
        for line in &self.lines {
            let _ = writeln!(text, "    {line}");
        }
        if let Some(sorry) = self.sorry {
            let _ = writeln!(text, "    sorry_server {} {}", sorry.ip(), sorry.port());
        }
        for real in &self.reals {
            let _ = writeln!(text, "    real_server {} {} {{", real.at.ip(), real.at.port());
            let _ = writeln!(text, "        weight {}", real.weight);
            for line in &real.lines {
                let _ = writeln!(text, "        {line}");
            }
            text.push_str("    }\n");
        }
        text.push_str("}\n");
        text
    }

    /// A whole file with this block.
    #[must_use]
    pub fn config(&self) -> String {
        format!("{GLOBAL}{}", self.block())
    }

    /// The table in which exactly these of its real servers (from 0) take part.
    #[must_use]
    pub fn saved(&self, alive: &[usize]) -> Saved {
        let destinations = alive.iter().map(|n| (self.reals[*n].at, self.reals[*n].weight));
        self.saved_with(destinations)
    }

    /// The table with every real server.
    #[must_use]
    pub fn saved_whole(&self) -> Saved {
        self.saved_with(self.reals.iter().map(|real| (real.at, real.weight)))
    }

    /// The table in which only the sorry server takes part.
    #[must_use]
    pub fn saved_sorry(&self) -> Saved {
        self.saved_with(self.sorry.map(|at| (at, 1)))
    }

    /// The table with these destinations.
    #[must_use]
    pub fn saved_with(&self, destinations: impl IntoIterator<Item = (SocketAddr, u32)>) -> Saved {
        let mut text = format!("-A -t {} -s {}\n", self.at, self.scheduler);
        let (method, tail) = match self.method {
            Method::Nat => ("-m", ""),
            Method::Direct => ("-g", ""),
            Method::Tunnel => ("-i", " --tun-type ipip"),
        };
        for (at, weight) in destinations {
            let _ = writeln!(text, "-a -t {} -r {at} {method} -w {weight}{tail}", self.at);
        }
        Saved::parse(&text)
    }
}

/// What every file begins with.
pub const GLOBAL: &str = "global_defs {\n    router_id test\n    script_user root\n}\n";

/// A whole file with these blocks.
#[must_use]
pub fn file<'a>(blocks: impl IntoIterator<Item = &'a Virtual>) -> String {
    let blocks: String = blocks.into_iter().map(Virtual::block).collect();
    format!("{GLOBAL}{blocks}")
}

/// Many services on one address, each over the same number of real servers without a check; of the last real server of the last one the
/// weight can be chosen.
#[must_use]
pub fn many(services: u16, reals: u8, weight_of_the_last: u32) -> Vec<Virtual> {
    let real = |service: u16, n: u8| {
        let weight = if service + 1 == services && n + 1 == reals { weight_of_the_last } else { 1 };
        Real::new(SocketAddr::from((Ipv4Addr::new(10, 2, 0, 11 + n), FIRST_PORT + service))).weight(weight)
    };
    (0..services)
        .map(|service| {
            let at = SocketAddr::from((Ipv4Addr::new(10, 1, 0, 100), FIRST_PORT + service));
            (0..reals).fold(Virtual::new(at, Method::Nat), |all, n| all.real(real(service, n)))
        })
        .collect()
}

/// The port of the first of [`many`] services.
pub const FIRST_PORT: u16 = 1000;
