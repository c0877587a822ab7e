//! Which parts of the daemon run: VRRP, health checks, or both.

use crate::elsewhere::drop_elsewhere;
use keepalived_core::config::model::Config;

/// The parts that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// VRRP: not with `--check` alone.
    pub vrrp: bool,
    /// Health checks and the load balancer: not with `--vrrp` alone.
    pub checkers: bool,
}

impl Parts {
    /// What the options ask for. Both ask for both, as nothing does.
    #[must_use]
    pub const fn new(only_vrrp: bool, only_checks: bool) -> Parts {
        Parts { vrrp: only_vrrp || !only_checks, checkers: only_checks || !only_vrrp }
    }

    /// Takes out of a configuration what belongs to parts that do not run.
    pub fn keep(self, config: &mut Config) -> Scale {
        if !self.vrrp {
            config.instances.clear();
            config.sync_groups.clear();
            config.scripts.clear();
            config.processes.clear();
            config.garp_groups.clear();
            config.network = Default::default();
        }
        if !self.checkers {
            drop_elsewhere(std::mem::take(&mut config.lvs));
        }
        self.scale(config)
    }

    /// How much of a configuration there is for the parts that run.
    #[must_use]
    pub fn scale(self, config: &Config) -> Scale {
        Scale {
            instances: if self.vrrp { config.instances.len() } else { 0 },
            servers: if self.checkers { config.lvs.servers.len() } else { 0 },
        }
    }
}

/// How much there is in a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// How many `vrrp_instance`.
    pub instances: usize,
    /// How many `virtual_server`.
    pub servers: usize,
}

impl Scale {
    /// There is nothing to do.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.instances == 0 && self.servers == 0
    }

    /// Why a configuration with nothing in it does not come after this one.
    #[must_use]
    pub const fn nothing_left(self) -> &'static str {
        if self.instances > 0 {
            "it has no vrrp_instance any more; stop the daemon to give up the addresses"
        } else {
            "it has no virtual_server any more; stop the daemon to give up the services"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::config::{Source, parse};

    fn config() -> Config {
        let text = "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n\
                    virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 80 {\n TCP_CHECK {\n }\n }\n}\n";
        parse(&Source::single("test", text.to_owned())).config
    }

    #[test]
    fn each_part_has_its_own() {
        for (options, instances, servers) in
            [((false, false), 1, 1), ((true, true), 1, 1), ((true, false), 1, 0), ((false, true), 0, 1)]
        {
            let mut config = config();
            let scale = Parts::new(options.0, options.1).keep(&mut config);
            assert_eq!(scale, Scale { instances, servers }, "{options:?}");
            assert_eq!((config.instances.len(), config.lvs.servers.len()), (instances, servers));
        }
        assert!(Parts::new(false, false).scale(&Config::default()).is_empty());
    }
}
