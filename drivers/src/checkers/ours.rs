//! What is in the kernel on our account, beyond the life of an engine: who begins anew after a mistake knows nothing of what is no longer wanted.

use crate::ipvs::is_gone;
use keepalived_core::check::IpvsId;
use keepalived_core::ipvs::{IpvsCommand, ServiceKey, SyncRole};
use keepalived_core::kernel::Errno;
use std::collections::{BTreeMap, BTreeSet};

/// Commands from here on are our own: an engine's are numbered from 0.
const OWN: u64 = 1 << 63;

/// Services and sync daemons that may be in the kernel on our account.
#[derive(Debug, Default)]
pub(super) struct Ours {
    pub(super) services: BTreeSet<ServiceKey>,
    pub(super) sync: BTreeSet<SyncRole>,
    /// The services whose removal was asked for in this life.
    leaving: BTreeMap<IpvsId, ServiceKey>,
    /// There was a configuration in this life.
    begun: bool,
    own: u64,
}

impl Ours {
    /// A new engine.
    pub(super) fn begin(&mut self) {
        self.leaving.clear();
        self.begun = false;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.services.is_empty() && self.sync.is_empty()
    }

    /// These are the services of a new configuration. Returns what is to be removed, since no engine will.
    pub(super) fn want(&mut self, services: BTreeSet<ServiceKey>) -> Vec<(IpvsId, IpvsCommand)> {
        let mut commands = Vec::new();
        if !std::mem::replace(&mut self.begun, true) {
            for key in self.services.difference(&services) {
                let id = IpvsId(OWN | self.own);
                self.own += 1;
                self.leaving.insert(id, *key);
                commands.push((id, IpvsCommand::DeleteService(*key)));
            }
        }
        if self.services.is_empty() {
            self.services = services;
        } else if !services.is_subset(&self.services) {
            self.services.extend(services);
        }
        commands
    }

    /// The engine gives a command.
    pub(super) fn given(&mut self, id: IpvsId, command: &IpvsCommand) {
        match command {
            IpvsCommand::AddService(key, _) => {
                self.services.insert(*key);
            }
            IpvsCommand::DeleteService(key) => {
                self.leaving.insert(id, *key);
            }
            IpvsCommand::StartSync(daemon) => {
                self.sync.insert(daemon.role);
            }
            IpvsCommand::StopSync { role, .. } => {
                self.sync.remove(role);
            }
            IpvsCommand::Flush => self.services.clear(),
            _ => {}
        }
    }

    /// A command was carried out, or not. Returns whether it was the engine's.
    pub(super) fn done(&mut self, id: IpvsId, result: Result<(), Errno>) -> bool {
        if let Some(key) = self.leaving.remove(&id)
            && result.err().is_none_or(is_gone)
        {
            self.services.remove(&key);
        }
        id.0 < OWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::net::Family;
    use quickcheck::quickcheck;

    fn key(mark: u32) -> ServiceKey {
        ServiceKey::Mark { family: Family::V4, mark }
    }

    fn keys<const N: usize>(marks: [u32; N]) -> BTreeSet<ServiceKey> {
        marks.map(key).into()
    }

    #[test]
    fn what_is_not_wanted_after_a_mistake_is_removed() {
        let mut ours = Ours::default();
        ours.begin();
        assert_eq!(ours.want(keys([1, 2, 3])), []);
        // The engine's business.
        assert_eq!(ours.want(keys([1, 2])), []);
        ours.given(IpvsId(0), &IpvsCommand::DeleteService(key(3)));
        assert!(ours.done(IpvsId(0), Err(Errno::ENOBUFS)));
        ours.begin();
        let commands = ours.want(keys([2, 4]));
        let removed: Vec<_> = commands.iter().map(|(_, command)| command.clone()).collect();
        assert_eq!(removed, [IpvsCommand::DeleteService(key(1)), IpvsCommand::DeleteService(key(3))]);
        assert!(!ours.done(commands[0].0, Ok(())) && !ours.done(commands[1].0, Err(Errno::ESRCH)));
        assert_eq!(ours.services, keys([2, 4]));
    }

    /// The marks that are wanted; those that are removed, whether that is done, and whether it is told.
    type Life = (Vec<u8>, Vec<(u8, bool, bool)>);

    quickcheck! {
        /// Whatever lives, mistakes and refusals there are, nothing is in the kernel that is not known to be ours, and of what an engine has removed
        /// nothing is.
        fn nothing_is_forgotten(lives: Vec<Life>) -> bool {
            let (mut ours, mut kernel) = (Ours::default(), BTreeSet::new());
            lives.into_iter().all(|(wanted, commands)| {
                ours.begin();
                let wanted: BTreeSet<ServiceKey> = wanted.into_iter().map(|mark| key(mark.into())).collect();
                for (id, command) in ours.want(wanted.clone()) {
                    if let IpvsCommand::DeleteService(key) = command {
                        kernel.remove(&key);
                    }
                    ours.done(id, Ok(()));
                }
                let clean = kernel.is_subset(&wanted) && ours.services == wanted;
                kernel.extend(wanted);
                for (id, (mark, carried_out, told)) in (0..).zip(commands) {
                    let key = key(mark.into());
                    ours.given(IpvsId(id), &IpvsCommand::DeleteService(key));
                    if carried_out {
                        kernel.remove(&key);
                    }
                    if told {
                        ours.done(IpvsId(id), if carried_out { Ok(()) } else { Err(Errno::ENOBUFS) });
                    }
                }
                clean && kernel.is_subset(&ours.services)
            })
        }
    }
}
