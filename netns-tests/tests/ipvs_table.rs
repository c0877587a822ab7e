//! The kernel's IPVS table: what is asked for is there, as the kernel and ipvsadm tell it.
#![allow(clippy::expect_used, clippy::panic)]

use keepalived::ipvs::{Answer, Ipvs};
use keepalived_core::Time;
use keepalived_core::check::IpvsId;
use keepalived_core::config::model::{Choice, Protocol, Tunnel, TunnelChecksum};
use keepalived_core::event::lvs::LvsEvent;
use keepalived_core::ipvs::reconcile::AUDIT;
use keepalived_core::ipvs::{
    Action, Destination, DestinationKey, Forward, IpvsCommand, Leave, Reconciler, Service, ServiceFlags, ServiceKey,
    ServiceSettings, SyncDaemon, SyncRole, Table, Timeouts,
};
use keepalived_core::kernel::Errno;
use keepalived_core::net::Family;
use keepalived_netns_tests::sandbox::{in_sandbox, skip};
use nix::poll::{PollFd, PollFlags, poll};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::process::Command;
use std::time::Instant;

/// Runs a test in a namespace whose kernel has IPVS.
fn with_ipvs(test: impl FnOnce()) {
    // To a namespace without any address every IPv4 destination is a broadcast address (`inet_addr_type`), which IPVS refuses.
    sh("ip link set lo up");
    match read(&mut Ipvs::open(None).expect("a socket")) {
        Ok(_) => test(),
        Err(Errno::EPROTONOSUPPORT) => skip("ip_vs", "this kernel has no ip_vs (scripts/guest has one)"),
        Err(errno) => panic!("the table cannot be read: {errno}"),
    }
}

fn read(ipvs: &mut Ipvs) -> Result<Box<Table>, Errno> {
    ipvs.read();
    loop {
        while ipvs.work() {}
        match ipvs.answer() {
            Some(Answer::Table(table)) => return table,
            Some(other) => panic!("{other:?} where a table was expected"),
            None => assert!(more_comes(ipvs, 5000), "no table came"),
        }
    }
}

/// Whether the kernel has something more to say within so many milliseconds.
fn more_comes(ipvs: &Ipvs, millis: u16) -> bool {
    let mut fds = [PollFd::new(ipvs.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, millis).is_ok_and(|ready| ready > 0)
}

/// Commands with `&&` or line ends between them. Without a shell: that of a small machine may have an `ip` of its own.
fn sh(line: &str) -> String {
    let mut said = String::new();
    for command in line.split(['\n', '&']).filter(|command| !command.trim().is_empty()) {
        let mut words = command.split_whitespace();
        let output = Command::new(words.next().expect("a program")).args(words).output().expect("it runs");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        said.push_str(&String::from_utf8_lossy(&output.stdout));
    }
    said
}

/// A reconciler with the kernel, in time of its own.
struct Director {
    reconciler: Reconciler,
    ipvs: Ipvs,
    now: Time,
    commands: usize,
    events: Vec<LvsEvent>,
}

impl Director {
    fn new() -> Director {
        let ipvs = Ipvs::open(None).expect("a socket");
        Director { reconciler: Reconciler::new(false), ipvs, now: Time::from_secs(1), commands: 0, events: Vec::new() }
    }

    /// Until nothing is left to do at this moment.
    fn settle(&mut self) {
        loop {
            while let Some(action) = self.reconciler.poll() {
                match action {
                    Action::Read => self.ipvs.read(),
                    Action::Event(event) => self.events.push(event),
                    Action::Command(id, command) => {
                        self.commands += 1;
                        self.ipvs.command(id, command);
                    }
                }
            }
            while self.ipvs.work() {}
            let mut answered = false;
            while let Some(answer) = self.ipvs.answer() {
                answered = true;
                match answer {
                    Answer::Done(id, result) => self.reconciler.done(self.now, id, result),
                    Answer::Table(table) => self.reconciler.read(self.now, table),
                }
            }
            if !answered && !more_comes(&self.ipvs, 100) {
                return;
            }
        }
    }

    fn audit(&mut self) {
        self.now = self.now + AUDIT;
        self.reconciler.timeout(self.now);
        self.settle();
    }

    /// Wants the services of a table, and no others.
    fn want(&mut self, table: &Table) {
        let gone: Vec<_> =
            self.reconciler.wanted().keys().filter(|key| !table.services.contains_key(key)).copied().collect();
        for key in gone {
            self.reconciler.set_service(key, None);
        }
        for (key, service) in &table.services {
            self.reconciler.set_service(*key, Some(service.settings.clone()));
            let before: Vec<_> = self.reconciler.wanted()[key].destinations.keys().copied().collect();
            for to in before.iter().filter(|to| !service.destinations.contains_key(to)) {
                self.reconciler.set_destination(*key, *to, None);
            }
            for (to, how) in &service.destinations {
                self.reconciler.set_destination(*key, *to, Some(*how));
            }
        }
    }
}

/// Numbers that look random (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as u32 % end
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize].clone()
    }

    fn table(&mut self) -> Table {
        let mut table = Table::default();
        for _ in 0..self.below(12) + 1 {
            let key = self.service_key();
            let settings = self.settings(&key);
            let destinations = (0..self.below(8)).map(|_| self.destination(&key)).collect();
            table.services.insert(key, Service { settings, destinations });
        }
        table
    }

    fn service_key(&mut self) -> ServiceKey {
        let which = self.below(4);
        let family = self.of(&[Family::V4, Family::V6]);
        if which == 0 {
            return ServiceKey::Mark { family, mark: self.of(&[1, 2, u32::MAX]) };
        }
        let ip = match family {
            Family::V4 => IpAddr::from([10, 0, 0, which as u8]),
            Family::V6 => IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, which as u16]),
        };
        let protocol = self.of(&[Protocol::Tcp, Protocol::Udp, Protocol::Sctp]);
        ServiceKey::Address { protocol, ip, port: self.of(&[0, 80, 65535]) }
    }

    fn settings(&mut self, key: &ServiceKey) -> ServiceSettings {
        // All but twos, which Debian's kernels are built without.
        let all = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq"];
        let scheduler = self.of(&all).to_owned();
        let udp = matches!(key, ServiceKey::Address { protocol: Protocol::Udp, .. });
        let mut flags = ServiceFlags(self.below(8) << 3);
        if ["sh", "mh"].contains(&&*scheduler) {
            flags = flags.without(ServiceFlags::SCHED3);
        }
        if udp && self.below(2) == 0 {
            flags = flags.with(ServiceFlags::ONE_PACKET);
        }
        // Every port of an address makes sense with persistence only.
        let timeout =
            if matches!(key, ServiceKey::Address { port: 0, .. }) { 60 } else { self.of(&[0, 0, 1, 2_678_400]) };
        if timeout > 0 {
            flags = flags.with(ServiceFlags::PERSISTENT);
        }
        let netmask = match key.family() {
            Family::V4 => u32::MAX << self.of(&[0, 8, 31]),
            Family::V6 => self.of(&[128, 64, 1]),
        };
        let netmask = if timeout > 0 { netmask } else { [u32::MAX, 128][usize::from(key.family() == Family::V6)] };
        let engine = (udp && timeout > 0 && self.below(2) == 0).then(|| "sip".to_owned());
        ServiceSettings { scheduler, flags, timeout, netmask, engine }
    }

    fn destination(&mut self, key: &ServiceKey) -> (DestinationKey, Destination) {
        let checksum = self.of(&[TunnelChecksum::None, TunnelChecksum::Full, TunnelChecksum::Remote]);
        let plain = self.of(&[TunnelChecksum::None, TunnelChecksum::Full]);
        let port = self.of(&[1, 6080, 65535]);
        let tunnel = Forward::Tunnel(self.of(&[Tunnel::Ipip, Tunnel::Gue(port, checksum), Tunnel::Gre(plain)]));
        let forwarding = self.of(&[Forward::Masquerade, Forward::Direct, tunnel]);
        let other = if key.family() == Family::V4 { Family::V6 } else { Family::V4 };
        // Packets of one family reach the other in tunnels only.
        let family = if forwarding == tunnel { self.of(&[key.family(), other]) } else { key.family() };
        let ip = match family {
            Family::V4 => IpAddr::from([10, 1, 0, self.below(6) as u8]),
            Family::V6 => IpAddr::from([0xfd01, 0, 0, 0, 0, 0, 0, self.below(6) as u16]),
        };
        let port = match (forwarding, key) {
            (Forward::Masquerade, _) => self.of(&[80, 8080]),
            (_, ServiceKey::Address { port, .. }) => *port,
            (_, ServiceKey::Mark { .. }) => 0,
        };
        // Some kernels refuse what is negative as an int.
        let upper_threshold = self.of(&[0, 100, i32::MAX as u32]);
        let lower_threshold = if upper_threshold > 0 { self.of(&[0, 50]) } else { 0 };
        let weight = self.of(&[0, 1, 77, i32::MAX as u32]);
        (DestinationKey { ip, port }, Destination { forwarding, weight, upper_threshold, lower_threshold })
    }
}

/// A table as `ipvsadm -Sn` writes it: the words of each line, sorted. It does not tell thresholds.
fn saved(table: &Table) -> BTreeSet<Vec<String>> {
    let mut lines = Vec::new();
    for (key, service) in &table.services {
        let name = match *key {
            // ipvsadm takes marks for signed numbers when it writes them.
            ServiceKey::Mark { family: Family::V4, mark } => format!("-f {}", mark.cast_signed()),
            ServiceKey::Mark { family: Family::V6, mark } => format!("-f {} -6", mark.cast_signed()),
            ServiceKey::Address { protocol, ip, port } => {
                let option = match protocol {
                    Protocol::Tcp => "-t",
                    Protocol::Udp => "-u",
                    Protocol::Sctp => "--sctp-service",
                };
                format!("{option} {}", SocketAddr::new(ip, port))
            }
        };
        lines.push(format!("-A {name} {}", settings_words(key, &service.settings)));
        for (to, how) in &service.destinations {
            let (ip, port) = (to.ip, to.port);
            lines.push(format!("-a {name} -r {} {}", SocketAddr::new(ip, port), destination_words(how)));
        }
    }
    lines.iter().map(|line| words(line)).collect()
}

fn settings_words(key: &ServiceKey, settings: &ServiceSettings) -> String {
    let mut line = format!("-s {}", settings.scheduler);
    if settings.flags.has(ServiceFlags::PERSISTENT) {
        line += &format!(" -p {}", settings.timeout);
        match (key.family(), settings.netmask) {
            (Family::V4, u32::MAX) | (Family::V6, 128) => {}
            (Family::V4, mask) => line += &format!(" -M {}", Ipv4Addr::from_bits(mask)),
            (Family::V6, prefix) => line += &format!(" -M {prefix}"),
        }
    }
    if settings.flags.has(ServiceFlags::ONE_PACKET) {
        line += " -o";
    }
    let names = match &*settings.scheduler {
        "sh" => ["sh-fallback", "sh-port", "flag-3"],
        "mh" => ["mh-fallback", "mh-port", "flag-3"],
        _ => ["flag-1", "flag-2", "flag-3"],
    };
    let flags = [ServiceFlags::SCHED1, ServiceFlags::SCHED2, ServiceFlags::SCHED3];
    let set: Vec<_> =
        flags.iter().zip(names).filter(|(flag, _)| settings.flags.has(**flag)).map(|(_, name)| name).collect();
    if !set.is_empty() {
        line += &format!(" -b {}", set.join(","));
    }
    if let Some(engine) = &settings.engine {
        line += &format!(" --pe {engine}");
    }
    line
}

fn destination_words(how: &Destination) -> String {
    let checksum = |checksum: TunnelChecksum| format!("--tun-{}", checksum.word());
    let method = match how.forwarding {
        Forward::Masquerade => "-m".to_owned(),
        Forward::Direct | Forward::Local => "-g".to_owned(),
        Forward::Tunnel(Tunnel::Ipip) => "-i --tun-type ipip".to_owned(),
        Forward::Tunnel(Tunnel::Gue(port, sum)) => format!("-i --tun-type gue --tun-port {port} {}", checksum(sum)),
        Forward::Tunnel(Tunnel::Gre(sum)) => format!("-i --tun-type gre {}", checksum(sum)),
    };
    format!("{method} -w {}", how.weight)
}

fn words(line: &str) -> Vec<String> {
    let mut words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    words.sort();
    words
}

fn ipvsadm() -> BTreeSet<Vec<String>> {
    sh("ipvsadm -S -n").lines().map(words).collect()
}

#[track_caller]
fn same(read: &Table, want: &Table) {
    if read.services != want.services {
        let other = |(key, service): &(&ServiceKey, &Service)| read.services.get(key) != Some(service);
        let missing: Vec<_> = want.services.iter().filter(other).collect();
        panic!("what is missing: {missing:#?} in {:#?}", read.services);
    }
}

#[test]
fn random_tables_become_one_another() {
    in_sandbox(|| {
        with_ipvs(|| {
            let mut random = Random(0x4242_4242);
            let mut director = Director::new();
            let mut second = Ipvs::open(None).expect("a socket");
            for round in 0..30 {
                let table = random.table();
                director.want(&table);
                director.settle();
                assert_eq!(director.events, [], "round {round}");
                same(&read(&mut second).expect("a table"), &table);
                let (expected, found) = (saved(&table), ipvsadm());
                let missing: Vec<_> = expected.difference(&found).collect();
                let extra: Vec<_> = found.difference(&expected).collect();
                assert!(
                    missing.is_empty() && extra.is_empty(),
                    "round {round}: missing {missing:#?}, extra {extra:#?}"
                );
            }
            assert_eq!(director.events, []);
            // Neither an audit nor a successor finds anything to do.
            let mut successor = Director::new();
            successor.want(&Table { services: director.reconciler.wanted().clone(), ..Table::default() });
            successor.settle();
            let commands = director.commands;
            director.audit();
            assert_eq!((director.commands - commands, successor.commands, director.events.len()), (0, 0, 0));

            director.reconciler.stop(Leave::Others);
            director.settle();
            assert!(director.reconciler.is_idle());
            assert_eq!(ipvsadm(), BTreeSet::new());
        });
    });
}

fn simple(destinations: u8) -> (ServiceKey, Service) {
    let key = ServiceKey::Address { protocol: Protocol::Tcp, ip: IpAddr::from([10, 0, 0, 1]), port: 80 };
    let settings = ServiceSettings {
        scheduler: "rr".to_owned(),
        flags: ServiceFlags(0),
        timeout: 0,
        netmask: u32::MAX,
        engine: None,
    };
    let to = |last| DestinationKey { ip: IpAddr::from([10, 1, 0, last]), port: 80 };
    let how = Destination { forwarding: Forward::Masquerade, weight: 1, upper_threshold: 0, lower_threshold: 0 };
    let destinations = (1..=destinations).map(|last| (to(last), how)).collect();
    (key, Service { settings, destinations })
}

#[test]
fn what_others_change_is_repaired_and_what_they_have_is_left() {
    in_sandbox(|| {
        with_ipvs(|| {
            let (key, service) = simple(4);
            let mut want = Table { services: BTreeMap::from([(key, service)]), ..Table::default() };
            sh("ipvsadm -A -f 99 -s wlc && ipvsadm -a -f 99 -r 10.9.0.1 -g");
            let mut director = Director::new();
            director.want(&want);
            director.settle();
            sh("ipvsadm -d -t 10.0.0.1:80 -r 10.1.0.1:80
                ipvsadm -e -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 5
                ipvsadm -a -t 10.0.0.1:80 -r 10.1.0.9:80 -m
                ipvsadm -E -t 10.0.0.1:80 -s wrr");
            director.audit();
            let [LvsEvent::Drift { missing: 1, changed: 2, extra: 1, .. }] = &director.events[..] else {
                panic!("{:?}", director.events)
            };
            let mut found = read(&mut director.ipvs).expect("a table");
            assert!(found.services.remove(&ServiceKey::Mark { family: Family::V4, mark: 99 }).is_some());
            same(&found, &want);

            // And at once where a command meets it.
            sh("ipvsadm -C");
            director.events.clear();
            let (to, how) =
                want.services.get_mut(&key).expect("the service").destinations.iter_mut().next().expect("one");
            how.weight = 9;
            director.reconciler.set_destination(key, *to, Some(*how));
            director.settle();
            director.audit();
            same(&read(&mut director.ipvs).expect("a table"), &want);
            assert!(matches!(&director.events[..], [LvsEvent::Drift { missing: 5, .. }]), "{:?}", director.events);
        });
    });
}

#[test]
fn what_the_kernel_refuses_is_told_once_and_hinders_nothing_else() {
    in_sandbox(|| {
        with_ipvs(|| {
            let (key, mut service) = simple(3);
            let (bad, how) = service.destinations.iter_mut().next().expect("a destination");
            (how.upper_threshold, how.lower_threshold) = (1, 2);
            let bad = *bad;
            let mark = ServiceKey::Mark { family: Family::V4, mark: 7 };
            let mut unknown = service.clone();
            unknown.settings.scheduler = "nonesuch".to_owned();
            let mut want = Table { services: BTreeMap::from([(key, service), (mark, unknown)]), ..Table::default() };
            let mut director = Director::new();
            director.want(&want);
            director.settle();
            (0..5).for_each(|_| director.audit());
            let told: BTreeSet<Errno> = director
                .events
                .iter()
                .map(|event| if let LvsEvent::IpvsFailed { errno, .. } = event { *errno } else { panic!("{event:?}") })
                .collect();
            assert_eq!((told, director.events.len()), (BTreeSet::from([Errno::ENOENT, Errno(libc::ERANGE)]), 2));

            want.services.get_mut(&mark).expect("the service").settings.scheduler = "wlc".to_owned();
            for service in want.services.values_mut() {
                *service.destinations.get_mut(&bad).expect("the destination") = simple(1).1.destinations[&bad];
            }
            director.want(&want);
            director.settle();
            director.audit();
            same(&read(&mut director.ipvs).expect("a table"), &want);
            assert_eq!(director.events.len(), 2, "{:?}", director.events);
        });
    });
}

#[test]
fn timeouts_and_daemons_come_and_go() {
    in_sandbox(|| {
        with_ipvs(|| {
            sh("ip link add d0 type dummy && ip addr add 10.9.0.1/24 dev d0 && ip link set d0 up multicast on");
            let mut director = Director::new();
            director.settle();
            let before = read(&mut director.ipvs).expect("a table").timeouts;
            director.reconciler.timeouts(Timeouts { tcp: 1234, tcp_fin: 0, udp: 77 });
            let daemon = |role, max_length| SyncDaemon {
                role,
                interface: "d0".to_owned(),
                id: 3,
                max_length,
                group: None,
                port: 0,
                ttl: 0,
            };
            director.reconciler.sync(SyncRole::Master, Some(daemon(SyncRole::Master, 600)));
            director.reconciler.sync(SyncRole::Backup, Some(daemon(SyncRole::Backup, 600)));
            director.settle();
            let now = read(&mut director.ipvs).expect("a table");
            assert_eq!(now.timeouts, Timeouts { tcp: 1234, tcp_fin: before.tcp_fin, udp: 77 });
            assert_eq!(now.daemons.len(), 2, "{:?}", now.daemons);
            let (commands, events) = (director.commands, director.events.len());
            director.audit();
            assert_eq!((director.commands, director.events.len()), (commands, events));

            sh("ipvsadm --stop-daemon=backup && ipvsadm --set 5 6 7");
            director.audit();
            let now = read(&mut director.ipvs).expect("a table");
            assert_eq!((now.timeouts, now.daemons.len()), (Timeouts { tcp: 1234, tcp_fin: 6, udp: 77 }, 2));

            director.reconciler.sync(SyncRole::Master, None);
            director.settle();
            assert_eq!(read(&mut director.ipvs).expect("a table").daemons.len(), 1);
            director.reconciler.stop(Leave::Others);
            director.settle();
            let now = read(&mut director.ipvs).expect("a table");
            assert_eq!((now.timeouts, now.daemons), (Timeouts { tcp_fin: 6, ..before }, BTreeMap::new()));
        });
    });
}

#[test]
fn another_namespace_has_a_table_of_its_own() {
    in_sandbox(|| {
        with_ipvs(|| {
            sh("ip netns add other");
            let mut ipvs = Ipvs::open(Some("other")).expect("a socket");
            let (key, service) = simple(0);
            ipvs.command(IpvsId(0), IpvsCommand::AddService(key, service.settings));
            while ipvs.work() {}
            assert_eq!(ipvs.answer(), Some(Answer::Done(IpvsId(0), Ok(()))));
            assert_eq!(sh("ip netns exec other ipvsadm -Sn").trim(), "-A -t 10.0.0.1:80 -s rr");
            assert_eq!(ipvsadm(), BTreeSet::new());
            let missing = Ipvs::open(Some("nowhere")).expect_err("no such namespace").to_string();
            assert!(missing.contains("nowhere"), "{missing}");
        });
    });
}

/// Not a test: how long a table takes. `--ignored --nocapture`
/// What makes a service with its destinations.
fn made(key: ServiceKey, service: &Service) -> impl Iterator<Item = IpvsCommand> {
    let to = service.destinations.iter().map(move |(to, how)| IpvsCommand::AddDestination(key, *to, *how));
    core::iter::once(IpvsCommand::AddService(key, service.settings.clone())).chain(to)
}

#[test]
#[ignore = "a measurement"]
fn measure() {
    in_sandbox(|| {
        with_ipvs(|| {
            for services in [1_000u16, 10_000] {
                let mut want = Table::default();
                for number in 0..services {
                    let (_, service) = simple(10);
                    let ip = IpAddr::from([10, 7, (number >> 8) as u8, number as u8]);
                    want.services.insert(ServiceKey::Address { protocol: Protocol::Tcp, ip, port: 80 }, service);
                }
                let commands: Vec<IpvsCommand> =
                    want.services.iter().flat_map(|(key, service)| made(*key, service)).collect();
                let mut one = Ipvs::open(None).expect("a socket");
                if services == 1_000 {
                    let begin = Instant::now();
                    for (number, command) in commands.iter().enumerate() {
                        one.command(IpvsId(number as u64), command.clone());
                        while one.work() {}
                        assert!(matches!(one.answer(), Some(Answer::Done(_, Ok(())))));
                    }
                    report("one by one", services, commands.len(), begin);
                    sh("ipvsadm -C");
                }
                let begin = Instant::now();
                for (number, command) in commands.iter().enumerate() {
                    one.command(IpvsId(number as u64), command.clone());
                }
                while one.work() {}
                let good =
                    std::iter::from_fn(|| one.answer()).filter(|answer| matches!(answer, Answer::Done(_, Ok(()))));
                assert_eq!(good.count(), commands.len());
                report("pipelined", services, commands.len(), begin);

                let begin = Instant::now();
                same(&read(&mut one).expect("a table"), &want);
                report("reading back", services, commands.len(), begin);
                sh("ipvsadm -C");

                let begin = Instant::now();
                let mut director = Director::new();
                director.want(&want);
                director.settle();
                report("reconciler, from nothing", services, director.commands, begin);
                let begin = Instant::now();
                let key = *want.services.keys().next().expect("a service");
                director.reconciler.set_destination(
                    key,
                    DestinationKey { ip: IpAddr::from([10, 1, 0, 1]), port: 80 },
                    None,
                );
                director.settle();
                report("one change", services, 1, begin);
                let begin = Instant::now();
                director.audit();
                report("audit", services, commands.len(), begin);
                assert_eq!(director.events, []);
                let begin = Instant::now();
                director.reconciler.stop(Leave::Others);
                director.settle();
                report("stop", services, services.into(), begin);
            }
        });
    });
}

fn report(what: &str, services: u16, things: usize, begin: Instant) {
    let took = begin.elapsed();
    println!("{services:6} x 10  {what:25} {took:10.3?}  {:8.2} us each", took.as_secs_f64() * 1e6 / things as f64);
}
