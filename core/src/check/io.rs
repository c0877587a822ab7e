//! What goes into the checkers' engine and what comes out.

use crate::config::model::{Config, Regex};
use crate::event::lvs::LvsEvent;
use crate::ipvs::{IpvsCommand, Table};
use crate::kernel::Errno;
use crate::net::Name;
use crate::vrrp::{ScriptId, ScriptRun, ScriptStatus, State};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// What the world tells the checkers' engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input<'a> {
    /// A deadline may have passed.
    Timeout,
    /// A configuration: the first, or a new one. Always valid.
    Configure(Arc<Config>),
    /// Stop: remove the table, run `quorum_down` and `notify_down` where `omega` says so. [`Output::Stopped`] follows.
    Stop {
        /// Leave the kernel's table as it is (`--dont-release-ipvs`).
        keep_table: bool,
    },
    /// News of a connection. Those of connections that are closed do nothing.
    Connection {
        /// Which.
        id: ConnId,
        /// What.
        #[serde(borrow)]
        news: ConnNews<'a>,
    },
    /// [`Output::Match`] is done.
    Matched {
        /// Which connection's answer it was.
        id: ConnId,
        /// Whether the pattern was found; `Err`: the matcher gave up, and why.
        found: Result<bool, String>,
    },
    /// A script has ended.
    ScriptEnded {
        /// Which.
        id: ScriptId,
        /// How.
        status: ScriptStatus,
    },
    /// A command for the kernel's table is done.
    IpvsDone {
        /// Which.
        id: IpvsId,
        /// How it went.
        result: Result<(), Errno>,
    },
    /// [`Output::ReadTable`] is done: the table as it was after every command given before.
    Table(Result<Box<Table>, Errno>),
    /// The number in a `track_file`; `None`: there is none.
    File {
        /// The `track_file`.
        name: Name,
        /// Its value.
        value: Option<i32>,
    },
    /// A BFD session's state.
    Bfd {
        /// The session.
        name: Name,
        /// Whether it is up.
        up: bool,
    },
    /// An address came to this machine or left it (`ha_suspend`). At the start every address that is there is told.
    Address {
        /// The address.
        ip: IpAddr,
        /// Whether it is here.
        here: bool,
    },
    /// A VRRP instance's state (`lvs_sync_daemon`).
    Instance {
        /// The instance.
        name: Name,
        /// Its state.
        state: State,
    },
}

/// Names a connection of a check. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnId(pub u64);

/// Names a command for the kernel's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IpvsId(pub u64);

/// News of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnNews<'a> {
    /// It stands; with TLS the handshake is done. A datagram socket stands at once.
    Connected,
    /// Bytes of a stream, a datagram, or an echo reply's payload.
    #[serde(borrow)]
    Data(Cow<'a, [u8]>),
    /// The peer has closed its side; nothing more will come.
    Closed {
        /// Whether it said so: a FIN, with TLS also a `close_notify`.
        clean: bool,
    },
    /// It failed; nothing more will come.
    Failed(ConnFailure),
}

/// Why a connection failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnFailure {
    /// It was never begun, through no fault of the peer or the way to it: this machine has no descriptor, memory or port left, or not the address,
    /// interface or permission that the check is to use. It says nothing about the server.
    NotMade(Errno),
    /// What it has given was not searched for a pattern: too much waits for that on this machine. It says nothing about the server either.
    NotSearched,
    /// The kernel says so.
    Errno(Errno),
    /// TLS says so.
    Tls(String),
}

impl ConnFailure {
    /// Why a connection could not be begun. Only then can the cause be this machine: what a connection under way hears was said by somebody else (a
    /// firewall's refusal of an IPv6 connection is EACCES).
    #[must_use]
    pub const fn beginning(errno: Errno) -> ConnFailure {
        match errno.0 {
            // Linux: EPERM, EAGAIN, ENOMEM, EACCES, ENODEV, EINVAL, ENFILE, EMFILE, ENOSPC, EADDRINUSE, EADDRNOTAVAIL, ENOBUFS
            1 | 11 | 12 | 13 | 19 | 22 | 23 | 24 | 28 | 98 | 99 | 105 => ConnFailure::NotMade(errno),
            _ => ConnFailure::Errno(errno),
        }
    }
}

/// A connection to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dial {
    /// What kind.
    pub transport: Transport,
    /// To which address.
    pub ip: IpAddr,
    /// To which port; 0 for an echo.
    pub port: u16,
    /// From which address; `None`: the kernel chooses.
    pub source: Option<IpAddr>,
    /// From which port; 0: the kernel chooses.
    pub source_port: u16,
    /// Through which interface; `None`: the kernel chooses.
    pub device: Option<Arc<str>>,
    /// With which firewall mark; 0: none.
    pub mark: u32,
}

/// What a connection is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transport {
    /// A TCP connection.
    Tcp,
    /// TLS over TCP. Any certificate will do unless the configuration's `SSL` block names a CA.
    Tls {
        /// The name of the server (SNI); `None`: none is sent.
        server_name: Option<Arc<str>>,
    },
    /// A connected UDP socket.
    Udp,
    /// ICMP or ICMPv6 echoes: what is sent is the payload of a request; what is received is that of a reply to it.
    Ping,
    /// Whether a TCP connection can be opened, and no more: nothing is sent over it, and it is closed as soon as it stands.
    Knock,
}

/// What the checkers' engine asks of the world. Order matters: they are carried out in the order given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// Open a connection. News follows, but the engine keeps the deadline.
    Open(ConnId, Arc<Dial>),
    /// Send these bytes: after [`ConnNews::Connected`] only. Datagrams are sent whole.
    Send(ConnId, Arc<[u8]>),
    /// Close a connection and forget it. What is closed before the end is reset, not lingered over.
    Close(ConnId),
    /// Look for a pattern in what a connection has given; [`Input::Matched`] answers.
    Match {
        /// Names the result.
        id: ConnId,
        /// The pattern.
        regex: Arc<Regex>,
        /// The text.
        text: Vec<u8>,
    },
    /// Run a script; [`Input::ScriptEnded`] answers, always.
    RunScript(ScriptRun),
    /// Kill a script with all its descendants; [`Input::ScriptEnded`] still answers.
    KillScript(ScriptId),
    /// Change the kernel's table; [`Input::IpvsDone`] answers. Commands are carried out in order.
    Ipvs(IpvsId, IpvsCommand),
    /// Read the kernel's table, after every command given before; [`Input::Table`] answers.
    ReadTable,
    /// Write a line to `lvs_notify_fifo` and `notify_fifo`, without its line end.
    Fifo(String),
    /// Tell what happened.
    Event(LvsEvent),
    /// All is cleaned up after [`Input::Stop`].
    Stopped,
}
