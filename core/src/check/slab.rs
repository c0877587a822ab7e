//! Things by small numbers that stay the same while the thing is there.

use serde::{Deserialize, Serialize};

/// Places for things. A place that was left is used again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(super) fn insert(&mut self, thing: T) -> u32 {
        if let Some(id) = self.free.pop()
            && let Some(place) = self.places.get_mut(id as usize)
        {
            *place = Some(thing);
            return id;
        }
        self.places.push(Some(thing));
        u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<T> {
        let thing = self.places.get_mut(id as usize)?.take()?;
        self.free.push(id);
        Some(thing)
    }

    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.places.get(id as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.places.get_mut(id as usize)?.as_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(&self.places).filter_map(|(id, place)| Some((id, place.as_ref()?)))
    }

    pub(super) fn ids(&self) -> Vec<u32> {
        self.iter().map(|(id, _)| id).collect()
    }
}
