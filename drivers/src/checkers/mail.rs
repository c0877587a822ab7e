//! From the daemon's thread to that of the checkers, without ever waiting for it.

use crate::conn::Trust;
use crate::elsewhere::drop_elsewhere;
use keepalived_core::config::model::Config;
use keepalived_core::net::Name;
use keepalived_core::vrrp::State;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// A configuration.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    pub(super) config: Arc<Config>,
    /// What its `SSL` block says, read by who could wait for it; or why that is not possible.
    pub(super) trust: Result<Trust, String>,
}

/// What was said and has not been heard. Of what is said twice the later counts, so it holds no more than there are instances.
#[derive(Debug, Default)]
pub(super) struct Letters {
    pub(super) orders: Option<Orders>,
    pub(super) instances: BTreeMap<Name, State>,
    pub(super) kill_scripts: bool,
    /// Whether the table is kept.
    pub(super) stop: Option<bool>,
}

#[derive(Debug)]
struct Shared(Mutex<Letters>);

impl Shared {
    /// Held for a few instructions only: what takes long is done outside.
    fn lock(&self) -> MutexGuard<'_, Letters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
pub(super) struct Sender {
    shared: Arc<Shared>,
    bell: mpsc::Sender<()>,
}

#[derive(Debug)]
pub(super) struct Mailbox {
    shared: Arc<Shared>,
    bell: mpsc::Receiver<()>,
}

pub(super) fn open() -> (Sender, Mailbox) {
    let shared = Arc::new(Shared(Mutex::default()));
    let (ring, bell) = mpsc::channel(1);
    (Sender { shared: Arc::clone(&shared), bell: ring }, Mailbox { shared, bell })
}

impl Sender {
    pub(super) fn configure(&self, orders: Orders) {
        let before = self.shared.lock().orders.replace(orders);
        self.ring();
        if let Some(before) = before {
            drop_elsewhere(before);
        }
    }

    pub(super) fn instance(&self, name: &Name, state: State) {
        let name = name.clone();
        self.shared.lock().instances.insert(name, state);
        self.ring();
    }

    pub(super) fn kill_scripts(&self) {
        self.shared.lock().kill_scripts = true;
        self.ring();
    }

    pub(super) fn stop(&self, keep_table: bool) {
        self.shared.lock().stop = Some(keep_table);
        self.ring();
    }

    fn ring(&self) {
        // Where it is full it rings already.
        let _ = self.bell.try_send(());
    }
}

impl Mailbox {
    /// Ready when something was said.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Letters> {
        match self.bell.poll_recv(cx) {
            Poll::Ready(Some(())) => Poll::Ready(std::mem::take(&mut self.shared.lock())),
            // Nobody is left to say anything: the daemon is at its end.
            Poll::Ready(None) => Poll::Ready(Letters { stop: Some(true), ..Letters::default() }),
            Poll::Pending => Poll::Pending,
        }
    }
}
