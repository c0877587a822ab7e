//! What happened, as data. Log lines, status, notify scripts and FIFO lines are renderings of these.

pub mod log;
pub mod lvs;
pub mod lvs_log;
pub mod turn;

use crate::kernel::Errno;
use crate::net::{Family, IfIndex, Name, Priority, Vrid};
use crate::notify::News;
use crate::vrrp::{DropReason, FaultReason, State};
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Something worth telling. Each is told once, where it happens; nothing is told for each packet of a healthy network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// An instance changed its state.
    State {
        /// The instance.
        instance: Name,
        /// Where it was.
        from: State,
        /// Where it is now.
        to: State,
        /// Its priority in force.
        priority: Priority,
        /// Why.
        why: Why,
    },
    /// All members of a sync group are in one state now.
    GroupState {
        /// The group.
        group: Name,
        /// Where they are now.
        to: State,
    },
    /// An instance has one more reason to be in FAULT.
    Fault {
        /// The instance.
        instance: Name,
        /// The reason.
        reason: FaultReason,
    },
    /// A reason to be in FAULT is gone.
    FaultCleared {
        /// The instance.
        instance: Name,
        /// The reason that is gone.
        reason: FaultReason,
        /// How many remain.
        remaining: u32,
    },
    /// The priority in force changed (tracking).
    PriorityChanged {
        /// The instance.
        instance: Name,
        /// Before.
        from: Priority,
        /// Now.
        to: Priority,
        /// The interfaces that are tracked with a weight, and whether each is up.
        tracked: Vec<(String, bool)>,
    },
    /// Another router is master, for the first time or instead of the last.
    MasterLearned {
        /// The instance.
        instance: Name,
        /// Its address.
        master: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// While master, another master was heard that must give way to us: a duel. Told once for each rival.
    Duel {
        /// The instance.
        instance: Name,
        /// The other master.
        rival: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// The other master of a duel has been silent for a master down interval (or gave up), and this router stays master.
    DuelWon {
        /// The instance.
        instance: Name,
        /// The former rival.
        rival: IpAddr,
    },
    /// A version 3 master sends at another interval than ours; while backup we follow it.
    IntervalLearned {
        /// The instance.
        instance: Name,
        /// The interval in use now, hundredths of a second.
        centis: u16,
    },
    /// A higher master is wanted, but only after `preempt_delay`.
    PreemptDelayed {
        /// The instance.
        instance: Name,
        /// How long from now.
        delay: Duration,
    },
    /// The engine was not called for longer than a master down interval while master: the machine slept or was starved.
    Stalled {
        /// The instance.
        instance: Name,
        /// How late the advert was.
        late: Duration,
    },
    /// A packet was not accepted. The first of its kind at once, then at most one a minute for a kind, with a count.
    Dropped {
        /// The instance it was for, where one is.
        instance: Option<Name>,
        /// Where it came in.
        interface: String,
        /// Who sent it.
        from: IpAddr,
        /// Why.
        reason: DropReason,
        /// What it said and what was expected, where that helps.
        detail: Option<String>,
        /// How many of this kind since the last report, this one included.
        count: u64,
    },
    /// The peer's version 3 IPv4 checksum is made the other way (with or without pseudo-header); ours follows.
    ChecksumStyle {
        /// The instance.
        instance: Name,
        /// The peer.
        peer: IpAddr,
        /// Whether the pseudo-header is in the sum from now on.
        pseudo_header: bool,
    },
    /// Something about an address on an interface of this machine.
    Address {
        /// The interface's name.
        interface: String,
        /// The address.
        ip: IpAddr,
        /// Its prefix length.
        prefix: u8,
        /// What.
        news: AddressNews,
    },
    /// A burst of announcements begins.
    Announced {
        /// The instance.
        instance: Name,
        /// How many addresses.
        addresses: u32,
        /// How often each.
        repeat: u32,
        /// What it is for.
        occasion: Occasion,
    },
    /// A socket for adverts could not be opened or failed; it is tried again.
    SocketFailed {
        /// The interface's name.
        interface: String,
        /// The family.
        family: Family,
        /// Why.
        errno: Errno,
    },
    /// An advert or announcement could not be sent. Like [`Event::Dropped`], at most one a minute for a kind.
    SendFailed {
        /// The interface's name.
        interface: String,
        /// Why.
        errno: Errno,
        /// How many since the last report.
        count: u64,
    },
    /// Not all addresses find room in an advert; those beyond are kept and announced without being in it.
    AdvertFull {
        /// The instance.
        instance: Name,
        /// Its interface's name.
        interface: String,
        /// The interface's MTU in bytes.
        mtu: u32,
        /// How many are in the advert.
        room: usize,
        /// How many there are.
        addresses: usize,
    },
    /// An interface came to be.
    LinkAppeared {
        /// Its index.
        index: IfIndex,
        /// Its name.
        name: String,
    },
    /// An interface was renamed.
    LinkRenamed {
        /// Its old name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// An interface is no more.
    LinkVanished {
        /// Its name.
        name: String,
    },
    /// Another machine uses our VRID for other addresses or with another password: two clusters collide.
    Collision {
        /// The instance.
        instance: Name,
        /// The VRID.
        vrid: Vrid,
        /// Who it is.
        from: IpAddr,
        /// What gave it away.
        reason: DropReason,
    },
    /// What became of a notify script: an instance's or a group's.
    Script(News),
    /// A configuration is in force: what it changed.
    Configured {
        /// Instances that are new.
        added: Vec<Name>,
        /// Instances that are gone.
        removed: Vec<Name>,
        /// Instances that took their changes while going on, with the names of the changed keywords.
        absorbed: Vec<(Name, Vec<String>)>,
        /// Instances that begin anew.
        restarted: Vec<(Name, Vec<String>)>,
        /// How many are as they were.
        kept: u32,
    },
    /// A stop was asked for.
    Stopping,
}

/// Why an instance changed its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// It begins.
    Startup,
    /// It owns the addresses (priority 255).
    Owner,
    /// Nothing was heard from the master for the master down interval.
    MasterSilent {
        /// The last master, where one was heard.
        last: Option<IpAddr>,
        /// How long it has been silent (or, where none was heard, how long was listened).
        silence: Duration,
    },
    /// The master resigned with priority 0.
    MasterResigned {
        /// The last master.
        last: IpAddr,
    },
    /// A master of lower priority is replaced.
    Preempted {
        /// The master that was.
        lower: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// Another master has a higher priority.
    HigherPriority {
        /// The other master.
        master: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// Another master has the same priority and the higher address.
    HigherAddress {
        /// The other master.
        master: IpAddr,
    },
    /// After a pause another master was found, and `nopreempt` is set.
    LiveMasterAfterStall {
        /// The other master.
        master: IpAddr,
    },
    /// A member of its sync group did.
    GroupFollows {
        /// The member.
        member: Name,
    },
    /// It has a reason to be in FAULT.
    Faulty(FaultReason),
    /// The last reason to be in FAULT is gone.
    FaultsCleared,
    /// The configuration changed so that it begins anew.
    Reconfigured,
    /// The daemon stops, or the instance is no longer configured.
    Stopped,
}

/// What happened to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddressNews {
    /// The kernel has acknowledged that it is there, at our wish.
    Added,
    /// The kernel has acknowledged that it is gone, at our wish.
    Removed,
    /// It was there though nobody here is master of it - a predecessor left it, or somebody added it - and is removed.
    LeftoverRemoved,
    /// It vanished while we need it, and has been put back.
    PutBack,
    /// The kernel refused to add it.
    AddFailed {
        /// Why.
        errno: Errno,
        /// When it is tried again.
        retry: Duration,
    },
    /// The kernel refused to remove it.
    RemoveFailed {
        /// Why.
        errno: Errno,
        /// When it is tried again.
        retry: Duration,
    },
    /// IPv6 duplicate address detection found another host that uses it.
    Conflict,
}

/// What announcements are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Occasion {
    /// Became master.
    Takeover,
    /// `garp_master_delay` after that.
    Delayed,
    /// `garp_master_refresh`.
    Refresh,
    /// A lower master was heard.
    LowerMaster,
    /// The master that was replaced has said its last word.
    LastWord,
    /// A duel is over.
    DuelOver,
    /// The engine had stalled.
    Stall,
    /// An address was put back, or is new.
    AddressBack,
    /// The interface came back.
    LinkBack,
}
