//! A configuration with every value typed, every default applied and every reference resolved.

use crate::kernel::AddressFlags;
use crate::net::{AdvertInterval, Family, Name, Priority, Version, Vrid};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// All that a configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// `global_defs`
    pub global: Global,
    /// `vrrp_instance`, in the file's order. Names are unique.
    pub instances: Vec<InstanceConfig>,
    /// `vrrp_sync_group`, in the file's order. Names are unique, and an instance is in one group at most.
    pub sync_groups: Vec<SyncGroupConfig>,
}

/// What concerns the whole daemon; all that instances inherit has been applied to them already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Global {
    /// `router_id`: the machine's name in mails and traps.
    pub router_id: Option<String>,
    /// `vrrp_startup_delay`: instances leave INIT only this long after the start.
    pub startup_delay: Duration,
    /// `script_user`: who runs scripts that name nobody themselves.
    pub script_user: Option<Credentials>,
    /// `enable_script_security`: a script run by root must not be writable by others.
    pub script_security: bool,
}

/// A user and, where not the user's own, a group, by name or number; resolved by the driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// User name or number.
    pub user: String,
    /// Group name or number.
    pub group: Option<String>,
}

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The program and its arguments; never empty.
    pub argv: Vec<String>,
    /// Who runs it; `None`: the global script user, or the daemon's default.
    pub user: Option<Credentials>,
}

/// `vrrp_instance`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceConfig {
    /// Its name.
    pub name: Name,
    /// `state`: where it wants to begin.
    pub state: InitialState,
    /// `interface`: where adverts are sent and heard.
    pub interface: String,
    /// `virtual_router_id`
    pub vrid: Vrid,
    /// `priority`
    pub priority: Priority,
    /// `advert_int`
    pub advert_interval: AdvertInterval,
    /// `version`
    pub version: Version,
    /// The family of adverts, decided by the first of `addresses` (or `native_ipv6`).
    pub family: Family,
    /// `virtual_ipaddress`: carried in adverts.
    pub addresses: Vec<VirtualAddress>,
    /// `virtual_ipaddress_excluded`: held with the others, not carried in adverts; of either family.
    pub excluded: Vec<VirtualAddress>,
    /// False with `nopreempt`.
    pub preempt: bool,
    /// `preempt_delay`: how long a lower master is tolerated.
    pub preempt_delay: Duration,
    /// `mcast_src_ip` or `unicast_src_ip`; `None`: the interface's first address.
    pub source: Option<IpAddr>,
    /// To whom adverts go.
    pub transport: Transport,
    /// How addresses are announced.
    pub garp: Garp,
    /// `track_interface`, without the instance's own.
    pub track_interfaces: Vec<TrackInterface>,
    /// False with `dont_track_primary`: the own interface's state is no fault.
    pub track_primary: bool,
    /// `authentication` with `auth_type PASS`; version 2 only.
    pub auth: Option<AuthPass>,
    /// `skip_check_adv_addr`: the address list of a master's advert is checked only when the sender changes.
    pub skip_check_adv_addr: bool,
    /// `higher_prio_send_advert`: a master that hears a higher one sends a last advert. Accepted, and without effect: it always does.
    pub higher_prio_send_advert: bool,
    /// `lower_prio_no_advert`: a master that hears a lower one stays silent until its next turn.
    pub lower_prio_no_advert: bool,
    /// `check_unicast_src`: a unicast advert must come from a configured peer.
    pub check_unicast_src: bool,
    /// `v3_checksum_as_v2` turned round: whether the version 3 IPv4 checksum covers the pseudo-header (RFC 9568) until a
    /// peer has shown which kind it sends.
    pub v3_checksum_pseudo_header: bool,
    /// `notify*`
    pub notify: NotifyScripts,
}

impl InstanceConfig {
    /// An instance with the C version's defaults: multicast, an advert every second, priority 100, version 2 for IPv4 and 3 for IPv6.
    #[must_use]
    pub fn new(name: &str, interface: &str, vrid: Vrid, addresses: Vec<VirtualAddress>) -> InstanceConfig {
        let family = addresses.first().map_or(Family::V4, |address| Family::of(address.ip));
        InstanceConfig {
            name: name.into(),
            state: InitialState::Backup,
            interface: interface.to_owned(),
            vrid,
            priority: Priority::DEFAULT,
            advert_interval: AdvertInterval::DEFAULT,
            version: match family {
                Family::V4 => Version::V2,
                Family::V6 => Version::V3,
            },
            family,
            addresses,
            excluded: Vec::new(),
            preempt: true,
            preempt_delay: Duration::ZERO,
            source: None,
            transport: Transport::Multicast { group: family.vrrp_group() },
            garp: Garp::default(),
            track_interfaces: Vec::new(),
            track_primary: true,
            auth: None,
            skip_check_adv_addr: false,
            higher_prio_send_advert: false,
            lower_prio_no_advert: false,
            check_unicast_src: false,
            v3_checksum_pseudo_header: true,
            notify: NotifyScripts::default(),
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

/// An address that moves with mastership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualAddress {
    /// The address.
    pub ip: IpAddr,
    /// Its prefix length, the host prefix by default.
    pub prefix: u8,
    /// `dev`: where it is put; `None`: the instance's interface.
    pub device: Option<String>,
    /// `brd`: `IFA_BROADCAST`; none unless asked for.
    pub broadcast: Option<Ipv4Addr>,
    /// `scope`: `RT_SCOPE_*`, 0 (global) by default.
    pub scope: u8,
    /// `label`
    pub label: Option<String>,
    /// `peer`
    pub peer: Option<IpAddr>,
    /// `nodad`, `home`, `noprefixroute` and the like.
    pub flags: AddressFlags,
}

impl VirtualAddress {
    /// An address on the instance's interface, with nothing else asked for.
    #[must_use]
    pub fn new(ip: IpAddr, prefix: u8) -> VirtualAddress {
        let (device, broadcast, label, peer) = Default::default();
        VirtualAddress { ip, prefix, device, broadcast, scope: 0, label, peer, flags: AddressFlags::default() }
    }
}

impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.prefix)?;
        if let Some(device) = &self.device {
            write!(f, " dev {device}")?;
        }
        Ok(())
    }
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

/// One of `track_interface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackInterface {
    /// Its name.
    pub name: String,
    /// 0: its failure is a fault. Otherwise added to the priority while up (positive) or while down (negative); -253 to 253.
    pub weight: i16,
    /// `reverse`: up counts as down, and down as up.
    pub reverse: bool,
}

/// The password of `authentication PASS`: at most 8 bytes, padded with zeros. Never printed, never recorded.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthPass(pub [u8; 8]);

impl fmt::Debug for AuthPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthPass(..)")
    }
}

/// `notify_*` of an instance or a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyScripts {
    /// `notify_master`
    pub master: Option<Script>,
    /// `notify_backup`
    pub backup: Option<Script>,
    /// `notify_fault`
    pub fault: Option<Script>,
    /// `notify_stop`
    pub stop: Option<Script>,
    /// `notify`: for every change, with arguments.
    pub any: Option<Script>,
}

impl NotifyScripts {
    /// All of them.
    pub fn scripts_mut(&mut self) -> impl Iterator<Item = &mut Script> {
        [&mut self.master, &mut self.backup, &mut self.fault, &mut self.stop, &mut self.any].into_iter().flatten()
    }
}

impl Config {
    /// The scripts of all instances and groups.
    pub fn scripts_mut(&mut self) -> impl Iterator<Item = &mut Script> {
        let of_instances = self.instances.iter_mut().map(|instance| &mut instance.notify);
        let of_groups = self.sync_groups.iter_mut().map(|group| &mut group.notify);
        of_instances.chain(of_groups).flat_map(NotifyScripts::scripts_mut)
    }
}

/// `vrrp_sync_group`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncGroupConfig {
    /// Its name.
    pub name: Name,
    /// Its members' names; every one is an instance of the configuration.
    pub members: Vec<Name>,
    /// `track_interface` of the group: like the same in each member.
    pub track_interfaces: Vec<TrackInterface>,
    /// `notify*`
    pub notify: NotifyScripts,
}
