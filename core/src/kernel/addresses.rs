//! Addresses, reconciled by level.
