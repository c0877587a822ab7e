//! Growth with the number of instances: ratios, never absolute times.

#![allow(clippy::expect_used, clippy::cast_precision_loss)] // A test says what it expects, and this one measures.

mod common;
#[path = "common/processor.rs"]
mod processor;

use common::*;
use keepalived_core::config::model::Config;
use keepalived_core::config::{Source, parse, render};
use keepalived_core::event::Event;
use keepalived_core::kernel::KernelEvent;
use keepalived_core::net::Vrid;
use keepalived_core::vrrp::Input;
use processor::processor_time;
use std::time::Duration;

fn many(n: usize) -> Config {
    config((0..n).map(|i| {
        instance(&format!("VI_{i}")).with(|vi| {
            vi.vrid = Vrid::new((i % 255 + 1) as u8).expect("not zero");
            vi.addresses = vec![vip(&format!("10.{}.{}.100", 2 + i / 250, i % 250))];
        })
    }))
}

/// A node whose kernel answers without recursion (the harness answers by recursion, one frame a command).
fn node(config: Config) -> Node {
    let mut node = Node::bare();
    node.slow = true;
    node.snapshot();
    node.configure(config);
    node
}

fn answer(node: &mut Node) {
    while let Some((id, _)) = node.unanswered.pop_front() {
        node.input(Input::KernelDone { id, result: Ok(()) });
    }
}

fn masters(config: Config) -> Node {
    let mut node = node(config);
    node.pass(Duration::from_secs(4));
    answer(&mut node);
    node
}

fn timed(f: impl FnOnce()) -> f64 {
    processor_time(f).as_secs_f64()
}

/// How many times as much `large` costs as `small`: the least of a few tries, for the machine is shared.
fn ratio(cost: impl Fn(usize) -> f64, small: usize, large: usize) -> f64 {
    let best = |n| (0..5).map(|_| cost(n)).fold(f64::INFINITY, f64::min);
    best(large) / best(small)
}

/// Was: in a sync group of n members on one link, losing it tells n * n reasons (and costs n * n * n: sets are cloned for each pair).
#[test]
fn a_cable_pull_tells_each_member_of_a_group_a_few_times() {
    let n = 60;
    let mut node = node(grouped(many(n).instances));
    node.events.clear();
    let mut down = link(2, "eth0");
    down.running = false;
    node.input(Input::Kernel(KernelEvent::Link(down)));
    let faults = node.events.iter().filter(|e| matches!(e, Event::Fault { .. })).count();
    assert!(faults <= 4 * n, "{faults} faults told for {n} members");
}

/// Was: the same in time: twice the members cost about eight times as much.
#[test]
fn a_cable_pull_costs_in_proportion_to_the_group() {
    let cost = |n| {
        let mut node = node(grouped(many(n).instances));
        let mut down = link(2, "eth0");
        down.running = false;
        timed(|| node.input(Input::Kernel(KernelEvent::Link(down))))
    };
    let ratio = ratio(cost, 50, 200);
    assert!(ratio < 4.0 * 6.0, "four times as many cost {ratio:.1} times as much");
}

/// Was: members of a group become MASTER by recursion, one frame a member (`signal` -> `group_follows` -> `signal` ...), each of them
/// signalling all others and each step counting the group: n * n * n (600 members: 5 s of a core, in a debug build).
#[test]
fn a_group_becomes_master_at_a_cost_in_proportion() {
    let cost = |n| timed(|| drop(masters(grouped(many(n).instances))));
    let ratio = ratio(cost, 50, 200);
    assert!(ratio < 4.0 * 6.0, "four times as many cost {ratio:.1} times as much");
}

/// Was: every change of an address that no instance names makes all instances of the interface be looked at in full, though the
/// possible sources are the same. The kernel's own echoes of removed addresses are such changes: a reload that removes
/// half of n instances costs n * n, in the thread that sends adverts.
#[test]
fn the_echoes_of_removed_addresses_cost_little() {
    let cost = |n: usize| {
        let mut node = masters(many(n));
        let mut half = many(n);
        let gone = half.instances.split_off(n / 2);
        node.configure(half);
        answer(&mut node);
        timed(|| {
            for address in gone.iter().flat_map(|i| &i.addresses) {
                let (ip, prefix) = (address.ip, address.prefix);
                node.input(Input::Kernel(KernelEvent::AddressGone { index: ETH0, ip, prefix }));
            }
        })
    };
    let ratio = ratio(cost, 125, 2000);
    assert!(ratio < 16.0 * 5.0, "sixteen times as many cost {ratio:.1} times as much");
}

/// Was: each interface that appears makes all listeners and sockets be computed anew: a boot with n VLANs costs n * n.
#[test]
fn interfaces_that_appear_one_by_one_cost_in_proportion() {
    let cost = |n: usize| {
        let mut config = many(n);
        for (i, instance) in config.instances.iter_mut().enumerate() {
            instance.interface = format!("vlan{i}");
        }
        let mut node = node(config);
        timed(|| {
            for i in 0..n {
                node.input(Input::Kernel(KernelEvent::Link(link(100 + i as u32, &format!("vlan{i}")))));
            }
        })
    };
    let ratio = ratio(cost, 125, 2000);
    assert!(ratio < 16.0 * 5.0, "sixteen times as many cost {ratio:.1} times as much");
}

/// Was: each block of things that are tracked looked at all that were tracked before it.
#[test]
fn many_blocks_of_tracked_things_cost_in_proportion() {
    let cost = |keyword: &str, n: usize| {
        let (mut objects, mut blocks) = (String::new(), String::new());
        for i in 0..n {
            match keyword {
                "track_file" => objects.push_str(&format!("track_file t{i} {{\n file /run/t{i}\n}}\n")),
                "track_script" => objects.push_str(&format!("vrrp_script t{i} {{\n script /bin/true\n}}\n")),
                _ => {}
            }
            blocks.push_str(&format!(" {keyword} {{\n t{i}\n }}\n"));
        }
        let text = format!(
            "{objects}vrrp_instance A {{\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {{\n 10.0.0.1/24\n }}\n{blocks}}}\n\
             vrrp_sync_group G {{\n group {{\n A\n }}\n{blocks}}}\n"
        );
        let source = Source::single("k.conf", text);
        timed(|| assert_eq!(parse(&source).config.instances.len(), 1))
    };
    for keyword in ["track_interface", "track_file", "track_script"] {
        let ratio = ratio(|n| cost(keyword, n), 250, 4000);
        assert!(ratio < 16.0 * 2.5, "{keyword}: sixteen times as many cost {ratio:.1} times as much");
    }
}

/// Was: a mistake that points back to an earlier place was shown with all lines between the two looked at, for each mistake.
#[test]
fn mistakes_that_point_far_back_cost_in_proportion() {
    let cost = |n| {
        let text =
            "vrrp_instance SAME {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1/24\n }\n}\n"
                .repeat(n);
        let source = Source::single("k.conf", text);
        let parsed = parse(&source);
        assert_eq!(parsed.diagnostics.len(), n - 1);
        timed(|| drop(render(&parsed.diagnostics, &source, false)))
    };
    let ratio = ratio(cost, 200, 800);
    assert!(ratio < 4.0 * 2.5, "four times as many cost {ratio:.1} times as much");
}
