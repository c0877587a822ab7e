//! Commands and the monitor against a real kernel, in a namespace of their own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Lab, in_namespace, index_of, ip, veth_pair};
use keepalived::world::LinuxWorld;
use keepalived_core::kernel::{
    Address, AddressFlags, AddressSpec, CommandId, Errno, KernelCommand, KernelEvent, KernelOp, Link, PROTO_KEEPALIVED,
};
use keepalived_core::net::IfIndex;
use keepalived_core::vrrp::{Input, Output};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

fn spec(index: IfIndex, ip: &str, prefix: u8) -> AddressSpec {
    AddressSpec {
        index,
        ip: ip.parse().unwrap(),
        prefix,
        scope: 0,
        broadcast: None,
        label: None,
        peer: None,
        flags: AddressFlags::default(),
    }
}

fn add(id: u64, spec: AddressSpec) -> Output {
    Output::Kernel(KernelCommand { id: CommandId(id), op: KernelOp::AddAddress(spec) })
}

fn delete(id: u64, index: IfIndex, ip: &str, prefix: u8) -> Output {
    let op = KernelOp::DeleteAddress { index, ip: ip.parse().unwrap(), prefix };
    Output::Kernel(KernelCommand { id: CommandId(id), op })
}

impl Lab {
    /// Runs commands and returns their results in the order of their ids, which count from 1.
    #[track_caller]
    fn results(&mut self, commands: Vec<Output>) -> Vec<Result<(), Errno>> {
        let mut results = vec![None; commands.len()];
        self.perform(commands);
        self.until("the results", |input| {
            if let Input::KernelDone { id, result } = input {
                let slot = &mut results[usize::try_from(id.0).unwrap() - 1];
                assert!(slot.replace(*result).is_none(), "one result for a command");
            }
            results.iter().all(Option::is_some).then_some(())
        });
        results.into_iter().flatten().collect()
    }

    #[track_caller]
    fn snapshot(&mut self) -> (Vec<Link>, Vec<Address>) {
        self.until("a snapshot", |input| match input {
            Input::Kernel(KernelEvent::Snapshot { links, addresses }) => Some((links.clone(), addresses.clone())),
            _ => None,
        })
    }

    #[track_caller]
    fn event(&mut self, what: &str, mut is_it: impl FnMut(&KernelEvent) -> bool) {
        self.until(what, |input| matches!(input, Input::Kernel(event) if is_it(event)).then_some(()));
    }
}

#[test]
fn an_address_has_what_was_asked_for_and_no_more() {
    in_namespace("an_address_has_what_was_asked_for_and_no_more", || {
        let (v0, _) = veth_pair();
        let mut lab = Lab::new();
        let full = AddressSpec {
            broadcast: Some(Ipv4Addr::new(192, 0, 2, 255)),
            label: Some("v0:vip".into()),
            scope: 253,
            ..spec(v0, "192.0.2.10", 24)
        };
        let modern = AddressSpec {
            flags: AddressFlags { nodad: true, noprefixroute: true, deprecated: true, ..AddressFlags::default() },
            ..spec(v0, "2001:db8::10", 64)
        };
        let passing = AddressSpec {
            flags: AddressFlags { nodad: true, preferred: NonZeroU32::new(9000), ..AddressFlags::default() },
            ..spec(v0, "2001:db8::11", 64)
        };
        let group = AddressSpec {
            flags: AddressFlags { autojoin: true, ..AddressFlags::default() },
            ..spec(v0, "233.252.0.1", 32)
        };
        let peer = AddressSpec { peer: Some("10.1.0.2".parse().unwrap()), ..spec(v0, "10.1.0.1", 32) };
        lab.snapshot();
        let plain = spec(v0, "198.51.100.10", 24);
        let commands = vec![add(1, full), add(2, plain), add(3, modern), add(4, peer), add(5, passing), add(6, group)];
        assert_eq!(lab.results(commands), [Ok(()); 6]);

        let shown = ip("-o -d addr show dev v0");
        let line = |ip: &str| shown.lines().find(|line| line.contains(ip)).unwrap().to_owned();
        let full = line("192.0.2.10/24");
        assert!(full.contains("brd 192.0.2.255") && full.contains("scope link") && full.contains("v0:vip"), "{full}");
        let plain = line("198.51.100.10/24");
        assert!(!plain.contains("brd") && plain.contains("scope global"), "{plain}");
        let modern = line("2001:db8::10/64");
        for word in ["nodad", "noprefixroute", "deprecated", "preferred_lft 0sec", "valid_lft forever"] {
            assert!(modern.contains(word), "{word}: {modern}");
        }
        assert!(!modern.contains("tentative"), "{modern}");
        let passing = line("2001:db8::11/64");
        assert!(passing.contains("preferred_lft 9000sec") || passing.contains("preferred_lft 8999sec"), "{passing}");
        assert!(line("233.252.0.1/32").contains("autojoin"));
        assert!(line("10.1.0.1").contains("peer 10.1.0.2/32"));
        for found in Lab::new().snapshot().1.iter().filter(|found| found.index == v0) {
            assert_eq!(found.proto, Some(PROTO_KEEPALIVED), "{found:?}");
        }
    });
}

#[test]
fn refusals_come_back_with_their_reason() {
    in_namespace("refusals_come_back_with_their_reason", || {
        let (v0, _) = veth_pair();
        let mut lab = Lab::new();
        let commands = vec![
            add(1, spec(v0, "192.0.2.10", 24)),
            add(2, spec(v0, "192.0.2.10", 24)),
            delete(3, v0, "192.0.2.11", 24),
            // Another prefix length is another address.
            delete(4, v0, "192.0.2.10", 32),
            add(5, spec(IfIndex(4711), "192.0.2.12", 24)),
            add(6, spec(v0, "2001:db8::10", 64)),
            add(7, spec(v0, "2001:db8::10", 64)),
            delete(8, v0, "2001:db8::11", 64),
            delete(9, v0, "2001:db8::10", 64),
            delete(10, v0, "192.0.2.10", 24),
        ];
        let results = lab.results(commands);
        assert_eq!(
            results,
            [
                Ok(()),
                Err(Errno::EEXIST),
                Err(Errno::EADDRNOTAVAIL),
                Err(Errno::EADDRNOTAVAIL),
                Err(Errno::ENODEV),
                Ok(()),
                Err(Errno::EEXIST),
                Err(Errno::EADDRNOTAVAIL),
                Ok(()),
                Ok(()),
            ]
        );
    });
}

#[test]
fn a_point_to_point_address_can_be_deleted() {
    in_namespace("a_point_to_point_address_can_be_deleted", || {
        let (v0, _) = veth_pair();
        ip("addr add 10.1.0.1 peer 10.2.0.2/32 dev v0");
        let mut lab = Lab::new();
        let (_, addresses) = lab.snapshot();
        assert!(addresses.iter().any(|a| a.ip == IpAddr::from([10, 1, 0, 1]) && a.prefix == 32), "{addresses:?}");
        assert_eq!(lab.results(vec![delete(1, v0, "10.1.0.1", 32)]), [Ok(())]);
        assert_eq!(ip("-o -4 addr show dev v0"), "");
    });
}

#[test]
fn many_commands_are_all_answered() {
    in_namespace("many_commands_are_all_answered", || {
        let (v0, _) = veth_pair();
        let mut lab = Lab::new();
        let address = |i: u64| format!("10.9.{}.{}", i / 200, i % 200 + 1);
        let commands = (1..=1000).map(|i| add(i, spec(v0, &address(i), 32))).collect();
        assert!(lab.results(commands).iter().all(Result::is_ok));
        assert_eq!(ip("-o -4 addr show dev v0").lines().count(), 1000);
    });
}

#[test]
fn the_monitor_follows_links() {
    in_namespace("the_monitor_follows_links", || {
        let (v0, v1) = veth_pair();
        let mut lab = Lab::new();
        let (links, _) = lab.snapshot();
        let link = links.iter().find(|link| link.index == v0).unwrap();
        assert!(link.is_usable() && link.name == "v0" && link.arp_type == 1 && !link.no_arp && link.mtu == 1500);
        let shown = ip("-o link show dev v0");
        assert!(shown.contains(&link.mac.unwrap().to_string()), "{shown}");
        let state = |index, up, running| {
            move |event: &KernelEvent| match event {
                KernelEvent::Link(link) => link.index == index && link.up == up && link.running == running,
                _ => false,
            }
        };

        ip("link set v1 down");
        lab.event("v0 without carrier", state(v0, true, false));
        ip("link set v1 up");
        lab.event("v0 with carrier", state(v0, true, true));
        ip("link set v0 down");
        lab.event("v0 switched off", state(v0, false, false));
        ip("link set v0 name cable");
        lab.event(
            "the new name",
            |event| matches!(event, KernelEvent::Link(link) if link.index == v0 && link.name == "cable"),
        );

        ip("link add br0 type bridge");
        ip("link set v1 master br0");
        ip("link set v1 nomaster");
        ip("link set v1 mtu 1400");
        let mut gone = false;
        lab.event("the new MTU", |event| {
            gone |= matches!(event, KernelEvent::LinkGone(_));
            matches!(event, KernelEvent::Link(link) if link.index == v1 && link.mtu == 1400)
        });
        assert!(!gone, "a port that leaves a bridge is not gone");

        ip("link del cable");
        lab.event("v0 gone", |event| *event == KernelEvent::LinkGone(v0));
        ip("link add v0 type veth peer name v1");
        let recreated = index_of("v0");
        lab.event("v0 again", |event| matches!(event, KernelEvent::Link(link) if link.index == recreated));
    });
}

#[test]
fn the_monitor_follows_addresses() {
    in_namespace("the_monitor_follows_addresses", || {
        let (v0, _) = veth_pair();
        let mut lab = Lab::new();
        lab.snapshot();
        ip("addr add 192.0.2.1/24 dev v0");
        ip("addr add 192.0.2.2/24 dev v0");
        lab.event("the second", |event| match event {
            KernelEvent::Address(a) => a.index == v0 && a.ip == IpAddr::from([192, 0, 2, 2]) && a.secondary,
            _ => false,
        });
        ip("addr add 2001:db8::1/64 dev v0 nodad");
        let six: IpAddr = "2001:db8::1".parse().unwrap();
        lab.event(
            "IPv6",
            |event| matches!(event, KernelEvent::Address(a) if a.ip == six && !a.tentative && a.proto.is_none()),
        );
        ip("addr del 2001:db8::1/64 dev v0");
        lab.event("IPv6 gone", |event| *event == KernelEvent::AddressGone { index: v0, ip: six, prefix: 64 });
        // The secondary goes with its primary; each is told.
        ip("addr del 192.0.2.1/24 dev v0");
        let mut gone = BTreeSet::new();
        lab.event("both gone", |event| {
            if let KernelEvent::AddressGone { ip, .. } = event {
                gone.insert(*ip);
            }
            gone == BTreeSet::from([IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])])
        });
    });
}

#[test]
fn after_an_overrun_everything_is_read_afresh() {
    in_namespace("after_an_overrun_everything_is_read_afresh", || {
        let (v0, _) = veth_pair();
        let mut lab = Lab::with(|side| LinuxWorld::with_monitor_buffer(side, 4096));
        lab.snapshot();
        // Far more news than fit, while nobody reads.
        let batch = std::env::temp_dir().join(format!("keepalived-overrun-{}", std::process::id()));
        let lines: Vec<String> =
            (0..1000).map(|i| format!("addr add 10.8.{}.{}/32 dev v0", i / 200, i % 200 + 1)).collect();
        std::fs::write(&batch, lines.join("\n")).unwrap();
        ip(&format!("-batch {}", batch.display()));
        std::fs::remove_file(&batch).unwrap();
        let (links, addresses) = lab.snapshot();
        assert!(links.iter().any(|link| link.index == v0));
        assert_eq!(addresses.iter().filter(|a| a.index == v0).count(), 1000);
        // And it follows again.
        ip("addr add 192.0.2.1/32 dev v0");
        lab.event(
            "a change after it",
            |event| matches!(event, KernelEvent::Address(a) if a.ip == IpAddr::from([192, 0, 2, 1])),
        );
    });
}

/// Overruns that come while another one is being made good: in the end the picture is the kernel's.
#[test]
fn a_storm_of_overruns_ends_in_the_truth() {
    in_namespace("a_storm_of_overruns_ends_in_the_truth", || {
        veth_pair();
        let mut lab = Lab::with(|side| LinuxWorld::with_monitor_buffer(side, 4096));
        let batch = std::env::temp_dir().join(format!("keepalived-storm-{}", std::process::id()));
        let change = |i: u32| match i % 3 {
            0 | 1 => format!("addr add 10.6.{}.{}/32 dev v0", i / 200, i % 200 + 1),
            _ => format!("addr del 10.6.{}.{}/32 dev v0", (i - 1) / 200, (i - 1) % 200 + 1),
        };
        std::fs::write(&batch, (0..6000).map(change).collect::<Vec<_>>().join("\n")).unwrap();
        let mut storm = std::process::Command::new("ip").arg("-batch").arg(&batch).spawn().unwrap();
        let (mut known, mut snapshots) = (BTreeSet::new(), 0);
        let mut look = |input: &Input<'_>| {
            snapshots += u32::from(matches!(input, Input::Kernel(KernelEvent::Snapshot { .. })));
            note(&mut known, input);
            None::<()>
        };
        while storm.try_wait().unwrap().is_none() {
            // Too slow to keep up, also where `ip` hardly gets a processor.
            std::thread::sleep(Duration::from_millis(20));
            lab.during(Duration::from_millis(1), &mut look);
        }
        lab.during(Duration::from_millis(500), &mut look);
        std::fs::remove_file(&batch).unwrap();
        let shown = ip("-o -4 addr show dev v0");
        let want: BTreeSet<IpAddr> = shown
            .lines()
            .map(|line| line.split_whitespace().nth(3).unwrap().split('/').next().unwrap().parse().unwrap())
            .collect();
        known.retain(|ip| matches!(ip, IpAddr::V4(ip) if ip.octets()[0] == 10));
        assert_eq!(want.len(), 2000);
        assert!(known == want, "{} known, {} there", known.len(), want.len());
        assert!(snapshots > 1, "the storm must overrun the buffer");
    });
}

/// Whatever happens around the dump, its result and the events after it add up to the truth.
#[test]
fn nothing_is_lost_between_dump_and_events() {
    in_namespace("nothing_is_lost_between_dump_and_events", || {
        veth_pair();
        let mut lab = Lab::new();
        let mut known = BTreeSet::new();
        // The dump is asked for in the first turn, and answered in later ones.
        for i in 1..=100u8 {
            ip(&format!("addr add 10.7.0.{i}/32 dev v0"));
            if i % 3 == 0 {
                ip(&format!("addr del 10.7.0.{}/32 dev v0", i - 1));
            }
            let now = keepalived::clock::now();
            lab.turn(now + Duration::from_millis(1), |input| note(&mut known, input));
        }
        lab.during(Duration::from_millis(300), |input| {
            note(&mut known, input);
            None::<()>
        });
        let want: BTreeSet<IpAddr> =
            (1..=100u8).filter(|i| i % 3 != 2 || *i == 100).map(|i| IpAddr::from([10, 7, 0, i])).collect();
        known.retain(|ip| matches!(ip, IpAddr::V4(ip) if ip.octets()[0] == 10));
        assert_eq!(known, want);
    });
}

fn note(known: &mut BTreeSet<IpAddr>, input: &Input<'_>) {
    match input {
        Input::Kernel(KernelEvent::Snapshot { addresses, .. }) => *known = addresses.iter().map(|a| a.ip).collect(),
        Input::Kernel(KernelEvent::Address(a)) => {
            known.insert(a.ip);
        }
        Input::Kernel(KernelEvent::AddressGone { ip, .. }) => {
            known.remove(ip);
        }
        _ => {}
    }
}
