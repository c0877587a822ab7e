//! Sending and receiving adverts allocates nothing once the queues have grown, and neither does a turn in which nothing is to be told, nor a TCP check.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Lab, in_namespace, veth_pair};
use keepalived::checkers::Balancer;
use keepalived::conn::Conns;
use keepalived::daemon::detach::Starting;
use keepalived::daemon::notify::Notifier;
use keepalived::daemon::watcher::Watcher;
use keepalived::log::{Level, Log};
use keepalived::run::{Observer, World};
use keepalived_core::check::{ConnId, ConnNews, Dial, Transport};
use keepalived_core::config::{Source, parse};
use keepalived_core::net::Family;
use keepalived_core::vrrp::{Input, Output, SocketKey, Transmit, Vrrp};
use keepalived_core::{Engine, Time};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[allow(unsafe_code)]
// SAFETY: everything is passed on to the system's allocator; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is the one that is needed.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn adverts_do_not_allocate() {
    in_namespace("adverts_do_not_allocate", || {
        let (v0, v1) = veth_pair();
        let mut lab = Lab::new();
        let mut sources = Vec::new();
        for (family, source, group) in [(Family::V4, "192.0.2.77", "224.0.0.18"), (Family::V6, "fe80::77", "ff02::12")]
        {
            for index in [v0, v1] {
                let groups = [group.parse().unwrap()].into();
                lab.perform([Output::OpenSocket { key: SocketKey { index, family }, groups }]);
            }
            sources.push(Transmit {
                socket: SocketKey { index: v0, family },
                source: source.parse().unwrap(),
                destination: group.parse().unwrap(),
                ttl: 255,
                payload: Arc::from([1; 20]),
            });
        }
        lab.during(Duration::from_millis(100), |_| None::<()>);
        let mut received = 0;
        let mut round = |lab: &mut Lab| {
            let now = lab.world.now();
            for advert in &sources {
                for _ in 0..50 {
                    lab.world.perform(now, Output::Send(advert.clone()));
                }
            }
            lab.world.flush(now);
            lab.turn(now + Duration::from_millis(20), |input| received += u32::from(matches!(input, Input::Packet(_))));
        };
        round(&mut lab);
        let before = ALLOCATIONS.get();
        for _ in 0..10 {
            round(&mut lab);
        }
        assert_eq!(ALLOCATIONS.get() - before, 0);
        assert!(received > 500, "{received} received");
    });
}

#[test]
fn a_turn_without_events_costs_nothing_for_all_the_instances() {
    let instance = |id: u32| {
        format!(
            "vrrp_instance VI_{id} {{\n interface eth0\n virtual_router_id {id}\n virtual_ipaddress {{\n 10.0.0.{id}\n }}\n}}\n"
        )
    };
    let config = parse(&Source::single("test", (1..=255).map(instance).collect::<String>())).config;
    let mut engine = Vrrp::new(1);
    let log = Log::start(Vec::new(), Level::Info).unwrap();
    let balancer = Rc::new(RefCell::new(Balancer::new(None)));
    let mut watcher = Watcher::new(log, Rc::new(Notifier::from_env()), balancer, None, Starting::foreground());
    let now = Time::from_secs(1);
    let input = Input::Configure(Box::new(config));
    watcher.input(now, &input);
    engine.handle(now, input);
    while let Some(output) = engine.poll() {
        watcher.output(now, &output);
    }
    watcher.turn_over(now, &engine);
    let before = ALLOCATIONS.get();
    watcher.turn_over(now, &engine);
    assert_eq!(ALLOCATIONS.get() - before, 0);
    assert_eq!(engine.states().count(), 255);
}

#[test]
fn tcp_checks_do_not_allocate() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _inside = runtime.enter();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dial = |port| Dial {
        transport: Transport::Knock,
        ip: "127.0.0.1".parse().unwrap(),
        port,
        source: None,
        source_port: 0,
        device: None,
        mark: 0,
    };
    let (up, down) = (dial(port), dial(nobody));
    let mut conns = Conns::new(100).unwrap();
    let mut id = 0;
    let mut round = || {
        for _ in 0..50 {
            id += 2;
            conns.open(ConnId(id), &up);
            assert!(matches!(conns.take(), Some((_, ConnNews::Connected))));
            conns.open(ConnId(id + 1), &down);
            assert!(matches!(conns.take(), Some((_, ConnNews::Failed(_)))));
            conns.close(ConnId(id));
            conns.close(ConnId(id + 1));
        }
        conns.settle();
    };
    round();
    let before = ALLOCATIONS.get();
    for _ in 0..20 {
        round();
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
}
