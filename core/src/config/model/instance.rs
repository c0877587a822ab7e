//! Parts of a virtual router: its link, its rules, its keys.

use super::choices;
use crate::net::MacAddr;
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Where an instance's addresses are, if not on the interface that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkConfig {
    /// `use_vmac`: on a virtual interface with a hardware address of its own.
    pub vmac: Option<Vmac>,
    /// `use_vmac_addr`: addresses with a `dev` of another interface are on a virtual interface, too.
    pub vmac_addr: bool,
    /// `vmac_xmit_base`: adverts leave by the real interface.
    pub xmit_base: bool,
    /// `use_ipvlan`: on a virtual interface that shares the hardware address.
    pub ipvlan: Option<Ipvlan>,
    /// `vrf`
    pub vrf: Option<String>,
    /// `promote_secondaries`: other addresses of a subnet stay when its first one goes.
    pub promote_secondaries: bool,
    /// `linkbeat_use_polling`
    pub linkbeat_use_polling: bool,
}

/// `use_vmac`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vmac {
    /// The interface's name; `None`: `vmac_prefix` and numbers.
    pub name: Option<String>,
    /// Its hardware address.
    pub mac: VmacAddress,
    /// Its interface group, by name or number.
    pub group: Option<String>,
    /// `netlink_notify_msg`: traffic goes where other machines learn from, at once.
    pub netlink_notify: bool,
}

/// The hardware address of a virtual interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VmacAddress {
    /// The virtual router's (RFC 9568 section 7.3).
    #[default]
    Rfc,
    /// These five bytes and the virtual router identifier.
    Prefix([u8; 5]),
    /// This one.
    Is(MacAddr),
}

/// `use_ipvlan`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipvlan {
    /// The interface's name; `None`: `vmac_prefix` and numbers.
    pub name: Option<String>,
    /// An address of its own and its prefix length, the source of adverts where no other is given.
    pub address: Option<(IpAddr, u8)>,
    /// How interfaces on the same link reach each other.
    pub kind: Option<IpvlanKind>,
    /// Its interface group, by name or number.
    pub group: Option<String>,
}

choices! {
    /// How ipvlan interfaces on the same link reach each other.
    IpvlanKind {
        /// Directly.
        Bridge = "bridge",
        /// Not at all.
        Private = "private",
        /// By way of the switch.
        Vepa = "vepa",
    }
}

/// How closely an instance keeps to the RFC, and what else there is to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// `strict_mode`: nothing but what the RFC allows.
    pub strict: bool,
    /// False with `no_accept`: nobody reaches the addresses of a master that is not their owner.
    pub accept: bool,
    /// `down_timer_adverts`: so many missing adverts make a backup master.
    pub down_timer_adverts: u8,
    /// `timer_expired_backup`: a backup that slept waits as long as one of this priority would.
    pub timer_expired_backup: Option<u8>,
    /// `owner_ignore_adverts`: the owner of the addresses listens to nobody.
    pub owner_ignore_adverts: bool,
    /// `unicast_fault_no_peer`: without peers the instance is in FAULT.
    pub unicast_fault_no_peer: bool,
    /// `old_unicast_checksum`; `None`: found out.
    pub old_unicast_checksum: Option<OldChecksum>,
    /// `track_src_ip`: the loss of the source address is a fault.
    pub track_src_ip: bool,
    /// `no_virtual_ipaddress`: that there are no addresses is meant.
    pub no_virtual_ipaddress: bool,
    /// `kernel_rx_buf_size`, in bytes.
    pub kernel_rx_buf_size: Option<u32>,
    /// `garp_extra_if`
    pub garp_extra: GarpExtra,
    /// `smtp_alert`
    pub smtp_alert: bool,
    /// `notify_deleted`: a reload that removes the instance tells DELETED, not FAULT.
    pub notify_deleted: bool,
    /// `notify_priority_changes`
    pub notify_priority_changes: bool,
    /// `debug`
    pub debug: u8,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            strict: false,
            accept: true,
            down_timer_adverts: 3,
            timer_expired_backup: None,
            owner_ignore_adverts: false,
            unicast_fault_no_peer: false,
            old_unicast_checksum: None,
            track_src_ip: false,
            no_virtual_ipaddress: false,
            kernel_rx_buf_size: None,
            garp_extra: GarpExtra::default(),
            smtp_alert: false,
            notify_deleted: false,
            notify_priority_changes: false,
            debug: 0,
        }
    }
}

choices! {
    /// How version 3 unicast checksums are made.
    OldChecksum {
        /// As in keepalived 1.4.
        Always = "",
        /// As in the RFC.
        Never = "never",
    }
}

/// `garp_extra_if`: announcements on further interfaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GarpExtra {
    /// How often; zero: never.
    pub interval: Duration,
    /// On all interfaces on the way down, not on the lowest only.
    pub all: bool,
}

/// `auth_hmac`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HmacConfig {
    /// `key`; each id once.
    pub keys: Vec<HmacKey>,
    /// `active_key`: the one of `keys` that signs; `None`: nothing is signed.
    pub active_key: Option<u8>,
    /// `time_window`; `None`: three adverts, and 5 s at least.
    pub time_window: Option<Duration>,
    /// `anti_replay`
    pub anti_replay: AntiReplay,
    /// `mode`
    pub mode: HmacMode,
}

/// A key of `auth_hmac`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HmacKey {
    /// Its number in adverts, 1 to 255.
    pub id: u8,
    /// The key itself.
    pub secret: HmacSecret,
}

/// A key, or where it is. Never printed, never recorded.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HmacSecret {
    /// 32 to 64 bytes.
    Bytes(Vec<u8>),
    /// The path of a file that holds it.
    File(String),
}

impl fmt::Debug for HmacSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HmacSecret::Bytes(_) => f.write_str("Bytes(..)"),
            HmacSecret::File(path) => write!(f, "File({path:?})"),
        }
    }
}

choices! {
    /// What old adverts are recognised by.
    #[derive(Default)]
    AntiReplay {
        /// The time in them.
        #[default]
        Time = "time",
        /// Their number.
        Monotonic = "monotonic",
    }
}

choices! {
    /// What becomes of adverts without a right hash.
    #[derive(Default)]
    HmacMode {
        /// They are dropped.
        #[default]
        Enforce = "enforce",
        /// They are taken if they carry no hash at all.
        Permissive = "permissive",
        /// They are taken so, and none is sent.
        ReceiveOnly = "receive-only",
    }
}
