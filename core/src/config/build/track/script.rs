//! `vrrp_script`.

use super::declared;
use crate::config::build::setting::{self, fields};
use crate::config::build::values::Value;
use crate::config::build::{Context, Section, Seen};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::SCRIPT;
use crate::config::model::{Script, ScriptConfig};
use core::time::Duration;

fields!(ScriptConfig, SCRIPT, {
    "script" => script,
    "interval" => interval,
    "timeout" => timeout,
    "weight" => weight,
    "rise" => rise,
    "fall" => fall,
    "init_fail" => init_fail,
});

/// Reads all scripts.
pub(in crate::config::build) fn read(cx: &mut Context<'_, '_>, sections: &[Section<'_>]) -> Vec<ScriptConfig> {
    declared(cx, sections, "vrrp_script", |cx, name, block| {
        let mut config = ScriptConfig::new(name.value.clone(), Script::default());
        let mut seen = Seen::new();
        let mut user = None;
        setting::read(cx, &mut config, block, &mut seen, |_, _, item| {
            if let Value::User(credentials) = item.value {
                user = Some(*credentials);
            }
        });
        for (keyword, value) in [("interval", &mut config.interval), ("timeout", &mut config.timeout)] {
            if let Some(phrase) = seen.get(keyword).filter(|_| value.is_zero()) {
                *value = Duration::from_secs(1);
                cx.report(
                    Diagnostic::warning("clamped", phrase.span, format!("`{keyword}` cannot be 0"))
                        .label("1 second is used instead"),
                );
            }
        }
        if !seen.contains_key("timeout") {
            config.timeout = config.interval;
        }
        super::require(cx, name, &seen, "script", "the program in quotes, like `script \"/usr/local/bin/check 80\"`")?;
        config.script.user = user.or(config.script.user);
        Some(config).filter(|config| !config.script.argv.is_empty())
    })
}
