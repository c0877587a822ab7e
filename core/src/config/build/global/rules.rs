//! What values of `global_defs` cannot be together.

use super::Defaults;
use crate::config::build::{Context, Given, Names, Seen, unknown};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{Global, SyncDaemon};
use core::time::Duration;

/// The longest name of a process (`TASK_COMM_LEN` of linux/sched.h counts the final zero).
const MAX_PROCESS_NAME: usize = 15;

/// Puts right what the C version puts right, and says so.
pub(super) fn check(cx: &mut Context<'_, '_>, global: &mut Global, seen: &Seen<'_>) {
    let span = |keyword: &str| seen.get(keyword).map(|phrase| phrase.span);
    if let Some(span) = span("smtp_connect_timeout").filter(|_| global.mail.timeout.is_zero()) {
        global.mail.timeout = Duration::from_secs(1);
        clamped(cx, span, "no connection is made in no time", "1 second is used instead");
    }
    let processes = &mut global.processes;
    let names = [
        ("process_name", &mut processes.name),
        ("vrrp_process_name", &mut processes.vrrp.name),
        ("checker_process_name", &mut processes.checker.name),
        ("bfd_process_name", &mut processes.bfd.name),
    ];
    for (keyword, slot) in names {
        let (Some(name), Some(span)) = (slot, span(keyword)) else { continue };
        if name.len() > MAX_PROCESS_NAME {
            let end = (0..=MAX_PROCESS_NAME).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
            name.truncate(end);
            let message = format!("a process name has {MAX_PROCESS_NAME} bytes at most");
            cx.report(Diagnostic::warning("truncated", span, message).label(format!("read as `{name}`")));
        }
    }
    fifos(cx, global, &span);
    let firewall = &mut global.firewall;
    if let (Some(iptables), Some(nftables)) = (span("vrrp_iptables"), span("nftables"))
        && firewall.nftables.is_some()
        && firewall.iptables.take().is_some()
    {
        cx.report(
            Diagnostic::warning("contradiction", iptables, "both `vrrp_iptables` and `nftables`")
                .label("skipped")
                .also(nftables, "this counts"),
        );
    }
}

fn clamped(cx: &mut Context<'_, '_>, span: Span, message: &str, label: &str) {
    cx.report(Diagnostic::warning("clamped", span, message).label(label));
}

/// One FIFO cannot be told everything, and a part of it once more.
fn fifos(cx: &mut Context<'_, '_>, global: &mut Global, span: &impl Fn(&str) -> Option<Span>) {
    let fifos = &mut global.fifos;
    let Some(all) = fifos.all.as_ref().map(|fifo| fifo.path.clone()) else { return };
    let parts = [
        ("vrrp_notify_fifo", &mut fifos.vrrp, &mut fifos.vrrp_script),
        ("lvs_notify_fifo", &mut fifos.lvs, &mut fifos.lvs_script),
    ];
    for (keyword, slot, script) in parts {
        if slot.as_ref().is_none_or(|fifo| fifo.path != all) {
            continue;
        }
        (*slot, *script) = (None, None);
        if let (Some(this), Some(first)) = (span(keyword), span("notify_fifo")) {
            cx.report(
                Diagnostic::warning("repeated", this, format!("`{all}` is told everything already"))
                    .label("skipped, with its script")
                    .also(first, "here"),
            );
        }
    }
}

impl Defaults {
    /// Has the sync daemon on an interface go by an instance, as the old `lvs_sync_daemon_interface` asks, if there is none yet.
    pub(in crate::config::build) fn sync_by_instance(
        &mut self,
        cx: &mut Context<'_, '_>,
        global: &mut Global,
        interface: &Given<String>,
        instance: &str,
    ) {
        if let Some(first) = self.sync_daemon {
            let diagnostic = Diagnostic::warning("repeated", interface.span, "a director has one sync daemon");
            cx.report(diagnostic.label("skipped").also(first, "here it is given its interface"));
            return;
        }
        self.sync_daemon = Some(interface.span);
        global.lvs.sync_daemon =
            Some(SyncDaemon { instance: Some(instance.to_owned()), ..SyncDaemon::on(interface.value.clone()) });
    }
}

/// Looks whether the instance that `lvs_sync_daemon` goes by is there.
pub(in crate::config::build) fn sync_daemon(
    cx: &mut Context<'_, '_>,
    global: &Global,
    span: Option<Span>,
    instances: &Names,
) {
    let name = global.lvs.sync_daemon.as_ref().and_then(|daemon| daemon.instance.as_deref());
    let (Some(name), Some(span)) = (name, span) else { return };
    if cx.partial || instances.contains_key(name) {
        return;
    }
    let mut diagnostic = Diagnostic::error("unknown-instance", span, format!("there is no vrrp_instance `{name}`"))
        .label("not defined anywhere");
    if let Some(near) = unknown::nearest_name(instances.keys(), name) {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    cx.report(diagnostic);
}
