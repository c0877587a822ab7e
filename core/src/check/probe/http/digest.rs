//! MD5 of bytes as they come (RFC 1321).

use md5::digest::common::hazmat::SerializableState;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A sum of what has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Digest(Md5);

impl Digest {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn value(&self) -> [u8; 16] {
        self.0.clone().finalize().into()
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.serialize() == other.0.serialize()
    }
}

impl Eq for Digest {}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize().as_slice().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let state = Vec::<u8>::deserialize(deserializer)?;
        let state = state.as_slice().try_into().map_err(|_| de::Error::custom("a digest of another length"))?;
        Md5::deserialize(state).map(Digest).map_err(|_| de::Error::custom("no state of a digest"))
    }
}
