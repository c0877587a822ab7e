//! What else an instance can say.

use super::objects::{own_interface, tracking};
use super::{below, ip, maybe, pick, script, word};
use crate::config::model::*;
use crate::net::{Family, MacAddr, Priority, Version};
use core::time::Duration;
use quickcheck::{Arbitrary, Gen};

/// Adds it, so that nothing of it has to be put right.
pub(super) fn extend(g: &mut Gen, instance: &mut InstanceConfig, n: usize, config: &Config) {
    instance.tracking = tracking(g, config).into();
    instance.link = link(g, instance, n).into();
    instance.rules = rules(g, instance).into();
    if let Some((ip, _)) = instance.link.ipvlan.as_ref().and_then(|ipvlan| ipvlan.address) {
        instance.source = instance.source.or(Some(ip));
    }
    instance.rules.track_src_ip &= instance.source.is_some();
    if instance.rules.notify_deleted {
        instance.notify.deleted = maybe(g, script).map(Box::new);
    }
    instance.hmac = maybe(g, |g| Box::new(hmac(g)));
    if instance.hmac.is_some() {
        instance.auth = None;
    }
    if instance.rules.strict {
        strict(instance);
    }
}

fn link(g: &mut Gen, instance: &InstanceConfig, n: usize) -> LinkConfig {
    let name = own_interface(g, n);
    let group = maybe(g, word);
    let bytes = [2, u8::arbitrary(g), u8::arbitrary(g), u8::arbitrary(g), u8::arbitrary(g), u8::arbitrary(g)];
    let prefix = [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]];
    let macs = [VmacAddress::Rfc, VmacAddress::Prefix(prefix), VmacAddress::Is(MacAddr(bytes))];
    let vmac = |g: &mut Gen| Vmac {
        name: name.clone(),
        mac: pick(g, &macs),
        group: group.clone(),
        netlink_notify: bool::arbitrary(g),
    };
    let vmac = maybe(g, vmac);
    let kinds = [IpvlanKind::Bridge, IpvlanKind::Private, IpvlanKind::Vepa];
    let ipvlan = |g: &mut Gen| Ipvlan {
        name: name.clone(),
        address: maybe(g, |g| (ip(g, instance.family), u8::arbitrary(g) % (instance.family.host_prefix() + 1))),
        kind: maybe(g, |g| pick(g, &kinds)),
        group: group.clone(),
    };
    let ipvlan = if vmac.is_none() { maybe(g, ipvlan) } else { None };
    let unicast = matches!(instance.transport, Transport::Unicast { .. });
    LinkConfig {
        xmit_base: vmac.is_some() && (unicast || bool::arbitrary(g)),
        vmac,
        vmac_addr: bool::arbitrary(g),
        ipvlan,
        vrf: None,
        promote_secondaries: bool::arbitrary(g),
        linkbeat_use_polling: bool::arbitrary(g),
    }
}

fn rules(g: &mut Gen, instance: &InstanceConfig) -> Rules {
    Rules {
        strict: below(g, 4) == 0,
        accept: bool::arbitrary(g),
        down_timer_adverts: below(g, 100) as u8 + 1,
        timer_expired_backup: if instance.preempt { None } else { maybe(g, |g| below(g, 254) as u8 + 1) },
        owner_ignore_adverts: instance.priority == Priority::OWNER && bool::arbitrary(g),
        unicast_fault_no_peer: matches!(instance.transport, Transport::Unicast { .. }) && bool::arbitrary(g),
        old_unicast_checksum: maybe(g, |g| pick(g, &[OldChecksum::Always, OldChecksum::Never])),
        track_src_ip: bool::arbitrary(g),
        no_virtual_ipaddress: bool::arbitrary(g),
        kernel_rx_buf_size: maybe(g, u32::arbitrary),
        garp_extra: GarpExtra { interval: Duration::from_secs(below(g, 86_401) as u64), all: bool::arbitrary(g) },
        smtp_alert: bool::arbitrary(g),
        notify_deleted: bool::arbitrary(g),
        notify_priority_changes: bool::arbitrary(g),
        debug: below(g, 5) as u8,
    }
}

fn hmac(g: &mut Gen) -> HmacConfig {
    let keys: Vec<HmacKey> = (0..1 + below(g, 3))
        .map(|n| HmacKey {
            id: n as u8 + 1,
            secret: if bool::arbitrary(g) {
                HmacSecret::Bytes((0..32 + below(g, 33)).map(|_| u8::arbitrary(g)).collect())
            } else {
                HmacSecret::File(word(g))
            },
        })
        .collect();
    HmacConfig {
        active_key: maybe(g, |g| pick(g, &keys).id),
        keys,
        time_window: maybe(g, |g| Duration::from_secs(below(g, 300) as u64 + 1)),
        anti_replay: pick(g, &[AntiReplay::Time, AntiReplay::Monotonic]),
        mode: pick(g, &[HmacMode::Enforce, HmacMode::Permissive, HmacMode::ReceiveOnly]),
    }
}

/// As the RFC would have it.
fn strict(instance: &mut InstanceConfig) {
    let owner = instance.priority == Priority::OWNER;
    if matches!(instance.transport, Transport::Unicast { .. }) {
        instance.transport = Transport::Multicast { group: instance.family.vrrp_group() };
        instance.check_unicast_src = false;
        instance.rules.unicast_fault_no_peer = false;
    }
    instance.state = if owner { InitialState::Master } else { InitialState::Backup };
    instance.auth = None;
    instance.preempt_delay = Duration::ZERO;
    instance.garp.lower_prio_repeat = 0;
    instance.garp.lower_prio_delay = Duration::ZERO;
    instance.lower_prio_no_advert = true;
    instance.rules.down_timer_adverts = 3;
    instance.rules.accept &= owner || instance.version != Version::V2 || instance.family == Family::V6;
    instance.rules.owner_ignore_adverts = owner;
    instance.rules.no_virtual_ipaddress = false;
    instance.link.xmit_base = false;
    if let Some(vmac) = &mut instance.link.vmac {
        vmac.mac = VmacAddress::Rfc;
    }
    if let Some(hmac) = &mut instance.hmac {
        hmac.mode = HmacMode::Enforce;
    }
}
