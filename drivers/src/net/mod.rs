//! Packets: raw sockets of protocol 112 for adverts, one packet socket for announcements.
//!
//! Adverts are read and written in batches of one system call, into and from memory that is allocated once.

pub(crate) mod advert;
pub(crate) mod announce;
pub(crate) mod ipv4;
pub(crate) mod receive;
mod send;
mod sys;

pub(crate) use send::errno;
pub(crate) use sys::switch_on;

/// `IPPROTO_VRRP` (RFC 9568 section 9).
const PROTOCOL_VRRP: u8 = 112;

/// TOS and traffic class of adverts: internetwork control (CS6).
const TRAFFIC_CLASS: u8 = 0xc0;

/// `TC_PRIO_CONTROL` of `linux/pkt_sched.h`: goes out first where the interface has a queue. With a header of our own the
/// kernel does not derive it from [`TRAFFIC_CLASS`].
const QUEUE_PRIORITY: u32 = 7;
