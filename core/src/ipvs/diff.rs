//! What differs between tables, in which order it may be changed, and what commands do to a table.

use super::{Destination, DestinationKey, IpvsCommand, Service, ServiceKey, Table, Timeouts};
use crate::kernel::Errno;
use std::collections::BTreeMap;

/// Goes through both in order and hands over what is not the same.
pub(super) fn differences<'a, K: Ord, V: PartialEq>(
    have: &'a BTreeMap<K, V>,
    want: &'a BTreeMap<K, V>,
    mut found: impl FnMut(&'a K, Option<&'a V>, Option<&'a V>),
) {
    let (mut have, mut want) = (have.iter().peekable(), want.iter().peekable());
    loop {
        match (have.peek(), want.peek()) {
            (None, None) => return,
            (Some(&(h, had)), Some(&(w, wanted))) if h == w => {
                if had != wanted {
                    found(h, Some(had), Some(wanted));
                }
                have.next();
                want.next();
            }
            (Some(&(h, had)), other) if other.is_none_or(|&(w, _)| h < w) => {
                found(h, Some(had), None);
                have.next();
            }
            (_, Some(&(w, wanted))) => {
                found(w, None, Some(wanted));
                want.next();
            }
            // The arm before last took what is left of `have`.
            (Some(_), None) => return,
        }
    }
}

/// What changes among a service's destinations, in the order in which it may be done: they come, or gain weight, before others lose it or go. A
/// service that has somewhere to send connections before and after has it all the way.
#[derive(Default)]
pub(super) struct Changes {
    added: Vec<(DestinationKey, Destination)>,
    raised: Vec<(DestinationKey, Destination)>,
    changed: Vec<(DestinationKey, Destination)>,
    removed: Vec<DestinationKey>,
}

impl Changes {
    /// One destination, as it is and as it shall be.
    pub(super) fn note(&mut self, to: &DestinationKey, have: Option<&Destination>, want: Option<&Destination>) {
        match (have, want) {
            (None, Some(wanted)) => self.added.push((*to, *wanted)),
            (Some(_), None) => self.removed.push(*to),
            (Some(had), Some(wanted)) if wanted.weight > had.weight => self.raised.push((*to, *wanted)),
            (Some(had), Some(wanted)) if wanted != had => self.changed.push((*to, *wanted)),
            _ => {}
        }
    }

    /// The commands, after `commands`.
    pub(super) fn commands(self, key: ServiceKey, commands: &mut impl Extend<IpvsCommand>) {
        commands.extend(self.added.into_iter().map(|(to, how)| IpvsCommand::AddDestination(key, to, how)));
        let changed = self.raised.into_iter().chain(self.changed);
        commands.extend(changed.map(|(to, how)| IpvsCommand::SetDestination(key, to, how)));
        commands.extend(self.removed.into_iter().map(|to| IpvsCommand::DeleteDestination(key, to)));
    }
}

/// Does to a table what the kernel does to its own, errors included.
///
/// # Errors
/// The kernel's: `EEXIST` for what is there already, `ESRCH` for a service or a daemon that is not there, `ENOENT` for such a destination. The table
/// is unchanged then.
pub fn apply(table: &mut Table, command: &IpvsCommand) -> Result<(), Errno> {
    match command {
        IpvsCommand::Flush => table.services.clear(),
        IpvsCommand::AddService(key, settings) => {
            if table.services.contains_key(key) {
                return Err(Errno::EEXIST);
            }
            table.services.insert(*key, Service { settings: settings.clone(), destinations: BTreeMap::new() });
        }
        IpvsCommand::SetService(key, settings) => service(table, key)?.settings = settings.clone(),
        IpvsCommand::DeleteService(key) => drop(table.services.remove(key).ok_or(Errno::ESRCH)?),
        IpvsCommand::AddDestination(key, to, how) => {
            let destinations = &mut service(table, key)?.destinations;
            if destinations.contains_key(to) {
                return Err(Errno::EEXIST);
            }
            destinations.insert(*to, *how);
        }
        IpvsCommand::SetDestination(key, to, how) => {
            *service(table, key)?.destinations.get_mut(to).ok_or(Errno::ENOENT)? = *how;
        }
        IpvsCommand::DeleteDestination(key, to) => {
            service(table, key)?.destinations.remove(to).ok_or(Errno::ENOENT)?;
        }
        IpvsCommand::SetTimeouts(timeouts) => {
            let Timeouts { tcp, tcp_fin, udp } = *timeouts;
            let set = |of: &mut u32, to| {
                if to != 0 {
                    *of = to;
                }
            };
            set(&mut table.timeouts.tcp, tcp);
            set(&mut table.timeouts.tcp_fin, tcp_fin);
            set(&mut table.timeouts.udp, udp);
        }
        IpvsCommand::StartSync(daemon) => {
            if table.daemons.contains_key(&daemon.role) {
                return Err(Errno::EEXIST);
            }
            table.daemons.insert(daemon.role, daemon.clone());
        }
        IpvsCommand::StopSync { role, .. } => drop(table.daemons.remove(role).ok_or(Errno::ESRCH)?),
    }
    Ok(())
}

fn service<'a>(table: &'a mut Table, key: &ServiceKey) -> Result<&'a mut Service, Errno> {
    table.services.get_mut(key).ok_or(Errno::ESRCH)
}
