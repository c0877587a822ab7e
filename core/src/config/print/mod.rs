//! A configuration as canonical text: `parse(print(c)) == c`.
//!
//! Nearly everything is written out, defaults too; what older C versions do not know is left out where it is the default.

use super::build::script;
use super::build::setting::{Fields, Said};
use super::build::values::decimal;
use super::model::{
    AuthPass, BfdConfig, Config, Credentials, Daemon, Garp, Global, InitialState, InstanceConfig, NotifyScripts,
    Script, SyncGroupConfig, TrackInterface, Transport, VirtualAddress,
};
use crate::net::Family;
use core::fmt::{self, Display, Write};
use core::time::Duration;

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
    let mut out = Writer { text: String::new(), depth: 0 };
    out.fields(&config.daemon, &Daemon::default());
    out.global(&config.global, config.instances.first().map(|i| i.garp).unwrap_or_default());
    for instance in &config.instances {
        out.instance(instance, secrets);
    }
    for group in &config.sync_groups {
        out.sync_group(group);
    }
    for bfd in &config.bfd {
        out.block(format_args!("\nbfd_instance {}", quoted_word(&bfd.name)), |out| {
            out.fields(bfd, &BfdConfig::nameless(bfd.name.clone()));
        });
    }
    out.text
}

struct Writer {
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

    fn block(&mut self, head: impl Display, body: impl FnOnce(&mut Writer)) {
        self.line(format_args!("{head} {{"));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(format_args!("}}"));
    }

    /// What `value` says otherwise than `base`.
    fn fields<T: Fields>(&mut self, value: &T, base: &T) {
        value.say(base, &mut |keyword, said| match said {
            Said::Nothing => {}
            Said::Words(words) if words.is_empty() => self.line(format_args!("{keyword}")),
            Said::Words(words) => self.say(keyword, words),
            Said::Lines(lines) => self.lines(keyword, lines.iter()),
            Said::Each(lines) => lines.iter().for_each(|words| self.say(keyword, words)),
        });
    }

    fn lines(&mut self, head: &str, entries: impl ExactSizeIterator<Item = impl Display>) {
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

    fn instance(&mut self, instance: &InstanceConfig, secrets: Secrets) {
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
            out.switch("higher_prio_send_advert", instance.higher_prio_send_advert);
            out.switch("lower_prio_no_advert", instance.lower_prio_no_advert);
            out.flag("v3_checksum_as_v2", !instance.v3_checksum_pseudo_header);
            if let Some(auth) = &instance.auth {
                out.authentication(auth, secrets);
            }
            out.notify(&instance.notify);
            out.lines("virtual_ipaddress", instance.addresses.iter().map(address));
            out.lines("virtual_ipaddress_excluded", instance.excluded.iter().map(address));
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
        ];
        for (keyword, slot) in all {
            if let Some(Script { argv, user }) = slot {
                match user {
                    None => self.say(keyword, script::quoted(argv)),
                    Some(user) => {
                        self.line(format_args!("{keyword} {} {}", script::quoted(argv), credentials(user)));
                    }
                }
            }
        }
    }

    fn sync_group(&mut self, group: &SyncGroupConfig) {
        self.block(format_args!("\nvrrp_sync_group {}", quoted_word(&group.name)), |out| {
            out.lines("group", group.members.iter().map(|name| quoted_word(name)));
            out.lines("track_interface", group.track_interfaces.iter().map(tracked));
            out.notify(&group.notify);
        });
    }
}

fn seconds(duration: Duration) -> String {
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
            } else if matches!(c, '\n' | '\r' | '\0') {
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
    match &credentials.group {
        None => quoted_word(&credentials.user),
        Some(group) => format!("{} {}", quoted_word(&credentials.user), quoted_word(group)),
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

fn address(address: &VirtualAddress) -> String {
    let mut line = match address.peer {
        Some(peer) => format!("{} peer {peer}", address.ip),
        None => format!("{}/{}", address.ip, address.prefix),
    };
    let mut add = |more: String| {
        line.push(' ');
        line.push_str(&more);
    };
    if let Some(broadcast) = address.broadcast {
        add(format!("brd {broadcast}"));
    }
    if let Some(device) = &address.device {
        add(format!("dev {}", quoted_word(device)));
    }
    if address.scope != 0 {
        add(format!("scope {}", address.scope));
    }
    if let Some(label) = &address.label {
        add(format!("label {}", quoted_word(label)));
    }
    let flags = address.flags;
    if flags.nodad != address.ip.is_ipv6() {
        add(if flags.nodad { "nodad".into() } else { "-nodad".into() });
    }
    for (on, name) in [(flags.home, "home"), (flags.mngtmpaddr, "mngtmpaddr"), (flags.noprefixroute, "noprefixroute")] {
        if on {
            add(name.into());
        }
    }
    let by_default = address.ip.is_ipv6() && address.prefix == 128;
    if flags.deprecated != by_default {
        add(if flags.deprecated { "preferred_lft 0".into() } else { "preferred_lft forever".into() });
    }
    line
}
