//! A configuration as canonical text: `parse(print(c)) == c`.
//!
//! Nearly everything is written out, defaults too; what older C versions do not know is left out where it is the default.

mod objects;

use super::build::net::{address, route, rule};
use super::build::setting::{Fields, Said};
use super::build::values::decimal;
use super::build::{lvs, script};
use super::model::{
    AuthPass, Config, Credentials, Daemon, Garp, Global, HmacConfig, HmacSecret, InitialState, InstanceConfig,
    LinkConfig, Network, NotifyScripts, Rules, Script, SyncGroupConfig, TrackInterface, Tracking, Transport,
};
use crate::net::{Family, Name};
use core::fmt::{self, Display, Write};
use core::time::Duration;
use std::collections::BTreeMap;

/// Whether passwords are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As they are.
    Show,
    /// As eight asterisks. Read back, every password is then the same.
    Hide,
}

/// The text of `config`. What a `keepalived.conf` cannot say is not printed: a password that is not UTF-8 loses its odd
/// bytes, and different announcement intervals of instances all become the first one's.
#[must_use]
pub fn print(config: &Config, secrets: Secrets) -> String {
    text(config, secrets, false)
}

/// The same without passwords, and with what checks and servers inherit or have by default.
pub(super) fn print_whole(config: &Config) -> String {
    text(config, Secrets::Hide, true)
}

fn text(config: &Config, secrets: Secrets, whole: bool) -> String {
    let mut out = Writer { text: String::new(), depth: 0 };
    out.fields(&config.daemon, &Daemon::default());
    out.global(&config.global, config.instances.first().map(|i| *i.garp).unwrap_or_default());
    out.network(&config.network);
    objects::print(&mut out, config);
    let alerts = config.global.mail.alerts_vrrp();
    let of_group = config
        .sync_groups
        .iter()
        .flat_map(|group| group.members.iter().map(|name| (name.clone(), group.notify_priority_changes)));
    let of_group: BTreeMap<Name, bool> = of_group.collect();
    for instance in &config.instances {
        let priority_changes = of_group.get(&instance.name).copied().unwrap_or(false);
        out.instance(instance, &Inherited { alerts, priority_changes }, secrets);
    }
    for group in &config.sync_groups {
        out.sync_group(group, &Inherited { alerts, priority_changes: false });
    }
    lvs::say(&mut out, config, secrets, whole);
    out.text
}

/// What holds for an instance or a group that does not say otherwise.
struct Inherited {
    /// `smtp_alert`
    alerts: bool,
    /// `notify_priority_changes`
    priority_changes: bool,
}

/// Text in the making.
pub(super) struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, line: fmt::Arguments<'_>) {
        for _ in 0..self.depth {
            self.text.push_str("    ");
        }
        // Writing to a String cannot fail.
        let _ = self.text.write_fmt(line);
        self.text.push('\n');
    }

    fn say(&mut self, keyword: &str, value: impl Display) {
        self.line(format_args!("{keyword} {value}"));
    }

    fn switch(&mut self, keyword: &str, on: bool) {
        self.say(keyword, if on { "on" } else { "off" });
    }

    fn flag(&mut self, keyword: &str, on: bool) {
        if on {
            self.line(format_args!("{keyword}"));
        }
    }

    pub(super) fn block(&mut self, head: impl Display, body: impl FnOnce(&mut Writer)) {
        self.line(format_args!("{head} {{"));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(format_args!("}}"));
    }

    /// What `value` says otherwise than `base`.
    pub(super) fn fields<T: Fields>(&mut self, value: &T, base: &T) {
        value.say(base, &mut |keyword, said| match said {
            Said::Nothing => {}
            Said::Words(words) if words.is_empty() => self.line(format_args!("{keyword}")),
            Said::Words(words) => self.say(keyword, words),
            Said::Lines(lines) => self.lines(keyword, lines.iter()),
            Said::Each(lines) => lines.iter().for_each(|words| self.say(keyword, words)),
        });
    }

    pub(super) fn lines(&mut self, head: &str, entries: impl ExactSizeIterator<Item = impl Display>) {
        if entries.len() > 0 {
            self.block(head, |out| entries.for_each(|entry| out.line(format_args!("{entry}"))));
        }
    }

    fn global(&mut self, global: &Global, garp: Garp) {
        self.block("global_defs", |out| {
            out.fields(global, &Global::default());
            for (keyword, interval) in [("vrrp_garp_interval", garp.interval), ("vrrp_gna_interval", garp.gna_interval)]
            {
                if !interval.is_zero() {
                    out.say(keyword, seconds(interval));
                }
            }
        });
    }

    fn network(&mut self, network: &Network) {
        for group in &network.track_groups {
            self.block(format_args!("\ntrack_group {}", quoted_word(&group.name)), |out| {
                out.block("group", |out| {
                    group.members.iter().for_each(|name| out.line(format_args!("{}", quoted_word(name))));
                });
            });
        }
        let addresses = network.addresses.iter().map(|a| address::write(&a.what, a.track_group.as_ref()));
        self.lines("\nstatic_ipaddress", addresses);
        self.lines("\nstatic_routes", network.routes.iter().map(|r| route::write(&r.what, r.track_group.as_ref())));
        self.lines("\nstatic_rules", network.rules.iter().map(|r| rule::write(&r.what, r.track_group.as_ref())));
    }

    fn instance(&mut self, instance: &InstanceConfig, inherited: &Inherited, secrets: Secrets) {
        self.block(format_args!("\nvrrp_instance {}", quoted_word(&instance.name)), |out| {
            out.say(
                "state",
                match instance.state {
                    InitialState::Master => "MASTER",
                    InitialState::Backup => "BACKUP",
                },
            );
            out.say("interface", quoted_word(&instance.interface));
            out.say("virtual_router_id", instance.vrid);
            out.say("priority", instance.priority);
            out.say("advert_int", seconds(instance.advert_interval.duration()));
            out.say("version", instance.version.number());
            out.flag("native_ipv6", instance.family == Family::V6);
            out.flag("nopreempt", !instance.preempt);
            if !instance.preempt_delay.is_zero() {
                out.say("preempt_delay", seconds(instance.preempt_delay));
            }
            out.transport(instance);
            out.garp(&instance.garp);
            out.flag("dont_track_primary", !instance.track_primary);
            out.lines("track_interface", instance.track_interfaces.iter().map(tracked));
            out.switch("skip_check_adv_addr", instance.skip_check_adv_addr);
            out.switch("lower_prio_no_advert", instance.lower_prio_no_advert);
            out.flag("v3_checksum_as_v2", !instance.v3_checksum_pseudo_header);
            if let Some(auth) = &instance.auth {
                out.authentication(auth, secrets);
            }
            out.rules(&instance.rules);
            out.told(instance.rules.smtp_alert, instance.rules.notify_priority_changes, inherited);
            out.fields(&*instance.link, &LinkConfig::default());
            if let Some(hmac) = &instance.hmac {
                out.hmac(hmac, secrets);
            }
            out.notify(&instance.notify);
            out.flag("notify_deleted", instance.rules.notify_deleted && instance.notify.deleted.is_none());
            out.tracking(&instance.tracking);
            out.lines("virtual_ipaddress", instance.addresses.iter().map(|a| address::write(a, None)));
            out.lines("virtual_ipaddress_excluded", instance.excluded.iter().map(|a| address::write(a, None)));
            out.lines("virtual_routes", instance.virtual_routes.iter().map(|r| route::write(r, None)));
            out.lines("virtual_rules", instance.virtual_rules.iter().map(|r| rule::write(r, None)));
        });
    }

    fn transport(&mut self, instance: &InstanceConfig) {
        match &instance.transport {
            Transport::Multicast { group } => {
                if let Some(source) = instance.source {
                    self.say("mcast_src_ip", source);
                }
                if *group != instance.family.vrrp_group() {
                    self.say("mcast_dst_ip", group);
                }
            }
            Transport::Unicast { peers, ttl } => {
                if let Some(source) = instance.source {
                    self.say("unicast_src_ip", source);
                }
                self.say("unicast_ttl", ttl);
                self.switch("check_unicast_src", instance.check_unicast_src);
                let peer = |p: &super::model::UnicastPeer| {
                    let mut line = p.ip.to_string();
                    if p.min_ttl > 0 {
                        line.push_str(&format!(" min_ttl {}", p.min_ttl));
                    }
                    if p.max_ttl < 255 {
                        line.push_str(&format!(" max_ttl {}", p.max_ttl));
                    }
                    line
                };
                self.lines("unicast_peer", peers.iter().map(peer));
            }
        }
    }

    fn garp(&mut self, garp: &Garp) {
        self.say("garp_master_delay", garp.delay.as_secs());
        self.say("garp_master_repeat", garp.repeat);
        self.say("garp_master_refresh", garp.refresh.as_secs());
        self.say("garp_master_refresh_repeat", garp.refresh_repeat);
        self.say("garp_lower_prio_delay", garp.lower_prio_delay.as_secs());
        self.say("garp_lower_prio_repeat", garp.lower_prio_repeat);
    }

    fn authentication(&mut self, auth: &AuthPass, secrets: Secrets) {
        self.block("authentication", |out| {
            out.say("auth_type", "PASS");
            match secrets {
                Secrets::Hide => out.say("auth_pass", "********"),
                Secrets::Show => {
                    let end = auth.0.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
                    out.say("auth_pass", quoted_word(&String::from_utf8_lossy(&auth.0[..end])));
                }
            }
        });
    }

    fn notify(&mut self, notify: &NotifyScripts) {
        let all = [
            ("notify_master", &notify.master),
            ("notify_backup", &notify.backup),
            ("notify_fault", &notify.fault),
            ("notify_stop", &notify.stop),
            ("notify", &notify.any),
            ("notify_deleted", &notify.deleted),
            ("notify_master_rx_lower_pri", &notify.master_rx_lower_pri),
        ];
        for (keyword, slot) in all {
            if let Some(Script { argv, user, .. }) = slot.as_deref() {
                match user {
                    None => self.say(keyword, script::quoted(argv)),
                    Some(user) => {
                        self.line(format_args!("{keyword} {} {}", script::quoted(argv), credentials(user)));
                    }
                }
            }
        }
    }

    fn sync_group(&mut self, group: &SyncGroupConfig, inherited: &Inherited) {
        self.block(format_args!("\nvrrp_sync_group {}", quoted_word(&group.name)), |out| {
            out.lines("group", group.members.iter().map(|name| quoted_word(name)));
            out.lines("track_interface", group.track_interfaces.iter().map(tracked));
            out.notify(&group.notify);
            out.tracking(&group.tracking);
            out.flag("sync_group_tracking_weight", group.weights);
            out.told(group.smtp_alert, group.notify_priority_changes, inherited);
        });
    }

    /// What instances inherit is written out.
    fn rules(&mut self, rules: &Rules) {
        let default = Rules::default();
        self.fields(rules, &default);
        if rules.strict {
            self.switch("strict_mode", true);
        }
        if rules.strict || !rules.accept {
            self.flag(if rules.accept { "accept" } else { "no_accept" }, true);
        }
        if rules.down_timer_adverts != default.down_timer_adverts {
            self.say("down_timer_adverts", rules.down_timer_adverts);
        }
        if rules.owner_ignore_adverts {
            self.switch("owner_ignore_adverts", true);
        }
        if rules.garp_extra != default.garp_extra {
            let all = if rules.garp_extra.all { "all " } else { "" };
            self.say("garp_extra_if", format_args!("{all}{}", rules.garp_extra.interval.as_secs()));
        }
    }

    fn told(&mut self, alerts: bool, priority_changes: bool, inherited: &Inherited) {
        if alerts != inherited.alerts {
            self.switch("smtp_alert", alerts);
        }
        if priority_changes != inherited.priority_changes {
            self.switch("notify_priority_changes", priority_changes);
        }
    }

    fn hmac(&mut self, hmac: &HmacConfig, secrets: Secrets) {
        self.block("auth_hmac", |out| {
            for key in &hmac.keys {
                let secret = match (&key.secret, secrets) {
                    (HmacSecret::File(path), _) => quoted_word(&format!("file:{path}")),
                    (HmacSecret::Bytes(bytes), Secrets::Show) => {
                        bytes.iter().fold("hex:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
                    }
                    (HmacSecret::Bytes(_), Secrets::Hide) => "*".repeat(32),
                };
                out.say("key", format_args!("{} {secret}", key.id));
            }
            out.fields(hmac, &HmacConfig::default());
        });
    }

    fn tracking(&mut self, tracking: &Tracking) {
        let lists = [
            ("track_script", &tracking.scripts),
            ("track_file", &tracking.files),
            ("track_process", &tracking.processes),
            ("track_bfd", &tracking.bfd),
        ];
        for (keyword, list) in lists {
            self.lines(
                keyword,
                list.iter().map(|track| {
                    let reverse = if track.weight.reverse { "reverse" } else { "noreverse" };
                    format!("{} weight {} {reverse}", quoted_word(&track.name), track.weight.value)
                }),
            );
        }
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    decimal(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

/// A word, in quotes where it needs them. A quote itself cannot be written and becomes an apostrophe.
pub(super) fn quoted_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:=,@%*()[]<>^&?|~;$'".contains(c);
    let meant_literally = text.starts_with(['@', '~', '$']) || text.starts_with("include");
    if !text.is_empty() && !meant_literally && text.chars().all(|c| plain(c) || c == '\\') && !text.ends_with('\\') {
        return text.to_owned();
    }
    let clean: String = text
        .chars()
        .map(|c| {
            if c == '"' {
                '\''
            } else if matches!(c, '\n' | '\0') {
                ' '
            } else {
                c
            }
        })
        .collect();
    if clean.ends_with('\\') && !clean.contains([' ', '\t', '#', '!', '{', '}']) {
        return clean;
    }
    format!("\"{clean}\"")
}

pub(super) fn credentials(credentials: &Credentials) -> String {
    let user = quoted_word(&credentials.user);
    match (credentials.supplementary, &credentials.group) {
        (false, None) => user,
        (false, Some(group)) => format!("{user} {}", quoted_word(group)),
        (true, group) => format!("{user} {}", quoted_word(&format!(":{}", group.as_deref().unwrap_or_default()))),
    }
}

fn tracked(track: &TrackInterface) -> String {
    let mut line = quoted_word(&track.name);
    if track.weight != 0 {
        line.push_str(&format!(" weight {}", track.weight));
    }
    if track.reverse {
        line.push_str(" reverse");
    }
    line
}
