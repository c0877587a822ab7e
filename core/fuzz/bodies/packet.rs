//! Any bytes, as a packet to the parsers and to an engine that is backup or master.

use keepalived_core::config::{Source, parse};
use keepalived_core::kernel::{Address, KernelEvent, Link};
use keepalived_core::net::{Family, IfIndex, MacAddr};
use keepalived_core::vrrp::{Input, Output, Packet, State, Vrrp};
use keepalived_core::wire::{ipv4, vrrp::Advert};
use keepalived_core::{Engine, Time};
use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

const CONFIG: &str = "
vrrp_instance four {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type PASS
        auth_pass secret
    }
    virtual_ipaddress {
        10.0.0.100/24
    }
}
vrrp_instance three {
    interface eth0
    version 3
    virtual_router_id 52
    virtual_ipaddress {
        10.0.0.101/24
    }
}
vrrp_instance six {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        fe80::100/64
    }
}";

/// The first bytes choose family, destination, TTL and whether the engine is master already; the rest is the message.
pub(crate) fn run(data: &[u8]) {
    let _ = ipv4::parse(data);
    let Some((&[choice, ttl], message)) = data.split_first_chunk::<2>() else { return };
    for family in [Family::V4, Family::V6] {
        if let Ok(advert) = Advert::parse(message, family) {
            assert_eq!(advert.count(), advert.addresses().count());
        }
    }
    let (source, group): (IpAddr, IpAddr) = if choice & 1 == 0 {
        ([10, 0, 0, 2].into(), [224, 0, 0, 18].into())
    } else {
        ("fe80::2".parse().expect("an address"), "ff02::12".parse().expect("an address"))
    };
    let destination = if choice & 2 == 0 { group } else { source };
    let mut engine = engine();
    let mut now = Time::from_secs(1);
    if choice & 4 != 0 {
        while let Some(at) = engine.deadline().filter(|at| *at < Time::from_secs(10)) {
            now = at;
            engine.handle(now, Input::Timeout);
            answer(&mut engine, now);
        }
    }
    let before = engine.status();
    let packet = Packet {
        index: IfIndex(2),
        source,
        destination,
        ttl: (choice & 8 == 0).then_some(ttl),
        age: Duration::from_micros(u64::from(ttl) * 100),
        payload: Cow::Borrowed(message),
    };
    engine.handle(now, Input::Packet(packet));
    let outputs = answer(&mut engine, now);
    assert!(outputs < 64, "a packet makes {outputs} outputs");
    // A packet never makes a master: only silence does.
    for (before, after) in before.iter().zip(engine.status()) {
        assert!(after.state != State::Master || before.state == State::Master);
    }
}

fn engine() -> Vrrp {
    let mut engine = Vrrp::new(1);
    let link = Link {
        index: IfIndex(2),
        name: "eth0".to_owned(),
        up: true,
        running: true,
        mac: Some(MacAddr([2, 0, 0, 0, 0, 1])),
        arp_type: 1,
        no_arp: false,
        mtu: 1500,
    };
    let address = |ip: &str, prefix| Address {
        index: IfIndex(2),
        ip: ip.parse().expect("an address"),
        prefix,
        scope: 0,
        proto: None,
        tentative: false,
        dad_failed: false,
        secondary: false,
    };
    let addresses = vec![address("10.0.0.1", 24), address("fe80::1", 64)];
    engine.handle(Time::ZERO, Input::Kernel(KernelEvent::Snapshot { links: vec![link], addresses }));
    let parsed = parse(&Source::single("fuzz.conf", CONFIG));
    assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
    engine.handle(Time::ZERO, Input::Configure(Box::new(parsed.config)));
    answer(&mut engine, Time::ZERO);
    engine
}

/// Grants the engine what it asks for; returns how much that was.
fn answer(engine: &mut Vrrp, now: Time) -> usize {
    let mut count = 0;
    while let Some(output) = engine.poll() {
        count += 1;
        if let Output::Kernel(command) = output {
            engine.handle(now, Input::KernelDone { id: command.id, result: Ok(()) });
        }
    }
    count
}
