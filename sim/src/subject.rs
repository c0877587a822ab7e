//! What the world runs: an engine that can be saved and restored.

use keepalived_core::Engine;
use keepalived_core::vrrp::{Input, Output, Vrrp};

/// An engine with the inputs and outputs of [`Vrrp`]: the real one, or one broken on purpose.
pub trait Subject: for<'a> Engine<Input<'a> = Input<'a>, Output = Output> {
    /// Its whole state.
    ///
    /// # Errors
    /// A text that says why it cannot be saved.
    fn save(&self) -> Result<Vec<u8>, String>;

    /// An engine with the state that was saved.
    ///
    /// # Errors
    /// A text that says why it cannot be restored.
    fn restore(saved: &[u8]) -> Result<Self, String>
    where
        Self: Sized;
}

impl Subject for Vrrp {
    fn save(&self) -> Result<Vec<u8>, String> {
        postcard::to_stdvec(self).map_err(|error| error.to_string())
    }

    fn restore(saved: &[u8]) -> Result<Vrrp, String> {
        postcard::from_bytes(saved).map_err(|error| error.to_string())
    }
}
