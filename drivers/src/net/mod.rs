//! Packets: raw sockets of protocol 112 for adverts, one packet socket for announcements.
