//! Between an engine and the world: inputs go in, outputs are carried out.

use super::World;
use crate::invariants::{Seen, interest};
use crate::node::{Body, Facts, Pause, Power, SOCKET_BUFFER, Socket};
use crate::queue::Happening;
use crate::report::announced_address;
use crate::subject::Subject;
use core::time::Duration;
use keepalived_core::Time;
use keepalived_core::config::model::Config;
use keepalived_core::event::{AddressNews, Event, Why};
use keepalived_core::kernel::Errno;
use keepalived_core::net::Family;
use keepalived_core::vrrp::{Input, Output, Packet, ScriptRun, ScriptStatus, State, Transmit};
use std::borrow::Cow;
use std::sync::Arc;

impl<E: Subject> World<E> {
    /// Hands an input to a node's engine; a paused process finds it later.
    pub(super) fn hand(&mut self, node: usize, input: Input<'static>) {
        let body = &mut self.bodies[node];
        if body.power == Power::Off {
            return;
        }
        if body.pause.is_some() {
            if matches!(input, Input::Timeout) {
                self.alarms[node] = Time::MAX;
            } else {
                body.mailbox.push_back(input);
            }
            return;
        }
        if let Input::Configure(config) = &input {
            self.reconfigure(node, config);
            self.step(node, input);
            self.bodies[node].instances.retain(|facts| facts.config != usize::MAX);
        } else {
            self.step(node, input);
        }
    }

    /// Brings the facts in line with a configuration that the engine is about to get. Instances that are gone stay until
    /// the engine has taken leave of them.
    fn reconfigure(&mut self, node: usize, config: &Config) {
        let body = &mut self.bodies[node];
        let mut old = core::mem::take(&mut body.instances);
        for (at, made) in config.instances.iter().enumerate() {
            let Some(router) = self.scenario.routers.iter().position(|r| *r.name == *made.name) else { continue };
            let slot = body.kernel.links.iter().position(|l| l.plain_name == made.interface).unwrap_or(0);
            let before = old.iter().position(|facts| facts.name == made.name).map(|at| old.remove(at));
            let facts = Facts {
                name: made.name.clone(),
                config: at,
                router,
                slot,
                vrid: made.vrid,
                family: made.family,
                state: before.as_ref().map_or(State::Init, |facts| facts.state),
                since: before.as_ref().map_or(self.now, |facts| facts.since),
                faults: before.map(|facts| facts.faults).unwrap_or_default(),
            };
            body.instances.push(facts);
        }
        body.instances.extend(old.into_iter().map(|facts| Facts { config: usize::MAX, ..facts }));
        body.config = Some(Arc::new(config.clone()));
    }

    /// Calls a node's engine and carries out all that it says.
    pub(super) fn step(&mut self, node: usize, input: Input<'_>) {
        if self.violation.is_some() {
            return;
        }
        let local = self.bodies[node].clock.local(self.now);
        if self.bodies[node].stepped == self.now {
            self.bodies[node].steps_now += 1;
        } else {
            self.bodies[node].stepped = self.now;
            self.bodies[node].steps_now = 1;
        }
        if self.engines[node].is_none() {
            return;
        }
        if let Input::KernelDone { id, result } = &input
            && self.invariants.wants(interest::DONE)
        {
            let (id, result) = (*id, *result);
            self.see(&Seen::Done { node, id, result });
        }
        if let Some(tapes) = &mut self.tapes
            && let Some(tape) = tapes.iter_mut().rev().find(|tape| tape.node == node)
        {
            tape.input(local, &input);
        }
        if let Some(recorder) = &mut self.recorder
            && let Input::Kernel(_) | Input::KernelDone { result: Err(_), .. } | Input::Socket { .. } = &input
        {
            recorder.line(self.now, format!("node {node} is told {input:?}"));
        }
        self.steps += 1;
        let Some(engine) = &mut self.engines[node] else { return };
        engine.handle(local, input);
        let (mut outputs, mut stopped) = (0, false);
        while let Some(output) = self.engines[node].as_mut().and_then(E::poll) {
            outputs += 1;
            if let Some(tapes) = &mut self.tapes
                && let Some(tape) = tapes.iter_mut().rev().find(|tape| tape.node == node)
            {
                tape.output(&output);
            }
            stopped |= output == Output::Stopped;
            self.carry_out(node, output);
        }
        if self.invariants.wants(interest::STEPPED) {
            self.see(&Seen::Stepped { node, outputs });
        }
        if stopped {
            self.see(&Seen::Stopped { node });
            self.end_life(node);
            return;
        }
        self.arm(node);
    }

    /// Sets a node's alarm to its engine's deadline.
    pub(super) fn arm(&mut self, node: usize) {
        let body = &self.bodies[node];
        let deadline = self.engines[node].as_ref().and_then(E::deadline);
        self.alarms[node] = match deadline {
            Some(deadline) if body.pause.is_none() => {
                let mut at = body.clock.when(deadline).max(self.now);
                if !body.lateness.is_zero() {
                    let late = self.chance.duration(Duration::ZERO, body.lateness);
                    // Not drawn anew at each call: an alarm that is pending stays.
                    let pending = self.alarms[node];
                    at = if pending >= at && pending.since(at) <= body.lateness { pending } else { at + late };
                }
                at
            }
            _ => Time::MAX,
        };
    }

    /// The daemon is no more.
    pub(super) fn end_life(&mut self, node: usize) {
        self.engines[node] = None;
        self.alarms[node] = Time::MAX;
        let body = &mut self.bodies[node];
        body.power = Power::Off;
        if body.pause.take() == Some(Pause::Machine) {
            body.clock.thaw(self.now);
        }
        body.sockets.clear();
        body.mailbox.clear();
        body.scripts.clear();
        body.instances.clear();
        body.kernel.begin_life(body.life);
        self.wake_kernel(node);
    }

    fn mix(&mut self, word: u64) {
        self.hash = (self.hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    }

    fn mix_bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn carry_out(&mut self, node: usize, output: Output) {
        self.mix(self.now.as_nanos() ^ (node as u64) << 56);
        match output {
            Output::Send(transmit) => self.transmit(node, transmit),
            Output::Announce { index, frame } => {
                self.mix_bytes(&frame);
                let Some(slot) = self.bodies[node].kernel.slot(index) else {
                    return self.tell(node, Input::SendFailed { index, errno: Errno::ENODEV });
                };
                let ip = announced_address(&frame);
                if self.invariants.wants(interest::ANNOUNCED) {
                    self.see(&Seen::Announced { node, slot, ip });
                }
                if let Err(errno) = self.bodies[node].kernel.send(index) {
                    return self.tell(node, Input::SendFailed { index, errno });
                }
                if let Some(recorder) = &mut self.recorder {
                    recorder.frame(self.now, self.bodies[node].kernel.links[slot].segment, frame.to_vec());
                    recorder.line(self.now, format!("node {node} announces {ip:?}"));
                }
            }
            other => {
                if let Ok(bytes) = postcard::to_stdvec(&other) {
                    self.mix_bytes(&bytes);
                }
                self.carry_out_seldom(node, other);
            }
        }
    }

    fn carry_out_seldom(&mut self, node: usize, output: Output) {
        match output {
            Output::Kernel(command) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.line(self.now, format!("node {node} asks {command:?}"));
                }
                self.see(&Seen::Command { node, command: &command });
                self.bodies[node].kernel.submit(self.now, command);
                self.wake_kernel(node);
            }
            Output::OpenSocket { key, groups } => {
                let body = &mut self.bodies[node];
                body.sockets.retain(|socket| socket.key != key);
                if body.kernel.open_socket(self.now, key).is_ok() {
                    body.sockets.push(Socket { key, groups });
                }
                self.wake_kernel(node);
            }
            Output::CloseSocket(key) => self.bodies[node].sockets.retain(|socket| socket.key != key),
            Output::RunScript(run) => self.run_script(node, &run),
            Output::KillScript(id) => {
                let body = &mut self.bodies[node];
                if body.scripts.remove(&id.0).is_some() {
                    let status = ScriptStatus::Signalled(9);
                    self.tell(node, Input::ScriptEnded { id, status });
                }
            }
            Output::Event(event) => self.told(node, &event),
            Output::Send(_) | Output::Announce { .. } | Output::Stopped => {}
        }
    }

    fn run_script(&mut self, node: usize, run: &ScriptRun) {
        let (id, now) = (run.id, self.now);
        if self.chance.chance(20_000) {
            return self.tell(node, Input::ScriptEnded { id, status: ScriptStatus::NotStarted(Errno::ENOENT) });
        }
        // Most scripts take no time; some hang for long.
        let most = if self.chance.chance(20_000) { Duration::from_secs(30) } else { Duration::from_millis(50) };
        let end = now + self.chance.duration(Duration::from_micros(500), most);
        let body = &mut self.bodies[node];
        body.scripts.insert(id.0, end);
        self.queue.push(end, Happening::Script { node: body.id, life: body.life, id: id.0 });
    }

    /// Tells an engine something from its own machine, a moment later.
    fn tell(&mut self, node: usize, input: Input<'static>) {
        self.bodies[node].kernel.answer(self.now, input);
        self.wake_kernel(node);
    }

    fn told(&mut self, node: usize, event: &Event) {
        let now = self.now;
        let body = &mut self.bodies[node];
        match event {
            Event::State { instance, to, why, .. } => {
                if let Some(at) = body.instance(instance) {
                    body.instances[at].state = *to;
                    body.instances[at].since = now;
                    // One that begins anew, or ends, takes its reasons along.
                    if *to == State::Init && matches!(why, Why::Reconfigured | Why::Stopped) {
                        body.instances[at].faults.clear();
                    }
                }
            }
            Event::Fault { instance, reason } => {
                if let Some(at) = body.instance(instance) {
                    body.instances[at].faults.insert(reason.clone());
                }
            }
            Event::FaultCleared { instance, reason, .. } => {
                if let Some(at) = body.instance(instance) {
                    body.instances[at].faults.remove(reason);
                }
            }
            // What the engine promises to try again takes until then.
            Event::Address {
                news: AddressNews::AddFailed { retry, .. } | AddressNews::RemoveFailed { retry, .. },
                ..
            } => {
                body.excuse(now + *retry + *retry / 1000 + body.lateness * 2 + Duration::from_millis(10));
            }
            _ => {}
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.line(now, format!("node {node} {event:?}"));
        }
        self.see(&Seen::Told { node, event });
    }

    fn transmit(&mut self, node: usize, transmit: Transmit) {
        self.mix_bytes(&transmit.payload);
        let index = transmit.socket.index;
        let slot = match self.bodies[node].kernel.slot(index) {
            Some(slot) => slot,
            None => return self.tell(node, Input::SendFailed { index, errno: Errno::ENODEV }),
        };
        if self.invariants.wants(interest::ADVERT) {
            let vrid = transmit.payload.get(1).copied().unwrap_or(0);
            let instance = self.bodies[node].instance_on(slot, transmit.socket.family, vrid);
            self.see(&Seen::Advert { node, instance, transmit: &transmit });
        }
        if let Err(errno) = self.bodies[node].kernel.send(index) {
            return self.tell(node, Input::SendFailed { index, errno });
        }
        let segment = self.bodies[node].kernel.links[slot].segment;
        let from = self.segments[segment].port_of(node as u8);
        self.launch(segment, from, transmit, false);
    }

    /// Puts a packet on a segment.
    pub(super) fn launch(&mut self, segment: usize, from: Option<usize>, transmit: Transmit, forged: bool) {
        if let Some(recorder) = &mut self.recorder {
            let mac = from.map(|port| &self.segments[segment].ports[port]);
            let mac = mac.and_then(|p| self.bodies[usize::from(p.node)].kernel.links[p.slot].link.mac);
            recorder.packet(self.now, segment, mac, &transmit);
        }
        let only = if transmit.destination.is_multicast() {
            None
        } else {
            let holds =
                |p: &crate::segment::Port| self.bodies[usize::from(p.node)].kernel.has(p.slot, transmit.destination);
            match self.segments[segment].ports.iter().position(holds) {
                Some(port) => Some(port),
                None => return,
            }
        };
        let World { segments, queue, packets, net, now, .. } = self;
        let place = packets.put(transmit, segment, forged);
        let mut uses = 0;
        segments[segment].carry(net, from, only, |delay, ports| {
            uses += 1;
            queue.push(*now + delay, Happening::Deliver { slot: place, ports });
        });
        packets.share(place, uses);
    }

    /// A packet reaches some ports of its segment.
    pub(super) fn deliver(&mut self, place: u32, mut ports: u32) {
        let Some(packet) = self.packets.take(place) else { return };
        while ports != 0 {
            let port = ports.trailing_zeros() as usize;
            ports &= ports - 1;
            let port = &self.segments[packet.segment].ports[port];
            let (node, slot) = (usize::from(port.node), port.slot);
            if !self.bodies[node].accepts(slot, packet.transmit.destination) {
                continue;
            }
            if self.bodies[node].pause == Some(Pause::Process) {
                let body = &mut self.bodies[node];
                let waiting = body.mailbox.iter().filter(|input| matches!(input, Input::Packet(_))).count();
                if waiting < SOCKET_BUFFER {
                    let input = received(body, slot, &packet.transmit, Cow::Owned(packet.transmit.payload.to_vec()));
                    body.mailbox.push_back(input);
                }
                continue;
            }
            if !packet.forged && self.invariants.wants(interest::HEARD) {
                self.heard(node, slot, packet.transmit.source, &packet.transmit.payload);
            }
            let body = &self.bodies[node];
            let input = received(body, slot, &packet.transmit, Cow::Borrowed(&*packet.transmit.payload));
            self.step(node, input);
        }
    }

    /// Shows an advert that is about to be handed to an engine.
    pub(super) fn heard(&mut self, node: usize, slot: usize, source: core::net::IpAddr, payload: &[u8]) {
        let [kind, vrid, priority, ..] = *payload else { return };
        if kind & 0x0f == 1
            && let Some(instance) = self.bodies[node].instance_on(slot, Family::of(source), vrid)
        {
            self.see(&Seen::Heard { node, instance, source, priority });
        }
    }
}

fn received<'a>(body: &Body, slot: usize, transmit: &Transmit, payload: Cow<'a, [u8]>) -> Input<'a> {
    Input::Packet(Packet {
        index: body.kernel.links[slot].link.index,
        source: transmit.source,
        destination: transmit.destination,
        ttl: Some(transmit.ttl),
        age: Duration::ZERO,
        payload,
    })
}
