//! Virtual routers and their groups.

use super::{
    HmacConfig, LinkConfig, NotifyScripts, Route, Rule, Rules, Shared, TrackInterface, Tracking, VirtualAddress,
};
use crate::net::{AdvertInterval, Family, Name, Priority, Version, Vrid};
use core::fmt;
use core::net::IpAddr;
use core::ops::{Deref, DerefMut};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// `vrrp_instance`
///
/// What it has in common with others is kept once, in [`InstanceConfig::common`], and read and changed as if it stood here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceConfig {
    /// Its name.
    pub name: Name,
    /// `virtual_router_id`
    pub vrid: Vrid,
    /// `virtual_ipaddress`: carried in adverts.
    pub addresses: Vec<VirtualAddress>,
    /// `notify*`
    pub notify: Shared<NotifyScripts>,
    /// What it says in the same words as most others of a large file.
    pub common: Shared<InstanceSettings>,
}

/// What an instance says besides its name, its number, its addresses and its scripts, each of which has a place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSettings {
    /// `state`: where it wants to begin.
    pub state: InitialState,
    /// `interface`: where adverts are sent and heard.
    pub interface: String,
    /// `priority`
    pub priority: Priority,
    /// `advert_int`
    pub advert_interval: AdvertInterval,
    /// `version`
    pub version: Version,
    /// The family of adverts, decided by the first of the addresses (or `native_ipv6`).
    pub family: Family,
    /// `virtual_ipaddress_excluded`: held with the others, not carried in adverts; of either family.
    pub excluded: Vec<VirtualAddress>,
    /// `virtual_routes`: they come and go with mastership.
    pub virtual_routes: Vec<Route>,
    /// `virtual_rules`: they come and go with mastership.
    pub virtual_rules: Vec<Rule>,
    /// False with `nopreempt`.
    pub preempt: bool,
    /// `preempt_delay`: how long a lower master is tolerated.
    pub preempt_delay: Duration,
    /// `mcast_src_ip` or `unicast_src_ip`; `None`: the interface's first address.
    pub source: Option<IpAddr>,
    /// To whom adverts go.
    pub transport: Transport,
    /// How addresses are announced.
    pub garp: Shared<Garp>,
    /// `track_interface`, without the instance's own.
    pub track_interfaces: Vec<TrackInterface>,
    /// False with `dont_track_primary`: the own interface's state is no fault.
    pub track_primary: bool,
    /// `authentication` with `auth_type PASS`; version 2 only.
    pub auth: Option<AuthPass>,
    /// `skip_check_adv_addr`: the address list of a master's advert is checked only when the sender changes.
    pub skip_check_adv_addr: bool,
    /// `lower_prio_no_advert`: a master that hears a lower one stays silent until its next turn.
    pub lower_prio_no_advert: bool,
    /// `check_unicast_src`: a unicast advert must come from a configured peer.
    pub check_unicast_src: bool,
    /// `v3_checksum_as_v2` turned round: whether the version 3 IPv4 checksum covers the pseudo-header (RFC 9568) until a
    /// peer has shown which kind it sends.
    pub v3_checksum_pseudo_header: bool,
    /// `track_script`, `track_file`, `track_process`, `track_bfd`
    pub tracking: Shared<Tracking>,
    /// The interface that addresses are on, where it is not the one that `interface` names.
    pub link: Shared<LinkConfig>,
    /// How closely it keeps to the RFC, and what else there is to choose.
    pub rules: Shared<Rules>,
    /// `auth_hmac`; never together with `auth`.
    pub hmac: Option<Box<HmacConfig>>,
}

impl Deref for InstanceConfig {
    type Target = InstanceSettings;

    fn deref(&self) -> &InstanceSettings {
        &self.common
    }
}

impl DerefMut for InstanceConfig {
    /// Whoever changes something gets settings of its own.
    fn deref_mut(&mut self) -> &mut InstanceSettings {
        &mut self.common
    }
}

impl InstanceConfig {
    /// An instance with the C version's defaults: multicast, an advert every second, priority 100, version 2 for IPv4 and 3 for IPv6.
    #[must_use]
    pub fn new(name: &str, interface: &str, vrid: Vrid, addresses: Vec<VirtualAddress>) -> InstanceConfig {
        let family = addresses.first().map_or(Family::V4, |address| Family::of(address.ip));
        let common = InstanceSettings::new(interface.to_owned(), family).into();
        InstanceConfig { name: name.into(), vrid, addresses, notify: Shared::default(), common }
    }

    /// The same, but for what `change` changes.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut InstanceConfig)) -> InstanceConfig {
        change(&mut self);
        self
    }
}

impl InstanceSettings {
    /// The C version's defaults.
    #[must_use]
    pub fn new(interface: String, family: Family) -> InstanceSettings {
        InstanceSettings {
            state: InitialState::Backup,
            interface,
            priority: Priority::DEFAULT,
            advert_interval: AdvertInterval::DEFAULT,
            version: match family {
                Family::V4 => Version::V2,
                Family::V6 => Version::V3,
            },
            family,
            excluded: Vec::new(),
            virtual_routes: Vec::new(),
            virtual_rules: Vec::new(),
            preempt: true,
            preempt_delay: Duration::ZERO,
            source: None,
            transport: Transport::Multicast { group: family.vrrp_group() },
            garp: Shared::default(),
            track_interfaces: Vec::new(),
            track_primary: true,
            auth: None,
            skip_check_adv_addr: false,
            lower_prio_no_advert: false,
            check_unicast_src: false,
            v3_checksum_pseudo_header: true,
            tracking: Shared::default(),
            link: Shared::default(),
            rules: Shared::default(),
            hmac: None,
        }
    }
}

/// Where an instance wants to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum InitialState {
    /// Wait for silence first.
    #[default]
    Backup,
    /// Take over soon, unless somebody higher speaks.
    Master,
}

/// To whom adverts go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transport {
    /// To everybody on the link who joined `group`.
    Multicast {
        /// 224.0.0.18, ff02::12 or `vrrp_mcast_group4`/`6`.
        group: IpAddr,
    },
    /// To each of `peers` alone.
    Unicast {
        /// `unicast_peer`; of the instance's family.
        peers: Vec<UnicastPeer>,
        /// `unicast_ttl`: the TTL or hop limit of sent adverts, 255 by default.
        ttl: u8,
    },
}

/// One of `unicast_peer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnicastPeer {
    /// Its address.
    pub ip: IpAddr,
    /// `min_ttl`: the smallest TTL accepted from it.
    pub min_ttl: u8,
    /// `max_ttl`: the greatest.
    pub max_ttl: u8,
}

/// How and how often addresses are announced (gratuitous ARP, unsolicited neighbour advertisement).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Garp {
    /// `garp_master_delay`: the second burst comes this long after becoming master; zero: no second burst.
    pub delay: Duration,
    /// `garp_master_repeat`: announcements of each address in a burst.
    pub repeat: u32,
    /// `garp_master_refresh`: a burst as often as this while master; zero: never.
    pub refresh: Duration,
    /// `garp_master_refresh_repeat`: announcements of each address in a refresh.
    pub refresh_repeat: u32,
    /// `garp_lower_prio_delay`: the second burst after a lower master was heard.
    pub lower_prio_delay: Duration,
    /// `garp_lower_prio_repeat`: announcements after a lower master was heard.
    pub lower_prio_repeat: u32,
    /// `vrrp_garp_interval`: the least time between two ARP announcements on an interface.
    pub interval: Duration,
    /// `vrrp_gna_interval`: the same for neighbour advertisements.
    pub gna_interval: Duration,
}

impl Default for Garp {
    fn default() -> Self {
        Garp {
            delay: Duration::from_secs(5),
            repeat: 5,
            refresh: Duration::ZERO,
            refresh_repeat: 1,
            lower_prio_delay: Duration::from_secs(5),
            lower_prio_repeat: 5,
            interval: Duration::ZERO,
            gna_interval: Duration::ZERO,
        }
    }
}

/// The password of `authentication PASS`: at most 8 bytes, padded with zeros. Never printed, never recorded.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthPass(pub [u8; 8]);

impl fmt::Debug for AuthPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthPass(..)")
    }
}

/// `vrrp_sync_group`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncGroupConfig {
    /// Its name.
    pub name: Name,
    /// Its members' names; every one is an instance of the configuration.
    pub members: Vec<Name>,
    /// `track_interface` of the group: like the same in each member.
    pub track_interfaces: Vec<TrackInterface>,
    /// `notify*`
    pub notify: NotifyScripts,
    /// `track_script`, `track_file`, `track_process`, `track_bfd`
    pub tracking: Tracking,
    /// `sync_group_tracking_weight`: weights count.
    pub weights: bool,
    /// `smtp_alert`
    pub smtp_alert: bool,
    /// `notify_priority_changes`
    pub notify_priority_changes: bool,
}
