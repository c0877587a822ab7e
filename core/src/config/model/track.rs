//! What can be tracked, and by what weight.

use serde::{Deserialize, Serialize};

/// What a tracked object means to a priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// 0: its failure is a fault. Otherwise added to the priority while up (positive) or while down (negative); -253 to 253.
    pub value: i16,
    /// `reverse`: up counts as down, and down as up.
    pub reverse: bool,
}

/// One of `track_interface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackInterface {
    /// Its name.
    pub name: String,
    /// 0: its failure is a fault. Otherwise added to the priority while up (positive) or while down (negative); -253 to 253.
    pub weight: i16,
    /// `reverse`: up counts as down, and down as up.
    pub reverse: bool,
}
