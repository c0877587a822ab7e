//! What virtual and real servers say of themselves, before defaults and rules.

use super::super::setting::{Blank, Said, Setting, fields};
use super::super::{Context, Given, Item};
use super::check::CheckDraft;
use super::settings::{Endpoint, Loose};
use crate::config::keywords::{Keyword, REAL_SERVER, SSL, VIRTUAL_SERVER};
use crate::config::model::{Forwarding, Granularity, Protocol, Scheduler, Script, Ssl};
use crate::net::{Family, Name};
use core::time::Duration;
use smallvec::SmallVec;

fields!(Ssl, SSL, {
    "password" => password,
    "ca" => ca,
    "certificate" => certificate,
    "key" => key,
});

/// When checks are made: said by a virtual server, a real server or a check, and inherited in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PacingDraft {
    pub(super) delay_loop: Option<Duration>,
    pub(super) retry: Option<u32>,
    pub(super) delay_before_retry: Option<Duration>,
    pub(super) warmup: Option<Duration>,
    pub(super) connect_timeout: Option<Duration>,
}

/// What a `virtual_server` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct VirtualDraft {
    pub(super) pacing: PacingDraft,
    pub(super) ip_family: Option<Given<Family>>,
    pub(super) protocol: Option<Given<Protocol>>,
    pub(super) scheduler: Option<Scheduler>,
    pub(super) flag_1: bool,
    pub(super) flag_2: bool,
    pub(super) flag_3: bool,
    pub(super) sh_port: Option<Given<bool>>,
    pub(super) sh_fallback: Option<Given<bool>>,
    pub(super) mh_port: Option<Given<bool>>,
    pub(super) mh_fallback: Option<Given<bool>>,
    pub(super) one_packet: Option<Given<bool>>,
    pub(super) forwarding: Option<Forwarding>,
    pub(super) persistence_timeout: Option<PersistenceTimeout>,
    pub(super) persistence_granularity: Option<Given<Granularity>>,
    pub(super) persistence_engine: Option<Given<String>>,
    pub(super) ha_suspend: Option<Given<Loose>>,
    pub(super) inhibit: Option<Loose>,
    pub(super) weight: Option<u32>,
    pub(super) alpha: Option<Loose>,
    pub(super) omega: Option<Loose>,
    pub(super) quorum: Option<Given<u32>>,
    pub(super) hysteresis: Option<Given<u32>>,
    pub(super) quorum_up: Option<Box<Script>>,
    pub(super) quorum_down: Option<Box<Script>>,
    pub(super) smtp_alert: Option<bool>,
    pub(super) host: Option<String>,
    pub(super) snmp_name: Option<String>,
    pub(super) sorry_server: Option<Given<Endpoint>>,
    pub(super) sorry_inhibit: Option<Given<Loose>>,
    pub(super) sorry_forwarding: Option<Given<Forwarding>>,
    pub(super) local_addresses: Option<Given<Name>>,
    pub(super) syn_proxy: Option<Given<bool>>,
    pub(super) bind_device: Option<String>,
    pub(super) established_timeout: Option<Duration>,
}

fields!(VirtualDraft, VIRTUAL_SERVER, {
    "ip_family" => ip_family,
    "protocol" => protocol,
    "lvs_sched" => scheduler,
    "flag-1" => flag_1,
    "flag-2" => flag_2,
    "flag-3" => flag_3,
    "sh-port" => sh_port,
    "sh-fallback" => sh_fallback,
    "mh-port" => mh_port,
    "mh-fallback" => mh_fallback,
    "ops" => one_packet,
    "lvs_method" => forwarding,
    "persistence_timeout" => persistence_timeout,
    "persistence_granularity" => persistence_granularity,
    "persistence_engine" => persistence_engine,
    "ha_suspend" => ha_suspend,
    "delay_loop" => pacing.delay_loop,
    "retry" => pacing.retry,
    "delay_before_retry" => pacing.delay_before_retry,
    "warmup" => pacing.warmup,
    "connect_timeout" => pacing.connect_timeout,
    "inhibit_on_failure" => inhibit,
    "weight" => weight,
    "alpha" => alpha,
    "omega" => omega,
    "quorum" => quorum,
    "hysteresis" => hysteresis,
    "quorum_up" => quorum_up,
    "quorum_down" => quorum_down,
    "smtp_alert" => smtp_alert,
    "virtualhost" => host,
    "snmp_name" => snmp_name,
    "syn_proxy" => syn_proxy,
    "laddr_group_name" => local_addresses,
    "vip_bind_dev" => bind_device,
    "establish_timeout" => established_timeout,
    "sorry_server" => sorry_server,
    "sorry_server_inhibit" => sorry_inhibit,
    "sorry_server_lvs_method" => sorry_forwarding,
});

/// What a `real_server` says in its block.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RealDraft {
    pub(super) pacing: PacingDraft,
    pub(super) weight: Option<u32>,
    pub(super) forwarding: Option<Forwarding>,
    pub(super) upper_threshold: u32,
    pub(super) lower_threshold: Option<Given<u32>>,
    pub(super) inhibit: Option<bool>,
    pub(super) notify_up: Option<Box<Script>>,
    pub(super) notify_down: Option<Box<Script>>,
    pub(super) alpha: Option<bool>,
    pub(super) smtp_alert: Option<bool>,
    pub(super) host: Option<String>,
    pub(super) snmp_name: Option<Name>,
    pub(super) checks: SmallVec<[CheckDraft; 1]>,
}

fields!(RealDraft, REAL_SERVER, {
    "weight" => weight,
    "lvs_method" => forwarding,
    "uthreshold" => upper_threshold,
    "lthreshold" => lower_threshold,
    "inhibit_on_failure" => inhibit,
    "delay_loop" => pacing.delay_loop,
    "retry" => pacing.retry,
    "delay_before_retry" => pacing.delay_before_retry,
    "warmup" => pacing.warmup,
    "connect_timeout" => pacing.connect_timeout,
    "notify_up" => notify_up,
    "notify_down" => notify_down,
    "alpha" => alpha,
    "smtp_alert" => smtp_alert,
    "virtualhost" => host,
    "snmp_name" => snmp_name,
});

/// `persistence_timeout` in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PersistenceTimeout(pub(super) u32);

impl PersistenceTimeout {
    /// What holds where persistence is asked for without a time (keepalived.conf(5)).
    pub(super) const DEFAULT: PersistenceTimeout = PersistenceTimeout(360);
}

impl Setting for PersistenceTimeout {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        self.0.set(cx, item);
    }

    fn say(&self, keyword: &Keyword) -> Said {
        self.0.say(keyword)
    }
}

impl Blank for PersistenceTimeout {
    fn blank() -> Self {
        PersistenceTimeout::DEFAULT
    }
}
