//! Health checks and the load balancer, in a thread of their own with a loop of its own: nothing that happens here can delay an advert.

mod addresses;
mod limits;
mod mail;
mod memory;
mod ours;
mod patterns;
mod thread;
mod watcher;
mod world;

pub use thread::Setup;

use crate::conn::Trust;
use crate::ipvs::Ipvs;
use crate::log::Level;
use keepalived_core::config::model::{Config, Global, Lvs};
use keepalived_core::kernel::Errno;
use keepalived_core::net::Name;
use keepalived_core::vrrp::State;
use mail::{Mailbox, Orders, Sender};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use thread::News;
use tokio::sync::oneshot;

/// The daemon's view of the thread: what it is told. Nothing here ever waits.
///
/// The thread is started with the first configuration that has something for it to do.
pub struct Balancer {
    state: Started,
    /// The states of all instances, as they were told.
    instances: BTreeMap<Name, State>,
    /// How many virtual servers there are.
    servers: usize,
}

enum Started {
    /// It never will be (`--vrrp`).
    Never,
    /// Not yet.
    No(Setup),
    Yes(Running),
}

struct Running {
    mail: Sender,
    ended: oneshot::Receiver<()>,
    has_ended: bool,
    /// While the first table is waited for.
    first_table: Option<oneshot::Receiver<()>>,
}

impl Balancer {
    /// `None`: there are no health checks (`--vrrp`).
    #[must_use]
    pub fn new(setup: Option<Setup>) -> Balancer {
        Balancer { state: setup.map_or(Started::Never, Started::No), instances: BTreeMap::new(), servers: 0 }
    }

    /// Whether there are health checks at all.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !matches!(self.state, Started::Never)
    }

    /// What it would work with, where nothing was asked of the kernel so far.
    #[must_use]
    pub const fn untried(&self) -> Option<&Setup> {
        match &self.state {
            Started::No(setup) => Some(setup),
            Started::Never | Started::Yes(_) => None,
        }
    }

    /// A configuration comes into force. The load balancer's part, which can be large, is taken out of it; where the thread has it, it is returned.
    ///
    /// `trust`: what its `SSL` block says, or why that is not possible.
    pub fn configure(&mut self, config: &mut Config, trust: Result<Trust, String>) -> Option<Arc<Config>> {
        let lvs = std::mem::take(&mut config.lvs);
        self.servers = lvs.servers.len();
        match &self.state {
            Started::Never => return None,
            Started::No(_) if !needs_ipvs(&lvs, &config.global) => return None,
            Started::No(_) | Started::Yes(_) => {}
        }
        let mut all = config.clone();
        all.lvs = lvs;
        let all = Arc::new(all);
        self.start();
        if let Started::Yes(running) = &self.state {
            running.mail.configure(Orders { config: Arc::clone(&all), trust });
        }
        Some(all)
    }

    fn start(&mut self) {
        let Started::No(setup) = &self.state else { return };
        let (mail, mailbox) = mail::open();
        let (log, setup) = (setup.log.clone(), setup.clone());
        match thread::start(setup, mailbox) {
            Ok(News { end: ended, first_table }) => {
                self.instances.iter().for_each(|(name, state)| mail.instance(name, *state));
                self.state = Started::Yes(Running { mail, ended, has_ended: false, first_table: Some(first_table) });
            }
            Err(error) => log.daemon(Level::Error, format!("no thread for health checks: {error}")),
        }
    }

    /// How much is balanced, in one line, if anything.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        match self.servers {
            0 => None,
            1 => Some("1 virtual server".to_owned()),
            many => Some(format!("{many} virtual servers")),
        }
    }

    /// An instance has changed its state.
    pub fn instance(&mut self, name: &Name, state: State) {
        self.instances.insert(name.clone(), state);
        if let Started::Yes(running) = &self.state {
            running.mail.instance(name, state);
        }
    }

    /// Whether the first table is on its way to the kernel.
    #[must_use]
    pub const fn makes_first_table(&self) -> bool {
        matches!(&self.state, Started::Yes(Running { first_table: Some(_), .. }))
    }

    /// Ready when the kernel has the first table, or could not be given it.
    pub fn poll_first_table(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Started::Yes(Running { first_table: waits, .. }) = &mut self.state else { return Poll::Ready(()) };
        if waits.as_mut().is_some_and(|first_table| std::pin::Pin::new(first_table).poll(cx).is_pending()) {
            return Poll::Pending;
        }
        *waits = None;
        Poll::Ready(())
    }

    /// The first table is waited for no more.
    pub fn forget_first_table(&mut self) {
        if let Started::Yes(running) = &mut self.state {
            running.first_table = None;
        }
    }

    /// Stops it. [`poll_ended`](Balancer::poll_ended) tells when it has.
    pub fn stop(&self, keep_table: bool) {
        if let Started::Yes(running) = &self.state {
            running.mail.stop(keep_table);
        }
    }

    /// Kills the scripts that run.
    pub fn kill_scripts(&self) {
        if let Started::Yes(running) = &self.state {
            running.mail.kill_scripts();
        }
    }

    /// Ready when it has ended, or was never started.
    pub fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Started::Yes(running) = &mut self.state else { return Poll::Ready(()) };
        if !running.has_ended && std::pin::Pin::new(&mut running.ended).poll(cx).is_ready() {
            running.has_ended = true;
        }
        if running.has_ended { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Setup {
    /// Whether the kernel can do what a configuration asks of it, if that is anything.
    ///
    /// # Errors
    /// Why not, and what helps.
    pub fn check(&self, config: &Config) -> io::Result<()> {
        if !needs_ipvs(&config.lvs, &config.global) {
            return Ok(());
        }
        match Ipvs::open(self.ipvs.as_deref())?.probe() {
            Ok(()) => Ok(()),
            Err(Errno::EPROTONOSUPPORT) => {
                Err(io::Error::other("this kernel has no IPVS: is there a module ip_vs? (modprobe ip_vs says why not)"))
            }
            Err(errno @ Errno(libc::EPERM | libc::EACCES)) => {
                let text = format!("{errno}; it needs root, or CAP_NET_ADMIN outside of user namespaces");
                Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
            }
            Err(errno) => Err(io::Error::from_raw_os_error(errno.0)),
        }
    }
}

/// Whether there is anything for the kernel's load balancer to do.
fn needs_ipvs(lvs: &Lvs, global: &Global) -> bool {
    !lvs.servers.is_empty() || global.lvs.sync_daemon.is_some() || global.lvs.flush
}

/// What there is to be told to the thread, as it is seen there.
type Inbox = Mailbox;
