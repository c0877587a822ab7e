//! The commands that make one table of another (law 4).

use super::*;
use quickcheck::TestResult;

/// Whether a service sends new connections anywhere.
fn serves(table: &Table, key: &ServiceKey) -> bool {
    table.services.get(key).is_some_and(|service| service.destinations.values().any(|to| to.weight > 0))
}

/// What is given to a kernel that has `have` and is to have `want` and nothing else.
fn commands(have: &Table, want: &Table) -> Vec<IpvsCommand> {
    let mut reconciler = Reconciler::new(true);
    for (key, service) in &want.services {
        reconciler.set_service(*key, Some(service.settings.clone()));
        reconciler.set_destinations(*key, service.destinations.clone());
    }
    reconciler.timeouts(want.timeouts);
    for role in [SyncRole::Master, SyncRole::Backup] {
        reconciler.sync(role, want.daemons.get(&role).cloned());
    }
    let (now, mut commands) = (Time::from_secs(1), Vec::new());
    while let Some(action) = reconciler.poll() {
        match action {
            Action::Read => reconciler.read(now, Ok(Box::new(have.clone()))),
            Action::Command(id, command) => {
                commands.push(command);
                reconciler.done(now, id, Ok(()));
            }
            Action::Event(_) => {}
        }
    }
    commands
}

/// Whether the daemons are those that were asked for; where none ever were they are nobody's business. What is 0 the kernel chooses.
fn daemons(have: &Table, table: &Table, want: &Table) -> bool {
    let same = |role: &SyncRole| match (table.daemons.get(role), want.daemons.get(role)) {
        (Some(is), Some(asked)) => (&is.interface, is.id) == (&asked.interface, asked.id),
        (is, asked) => is.is_none() && asked.is_none(),
    };
    if want.daemons.is_empty() {
        return table.daemons == have.daemons;
    }
    [SyncRole::Master, SyncRole::Backup].iter().all(same)
}

quickcheck! {
    /// And no command is one that the kernel refuses.
    fn they_make_one_of_the_other(have: Table, want: Table) -> bool {
        let mut table = have.clone();
        commands(&have, &want).iter().all(|command| apply(&mut table, command).is_ok())
            && (&table.services, table.timeouts) == (&want.services, want.timeouts)
            && daemons(&have, &table, &want)
    }

    fn nothing_differs_from_itself(table: Table) -> bool {
        commands(&table, &table).is_empty()
    }

    /// Connections of what stays are not broken: it is neither removed nor made anew.
    fn what_stays_is_changed_in_place(have: Table, want: Table) -> bool {
        commands(&have, &want).iter().all(|command| match command {
            IpvsCommand::DeleteService(key) => !want.services.contains_key(key),
            IpvsCommand::DeleteDestination(key, to) => !want.services[key].destinations.contains_key(to),
            IpvsCommand::Flush => false,
            _ => true,
        })
    }

    fn traffic_always_has_somewhere_to_go(have: Table, want: Table) -> TestResult {
        let keys: Vec<_> = want.services.keys().filter(|key| serves(&have, key) && serves(&want, key)).collect();
        if keys.is_empty() {
            return TestResult::discard();
        }
        let mut table = have.clone();
        for command in commands(&have, &want) {
            if apply(&mut table, &command).is_err() || !keys.iter().all(|key| serves(&table, key)) {
                return TestResult::failed();
            }
        }
        TestResult::passed()
    }
}
