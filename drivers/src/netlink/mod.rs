//! Routing netlink: commands on one socket, the monitor on another.
