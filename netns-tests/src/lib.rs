//! Real daemons on a real kernel: network namespaces as machines, bridges as switches, veth pairs as cables.
//!
//! ```no_run
//! use keepalived_netns_tests::prelude::*;
//!
//! // #[test]
//! fn the_backup_takes_over() {
//!     in_sandbox(|| {
//!         let world = World::lan(&["a", "b"]);
//!         let vi = Instance::new(51).vip("10.0.0.100/24");
//!         let mut a = Daemon::start(&world, "a", Implementation::Ours, &vi.clone().priority(150).config());
//!         let _b = Daemon::start(&world, "b", Implementation::Ours, &vi.config());
//!         world.await_master("a", "10.0.0.100");
//!         a.kill();
//!         world.await_takeover("b", "10.0.0.100", vi.master_down());
//!     });
//! }
//! ```
//!
//! A harness fails by panicking: what goes wrong here is a test's failure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod address;
pub mod capture;
pub mod config;
pub mod daemon;
pub mod decode;
pub mod frames;
pub mod lvs;
pub mod namespace;
pub mod sandbox;
pub mod script;
pub mod wait;
pub mod world;

/// What nearly every test needs.
pub mod prelude {
    pub use crate::capture::{Frame, Stamp, now};
    pub use crate::config::{Instance, file};
    pub use crate::daemon::{Daemon, Implementation};
    pub use crate::decode::{Advert, Seen};
    pub use crate::frames::{Forged, Injector};
    pub use crate::sandbox::in_sandbox;
    pub use crate::script::Recorder;
    pub use crate::wait::{SLACK, assert_apart, assert_took, holds, tolerance, wait_until};
    pub use crate::world::World;
    pub use std::time::Duration;
}
