//! Tokens to a tree of statements, with unbalanced braces located.

use super::diagnostic::{Diagnostic, Span, Via};
use super::lexer::{Phrase, Token, Word};
use super::pack::{Packed, Store};
use super::plain::{self, Plain};
use super::source::Source;

/// How many statements may come out of expansions and be kept as they are: more than twice the largest example of the C
/// version's manual. Sections that are put away do not count.
const MAX_EXPANDED: usize = 500_000;

/// Nothing in the language is nested deeper than this.
const MAX_DEPTH: usize = 32;

/// A keyword, its words and its block.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// The words, the keyword first. `None`: a block that belongs to no keyword.
    pub(super) phrase: Option<Phrase>,
    /// The block.
    pub(super) block: Option<Block>,
}

impl Statement {
    /// The words, the keyword first.
    pub(super) fn words(&self) -> &[Word] {
        self.phrase.as_ref().map_or(&[], |phrase| &phrase.words)
    }
}

/// Statements between braces.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// `{`
    pub(super) open: Span,
    /// What is in it.
    pub(super) statements: Vec<Statement>,
    /// It is written like the block whose `{` is here, byte for byte, so nobody has split it into statements yet.
    pub(super) copy_of: Option<usize>,
}

impl Block {
    pub(super) fn new(open: Span, statements: Vec<Statement>) -> Block {
        Block { open, statements, copy_of: None }
    }
}

/// What stands outside every block.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// In the order of the source.
    pub(super) tops: Vec<Top>,
    store: Store,
}

/// A statement outside every block.
#[derive(Debug)]
pub(super) enum Top {
    /// As it is.
    Whole(Box<Statement>),
    /// Put away until it is needed; its keyword in [`MANY`].
    Packed(u8, Packed),
}

impl Tree {
    /// A statement that was put away; in a plain section with copies.
    pub(super) fn unpack(&self, packed: Packed, source: &Source) -> Statement {
        self.store.unpack(packed, source, plain::Copies::Kept)
    }

    /// A statement, wherever it is, without copies.
    pub(super) fn whole(&self, top: &Top, source: &Source) -> Statement {
        match top {
            Top::Whole(statement) => (**statement).clone(),
            Top::Packed(_, packed) => self.store.unpack(*packed, source, plain::Copies::Spread),
        }
    }

    /// Whether it could be put away.
    fn push(&mut self, statement: Statement, source: &Source) -> bool {
        let keyword = statement.words().first().filter(|_| statement.block.is_some());
        let many = keyword.and_then(|word| many(&word.text));
        let top = match many.and_then(|many| Some(Top::Packed(many, self.store.pack(&statement, source)?))) {
            Some(packed) => packed,
            None => Top::Whole(Box::new(statement)),
        };
        let packed = matches!(top, Top::Packed(..));
        self.tops.push(top);
        packed
    }
}

/// Sections of which there can be tens of thousands, and that are read one after the other.
pub(super) const MANY: &[&str] = &["vrrp_instance", "virtual_server"];

/// The place of a keyword in [`MANY`].
fn many(keyword: &str) -> Option<u8> {
    MANY.iter().position(|many| *many == keyword).and_then(|at| u8::try_from(at).ok())
}

/// Builds the tree. `begins_a_section` tells keywords that stand outside every block: where one of them opens a block
/// inside another, the brace before it is missing.
pub(super) struct Builder<'a> {
    source: &'a Source,
    begins_a_section: fn(&str) -> bool,
    /// Lines were left out, so braces prove nothing.
    pub(super) partial: bool,
    tree: Tree,
    /// The last of the statements outside every block, while something can still be added to it.
    root: Vec<Statement>,
    /// The last of them that had a block.
    last_section: Option<Span>,
    /// The open blocks, the innermost last. Each belongs to the last statement of the one before it.
    open: Vec<Block>,
    /// Open braces beyond `MAX_DEPTH`.
    ignored: usize,
    /// A `}` that stands under another line than the one whose block it ends.
    hint: Option<(Span, Span)>,
    /// Statements out of expansions: those that are kept, and those of which it is not known yet.
    expanded: (usize, usize),
    /// There were too many of them: nothing is read any more.
    pub(super) full: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a Source, begins_a_section: fn(&str) -> bool) -> Builder<'a> {
        let (root, open) = (Vec::new(), Vec::new());
        let (tree, last_section) = (Tree::default(), None);
        Builder {
            source,
            begins_a_section,
            partial: false,
            tree,
            root,
            last_section,
            open,
            ignored: 0,
            hint: None,
            expanded: (0, 0),
            full: false,
        }
    }

    /// Takes the next token.
    pub(super) fn take(&mut self, token: Token, out: &mut Vec<Diagnostic>) {
        if self.full {
            return;
        }
        match token {
            Token::Phrase(phrase) => self.phrase(phrase, out),
            Token::Open(span) => self.open(span, out),
            Token::Close(span) => self.close(span, out),
        }
    }

    /// Whether what comes next stands outside every block.
    pub(super) fn is_outside(&self) -> bool {
        self.open.is_empty() && self.ignored == 0 && !self.full
    }

    /// Takes a plain section of a file, where what comes next stands outside every block.
    pub(super) fn plain(&mut self, file: usize, section: &Plain) {
        self.settle();
        self.last_section = Some(Span::new(file, section.start, section.end));
        if let (Some(many), Some(packed)) = (many(section.keyword), Packed::plain(file, section.start, section.next)) {
            self.tree.tops.push(Top::Packed(many, packed));
        }
    }

    /// One more statement that came out of an expansion.
    fn count(&mut self, span: Span, out: &mut Vec<Diagnostic>) {
        self.expanded.1 += 1;
        if self.expanded.0 + self.expanded.1 > MAX_EXPANDED && !self.full {
            self.full = true;
            out.push(
                Diagnostic::error("expansion-too-large", span, "the configuration expands to too much")
                    .label(format!("more than {MAX_EXPANDED} lines come out of expansions by now"))
                    .note("what follows is not read, and the configuration is refused"),
            );
        }
    }

    /// Nothing can be added any more to what stands outside every block.
    fn settle(&mut self) {
        for statement in self.root.drain(..) {
            if let (Some(phrase), Some(_)) = (&statement.phrase, &statement.block) {
                self.last_section = Some(phrase.span);
            }
            if !self.tree.push(statement, self.source) {
                self.expanded.0 += self.expanded.1;
            }
            self.expanded.1 = 0;
        }
    }

    fn current(&mut self) -> &mut Vec<Statement> {
        match self.open.last_mut() {
            Some(block) => &mut block.statements,
            None => &mut self.root,
        }
    }

    fn phrase(&mut self, phrase: Phrase, out: &mut Vec<Diagnostic>) {
        if self.open.is_empty()
            && !self.partial
            && let Some(Statement { phrase: Some(section), block: None }) = self.root.last()
            && section.words.first().is_some_and(|word| !word.quoted && (self.begins_a_section)(&word.text))
            && !phrase.words.first().is_some_and(|word| (self.begins_a_section)(&word.text))
        {
            let span = section.span;
            let d = Diagnostic::error("missing-brace", span, "a `{` is missing").label("expected `{` after this");
            out.push(d.help("write the `{` at the end of this line"));
            let open = span.behind();
            self.open.push(Block::new(open, Vec::new()));
        }
        if self.open.is_empty() {
            self.settle();
        }
        if phrase.span.via != Via::NONE {
            self.count(phrase.span, out);
        }
        self.current().push(Statement { phrase: Some(phrase), block: None });
    }

    fn open(&mut self, span: Span, out: &mut Vec<Diagnostic>) {
        let begins_a_section = self.begins_a_section;
        let nested = !self.open.is_empty();
        let statements = self.current();
        let owner = statements.last().is_some_and(|s| s.block.is_none());
        if !owner {
            statements.push(Statement { phrase: None, block: None });
            if span.via != Via::NONE {
                self.count(span, out);
            }
        }
        let statements = self.current();
        if nested && owner {
            let is_section = statements
                .last()
                .and_then(|s| s.words().first())
                .is_some_and(|word| !word.quoted && begins_a_section(&word.text));
            if is_section && let Some(section) = statements.pop() {
                self.missing_brace_before(&section, out);
                while let Some(block) = self.open.pop() {
                    self.attach(block);
                }
                self.root.push(section);
            }
        }
        if self.open.len() >= MAX_DEPTH {
            if self.ignored == 0 {
                out.push(
                    Diagnostic::error("too-deep", span, "blocks are nested too deeply")
                        .label(format!("more than {MAX_DEPTH} levels")),
                );
            }
            self.ignored += 1;
            return;
        }
        self.open.push(Block::new(span, Vec::new()));
    }

    fn close(&mut self, span: Span, out: &mut Vec<Diagnostic>) {
        if self.ignored > 0 {
            self.ignored -= 1;
            return;
        }
        match self.open.pop() {
            Some(block) => {
                let written = span.via == Via::NONE && block.open.via == Via::NONE;
                if self.hint.is_none()
                    && written
                    && self.is_first_on_line(span)
                    && self.indent(span) != self.indent(block.open)
                {
                    self.hint = Some((span, block.open));
                }
                self.attach(block);
                if self.open.is_empty() {
                    self.settle();
                }
            }
            None if self.partial => {}
            None => {
                let mut d = Diagnostic::error("unexpected-brace", span, "a `}` that closes nothing")
                    .label("no block is open here")
                    .help("remove it, or look for a `{` that is missing above");
                if let Some(opened) = self.last_section {
                    d = d.also(opened, "the last block before it begins here and is closed already");
                }
                out.push(d);
            }
        }
    }

    fn attach(&mut self, block: Block) {
        if let Some(owner) = self.current().last_mut() {
            owner.block = Some(block);
        }
    }

    fn missing_brace_before(&mut self, section: &Statement, out: &mut Vec<Diagnostic>) {
        let Some(phrase) = &section.phrase else { return };
        if self.partial {
            return;
        }
        let mut d = Diagnostic::error("missing-brace", phrase.span, "a `}` is missing before this")
            .label("this cannot stand inside another block");
        if let Some(block) = self.open.last() {
            d = d.also(block.open, "this block is still open");
            let line = self.line_before(phrase.span).trim_ascii_start();
            if (line.starts_with(b"~SEQ") || line.starts_with(b"~LST")) && block.open.start() > phrase.span.start() {
                d = d.help(
                    "only this line is repeated; put the block into a definition of several lines, and repeat that",
                );
            } else {
                d = d.help("write a `}` on a line of its own where that block ends");
            }
        }
        self.hint = None;
        out.push(d);
    }

    /// The whole of it.
    pub(super) fn finish(mut self, out: &mut Vec<Diagnostic>) -> Tree {
        if !self.partial
            && !self.full
            && let Some(block) = self.open.last()
        {
            let mut d = Diagnostic::error("missing-brace", block.open, "a block is not closed")
                .label("its `}` is missing")
                .note("everything down to the end of the file is inside this block")
                .help("write a `}` on a line of its own where it ends");
            if let Some((close, open)) = self.hint {
                d = d.also(open, "the block that begins here ...");
                d = d.also(close, "... ends here, but this `}` is indented for another one");
            }
            out.push(d);
        }
        while let Some(block) = self.open.pop() {
            self.attach(block);
        }
        self.settle();
        self.tree
    }

    /// The blanks at the start of the line that `span` is on.
    fn indent(&self, span: Span) -> &[u8] {
        let line = self.line_before(span);
        let blanks = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        &line[..blanks]
    }

    fn is_first_on_line(&self, span: Span) -> bool {
        self.line_before(span).iter().all(|b| matches!(b, b' ' | b'\t'))
    }

    /// What stands on the line before `span`; of very long lines only the last part.
    fn line_before(&self, span: Span) -> &[u8] {
        let text = self.source.files.get(span.file()).map_or(&[][..], |file| file.text.as_bytes());
        let before = &text[span.start().saturating_sub(256)..span.start()];
        &before[before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)..]
    }
}
