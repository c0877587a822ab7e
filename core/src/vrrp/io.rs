//! What goes into the VRRP engine and what comes out.

use crate::config::model::{Config, Credentials};
use crate::event::Event;
use crate::kernel::{CommandId, Errno, KernelCommand, KernelEvent};
use crate::net::{Family, IfIndex, Name};
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the world tells the VRRP engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input<'a> {
    /// A deadline may have passed.
    Timeout,
    /// A packet of protocol 112.
    #[serde(borrow)]
    Packet(Packet<'a>),
    /// The kernel's links or addresses changed.
    Kernel(KernelEvent),
    /// A kernel command is done.
    KernelDone {
        /// Which.
        id: CommandId,
        /// How it went.
        result: Result<(), Errno>,
    },
    /// [`Output::OpenSocket`] is done, or an open socket failed for good.
    Socket {
        /// Which.
        key: SocketKey,
        /// How it went.
        result: Result<(), Errno>,
    },
    /// A packet or an announcement could not be sent on this interface.
    SendFailed {
        /// The interface.
        index: IfIndex,
        /// Why.
        errno: Errno,
    },
    /// A script has ended.
    ScriptEnded {
        /// Which.
        id: ScriptId,
        /// How.
        status: ScriptStatus,
    },
    /// A configuration: the first, or a new one. Always valid: a file with errors never gets here.
    Configure(Box<Config>),
    /// Stop: resign, clean up, run `notify_stop`. [`Output::Stopped`] follows.
    Stop {
        /// Leave the virtual addresses where they are, and do not resign (`--dont-release-vrrp`).
        keep_addresses: bool,
    },
}

/// A received packet of protocol 112, with what the socket knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet<'a> {
    /// Where it came in.
    pub index: IfIndex,
    /// Who sent it.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// TTL or hop limit; `None` where the socket did not say.
    pub ttl: Option<u8>,
    /// How long ago it came in; zero where the socket did not say.
    pub age: Duration,
    /// The VRRP message, without the IP header.
    #[serde(borrow)]
    pub payload: Cow<'a, [u8]>,
}

/// One raw socket: an interface and a family. Never one for each instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SocketKey {
    /// The interface.
    pub index: IfIndex,
    /// The family.
    pub family: Family,
}

/// What the VRRP engine asks of the world. Order matters: they are carried out in the order given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// Send an advert.
    Send(Transmit),
    /// Send a frame as it is: gratuitous ARP or unsolicited neighbour advertisement, Ethernet header included.
    Announce {
        /// On this interface.
        index: IfIndex,
        /// The frame.
        frame: Arc<[u8]>,
    },
    /// Change the kernel; [`Input::KernelDone`] answers.
    Kernel(KernelCommand),
    /// Open the raw socket `key`, or change what it has joined; [`Input::Socket`] answers.
    OpenSocket {
        /// Which.
        key: SocketKey,
        /// Exactly the multicast groups it must have joined.
        groups: BTreeSet<IpAddr>,
    },
    /// Close a raw socket.
    CloseSocket(SocketKey),
    /// Run a script; [`Input::ScriptEnded`] answers, always.
    RunScript(ScriptRun),
    /// Kill a script with all its descendants; [`Input::ScriptEnded`] still answers.
    KillScript(ScriptId),
    /// Tell what happened.
    Event(Event),
    /// All is cleaned up after [`Input::Stop`]: the driver may end.
    Stopped,
}

/// An advert on its way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transmit {
    /// Through which socket.
    pub socket: SocketKey,
    /// From which address; need not be an address of the machine.
    pub source: IpAddr,
    /// To a multicast group or a peer.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// The VRRP message, without the IP header.
    pub payload: Arc<[u8]>,
}

/// Names a script run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScriptId(pub u64);

/// A script to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptRun {
    /// Names the result.
    pub id: ScriptId,
    /// Whose script: an instance's or a group's name.
    pub owner: Name,
    /// The program and its arguments; never empty.
    pub argv: Vec<String>,
    /// Who runs it; `None`: the daemon's default.
    pub user: Option<Credentials>,
}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ScriptStatus {
    /// With this exit status.
    Exited(u8),
    /// By this signal.
    Signalled(u8),
    /// It never ran.
    NotStarted(Errno),
}
