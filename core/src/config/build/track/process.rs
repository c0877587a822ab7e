//! `vrrp_track_process`.

use super::declared;
use crate::config::build::setting::{self, fields};
use crate::config::build::values::Value;
use crate::config::build::{Context, Section, Seen};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::PROCESS;
use crate::config::model::{ParamMatch, ProcessConfig};
use core::time::Duration;

fields!(ProcessConfig, PROCESS, {
    "process" => command,
    "param_match" => arguments,
    "weight" => weight,
    "quorum" => quorum,
    "quorum_max" => quorum_max,
    "terminate_delay" => terminate_delay,
    "fork_delay" => fork_delay,
    "full_command" => full_command,
});

/// Reads all processes.
pub(in crate::config::build) fn read(cx: &mut Context<'_, '_>, sections: &[Section<'_>]) -> Vec<ProcessConfig> {
    declared(cx, sections, "vrrp_track_process", |cx, name, block| {
        let mut config = ProcessConfig::new(name.value.clone(), Vec::new());
        let mut seen = Seen::new();
        setting::read(cx, &mut config, block, &mut seen, |_, config: &mut ProcessConfig, item| {
            if let Value::Micros(micros) = item.value {
                config.terminate_delay = Duration::from_micros(micros);
                config.fork_delay = config.terminate_delay;
            }
        });
        if config.command.len() > 1 {
            config.arguments = config.arguments.or(Some(ParamMatch::Exact));
        }
        config.full_command |= config.arguments.is_some();
        if config.quorum_max == Some(0) && !seen.contains_key("quorum") {
            config.quorum = 0;
        }
        if let Some(max) = config.quorum_max.filter(|max| *max < config.quorum) {
            let phrase = seen.get("quorum").or(seen.get("quorum_max"));
            let span = phrase.map_or(name.span, |phrase| phrase.span);
            cx.report(
                Diagnostic::error("unreachable", span, format!("{} processes are more than {max}", config.quorum))
                    .label("`quorum` cannot be above `quorum_max`"),
            );
        }
        super::require(cx, name, &seen, "process", "the path of the program, like `process /usr/sbin/haproxy`")?;
        Some(config).filter(|config| !config.command.is_empty())
    })
}
