//! Looking keywords up. Every word at the start of a line is, so this is made for speed.

use super::{Keyword, LINES, Path, ROOT, Standing, all};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

struct Index {
    /// Open addressing: a keyword is in the first free slot at or after that of its hash.
    slots: Vec<Option<&'static Keyword>>,
    by_place: BTreeMap<(Path, &'static str), &'static Keyword>,
    blocks_of: BTreeMap<&'static str, Vec<Path>>,
    /// Blocks that are, or are inside, one of which nothing comes yet. There are few.
    not_yet: Vec<Path>,
    /// The same beside each slot.
    slots_not_yet: Vec<bool>,
    /// Lengths of the names that begin a section, as bits, by their first letter: most words can be told by that.
    sections: [u64; 256],
}

/// The letter and the bit of a name.
fn shape(name: &str) -> (usize, u64) {
    (usize::from(name.bytes().next().unwrap_or(0)), 1 << (name.len() % 64))
}

/// FNV-1a of the name, with a little of the block: names are in few blocks.
fn hash(block: &str, name: &str) -> usize {
    let seed = 0xcbf2_9ce4_8422_2325 ^ ((block.len() as u64) << 8) ^ u64::from(block.bytes().last().unwrap_or(0));
    name.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) as usize
}

impl Index {
    fn new() -> Index {
        let count = all().count();
        let mut index = Index {
            slots: vec![None; (count * 4).next_power_of_two()],
            by_place: BTreeMap::new(),
            blocks_of: BTreeMap::new(),
            not_yet: Vec::new(),
            slots_not_yet: Vec::new(),
            sections: [0; 256],
        };
        let mut blocks = BTreeSet::new();
        for keyword in all() {
            if index.find(keyword.block, keyword.name).is_none() {
                let (mask, mut at) = (index.slots.len() - 1, hash(keyword.block, keyword.name));
                while index.slots[at & mask].is_some() {
                    at = at.wrapping_add(1);
                }
                index.slots[at & mask] = Some(keyword);
            }
            index.by_place.entry((keyword.block, keyword.name)).or_insert(keyword);
            let blocks_of = index.blocks_of.entry(keyword.name).or_default();
            if !blocks_of.contains(&keyword.block) {
                blocks_of.push(keyword.block);
            }
            blocks.insert(keyword.block);
            if keyword.block == ROOT && keyword.arg.has_block() {
                let (letter, length) = shape(keyword.name);
                index.sections[letter] |= length;
            }
        }
        let opens = |block: &str| {
            let (parent, name) = block.rsplit_once('/').unwrap_or((ROOT, block));
            index.find(parent, name).is_some_and(|k| matches!(k.standing, Standing::NotYet(_)))
        };
        let ends = |block: Path| block.match_indices('/').map(|(at, _)| at).chain([block.len()]);
        index.not_yet = blocks.into_iter().filter(|block| ends(block).any(|end| opens(&block[..end]))).collect();
        let of = |slot: &Option<&Keyword>| slot.is_some_and(|k| index.not_yet.contains(&k.block));
        index.slots_not_yet = index.slots.iter().map(of).collect();
        index
    }

    fn slot(&self, block: &str, name: &str) -> Option<usize> {
        let (mask, mut at) = (self.slots.len() - 1, hash(block, name));
        while let Some(keyword) = self.slots[at & mask] {
            if keyword.name == name && keyword.block == block {
                return Some(at & mask);
            }
            at = at.wrapping_add(1);
        }
        None
    }

    fn find(&self, block: &str, name: &str) -> Option<&'static Keyword> {
        self.slots[self.slot(block, name)?]
    }
}

static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

/// The keyword `name` of `block`.
#[must_use]
pub fn find(block: Path, name: &str) -> Option<&'static Keyword> {
    INDEX.find(block, name)
}

/// All keywords of `block`.
pub fn of(block: Path) -> impl Iterator<Item = &'static Keyword> {
    INDEX.by_place.range((block, "")..).take_while(move |((b, _), _)| *b == block).map(|(_, keyword)| *keyword)
}

/// Every name that begins a line, once, with one of the blocks it may stand in.
pub fn distinct() -> impl Iterator<Item = &'static Keyword> {
    INDEX.blocks_of.iter().filter_map(|(name, blocks)| find(blocks.iter().find(|b| !LINES.contains(b))?, name))
}

/// The blocks in which `name` may stand.
#[must_use]
pub fn blocks_of(name: &str) -> &'static [Path] {
    INDEX.blocks_of.get(name).map_or(&[], Vec::as_slice)
}

/// Whether `name` opens a block outside every block, and can stand nowhere else.
#[must_use]
pub fn begins_a_section(name: &str) -> bool {
    let (letter, length) = shape(name);
    INDEX.sections[letter] & length != 0
        && find(ROOT, name).is_some_and(|k| k.arg.has_block())
        && blocks_of(name).iter().all(|block| *block == ROOT || LINES.contains(block))
}

/// Whether `keyword` stands in, or deeper in, a block of which nothing comes yet.
#[must_use]
pub fn stands_in_not_yet(keyword: &Keyword) -> bool {
    INDEX.slot(keyword.block, keyword.name).is_some_and(|slot| INDEX.slots_not_yet[slot])
}

/// Whether `block` is, or is inside, a block of which nothing comes yet.
#[must_use]
pub fn is_inside_not_yet(block: Path) -> bool {
    INDEX.not_yet.contains(&block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_and_nothing_else() {
        for keyword in all() {
            let found = find(keyword.block, keyword.name);
            assert!(found.is_some_and(|found| (found.block, found.name) == (keyword.block, keyword.name)));
            assert!(blocks_of(keyword.name).contains(&keyword.block));
            assert_eq!(stands_in_not_yet(keyword), is_inside_not_yet(keyword.block));
        }
        for name in ["", "a", "vrrp_instanc", "PRIORITY"] {
            assert!(all().all(|keyword| find(keyword.block, name).is_none()), "{name}");
        }
        assert!(find("no_block", "priority").is_none());
    }

    /// A word is compared with few others, or the table is no use.
    #[test]
    fn chains_are_short() {
        let taken = |slot: &Option<&Keyword>| slot.is_some();
        let longest = INDEX.slots.split(|slot| !taken(slot)).map(<[_]>::len).max();
        assert!(longest < Some(12), "{longest:?}");
    }
}
