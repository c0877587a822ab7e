//! keepalived-sim
