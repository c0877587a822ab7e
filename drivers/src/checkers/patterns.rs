//! Looks for patterns in a thread of its own: a pattern can keep a processor busy for a second.

use crate::regex::Matchers;
use keepalived_core::check::ConnId;
use keepalived_core::config::model::Regex;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

type Found = (ConnId, Result<bool, String>);

/// What waits is bounded by the connections that there may be: each has one search at a time. Dropping it ends the thread.
pub(super) struct Patterns {
    searches: Sender<(ConnId, Arc<Regex>, Vec<u8>)>,
    found: UnboundedReceiver<Found>,
}

impl Patterns {
    pub(super) fn start() -> io::Result<Patterns> {
        let (searches, asked) = channel::<(ConnId, Arc<Regex>, Vec<u8>)>();
        let (tell, found) = unbounded_channel();
        std::thread::Builder::new().name("patterns".to_owned()).spawn(move || {
            let mut matchers = Matchers::default();
            for (id, regex, text) in asked {
                // Fails only when nobody listens any more.
                let _ = tell.send((id, matchers.finds(&regex, &text)));
            }
        })?;
        Ok(Patterns { searches, found })
    }

    /// The result comes from [`poll`](Patterns::poll). `Err`: the thread is no more.
    pub(super) fn find(&self, id: ConnId, regex: Arc<Regex>, text: Vec<u8>) -> Result<(), String> {
        self.searches.send((id, regex, text)).map_err(|_| "nobody looks for patterns any more".to_owned())
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        match self.found.poll_recv(cx) {
            Poll::Ready(Some(found)) => Poll::Ready(found),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
