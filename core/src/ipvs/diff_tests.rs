use super::*;
use quickcheck::{TestResult, quickcheck};

/// Whether a service sends new connections anywhere.
fn serves(table: &Table, key: &ServiceKey) -> bool {
    table.services.get(key).is_some_and(|service| service.destinations.values().any(|to| to.weight > 0))
}

quickcheck! {
    /// Law 4; and no command is one that the kernel refuses.
    fn the_difference_makes_one_of_the_other(have: Table, want: Table) -> bool {
        let mut table = have.clone();
        diff(&have, &want).iter().all(|command| apply(&mut table, command).is_ok()) && table == want
    }

    fn nothing_differs_from_itself(table: Table) -> bool {
        diff(&table, &table).is_empty()
    }

    /// Connections of what stays are not broken: it is neither removed nor made anew.
    fn what_stays_is_changed_in_place(have: Table, want: Table) -> bool {
        diff(&have, &want).iter().all(|command| match command {
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
        for command in diff(&have, &want) {
            if apply(&mut table, &command).is_err() || !keys.iter().all(|key| serves(&table, key)) {
                return TestResult::failed();
            }
        }
        TestResult::passed()
    }
}
