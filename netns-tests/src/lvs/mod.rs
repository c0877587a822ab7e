//! What a load balancer needs around it: real servers, clients that ask, and the kernel's table as `ipvsadm` tells it.

pub mod client;
pub mod config;
pub mod count;
pub mod farm;
pub mod server;
pub mod table;

/// What nearly every test of the load balancer needs.
pub mod prelude {
    pub use crate::lvs::client::{Asker, Kept, ask};
    pub use crate::lvs::config::{Real, Virtual};
    pub use crate::lvs::farm::{Family, Farm, Method};
    pub use crate::lvs::server::{Manner, Server};
    pub use crate::lvs::table::{Saved, needs_ipvs};
    pub use crate::prelude::*;
}
