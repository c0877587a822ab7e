//! The ports of servers: only what replaces addresses can replace ports too.

use super::super::{Context, Given};
use super::group::Facts;
use super::reals::Real;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::model::{Forwarding, Service, SorryServer};

/// The port of a real server.
pub(super) fn of_real(
    cx: &mut Context<'_, '_>,
    service: &Service,
    group: Option<Facts<'_>>,
    real: &Real,
    method: Forwarding,
) -> u16 {
    port(cx, (service, group), real.port, method, real.span)
}

/// Sets the port of a sorry server.
pub(super) fn of_sorry(
    cx: &mut Context<'_, '_>,
    service: &Service,
    group: Option<Facts<'_>>,
    sorry: &mut Given<SorryServer>,
) {
    sorry.value.port = port(cx, (service, group), sorry.value.port, sorry.value.forwarding, sorry.span);
}

fn port(
    cx: &mut Context<'_, '_>,
    (service, group): (&Service, Option<Facts<'_>>),
    written: u16,
    method: Forwarding,
    span: Span,
) -> u16 {
    let replaces = matches!(method, Forwarding::Nat | Forwarding::FullNat);
    let ignored = |cx: &mut Context<'_, '_>, message: String, label: String| {
        cx.report(
            Diagnostic::warning("no-effect", span, message)
                .label(label)
                .note("with DR and TUN packets keep the port that the client wrote"),
        );
    };
    match service {
        Service::Address(_, port) if written == 0 || (!replaces && written == *port) => *port,
        Service::Address(_, port) if !replaces => {
            let label = if *port == 0 { "the port is skipped".into() } else { format!("{port} is used") };
            ignored(cx, "a server on another port than the virtual server".into(), label);
            *port
        }
        Service::Mark(_) if !replaces && written != 0 => {
            ignored(cx, "a firewall mark stands for packets to any port".into(), "the port is skipped".into());
            0
        }
        Service::Group(_) if !replaces && written != 0 => {
            if group.is_some_and(|group| group.port != Some(written)) {
                ignored(cx, "a server on another port than the group".into(), "the port is skipped".into());
            }
            written
        }
        _ => written,
    }
}
