//! How often and when addresses are announced: what `global_defs` says for all instances, and each of them otherwise.

use super::values::Value;
use crate::config::model::Garp;
use core::time::Duration;

/// What is said of announcements.
#[derive(Default)]
pub(super) struct Changes {
    delay: Option<Duration>,
    repeat: Option<u32>,
    refresh: Option<Duration>,
    refresh_repeat: Option<u32>,
    lower_prio_delay: Option<Duration>,
    lower_prio_repeat: Option<u32>,
}

impl Changes {
    /// Takes over what the keyword `name` of an instance says. False: it is not about this.
    pub(super) fn take(&mut self, name: &str, value: &Value<'_>) -> bool {
        let Value::Integer(n) = *value else { return false };
        // The table has found them in range.
        let (time, count) = (Duration::from_secs(n.unsigned_abs()), u32::try_from(n).unwrap_or(u32::MAX));
        match name {
            "garp_master_delay" => self.delay = Some(time),
            "garp_master_repeat" => self.repeat = Some(count),
            "garp_master_refresh" => self.refresh = Some(time),
            "garp_master_refresh_repeat" => self.refresh_repeat = Some(count),
            "garp_lower_prio_delay" => self.lower_prio_delay = Some(time),
            "garp_lower_prio_repeat" => self.lower_prio_repeat = Some(count),
            _ => return false,
        }
        true
    }

    /// Applied to what holds otherwise.
    pub(super) fn apply(&self, base: Garp) -> Garp {
        Garp {
            delay: self.delay.unwrap_or(base.delay),
            repeat: self.repeat.unwrap_or(base.repeat),
            refresh: self.refresh.unwrap_or(base.refresh),
            refresh_repeat: self.refresh_repeat.unwrap_or(base.refresh_repeat),
            lower_prio_delay: self.lower_prio_delay.unwrap_or(base.lower_prio_delay),
            lower_prio_repeat: self.lower_prio_repeat.unwrap_or(base.lower_prio_repeat),
            ..base
        }
    }
}

/// What `global_defs` says of announcements.
#[derive(Default)]
pub(super) struct Defaults {
    changes: Changes,
    interval: Duration,
    gna_interval: Duration,
    minimal: bool,
}

impl Defaults {
    /// Takes over what a keyword of `global_defs` says. False: it is not about this.
    pub(super) fn take(&mut self, name: &str, value: &Value<'_>) -> bool {
        match (name, value) {
            ("vrrp_garp_interval", Value::Micros(micros)) => self.interval = Duration::from_micros(*micros),
            ("vrrp_gna_interval", Value::Micros(micros)) => self.gna_interval = Duration::from_micros(*micros),
            ("vrrp_min_garp", Value::Switch(on)) => self.minimal = *on,
            _ => return name.strip_prefix("vrrp_").is_some_and(|name| self.changes.take(name, value)),
        }
        true
    }

    /// `vrrp_min_garp` changes what is not said otherwise, wherever it stands.
    pub(super) fn resolve(self) -> Garp {
        let standard = Garp { interval: self.interval, gna_interval: self.gna_interval, ..Garp::default() };
        let base = if self.minimal { Garp { repeat: 1, delay: Duration::ZERO, ..standard } } else { standard };
        let said = self.changes.apply(base);
        // After a lower master was heard it is done as at first, unless that is said.
        self.changes.apply(Garp { lower_prio_delay: said.delay, lower_prio_repeat: said.repeat, ..said })
    }
}
