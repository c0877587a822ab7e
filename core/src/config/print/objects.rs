//! What instances can track, and groups of interfaces.

use super::{Writer, quoted_word};
use crate::config::model::{BfdConfig, Config, FileConfig, GarpGroup, ProcessConfig, Script, ScriptConfig};
use core::fmt::Display;

/// Prints all of them.
pub(super) fn print(out: &mut Writer, config: &Config) {
    for script in &config.scripts {
        let nothing = Script::default();
        let base = ScriptConfig::new(script.name.clone(), nothing);
        let base = ScriptConfig { timeout: script.interval, ..base };
        named(out, "vrrp_script", &script.name, |out| out.fields(script, &base));
    }
    for file in &config.files {
        let base = FileConfig::new(file.name.clone(), String::new());
        named(out, "track_file", &file.name, |out| out.fields(file, &base));
    }
    for process in &config.processes {
        let base = ProcessConfig::new(process.name.clone(), Vec::new());
        // That none may run is said by `quorum_max` alone.
        let base = ProcessConfig { quorum: base.quorum.min(process.quorum_max.unwrap_or(1)), ..base };
        named(out, "vrrp_track_process", &process.name, |out| out.fields(process, &base));
    }
    for bfd in &config.bfd {
        let base = BfdConfig::nameless(bfd.name.clone());
        named(out, "bfd_instance", &bfd.name, |out| out.fields(bfd, &base));
    }
    for group in &config.garp_groups {
        out.block("\ngarp_group", |out| out.fields(group, &GarpGroup::default()));
    }
}

fn named(out: &mut Writer, keyword: &str, name: &str, body: impl FnOnce(&mut Writer)) {
    let name: &dyn Display = &quoted_word(name);
    out.block(format_args!("\n{keyword} {name}"), body);
}
