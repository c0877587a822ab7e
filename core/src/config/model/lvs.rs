//! The load balancer: virtual and real servers.

use serde::{Deserialize, Serialize};

/// All that concerns the load balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lvs {}
