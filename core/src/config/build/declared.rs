//! The names of instances, of which there can be tens of thousands.

use super::resolve::Built;
use super::{Given, Names};
use crate::config::diagnostic::Span;
use crate::net::Name;
use siphasher::sip::SipHasher13;

/// Which names are taken. Those of instances that are built are looked up where they are: a map would need as much memory as all else
/// that most instances have of their own. Nothing depends on the order of the places.
#[derive(Default)]
pub(super) struct Declared {
    /// Places by the hash of a name, a quarter of them free: 0, or one more than an index of `built`.
    places: Vec<u32>,
    taken: usize,
    /// The names of instances that could not be built.
    others: Names,
}

impl Declared {
    /// Where a name was declared.
    pub(super) fn get(&self, built: &[Built], name: &str) -> Option<Span> {
        let mut at = self.first(name);
        while let Some(place @ 1..) = self.places.get(at).copied() {
            let found = built.get(place as usize - 1)?;
            if *found.config.name == *name {
                return Some(found.name);
            }
            at = (at + 1) & (self.places.len() - 1);
        }
        self.others.get(name).copied()
    }

    /// Takes note of the last of `built`, whose name is new.
    pub(super) fn add_last(&mut self, built: &[Built]) {
        self.taken += 1;
        if 4 * self.taken > 3 * self.places.len() {
            // In place of the old ones, so that both are not there at the same time.
            self.places = Vec::new();
            self.places.resize((2 * self.taken).next_power_of_two(), 0);
            (1..).zip(built).for_each(|(place, built)| self.put(place, &built.config.name));
        } else if let (Some(last), Ok(place)) = (built.last(), u32::try_from(built.len())) {
            self.put(place, &last.config.name);
        }
    }

    fn put(&mut self, place: u32, name: &str) {
        let mut at = self.first(name);
        while self.places[at] != 0 {
            at = (at + 1) & (self.places.len() - 1);
        }
        self.places[at] = place;
    }

    /// Where the search for a name begins.
    fn first(&self, name: &str) -> usize {
        SipHasher13::new().hash(name.as_bytes()) as usize & self.places.len().wrapping_sub(1)
    }

    /// Takes note of the name of an instance that could not be built.
    pub(super) fn add_other(&mut self, name: Given<Name>) {
        self.others.insert(name.value, name.span);
    }

    /// All of them.
    pub(super) fn names(&self, built: &[Built]) -> Names {
        let mut names = self.others.clone();
        names.extend(built.iter().map(|built| (built.config.name.clone(), built.name)));
        names
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Source, parse};

    /// Each name is found, and the first place of it, whether the instance could be built or not.
    #[test]
    fn every_name_is_taken_once() {
        for count in [1, 2, 3, 12, 13, 1000] {
            let instance = |n: usize| match n % 5 {
                4 => format!("vrrp_instance VI_{n} {{\n}}\n"),
                _ => format!("vrrp_instance VI_{n} {{\n interface eth0\n virtual_router_id {}\n}}\n", n % 255 + 1),
            };
            let text: String = (0..count).chain(0..count).map(instance).collect();
            let parsed = parse(&Source::single("test.conf", text.as_str()));
            let twice: Vec<_> = parsed.diagnostics.iter().filter(|d| d.code == "duplicate-name").collect();
            assert_eq!(twice.len(), count);
            for (n, diagnostic) in twice.iter().enumerate() {
                let first = text.find(&format!(" VI_{n} ")).expect("it is there") + 1;
                assert_eq!(diagnostic.also[0].0.start(), first);
                assert_eq!(&text[diagnostic.span.start()..diagnostic.span.end()], format!("VI_{n}"));
            }
            assert_eq!(parsed.config.instances.len(), (0..count).filter(|n| n % 5 != 4).count());
        }
    }
}
