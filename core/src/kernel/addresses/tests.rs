use super::*;
use quickcheck::{Arbitrary, Gen, quickcheck};

#[derive(Clone, Debug)]
enum Op {
    Manage(u8, u8),
    Unmanage(u8, u8),
    Want(u8, u8),
    Release(u8, u8),
    /// Somebody else adds or removes an address.
    Meddle(u8, bool),
    /// The kernel answers one command, refusing it or not.
    Answer(bool),
    /// The monitor tells one change.
    Tell,
    /// The monitor overran.
    Overrun,
    Pass(u16),
}

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Op {
        let (owner, which) = (u8::arbitrary(g) % 2, u8::arbitrary(g) % 3);
        match u8::arbitrary(g) % 10 {
            0 | 1 => Op::Manage(owner, which),
            2 => Op::Unmanage(owner, which),
            3 | 4 => Op::Want(owner, which),
            5 => Op::Release(owner, which),
            6 => Op::Meddle(which, bool::arbitrary(g)),
            7 => Op::Answer(bool::arbitrary(g)),
            8 if bool::arbitrary(g) => Op::Overrun,
            8 => Op::Tell,
            _ => Op::Pass(u16::arbitrary(g)),
        }
    }
}

fn spec(which: u8) -> AddressSpec {
    bare_spec(AddressKey { index: IfIndex(1), ip: IpAddr::from([10, 0, 0, which]), prefix: 24 })
}

#[derive(Default)]
struct World {
    table: AddressTable,
    now: Time,
    kernel: BTreeSet<AddressKey>,
    /// What the monitor has still to tell.
    untold: VecDeque<(AddressKey, bool)>,
    commands: VecDeque<KernelCommand>,
    present: BTreeSet<(Owner, AddressKey)>,
    users: BTreeSet<(Owner, AddressKey)>,
    wanted: BTreeSet<(Owner, AddressKey)>,
}

impl World {
    fn drain(&mut self) {
        while let Some(effect) = self.table.poll() {
            match effect {
                Effect::Command(command) => self.commands.push_back(command),
                Effect::Present { owner, key, .. } => {
                    assert!(self.wanted.contains(&(owner, key)), "only who wants it is told");
                    self.present.insert((owner, key));
                }
                Effect::News(..) => {}
            }
        }
        assert!(self.table.pending() <= 3, "one command for an address at a time");
    }

    fn set(&mut self, key: AddressKey, there: bool) -> bool {
        let changed = if there { self.kernel.insert(key) } else { self.kernel.remove(&key) };
        if changed {
            self.untold.push_back((key, there));
        }
        changed
    }

    fn answer(&mut self, refuse: bool) {
        let Some(KernelCommand { id, op }) = self.commands.pop_front() else { return };
        let result = match op {
            _ if refuse => Err(Errno(12)),
            KernelOp::AddAddress(spec) => self.set(AddressKey::of(&spec), true).then_some(()).ok_or(Errno::EEXIST),
            KernelOp::DeleteAddress { index, ip, prefix } => {
                self.set(AddressKey { index, ip, prefix }, false).then_some(()).ok_or(Errno::EADDRNOTAVAIL)
            }
        };
        self.table.done(self.now, id, result);
        self.drain();
    }

    fn tell(&mut self) {
        match self.untold.pop_front() {
            Some((key, true)) => self.table.observe(self.now, seen_as(&bare_spec(key))),
            Some((key, false)) => self.table.observe_gone(self.now, key),
            None => {}
        }
        self.drain();
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
        self.table.tick(self.now);
        self.drain();
    }

    fn run(&mut self, op: &Op) {
        let key = |which: u8| AddressKey::of(&spec(which));
        match *op {
            Op::Manage(owner, which) => {
                self.users.insert((owner.into(), key(which)));
                self.table.manage(self.now, owner.into(), spec(which));
            }
            Op::Unmanage(owner, which) => {
                let this = (owner.into(), key(which));
                self.users.remove(&this);
                self.wanted.remove(&this);
                self.present.remove(&this);
                self.table.unmanage(self.now, this.0, this.1);
            }
            Op::Want(owner, which) => {
                let this = (owner.into(), key(which));
                if self.users.contains(&this) {
                    self.wanted.insert(this);
                    self.table.want(self.now, this.0, this.1);
                }
            }
            Op::Release(owner, which) => {
                let this = (owner.into(), key(which));
                self.wanted.remove(&this);
                self.present.remove(&this);
                self.table.release(self.now, this.0, this.1);
            }
            Op::Meddle(which, there) => _ = self.set(key(which), there),
            Op::Answer(refuse) => self.answer(refuse),
            Op::Tell => self.tell(),
            Op::Overrun => {
                self.untold.clear();
                let all = self.kernel.iter().map(|key| seen_as(&bare_spec(*key))).collect();
                self.table.observe_all(self.now, all);
            }
            Op::Pass(millis) => self.pass(millis.into()),
        }
        self.drain();
    }
}

quickcheck! {
    /// Whatever happened, once the kernel answers and the monitor tells, the kernel has exactly what is wanted, of all that
    /// was ever managed; and whoever wants something knows that it is there.
    fn the_kernel_ends_with_what_is_wanted(ops: Vec<Op>) -> bool {
        let mut world = World::default();
        let mut ever: BTreeSet<AddressKey> = BTreeSet::new();
        for op in &ops {
            world.run(op);
            ever.extend(world.users.iter().map(|(_, key)| *key));
        }
        for _ in 0..50 {
            world.answer(false);
            world.tell();
            world.pass(40_000);
        }
        let managed: BTreeSet<AddressKey> = world.users.iter().map(|(_, key)| *key).collect();
        let wanted: BTreeSet<AddressKey> = world.wanted.iter().map(|(_, key)| *key).collect();
        let have: BTreeSet<AddressKey> = world.kernel.intersection(&managed).copied().collect();
        have == wanted && world.wanted.iter().all(|(o, k)| world.table.is_present(*o, *k)) && !world.table.is_busy()
    }
}
