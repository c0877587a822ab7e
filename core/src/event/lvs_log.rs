//! Events of the load balancer as sentences.

use super::log::{Level, count, script, script_level, secs};
use super::lvs::{LvsEvent, NotMade, RealName, VirtualName};
use crate::config::model::{Choice, Service};
use core::fmt;
use core::net::IpAddr;

impl fmt::Display for RealName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(f, self.ip, self.port)
    }
}

impl fmt::Display for VirtualName {
    /// As the kernel's services are shown: `TCP 10.0.0.1:80`, `fwmark 5`, `UDP group web`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(protocol) = self.protocol {
            write!(f, "{} ", protocol.word())?;
        }
        match &self.service {
            Service::Address(ip, port) => place(f, *ip, *port),
            service => write!(f, "{service}"),
        }
    }
}

fn place(f: &mut fmt::Formatter<'_>, ip: IpAddr, port: u16) -> fmt::Result {
    match (ip, port) {
        (ip, 0) => write!(f, "{ip}"),
        (IpAddr::V4(ip), port) => write!(f, "{ip}:{port}"),
        (IpAddr::V6(ip), port) => write!(f, "[{ip}]:{port}"),
    }
}

/// The event, told in one line.
#[must_use]
pub fn sentence(event: &LvsEvent) -> (Level, String) {
    (level(event), text(event))
}

fn level(event: &LvsEvent) -> Level {
    match event {
        LvsEvent::Quorum { up: false, .. } | LvsEvent::IpvsFailed { .. } | LvsEvent::CheckNotMade { .. } => {
            Level::Error
        }
        LvsEvent::Real { up: false, .. }
        | LvsEvent::CheckFailed { .. }
        | LvsEvent::Sorry { used: true, .. }
        | LvsEvent::Drift { .. } => Level::Warning,
        LvsEvent::Real { up: true, .. }
        | LvsEvent::Quorum { up: true, .. }
        | LvsEvent::Sorry { used: false, .. }
        | LvsEvent::Configured { .. }
        | LvsEvent::Stopping => Level::Notice,
        LvsEvent::Script(news) => script_level(news),
        LvsEvent::CheckPassed { .. }
        | LvsEvent::CheckForgiven { .. }
        | LvsEvent::Weight { .. }
        | LvsEvent::Suspended { .. }
        | LvsEvent::Sync { .. } => Level::Info,
    }
}

fn text(event: &LvsEvent) -> String {
    match event {
        LvsEvent::CheckPassed { real, check } => format!("server {real}: {check} succeeds"),
        LvsEvent::CheckFailed { real, check, reason, failures: 1 } => {
            format!("server {real}: {check} failed: {reason}")
        }
        LvsEvent::CheckFailed { real, check, reason, failures } => {
            format!("server {real}: {check} failed {failures} times in a row: {reason}")
        }
        LvsEvent::CheckForgiven { real, check, reason, failures: (failures, forgiven) } => {
            format!("server {real}: {check} failed ({failures} in a row, {forgiven} are forgiven): {reason}")
        }
        LvsEvent::CheckNotMade { real, check, why: NotMade::Errno(errno) } => {
            format!("server {real}: {check} cannot be made here: {errno}; the server stays as it was")
        }
        LvsEvent::CheckNotMade { real, check, why: NotMade::NotSearched } => format!(
            "server {real}: {check} cannot be judged here: too many answers wait to be searched for a regex; the server stays as it was"
        ),
        LvsEvent::Real { service, real, up: true, weight } => {
            format!("({service}) server {real} is up; {}", of_quorum(*weight))
        }
        LvsEvent::Real { service, real, up: false, weight } => {
            format!("({service}) server {real} is DOWN; {}", of_quorum(*weight))
        }
        LvsEvent::Weight { service, real, from, to: 0 } => {
            format!("({service}) server {real} is drained: weight 0 now, was {from}")
        }
        LvsEvent::Weight { service, real, from, to } => {
            format!("({service}) server {real} has weight {to} now, was {from}")
        }
        LvsEvent::Quorum { service, up: true, weight, quorum, hysteresis, .. } => {
            let needed = u64::from(*quorum) + u64::from(*hysteresis);
            format!("({service}) quorum gained: weight {weight} is up, {needed} {} needed", is_are(needed))
        }
        LvsEvent::Quorum { service, up: false, weight: 0, alive: 0, .. } => {
            format!("({service}) quorum LOST: no server is up")
        }
        LvsEvent::Quorum { service, up: false, weight: 0, alive, .. } => {
            let servers = count(u64::from(*alive), "server");
            format!("({service}) quorum LOST: {servers} {} up, with weight 0", is_are(u64::from(*alive)))
        }
        LvsEvent::Quorum { service, up: false, weight, quorum, hysteresis, .. } => {
            let needed = u64::from(*quorum) + u64::from(*hysteresis);
            format!(
                "({service}) quorum LOST: only weight {weight} is up; {needed} {} needed to gain it",
                is_are(needed)
            )
        }
        LvsEvent::Sorry { service, real, used: true } => {
            format!("({service}) the sorry server {real} answers instead of all others")
        }
        LvsEvent::Sorry { service, real, used: false } => {
            format!("({service}) the sorry server {real} is needed no more")
        }
        LvsEvent::Suspended { service, suspended: true } => {
            format!("({service}) its address is not on this machine: its checks pause (ha_suspend)")
        }
        LvsEvent::Suspended { service, suspended: false } => {
            format!("({service}) its address is on this machine now: its checks go on")
        }
        LvsEvent::IpvsFailed { command, errno, retry } if retry.is_zero() => {
            format!("the kernel would not {command}: {errno}")
        }
        LvsEvent::IpvsFailed { command, errno, retry } => {
            format!("the kernel would not {command}: {errno}; trying again in {}", secs(*retry))
        }
        LvsEvent::Drift { missing, changed, extra, example } => {
            let mut parts = Vec::new();
            let mut part = |n: u32, what: &str| {
                if n > 0 {
                    parts.push(format!("{n} {what}"));
                }
            };
            part(*missing, "missing");
            part(*changed, "changed");
            part(*extra, "too many");
            format!("somebody else changed the IPVS table ({}; for one, {example}); putting it right", parts.join(", "))
        }
        LvsEvent::Sync { master, interface, running } => {
            let role = if *master {
                "tells other directors of connections"
            } else {
                "learns connections from other directors"
            };
            let state = if *running { "runs" } else { "has stopped" };
            format!("the sync daemon that {role} {state} on {interface}")
        }
        LvsEvent::Script(news) => script(news),
        LvsEvent::Configured { added: 0, removed: 0, changed: 0, kept: 0, .. } => {
            "configuration in force: it has no virtual servers, there is nothing to balance".to_owned()
        }
        LvsEvent::Configured { added, removed, changed, kept, real_servers, checks } => {
            let size = format!(
                "{} with {} and {}",
                count(u64::from(added + changed + kept), "virtual server"),
                count(u64::from(*real_servers), "real server"),
                count(u64::from(*checks), "check")
            );
            let parts: Vec<String> = [(added, "new"), (changed, "changed"), (removed, "removed")]
                .into_iter()
                .filter(|(n, _)| **n > 0)
                .map(|(n, what)| format!("{n} {what}"))
                .collect();
            if parts.is_empty() {
                return format!("configuration in force: nothing changed ({size})");
            }
            format!("configuration in force: {size}; {}", parts.join(", "))
        }
        LvsEvent::Stopping => "checks and balancing are stopping".to_owned(),
    }
}

fn of_quorum((weight, quorum): (u64, u32)) -> String {
    format!("weight {weight} of all is up, the quorum is {quorum}")
}

const fn is_are(n: u64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::Protocol;
    use crate::kernel::Errno;
    use core::time::Duration;

    fn of(event: &LvsEvent) -> String {
        sentence(event).1
    }

    #[test]
    fn they_read_like_sentences() {
        let service =
            VirtualName { service: Service::Address([10, 0, 0, 1].into(), 80), protocol: Some(Protocol::Tcp) };
        let real = RealName { ip: "2001:db8::2".parse().expect("an address"), port: 8080 };
        let up = LvsEvent::Real { service: service.clone(), real, up: false, weight: (2, 3) };
        assert_eq!(
            of(&up),
            "(TCP 10.0.0.1:80) server [2001:db8::2]:8080 is DOWN; weight 2 of all is up, the quorum is 3"
        );
        let lost = |weight, alive| LvsEvent::Quorum {
            service: service.clone(),
            up: false,
            weight,
            alive,
            quorum: 3,
            hysteresis: 1,
        };
        assert_eq!(of(&lost(0, 0)), "(TCP 10.0.0.1:80) quorum LOST: no server is up");
        assert_eq!(of(&lost(0, 1)), "(TCP 10.0.0.1:80) quorum LOST: 1 server is up, with weight 0");
        assert_eq!(of(&lost(0, 2)), "(TCP 10.0.0.1:80) quorum LOST: 2 servers are up, with weight 0");
        assert_eq!(of(&lost(1, 1)), "(TCP 10.0.0.1:80) quorum LOST: only weight 1 is up; 4 are needed to gain it");
        let failed = LvsEvent::CheckFailed {
            real,
            check: "TCP_CHECK 10.1.0.1:80".into(),
            reason: "no connection within 3 s".into(),
            failures: 2,
        };
        assert_eq!(
            of(&failed),
            "server [2001:db8::2]:8080: TCP_CHECK 10.1.0.1:80 failed 2 times in a row: no connection within 3 s"
        );
        let refused = LvsEvent::IpvsFailed { command: "add X".into(), errno: Errno(12), retry: Duration::from_secs(1) };
        assert_eq!(of(&refused), "the kernel would not add X: out of memory (errno 12); trying again in 1 s");
        let not_searched =
            LvsEvent::CheckNotMade { real, check: "HTTP_GET 10.1.0.1:80".into(), why: NotMade::NotSearched };
        assert_eq!(
            of(&not_searched),
            "server [2001:db8::2]:8080: HTTP_GET 10.1.0.1:80 cannot be judged here: too many answers wait to be searched for a regex; \
             the server stays as it was"
        );
        let mark = VirtualName { service: Service::Mark(7), protocol: None };
        assert_eq!(
            of(&LvsEvent::Weight { service: mark, real, from: 5, to: 0 }),
            "(fwmark 7) server [2001:db8::2]:8080 is drained: weight 0 now, was 5"
        );
    }

    #[test]
    fn a_configuration_is_summed_up() {
        let with = |added, removed, changed, kept| {
            of(&LvsEvent::Configured { added, removed, changed, kept, real_servers: 20, checks: 1 })
        };
        assert_eq!(
            with(2, 1, 0, 0),
            "configuration in force: 2 virtual servers with 20 real servers and 1 check; 2 new, 1 removed"
        );
        assert_eq!(
            with(0, 0, 0, 1),
            "configuration in force: nothing changed (1 virtual server with 20 real servers and 1 check)"
        );
        assert!(with(0, 0, 0, 0).ends_with("nothing to balance"));
    }
}
