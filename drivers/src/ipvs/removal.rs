//! Services removed without anybody who decides: when that is what was left to do.

use super::pipeline::{Answer, Ipvs};
use super::socket::Channel;
use keepalived_core::check::IpvsId;
use keepalived_core::ipvs::{IpvsCommand, ServiceKey, SyncRole};
use keepalived_core::kernel::Errno;
use std::collections::BTreeSet;

/// Removes those of `services` that are there, or with `everything` all services, and the sync daemons of these roles. `wait` waits until the kernel says
/// something, and is `false` when that takes too long. Returns how many services were removed.
///
/// # Errors
/// Why something may be left.
pub fn remove<C: Channel>(
    ipvs: &mut Ipvs<C>,
    (services, everything): (&BTreeSet<ServiceKey>, bool),
    sync: &BTreeSet<SyncRole>,
    mut wait: impl FnMut(&Ipvs<C>) -> bool,
) -> Result<usize, Errno> {
    ipvs.read();
    let table = loop {
        match answer(ipvs, &mut wait)? {
            // Without IPVS there is nothing to remove.
            Answer::Table(Err(Errno::EPROTONOSUPPORT)) => return Ok(0),
            Answer::Table(table) => break table?,
            Answer::Done(..) => {}
        }
    };
    let there: Vec<ServiceKey> =
        table.services.into_keys().filter(|key| everything || services.contains(key)).collect();
    let count = there.len();
    let mut commands: Vec<IpvsCommand> = match everything {
        true => vec![IpvsCommand::Flush],
        false => there.into_iter().map(IpvsCommand::DeleteService).collect(),
    };
    let daemons = table.daemons.into_values().filter(|daemon| sync.contains(&daemon.role));
    commands.extend(daemons.map(|daemon| IpvsCommand::StopSync { role: daemon.role, id: daemon.id }));
    let mut open = commands.len();
    for (id, command) in (0..).zip(commands) {
        ipvs.command(IpvsId(id), command);
    }
    let mut result = Ok(count);
    while open > 0 {
        if let Answer::Done(_, how) = answer(ipvs, &mut wait)? {
            open -= 1;
            if let Err(errno) = how.or_else(|errno| if is_gone(errno) { Ok(()) } else { Err(errno) }) {
                result = Err(errno);
            }
        }
    }
    result
}

/// What was to be removed was not there.
#[must_use]
pub fn is_gone(errno: Errno) -> bool {
    matches!(errno, Errno::ESRCH | Errno::ENOENT)
}

fn answer<C: Channel>(ipvs: &mut Ipvs<C>, wait: &mut impl FnMut(&Ipvs<C>) -> bool) -> Result<Answer, Errno> {
    loop {
        let more = ipvs.work();
        if let Some(answer) = ipvs.answer() {
            return Ok(answer);
        }
        if !more && !wait(ipvs) {
            return Err(Errno::ETIMEDOUT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipvs::fake::{Any, Kernel};
    use keepalived_core::ipvs::Table;
    use keepalived_core::ipvs::diff::apply;
    use quickcheck::quickcheck;

    quickcheck! {
        /// What is ours goes, and nothing else.
        fn ours_goes_and_nothing_else(commands: Vec<Any>, every: usize, sync: bool, everything: bool) -> bool {
            let mut table = Table::default();
            for Any(command) in &commands {
                let _ = apply(&mut table, command);
            }
            let every = every % 3 + 1;
            let ours: BTreeSet<ServiceKey> = table.services.keys().step_by(every).copied().collect();
            let kernel = Kernel::new(table.clone());
            let sync: BTreeSet<SyncRole> = sync.then_some(SyncRole::Master).into_iter().collect();
            let removed = remove(&mut Ipvs::new(&kernel, || ()), (&ours, everything), &sync, |_| false);
            table.services.retain(|key, _| !everything && !ours.contains(key));
            table.daemons.retain(|role, _| !sync.contains(role));
            removed.is_ok() && *kernel.table.borrow() == table
        }
    }

    #[test]
    fn without_ipvs_or_a_kernel_that_answers_it_ends() {
        let kernel = Kernel::default();
        let result = remove(&mut Ipvs::new(&kernel, || ()), (&BTreeSet::new(), false), &BTreeSet::new(), |_| false);
        assert_eq!(result, Ok(0));
        kernel.there.set(true);
        kernel.loses_after.set(Some(3));
        let result = remove(&mut Ipvs::new(&kernel, || ()), (&BTreeSet::new(), false), &BTreeSet::new(), |_| false);
        assert_eq!(result, Err(Errno::ENOBUFS));
    }
}
