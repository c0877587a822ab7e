//! Known and not built yet: everything else that keepalived 2.4.3, its forks or its 1.x manual know.

use super::{Arg, INSTANCE, Keyword, Path, ROOT, later};
use std::sync::LazyLock;

/// Keywords of one block from whose absence the same follows.
struct Group {
    block: Path,
    effect: &'static str,
    /// Whether they are blocks wherever they stand.
    blocks: bool,
    names: &'static [&'static str],
}

const fn group(block: Path, effect: &'static str, names: &'static [&'static str]) -> Group {
    Group { block, effect, blocks: false, names }
}

const fn blocks(block: Path, effect: &'static str, names: &'static [&'static str]) -> Group {
    Group { block, effect, blocks: true, names }
}

static KEYWORDS: LazyLock<Vec<Keyword>> = LazyLock::new(|| GROUPS.iter().flat_map(Group::keywords).collect());

impl Group {
    fn keywords(&self) -> impl Iterator<Item = Keyword> {
        let arg = if self.blocks { Arg::AnyBlock } else { Arg::Anything };
        self.names.iter().map(move |name| Keyword { arg, ..later(self.block, name, self.effect) })
    }
}

pub(super) fn keywords() -> &'static [Keyword] {
    &KEYWORDS
}

#[rustfmt::skip]
const GROUPS: &[Group] = &[
    blocks(ROOT, "static addresses, routes and rules are not made", &[
        "track_group", "static_ipaddress", "static_routes", "static_rules",
    ]),
    group("track_group", "static addresses do not follow groups", &["group"]),
    group(INSTANCE, "these are not made", &["virtual_routes", "virtual_rules"]),
];
