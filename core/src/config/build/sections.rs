//! What stands outside every block, by keyword.

use super::values::Value;
use super::{Context, Given, Item, Seen, walk};
use crate::config::ast::{Block, MANY, Top, Tree};
use crate::config::diagnostic::Span;
use crate::config::keywords;
use crate::config::lexer::{Phrase, Word};
use crate::config::pack::Packed;
use crate::net::Name;
use core::slice;
use std::collections::BTreeMap;

/// A block of keywords that stands outside every block.
pub(super) struct Section<'a> {
    /// The words between the keyword and the block.
    pub(super) words: &'a [Word],
    /// The keyword and its words.
    pub(super) span: Span,
    pub(super) block: &'a Block,
}

impl<'a> Section<'a> {
    fn of(item: &Item<'a>) -> Option<Section<'a>> {
        let (words, block) = match item.value {
            Value::Block(block) => (&[][..], block),
            Value::Form(words, block) => (words, block),
            _ => return None,
        };
        Some(Section { words, span: item.span, block })
    }

    /// Its name, which is the first of its words.
    pub(super) fn named(&self) -> Option<(Given<Name>, &'a Block)> {
        let word = self.words.first()?;
        Some((Given { value: Name::from(word.text.as_str()), span: word.span }, self.block))
    }
}

/// All sections.
pub(super) struct Sections<'a> {
    tree: &'a Tree,
    blocks: BTreeMap<&'static str, Vec<Section<'a>>>,
    /// Those of [`MANY`].
    many: BTreeMap<&'static str, Vec<Part<'a>>>,
    /// The lines of those without keywords.
    pub(super) lists: Vec<(&'static str, Vec<&'a Phrase>)>,
}

/// A section of which there can be very many.
pub(super) enum Part<'a> {
    Whole(Box<Section<'a>>),
    Packed(Packed),
}

impl Part<'_> {
    /// Where its text is, if all that it says is in it: the file, its beginning and its end.
    pub(super) fn plain(&self) -> Option<(usize, usize, usize)> {
        match self {
            Part::Packed(Packed::Plain { at, file, end }) => Some((*file as usize, *at as usize, *end as usize)),
            _ => None,
        }
    }
}

impl<'a> Sections<'a> {
    /// Finds them. What `other` takes is none.
    pub(super) fn read<'s, 'd>(
        cx: &mut Context<'s, 'd>,
        tree: &'a Tree,
        mut other: impl FnMut(&mut Context<'s, 'd>, &Item<'a>) -> bool,
    ) -> Sections<'a> {
        let mut sections = Sections { tree, blocks: BTreeMap::new(), many: BTreeMap::new(), lists: Vec::new() };
        let mut seen = Seen::new();
        for top in &tree.tops {
            match top {
                Top::Packed(many, packed) => {
                    let keyword = MANY.get(usize::from(*many)).copied().unwrap_or_default();
                    sections.many.entry(keyword).or_default().push(Part::Packed(*packed));
                }
                Top::Whole(statement) => {
                    walk(cx, slice::from_ref(&**statement), keywords::ROOT, &mut seen, |cx, item| {
                        if !other(cx, &item) {
                            sections.take(item);
                        }
                    });
                }
            }
        }
        sections
    }

    fn take(&mut self, item: Item<'a>) {
        let keyword = item.keyword.meaning();
        let Some(section) = Section::of(&item) else {
            if let Value::Lines(lines) = item.value {
                self.lists.push((keyword, lines));
            }
            return;
        };
        if MANY.contains(&keyword) {
            self.many.entry(keyword).or_default().push(Part::Whole(Box::new(section)));
        } else {
            self.blocks.entry(keyword).or_default().push(section);
        }
    }

    /// Gives each section of one of [`MANY`] to `read`. Only one of them is spread out at a time.
    pub(super) fn each<'s, 'd>(
        &self,
        cx: &mut Context<'s, 'd>,
        keyword: &str,
        mut read: impl FnMut(&mut Context<'s, 'd>, &Section<'_>),
    ) {
        for part in self.many(keyword) {
            self.spread(cx, part, &mut read);
        }
    }

    /// The sections of one of [`MANY`].
    pub(super) fn many(&self, keyword: &str) -> &[Part<'a>] {
        self.many.get(keyword).map_or(&[], Vec::as_slice)
    }

    /// Gives one of [`many`](Self::many) to `read`.
    pub(super) fn spread<'s, 'd>(
        &self,
        cx: &mut Context<'s, 'd>,
        part: &Part<'a>,
        mut read: impl FnMut(&mut Context<'s, 'd>, &Section<'_>),
    ) {
        match part {
            Part::Whole(section) => read(cx, section),
            Part::Packed(packed) => {
                let statement = self.tree.unpack(*packed, cx.source);
                walk(cx, slice::from_ref(&statement), keywords::ROOT, &mut Seen::new(), |cx, item| {
                    if let Some(section) = Section::of(&item) {
                        read(cx, &section);
                    }
                });
            }
        }
    }

    /// The blocks that `keyword` opens, which is none of [`MANY`].
    pub(super) fn of(&self, keyword: &str) -> &[Section<'a>] {
        self.blocks.get(keyword).map_or(&[], Vec::as_slice)
    }
}
