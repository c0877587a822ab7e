//! What an instance has counted.

use super::state::DropReason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counters of one instance, from its start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Adverts sent, each destination counted.
    pub adverts_sent: u64,
    /// Valid adverts received.
    pub adverts_received: u64,
    /// Adverts with priority 0 sent.
    pub resigned_sent: u64,
    /// Adverts with priority 0 received.
    pub resigned_received: u64,
    /// Times it became master.
    pub became_master: u64,
    /// Times it stopped being master.
    pub left_master: u64,
    /// Gratuitous ARP and unsolicited neighbour advertisement frames sent.
    pub announcements_sent: u64,
    /// Packets that were not accepted (and, for [`DropReason::AddressList`], only noticed).
    pub dropped: BTreeMap<DropReason, u64>,
}
