//! Events as sentences about the operator's world.
