//! What is known of one address: as the kernel has it, and as we want it.

use super::{AddressKey, Owner, RETRY, RETRY_MAX};
use crate::kernel::{Address, AddressFlags, AddressSpec, PROTO_KEEPALIVED};
use crate::time::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An address that the kernel has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Observed {
    /// Order of appearance: the first address of an interface is its primary one.
    pub(super) seq: u64,
    pub(super) address: Address,
}

/// The command that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Doing {
    Nothing,
    Adding,
    Deleting,
}

/// An address that instances name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Managed {
    pub(super) spec: AddressSpec,
    /// Instances whose configuration names it.
    pub(super) users: BTreeSet<Owner>,
    /// Those of them that are master.
    pub(super) wanted_by: BTreeSet<Owner>,
    /// Those that know it is there.
    pub(super) told: BTreeSet<Owner>,
    pub(super) doing: Doing,
    /// What the monitor last told while a command was under way: it may be newer than the command's answer.
    pub(super) news: Option<bool>,
    /// How it was added, where we added it.
    pub(super) applied: Option<AddressSpec>,
    /// How it is being added.
    pub(super) adding: Option<AddressSpec>,
    pub(super) retry_at: Option<Time>,
    /// It was there for us, and vanished without us: told once it is back.
    pub(super) lost: bool,
    pub(super) conflict_told: bool,
    /// Refusals in a row.
    pub(super) refusals: u32,
    /// When it was last removed though it was not ours: whoever adds it again and again is not fought at full speed.
    pub(super) cleaned_at: Option<Time>,
}

impl Managed {
    pub(super) fn new(spec: AddressSpec) -> Managed {
        Managed {
            spec,
            users: BTreeSet::new(),
            wanted_by: BTreeSet::new(),
            told: BTreeSet::new(),
            doing: Doing::Nothing,
            retry_at: None,
            lost: false,
            conflict_told: false,
            news: None,
            applied: None,
            adding: None,
            refusals: 0,
            cleaned_at: None,
        }
    }

    pub(super) fn release(&mut self, owner: Owner) {
        self.wanted_by.remove(&owner);
        self.told.remove(&owner);
        if self.wanted_by.is_empty() {
            self.lost = false;
            self.refusals = 0;
        }
    }

    /// How long to wait after one refusal more.
    pub(super) fn refused(&mut self) -> Duration {
        self.refusals += 1;
        RETRY.saturating_mul(1 << (self.refusals - 1).min(5)).min(RETRY_MAX)
    }
}

/// As much of an address as its key says.
pub(super) fn bare_spec(key: AddressKey) -> AddressSpec {
    AddressSpec {
        index: key.index,
        ip: key.ip,
        prefix: key.prefix,
        scope: 0,
        broadcast: None,
        label: None,
        peer: None,
        flags: AddressFlags::default(),
    }
}

/// What the monitor is about to tell of an address that was just added.
pub(super) fn seen_as(spec: &AddressSpec) -> Address {
    Address {
        index: spec.index,
        ip: spec.ip,
        prefix: spec.prefix,
        scope: spec.scope,
        proto: Some(PROTO_KEEPALIVED),
        tentative: false,
        dad_failed: false,
        secondary: false,
    }
}
