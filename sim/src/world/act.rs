//! What is done to the world from outside.

use super::World;
use crate::fault::Action;
use crate::invariants::Seen;
use crate::kernel::{Kernel, Temper};
use crate::node::{Pause, Power};
use crate::queue::Happening;
use crate::replay::Tape;
use crate::rng::splitmix;
use crate::scenario::{RETRY, home};
use crate::segment::Weather;
use crate::subject::Subject;
use core::time::Duration;
use keepalived_core::net::IfIndex;
use keepalived_core::vrrp::{Input, Packet, SocketKey, Transmit};

impl<E: Subject> World<E> {
    /// Does something to the world, now.
    pub fn apply(&mut self, action: Action) {
        let skipped = match action {
            Action::ReloadSame(node) | Action::Nudge(node) => !self.is_idle(usize::from(node)),
            // Told twice, it would drop everything and go.
            Action::Stop(node) => self.bodies[usize::from(node)].power != Power::On,
            _ => false,
        };
        if self.violation.is_some() || skipped {
            return;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.line(self.now, format!("--- {action:?}"));
        }
        match action {
            Action::Loss(segment, ppm) => self.weather(segment, |w, _| w.loss = ppm),
            Action::Delay(segment, delay, jitter) => {
                self.weather(segment, |w, _| (w.delay, w.jitter) = (delay, jitter));
            }
            Action::Duplicate(segment, ppm) => self.weather(segment, |w, _| w.duplicate = ppm),
            Action::Reorder(segment, ppm) => self.weather(segment, |w, _| w.reorder = ppm),
            Action::Partition(segment, mask) => {
                for (at, port) in self.segments[segment].ports.iter_mut().enumerate() {
                    port.island = (mask >> at & 1) as u8;
                }
            }
            Action::Heal(segment) => {
                for port in &mut self.segments[segment].ports {
                    (port.island, port.deaf, port.mute) = (0, false, false);
                }
            }
            Action::Deaf(segment, node, on) => {
                self.segments[segment].ports.iter_mut().filter(|p| p.node == node).for_each(|p| p.deaf = on);
            }
            Action::Mute(segment, node, on) => {
                self.segments[segment].ports.iter_mut().filter(|p| p.node == node).for_each(|p| p.mute = on);
            }
            Action::Garbage(segment) => self.forge(segment),
            Action::Calm => self.calm(),
            _ => self.act_on_node(action),
        }
        self.see(&Seen::Acted(action));
        self.follow_up(action);
    }

    /// Whether a node's engine runs and has nothing due now.
    fn is_idle(&self, node: usize) -> bool {
        let deadline = self.engines[node].as_ref().and_then(E::deadline);
        self.bodies[node].is_awake() && deadline.is_none_or(|at| at > self.bodies[node].clock.local(self.now))
    }

    fn weather(&mut self, segment: usize, change: impl FnOnce(&mut Weather, Weather)) {
        let fair = self.segments[segment].fair;
        change(&mut self.segments[segment].weather, fair);
    }

    fn act_on_node(&mut self, action: Action) {
        match action {
            Action::Start(node) => self.begin_life(usize::from(node)),
            Action::Crash(node) => self.end_life(usize::from(node)),
            Action::PowerOff(node) => {
                self.end_life(usize::from(node));
                self.bodies[usize::from(node)].kernel.power_cycle();
            }
            Action::Stop(node) => {
                let body = &mut self.bodies[usize::from(node)];
                if body.power == Power::On {
                    body.power = Power::Stopping;
                }
            }
            Action::Pause(node) => self.pause(usize::from(node), Pause::Process),
            Action::Freeze(node) => self.pause(usize::from(node), Pause::Machine),
            Action::Sleep(node) => self.pause(usize::from(node), Pause::Sleep),
            Action::Resume(node) => self.wake(usize::from(node)),
            Action::Late(node, most) => {
                let body = &mut self.bodies[usize::from(node)];
                body.lateness = most;
                // What the engine has promised to try again will be late, too.
                if body.excused_until > self.now {
                    body.excused_until = body.excused_until + most * 2;
                }
                self.arm(usize::from(node));
            }
            Action::KernelSpeed(node, quick, slow) => {
                self.temper(usize::from(node), |t| (t.quick, t.slow) = (quick, slow));
            }
            Action::KernelErrors(node, ppm) => self.temper(usize::from(node), |t| t.errors = ppm),
            Action::SocketErrors(node, ppm) => self.temper(usize::from(node), |t| t.socket_errors = ppm),
            Action::SendErrors(node, ppm) => self.temper(usize::from(node), |t| t.send_errors = ppm),
            Action::DeleteAddress(node, which) => self.delete_address(usize::from(node), which),
            Action::Overrun(node) => self.touch_kernel(usize::from(node), |kernel, now| kernel.overrun(now)),
            Action::Carrier(node, slot, on) => {
                self.touch_kernel(usize::from(node), |kernel, now| _ = kernel.set_carrier(now, slot, on));
            }
            Action::Admin(node, slot, on) => {
                self.touch_kernel(usize::from(node), |kernel, now| _ = kernel.set_admin(now, slot, on));
            }
            Action::DeleteLink(node, slot) => {
                self.touch_kernel(usize::from(node), |kernel, now| _ = kernel.delete_link(now, slot));
            }
            Action::RecreateLink(node, slot) => {
                self.touch_kernel(usize::from(node), |kernel, now| _ = kernel.recreate_link(now, slot));
            }
            Action::Rename(node, slot, away) => {
                self.touch_kernel(usize::from(node), |kernel, now| _ = kernel.rename(now, slot, away));
            }
            Action::Home(node, slot, on) => self.touch_kernel(usize::from(node), |kernel, now| {
                _ = if on { kernel.restore_home(now, slot) } else { kernel.remove_home(now, slot) };
            }),
            Action::Reload(node, other) => self.other[usize::from(node)] = other,
            Action::RoundTrip(node) => self.round_trip(usize::from(node)),
            _ => {}
        }
    }

    /// What the engine learns of an action at once. After the invariants have seen the action itself.
    fn follow_up(&mut self, action: Action) {
        match action {
            Action::Start(node) => {
                let node = usize::from(node);
                if self.bodies[node].alive_since != self.now || self.engines[node].is_none() {
                    return;
                }
                let snapshot = Input::Kernel(self.bodies[node].kernel.snapshot());
                let config = self.config(node);
                let (first, second) = if node % 2 == 0 { (snapshot, config) } else { (config, snapshot) };
                self.hand(node, first);
                self.hand(node, second);
            }
            Action::Stop(node) => self.hand(usize::from(node), Input::Stop { keep_addresses: false }),
            Action::Reload(node, _) => {
                let config = self.config(usize::from(node));
                self.hand(usize::from(node), config);
            }
            Action::ReloadSame(node) => {
                let node = usize::from(node);
                if let Some(config) = self.bodies[node].config.clone() {
                    self.hand(node, Input::Configure(Box::new(config.as_ref().clone())));
                }
            }
            Action::Nudge(node) => self.hand(usize::from(node), Input::Timeout),
            Action::Resume(node) => self.empty_mailbox(usize::from(node)),
            Action::Calm => (0..self.bodies.len()).for_each(|node| self.recover(node)),
            _ => {}
        }
    }

    fn config(&self, node: usize) -> Input<'static> {
        let plan = &self.scenario.nodes[node];
        let config = if self.other[node] { &plan.other } else { &plan.config };
        Input::Configure(Box::new(config.as_ref().clone()))
    }

    fn begin_life(&mut self, node: usize) {
        match self.bodies[node].power {
            Power::On => return,
            Power::Stopping => self.end_life(node),
            Power::Off => {}
        }
        let body = &mut self.bodies[node];
        body.life += 1;
        body.power = Power::On;
        body.pause = None;
        body.alive_since = self.now;
        body.inherited = body.virtual_addresses().collect();
        body.awake_since = self.now;
        body.kernel.begin_life(body.life);
        let seed = splitmix(self.scenario.seed ^ (node as u64) << 32 ^ u64::from(body.life));
        self.engines[node] = Some((self.make)(seed));
        if let Some(tapes) = &mut self.tapes {
            tapes.push(Tape::new(node, seed));
        }
    }

    fn pause(&mut self, node: usize, how: Pause) {
        let body = &mut self.bodies[node];
        if body.power == Power::Off || body.pause.is_some() {
            return;
        }
        body.pause = Some(how);
        body.paused_at = self.now;
        if how == Pause::Machine {
            body.clock.freeze(self.now);
        }
        self.alarms[node] = keepalived_core::Time::MAX;
    }

    fn wake(&mut self, node: usize) {
        let body = &mut self.bodies[node];
        if let Some(how) = body.pause.take() {
            if how == Pause::Machine {
                body.clock.thaw(self.now);
                // Its engine's patience stood still, too.
                if body.excused_until > body.paused_at {
                    body.excused_until = body.excused_until + self.now.since(body.paused_at);
                }
            }
            body.awake_since = self.now;
            self.arm(node);
            self.wake_kernel(node);
        }
    }

    /// After a pause: what waits in the sockets, before or after the timeout that is due.
    fn empty_mailbox(&mut self, node: usize) {
        if !self.bodies[node].is_awake() {
            return;
        }
        if self.scenario.timeout_first && self.alarms[node] <= self.now {
            self.hand(node, Input::Timeout);
        }
        while let Some(input) = self.bodies[node].mailbox.pop_front() {
            if let Input::Packet(Packet { index, source, payload, .. }) = &input
                && let Some(slot) = self.bodies[node].kernel.slot(*index)
            {
                let (source, payload) = (*source, payload.to_vec());
                self.heard(node, slot, source, &payload);
            }
            self.hand(node, input);
        }
    }

    fn temper(&mut self, node: usize, change: impl FnOnce(&mut Temper)) {
        let body = &mut self.bodies[node];
        let before = body.kernel.temper.slow.max(Duration::from_millis(1));
        change(&mut body.kernel.temper);
        // Commands that wait already take as long as they were told to.
        let queue = body.kernel.backlog(self.now) + before * 2;
        body.excuse(self.now + queue + RETRY);
    }

    fn touch_kernel(&mut self, node: usize, change: impl FnOnce(&mut Kernel, keepalived_core::Time)) {
        let now = self.now;
        let body = &mut self.bodies[node];
        change(&mut body.kernel, now);
        body.excuse(now + RETRY);
        self.wake_kernel(node);
    }

    fn delete_address(&mut self, node: usize, which: u32) {
        let body = &mut self.bodies[node];
        let held: Vec<_> = (0..body.instances.len())
            .flat_map(|at| body.addresses(at))
            .filter(|(slot, ip)| body.kernel.has(*slot, *ip))
            .collect();
        if let Some((slot, ip)) = held.get(which as usize % held.len().max(1)) {
            body.kernel.remove(self.now, *slot, *ip, None);
            self.wake_kernel(node);
        }
    }

    fn round_trip(&mut self, node: usize) {
        let Some(engine) = &self.engines[node] else { return };
        match engine.save().and_then(|saved| E::restore(&saved)) {
            Ok(engine) => self.engines[node] = Some(engine),
            Err(error) => self.fail("round_trip", format!("node {node} cannot be saved and restored: {error}")),
        }
    }

    /// Ends the run because of something that no invariant of the list watches.
    pub(super) fn fail(&mut self, invariant: &'static str, text: String) {
        let violation = crate::invariants::Violation { invariant, at: self.now, text };
        if let Some(recorder) = &mut self.recorder {
            recorder.line(self.now, format!("VIOLATION {violation}"));
        }
        self.violation.get_or_insert(violation);
    }

    /// A packet of protocol 112 from a stranger: noise, often behind a header that looks right.
    fn forge(&mut self, segment: usize) {
        let Some(router) = self.scenario.routers.iter().find(|r| r.segment == segment) else { return };
        let (family, vrid) = (router.family, router.vrid.get());
        let mut payload: Vec<u8> = (0..self.net.range(0, 48)).map(|_| self.net.next() as u8).collect();
        if payload.len() > 4 && self.net.chance(800_000) {
            payload[0] = *self.net.pick(&[0x21, 0x31, 0x31, 0x32, 0x41]);
            payload[1] = *self.net.pick(&[vrid, vrid, 0, 77]);
            payload[3] = *self.net.pick(&[0, 1, 2, 255]);
        }
        let transmit = Transmit {
            socket: SocketKey { index: IfIndex(0), family },
            source: home(segment, 200, family),
            destination: family.vrrp_group(),
            ttl: *self.net.pick(&[255, 255, 254, 1]),
            payload: payload.into(),
        };
        self.launch(segment, None, transmit, true);
    }

    /// All faults end. What waits in queues still takes its time.
    fn calm(&mut self) {
        self.calm_since = Some(self.now);
        for segment in &mut self.segments {
            segment.weather = segment.fair;
            for port in &mut segment.ports {
                (port.island, port.deaf, port.mute) = (0, false, false);
            }
        }
        // What lingers on a segment for longer than it does in fair weather is lost.
        let travel = self.segments.iter().map(|segment| segment.fair.worst_delay()).max().unwrap_or_default();
        for lost in self.queue.lose_deliveries_after(self.now + travel) {
            if let Happening::Deliver { slot, .. } = lost {
                self.packets.take(slot);
            }
        }
        for node in 0..self.bodies.len() {
            self.wake(node);
            self.bodies[node].lateness = Duration::ZERO;
            self.arm(node);
            if self.bodies[node].kernel.temper != Temper::FAIR {
                self.temper(node, |temper| *temper = Temper::FAIR);
                self.bodies[node].kernel.hasten(self.now);
            }
            for slot in 0..self.bodies[node].kernel.links.len() {
                let link = &self.bodies[node].kernel.links[slot];
                let fine = link.is_usable() && link.link.name == link.plain_name;
                if fine && link.home.iter().all(|(ip, _)| self.bodies[node].kernel.has(slot, *ip)) {
                    continue;
                }
                self.touch_kernel(node, |kernel, now| {
                    kernel.recreate_link(now, slot);
                    kernel.set_carrier(now, slot, true);
                    kernel.set_admin(now, slot, true);
                    kernel.rename(now, slot, false);
                    kernel.restore_home(now, slot);
                });
            }
            self.wake_kernel(node);
        }
    }

    /// After the calm: what a node has missed, a daemon where none runs, and one configuration for all.
    fn recover(&mut self, node: usize) {
        self.empty_mailbox(node);
        let other = self.other[0];
        let stale = self.other[node] != other;
        self.other[node] = other;
        if self.bodies[node].power == Power::On {
            if stale {
                let config = self.config(node);
                self.hand(node, config);
            }
        } else {
            self.apply(Action::Start(node as u8));
        }
    }
}
