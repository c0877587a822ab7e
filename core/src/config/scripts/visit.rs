//! Every script of a configuration, in its place.

use crate::config::model::{Check, Config, NotifyScripts, Script};
use std::collections::BTreeSet;

/// What a script is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It is told of changes.
    Notify,
    /// It reads a FIFO that is told of changes.
    Fifo,
    /// It is run at the start or at the stop.
    Once,
    /// It is tracked.
    Track,
    /// It finds out whether a real server lives.
    Check,
}

impl Use {
    /// What follows where it is not run.
    pub(super) fn effect(self) -> &'static str {
        match self {
            Use::Notify => "it is not run; everything else goes on without it",
            Use::Fifo => "it is not run; nobody reads the FIFO unless something else does",
            Use::Once => "it is not run; the daemon starts and stops without it",
            Use::Track => "it is not run, and who tracks it goes on as if it were not tracked",
            Use::Check => "it is not run: the real server lives as far as this check is concerned",
        }
    }

    /// Nothing is run: `</some/file` asks whether the file can be opened.
    pub(super) fn is_file(self, script: &Script) -> bool {
        let program = script.argv.first().map_or("", String::as_str);
        let file = program.strip_prefix('<').is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with('/'));
        file && !matches!(self, Use::Notify | Use::Fifo | Use::Once)
    }
}

/// Shows every script of a configuration to `keep`; those for which it says no are taken out.
pub(super) fn retain(config: &mut Config, keep: &mut dyn FnMut(&mut Script, Use) -> bool) {
    let mut slot = |slot: &mut Option<Script>, usage| {
        if slot.as_mut().is_some_and(|script| !keep(script, usage)) {
            *slot = None;
        }
    };
    let global = &mut config.global;
    for script in [&mut global.startup_script, &mut global.shutdown_script] {
        slot(script, Use::Once);
    }
    let fifos = &mut global.fifos;
    for script in [&mut fifos.all_script, &mut fifos.vrrp_script, &mut fifos.lvs_script] {
        slot(script, Use::Fifo);
    }
    let mut slot = |slot: &mut Option<Box<Script>>, usage| {
        if slot.as_mut().is_some_and(|script| !keep(script, usage)) {
            *slot = None;
        }
    };
    // Those without scripts stay shared.
    let of_instances = config.instances.iter_mut().map(|instance| &mut instance.notify);
    let of_instances = of_instances.filter(|notify| !notify.is_empty()).map(|notify| &mut **notify);
    let of_groups = config.sync_groups.iter_mut().map(|group| &mut group.notify);
    for NotifyScripts { master, backup, fault, stop, any, deleted, master_rx_lower_pri } in
        of_instances.chain(of_groups)
    {
        for script in [master, backup, fault, stop, any, deleted, master_rx_lower_pri] {
            slot(script, Use::Notify);
        }
    }
    for server in &mut config.lvs.servers {
        slot(&mut server.quorum_up, Use::Notify);
        slot(&mut server.quorum_down, Use::Notify);
        if server.real_servers.iter().any(|real| real.notify_up.is_some() || real.notify_down.is_some()) {
            for real in server.real_servers.iter_mut() {
                slot(&mut real.notify_up, Use::Notify);
                slot(&mut real.notify_down, Use::Notify);
            }
        }
    }
    let is_script = |check: &Check| matches!(check, Check::Misc(_));
    let checked = config.lvs.servers.iter_mut().map(|server| &mut server.real_servers);
    for real_servers in checked.filter(|reals| reals.iter().any(|real| real.checks.iter().any(is_script))) {
        for real in real_servers.iter_mut() {
            real.checks.retain_mut(|check| match check {
                Check::Misc(check) => keep(&mut check.script, Use::Check),
                Check::Network(_) | Check::File(_) | Check::Bfd(_) => true,
            });
        }
    }
    let mut refused = BTreeSet::new();
    config.scripts.retain_mut(|tracked| {
        let kept = keep(&mut tracked.script, Use::Track);
        if !kept {
            refused.insert(tracked.name.clone());
        }
        kept
    });
    if !refused.is_empty() {
        let of_instances = config.instances.iter_mut().filter(|instance| !instance.tracking.scripts.is_empty());
        let of_instances = of_instances.map(|instance| &mut *instance.tracking);
        let of_groups = config.sync_groups.iter_mut().map(|group| &mut group.tracking);
        for tracking in of_instances.chain(of_groups) {
            tracking.scripts.retain(|track| !refused.contains(&track.name));
        }
    }
}
